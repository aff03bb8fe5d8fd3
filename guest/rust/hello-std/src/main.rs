//! A guest that counts words, with collections of the standard library.

use hyperlight::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;

#[hyperlight::import]
mod host {
    /// The day of the week, as the host names it.
    fn get_weekday() -> String;
}

/// How often each word has been counted.
static COUNTS: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

/// Runs once, before any call.
fn main() {
    *COUNTS.lock().unwrap() = Some(HashMap::new());
}

#[hyperlight::export]
fn count(word: &str) -> Result<u32, Error> {
    let mut counts = COUNTS.lock()?;
    let count = counts
        .as_mut()
        .ok_or("main has not run")?
        .entry(word.to_lowercase())
        .or_default();
    *count += 1;
    Ok(*count)
}

#[hyperlight::export]
fn say_hello(name: &str) -> Result<String, Error> {
    println!("saying hello");
    Ok(format!("Hello, {name}! Today is {}.", host::get_weekday()?))
}
