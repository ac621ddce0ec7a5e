//! Prefers a model that it does not have.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn describe() -> Description {
        Description { default_model: Some("other".into()), ..description() }
    }
}

guest!(Guest);
