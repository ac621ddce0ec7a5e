//! Components whose bytes are made to exhaust a compiler: one megabyte that needs gigabytes to compile. They
//! are compiled in a process with limits of its own and rejected by name, and the server is not affected.

use crate::actors::shell;
use crate::components::{drop_in, file_in_state};
use jackfield_behaviour::{Ground, until};
use std::fs;
use std::time::Instant;

/// Blocks of one function. A compiler that turns locals into values keeps for each local what it is in each block.
const BLOCKS: usize = 100_000;
/// Locals of it, all that a function may have.
const LOCALS: usize = 49_000;

/// A component of which nothing would ever run. The call at its end keeps the quick compiler, which has no tables of
/// that kind, from taking it.
fn bomb() -> Vec<u8> {
    let locals = "i32 ".repeat(LOCALS);
    let blocks = "(loop (br_if 0 (local.get 0)))".repeat(BLOCKS);
    let sets: String = (0..LOCALS).map(|local| format!("(local.set {local} (i32.const 1))")).collect();
    wat::parse_str(format!(
        r#"(component
             (core module (func (local {locals}) {blocks} {sets} (return_call 0)))
             (instance $i)
             (export "jackfield:plugin/about@1.0.0" (instance $i))
             (export "jackfield:plugin/choosing@1.0.0" (instance $i)))"#
    ))
    .unwrap()
}

/// Whether a compiler's process writes into this ground; it lives in no folder and has no environment.
fn compiles_in(ground: &Ground) -> bool {
    let folder = ground.path().to_str().unwrap();
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    processes
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .any(|line| line.contains("compile-component") && line.contains(folder))
}

#[tokio::test]
async fn component_that_exhausts_the_compiler_is_rejected_while_the_server_answers() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let bomb = bomb();
    assert!(bomb.len() < 1 << 20, "a small file: {}", bomb.len());
    drop_in(&ground, "bomb.wasm", &bomb);
    until("a process that compiles it", || compiles_in(&ground).then_some(())).await;
    let begun = Instant::now();
    let answer = server.rest().execute(&shell(&repository, "echo hi > hi.txt")).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    eprintln!("a run beside the compiler took {:?}", begun.elapsed());

    let rejected = file_in_state(&server, "bomb.wasm", "rejected").await;
    let reason = rejected["reason"].as_str().unwrap();
    assert!(reason.contains("compiling it needed more than 3072 MiB of memory"), "{reason}");
    let note = fs::read_to_string(ground.plugins().join("bomb.wasm.rejected.txt")).unwrap();
    assert!(note.contains("needed more than 3072 MiB"), "{note}");
    let resident = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let peak = resident.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 512 << 10, "the server itself had {peak} KiB at most");
    let answer = server.rest().execute(&shell(&repository, "echo ho > ho.txt")).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    server.stop().await;
    ground.leave();
}
