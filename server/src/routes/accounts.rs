//! `/accounts`: connects and disconnects a visitor's accounts. Works without script; what changes something is a POST from
//! this site's own page, but for the answer of a platform, which its `state` protects.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use cutline::server::{AccountLine, AccountsNotice, AccountsView, Page};
use cutline_engine::accounts::{Accounts, ConnectError, Pasted, Returned, SecretText, Session};
use cutline_engine::error::EngineError;
use cutline_engine::store::{AccountRecord, AccountState};
use cutline_model::TargetId;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::problem::ProblemResponse;
use crate::state::{AppState, PageRequest};

/// What the forms hold; each has its own fields.
#[derive(Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    way: String,
    #[serde(default)]
    server: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    handle: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    token: String,
}

/// The page.
pub async fn page(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let done = pair_in(query.as_deref(), "done").and_then(|done| AccountsNotice::of_address(&done));
    show(&state, request, StatusCode::OK, done, String::new()).await
}

/// Sends the visitor to the server that they named.
pub async fn connect(
    State(state): State<AppState>,
    request: PageRequest,
    form: Result<Form<Fields>, FormRejection>,
) -> Response {
    let (accounts, session) = match known(&state, request.headers()).await {
        Ok(known) => known,
        Err(error) => return state.refusal(request, error).await,
    };
    let Fields { way, server, .. } = fields(form);
    match accounts.begin(session.as_ref(), &way, &server).await {
        Ok(begun) => {
            let mut response = Redirect::to(begun.address.as_str()).into_response();
            if let Some(token) = &begun.new_session {
                response.headers_mut().insert(SET_COOKIE, state.cookie.set(token));
            }
            response
        }
        Err(error) => refused(&state, request, error, server).await,
    }
}

/// Connects an account on Bluesky by an app password.
pub async fn bluesky(
    State(state): State<AppState>,
    request: PageRequest,
    form: Result<Form<Fields>, FormRejection>,
) -> Response {
    let (accounts, session) = match known(&state, request.headers()).await {
        Ok(known) => known,
        Err(error) => return state.refusal(request, error).await,
    };
    let Fields { server, handle, password, .. } = fields(form);
    match accounts.connect_bluesky(session.as_ref(), &server, &handle, &password).await {
        Ok(connected) => known_from_now(&state, &connected.session),
        // What was typed in the other form's field is not this server.
        Err(error) => refused(&state, request, error, String::new()).await,
    }
}

/// Connects what a pasted token opens.
pub async fn token(
    State(state): State<AppState>,
    request: PageRequest,
    form: Result<Form<Fields>, FormRejection>,
) -> Response {
    let (accounts, session) = match known(&state, request.headers()).await {
        Ok(known) => known,
        Err(error) => return state.refusal(request, error).await,
    };
    let Fields { platform, server, account, token, .. } = fields(form);
    let pasted = Pasted { platform: &platform, server: &server, account: &account, token: &token };
    match accounts.connect_pasted(session.as_ref(), pasted).await {
        Ok(connected) => known_from_now(&state, &connected.session),
        Err(error) => refused(&state, request, error, String::new()).await,
    }
}

/// Takes what a server sends the visitor back with.
pub async fn callback(
    State(state): State<AppState>,
    connection: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let (accounts, session) = match known(&state, request.headers()).await {
        Ok(known) => known,
        Err(error) => return state.refusal(request, error).await,
    };
    let (Ok(Path(connection)), Some(session)) = (connection, session) else {
        return refused(&state, request, ConnectError::Stale, String::new()).await;
    };
    let query = query.as_deref();
    let returned = Returned {
        state: pair_in(query, "state"),
        code: pair_in(query, "code"),
        error: pair_in(query, "error"),
        // WordPress names itself otherwise, and sends a password in the place of a code.
        issuer: pair_in(query, "iss").or_else(|| pair_in(query, "site_url")),
        user: pair_in(query, "user_login"),
        password: pair_in(query, "password"),
    };
    match accounts.finish(&session, &connection, returned).await {
        Ok(connected) => {
            tracing::info!("a visitor has connected an account");
            // Somewhere else: the code must not stand in the address, nor be sent again.
            known_from_now(&state, &connected.session)
        }
        Err(error) => refused(&state, request, error, String::new()).await,
    }
}

