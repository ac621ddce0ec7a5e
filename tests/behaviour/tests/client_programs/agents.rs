//! The real Claude Code, Codex and Gemini CLI as MCP clients of Jackfield. A stand-in plays their models
//! and has each call `execute`; the shell does the work, and its diagram is returned to the model.

use crate::proxy::Proxy;
use crate::ran::{Ran, program, ran};
use jackfield_behaviour::{Ground, Repository, Server};
use jackfield_standin::{Programs, Scenario, Standin, TEST_KEY};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tokio::process::Command;

const PROMPT: &str = "Have it done.";

/// A server, a stand-in whose model calls `execute`, and a home for the program.
struct Scene {
    programs: Programs,
    standin: Standin,
    ground: Ground,
    repository: Repository,
    server: Server,
    /// In the build folder: codex does not set itself up in the temporary one, and gemini reads no
    /// settings below a folder that everybody may write to.
    home: tempfile::TempDir,
}

impl Scene {
    /// Nothing when the programs cannot be had here, which has then been said.
    async fn set(agent: &str) -> Option<Self> {
        let programs = Programs::for_test().unwrap()?;
        let ground = Ground::new();
        let repository = ground.repository();
        let server = ground.serve().await;
        let standin = Standin::start().unwrap();
        let arguments = [
            ("instruction", format!("echo made for {agent} > made.txt")),
            ("executor", "shell".to_owned()),
            ("workspace", repository.text()),
        ];
        let arguments = arguments.map(|(name, value)| (name.to_owned(), value)).to_vec();
        standin.scenario(Scenario::Mcp { tool: Some("execute".to_owned()), arguments });
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Some(Self { programs, standin, ground, repository, server, home })
    }

    fn url(&self) -> String {
        format!("http://{}/mcp", self.server.address())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.server.token())
    }

    fn program(&self, file: &Path) -> Command {
        program(file, &self.home.path().canonicalize().unwrap(), &self.programs.path())
    }

    /// The work was done once, as the model said, and its diagram reached the model.
    async fn assert_done(self, agent: &str, said: &str) {
        assert!(said.contains("flowchart LR") && said.contains("made.txt"), "{said}");
        assert!(!said.contains("attempt"), "the data is for programs and not for models: {said}");
        let database = self.ground.database();
        let row = database.row(
            "SELECT runs.state, attempts.executor, attempts.branch
             FROM runs JOIN attempts ON attempts.run = runs.id",
        );
        assert_eq!((&row["state"], &row["executor"]), (&json!("succeeded"), &json!("shell")));
        let made = self.repository.file(row["branch"].as_str().unwrap(), "made.txt");
        assert_eq!(made, format!("made for {agent}"));
        self.server.stop().await;
        self.repository.assert_untouched();
        self.ground.leave();
    }
}

fn texts<'a>(events: &'a [Value], wanted: impl Fn(&'a Value) -> Option<&'a str>) -> String {
    events.iter().filter_map(wanted).collect()
}

