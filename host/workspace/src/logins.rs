//! Logins in addresses, which no error repeats.

/// Addresses without the passwords in them, as git repeats them in its errors: `https://user:password@host`.
pub(crate) fn without_logins(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>');
        let authority = after.split(ends).next().unwrap_or_default();
        let behind = after.get(authority.len()..).unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                clean.push_str("[login]@");
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        rest = behind;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_an_error_loses_its_login() {
        let error = "fatal: unable to access 'https://me:hunter2@forge.example/x.git/': not found";
        let clean = "fatal: unable to access 'https://[login]@forge.example/x.git/': not found";
        assert_eq!(without_logins(error), clean);
        assert_eq!(without_logins("https://token@a/b ssh://c/d"), "https://[login]@a/b ssh://c/d");
        let plain = "see https://forge.example/@me and a@b";
        assert_eq!(without_logins(plain), plain);
    }
}
