//! OAuth 2 as a client: where a server deals with it, the address that a visitor is sent to, and tokens for codes.
//!
//! RFC 6749 with PKCE (RFC 7636), metadata (RFC 8414), the issuer in the answer (RFC 9207) and revocation (RFC 7009), as the
//! best current practice has it (RFC 9700). Nothing is decided here about who is signed in.

use std::time::Duration;

use http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::error::ConnectError;
use super::grant::{Client, Grant};
use super::secret_text::SecretText;
use super::ways::ConfiguredEndpoints;
use crate::deliver::{Answer, ProofKey, Silence, Tools, send};

/// Longest token, code or id that is taken, in bytes.
const MAX_BYTES: usize = 4096;

/// Longest name of an account that is taken, in bytes.
const MAX_NAME_BYTES: usize = 190;

/// Longest life of a token that is believed, in seconds: a year.
const MAX_LIFETIME: i64 = 365 * 24 * 3600;

/// Where a server deals with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) revocation: Option<Url>,
    /// Where it says whose a token is (OpenID Connect Core, 5.3).
    pub(super) userinfo: Option<Url>,
    /// Whether its answers name it.
    pub(super) names_itself: bool,
    /// What a site can ask to be allowed, if it tells.
    pub(super) scopes: Option<Vec<String>>,
    /// Whether it takes a site's id and secret in a header: all must (RFC 6749, 2.3.1), but for those that say otherwise.
    pub(super) takes_header: bool,
}

impl Endpoints {
    /// As the site's owner names them.
    pub(super) fn named(issuer: &str, named: &ConfiguredEndpoints) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization: named.authorization.clone(),
            token: named.token.clone(),
            revocation: named.revocation.clone(),
            userinfo: None,
            names_itself: false,
            scopes: None,
            takes_header: true,
        }
    }

    /// Asks the server; nothing when it does not tell. Unless the site's owner trusts it, all that it names must lie on its own
    /// origin.
    pub(super) async fn ask(
        issuer: &str,
        is_trusted: bool,
        tools: &Tools,
    ) -> Result<Option<Self>, ConnectError> {
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
                && let Some(found) =
                    answer.json().as_ref().and_then(|said| Self::read(said, issuer, is_trusted))
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(super) fn read(said: &Value, issuer: &str, is_trusted: bool) -> Option<Self> {
        // RFC 8414, 3.3: another issuer's metadata must not be used.
        let told = said.get("issuer")?.as_str()?;
        if told.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return None;
        }
        let own = Url::parse(issuer).ok()?;
        let endpoint = |name: &str| {
            let url = Url::parse(said.get(name)?.as_str()?).ok()?;
            let is_there = url.origin() == own.origin() || (is_trusted && url.scheme() == "https");
            (is_there && url.fragment().is_none()).then_some(url)
        };
        let scopes = said.get("scopes_supported").and_then(Value::as_array);
        let methods = said.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        let takes_header = methods.is_none_or(|methods| {
            let has = |name: &str| methods.iter().any(|method| method.as_str() == Some(name));
            has("client_secret_basic") || !has("client_secret_post")
        });
        Some(Self {
            issuer: told.to_owned(),
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            revocation: endpoint("revocation_endpoint"),
            userinfo: endpoint("userinfo_endpoint"),
            scopes: scopes
                .map(|scopes| scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect()),
            takes_header,
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
    key: Option<&ProofKey>,
    tools: &Tools,
) -> Result<Grant, ConnectError> {
    let form = asking_with(code, redirect_uri, verifier);
    // Whoever signs in can begin anew, whatever was wrong.
    let is_refusal = |said: &Refusal<'_>| {
        matches!(said.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    };
    granted(client, &form, key, is_refusal, tools).await
}

fn asking_with<'a>(code: &'a str, redirect_uri: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ]
}

/// A code that no server gives.
pub(super) const NOBODYS_CODE: &str = "is-this-site-known-to-you";

/// Whether a server still knows this site: asked for tokens with nobody's code, it refuses the code if it does, else the site (RFC 6749,
/// 5.2). Whoever answers otherwise is taken to know it: Pleroma refuses both in the same words, and snac gives a token for any code,
/// which nobody keeps; revoked, it would make snac forget the site.
pub(super) async fn is_known(client: &Client, redirect_uri: &str, verifier: &str, tools: &Tools) -> bool {
    let form = asking_with(NOBODYS_CODE, redirect_uri, verifier);
    // Without a word it is the status that says so (snac); with one it need not be (GoToSocial has 401 for all).
    let is_of_site = |said: &Refusal<'_>| match said.code {
        Some(code) => code == "invalid_client",
        None => said.status == StatusCode::UNAUTHORIZED,
    };
    !matches!(
        granted(client.clone(), &form, None, is_of_site, tools).await,
        Err(ConnectError::Refused { .. })
    )
}

