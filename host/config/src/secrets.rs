//! What most likely is a secret: by the name of what holds it, or by how it looks.

/// How the secrets of well-known services begin.
const BEGINNINGS: [&str; 17] = [
    "sk-",
    "sk_live_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
    "eyJ",
    "hf_",
    "npm_",
    "pypi-",
    "SG.",
];
/// Shortest text with one of these beginnings that is a secret, characters.
const SHORTEST: usize = 16;
/// Shortest unbroken mixture of letters and digits that nobody would write by hand, characters.
const UNBROKEN: usize = 24;

/// Whether a variable of this name most likely holds a secret, as such names go.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // The name of a setting of git, and no key to anything.
    if name.starts_with("GIT_CONFIG_KEY_") {
        return false;
    }
    // `API_KEY_2` is another key.
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    let ends = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"];
    let parts = ["_PASS", "_PWD", "_PAT", "_AUTH"];
    ends.iter().chain(&parts).any(|end| name.ends_with(end))
}

/// Whether a text most likely holds a secret, whatever it is called.
pub fn looks_secret(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || has_password(text) || text.split(is_border).any(is_secret_word)
}

/// `scheme://user:password@host`
fn has_password(text: &str) -> bool {
    let after = text.split("://").skip(1);
    after.filter_map(|rest| rest.split(['/', '?', '#']).next()).any(|authority| {
        let login = authority.rsplit_once('@').map(|(login, _)| login);
        login.and_then(|login| login.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
    })
}

fn is_border(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
}

fn is_secret_word(word: &str) -> bool {
    let known = BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
    let mixed = |part: &str| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        part.len() >= UNBROKEN && digits >= 3 && part.len() - digits >= 3
    };
    (known && word.len() >= SHORTEST) || word.split(|c: char| !c.is_ascii_alphanumeric()).any(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_recognised_by_their_form() {
        for secret in [
            "sk-ant-api03-abcdefgh",
            "Bearer ghp_0123456789abcdef",
            "{\"mcpServers\":{\"x\":{\"headers\":{\"Authorization\":\"Bearer 0123456789abcdef0123456789abcdef\"}}}}",
            "https://me:hunter2@forge.example/x.git",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nabc",
            "eyJhbGciOiJIUzI1NiJ9.e30.x",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
    }

    #[test]
    fn ordinary_text_is_no_secret() {
        for plain in [
            "",
            "50",
            "claude-sonnet-4-5-20250929",
            "https://api.deepseek.com/anthropic",
            "/srv/someone/a-long-folder-name-2/with/many/parts",
            "Bash,Edit,Write,mcp__browser_2__navigate_to_the_page",
            "DEEPSEEK_API_KEY",
            "me@example.com",
            "task-1",
            "sk-short",
        ] {
            assert!(!looks_secret(plain), "{plain}");
        }
    }

    #[test]
    fn secret_name_is_recognised_by_its_end() {
        for name in ["ANTHROPIC_API_KEY", "forge_token", "API_KEY_2", "TOKEN1", "DB_PASS", "NPM_AUTH"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["auth_token_from", "max_output_tokens", "OLDPWD", "PWD", "COMPASS", "PATH"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
