//! The IIIF Image API as viewers and scripts of other sites meet it: statuses, headers, documents and pixels.

use std::sync::Arc;

use http::Method;
use image::imageops;
use serde_json::json;
use tokio::task::JoinSet;

use crate::app::{Answer, TestApp, quarter_of};
use crate::pictures::{coordinates, decode, part};

/// The largest picture of the gallery `demo`, 900 x 600.
const LARGE: &str = "/iiif/3/demo:c.png";

fn assert_open_to_all_sites(answer: &Answer, path: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
}

/// The path of a clipping's base address: the upper left quarter of `LARGE`.
async fn clipping(app: &TestApp) -> String {
    let receipt = app.accepted(&quarter_of(&format!("{}/pictures/demo/c.png", app.url))).await;
    let url = receipt["clipping"]["url"].as_str().expect("an address").to_owned();
    format!("/iiif/3/{}", url.rsplit('/').next().expect("a name"))
}

#[tokio::test]
async fn the_base_address_leads_to_the_information() {
    let app = TestApp::start(&[]).await;
    for base in [LARGE.to_owned(), clipping(&app).await] {
        let answer = app.get(&base).await;
        assert_eq!(answer.status, 303, "{base}");
        assert_eq!(answer.header("location"), format!("{}{base}/info.json", app.url));
        assert_open_to_all_sites(&answer, &base);
    }
    app.stop().await;
}

#[tokio::test]
async fn the_information_says_what_can_be_asked_for() {
    let app = TestApp::start(&[]).await;
    let answer = app.get(&format!("{LARGE}/info.json")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer.text().trim_start_matches(['{', ' ', '\n']).starts_with("\"@context\""),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.json(),
        json!({
            "@context": "http://iiif.io/api/image/3/context.json",
            "id": format!("{}{LARGE}", app.url), "type": "ImageService3",
            "protocol": "http://iiif.io/api/image", "profile": "level2",
            "width": 900, "height": 600, "maxWidth": 16383, "maxHeight": 16383, "maxArea": 25_000_000,
            "sizes": [{"width": 450, "height": 300}, {"width": 900, "height": 600}],
            "tiles": [{"width": 512, "height": 512, "scaleFactors": [1, 2]}],
            "extraQualities": ["color", "gray", "bitonal"], "extraFormats": ["webp"],
            "extraFeatures": ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "sizeUpscaling"],
        })
    );
    assert_eq!(answer.header("link"), "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"");
    assert!(answer.header("vary").to_ascii_lowercase().contains("accept"), "{answer:?}");
    assert_open_to_all_sites(&answer, "info.json");

    let clipping = clipping(&app).await;
    let information = app.get(&format!("{clipping}/info.json")).await.json();
    assert_eq!((&information["width"], &information["height"]), (&450.into(), &300.into()));
    assert_eq!(information["id"], format!("{}{clipping}", app.url));
    app.stop().await;
}

#[tokio::test]
async fn the_licence_is_named_where_its_address_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a b.png"), crate::pictures::png(&coordinates(20, 10)))
        .expect("a file");
    let side_file = "[[pictures]]\nfile = 'a b.png'\nlink = 'https://creativecommons.org/licenses/by/4.0/'";
    std::fs::write(folder.path().join("gallery.toml"), side_file).expect("a file");
    let app = TestApp::bare(&format!("[[galleries]]\nslug = \"walk\"\nfolder = {:?}", folder.path())).await;
    let information = app.get("/iiif/3/walk:a%20b.png/info.json").await.json();
    assert_eq!(information["rights"], "http://creativecommons.org/licenses/by/4.0/");
    assert_eq!(
        information["id"],
        format!("{}/iiif/3/walk:a%20b.png", app.url),
        "encoded as it was asked for"
    );
    // A colon may be encoded too: it is the same name.
    assert_eq!(app.get("/iiif/3/walk%3Aa%20b.png/info.json").await.json(), information);
    app.stop().await;
}

#[tokio::test]
async fn the_information_is_called_what_the_client_prefers() {
    let app = TestApp::start(&[]).await;
    let linked = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";
    let path = format!("{LARGE}/info.json");
    let mut tags = Vec::new();
    for (accept, content_type) in [
        (None, linked),
        (Some("*/*"), linked),
        (Some("application/ld+json"), linked),
        (Some("application/json"), "application/json"),
        (Some("application/ld+json;q=0.3, application/json;q=0.8"), "application/json"),
    ] {
        let headers: Vec<_> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let answer = app.send(Method::GET, &path, &headers, "").await;
        assert_eq!(answer.header("content-type"), content_type, "{accept:?}");
        tags.push(answer.header("etag").to_owned());
    }
    assert!(tags[0] == tags[2] && tags[0] != tags[3], "another name is another representation: {tags:?}");
    let again = app.send(Method::GET, &path, &[("if-none-match", &tags[0])], "").await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_open_to_all_sites(&again, &path);
    app.stop().await;
}

