//! Calls in a guest with the standard library. Panics unwind there, or abort at once if the program
//! is compiled with `panic = "abort"`. A panic that the guest does not catch aborts the call with its
//! message and location.

use crate::system;
use std::any::Any;
use std::format;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::string::{String, ToString};
use std::sync::{Mutex, PoisonError};

/// The last panic. Only the hook gets the location of a panic. Only the outermost catch knows that no
/// other code catches the panic.
static LAST: Mutex<Option<Panic>> = Mutex::new(None);

/// The messages of panics after which the standard library ends the program without unwinding.
const CANNOT_UNWIND: [&str; 2] = [
    "panic in a function that cannot unwind",
    "panic in a destructor during cleanup",
];

/// The message for a second exit. The standard library counts the end of main as the first exit.
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

/// Installs a hook that records every panic and prints nothing.
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

/// Returns the message of a caught panic, and its location if it is known.
fn caught(payload: &(dyn Any + Send)) -> Panic {
    let message = message(payload);
    // The recorded panic is another one if this panic was resumed, or the program has its own hook.
    take_last()
        .filter(|last| last.message == message)
        .unwrap_or(Panic {
            location: None,
            message,
        })
}

/// Flushes the output. The standard library buffers a line until it is complete.
pub fn finish_output() {
    // There is no way to report an error here.
    let _ = std::io::stdout().flush();
}

/// Runs a function that the host calls, and aborts the call if the function panics.
pub fn run<T>(function: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(result) => {
            finish_output();
            result
        }
        Err(payload) => abort_with(caught(&*payload)),
    }
}
