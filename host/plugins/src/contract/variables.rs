//! Which variables a plan may give a value of its own. An allow list: what a component describes, and with that asks
//! the operator for, the settings of the program that it was granted, what the operator's own settings say, and a
//! few names that do nothing but change how output looks.

use super::bounds::{Kept, must};
use crate::facts::driving;

/// Names that change how output looks, and nothing else.
const HARMLESS: [&str; 12] = [
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "TERM",
    "CI",
    "LANG",
    "LANGUAGE",
    "DO_NOT_TRACK",
];

/// Names that decide which code runs, or where the program finds its home and its folders. No component gives them a
/// value, described or not.
const NEVER: [&str; 22] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SHELL",
    "USER",
    "LOGNAME",
    "PWD",
    "IFS",
    "ENV",
    "PS4",
    "SHELLOPTS",
    "PROMPT_COMMAND",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "BROWSER",
    "CDPATH",
    "GLOBIGNORE",
    "CLASSPATH",
    "MANPAGER",
];

/// Beginnings of such names: the loader, the C library, git, and interpreters.
const NEVER_BEGINNINGS: [&str; 23] = [
    "LD_",
    "DYLD_",
    "GCONV_",
    "LOCPATH",
    "GLIBC_",
    "MALLOC_",
    "NLSPATH",
    "GIT_",
    "SSH_",
    "BASH",
    "ZDOTDIR",
    "NODE_",
    "NPM_CONFIG_",
    "PYTHON",
    "PERL",
    "RUBY",
    "GEM_",
    "JAVA_",
    "JDK_",
    "_JAVA_",
    "LUA_",
    "PHP",
    "JACKFIELD_",
];

/// One variable of a plan whose value the component chose.
pub(super) fn chosen(
    name: &str,
    value: &driving::Value,
    description: &driving::Description,
    settings: &[(String, String)],
) -> Kept {
    if let driving::Value::Set(value) = value
        && settings.iter().any(|(key, said)| key.strip_prefix("env.") == Some(name) && said == value)
    {
        return Ok(());
    }
    let upper = name.to_ascii_uppercase();
    let never = NEVER.contains(&upper.as_str())
        || NEVER_BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning));
    must(!never, || format!("it sets {name}, which no component may"))?;
    let described = description.environment.iter().any(|known| known.name == name);
    let own = description.programs.iter().any(|program| is_setting_of(name, &program.name));
    must(described || own || HARMLESS.contains(&name), || {
        format!(
            "it sets {name}, which it may not: describe it under `environment`, so that the operator grants it"
        )
    })
}

/// `CODEX_HOME` is a setting of `codex`, and `MY_AGENT_MODE` one of `my-agent`.
fn is_setting_of(name: &str, program: &str) -> bool {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let beginning: String = program.chars().map(plain).collect();
    name.strip_prefix(&beginning).is_some_and(|rest| rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use driving::Value;

    fn described(program: &str, names: &[&str]) -> driving::Description {
        let variable = |name: &&str| driving::Variable { name: (*name).to_owned(), secret: false };
        driving::Description {
            programs: vec![driving::Program { name: program.to_owned(), install: String::new() }],
            environment: names.iter().map(variable).collect(),
            models: Vec::new(),
            default_model: None,
            capabilities: driving::Capabilities::empty(),
        }
    }

    fn set(name: &str, description: &driving::Description, settings: &[(String, String)]) -> Kept {
        chosen(name, &Value::Set("x".to_owned()), description, settings)
    }

    #[test]
    fn a_variable_that_decides_which_code_runs_is_refused_though_it_is_described() {
        let names = [
            "PATH",
            "HOME",
            "TMPDIR",
            "LD_PRELOAD",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "GCONV_PATH",
            "LOCPATH",
            "GLIBC_TUNABLES",
            "GIT_CONFIG_GLOBAL",
            "GIT_DIR",
            "GIT_SSH_COMMAND",
            "PS4",
            "BASH_ENV",
            "ENV",
            "IFS",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "PERL5LIB",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JACKFIELD_TOKEN",
            "JACKFIELD_ATTEMPT",
            "ld_preload",
            "NPM_CONFIG_SCRIPT_SHELL",
        ];
        for name in names {
            for program in ["agent", "git", "node", "bash", "ld", "home"] {
                let why = set(name, &described(program, &[name]), &[]).unwrap_err();
                assert_eq!(why, format!("it sets {name}, which no component may"), "{program}");
            }
            let from = Value::PassFrom("KEY".to_owned());
            assert!(chosen(name, &from, &described("agent", &["KEY", name]), &[]).is_err(), "{name}");
        }
    }

    #[test]
    fn a_variable_that_nobody_granted_is_refused_and_the_programs_own_settings_are_not() {
        let codex = described("codex", &["OPENAI_BASE_URL"]);
        for name in ["OPENAI_BASE_URL", "CODEX_HOME", "NO_COLOR"] {
            assert_eq!(set(name, &codex, &[]), Ok(()), "{name}");
        }
        for name in
            ["ANTHROPIC_BASE_URL", "HTTPS_PROXY", "CODEXHOME", "CODE_X", "RUSTC_WRAPPER", "SSL_CERT_FILE"]
        {
            let why = set(name, &codex, &[]).unwrap_err();
            assert!(why.contains("describe it under `environment`"), "{name}: {why}");
        }
        assert_eq!(set("MY_AGENT_MODE", &described("my-agent", &[]), &[]), Ok(()));
        let settings = [("env.RUSTC_WRAPPER".to_owned(), "x".to_owned())];
        assert_eq!(set("RUSTC_WRAPPER", &codex, &settings), Ok(()), "the operator says so");
        let other = [("env.RUSTC_WRAPPER".to_owned(), "sccache".to_owned())];
        assert!(set("RUSTC_WRAPPER", &codex, &other).is_err(), "another value is not the operator's");
    }
}
