//! A post of which nobody knows whether it was made: only the share's maker, who was told to look there first, sends it again.

use http::Method;
use serde_json::json;

use crate::app::{TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

const TARGET: &str = "mastodon:alice@example.social";
const STATUSES: &str = "/api/v1/statuses";

#[tokio::test]
async fn what_may_be_posted_is_sent_again_by_its_maker_alone_and_without_script_too() {
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(600, 400)));
    for media in ["/api/v1/media", "/api/v2/media"] {
        origin.put(media, "application/json", r#"{"id":"7","url":"https://files.example/7.png"}"#);
    }
    // A gateway that gives up on a server which may have posted, and shows nothing of it.
    origin.put_status(STATUSES, 504, "text/plain", "late");
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
         token = \"the-token\"",
        origin.host, origin.url
    ))
    .await;
    let mut request = quarter_of(&origin.at("/harbour.png"));
    request["targets"] = json!(["board", TARGET]);
    let receipt = app.accepted(&request).await;
    let id = receipt["id"].as_str().expect("an id").to_owned();
    let link = receipt["delete_url"].as_str().expect("a link").replace(&app.url, "");
    assert_eq!(app.settled(&id).await["deliveries"][1]["state"], "unknown");
    let sent = || origin.calls().iter().filter(|call| **call == format!("POST {STATUSES}")).count();
    let before = sent();

    let anybody = app.retry(&id).await;
    assert_eq!(anybody.problem(), (403, "wrong_key".to_owned(), None));
    assert!(anybody.text().contains("only its maker can send it again"), "{}", anybody.text());
    assert_eq!(app.call("retry", &json!({"id": id})).await.status, 403);
    for key in ["", "00", "0123456789abcdef0123456789abcdef"] {
        let with_key = format!("/api/v1/shares/{id}/retry?key={key}");
        assert_eq!(app.send(Method::POST, &with_key, &[], "").await.problem().1, "wrong_key", "{key}");
    }
    let page = app.get(&format!("/s/{id}")).await;
    assert!(!page.text().contains("/retry"), "the page has no button for it: {}", page.text());
    assert!(page.text().contains("only its maker can send it again"), "and says why: {}", page.text());
    assert_eq!(app.receipt(&id).await.json()["deliveries"][1]["state"], "unknown");
    assert_eq!(sent(), before, "nothing was sent");

    // The page of the delete link has a form that carries the key.
    let makers = app.get(&link).await;
    let action = makers.text().split("action=\"").find(|rest| rest.starts_with(&format!("/s/{id}/retry")));
    let action = action.and_then(|rest| rest.split('"').next()).expect("a form").to_owned();
    origin.put(STATUSES, "application/json", r#"{"id":"1","url":"https://example.social/@alice/1"}"#);
    let again = app.send(Method::POST, &action, &[("sec-fetch-site", "same-origin")], "").await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, format!("/s/{id}?shared").as_str()));
    assert_eq!(app.settled(&id).await["deliveries"][1]["state"], "posted");
    assert_eq!(sent(), before + 1);
    app.stop().await;
}
