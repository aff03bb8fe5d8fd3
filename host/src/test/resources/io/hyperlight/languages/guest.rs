#![no_std]
#![no_main]
use hyperlight::prelude::*;
use core::fmt;

#[hyperlight::import]
mod host {
    fn ask(question: &str) -> String;
    fn tell(bytes: &[u8]);
}

#[hyperlight::export]
fn echo(text: &str) -> String { text.to_owned() }
#[hyperlight::export]
fn echo_borrowed(text: &str) -> &str { text }
#[hyperlight::export]
fn echo_bytes(bytes: Vec<u8>) -> Vec<u8> { bytes }
#[hyperlight::export]
fn echo_borrowed_bytes(bytes: &[u8]) -> Result<&[u8], Error> { Ok(bytes) }
#[hyperlight::export]
fn reversed(text: String) -> String { text.chars().rev().collect() }
#[hyperlight::export]
fn constant() -> &'static str { "constant" }
#[hyperlight::export]
fn nothing() {}
#[hyperlight::export]
fn r#type() -> u8 { 7 }
#[hyperlight::export]
pub(crate) fn sum(mut a: i32, b: i32, #[allow(unused)] _: i32,) -> i32 { a += b; a }

struct Odd(i64);
impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{} is odd", self.0) }
}
type Halved = Result<i64, Odd>;
#[hyperlight::export]
fn half(n: i64) -> Halved { if n % 2 == 0 { Ok(n / 2) } else { Err(Odd(n)) } }
#[hyperlight::export]
fn parse(text: &str) -> Result<i32, Error> { Ok(text.trim().parse::<i32>()?) }
#[hyperlight::export]
fn fail(message: &str) -> Result<(), String> { Err(message.to_owned()) }
#[hyperlight::export]
fn fail_with_bytes(message: &str) -> Result<Vec<u8>, Error> { Err(message.into()) }

#[hyperlight::export]
fn pass_on(question: &str) -> Result<String, Error> { Ok(host::ask(question)?) }
#[hyperlight::export]
fn ask_or_not(question: &str) -> String {
    host::ask(question).unwrap_or_else(|e| format!("{e}, {e:?}, {}", e.function()))
}
#[hyperlight::export]
fn ask_or_give_up(question: &str) -> String {
    host::ask(question).unwrap_or_else(|_| hyperlight::give_up())
}
#[hyperlight::export]
fn ask_or_panic(question: &str) -> String { host::ask(question).unwrap() }
#[hyperlight::export]
fn tell(times: u32) -> Result<(), HostError> {
    for i in 0..times {
        host::tell(&i.to_le_bytes())?;
    }
    Ok(())
}

#[hyperlight::export]
fn panic_with(message: &str) { panic!("it said {message}") }
#[hyperlight::export]
fn unwrap_nothing(text: &str) -> u32 { text.chars().next().unwrap() as u32 }
#[hyperlight::export]
fn at(bytes: &[u8], index: u64) -> u8 { bytes[index as usize] }
#[hyperlight::export]
fn slice(bytes: &[u8], end: u64) -> Vec<u8> { bytes[..end as usize].to_vec() }
#[hyperlight::export]
fn add(a: i32, b: i32) -> i32 { a + b }
#[hyperlight::export]
fn divide(a: i32, b: i32) -> i32 { a / b }
struct Unspeakable;
impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result { panic!("no words") }
}
#[hyperlight::export]
fn panic_twice() { panic!("{}", Unspeakable) }
#[hyperlight::export]
fn abort_with(message: &str) { hyperlight::abort(message) }
#[hyperlight::export]
#[allow(unconditional_recursion)]
fn recurse(n: u64) -> u64 { recurse(n + 1).wrapping_mul(n) + 1 }

#[hyperlight::export]
fn allocate(size: u64) -> u64 { core::hint::black_box(vec![1u8; size as usize]).len() as u64 }
#[hyperlight::export]
fn can_allocate(size: u64) -> bool {
    let mut memory = Vec::<u8>::new();
    core::hint::black_box(&mut memory).try_reserve_exact(size as usize).is_ok()
}
#[hyperlight::export]
fn allocate_for_ever() -> u64 {
    let mut blocks = Vec::new();
    loop { blocks.push(Box::new([1u8; 1000])); }
}

