//! Signing in at a server of the Mastodon family: the site introduces itself first, then anybody with an account there can
//! let it post (<https://docs.joinmastodon.org/client/authorized/>, <https://docs.joinmastodon.org/methods/apps/>).
//!
//! Servers that know PKCE and metadata (Mastodon 4.3) use them; the others ignore the one and do not have the other.

use serde_json::Value;
use url::Url;

use super::error::ConnectError;
use super::oauth::{Endpoints, answered, printable, shortened};
use crate::deliver::{Tools, send};

/// What the site may do with an account: post, and look for what it has posted.
pub(super) const SCOPES: &str = "read:accounts read:statuses write:media write:statuses";
/// The least that holds it on servers which know no parts of these.
const WIDE_SCOPES: &str = "read write";

/// Longest name or id of an account that is taken, in bytes.
const MAX_NAME_BYTES: usize = 190;

/// Where these servers deal with OAuth, unless they tell.
pub(super) fn usual_endpoints(server: &Url) -> Endpoints {
    Endpoints {
        issuer: server.origin().ascii_serialization(),
        authorization: at(server, "/oauth/authorize"),
        token: at(server, "/oauth/token"),
        revocation: Some(at(server, "/oauth/revoke")),
        userinfo: None,
        names_itself: false,
        scopes: None,
        takes_header: false,
    }
}

/// What the site asks a server to be allowed: no more than it needs, where the server knows that. Pixelfed knows `read` and `write`
/// alone, and refuses visitors whose site asks for less than those.
pub(super) async fn scopes(server: &Url, known: Option<&[String]>, tools: &Tools) -> &'static str {
    let knows_parts = match known {
        Some(known) => SCOPES.split(' ').all(|scope| known.iter().any(|one| one == scope)),
        None => !is_pixelfed(server, tools).await,
    };
    if knows_parts { SCOPES } else { WIDE_SCOPES }
}

/// Whether it calls itself so: `3.5.3 (compatible; Pixelfed 0.12.4)`.
async fn is_pixelfed(server: &Url, tools: &Tools) -> bool {
    let answer = send(tools.client.get(at(server, "/api/v1/instance"))).await.ok();
    let said = answer.and_then(|answer| answer.json());
    let version = said.as_ref().and_then(|said| said.get("version")?.as_str());
    version.is_some_and(|version| version.contains("Pixelfed"))
}

/// Introduces the site to a server: gives its id there, and the secret that proves it.
pub(super) async fn register(
    server: &Url,
    site: &str,
    website: &str,
    redirect_uri: &str,
    scopes: &str,
    tools: &Tools,
) -> Result<(String, String), ConnectError> {
    let form =
        [("client_name", site), ("redirect_uris", redirect_uri), ("scopes", scopes), ("website", website)];
    let answer = answered(send(tools.client.post(at(server, "/api/v1/apps")).form(&form)).await)?;
    let said = answer.json().filter(|_| answer.status.is_success());
    let text = |name: &str| said.as_ref()?.get(name)?.as_str().and_then(printable);
    let strange = || ConnectError::Strange { detail: format!("{} to /api/v1/apps", answer.status) };
    Ok((text("client_id").ok_or_else(strange)?, text("client_secret").ok_or_else(strange)?))
}

/// Whose a token is: what the server calls the account, and its full name.
pub(super) async fn whoami(
    server: &Url,
    token: &str,
    tools: &Tools,
) -> Result<(String, String), ConnectError> {
    let request = tools.client.get(at(server, "/api/v1/accounts/verify_credentials")).bearer_auth(token);
    let answer = answered(send(request).await)?;
    let said = answer.json().filter(|_| answer.status.is_success());
    let account = said.as_ref().and_then(|said| account_in(said, server));
    account.ok_or_else(|| ConnectError::Strange {
        detail: format!("{} to verify_credentials", shortened(answer.status.as_str())),
    })
}

fn account_in(said: &Value, server: &Url) -> Option<(String, String)> {
    let id = match said.get("id")? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let name = ["acct", "username"].iter().find_map(|field| said.get(field)?.as_str())?;
    // Of its own accounts a server leaves its name away.
    let name = if name.contains('@') { name.to_owned() } else { format!("{name}@{}", host_and_port(server)) };
    let fits = |text: &str| {
        (1..=MAX_NAME_BYTES).contains(&text.len())
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    (fits(&id) && fits(&name)).then_some((id, name))
}

fn host_and_port(server: &Url) -> String {
    let host = server.host_str().unwrap_or_default();
    server.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn at(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_path(path);
    url
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_is_told_by_its_id_and_its_full_name() {
        let server = Url::parse("https://example.social:8443/").expect("an address");
        for (said, expected) in [
            (json!({"id": "7", "acct": "alice"}), Some(("7", "alice@example.social:8443"))),
            (json!({"id": 7, "username": "alice"}), Some(("7", "alice@example.social:8443"))),
            (json!({"id": "7", "acct": "alice@other.example"}), Some(("7", "alice@other.example"))),
            (json!({"id": "7", "acct": ""}), Some(("7", "@example.social:8443"))),
            (json!({"id": "", "acct": "alice"}), None),
            (json!({"id": "7", "acct": "a\nb"}), None),
            (json!({"id": "7", "acct": "a".repeat(191)}), None),
            (json!({"acct": "alice"}), None),
            (json!([]), None),
        ] {
            let account = account_in(&said, &server);
            let account = account.as_ref().map(|(id, name)| (id.as_str(), name.as_str()));
            assert_eq!(account, expected, "{said}");
        }
    }
}
