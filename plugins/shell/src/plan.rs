//! How the instruction is run.
//!
//! It is written to a file in the attempt's scratch folder and read from there, not from standard
//! input: what a command of it reads from standard input would otherwise be the commands that come
//! after it, which would then be skipped in silence. Standard error joins standard output, so that
//! what is read has the order in which it was written.

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::driving::{Command, Failure, File, Place, Request};
use crate::settings::Settings;
use crate::verdict::failure;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;

/// The file's name, which the shell's own complaints carry.
pub(crate) const FILE: &str = "command.sh";

/// `$0` is the file.
const RUN: &str = "exec 2>&1; . \"$0\"";

pub(crate) fn command(request: &Request) -> Result<Command, Failure> {
    let settings = Settings::read(request)?;
    if request.instruction.trim().is_empty() {
        return Err(failure(
            FailureClass::SyntaxError,
            "The instruction is empty.".to_string(),
            Some("Give a shell command."),
        ));
    }
    if request.session.is_some() {
        return Err(failure(
            FailureClass::SyntaxError,
            "A shell command has no session to go on with.".to_string(),
            Some("Start without a session."),
        ));
    }
    let mut argv = vec![if settings.bash { "bash" } else { "sh" }.to_string()];
    if settings.strict {
        argv.push("-e".to_string());
        if settings.bash {
            argv.extend(["-o", "pipefail"].map(ToString::to_string));
        }
    }
    argv.extend(["-c".to_string(), RUN.to_string(), format!("{}/{FILE}", request.folders.scratch)]);
    let mut content = request.instruction.clone().into_bytes();
    if content.last() != Some(&b'\n') {
        content.push(b'\n');
    }
    Ok(Command {
        argv,
        stdin: None,
        environment: vec![],
        files: vec![File { place: Place::Scratch, path: FILE.to_string(), content }],
        final_grace: 0,
    })
}
