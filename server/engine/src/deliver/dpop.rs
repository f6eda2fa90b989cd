//! Proofs that a request comes from whoever its token was given to (DPoP, RFC 9449): each is signed with a key of the account's own,
//! for one method and one address.
//!
//! Servers hand out nonces, which the next proof must hold. A request without the right one is refused before anything is done, so
//! that sending it again once is harmless, whatever it is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Position, Url};
use zeroize::Zeroizing;

use super::client::{Answer, Silence, send};
use super::line::Tools;

/// Most servers whose nonces are kept: an account has two.
const MAX_NONCES: usize = 8;

/// The key of one account, with the nonces that its servers gave last.
pub(crate) struct ProofKey {
    pair: EcdsaKeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    nonces: Mutex<HashMap<String, String>>,
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl ProofKey {
    /// A new key (P-256). The library makes keys with the system's random source alone.
    pub(crate) fn generate() -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let pkcs8 = Zeroizing::new(pkcs8.expect("the system is random").as_ref().to_vec());
        Self::read(pkcs8).expect("a key that was just made")
    }

    /// Reads what [`reveal`](Self::reveal) gives.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::read(Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?))
    }

    /// The key as text, to be sealed.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(&*self.pkcs8)
    }

    fn read(pkcs8: Zeroizing<Vec<u8>>) -> Option<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).ok()?;
        Some(Self { pair, pkcs8, nonces: Mutex::default() })
    }

    /// Sends a request with a proof, and with `token` if there is one; once more when the server asks for another nonce.
    pub(crate) async fn send(
        &self,
        tools: &Tools,
        token: Option<&str>,
        make: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, Silence> {
        let answer = self.send_once(tools, token, make()).await?;
        if asks_for_nonce(&answer) { self.send_once(tools, token, make()).await } else { Ok(answer) }
    }

    async fn send_once(
        &self,
        tools: &Tools,
        token: Option<&str>,
        request: RequestBuilder,
    ) -> Result<Answer, Silence> {
        let (client, request) = request.build_split();
        let mut request = request.map_err(Silence::from)?;
        let proof = self.proof(request.method(), request.url(), token, tools.clock.now());
        let secret = |text: String| {
            let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
            value.set_sensitive(true);
            value
        };
        let origin = request.url().origin().ascii_serialization();
        request.headers_mut().insert(HeaderName::from_static("dpop"), secret(proof));
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, secret(format!("DPoP {token}")));
        }
        let answer = send(RequestBuilder::from_parts(client, request)).await?;
        if let Some(nonce) = answer.header("dpop-nonce") {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            if nonces.len() >= MAX_NONCES {
                nonces.clear();
            }
            nonces.insert(origin, nonce.to_owned());
        }
        Ok(answer)
    }

    /// The proof for one request.
    fn proof(&self, method: &Method, url: &Url, token: Option<&str>, now: Timestamp) -> String {
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).expect("the system is random");
        // An uncompressed point: 4, then both coordinates.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let head =
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}});
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(id),
            "htm": method.as_str(),
            "htu": &url[..Position::AfterPath],
            "iat": now.as_second(),
        });
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nonce) = nonces.get(&url.origin().ascii_serialization()) {
            claims["nonce"] = nonce.as_str().into();
        }
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(Sha256::digest(token)).into();
        }
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", text(&head), text(&claims));
        let signature = self.pair.sign(&random, signed.as_bytes()).expect("the system is random");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Whether a request was refused for its nonce alone: an authorization server says so in the body, a resource server in a header.
fn asks_for_nonce(answer: &Answer) -> bool {
    let in_header = answer.header(WWW_AUTHENTICATE).is_some_and(|text| text.contains("use_dpop_nonce"));
    let error = answer.json().and_then(|json| json.get("error")?.as_str().map(str::to_owned));
    !answer.status.is_success() && (in_header || error.as_deref() == Some("use_dpop_nonce"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;
    use crate::deliver::fake_server::{FakeServer, Reply, Seen, tools};

    /// Reads a proof, checking its signature with the key that it names.
    fn claims(seen: &Seen) -> Value {
        let proof = seen.headers["dpop"].to_str().expect("text");
        let parts: Vec<&str> = proof.split('.').collect();
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64");
        let json = |text: &str| serde_json::from_slice::<Value>(&bytes(text)).expect("JSON");
        let head = json(parts[0]);
        assert_eq!((&head["typ"], &head["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
        let coordinate = |name: &str| bytes(head["jwk"][name].as_str().expect("a coordinate"));
        let point = [&[4], &*coordinate("x"), &*coordinate("y")].concat();
        let signed = format!("{}.{}", parts[0], parts[1]);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(signed.as_bytes(), &bytes(parts[2]))
            .expect("signed by the key that it names");
        json(parts[1])
    }

    #[tokio::test]
    async fn a_proof_is_for_one_request_and_holds_the_servers_nonce() {
        let fake =
            FakeServer::answering(|_: &Method, _| Reply::With(200, &[("dpop-nonce", "third")], "{}")).await;
        let (key, tools) = (ProofKey::generate(), tools(Duration::from_secs(30)));
        let key = ProofKey::parse(&key.reveal()).expect("the same key");
        let url = fake.url.join("token?a=b").expect("an address");
        let make = || tools.client.post(url.clone()).form(&[("code", "c")]);
        fake.reply("/token", Reply::With(400, &[("dpop-nonce", "first")], r#"{"error":"use_dpop_nonce"}"#));
        key.send(&tools, None, make).await.expect("an answer");
        let nonce = [("dpop-nonce", "second"), ("www-authenticate", "DPoP error=\"use_dpop_nonce\"")];
        let nonce: &'static [_] = Box::leak(Box::new(nonce));
        fake.reply("/token", Reply::With(401, nonce, ""));
        key.send(&tools, Some("the-token"), make).await.expect("an answer");
        let seen = fake.seen();
        let all: Vec<Value> = seen.iter().map(claims).collect();
        let nonces: Vec<&Value> = all.iter().map(|claims| &claims["nonce"]).collect();
        assert_eq!(nonces, [&Value::Null, &"first".into(), &"third".into(), &"second".into()]);
        for claims in &all {
            assert_eq!(
                (&claims["htm"], &claims["htu"]),
                (&"POST".into(), &fake.url.join("token").expect("an address").as_str().into())
            );
        }
        assert_ne!(all[0]["jti"], all[1]["jti"], "each is there once");
        assert_eq!((&all[1]["ath"], seen[1].headers.get("authorization")), (&Value::Null, None));
        assert_eq!(seen[3].headers["authorization"], "DPoP the-token");
        assert_eq!(all[3]["ath"], URL_SAFE_NO_PAD.encode(Sha256::digest("the-token")));
        assert!(seen.iter().all(|seen| seen.field("code").as_deref() == Some("c")), "sent again as it was");
    }

    #[tokio::test]
    async fn a_server_that_never_has_enough_nonces_is_asked_twice() {
        let fake = FakeServer::answering(|_: &Method, _| {
            Reply::With(400, &[("dpop-nonce", "n")], r#"{"error":"use_dpop_nonce"}"#)
        })
        .await;
        let tools = tools(Duration::from_secs(30));
        let answer = ProofKey::generate().send(&tools, None, || tools.client.get(fake.url.clone())).await;
        assert_eq!((answer.expect("an answer").status.as_u16(), fake.calls().len()), (400, 2));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", ProofKey::generate()), "***");
        assert!(ProofKey::parse("no key").is_none());
    }
}
