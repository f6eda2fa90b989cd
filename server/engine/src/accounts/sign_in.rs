//! A sign-in at a platform, from the visitor's wish to the account: begun here, decided there, ended here.
//!
//! What protects it: `state` is known to this browser's session alone and taken once; the verifier of PKCE never leaves this
//! site; each server has a return address of its own, and one that names itself in its answers must do so (RFC 9700, 4.4:
//! mix-up); the session is renewed when an account is connected, so that nobody else knows it (fixation).

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::error::ConnectError;
use super::grant::{self, Client};
use super::oauth::{self, Endpoints, Request};
use super::sealing::Place;
use super::secret_text::{SecretText, hex};
use super::session::Session;
use super::{Accounts, mastodon, server};
use crate::store::{AccountRecord, RegistrationRecord, SignInRecord};

/// How long a visitor may take to decide.
const MAX_DECIDING: SignedDuration = SignedDuration::from_mins(10);
/// Most sign-ins of one visitor at once.
const MAX_AT_ONCE: i64 = 10;

/// A way to sign in that the site's owner has configured: any OAuth 2 server, for a platform whose calls take its tokens.
#[derive(Clone, Debug)]
pub struct ConfiguredSignIn {
    /// Its name in addresses: a-z, 0-9 and `-`.
    pub name: String,
    /// What visitors read.
    pub title: String,
    /// Where is posted.
    pub server: Url,
    /// The OAuth server, whose metadata say the rest.
    pub issuer: String,
    /// This site's id there.
    pub client_id: String,
    /// What proves it, if it has one.
    pub client_secret: Option<crate::deliver::Token>,
    /// What it asks to be allowed.
    pub scopes: String,
}

impl ConfiguredSignIn {
    /// Whether this account was connected in this way.
    #[must_use]
    pub fn is_for(&self, account: &AccountRecord) -> bool {
        account.server == origin(&self.server)
    }
}

/// Where a visitor goes on.
#[derive(Debug)]
pub struct Begun {
    /// The server's page that asks them.
    pub address: Url,
    /// A new session's cookie, for a visitor who had none.
    pub new_session: Option<SecretText>,
}

/// What a server sends a visitor back with.
#[derive(Clone, Default)]
pub struct Returned {
    /// The sign-in that it answers.
    pub state: Option<String>,
    /// What tokens are had for.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who answers.
    pub issuer: Option<String>,
}

/// An account is connected.
#[derive(Debug)]
pub struct Connected {
    /// What people call it.
    pub name: String,
    /// The session's new cookie.
    pub session: SecretText,
}

/// What this site keeps of a sign-in until its answer comes.
#[derive(Deserialize, Serialize)]
struct Pending {
    platform: String,
    server: String,
    verifier: String,
    redirect_uri: String,
    issuer: String,
    names_itself: bool,
    client: Client,
}

/// Where a sign-in leads, and as whom this site asks.
struct Way {
    connection: String,
    server: Url,
    redirect_uri: String,
    scopes: String,
    endpoints: Endpoints,
    client: Client,
}

impl Accounts {
    /// Begins: at the server that the visitor typed, or in a configured way.
    pub async fn begin(
        &self,
        session: Option<&Session>,
        way: &str,
        server: &str,
    ) -> Result<Begun, ConnectError> {
        let way = self.way(way, server).await?;
        let (session_hash, visitor, new_session) = match session {
            Some(session) => (session.hash.clone(), session.visitor.id.clone(), None),
            None => {
                let (token, visitor) = self.add_visitor().await?;
                (token.hash(), visitor.id, Some(token))
            }
        };
        let (state, verifier) = (self.fresh(), self.fresh());
        let Way { connection, server, redirect_uri, scopes, endpoints, client } = way;
        let address = Request {
            endpoints: &endpoints,
            client_id: &client.id,
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            state: &state,
            verifier: &verifier,
        }
        .address();
        let pending = Pending {
            platform: "mastodon".to_owned(),
            server: origin(&server),
            verifier: verifier.reveal().to_owned(),
            redirect_uri,
            issuer: endpoints.issuer,
            names_itself: endpoints.names_itself,
            client,
        };
        let hash = state.hash();
        let now = self.0.clock.now();
        let sealed = grant::seal(&pending, place(&visitor, &hash), &self.0.sealer, self.0.random.as_ref());
        let expires_at = now + MAX_DECIDING;
        let record = SignInRecord { hash, session_hash, connection, sealed, expires_at };
        if !self.0.store.begin_sign_in(&record, MAX_AT_ONCE, now).await? {
            return Err(ConnectError::TooMany);
        }
        Ok(Begun { address, new_session })
    }

