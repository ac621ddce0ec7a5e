//! The manual: examples for every command, completions for shells, and pages for `man`, all from the one
//! description of the command line. A test holds every example against the parser.

use super::args::Cli;
use super::{Outcome, say_line};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use jackfield_types::Problem;
use std::io::Write;
use std::path::Path;

/// What a command is called, without the program's name, and how it is used: the line, and what it does.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

const EXAMPLES: &[Examples] = &[
    (
        "demo",
        &[
            ("jackfield demo", "see it work, with no account"),
            ("jackfield demo --keep", "and look at what it left"),
        ],
    ),
    (
        "run",
        &[
            (
                "jackfield run \"fix the failing test\"",
                "in the repository here; the chooser picks who does it",
            ),
            (
                "jackfield run -e claude -m claude-sonnet-4-5 \"add a --json flag\"",
                "a certain program and model",
            ),
            (
                "jackfield run --check \"cargo test\" --max-cost 2 \"make parse() total\"",
                "must pass the tests, for two dollars at most",
            ),
            (
                "jackfield run --expect answer --read-only \"how is the cache keyed?\"",
                "words are enough, and nothing is changed",
            ),
            (
                "git diff | jackfield run -w owner/name -",
                "the instruction from standard input, in a configured workspace",
            ),
        ],
    ),
    (
        "consensus",
        &[
            ("jackfield consensus \"speed up the tokenizer\"", "the two best, compared"),
            (
                "jackfield consensus --among claude,codex,gemini --check \"make bench\" \"speed up the tokenizer\"",
                "these three",
            ),
        ],
    ),
    (
        "serve",
        &[
            ("jackfield serve", "MCP and REST on 127.0.0.1:7700"),
            (
                "jackfield serve --listen 127.0.0.1:0 --locked",
                "any free port; no component but those in plugins.lock",
            ),
            (
                "jackfield serve --drain 300",
                "told to stop, wait five minutes for what is at work, then hand it over",
            ),
        ],
    ),
    (
        "worker",
        &[
            (
                "jackfield worker --host https://build.example.com --token TOKEN",
                "carry out what that host hands out",
            ),
            (
                "jackfield worker --host http://10.0.0.5:7700 --token TOKEN --slots 4 --name gpu-1",
                "four attempts at once",
            ),
        ],
    ),
    (
        "dispatch",
        &[(
            "jackfield dispatch --priority 10 \"update the changelog\"",
            "hand it in, and get its id at once",
        )],
    ),
    (
        "result",
        &[
            ("jackfield result 01HX --wait 600", "wait up to ten minutes; the beginning of an id is enough"),
            ("jackfield result 01HX -v full --json", "everything, for a program"),
        ],
    ),
    (
        "runs",
        &[
            ("jackfield runs --state failed --limit 5", "the last five that failed"),
            ("jackfield runs 01HX", "one of them, with its attempts"),
        ],
    ),
    (
        "logs",
        &[
            ("jackfield logs -f", "the last run, as it goes on"),
            ("jackfield logs 01HX --diff | git apply", "take over what it changed"),
        ],
    ),
    (
        "explain",
        &[
            ("jackfield explain", "why the last run went as it did"),
            ("jackfield explain 01HX --json", "the same of another one, for a program"),
        ],
    ),
    (
        "cancel",
        &[("jackfield cancel 01HX --reason \"the wrong branch\"", "end it and everything it started")],
    ),
    (
        "retry",
        &[("jackfield retry 01HX --reason \"the network is back\"", "repeat it, as another run of its task")],
    ),
    ("workers", &[("jackfield workers", "who works, and how long the line is")]),
    (
        "doctor",
        &[
            ("jackfield doctor", "what is wrong, and how to mend it"),
            ("jackfield doctor --json", "ends with 1 where work cannot be done"),
        ],
    ),
    ("breaker", &[("jackfield breaker", "what is spent, what is left")]),
    ("breaker history", &[("jackfield breaker history", "who changed it, and why")]),
    (
        "breaker reset",
        &[(
            "jackfield breaker reset --reason \"paid by the client\"",
            "every limit that is reached begins anew",
        )],
    ),
    ("breaker raise", &[("jackfield breaker raise 5 --reason \"release day\"", "five dollars more, today")]),
    (
        "breaker correct",
        &[(
            "jackfield breaker correct 01HX 0.42 --reason \"its agent reported 42 dollars\"",
            "what the run really cost",
        )],
    ),
    ("plugin list", &[("jackfield plugin list", "what serves, what was rejected and why")]),
    ("plugin check", &[("jackfield plugin check policy.wasm", "would it be taken? changes nothing")]),
    (
        "plugin inspect",
        &[
            ("jackfield plugin inspect claude", "one in service"),
            ("jackfield plugin inspect policy.wasm", "a file"),
        ],
    ),
    ("plugin new", &[("jackfield plugin new careful --kind chooser --lang rust", "a folder that builds")]),
    ("plugin build", &[("jackfield plugin build careful", "with the toolchain of its language")]),
    (
        "plugin call",
        &[
            ("jackfield plugin call policy.wasm choose --facts facts.json", "ask it one thing"),
            (
                "echo '{\"task\": {\"complexity\": 8}}' | jackfield plugin call chooser choose --facts -",
                "the one in service, about this",
            ),
        ],
    ),
    ("plugin test", &[("jackfield plugin test policy.wasm cases.toml", "every case must pass")]),
    (
        "plugin bench",
        &[(
            "jackfield plugin bench policy.wasm choose --facts facts.json --calls 10000",
            "what a call costs",
        )],
    ),
    (
        "plugin grant",
        &[(
            "jackfield plugin grant executor agy --program agy --env AGY_API_KEY",
            "a running server heeds it at once",
        )],
    ),
    ("plugin revoke", &[("jackfield plugin revoke executor agy", "it is held from now on")]),
    ("plugin pin", &[("jackfield plugin pin chooser careful 4f1c", "this version, whatever is dropped")]),
    ("plugin rollback", &[("jackfield plugin rollback chooser careful", "the version before, pinned")]),
    ("plugin unpin", &[("jackfield plugin unpin chooser careful", "what was dropped last serves again")]),
    ("plugin keygen", &[("jackfield plugin keygen mine.key", "prints the public key for [plugins] keys")]),
    ("plugin sign", &[("jackfield plugin sign careful.wasm --key mine.key", "writes careful.wasm.sig")]),
    (
        "plugin pull",
        &[(
            "jackfield plugin pull ghcr.io/acme/careful@sha256:0b1c",
            "by digest; a tag is refused, and its digest told",
        )],
    ),
    (
        "plugin push",
        &[(
            "jackfield plugin push careful.wasm ghcr.io/acme/careful:1.2.0",
            "with its signature, where there is one",
        )],
    ),
    (
        "plugin replay",
        &[("jackfield plugin replay policy.wasm --since 30d", "what it would have decided where others did")],
    ),
    (
        "plugin shadow",
        &[("jackfield plugin shadow --since 7d", "how those on the side compare with what serves")],
    ),
    (
        "plugin promote",
        &[("jackfield plugin promote careful", "the one in the folder `shadow` serves from now on")],
    ),
    (
        "todo list",
        &[
            ("jackfield todo list", "what waits for a person"),
            ("jackfield todo list --all --kind todo", "every to-do there ever was"),
        ],
    ),
    ("todo add", &[("jackfield todo add \"renew the certificate\" --due 2026-12-01", "a to-do")]),
    ("todo show", &[("jackfield todo show 01HX", "with its evidence")]),
    ("todo edit", &[("jackfield todo edit 01HX --priority 5", "change a to-do")]),
    ("todo done", &[("jackfield todo done 01HX --note \"valid until 2028\"", "it is done")]),
    (
        "todo answer",
        &[
            (
                "jackfield todo answer 01HX --retry \"the rounding is wrong\"",
                "try again, and tell the agent this",
            ),
            ("jackfield todo answer 01HX --accept", "the work is good as it is"),
        ],
    ),
    ("todo rm", &[("jackfield todo rm 01HX", "for good")]),
    (
        "task init",
        &[(
            "jackfield task init \"port the parser\" --accept \"all tests pass\"",
            "a task for work done elsewhere",
        )],
    ),
    (
        "task spec",
        &[("jackfield task spec 01HX --notes \"keep the public API\"", "what it is to be, a version more")],
    ),
    (
        "task write",
        &[(
            "jackfield task write 01HX -e claude --outcome succeeded --took 95 --cost 0.31",
            "an attempt that was made, charged",
        )],
    ),
    ("task close", &[("jackfield task close 01HX --reason \"merged\"", "how it ended")]),
    ("task show", &[("jackfield task show 01HX", "a task with its runs, attempts and specification")]),
    ("task list", &[("jackfield task list --state failed", "the tasks that failed")]),
    ("backup", &[("jackfield backup /srv/backup/jackfield.db", "while work goes on; the copy is checked")]),
    ("prune", &[("jackfield prune --dry-run", "list what would be deleted, and what is kept and why")]),
    (
        "config",
        &[
            ("jackfield config > jackfield.toml", "the commented default"),
            ("jackfield config --effective", "what is in force, all layers applied"),
        ],
    ),
    ("config check", &[("jackfield config check", "every mistake at once, with its place")]),
    (
        "token create",
        &[
            ("jackfield token create ci --scope execute --expires 90d", "hands work in, sees its own"),
            ("jackfield token create wall --scope read --sees all", "looks at everything"),
            ("jackfield token create shed --scope work", "for `jackfield worker` on another machine"),
        ],
    ),
    (
        "audit",
        &[
            ("jackfield audit --since 1d", "what was asked since yesterday, and by whom"),
            ("jackfield audit --who ci --json", "everything that came with one token"),
        ],
    ),
    ("webhooks", &[("jackfield webhooks", "who is told of what, and how the last messages went")]),
    ("webhooks test", &[("jackfield webhooks test chat", "one message now, to see that it comes")]),
    ("webhooks retry", &[("jackfield webhooks retry chat", "what was given up is sent again")]),
    ("token list", &[("jackfield token list", "those that let somebody in")]),
    ("token revoke", &[("jackfield token revoke ci", "streams that are open with it end within seconds")]),
    (
        "service",
        &[
            ("jackfield service --install", "of this user, with this user's logins"),
            (
                "jackfield service --system > /etc/systemd/system/jackfield.service",
                "of the machine, hardened",
            ),
        ],
    ),
    (
        "completions",
        &[
            ("jackfield completions bash > ~/.local/share/bash-completion/completions/jackfield", "for bash"),
            ("jackfield completions zsh > ~/.zfunc/_jackfield", "for zsh, with ~/.zfunc in fpath"),
            ("jackfield completions fish > ~/.config/fish/completions/jackfield.fish", "for fish"),
        ],
    ),
    (
        "man",
        &[("jackfield man ~/.local/share/man/man1", "a page for every command; then: man jackfield-run")],
    ),
];

