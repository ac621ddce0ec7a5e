//! The allocator and the panic handler of a component without the standard library.
//!
//! This is the only place in the kit that needs `unsafe`: an allocator is unsafe by nature, and
//! the panic handler calls the `log` import directly because it cannot know which bindings the
//! component was generated with.
#![allow(unsafe_code)]

use alloc::string::ToString;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    static __heap_base: u8;
}

/// Where dlmalloc gets its memory: first what lies between the module's data and the end of its
/// initial memory, then `memory.grow`. Growing costs a system call on the host for every fresh
/// instance, and most calls never need it.
struct Pages;

static INITIAL_TAKEN: AtomicBool = AtomicBool::new(false);

unsafe impl dlmalloc::Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if !INITIAL_TAKEN.swap(true, Ordering::Relaxed) {
            let base = (&raw const __heap_base as usize).next_multiple_of(16);
            let end = wasm32::memory_size(0) * PAGE;
            if end.saturating_sub(base) >= size {
                return (base as *mut u8, end - base, 0);
            }
        }
        let pages = size.div_ceil(PAGE);
        match wasm32::memory_grow(0, pages) {
            usize::MAX => (core::ptr::null_mut(), 0, 0),
            old => ((old * PAGE) as *mut u8, pages * PAGE, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        core::ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// dlmalloc over [`Pages`]. A component has one thread, so a cell is lock enough.
pub struct Heap(UnsafeCell<dlmalloc::Dlmalloc<Pages>>);

// This ensures nothing more than the language asks for: wasm32 components have no threads.
unsafe impl Sync for Heap {}

impl Heap {
    /// An empty heap; memory is taken at the first allocation.
    pub const fn new() -> Self {
        Self(UnsafeCell::new(dlmalloc::Dlmalloc::new_with_allocator(Pages)))
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(pointer, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(pointer, layout.size(), layout.align(), size) }
    }
}

/// What the canonical ABI calls to place arguments in the component's memory.
///
/// # Safety
/// As the canonical ABI has it: `old` is null, or was allocated here with `from` and `align`.
pub unsafe fn cabi_realloc(old: *mut u8, from: usize, align: usize, to: usize) -> *mut u8 {
    let pointer = unsafe {
        if from == 0 {
            if to == 0 {
                return align as *mut u8;
            }
            alloc::alloc::alloc(Layout::from_size_align_unchecked(to, align))
        } else {
            alloc::alloc::realloc(old, Layout::from_size_align_unchecked(from, align), to)
        }
    };
    if pointer.is_null() {
        wasm32::unreachable();
    }
    pointer
}

/// The order of two byte strings of the same length, as C's `memcmp` gives it.
///
/// # Safety
/// Both pointers are good for `length` bytes.
pub unsafe fn compare(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut at = 0;
    // Words while they are equal, bytes from the first that is not.
    while length - at >= 8 {
        let words = unsafe {
            (left.add(at).cast::<u64>().read_unaligned(), right.add(at).cast::<u64>().read_unaligned())
        };
        if words.0 != words.1 {
            break;
        }
        at += 8;
    }
    while at < length {
        let (one, other) = unsafe { (*left.add(at), *right.add(at)) };
        if one != other {
            return i32::from(one) - i32::from(other);
        }
        at += 1;
    }
    0
}

#[link(wasm_import_module = "jackfield:plugin/log@1.1.0")]
unsafe extern "C" {
    #[link_name = "log"]
    fn raw_log(level: i32, message: *const u8, length: usize);
}

const LEVEL_ERROR: i32 = 4;

/// Tells the operator's log what went wrong, then traps.
pub fn panicked(info: &PanicInfo<'_>) -> ! {
    let line = info.to_string();
    unsafe { raw_log(LEVEL_ERROR, line.as_ptr(), line.len()) };
    wasm32::unreachable()
}
