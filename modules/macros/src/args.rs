//! `derive(Args)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, LitStr, Token, punctuated::Punctuated,
};

/// What `#[arg(...)]` says of a field.
#[derive(Default)]
struct FieldOptions {
    name: Option<String>,
    aliases: Vec<String>,
    default: Option<String>,
    secret: bool,
    flatten: bool,
    hidden: bool,
    returned: bool,
    required: bool,
}

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(input, "arguments are a struct"));
    };
    let ident = &input.ident;
    let doc = crate::doc(&input.attrs);
    if doc.is_empty() {
        return Err(Error::new_spanned(input, "arguments without a doc comment"));
    }
    let (mut items, mut reads) = (Vec::new(), Vec::new());
    match &data.fields {
        Fields::Named(fields) => {
            for field in &fields.named {
                let (item, read) = field_tokens(field)?;
                items.push(item);
                reads.push(read);
            }
        }
        Fields::Unit => (),
        Fields::Unnamed(_) => return Err(Error::new_spanned(input, "arguments have names")),
    }
    let rules = rules(&input.attrs)?;
    let given = if reads.is_empty() { quote!(_given) } else { quote!(given) };
    Ok(quote! {
        impl crate::spec::Args for #ident {
            const SPEC: crate::spec::Spec = crate::spec::Spec {
                doc: crate::spec::documentation!(#doc),
                items: &[#(#items),*],
                #rules
            };
            fn from_given(
                #given: &crate::spec::Given,
            ) -> ::core::result::Result<Self, crate::spec::ArgError> {
                Ok(#ident { #(#reads),* })
            }
        }
    })
}

fn field_tokens(field: &Field) -> syn::Result<(TokenStream, TokenStream)> {
    let (ident, ty) = (&field.ident, &field.ty);
    let options = field_options(&field.attrs)?;
    if options.flatten {
        let item = quote! { crate::spec::Item::Flatten(&<#ty as crate::spec::Args>::SPEC) };
        return Ok((item, quote! { #ident: <#ty as crate::spec::Args>::from_given(given)? }));
    }
    let doc = crate::doc(&field.attrs);
    if doc.is_empty() {
        return Err(Error::new_spanned(field, "an argument without a doc comment"));
    }
    let own = ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = options.name.unwrap_or_else(|| own.trim_start_matches("r#").to_owned());
    let aliases = &options.aliases;
    let default =
        options.default.as_ref().map_or_else(|| quote! { None }, |text| quote! { Some(#text) });
    let (secret, hidden, returned) = (options.secret, options.hidden, options.returned);
    // Lists may be absent by their type.
    let required = options.required.then(|| quote! { required: true, });
    let item = quote! {
        crate::spec::Item::Arg(crate::spec::Arg {
            aliases: &[#(#aliases),*],
            default: #default,
            secret: #secret,
            hidden: #hidden,
            returned: #returned,
            #required
            ..crate::spec::Arg::of::<#ty>(#name, crate::spec::documentation!(#doc))
        })
    };
    let names = quote! { &[#name, #(#aliases),*] };
    let read = if options.required {
        quote! { crate::spec::read_required(given, #names)? }
    } else {
        quote! { crate::spec::read(given, #names, #default)? }
    };
    Ok((item, quote! { #ident: #read }))
}

fn field_options(attrs: &[Attribute]) -> syn::Result<FieldOptions> {
    let mut options = FieldOptions::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("arg")) {
        attr.parse_nested_meta(|meta| {
            let text = || Ok::<_, Error>(meta.value()?.parse::<LitStr>()?.value());
            if meta.path.is_ident("name") {
                options.name = Some(text()?);
            } else if meta.path.is_ident("alias") {
                options.aliases.push(text()?);
            } else if meta.path.is_ident("default") {
                options.default = Some(text()?);
            } else if meta.path.is_ident("secret") {
                options.secret = true;
            } else if meta.path.is_ident("flatten") {
                options.flatten = true;
            } else if meta.path.is_ident("hidden") {
                options.hidden = true;
            } else if meta.path.is_ident("returned") {
                options.returned = true;
            } else if meta.path.is_ident("required") {
                options.required = true;
            } else {
                return Err(meta.error("not an option of an argument"));
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// The struct's rules over several arguments, as fields of `Spec`.
fn rules(attrs: &[Attribute]) -> syn::Result<TokenStream> {
    let (mut exclusive, mut one_of, mut together) = (Vec::new(), Vec::new(), Vec::new());
    let (mut required_if, mut required_by) = (Vec::new(), Vec::new());
    let (mut free_form, mut open, mut as_action) = (false, false, false);
    let (mut collection, mut also) = (String::from("ansible.builtin"), Vec::new());
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("args")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("free_form") {
                free_form = true;
                return Ok(());
            }
            if meta.path.is_ident("open") {
                open = true;
                return Ok(());
            }
            if meta.path.is_ident("as_action") {
                as_action = true;
                return Ok(());
            }
            if meta.path.is_ident("collection") {
                collection = meta.value()?.parse::<LitStr>()?.value();
                return Ok(());
            }
            let content;
            syn::parenthesized!(content in meta.input);
            let names: Vec<String> = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?
                .iter()
                .map(LitStr::value)
                .collect();
            if meta.path.is_ident("also") {
                also.extend(names);
            } else if meta.path.is_ident("mutually_exclusive") {
                exclusive.push(quote! { &[#(#names),*] });
            } else if meta.path.is_ident("required_one_of") {
                one_of.push(quote! { &[#(#names),*] });
            } else if meta.path.is_ident("required_together") {
                together.push(quote! { &[#(#names),*] });
            } else if meta.path.is_ident("required_if") || meta.path.is_ident("required_if_any") {
                let any = meta.path.is_ident("required_if_any");
                let [key, value, then @ ..] = names.as_slice() else {
                    return Err(
                        meta.error("required_if takes an argument, its value, and what it needs")
                    );
                };
                required_if.push(quote! {
                    crate::spec::RequiredIf {
                        key: #key, value: #value, then: &[#(#then),*], any: #any,
                    }
                });
            } else if meta.path.is_ident("required_by") {
                let [key, needed] = names.as_slice() else {
                    return Err(meta.error("required_by takes an argument and what it needs"));
                };
                required_by.push(quote! { (#key, #needed) });
            } else {
                return Err(meta.error("not a rule over arguments"));
            }
            Ok(())
        })?;
    }
    Ok(quote! {
        mutually_exclusive: &[#(#exclusive),*],
        required_one_of: &[#(#one_of),*],
        required_together: &[#(#together),*],
        required_if: &[#(#required_if),*],
        required_by: &[#(#required_by),*],
        free_form: #free_form,
        open: #open,
        as_action: #as_action,
        collection: #collection,
        also: &[#(#also),*],
    })
}
