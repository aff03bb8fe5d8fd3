//! Links guests of Hyperlight for Java. A guest's `build.rs` is
//!
//! ```text
//! fn main() {
//!     hyperlight_build::guest();
//! }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::env;

/// What makes a guest of a program without the standard library: one that is static,
/// position-independent, and starts in the crate `hyperlight`.
const WITHOUT_STD: [&str; 4] = [
    "-static-pie",
    "-nostdlib",
    "-nostartfiles",
    "-Wl,--entry=hl_start",
];

/// With the standard library the libc starts it, and the crate comes in before its main function.
const WITH_STD: [&str; 1] = ["-Wl,--wrap=main"];

/// What all guests need.
const ALWAYS: [&str; 4] = [
    // Nothing refers to the entries of the function table, only to where it starts and ends.
    "-Wl,-z,nostart-stop-gc",
    // No page is both code and data, and none is writable and executable.
    "-Wl,-z,separate-code",
    "-Wl,-z,noexecstack",
    "-Wl,--build-id=none",
];

/// Makes guests of the programs of this package. To be called from its build script.
///
/// # Panics
///
/// If they are compiled for anything but `x86_64-unknown-linux-gnu`, or the package does not depend
/// on the crate `hyperlight`.
pub fn guest() {
    let target = env::var("TARGET").expect("cargo sets TARGET for build scripts");
    assert!(
        target == "x86_64-unknown-linux-gnu",
        "a guest is compiled for x86_64-unknown-linux-gnu, not for {target}"
    );
    let std = env::var("DEP_HYPERLIGHT_STD")
        .expect("a guest has the crate hyperlight among its dependencies");
    let kind: &[&str] = if std == "true" {
        &WITH_STD
    } else {
        &WITHOUT_STD
    };
    for argument in kind.iter().chain(&ALWAYS) {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
