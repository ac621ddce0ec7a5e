//! Looks for what is not its own: above the worktree, at absolute paths, behind links, in what git keeps.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        let paths = [
            "../secret",
            "src/../../secret",
            "/etc/passwd",
            "link",
            "folder-link/secret",
            ".git/config",
            ".GIT/config",
            "pipe",
            "README.md\0",
            "",
            ".",
        ];
        let mut seen: Vec<String> = paths
            .into_iter()
            .filter_map(|path| Some(format!("{path}: {} bytes", evidence::read(path, 100).ok()?.len())))
            .collect();
        for pattern in ["../**", "/**", ".git/**", "**/secret", "**/.git/*"] {
            seen.extend(evidence::files(pattern).unwrap_or_default());
        }
        Ruling { message: format!("saw {seen:?}"), ..ruling() }
    }
}

guest!(Guest);
