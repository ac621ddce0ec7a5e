//! What `wit/gate.wit` says, as Rust. Nothing here is written by hand.
#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "gate",
    additional_derives: [PartialEq, Clone],
});
