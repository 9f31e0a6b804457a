//! Python's regular expressions, kept compiled.
