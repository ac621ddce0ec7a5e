//! Logins of browsers: one-time tickets, and the sessions that they open.

use super::damaged;
use crate::StoreError;
use crate::file::{Columns, Exact, Sql, Tx, stamp};
use crate::handles::Sessions;
use crate::view::trail::add_event;
use jackfield_model::{By, HostEvent};
use jackfield_sql::{Connection, Row, params};
use jackfield_types::{Scopes, Sees, SessionId, Timestamp, TokenId};
use serde::Serialize;
use std::fmt;

/// The credential that a session was opened with. The session ends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The owner's token, by a fingerprint of it.
    Owner(String),
    /// An access token.
    Token(TokenId),
}

impl Credential {
    fn read(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("owner", fingerprint) => Some(Self::Owner(fingerprint.to_owned())),
            ("token", id) => Some(Self::Token(id.parse().ok()?)),
            _ => None,
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(fingerprint) => write!(f, "owner:{fingerprint}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

/// The principal of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Grantee {
    pub name: String,
    pub scopes: Scopes,
    pub sees: Sees,
    pub credential: Credential,
}

/// A session to record. Both hashes are sha256 of random texts.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewSession {
    pub id: SessionId,
    pub cookie_hash: [u8; 32],
    pub key_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// A session as it is on record. Its secrets are nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct BrowserSession {
    pub id: SessionId,
    /// The principal of its work.
    pub name: String,
    pub scopes: Scopes,
    pub sees: Sees,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// The hashes that the secrets of a session are compared with, and its credential.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct SessionSecrets {
    pub cookie_hash: [u8; 32],
    pub key_hash: [u8; 32],
    pub credential: Credential,
}

impl BrowserSession {
    fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let Grantee { name, scopes, sees, .. } = grantee(row)?;
        Ok(Self {
            id: row.parsed("id")?,
            name,
            scopes,
            sees,
            created_at: row.parsed("created_at")?,
            expires_at: row.parsed("expires_at")?,
            used_at: row.parsed("used_at")?,
            ended_at: row.parsed_opt("ended_at")?,
        })
    }
}

