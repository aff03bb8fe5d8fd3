//! Mutable statics.

use core::cell::UnsafeCell;

/// A mutable static. A guest has one processor and nothing interrupts it, so there is only one
/// thread. This thread must not hold two references to one static at a time.
pub struct Single<T>(UnsafeCell<T>);

// SAFETY: there are no other threads.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Returns a reference to the value.
    ///
    /// # Safety
    ///
    /// No other reference to the value may be in use as long as this one is.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller promises that it is the only one.
        unsafe { &mut *self.0.get() }
    }
}
