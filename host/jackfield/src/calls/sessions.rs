//! Logins of browsers: one-time tickets, sessions, and who a session acts for.
//!
//! A session has two secrets, each of 32 random bytes: one in a cookie, which no script can read, and a key that the page
//! sends as a header. A cookie is sent to every port of its host, and a page of another port can cause requests with it;
//! the key is readable by pages of one origin only. A request needs both. The records hold the sha256 of each.

use crate::handles::Sessions;
use jackfield_access::principal::Principal;
use jackfield_api::LoginTicket;
use jackfield_store::{BrowserSession, Credential, Grantee, NewSession};
use jackfield_types::{ErrorCode, Problem, Scope, Scopes, Sees, SessionId, Timestamp};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The principal of the owner's browser sessions.
const OWNER: &str = "dashboard";
/// How long a ticket is good.
const TICKET: Duration = Duration::from_secs(5 * 60);
/// How long a session lasts at most.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long a session lasts without use.
const IDLE: Duration = Duration::from_secs(12 * 3_600);
/// How often the use of a session is recorded.
const USED: Duration = Duration::from_secs(60);

/// A session that was just opened, with its secrets.
pub struct BrowserLogin {
    /// The session.
    pub session: BrowserSession,
    /// The value of the cookie.
    pub cookie: String,
    /// The key of the page.
    pub key: String,
}

/// A valid session and its principal.
pub struct KnownSession {
    /// The session's id.
    pub session: SessionId,
    /// Its principal.
    pub asker: Principal,
    /// Whether it stands for the owner.
    pub is_owner: bool,
}

