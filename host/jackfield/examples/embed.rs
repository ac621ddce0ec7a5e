//! A host inside another program: `cargo run -p jackfield --example embed`.
//!
//! Opens a host over a folder of its own, has the shell executor do a task in a plain folder, tells each
//! step as it happens, and prints the answer. No server, no account, nothing left behind.

use jackfield::{ExecuteRequest, Host, Problem};
use jackfield_types::ErrorCode;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match tempfile::tempdir() {
        Ok(folder) => match story(folder.path()).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(problem) => eprintln!("{problem}"),
        },
        Err(error) => eprintln!("there is no temporary folder: {error}"),
    }
    ExitCode::FAILURE
}

async fn story(folder: &std::path::Path) -> Result<(), Problem> {
    let notes = folder.join("notes");
    std::fs::create_dir(&notes)
        .and_then(|()| std::fs::write(notes.join("today.txt"), "milk\nbread\n"))
        .map_err(|error| Problem::operator(ErrorCode::NoFolder, error.to_string(), "free some space"))?;

    let host = Host::builder(folder.join("data")).open().await?;
    let request = ExecuteRequest {
        executor: Some("shell".into()),
        workspace: Some(notes.display().to_string()),
        verbosity: Some("standard".into()),
        ..ExecuteRequest::new("echo eggs >> today.txt && wc -l < today.txt")
    };
    let answer = host.runs().execute_with(request, |step| println!("  {}", step.message)).await?;
    println!("\n{}\n\n{} in {} ms", answer.text, answer.state, answer.metrics.wall_ms);

    // What was written stays apart from the folder; the diff says what it was.
    println!("\n{}", String::from_utf8_lossy(&host.output().diff(answer.run_id).await?));
    host.shutdown().await;
    Ok(())
}
