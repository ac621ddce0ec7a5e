//! One place in a registry, and what it keeps of a component.

use jackfield_types::{Digest, ErrorCode, Operation, PluginRef, Problem};
use oci_client::client::{Client, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, WASM_LAYER_MEDIA_TYPE};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

/// How long a connection may take to come about, and the next bytes after the last.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);
/// Largest component that is fetched, bytes.
const LARGEST: i64 = 128 << 20;
/// What a component's layer calls itself, today and formerly.
const COMPONENT: &str = "application/wasm";
const COMPONENTS: [&str; 2] = [COMPONENT, WASM_LAYER_MEDIA_TYPE];
/// What stands where an image has its configuration.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The signature, on the layer.
const SIGNATURE: &str = "jackfield.signature";

/// A component as it is kept.
pub(super) struct Stored {
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Option<String>,
}

/// One repository of one registry, and a tag or a digest in it.
pub(super) struct OciRepository {
    client: Client,
    reference: Reference,
    login: RegistryAuth,
    plain_http: bool,
}

impl OciRepository {
    /// Reads a reference, `REGISTRY/REPOSITORY[:TAG][@sha256:DIGEST]`, and finds the login for its registry.
    pub(super) async fn at(reference: &str, plain_http: bool) -> Result<Self, Problem> {
        let reference: Reference = reference.parse().map_err(|error| {
            Problem::caller(
                ErrorCode::BadReference,
                format!("'{reference}' is no reference to a component: {error}"),
                "write it like ghcr.io/acme/choosers/careful@sha256:…",
            )
        })?;
        let registry = reference.resolve_registry().to_owned();
        let protocol = if plain_http {
            ClientProtocol::HttpsExcept(vec![registry.clone()])
        } else {
            ClientProtocol::Https
        };
        jackfield_http::install_tls();
        let client = Client::new(ClientConfig {
            protocol,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: concat!("jackfield/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        });
        // It may ask a credential helper, which is a program.
        let login =
            tokio::task::spawn_blocking(move || login(&registry)).await.unwrap_or(RegistryAuth::Anonymous);
        Ok(Self { client, reference, login, plain_http })
    }

    /// As it was given, with its digest.
    pub(super) fn pinned(&self) -> String {
        self.reference.whole()
    }

    /// The component whose manifest has the digest of the reference.
    pub(super) async fn fetch(&self) -> Result<Stored, Problem> {
        let Some(digest) = self.reference.digest() else { return Err(self.no_digest().await) };
        let asked: Digest = digest.parse().map_err(|error| self.unusable(&format!("{error}")))?;
        let (manifest, _) = self
            .client
            .pull_manifest_raw(&self.reference, &self.login, &[OCI_IMAGE_MEDIA_TYPE])
            .await
            .map_err(|error| self.trouble(&error))?;
        if Digest::from_bytes(Sha256::digest(&manifest).into()) != asked {
            return Err(self.unusable("the registry gave another manifest than the one asked for"));
        }
        let manifest: OciImageManifest =
            serde_json::from_slice(&manifest).map_err(|error| self.unusable(&error.to_string()))?;
        let layer = self.component(&manifest)?;
        let size = usize::try_from(layer.size).unwrap_or_default();
        let mut bytes = vec![0; size];
        let mut out = Cursor::new(bytes.as_mut_slice());
        self.client
            .pull_blob(&self.reference, layer, &mut out)
            .await
            .map_err(|error| self.trouble(&error))?;
        if out.position() != size as u64 {
            return Err(self.unusable("the component is shorter than its manifest says"));
        }
        let signature = layer.annotations.as_ref().and_then(|notes| notes.get(SIGNATURE).cloned());
        Ok(Stored { bytes, signature })
    }

    /// The one layer that is a component.
    fn component<'a>(&self, manifest: &'a OciImageManifest) -> Result<&'a OciDescriptor, Problem> {
        let [layer] = manifest.layers.as_slice() else {
            let count = manifest.layers.len();
            return Err(self.unusable(&format!("it has {count} layers, and a component is one")));
        };
        if !COMPONENTS.contains(&layer.media_type.as_str()) {
            let kind = &layer.media_type;
            return Err(self.unusable(&format!("it holds '{kind}', and a component is '{COMPONENT}'")));
        }
        if !(1..=LARGEST).contains(&layer.size) {
            let size = layer.size;
            return Err(
                self.unusable(&format!("its component has {size} bytes, and 1 to {LARGEST} are taken"))
            );
        }
        Ok(layer)
    }

    /// Hands a component in, and gives its reference with the digest.
    pub(super) async fn store(
        &self,
        stored: Stored,
        plugin: &PluginRef,
        summary: Option<&str>,
    ) -> Result<String, Problem> {
        let digest = Digest::from_bytes(Sha256::digest(&stored.bytes).into());
        let config = serde_json::json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [format!("sha256:{digest}")],
        });
        let config = Config::new(config.to_string().into_bytes(), CONFIG.to_owned(), None);
        let signature =
            stored.signature.map(|text| BTreeMap::from([(SIGNATURE.to_owned(), text.trim().to_owned())]));
        let layer = ImageLayer::new(stored.bytes, COMPONENT.to_owned(), signature);
        let title = format!("{} {}", plugin.kind, plugin.name);
        let notes = [
            ("title", title.as_str()),
            ("version", &plugin.version),
            ("description", summary.unwrap_or_default()),
        ];
        let notes = notes.into_iter().filter(|(_, text)| !text.is_empty());
        let notes = notes.map(|(name, text)| (format!("org.opencontainers.image.{name}"), text.to_owned()));
        let manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(notes.collect()));
        self.client
            .auth(&self.reference, &self.login, RegistryOperation::Push)
            .await
            .map_err(|error| self.trouble(&error))?;
        self.client
            .push(&self.reference, &[layer], config, &self.login, Some(manifest))
            .await
            .map_err(|error| self.trouble(&error))?;
        let digest = self
            .client
            .fetch_manifest_digest(&self.reference, &self.login)
            .await
            .map_err(|error| self.trouble(&error))?;
        Ok(self.reference.clone_with_digest(digest).whole())
    }

    /// What to say to somebody who names a tag: it may stand for something else tomorrow.
    async fn no_digest(&self) -> Problem {
        let reference = self.reference.whole();
        match self.client.fetch_manifest_digest(&self.reference, &self.login).await {
            Err(error) => self.trouble(&error),
            Ok(digest) => {
                let pinned = self.reference.clone_with_digest(digest).whole();
                Problem::caller(
                    ErrorCode::NoDigest,
                    format!("{reference} names no digest, and a tag may stand for something else tomorrow"),
                    format!("name the artifact that the tag stands for now: {pinned}"),
                )
                .with(Operation::PullPlugin { reference: pinned, plain_http: self.plain_http })
            }
        }
    }

    fn unusable(&self, why: &str) -> Problem {
        Problem::operator(
            ErrorCode::NotAComponent,
            format!("{} is not used: {why}", self.reference.whole()),
            "pull an artifact with one layer 'application/wasm', or a component that was pushed",
        )
        .with(Operation::PushPlugin)
    }

    /// What the registry's own words come to, and what helps.
    fn trouble(&self, error: &OciDistributionError) -> Problem {
        let (what, registry) = (self.reference.whole(), self.reference.resolve_registry());
        if is_missing(error) {
            return Problem::caller(
                ErrorCode::NotInRegistry,
                format!("{registry} knows no {what}"),
                "check the name and the digest; one that is private looks the same without a login",
            );
        }
        if is_unauthorized(error) {
            return Problem::operator(
                ErrorCode::RegistryLogin,
                format!("{registry} does not let this user at {what}"),
                format!("log in with `docker login {registry}`, or have its entry in ~/.docker/config.json"),
            );
        }
        let trouble = |remedy: &str| {
            Problem::operator(
                ErrorCode::RegistryTrouble,
                format!("{registry}: {}", with_causes(error)),
                remedy,
            )
        };
        match error {
            OciDistributionError::RequestError(_) if !self.plain_http => {
                trouble("check the name and the network; allow plain HTTP for a registry without TLS")
                    .with(Operation::AllowPlainHttp)
            }
            _ => trouble("check the name and the network, and try again"),
        }
    }
}

