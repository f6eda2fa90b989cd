//! The session of an account. One by a sign-in needs none beyond its token; that of an app password is made once, refreshed when it has ended, by one at a time.
//!
//! Making sessions is what servers limit most (30 in five minutes), and a refresh token works once: used twice, the server
//! takes it for stolen and ends the session. So who finds the session ended waits for whoever refreshes it already.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::deliver::client::Answer;
use crate::deliver::line::Line;
use crate::deliver::{PostError, ProofKey};

/// A session that ends this soon is refreshed before it is used for what must not be sent twice.
const MARGIN: Duration = Duration::from_secs(120);

/// What requests are made with.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) access: String,
    refresh: String,
    pub(super) did: String,
    pub(super) handle: String,
}

/// The account's one session.
#[derive(Default)]
pub(super) struct Sessions {
    current: Mutex<Option<Arc<Session>>>,
}

impl Sessions {
    /// Sends a request that may be sent twice; once more with a new session when the server says that this one has ended.
    pub(super) async fn ask(
        &self,
        line: &Line,
        request: impl Fn(&Session) -> RequestBuilder,
    ) -> Result<(Answer, Arc<Session>), PostError> {
        let session = self.session(line, None).await?;
        let answer = asked(line, &session, &request).await?;
        if !has_ended(&answer) || line.account.proof_key.is_some() {
            return Ok((answer, session));
        }
        let session = self.session(line, Some(&session)).await?;
        let answer = asked(line, &session, &request).await?;
        Ok((answer, session))
    }

    /// Sends the post itself. The session is had before, and does not end within the next minutes: one that cannot be had is not
    /// taken for a post that may be there.
    pub(super) async fn post(
        &self,
        line: &Line,
        request: impl Fn(&Session) -> RequestBuilder,
    ) -> Result<(Answer, Arc<Session>), PostError> {
        let mut session = self.session(line, None).await?;
        let Some(key) = &line.account.proof_key else {
            let soon = line.tools.clock.now() + MARGIN;
            if ends_at(&session.access).is_some_and(|end| end < soon) {
                session = self.session(line, Some(&session)).await?;
            }
            let answer = line.post(request(&session).bearer_auth(&session.access)).await?;
            return Ok((answer, session));
        };
        let answer = key.send(&line.tools, Some(line.token()), || request(&session)).await;
        Ok((line.taken(line.heard(answer)?)?, session))
    }

    /// Some session.
    pub(super) async fn any(&self, line: &Line) -> Result<Arc<Session>, PostError> {
        self.session(line, None).await
    }

    /// The session; another than `ended`, if given.
    async fn session(&self, line: &Line, ended: Option<&Arc<Session>>) -> Result<Arc<Session>, PostError> {
        // Held while it is made: the others wait and take what comes of it.
        let mut current = self.current.lock().await;
        let known = current.clone();
        let session = match (&known, ended) {
            (Some(session), Some(ended)) if Arc::ptr_eq(session, ended) => {
                match refreshed(line, session).await? {
                    Some(session) => session,
                    None => made(line).await?,
                }
            }
            (Some(session), _) => return Ok(Arc::clone(session)),
            (None, _) => made(line).await?,
        };
        let session = Arc::new(session);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }
}

/// Sends a request that posts nothing, in this session.
async fn asked(
    line: &Line,
    session: &Session,
    request: &impl Fn(&Session) -> RequestBuilder,
) -> Result<Answer, PostError> {
    match &line.account.proof_key {
        Some(key) => {
            let answer = key.send(&line.tools, Some(line.token()), || request(session)).await;
            answer.map_err(|silence| line.out_of_reach(&silence))
        }
        None => line.ask(request(session).bearer_auth(&session.access)).await,
    }
}

/// Whose the account's token is, where the visitor has signed in: that is session enough.
async fn told(line: &Line, key: &ProofKey) -> Result<Session, PostError> {
    let request = || line.plain(Method::GET, &["xrpc", "com.atproto.server.getSession"]);
    let answer = key.send(&line.tools, Some(line.token()), request).await;
    let answer = answer.map_err(|silence| line.out_of_reach(&silence))?;
    if !answer.status.is_success() {
        return Err(line.refused(&answer));
    }
    let json = answer.json().unwrap_or_default();
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
    let (did, handle) = text("did").zip(text("handle")).ok_or_else(|| line.unclear(&answer))?;
    Ok(Session { access: String::new(), refresh: String::new(), did, handle })
}

/// A session by the app password.
async fn made(line: &Line) -> Result<Session, PostError> {
    if let Some(key) = &line.account.proof_key {
        return told(line, key).await;
    }
    let body = json!({"identifier": line.account.name, "password": line.token()});
    let request = line.plain(Method::POST, &["xrpc", "com.atproto.server.createSession"]).json(&body);
    let answer = line.get(request).await?;
    read(&answer).ok_or_else(|| line.unclear(&answer))
}

/// The session after this one; nothing when the server does not go on with it.
async fn refreshed(line: &Line, session: &Session) -> Result<Option<Session>, PostError> {
    let request = line.plain(Method::POST, &["xrpc", "com.atproto.server.refreshSession"]);
    let answer = line.ask(request.bearer_auth(&session.refresh)).await?;
    if answer.status.is_success() {
        return read(&answer).map(Some).ok_or_else(|| line.unclear(&answer));
    }
    if answer.status.is_server_error() || answer.status == http::StatusCode::TOO_MANY_REQUESTS {
        return Err(line.refused(&answer));
    }
    Ok(None)
}

fn read(answer: &Answer) -> Option<Session> {
    let json = answer.json()?;
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Session {
        access: text("accessJwt")?,
        refresh: text("refreshJwt")?,
        did: text("did")?,
        handle: text("handle")?,
    })
}

/// Whether the server says that the session has ended. It does so with 400 (seen at 0.5), by the protocol 401.
fn has_ended(answer: &Answer) -> bool {
    let error = answer.json().and_then(|json| json.get("error")?.as_str().map(str::to_owned));
    !answer.status.is_success() && matches!(error.as_deref(), Some("ExpiredToken" | "InvalidToken"))
}

/// When a token ends, by its own words (RFC 7519, 4.1.4); they are the server's to check, here they only save a request.
fn ends_at(token: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims.get("exp")?.as_i64()?).ok()
}
