//! `derive(Choice)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, LitStr, Variant};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(input, "choices are an enum"));
    };
    let ident = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names = data.variants.iter().map(name).collect::<syn::Result<Vec<_>>>()?;
    Ok(quote! {
        impl crate::spec::FromArg for #ident {
            const KIND: crate::spec::Kind = crate::spec::Kind::Str;
            const CHOICES: &'static [&'static str] = &[#(#names),*];
            fn from_arg(value: &crate::spec::Json) -> ::core::result::Result<Self, crate::spec::Mismatch> {
                let text = <String as crate::spec::FromArg>::from_arg(value)?;
                match text.as_str() {
                    #(#names => Ok(#ident::#variants),)*
                    _ => match crate::spec::boolean_choice(&text, Self::CHOICES) {
                        Some(choice) => Self::from_arg(&crate::spec::Json::from(choice)),
                        None => Err(crate::spec::Mismatch::Choice { got: text, choices: Self::CHOICES }),
                    },
                }
            }
        }
        impl #ident {
            /// Returns the choice as playbooks write it.
            #[allow(dead_code, reason = "not every enum of choices is printed")]
            pub(crate) fn as_str(&self) -> &'static str {
                match self { #(#ident::#variants => #names),* }
            }
        }
    })
}

fn name(variant: &Variant) -> syn::Result<String> {
    for attr in &variant.attrs {
        if attr.path().is_ident("choice") {
            return Ok(attr.parse_args::<LitStr>()?.value());
        }
    }
    let mut name = String::new();
    for (at, c) in variant.ident.to_string().chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    Ok(name)
}
