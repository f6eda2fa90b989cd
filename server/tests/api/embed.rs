//! Sites of others share through this server: what their pages are told, the token for each share, limits, and who may read
//! the answers.

use http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

const FRIEND: &str = "http://friend.example";

async fn start(more: &str) -> (Origin, TestApp) {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(60, 40)));
    let config = format!(
        "[fetch]\nallow = [{:?}]\n{more}\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
         token = \"the-token\"\n[[sites]]\norigin = \"{FRIEND}\"\nkey = \"friend-key\"\ntargets = [\"board\"]\nthreshold = 200",
        origin.host, origin.url
    );
    let app = TestApp::with_config(&config).await;
    (origin, app)
}

/// What a browser sends along for a page of `origin`.
fn from(origin: &str) -> [(&str, &str); 3] {
    [("origin", origin), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")]
}

async fn ask_for_token(app: &TestApp, origin: &str, key: &str, idempotency_key: &str) -> Answer {
    let wish = json!({"key": key, "idempotency_key": idempotency_key}).to_string();
    app.send(Method::POST, "/api/v1/embed/tokens", &from(origin), wish).await
}

async fn token(app: &TestApp, origin: &str, key: &str, idempotency_key: &str) -> String {
    let answer = ask_for_token(app, origin, key, idempotency_key).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["expires_in"], 600);
    format!("Bearer {}", answer.json()["token"].as_str().expect("a token"))
}

async fn share(app: &TestApp, origin: &str, bearer: &str, key: &str, request: &Value) -> Answer {
    let headers = [&from(origin)[..], &[("authorization", bearer), ("idempotency-key", key)]].concat();
    app.send(Method::POST, "/api/v1/shares", &headers, request.to_string()).await
}

#[tokio::test]
async fn a_page_is_told_what_its_visitors_may_do() {
    let (_origin, app) = start("").await;
    let answer = app.send(Method::GET, "/api/v1/embed?key=friend-key", &from(FRIEND), "").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, FRIEND));
    let told = answer.json();
    assert_eq!(told["targets"].as_array().expect("targets").len(), 1);
    assert_eq!(told["targets"][0]["id"], "board");
    assert_eq!((&told["settings"]["min_width"], &told["settings"]["dwell_ms"]), (&json!(200), &json!(600)));
    for (origin, key) in
        [(FRIEND, "another-key"), (FRIEND, ""), ("http://evil.example", "friend-key"), ("null", "friend-key")]
    {
        let answer = app.send(Method::GET, &format!("/api/v1/embed?key={key}"), &from(origin), "").await;
        assert_eq!(answer.problem(), (403, "cross_site".to_owned(), None), "{origin} {key}");
        let may_read = answer.header("access-control-allow-origin");
        assert_eq!(may_read, if origin == FRIEND { FRIEND } else { "" }, "{origin}");
    }
    app.stop().await;
}

#[tokio::test]
async fn browsers_are_told_which_pages_may_ask() {
    let (_origin, app) = start("").await;
    let asks = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,idempotency-key"),
        ]
    };
    for path in ["/api/v1/embed/tokens", "/api/v1/shares", "/api/v1/shares/abc/retry"] {
        let answer = app.send(Method::OPTIONS, path, &asks(FRIEND), "").await;
        assert_eq!(answer.header("access-control-allow-origin"), FRIEND, "{path}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"), "{path}");
        // No cookie is ever taken along.
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        let answer = app.send(Method::OPTIONS, path, &asks("http://evil.example"), "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    for path in ["/compose", "/api/share", "/api/v1/targets", "/s/abc/delete"] {
        let answer = app.send(Method::OPTIONS, path, &asks(FRIEND), "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_token_is_good_for_one_share_however_often_it_is_sent() {
    let (origin, app) = start("").await;
    let request = quarter_of(&origin.at("/a.png"));
    let bearer = token(&app, FRIEND, "friend-key", "first").await;
    let answer = share(&app, FRIEND, &bearer, "first", &request).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (201, FRIEND));
    let (id, rows) = (answer.json()["id"].clone(), app.rows().await);

    let again = share(&app, FRIEND, &bearer, "first", &request).await;
    assert_eq!((again.status.as_u16(), &again.json()["id"]), (201, &id));
    let mut other = request.clone();
    other["description"] = json!("something else");
    assert_eq!(share(&app, FRIEND, &bearer, "first", &other).await.problem().1, "idempotency_conflict");
    assert_eq!(share(&app, FRIEND, &bearer, "second", &request).await.problem().1, "cross_site");
    assert_eq!((app.rows().await, app.shares_on_board().await), (rows, 1));
    app.stop().await;
}