/// Keeps which targets are chosen when the overlay opens.
pub async fn choose(
    State(state): State<AppState>,
    request: PageRequest,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let headers = request.headers();
    let kept = async {
        let (accounts, session) = known(&state, headers).await?;
        let session = session.ok_or(EngineError::NotFound)?;
        let mut there = state.engine.targets();
        there.extend(accounts.targets(&session).await?);
        let body = body.unwrap_or_default();
        let wanted: Vec<_> = form_urlencoded::parse(&body).filter(|(name, _)| name == "targets").collect();
        // In the order of the list, and nothing that is not on it.
        let is_wanted = |target: &TargetId| wanted.iter().any(|(_, id)| id == target.as_str());
        let chosen: Vec<_> = there.into_iter().map(|target| target.id).filter(is_wanted).collect();
        Ok::<_, EngineError>(accounts.choose(&session, &chosen).await?)
    };
    match kept.await {
        Ok(()) => done(AccountsNotice::Chosen),
        Err(error) => state.refusal(request, error).await,
    }
}

/// Disconnects one account.
pub async fn disconnect(
    State(state): State<AppState>,
    request: PageRequest,
    form: Result<Form<Fields>, FormRejection>,
) -> Response {
    let headers = request.headers();
    let disconnected = async {
        let (accounts, session) = known(&state, headers).await?;
        let session = session.ok_or(EngineError::NotFound)?;
        let was_there = accounts.disconnect(&session, &fields(form).id).await?;
        if was_there { Ok(()) } else { Err(EngineError::NotFound) }
    };
    match disconnected.await {
        Ok(()) => done(AccountsNotice::Disconnected),
        Err(error) => state.refusal(request, error).await,
    }
}

/// Disconnects all, and forgets the visitor.
pub async fn forget(State(state): State<AppState>, request: PageRequest) -> Response {
    let headers = request.headers();
    let forgotten = async {
        let (accounts, session) = known(&state, headers).await?;
        if let Some(session) = session {
            accounts.forget(&session).await?;
        }
        Ok::<_, EngineError>(())
    };
    match forgotten.await {
        Ok(()) => {
            let mut response = done(AccountsNotice::Forgotten);
            response.headers_mut().insert(SET_COOKIE, state.cookie.forget());
            response
        }
        Err(error) => state.refusal(request, error).await,
    }
}

/// All that is kept of the visitor, as JSON.
pub async fn export(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ProblemResponse> {
    let (_, session) = known(&state, &headers).await?;
    let exported = state.engine.export(&session.ok_or(EngineError::NotFound)?).await?;
    let text = format!("{exported:#}\n");
    let headers = [
        (http::header::CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"cutline.json\""),
        (CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, text).into_response())
}

/// How this site describes itself to servers of the AT Protocol, which ask for it.
pub async fn client_metadata(State(state): State<AppState>) -> Result<Json<Value>, ProblemResponse> {
    Ok(Json(state.engine.accounts().ok_or(EngineError::NotFound)?.client_metadata()))
}

/// The accounts of this site's visitors, and who asks.
async fn known<'a>(
    state: &'a AppState,
    headers: &HeaderMap,
) -> Result<(&'a Accounts, Option<Session>), EngineError> {
    let accounts = state.engine.accounts().ok_or(EngineError::NotFound)?;
    Ok((accounts, state.session(headers).await?))
}

/// A form that cannot be read has no fields.
fn fields(form: Result<Form<Fields>, FormRejection>) -> Fields {
    form.map(|Form(fields)| fields).unwrap_or_default()
}

