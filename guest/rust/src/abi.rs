//! What the attributes expand to. Not for use by hand: it changes as they do.

use crate::single::Single;
use crate::{Error, HostError, system};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::marker::PhantomData;

const MOST_PARAMETERS: usize = 32;

/// An entry of the function table, the section `hyperlight_functions`.
#[repr(C)]
pub struct Function {
    kind: u8,
    result: u8,
    parameter_count: u8,
    reserved: [u8; 5],
    parameters: [u8; MOST_PARAMETERS],
    name: *const u8,
    address: *const (),
}

// SAFETY: it never changes.
unsafe impl Sync for Function {}

impl Function {
    const fn new(kind: u8, name: &'static str, result: u8, parameters: &[u8]) -> Self {
        assert!(name.as_bytes()[name.len() - 1] == 0);
        let mut function = Self {
            kind,
            result,
            parameter_count: parameters.len() as u8,
            reserved: [0; 5],
            parameters: [0; MOST_PARAMETERS],
            name: name.as_ptr(),
            address: core::ptr::null(),
        };
        let mut i = 0;
        while i < parameters.len() {
            function.parameters[i] = parameters[i];
            i += 1;
        }
        function
    }

    /// An exported function; the name ends with a zero byte.
    pub const fn export(
        name: &'static str,
        result: u8,
        parameters: &[u8],
        address: *const (),
    ) -> Self {
        let mut function = Self::new(1, name, result, parameters);
        function.address = address;
        function
    }

    /// An imported function; the name ends with a zero byte.
    pub const fn import(name: &'static str, result: u8, parameters: &[u8]) -> Self {
        Self::new(2, name, result, parameters)
    }
}

/// A string or bytes, as C passes a structure of an address and a size.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Range {
    address: *const u8,
    size: usize,
}

impl Range {
    const EMPTY: Self = Self {
        address: core::ptr::null(),
        size: 0,
    };

    fn of(bytes: &[u8]) -> Self {
        Self {
            address: bytes.as_ptr(),
            size: bytes.len(),
        }
    }

    /// # Safety
    ///
    /// There must be such bytes, unchanged for the lifetime.
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            // It may have any address then.
            return &[];
        }
        // SAFETY: the caller says that they are there.
        unsafe { core::slice::from_raw_parts(self.address, self.size) }
    }

    /// # Safety
    ///
    /// As of [`Range::bytes`].
    unsafe fn text<'a>(self) -> &'a str {
        // SAFETY: the caller says that the bytes are there.
        match core::str::from_utf8(unsafe { self.bytes() }) {
            Ok(text) => text,
            Err(_) => crate::abort("the host passed a string that is not UTF-8"),
        }
    }
}

/// An argument or a result of a host call: a number, sign- or zero-extended or as its bits, or an
/// address and a size.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value {
    pub(crate) first: u64,
    pub(crate) second: u64,
}

impl Value {
    fn number(first: u64) -> Self {
        Self { first, second: 0 }
    }

    fn range(bytes: &[u8]) -> Self {
        Self {
            first: bytes.as_ptr() as u64,
            second: bytes.len() as u64,
        }
    }

    fn as_range(self) -> Range {
        Range {
            address: self.first as *const u8,
            size: self.second as usize,
        }
    }
}

/// A call from Java. What it was given lives as long.
pub struct Call {
    not_send: PhantomData<*const ()>,
}

/// The memory of the last call's result, until the next call. The host copies it in between.
static RESULT: Single<Vec<u8>> = Single::new(Vec::new());

impl Call {
    /// Begins one.
    ///
    /// # Safety
    ///
    /// Only the functions that the host calls may do it, first of all.
    pub unsafe fn begin() -> Self {
        // SAFETY: nothing else refers to the last result any more, as the call it is of has ended.
        drop(core::mem::take(unsafe { RESULT.get() }));
        Self {
            not_send: PhantomData,
        }
    }
}

/// Runs what the host calls.
#[cfg(not(feature = "std"))]
#[inline(always)]
pub fn run<T>(function: impl FnOnce() -> T) -> T {
    function()
}

#[cfg(feature = "std")]
pub use crate::unwind::run;

