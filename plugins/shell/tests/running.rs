//! The adapter against the real shell: what is planned is written and run as planned, and what
//! comes out is read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test may fail where it likes, and has to run what was planned"
)]

use shell_adapter::bindings::jackfield::plugin::types::FailureClass::{self, *};
use shell_adapter::driving::{
    Access, Ending, Event, Exit, Folders, Guest, GuestReading, Outcome, Place, Request, Role, Verdict,
};
use shell_adapter::{Reading, Shell};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

fn request(folder: &Path, instruction: &str) -> Request {
    let place = |name: &str| {
        let path = folder.join(name);
        fs::create_dir_all(&path).unwrap();
        path.to_str().unwrap().to_string()
    };
    Request {
        attempt: "01JZ0000000000000000000000".into(),
        instruction: instruction.into(),
        model: None,
        effort: None,
        role: Role::Test,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 180_000,
        folders: Folders { worktree: place("worktree"), scratch: place("scratch"), state: place("state") },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    }
}

fn run_with(instruction: &str, settings: &[(&str, &str)]) -> (Vec<Event>, Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(folder.path(), instruction);
    request.settings = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let planned = Shell::plan(request.clone()).unwrap();
    for file in &planned.files {
        assert_eq!(file.place, Place::Scratch);
        fs::write(Path::new(&request.folders.scratch).join(&file.path), &file.content).unwrap();
    }
    assert!(planned.stdin.is_none());
    let (program, arguments) = planned.argv.split_first().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(&request.folders.worktree)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let reading = Reading::new(request);
    let events = output.stdout.chunks(7).flat_map(|chunk| reading.feed(chunk.to_vec())).collect();
    let exit = Exit {
        code: output.status.code(),
        signal: output.status.signal().map(i32::unsigned_abs),
        ending: Ending::Itself,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    (events, reading.finish(exit))
}

fn run(instruction: &str) -> (Vec<Event>, Outcome) {
    run_with(instruction, &[])
}

fn class(outcome: &Outcome) -> Option<FailureClass> {
    match &outcome.verdict {
        Verdict::Completed => None,
        Verdict::Failed(failure) => Some(failure.class),
    }
}

#[test]
fn a_command_that_succeeds_answers_with_its_output_and_costs_nothing() {
    let (events, outcome) = run("echo one; echo two >&2; printf 'three 日本'");
    assert_eq!(class(&outcome), None);
    assert_eq!(outcome.text, "one\ntwo\nthree 日本");
    assert_eq!((outcome.usage.cost, outcome.usage.estimated), (Some(0), false));
    let texts: Vec<_> = events.iter().map(|event| matches!(event, Event::Text(_))).collect();
    assert_eq!(texts, [true, true], "a line without its end is told of in the answer only");
}

#[test]
fn the_exit_code_decides_whatever_was_printed() {
    let (_, outcome) = run("echo all tests passed; exit 3");
    let Verdict::Failed(failure) = &outcome.verdict else { panic!() };
    assert_eq!(failure.class, TestFail);
    assert_eq!(failure.message, "The command ended with 3: all tests passed");
    assert_eq!(class(&run("echo error: failed").1), None);
}

#[test]
fn the_first_command_that_fails_ends_it_unless_that_is_switched_off() {
    assert_eq!(run("false\necho still here").1.text, "");
    assert_eq!(class(&run("false\necho still here").1), Some(TestFail));
    let (_, outcome) = run_with("false\necho still here", &[("strict", "false")]);
    assert_eq!((class(&outcome), outcome.text.as_str()), (None, "still here"));
}

#[test]
fn a_command_that_reads_its_input_does_not_swallow_the_commands_after_it() {
    let (_, outcome) = run("cat\necho after");
    assert_eq!((class(&outcome), outcome.text.as_str()), (None, "after"));
}

#[test]
fn what_is_no_command_is_told_of_as_such() {
    let (_, outcome) = run("Please say hello.");
    let Verdict::Failed(failure) = &outcome.verdict else { panic!() };
    assert_eq!(failure.class, NoProgram);
    assert!(failure.message.contains("Please: ") && !failure.message.contains("scratch"), "{failure:?}");
    assert!(failure.remedy.as_ref().unwrap().contains("runs the instruction as a command"));

    assert_eq!(class(&run("if then (").1), Some(SyntaxError));
    let (_, outcome) = run("touch tool\n./tool");
    assert_eq!(class(&outcome), Some(Denied), "{outcome:?}");
}

#[test]
fn a_command_that_a_signal_ended_is_no_failed_test() {
    assert_eq!(class(&run("sh -c 'kill -TERM $$'").1), Some(Killed));
    let (_, outcome) = run("kill -KILL $$");
    let Verdict::Failed(failure) = &outcome.verdict else { panic!() };
    assert_eq!(
        (failure.class, failure.message.as_str()),
        (Killed, "The command was ended from outside by SIGKILL.")
    );
}

#[test]
fn with_bash_a_pipe_fails_if_any_part_of_it_does() {
    let pipe = "false | cat";
    assert_eq!(class(&run(pipe).1), None);
    assert_eq!(class(&run_with(pipe, &[("shell", "bash")]).1), Some(TestFail));
    assert_eq!(run_with("echo ${BASH_VERSION:+bash}", &[("shell", "bash")]).1.text, "bash");
}

#[test]
fn it_works_in_the_worktree_and_leaves_nothing_of_its_own_there() {
    let (_, outcome) = run("ls -A; echo made > file; ls -A");
    assert_eq!(outcome.text, "file");
}

#[test]
fn a_long_output_is_told_of_up_to_a_bound_and_answered_with_its_end() {
    let (events, outcome) = run("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done");
    let lines = events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    assert_eq!(lines, 2000);
    assert!(matches!(&events[2000], Event::Warning(_)) && events.len() == 2001);
    assert!(outcome.text.starts_with("(2960 lines before are in the log)\nline 2961\n"), "{}", outcome.text);
    assert!(outcome.text.ends_with("\nline 3000"));
}

#[test]
fn a_line_of_ten_megabytes_and_bytes_that_are_no_text_are_read() {
    let (events, outcome) = run("head -c 10485760 /dev/zero | tr '\\0' x; echo; printf '\\377\\376 end\\n'");
    let [Event::Text(long), Event::Text(broken)] = &events[..] else { panic!("{} events", events.len()) };
    assert!(long.len() <= 4096 + 3 && broken.ends_with(" end"));
    assert!(outcome.text.len() < 5000);
}

#[test]
fn who_ends_the_command_is_who_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (ending, expected) in [
        (Ending::WallClock, Timeout),
        (Ending::Idle, Timeout),
        (Ending::Cancelled, Cancelled),
        (Ending::OverBudget, Budget),
        (Ending::Lost, Lost),
    ] {
        let reading = Reading::new(request(folder.path(), "sleep 60"));
        reading.feed(b"so far\n".to_vec());
        let outcome = reading.finish(Exit { code: None, signal: Some(15), ending, stderr: String::new() });
        assert_eq!((class(&outcome), outcome.text.as_str()), (Some(expected), "so far"), "{ending:?}");
    }
}