#[tokio::test]
async fn a_site_shares_only_where_it_may() {
    let (origin, app) = start("").await;
    let mut request = quarter_of(&origin.at("/a.png"));
    request["targets"] = json!(["board", "mastodon:alice@example.social"]);
    let bearer = token(&app, FRIEND, "friend-key", "k").await;
    let answer = share(&app, FRIEND, &bearer, "k", &request).await;
    assert_eq!(answer.problem(), (422, "unknown_target".to_owned(), Some("targets[1]".to_owned())));
    assert_eq!(app.shares_on_board().await, 0);
    app.stop().await;
}

#[tokio::test]
async fn whoever_made_a_share_may_send_it_again() {
    let (origin, app) = start("").await;
    let bearer = token(&app, FRIEND, "friend-key", "k").await;
    let receipt = share(&app, FRIEND, &bearer, "k", &quarter_of(&origin.at("/a.png"))).await.json();
    let id = receipt["id"].as_str().expect("an id");
    let key = receipt["delete_url"].as_str().expect("a link").split_once("?key=").expect("a key").1;
    for (key, expected) in [(key, 200), ("", 403), ("00", 403)] {
        let path = format!("/api/v1/shares/{id}/retry?key={key}");
        assert_eq!(app.send(Method::POST, &path, &from(FRIEND), "").await.status, expected, "{key}");
        let path = format!("/api/v1/shares/{id}/retry");
        let bearer = format!("Bearer {key}");
        let headers = [&from(FRIEND)[..], &[("authorization", &bearer)]].concat();
        assert_eq!(app.send(Method::POST, &path, &headers, "").await.status, expected, "{key}");
    }
    app.stop().await;
}