#[repr(align(4096))]
struct Page([u8; 4096]);

/// Blocks of all sizes are allocated, moved and freed, and each must keep its bytes.
#[hyperlight::export]
fn stress(seed: u64, steps: u32) -> Result<u64, Error> {
    let mut state = seed;
    let mut random = move |bound: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % bound
    };
    let mut blocks: Vec<(Vec<u8>, u8)> = Vec::new();
    let mut pages: Vec<Box<Page>> = Vec::new();
    for step in 0..steps {
        let mark = step as u8;
        match random(8) {
            0..=2 => {
                let size = 1 << random(15);
                blocks.push((vec![mark; (size + random(size)) as usize], mark));
            }
            3 if !blocks.is_empty() => {
                let index = random(blocks.len() as u64) as usize;
                let (block, mark) = &mut blocks[index];
                let size = random(2 * block.len() as u64 + 100) as usize;
                block.resize(size.min(40000), *mark);
                block.shrink_to_fit();
            }
            4 => {
                pages.push(Box::new(Page([mark; 4096])));
                let page = pages.last().unwrap();
                if &raw const **page as usize % 4096 != 0 {
                    return Err("a page is not aligned".into());
                }
                if pages.len() > 20 { pages.clear(); }
            }
            _ if !blocks.is_empty() => {
                let index = random(blocks.len() as u64) as usize;
                let (block, mark) = blocks.swap_remove(index);
                if block.iter().any(|byte| *byte != mark) {
                    return Err(format!("a block of {} has changed at {step}", block.len()).into());
                }
            }
            _ => {}
        }
        if blocks.len() > 100 { blocks.truncate(20); }
    }
    for page in &pages {
        if page.0.iter().any(|byte| *byte != page.0[0]) { return Err("a page has changed".into()); }
    }
    Ok(blocks.len() as u64)
}

/// memmove, both ways, and memcmp, against loops.
#[hyperlight::export]
fn move_within(bytes: &[u8], from: u32, to: u32, size: u32) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    copy.copy_within(from as usize..(from + size) as usize, to as usize);
    copy
}
#[hyperlight::export]
fn compare(a: &[u8], b: &[u8]) -> i8 { a.cmp(b) as i8 }
#[hyperlight::export]
fn c_length(bytes: &[u8]) -> u64 {
    core::ffi::CStr::from_bytes_until_nul(bytes).map_or(0, |text| {
        // SAFETY: it comes from such a string.
        unsafe { core::ffi::CStr::from_ptr(text.as_ptr()) }.count_bytes() as u64
    })
}

#[hyperlight::export]
fn log(text: &str) {
    hyperlight::trace!("trace {text}");
    hyperlight::debug!("debug {text}");
    hyperlight::info!("info {text}");
    hyperlight::warn!("warn {text}");
    hyperlight::error!("error {text}");
    hyperlight::info!("without arguments");
}
#[hyperlight::export]
fn print(text: &str) {
    hyperlight::print!("<{text}>");
    hyperlight::println!();
    hyperlight::println!("{} {text:?}", 1);
    hyperlight::println!("plain");
}
#[hyperlight::export]
fn random(size: u32) -> Vec<u8> {
    let mut bytes = vec![0; size as usize];
    hyperlight::random(&mut bytes);
    bytes
}

static COUNT: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(5);
static PAGES: [core::sync::atomic::AtomicU8; 1 << 16] =
    [const { core::sync::atomic::AtomicU8::new(0) }; 1 << 16];
#[hyperlight::export]
fn dirty() -> u32 {
    use core::sync::atomic::Ordering::Relaxed;
    for page in &PAGES { page.fetch_add(1, Relaxed); }
    core::mem::forget(vec![0x5au8; 300_000]);
    COUNT.fetch_add(1, Relaxed) + u32::from(PAGES[5000].load(Relaxed))
}