fn is_missing(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) => true,
        OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|error| {
            matches!(
                error.code,
                OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::BlobUnknown
            )
        }),
        OciDistributionError::ServerError { code, .. } => *code == 404,
        OciDistributionError::RequestError(error) => error.status().is_some_and(|status| status == 404),
        _ => false,
    }
}

fn is_unauthorized(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::AuthenticationFailure(_) | OciDistributionError::UnauthorizedError { .. } => {
            true
        }
        OciDistributionError::RegistryError { envelope, .. } => envelope
            .errors
            .iter()
            .any(|error| matches!(error.code, OciErrorCode::Unauthorized | OciErrorCode::Denied)),
        OciDistributionError::ServerError { code, .. } => matches!(code, 401 | 403),
        _ => false,
    }
}

fn with_causes(error: &OciDistributionError) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = inner.source();
    }
    told
}

/// As `docker login` and its like keep it; nobody is asked.
fn login(registry: &str) -> RegistryAuth {
    use docker_credential::DockerCredential::{IdentityToken, UsernamePassword};
    match docker_credential::get_credential(registry) {
        Ok(UsernamePassword(name, password)) => RegistryAuth::Basic(name, password),
        Ok(IdentityToken(token)) => RegistryAuth::Bearer(token),
        Err(error) => {
            tracing::debug!(%error, registry, "no login for this registry; asking it as nobody");
            RegistryAuth::Anonymous
        }
    }
}
