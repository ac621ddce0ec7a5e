//! Reading what an agent writes, while it writes it.

use crate::support::Scene;
use jackfield_process::{Launcher, Tail};
use std::io::Write;
use tokio_util::sync::CancellationToken;

/// Bytes that tell their place: any that is lost, repeated or out of order shows.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64 / 8).flat_map(u64::to_le_bytes).collect()
}

#[tokio::test]
async fn a_hundred_megabytes_written_in_odd_pieces_arrive_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let whole = pattern(100 * 1024 * 1024);
    let ended = CancellationToken::new();
    let mut file = std::fs::File::create(&path).unwrap();
    let mut tail = Tail::open(&path, 0, ended.clone()).unwrap();
    let (expected, writer_ended) = (whole.clone(), ended.clone());
    let writer = std::thread::spawn(move || {
        let mut rest = whole.as_slice();
        for size in [1, 7, 4096, 65_536, 65_537, 1_000_003].into_iter().cycle() {
            let (piece, after) = rest.split_at(rest.len().min(size));
            file.write_all(piece).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        writer_ended.cancel();
    });
    let mut at = 0;
    while let Some(bytes) = tail.next().await.unwrap() {
        assert!(!bytes.is_empty() && bytes.len() <= 64 * 1024);
        assert!(expected[at..at + bytes.len()] == bytes[..], "the bytes from {at} on are others");
        at += bytes.len();
        assert_eq!(tail.offset(), at as u64);
    }
    assert_eq!(at, expected.len());
    writer.join().unwrap();
}

#[tokio::test]
async fn a_tail_that_is_given_up_and_opened_again_goes_on_where_it_was() {
    let scene = Scene::new(Launcher::tracked().await.unwrap());
    let mut running =
        scene.start_ready("echo ready; while [ ! -e go ]; do sleep 0.01; done; seq 1 20000").await;
    let path = running.identity().stdout.clone();
    let ended = CancellationToken::new();
    let mut tail = Tail::open(&path, 0, ended.clone()).unwrap();
    let mut read = tail.next().await.unwrap().unwrap();
    // Given up again and again while it waits: nothing comes, and nothing is lost.
    for _ in 0..50 {
        assert!(tokio::time::timeout(std::time::Duration::from_micros(200), tail.next()).await.is_err());
    }
    std::fs::write(scene.path("go"), "").unwrap();
    read.extend(tail.next().await.unwrap().unwrap());
    let mut tail = Tail::open(&path, tail.offset(), ended.clone()).unwrap();
    let waiting = async {
        running.wait().await.unwrap();
        ended.cancel();
    };
    let reading = async {
        while let Some(bytes) = tail.next().await.unwrap() {
            read.extend(bytes);
        }
    };
    tokio::join!(waiting, reading);
    let expected: String =
        std::iter::once("ready\n".to_owned()).chain((1..=20000).map(|n| format!("{n}\n"))).collect();
    assert!(read == expected.as_bytes(), "{} bytes read, {} written", read.len(), expected.len());
}

#[tokio::test]
async fn a_tail_of_a_file_that_nobody_writes_ends_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    std::fs::write(&path, "all").unwrap();
    let ended = CancellationToken::new();
    ended.cancel();
    let mut tail = Tail::open(&path, 1, ended).unwrap();
    assert_eq!(tail.next().await.unwrap().unwrap(), b"ll");
    assert_eq!(tail.next().await.unwrap(), None);
    assert!(Tail::open(folder.path().join("none"), 0, CancellationToken::new()).is_err());
}
