//! Measures ten thousand things.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        let one = |_| Measurement { name: "one".into(), value: 1.0, unit: String::new() };
        Ruling { measurements: (0..10_000).map(one).collect(), ..ruling() }
    }
}

guest!(Guest);
