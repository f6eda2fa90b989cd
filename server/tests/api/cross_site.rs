//! Other sites cannot do anything here in a visitor's name; programs that are no browsers can. Tried on every address of the
//! router's own list of those that change something: one that is added and is not in the table here fails the tests.

use cutline_engine::clock::{Clock, SystemClock};
use cutline_server::embed::Tokens;
use cutline_server::map::{Change, Policy, Proof};
use http::Method;
use serde_json::json;

use crate::app::{TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

/// A site that may share, and its key.
const FRIEND: (&str, &str) = ("http://friend.example", "friend-key");

/// What a browser adds to a request that another site made; the last ones come near to a site that may share.
pub(crate) const FOREIGN: [&[(&str, &str)]; 16] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "null")],
    &[("sec-fetch-site", "nonsense"), ("origin", "http://evil.example")],
    &[("origin", "http://evil.example")],
    &[("origin", "https://evil.example:443")],
    &[("origin", "null")],
    &[("origin", "http://127.0.0.1")],
    &[("sec-fetch-site", "same-site"), ("origin", "http://sub.friend.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://friend.example:81")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://friend.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://friend.example/")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://friend.example.evil.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://friend.example, http://friend.example")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://friend.example"),
        ("origin", "http://evil.example"),
    ],
];

/// What a body may be called: what the route takes, and what a form can send without asking anybody first.
const TYPES: [Option<&str>; 4] = [
    None,
    Some("text/plain"),
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
];

/// An address, the type of its body, and a body that it would take.
struct Route {
    method: Method,
    path: String,
    content_type: &'static str,
    body: String,
}

/// How something is asked for at an address. `id` is a share, `makers` the key of whoever made it.
fn routes(changes: &[Change], image_url: &str, id: &str, makers: &str) -> Vec<(Policy, Route)> {
    let (request, json, form) =
        (quarter_of(image_url), "application/json", "application/x-www-form-urlencoded");
    let functions = [
        ("/api/share", json!({"request": request, "key": "k"})),
        ("/api/receipt", json!({"id": id})),
        ("/api/retry", json!({"id": id})),
    ];
    let one = |change: &Change| {
        let (content_type, body) = match change.path {
            "/api/v1/shares" => (json, request.to_string()),
            "/api/v1/embed/tokens" => (json, json!({"key": FRIEND.1, "idempotency_key": "k"}).to_string()),
            "/api/v1/shares/{id}" | "/api/v1/shares/{id}/retry" => (json, String::new()),
            "/s/{id}/mastodon" => (form, "server=example.social".to_owned()),
            "/s/{id}/retry" | "/s/{id}/delete" => (form, String::new()),
            "/compose" => (form, format!("image_url={image_url}&x=0&y=0&w=50&h=50&targets=board")),
            "/accounts/connect" => (form, "way=mastodon&server=example.social".to_owned()),
            "/accounts/bluesky" => (form, "handle=alice.example&password=abcd-ef12-gh34-ij56".to_owned()),
            "/accounts/token" => (form, "platform=matrix&account=%23a:example.org&token=secret".to_owned()),
            "/accounts/defaults" => (form, "targets=board".to_owned()),
            "/accounts/disconnect" | "/accounts/forget" => (form, "id=0123456789abcdef".to_owned()),
            other => panic!("{other} changes something: say here how it is asked for"),
        };
        // Whatever it has to be asked for with, the visitor's browser is not to be fooled into asking.
        let path = format!("{}?key={makers}", change.path.replace("{id}", id));
        Route { method: change.method.clone(), path, content_type, body }
    };
    changes
        .iter()
        .flat_map(|change| {
            let routes = if change.path == "/api/{function}" {
                let of = |(path, body): &(&str, serde_json::Value)| Route {
                    method: Method::POST,
                    path: (*path).to_owned(),
                    content_type: json,
                    body: body.to_string(),
                };
                functions.iter().map(of).collect()
            } else {
                vec![one(change)]
            };
            routes.into_iter().map(|route| (change.policy, route))
        })
        .collect()
}

struct Place {
    origin: Origin,
    app: TestApp,
    /// A share that failed on its platform, so that there is something to retry, and its maker's key.
    id: String,
    makers: String,
}

impl Place {
    async fn start() -> Self {
        let origin = Origin::start().await;
        origin.put("/a.png", "image/png", png(&coordinates(60, 40)));
        for media in ["/api/v1/media", "/api/v2/media"] {
            origin.put_status(media, 401, "application/json", "{}");
        }
        let app = TestApp::with_config(&format!(
            "[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
             token = \"the-token\"\n[[sites]]\norigin = {:?}\nkey = {:?}\n[[sites]]\norigin = \"http://second.example\"\nkey = \"second-key\"",
            origin.host, origin.url, FRIEND.0, FRIEND.1
        ))
        .await;
        let mut request = quarter_of(&origin.at("/a.png"));
        request["targets"] = json!(["mastodon:alice@example.social"]);
        let receipt = app.accepted(&request).await;
        let id = receipt["id"].as_str().expect("an id").to_owned();
        let delete_url = receipt["delete_url"].as_str().expect("a link");
        let makers = delete_url.split_once("?key=").expect("a key").1.to_owned();
        assert_eq!(app.settled(&id).await["deliveries"][0]["state"], "failed");
        Self { origin, app, id, makers }
    }

    fn routes(&self, makers: &str) -> Vec<(Policy, Route)> {
        routes(&self.app.changes, &self.origin.at("/a.png"), &self.id, makers)
    }

    /// All that could have changed.
    async fn effects(&self) -> (i64, usize, usize, serde_json::Value) {
        let state = self.app.receipt(&self.id).await.json()["deliveries"][0]["state"].clone();
        (self.app.rows().await, self.origin.calls().len(), self.app.shares_on_board().await, state)
    }

