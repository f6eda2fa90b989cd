//! Sites of others: who may share from there, where to, and how often.
//!
//! A browser says truly which site a page is of (`Origin`), and no page can make it lie; what is not a browser can, but has
//! no visitor whose name could be used. So a site is known by its origin. No cookie plays a part, here or anywhere: what is
//! allowed to a page is a token that lasts some minutes, is good for one share, and is given only to a page of that site.

mod rates;
mod token;
mod visitor;

use std::sync::Arc;

use cutline_engine::clock::SharedClock;
use cutline_model::{OverlaySettings, Problem, ProblemCode, Target, TargetId};
use http::{HeaderMap, header};

pub use self::token::{LIFETIME, Tokens};
pub use self::visitor::{Peer, Visitor, Visitors};

use self::rates::Rates;
use crate::config::{EmbedConfig, SiteOfOthers};

/// Where sites that are not named may share to, where they may.
const OPEN_TO: &str = "board";

/// All that is known of sites of others.
#[derive(Clone)]
pub struct Sites(Arc<Parts>);

struct Parts {
    named: Vec<SiteOfOthers>,
    config: EmbedConfig,
    tokens: Tokens,
    rates: Rates,
    visitors: Visitors,
    clock: SharedClock,
}

/// A site that may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Its origin.
    pub origin: String,
    /// Where to; everywhere if none is named.
    targets: Option<Vec<TargetId>>,
    threshold: Option<u32>,
    hourly: u32,
    is_named: bool,
}

impl Sites {
    /// What the configuration says, with tokens under this secret.
    #[must_use]
    pub fn new(config: EmbedConfig, named: Vec<SiteOfOthers>, secret: &[u8], clock: SharedClock) -> Self {
        let visitors = Visitors::new(config.trusted_proxies.clone());
        let tokens = Tokens::new(secret);
        Self(Arc::new(Parts { named, config, tokens, rates: Rates::default(), visitors, clock }))
    }

    /// Whether pages of `origin` may read what this server says to sites of others.
    #[must_use]
    pub fn may_read(&self, origin: &str) -> bool {
        self.0.config.open && is_web(origin) || self.0.named.iter().any(|site| site.origin == origin)
    }

    /// The site that a request comes from, if it may share.
    #[must_use]
    pub fn of(&self, headers: &HeaderMap) -> Option<Allowed> {
        let origin = single(headers, &header::ORIGIN)?;
        let Parts { named, config, .. } = &*self.0;
        if let Some(site) = named.iter().find(|site| site.origin == origin) {
            return Some(Allowed {
                origin: site.origin.clone(),
                targets: site.targets.clone(),
                threshold: site.threshold,
                hourly: site.shares_per_hour.unwrap_or(config.shares_per_site),
                is_named: true,
            });
        }
        (config.open && is_web(origin)).then(|| Allowed {
            origin: origin.to_owned(),
            targets: TargetId::parse(OPEN_TO).ok().map(|board| vec![board]),
            threshold: None,
            hourly: config.shares_per_site,
            is_named: false,
        })
    }

    /// The same, if its page also names itself rightly.
    pub fn of_page(&self, headers: &HeaderMap, key: &str) -> Result<Allowed, Problem> {
        let site = self.of(headers).ok_or_else(unknown)?;
        let is_right =
            !site.is_named || self.0.named.iter().any(|one| one.origin == site.origin && one.key == key);
        if is_right { Ok(site) } else { Err(unknown()) }
    }

    /// A token for one share from `site`, by the visitor who asks: counted against what both may.
    pub fn token(&self, site: &Allowed, visitor: Visitor, idempotency_key: &str) -> Result<String, Problem> {
        let Parts { config, tokens, rates, clock, .. } = &*self.0;
        let now = clock.now().as_second();
        let site_name = if site.is_named { site.origin.as_str() } else { "" };
        rates
            .take(
                now,
                &[
                    (format!("site {site_name}"), site.hourly),
                    (visitor.to_string(), config.shares_per_visitor),
                ],
            )
            .map_err(|wait| {
                let detail = format!(
                    "Too much was shared from here within an hour. Try again in {} minutes.",
                    wait.as_secs().div_ceil(60)
                );
                Problem::new(ProblemCode::TooMany, detail).after(wait)
            })?;
        Ok(tokens.make(&site.origin, idempotency_key, now))
    }

    /// Whether `headers` bring a token that was made for this site and this key, and still lasts.
    #[must_use]
    pub fn has_token(&self, headers: &HeaderMap, site: &Allowed, idempotency_key: &str) -> bool {
        let token = bearer(headers);
        token.is_some_and(|token| {
            self.0.tokens.is_good(token, &site.origin, idempotency_key, self.0.clock.now().as_second())
        })
    }

    /// Who asks.
    #[must_use]
    pub fn visitor(&self, peer: Option<Peer>, headers: &HeaderMap) -> Visitor {
        self.0.visitors.of(peer, headers)
    }
}

impl Allowed {
    /// Those of this server's targets that the site may use.
    #[must_use]
    pub fn targets(&self, all: Vec<Target>) -> Vec<Target> {
        all.into_iter().filter(|target| self.allows(&target.id)).collect()
    }

    /// Whether the site may share to this target.
    #[must_use]
    pub fn allows(&self, target: &TargetId) -> bool {
        self.targets.as_ref().is_none_or(|targets| targets.contains(target))
    }

    /// The overlay's settings on it.
    #[must_use]
    pub fn settings(&self, settings: &OverlaySettings) -> OverlaySettings {
        OverlaySettings {
            min_width: self.threshold.unwrap_or(settings.min_width),
            min_height: self.threshold.unwrap_or(settings.min_height),
            ..settings.clone()
        }
    }
}

fn unknown() -> Problem {
    let detail = "This server does not know the site that this page is of, or its key. Its owner adds sites as [[sites]] in the configuration.";
    Problem::new(ProblemCode::CrossSite, detail)
}

/// The token that headers bring along.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    single(headers, &header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "))
}

/// A header that is there once; twice it is nobody's word.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether an origin is a site's: `null` is anybody's.
fn is_web(origin: &str) -> bool {
    url::Url::parse(origin).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin
    })
}
