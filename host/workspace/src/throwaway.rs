//! A small repository to try things in.

use crate::git::Git;
use crate::{Source, WorkspaceError, source};
use std::fs;
use std::io;
use std::path::Path;

/// What is in it: enough for an agent to have something to mend, and to check that it did.
const FILES: &[(&str, &str)] = &[
    ("README.md", "# Greeter\n\nGreets whoever it is told to. `sh test.sh` says whether it does.\n"),
    ("greet.sh", "#!/bin/sh\n# Prints a greeting for the name that is given.\necho \"Hello, $1\"\n"),
    (
        "test.sh",
        "#!/bin/sh\n# Fails when a greeting is not what it should be.\nset -eu\n\
         [ \"$(sh greet.sh Ada)\" = \"Hello, Ada!\" ] || { echo 'greet.sh: the exclamation mark is missing'; exit 1; }\n\
         echo ok\n",
    ),
    (".gitignore", "*.log\n"),
];

/// Makes a repository at `path` with a few files and one commit. Its test fails, for an agent to mend.
///
/// # Errors
/// Where there is something at the path that is not an empty folder, or it cannot be made.
pub async fn throwaway(path: &Path) -> Result<Source, WorkspaceError> {
    fs::create_dir_all(path).map_err(WorkspaceError::file("make the folder", path))?;
    let mut there = path.read_dir().map_err(WorkspaceError::file("read the folder", path))?;
    if there.next().is_some() {
        return Err(WorkspaceError::NotEmpty(path.to_owned()));
    }
    FILES
        .iter()
        .try_for_each(|(name, text)| fs::write(path.join(name), text))
        .map_err(|error: io::Error| WorkspaceError::file("write into", path)(error))?;
    let git = |what: &str| Git::to(what, path);
    git("make a repository")
        .arguments(["init", "--quiet", "--template=", "--initial-branch=main"])
        .run()
        .await?;
    git("add the files").arguments(["add", "--all"]).run().await?;
    git("commit the files")
        .set("commit.gpgSign=false")
        .arguments(["commit", "--quiet", "--message=A greeter that lacks its exclamation mark"])
        .run()
        .await?;
    source(path).await
}
