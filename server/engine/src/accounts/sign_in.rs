//! A sign-in at a platform, from the visitor's wish to the account: begun here, decided there, ended here.
//!
//! What protects it: `state` is known to this browser's session alone and taken once; the verifier of PKCE never leaves this
//! site; each server has a return address of its own, and one that names itself in its answers must do so (RFC 9700, 4.4:
//! mix-up); the session is renewed when an account is connected, so that nobody else knows it (fixation).

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::ConnectError;
use super::grant::{self, Client, Grant};
use super::oauth::{self, Endpoints, Request};
use super::sealing::Place;
use super::secret_text::SecretText;
use super::session::Session;
use super::ways::{Asked, Way, check_issuer};
use super::{Accounts, atproto, mastodon, server, wordpress};
use crate::deliver::ProofKey;
use crate::store::SignInRecord;

/// How long a visitor may take to decide.
const MAX_DECIDING: SignedDuration = SignedDuration::from_mins(10);
/// Most sign-ins of one visitor at once.
const MAX_AT_ONCE: i64 = 10;

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
    /// Whose password it is that comes in the place of a code (WordPress).
    pub user: Option<String>,
    /// That password.
    pub password: Option<String>,
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
    #[serde(default)]
    code: Option<PendingCode>,
}

/// What it takes to have tokens for a code.
#[derive(Deserialize, Serialize)]
struct PendingCode {
    verifier: String,
    redirect_uri: String,
    issuer: String,
    names_itself: bool,
    #[serde(default)]
    userinfo: Option<String>,
    #[serde(default)]
    proof_key: Option<String>,
    client: Client,
}

impl PendingCode {
    fn of(request: &Request<'_>, client: &Client, key: Option<&ProofKey>) -> Self {
        Self {
            verifier: request.verifier.reveal().to_owned(),
            issuer: request.endpoints.issuer.clone(),
            names_itself: request.endpoints.names_itself,
            userinfo: request.endpoints.userinfo.as_ref().map(Url::to_string),
            redirect_uri: request.redirect_uri.to_owned(),
            proof_key: key.map(ProofKey::reveal),
            client: client.clone(),
        }
    }
}

fn request<'a>(
    endpoints: &'a Endpoints,
    client_id: &'a str,
    scopes: &'a str,
    redirect_uri: &'a str,
    state: &'a SecretText,
    verifier: &'a SecretText,
) -> Request<'a> {
    Request { endpoints, client_id, redirect_uri, scopes, state, verifier }
}

impl Accounts {
    /// Begins: at the server that the visitor typed, or in a configured way.
    pub async fn begin(
        &self,
        session: Option<&Session>,
        way: &str,
        server: &str,
    ) -> Result<Begun, ConnectError> {
        let Way { connection, platform, server, asked } = self.way(way, server).await?;
        let (session_hash, visitor, new_session) = match session {
            Some(session) => (session.hash.clone(), session.visitor.id.clone(), None),
            None => {
                let (token, visitor) = self.add_visitor().await?;
                (token.hash(), visitor.id, Some(token))
            }
        };
        let state = self.fresh();
        let back = self.return_address(&connection);
        let (address, code) = match asked {
            Asked::Password { page } => {
                let name = wordpress::program(&self.0.site_name, self.0.clock.now());
                (wordpress::address(page, &name, &back, &state), None)
            }
            Asked::Code { scopes, endpoints, client } => {
                let verifier = self.fresh();
                let request = request(&endpoints, &client.id, &scopes, &back, &state, &verifier);
                (request.address(), Some(PendingCode::of(&request, &client, None)))
            }
            Asked::Pushed { entrance, client } => {
                let (verifier, key) = (self.fresh(), ProofKey::generate());
                let endpoints = &entrance.endpoints;
                let request = request(endpoints, &client.id, atproto::SCOPES, &back, &state, &verifier);
                let address = atproto::push(&entrance, &request, &key, &self.0.tools).await?;
                (address, Some(PendingCode::of(&request, &client, Some(&key))))
            }
        };
        let pending = Pending { platform: platform.to_owned(), server: server::name(&server), code };
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

    /// Ends: takes the sign-in that the answer belongs to, has what it gives, and keeps the account.
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
        let Pending { platform, server, code } = pending;
        let mut server = server::parse_with_path(&server, &self.0.guard)?;
        let (grant, remote_id, name) = match code {
            Some(code) if platform == "bluesky" => self.with_did(&mut server, code, returned).await?,
            Some(code) => self.with_code(&platform, &server, code, returned).await?,
            None => self.with_password(&server, returned).await?,
        };
        self.keep(session, &platform, &server::name(&server), remote_id, name, &grant).await
    }

