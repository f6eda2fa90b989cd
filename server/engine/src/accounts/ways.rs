//! Where a sign-in leads, and as whom this site asks: at the server that a visitor named, or in a way that the site's owner has
//! configured.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use zeroize::Zeroize;

use super::atproto::Entrance;
use super::error::ConnectError;
use super::grant::{self, Client, Grant};
use super::oauth::{self, Endpoints};
use super::sealing::Place;
use super::secret_text::hex;
use super::{Accounts, atproto, mastodon, server, wordpress};
use crate::deliver::Token;
use crate::deliver::platforms::Entry;
use crate::store::{AccountRecord, RegistrationRecord};

/// A way to sign in that the site's owner has configured: any OAuth 2 server, for a platform whose calls take its tokens.
#[derive(Clone, Debug)]
pub struct ConfiguredSignIn {
    /// Its name in addresses: a-z, 0-9 and `-`.
    pub name: String,
    /// What visitors read.
    pub title: String,
    /// The platform that is posted to.
    pub platform: &'static Entry,
    /// Where that is.
    pub server: Url,
    /// The OAuth server, whose metadata say the rest; or whose endpoints the owner names.
    pub issuer: String,
    /// What its metadata would say, if it has none.
    pub endpoints: Option<ConfiguredEndpoints>,
    /// This site's id there.
    pub client_id: String,
    /// What proves it, if it has one.
    pub client_secret: Option<Token>,
    /// What it asks to be allowed.
    pub scopes: String,
}

/// Where an OAuth server that tells no metadata deals with what.
#[derive(Clone, Debug)]
pub struct ConfiguredEndpoints {
    /// Where visitors are sent.
    pub authorization: Url,
    /// Where codes become tokens.
    pub token: Url,
    /// Where tokens end, if it has such a place.
    pub revocation: Option<Url>,
}

impl ConfiguredSignIn {
    /// Whether this account was connected in this way.
    #[must_use]
    pub fn is_for(&self, account: &AccountRecord) -> bool {
        self.is_at(&account.platform, &account.server)
    }

    fn is_at(&self, platform: &str, server: &str) -> bool {
        platform == self.platform.name && server == server::name(&self.server)
    }
}

/// Where a sign-in leads.
pub(super) struct Way {
    /// The name of its return address.
    pub(super) connection: String,
    pub(super) platform: &'static str,
    pub(super) server: Url,
    pub(super) asked: Asked,
}

/// What is asked there.
pub(super) enum Asked {
    /// A code, for tokens.
    Code { scopes: String, endpoints: Endpoints, client: Client },
    /// The same, pushed there first, for tokens that are bound to a key.
    Pushed { entrance: Entrance, client: Client },
    /// A password for programs, on this page of a WordPress site.
    Password { page: Url },
}

impl Accounts {
    /// At the server that the visitor typed, or in a configured way.
    pub(super) async fn way(&self, way: &str, server: &str) -> Result<Way, ConnectError> {
        if let Some(configured) = self.0.sign_ins.iter().find(|one| one.name == way) {
            return self.configured(configured).await;
        }
        match way {
            "mastodon" => self.at_mastodon(server::parse(server, &self.0.guard)?).await,
            "wordpress" => {
                let server = server::parse_with_path(server, &self.0.guard)?;
                let page = wordpress::consent_page(&server, &self.0.tools).await?;
                let connection = connection("wordpress", &server);
                Ok(Way { connection, platform: "wordpress", server, asked: Asked::Password { page } })
            }
            "bluesky" => self.at_bluesky(server).await,
            _ => Err(ConnectError::NotOffered),
        }
    }

    /// Where a platform sends visitors back to.
    pub(super) fn return_address(&self, connection: &str) -> String {
        self.address(&format!("accounts/callback/{connection}"))
    }

    async fn at_mastodon(&self, server: Url) -> Result<Way, ConnectError> {
        let asked = Endpoints::ask(&server::name(&server), false, &self.0.tools).await?;
        let endpoints = asked.unwrap_or_else(|| mastodon::usual_endpoints(&server));
        let connection = connection("mastodon", &server);
        let scopes = mastodon::scopes(&server, endpoints.scopes.as_deref(), &self.0.tools).await;
        let client = self.registered(&server, &endpoints, &self.return_address(&connection), scopes).await?;
        let asked = Asked::Code { scopes: scopes.to_owned(), endpoints, client };
        Ok(Way { connection, platform: "mastodon", server, asked })
    }

    async fn at_bluesky(&self, server: &str) -> Result<Way, ConnectError> {
        let id = self.atproto_client().ok_or(ConnectError::NotOffered)?;
        let server = if server.trim().is_empty() { atproto::USUAL_SERVER } else { server };
        let server = server::parse(server, &self.0.guard)?;
        let entrance = atproto::entrance(&server, &self.0.guard, &self.0.tools).await?;
        let client = client(id, None, &entrance.endpoints, false);
        let connection = atproto::CONNECTION.to_owned();
        Ok(Way { connection, platform: "bluesky", server, asked: Asked::Pushed { entrance, client } })
    }

