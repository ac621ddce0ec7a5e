//! try
#![cfg_attr(target_family = "wasm", no_std)]
#![allow(missing_docs, unsafe_code, clippy::all, unreachable_pub)]
extern crate alloc;
jackfield_sdk::runtime!();
wit_bindgen::generate!({ path: "../../wit", world: "chooser" });
use exports::jackfield::plugin::{about, choosing::{self, *}};
use alloc::{vec::Vec, string::ToString, vec, format};
struct C;
impl about::Guest for C { fn identify() -> about::Identity { about::Identity { name: "chooser".to_string(), version: "0.1.0".to_string(), summary: "x".to_string() } } }
impl choosing::Guest for C {
  fn choose(now: Timestamp, t: Task, c: Vec<Candidate>, b: Budget) -> Vec<Choice> { vec![Choice { candidate: c.len() as u32 - 1, effort: Effort::Low, reason: format!("{now} {}", t.complexity) }] }
  fn next(now: Timestamp, t: Task, h: Vec<Past>, c: Vec<Candidate>, b: Budget) -> Step { Step::Done("x".to_string()) }
}
export!(C);
