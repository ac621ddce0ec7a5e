//! A secret is in no record, answer or log, in whatever form it was printed; and text of agents and callers does not
//! control the terminal that shows it.

use crate::actors::{recorded_claude, shell, with};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jackfield_behaviour::{Collector, Era, Ground};
use serde_json::json;
use std::path::Path;

const SECRET: &str = "tok-5566778899-verysecret";
/// What of it may be nowhere once everything between its characters is taken out.
const CORE: &str = "5566778899";

/// As a program prints it, who cannot know the value: each on a line of its own.
const PRINTED: &str = r#"printf '%s\n' "$MY_TOKEN"
printf '%s\033[0m%s\n' "${MY_TOKEN%%778*}" "778${MY_TOKEN#*778}"
printf '%s\000%s\n' "${MY_TOKEN%%778*}" "778${MY_TOKEN#*778}"
printf '%s\342\200\213%s\n' "${MY_TOKEN%%778*}" "778${MY_TOKEN#*778}"
printf '%s' "$MY_TOKEN" | sed 's/-/\\u002d/g'; echo
printf '%s' "$MY_TOKEN" | sed 's/-/%2D/g'; echo
printf '%s' "user:$MY_TOKEN" | base64
printf '%s' "$MY_TOKEN" | od -An -tx1 -v | tr -d ' \n'; echo
printf '%s' "$MY_TOKEN" >&2
"#;

/// Finds the secret in any of the forms above.
fn holds(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let shown: String = text.chars().filter(|c| !c.is_control() && *c != '\u{200b}').collect();
    let shown =
        shown.replace("\\u0000", "").replace("\\u001b[0m", "").replace("\u{1b}[0m", "").replace("[0m", "");
    let encoded = STANDARD.encode(format!("user:{SECRET}"));
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    shown.contains(CORE) || shown.contains(&encoded[8..30]) || shown.contains(&hex[..20])
}

/// Every file of the data folder that holds the secret, but for what the guide names as exceptions.
fn files_that_hold_it(folder: &Path) -> Vec<String> {
    let raw = |name: &str| {
        matches!(name, "stdout.log" | "stderr.log" | "diff.patch" | "jackfield.toml")
            || name.starts_with("check-")
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_that_hold_it(&entry.path()));
        } else if !raw(&name) && holds(&std::fs::read(entry.path()).unwrap_or_default()) {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

fn ground() -> Ground {
    Ground::new()
        .with_config(&format!("[executors.shell]\nenvironment = {{ MY_TOKEN = \"{SECRET}\" }}\n"))
        .with("OTHER_API_KEY", "the-key-of-another-agent")
}

#[tokio::test]
async fn secret_printed_by_agents_and_checks_is_in_no_record_and_no_answer() {
    let collector = Collector::start().await;
    let escaped = SECRET.replace('-', "\\\\u002d");
    let line = format!(
        r#"{{"type":"assistant","message":{{"id":"m","model":"x","content":[{{"type":"text","text":"{escaped}"}}],"usage":{{"input_tokens":1,"output_tokens":1}}}}}}"#
    );
    let claude = recorded_claude("0.005", &format!("printf '{}\\n'", line.replace('%', "%%")));
    let ground =
        ground().with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address()).with_script("claude", &claude);
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Legacy));
    let work = format!("{PRINTED}printf '%s' \"$MY_TOKEN\" > k.txt; cat k.txt; exit 0");
    let checked = with(
        shell(&repository, &work),
        json!({
            "checks": [{ "command": "cat k.txt; base64 k.txt; false" }], "max_attempts": 2, "verbosity": "full",
        }),
    );
    let told = with(shell(&repository, "unused"), json!({ "executor": "claude", "instruction": "say it" }));
    let mut answers = Vec::new();
    for request in [checked, told] {
        let reply = rest.execute(&request).await;
        let answer = reply.json();
        let (run, task) = (answer["run_id"].as_str().unwrap(), answer["task_id"].as_str().unwrap());
        answers.push(("execute".to_owned(), answer.to_string()));
        for path in [
            format!("/api/runs/{run}"),
            format!("/api/runs/{run}/logs"),
            format!("/api/tasks/{task}"),
            format!("/api/tasks/{task}/explain"),
            format!("/api/runs/{run}/result?verbosity=full"),
        ] {
            answers.push((path.clone(), rest.get(&path).await.text));
        }
        let said = mcp.call("result", json!({ "run_id": run, "verbosity": "full" })).await;
        answers.push(("mcp result".to_owned(), format!("{said:?}")));
        for command in [["explain", run], ["logs", run], ["runs", run]] {
            answers.push((command[0].to_owned(), ground.cli().run(command).await.stdout));
        }
        let log = mcp.ask("resources/read", json!({ "uri": format!("run://{run}/log") })).await;
        answers.push(("mcp log".to_owned(), log.to_string()));
    }
    for path in ["/api/runs", "/api/events?limit=500", "/metrics"] {
        answers.push((path.to_owned(), rest.get(path).await.text));
    }
    server.stop().await;
    answers.push(("server log".to_owned(), ground.server_log()));
    answers.push(("traces".to_owned(), format!("{:?}", collector.spans())));
    for (from, answer) in answers {
        assert!(!holds(answer.as_bytes()), "{from}: {answer}");
    }
    let database = ground.database();
    assert!(database.number("SELECT COUNT(*) FROM attempts WHERE answer LIKE '%[MY_TOKEN]%'") > 0);
    assert!(database.number("SELECT COUNT(*) FROM attempts WHERE checks LIKE '%[MY_TOKEN]%'") > 0);
    assert!(database.number("SELECT COUNT(*) FROM run_events WHERE payload LIKE '%[MY_TOKEN]%'") > 1);
    let files = files_that_hold_it(&ground.data());
    let files: Vec<_> = files.iter().filter(|file| !file.contains("/worktrees/")).collect();
    assert!(files.is_empty(), "{files:#?}");
    ground.leave();
}

#[tokio::test]
async fn text_of_agents_and_callers_does_not_control_a_terminal() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let nasty = "a\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\u{85}b\nrun       forged";
    let work = r#"printf 'x\033]0;title\007\033[2J\342\200\256\342\200\250\302\23331mlast\n'"#;
    let request = with(shell(&repository, work), json!({ "title": nasty, "verbosity": "full" }));
    let answer = server.rest().execute(&request).await.json();
    let run = answer["run_id"].as_str().unwrap().to_owned();
    server.stop().await;
    let acts = |text: &str| {
        let controls = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}');
        text.chars().any(controls)
            || ["\u{1b}]", "\u{1b}[2J", "\u{202e}", "\u{2028}"].iter().any(|bad| text.contains(bad))
    };
    for command in [vec!["runs"], vec!["runs", &run], vec!["logs", &run], vec!["explain", &run]] {
        let shown = ground.cli().on_terminal(100).run(&command).await.fine().stdout;
        assert!(!acts(&shown), "{command:?}: {shown:?}");
        assert!(!shown.lines().any(|line| line.starts_with("run       forged")), "{command:?}: {shown}");
        let piped = ground.cli().run(command.iter().copied().chain(["--json"])).await.fine().stdout;
        assert!(!acts(&piped) && !piped.contains('\u{1b}'), "{command:?}: {piped:?}");
    }
    ground.leave();
}
