//! The host that a worker works for, over HTTP.

use jackfield_api::remote::{
    Assignment, AssignmentRequest, AttemptProgress, COMMIT, Heartbeat, HeartbeatReply, ProgressReply,
    Registration, RoundResult, SentFile, WorkerTerms,
};
use jackfield_types::{AttemptId, ErrorCode, Operation, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::Commit;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

/// How long after trouble the host is asked again.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a file may take.
const TRANSFER: Duration = Duration::from_secs(30 * 60);

/// The host that a worker works for.
#[derive(Debug, Clone)]
pub struct CoordinatorClient {
    client: Client,
    base: Url,
    token: String,
}

/// Why the host could not be asked.
#[derive(Debug)]
pub enum Trouble {
    /// It may work the next time.
    Passing(String),
    /// It said no.
    Refused(Problem),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passing(why) => f.write_str(why),
            Self::Refused(problem) => write!(f, "{problem}"),
        }
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Problem> {
    let wrong = |why: String| {
        Problem::operator(
            ErrorCode::BadCertificate,
            format!("the certificates in {} cannot be used: {why}", file.display()),
            "give a PEM file with the CA certificates of the host",
        )
    };
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&text).map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("there is none in it".into()));
    }
    Ok(found)
}

impl CoordinatorClient {
    /// `ca`: certificates of whoever signed the host's, besides those that this machine knows.
    pub fn new(host: &str, token: &str, ca: Option<&Path>) -> Result<Self, Problem> {
        let wrong = |why: String| {
            Problem::operator(
                ErrorCode::BadHost,
                format!("'{host}' is not the address of a host: {why}"),
                "give its address, like http://10.0.0.5:7700 or https://jackfield.example.com",
            )
        };
        let mut base = Url::parse(host).map_err(|error| wrong(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(wrong("it is not an http or https address".into()));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = jackfield_http::client()
            .connect_timeout(CONNECT)
            .user_agent(format!("jackfield-worker/{}", jackfield::VERSION))
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_merge(ca.map(certificates).transpose()?.unwrap_or_default())
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { client, base, token: token.to_owned() })
    }

    /// Registers the worker.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn register(
        &self,
        registration: &Registration,
        patience: Duration,
    ) -> Result<WorkerTerms, Trouble> {
        self.post("api/worker/register", registration, patience).await
    }

