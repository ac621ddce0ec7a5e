//! Which folder a request means, and whether whoever asks may name it.

use super::Inner;
use crate::config::{Config, is_repo};
use jackfield_store::{NewWorkspace, Workspace, WorkspaceKind};
use jackfield_types::Problem;
use jackfield_workspace::{Source, source};
use std::path::{Path, PathBuf};

/// Where a request is to be worked on.
#[derive(Debug)]
pub(super) struct Place {
    /// Of the configuration, where it has one.
    pub(super) name: Option<String>,
    pub(super) folder: PathBuf,
    /// The operator chose the folder, not whoever asks.
    configured: bool,
}

impl Place {
    /// What is there, if it is within the bounds of `run.roots`: the folder, and everything that git takes for part
    /// of it. Out of bounds the answer is the same, whatever is there and whether anything is; within them, a folder
    /// that is not there is told as that.
    pub(super) async fn source(&self, config: &Config) -> Result<Source, Problem> {
        let read = async || source(&self.folder).await.map_err(|error| error.problem());
        if self.configured || config.run.roots.is_empty() {
            return read().await;
        }
        let roots = roots(config);
        let within = |folder: &Path| roots.iter().any(|root| folder.starts_with(root));
        let refused = || self.out_of_bounds(config);
        // Before git looks: it runs what a repository's own configuration says. A link that leads nowhere is there.
        let mut there = self.folder.ancestors().filter(|folder| folder.symlink_metadata().is_ok());
        if !there.next().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| within(&folder)) {
            return Err(refused());
        }
        let found = read().await?;
        let bounded = match &found {
            Source::Git(repository) => within(&repository.top) && within(&repository.common),
            Source::Folder { path } => within(path),
        };
        if bounded { Ok(found) } else { Err(refused()) }
    }

    fn out_of_bounds(&self, config: &Config) -> Problem {
        let known = names(config.workspaces.keys());
        Problem::caller(
            "workspace_out_of_bounds",
            format!("{} is in none of the folders that may be worked in", self.folder.display()),
            format!(
                "name a configured workspace (there: {known}), or a repository in one of the folders of run.roots; \
                 whoever runs the host can add its folder there"
            ),
        )
    }
}

/// Where callers may name folders, as they are without symlinks. The operator's own workspaces are among them.
fn roots(config: &Config) -> Vec<PathBuf> {
    let own = config.workspaces.values().map(|section| &section.path).chain(&config.run.workspace);
    // One that is not there bounds nothing.
    config.run.roots.iter().chain(own).filter_map(|root| root.canonicalize().ok()).collect()
}

impl Inner {
    /// A configured name wins over `owner/name`, and that over a path; nothing given means the
    /// configured default.
    pub(super) fn place(&self, asked: Option<&str>) -> Result<Place, Problem> {
        let configured = |name, folder: &PathBuf| Place { name, folder: folder.clone(), configured: true };
        let config = self.config();
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return match &config.run.workspace {
                Some(folder) => Ok(configured(None, folder)),
                None => Err(Problem::caller(
                    "no_workspace",
                    "the request names no workspace, and none is configured",
                    "give `workspace` (the path of a repository or folder), or set run.workspace in jackfield.toml",
                )),
            };
        };
        // Forges do not tell ACME/Site from acme/site.
        let is_asked =
            |repo: &Option<String>| repo.as_ref().is_some_and(|repo| repo.eq_ignore_ascii_case(asked));
        let by_name = config.workspaces.get_key_value(asked);
        match by_name.or_else(|| config.workspaces.iter().find(|(_, section)| is_asked(&section.repo))) {
            Some((name, section)) => Ok(configured(Some(name.clone()), &section.path)),
            None if Path::new(asked).is_absolute() => {
                Ok(Place { name: None, folder: asked.into(), configured: false })
            }
            None if is_repo(asked) => Err(Problem::caller(
                "unknown_workspace",
                format!("no workspace is a clone of {asked}"),
                format!(
                    "clone it, and add to jackfield.toml:\n[workspaces.{}]\npath = \"/path/to/the/clone\"\nrepo = \"{asked}\"",
                    free_name(asked, |name| config.workspaces.contains_key(name))
                ),
            )),
            None => Err(Problem::caller(
                "unknown_workspace",
                format!("there is no workspace named '{asked}'"),
                format!(
                    "give an absolute path, or a name from jackfield.toml (there: {})",
                    names(config.workspaces.keys())
                ),
            )),
        }
    }

    /// The workspace that is meant, known from here on.
    pub(super) async fn known_workspace(&self, asked: &str) -> Result<Workspace, Problem> {
        let place = self.place(Some(asked))?;
        let source = place.source(&self.config()).await?;
        self.ensure_workspace(place.name, &source).await
    }

    pub(super) async fn ensure_workspace(
        &self,
        name: Option<String>,
        source: &Source,
    ) -> Result<Workspace, Problem> {
        let (folder, kind) = match source {
            Source::Git(repository) => (repository.top.clone(), WorkspaceKind::Git),
            Source::Folder { path } => (path.clone(), WorkspaceKind::Folder),
        };
        let own_name = || folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.or_else(own_name).unwrap_or_else(|| "root".into());
        let path = folder.to_string_lossy().into_owned();
        self.store.ensure_workspace(NewWorkspace { name, path, kind }).await.map_err(|error| error.problem())
    }
}

/// A section for `owner/name` that is not there yet: `name`, else `owner-name`.
fn free_name(repo: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = |text: &str| text.replace('.', "-").to_lowercase();
    let short = plain(repo.rsplit('/').next().unwrap_or(repo));
    if is_taken(&short) { plain(&repo.replace('/', "-")) } else { short }
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let listed: Vec<_> = names.map(String::as_str).collect();
    if listed.is_empty() { "none".into() } else { listed.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;
    use crate::config::WorkspaceSection;
    use std::os::unix::fs::symlink;

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
    async fn a_caller_names_folders_within_the_roots_only_however_they_are_written() {
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
        let section =
            WorkspaceSection { path: own.clone(), repo: None, max_concurrent: None, gates: Vec::new() };
        config.workspaces.insert("own".into(), section);
        let builder =
            Host::builder(all.path().join("data")).config(config.clone()).environment([]).watch(false);
        let host = builder.open().await.unwrap();
        let asked = async |folder: &Path| host.0.known_workspace(folder.to_str().unwrap()).await;
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
            assert_eq!(problem.message, same, "nothing is told of what is there");
            assert!(
                problem.remedy.contains("there: own") && problem.remedy.contains("run.roots"),
                "{problem}"
            );
        }
        for missing in [open.join("sight"), open.join("sight/../../closed")] {
            let problem = asked(&missing).await.unwrap_err();
            assert_ne!(
                problem.code, "workspace_out_of_bounds",
                "a slip of the pen is told as one: {problem}"
            );
        }
        config.run.roots.clear();
        host.reconfigure(config).await.unwrap();
        for folder in &outside[..3] {
            assert!(asked(folder).await.is_ok(), "{}: nothing is bounded", folder.display());
        }
        host.shutdown().await;
    }
}
