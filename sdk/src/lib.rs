//! What every Jackfield component needs and none should write again: a small runtime for
//! components without the standard library ([`runtime!`]), and [`Lines`], which finds whole
//! lines in a byte stream that is split anywhere.
//!
//! Whoever writes a policy begins with the trait of its kind ([`mod@chooser`], [`mod@compressor`], [`mod@judge`],
//! [`mod@gate`], [`mod@executor`]) and with `jackfield plugin new`; the standard library may be used there.
//!
//! A component built with [`runtime!`] imports `jackfield:plugin/log` (a gate also `evidence`) and nothing else, so the
//! import list that `jackfield plugin inspect` prints *is* its sandbox. A panic reaches the
//! operator's log with its message and place before the trap ends the call.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(any(
    feature = "chooser",
    feature = "compressor",
    feature = "executor",
    feature = "gate",
    feature = "judge"
))]
#[doc(hidden)]
pub mod about;
#[cfg(feature = "chooser")]
pub mod chooser;
mod clip;
#[cfg(feature = "compressor")]
pub mod compressor;
pub mod exec;
#[cfg(feature = "executor")]
pub mod executor;
pub mod figures;
#[cfg(feature = "gate")]
pub mod gate;
pub mod json;
#[cfg(feature = "judge")]
pub mod judge;
mod lines;
#[cfg(target_family = "wasm")]
mod runtime;
pub mod visible;

pub use clip::{clip, first_line};
pub use lines::{Lines, TOO_LONG};
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use runtime::{Heap, cabi_realloc, compare, panicked};

/// Gives a `no_std` component its allocator and its panic handler.
///
/// Call it once, at the top of the crate, which must open with
/// `#![cfg_attr(target_family = "wasm", no_std)]`. On other targets it expands to nothing, so
/// the same crate can be unit-tested natively.
#[macro_export]
macro_rules! runtime {
    () => {
        #[cfg(target_family = "wasm")]
        #[global_allocator]
        static HEAP: $crate::Heap = $crate::Heap::new();

        #[cfg(target_family = "wasm")]
        #[panic_handler]
        fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
            $crate::panicked(info)
        }

        // The canonical ABI's allocator; the C library that usually brings it is not linked.
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        #[unsafe(export_name = "cabi_realloc")]
        unsafe extern "C" fn cabi_realloc(old: *mut u8, from: usize, align: usize, to: usize) -> *mut u8 {
            unsafe { $crate::cabi_realloc(old, from, align, to) }
        }

        // The compiler calls these for slices and strings that are compared; they too live in the C
        // library otherwise.
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
            unsafe { $crate::compare(left, right, length) }
        }

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
            unsafe { $crate::compare(left, right, length) }
        }
    };
}
