//! Parses as much of Rust's grammar as the heads of functions need.

use crate::code::error;
use crate::{is_joint, is_punct};
use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::iter::Peekable;

const MAX_PARAMETERS: usize = 32;
const LONGEST_NAME: usize = 255;

/// A sequence of tokens, and the position in it.
pub struct Parser {
    tokens: Peekable<proc_macro::token_stream::IntoIter>,
    last: Span,
}

impl Parser {
    pub fn new(tokens: TokenStream) -> Self {
        Self {
            tokens: tokens.into_iter().peekable(),
            last: Span::call_site(),
        }
    }

    pub fn is_at_end(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.next();
        if let Some(token) = &token {
            self.last = token.span();
        }
        token
    }

    fn next_if(&mut self, condition: impl FnOnce(&TokenTree) -> bool) -> Option<TokenTree> {
        if self.tokens.peek().is_some_and(condition) {
            self.next()
        } else {
            None
        }
    }

    /// Makes an error at the next token, or after the last.
    fn error(&mut self, message: &str) -> TokenStream {
        error(
            self.tokens.peek().map_or(self.last, TokenTree::span),
            message,
        )
    }

    pub fn skip_attributes(&mut self) -> TokenStream {
        let mut attributes = Vec::new();
        while let Some(hash) = self.next_if(|token| is_punct(token, '#')) {
            attributes.push(hash);
            attributes.extend(self.next());
        }
        attributes.into_iter().collect()
    }

    /// Skips `pub`, `pub(crate)` and so on. Returns the skipped tokens.
    pub fn skip_visibility(&mut self) -> TokenStream {
        let mut visibility = Vec::new();
        if let Some(token) = self.next_if(|token| is_keyword(token, "pub")) {
            visibility.push(token);
            visibility.extend(self.next_if(
                |token| matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis),
            ));
        }
        visibility.into_iter().collect()
    }

    pub fn expect_keyword(
        &mut self,
        keyword: &str,
        otherwise: &str,
    ) -> Result<TokenTree, TokenStream> {
        self.next_if(|token| is_keyword(token, keyword))
            .ok_or_else(|| self.error(otherwise))
    }

    /// Reads an identifier. Returns it, and its name in Java.
    pub fn expect_name(&mut self) -> Result<(Ident, String), TokenStream> {
        match self.next() {
            Some(TokenTree::Ident(name)) => {
                let text = name.to_string();
                let abi_name = text.strip_prefix("r#").unwrap_or(&text).to_owned();
                if !abi_name.is_ascii() || abi_name.len() > LONGEST_NAME {
                    let message =
                        "a name that Java calls has at most 255 ASCII letters, digits and _";
                    return Err(error(name.span(), message));
                }
                Ok((name, abi_name))
            }
            _ => Err(error(self.last, "expected a name")),
        }
    }

    fn expect_group(
        &mut self,
        delimiter: Delimiter,
        otherwise: &str,
    ) -> Result<Group, TokenStream> {
        match self
            .next_if(|token| matches!(token, TokenTree::Group(g) if g.delimiter() == delimiter))
        {
            Some(TokenTree::Group(group)) => Ok(group),
            _ => Err(self.error(otherwise)),
        }
    }

    /// Reads braces, and returns the tokens in them.
    pub fn expect_body(&mut self) -> Result<TokenStream, TokenStream> {
        Ok(self
            .expect_group(Delimiter::Brace, "expected { ... }")?
            .stream())
    }

    pub fn expect_semicolon(&mut self) -> Result<(), TokenStream> {
        match self.next_if(|token| is_punct(token, ';')) {
            Some(_) => Ok(()),
            None => Err(self.error("an import has no body: it ends with a semicolon")),
        }
    }

    /// Reads up to the first token that is not in angle brackets and meets a condition.
    fn until(&mut self, end: impl Fn(&TokenTree) -> bool) -> TokenStream {
        let mut depth = 0;
        let mut arrow = false;
        let mut tokens = Vec::new();
        while let Some(token) = self.next_if(|token| !(depth == 0 && end(token))) {
            if is_punct(&token, '<') {
                depth += 1;
            } else if is_punct(&token, '>') && !arrow {
                depth -= 1;
            }
            arrow = is_joint(&token, '-');
            tokens.push(token);
        }
        tokens.into_iter().collect()
    }
}

fn is_keyword(token: &TokenTree, keyword: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == keyword)
}

/// The head of a function.
pub struct Signature {
    pub name: Ident,
    /// The name in Java.
    pub abi_name: String,
    /// The types of the parameters.
    pub parameters: Vec<TokenStream>,
    pub result: TokenStream,
}

impl Signature {
    /// Parses from `fn` to the result type.
    pub fn parse(parser: &mut Parser) -> Result<Self, TokenStream> {
        parser.expect_keyword(
            "fn",
            "expected a plain function, without const, async, unsafe or extern",
        )?;
        let (name, abi_name) = parser.expect_name()?;
        let parameters = parser.expect_group(
            Delimiter::Parenthesis,
            "a function that Java sees has no generic parameters",
        )?;
        let parameters = parse_parameters(parameters.stream())?;
        let mut result = "()".parse().expect("the text is Rust");
        if parser.next_if(|token| is_punct(token, '-')).is_some() {
            parser.next();
            result = parser.until(|token| {
                is_punct(token, ';')
                    || is_keyword(token, "where")
                    || matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
            });
        }
        Ok(Self {
            name,
            abi_name,
            parameters,
            result,
        })
    }
}

fn parse_parameters(tokens: TokenStream) -> Result<Vec<TokenStream>, TokenStream> {
    let mut parser = Parser::new(tokens);
    let mut parameters = Vec::new();
    while !parser.is_at_end() {
        parser.skip_attributes();
        if parameters.len() == MAX_PARAMETERS {
            return Err(parser.error("a function that Java sees has at most 32 parameters"));
        }
        parser.until(|token| is_punct(token, ':') || is_punct(token, ','));
        if parser.next_if(|token| is_punct(token, ':')).is_none() {
            return Err(error(parser.last, "expected a parameter with a type"));
        }
        let ty = parser.until(|token| is_punct(token, ','));
        parser.next();
        parameters.push(ty);
    }
    Ok(parameters)
}

/// Converts a type for use outside of a function's head. References without a lifetime get `'static`.
pub fn with_static_lifetimes(ty: TokenStream) -> TokenStream {
    let mut tokens = Vec::new();
    let mut input = ty.into_iter().peekable();
    while let Some(token) = input.next() {
        match token {
            TokenTree::Group(group) => {
                let mut changed =
                    Group::new(group.delimiter(), with_static_lifetimes(group.stream()));
                changed.set_span(group.span());
                tokens.push(TokenTree::Group(changed));
            }
            token => {
                let is_reference = is_punct(&token, '&');
                let span = token.span();
                tokens.push(token);
                if is_reference && !input.peek().is_some_and(|next| is_punct(next, '\'')) {
                    let lifetime: TokenStream = "'static".parse().expect("the text is Rust");
                    tokens.extend(lifetime.into_iter().map(|mut token| {
                        token.set_span(span);
                        token
                    }));
                }
            }
        }
    }
    tokens.into_iter().collect()
}

/// Returns the place of a type.
pub fn span_of(ty: &TokenStream) -> Span {
    let first = ty.clone().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}
