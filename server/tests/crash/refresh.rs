//! A visitor's token that has ended: the program is killed before its server is asked for another, and before the other is
//! written down. The share is posted once; where the server takes no refresh token twice, once its visitor has connected again.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Form, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::StreamExt;
use futures_util::stream;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use url::Url;

use super::network::{Network, Skill};
use super::place::Kind;
use super::program::{Program, Running};
use super::{Bench, MAX_RECOVERY, PACE, runs};

/// Where the program is killed (`engine::crash`).
const STEPS: [&str; 2] = ["refreshing", "refreshed"];
/// Programs that run at once, beside those of the other matrices: Postgres has so many connections.
const FEW_AT_ONCE: usize = 8;
/// How long the first token lives.
const FIRST_LIFETIME: Duration = Duration::from_secs(1);
/// What is asked of the page, once for each press.
const KEY: &str = "the-visitors-key";

/// What a server does with refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refreshing {
    /// One can be used again and again, as Mastodon's.
    Again,
    /// One can be used once; whoever uses it twice is taken for a thief, and all that came of it ends (RFC 9700, 4.14.2).
    Once,
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    kind: Kind,
    step: &'static str,
    refreshing: Refreshing,
}

/// What a run came to: whether the visitor had to connect again, how often another token was asked for, what was posted.
#[derive(Debug, PartialEq, Eq)]
struct End {
    is_connected_again: bool,
    refreshes: usize,
    posts: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_token_is_renewed_loses_no_share_and_posts_none_twice() {
    let bench = Arc::new(Bench::new());
    let all = Kind::ALL.into_iter().flat_map(|kind| {
        let of_step = move |step| {
            [Refreshing::Again, Refreshing::Once].map(|refreshing| Run { kind, step, refreshing })
        };
        STEPS.into_iter().flat_map(of_step)
    });
    let all: Vec<Run> = all.collect();
    let times = runs().unwrap_or(1);
    let ends: Vec<(Run, End)> = stream::iter(std::iter::repeat_n(all, times).flatten())
        .map(|run| {
            let bench = bench.clone();
            async move {
                let end = tokio::spawn(killed_while_renewing(run, bench)).await;
                (run, end.unwrap_or_else(|error| panic!("{run:?}: {error}")))
            }
        })
        .buffer_unordered(FEW_AT_ONCE)
        .collect()
        .await;
    for (run, end) in ends {
        // The one case that nobody can mend: the server has taken the old token, and the new one went with the program.
        let is_lost = run.step == "refreshed" && run.refreshing == Refreshing::Once;
        let refreshes = if run.step == "refreshed" { 2 } else { 1 };
        assert_eq!(end, End { is_connected_again: is_lost, refreshes, posts: 1 }, "{run:?}");
    }
    println!("\n{} times killed while a token was renewed, each share posted once", times * 8);
}

async fn killed_while_renewing(run: Run, bench: Arc<Bench>) -> End {
    let busy = bench.busy().await;
    let tokens = Arc::new(Tokens::new(run.refreshing));
    let network = Network::start_with(Skill::Looks, |router| tokens.guard(router)).await;
    let place = bench.place(run.kind).await;
    let key = place.folder().join("key");
    std::fs::write(&key, [7; 32]).expect("a file");
    let program = Program::with_config(&network, place, &format!("secret_key_file = {key:?}"));

    let mut first = program.start(Some(run.step)).await;
    let mut visitor = Visitor::default();
    visitor.connect(&first, &network).await;
    let target = visitor.target(&first).await;
    tokio::time::sleep(FIRST_LIFETIME).await;
    let mut request = program.request(&network);
    request["targets"] = json!([target]);
    let _ = visitor.share(&first, &request).await;
    first.died_of_a_kill().await;

    let since = Instant::now();
    let second = program.start(None).await;
    let share = visitor.share(&second, &request).await.expect("an answer");
    drop(busy);
    let id = share["id"].as_str().unwrap_or_else(|| panic!("{share}")).to_owned();
    let mut delivery = ended(&second, &id).await;
    let is_connected_again = delivery["connect_again"] == true;
    if is_connected_again {
        assert_eq!((&delivery["state"], network.posts()), (&json!("failed"), 0), "{delivery}");
        visitor.connect(&second, &network).await;
        assert_eq!(visitor.target(&second).await, target, "it is the same account");
        assert_eq!(second.retry(&id).await, StatusCode::OK);
        delivery = ended(&second, &id).await;
    }
    assert_eq!(delivery["state"], "posted", "{run:?}: {delivery}");
    assert!(since.elapsed() < MAX_RECOVERY, "{run:?} took {:?}", since.elapsed());
    second.stop().await;
    program.expect_sound(&id).await;
    End { is_connected_again, refreshes: tokens.refreshes(), posts: network.posts() }
}

/// The share's one delivery, once it is at an end.
async fn ended(running: &Running, id: &str) -> Value {
    let since = Instant::now();
    loop {
        let delivery = running.get(&format!("/api/v1/shares/{id}")).await["deliveries"][0].clone();
        let is_over = matches!(delivery["state"].as_str(), Some("posted" | "failed" | "unknown"));
        if is_over || since.elapsed() > MAX_RECOVERY {
            return delivery;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// A browser with its cookie; it asks over a connection of its own each time.
#[derive(Default)]
struct Visitor {
    cookie: String,
}

impl Visitor {
    /// Sends a form or JSON from the site's own page, or asks for one; nothing when no answer came.
    async fn ask(
        &mut self,
        running: &Running,
        path: &str,
        body: Option<(&str, String)>,
    ) -> Option<reqwest::Response> {
        let url = running.at(path);
        let client = running.client();
        let request = match body {
            Some((kind, body)) => client.post(url).header(CONTENT_TYPE, kind).body(body),
            None => client.get(url),
        };
        let request = request.header("sec-fetch-site", "same-origin").header(COOKIE, &self.cookie);
        let answer = request.send().await.ok()?;
        if let Some(set) = answer.headers().get(SET_COOKIE) {
            let set = set.to_str().expect("text");
            self.cookie = set.split(';').next().expect("a cookie").to_owned();
        }
        Some(answer)
    }

    /// Goes to the network and comes back with its consent.
    async fn connect(&mut self, running: &Running, network: &Network) {
        let form =
            ("application/x-www-form-urlencoded", format!("way=mastodon&server=http://{}", network.host));
        let away = self.ask(running, "/accounts/connect", Some(form)).await.expect("an answer");
        assert_eq!(away.status(), StatusCode::SEE_OTHER);
        let away = Url::parse(away.headers()[LOCATION].to_str().expect("text")).expect("an address");
        let pair =
            |name: &str| away.query_pairs().find(|(one, _)| one == name).expect("there").1.into_owned();
        let back = Url::parse(&pair("redirect_uri")).expect("an address");
        let back = format!("{}?code=the-code&state={}", back.path(), pair("state"));
        let answer = self.ask(running, &back, None).await.expect("an answer");
        assert_eq!(answer.headers()[LOCATION], "/accounts?done=connected");
    }

    /// The target of the one account.
    async fn target(&mut self, running: &Running) -> String {
        let exported = self.ask(running, "/accounts", None).await.expect("an answer");
        let page = exported.text().await.expect("a page");
        let at = page.find("mastodon:~").unwrap_or_else(|| panic!("a target in {page}"));
        page[at..at + "mastodon:~".len() + 16].to_owned()
    }

    /// Presses share in the overlay.
    async fn share(&mut self, running: &Running, request: &Value) -> Option<Value> {
        let body = json!({"request": request, "key": KEY}).to_string();
        let answer = self.ask(running, "/api/share", Some(("application/json", body))).await?;
        answer.json().await.ok()
    }
}

/// What the network knows of tokens: it takes the newest alone.
struct Tokens {
    refreshing: Refreshing,
    given: Mutex<Given>,
}

#[derive(Default)]
struct Given {
    /// How many access tokens there were.
    access: usize,
    /// Refresh tokens that it takes.
    open: Vec<String>,
    refreshes: usize,
}

impl Tokens {
    fn new(refreshing: Refreshing) -> Self {
        Self { refreshing, given: Mutex::default() }
    }

    fn refreshes(&self) -> usize {
        self.given.lock().expect("no panic").refreshes
    }

    /// The network, with sign-ins, which answers those alone who have the newest token.
    fn guard(self: &Arc<Self>, router: Router) -> Router {
        router
            .route("/api/v1/apps", post(async || Json(json!({"client_id": "id", "client_secret": "secret"}))))
            .merge(Router::new().route("/oauth/token", post(token)).with_state(self.clone()))
            .layer(from_fn_with_state(self.clone(), only_with_a_token))
    }

    /// Whether a request's `Authorization` has the newest token.
    fn is_newest(&self, request: &Request) -> bool {
        let newest = format!("Bearer access-{}", self.given.lock().expect("no panic").access);
        request.headers().get(AUTHORIZATION).is_some_and(|sent| sent == newest.as_str())
    }

    /// Answers to the form of RFC 6749.
    fn token(&self, form: &[(String, String)]) -> Result<Value, StatusCode> {
        let field = |name: &str| form.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let mut given = self.given.lock().expect("no panic");
        let lifetime = if given.access == 0 { FIRST_LIFETIME.as_secs() } else { 3600 };
        if field("grant_type") == Some("refresh_token") {
            given.refreshes += 1;
            let refresh = field("refresh_token").expect("a token");
            let Some(at) = given.open.iter().position(|open| open == refresh) else {
                given.open.clear();
                return Err(StatusCode::BAD_REQUEST);
            };
            if self.refreshing == Refreshing::Once {
                given.open.remove(at);
            }
        }
        given.access += 1;
        let (access, refresh) = (format!("access-{}", given.access), format!("refresh-{}", given.access));
        given.open.push(refresh.clone());
        let mut answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": lifetime});
        answer["refresh_token"] = refresh.into();
        Ok(answer)
    }
}

async fn token(State(tokens): State<Arc<Tokens>>, Form(form): Form<Vec<(String, String)>>) -> Response {
    match tokens.token(&form) {
        Ok(given) => Json(given).into_response(),
        Err(status) => (status, Json(json!({"error": "invalid_grant"}))).into_response(),
    }
}

async fn only_with_a_token(State(tokens): State<Arc<Tokens>>, request: Request, next: Next) -> Response {
    let is_for_accounts = ["/api/v2/media", "/api/v1/statuses"].contains(&request.uri().path());
    if is_for_accounts && !tokens.is_newest(&request) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "The access token is invalid"})))
            .into_response();
    }
    next.run(request).await
}