    async fn check_refused(&self, route: &Route, headers: &[(&str, &str)]) {
        let Route { method, path, body, .. } = route;
        let answer = self.app.send(method.clone(), path, headers, body.clone()).await;
        assert_eq!(answer.problem(), (403, "cross_site".to_owned(), None), "{path} {headers:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn another_site_can_do_nothing() {
    let place = Place::start().await;
    let before = place.effects().await;
    for (_, route) in place.routes(&place.makers) {
        for content_type in TYPES.map(|other| other.unwrap_or(route.content_type)) {
            for foreign in FOREIGN {
                place.check_refused(&route, &[&[("content-type", content_type)], foreign].concat()).await;
            }
        }
    }
    assert_eq!(place.effects().await, before);
    place.app.stop().await;
}

#[tokio::test]
async fn a_site_that_may_share_can_do_nothing_but_that() {
    let place = Place::start().await;
    let (before, now) = (place.effects().await, SystemClock.now().as_second());
    let tokens = Tokens::new(&place.app.secret("embed").await);
    let good = tokens.make(FRIEND.0, "k", now);
    let bearers = [
        String::new(),
        tokens.make(FRIEND.0, "k", now - 601),
        tokens.make(FRIEND.0, "another", now),
        tokens.make("http://second.example", "k", now),
        Tokens::new(b"guessed").make(FRIEND.0, "k", now),
        format!("9{good}"),
        good[..good.len() - 1].to_owned(),
    ]
    .map(|token| format!("Bearer {token}"));
    let friend = [("origin", FRIEND.0), ("sec-fetch-site", "cross-site")];
    for (policy, route) in place.routes("00") {
        match policy {
            Policy::OwnPages => {
                let bearer = format!("Bearer {good}");
                let all = [
                    ("content-type", route.content_type),
                    ("authorization", &bearer),
                    ("idempotency-key", "k"),
                ];
                place.check_refused(&route, &[&friend[..], &all].concat()).await;
            }
            Policy::SitesOfOthers { proof: Proof::Token } => {
                for bearer in &bearers {
                    let all = [
                        ("content-type", route.content_type),
                        ("authorization", bearer),
                        ("idempotency-key", "k"),
                    ];
                    place.check_refused(&route, &[&friend[..], &all].concat()).await;
                }
                // The right token, without the key that it is for; and a body that a form can send.
                let bearer = format!("Bearer {good}");
                let keyless = [("content-type", route.content_type), ("authorization", &bearer)];
                place.check_refused(&route, &[&friend[..], &keyless].concat()).await;
                let plain =
                    [("content-type", "text/plain"), ("authorization", &bearer), ("idempotency-key", "k")];
                place.check_refused(&route, &[&friend[..], &plain].concat()).await;
            }
            Policy::SitesOfOthers { proof: Proof::MakersKey } => {
                let headers = [&friend[..], &[("content-type", "application/json")]].concat();
                let answer = place.app.send(route.method, &route.path, &headers, route.body).await;
                assert_eq!(answer.problem().1, "wrong_key");
            }
            Policy::SitesOfOthers { proof: Proof::SiteKey } => {
                let headers = [&friend[..], &[("content-type", "application/json")]].concat();
                let body = json!({"key": "second-key", "idempotency_key": "k"}).to_string();
                let answer = place.app.send(route.method.clone(), &route.path, &headers, body).await;
                assert_eq!(answer.problem().1, "cross_site");
                let plain = [&friend[..], &[("content-type", "text/plain")]].concat();
                place.check_refused(&route, &plain).await;
            }
        }
    }
    assert_eq!(place.effects().await, before);
    place.app.stop().await;
}

#[tokio::test]
async fn the_site_itself_and_programs_can() {
    let place = Place::start().await;
    let Place { origin: _origin, app, id, .. } = &place;
    let own_origin = app.url.clone();
    let friendly: [&[(&str, &str)]; 5] = [
        &[],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", &own_origin)],
        &[("sec-fetch-site", "none")],
        &[("origin", &own_origin)],
    ];
    for (_, Route { method, path, content_type, body }) in place.routes(&place.makers) {
        // What deletes is tried in deletion.rs, accounts in accounts.rs; tokens are for others.
        let elsewhere = ["/delete", "/tokens", "/accounts/"];
        if method == Method::DELETE || elsewhere.iter().any(|part| path.contains(part)) {
            continue;
        }
        for friendly in friendly {
            let headers = [&[("content-type", content_type)], friendly].concat();
            let answer = app.send(method.clone(), &path, &headers, body.clone()).await;
            let went_well = answer.status.is_success() || answer.status == 303;
            assert!(went_well, "{path} {friendly:?}: {} {}", answer.status, answer.text());
        }
    }
    // /api/share five times under one key.
    assert_eq!(app.shares_on_board().await, 5 + 1 + 5);
    app.settled(id).await;
    place.app.stop().await;
}

#[tokio::test]
async fn links_from_other_sites_still_open_pages() {
    let Place { origin: _origin, app, id, .. } = Place::start().await;
    for path in ["/", "/g/demo", "/board", "/compose?image_url=https://a.example/a.png", &format!("/s/{id}")]
    {
        let answer = app.send(Method::GET, path, FOREIGN[2], "").await;
        assert_eq!(answer.status, 200, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nothing_changes_by_get() {
    let place = Place::start().await;
    let before = place.effects().await;
    for (_, Route { path, body, .. }) in place.routes(&place.makers) {
        place.app.send(Method::GET, &path, &[], body.clone()).await;
        place.app.get(&format!("{path}&{body}")).await;
    }
    assert_eq!(place.effects().await, before);
    place.app.stop().await;
}