/// What a server says that gives no tokens (RFC 6749, 5.2).
struct Refusal<'a> {
    status: StatusCode,
    code: Option<&'a str>,
    description: &'a str,
    /// Whether its error is no word.
    is_number: bool,
}

/// Whether that is said of the token itself. The standard's word is `invalid_grant`; Laravel Passport up to league/oauth2-server 8 (Pixelfed)
/// says `invalid_request` and "The refresh token is invalid.", and Reddit `{"message": "Bad Request", "error": 400}`.
fn is_of_token(said: &Refusal<'_>) -> bool {
    match (said.status, said.code) {
        (status, Some("invalid_grant")) => status.is_client_error(),
        (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, Some("invalid_request")) => {
            let description = said.description.to_ascii_lowercase();
            description.contains("refresh token") || description.contains("refresh_token")
        }
        (StatusCode::BAD_REQUEST, None) => said.is_number,
        _ => false,
    }
}

/// When a server that gave neither tokens nor a reason is asked again.
const STRANGE_PAUSE: Duration = Duration::from_secs(600);

/// Has new tokens for a refresh token. A server that gives no new refresh token lets the old one go on.
///
/// It is refused only where the server says so of the token itself ([`is_of_token`]), or does not know this site any more where nobody but the
/// visitor can introduce it anew. All other errors are of this site, which its owner can set right (`invalid_client`,
/// `unauthorized_client`), or of what stands before the server: they pass, and only this account waits for that.
pub(super) async fn refresh(grant: &Grant, tools: &Tools) -> Result<Grant, ConnectError> {
    let (Some(refresh), Some(client)) = (&grant.refresh, &grant.client) else {
        return Err(ConnectError::Refused { detail: "there is nothing to refresh it with".to_owned() });
    };
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    // With a secret of its own for that server, as Mastodon gives them; Bluesky's servers ask this site who it is, and it may be away.
    let is_introduced = client.configured.is_none() && client.secret.is_some();
    let is_refusal =
        |said: &Refusal<'_>| is_of_token(said) || (is_introduced && said.code == Some("invalid_client"));
    let new = granted(client.clone(), &form, grant.proof_key().as_deref(), is_refusal, tools).await;
    let mut new = new.map_err(|error| match error {
        ConnectError::Strange { detail } => {
            ConnectError::Unreachable { detail, retry_after: Some(STRANGE_PAUSE) }
        }
        error => error,
    })?;
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
    match send(by_client(client, endpoint, &[("token", token)], tools)).await {
        Ok(answer) if answer.status.is_success() => {}
        Ok(answer) => tracing::info!(status = %answer.status, "a token was not revoked"),
        Err(silence) => tracing::info!(detail = silence.detail(), "a token was not revoked"),
    }
}

