//! `service`: units for systemd, of one user or of the machine.

use super::args::Global;
use super::output::{Outcome, say_line};
use jackfield_types::{ErrorCode, Problem};
use std::path::{Path, PathBuf};

const USER_UNIT: &str = include_str!("../../../packaging/jackfield.user.service");
const SYSTEM_UNIT: &str = include_str!("../../../packaging/jackfield.service");
/// Where the unit's program stands in them.
const USER_PROGRAM: &str = "%h/.cargo/bin/jackfield serve";

pub(super) fn service(system: bool, install: bool, global: &Global) -> Result<Outcome, Problem> {
    if system {
        say_line(SYSTEM_UNIT.trim_end());
        return Ok(Outcome::Fine);
    }
    let program = std::env::current_exe().map_err(|error| {
        Problem::operator(
            ErrorCode::NoProgram,
            format!("failed to find the path of this program: {error}"),
            "start it by its path",
        )
    })?;
    let unit = user_unit(&program, global);
    if !install {
        say_line(unit.trim_end());
        return Ok(Outcome::Fine);
    }
    let file = place()?;
    let failed = |error: std::io::Error| {
        Problem::operator(
            ErrorCode::CannotWrite,
            format!("failed to write {}: {error}", file.display()),
            "print the unit with `jackfield service` and install it manually",
        )
    };
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    std::fs::write(&file, unit).map_err(failed)?;
    say_line(&format!(
        "written: {}\n\n  systemctl --user daemon-reload\n  systemctl --user enable --now jackfield\n  \
         loginctl enable-linger            # keeps it running after you log out\n  journalctl --user -u jackfield -f",
        file.display()
    ));
    Ok(Outcome::Fine)
}

/// Where systemd looks for a user's own units.
fn place() -> Result<PathBuf, Problem> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let config = config.ok_or_else(|| {
        Problem::operator(
            ErrorCode::NoHome,
            "neither HOME nor XDG_CONFIG_HOME is set",
            "set one of them, or omit --install",
        )
    })?;
    Ok(config.join("systemd/user/jackfield.service"))
}

fn user_unit(program: &Path, global: &Global) -> String {
    let mut line = quoted(&program.to_string_lossy());
    line.push_str(" serve");
    for (flag, path) in [("--data", &global.data), ("--config", &global.config)] {
        if let Some(path) = path {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            line.push_str(&format!(" {flag} {}", quoted(&path.to_string_lossy())));
        }
    }
    USER_UNIT.replace(USER_PROGRAM, &line)
}

/// A word as systemd reads a command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if word.chars().all(plain) { word.to_owned() } else { format!("\"{escaped}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_starts_this_program_whatever_characters_its_path_has() {
        let global =
            Global { data: Some("/srv/50% \"full\"".into()), config: None, json: false, set: Vec::new() };
        let unit = user_unit(Path::new("/opt/my tools/jackfield"), &global);
        assert!(
            unit.contains(
                "\nExecStart=\"/opt/my tools/jackfield\" serve --data \"/srv/50%% \\\"full\\\"\"\n"
            ),
            "{unit}"
        );
        assert!(!unit.contains(".cargo/bin"), "{unit}");
        let plain = Global { data: None, ..global };
        assert!(
            user_unit(Path::new("/usr/bin/jackfield"), &plain)
                .contains("\nExecStart=/usr/bin/jackfield serve\n")
        );
    }
}
