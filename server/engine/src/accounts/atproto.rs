//! Signing in at a data server of the AT Protocol (<https://atproto.com/specs/oauth>): what is asked is pushed to the server first
//! (RFC 9126), and tokens are bound to a key of the account's own (DPoP, RFC 9449).
//!
//! This site is known there by the address at which it describes itself; one that is tried out on this machine is known by what it
//! asks. Where an account's data lie is read out of its DID, unless the visitor named that server, and must be where its tokens
//! come from: no server gives tokens for the accounts of another.

use serde_json::{Value, json};
use url::{Host, Url, form_urlencoded};

use super::error::ConnectError;
use super::oauth::{Endpoints, Request, answered, printable, shortened};
use super::{Accounts, server};
use crate::deliver::{ProofKey, Tools, send};
use crate::fetch::ServerGuard;

/// What the site may do with an account: what an app password may.
pub(super) const SCOPES: &str = "atproto transition:generic";
/// Where most accounts are.
pub(super) const USUAL_SERVER: &str = "https://bsky.social";
/// The name of the one return address: servers name themselves in each answer.
pub(super) const CONNECTION: &str = "bluesky";
/// Who knows where accounts lie whose DID says nothing of it.
const DIRECTORY: &str = "https://plc.directory";

/// Where accounts of a server sign in.
pub(super) struct Entrance {
    pub(super) endpoints: Endpoints,
    /// Where requests are pushed.
    pub(super) pushed: Url,
}

/// Finds where accounts of this server sign in.
pub(super) async fn entrance(
    server: &Url,
    guard: &ServerGuard,
    tools: &Tools,
) -> Result<Entrance, ConnectError> {
    let issuer = issuer_of(server, tools).await?.unwrap_or_else(|| server::name(server));
    let strange =
        |detail: &str| ConnectError::Strange { detail: format!("{}: {detail}", shortened(&issuer)) };
    let base = server::parse(&issuer, guard)?;
    let url = at(&base, "/.well-known/oauth-authorization-server");
    let answer = answered(send(tools.client.get(url)).await)?;
    let said = answer.json().filter(|_| answer.status.is_success()).ok_or_else(|| strange("no metadata"))?;
    let endpoints = Endpoints::read(&said, &issuer, false).ok_or_else(|| strange("metadata of another"))?;
    let pushed = said.get("pushed_authorization_request_endpoint").and_then(Value::as_str);
    let pushed = pushed.and_then(|url| Url::parse(url).ok()).filter(|url| url.origin() == base.origin());
    let pushed = pushed.ok_or_else(|| strange("nowhere to push requests to"))?;
    // The protocol wants it of all servers, whether they say so or not.
    Ok(Entrance { endpoints: Endpoints { names_itself: true, ..endpoints }, pushed })
}

/// Pushes what is asked, and gives the address that the visitor goes to.
pub(super) async fn push(
    entrance: &Entrance,
    request: &Request<'_>,
    key: &ProofKey,
    tools: &Tools,
) -> Result<Url, ConnectError> {
    let asked: Vec<(String, String)> = request.address().query_pairs().into_owned().collect();
    let make = || tools.client.post(entrance.pushed.clone()).form(&asked);
    let answer = answered(key.send(tools, None, make).await)?;
    let said = answer.json().filter(|_| answer.status.is_success());
    let name = said.as_ref().and_then(|said| said.get("request_uri")?.as_str()).and_then(printable);
    let name = name.ok_or_else(|| ConnectError::Strange {
        detail: format!("{} to what was pushed: {}", answer.status, answer.words().unwrap_or_default()),
    })?;
    let mut address = entrance.endpoints.authorization.clone();
    address.query_pairs_mut().append_pair("client_id", request.client_id).append_pair("request_uri", &name);
    Ok(address)
}

/// Where the data of an account lie: on the server that the visitor named, if it is one, else where its DID says.
pub(super) async fn data_server(
    named: &Url,
    issuer: &str,
    did: &str,
    guard: &ServerGuard,
    tools: &Tools,
) -> Result<Url, ConnectError> {
    if issuer_of(named, tools).await?.as_deref() == Some(issuer) {
        return Ok(named.clone());
    }
    let strange = |detail: &str| ConnectError::Strange { detail: format!("{}: {detail}", shortened(did)) };
    let is_plain = did.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":.-".contains(&byte));
    let document = match did.split_once(':').and_then(|(_, rest)| rest.split_once(':')) {
        Some(("plc", _)) if is_plain => format!("{DIRECTORY}/{did}"),
        Some(("web", host)) if is_plain && !host.contains(':') => {
            format!("https://{host}/.well-known/did.json")
        }
        _ => return Err(strange("no DID that can be looked up")),
    };
    let document = Url::parse(&document).map_err(|_| strange("no DID that can be looked up"))?;
    guard.check(&document).map_err(|refused| strange(&refused.to_string()))?;
    let answer = answered(send(tools.client.get(document)).await)?;
    let said = answer.json().filter(|_| answer.status.is_success()).ok_or_else(|| strange("no document"))?;
    let services = said.get("service").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_data = |service: &&Value| {
        service.get("id").and_then(Value::as_str).is_some_and(|id| id.ends_with("#atproto_pds"))
    };
    let address = services.iter().find(is_data).and_then(|service| service.get("serviceEndpoint")?.as_str());
    let found = server::parse(address.ok_or_else(|| strange("a document without a data server"))?, guard)?;
    if issuer_of(&found, tools).await?.as_deref() == Some(issuer) {
        Ok(found)
    } else {
        Err(ConnectError::OtherServer { detail: format!("{issuer} gives tokens for {}", shortened(did)) })
    }
}

/// Who gives the tokens that a data server takes (RFC 9728); nothing where it is none.
async fn issuer_of(server: &Url, tools: &Tools) -> Result<Option<String>, ConnectError> {
    let answer = answered(send(tools.client.get(at(server, "/.well-known/oauth-protected-resource"))).await)?;
    let Some(said) = answer.json().filter(|_| answer.status.is_success()) else { return Ok(None) };
    let resource = said.get("resource").and_then(Value::as_str).map(|text| text.trim_end_matches('/'));
    let issuer = said.pointer("/authorization_servers/0").and_then(Value::as_str).and_then(printable);
    Ok(issuer.filter(|_| resource == Some(server::name(server).as_str())))
}

impl Accounts {
    /// What this site is called at these servers; nothing where it can be called nothing.
    pub(super) fn atproto_client(&self) -> Option<String> {
        let public = &self.0.public_url;
        if public.scheme() == "https" {
            return Some(self.address("accounts/client-metadata.json"));
        }
        // Tried out on this machine: servers take it at its word.
        (public.host() == Some(Host::Ipv4([127, 0, 0, 1].into()))).then(|| {
            let asked = form_urlencoded::Serializer::new(String::new())
                .append_pair("redirect_uri", &self.return_address(CONNECTION))
                .append_pair("scope", SCOPES)
                .finish();
            format!("http://localhost?{asked}")
        })
    }

    /// How this site describes itself to servers of the AT Protocol.
    #[must_use]
    pub fn client_metadata(&self) -> Value {
        json!({
            "client_id": self.address("accounts/client-metadata.json"),
            "client_name": self.0.site_name,
            "client_uri": self.0.public_url.origin().ascii_serialization(),
            "application_type": "web",
            "redirect_uris": [self.return_address(CONNECTION)],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": SCOPES,
            "token_endpoint_auth_method": "none",
            "dpop_bound_access_tokens": true,
        })
    }
}

fn at(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_path(path);
    url
}