fn done(notice: AccountsNotice) -> Response {
    Redirect::to(&format!("/accounts?done={}", notice.in_address())).into_response()
}

/// Back to the page, with the session that an account was connected in.
fn known_from_now(state: &AppState, session: &SecretText) -> Response {
    let mut response = done(AccountsNotice::Connected);
    response.headers_mut().insert(SET_COOKIE, state.cookie.set(session));
    response
}

fn pair_in(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(one, _)| one == name).map(|(_, value)| value.into_owned())
}

/// Tells why an account is not connected, on the page where it can be tried again.
async fn refused(state: &AppState, request: PageRequest, error: ConnectError, server: String) -> Response {
    tracing::info!("an account is not connected: {error}");
    let (status, notice) = match error {
        ConnectError::NotOffered => return state.refusal(request, EngineError::NotFound).await,
        ConnectError::Store(error) => return state.refusal(request, error.into()).await,
        ConnectError::Sealed(_) | ConnectError::Stale => (StatusCode::BAD_REQUEST, AccountsNotice::Stale),
        ConnectError::BadServer { .. } => (StatusCode::UNPROCESSABLE_ENTITY, AccountsNotice::BadServer),
        ConnectError::Unreachable { .. } => (StatusCode::BAD_GATEWAY, AccountsNotice::Unreachable),
        ConnectError::Strange { .. } => (StatusCode::BAD_GATEWAY, AccountsNotice::Strange),
        ConnectError::TooMany => (StatusCode::TOO_MANY_REQUESTS, AccountsNotice::TooMany),
        ConnectError::OtherServer { .. } => (StatusCode::BAD_REQUEST, AccountsNotice::OtherServer),
        ConnectError::Denied { .. } => (StatusCode::FORBIDDEN, AccountsNotice::Denied),
        ConnectError::Refused { .. } => (StatusCode::BAD_REQUEST, AccountsNotice::Refused),
        ConnectError::Wrong { .. } => (StatusCode::UNPROCESSABLE_ENTITY, AccountsNotice::Wrong),
    };
    show(state, request, status, Some(notice), server).await
}

async fn show(
    state: &AppState,
    request: PageRequest,
    status: StatusCode,
    notice: Option<AccountsNotice>,
    server: String,
) -> Response {
    let headers = request.headers();
    // Where the visitor signed in, nobody knew of the form.
    let form_waits = notice == Some(AccountsNotice::Connected)
        || pair_in(request.uri().query(), "from").as_deref() == Some("form");
    let view = async {
        let (accounts, session) = known(state, headers).await?;
        let own = match &session {
            Some(session) => accounts.of(session).await?,
            None => Vec::new(),
        };
        let lines = own.iter().map(|account| line(accounts, account)).collect();
        let ways = accounts.sign_ins().iter().map(|way| (way.name.clone(), way.title.clone())).collect();
        Ok::<_, EngineError>(AccountsView {
            accounts: lines,
            ways,
            notice,
            server,
            is_known: session.is_some(),
            form_waits,
        })
    };
    match view.await {
        Ok(view) => state.page(request, status, Page::Accounts(Box::new(view))).await,
        Err(error) => state.refusal(request, error).await,
    }
}

fn line(accounts: &Accounts, account: &AccountRecord) -> AccountLine {
    let target = accounts.target(account);
    let configured = accounts.sign_ins().iter().find(|way| way.is_for(account));
    AccountLine {
        id: account.id.clone(),
        platform: target.as_ref().map_or_else(|| account.platform.clone(), |target| target.name.clone()),
        icon: target.map(|target| target.icon).unwrap_or_default(),
        name: account.name.clone(),
        server: account.server.clone(),
        way: configured.map_or_else(|| account.platform.clone(), |way| way.name.clone()),
        is_refused: account.state == AccountState::Refused,
        since: account.connected_at.to_string(),
    }
}
