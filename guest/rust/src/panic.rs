//! The panic handler. It aborts the call with the panic's message and location.

use crate::single::Single;
use crate::system;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

/// A fixed buffer for the message, because there may be no memory left. Longer messages are cut.
struct Message {
    bytes: [u8; 4096],
    size: usize,
}

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut fits = text.len().min(self.bytes.len() - self.size);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[self.size..self.size + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.size += fits;
        if fits == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

static MESSAGE: Single<Option<Message>> = Single::new(None);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // SAFETY: the reference is used for this comparison only.
    if unsafe { MESSAGE.get() }.is_some() {
        system::abort("panicked while making the message of a panic");
    }
    // SAFETY: only a panic below could use it again, and such a panic aborts above.
    let message = unsafe { MESSAGE.get() }.insert(Message {
        bytes: [0; 4096],
        size: 0,
    });
    // Writing fails if the message is too long. Then the start of the message is still useful.
    let _ = match info.location() {
        Some(location) => write!(message, "panicked at {location}: {}", info.message()),
        None => write!(message, "panicked: {}", info.message()),
    };
    system::abort(core::str::from_utf8(&message.bytes[..message.size]).unwrap_or("panicked"))
}
