//! Signatures as Standard Webhooks has them: HMAC-SHA256 over the id, the time and the body, in base64 after `v1,`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a secret begins that is written in base64.
const BEGINS: &str = "whsec_";
/// Shortest secret, bytes.
const SHORTEST: usize = 16;

/// The bytes of a secret: what stands in base64 behind `whsec_`, or the text itself.
pub(super) fn key(secret: &str) -> Result<Vec<u8>, String> {
    let secret = secret.trim();
    let key = match secret.strip_prefix(BEGINS) {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| "is not base64 after whsec_".to_owned())?,
        None => secret.as_bytes().to_vec(),
    };
    if key.len() < SHORTEST {
        return Err(format!("is shorter than {SHORTEST} bytes: make one with `openssl rand -base64 32`"));
    }
    Ok(key)
}

/// The value of `webhook-signature`.
pub(super) fn signature(key: &[u8], id: &str, seconds: i64, body: &str) -> String {
    // Any length is a good key of an HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn signature_equals_the_published_test_vector() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(super::key("whsec_%%").is_err() && super::key("short").is_err());
        assert_eq!(super::key("sixteen letters!").unwrap(), b"sixteen letters!");
    }
}
