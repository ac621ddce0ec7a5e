//! Who a component comes from: a detached Ed25519 signature over its bytes, in `NAME.wasm.sig` beside the
//! file. Where the operator lists keys, nothing that was dropped in serves without one of theirs.
//!
//! Keys and signatures are lines of hexadecimal digits, so that a person can compare and copy them.

use crate::error::PluginError;
use crate::files::{read_component, read_regular, write_whole};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the name of a signature adds to that of the file.
const ENDING: &str = ".sig";

/// Longest file that is read as a signature or a key, bytes.
const LONGEST: u64 = 4096;

/// Whose signatures count. Empty: nobody need sign.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<VerifyingKey>);

impl Keys {
    /// # Errors
    /// Where a text is no public key.
    pub(crate) fn read(keys: &[String]) -> Result<Self, PluginError> {
        keys.iter().map(|key| public_key(key)).collect::<Result<_, _>>().map(Self)
    }

    /// What is wrong with a component's signature, where keys are listed.
    pub(crate) fn fault(&self, bytes: &[u8], signature: Option<&str>) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let how = "sign it, and drop the .sig beside it";
        let Some(text) = signature else {
            return Some(format!("it is not signed, and [plugins] keys asks for a signature: {how}"));
        };
        let signature = match from_hex::<64>(text) {
            Some(signature) => Signature::from_bytes(&signature),
            None => return Some(format!("its signature is not 128 hexadecimal digits: {how}")),
        };
        let verified = self.0.iter().any(|key| key.verify_strict(bytes, &signature).is_ok());
        (!verified).then(|| {
            format!("its signature is of none of the keys in [plugins] keys, or of other bytes: {how}")
        })
    }
}

/// Where the signature of a file lies.
pub fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(ENDING);
    file.with_file_name(name)
}

/// The signature beside a file, if there is one.
pub(crate) fn beside(file: &Path) -> Option<String> {
    short_text(&signature_of(file)).ok()
}

/// What `[plugins] keys` takes: 64 hexadecimal digits.
///
/// # Errors
/// Where it is something else.
pub fn check_public_key(text: &str) -> Result<(), PluginError> {
    public_key(text).map(drop)
}

/// Makes a key to sign with, in a file that only its owner can read and that must not be there yet; the
/// public key that belongs to it.
///
/// # Errors
/// Where the file is there or cannot be written.
pub fn keygen(file: &Path) -> Result<String, PluginError> {
    let key = SigningKey::from_bytes(&rand::random());
    let failed = |source| PluginError::Io { what: "cannot make", path: file.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(file).map_err(failed)?;
    writeln!(written, "{}", hex(&key.to_bytes())).and_then(|()| written.sync_all()).map_err(failed)?;
    Ok(hex(key.verifying_key().as_bytes()))
}

/// Signs a file: where the signature was written, and the public key that it is verified with.
///
/// # Errors
/// Where the file or the key cannot be read, or the signature cannot be written.
pub fn sign(file: &Path, key: &Path) -> Result<(PathBuf, String), PluginError> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| PluginError::Io { what, path, source }
    };
    let text = short_text(key).map_err(failed("cannot read", key))?;
    let secret = from_hex::<32>(&text)
        .ok_or_else(|| PluginError::BadKey(format!("{} is not a generated signing key", key.display())))?;
    let key = SigningKey::from_bytes(&secret);
    let bytes = read_component(file).map_err(failed("cannot read", file))?;
    let path = signature_of(file);
    let line = format!("{}\n", hex(&key.sign(&bytes).to_bytes()));
    write_whole(&path, line.as_bytes()).map_err(failed("cannot write", &path))?;
    Ok((path, hex(key.verifying_key().as_bytes())))
}

fn public_key(text: &str) -> Result<VerifyingKey, PluginError> {
    let key = from_hex::<32>(text).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    key.filter(|key| !key.is_weak()).ok_or_else(|| {
        PluginError::BadKey(format!(
            "{text:?} is no public key (64 hexadecimal digits, as a new signing key has one)"
        ))
    })
}

fn short_text(file: &Path) -> std::io::Result<String> {
    let bytes = read_regular(file, LONGEST)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim();
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_and_its_bytes_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (mine, other) = (keygen(&path("mine")).unwrap(), keygen(&path("other")).unwrap());
        assert!(keygen(&path("mine")).is_err(), "a key is never written over");
        std::fs::write(path("a.wasm"), b"component").unwrap();
        let (written, public) = sign(&path("a.wasm"), &path("mine")).unwrap();
        assert_eq!((written, &public), (path("a.wasm.sig"), &mine));
        let signature = beside(&path("a.wasm"));
        let fault = |key: &String, bytes: &[u8], signature: Option<&str>| {
            Keys::read(std::slice::from_ref(key)).unwrap().fault(bytes, signature)
        };
        assert_eq!(fault(&mine, b"component", signature.as_deref()), None);
        assert!(fault(&other, b"component", signature.as_deref()).unwrap().contains("of none of the keys"));
        assert!(fault(&mine, b"c0mponent", signature.as_deref()).unwrap().contains("of other bytes"));
        assert!(fault(&mine, b"component", None).unwrap().contains("it is not signed"));
        assert!(fault(&mine, b"component", Some("zz")).unwrap().contains("128 hexadecimal digits"));
        let both = Keys::read(&[other, mine]).unwrap();
        assert_eq!(both.fault(b"component", signature.as_deref()), None, "one of several is enough");
        assert_eq!(Keys::default().fault(b"component", None), None, "without keys nobody need sign");
        assert!(sign(&path("a.wasm"), &path("a.wasm.sig")).is_err(), "a signature is no key");
        for bad in ["", "12", &"0".repeat(64), &"é".repeat(32)] {
            assert!(check_public_key(bad).is_err(), "{bad}");
        }
    }
}
