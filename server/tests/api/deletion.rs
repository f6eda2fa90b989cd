//! Deleting a share: by its maker only, at once, and with its clipping.

use cutline_engine::links::LinkKeys;
use cutline_engine::store::ShareId;
use http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TOO_LONG, TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

fn request(app: &TestApp, description: &str) -> Value {
    json!({
        "source": {"image_url": format!("{}/pictures/demo/c.png", app.url)},
        "region": {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5},
        "description": description, "targets": ["board"]
    })
}

/// The share's id, its delete link's path, and its clipping's.
fn parts(app: &TestApp, receipt: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let path = |url: String| url.strip_prefix(&app.url).expect("an address of this site").to_owned();
    (text(&receipt["id"]), path(text(&receipt["delete_url"])), path(text(&receipt["clipping"]["url"])))
}

async fn delete(app: &TestApp, id: &str, key: &str) -> Answer {
    app.send(Method::DELETE, &format!("/api/v1/shares/{id}?key={key}"), &[], "").await
}

fn key_of(link: &str) -> &str {
    link.split_once("?key=").expect("a key").1
}

#[tokio::test]
async fn a_share_is_deleted_with_its_page_and_its_clipping_by_whoever_has_its_link() {
    let app = TestApp::start(&[]).await;
    let (id, link, clipping) = parts(&app, &app.accepted(&request(&app, "Mine")).await);
    assert!(link.starts_with(&format!("/s/{id}/delete?key=")));
    let known = app.receipt(&id).await.json();
    assert_eq!(known.get("delete_url"), None, "told to its maker only");

    for key in ["", "00000000000000000000000000000000", &key_of(&link)[1..]] {
        let refused = delete(&app, &id, key).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].clone()),
            (403, json!("wrong_key")),
            "{key}"
        );
    }
    assert_eq!(app.get(&clipping).await.status, 200);

    let deleted = delete(&app, &id, key_of(&link)).await;
    assert_eq!((deleted.status.as_u16(), deleted.json()), (200, json!({"id": id, "removals": []})));
    let again = delete(&app, &id, key_of(&link)).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, json!({"id": id, "removals": []})));
    for path in [format!("/api/v1/shares/{id}"), format!("/s/{id}"), format!("/s/{id}.json")] {
        assert_eq!(app.get(&path).await.status, 410, "{path}");
    }
    assert_eq!(app.receipt(&id).await.json()["code"], "gone");
    assert_eq!(app.retry(&id).await.status, 410);
    assert_eq!(app.get(&clipping).await.status, 404);
    assert!(!app.get("/board").await.text().contains(&id));
    app.stop().await;
}

#[tokio::test]
async fn a_clipping_that_another_share_has_stays() {
    let app = TestApp::start(&[]).await;
    let (first, link, clipping) = parts(&app, &app.accepted(&request(&app, "First")).await);
    let (second, other_link, same) = parts(&app, &app.accepted(&request(&app, "Second")).await);
    assert_eq!(clipping, same);
    assert_eq!(delete(&app, &second, key_of(&link)).await.status, 403, "a key opens one share");
    assert_eq!(delete(&app, &first, key_of(&link)).await.status, 200);
    assert_eq!(app.get(&clipping).await.status, 200);
    assert_eq!(delete(&app, &second, key_of(&other_link)).await.status, 200);
    assert_eq!(app.get(&clipping).await.status, 404);
    app.stop().await;
}

#[tokio::test]
async fn the_same_request_tells_its_maker_the_same_link_and_after_the_deletion_that_it_is_deleted() {
    let app = TestApp::start(&[]).await;
    let (request, key) = (request(&app, "Twice"), [("idempotency-key", "a-key")]);
    let (id, link, clipping) = parts(&app, &app.share_with(&request, &key).await.json());
    let (same, same_link, _) = parts(&app, &app.share_with(&request, &key).await.json());
    assert_eq!((&same, &same_link), (&id, &link));
    assert_eq!(delete(&app, &id, key_of(&link)).await.status, 200);
    let late = app.share_with(&request, &key).await;
    assert_eq!(late.problem(), (410, "gone".to_owned(), Some("Idempotency-Key".to_owned())));
    assert!(
        late.text().contains("Share it once more to make a new one"),
        "it says what to do: {}",
        late.text()
    );
    assert_eq!((app.shares_on_board().await, app.get(&clipping).await.status.as_u16()), (0, 404));
    let mut another = request.clone();
    another["description"] = "Changed".into();
    let reused = app.share_with(&another, &key).await;
    assert_eq!(reused.problem().1, "idempotency_conflict");
    let (other, _, _) =
        parts(&app, &app.share_with(&request, &[("idempotency-key", "a-new-key")]).await.json());
    assert_ne!(other, id);
    assert_eq!(app.get(&clipping).await.status, 200, "its clipping is there again");
    app.stop().await;
}

