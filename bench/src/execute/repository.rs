//! A repository with as many files as wanted, the same every time: sources of some kilobytes, in folders of
//! twenty, and now and then a large file.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::process::Command;

/// Makes it at `path`, with everything in one commit that is checked out.
pub(crate) async fn make(path: &Path, files: u32) -> Result<()> {
    fs::create_dir_all(path)?;
    git(path, &["init", "--quiet", "--template=", "--initial-branch=main"]).await?;
    git(path, &["config", "user.name", "Bench"]).await?;
    git(path, &["config", "user.email", "bench@example.com"]).await?;
    import(path, files).await?;
    git(path, &["-c", "checkout.workers=2", "reset", "--quiet", "--hard", "main"]).await
}

async fn import(path: &Path, files: u32) -> Result<()> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(path)
        .args(["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = BufWriter::new(child.stdin.take().context("git takes no input")?);
    let head =
        "commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 9\nAll files\n";
    input.write_all(head.as_bytes()).await?;
    let mut numbers = Numbers(1);
    for number in 0..files {
        let text = content(number, &mut numbers);
        let entry = format!("M 100644 inline {}\ndata {}\n{text}\n", name(number), text.len());
        input.write_all(entry.as_bytes()).await?;
    }
    input.shutdown().await?;
    drop(input);
    let ended = child.wait().await?;
    ensure!(ended.success(), "git fast-import ended with {ended}");
    Ok(())
}

/// Twenty files in a folder, twenty folders in a part.
fn name(number: u32) -> String {
    format!("part-{}/folder-{}/file-{number}.rs", number / 400, number / 20)
}

/// Most files are between half a kilobyte and eight; one of fifty is up to 64.
fn content(number: u32, numbers: &mut Numbers) -> String {
    let most = if numbers.next().is_multiple_of(50) { 64_000 } else { 7_500 };
    let length = 500 + numbers.next() % most;
    let mut text = format!("//! File {number}.\n");
    while (text.len() as u64) < length {
        let (name, value) = (numbers.next() % 9_973, numbers.next());
        text.push_str(&format!("pub const VALUE_{name}: u64 = {value};\n"));
    }
    text
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

async fn git(path: &Path, arguments: &[&str]) -> Result<()> {
    let ended = Command::new("git").arg("-C").arg(path).args(arguments).status().await?;
    ensure!(ended.success(), "git {arguments:?} ended with {ended}");
    Ok(())
}