    /// Tokens for the code that came back, and whose they are.
    async fn with_code(
        &self,
        platform: &str,
        server: &Url,
        pending: PendingCode,
        returned: Returned,
    ) -> Result<(Grant, String, String), ConnectError> {
        let userinfo = pending.userinfo.clone();
        let granted = self.granted(pending, returned).await;
        if let Err(ConnectError::Refused { .. } | ConnectError::Strange { .. }) = &granted {
            // Perhaps the server does not know this site any more: next time it is introduced anew.
            self.0.store.drop_registration(platform, &server::name(server)).await?;
        }
        let grant = granted?;
        let whose = async {
            if platform == "mastodon" {
                return mastodon::whoami(server, &grant.access, &self.0.tools).await;
            }
            match self.identify(platform, server, "me", &grant.access, None).await? {
                Some(identity) => Ok((identity.id, identity.name)),
                None => oauth::whoami(userinfo.as_deref(), &grant.access, &self.0.tools).await,
            }
        };
        match whose.await {
            Ok((id, name)) => Ok((grant, id, name)),
            Err(error) => self.given_back(platform, server, "", &grant, error).await,
        }
    }

    /// What a server gave and is not kept, ends there, unless it is what an account has.
    async fn given_back<T>(
        &self,
        platform: &str,
        server: &Url,
        name: &str,
        grant: &Grant,
        error: ConnectError,
    ) -> Result<T, ConnectError> {
        self.revoke_unless_held(platform, &server::name(server), name, None, grant).await;
        Err(error)
    }

    /// Tokens for the code that came back from a server of the AT Protocol; `server` becomes the one where the account's data lie.
    async fn with_did(
        &self,
        server: &mut Url,
        pending: PendingCode,
        returned: Returned,
    ) -> Result<(Grant, String, String), ConnectError> {
        let issuer = pending.issuer.clone();
        let grant = self.granted(pending, returned).await?;
        match self.whose_did(server, &issuer, &grant).await {
            Ok((did, name)) => Ok((grant, did, name)),
            Err(error) => self.given_back("bluesky", server, "", &grant, error).await,
        }
    }

    /// Whose tokens of the AT Protocol are: DID and handle.
    async fn whose_did(
        &self,
        server: &mut Url,
        issuer: &str,
        grant: &Grant,
    ) -> Result<(String, String), ConnectError> {
        let strange = |detail: &str| ConnectError::Strange { detail: detail.to_owned() };
        let did = grant.subject.clone().ok_or_else(|| strange("tokens that are nobody's"))?;
        *server = atproto::data_server(server, issuer, &did, &self.0.guard, &self.0.tools).await?;
        let identity = self.identify("bluesky", server, &did, &grant.access, grant.proof_key()).await?;
        let identity = identity.filter(|identity| identity.id == did);
        let identity = identity.ok_or_else(|| strange("a session of another account"))?;
        Ok((did, identity.name))
    }

    /// Has tokens for the code that came back, from who was asked.
    async fn granted(&self, pending: PendingCode, returned: Returned) -> Result<Grant, ConnectError> {
        let PendingCode { verifier, redirect_uri, issuer, names_itself, proof_key, client, .. } = pending;
        check_issuer(&issuer, names_itself, returned.issuer.as_deref())?;
        let code = match (returned.error, returned.code) {
            (Some(error), _) => return Err(not_granted(&error)),
            (None, Some(code)) => oauth::printable(&code).ok_or(ConnectError::Stale)?,
            (None, None) => return Err(ConnectError::Stale),
        };
        let key = proof_key.as_deref().and_then(ProofKey::parse);
        oauth::exchange(client, &code, &redirect_uri, &verifier, key.as_ref(), &self.0.tools).await
    }

    /// The password that came back, and whose it is.
    async fn with_password(
        &self,
        server: &Url,
        returned: Returned,
    ) -> Result<(Grant, String, String), ConnectError> {
        if let Some(error) = returned.error {
            return Err(ConnectError::Denied { detail: oauth::shortened(&error) });
        }
        let (user, password) = returned.user.zip(returned.password).ok_or(ConnectError::Stale)?;
        wordpress::check_site(server, returned.issuer.as_deref())?;
        // Its page shows passwords in groups, which are none to whoever reads them.
        let password: String = password.split_whitespace().collect();
        let mut grant = Grant::default();
        grant.access = password;
        match wordpress::whoami(server, &user, &grant.access, &self.0.tools).await {
            Ok((id, name)) => Ok((grant, id, name)),
            // Nobody can be that: nothing of it is sent.
            Err(error @ ConnectError::Stale) => Err(error),
            Err(error) => self.given_back("wordpress", server, &format!("{user}@"), &grant, error).await,
        }
    }
}

/// What an answer without a code says (RFC 6749, 4.1.2.1): who was asked has said no, the server has trouble, or it does not take what
/// this site asks.
fn not_granted(error: &str) -> ConnectError {
    let detail = oauth::shortened(error);
    match error {
        "access_denied" => ConnectError::Denied { detail },
        "server_error" | "temporarily_unavailable" => ConnectError::Unreachable { detail, retry_after: None },
        _ => ConnectError::Strange { detail },
    }
}

/// Where a sign-in's secrets belong.
fn place<'a>(visitor: &'a str, hash: &'a str) -> Place<'a> {
    Place { visitor, platform: "", row: ("sign_in", hash) }
}
