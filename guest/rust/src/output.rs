//! Logging and printing.

use crate::system;
use alloc::fmt::format;
use core::fmt::Arguments;

/// How important a message is.
#[derive(Clone, Copy)]
pub enum Level {
    /// Steps of the guest.
    Trace,
    /// Details for debugging.
    Debug,
    /// Events that are worth knowing.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something failed.
    Error,
}

/// Sends a message to the host's logger. The macros for logging expand to this.
pub fn log(level: Level, message: Arguments<'_>) {
    match message.as_str() {
        Some(text) => system::log(level as u64, text),
        None => system::log(level as u64, &format(message)),
    }
}

/// Prints to the guest's output, which the host chooses. The macros for printing expand to this.
pub fn print(text: Arguments<'_>) {
    #[cfg(feature = "std")]
    crate::unwind::finish_output();
    match text.as_str() {
        Some(text) => system::write(text.as_bytes()),
        // One write for the whole text, because every write is an exit.
        None => system::write(format(text).as_bytes()),
    }
}

/// Sends a message to the host's logger, at level trace. Takes what `format!` takes.
#[macro_export]
macro_rules! trace {
    ($($message:tt)+) => { $crate::log($crate::Level::Trace, ::core::format_args!($($message)+)) };
}

/// Sends a message to the host's logger, at level debug. Takes what `format!` takes.
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => { $crate::log($crate::Level::Debug, ::core::format_args!($($message)+)) };
}

/// Sends a message to the host's logger, at level info. Takes what `format!` takes.
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => { $crate::log($crate::Level::Info, ::core::format_args!($($message)+)) };
}

/// Sends a message to the host's logger, at level warning. Takes what `format!` takes.
#[macro_export]
macro_rules! warn {
    ($($message:tt)+) => { $crate::log($crate::Level::Warning, ::core::format_args!($($message)+)) };
}

/// Sends a message to the host's logger, at level error. Takes what `format!` takes.
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => { $crate::log($crate::Level::Error, ::core::format_args!($($message)+)) };
}

/// Prints to the guest's output, which the host chooses. Takes what `format!` takes.
///
/// Aborts if the output cannot be written.
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::print(::core::format_args!($($text)*)) };
}

/// Prints a line to the guest's output, which the host chooses. Takes what `format!` takes.
///
/// Aborts if the output cannot be written.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($text:tt)+) => { $crate::print(::core::format_args!("{}\n", ::core::format_args!($($text)+))) };
}