    async fn configured(&self, configured: &ConfiguredSignIn) -> Result<Way, ConnectError> {
        let ConfiguredSignIn { name, platform, server, issuer, client_id, client_secret, scopes, .. } =
            configured;
        let asked = match &configured.endpoints {
            Some(named) => Some(Endpoints::named(issuer, named)),
            None => Endpoints::ask(issuer, true, &self.0.tools).await?,
        };
        let endpoints = asked.ok_or_else(|| ConnectError::Strange {
            detail: format!("{issuer} tells no metadata of its own (RFC 8414)"),
        })?;
        let secret = client_secret.as_ref().map(|secret| secret.reveal().to_owned());
        let mut client = client(client_id.clone(), secret, &endpoints, endpoints.takes_header);
        client.configured = Some(issuer.clone());
        let asked = Asked::Code { scopes: scopes.clone(), endpoints, client };
        Ok(Way { connection: name.clone(), platform: platform.name, server: server.clone(), asked })
    }

    /// What opens an account, with this site's secret as its owner has configured it by now: a secret has an end too. A refresh token is
    /// bound to the id that it was given to (RFC 6749, 6), so whoever has put in another id keeps what was had under the first.
    pub(super) fn as_configured(&self, platform: &str, server: &str, mut grant: Grant) -> Grant {
        if let Some(client) = &mut grant.client
            && let Some(way) = self.0.sign_ins.iter().find(|way| {
                // Those of before did not say who it is: then the secret goes nowhere but to that server itself.
                let is_asked = || {
                    let endpoint = Url::parse(&client.token_endpoint).ok()?;
                    Some(endpoint.origin() == Url::parse(&way.issuer).ok()?.origin())
                };
                way.is_at(platform, server)
                    && client.id == way.client_id
                    && client
                        .configured
                        .as_ref()
                        .map_or_else(|| is_asked() == Some(true), |who| *who == way.issuer)
            })
        {
            client.configured = Some(way.issuer.clone());
            client.secret.zeroize();
            client.secret = way.client_secret.as_ref().map(|secret| secret.reveal().to_owned());
        }
        grant
    }

    /// What this site is called at the server; it introduces itself if it has not yet, or is forgotten: to whom a server does not know
    /// any more it shows an error page of its own, from which nobody comes back here.
    async fn registered(
        &self,
        server: &Url,
        endpoints: &Endpoints,
        redirect_uri: &str,
        scopes: &str,
    ) -> Result<Client, ConnectError> {
        let (platform, name) = ("mastodon", server::name(server));
        let place = Place { visitor: "", platform, row: ("registration", &name) };
        if let Some(known) = self.0.store.registration(platform, &name, redirect_uri).await?
            && let Ok(kept) = grant::open::<Kept>(place, &known.sealed, &self.0.sealer)
        {
            let Registered { secret, scopes: asked } = kept.into();
            let client = client(known.client_id, Some(secret), endpoints, false);
            let verifier = self.fresh();
            if asked == scopes
                && oauth::is_known(&client, redirect_uri, verifier.reveal(), &self.0.tools).await
            {
                return Ok(client);
            }
        }
        let site = self.0.public_url.origin().ascii_serialization();
        let (client_id, secret) =
            mastodon::register(server, &self.0.site_name, &site, redirect_uri, scopes, &self.0.tools).await?;
        let kept = Registered { secret, scopes: scopes.to_owned() };
        let sealed = grant::seal(&kept, place, &self.0.sealer, self.0.random.as_ref());
        let registration = RegistrationRecord {
            platform: platform.to_owned(),
            server: name,
            redirect_uri: redirect_uri.to_owned(),
            client_id: client_id.clone(),
            sealed,
        };
        self.0.store.keep_registration(&registration).await?;
        Ok(client(client_id, Some(kept.secret), endpoints, false))
    }
}

/// What is sealed of an introduction.
#[derive(Deserialize, Serialize)]
struct Registered {
    secret: String,
    /// What it asked to be allowed.
    scopes: String,
}

/// The same, or the secret alone as versions of before kept it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Now(Registered),
    Before(String),
}

impl From<Kept> for Registered {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Now(registered) => registered,
            Kept::Before(secret) => Self { secret, scopes: mastodon::SCOPES.to_owned() },
        }
    }
}

/// The name of a server's own return address: so an answer of one is never taken for that of another (RFC 9700, 4.4).
fn connection(platform: &str, server: &Url) -> String {
    format!("{platform}-{}", &hex(&Sha256::digest(server::name(server)))[..12])
}

fn client(id: String, secret: Option<String>, endpoints: &Endpoints, by_header: bool) -> Client {
    Client {
        configured: None,
        id,
        secret,
        by_header,
        token_endpoint: endpoints.token.to_string(),
        revocation_endpoint: endpoints.revocation.as_ref().map(Url::to_string),
    }
}

/// Who answers must be who was asked, wherever that is told (RFC 9207, 2.4).
pub(super) fn check_issuer(asked: &str, names_itself: bool, said: Option<&str>) -> Result<(), ConnectError> {
    let detail = match said {
        Some(said) if said == asked => return Ok(()),
        Some(said) => format!("{asked} was asked, {} answers", oauth::shortened(said)),
        None if names_itself => format!("{asked} names itself, the answer names nobody"),
        None => return Ok(()),
    };
    Err(ConnectError::OtherServer { detail })
}
