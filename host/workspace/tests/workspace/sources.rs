//! What a folder is taken for.

use crate::support::{House, git, write};
use jackfield_workspace::{Source, WorkspaceError, source, throwaway};
use std::fs;

async fn code(path: &std::path::Path) -> String {
    source(path).await.unwrap_err().problem().code.to_string()
}

#[tokio::test]
async fn a_folder_deep_in_a_repository_is_that_repository_and_keeps_its_place() {
    let house = House::new();
    let Source::Git(found) = source(&house.repository.join("src")).await.unwrap() else {
        panic!("no repository")
    };
    assert_eq!(found.top, house.repository.canonicalize().unwrap());
    assert_eq!(found.subpath.to_str(), Some("src"));
    assert_eq!(found.common, found.top.join(".git"));
    assert_eq!(found.head.unwrap().as_str(), git(&house.repository, &["rev-parse", "HEAD"]));
    assert_eq!(found.branch.as_deref(), Some("main"));
    assert!(!found.dirty);
}

#[tokio::test]
async fn a_dirty_checkout_and_a_detached_head_are_noticed() {
    let house = House::new();
    write(&house.repository.join("new"), "");
    git(&house.repository, &["checkout", "-q", "--detach"]);
    let Source::Git(found) = house.source().await else { panic!("no repository") };
    assert!(found.dirty);
    assert_eq!(found.branch, None);
}

#[tokio::test]
async fn a_worktree_of_the_users_own_is_the_same_repository_with_another_head() {
    let house = House::new();
    let other = house.home.path().join("-other checkout");
    git(&house.repository, &["worktree", "add", "-q", "-b", "other", other.to_str().unwrap()]);
    let Source::Git(found) = source(&other).await.unwrap() else { panic!("no repository") };
    assert_eq!(found.common, house.repository.canonicalize().unwrap().join(".git"));
    assert_eq!(found.branch.as_deref(), Some("other"));
}

#[tokio::test]
async fn a_folder_without_git_is_a_folder() {
    let home = tempfile::tempdir().unwrap();
    let Source::Folder { path } = source(home.path()).await.unwrap() else { panic!("a repository") };
    assert_eq!(path, home.path().canonicalize().unwrap());
}

#[tokio::test]
async fn an_empty_git_folder_is_no_repository_and_one_that_leads_nowhere_is_told() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".git")).unwrap();
    let inner = home.path().join("inner");
    fs::create_dir_all(inner.join(".git")).unwrap();
    for folder in [home.path(), &inner] {
        assert!(matches!(source(folder).await.unwrap(), Source::Folder { .. }), "{}", folder.display());
    }
    fs::remove_dir(inner.join(".git")).unwrap();
    write(&inner.join(".git"), "gitdir: /nowhere/at/all\n");
    let error = source(&inner).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_worked_in_is_refused_with_what_to_do() {
    let house = House::new();
    let home = house.home.path();
    git(home, &["clone", "-q", "--bare", "repository", "bare"]);
    assert_eq!(code(&home.join("nowhere")).await, "workspace_not_found");
    assert_eq!(code(&house.repository.join("README.md")).await, "workspace_not_a_folder");
    assert_eq!(code(&house.repository.join("README.md/deeper")).await, "workspace_not_a_folder");
    assert_eq!(code(&home.join("bare")).await, "repository_bare");
    assert_eq!(code(&house.repository.join(".git")).await, "repository_internal_folder");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let odd = home.join(std::ffi::OsStr::from_bytes(b"odd\xff"));
        fs::create_dir(&odd).unwrap();
        let error = source(&odd).await.unwrap_err();
        assert!(matches!(error, WorkspaceError::NotText(_)), "{error}");
        assert!(!error.problem().remedy.is_empty());
    }
}

#[tokio::test]
async fn a_throwaway_repository_has_a_failing_test_and_is_not_made_over_something() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("demo");
    let Source::Git(made) = throwaway(&path).await.unwrap() else { panic!("no repository") };
    assert!(made.head.is_some() && !made.dirty);
    assert_eq!(git(&path, &["log", "--format=%an <%ae>"]), "Jackfield <jackfield@localhost>");
    let error = throwaway(&path).await.unwrap_err();
    assert_eq!(error.problem().code, "folder_not_empty");
}