/// Keeps the memory of a result in place.
fn keep(result: Vec<u8>) -> Range {
    // SAFETY: the reference ends with this function, which calls nothing that would use another.
    let kept = unsafe { RESULT.get() };
    *kept = result;
    Range::of(kept)
}

fn fail(message: String) {
    let message = keep(message.into_bytes());
    // SAFETY: it is kept until the next call.
    unsafe { system::set_error(message.address, message.size) };
}

/// Types of what exported functions take.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot take a `{Self}`",
    label = "not a type that Java can pass",
    note = "a parameter is a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>"
)]
pub trait Parameter<'a> {
    /// The ABI's code of it.
    const CODE: u8;
    /// What C passes.
    type Abi;

    /// What was passed.
    ///
    /// # Safety
    ///
    /// It must be what the host passed in this call.
    unsafe fn receive(call: &'a Call, abi: Self::Abi) -> Self;
}

/// Types of what exported functions return.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot return a `{Self}`",
    label = "not a type that Java can be given",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>, or a Result of one of them and an error that implements Display"
)]
pub trait Returned {
    /// The ABI's code of it.
    const CODE: u8;
    /// What C returns.
    type Abi;

    /// Returns it to Java.
    fn give(self) -> Self::Abi;
}

/// Types of successful results.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot return a `{Self}`",
    label = "not a type that Java can be given",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>, or a Result of one of them and an error that implements Display"
)]
pub trait Plain: Returned {
    /// What is returned beside an error, and not looked at.
    const NOTHING: Self::Abi;
}

impl<T: Plain, E: Display> Returned for Result<T, E> {
    const CODE: u8 = T::CODE;
    type Abi = T::Abi;

    fn give(self) -> T::Abi {
        match self {
            Ok(result) => result.give(),
            Err(error) => {
                fail(error.to_string());
                T::NOTHING
            }
        }
    }
}

impl<T: Plain> Returned for Result<T, Error> {
    const CODE: u8 = T::CODE;
    type Abi = T::Abi;

    fn give(self) -> T::Abi {
        match self {
            Ok(result) => result.give(),
            Err(error) => {
                fail(error.into_message());
                T::NOTHING
            }
        }
    }
}

/// Types of what imported functions take.
#[diagnostic::on_unimplemented(
    message = "an imported function cannot take a `{Self}`",
    label = "not a type that Java can be given",
    note = "a parameter is a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>"
)]
pub trait Argument {
    /// The ABI's code of it.
    const CODE: u8;

    /// How it is passed.
    fn value(&self) -> Value;
}

/// Types of what imported functions return.
#[diagnostic::on_unimplemented(
    message = "an imported function cannot return a `{Self}`",
    label = "not a type that Java can pass",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, String or \
            Vec<u8>; what the guest gets is a Result of it and a HostError"
)]
pub trait Answer {
    /// The ABI's code of it.
    const CODE: u8;

    /// What was returned.
    ///
    /// # Safety
    ///
    /// It must be what the host returned just now.
    unsafe fn receive(value: Value) -> Self;
}

/// Calls an imported function.
///
/// # Safety
///
/// The function must be in the table, under this name, with these types.
pub unsafe fn call_host<A: Answer>(
    function: &'static Function,
    name: &'static str,
    arguments: &[Value],
) -> Result<A, HostError> {
    // SAFETY: the caller says that the types are right.
    match unsafe { system::call_host(system::number(function), arguments) } {
        // SAFETY: the host has returned it just now, and has checked its type.
        Some(value) => Ok(unsafe { A::receive(value) }),
        None => Err(HostError::new(name)),
    }
}

impl Returned for () {
    const CODE: u8 = 0;
    type Abi = ();

    fn give(self) {}
}

impl Plain for () {
    const NOTHING: () = ();
}

impl Answer for () {
    const CODE: u8 = 0;

    unsafe fn receive(_: Value) {}
}

