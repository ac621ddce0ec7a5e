//! The stand-in as a program, to run an agent program or a whole host against it by hand.
//!
//! It prints its address, then every request as one line of JSON, until it is interrupted.

use clap::Parser;
use jackfield_standin::{Scenario, Standin};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// A stand-in for the Anthropic, OpenAI and Gemini model APIs.
///
/// Point a program at it: claude with ANTHROPIC_BASE_URL, gemini with GOOGLE_GEMINI_BASE_URL, codex with a
/// provider whose base_url ends in /v1. A prompt chooses what happens with `scenario=NAME`, for instance
/// hello, write, edit, shell:echo+hi, mcp, auth, ratelimit:1, overloaded, cut, slow:5, hang.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The loopback port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8788)]
    port: u16,
    /// What to play for prompts that do not say.
    #[arg(long, default_value = "hello")]
    scenario: Scenario,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let standin = Standin::start_on(arguments.port)?;
    standin.scenario(arguments.scenario);
    let mut out = io::stdout();
    writeln!(out, "{}", standin.base_url())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut shown = 0;
    loop {
        let request = runtime.block_on(standin.arrived(|request| request.number > shown));
        shown = request.number;
        writeln!(out, "{}", serde_json::to_string(&request)?)?;
        out.flush()?;
    }
}
