//! `/compose`: the form for visitors without script. GET shows it, POST shares.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Redirect, Response};
use cutline::server::{ComposeForm, ComposePicture, ComposeView, Page};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_model::{Problem, ProblemCode, ShareReceipt, ShareRequest};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};
use url::Url;
use url::form_urlencoded::{self, byte_serialize};

use super::share_page::{JUST_SHARED, OPENER, smaller_copy};
use crate::problem::MAX_BODY_BYTES;
use crate::state::{AppState, PageRequest};

/// The form with what the address says; `Show this part` comes back here.
pub async fn form(State(state): State<AppState>, request: PageRequest) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut form = read(&state, query.as_bytes());
    if form.key.is_empty() {
        form.key = state.engine.fresh_key();
    }
    // A wrong selection is worth telling only when the form asks to see it; a missing picture always is.
    let problem = form.source().err().or_else(|| form.region().err());
    let status = problem.as_ref().map_or(StatusCode::OK, status_of);
    show(&state, request, status, form, problem).await
}

/// Shares, and goes to the share page; what is wrong is shown with the form as it was filled in.
pub async fn share(
    State(state): State<AppState>,
    request: PageRequest,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return state.problem(request, unreadable(&rejection)).await,
    };
    let mut form = read(&state, &body);
    let language = chosen_language(&request);
    let request_and_key = form.request().map(|request| (request, form_key(&form, &body)));
    let shared = match request_and_key {
        Ok((share, key)) => share_as(&state, request.headers(), share, key).await,
        Err(problem) => Err(problem),
    };
    match shared {
        Ok(receipt) => {
            let opener = match form.opener.as_str() {
                "" => String::new(),
                opener => format!("&{OPENER}={}", byte_serialize(opener.as_bytes()).collect::<String>()),
            };
            Redirect::to(&format!("/s/{}?{JUST_SHARED}{language}{opener}", receipt.id)).into_response()
        }
        Err(problem) => {
            if problem.code == ProblemCode::Gone {
                // Sent again from here, it is to make a share of its own.
                form.key = state.engine.fresh_key();
            }
            let status = status_of(&problem);
            show(&state, request, status, form, Some(problem)).await
        }
    }
}

/// The form as it was sent; of where it was opened only what may share from there. A picture whose address begins with a slash is one of this site's: without script no browser
/// has made the address whole.
fn read(state: &AppState, sent: &[u8]) -> ComposeForm {
    let mut form = ComposeForm::read(form_urlencoded::parse(sent).into_owned());
    if form.image_url.starts_with('/')
        && let Ok(whole) = Url::parse(&state.site.public_url).and_then(|site| site.join(&form.image_url))
    {
        form.image_url = whole.into();
    }
    if !state.sites.may_read(&form.opener) {
        form.opener.clear();
    }
    form
}

/// The language that the form's address asks for, to be added to another address: no cookie keeps it.
fn chosen_language(request: &PageRequest) -> String {
    let mut pairs = request.uri().query().unwrap_or_default().split('&');
    pairs.find(|pair| pair.starts_with("lang=")).map(|pair| format!("&{pair}")).unwrap_or_default()
}

/// Shares in the visitor's name.
async fn share_as(
    state: &AppState,
    headers: &HeaderMap,
    share: ShareRequest,
    key: Option<String>,
) -> Result<ShareReceipt, Problem> {
    let shared = async {
        let session = state.session(headers).await?;
        state.engine.share_as(session.as_ref(), share, key).await
    };
    shared.await.map_err(EngineError::into_problem)
}

/// Why the form's body did not arrive whole.
fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!(
            "The form must not be longer than {} KiB: shorten the description.",
            MAX_BODY_BYTES >> 10
        );
        Problem::new(ProblemCode::TooLarge, detail)
    } else {
        Problem::new(ProblemCode::Malformed, "The form broke off on its way: send it again.")
    }
}

/// The key of this form with this content: pressed twice it is one share; gone back to and changed, it is another.
fn form_key(form: &ComposeForm, body: &[u8]) -> Option<String> {
    let content: String = Sha256::digest(body).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    (!form.key.is_empty()).then(|| format!("{}-{content}", form.key))
}

async fn show(
    state: &AppState,
    request: PageRequest,
    status: StatusCode,
    form: ComposeForm,
    problem: Option<Problem>,
) -> Response {
    let picture = picture(&state.engine, &form);
    state.page(request, status, Page::Compose(Box::new(ComposeView { form, picture, problem }))).await
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The picture that the form shows: ours from a smaller copy, others from where they lie.
fn picture(engine: &Engine, form: &ComposeForm) -> Option<ComposePicture> {
    let source = form.source().ok()?;
    let url = source.image_url()?;
    let own = Url::parse(url).ok().and_then(|url| engine.galleries().find(&url));
    let own = own.and_then(|(slug, file)| engine.galleries().picture(&slug, &file));
    Some(ComposePicture {
        src: smaller_copy(engine, url).unwrap_or_else(|| url.to_owned()),
        alt: own.as_ref().map(|picture| picture.alt.clone()).unwrap_or_default(),
        size: own.and_then(|picture| picture.size),
    })
}
