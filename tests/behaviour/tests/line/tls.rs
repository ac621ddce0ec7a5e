//! TLS: connections from other machines, also of a worker, and a renewed certificate.

use crate::actors::shell;
use jackfield_behaviour::{Ground, until_told};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A certificate authority, and the files of the certificate that the host uses.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

impl Authority {
    fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca = folder.join("ca.pem");
        std::fs::write(&ca, params.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Self { issuer, ca, cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// The host's certificate, good for these names from now on. Beside and renamed, as those do who renew them.
    fn sign(&self, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        for (file, text) in [(&self.key, key.serialize_pem()), (&self.cert, cert.pem())] {
            let beside = file.with_extension("new");
            std::fs::write(&beside, text).unwrap();
            std::fs::rename(beside, file).unwrap();
        }
    }

    fn client(&self) -> Client {
        let ca = Certificate::from_pem(&std::fs::read(&self.ca).unwrap()).unwrap();
        jackfield_http::client().no_proxy().tls_certs_only([ca]).pool_max_idle_per_host(0).build().unwrap()
    }
}

#[tokio::test]
async fn server_with_a_certificate_is_reachable_over_tls_and_shows_a_renewed_one() {
    let files = tempfile::tempdir().unwrap();
    let authority = Authority::new(files.path());
    authority.sign(&["127.0.0.1"]);
    let config = |extra: &str| {
        let (cert, key) = (authority.cert.display(), authority.key.display());
        format!("[server]\ntls_cert = '{cert}'\ntls_key = '{key}'\nnames = ['0.0.0.0']\n[run]\n{extra}")
    };
    let ground = Ground::new().with_config(&config("here = false"));
    let there = Ground::new().with("JACKFIELD_WORKER_CA", authority.ca.display().to_string());
    let repository = ground.repository();
    // Not loopback: it listens there because it has TLS.
    let server = ground.serve_on("0.0.0.0:0").await;
    let url = format!("https://127.0.0.1:{}", server.port());

    let health = authority.client().get(format!("{url}/health")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    assert_eq!(health.version(), reqwest::Version::HTTP_11);
    let plain = jackfield_http::client().no_proxy().build().unwrap();
    let spoken = plain.get(format!("http://127.0.0.1:{}/health", server.port())).send().await;
    assert!(spoken.is_err(), "nothing is said without TLS: {spoken:?}");
    let stranger = plain.get(format!("{url}/health")).send().await;
    assert!(stranger.is_err(), "and nobody believes a certificate that nobody signed: {stranger:?}");

    let worker = there.work_for(&url, server.token(), 1, None).await;
    let post = |path: &str, body: Value| {
        authority.client().post(format!("{url}{path}")).bearer_auth(server.token()).json(&body).send()
    };
    let handle: Value =
        post("/tasks/dispatch", shell(&repository, "echo there")).await.unwrap().json().await.unwrap();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    until_told("the run's end, on a worker that came over TLS", async || {
        let path = format!("{url}/api/runs/{run}");
        let view = authority.client().get(path).bearer_auth(server.token()).send().await.unwrap();
        (view.json::<Value>().await.unwrap()["run"]["state"] == "succeeded").then_some(())
    })
    .await;
    worker.stop().await;

    // A name that the first certificate does not have.
    let by_name = format!("https://localhost:{}/health", server.port());
    assert!(authority.client().get(&by_name).send().await.is_err());
    authority.sign(&["127.0.0.1", "localhost"]);
    until_told("the renewed certificate", async || {
        authority
            .client()
            .get(&by_name)
            .send()
            .await
            .ok()
            .map(|health| assert_eq!(health.status(), StatusCode::OK))
    })
    .await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn server_without_a_certificate_listens_on_loopback_only() {
    let ground = Ground::new();
    let refused = ground.cli().run(["serve", "--listen", "0.0.0.0:0", "--json"]).await;
    assert_eq!((refused.code, &refused.problem()["code"]), (2, &json!("not_loopback")), "{refused:#?}");
    assert!(refused.problem()["remedy"].as_str().unwrap().contains("tls_cert"));
    let half = ground.cli().run(["serve", "--set", "server.tls_cert=/nowhere.pem", "--json"]).await;
    assert_eq!(half.code, 2, "{half:#?}");
    assert!(half.stderr.contains("tls_key"), "{half:#?}");
    ground.leave();
}