impl Sessions<'_> {
    /// Creates a ticket that opens one session of the owner, within five minutes. `owner` is the fingerprint of the
    /// owner's token.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`, or the store cannot be written.
    pub async fn create_ticket(self, owner: &str) -> Result<LoginTicket, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let ticket = super::tokens::secret()?;
        let expires_at = later(self.0.inner.clock.now(), TICKET);
        self.0.inner.store.sessions().add_ticket(hash(&ticket), owner_of(owner), expires_at).await?;
        Ok(LoginTicket { ticket, expires_at })
    }

    /// Exchanges a ticket for a session. Returns `None` if the ticket is unknown, used or expired.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn redeem(self, ticket: &str) -> Result<Option<BrowserLogin>, Problem> {
        let fresh = Fresh::new(self.0.inner.clock.now())?;
        let session = self.0.inner.store.sessions().redeem(hash(ticket), fresh.new.clone()).await?;
        Ok(session.map(|session| fresh.login(session)))
    }

    /// Opens a session of the owner. `owner` is the fingerprint of the owner's token.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`, or the store cannot be written.
    pub async fn open_as_owner(self, owner: &str) -> Result<Option<BrowserLogin>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.open(owner_of(owner)).await
    }

    /// Opens a session with an access token. Returns `None` if the token is not valid.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read or written.
    pub async fn open_with_token(self, text: &str) -> Result<Option<BrowserLogin>, Problem> {
        let Some(known) = self.0.access().authenticate(text).await? else { return Ok(None) };
        self.open(Grantee {
            name: known.asker.name().to_owned(),
            scopes: known.asker.scopes().clone(),
            sees: known.asker.sees(),
            credential: Credential::Token(known.token),
        })
        .await
    }

    async fn open(self, grantee: Grantee) -> Result<Option<BrowserLogin>, Problem> {
        let fresh = Fresh::new(self.0.inner.clock.now())?;
        let session = self.0.inner.store.sessions().open(grantee, fresh.new.clone()).await?;
        Ok(session.map(|session| fresh.login(session)))
    }

    /// Returns the principal of a session; `None` if there is no valid session with this cookie and this key. `owner` is
    /// the fingerprint of the owner's token.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn authenticate(
        self,
        cookie: &str,
        key: &str,
        owner: &str,
    ) -> Result<Option<KnownSession>, Problem> {
        let Some((id, secret)) = parts(cookie) else { return Ok(None) };
        let Some((session, secrets)) = self.0.inner.store.sessions().get(id).await? else { return Ok(None) };
        let same = hash(secret).ct_eq(&secrets.cookie_hash) & hash(key).ct_eq(&secrets.key_hash);
        if !bool::from(same) || !self.is_valid(&session, &secrets.credential, owner).await? {
            return Ok(None);
        }
        self.note_use(&session);
        let is_owner = matches!(secrets.credential, Credential::Owner(_));
        let asker = Principal::new(&session.name, session.scopes, session.sees);
        Ok(Some(KnownSession { session: id, asker, is_owner }))
    }

    /// Returns whether a session is still valid.
    pub async fn still_valid(self, session: SessionId, owner: &str) -> bool {
        let valid = async {
            let found = self.0.inner.store.sessions().get(session).await?;
            let Some((session, secrets)) = found else { return Ok(false) };
            self.is_valid(&session, &secrets.credential, owner).await
        };
        valid.await.unwrap_or_else(|problem: Problem| {
            // A busy disk must not end an open stream: the next check decides.
            tracing::warn!(%problem, "failed to check a browser session");
            true
        })
    }

    /// Returns a session; `None` if it is not valid any more.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn get(self, session: SessionId) -> Result<Option<BrowserSession>, Problem> {
        let found = self.0.inner.store.sessions().get(session).await?;
        Ok(found.map(|(session, _)| session).filter(|session| session.ended_at.is_none()))
    }

    /// Lists the valid sessions, newest first: those of all principals for one with the scope `admin`, else its own.
    /// `owner` is the fingerprint of the owner's token.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn list(self, owner: &str) -> Result<Vec<BrowserSession>, Problem> {
        let mut valid = Vec::new();
        for (session, credential) in self.0.inner.store.sessions().list(self.only_of()).await? {
            if self.is_valid(&session, &credential, owner).await? {
                valid.push(session);
            }
        }
        Ok(valid)
    }

    /// Ends a session: its calls are refused at once, its open streams end within seconds. A principal without the scope
    /// `admin` can end its own.
    ///
    /// # Errors
    /// The problem `session_not_found` if the principal has no such session.
    pub async fn end(self, session: &str) -> Result<BrowserSession, Problem> {
        let missing = || {
            Problem::caller(
                ErrorCode::SessionNotFound,
                format!("there is no browser session '{}'", session.escape_debug()),
                "list the sessions: GET /api/sessions",
            )
        };
        let id: SessionId = session.parse().map_err(|_| missing())?;
        let sessions = self.0.inner.store.sessions();
        let (found, _) = sessions.get(id).await?.ok_or_else(missing)?;
        if self.only_of().is_some_and(|name| name != found.name) {
            return Err(missing());
        }
        sessions.end(id, self.0.caller.name()).await?.ok_or_else(missing)
    }

    /// The only principal whose sessions the caller sees; `None` if it sees those of all.
    fn only_of(&self) -> Option<&str> {
        let caller = &self.0.caller;
        (!caller.scopes().allow(Scope::Admin)).then(|| caller.name())
    }

    async fn is_valid(
        self,
        session: &BrowserSession,
        credential: &Credential,
        owner: &str,
    ) -> Result<bool, Problem> {
        let now = self.0.inner.clock.now();
        let lasts =
            session.ended_at.is_none() && now < session.expires_at && now < later(session.used_at, IDLE);
        Ok(lasts
            && match credential {
                Credential::Owner(fingerprint) => fingerprint == owner,
                Credential::Token(token) => {
                    let found = self.0.inner.store.tokens().get(*token).await?;
                    found.is_some_and(|(token, _)| token.is_good(now))
                }
            })
    }

    /// Records the use of a session in the background, so that the call does not wait for the disk.
    fn note_use(self, session: &BrowserSession) {
        let now = self.0.inner.clock.now();
        if !self.0.inner.session_uses.note(session.id, now, USED) {
            return;
        }
        let (store, id) = (self.0.inner.store.clone(), session.id);
        self.0.inner.runs.shared.tasks.spawn(async move {
            if let Err(error) = store.sessions().used(id).await {
                tracing::debug!(%error, "failed to record the use of a browser session");
            }
        });
    }
}

/// A session that is not on record yet.
struct Fresh {
    new: NewSession,
    cookie: String,
    key: String,
}

impl Fresh {
    fn new(now: Timestamp) -> Result<Self, Problem> {
        let (id, secret, key) = (SessionId::new(), super::tokens::secret()?, super::tokens::secret()?);
        let new = NewSession {
            id,
            cookie_hash: hash(&secret),
            key_hash: hash(&key),
            expires_at: later(now, LONGEST),
        };
        Ok(Self { new, cookie: format!("{id}_{secret}"), key })
    }

    fn login(self, session: BrowserSession) -> BrowserLogin {
        BrowserLogin { session, cookie: self.cookie, key: self.key }
    }
}

fn owner_of(fingerprint: &str) -> Grantee {
    Grantee {
        name: OWNER.to_owned(),
        scopes: Scopes::all(),
        sees: Sees::All,
        credential: Credential::Owner(fingerprint.to_owned()),
    }
}

fn parts(cookie: &str) -> Option<(SessionId, &str)> {
    let (id, secret) = cookie.split_once('_')?;
    Some((id.parse().ok()?, secret))
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}
