//! Access tokens: create, list, revoke and authenticate.
//!
//! A token is `jf_ID_SECRET`. The id finds the record; the sha256 of the secret is compared with the recorded one in
//! constant time. The secret is random and as long as its hash, so a slower hash is not needed.

use crate::handles::Access;
use jackfield_access::principal::Principal;
use jackfield_api::{TokenMade, TokenRequest, bounds};
use jackfield_core::moment::moment;
use jackfield_files::random_hex;
use jackfield_store::{AccessToken, NewToken};
use jackfield_types::{ErrorCode, Operation, Problem, Scope, Sees, Timestamp, TokenId};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Prefix of every token, by which secret scanners recognise one.
const BEGINS: &str = "jf_";
/// Random bytes in a secret.
const RANDOM: usize = 32;
/// Longest name, bytes.
const LONGEST_NAME: usize = 64;
/// Names that records use for other principals.
const TAKEN: [&str; 8] =
    ["host", "owner", "cli", "rest", "mcp", "worker", "dashboard", jackfield_model::BOARD];
/// How often the use of a token is recorded.
const USED: Duration = Duration::from_secs(60);

/// A valid token and its principal.
pub struct KnownToken {
    /// The token's id.
    pub token: TokenId,
    /// Its principal.
    pub asker: Principal,
}

impl Access<'_> {
    /// Creates a token. Only this answer contains its text.
    ///
    /// # Errors
    /// A [`Problem`] if the request is invalid or a valid token of that name exists.
    pub async fn create_token(self, request: TokenRequest) -> Result<TokenMade, Problem> {
        self.0.caller.require(Scope::Admin)?;
        bounds::check(&request)?;
        let TokenRequest { name, scopes, sees, expires } = request;
        let name = named(name)?;
        if scopes.is_empty() {
            return Err(Problem::caller(
                ErrorCode::NoScope,
                "the token is to allow nothing",
                "give one or more of read, execute, work, admin",
            ));
        }
        let now = self.0.inner.clock.now();
        let (id, secret) = (TokenId::new(), secret()?);
        let new = NewToken {
            id,
            hash: Sha256::digest(&secret).into(),
            scopes,
            sees: sees.unwrap_or(Sees::Own),
            created_by: self.0.caller.name().to_owned(),
            expires_at: expires.as_deref().map(|text| end(text, now)).transpose()?,
            name: name.clone(),
        };
        let added = self.0.inner.store.tokens().add(new).await?;
        let token = added.ok_or_else(|| {
            Problem::caller(
                ErrorCode::TokenExists,
                format!("there is a token of the name '{name}'"),
                "revoke it first, or take another name",
            )
            .with(Operation::RevokeToken(name))
        })?;
        Ok(TokenMade { text: format!("{BEGINS}{id}_{secret}"), token })
    }

    /// Lists the valid tokens, or all tokens ever created, newest first.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn tokens(self, all: bool) -> Result<Vec<AccessToken>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.store.tokens().list(all).await?)
    }

    /// Revokes the token of this name. The host refuses its calls at once and ends its open streams within seconds.
    /// Returns the token.
    ///
    /// # Errors
    /// A [`Problem`] if no valid token of that name exists.
    pub async fn revoke_token(self, name: &str) -> Result<AccessToken, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let revoked = self.0.inner.store.tokens().revoke(name, self.0.caller.name()).await?;
        revoked.ok_or_else(|| {
            Problem::caller(
                ErrorCode::TokenNotFound,
                format!("there is no token of the name '{name}'"),
                "list the tokens",
            )
            .with(Operation::ListTokens)
        })
    }

    /// Returns the principal of a token's text; `None` if the text is not a token or the token is not valid.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn authenticate(self, text: &str) -> Result<Option<KnownToken>, Problem> {
        let Some((id, secret)) = parts(text) else { return Ok(None) };
        let Some((token, hash)) = self.0.inner.store.tokens().get(id).await? else {
            return Ok(None);
        };
        let shown: [u8; 32] = Sha256::digest(secret).into();
        let now = self.0.inner.clock.now();
        if !bool::from(shown.ct_eq(&hash)) || !token.is_good(now) {
            return Ok(None);
        }
        self.note_use(id, now);
        Ok(Some(KnownToken { token: id, asker: Principal::new(&token.name, token.scopes, token.sees) }))
    }

    /// Returns whether a token is still valid.
    pub async fn still_valid(self, token: TokenId) -> bool {
        match self.0.inner.store.tokens().get(token).await {
            Ok(found) => found.is_some_and(|(token, _)| token.is_good(self.0.inner.clock.now())),
            // A busy disk must not end an open session: the next check decides.
            Err(error) => {
                tracing::warn!(%error, "a token could not be looked at");
                true
            }
        }
    }

    /// Records the use of a token in the background, so that the call does not wait for the disk.
    fn note_use(self, token: TokenId, now: Timestamp) {
        if !self.0.inner.uses.note(token, now, USED) {
            return;
        }
        let store = self.0.inner.store.clone();
        self.0.inner.runs.shared.tasks.spawn(async move {
            if let Err(error) = store.tokens().used(token).await {
                tracing::debug!(%error, "that a token is in use is not on record");
            }
        });
    }
}