#[tokio::test]
async fn a_form_that_is_sent_again_after_its_share_was_deleted_says_so_and_then_makes_another() {
    let app = TestApp::start(&[]).await;
    let image = request(&app, "")["source"]["image_url"].as_str().expect("an address").to_owned();
    let form = format!("image_url={image}&x=0&y=0&w=50&h=50&description=&targets=board&key=a-form");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let shared = app.send(Method::POST, "/compose", &headers, form.clone()).await;
    assert_eq!(shared.status, 303, "{}", shared.text());
    let id = shared.header("location")[3..19].to_owned();
    // Who has no script gets no link: the site's own secret makes one.
    let keys = LinkKeys::new(&app.secret("links").await);
    let key = keys.deletion(&ShareId::parse(&id).expect("an id"));
    assert_eq!(delete(&app, &id, &key).await.status, 200);
    let again = app.send(Method::POST, "/compose", &headers, form.clone()).await;
    assert_eq!(again.status, 410);
    assert!(again.text().contains("deleted since"), "{}", again.text());
    let fresh = again.text().split("name=\"key\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1));
    let fresh = fresh.and_then(|rest| rest.split('"').next()).expect("a key");
    assert_ne!(fresh, "a-form");
    let another = form.replace("a-form", fresh);
    assert_eq!(app.send(Method::POST, "/compose", &headers, another).await.status, 303);
    assert_eq!(app.shares_on_board().await, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_link_leads_to_a_page_that_asks_and_then_tells() {
    let app = TestApp::start(&[]).await;
    let (id, link, _) = parts(&app, &app.accepted(&request(&app, "A page")).await);
    let wrong = app.get(&format!("/s/{id}/delete?key=no")).await;
    assert_eq!(wrong.status, 403);
    let asked = app.get(&link).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("Delete this share?") && asked.text().contains("noindex"));
    assert_eq!(app.receipt(&id).await.status, 200, "asking deletes nothing");
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    assert_eq!(app.send(Method::POST, &link, &foreign, "").await.status, 403);
    assert_eq!(app.receipt(&id).await.status, 200);
    let done = app.send(Method::POST, &link, &[("sec-fetch-site", "same-origin")], "").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, link.as_str()));
    let told = app.get(&link).await;
    assert!(told.text().contains("The share and its picture are gone"), "{}", told.text());
    app.stop().await;
}

#[tokio::test]
async fn shares_that_never_were_are_not_found() {
    let app = TestApp::start(&[]).await;
    let (_, link, _) = parts(&app, &app.accepted(&request(&app, "Another")).await);
    for id in ["0123456789abcdef", "x"] {
        let answer = delete(&app, id, key_of(&link)).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{id} {}", answer.status);
        assert_eq!(app.get(&format!("/s/{id}")).await.status, 404, "{id}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_another_site_did_not_let_go_is_tried_again_when_its_maker_asks_again() {
    const STATUS: &str = "/api/v1/statuses/1";
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(600, 400)));
    for media in ["/api/v1/media", "/api/v2/media"] {
        origin.put(media, "application/json", r#"{"id":"7","url":"https://files.example/7.png"}"#);
    }
    origin.put(
        "/api/v1/statuses",
        "application/json",
        r#"{"id":"1","url":"https://example.social/@alice/1"}"#,
    );
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
         token = \"the-token\"",
        origin.host, origin.url
    ))
    .await;
    for by_page in [false, true] {
        origin.put_status(STATUS, 401, "application/json", r#"{"error":"The access token is invalid"}"#);
        let mut request = quarter_of(&origin.at("/harbour.png"));
        request["targets"] = json!(["mastodon:alice@example.social"]);
        let receipt = app.accepted(&request).await;
        let id = receipt["id"].as_str().expect("an id").to_owned();
        let link = receipt["delete_url"].as_str().expect("a link").replace(&app.url, "");
        assert_eq!(app.settled(&id).await["deliveries"][0]["state"], "posted");
        assert_eq!(delete(&app, &id, key_of(&link)).await.status, 200);
        let page = told(&app, &link, "not removed").await;
        assert!(page.contains("must be connected again"), "{page}");

        // Connected again, the platform lets it go.
        origin.put(STATUS, "application/json", "{}");
        if by_page {
            assert!(page.contains(&format!("action=\"{link}\"")), "{page}");
            let again = app.send(Method::POST, &link, &[("sec-fetch-site", "same-origin")], "").await;
            assert_eq!((again.status.as_u16(), again.header("location")), (303, link.as_str()));
        } else {
            assert_eq!(delete(&app, &id, key_of(&link)).await.status, 200);
        }
        let page = told(&app, &link, ">removed<").await;
        assert!(!page.contains("action="), "there is nothing left to try: {page}");
    }
    app.stop().await;
}

/// The page of a delete link as soon as it says so.
async fn told(app: &TestApp, link: &str, words: &str) -> String {
    let since = std::time::Instant::now();
    loop {
        let page = app.get(link).await.text().to_owned();
        if page.contains(words) {
            return page;
        }
        assert!(since.elapsed() < TOO_LONG, "{page}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
