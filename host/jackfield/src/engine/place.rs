//! Resolves the folder of a request, and checks that the caller may name it.

use super::admitted::Admitted;
use super::settings::Settings;
use jackfield_config::{Config, is_repo};
use jackfield_store::{NewWorkspace, RunView, Store, StoreError, Workspace, WorkspaceKind};
use jackfield_types::{ErrorCode, Problem, WorkspaceId};
use jackfield_workspace::{Source, locate};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a request.
#[derive(Debug)]
pub(super) struct Place {
    /// Its name in the configuration, if it has one.
    pub(super) name: Option<String>,
    pub(super) folder: PathBuf,
    /// The configuration named the folder, not the caller.
    configured: bool,
}

impl Place {
    pub(super) const fn is_configured(&self) -> bool {
        self.configured
    }

    /// Returns the repository or folder if it and everything that git reads for it are within `run.roots`. The answer
    /// for a folder out of bounds does not depend on what exists there; a missing folder within the bounds is reported
    /// as missing.
    pub(super) async fn source(&self, config: &Config) -> Result<Source, Problem> {
        let read = async || locate(&self.folder).await.map_err(Problem::from);
        if self.configured || config.run.roots.is_empty() {
            return read().await;
        }
        let roots = roots(config);
        let within = |folder: &Path| roots.iter().any(|root| folder.starts_with(root));
        let refused = || self.out_of_bounds(config);
        // Check before git runs: git executes settings of the repository. A dangling link exists, too.
        let mut there = self.folder.ancestors().filter(|folder| folder.symlink_metadata().is_ok());
        if !there.next().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| within(&folder)) {
            return Err(refused());
        }
        let found = read().await?;
        if is_bounded(&found, config).await? { Ok(found) } else { Err(refused()) }
    }

    fn out_of_bounds(&self, config: &Config) -> Problem {
        let known = names(config.workspaces.keys());
        Problem::caller(
            ErrorCode::WorkspaceOutOfBounds,
            format!("{} is in none of the folders that may be worked in", self.folder.display()),
            format!(
                "name a configured workspace (there: {known}), or a repository in one of the folders of run.roots; \
                 the operator of the host can add its folder there"
            ),
        )
    }
}

/// Whether a folder, its repository and everything that git reads for it are within the roots.
async fn is_bounded(found: &Source, config: &Config) -> Result<bool, Problem> {
    let roots = roots(config);
    let within = |folder: &Path| roots.iter().any(|root| folder.starts_with(root));
    Ok(match found {
        Source::Git(repository) => {
            within(&repository.top)
                && within(&repository.common)
                && repository.borrows_from().await?.iter().all(|place| within(place))
        }
        Source::Folder { path } => within(path),
    })
}

/// The folders that callers may name, with symlinks resolved, including the configured workspaces.
fn roots(config: &Config) -> Vec<PathBuf> {
    let own = config.workspaces.values().map(|section| &section.path).chain(&config.run.workspace);
    // A root that does not exist bounds nothing.
    config.run.roots.iter().chain(own).filter_map(|root| root.canonicalize().ok()).collect()
}

/// Resolves the workspace of a request, and checks that work there is allowed.
pub(crate) struct Places {
    pub(super) store: Store,
    pub(super) settings: Arc<Settings>,
}

