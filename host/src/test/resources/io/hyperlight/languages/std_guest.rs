use hyperlight::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() {
    LOG.lock().unwrap().push(format!("main {}", std::env::args().count()));
    print!("half ");
}

#[hyperlight::export]
fn started() -> Result<String, Error> { Ok(LOG.lock()?.join(",")) }

#[hyperlight::export]
fn words(text: &str) -> String {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in text.split_whitespace() { *counts.entry(word).or_default() += 1; }
    let sorted: BTreeMap<_, _> = counts.into_iter().collect();
    format!("{sorted:?}")
}

#[hyperlight::export]
fn print(text: &str) {
    print!("{text}");
    println!("<{}>", text.len());
    hyperlight::print!("{text}");
    std::io::stdout().write_all(b"!").unwrap();
    eprint!("error");
}

#[hyperlight::export]
fn panic_with(text: &str) { panic!("it said {text}") }

struct Bomb;
impl Drop for Bomb { fn drop(&mut self) { LOG.lock().unwrap().push("dropped".to_string()); } }

#[hyperlight::export]
fn caught(text: &str) -> String {
    let text = text.to_string();
    let result = catch_unwind(move || {
        let _bomb = Bomb;
        if !text.is_empty() { panic!("{text}"); }
        7
    });
    let error = match result {
        Ok(number) => return number.to_string(),
        Err(error) => error,
    };
    let message = error.downcast_ref::<String>().cloned().unwrap_or_default();
    format!("caught {message}, {}", LOG.lock().unwrap().join(","))
}

#[hyperlight::export]
fn throw_again() {
    let error = catch_unwind(|| panic!("first")).unwrap_err();
    let _ = catch_unwind(|| panic!("second"));
    std::panic::resume_unwind(error);
}

#[hyperlight::export]
fn panic_with_a_number() { std::panic::panic_any(7) }

extern "C" fn compare(_: *const u8, _: *const u8) -> i32 { panic!("in a callback") }
unsafe extern "C" {
    fn qsort(base: *mut u8, count: usize, size: usize, compare: extern "C" fn(*const u8, *const u8) -> i32);
}
#[hyperlight::export]
fn panic_through_c() {
    let mut bytes = [2, 1];
    // SAFETY: these are two elements of one byte.
    unsafe { qsort(bytes.as_mut_ptr(), 2, 1, compare) }
}

struct Dud;
impl Drop for Dud { fn drop(&mut self) { panic!("in a destructor") } }
#[hyperlight::export]
fn panic_while_dropping() { let _dud = Dud; panic!("first") }

#[hyperlight::export]
fn poison() -> bool {
    static LOCK: Mutex<i32> = Mutex::new(0);
    let _ = catch_unwind(|| { let _held = LOCK.lock(); panic!() });
    LOCK.is_poisoned()
}

#[hyperlight::export]
fn exit_with(status: i32) { std::process::exit(status) }

#[hyperlight::export]
fn abort_process() { eprintln!("cannot go on"); std::process::abort() }

#[hyperlight::export]
fn now() -> Result<u64, Error> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|e| e.to_string())?.as_secs())
}

#[hyperlight::export]
fn sleeps() -> bool {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    start.elapsed() >= Duration::from_millis(2)
}

#[hyperlight::export]
fn thread() -> Result<(), Error> {
    std::thread::Builder::new().spawn(|| {})?;
    Ok(())
}

#[hyperlight::export]
fn read_file(path: &str) -> Result<Vec<u8>, Error> { Ok(std::fs::read(path)?) }

#[hyperlight::export]
fn read_input() -> Result<u64, Error> {
    let mut text = String::new();
    Ok(std::io::stdin().read_to_string(&mut text)? as u64)
}

#[hyperlight::export]
fn connect() -> Result<(), Error> { std::net::TcpStream::connect("127.0.0.1:1")?; Ok(()) }

#[hyperlight::export]
fn random_state() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() >> 1
}

thread_local! { static COUNT: std::cell::Cell<i32> = const { std::cell::Cell::new(0) } }
static LAZY: LazyLock<Vec<i32>> = LazyLock::new(|| (0..1000).collect());

#[hyperlight::export]
fn count() -> i32 { COUNT.set(COUNT.get() + 1); COUNT.get() + LAZY[999] }

#[hyperlight::export]
fn floats(x: f64) -> String { format!("{:.6} {:.6} {:.6}", x.sin(), x.powf(0.3), x.ln()) }
