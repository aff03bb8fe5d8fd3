//! The attributes of the crate `hyperlight`, which documents them.
//!
//! Names in generated code begin with `__hyperlight_`. So they cannot hide the user's functions,
//! constants and types. Paths in generated code begin with `::`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod code;
mod parse;

use code::{Code, error};
use parse::{Parser, Signature};
use proc_macro::{Delimiter, Spacing, TokenStream, TokenTree};

/// Makes a function callable from Java under its name.
///
/// ```ignore
/// #[hyperlight::export]
/// fn repeat(text: &str, times: u32) -> Result<String, Error> {
///     Ok(text.repeat(times.try_into()?))
/// }
/// ```
///
/// The function has up to 32 parameters. A parameter is a `bool`, an integer from `i8` to `i64` or
/// `u8` to `u64`, an `f32`, an `f64`, a `&str`, a `String`, a `&[u8]` or a `Vec<u8>`. Borrowed
/// arguments live as long as the call.
///
/// The result is one of these types or nothing. It can also be a `Result` of one of them, with an
/// error that implements `Display`. Java throws a `GuestErrorException` for an `Err`.
#[proc_macro_attribute]
pub fn export(attribute: TokenStream, item: TokenStream) -> TokenStream {
    or_error(item.clone(), expand_export(attribute, item))
}

/// Makes the Java functions that a module declares callable. Their names in Java are the names here,
/// without that of the module.
///
/// ```ignore
/// #[hyperlight::import]
/// mod host {
///     /// How many pieces of an article are in stock.
///     fn stock_of(article: &str) -> u32;
/// }
///
/// fn in_stock(article: &str) -> Result<bool, HostError> {
///     Ok(host::stock_of(article)? > 0)
/// }
/// ```
///
/// The types are those of [`macro@export`], without borrowed results and `Result`. Each function
/// returns a `Result` of its type and a `HostError`. A `HostError` says that the host function threw
/// an exception. Everything in scope around the module is in scope in it, too.
#[proc_macro_attribute]
pub fn import(attribute: TokenStream, item: TokenStream) -> TokenStream {
    or_error(TokenStream::new(), expand_import(attribute, item))
}

/// Returns the expansion of an attribute, or the error and the item.
fn or_error(item: TokenStream, expanded: Result<TokenStream, TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(|error| [error, item].into_iter().collect())
}

fn refuse_arguments(attribute: TokenStream) -> Result<(), TokenStream> {
    match attribute.into_iter().next() {
        Some(token) => Err(error(token.span(), "this attribute takes no arguments")),
        None => Ok(()),
    }
}

fn expand_export(attribute: TokenStream, item: TokenStream) -> Result<TokenStream, TokenStream> {
    refuse_arguments(attribute)?;
    let mut parser = Parser::new(item.clone());
    parser.skip_attributes();
    parser.skip_visibility();
    let function = Signature::parse(&mut parser)?;
    parser.expect_body()?;

    let mut parameters = Code::new();
    let mut arguments = Code::new();
    let mut codes = Code::new();
    for (i, ty) in function.parameters.iter().enumerate() {
        let place = parse::span_of(ty);
        let ty = parse::with_static_lifetimes(ty.clone());
        parameters
            .text(&format!("__hyperlight_a{i}:"))
            .text_at(place, "<")
            .stream(ty.clone())
            .text_at(place, "as ::hyperlight::abi::Parameter<'static>>::Abi")
            .text(",");
        let mut received = Code::new();
        received.text_at(
            place,
            &format!("::hyperlight::abi::Parameter::receive(&__hyperlight_call, __hyperlight_a{i})"),
        );
        arguments
            .text("unsafe")
            .group(Delimiter::Brace, received)
            .text(",");
        codes
            .text_at(place, "<")
            .stream(ty)
            .text_at(place, "as ::hyperlight::abi::Parameter<'static>>::CODE")
            .text(",");
    }
    let place = parse::span_of(&function.result);
    let result = parse::with_static_lifetimes(function.result.clone());
    let mut work = Code::new();
    work.text(
        "// SAFETY: only the host calls this, with arguments as the table declares them.
         let __hyperlight_call = unsafe { ::hyperlight::abi::Call::begin() };
         #[allow(clippy::let_unit_value)]
         let __hyperlight_result =",
    )
    .token(TokenTree::Ident(function.name.clone()))
    .group(Delimiter::Parenthesis, arguments)
    .text(";")
    .text_at(place, "::hyperlight::abi::Returned::give(__hyperlight_result)");
    let mut closure = Code::new();
    closure.text("move ||").group(Delimiter::Brace, work);
    let mut body = Code::new();
    body.text("::hyperlight::abi::run")
        .group(Delimiter::Parenthesis, closure);

    let mut record = Code::new();
    record
        .text(&format!("{:?},", function.abi_name.clone() + "\0"))
        .text_at(place, "<")
        .stream(result.clone())
        .text_at(place, "as ::hyperlight::abi::Returned>::CODE")
        .text(", &")
        .group(Delimiter::Bracket, codes)
        .text(", __hyperlight_enter as *const ()");

    let mut hidden = Code::new();
    hidden
        .text("extern \"C\" fn __hyperlight_enter")
        .group(Delimiter::Parenthesis, parameters)
        .text("->")
        .text_at(place, "<")
        .stream(result)
        .text_at(place, "as ::hyperlight::abi::Returned>::Abi")
        .group(Delimiter::Brace, body)
        .text(
            "#[used]
             #[unsafe(link_section = \"hyperlight_functions\")]
             static __HYPERLIGHT_FUNCTION: ::hyperlight::abi::Function = ::hyperlight::abi::Function::export",
        )
        .group(Delimiter::Parenthesis, record)
        .text(";");
    let mut code = Code::new();
    code.stream(item)
        .text("const _: () =")
        .group(Delimiter::Brace, hidden)
        .text(";");
    Ok(code.into())
}