impl Sessions<'_> {
    /// Records a ticket that opens one session of this principal until `expires_at`.
    pub async fn add_ticket(
        self,
        hash: [u8; 32],
        grantee: Grantee,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.exec("DELETE FROM login_tickets WHERE expires_at <= ?1", [stamp(tx.now)])?;
                tx.exec(
                    "INSERT INTO login_tickets (hash, name, scopes, sees, credential, created_at, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        hash,
                        Exact(&grantee.name),
                        grantee.scopes.to_string(),
                        grantee.sees.as_str(),
                        Exact(&grantee.credential.to_string()),
                        stamp(tx.now),
                        stamp(expires_at),
                    ],
                )
                .map(drop)
            })
            .await
    }

    /// Exchanges a ticket for a session. Returns `None` if the ticket is unknown, used or expired.
    pub async fn redeem(
        self,
        ticket: [u8; 32],
        new: NewSession,
    ) -> Result<Option<BrowserSession>, StoreError> {
        self.0
            .write(move |tx| {
                let found =
                    tx.one("SELECT * FROM login_tickets WHERE hash = ?1", params![ticket], |row| {
                        Ok((grantee(row)?, row.parsed::<Timestamp>("expires_at")?))
                    })?;
                tx.exec("DELETE FROM login_tickets WHERE hash = ?1", params![ticket])?;
                match found.filter(|(_, expires_at)| tx.now < *expires_at) {
                    Some((grantee, _)) => insert(tx, &new, &grantee),
                    None => Ok(None),
                }
            })
            .await
    }

    /// Opens a session of this principal.
    pub async fn open(self, grantee: Grantee, new: NewSession) -> Result<Option<BrowserSession>, StoreError> {
        self.0.write(move |tx| insert(tx, &new, &grantee)).await
    }

    /// Returns the session with this id, in any state, with its secrets.
    pub async fn get(self, id: SessionId) -> Result<Option<(BrowserSession, SessionSecrets)>, StoreError> {
        self.0
            .read(move |conn| {
                conn.one("SELECT * FROM browser_sessions WHERE id = ?1", [id.to_string()], |row| {
                    let secrets = SessionSecrets {
                        cookie_hash: row.get("cookie_hash")?,
                        key_hash: row.get("key_hash")?,
                        credential: grantee(row)?.credential,
                    };
                    Ok((BrowserSession::read(row)?, secrets))
                })
            })
            .await
    }

    /// Returns the sessions that have not been ended, newest first, with their credentials: those of one principal, or
    /// all. Some may have expired.
    pub async fn list(self, name: Option<&str>) -> Result<Vec<(BrowserSession, Credential)>, StoreError> {
        let name = name.map(str::to_owned);
        self.0
            .read(move |conn| {
                let sql = "SELECT * FROM browser_sessions WHERE ended_at IS NULL ORDER BY id DESC";
                let mut sessions =
                    conn.all(sql, [], |row| Ok((BrowserSession::read(row)?, grantee(row)?.credential)))?;
                sessions.retain(|(session, _)| name.as_ref().is_none_or(|name| *name == session.name));
                Ok(sessions)
            })
            .await
    }

    /// Ends a session. Returns it; `None` if there is none or it has ended.
    pub async fn end(self, id: SessionId, by: &str) -> Result<Option<BrowserSession>, StoreError> {
        let by = by.to_owned();
        self.0
            .write(move |tx| {
                let Some(found) = open_session(tx, id)? else { return Ok(None) };
                let sql = "UPDATE browser_sessions SET ended_at = ?2 WHERE id = ?1";
                tx.exec(sql, params![id.to_string(), stamp(tx.now)])?;
                add_event(tx, &id.to_string(), &HostEvent::SessionEnded(By { by: by.clone() }))?;
                Ok(Some(BrowserSession { ended_at: Some(tx.now), ..found }))
            })
            .await
    }

    /// Records that a session was used now.
    pub async fn used(self, id: SessionId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let sql = "UPDATE browser_sessions SET used_at = ?2 WHERE id = ?1";
                tx.exec(sql, params![id.to_string(), stamp(tx.now)]).map(drop)
            })
            .await
    }
}

fn insert(tx: &Tx<'_>, new: &NewSession, grantee: &Grantee) -> Result<Option<BrowserSession>, StoreError> {
    // Sessions that are over for long are of no use to anybody; the event log has their logins.
    tx.exec("DELETE FROM browser_sessions WHERE expires_at <= ?1", [stamp(tx.now)])?;
    tx.exec(
        "INSERT INTO browser_sessions
            (id, cookie_hash, key_hash, name, scopes, sees, credential, created_at, expires_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8)",
        params![
            new.id.to_string(),
            new.cookie_hash,
            new.key_hash,
            Exact(&grantee.name),
            grantee.scopes.to_string(),
            grantee.sees.as_str(),
            Exact(&grantee.credential.to_string()),
            stamp(tx.now),
            stamp(new.expires_at),
        ],
    )?;
    add_event(tx, &new.id.to_string(), &HostEvent::SessionOpened(By { by: grantee.name.clone() }))?;
    open_session(tx, new.id)
}

fn open_session(conn: &Connection, id: SessionId) -> Result<Option<BrowserSession>, StoreError> {
    let sql = "SELECT * FROM browser_sessions WHERE id = ?1 AND ended_at IS NULL";
    conn.one(sql, [id.to_string()], BrowserSession::read)
}

fn grantee(row: &Row<'_>) -> jackfield_sql::Result<Grantee> {
    let (scopes, sees): (String, String) = (row.get("scopes")?, row.get("sees")?);
    let credential: String = row.get("credential")?;
    Ok(Grantee {
        name: row.get("name")?,
        scopes: Scopes::parse(&scopes).map_err(|word| damaged("scopes", &word))?,
        sees: Sees::parse(&sees).ok_or_else(|| damaged("sees", &sees))?,
        credential: Credential::read(&credential).ok_or_else(|| damaged("credential", &credential))?,
    })
}
