//! Templates and expressions: Jinja's grammar, evaluated over our values, with ansible-core's rules.
//!
//! Invariant: only `Value::Template` and what the operator wrote as a condition is ever evaluated; no result of an
//! evaluation is read as a template again.

mod about;
mod access;
mod addresses;
mod braces;
mod calls;
mod cells;
mod comparison;
mod condition;
mod crypt;
mod csv;
mod digests;
mod dns;
mod documents;
mod embedding;
mod encodings;
mod encrypted;
mod env;
mod error;
mod escape;
mod escapes;
mod evaluator;
mod expression;
mod extensions;
mod facts;
pub mod filters;
mod formatting;
mod glob;
mod globals;
mod gpg;
mod grammar;
mod hashids;
mod imports;
mod inclusion;
mod ini;
mod iteration;
mod jmespath;
pub(crate) mod json;
mod json_patch;
mod lazy;
mod leaving;
mod lexer;
mod loading;
pub mod lookups;
mod macros;
mod marked;
mod marks;
mod markup;
mod methods;
mod mistakes;
mod modules;
mod nesting;
mod numbers;
mod objects;
mod operators;
mod origin;
mod output;
mod parser;
mod paths;
mod plugins;
mod postfix;
mod present;
mod random;
mod regex;
mod schema;
mod scopes;
mod selection;
mod sequence;
mod sets;
mod sight;
mod signatures;
mod strptime;
mod syntax;
#[cfg(test)]
mod table;
mod targets;
pub mod tests;
mod time;
mod tree;
mod trust;
mod units;
mod urls;
mod uses;
mod versions;
mod wrapping;

pub use about::{about_file, managed};
pub use condition::CONDITIONAL;
pub(crate) use crypt::{Recipe, hash as hash_password};
pub use embedding::allow_embedded;
pub(crate) use encodings::decode;
pub use encodings::encode;
pub use encrypted::open_vault;
pub use env::{Context, Env, FileOptions, Scope, Settings};
pub(crate) use error::OMITTED;
pub use error::{Below, ErrorKind, TemplateError};
pub use extensions::use_extensions;
pub(crate) use filters::laid_out;
pub(crate) use glob::matches as matches_glob;
pub use loading::with_templates;
pub use modules::use_modules;
pub(crate) use paths::expand_user;
pub use plugins::{Asked, Back, Failure, Kind, Plugins, Request, add_plugins, use_plugins};
pub(crate) use regex::pattern;
pub use syntax::expand_header;
pub(crate) use trust::is_whole;
pub use uses::{Uses, check, check_expression};
pub(crate) use versions::loose as loose_order;

/// Declares one file per unit and the table of them: `registry! { Filter: basename, dict2items }`.
macro_rules! registry {
    ($unit:ident: $($name:ident),+ $(,)?) => {
        $(mod $name;)+
        pub(crate) static ALL: &[&$unit] = &[$(&$name::UNIT),+];
    };
}
use registry;
