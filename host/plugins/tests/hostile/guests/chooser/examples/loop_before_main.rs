//! Runs before it is asked anything: what the loader calls first never ends.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {}

guest!(Guest);

#[used]
#[unsafe(link_section = ".init_array")]
static FIRST: extern "C" fn() = first;

extern "C" fn first() {
    loop {
        core::hint::black_box(());
    }
}