/// The command line with its examples.
pub(super) fn command() -> Command {
    with_examples(Cli::command(), "")
}

fn with_examples(command: Command, path: &str) -> Command {
    let own = EXAMPLES.iter().find(|(name, _)| *name == path && !path.is_empty());
    let command = match own {
        Some((_, examples)) => {
            let more = command.get_after_help().map(|more| format!("\n\n{more}")).unwrap_or_default();
            let lines = examples.iter().map(|(line, what)| format!("  {line}\n      {what}"));
            let text = format!("Examples:\n{}{more}", lines.collect::<Vec<_>>().join("\n"));
            command.after_help(text)
        }
        None => command,
    };
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name()).trim().to_owned();
        with_examples(inner, &path)
    })
}

/// Prints what makes a shell complete this program's command line.
pub(super) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "jackfield", &mut script);
    // A closed pipe is not an error.
    let _ = std::io::stdout().lock().write_all(&script);
    Outcome::Fine
}

/// Writes a page for every command into a folder.
pub(super) fn pages(folder: &Path) -> Result<Outcome, Problem> {
    let failed = |error: std::io::Error| {
        Problem::operator(
            "cannot_write",
            format!("the pages cannot be written into {}: {error}", folder.display()),
            "name a folder that you may write to",
        )
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut program = command().disable_help_subcommand(true);
    program.build();
    let count = write_pages(&program, folder).map_err(failed)?;
    say_line(&format!("{count} pages in {}; `man jackfield` where `manpath` has it", folder.display()));
    Ok(Outcome::Fine)
}

fn write_pages(command: &Command, folder: &Path) -> std::io::Result<usize> {
    let page = Man::new(command.clone()).manual("Jackfield").date("");
    page.generate_to(folder)?;
    let mut count = 1;
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        count += write_pages(inner, folder)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// Every command that does something, by its path.
    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in
            command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
        {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            let has_own = inner.get_subcommands().next().is_none() || !inner.is_subcommand_required_set();
            if has_own {
                found.push(path.clone());
            }
            leaves(inner, &path, found);
        }
    }

    #[test]
    fn every_command_has_examples_and_every_example_is_of_a_command() {
        let mut commands = Vec::new();
        leaves(&Cli::command(), "", &mut commands);
        let told: Vec<_> = EXAMPLES.iter().map(|(path, _)| (*path).to_owned()).collect();
        let without: Vec<_> = commands.iter().filter(|path| !told.contains(path)).collect();
        assert!(without.is_empty(), "no example in {}: {without:?}", file!());
        let strange: Vec<_> = told.iter().filter(|path| !commands.contains(path)).collect();
        assert!(strange.is_empty(), "examples of no command: {strange:?}");
    }

    /// Words as a shell makes them of what stands in these examples: quotes, one pipe, one redirection.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" | ").find(|part| part.starts_with("jackfield")).expect(line);
        let line = line.split(" > ").next().unwrap();
        let (mut words, mut quote) = (vec![String::new()], None);
        for c in line.chars() {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (' ', None) => words.push(String::new()),
                (c, _) => words.last_mut().unwrap().push(c),
            }
        }
        words
    }

    #[test]
    fn every_example_is_understood_and_is_of_the_command_that_it_stands_under() {
        for (path, examples) in EXAMPLES {
            for (line, _) in *examples {
                let words = words(line);
                assert!(line.contains(&format!("jackfield {path}")), "{line} stands under {path}");
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn help_shows_the_examples_and_what_was_said_after_it_already() {
        let mut command = command();
        let text = |command: &mut Command, path: &[&str]| {
            let mut command = command;
            for name in path {
                command = command.find_subcommand_mut(name).unwrap();
            }
            command.render_long_help().to_string()
        };
        assert!(text(&mut command, &["run"]).contains("jackfield run \"fix the failing test\""));
        let pull = text(&mut command, &["plugin", "pull"]);
        assert!(pull.contains("@sha256:0b1c") && pull.contains("docker login"), "{pull}");
    }

    #[test]
    fn there_is_a_page_for_every_command() {
        let folder = tempfile::tempdir().unwrap();
        pages(folder.path()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("jackfield-plugin-pull.1")).unwrap();
        assert!(page.contains("jackfield\\-plugin\\-pull") && page.contains("docker login"), "{page}");
        assert!(folder.path().join("jackfield.1").exists());
        assert!(!folder.path().join("jackfield-compile-component.1").exists());
    }
}
