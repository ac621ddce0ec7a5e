//! The command line of one attempt. The instruction goes by standard input.

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::describe::{DEFAULT_MODEL, PROGRAM};
use crate::driving::{Access, Command, Failure, Request};
use crate::home::Home;
use crate::prompt;
use crate::settings::Settings;
use crate::verdict::failure;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;

/// Gemini cuts what comes by standard input at this length, without a word.
const MOST_BYTES: usize = 8 << 20;

/// Node takes a while to leave; the last event comes well before.
const FINAL_GRACE_MS: u64 = 10_000;

pub(crate) fn command(request: &Request) -> Result<Command, Failure> {
    let settings = Settings::read(request)?;
    let prompt = if request.prompt_syntax {
        request.instruction.as_str().into()
    } else {
        prompt::plain(&request.instruction)
    };
    check(request, prompt.len())?;
    let home = Home::choose(&settings, request)?;

    // In its default mode gemini has nothing on offer that writes or runs when nobody can be asked.
    let approval = match request.access {
        Access::Read => "default",
        Access::Edit if settings.commands => "yolo",
        Access::Edit => "auto_edit",
    };
    let model = request.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let mut argv = vec![PROGRAM, "--output-format", "stream-json", "-m", model, "--approval-mode", approval];
    if let Some(session) = &request.session {
        argv.extend(["--resume", session]);
    }
    Ok(Command {
        argv: argv.into_iter().map(ToString::to_string).collect(),
        stdin: Some(prompt.into_owned().into_bytes()),
        environment: home.environment(&settings, request),
        files: home.files(&settings),
        final_grace: FINAL_GRACE_MS,
    })
}

fn check(request: &Request, length: usize) -> Result<(), Failure> {
    if request.instruction.trim().is_empty() {
        return Err(failure(
            FailureClass::SyntaxError,
            "The instruction is empty.".to_string(),
            Some("Say what should be done."),
        ));
    }
    if length > MOST_BYTES {
        return Err(failure(
            FailureClass::ContextOverflow,
            format!("The instruction has {length} bytes; gemini takes {MOST_BYTES}."),
            Some("Put the material into files in the workspace and name them."),
        ));
    }
    // This ensures that neither can be read as a flag.
    let mut names = request.model.iter().chain(&request.session);
    match names.find(|name| name.is_empty() || name.starts_with('-')) {
        Some(name) => Err(failure(
            FailureClass::SyntaxError,
            format!("{name:?} is neither a model nor a session."),
            Some("Leave it out, or give its name."),
        )),
        None => Ok(()),
    }
}