    /// Ends the registration.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn release(&self, worker: WorkerId, patience: Duration) -> Result<(), Trouble> {
        let said: Result<Value, Trouble> =
            self.post("api/worker/release", &serde_json::json!({ "worker": worker }), patience).await;
        said.map(drop)
    }

    /// Asks for a round to make; none came where the answer is none.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn work(
        &self,
        asked: &AssignmentRequest,
        patience: Duration,
    ) -> Result<Option<Assignment>, Trouble> {
        let patience = patience + Duration::from_secs(asked.wait_s);
        self.post("api/worker/work", asked, patience).await
    }

    /// Renews the lease.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn beat(&self, beat: &Heartbeat, patience: Duration) -> Result<HeartbeatReply, Trouble> {
        let patience = patience + Duration::from_secs(beat.wait_s);
        self.post("api/worker/beat", beat, patience).await
    }

    /// Reports what is new of an attempt.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn news(
        &self,
        attempt: AttemptId,
        news: &AttemptProgress,
        patience: Duration,
    ) -> Result<ProgressReply, Trouble> {
        self.post(&format!("api/worker/attempts/{attempt}/news"), news, patience).await
    }

    /// Reports that a round is over.
    ///
    /// # Errors
    /// A [`Trouble`] where the host does not answer in time, or refuses.
    pub async fn over(&self, over: &RoundResult, patience: Duration) -> Result<(), Trouble> {
        let said: Result<Value, Trouble> = self.post("api/worker/over", over, patience).await;
        said.map(drop)
    }

    /// What is checked out in a workspace of the host: its commit, and whether `file` holds what is needed for it.
    pub async fn fetch(
        &self,
        workspace: WorkspaceId,
        known: Option<&Commit>,
        file: &Path,
    ) -> Result<(Commit, bool), Trouble> {
        let mut url = self.url(&format!("api/worker/workspaces/{workspace}"))?;
        if let Some(known) = known {
            url.query_pairs_mut().append_pair("known", known.as_str());
        }
        let mut response = self.send(self.client.get(url).timeout(TRANSFER)).await?;
        let named = response.headers().get(COMMIT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let commit = Commit::try_from(named.to_owned())
            .map_err(|_| Trouble::Passing("the host does not say which commit it sends".into()))?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok((commit, false));
        }
        let passing = |error: &dyn std::fmt::Display| Trouble::Passing(error.to_string());
        let mut written = tokio::fs::File::create(file).await.map_err(|error| passing(&error))?;
        while let Some(chunk) = response.chunk().await.map_err(|error| passing(&error))? {
            written.write_all(&chunk).await.map_err(|error| passing(&error))?;
        }
        written.sync_all().await.map_err(|error| passing(&error))?;
        Ok((commit, true))
    }

    /// Sends a file of an attempt.
    pub async fn send_file(
        &self,
        worker: WorkerId,
        attempt: AttemptId,
        kind: SentFile,
        file: &Path,
    ) -> Result<(), Trouble> {
        let name = serde_json::to_value(kind).unwrap_or_default();
        let name = name.as_str().unwrap_or_default();
        let mut url = self.url(&format!("api/worker/attempts/{attempt}/{name}"))?;
        url.query_pairs_mut().append_pair("worker", &worker.to_string());
        let opened = tokio::fs::File::open(file).await;
        let opened = opened.map_err(|error| Trouble::Passing(format!("{}: {error}", file.display())))?;
        let body = reqwest::Body::wrap_stream(ReaderStream::new(opened));
        let request = self.client.put(url).header(CONTENT_TYPE, "application/octet-stream").body(body);
        self.send(request.timeout(TRANSFER)).await.map(drop)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        said: &impl Serialize,
        patience: Duration,
    ) -> Result<T, Trouble> {
        let response = self.send(self.client.post(self.url(path)?).json(said).timeout(patience)).await?;
        response.json().await.map_err(|error| Trouble::Passing(said_plainly(&error)))
    }

    fn url(&self, path: &str) -> Result<Url, Trouble> {
        self.base.join(path).map_err(|error| Trouble::Passing(error.to_string()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let response = request.bearer_auth(&self.token).send().await;
        let response = response.map_err(|error| Trouble::Passing(said_plainly(&error)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let document: Value = response.json().await.unwrap_or_default();
        let field = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail = field("detail");
        if detail.is_empty() || status.is_server_error() {
            return Err(Trouble::Passing(format!("the host answered {status}: {detail}")));
        }
        Err(Trouble::Refused(refused(ErrorCode::parse(&field("code")), detail, field("remedy"))))
    }
}

/// The refusal of a request. A refused token gets a remedy for the operator of the worker, because the host's remedy is
/// for clients of its API.
fn refused(code: ErrorCode, message: String, remedy: String) -> Problem {
    let remedy = match code {
        ErrorCode::InsufficientScope | ErrorCode::Unauthorized => {
            "on the machine of the host, create a token with the scope work, and start the worker with it"
        }
        ErrorCode::TokenHasWorker => {
            "stop the other worker; or, on the machine of the host, create a token with the scope work for this one"
        }
        _ => return Problem::caller(code, message, remedy),
    };
    Problem::caller(code, message, remedy).with(Operation::CreateToken(Scope::Work))
}

/// The error and what is behind it, without the address, which the reader knows.
fn said_plainly(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    match (error.is_timeout(), causes.last()) {
        (true, _) => "the host did not answer in time".into(),
        (false, Some(last)) => format!("the host cannot be reached: {last}"),
        (false, None) => "the host cannot be reached".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_of_a_token_names_the_creation_of_another_one() {
        let of = |code| refused(code, "it is refused".to_owned(), "use another token".to_owned());
        for code in [ErrorCode::Unauthorized, ErrorCode::InsufficientScope, ErrorCode::TokenHasWorker] {
            let problem = of(code);
            assert!(problem.remedy.contains("on the machine of the host"), "{problem}");
            assert_eq!(problem.operations, [Operation::CreateToken(Scope::Work)]);
        }
        let other = of(ErrorCode::WorkerGivenUp);
        assert_eq!((&*other.remedy, other.operations.len()), ("use another token", 0));
    }
}
