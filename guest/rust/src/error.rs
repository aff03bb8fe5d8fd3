//! Errors of guest functions and of host functions.

use alloc::string::{String, ToString};
use core::fmt::{self, Debug, Display, Formatter};

/// The error of a guest function that does not care which: a message for Java's caller, who gets it
/// in a `GuestErrorException`. Whatever can be displayed becomes one with `?` or `into()`.
///
/// ```ignore
/// #[hyperlight::export]
/// fn half(number: &str) -> Result<i32, Error> {
///     let number: i32 = number.parse()?;
///     if number % 2 != 0 {
///         return Err("it is odd".into());
///     }
///     Ok(number / 2)
/// }
/// ```
///
/// It is not itself [`Display`], or it could not be made of everything that is.
pub struct Error {
    message: String,
}

impl Error {
    /// An error with this message.
    pub fn new(message: impl Display) -> Self {
        message.into()
    }

    /// What Java's caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }
}

impl<T: Display> From<T> for Error {
    fn from(cause: T) -> Self {
        Self {
            message: cause.to_string(),
        }
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.message, f)
    }
}

/// A host function failed: it threw an exception. The guest is not told which, but
/// [`give_up`](crate::give_up) makes it the exception of the whole call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    function: &'static str,
}

impl HostError {
    pub(crate) fn new(function: &'static str) -> Self {
        Self { function }
    }

    /// The name of the host function.
    pub fn function(&self) -> &'static str {
        self.function
    }
}

impl Display for HostError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the host function {} failed", self.function)
    }
}

impl core::error::Error for HostError {}
