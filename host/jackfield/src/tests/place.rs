//! Workspaces that a request may name.

use crate::Host;
use jackfield_config::{Config, WorkspaceSection};
use jackfield_types::Problem;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

#[allow(clippy::disallowed_methods, reason = "a test makes its repository as a person would")]
fn git(folder: &Path, arguments: &[&str]) {
    let done = std::process::Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn made(folder: PathBuf) -> PathBuf {
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn folder_outside_the_roots_is_refused_however_it_is_written() {
    let all = tempfile::tempdir().unwrap();
    let (open, closed) = (made(all.path().join("open")), made(all.path().join("closed")));
    let (site, plain) = (made(open.join("site/docs")), made(open.join("plain")));
    git(&open.join("site"), &["init", "--quiet"]);
    git(&closed, &["init", "--quiet"]);
    // Ways out: a link, a way back, and a repository that says that its git folder is elsewhere.
    symlink(&closed, open.join("link")).unwrap();
    symlink(closed.join("none"), open.join("dangling")).unwrap();
    std::fs::write(plain.join("note"), "").unwrap();
    let lent = made(open.join("lent"));
    std::fs::write(lent.join(".git"), format!("gitdir: {}", closed.join(".git").display())).unwrap();
    let roofless = made(closed.join("inner"));
    symlink(&open, all.path().join("entrance")).unwrap();

    let own = made(all.path().join("own"));
    let mut config = Config::default();
    config.run.roots = vec![all.path().join("entrance"), roofless.clone(), "/nowhere".into()];
    let section = WorkspaceSection { path: own.clone(), repo: None, max_concurrent: None, gates: Vec::new() };
    config.workspaces.insert("own".into(), section);
    let builder = super::builder(all.path().join("data")).config(config.clone()).environment([]).watch(false);
    let host = builder.open().await.unwrap();
    let asked = async |folder: &Path| host.inner.runs.places.known_workspace(folder.to_str().unwrap()).await;
    for folder in [&site, &plain, &own, Path::new("own"), &all.path().join("entrance/site")] {
        assert!(asked(folder).await.is_ok(), "{}", folder.display());
    }
    let outside = [
        closed.clone(),
        open.join("link"),
        open.join("../closed"),
        lent,
        open.join("link/none"),
        open.join("dangling"),
        open.join("site/../../none"),
        // Within a root, but of a repository that is not.
        roofless,
        all.path().join("none"),
        PathBuf::from("/nowhere"),
    ];
    for folder in &outside {
        let problem = asked(folder).await.unwrap_err();
        assert_eq!(problem.code, "workspace_out_of_bounds", "{}: {problem}", folder.display());
        let same = format!("{} is in none of the folders that may be worked in", folder.display());
        assert_eq!(problem.message, same, "the message must not depend on what the folder holds");
        assert!(problem.remedy.contains("there: own") && problem.remedy.contains("run.roots"), "{problem}");
    }
    for missing in [open.join("sight"), open.join("sight/../../closed")] {
        let problem = asked(&missing).await.unwrap_err();
        assert_ne!(
            problem.code, "workspace_out_of_bounds",
            "a misspelled name must not be reported as out of bounds: {problem}"
        );
    }
    config.run.roots.clear();
    host.reconfigure(config).await.unwrap();
    for folder in &outside[..3] {
        assert!(asked(folder).await.is_ok(), "{}: nothing is bounded", folder.display());
    }
    host.shutdown().await;
}

/// A host that bounds folders to `open`, and a repository in it and one outside.
async fn bounded(all: &Path) -> (Host, Config, PathBuf, PathBuf) {
    let (open, closed) = (made(all.join("open")), made(all.join("closed/private")));
    let site = made(open.join("site"));
    for repository in [&site, &closed] {
        git(repository, &["init", "-q"]);
    }
    let mut config = Config::default();
    config.run.roots = vec![open];
    let builder = super::builder(all.join("data")).config(config.clone()).environment([]).watch(false);
    (builder.open().await.unwrap(), config, site, closed)
}

async fn order(
    host: &Host,
    workspace: &Path,
) -> Result<jackfield_runs::admission::resolved_request::Order, Problem> {
    let workspace = Some(workspace.to_str().unwrap().to_owned());
    host.inner
        .runs
        .orders
        .order(jackfield_api::ExecuteRequest { workspace, ..jackfield_api::ExecuteRequest::new("do it") })
        .await
}

#[tokio::test]
async fn run_starts_only_in_the_folder_it_was_admitted_for() {
    let all = tempfile::tempdir().unwrap();
    let (host, mut config, site, closed) = bounded(&all.path().canonicalize().unwrap()).await;
    let admitted = order(&host, &site).await.unwrap();
    assert!(host.inner.runs.places.may_work(&admitted).await.is_ok(), "nothing has changed");
    let code = async || host.inner.runs.places.may_work(&admitted).await.unwrap_err().code;

    let aside = site.with_file_name("aside");
    std::fs::rename(&site, &aside).unwrap();
    symlink(&closed, &site).unwrap();
    assert_eq!(code().await, "workspace_replaced", "a link to another repository");
    std::fs::remove_file(&site).unwrap();
    symlink(&aside, &site).unwrap();
    assert_eq!(code().await, "workspace_replaced", "a link to the same one: its path is another");
    std::fs::remove_file(&site).unwrap();
    git(&made(site.clone()), &["init", "-q"]);
    assert_eq!(code().await, "workspace_replaced", "another repository in its place");
    std::fs::remove_dir_all(&site).unwrap();
    std::fs::rename(&aside, &site).unwrap();
    assert!(host.inner.runs.places.may_work(&admitted).await.is_ok(), "it is back");

    config.run.roots = vec![all.path().join("closed")];
    host.reconfigure(config.clone()).await.unwrap();
    assert_eq!(code().await, "workspace_out_of_bounds", "the bounds are those of now");
    config.run.roots.clear();
    host.reconfigure(config).await.unwrap();
    assert!(host.inner.runs.places.may_work(&admitted).await.is_ok());
    host.shutdown().await;
}

#[tokio::test]
async fn repository_that_reads_objects_from_outside_the_roots_is_refused() {
    let all = tempfile::tempdir().unwrap();
    let all = all.path().canonicalize().unwrap();
    let (host, _, site, closed) = bounded(&all).await;
    let alternates = site.join(".git/objects/info/alternates");
    let outside = closed.join(".git/objects");
    let refused = async || order(&host, &site).await.unwrap_err().code;
    assert!(order(&host, &site).await.is_ok());

    std::fs::write(&alternates, format!("{}\n", outside.display())).unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "borrowed objects");
    std::fs::write(&alternates, "../../../../closed/private/.git/objects\n").unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "by a path from here");
    std::fs::write(&alternates, format!("\"{}\"\n", outside.display())).unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "quoted");
    let other = made(all.join("open/other"));
    git(&other, &["init", "-q"]);
    std::fs::write(&alternates, format!("# ours\n{}\n", other.join(".git/objects").display())).unwrap();
    assert!(order(&host, &site).await.is_ok(), "borrowed within the bounds");
    std::fs::write(other.join(".git/objects/info/alternates"), format!("{}\n", outside.display())).unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "borrowed by the one that is borrowed from");
    std::fs::remove_file(&alternates).unwrap();

    let objects = site.join(".git/objects");
    std::fs::rename(&objects, site.join("kept")).unwrap();
    symlink(&outside, &objects).unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "a link in place of the objects");
    std::fs::remove_file(&objects).unwrap();
    std::fs::rename(site.join("kept"), &objects).unwrap();
    symlink(outside.join("pack"), objects.join("ab")).unwrap();
    assert_eq!(refused().await, "workspace_out_of_bounds", "a link among the objects");
    std::fs::remove_file(objects.join("ab")).unwrap();

    git(&site, &["config", "remote.origin.url", closed.to_str().unwrap()]);
    assert!(order(&host, &site).await.is_ok(), "a remote that nothing is fetched from by itself");
    git(&site, &["config", "remote.origin.promisor", "true"]);
    assert_eq!(refused().await, "workspace_out_of_bounds", "missing objects are fetched from there");
    git(&site, &["config", "remote.origin.url", "https://example.com/a.git"]);
    assert!(order(&host, &site).await.is_ok());
    host.shutdown().await;
}
