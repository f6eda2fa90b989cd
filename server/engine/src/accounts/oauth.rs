//! OAuth 2 as a client: where a server deals with it, the address that a visitor is sent to, and tokens for codes.
//!
//! RFC 6749 with PKCE (RFC 7636), metadata (RFC 8414), the issuer in the answer (RFC 9207) and revocation (RFC 7009), as the
//! best current practice has it (RFC 9700). Nothing is decided here about who is signed in.

use http::StatusCode;
use serde_json::Value;
use url::Url;

use super::error::ConnectError;
use super::grant::{Client, Grant};
use super::secret_text::SecretText;
use crate::deliver::{Answer, Silence, Tools, send};

/// Longest token, code or id that is taken, in bytes.
const MAX_BYTES: usize = 4096;

/// Longest life of a token that is believed, in seconds: a year.
const MAX_LIFETIME: i64 = 365 * 24 * 3600;

/// Where a server deals with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) revocation: Option<Url>,
    /// Whether its answers name it.
    pub(super) names_itself: bool,
}

impl Endpoints {
    /// Asks the server; nothing when it does not tell. All that it names must lie on its own origin.
    pub(super) async fn ask(issuer: &str, tools: &Tools) -> Result<Option<Self>, ConnectError> {
        let Ok(base) = Url::parse(issuer) else { return Ok(None) };
        let path = base.path().trim_end_matches('/');
        // RFC 8414, 3.1 puts it before the issuer's path, OpenID Connect Discovery behind.
        let places = [
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ];
        for place in places {
            let mut url = base.clone();
            url.set_path(&place);
            url.set_query(None);
            let answer = answered(send(tools.client.get(url)).await)?;
            if answer.status.is_success()
                && let Some(found) = answer.json().as_ref().and_then(|said| Self::read(said, issuer))
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(said: &Value, issuer: &str) -> Option<Self> {
        // RFC 8414, 3.3: another issuer's metadata must not be used.
        let told = said.get("issuer")?.as_str()?;
        if told.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return None;
        }
        let own = Url::parse(issuer).ok()?;
        let endpoint = |name: &str| {
            let url = Url::parse(said.get(name)?.as_str()?).ok()?;
            (url.origin() == own.origin() && url.fragment().is_none()).then_some(url)
        };
        Some(Self {
            issuer: told.to_owned(),
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            revocation: endpoint("revocation_endpoint"),
            names_itself: said.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

/// A sign-in on its way: what is asked for, and what only this site knows of it.
pub(super) struct Request<'a> {
    pub(super) endpoints: &'a Endpoints,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) scopes: &'a str,
    pub(super) state: &'a SecretText,
    pub(super) verifier: &'a SecretText,
}

impl Request<'_> {
    /// Where the visitor goes.
    pub(super) fn address(&self) -> Url {
        let mut url = self.endpoints.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", self.scopes)
            .append_pair("state", self.state.reveal())
            .append_pair("code_challenge", &self.verifier.challenge())
            .append_pair("code_challenge_method", "S256");
        url
    }
}

/// Has tokens for a code.
pub(super) async fn exchange(
    client: Client,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
    tools: &Tools,
) -> Result<Grant, ConnectError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    granted(client, &form, tools).await
}

/// Has new tokens for a refresh token. A server that gives no new refresh token lets the old one go on.
pub(super) async fn refresh(grant: &Grant, tools: &Tools) -> Result<Grant, ConnectError> {
    let (Some(refresh), Some(client)) = (&grant.refresh, &grant.client) else {
        return Err(ConnectError::Refused { detail: "there is nothing to refresh it with".to_owned() });
    };
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let mut new = granted(client.clone(), &form, tools).await?;
    if new.refresh.is_none() {
        new.refresh = Some(refresh.clone());
    }
    Ok(new)
}

/// Tells the server that this site no longer wants what it gave; what it answers changes nothing here.
pub(super) async fn revoke(grant: &Grant, tools: &Tools) {
    let Some(client) = &grant.client else { return };
    let Some(endpoint) = client.revocation_endpoint.as_deref().and_then(|url| Url::parse(url).ok()) else {
        return;
    };
    // With the refresh token ends what came of it (RFC 7009, 2.1).
    let token = grant.refresh.as_ref().unwrap_or(&grant.access);
    let form = with_client(client, &[("token", token)]);
    match send(tools.client.post(endpoint).form(&form)).await {
        Ok(answer) if answer.status.is_success() => {}
        Ok(answer) => tracing::info!(status = %answer.status, "a token was not revoked"),
        Err(silence) => tracing::info!(detail = silence.detail(), "a token was not revoked"),
    }
}

async fn granted(client: Client, form: &[(&str, &str)], tools: &Tools) -> Result<Grant, ConnectError> {
    let strange = |detail: &str| ConnectError::Strange { detail: detail.to_owned() };
    let endpoint = Url::parse(&client.token_endpoint).map_err(|_| strange("no token endpoint"))?;
    let answer = answered(send(tools.client.post(endpoint).form(&with_client(&client, form))).await)?;
    let said = answer.json();
    if !answer.status.is_success() {
        let code = said.as_ref().and_then(|said| said.get("error")?.as_str()).unwrap_or("no error code");
        let detail = format!("{} {}", answer.status, shortened(code));
        return Err(match answer.status {
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                ConnectError::Refused { detail }
            }
            status if status.is_server_error() => ConnectError::Unreachable { detail },
            _ => ConnectError::Strange { detail },
        });
    }
    let said = said.ok_or_else(|| strange("tokens that are no JSON"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).and_then(printable);
    let is_bearer = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !said.get("token_type").is_none_or(is_bearer) {
        return Err(strange("a token that is no bearer token"));
    }
    let lifetime = said.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let lifetime = lifetime.map(|seconds| seconds.min(MAX_LIFETIME) * 1000);
    Ok(Grant {
        access: text("access_token").ok_or_else(|| strange("no access token"))?,
        refresh: text("refresh_token"),
        expires_at: lifetime.map(|lifetime| tools.clock.now().as_millisecond() + lifetime),
        lifetime,
        client: Some(client),
    })
}

fn with_client<'a>(client: &'a Client, form: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = form.to_vec();
    form.push(("client_id", &client.id));
    form.extend(client.secret.as_deref().map(|secret| ("client_secret", secret)));
    form
}

/// An answer, whatever it is; nothing is known of a server that gives none.
pub(super) fn answered(answer: Result<Answer, Silence>) -> Result<Answer, ConnectError> {
    answer.map_err(|silence| ConnectError::Unreachable { detail: silence.detail().to_owned() })
}

/// A text of a server's that can stand in a header.
pub(super) fn printable(text: &str) -> Option<String> {
    let fits = (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

/// The beginning of a server's words, for the log.
pub(super) fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said() -> Value {
        json!({
            "issuer": "https://login.example", "authorization_endpoint": "https://login.example/auth",
            "token_endpoint": "https://login.example/token", "revocation_endpoint": "https://login.example/revoke",
            "authorization_response_iss_parameter_supported": true
        })
    }

    #[test]
    fn a_server_tells_where_it_deals_with_what() {
        let found = Endpoints::read(&said(), "https://login.example/").expect("endpoints");
        assert!(found.names_itself && found.revocation.is_some());
        for (field, value) in [
            ("issuer", "https://other.example"),
            ("token_endpoint", "https://other.example/token"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("token_endpoint", "http://login.example/token"),
        ] {
            let mut said = said();
            said[field] = value.into();
            assert_eq!(Endpoints::read(&said, "https://login.example"), None, "{field} {value}");
        }
        let mut elsewhere = said();
        elsewhere["revocation_endpoint"] = "https://other.example/revoke".into();
        let found = Endpoints::read(&elsewhere, "https://login.example").expect("endpoints");
        assert_eq!(found.revocation, None, "tokens are sent to nobody else");
    }

    #[test]
    fn a_visitor_is_sent_off_with_state_and_challenge() {
        let text = |letter: char| SecretText::parse(&String::from(letter).repeat(43)).expect("a text");
        let endpoints = Endpoints::read(&said(), "https://login.example").expect("endpoints");
        let request = Request {
            endpoints: &endpoints,
            client_id: "cutline",
            redirect_uri: "https://share.example/accounts/callback/a",
            scopes: "write:media write:statuses",
            state: &text('s'),
            verifier: &text('v'),
        };
        let address = request.address();
        let pairs: Vec<_> = address.query_pairs().into_owned().collect();
        let pair = |name: &str| pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        assert_eq!(pair("response_type"), Some("code"));
        assert_eq!(pair("state"), Some(text('s').reveal()));
        assert_eq!(pair("code_challenge"), Some(&*text('v').challenge()));
        assert!(!address.as_str().contains(text('v').reveal()), "the verifier stays here");
    }
}
