//! Access tokens: create, find, list and revoke; browser sessions.

mod sessions;

pub use sessions::{BrowserSession, Credential, Grantee, NewSession, SessionSecrets};

use crate::StoreError;
use crate::file::{Columns, Exact, Sql, stamp};
use crate::handles::Tokens;
use crate::view::trail::add_event;
use jackfield_model::{By, HostEvent};
use jackfield_types::{Scopes, Sees, Timestamp, TokenId};

use jackfield_sql::{Connection, Row, ValueRef, params};
use serde::Serialize;

/// A token to record.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewToken {
    pub id: TokenId,
    /// The principal of its work.
    pub name: String,
    /// The sha256 of its secret.
    pub hash: [u8; 32],
    pub scopes: Scopes,
    pub sees: Sees,
    pub created_by: String,
    /// `None` if it does not expire.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is on record. Its secret is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct AccessToken {
    pub id: TokenId,
    pub name: String,
    pub scopes: Scopes,
    pub sees: Sees,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// When it was last let in, to the minute.
    pub used_at: Option<Timestamp>,
}

impl AccessToken {
    /// Whether the token is valid at this time.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let words: String = row.get("scopes")?;
        let scopes = Scopes::parse(&words).map_err(|word| damaged("scopes", &word))?;
        let sees: String = row.get("sees")?;
        Ok(Self {
            id: row.parsed("id")?,
            name: row.get("name")?,
            scopes,
            sees: Sees::parse(&sees).ok_or_else(|| damaged("sees", &sees))?,
            created_by: row.get("created_by")?,
            created_at: row.parsed("created_at")?,
            expires_at: row.parsed_opt("expires_at")?,
            revoked_at: row.parsed_opt("revoked_at")?,
            used_at: row.parsed_opt("used_at")?,
        })
    }
}

fn damaged(column: &str, found: &str) -> jackfield_sql::Error {
    jackfield_sql::Error::unreadable(column, ValueRef::Text(found))
}

impl Tokens<'_> {
    /// Records a token. Returns `None` if a valid token of that name exists; an expired one gives up its name.
    pub async fn add(self, new: NewToken) -> Result<Option<AccessToken>, StoreError> {
        self.0
            .write(move |tx| {
                let in_use = of_name(tx, &new.name)?.filter(|found| found.is_good(tx.now));
                if in_use.is_some() {
                    return Ok(None);
                }
                tx.exec(
                    "UPDATE access_tokens SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL",
                    params![Exact(&new.name), stamp(tx.now)],
                )?;
                tx.exec(
                "INSERT INTO access_tokens (id, name, hash, scopes, sees, created_by, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    new.id.to_string(),
                    Exact(&new.name),
                    new.hash,
                    new.scopes.to_string(),
                    new.sees.as_str(),
                    new.created_by,
                    stamp(tx.now),
                    new.expires_at.map(stamp),
                ],
            )?;
                add_event(tx, &new.name, &HostEvent::TokenCreated(By { by: new.created_by.clone() }))?;
                of_name(tx, &new.name)
            })
            .await
    }

    /// Returns the token with this id, in any state, with the sha256 of its secret.
    pub async fn get(self, id: TokenId) -> Result<Option<(AccessToken, [u8; 32])>, StoreError> {
        self.0
            .read(move |conn| {
                conn.one("SELECT * FROM access_tokens WHERE id = ?1", [id.to_string()], |row| {
                    Ok((AccessToken::read(row)?, row.get("hash")?))
                })
            })
            .await
    }

    /// Returns tokens, newest first: the valid ones, or all.
    pub async fn list(self, all: bool) -> Result<Vec<AccessToken>, StoreError> {
        let now = self.0.clock().now();
        let sql = "SELECT * FROM access_tokens ORDER BY id DESC";
        let mut tokens = self.0.read(move |conn| conn.all(sql, [], AccessToken::read)).await?;
        tokens.retain(|token| all || token.is_good(now));
        Ok(tokens)
    }

    /// Revokes the token of this name. Returns it; `None` if there is none.
    pub async fn revoke(self, name: &str, by: &str) -> Result<Option<AccessToken>, StoreError> {
        let (name, by) = (name.to_owned(), by.to_owned());
        self.0
            .write(move |tx| {
                let Some(found) = of_name(tx, &name)? else { return Ok(None) };
                tx.exec(
                    "UPDATE access_tokens SET revoked_at = ?2 WHERE id = ?1",
                    params![found.id.to_string(), stamp(tx.now)],
                )?;
                add_event(tx, &name, &HostEvent::TokenRevoked(By { by: by.clone() }))?;
                Ok(Some(AccessToken { revoked_at: Some(tx.now), ..found }))
            })
            .await
    }

    /// Records that a token was used now.
    pub async fn used(self, id: TokenId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let sql = "UPDATE access_tokens SET used_at = ?2 WHERE id = ?1";
                tx.exec(sql, params![id.to_string(), stamp(tx.now)]).map(drop)
            })
            .await
    }
}

fn of_name(conn: &Connection, name: &str) -> Result<Option<AccessToken>, StoreError> {
    let sql = "SELECT * FROM access_tokens WHERE name = ?1 AND revoked_at IS NULL";
    conn.one(sql, [name], AccessToken::read)
}
