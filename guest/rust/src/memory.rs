//! The functions of a libc that compiled Rust code always needs.

use core::arch::asm;
use core::ptr::{read_unaligned as read, write_unaligned as write};

/// Copies up to 32 bytes. The ranges may overlap, because all bytes are read before any is written.
///
/// # Safety
///
/// The rules of memmove apply.
unsafe fn copy_few(target: *mut u8, source: *const u8, size: usize) {
    /// Copies as two values of a type: one at the start, and one that reaches to the end.
    ///
    /// # Safety
    ///
    /// The rules of memmove apply. The size is that of one to two values of the type.
    unsafe fn copy<T>(target: *mut u8, source: *const u8, size: usize) {
        let end = size - size_of::<T>();
        // SAFETY: both values lie within the size.
        unsafe {
            let first = read(source.cast::<T>());
            let last = read(source.add(end).cast::<T>());
            write(target.cast::<T>(), first);
            write(target.add(end).cast::<T>(), last);
        }
    }
    // SAFETY: each type fits once to twice into the size.
    unsafe {
        match size {
            0 => {}
            1 => *target = *source,
            2..4 => copy::<u16>(target, source, size),
            4..8 => copy::<u32>(target, source, size),
            8..16 => copy::<u64>(target, source, size),
            _ => copy::<u128>(target, source, size),
        }
    }
}

const FEW: usize = 32;

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    // SAFETY: the caller says that there are so many bytes at both, and that they do not overlap.
    unsafe {
        if size <= FEW {
            copy_few(target, source, size);
        } else {
            asm!("rep movsb", inout("rdi") target => _, inout("rsi") source => _,
                inout("rcx") size => _, options(nostack, preserves_flags));
        }
    }
    target
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
    // SAFETY: the caller says that there are so many bytes at both.
    unsafe {
        if size <= FEW {
            copy_few(target, source, size);
        } else if (target as usize).wrapping_sub(source as usize) >= size {
            // No byte is overwritten before it is copied.
            asm!("rep movsb", inout("rdi") target => _, inout("rsi") source => _,
                inout("rcx") size => _, options(nostack, preserves_flags));
        } else {
            // Copies from the end, eight bytes at a time, and then the rest at the start.
            let words = size / 8;
            let rest = size % 8;
            asm!(
                "2: mov {word}, [{source} + 8 * {words} - 8]",
                "mov [{target} + 8 * {words} - 8], {word}",
                "dec {words}",
                "jnz 2b",
                source = in(reg) source.add(rest), target = in(reg) target.add(rest),
                words = inout(reg) words => _, word = out(reg) _, options(nostack));
            copy_few(target, source, rest);
        }
    }
    target
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(target: *mut u8, byte: i32, size: usize) -> *mut u8 {
    // SAFETY: the caller says that there are so many bytes.
    unsafe {
        asm!("rep stosb", inout("rdi") target => _, inout("rcx") size => _, in("al") byte as u8,
            options(nostack, preserves_flags));
    }
    target
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    let mut at = 0;
    // SAFETY: the caller says that there are so many bytes at both, and nothing is read behind them.
    unsafe {
        while size - at >= 8 {
            let x = u64::from_be(read(a.add(at).cast::<u64>()));
            let y = u64::from_be(read(b.add(at).cast::<u64>()));
            if x != y {
                return if x < y { -1 } else { 1 };
            }
            at += 8;
        }
        while at < size {
            let (x, y) = (*a.add(at), *b.add(at));
            if x != y {
                return i32::from(x) - i32::from(y);
            }
            at += 1;
        }
    }
    0
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    // SAFETY: the caller says the same.
    unsafe { memcmp(a, b, size) }
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut end = text;
    // SAFETY: the caller says that there is a zero byte. This is assembly, because the compiler
    // would turn a loop into a call of strlen.
    unsafe {
        asm!("repne scasb", inout("rdi") end, inout("rcx") usize::MAX => _, in("al") 0u8,
            options(nostack, readonly));
    }
    end as usize - text as usize - 1
}

/// The prebuilt core library refers to these two functions. Only unwinding would call them.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// See above.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    crate::abort("a guest does not unwind")
}
