//! Statics that change.

use core::cell::UnsafeCell;

/// A static that changes. A guest has one processor, and nothing interrupts it: there is one thread,
/// which only has to take care not to use the same one twice at a time.
pub struct Single<T>(UnsafeCell<T>);

// SAFETY: there are no other threads.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// No other reference to it may be in use meanwhile.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller promises that it is the only one.
        unsafe { &mut *self.0.get() }
    }
}
