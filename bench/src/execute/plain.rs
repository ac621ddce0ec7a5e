//! The same small change with git alone, as somebody at a shell would make it.

use anyhow::{Result, ensure};
use std::path::Path;
use std::time::Instant;
use tokio::process::Command;

/// Seconds of a worktree with a branch, the command, the commit, and the removal of the worktree.
pub(crate) async fn change(repository: &Path, folder: &Path, instruction: &str, number: u32) -> Result<f64> {
    let worktree = folder.join(format!("plain-{number}"));
    let branch = format!("plain/{number}");
    let git = |at: &Path| {
        let mut git = Command::new("git");
        git.arg("-C").arg(at);
        git
    };
    let begun = Instant::now();
    run(git(repository).args(["worktree", "add", "--quiet", "-b", &branch]).arg(&worktree)).await?;
    run(Command::new("sh").args(["-c", instruction]).current_dir(&worktree)).await?;
    run(git(&worktree).args(["add", "-A"])).await?;
    run(git(&worktree).args(["commit", "--quiet", "-m", "A small change"])).await?;
    run(git(repository).args(["worktree", "remove"]).arg(&worktree)).await?;
    Ok(begun.elapsed().as_secs_f64())
}

async fn run(command: &mut Command) -> Result<()> {
    let ended = command.status().await?;
    ensure!(ended.success(), "{:?} ended with {ended}", command.as_std());
    Ok(())
}
