//! `derive(Args)` and `derive(Choice)`: a struct with doc comments is the specification.
