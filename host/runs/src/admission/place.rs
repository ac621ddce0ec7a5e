//! Resolves the folder of a request, and checks that the caller may name it.

use crate::admission::admitted::Admitted;
use jackfield_config::{Config, is_repo};
use jackfield_core::settings::Settings;
use jackfield_store::{NewWorkspace, RunView, Store, StoreError, Workspace, WorkspaceKind};
use jackfield_types::{ErrorCode, Problem, WorkspaceId};
use jackfield_workspace::{Source, locate};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a request.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its name in the configuration, if it has one.
    pub(crate) name: Option<String>,
    pub(crate) folder: PathBuf,
    /// The configuration named the folder, not the caller.
    configured: bool,
}

impl Place {
    pub(crate) const fn is_configured(&self) -> bool {
        self.configured
    }

    /// Returns the repository or folder if it and everything that git reads for it are within `run.roots`. The answer
    /// for a folder out of bounds does not depend on what exists there; a missing folder within the bounds is reported
    /// as missing.
    pub(crate) async fn source(&self, config: &Config) -> Result<Source, Problem> {
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
pub struct Places {
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
}

impl Places {
    /// Resolves the workspace of a request: a configured name, else `owner/name`, else an absolute path. Without one,
    /// the configured default applies.
    pub(crate) fn place(&self, asked: Option<&str>) -> Result<Place, Problem> {
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
    pub(crate) async fn path_of_workspace(&self, asked: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(id) = asked.and_then(|asked| asked.parse::<WorkspaceId>().ok()) else { return Ok(None) };
        match self.store.workspaces().get(id).await {
            Ok(known) => Ok(Some(known.path)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.problem()),
        }
    }

    /// Returns the place of a recorded run: the admitted one, whatever its name in the request means now.
    pub(crate) async fn place_again(
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
    pub async fn may_work(&self, order: &crate::admission::resolved_request::Order) -> Result<(), Problem> {
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
    pub async fn known_workspace(&self, asked: &str) -> Result<Workspace, Problem> {
        let place = self.place(Some(asked))?;
        let source = place.source(&self.settings.config()).await?;
        self.ensure_workspace(place.name, &source).await
    }

    pub(crate) async fn ensure_workspace(
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
