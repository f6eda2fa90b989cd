//! The token of a request: signed by the integration's key, good for minutes (HS256, RFC 7518, 3.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;

use crate::deliver::{Account, AccountError};

/// How long a token is good, in seconds: the most that Ghost takes.
const LIFE_SECONDS: i64 = 300;

/// An Admin API key: `{id}:{secret}`, the secret in hexadecimal.
pub(super) struct AdminKey {
    id: String,
    secret: Vec<u8>,
}

impl AdminKey {
    /// The key of an account.
    pub(super) fn of(account: &Account) -> Result<Self, AccountError> {
        let parts = account.token.reveal().split_once(':');
        let key = parts.and_then(|(id, secret)| {
            let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            Some(Self {
                id: is_id.then(|| id.to_owned())?,
                secret: bytes(secret).filter(|secret| secret.len() >= 16)?,
            })
        });
        let expected = "an Admin API key: an id, a colon and a secret in hexadecimal";
        key.ok_or(AccountError { key: "token", expected })
    }

    /// A token for now.
    pub(super) fn token(&self, now: Timestamp) -> String {
        let now = now.as_second();
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": self.id});
        let claims = json!({"iat": now, "exp": now + LIFE_SECONDS, "aud": "/admin/"});
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let mut signature = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any key is long enough");
        signature.update(format!("{header}.{claims}").as_bytes());
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes()))
    }
}

/// Reads bytes in hexadecimal.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let is_hex = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
    })?
}