async fn granted(
    client: Client,
    form: &[(&str, &str)],
    key: Option<&ProofKey>,
    is_refusal: impl FnOnce(&Refusal<'_>) -> bool,
    tools: &Tools,
) -> Result<Grant, ConnectError> {
    let strange = |detail: &str| ConnectError::Strange { detail: detail.to_owned() };
    let endpoint = Url::parse(&client.token_endpoint).map_err(|_| strange("no token endpoint"))?;
    let make = || by_client(&client, endpoint.clone(), form, tools);
    let answer = match key {
        Some(key) => key.send(tools, None, make).await,
        None => send(make()).await,
    };
    let answer = answered(answer)?;
    let said = answer.json();
    if !answer.status.is_success() {
        let text = |name: &str| said.as_ref().and_then(|said| said.get(name)?.as_str());
        let refusal = Refusal {
            status: answer.status,
            code: text("error"),
            description: text("error_description").unwrap_or_default(),
            is_number: said.as_ref().is_some_and(|said| said["error"].is_number()),
        };
        let detail = format!("{} {}", answer.status, shortened(refusal.code.unwrap_or("no error code")));
        return Err(match answer.status {
            _ if is_refusal(&refusal) => ConnectError::Refused { detail },
            status if status.is_server_error() || is_not_now(status) => {
                ConnectError::Unreachable { detail, retry_after: answer.retry_after(tools.clock.now()) }
            }
            _ => ConnectError::Strange { detail },
        });
    }
    let said = said.ok_or_else(|| strange("tokens that are no JSON"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).and_then(printable);
    let wanted = if key.is_some() { "dpop" } else { "bearer" };
    let is_bearer = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
    if !said.get("token_type").is_none_or(is_bearer) {
        return Err(strange("a token of another type"));
    }
    let lifetime = said.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let lifetime = lifetime.map(|seconds| seconds.min(MAX_LIFETIME) * 1000);
    Ok(Grant {
        access: text("access_token").ok_or_else(|| strange("no access token"))?,
        refresh: text("refresh_token"),
        expires_at: lifetime.map(|lifetime| tools.clock.now().as_millisecond() + lifetime),
        lifetime,
        proof_key: key.map(ProofKey::reveal),
        subject: text("sub"),
        client: Some(client),
    })
}

/// Whose a token is, as the server itself tells: what it calls the account, and what people do.
pub(super) async fn whoami(
    userinfo: Option<&str>,
    token: &str,
    tools: &Tools,
) -> Result<(String, String), ConnectError> {
    let strange = |detail: &str| ConnectError::Strange { detail: detail.to_owned() };
    let endpoint = userinfo.and_then(|url| Url::parse(url).ok());
    let endpoint =
        endpoint.ok_or_else(|| strange("it has no place that tells whose a token is (userinfo)"))?;
    let answer = answered(send(tools.client.get(endpoint).bearer_auth(token)).await)?;
    let said = answer.json().filter(|_| answer.status.is_success());
    let said = said.ok_or_else(|| strange(&format!("{} to userinfo", answer.status)))?;
    let text = |name: &str| {
        let text = said.get(name)?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = (1..=MAX_NAME_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then_some(text)
    };
    let id = text("sub").ok_or_else(|| strange("userinfo without sub"))?;
    let name = ["preferred_username", "nickname", "name", "email"].iter().find_map(|name| text(name));
    Ok((id.clone(), name.unwrap_or(id)))
}

/// A request in this site's own name.
fn by_client(client: &Client, endpoint: Url, form: &[(&str, &str)], tools: &Tools) -> RequestBuilder {
    let mut form = form.to_vec();
    let request = tools.client.post(endpoint);
    match client.secret.as_deref() {
        Some(secret) if client.by_header => {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request.basic_auth(encoded(&client.id), Some(encoded(secret))).form(&form)
        }
        secret => {
            form.push(("client_id", &client.id));
            form.extend(secret.map(|secret| ("client_secret", secret)));
            request.form(&form)
        }
    }
}

/// An answer, whatever it is; nothing is known of a server that gives none.
pub(super) fn answered(answer: Result<Answer, Silence>) -> Result<Answer, ConnectError> {
    answer.map_err(|silence| ConnectError::Unreachable {
        detail: silence.detail().to_owned(),
        retry_after: None,
    })
}

/// Whether a status asks for another try, later.
fn is_not_now(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
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
        let found = Endpoints::read(&said(), "https://login.example/", false).expect("endpoints");
        assert!(found.names_itself && found.revocation.is_some());
        for (field, value) in [
            ("issuer", "https://other.example"),
            ("token_endpoint", "https://other.example/token"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("token_endpoint", "http://login.example/token"),
        ] {
            let mut said = said();
            said[field] = value.into();
            assert_eq!(Endpoints::read(&said, "https://login.example", false), None, "{field} {value}");
        }
        let mut elsewhere = said();
        elsewhere["revocation_endpoint"] = "https://other.example/revoke".into();
        let found = Endpoints::read(&elsewhere, "https://login.example", false).expect("endpoints");
        assert_eq!(found.revocation, None, "tokens are sent to nobody else");
        let trusted = Endpoints::read(&elsewhere, "https://login.example", true).expect("endpoints");
        assert!(trusted.revocation.is_some(), "unless the site's owner chose the server");
        let mut bare = said();
        bare["token_endpoint"] = "http://other.example/token".into();
        assert_eq!(Endpoints::read(&bare, "https://login.example", true), None, "nor in the clear");
    }

    #[test]
    fn a_secret_goes_in_a_header_unless_the_server_takes_it_in_the_form_alone() {
        for (methods, takes_header) in [
            (json!(["client_secret_basic", "client_secret_post"]), true),
            (json!(["client_secret_post"]), false),
            (json!(["none"]), true),
            (Value::Null, true),
        ] {
            let mut said = said();
            said["token_endpoint_auth_methods_supported"] = methods.clone();
            let found = Endpoints::read(&said, "https://login.example", false).expect("endpoints");
            assert_eq!(found.takes_header, takes_header, "{methods}");
        }
    }

    #[test]
    fn a_visitor_is_sent_off_with_state_and_challenge() {
        let text = |letter: char| SecretText::parse(&String::from(letter).repeat(43)).expect("a text");
        let endpoints = Endpoints::read(&said(), "https://login.example", false).expect("endpoints");
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
