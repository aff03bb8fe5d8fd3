//! The library of guests of Hyperlight for Java that are written in Rust. A guest is a program that
//! exports functions to Java and imports functions of Java.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use hyperlight::prelude::*;
//!
//! #[hyperlight::import]
//! mod host {
//!     fn get_weekday() -> String;
//! }
//!
//! #[hyperlight::export]
//! fn say_hello(name: &str) -> Result<String, Error> {
//!     Ok(format!("Hello, {name}! Today is {}.", host::get_weekday()?))
//! }
//! ```
//!
//! The crate replaces the parts of a libc that such a program needs: an allocator, a panic handler
//! and a few memory functions. With the feature `std`, the standard library has these parts. Then a
//! guest has a `main`, which may be empty, instead of the first two lines.
//! `docs/guests-in-rust.md` describes all of this.

#![no_std]
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(not(any(panic = "abort", feature = "std", doc)))]
compile_error!(
    "nothing unwinds in a guest: add panic = \"abort\" to [profile.dev] and [profile.release] in \
     Cargo.toml, that of the workspace if there is one, or use the crate's feature \"std\""
);

#[cfg(all(feature = "std", not(any(target_feature = "crt-static", doc))))]
compile_error!(
    "a guest is linked statically: build it in a folder with a file .cargo/config.toml that has the \
     lines [build], target = \"x86_64-unknown-linux-gnu\" and \
     rustflags = [\"-C\", \"target-feature=+crt-static\"]"
);

#[doc(hidden)]
pub mod abi;
#[cfg(not(feature = "std"))]
mod allocator;
mod entry;
mod error;
#[cfg(not(feature = "std"))]
mod memory;
mod output;
#[cfg(not(feature = "std"))]
mod panic;
mod single;
mod system;
#[cfg(feature = "std")]
mod unwind;

pub use error::{Error, HostError};
pub use hyperlight_macros::{export, import};
#[doc(hidden)]
pub use output::{Level, log, print};
pub use system::{abort, give_up, random};

/// Brings into scope what programs with the standard library always have, and the two error types.
pub mod prelude {
    pub use crate::{Error, HostError};
    pub use alloc::borrow::ToOwned;
    pub use alloc::boxed::Box;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec::Vec;
    pub use alloc::{format, vec};
}
