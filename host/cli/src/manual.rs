//! Examples for every command, shell completions and man pages. A test parses every example.

use super::args::Cli;
use super::output::{Outcome, say_line};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use jackfield_types::{ErrorCode, Problem};
use std::io::Write;
use std::path::Path;

/// A command without the program's name, and its examples: the line, and its effect.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

const EXAMPLES: &[Examples] = &[
    (
        "demo",
        &[("jackfield demo", "run the demo"), ("jackfield demo --keep", "keep its folder for inspection")],
    ),
    (
        "run",
        &[
            (
                "jackfield run \"fix the failing test\"",
                "in this repository, with the executor that the chooser picks",
            ),
            (
                "jackfield run -e claude -m claude-sonnet-4-5 \"add a --json flag\"",
                "with this executor and model",
            ),
            (
                "jackfield run --check \"cargo test\" --max-cost 2 \"make parse() total\"",
                "the tests must pass, for at most two dollars",
            ),
            (
                "jackfield run --expect answer --read-only \"how is the cache keyed?\"",
                "a question, read-only",
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
            ("jackfield consensus \"speed up the tokenizer\"", "compare the two best executors"),
            (
                "jackfield consensus --among claude,codex,gemini --check \"make bench\" \"speed up the tokenizer\"",
                "compare these three",
            ),
        ],
    ),
    (
        "serve",
        &[
            ("jackfield serve", "MCP and REST on 127.0.0.1:7700"),
            (
                "jackfield serve --listen 127.0.0.1:0 --locked",
                "any free port, and only the components in plugins.lock",
            ),
            (
                "jackfield serve --drain 300",
                "on shutdown, wait five minutes for running attempts, then hand them over",
            ),
        ],
    ),
    (
        "worker",
        &[
            ("jackfield worker --host https://build.example.com --token TOKEN", "execute runs for that host"),
            (
                "jackfield worker --host http://10.0.0.5:7700 --token TOKEN --slots 4 --name gpu-1",
                "four attempts at once",
            ),
        ],
    ),
    (
        "dispatch",
        &[("jackfield dispatch --priority 10 \"update the changelog\"", "queue a task and print its run ID")],
    ),
    (
        "result",
        &[
            (
                "jackfield result 01HX --wait 600",
                "wait up to ten minutes; a unique prefix of the ID is enough",
            ),
            ("jackfield result 01HX -v full --json", "all details, as JSON"),
        ],
    ),
    (
        "runs",
        &[
            ("jackfield runs --state failed --limit 5", "the last five failed runs"),
            ("jackfield runs 01HX", "one run with its attempts"),
            ("jackfield runs --watch --json", "each change of a run, as a line of JSON"),
        ],
    ),
    (
        "choose",
        &[(
            "jackfield choose 01HX 2 --reason \"it is shorter\"",
            "the second attempt's work becomes that of the run",
        )],
    ),
    (
        "top",
        &[
            ("jackfield top", "what is going on, until interrupted"),
            ("jackfield top --json", "once, as JSON"),
        ],
    ),
    (
        "open",
        &[
            ("jackfield open", "open the dashboard in a browser"),
            ("jackfield open --print", "print the address, for another browser or over SSH"),
        ],
    ),
    (
        "logs",
        &[
            ("jackfield logs -f", "follow the latest run"),
            ("jackfield logs 01HX --diff | git apply", "apply its changes here"),
        ],
    ),
    (
        "explain",
        &[("jackfield explain", "the latest run"), ("jackfield explain 01HX --json", "another run, as JSON")],
    ),
    ("cancel", &[("jackfield cancel 01HX --reason \"the wrong branch\"", "end a run and its processes")]),
    (
        "retry",
        &[(
            "jackfield retry 01HX --reason \"the network is back\"",
            "repeat a run, as another run of its task",
        )],
    ),
    ("workers", &[("jackfield workers", "list workers and the queue length")]),
    (
        "doctor",
        &[
            ("jackfield doctor", "report problems and their fixes"),
            ("jackfield doctor --json", "exits with 1 if runs cannot work"),
        ],
    ),
    ("breaker", &[("jackfield breaker", "show spending and what is left")]),
    ("breaker history", &[("jackfield breaker history", "list changes, with actor and reason")]),
    (
        "breaker reset",
        &[("jackfield breaker reset --reason \"paid by the client\"", "reset every limit that is reached")],
    ),
    (
        "breaker raise",
        &[("jackfield breaker raise 5 --reason \"release day\"", "allow five dollars more today")],
    ),
    (
        "breaker correct",
        &[(
            "jackfield breaker correct 01HX 0.42 --reason \"its agent reported 42 dollars\"",
            "record the actual cost of a run",
        )],
    ),
    ("plugin list", &[("jackfield plugin list", "list active and rejected components")]),
    ("plugin check", &[("jackfield plugin check policy.wasm", "check a file without installing it")]),
    (
        "plugin inspect",
        &[
            ("jackfield plugin inspect claude", "an active component"),
            ("jackfield plugin inspect policy.wasm", "a component file"),
        ],
    ),
    (
        "plugin new",
        &[(
            "jackfield plugin new careful --kind chooser --lang rust",
            "create a folder for a chooser in Rust",
        )],
    ),
    ("plugin build", &[("jackfield plugin build careful", "build it with cargo, npm or pip")]),
    (
        "plugin call",
        &[
            ("jackfield plugin call policy.wasm choose --facts facts.json", "call a component file"),
            (
                "echo '{\"task\": {\"complexity\": 8}}' | jackfield plugin call chooser choose --facts -",
                "call the active component",
            ),
        ],
    ),
    ("plugin test", &[("jackfield plugin test policy.wasm cases.toml", "run the cases of a component")]),
    (
        "plugin bench",
        &[(
            "jackfield plugin bench policy.wasm choose --facts facts.json --calls 10000",
            "measure 10000 calls",
        )],
    ),
    (
        "plugin grant",
        &[(
            "jackfield plugin grant executor agy --program agy --env AGY_API_KEY",
            "let it start a program with a variable",
        )],
    ),
    ("plugin revoke", &[("jackfield plugin revoke executor agy", "revoke its grants")]),
    ("plugin pin", &[("jackfield plugin pin chooser careful 4f1c", "pin this version")]),
    ("plugin rollback", &[("jackfield plugin rollback chooser careful", "pin the previous version")]),
    ("plugin unpin", &[("jackfield plugin unpin chooser careful", "use the latest file again")]),
    ("plugin keygen", &[("jackfield plugin keygen mine.key", "print the public key for [plugins] keys")]),
    ("plugin sign", &[("jackfield plugin sign careful.wasm --key mine.key", "write careful.wasm.sig")]),
    (
        "plugin pull",
        &[("jackfield plugin pull ghcr.io/acme/careful@sha256:0b1c", "pull by digest; a tag is refused")],
    ),
    (
        "plugin push",
        &[(
            "jackfield plugin push careful.wasm ghcr.io/acme/careful:1.2.0",
            "push it, with its signature if there is one",
        )],
    ),
    (
        "plugin replay",
        &[("jackfield plugin replay policy.wasm --since 30d", "replay the decisions of 30 days")],
    ),
    ("plugin shadow", &[("jackfield plugin shadow --since 7d", "compare the decisions of 7 days")]),
    (
        "plugin promote",
        &[("jackfield plugin promote careful", "activate a component from the folder `shadow`")],
    ),
    (
        "todo list",
        &[
            ("jackfield todo list", "list what waits for a person"),
            ("jackfield todo list --all --kind todo", "include done and cancelled tasks"),
        ],
    ),
    ("board", &[("jackfield board -w site", "the stages of a workspace")]),
    ("card add", &[("jackfield card add \"Faster till\" --body-file call.txt", "from a transcript")]),
    ("card list", &[("jackfield card list --stage prd", "the cards of a stage")]),
    ("card show", &[("jackfield card show 01HX", "its steps and moves, and what it waits for")]),
    ("card edit", &[("jackfield card edit 01HX --depends-on 01HW", "let it wait for another card")]),
    ("card wait", &[("jackfield card wait 01HX", "until it needs you")]),
    ("card document", &[("jackfield card document 01HX prd.md", "read what a stage has written")]),
    ("card move", &[("jackfield card move 01HX build --reason \"agreed\"", "put it into a stage")]),
    ("card start", &[("jackfield card start 01HX", "run the recipe of its stage")]),
    ("card approve", &[("jackfield card approve 01HX --reason \"good\"", "let it enter the next stage")]),
    ("card metric", &[("jackfield card metric 01HX activation 0.41", "record a metric")]),
    ("card rm", &[("jackfield card rm 01HX", "remove it from the board")]),
    ("recipe list", &[("jackfield recipe list -w site", "the recipes of a workspace")]),
    ("recipe show", &[("jackfield recipe show prd > prd.json", "print one as JSON")]),
    ("recipe set", &[("jackfield recipe set prd prd.json", "replace it")]),
    ("recipe check", &[("jackfield recipe check prd.json", "find its errors")]),
    ("recipe settings", &[("jackfield recipe settings --mode manual", "stop automation")]),
    ("skill list", &[("jackfield skill list", "every skill")]),
    ("skill show", &[("jackfield skill show prd", "its findings and its prompt")]),
    ("skill sync", &[("jackfield skill sync ./skills", "read the skills of a folder")]),
    ("skill vet", &[("jackfield skill vet my-skill", "trust it as it is on record")]),
    ("skill rm", &[("jackfield skill rm my-skill", "remove it from the records")]),
    ("todo add", &[("jackfield todo add \"renew the certificate\" --due 2026-12-01", "create a human task")]),
    ("todo show", &[("jackfield todo show 01HX", "show a task with its evidence")]),
    ("todo edit", &[("jackfield todo edit 01HX --priority 5", "change the priority")]),
    ("todo done", &[("jackfield todo done 01HX --note \"valid until 2028\"", "mark it as done")]),
    (
        "todo answer",
        &[
            (
                "jackfield todo answer 01HX --retry \"the rounding is wrong\"",
                "try again with this instruction",
            ),
            ("jackfield todo answer 01HX --accept", "accept the work as it is"),
        ],
    ),
    ("todo rm", &[("jackfield todo rm 01HX", "delete it")]),
    (
        "task init",
        &[(
            "jackfield task init \"port the parser\" --accept \"all tests pass\"",
            "create a task for external work",
        )],
    ),
    (
        "task spec",
        &[("jackfield task spec 01HX --notes \"keep the public API\"", "add a version to its specification")],
    ),
    (
        "task write",
        &[(
            "jackfield task write 01HX -e claude --outcome succeeded --took 95 --cost 0.31",
            "record and charge an attempt",
        )],
    ),
    ("task close", &[("jackfield task close 01HX --reason \"merged\"", "close it as done")]),
    ("task show", &[("jackfield task show 01HX", "show a task with its runs, attempts and specification")]),
    ("task list", &[("jackfield task list --state failed", "list failed tasks")]),
    ("backup", &[("jackfield backup /srv/backup/jackfield.db", "write and verify a copy")]),
    ("prune", &[("jackfield prune --dry-run", "list what would be deleted, and what is kept and why")]),
    (
        "config",
        &[
            ("jackfield config > jackfield.toml", "the commented default"),
            ("jackfield config --effective", "the effective configuration"),
        ],
    ),
    ("config check", &[("jackfield config check", "report every mistake with its location")]),
    (
        "token create",
        &[
            ("jackfield token create ci --scope execute --expires 90d", "submits work and sees its own"),
            ("jackfield token create wall --scope read --sees all", "reads all work"),
            ("jackfield token create shed --scope work", "for `jackfield worker` on another machine"),
        ],
    ),
    (
        "audit",
        &[
            ("jackfield audit --since 1d", "requests since yesterday"),
            ("jackfield audit --who ci --json", "requests with one token, as JSON"),
        ],
    ),
    ("webhooks", &[("jackfield webhooks", "list webhooks and their deliveries")]),
    ("webhooks test", &[("jackfield webhooks test chat", "send a test message")]),
    ("webhooks retry", &[("jackfield webhooks retry chat", "resend failed messages")]),
    ("token list", &[("jackfield token list", "list valid tokens")]),
    ("token revoke", &[("jackfield token revoke ci", "revoke a token")]),
    (
        "service",
        &[
            ("jackfield service --install", "install a unit for this user, with the logins of this user"),
            (
                "jackfield service --system > /etc/systemd/system/jackfield.service",
                "write a hardened system unit",
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
    ("man", &[("jackfield man ~/.local/share/man/man1", "write the pages; then: man jackfield-run")]),
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

/// Prints the completion script of a shell.
pub(super) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "jackfield", &mut script);
    // A closed pipe is not an error.
    let _ = std::io::stdout().lock().write_all(&script);
    Outcome::Fine
}

/// Writes a man page for every command into a folder.
pub(super) fn pages(folder: &Path) -> Result<Outcome, Problem> {
    let failed = |error: std::io::Error| {
        Problem::operator(
            ErrorCode::CannotWrite,
            format!("failed to write man pages to {}: {error}", folder.display()),
            "choose a writable folder",
        )
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut program = command().disable_help_subcommand(true);
    program.build();
    let count = write_pages(&program, folder).map_err(failed)?;
    say_line(&format!(
        "{count} pages in {}; add its parent to MANPATH to read them with `man jackfield`",
        folder.display()
    ));
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

    /// Every command that can be called, by its path.
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
    fn examples_cover_every_command_and_no_other() {
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
    fn example_parses_and_uses_its_command() {
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
    fn help_contains_examples_and_the_after_help_text() {
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
    fn man_pages_exist_for_every_visible_command() {
        let folder = tempfile::tempdir().unwrap();
        pages(folder.path()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("jackfield-plugin-pull.1")).unwrap();
        assert!(page.contains("jackfield\\-plugin\\-pull") && page.contains("docker login"), "{page}");
        assert!(folder.path().join("jackfield.1").exists());
        assert!(!folder.path().join("jackfield-compile-component.1").exists());
    }
}