#[tokio::test]
async fn a_rendition_has_the_pixels_asked_for_and_names_its_canonical_address() {
    let app = TestApp::start(&[]).await;
    let whole = coordinates(900, 600);
    for (request, canonical, expected) in [
        ("full/max/0/default.png", "full/max/0/default.png", whole.clone()),
        ("square/max/0/color.png", "150,0,600,600/max/0/default.png", part(&whole, 150, 0, 600, 600)),
        (
            "800,500,512,512/max/0/default.png",
            "800,500,100,100/max/0/default.png",
            part(&whole, 800, 500, 100, 100),
        ),
        (
            "pct:10,20,30,40/max/!0/default.png",
            "90,120,270,240/max/!0/default.png",
            imageops::flip_horizontal(&part(&whole, 90, 120, 270, 240)),
        ),
        (
            "0,0,30,20/30,20/90/default.png",
            "0,0,30,20/max/90/default.png",
            imageops::rotate90(&part(&whole, 0, 0, 30, 20)),
        ),
        (
            "0,0,30,20/%5E30,20/!270.0/default.png",
            "0,0,30,20/max/!270/default.png",
            imageops::rotate270(&imageops::flip_horizontal(&part(&whole, 0, 0, 30, 20))),
        ),
    ] {
        let answer = app.get(&format!("{LARGE}/{request}")).await;
        assert_eq!(answer.status, 200, "{request}: {answer:?}");
        assert_eq!(answer.header("content-type"), "image/png", "{request}");
        assert!(decode(&answer.bytes) == expected, "{request}");
        let links = format!(
            "<{}{LARGE}/{canonical}>;rel=\"canonical\", <http://iiif.io/api/image/3/level2.json>;rel=\"profile\"",
            app.url
        );
        assert_eq!(answer.header("link"), links, "{request}");
        assert_open_to_all_sites(&answer, request);
        let same = app.get(&format!("{LARGE}/{canonical}")).await;
        assert!(same.bytes == answer.bytes && same.header("etag") == answer.header("etag"), "{request}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_rendition_has_the_size_tone_and_format_asked_for() {
    let app = TestApp::start(&[]).await;
    for (request, media_type, size, has_colour) in [
        ("full/300,/0/default.jpg", "image/jpeg", (300, 200), true),
        ("full/,300/90/default.jpg", "image/jpeg", (300, 450), true),
        ("full/pct:10/0/color.png", "image/png", (90, 60), true),
        ("full/!100,100/0/gray.jpg", "image/jpeg", (100, 67), false),
        ("full/!5000,5000/0/gray.png", "image/png", (900, 600), false),
        ("0,0,100,100/%5E!300,200/0/bitonal.png", "image/png", (200, 200), false),
        ("full/100,100/0/default.webp", "image/webp", (100, 100), true),
    ] {
        let answer = app.get(&format!("{LARGE}/{request}")).await;
        assert_eq!(answer.status, 200, "{request}: {answer:?}");
        assert_eq!(answer.header("content-type"), media_type, "{request}");
        let picture = image::load_from_memory(&answer.bytes).expect(request);
        assert_eq!((picture.width(), picture.height()), size, "{request}");
        assert_eq!(picture.color().has_color(), has_colour, "{request}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_part_of_the_address_is_named() {
    let app = TestApp::start(&[]).await;
    for (request, parameter) in [
        ("max/full/0/default.jpg", "region"),
        ("900,0,10,10/max/0/default.jpg", "region"),
        ("0,0,0,10/max/0/default.jpg", "region"),
        ("full/full/0/default.jpg", "size"),
        ("full/901,/0/default.jpg", "size"),
        ("full/0,/0/default.jpg", "size"),
        ("full/pct:101/0/default.jpg", "size"),
        ("full/%5E20000,/0/default.jpg", "size"),
        ("full/max/default/0.jpg", "rotation"),
        ("full/max/45/default.png", "rotation"),
        ("full/max/361/default.png", "rotation"),
        ("full/max/0/grey.jpg", "quality"),
        ("full/max/0/default.tif", "format"),
        ("full/max/0/default", "format"),
    ] {
        let answer = app.get(&format!("{LARGE}/{request}")).await;
        let expected = (400, "invalid_parameter".to_owned(), Some(parameter.to_owned()));
        assert_eq!(answer.problem(), expected, "{request}");
        assert!(answer.json()["detail"].as_str().expect("a detail").len() > 20, "{request}");
        assert_open_to_all_sites(&answer, request);
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_picture_of_this_site_is_not_found() {
    let app = TestApp::start(&[]).await;
    let missing = format!("/iiif/3/{}.png", "0".repeat(64));
    for path in [
        "/iiif/3/demo:d.png",
        "/iiif/3/demo:d.png/info.json",
        "/iiif/3/demo:d.png/full/max/0/default.jpg",
        "/iiif/3/other:c.png/info.json",
        "/iiif/3/demo%2Fc.png/info.json",
        "/iiif/3/demo:..%2Fdemo%2Fc.png/info.json",
        "/iiif/3/67352ccc-d1b0-11e1-89ae-279075081939/info.json",
        "/iiif/3/%ff/info.json",
        // A slash that was not encoded, and addresses that are none of this API.
        "/iiif/3/a/b/full/max/0/default.jpg",
        "/iiif/3/demo:c.png/full/max/0",
        "/iiif/3/demo:c.png/info.xml",
        &missing,
        &format!("{missing}/info.json"),
        &format!("{missing}/full/max/0/default.jpg"),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned(), None), "{path}");
        assert_open_to_all_sites(&answer, path);
    }
    app.stop().await;
}

#[tokio::test]
async fn copies_are_asked_for_again_by_their_tag_after_an_hour() {
    let app = TestApp::start(&[]).await;
    let request = "full/max/0/default.png";
    let caching = "public, max-age=3600";
    for base in [LARGE.to_owned(), clipping(&app).await] {
        let first = app.get(&format!("{base}/{request}")).await;
        assert_eq!(first.header("cache-control"), caching);
        let tag = first.header("etag");
        assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
        let again = app.send(Method::GET, &format!("{base}/{request}"), &[("if-none-match", tag)], "").await;
        assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
        assert_eq!((again.header("etag"), again.header("cache-control")), (tag, caching));
        let other = app.get(&format!("{base}/full/max/0/gray.png")).await;
        assert_ne!(other.header("etag"), tag, "another rendition has another tag");
        let any = app.send(Method::GET, &format!("{base}/{request}"), &[("if-none-match", "*")], "").await;
        assert_eq!((any.status.as_u16(), any.header("etag")), (200, tag), "there is something");
    }
    app.stop().await;
    // The same address under another limit: other pixels, so another tag.
    let tags = ["1200", "1024"].map(|side| async move {
        let app = TestApp::with_config(&format!("[limits]\nmax_rendition_side = {side}")).await;
        let answer = app.get(&format!("{LARGE}/full/^max/0/default.png")).await;
        assert_eq!(decode(&answer.bytes).width().to_string(), side);
        let tag = answer.header("etag").to_owned();
        app.stop().await;
        tag
    });
    let [large, small] = tags;
    assert_ne!(large.await, small.await);
}

#[tokio::test]
async fn scripts_of_other_sites_may_ask_beforehand_and_head_is_answered() {
    let app = TestApp::start(&[]).await;
    let headers = [
        ("origin", "https://viewer.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "x-viewer"),
        ("sec-fetch-site", "cross-site"),
    ];
    for path in [format!("{LARGE}/info.json"), format!("{LARGE}/full/max/0/default.jpg")] {
        let answer = app.send(Method::OPTIONS, &path, &headers, "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_open_to_all_sites(&answer, &path);
        assert_eq!(answer.header("access-control-allow-methods"), "GET,HEAD", "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "x-viewer", "{path}");
        let head = app.send(Method::HEAD, &path, &headers[..1], "").await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0), "{path}");
        assert!(!head.header("link").is_empty(), "{path}");
        let posted = app.send(Method::POST, &path, &[], "").await;
        assert_eq!(posted.status, 405, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_crowd_is_served_in_turn_and_who_finds_the_line_full_may_come_again() {
    let limits = "[limits]\nmax_concurrent_crops = 1\nmax_waiting_crops = 3";
    let app = Arc::new(TestApp::with_config(limits).await);
    let request = format!("{LARGE}/full/%5E2000,/0/default.jpg");
    let mut asking = JoinSet::new();
    for _ in 0..24 {
        let (app, request) = (Arc::clone(&app), request.clone());
        asking.spawn(async move { app.get(&request).await });
    }
    let answers = asking.join_all().await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    // Two have their turn and three wait; how many come when a turn is free again is a matter of speed.
    assert!(served >= 5, "{served}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.problem(), (503, "busy".to_owned(), None));
        assert!(!answer.header("retry-after").is_empty());
        assert_open_to_all_sites(answer, &request);
    }
    assert_eq!(app.get(&request).await.status, 200);
    Arc::into_inner(app).expect("all have been answered").stop().await;
}

#[tokio::test]
async fn renditions_stay_within_the_configured_limits() {
    let limits = "[limits]\nmax_rendition_side = 1024\nmax_rendition_pixels = \"1 MP\"";
    let app = TestApp::with_config(limits).await;
    let information = app.get(&format!("{LARGE}/info.json")).await.json();
    assert_eq!((&information["maxWidth"], &information["maxArea"]), (&1024.into(), &1_000_000.into()));
    for (request, size) in [
        ("full/%5Emax/0/default.jpg", (1024, 683)),
        ("square/%5Emax/0/default.jpg", (1000, 1000)),
        ("full/%5E1024,/0/default.jpg", (1024, 683)),
    ] {
        let answer = app.get(&format!("{LARGE}/{request}")).await;
        let picture = decode(&answer.bytes);
        assert_eq!(picture.dimensions(), size, "{request}");
    }
    for request in ["full/%5E1025,/0/default.jpg", "square/%5E1001,/0/default.jpg"] {
        assert_eq!(app.get(&format!("{LARGE}/{request}")).await.status, 400, "{request}");
    }
    app.stop().await;
}
