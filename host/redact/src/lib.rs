//! Secrets out of text and bytes: the values of the variables that hold them, in whatever form they are printed.
//!
//! A value is found as it is; with terminal sequences, control characters and characters that are not shown between
//! its own; with some of its characters or all of them escaped, as in JSON, in a URL or in HTML; in base64 and in
//! hexadecimal digits; and across the pieces in which a stream arrives. What stands in its place is the variable's
//! name. Pure: it knows values and bytes, and nothing of where they come from or go to.

mod known;
mod needles;
mod redactor;
mod stream;
mod texts;
mod values;
mod view;

pub use known::{Secrets, password_of};
pub use redactor::Redactor;
pub use stream::Stream;
pub use texts::Texts;

#[cfg(test)]
mod tests;