fn parts(text: &str) -> Option<(TokenId, &str)> {
    let (id, secret) = text.strip_prefix(BEGINS)?.split_once('_')?;
    Some((id.parse().ok()?, secret))
}

pub(super) fn secret() -> Result<String, Problem> {
    random_hex::<RANDOM>().map_err(|error| {
        Problem::operator(
            ErrorCode::NoRandomness,
            format!("/dev/urandom cannot be read: {error}"),
            "check the /dev of this machine",
        )
    })
}

fn named(name: String) -> Result<String, Problem> {
    let fits = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '_' | '-')
    };
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    if !begins || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(Problem::caller(
            ErrorCode::BadName,
            format!("'{}' is not a name for a token", name.escape_debug()),
            format!(
                "begin with a lower-case letter or a digit, go on with those, `.`, `_` and `-`; at most {LONGEST_NAME}"
            ),
        ));
    }
    if TAKEN.contains(&name.as_str()) {
        return Err(Problem::caller(
            ErrorCode::NameTaken,
            format!("'{name}' stands in records for the host's own owner"),
            "take another name: whose token it is, say",
        ));
    }
    Ok(name)
}

/// Parses an expiry: a duration from now, a date (its end) or a time.
fn end(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let text = text.trim();
    let end = moment(text, |length| now.checked_add(length).ok(), "T23:59:59Z").ok_or_else(|| {
        Problem::caller(
            ErrorCode::BadTime,
            format!("'{text}' is neither a time from now nor a date"),
            "write 90d, 12h, 2027-12-31 or 2027-12-31T17:00:00Z",
        )
    })?;
    if end <= now {
        return Err(Problem::caller(
            ErrorCode::BadTime,
            format!("'{text}' is over already"),
            "give a time that is to come",
        ));
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_expires_after_a_duration_or_at_the_end_of_a_day() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        assert_eq!(end("90d", now).unwrap(), "2027-02-26T12:00:00Z".parse().unwrap());
        assert_eq!(end("12h", now).unwrap(), "2026-11-29T00:00:00Z".parse().unwrap());
        assert_eq!(end("2026-12-31", now).unwrap(), "2026-12-31T23:59:59Z".parse().unwrap());
        for bad in ["", "soon", "2026-11-27", "-5d", "0s"] {
            assert_eq!(end(bad, now).unwrap_err().code, "bad_time", "{bad}");
        }
    }

    #[test]
    fn token_name_with_other_characters_or_a_reserved_one_is_refused() {
        for good in ["ci", "ann.laptop", "build-7"] {
            assert_eq!(named(good.into()).unwrap(), good);
        }
        for bad in ["", "-x", "Ann", "a b", "a\nb", &"x".repeat(65)] {
            assert_eq!(named(bad.into()).unwrap_err().code, "bad_name", "{bad:?}");
        }
        assert_eq!(named("cli".into()).unwrap_err().code, "name_taken");
    }
}
