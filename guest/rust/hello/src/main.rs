//! A guest that adds numbers and says hello.

#![no_std]
#![no_main]

use hyperlight::prelude::*;

#[hyperlight::import]
mod host {
    /// The day of the week, as the host names it.
    fn get_weekday() -> String;
}

#[hyperlight::export]
fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

#[hyperlight::export]
fn say_hello(name: &str) -> Result<String, Error> {
    hyperlight::println!("saying hello");
    Ok(format!("Hello, {name}! Today is {}.", host::get_weekday()?))
}