#[tokio::test]
async fn pages_are_given_what_an_earlier_version_of_the_script_names_and_this_version_is_kept_for_later_ones()
{
    let (_origin, app) = start("").await;
    let kept = app.data().join("blobs/scripts");
    let this = app.send(Method::GET, "/embed/v1.json", &[], "").await.json();
    let names = ["glue", "module", "style"].map(|file| this["files"][file]["name"].as_str().expect("a name"));
    for name in names.into_iter().chain([this["script"].as_str().expect("a name")]) {
        let served = app.send(Method::GET, &format!("/embed/{name}"), &[], "").await;
        assert_eq!(std::fs::read(kept.join(name)).expect("it is kept"), served.bytes, "{name}");
    }
    for (ending, media_type) in [
        ("js", "text/javascript; charset=utf-8"),
        ("wasm", "application/wasm"),
        ("css", "text/css; charset=utf-8"),
    ] {
        let name = format!("overlay-0123456789abcdef.{ending}");
        std::fs::write(kept.join(&name), "of last year").expect("written");
        let answer = app.send(Method::GET, &format!("/embed/{name}"), &from(FRIEND), "").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "of last year"));
        for (header, value) in [
            ("content-type", media_type),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
        ] {
            assert_eq!(answer.header(header), value, "{name}");
        }
    }
    std::fs::write(kept.join("other.js"), "not named by its content").expect("written");
    for name in ["other.js", "overlay-0123456789abcdee.js", "..%2f..%2fcutline.db"] {
        let answer = app.send(Method::GET, &format!("/embed/{name}"), &from(FRIEND), "").await;
        assert_eq!(answer.status, 404, "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_page_from_which_the_form_was_opened_hears_of_the_share_if_its_site_may_share() {
    let (origin, app) = start("").await;
    let fields = format!("image_url={}&x=10&y=10&w=50&h=50&targets=board", origin.at("/a.png"));
    let own = [("content-type", "application/x-www-form-urlencoded")];
    for (opener, hears) in [(FRIEND, true), ("http://evil.example", false), ("null", false), ("*", false)] {
        let filled = format!("{fields}&opener={opener}");
        let form = app.get(&format!("/compose?{filled}")).await;
        let hidden = format!("name=\"opener\" value=\"{opener}\"");
        assert_eq!((form.status.as_u16(), form.text().contains(&hidden)), (200, hears), "{opener}");
        let shared = app.send(Method::POST, "/compose", &own, filled).await;
        assert_eq!(shared.status, 303, "{opener}: {}", shared.text());
        let place = shared.header("location").to_owned();
        assert_eq!(place.contains("&opener=http%3A%2F%2Ffriend.example"), hears, "{place}");
        let page = app.get(&place).await;
        let told = format!("data-opener=\"{opener}\"");
        assert_eq!((page.text().contains(&told), page.text().contains("/pkg/opener.js")), (hears, hears));
        // Whoever writes the address themselves is told nothing new, and other sites nothing at all.
        let written =
            app.get(&format!("{}?shared&opener={opener}", place.split('?').next().expect("a path"))).await;
        assert_eq!(written.text().contains(&told), hears);
        let later = app.get(&format!("{}?opener={opener}", place.split('?').next().expect("a path"))).await;
        assert!(!later.text().contains("data-opener"), "{opener}");
    }
    app.stop().await;
}

#[tokio::test]
async fn sites_that_are_not_named_share_to_the_board_if_the_owner_says_so() {
    let (origin, app) = start("[embed]\nopen = true").await;
    let stranger = "https://stranger.example";
    let told = app.send(Method::GET, "/api/v1/embed?key=", &from(stranger), "").await.json();
    assert_eq!(told["targets"].as_array().expect("targets").len(), 1);
    let bearer = token(&app, stranger, "", "k").await;
    let mut request = quarter_of(&origin.at("/a.png"));
    assert_eq!(share(&app, stranger, &bearer, "k", &request).await.status, 201);
    request["targets"] = json!(["mastodon:alice@example.social"]);
    let bearer = token(&app, stranger, "", "l").await;
    assert_eq!(share(&app, stranger, &bearer, "l", &request).await.problem().1, "unknown_target");
    for nobody in ["null", "file://", "https://stranger.example/path"] {
        assert_eq!(ask_for_token(&app, nobody, "", "k").await.problem().1, "cross_site", "{nobody}");
    }
    app.stop().await;
}

#[tokio::test]
async fn visitors_and_sites_share_so_often_within_an_hour() {
    for (limits, hourly) in
        [("shares_per_visitor = 2", 2), ("shares_per_visitor = 9\nshares_per_site = 3", 3)]
    {
        let (_origin, app) = start(&format!("[embed]\n{limits}")).await;
        for number in 0..hourly {
            token(&app, FRIEND, "friend-key", &format!("k{number}")).await;
        }
        let answer = ask_for_token(&app, FRIEND, "friend-key", "one more").await;
        assert_eq!(answer.problem(), (429, "too_many".to_owned(), None));
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=3_600 / hourly).contains(&wait), "{wait}");
        app.stop().await;
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_visitor_has_an_allowance() {
    let (_origin, app) = start("[embed]\nshares_per_visitor = 1\ntrusted_proxies = [\"127.0.0.1\"]").await;
    let wish = json!({"key": "friend-key", "idempotency_key": "k"}).to_string();
    for (visitor, expected) in [("203.0.113.1", 200), ("203.0.113.2", 200), ("9.9.9.9, 203.0.113.1", 429)] {
        let headers = [&from(FRIEND)[..], &[("x-forwarded-for", visitor)]].concat();
        let answer = app.send(Method::POST, "/api/v1/embed/tokens", &headers, wish.clone()).await;
        assert_eq!(answer.status, expected, "{visitor}");
    }
    app.stop().await;
}
