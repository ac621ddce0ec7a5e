//! What `wit/chooser.wit` says, as Rust. Nothing here is written by hand.
#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "chooser",
    additional_derives: [PartialEq, Eq],
});
