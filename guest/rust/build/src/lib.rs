//! Links guests of Hyperlight for Java. This is the `build.rs` of a guest:
//!
//! ```text
//! fn main() {
//!     hyperlight_build::guest();
//! }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::env;

/// The linker options for a guest without the standard library. It is static and
/// position-independent, and starts in the crate `hyperlight`.
const WITHOUT_STD: [&str; 4] = [
    "-static-pie",
    "-nostdlib",
    "-nostartfiles",
    "-Wl,--entry=hl_start",
];

/// The linker options for a guest with the standard library. Its libc starts it, and the crate runs
/// before its main function.
const WITH_STD: [&str; 1] = ["-Wl,--wrap=main"];

/// The linker options for all guests.
const ALWAYS: [&str; 4] = [
    // References exist only to the start and the end of the function table. Without this option, the
    // linker would drop its entries.
    "-Wl,-z,nostart-stop-gc",
    // No page is both code and data, and none is writable and executable.
    "-Wl,-z,separate-code",
    "-Wl,-z,noexecstack",
    "-Wl,--build-id=none",
];

/// Links the programs of this package as guests. Call it from the package's build script.
///
/// # Panics
///
/// Panics if the target is not `x86_64-unknown-linux-gnu`, or if the package does not depend on the
/// crate `hyperlight`.
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
