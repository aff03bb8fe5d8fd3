//! Calls in a guest with the standard library, in which panics unwind, or abort at once if the
//! program is compiled so. A panic that nobody in the guest catches aborts the call, with its message
//! and location.

use crate::system;
use std::any::Any;
use std::format;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::string::{String, ToString};
use std::sync::{Mutex, PoisonError};

/// The last panic: only the hook is told where it is, and only who catches it knows that nobody else
/// does.
static LAST: Mutex<Option<Panic>> = Mutex::new(None);

/// What the standard library says before it ends a program in which it cannot unwind.
const CANNOT_UNWIND: [&str; 2] = [
    "panic in a function that cannot unwind",
    "panic in a destructor during cleanup",
];

/// The same, for a program that ends once more. It takes the end of main for the end.
const EXIT_AGAIN: &str = "std::process::exit called re-entrantly";

struct Panic {
    location: Option<String>,
    message: String,
}

impl Panic {
    fn description(&self) -> String {
        match &self.location {
            Some(location) => format!("panicked at {location}: {}", self.message),
            None => format!("panicked: {}", self.message),
        }
    }
}

fn take_last() -> Option<Panic> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn message(payload: &(dyn Any + Send)) -> String {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => (*text).to_string(),
        (_, Some(text)) => text.clone(),
        _ => "a value that is no text".to_string(),
    }
}

/// Notes every panic from now on, and prints nothing.
pub fn watch_panics() {
    set_hook(std::boxed::Box::new(|info| {
        let panic = Panic {
            location: info.location().map(ToString::to_string),
            message: message(info.payload()),
        };
        if CANNOT_UNWIND.contains(&&*panic.message) {
            abort_with(take_last().unwrap_or(panic));
        }
        if cfg!(panic = "abort") || panic.message == EXIT_AGAIN {
            abort_with(panic);
        }
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
    }));
}

/// Aborts with the panic that has ended main.
pub fn abort_if_panicked() {
    if let Some(panic) = take_last() {
        abort_with(panic);
    }
}

fn abort_with(panic: Panic) -> ! {
    system::abort(&panic.description())
}

/// What is known of a panic that was caught.
fn caught(payload: &(dyn Any + Send)) -> Panic {
    let message = message(payload);
    // The last one is another if this one was thrown again, or a hook of the program's own saw it.
    take_last()
        .filter(|last| last.message == message)
        .unwrap_or(Panic {
            location: None,
            message,
        })
}

/// Prints what is buffered. The libraries keep half a line.
pub fn finish_output() {
    // Nobody could be told of an error.
    let _ = std::io::stdout().flush();
}

/// Runs what the host calls.
pub fn run<T>(function: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(result) => {
            finish_output();
            result
        }
        Err(payload) => abort_with(caught(&*payload)),
    }
}