    /// Ends: takes the sign-in that the answer belongs to, has tokens for the code, and keeps the account.
    pub async fn finish(
        &self,
        session: &Session,
        connection: &str,
        returned: Returned,
    ) -> Result<Connected, ConnectError> {
        let state = returned.state.as_deref().and_then(SecretText::parse).ok_or(ConnectError::Stale)?;
        let taken = self.0.store.take_sign_in(&state.hash()).await?.ok_or(ConnectError::Stale)?;
        if taken.session_hash != session.hash || taken.expires_at <= self.0.clock.now() {
            return Err(ConnectError::Stale);
        }
        let pending: Pending =
            grant::open(place(&session.visitor.id, &taken.hash), &taken.sealed, &self.0.sealer)?;
        if taken.connection != connection {
            let detail = format!("{} was asked, {connection} answers", taken.connection);
            return Err(ConnectError::OtherServer { detail });
        }
        check_issuer(&pending, returned.issuer.as_deref())?;
        let code = match (returned.error, returned.code) {
            (Some(error), _) => return Err(ConnectError::Denied { detail: oauth::shortened(&error) }),
            (None, Some(code)) => oauth::printable(&code).ok_or(ConnectError::Stale)?,
            (None, None) => return Err(ConnectError::Stale),
        };
        let Pending { platform, server, verifier, redirect_uri, client, .. } = pending;
        let server = server::parse(&server, &self.0.guard)?;
        let granted = oauth::exchange(client, &code, &redirect_uri, &verifier, &self.0.tools).await;
        if let Err(ConnectError::Refused { .. }) = &granted {
            // Perhaps the server does not know this site any more: next time it is introduced anew.
            self.0.store.drop_registration(&platform, &origin(&server)).await?;
        }
        let grant = granted?;
        let (remote_id, name) = mastodon::whoami(&server, &grant.access, &self.0.tools).await?;
        self.keep(session, &platform, &origin(&server), remote_id, name, &grant).await
    }

    async fn way(&self, way: &str, server: &str) -> Result<Way, ConnectError> {
        if let Some(configured) = self.0.sign_ins.iter().find(|one| one.name == way) {
            return self.configured(configured).await;
        }
        if way != "mastodon" {
            return Err(ConnectError::NotOffered);
        }
        let server = server::parse(server, &self.0.guard)?;
        let name = origin(&server);
        let endpoints = match Endpoints::ask(&name, &self.0.tools).await? {
            Some(endpoints) => endpoints,
            None => mastodon::usual_endpoints(&server),
        };
        let connection = format!("mastodon-{}", &hex(&Sha256::digest(&name))[..12]);
        let redirect_uri = self.address(&format!("accounts/callback/{connection}"));
        let (id, secret) = self.registered(&server, &redirect_uri).await?;
        let client = client(id, Some(secret), &endpoints);
        let scopes = mastodon::SCOPES.to_owned();
        Ok(Way { connection, server, redirect_uri, scopes, endpoints, client })
    }

    async fn configured(&self, configured: &ConfiguredSignIn) -> Result<Way, ConnectError> {
        let ConfiguredSignIn { name, server, issuer, client_id, client_secret, scopes, .. } = configured;
        let asked = Endpoints::ask(issuer, &self.0.tools).await?;
        let endpoints = asked.ok_or_else(|| ConnectError::Strange {
            detail: format!("{issuer} tells no metadata of its own (RFC 8414)"),
        })?;
        let secret = client_secret.as_ref().map(|secret| secret.reveal().to_owned());
        Ok(Way {
            connection: name.clone(),
            server: server.clone(),
            redirect_uri: self.address(&format!("accounts/callback/{name}")),
            scopes: scopes.clone(),
            client: client(client_id.clone(), secret, &endpoints),
            endpoints,
        })
    }

    /// What this site is called at the server; it introduces itself if it has not yet.
    async fn registered(&self, server: &Url, redirect_uri: &str) -> Result<(String, String), ConnectError> {
        let (platform, name) = ("mastodon", origin(server));
        let place = Place { visitor: "", platform, row: ("registration", &name) };
        if let Some(known) = self.0.store.registration(platform, &name, redirect_uri).await?
            && let Ok(secret) = grant::open(place, &known.sealed, &self.0.sealer)
        {
            return Ok((known.client_id, secret));
        }
        let site = self.0.public_url.origin().ascii_serialization();
        let (client_id, secret) =
            mastodon::register(server, &self.0.site_name, &site, redirect_uri, &self.0.tools).await?;
        let sealed = grant::seal(&secret, place, &self.0.sealer, self.0.random.as_ref());
        let registration = RegistrationRecord {
            platform: platform.to_owned(),
            server: name,
            redirect_uri: redirect_uri.to_owned(),
            client_id: client_id.clone(),
            sealed,
        };
        self.0.store.keep_registration(&registration).await?;
        Ok((client_id, secret))
    }
}

/// A server's origin, by which it is known.
fn origin(server: &Url) -> String {
    server.origin().ascii_serialization()
}

fn client(id: String, secret: Option<String>, endpoints: &Endpoints) -> Client {
    Client {
        id,
        secret,
        token_endpoint: endpoints.token.to_string(),
        revocation_endpoint: endpoints.revocation.as_ref().map(Url::to_string),
    }
}

/// Where a sign-in's secrets belong.
fn place<'a>(visitor: &'a str, hash: &'a str) -> Place<'a> {
    Place { visitor, platform: "", row: ("sign_in", hash) }
}

/// Who answers must be who was asked, wherever that is told (RFC 9207, 2.4).
fn check_issuer(asked: &Pending, said: Option<&str>) -> Result<(), ConnectError> {
    let detail = match said {
        Some(said) if said == asked.issuer => return Ok(()),
        Some(said) => format!("{} was asked, {} answers", asked.issuer, oauth::shortened(said)),
        None if asked.names_itself => {
            format!("{} names itself, the answer names nobody", asked.issuer)
        }
        None => return Ok(()),
    };
    Err(ConnectError::OtherServer { detail })
}
