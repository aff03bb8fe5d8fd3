use hyperlight::prelude::*;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Mutex;

static WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

#[hyperlight::export]
fn work(text: &str) -> String {
    CALLS.set(CALLS.get() + 1);
    WORDS.lock().unwrap().push(text.repeat(1000));
    let counts: HashMap<char, usize> = text.chars().map(|c| (c, 1)).collect();
    format!("{} {} {}", CALLS.get(), WORDS.lock().unwrap().len(), counts.len())
}

#[hyperlight::export]
fn end(how: &str) {
    // Mapped on its own, and what was in the heap before it.
    std::mem::forget(vec![1u8; 3 << 20]);
    WORDS.lock().unwrap().clear();
    print!("half a line");
    match how {
        "panic" => panic!("on purpose"),
        "abort" => std::process::abort(),
        // SAFETY: it is not, which is what this is about.
        "fault" => unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) },
        "thread" => drop(std::thread::spawn(|| 1)),
        _ => {}
    }
}

fn main() {
    WORDS.lock().unwrap().push("from main".to_string());
}