/// All ways of a number: how C passes it, its bits as a word, and both back.
macro_rules! number {
    ($type:ty, $code:literal, $abi:ty, $from_abi:expr, $to_word:expr, $from_word:expr) => {
        impl Parameter<'_> for $type {
            const CODE: u8 = $code;
            type Abi = $abi;

            unsafe fn receive(_: &Call, abi: $abi) -> Self {
                $from_abi(abi)
            }
        }

        impl Returned for $type {
            const CODE: u8 = $code;
            type Abi = Self;

            fn give(self) -> Self {
                self
            }
        }

        impl Plain for $type {
            const NOTHING: Self = $from_word(0);
        }

        impl Argument for $type {
            const CODE: u8 = $code;

            fn value(&self) -> Value {
                Value::number($to_word(*self))
            }
        }

        impl Answer for $type {
            const CODE: u8 = $code;

            unsafe fn receive(value: Value) -> Self {
                $from_word(value.first)
            }
        }
    };
}

macro_rules! integer {
    ($type:ident, $code:literal) => {
        number!($type, $code, $type, |abi| abi, |n| n as u64, to::$type);
    };
}

/// Words as integers: the low bits.
mod to {
    macro_rules! functions {
        ($($type:ident),*) => { $(pub const fn $type(word: u64) -> $type { word as $type })* };
    }
    functions!(i8, i16, i32, i64, u8, u16, u32, u64);

    pub const fn bool(word: u64) -> bool {
        word & 1 != 0
    }

    pub const fn f32(word: u64) -> f32 {
        f32::from_bits(word as u32)
    }

    pub const fn f64(word: u64) -> f64 {
        f64::from_bits(word)
    }
}

number!(bool, 1, u8, |abi| abi != 0, u64::from, to::bool);
integer!(i8, 2);
integer!(i16, 3);
integer!(i32, 4);
integer!(i64, 5);
integer!(u8, 6);
integer!(u16, 7);
integer!(u32, 8);
integer!(u64, 9);
number!(
    f32,
    10,
    f32,
    |abi| abi,
    |n: f32| n.to_bits().into(),
    to::f32
);
number!(f64, 11, f64, |abi| abi, f64::to_bits, to::f64);

/// All ways of a borrowed and an owned type of strings or bytes.
macro_rules! range {
    ($code:literal, $borrowed:ty, $owned:ty, $read:ident, $into_bytes:expr) => {
        impl<'a> Parameter<'a> for &'a $borrowed {
            const CODE: u8 = $code;
            type Abi = Range;

            unsafe fn receive(_: &'a Call, abi: Range) -> Self {
                // SAFETY: it is what the host passed, in the window, for as long as the call.
                unsafe { abi.$read() }
            }
        }

        impl Parameter<'_> for $owned {
            const CODE: u8 = $code;
            type Abi = Range;

            unsafe fn receive(_: &Call, abi: Range) -> Self {
                // SAFETY: it is what the host passed, in the window, for as long as the call.
                unsafe { abi.$read() }.to_owned()
            }
        }

        impl Returned for &$borrowed {
            const CODE: u8 = $code;
            type Abi = Range;

            /// It outlives the call, or is an argument, or part of one, and thus in the window: in
            /// any case it stays in place until the host has copied it.
            fn give(self) -> Range {
                Range::of(self.as_ref())
            }
        }

        impl Plain for &$borrowed {
            const NOTHING: Range = Range::EMPTY;
        }

        impl Returned for $owned {
            const CODE: u8 = $code;
            type Abi = Range;

            fn give(self) -> Range {
                keep($into_bytes(self))
            }
        }

        impl Plain for $owned {
            const NOTHING: Range = Range::EMPTY;
        }

        impl Argument for &$borrowed {
            const CODE: u8 = $code;

            fn value(&self) -> Value {
                Value::range(self.as_ref())
            }
        }

        impl Argument for $owned {
            const CODE: u8 = $code;

            fn value(&self) -> Value {
                Value::range(self.as_ref())
            }
        }

        impl Answer for $owned {
            const CODE: u8 = $code;

            unsafe fn receive(value: Value) -> Self {
                // SAFETY: it is what the host returned, in the window, for as long as the call.
                unsafe { value.as_range().$read() }.to_owned()
            }
        }
    };
}

range!(12, str, String, text, String::into_bytes);
range!(13, [u8], Vec<u8>, bytes, |bytes| bytes);