#[test]
fn the_plan_holds_the_command_in_a_file_and_refuses_what_cannot_work() {
    let folder = tempfile::tempdir().unwrap();
    let planned = Shell::plan(request(folder.path(), "make test")).unwrap();
    let file = folder.path().join("scratch/command.sh");
    assert_eq!(planned.argv, ["sh", "-e", "-c", "exec 2>&1; . \"$0\"", file.to_str().unwrap()]);
    assert_eq!(planned.files[0].content, b"make test\n");

    let refused = |change: fn(&mut Request)| {
        let mut request = request(folder.path(), "true");
        change(&mut request);
        let failure = Shell::plan(request).unwrap_err();
        assert!(failure.class == SyntaxError && failure.remedy.is_some(), "{failure:?}");
    };
    refused(|request| request.instruction = " ".into());
    refused(|request| request.session = Some("s".into()));
    refused(|request| request.settings = vec![("shell".into(), "fish".into())]);
    refused(|request| request.settings = vec![("colour".into(), "red".into())]);
}

#[test]
fn health_comes_from_a_real_probe() {
    let probe = Shell::probes().remove(0);
    let output = Command::new(&probe.argv[0]).args(&probe.argv[1..]).output().unwrap();
    let result = shell_adapter::driving::ProbeResult {
        name: probe.name,
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::new(),
    };
    assert!(Shell::read_probes(vec![result], Vec::new()).installed);
    assert!(Shell::read_probes(Vec::new(), Vec::new()).remedy.is_some());
}
