//! Where git reads a repository from besides its own git folder: object folders that it borrows from others,
//! symlinks in place of its own folders, and local repositories that it fetches missing objects from.

use crate::git::Git;
use crate::{Repository, WorkspaceError};
use std::fs;
use std::path::{Path, PathBuf};

/// How deep git itself follows alternates of alternates.
const DEEPEST: usize = 6;
/// Most places that are followed; more than any repository has a use for.
const MOST: usize = 1_000;
/// Largest file of alternates that is read, bytes.
const LARGEST: u64 = 1 << 20;

impl Repository {
    /// Every place outside its own git folder from which git reads this repository, real where it is there. A place
    /// that cannot be read is named as it is written.
    ///
    /// # Errors
    /// Where git refuses to read its configuration.
    pub async fn borrows_from(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let mut found = Found { common: &self.common, places: Vec::new() };
        found.links(&self.common, 3);
        found.objects(&self.common.join("objects"), DEEPEST);
        found.places.extend(self.fetches_from().await?);
        Ok(found.places)
    }

    /// Local repositories that git would fetch missing objects from (partial clones).
    async fn fetches_from(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let what = "read the configuration of the repository";
        let answer = Git::to(what, &self.top)
            .arguments(["config", "--null", "--get-regexp"])
            .argument(r"^(remote\..*\.(promisor|partialclonefilter|url)|extensions\.partialclone)$")
            .ask()
            .await?;
        let said = String::from_utf8_lossy(&answer.stdout).into_owned();
        let settings = || said.split('\0').filter_map(|setting| setting.split_once('\n'));
        let is_url = |name: &str| name.ends_with(".url");
        if !settings().any(|(name, _)| !is_url(name)) {
            return Ok(Vec::new());
        }
        let urls = settings().filter(|(name, _)| is_url(name)).map(|(_, url)| url);
        Ok(urls.filter_map(local).map(|path| real(&self.top.join(path))).collect())
    }
}

/// The path of an address that is one of this machine; none where it is another's.
fn local(url: &str) -> Option<PathBuf> {
    if let Some(path) = url.strip_prefix("file://") {
        return Some(path.into());
    }
    let before = url.split('/').next().unwrap_or_default();
    // As git tells them apart: `host:path` and `scheme://` are elsewhere.
    (!before.contains(':')).then(|| url.into())
}

struct Found<'a> {
    common: &'a Path,
    places: Vec<PathBuf>,
}

impl Found<'_> {
    fn add(&mut self, place: &Path) -> bool {
        let place = real(place);
        if place.starts_with(self.common) || self.places.contains(&place) || self.places.len() >= MOST {
            return false;
        }
        self.places.push(place);
        true
    }

    /// Symlinks among the files and folders that git reads, some levels deep.
    fn links(&mut self, folder: &Path, depth: usize) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            // Hooks are never run here, and may be links to a team's own.
            if entry.file_name() == "hooks" {
                continue;
            }
            if kind.is_symlink() {
                self.add(&entry.path());
            } else if kind.is_dir() && depth > 1 {
                self.links(&entry.path(), depth - 1);
            }
        }
    }

    /// The object folders that one borrows from, and theirs.
    fn objects(&mut self, objects: &Path, depth: usize) {
        let list = objects.join("info/alternates");
        let Ok(facts) = list.metadata() else { return };
        if depth == 0 || facts.len() > LARGEST {
            self.add(&list);
            self.places.push(list);
            return;
        }
        let text = fs::read(&list).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('"') {
                // Quoted as C does; whoever bounds folders need not read it, and nothing starts so.
                self.places.push(line.into());
                continue;
            }
            let other = objects.join(line);
            if self.add(&other) {
                self.links(&other, 2);
                self.objects(&other, depth - 1);
            }
        }
    }
}

fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    // What is not there yet is judged by the folder that it would be in.
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_told_from_one_of_another() {
        for (url, path) in [
            ("/srv/a", Some("/srv/a")),
            ("file:///srv/a", Some("/srv/a")),
            ("../a", Some("../a")),
            ("./a:b", Some("./a:b")),
            ("https://example.com/a", None),
            ("ssh://example.com/a", None),
            ("git@example.com:a", None),
        ] {
            assert_eq!(local(url), path.map(PathBuf::from), "{url}");
        }
    }
}
