//! Tells the build scripts of guests, which link them, whether they have the standard library.

fn main() {
    let std = std::env::var_os("CARGO_FEATURE_STD").is_some();
    println!("cargo::metadata=STD={std}");
    println!("cargo::rerun-if-changed=build.rs");
}
