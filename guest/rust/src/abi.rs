//! The items that the attributes expand to. Programs must not use them directly: they change
//! together with the attributes.

use crate::single::Single;
use crate::{Error, HostError, system};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::marker::PhantomData;

const MAX_PARAMETERS: usize = 32;

/// An entry of the function table, the section `hyperlight_functions`.
#[repr(C)]
pub struct Function {
    kind: u8,
    result: u8,
    parameter_count: u8,
    reserved: [u8; 5],
    parameters: [u8; MAX_PARAMETERS],
    name: *const u8,
    address: *const (),
}

// SAFETY: an entry never changes.
unsafe impl Sync for Function {}

impl Function {
    const fn new(kind: u8, name: &'static str, result: u8, parameters: &[u8]) -> Self {
        assert!(name.as_bytes()[name.len() - 1] == 0);
        let mut function = Self {
            kind,
            result,
            parameter_count: parameters.len() as u8,
            reserved: [0; 5],
            parameters: [0; MAX_PARAMETERS],
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

    /// Makes the entry of an exported function. The name must end with a zero byte.
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

    /// Makes the entry of an imported function. The name must end with a zero byte.
    pub const fn import(name: &'static str, result: u8, parameters: &[u8]) -> Self {
        Self::new(2, name, result, parameters)
    }
}

/// A string or bytes, in the form of a C structure with an address and a size.
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
    /// The bytes must exist and stay unchanged for the lifetime.
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            // An empty range may have any address.
            return &[];
        }
        // SAFETY: the caller says that the bytes exist.
        unsafe { core::slice::from_raw_parts(self.address, self.size) }
    }

    /// # Safety
    ///
    /// The rules of [`Range::bytes`] apply.
    unsafe fn text<'a>(self) -> &'a str {
        // SAFETY: the caller says that the bytes exist.
        match core::str::from_utf8(unsafe { self.bytes() }) {
            Ok(text) => text,
            Err(_) => crate::abort("the host passed a string that is not UTF-8"),
        }
    }
}

/// An argument or a result of a host call: a sign- or zero-extended integer, the bits of a
/// floating-point number, or an address and a size.
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

/// A call from Java. Its arguments live as long as this object.
pub struct Call {
    not_send: PhantomData<*const ()>,
}

/// The memory of the last call's result. The host copies it before the next call.
static RESULT: Single<Vec<u8>> = Single::new(Vec::new());

impl Call {
    /// Begins a call.
    ///
    /// # Safety
    ///
    /// Only the functions that the host calls may use this, and it must be their first step.
    pub unsafe fn begin() -> Self {
        // SAFETY: the call with the last result has ended, so no other reference to it exists.
        drop(core::mem::take(unsafe { RESULT.get() }));
        Self {
            not_send: PhantomData,
        }
    }
}

/// Runs a function that the host calls.
#[cfg(not(feature = "std"))]
#[inline(always)]
pub fn run<T>(function: impl FnOnce() -> T) -> T {
    function()
}

#[cfg(feature = "std")]
pub use crate::unwind::run;

/// Keeps the memory of a result in place.
fn keep(result: Vec<u8>) -> Range {
    // SAFETY: the reference ends with this function. No call in between uses another reference.
    let kept = unsafe { RESULT.get() };
    *kept = result;
    Range::of(kept)
}

fn fail(message: String) {
    let message = keep(message.into_bytes());
    // SAFETY: the message is kept until the next call.
    unsafe { system::set_error(message.address, message.size) };
}

/// The parameter types of exported functions.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot take a `{Self}`",
    label = "not a type that Java can pass",
    note = "a parameter is a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>"
)]
pub trait Parameter<'a> {
    /// The code of the type in the ABI.
    const CODE: u8;
    /// The type that C passes.
    type Abi;

    /// Converts an argument that was passed.
    ///
    /// # Safety
    ///
    /// The host must have passed the argument in this call.
    unsafe fn receive(call: &'a Call, abi: Self::Abi) -> Self;
}

/// The result types of exported functions.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot return a `{Self}`",
    label = "not a type that Java can be given",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>, or a Result of one of them and an error that implements Display"
)]
pub trait Returned {
    /// The code of the type in the ABI.
    const CODE: u8;
    /// The type that C returns.
    type Abi;

    /// Converts a result to the form in which Java gets it.
    fn give(self) -> Self::Abi;
}

/// The types of successful results.
#[diagnostic::on_unimplemented(
    message = "an exported function cannot return a `{Self}`",
    label = "not a type that Java can be given",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>, or a Result of one of them and an error that implements Display"
)]
pub trait Plain: Returned {
    /// The value that is returned together with an error. The host ignores it.
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

/// The parameter types of imported functions.
#[diagnostic::on_unimplemented(
    message = "an imported function cannot take a `{Self}`",
    label = "not a type that Java can be given",
    note = "a parameter is a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, &str, String, \
            &[u8] or Vec<u8>"
)]
pub trait Argument {
    /// The code of the type in the ABI.
    const CODE: u8;

    /// Converts an argument to the form in which it is passed.
    fn value(&self) -> Value;
}

/// The result types of imported functions.
#[diagnostic::on_unimplemented(
    message = "an imported function cannot return a `{Self}`",
    label = "not a type that Java can pass",
    note = "a result is (), a bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, String or \
            Vec<u8>; what the guest gets is a Result of it and a HostError"
)]
pub trait Answer {
    /// The code of the type in the ABI.
    const CODE: u8;

    /// Converts a result that the host returned.
    ///
    /// # Safety
    ///
    /// The value must be the result of the last host call.
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
        // SAFETY: the value is the result of the last host call, and the host has checked its type.
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

/// Implements all conversions of a number: to and from the type of C, and to and from a word.
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

/// Converts words to numbers. An integer consists of the low bits of the word.
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

/// Implements all conversions of a borrowed and an owned type of strings or bytes.
macro_rules! range {
    ($code:literal, $borrowed:ty, $owned:ty, $read:ident, $into_bytes:expr) => {
        impl<'a> Parameter<'a> for &'a $borrowed {
            const CODE: u8 = $code;
            type Abi = Range;

            unsafe fn receive(_: &'a Call, abi: Range) -> Self {
                // SAFETY: the host passed the range. It stays in the window for the whole call.
                unsafe { abi.$read() }
            }
        }

        impl Parameter<'_> for $owned {
            const CODE: u8 = $code;
            type Abi = Range;

            unsafe fn receive(_: &Call, abi: Range) -> Self {
                // SAFETY: the host passed the range. It stays in the window for the whole call.
                unsafe { abi.$read() }.to_owned()
            }
        }

        impl Returned for &$borrowed {
            const CODE: u8 = $code;
            type Abi = Range;

            /// Returns the range without a copy. Its memory outlives the call, or it is (part of) an
            /// argument and lies in the window. Both stay in place until the host has copied them.
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
                // SAFETY: the host returned the range. It stays in the window for the whole call.
                unsafe { value.as_range().$read() }.to_owned()
            }
        }
    };
}

range!(12, str, String, text, String::into_bytes);
range!(13, [u8], Vec<u8>, bytes, |bytes| bytes);
