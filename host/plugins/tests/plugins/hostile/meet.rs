//! One hostile guest meets a host: dropped in beside others, asked, and held to its answer, while the others
//! are asked as well.

use super::files;
use crate::common::{self, Host, NAME, chooser, compressor, setup, well_behaved};
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult};
use jackfield_plugins::{Evidence, FailureMode, FailureModes, Grant, PluginError, State};
use jackfield_types::{Audience, PluginKind};
use jackfield_workspace::View;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What becomes of a guest.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// It never serves: the step that it does not pass, and what is said of it.
    Rejected(State, &'static str),
    /// It waits for a grant: the line of the configuration that gives it.
    Held(&'static str),
    /// It serves, and fails the call: the error's code, and what is said of it.
    Fails(Call, &'static str, &'static str),
    /// It serves and answers, and nothing comes of it: what is in its answer.
    Harmless(Call, &'static str),
}

/// What a guest is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Choose,
    Next,
    Compress,
    Compare,
    Rate,
    Evaluate,
    Plan,
    Read,
}

/// The only file of the guest.
const FILE: &str = "hostile.wasm";

/// A host with a chooser and a compressor that came with it, where nobody answers in another's place.
pub async fn host() -> Host {
    let mut setup = setup();
    setup.embedded = vec![well_behaved(chooser()), well_behaved(compressor())];
    let fail = FailureMode::Fail;
    setup.failure_modes =
        FailureModes { executor: fail, chooser: fail, compressor: fail, judge: fail, gate: fail };
    let (own, evidence) = (
        Grant {
            programs: ["hostile-program".to_owned()].into(),
            environment: ["HOSTILE_VARIABLE".to_owned()].into(),
            ..Grant::default()
        },
        Grant { imports: ["evidence".to_owned()].into(), ..Grant::default() },
    );
    for (kind, grant) in [(PluginKind::Executor, own), (PluginKind::Gate, evidence)] {
        setup.grants.0.entry(kind).or_default().insert("hostile".to_owned(), grant);
    }
    for limits in [&mut setup.limits.chooser, &mut setup.limits.gate] {
        limits.wall = Duration::from_secs(3);
    }
    setup.limits.gate.host_calls = 500;
    setup.limits.gate.host_bytes = 4 << 20;
    setup.open().await
}

/// Drops it in, asks it, and takes it away again.
pub async fn meet(host: &Host, kind: &str, name: &str, answer: Answer) {
    let aside = host.path("hostile.aside");
    files::write(kind, name, &aside);
    std::fs::rename(&aside, host.path(FILE)).unwrap();
    let (taken, ()) = tokio::join!(host.plugins.rescan(), others_are_answered(host));
    taken.unwrap();
    let listed = host.plugins.list();
    let status = listed.iter().find(|one| one.file.as_deref() == Some(&*host.path(FILE))).unwrap();
    let reason = status.reason.clone().unwrap_or_default();
    match answer {
        Answer::Rejected(step, words) => {
            assert_eq!(status.state, State::Rejected, "{name}: {status:?}");
            let begins = if step == State::Rejected { String::new() } else { format!("{step}: ") };
            assert!(reason.starts_with(&begins) && reason.contains(words), "{name}: {reason}");
            assert!(reason.len() < 4096, "{name}: a reason is for people to read");
            let note = std::fs::read_to_string(host.path("hostile.wasm.rejected.txt")).unwrap();
            assert!(note.contains(words) && note.contains("a check of the file"), "{name}: {note}");
        }
        Answer::Held(words) => {
            assert_eq!(status.state, State::Held, "{name}: {status:?}");
            assert!(reason.contains(words), "{name}: {reason}");
        }
        Answer::Fails(call, code, words) => {
            assert_eq!(status.state, State::Serving, "{name}: {status:?}");
            let (failed, ()) = tokio::join!(ask(host, call), others_are_answered(host));
            let Err(error) = failed else { panic!("{name} was answered: {failed:?}") };
            let problem = error.problem();
            assert_eq!((problem.code.as_str(), problem.audience), (code, Audience::Author), "{problem}");
            assert!(problem.message.contains(words), "{name}: {problem}");
            assert!(problem.message.contains("hostile"), "{name}: {problem}");
            let remedy = match code {
                "plugin_trapped" | "plugin_broke_contract" => "take its file out of the plugin folder",
                _ => "[plugins.limits.",
            };
            assert!(problem.remedy.contains(remedy), "{name}: {problem}");
        }
        Answer::Harmless(call, words) => {
            assert_eq!(status.state, State::Serving, "{name}: {status:?}");
            let (answered, ()) = tokio::join!(ask(host, call), others_are_answered(host));
            let answer = answered.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(answer.contains(words), "{name}: {answer}");
        }
    }
    std::fs::remove_file(host.path(FILE)).unwrap();
    host.plugins.rescan().await.unwrap();
    let called = host.choose("well").await.unwrap();
    assert_eq!((called.plugin.name.as_str(), called.instead), (NAME, None));
}

/// Calls of another component, through whatever the guest is doing meanwhile.
async fn others_are_answered(host: &Host) {
    for _ in 0..20 {
        let called = host.plugins.compress("level-one", &common::report("well")).await.unwrap();
        assert_eq!(called.instead, None);
        tokio::task::yield_now().await;
    }
}

async fn ask(host: &Host, call: Call) -> Result<String, PluginError> {
    let plugins = &host.plugins;
    let (task, candidates, budget) = (common::task("hostile"), common::candidates(), common::budget());
    let results = [common::result("hostile", "one"), common::result("hostile", "two")];
    Ok(match call {
        Call::Choose => {
            let called = host.choose("hostile").await?;
            assert!(called.notes.len() <= 64, "what is kept of its log is bounded");
            format!("{:?}", called.value)
        }
        Call::Next => {
            let next = plugins.next(common::now(), &task, &[], &candidates, &budget);
            format!("{:?}", next.await?.value)
        }
        Call::Compress => plugins.compress("hostile", &common::report("hostile")).await?.value,
        Call::Compare => format!("{:?}", plugins.compare(&results).await?.value),
        Call::Rate => format!("{:?}", plugins.rate(&results[0]).await?.value),
        Call::Evaluate => {
            let tree = tempfile::tempdir().unwrap();
            let shown = Shown(View::of(worktree(tree.path())));
            format!("{:?}", plugins.evaluate("hostile", "{}", Arc::new(shown)).await?.value)
        }
        Call::Plan => {
            let mut drive = plugins.drive("hostile").await?;
            format!("{:?}", drive.plan(&common::request("hostile")).await?)
        }
        Call::Read => {
            let mut drive = plugins.drive("hostile").await?;
            drive.begin(&common::request("hostile")).await?;
            for _ in 0..150 {
                drive.feed(b"a line\n").await?;
            }
            format!("{:?}", drive.finish(common::exit()).await?)
        }
    })
}

/// A worktree with a secret above it, and every way there that a file system has.
fn worktree(folder: &Path) -> std::path::PathBuf {
    let tree = folder.join("tree");
    std::fs::create_dir_all(tree.join(".git")).unwrap();
    std::fs::create_dir_all(tree.join("src")).unwrap();
    std::fs::write(folder.join("secret"), "a secret").unwrap();
    std::fs::write(tree.join(".git/config"), "a secret").unwrap();
    std::fs::write(tree.join("README.md"), "hello").unwrap();
    std::fs::write(tree.join("big"), vec![7; 1 << 20]).unwrap();
    std::os::unix::fs::symlink("../secret", tree.join("link")).unwrap();
    std::os::unix::fs::symlink("..", tree.join("folder-link")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, tree.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    tree
}

/// As the engine shows a worktree to a gate.
struct Shown(View);

impl Evidence for Shown {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        self.0.files(pattern).map_err(|error| error.to_string())
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        self.0.read(path, most).map_err(|error| error.to_string())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    fn metric(&self, _: &str) -> Option<f64> {
        None
    }

    fn commands(&self) -> Vec<CommandResult> {
        Vec::new()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        Ok(Vec::new())
    }

    fn diff(&self, _: u64, _: u32) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
