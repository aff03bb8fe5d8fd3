//! Builds code from text and tokens.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

/// A builder of code.
pub struct Code(TokenStream);

impl Code {
    pub fn new() -> Self {
        Self(TokenStream::new())
    }

    /// Adds code from text. Every bracket in it must be closed.
    pub fn text(&mut self, text: &str) -> &mut Self {
        let tokens: TokenStream = text.parse().expect("the text is Rust");
        self.stream(tokens)
    }

    /// Adds code from text. The compiler reports errors in it at a place.
    pub fn text_at(&mut self, span: Span, text: &str) -> &mut Self {
        let tokens: TokenStream = text.parse().expect("the text is Rust");
        self.stream(at(span, tokens))
    }

    pub fn stream(&mut self, tokens: TokenStream) -> &mut Self {
        self.0.extend(tokens);
        self
    }

    pub fn token(&mut self, token: TokenTree) -> &mut Self {
        self.0.extend([token]);
        self
    }

    /// Adds other code in brackets. The compiler reports errors in it at a place.
    pub fn group_at(&mut self, span: Span, delimiter: Delimiter, code: Code) -> &mut Self {
        self.token(group_at(span, delimiter, code.0))
    }

    /// Adds other code in brackets.
    pub fn group(&mut self, delimiter: Delimiter, code: Code) -> &mut Self {
        self.token(TokenTree::Group(Group::new(delimiter, code.0)))
    }
}

impl From<Code> for TokenStream {
    fn from(code: Code) -> Self {
        code.0
    }
}

/// Makes a compile error at a place.
pub fn error(span: Span, message: &str) -> TokenStream {
    let code: TokenStream = format!("::core::compile_error! {{ {message:?} }}")
        .parse()
        .expect("the text is Rust");
    at(span, code)
}

fn at(span: Span, tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => group_at(span, group.delimiter(), at(span, group.stream())),
            mut token => {
                token.set_span(span);
                token
            }
        })
        .collect()
}

fn group_at(span: Span, delimiter: Delimiter, tokens: TokenStream) -> TokenTree {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    TokenTree::Group(group)
}
