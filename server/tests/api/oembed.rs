//! Links to shares unfold: `/oembed` tells what to show in their place, and the frame that it names may stand on any page.

use serde_json::json;

use crate::app::{TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

#[tokio::test]
async fn a_share_is_told_with_its_frame_in_the_room_that_there_is() {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(1_600, 800)));
    let app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]", origin.host)).await;
    let mut request = quarter_of(&origin.at("/a.png"));
    request["description"] = json!("\"Harbour\" & <b>more</b>\nsecond line");
    let receipt = app.accepted(&request).await;
    let url = receipt["url"].as_str().expect("an address");
    for (more, width, height) in
        [("", 640, 408), ("&maxwidth=320", 320, 248), ("&maxheight=200&format=json", 640, 200)]
    {
        let answer = app.get(&format!("/oembed?url={url}{more}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, "*"));
        let told = answer.json();
        assert_eq!((&told["width"], &told["height"]), (&json!(width), &json!(height)), "{more}");
        assert_eq!((&told["type"], &told["version"]), (&json!("rich"), &json!("1.0")));
        assert_eq!(told["title"], "\"Harbour\" & <b>more</b>");
        assert_eq!(told["thumbnail_url"], receipt["clipping"]["url"]);
        let id = receipt["id"].as_str().expect("an id");
        let html = format!(
            "<iframe src=\"{}/embed/s/{id}\" width=\"{width}\" height=\"{height}\" title=\"&quot;Harbour&quot; &amp; &lt;b&gt;more&lt;/b&gt;\" loading=\"lazy\" style=\"border:0\"></iframe>",
            app.url
        );
        assert_eq!(told["html"], html);
        let frame = app.get(&format!("/embed/s/{id}")).await;
        assert!(frame.header("content-security-policy").contains("frame-ancestors *"));
        assert!(frame.text().contains("&lt;b&gt;more&lt;/b&gt;"), "{}", frame.text());
    }
    app.stop().await;
}

#[tokio::test]
async fn a_frame_has_a_name_whatever_was_said_of_the_share() {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(1_600, 800)));
    let app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]", origin.host)).await;
    for (description, alt, expected) in [
        ("", "", "A part of a picture"),
        ("", "A lighthouse", "A lighthouse"),
        ("Harbour", "A lighthouse", "Harbour"),
    ] {
        let mut request = quarter_of(&origin.at("/a.png"));
        (request["description"], request["alt"]) = (json!(description), json!(alt));
        let receipt = app.accepted(&request).await;
        let url = receipt["url"].as_str().expect("an address");
        let told = app.get(&format!("/oembed?url={url}")).await.json();
        assert_eq!(told["title"], expected);
        let html = told["html"].as_str().expect("text");
        assert!(html.contains(&format!("title=\"{expected}\"")), "{html}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_share_of_this_site_is_not_told() {
    let app = TestApp::bare("").await;
    for (query, expected) in [
        ("", 400),
        (&format!("url={}/s/abcdefghijkmnpqr", app.url), 404),
        (&format!("url={}/board", app.url), 404),
        ("url=https://elsewhere.example/s/abcdefghijkmnpqr", 404),
        ("url=nonsense", 404),
        (&format!("url={}/s/abc&maxwidth=wide", app.url), 400),
        (&format!("url={}/s/abc&format=xml", app.url), 501),
    ] {
        assert_eq!(app.get(&format!("/oembed?{query}")).await.status, expected, "{query}");
    }
    assert_eq!(app.get("/embed/s/abcdefghijkmnpqr").await.status, 404);
    app.stop().await;
}