fn expand_import(attribute: TokenStream, item: TokenStream) -> Result<TokenStream, TokenStream> {
    refuse_arguments(attribute)?;
    let mut parser = Parser::new(item);
    let mut code = Code::new();
    code.stream(parser.skip_attributes());
    code.stream(parser.skip_visibility());
    let keyword =
        parser.expect_keyword("mod", "imports are declared in a module: mod host { ... }")?;
    code.token(keyword);
    let (name, _) = parser.expect_name()?;
    code.token(TokenTree::Ident(name));
    let mut parser = Parser::new(parser.expect_body()?);

    let mut module = Code::new();
    module.text("#[allow(unused_imports)] use super::*;");
    while !parser.is_at_end() {
        let attributes = parser.skip_attributes();
        parser.skip_visibility();
        let function = Signature::parse(&mut parser)?;
        parser.expect_semicolon()?;
        module.stream(attributes);
        import_function(&mut module, function);
    }
    code.group(Delimiter::Brace, module);
    Ok(code.into())
}

fn import_function(module: &mut Code, function: Signature) {
    let mut parameters = Code::new();
    let mut arguments = Code::new();
    let mut codes = Code::new();
    for (i, ty) in function.parameters.into_iter().enumerate() {
        let place = parse::span_of(&ty);
        codes
            .text_at(place, "<")
            .stream(parse::with_static_lifetimes(ty.clone()))
            .text_at(place, "as ::hyperlight::abi::Argument>::CODE")
            .text(",");
        parameters.text(&format!("__hyperlight_a{i}:")).stream(ty).text(",");
        arguments
            .text_at(place, &format!("::hyperlight::abi::Argument::value(&__hyperlight_a{i})"))
            .text(",");
    }
    let place = parse::span_of(&function.result);
    let mut record = Code::new();
    record
        .text(&format!("{:?},", function.abi_name.clone() + "\0"))
        .text_at(place, "<")
        .stream(function.result.clone())
        .text_at(place, "as ::hyperlight::abi::Answer>::CODE")
        .text(", &")
        .group(Delimiter::Bracket, codes);
    let mut call = Code::new();
    call.text(&format!("&__HYPERLIGHT_FUNCTION, {:?}, &", function.abi_name))
        .group(Delimiter::Bracket, arguments);
    let mut unsafe_call = Code::new();
    unsafe_call
        .text_at(place, "::hyperlight::abi::call_host")
        .group_at(place, Delimiter::Parenthesis, call);
    let mut body = Code::new();
    body.text(
        "#[used]
         #[unsafe(link_section = \"hyperlight_functions\")]
         static __HYPERLIGHT_FUNCTION: ::hyperlight::abi::Function = ::hyperlight::abi::Function::import",
    )
    .group(Delimiter::Parenthesis, record)
    // SAFETY: the table has this function with these types.
    .text("; unsafe")
    .group(Delimiter::Brace, unsafe_call);
    module
        .text("#[allow(dead_code, clippy::too_many_arguments)] pub fn")
        .token(TokenTree::Ident(function.name))
        .group(Delimiter::Parenthesis, parameters)
        .text("-> ::core::result::Result<")
        .stream(function.result)
        .text(", ::hyperlight::HostError>")
        .group(Delimiter::Brace, body);
}

/// Returns whether a token is a character, alone or as part of an operator.
fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Returns whether a token is a character, and the next token is part of the same operator.
fn is_joint(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct)
        if punct.as_char() == character && punct.spacing() == Spacing::Joint)
}
