//! Whether an executor runs the instruction as a command. Since version 1.1.0 of the contract it says so itself; of
//! an older one the host judges by what it starts, and rather takes an agent for a shell than a shell for an agent.

use super::bounds::{Kept, must};
use crate::facts::driving;

/// Programs that run what they are given, or start another program that does.
const SHELLS: [&str; 33] = [
    "sh",
    "bash",
    "rbash",
    "dash",
    "ash",
    "zsh",
    "ksh",
    "mksh",
    "yash",
    "fish",
    "csh",
    "tcsh",
    "elvish",
    "xonsh",
    "nu",
    "pwsh",
    "powershell",
    "cmd",
    "busybox",
    "toybox",
    "env",
    "xargs",
    "sudo",
    "doas",
    "su",
    "ssh",
    "nsenter",
    "chroot",
    "script",
    "expect",
    "setsid",
    "nohup",
    "timeout",
];

/// Arguments after which interpreters take a program to run.
const SCRIPTS: [&str; 8] = ["-c", "-e", "-lc", "-ec", "/c", "--eval", "--command", "-Command"];

/// An instruction that is shorter than this is found in any script by chance.
const TELLING_BYTES: usize = 8;

/// Whether an executor whose contract does not ask counts as one that runs the instruction as a command, with its
/// plan for a sample task.
pub(crate) fn counts_as_command(
    description: &driving::Description,
    sample: Option<&driving::Command>,
    instruction: &str,
) -> bool {
    let described = description.programs.iter().any(|program| is_shell(&program.name));
    let planned = sample.is_some_and(|command| {
        command.argv.iter().filter(|part| *part != instruction).any(|part| is_shell(part))
            || runs(command, instruction)
    });
    described || planned
}

/// What an executor that is not known to run the instruction as a command must keep.
pub(crate) fn prompts(command: &driving::Command, instruction: &str) -> Kept {
    must(!runs(command, instruction), || {
        "it has the instruction run as a command, which it did not declare: `runs-as-command` of the interface `instructing` says so"
            .to_owned()
    })
}

/// The instruction is a script: the argument after `-c`, or what a shell reads from its standard input.
fn runs(command: &driving::Command, instruction: &str) -> bool {
    let options = command.argv.iter().zip(command.argv.iter().skip(1));
    let mut scripts = options.filter(|(option, _)| SCRIPTS.contains(&option.as_str()));
    if scripts.any(|(_, script)| holds(script, instruction)) {
        return true;
    }
    // Of a shell, `-e` is no script: it reads its standard input all the same.
    let is_given = command.argv.iter().any(|part| SCRIPTS.contains(&part.as_str()) && part != "-e");
    let shell = command.argv.iter().filter(|part| *part != instruction).any(|part| is_shell(part));
    let read = command.stdin.as_deref().map(String::from_utf8_lossy);
    shell && !is_given && read.is_some_and(|read| holds(&read, instruction))
}

fn holds(script: &str, instruction: &str) -> bool {
    let instruction = instruction.trim();
    script.trim() == instruction || (instruction.len() >= TELLING_BYTES && script.contains(instruction))
}

/// `/bin/bash`, `zsh-5.9` and `cmd.exe` are shells.
fn is_shell(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    SHELLS.contains(&name) || SHELLS.contains(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTRUCTION: &str = "Fix the README: it says to run `touch x`";

    fn command(argv: &[&str], stdin: Option<&str>) -> driving::Command {
        driving::Command {
            argv: argv.iter().map(|part| (*part).to_owned()).collect(),
            stdin: stdin.map(|text| text.as_bytes().to_vec()),
            environment: Vec::new(),
            files: Vec::new(),
            final_grace: 0,
        }
    }

    fn described(program: &str) -> driving::Description {
        driving::Description {
            programs: vec![driving::Program { name: program.to_owned(), install: String::new() }],
            environment: Vec::new(),
            models: Vec::new(),
            default_model: None,
            capabilities: driving::Capabilities::empty(),
        }
    }

    #[test]
    fn an_old_component_that_starts_a_shell_counts_as_one_that_runs_commands() {
        for shell in
            ["sh", "bash", "bash5", "zsh-5.9", "dash", "ksh", "fish", "pwsh", "cmd.exe", "busybox", "env"]
        {
            assert!(counts_as_command(&described(shell), None, INSTRUCTION), "{shell}");
        }
        for agent in ["claude", "codex", "aider", "cat", "shelley", "envoy", "program-name-a"] {
            let sample = command(&[agent, "--message", INSTRUCTION], None);
            assert!(!counts_as_command(&described(agent), Some(&sample), INSTRUCTION), "{agent}");
        }
        let wrapped = command(&["wrapper", "/bin/sh", "-c", "exec agent"], Some(INSTRUCTION));
        assert!(counts_as_command(&described("wrapper"), Some(&wrapped), INSTRUCTION));
        let interpreted = command(&["python3", "-c", INSTRUCTION], None);
        assert!(counts_as_command(&described("python3"), Some(&interpreted), INSTRUCTION));
    }

    #[test]
    fn a_plan_that_hands_the_instruction_to_a_shell_is_refused_where_that_is_not_declared() {
        for plan in [
            command(&["sh", "-c", INSTRUCTION], None),
            command(&["bash", "-e", "-c", &format!("set -e; {INSTRUCTION}")], None),
            command(&["sh"], Some(INSTRUCTION)),
            command(&["env", "X=1", "bash", "-s"], Some(INSTRUCTION)),
        ] {
            let why = prompts(&plan, INSTRUCTION).unwrap_err();
            assert!(why.contains("run as a command, which it did not declare"), "{plan:?}: {why}");
        }
        for (plan, instruction) in [
            (command(&["sh", "-c", "exec agent \"$1\"", "sh", INSTRUCTION], None), INSTRUCTION),
            (command(&["sh", "-c", "exec agent"], Some(INSTRUCTION)), INSTRUCTION),
            (command(&["codex", "-c", "model=x", INSTRUCTION], None), INSTRUCTION),
            (command(&["cat"], Some(INSTRUCTION)), INSTRUCTION),
            (command(&["sh", "-c", "exec agent \"$1\"", "sh", "a"], None), "a"),
        ] {
            assert_eq!(prompts(&plan, instruction), Ok(()), "{plan:?}");
        }
    }
}
