//! Components to and from a registry of the OCI kind: where an organisation keeps what its hosts may run.
//!
//! A component is one layer of a manifest, as the Wasm working group has it. What is pulled is named by the sha256
//! of its manifest, which names the sha256 of the component: whoever has the reference knows the bytes, whatever
//! the registry says. A signature travels as an annotation of the layer.

mod oci_repository;

use jackfield::Host;
use jackfield_files::write_private;
use jackfield_plugins::{CheckReport, CheckVerdict, signature_of};
use jackfield_types::{Digest, ErrorCode, Operation, PluginRef, Problem};
use oci_repository::{OciRepository, Stored};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is known of a component that was fetched.
#[derive(Debug, Clone, Serialize)]
pub struct Pulled {
    /// Where it was, with the digest of its manifest.
    pub reference: String,
    /// Where it is now.
    pub file: PathBuf,
    /// Whether a signature came with it, and is beside it.
    pub signed: bool,
    /// Who it is, and what became of it. One that is held is in the folder and waits for a grant.
    pub check: CheckReport,
}

/// What is known of a component that was handed in.
#[derive(Debug, Clone, Serialize)]
pub struct Pushed {
    /// Where it is, with the digest of its manifest: what others pull.
    pub reference: String,
    /// Who it is.
    pub plugin: PluginRef,
    /// sha256 of the component itself.
    pub digest: Digest,
    /// Whether its signature went with it.
    pub signed: bool,
}

/// Fetches a component by the digest of its manifest, checks it, and drops it in: it serves from then on, as any
/// file that is dropped. `plain_http` says that the registry has no TLS.
///
/// # Errors
/// A [`Problem`] where the reference names no digest (it tells which one the tag stands for now), the registry
/// does not give it, what it gives is something else, or the component would not be taken; then nothing is
/// dropped.
pub async fn pull(host: &Host, reference: &str, plain_http: bool) -> Result<Pulled, Problem> {
    let repository = OciRepository::at(reference, plain_http).await?;
    let Stored { bytes, signature } = repository.fetch().await?;
    let scratch = host.plugins().folder().join(format!(".pulled-{}", std::process::id()));
    let whole = Scratch(scratch);
    let file = whole.0.join("component.wasm");
    put(&file, &bytes, signature.as_deref())?;
    let mut check = host.plugins().check(&file).await?;
    let plugin = taken(&check, &repository)?;
    let target = host.plugins().folder().join(format!("{}.wasm", plugin.name));
    // The signature first: a file is judged as soon as it is there.
    match &signature {
        Some(_) => rename(&signature_of(&file), &signature_of(&target))?,
        None => drop(std::fs::remove_file(signature_of(&target))),
    }
    rename(&file, &target)?;
    host.plugins().rescan().await?;
    check.file.clone_from(&target);
    Ok(Pulled { reference: repository.pinned(), file: target, signed: signature.is_some(), check })
}

/// Hands a component in, with the signature beside its file where there is one.
///
/// # Errors
/// A [`Problem`] where the file is no component that a host would take, or the registry does not take it.
pub async fn push(host: &Host, file: &Path, reference: &str, plain_http: bool) -> Result<Pushed, Problem> {
    let check = host.plugins().check(file).await?;
    let Some(plugin) = check.plugin.clone() else {
        return Err(Problem::author(
            ErrorCode::UnsoundComponent,
            format!("{} is no component that a host would take", file.display()),
            "check the file: the check says why",
        )
        .with(Operation::CheckPluginFile(Some(file.to_owned()))));
    };
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
    let signature = std::fs::read_to_string(signature_of(file)).ok();
    let signed = signature.is_some();
    let repository = OciRepository::at(reference, plain_http).await?;
    let reference = repository.store(Stored { bytes, signature }, &plugin, check.summary.as_deref()).await?;
    Ok(Pushed { reference, plugin, digest: check.digest, signed })
}

/// Who it is, where it would serve, or would as soon as it is granted what it asks for.
fn taken(check: &CheckReport, repository: &OciRepository) -> Result<PluginRef, Problem> {
    let refused = |reason: &str| {
        Problem::operator(
            ErrorCode::PulledAndRefused,
            format!("{} was fetched, and is not taken: {reason}", repository.pinned()),
            "nothing was dropped; ask its author for one that this host takes",
        )
    };
    match (&check.verdict, &check.plugin) {
        (CheckVerdict::WouldServe | CheckVerdict::WouldBeHeld { .. }, Some(plugin)) => Ok(plugin.clone()),
        (
            CheckVerdict::WouldBeRejected { reason, .. }
            | CheckVerdict::Barred { reason }
            | CheckVerdict::Quarantined { reason },
            _,
        ) => Err(refused(reason)),
        (_, None) => Err(refused("it does not say who it is")),
    }
}

/// A folder beside the dropped files, on the same file system, that goes when this does.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn put(file: &Path, bytes: &[u8], signature: Option<&str>) -> Result<(), Problem> {
    let written = write_private(file, bytes).and_then(|()| match signature {
        Some(text) => write_private(&signature_of(file), text.as_bytes()),
        None => Ok(()),
    });
    written.map_err(|error| not_dropped(file, &error))
}

fn rename(from: &Path, to: &Path) -> Result<(), Problem> {
    std::fs::rename(from, to).map_err(|error| not_dropped(to, &error))
}

fn not_dropped(file: &Path, error: &std::io::Error) -> Problem {
    Problem::operator(
        ErrorCode::NotDropped,
        format!("{} cannot be written: {error}", file.display()),
        "check the permissions of the plugin folder and the room on its disk",
    )
}

fn unreadable(file: &Path, error: &std::io::Error) -> Problem {
    Problem::caller(
        ErrorCode::CannotRead,
        format!("{} cannot be read: {error}", file.display()),
        "name a .wasm file that is yours to read",
    )
}