impl Places {
    /// Resolves the workspace of a request: a configured name, else `owner/name`, else an absolute path. Without one,
    /// the configured default applies.
    pub(super) fn place(&self, asked: Option<&str>) -> Result<Place, Problem> {
        let configured = |name, folder: &PathBuf| Place { name, folder: folder.clone(), configured: true };
        let config = self.settings.config();
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return match &config.run.workspace {
                Some(folder) => Ok(configured(None, folder)),
                None => Err(Problem::caller(
                    ErrorCode::NoWorkspace,
                    "the request names no workspace, and none is configured",
                    "give `workspace` (the path of a repository or folder), or set run.workspace in jackfield.toml",
                )),
            };
        };
        // Forges compare repository names without case.
        let is_asked =
            |repo: &Option<String>| repo.as_ref().is_some_and(|repo| repo.eq_ignore_ascii_case(asked));
        let by_name = config.workspaces.get_key_value(asked);
        match by_name.or_else(|| config.workspaces.iter().find(|(_, section)| is_asked(&section.repo))) {
            Some((name, section)) => Ok(configured(Some(name.clone()), &section.path)),
            None if Path::new(asked).is_absolute() => {
                Ok(Place { name: None, folder: asked.into(), configured: false })
            }
            None if is_repo(asked) => Err(Problem::caller(
                ErrorCode::UnknownWorkspace,
                format!("no workspace is a clone of {asked}"),
                format!(
                    "clone it, and add to jackfield.toml:\n[workspaces.{}]\npath = \"/path/to/the/clone\"\nrepo = \"{asked}\"",
                    free_name(asked, |name| config.workspaces.contains_key(name))
                ),
            )),
            None => Err(Problem::caller(
                ErrorCode::UnknownWorkspace,
                format!("there is no workspace named '{asked}'"),
                format!(
                    "give an absolute path, or a name from jackfield.toml (there: {})",
                    names(config.workspaces.keys())
                ),
            )),
        }
    }

    /// The path of a workspace that the request names by id; `None` if the request names it otherwise.
    pub(super) async fn path_of_workspace(&self, asked: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(id) = asked.and_then(|asked| asked.parse::<WorkspaceId>().ok()) else { return Ok(None) };
        match self.store.workspaces().get(id).await {
            Ok(known) => Ok(Some(known.path)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.problem()),
        }
    }

    /// Returns the place of a recorded run: the admitted one, whatever its name in the request means now.
    pub(super) async fn place_again(
        &self,
        view: &RunView,
        asked: Option<&str>,
        workspace: &Workspace,
    ) -> Result<(Source, Option<Admitted>), Problem> {
        let Some(kept) = view.run.place.clone() else {
            // An older version recorded no place. The name may be gone from the configuration.
            let by_path = || Place { name: None, folder: PathBuf::from(&workspace.path), configured: false };
            let place = self.place(asked).unwrap_or_else(|_| by_path());
            return Ok((place.source(&self.settings.config()).await?, None));
        };
        let admitted: Admitted = serde_json::from_value(kept).map_err(|error| {
            Problem::operator(
                ErrorCode::UnreadableRequest,
                format!("failed to read where run {} may work: {error}", view.run.id),
                "ask again; the run was recorded by another version",
            )
        })?;
        let found = admitted.found().await?;
        if Admitted::of(&found, admitted.configured).leads_to(&admitted) {
            Ok((found, Some(admitted)))
        } else {
            Err(admitted.replaced())
        }
    }

    /// Checks that a run may start in its admitted place: it still holds the same folder and repository, and is within
    /// the bounds of the current configuration.
    ///
    /// # Errors
    /// A [`Problem`] if the place changed or is out of bounds.
    pub(super) async fn may_work(&self, order: &super::resolved_request::Order) -> Result<(), Problem> {
        let Some(admitted) = &order.admitted else { return Ok(()) };
        let found = admitted.found().await?;
        if Admitted::of(&found, admitted.configured) != *admitted {
            return Err(admitted.replaced());
        }
        let config = self.settings.config();
        if admitted.configured || config.run.roots.is_empty() || is_bounded(&found, &config).await? {
            return Ok(());
        }
        let place = Place { name: None, folder: admitted.folder.clone(), configured: false };
        Err(place.out_of_bounds(&config))
    }

    /// Resolves a workspace and records it if it is new.
    pub(super) async fn known_workspace(&self, asked: &str) -> Result<Workspace, Problem> {
        let place = self.place(Some(asked))?;
        let source = place.source(&self.settings.config()).await?;
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
        Ok(self.store.workspaces().ensure(NewWorkspace { name, path, kind }).await?)
    }
}

/// A free section name for `owner/name`: `name`, else `owner-name`.
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
    use jackfield_config::WorkspaceSection;
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
        let asked = async |folder: &Path| host.inner.places.known_workspace(folder.to_str().unwrap()).await;
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

    /// A host that bounds folders to `open`, and a repository in it and one outside.
    async fn bounded(all: &Path) -> (Host, Config, PathBuf, PathBuf) {
        let (open, closed) = (made(all.join("open")), made(all.join("closed/private")));
        let site = made(open.join("site"));
        for repository in [&site, &closed] {
            git(repository, &["init", "-q"]);
        }
        let mut config = Config::default();
        config.run.roots = vec![open];
        let builder = Host::builder(all.join("data")).config(config.clone()).environment([]).watch(false);
        (builder.open().await.unwrap(), config, site, closed)
    }

    async fn order(host: &Host, workspace: &Path) -> Result<super::super::resolved_request::Order, Problem> {
        let workspace = Some(workspace.to_str().unwrap().to_owned());
        host.inner
            .orders
            .order(jackfield_api::ExecuteRequest { workspace, ..jackfield_api::ExecuteRequest::new("do it") })
            .await
    }

    #[tokio::test]
    async fn a_run_begins_only_where_it_was_admitted() {
        let all = tempfile::tempdir().unwrap();
        let (host, mut config, site, closed) = bounded(&all.path().canonicalize().unwrap()).await;
        let admitted = order(&host, &site).await.unwrap();
        assert!(host.inner.places.may_work(&admitted).await.is_ok(), "nothing has changed");
        let code = async || host.inner.places.may_work(&admitted).await.unwrap_err().code;

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
        assert!(host.inner.places.may_work(&admitted).await.is_ok(), "it is back");

        config.run.roots = vec![all.path().join("closed")];
        host.reconfigure(config.clone()).await.unwrap();
        assert_eq!(code().await, "workspace_out_of_bounds", "the bounds are those of now");
        config.run.roots.clear();
        host.reconfigure(config).await.unwrap();
        assert!(host.inner.places.may_work(&admitted).await.is_ok());
        host.shutdown().await;
    }

    #[tokio::test]
    async fn a_repository_that_git_reads_from_outside_the_bounds_is_out_of_them() {
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
        std::fs::write(other.join(".git/objects/info/alternates"), format!("{}\n", outside.display()))
            .unwrap();
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
}
