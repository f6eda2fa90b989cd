//! The server's half of the app: the pages, and what the server functions need.
//!
//! Each page is a plain function of its data: the route has loaded everything before anything is rendered, so a page's
//! status, head and body are known together and nothing waits halfway through the HTML.

mod accounts;
mod annotation;
mod board;
mod compose;
mod deletion;
mod document;
mod fetcher;
mod frame;
mod galleries;
mod icons;
mod intents;
mod marked;
mod problem;
mod share;
mod words;

use cutline_engine::Engine;
use cutline_engine::accounts::Session;
use cutline_engine::error::EngineError;
use cutline_model::{OverlaySettings, Target};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

pub use self::accounts::{AccountLine, AccountsNotice, AccountsView};
pub use self::annotation::annotation;
pub use self::board::BoardView;
pub use self::compose::{ComposeForm, ComposePicture, ComposeView};
pub use self::deletion::DeletionView;
pub use self::document::Locale;
pub use self::fetcher::FetcherView;
pub use self::galleries::{GalleryView, HomeView};
pub use self::intents::mastodon_form;
pub use self::problem::ProblemView;
pub use self::share::ShareView;
use crate::api::ApiError;

/// What every page of a site shares.
#[derive(Clone, Debug)]
pub struct Site {
    /// The site's name, in titles and the header.
    pub name: String,
    /// Its address, without a slash at the end.
    pub public_url: String,
    /// The overlay's settings.
    pub overlay: OverlaySettings,
    /// Where visitors can share to.
    pub targets: Vec<Target>,
    /// Whether visitors can connect accounts of their own.
    pub has_accounts: bool,
}

/// A page and the data it shows.
#[derive(Clone, Debug)]
pub enum Page {
    /// `/`
    Home(HomeView),
    /// `/g/{slug}`
    Gallery(GalleryView),
    /// `/board`
    Board(BoardView),
    /// `/s/{id}`
    Share(Box<ShareView>),
    /// `/embed/s/{id}`
    Frame(Box<ShareView>),
    /// `/s/{id}/delete`
    Deletion(Box<DeletionView>),
    /// `/compose`
    Compose(Box<ComposeView>),
    /// `/accounts`
    Accounts(Box<AccountsView>),
    /// `/about/fetcher`
    Fetcher(FetcherView),
    /// Anything that went wrong.
    Problem(ProblemView),
}

/// Renders a page to a whole response, with its status, its language and its content security policy.
pub async fn render(
    site: Site,
    locale: Locale,
    status: http::StatusCode,
    page: Page,
    request: http::Request<axum::body::Body>,
) -> http::Response<axum::body::Body> {
    let context = move || {
        let response = expect_context::<ResponseOptions>();
        response.set_status(status);
    };
    let app = move || match page.clone() {
        Page::Frame(view) => Either::Left(frame::frame(&site, &locale, *view)),
        page => Either::Right(document::document(&site, &locale, page)),
    };
    leptos_axum::render_app_async_with_context(context, app)(request).await
}

/// The engine, for a server function.
pub(crate) fn engine() -> Engine {
    expect_context::<Engine>()
}

/// Who calls a server function, if it is a visitor with a session.
pub(crate) fn session() -> Option<Session> {
    use_context::<Option<Session>>().flatten()
}

/// An engine's error as a server function answers it, with its HTTP status.
pub(crate) fn refuse(error: EngineError) -> ApiError {
    let problem = error.into_problem();
    if let (Some(response), Ok(status)) =
        (use_context::<ResponseOptions>(), http::StatusCode::from_u16(problem.status))
    {
        response.set_status(status);
    }
    ApiError::Problem(problem)
}
