//! Which files the attempt may change.

use crate::Evidence;
use crate::config::ChangedPaths;
use crate::content::named;
use crate::facts::{ChangedPath, Ruling};
use crate::glob::Globs;
use crate::rule::{measured, number, ruling};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// A file that was renamed is looked at under both of its names. Where the changes are not known, nothing passes.
pub(crate) fn changed_paths(config: &ChangedPaths, evidence: &impl Evidence) -> Result<Ruling, String> {
    let (forbid, allow) = (config.forbid.all("forbid")?, config.allow.all("allow")?);
    if forbid.is_empty() && allow.is_empty() {
        return Err("neither `forbid` nor `allow` is given".to_string());
    }
    let forbidden = Globs::read(&forbid).map_err(|why| format!("`forbid`: {why}"))?;
    let allowed = Globs::read(&allow).map_err(|why| format!("`allow`: {why}"))?;
    let changed = match evidence.changed() {
        Ok(changed) => changed,
        Err(why) => {
            return Ok(ruling(false, format!("which files were changed is not known: {why}"), Vec::new()));
        }
    };
    let fault = |path: &str| match forbidden.matching(path) {
        Some(pattern) => Some(format!("{path} (forbidden by {pattern})")),
        None if !allow.is_empty() && allowed.matching(path).is_none() => {
            Some(format!("{path} (not allowed)"))
        }
        None => None,
    };
    let names = |one: &ChangedPath| [Some(one.path.clone()), one.was.clone()].into_iter().flatten();
    let faults: Vec<String> = changed.iter().flat_map(names).filter_map(|path| fault(&path)).collect();
    let message = match (faults.as_slice(), changed.len()) {
        ([], 0) => "no file was changed".to_string(),
        ([], 1) => "the changed file is allowed".to_string(),
        ([], count) => format!("the {count} changed files are allowed"),
        (faults, _) => format!("forbidden files were changed; revert them: {}", named(faults)),
    };
    let measurements = vec![measured("changed-files", number(changed.len()), "files")];
    Ok(ruling(faults.is_empty(), message, measurements))
}
