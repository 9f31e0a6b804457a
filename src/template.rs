//! Templates and expressions: minijinja's grammar, our evaluation over our values, with ansible-core's rules.
//!
//! Invariant: only `Value::Template` and what the operator wrote as a condition is ever evaluated; no result of an
//! evaluation is read as a template again.

mod access;
mod cells;
mod complaint;
mod condition;
mod crypt;
mod digests;
mod documents;
mod encodings;
mod env;
mod error;
mod escape;
mod evaluator;
mod expression;
pub mod filters;
mod formatting;
mod glob;
mod globals;
mod inclusion;
mod json;
pub mod lookups;
mod lower;
mod macros;
mod marked;
mod methods;
mod numbers;
mod objects;
mod output;
mod paths;
mod pprint;
mod random;
mod regex;
mod selection;
mod sequence;
mod syntax;
#[cfg(test)]
mod table;
pub mod tests;
mod time;
mod tree;
mod urls;
mod uses;
mod versions;

pub(crate) use crypt::{hash as hash_password, random_salt};
pub use env::{Context, Decrypt, Env, FileOptions, Scope};
pub use error::{ErrorKind, TemplateError};
pub use syntax::expand_header;
pub use uses::{Uses, check, check_expression};

/// Declares one file per unit and the table of them: `registry! { Filter: basename, dict2items }`.
macro_rules! registry {
    ($unit:ident: $($name:ident),+ $(,)?) => {
        $(mod $name;)+
        pub(crate) static ALL: &[&$unit] = &[$(&$name::UNIT),+];
    };
}
use registry;