fn assert_exited_well(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

/// Claude Code with the stand-in as its model, in the scene's home.
fn claude(scene: &Scene) -> Command {
    let mut claude = scene.program(&scene.programs.claude());
    claude
        .env("ANTHROPIC_BASE_URL", scene.standin.base_url())
        .env("ANTHROPIC_API_KEY", TEST_KEY)
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    claude
}

/// Has it do the prompt; what its model said in the end.
async fn asked(claude: &mut Command) -> String {
    claude
        .args(["-p", "--output-format", "stream-json", "--verbose", "--model", "claude-sonnet-4-5"])
        .args(["--allowedTools", "mcp__jackfield__execute"]);
    let ran = ran(claude, PROMPT).await;
    assert_exited_well(&ran);
    let events = ran.events();
    let connected = json!([{ "name": "jackfield", "status": "connected" }]);
    let opening = events.iter().find(|event| event["subtype"] == "init").expect("an opening");
    assert_eq!(opening["mcp_servers"], connected);
    texts(&events, |event| event["result"].as_str())
}

#[tokio::test]
async fn claude_code_calls_execute_and_reads_the_diagram_as_structured_content() {
    let Some(scene) = Scene::set("claude").await else { return };
    let server =
        json!({ "type": "http", "url": scene.url(), "headers": { "Authorization": scene.bearer() } });
    let config = json!({ "mcpServers": { "jackfield": server } }).to_string();
    let mut claude = claude(&scene);
    claude.args(["--setting-sources", "", "--strict-mcp-config", "--mcp-config", &config]);
    let said = asked(&mut claude).await;
    scene.assert_done("claude", &said).await;
}

#[tokio::test]
async fn claude_code_set_up_as_in_the_readme_shows_progress_and_answers_with_the_diagram() {
    let Some(scene) = Scene::set("claude").await else { return };
    // In between, to see what is said.
    let proxy = Proxy::start(scene.server.address(), scene.server.token()).await;
    let line = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(line).unwrap();
    let (_, rest) = readme.split_once("# Claude Code\n").expect("the README says how");
    let (line, _) = rest.split_once("\n\n").unwrap();
    let token = scene.ground.data().join("token").display().to_string();
    let line = line
        .replace("~/.local/share/jackfield/token", &token)
        .replace("http://127.0.0.1:7700/mcp", &proxy.url());
    assert!(line.contains(&token) && line.contains(&proxy.url()), "{line}");
    let bin = scene.home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(scene.programs.claude(), bin.join("claude")).unwrap();
    let path = format!("{}:{}", bin.display(), scene.programs.path());
    let mut shell = program(Path::new("/bin/sh"), &scene.home.path().canonicalize().unwrap(), &path);
    assert_exited_well(&ran(shell.args(["-eu", "-c", &line]), "").await);

    let said = asked(&mut claude(&scene)).await;
    let told = said.strip_prefix("The tool said: ").expect("the stand-in's model repeats what it was told");
    assert!(told.starts_with("flowchart LR\n"), "the diagram as it is written: {told}");
    let answered = proxy.answered();
    let told = answered.matches("notifications/progress").count();
    assert!(told > 2, "it asked for progress and was told {told} times");
    scene.assert_done("claude", &said).await;
}

#[tokio::test]
async fn codex_calls_execute_and_reads_the_diagram_as_structured_content() {
    let Some(scene) = Scene::set("codex").await else { return };
    let said = codex(&scene, "").await;
    assert!(said.contains(r#"{"answer":"flowchart LR\n"#), "the text comes first: {said}");
    scene.assert_done("codex", &said).await;
}

#[tokio::test]
async fn codex_reads_the_diagram_as_text_if_answers_are_text_only() {
    let Some(scene) = Scene::set("codex").await else { return };
    let said = codex(&scene, "?answers=text").await;
    assert!(said.contains("\nflowchart LR\n"), "{said}");
    scene.assert_done("codex", &said).await;
}

/// The last message of the model of Codex after its call, with the MCP endpoint at this address.
async fn codex(scene: &Scene, address: &str) -> String {
    let provider = format!(
        r#"model_providers.standin={{name="standin",base_url="{}",env_key="STANDIN_KEY",wire_api="responses"}}"#,
        scene.standin.openai_url()
    );
    let server = format!(
        r#"mcp_servers.jackfield={{url="{}",bearer_token_env_var="JACKFIELD_TOKEN",default_tools_approval_mode="approve"}}"#,
        scene.url() + address
    );
    let mut codex = scene.program(&scene.programs.codex());
    codex
        .args(["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "--sandbox", "workspace-write"])
        .args(["-c", "model_provider=standin", "-c", &provider, "-c", &server])
        .args(["-c", "analytics.enabled=false", "-c", "check_for_update_on_startup=false"])
        .args(["--disable", "plugins", "-"])
        .env("STANDIN_KEY", TEST_KEY)
        .env("JACKFIELD_TOKEN", scene.server.token());
    let ran = ran(&mut codex, PROMPT).await;
    assert_exited_well(&ran);
    let events = ran.events();
    let done = |kind| {
        let item = move |event: &&Value| event["type"] == "item.completed" && event["item"]["type"] == kind;
        events.iter().find(item).unwrap_or_else(|| panic!("no {kind}: {ran:#?}"))
    };
    assert_eq!(done("mcp_tool_call")["item"]["status"], "completed");
    done("agent_message")["item"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn gemini_calls_execute_and_reads_the_diagram() {
    let Some(scene) = Scene::set("gemini").await else { return };
    let server =
        json!({ "httpUrl": scene.url(), "headers": { "Authorization": scene.bearer() }, "trust": true });
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" } },
        "privacy": { "usageStatisticsEnabled": false },
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
        "mcpServers": { "jackfield": server },
    });
    let folder = scene.home.path().join(".gemini");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("settings.json"), settings.to_string()).unwrap();
    let mut gemini = scene.program(&scene.programs.gemini());
    gemini
        .args(["--output-format", "stream-json", "-m", "gemini-2.5-pro", "--approval-mode", "yolo"])
        .env("GEMINI_API_KEY", TEST_KEY)
        .env("GOOGLE_GEMINI_BASE_URL", scene.standin.base_url())
        .env("GEMINI_CLI_TRUST_WORKSPACE", "true")
        .env("GEMINI_CLI_NO_RELAUNCH", "1");
    let ran = ran(&mut gemini, PROMPT).await;
    assert_exited_well(&ran);
    let events = ran.events();
    let said = texts(&events, |event| {
        let is_said = event["type"] == "message" && event["role"] == "assistant";
        is_said.then(|| event["content"].as_str())?
    });
    scene.assert_done("gemini", &said).await;
}
