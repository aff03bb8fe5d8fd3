//! System calls, and the pages of the host in guest memory.

use crate::abi::{Function, Value};
use core::arch::asm;

const WRITE: u64 = 1;
#[cfg(not(feature = "std"))]
const BRK: u64 = 12;
const GETRANDOM: u64 = 318;
const GIVE_UP: u64 = 0x484c_0002;
const ABORT: u64 = 0x484c_0003;
const LOG: u64 = 0x484c_0004;
#[cfg(feature = "std")]
const READY: u64 = 0x484c_0006;

const STANDARD_OUTPUT: u64 = 1;

const EINTR: u64 = 4;

/// The information page: read-only facts at a fixed address.
#[repr(C)]
struct Information {
    abi_version: u32,
    reserved: u32,
    frame: *mut Frame,
    window: u64,
    heap: u64,
    host_call: u64,
}

const INFORMATION: *const Information = 0x11000 as *const Information;

/// The call frame.
#[repr(C)]
struct Frame {
    stack_arguments: [u64; 64],
    integer_arguments: [u64; 6],
    sse_arguments: [u64; 8],
    target: u64,
    flags: u64,
    fs_base: u64,
    window_next: u64,
    window_end: u64,
    status: u64,
    error_address: u64,
    error_length: u64,
    gs_base: u64,
}

/// # Safety
///
/// The rules of the system call apply.
unsafe fn system_call(number: u64, a: u64, b: u64, c: u64) -> u64 {
    let result;
    // SAFETY: a system call preserves all registers but these.
    unsafe {
        asm!("syscall",
            inlateout("rax") number => result, in("rdi") a, in("rsi") b, inlateout("rdx") c => _,
            lateout("rcx") _, lateout("r8") _, lateout("r11") _, options(nostack));
    }
    result
}

fn address<T>(memory: &[T]) -> u64 {
    memory.as_ptr() as u64
}

/// Calls an imported function. Returns None if the function failed.
///
/// # Safety
///
/// The arguments must be as the function declares them, and the number must be its own.
pub unsafe fn call_host(number: usize, arguments: &[Value]) -> Option<Value> {
    let status: u64;
    let result: Value;
    // SAFETY: the host reads the arguments, and writes to the window only. The routine preserves
    // all registers but these, and its call does not overwrite the red zone.
    unsafe {
        let first;
        let second;
        asm!("lea rsp, [rsp - 128]", "call {routine}", "lea rsp, [rsp + 128]",
            routine = in(reg) (*INFORMATION).host_call,
            out("rax") status, in("rdi") number, in("rsi") arguments.as_ptr(),
            out("rdx") first, out("r8") second,
            out("rcx") _, out("r9") _, out("r10") _, out("r11") _);
        result = Value { first, second };
    }
    (status == 0).then_some(result)
}

unsafe extern "C" {
    #[link_name = "__start_hyperlight_functions"]
    static FUNCTIONS: Function;
}

/// Returns the number of a function in the table.
pub fn number(function: &'static Function) -> usize {
    let start = &raw const FUNCTIONS as usize;
    (function as *const Function as usize - start) / size_of::<Function>()
}

/// Ends the call with the exception of the host function that failed last. The Java caller gets
/// exactly this exception. The sandbox is unusable until it is restored.
pub fn give_up() -> ! {
    loop {
        // SAFETY: it takes nothing and does not return.
        unsafe { system_call(GIVE_UP, 0, 0, 0) };
    }
}

/// Ends the call with a `GuestAbortException` that has this message. The sandbox is unusable until it
/// is restored.
///
/// A panic ends a call in the same way.
pub fn abort(message: &str) -> ! {
    loop {
        // SAFETY: the host only reads the message.
        unsafe { system_call(ABORT, address(message.as_bytes()), message.len() as u64, 0) };
    }
}

pub fn log(level: u64, message: &str) {
    // SAFETY: the host only reads the message.
    unsafe {
        system_call(
            LOG,
            level,
            address(message.as_bytes()),
            message.len() as u64,
        )
    };
}

pub fn write(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the host only reads the text.
        let written =
            unsafe { system_call(WRITE, STANDARD_OUTPUT, address(text), text.len() as u64) };
        match text.get(written as usize..) {
            Some(rest) if written != 0 => text = rest,
            _ if written == EINTR.wrapping_neg() => {}
            _ => abort(&alloc::format!(
                "print: the host's stream failed with error number {}",
                written.wrapping_neg()
            )),
        }
    }
}

/// Fills memory with random bytes from the host. They are fresh at every call, even after the
/// sandbox was restored to a snapshot. Do not keep a seed or a key in memory: it comes back with the
/// snapshot, in every sandbox that comes from it.
pub fn random(mut target: &mut [u8]) {
    while !target.is_empty() {
        // SAFETY: the target is borrowed mutably, and the host writes no more than its size.
        let got = unsafe {
            system_call(
                GETRANDOM,
                target.as_mut_ptr() as u64,
                target.len() as u64,
                0,
            )
        };
        match target.get_mut(got as usize..) {
            Some(rest) if got != 0 => target = rest,
            _ => abort("the host has no random bytes"),
        }
    }
}

/// Tells the host that the program has started and that calls may come. Returns only if there is no
/// host.
#[cfg(feature = "std")]
pub fn ready() {
    // SAFETY: it takes nothing and does not return.
    unsafe { system_call(READY, 0, 0, 0) };
}

/// Moves the program break and returns where it is then. The break stays if the end is 0 or there is
/// not enough memory.
#[cfg(not(feature = "std"))]
pub fn set_break(end: usize) -> usize {
    // SAFETY: the break only moves up, so that nothing is lost.
    unsafe { system_call(BRK, end as u64, 0, 0) as usize }
}

/// Makes the running call end with an error when its function returns.
///
/// # Safety
///
/// The message must stay in place until then.
pub unsafe fn set_error(message: *const u8, size: usize) {
    // SAFETY: the host has mapped the page and the frame. Only the guest uses them during a call.
    unsafe {
        let frame = (*INFORMATION).frame;
        (*frame).error_address = message as u64;
        (*frame).error_length = size as u64;
        (*frame).status = 1;
    }
}
