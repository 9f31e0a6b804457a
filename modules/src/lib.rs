//! What runs on the managed host: modules, facts, and what they stand on.
