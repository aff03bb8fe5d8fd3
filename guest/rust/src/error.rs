//! Errors of guest functions and of host functions.

use alloc::string::{String, ToString};
use core::fmt::{self, Debug, Display, Formatter};

/// A general error of a guest function. It has a message, which the Java caller gets in a
/// `GuestErrorException`. With `?` or `into()`, every type that implements [`Display`] becomes one.
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
/// `Error` itself does not implement [`Display`]. Otherwise the conversion from all such types would
/// conflict with the conversion of a type to itself.
pub struct Error {
    message: String,
}

impl Error {
    /// Makes an error with a message.
    pub fn new(message: impl Display) -> Self {
        message.into()
    }

    /// Returns the message that the Java caller gets.
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

/// Says that a host function threw an exception. The guest does not learn which exception, but
/// [`give_up`](crate::give_up) ends the whole call with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    function: &'static str,
}

impl HostError {
    pub(crate) fn new(function: &'static str) -> Self {
        Self { function }
    }

    /// Returns the name of the host function.
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
