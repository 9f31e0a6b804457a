//! `derive(Args)` and `derive(Choice)`: a struct with doc comments is the specification.

mod args;
mod choice;

use proc_macro::TokenStream;
use syn::{Attribute, Error, Expr, ExprLit, Lit, Meta, parse_macro_input};

/// Gives an arguments struct its specification (`SPEC`) and its reader.
///
/// On the struct: `#[args(mutually_exclusive("a", "b"), required_one_of("a", "b"), required_together("a", "b"),
/// required_if("state", "present", "a", "b"), required_if_any("state", "present", "a", "b"), free_form)]`, and where the module is not of `ansible.builtin`, the names
/// that mean it: `#[args(collection = "community.general", also("old_name", "community.old.name"))]`.
/// On a field: `#[arg(name = "use", alias = "dest", default = "present", secret, returned, flatten, hidden)]`; a field whose type
/// is neither `Option` nor `Vec` and that has no default is required.
#[proc_macro_derive(Args, attributes(arg, args))]
pub fn derive_args(input: TokenStream) -> TokenStream {
    args::derive(&parse_macro_input!(input)).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes a plain enum a list of choices: the variants in snake case, or what `#[choice("...")]` says.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    choice::derive(&parse_macro_input!(input)).unwrap_or_else(Error::into_compile_error).into()
}

/// The doc comment's lines, without their leading space.
fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}
