//! What every route has at hand.

use axum::extract::FromRef;
use axum::response::Response;
use cutline::server::{FetcherView, Locale, Page, ProblemView, Site, render};
use cutline_engine::Engine;
use cutline_engine::accounts::{SecretText, Session};
use cutline_engine::error::EngineError;
use cutline_engine::store::Scripts;
use cutline_model::Problem;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};

use crate::config::SiteConfig;
use crate::cookies::SessionCookie;
use crate::embed::Sites;
use crate::streams::Streams;

/// The state that routes share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Does what is asked.
    pub engine: Engine,
    /// What every page shows.
    pub site: Site,
    /// What the site says of its fetcher.
    pub fetcher: FetcherView,
    /// The language of visitors whose browser asks for none of ours.
    pub default_language: &'static str,
    /// Room for those who follow shares.
    pub streams: Streams,
    /// The sites of others.
    pub sites: Sites,
    /// What their pages load, of all versions.
    pub(crate) scripts: Scripts,
    /// How visitors with accounts are known.
    pub(crate) cookie: SessionCookie,
}

impl AppState {
    /// The state of a site with this engine.
    #[must_use]
    pub fn new(
        engine: Engine,
        config: &SiteConfig,
        public_url: &str,
        overlay: cutline_model::OverlaySettings,
        fetcher: FetcherView,
        streams: Streams,
        (sites, scripts): (Sites, Scripts),
    ) -> Self {
        // Leptos renders on tokio. An error would say that it was told so before: then there is nothing to do.
        let _ = any_spawner::Executor::init_tokio();
        let site = Site {
            name: config.name.clone(),
            public_url: public_url.to_owned(),
            overlay,
            targets: engine.targets(),
            has_accounts: engine.accounts().is_some(),
        };
        let cookie = SessionCookie::of(public_url);
        Self {
            engine,
            site,
            fetcher,
            default_language: config.language.tag(),
            streams,
            sites,
            scripts,
            cookie,
        }
    }

    /// Who asks, if it is a visitor with a session.
    pub async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, EngineError> {
        match (self.engine.accounts(), self.cookie.read(headers)) {
            (Some(accounts), Some(cookie)) => Ok(accounts.session(cookie).await?),
            _ => Ok(None),
        }
    }

    /// Renders a page in the visitor's language.
    pub async fn page(&self, request: PageRequest, status: StatusCode, page: Page) -> Response {
        let locale = self.locale(&request);
        let session = self.session(request.headers()).await;
        let cookie = self.cookie.read(request.headers()).map(str::to_owned);
        let is_kept = matches!(&session, Ok(Some(session)) if session.has_connected());
        let site = self.site_of(session).await;
        let mut response = render(site, locale, status, page, request.0).await;
        if let Some(cookie) = cookie {
            let value = HeaderValue::from_static("private, no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, value);
            // A browser keeps it for thirty days from now, as the record does.
            if let Some(token) = SecretText::parse(&cookie).filter(|_| is_kept) {
                response.headers_mut().append(header::SET_COOKIE, self.cookie.set(&token));
            }
        }
        response
    }

    /// The site as this visitor has it: with accounts of their own among the targets, and those chosen that they want chosen.
    async fn site_of(&self, session: Result<Option<Session>, EngineError>) -> Site {
        // Servers tell their limits when they are first posted to.
        let mut site = Site { targets: self.engine.targets(), ..self.site.clone() };
        let own = async {
            match (self.engine.accounts(), session?) {
                (Some(accounts), Some(session)) => {
                    Ok((accounts.targets(&session).await?, session.visitor.chosen))
                }
                _ => Ok::<_, EngineError>((Vec::new(), Vec::new())),
            }
        };
        match own.await {
            Ok((targets, chosen)) => {
                site.targets.extend(targets);
                site.overlay.chosen_targets = chosen;
            }
            // The page is worth more than the targets.
            Err(error) => tracing::warn!(%error, "a visitor's accounts are not shown"),
        }
        site
    }

    /// Renders what the engine refused.
    pub async fn refusal(&self, request: PageRequest, error: EngineError) -> Response {
        self.problem(request, error.into_problem()).await
    }

    /// Renders a problem.
    pub async fn problem(&self, request: PageRequest, problem: Problem) -> Response {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.page(request, status, Page::Problem(ProblemView { problem })).await
    }

    fn locale(&self, request: &PageRequest) -> Locale {
        let accepted = request.0.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Locale::new(request.0.uri().query().unwrap_or_default(), accepted.unwrap_or(self.default_language))
    }
}

impl FromRef<AppState> for Engine {
    fn from_ref(state: &AppState) -> Self {
        state.engine.clone()
    }
}

/// A request as the page renderer takes it: the body has been read, or is not of interest.
pub struct PageRequest(Request<axum::body::Body>);

impl PageRequest {
    /// The request without its body.
    #[must_use]
    pub fn new(parts: http::request::Parts) -> Self {
        Self(Request::from_parts(parts, axum::body::Body::empty()))
    }

    /// The address asked for.
    #[must_use]
    pub fn uri(&self) -> &http::Uri {
        self.0.uri()
    }

    /// What came with it.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for PageRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::new(parts.clone()))
    }
}
