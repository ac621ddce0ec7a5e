//! The dashboard: its sources are checked, the committed files are what they build, and a real browser walks through it.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown};
use crate::tools;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file below a folder, by its path.
type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn check(ground: &Ground) -> Outcome {
    ground.compile()?;
    sources(ground)?;
    let Some(browser) = tools::chromium(ground)? else { return Ok(()) };
    let tests = ground.root.join("dashboard/tests");
    shown(
        npm(ground, &tests, &["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )?;
    let mut walk = npm(ground, &tests, &["test"]);
    walk.env("CHROMIUM", browser).env("JACKFIELD", ground.target.join("debug/jackfield"));
    shown(&mut walk)
}

/// Types, unit tests, size, licences, the client's types, and the committed bundle byte by byte.
fn sources(ground: &Ground) -> Outcome {
    let folder = ground.root.join("dashboard");
    shown(&mut npm(ground, &folder, &["ci", "--no-audit", "--no-fund"]))?;
    shown(&mut npm(ground, &folder, &["run", "api:check"]))?;
    let dist = folder.join("dist");
    let committed = files(&dist)?;
    shown(&mut npm(ground, &folder, &["run", "check"]))?;
    let built = files(&dist)?;
    if committed == built {
        return Ok(());
    }
    let differ = |path: &&PathBuf| committed.get(*path) != built.get(*path);
    let all: std::collections::BTreeSet<_> = committed.keys().chain(built.keys()).collect();
    let names: Vec<_> =
        all.iter().filter(|path| differ(path)).map(|path| path.display().to_string()).collect();
    Err(Failure::new(
        format!("dashboard/dist is not what its sources build: {}", names.join(", ")),
        "it is built anew now: commit it with the sources",
    ))
}

fn npm(ground: &Ground, folder: &Path, words: &[&str]) -> Command {
    let mut command = ground.program("npm");
    command.current_dir(folder).args(words);
    command
}

fn files(folder: &Path) -> Outcome<Files> {
    let mut found = Files::new();
    let mut folders = vec![folder.to_owned()];
    let failed =
        |error: std::io::Error| Failure::new(error.to_string(), "see that dashboard/dist can be read");
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).map_err(failed)?);
            }
        }
    }
    Ok(found)
}
