//! Where hostile guests come from: Rust in `guests/KIND/examples`, core modules by hand in `guests/raw`
//! (their world is joined on here), whole components by hand in `guests/whole`, and files that nobody would
//! want to keep, which are made here.

#![allow(clippy::disallowed_methods, reason = "cargo builds the guests, and cargo is a process")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The folders of guests in Rust.
const BUILT: [&str; 6] = ["chooser", "compressor", "executor", "gate", "judge", "libstd"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/guests")
}

/// Builds all guests, once for each test binary; cargo knows what is there already.
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
        let built = Command::new(env!("CARGO"))
            .current_dir(folder())
            .args(["build", "--quiet", "--release", "--examples", "--locked", "--target", "wasm32-wasip2"])
            .env_remove("RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &target)
            .status();
        assert!(built.expect("cargo starts").success(), "the hostile guests do not build");
        target.join("wasm32-wasip2/release/examples")
    })
}

/// Every guest that lies in a folder, as folder and name.
pub fn listed() -> Vec<(String, String)> {
    let rust = BUILT.map(|kind| (kind, folder().join(kind).join("examples"), "rs"));
    let by_hand = ["raw", "whole"].map(|kind| (kind, folder().join(kind), "wat"));
    let mut all = Vec::new();
    for (kind, folder, extension) in rust.into_iter().chain(by_hand) {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|its| its == extension) {
                all.push((kind.to_owned(), file.file_stem().unwrap().to_str().unwrap().to_owned()));
            }
        }
    }
    all
}

/// Writes a guest to `file`.
pub fn write(kind: &str, name: &str, file: &Path) {
    let bytes = match kind {
        "raw" => {
            raw(&std::fs::read_to_string(folder().join("raw").join(name).with_extension("wat")).unwrap())
        }
        "whole" => wat::parse_file(folder().join("whole").join(name).with_extension("wat")).unwrap(),
        "made" => made(name),
        _ => std::fs::read(built().join(name).with_extension("wasm")).unwrap(),
    };
    std::fs::write(file, bytes).unwrap();
    if name == "too_large_a_file" {
        std::fs::File::options().write(true).open(file).unwrap().set_len((256 << 20) + 1).unwrap();
    }
}

/// A chooser out of the fields that one writes by hand; what it lacks comes from `common.txt`.
fn raw(fields: &str) -> Vec<u8> {
    let common = std::fs::read_to_string(folder().join("raw/common.txt")).unwrap();
    let mut module = String::from("(module\n");
    for part in common.split("\n;;").skip(1).filter(|part| !part.starts_with(' ')) {
        let (name, text) = part.split_once('\n').unwrap();
        let own = [format!("(export \"{name}\")"), format!("(func ${name} ")];
        if !own.iter().any(|own| fields.contains(own)) {
            module += text;
            module.push('\n');
        }
    }
    module += fields;
    module.push(')');
    let mut module = wat::parse_str(&module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/published/1.0.0");
    let (package, _) = resolve.push_dir(&wit).unwrap();
    let world = resolve.select_world(&[package], Some("chooser")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(false).encode().unwrap()
}

/// What a well-behaved chooser is made into.
fn made(name: &str) -> Vec<u8> {
    let well = || raw("");
    let fields = |text: String| raw(&text);
    match name {
        "empty_file" | "too_large_a_file" => Vec::new(),
        "no_webassembly" => b"#!/bin/sh\nrm -rf /\n".to_vec(),
        "core_module" => wat::parse_str("(module)").unwrap(),
        "cut_in_half" => well()[..well().len() / 2].to_vec(),
        "garbled" => {
            let mut bytes = well();
            let middle = bytes.len() / 2;
            bytes[middle..].iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
            bytes
        }
        "appended_to" => [well(), vec![0xff; 64]].concat(),
        "crowd_of_locals" => fields(format!("(func (local {}))", "i32 ".repeat(60_000))),
        "crowd_of_functions" => {
            fields("(func (result i32) (i32.add (i32.const 1) (i32.const 2)))\n".repeat(30_000))
        }
        "crowd_of_segments" => {
            hollow(&format!("(core module (memory 1) {})", "(data \"x\")".repeat(100_001)))
        }
        "huge_function" => {
            hollow(&format!("(core module (func {}))", "(drop (i32.const 1000000))".repeat(1_600_000)))
        }
        "crowd_of_instances" => hollow(&format!(
            "(core module $m (memory 1)) {}",
            "(core instance (instantiate $m))".repeat(1001)
        )),
        "nest" => nest(50_000),
        other => panic!("nobody makes a guest named {other}"),
    }
}

/// A component with the exports of a chooser, nothing behind them, and something else in it.
fn hollow(inside: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component {inside} (instance $i)
             (export "jackfield:plugin/about@1.0.0" (instance $i))
             (export "jackfield:plugin/choosing@1.0.0" (instance $i)))"#
    ))
    .unwrap()
}

/// A component in a component, so many deep.
fn nest(depth: usize) -> Vec<u8> {
    let outer = hollow("");
    let (header, rest) = outer.split_at(8);
    // From the inside out: each begins with how long everything in it is.
    let (mut beginnings, mut inside) = (Vec::new(), header.len());
    for _ in 0..depth {
        let mut beginning = header.to_vec();
        // The section of a component: its number and its length.
        beginning.push(4);
        beginning.extend(length(inside));
        inside += beginning.len();
        beginnings.push(beginning);
    }
    beginnings.reverse();
    [&beginnings.concat(), header, rest].concat()
}

/// As WebAssembly writes numbers.
fn length(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}
