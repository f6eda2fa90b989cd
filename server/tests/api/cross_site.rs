//! Other sites cannot do anything here in a visitor's name; programs that are no browsers can.

use http::Method;
use serde_json::json;

use crate::app::{TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

/// What a browser adds to a request that another site made.
const FOREIGN: [&[(&str, &str)]; 6] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")],
    &[("origin", "http://evil.example")],
    &[("origin", "https://evil.example:443")],
    &[("origin", "null")],
];

/// An address, the type of its body, and a body that it would take.
struct Route {
    path: String,
    content_type: &'static str,
    body: String,
}

/// Everything that changes something. `id` is a share.
fn routes(image_url: &str, id: &str) -> Vec<Route> {
    let route = |path: &str, content_type, body: String| Route { path: path.to_owned(), content_type, body };
    let (request, json) = (quarter_of(image_url), "application/json");
    vec![
        route("/api/v1/shares", json, request.to_string()),
        route("/api/share", json, json!({"request": request, "key": "k"}).to_string()),
        route("/api/receipt", json, json!({"id": id}).to_string()),
        route("/api/retry", json, json!({"id": id}).to_string()),
        route(
            "/compose",
            "application/x-www-form-urlencoded",
            format!("image_url={image_url}&x=0&y=0&w=50&h=50&targets=board"),
        ),
        route(&format!("/s/{id}/retry"), "application/x-www-form-urlencoded", String::new()),
        route(&format!("/api/v1/shares/{id}/retry"), json, String::new()),
    ]
}

async fn start() -> (Origin, TestApp, String) {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(60, 40)));
    for media in ["/api/v1/media", "/api/v2/media"] {
        origin.put_status(media, 401, "application/json", "{}");
    }
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
         token = \"the-token\"",
        origin.host, origin.url
    ))
    .await;
    // A share that failed on its platform, so that there is something to retry.
    let mut request = quarter_of(&origin.at("/a.png"));
    request["targets"] = json!(["mastodon:alice@example.social"]);
    let id = app.accepted(&request).await["id"].as_str().expect("an id").to_owned();
    assert_eq!(app.settled(&id).await["deliveries"][0]["state"], "failed");
    (origin, app, id)
}

#[tokio::test]
async fn another_site_can_do_nothing() {
    let (origin, app, id) = start().await;
    let calls = origin.calls();
    for Route { path, content_type, body } in routes(&origin.at("/a.png"), &id) {
        // A plain form can send the second and third without asking anybody first.
        for content_type in [content_type, "text/plain", "application/x-www-form-urlencoded"] {
            for foreign in FOREIGN {
                let headers = [&[("content-type", content_type)], foreign].concat();
                let answer = app.send(Method::POST, &path, &headers, body.clone()).await;
                assert_eq!(answer.problem(), (403, "cross_site".to_owned(), None), "{path} {foreign:?}");
            }
        }
    }
    assert_eq!(app.receipt(&id).await.json()["deliveries"][0]["state"], "failed");
    assert_eq!((app.shares_on_board().await, origin.calls()), (0, calls));
    app.stop().await;
}

#[tokio::test]
async fn the_site_itself_and_programs_can() {
    let (origin, app, id) = start().await;
    let own_origin = app.url.clone();
    let friendly: [&[(&str, &str)]; 5] = [
        &[],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", &own_origin)],
        &[("sec-fetch-site", "none")],
        &[("origin", &own_origin)],
    ];
    for Route { path, content_type, body } in routes(&origin.at("/a.png"), &id) {
        for friendly in friendly {
            let headers = [&[("content-type", content_type)], friendly].concat();
            let answer = app.send(Method::POST, &path, &headers, body.clone()).await;
            let went_well = answer.status.is_success() || answer.status == 303;
            assert!(went_well, "{path} {friendly:?}: {} {}", answer.status, answer.text());
        }
    }
    // /api/share five times under one key.
    assert_eq!(app.shares_on_board().await, 5 + 1 + 5);
    app.settled(&id).await;
    app.stop().await;
}

#[tokio::test]
async fn links_from_other_sites_still_open_pages() {
    let (_origin, app, id) = start().await;
    for path in ["/", "/g/demo", "/board", "/compose?image_url=https://a.example/a.png", &format!("/s/{id}")]
    {
        let answer = app.send(Method::GET, path, FOREIGN[2], "").await;
        assert_eq!(answer.status, 200, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nothing_changes_by_get() {
    let (origin, app, id) = start().await;
    for Route { path, .. } in routes(&origin.at("/a.png"), &id) {
        if path != "/compose" {
            assert_eq!(app.get(&path).await.status, 405, "{path}");
        }
    }
    let form = format!("/compose?image_url={}&x=0&y=0&w=50&h=50&targets=board", origin.at("/a.png"));
    assert_eq!(app.get(&form).await.status, 200);
    assert_eq!(app.shares_on_board().await, 0);
    app.stop().await;
}
