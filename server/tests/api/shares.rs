//! Shares that are accepted: what goes in, what comes out, what is kept.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::app::{DEMO, DEMO_SIZES, TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, decode, jpeg, part, png};

const SIZE: (u32, u32) = (600, 400);

/// An origin with a picture, a page that shows it as its second, and a server that may fetch both.
async fn start() -> (Origin, TestApp) {
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(SIZE.0, SIZE.1)));
    let page =
        "<title>The harbour</title><p>Unclosed <img src=/other.png><img alt=Harbour src='a/../harbour.png'>";
    origin.put("/gallery", "text/html; charset=utf-8", page);
    let app = TestApp::start(&[&origin.host]).await;
    (origin, app)
}

#[tokio::test]
async fn the_documented_example_works() {
    let (origin, app) = start().await;
    let request = json!({
        "source": {
            "image_url": origin.at("/harbour.png"), "page_url": origin.at("/gallery"), "index": 1,
            "natural": {"width": 600, "height": 400},
        },
        "region": {"x": 0.25, "y": 0.1, "w": 0.3, "h": 0.4},
        "description": "The lighthouse", "alt": "A white lighthouse", "targets": ["board"],
    });
    let answer = app.share(&request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mut receipt = answer.json();
    let delete_url =
        receipt.as_object_mut().expect("an object").remove("delete_url").expect("told to its maker");
    let id = receipt["id"].as_str().expect("an id");
    let prefix = format!("{}/s/{id}/delete?key=", app.url);
    assert!(delete_url.as_str().expect("text").starts_with(&prefix), "{delete_url}");
    assert_eq!(answer.header("location"), format!("/api/v1/shares/{id}"));
    assert_eq!(answer.header("content-type"), "application/json");

    let clipping = receipt["clipping"]["url"].as_str().expect("an address").to_owned();
    let bytes = app.get(path_of(&app, &clipping)).await.bytes;
    let page = format!("{}/s/{id}", app.url);
    assert_eq!(
        receipt,
        json!({
            "id": id, "url": page,
            "clipping": {"url": clipping, "width": 180, "height": 160, "type": "image/png", "bytes": bytes.len()},
            "deliveries": [{"target": "board", "state": "posted", "url": page}],
        })
    );
    assert_eq!(app.receipt(id).await.json(), receipt);
    assert!(decode(&bytes) == part(&coordinates(SIZE.0, SIZE.1), 150, 40, 180, 160));
    app.stop().await;
}

#[tokio::test]
async fn the_share_page_names_the_page_and_its_site() {
    let (origin, app) = start().await;
    for (path, head, expected) in [
        (
            "/a",
            "<title>The harbour</title><meta property=og:site_name content='The &lt;i&gt; Post'>",
            "The harbour</a><span class=\"share__site\"> · The &lt;i&gt; Post</span>",
        ),
        (
            "/b",
            "<title>The harbour | Post</title><meta property=og:site_name content=Post>",
            "The harbour | Post</a>",
        ),
    ] {
        origin.put(path, "text/html", format!("{head}<img src=/harbour.png>").as_str());
        for source in [
            json!({"page_url": origin.at(path), "index": 0}),
            json!({"image_url": origin.at("/harbour.png"), "page_url": origin.at(path)}),
        ] {
            let request = json!({"source": source, "region": "pct:25,10,30,40", "targets": ["board"]});
            let receipt = app.accepted(&request).await;
            let answer = app.get(&format!("/s/{}", receipt["id"].as_str().expect("an id"))).await;
            let page = answer.text();
            let from = page
                .split("share__source")
                .nth(1)
                .expect("a source")
                .split("</p>")
                .next()
                .expect("its line")
                .to_owned();
            // Leptos' marks of where text may change are no text.
            let told = from.replace("<!>", "").replace("<!--hk-->", "");
            let told = told
                .split_once('>')
                .expect("the tag's end")
                .1
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            assert!(told.contains(expected), "{told}");
            assert_eq!(told.contains("share__site"), expected.contains("share__site"), "{told}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn who_made_a_picture_is_read_from_its_file_and_told_beside_the_part() {
    let (origin, app) = start().await;
    let packet = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#">
        <dc:creator><rdf:Seq><rdf:li>Ada &lt;b&gt; Lovelace</rdf:li></rdf:Seq></dc:creator>
        <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/></rdf:Description></rdf:RDF>"#;
    let payload = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    let mut picture = jpeg(&coordinates(SIZE.0, SIZE.1));
    let segment = [&[0xff, 0xe1][..], &(payload.len() as u16 + 2).to_be_bytes(), &payload].concat();
    picture.splice(2..2, segment);
    origin.put("/ada.jpg", "image/jpeg", picture);

    let receipt = app.accepted(&quarter_of(&origin.at("/ada.jpg"))).await;
    let id = receipt["id"].as_str().expect("an id");
    let annotation = app.get(&format!("/s/{id}.json")).await.json();
    let source = &annotation["target"]["source"];
    assert_eq!(source["creator"]["name"], "Ada <b> Lovelace");
    assert_eq!(source["rights"], "https://creativecommons.org/licenses/by/4.0/");
    let page = app.get(&format!("/s/{id}")).await;
    assert!(
        page.text().contains("Ada &lt;b&gt; Lovelace") && page.text().contains("CC BY 4.0"),
        "{}",
        page.text()
    );
    let clipping = receipt["clipping"]["url"].as_str().expect("an address");
    let bytes = app.get(path_of(&app, clipping)).await.bytes;
    assert!(!bytes.windows(8).any(|window| window == b"Lovelace"), "the part's own file says nothing");
    app.stop().await;
}

#[tokio::test]
async fn a_picture_is_found_by_its_address_or_by_its_page_and_a_region_has_two_text_forms() {
    let (origin, app) = start().await;
    let (image, page) = (origin.at("/harbour.png"), origin.at("/gallery"));
    for source in [
        json!({"image_url": image}),
        json!({"image_url": image, "page_url": page, "index": 1}),
        json!({"page_url": page, "index": 1}),
        json!({"page_url": page, "src": "a/../harbour.png"}),
        json!({"page_url": page, "src": image}),
    ] {
        for region in [
            json!({"x": 0.25, "y": 0.1, "w": 0.3, "h": 0.4}),
            json!("xywh=percent:25,10,30,40"),
            json!("pct:25,10,30,40"),
        ] {
            let receipt =
                app.accepted(&json!({"source": source, "region": region, "targets": ["board"]})).await;
            let size = (&receipt["clipping"]["width"], &receipt["clipping"]["height"]);
            assert_eq!(size, (&json!(180), &json!(160)), "{source} {region}");
        }
    }
    // The same pixels, so one file however often they are shared.
    assert_eq!((app.shares_on_board().await, app.files_of_clippings()), (15, 1));
    app.stop().await;
}

#[tokio::test]
async fn the_largest_copy_is_cut_and_where_it_is_another_crop_the_one_that_was_seen() {
    let (origin, app) = start().await;
    origin.put("/small.png", "image/png", png(&coordinates(300, 200)));
    origin.put("/square.png", "image/png", png(&coordinates(900, 900)));
    origin.put("/broken.png", "image/png", "no picture");
    for (largest, width) in [("harbour", 300), ("square", 150), ("broken", 150), ("gone", 150)] {
        let page = format!("<img src=/small.png srcset='/small.png 300w, /{largest}.png 900w'>");
        origin.put("/page", "text/html", page);
        let page = origin.at("/page");
        let natural = json!({"width": 300, "height": 200});
        for source in [
            json!({"page_url": page, "src": "/small.png", "natural": natural}),
            json!({"image_url": origin.at("/small.png"), "page_url": page, "natural": natural}),
            json!({"image_url": origin.at("/small.png"), "page_url": page}),
        ] {
            let request = json!({"source": source, "region": "pct:0,0,50,50", "targets": ["board"]});
            let receipt = app.accepted(&request).await;
            assert_eq!(receipt["clipping"]["width"], width, "{largest} {source}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_a_script_loads_late_is_cut_only_where_the_visitor_saw_more_than_what_stands_there() {
    let (origin, app) = start().await;
    origin.put("/small.png", "image/png", png(&coordinates(300, 200)));
    let late = "<img src=/small.png data-src=/harbour.png>";
    let twin = "<img src=/small.png><noscript><img src=/harbour.png></noscript>";
    let gone = "<img src=/small.png data-src=/gone.png>";
    for (page, natural, width) in [
        (late, Some((300, 200)), 150),
        (late, Some((600, 400)), 300),
        (late, None, 300),
        (twin, Some((300, 200)), 150),
        (twin, Some((600, 400)), 300),
        (gone, Some((600, 400)), 150),
        ("<img src=/square.png data-src=/harbour.png>", Some((300, 200)), 300),
    ] {
        origin.put("/square.png", "image/png", png(&coordinates(900, 900)));
        origin.put("/page", "text/html", page);
        let mut source = json!({"page_url": origin.at("/page"), "index": 0});
        if let Some((width, height)) = natural {
            source["natural"] = json!({"width": width, "height": height});
        }
        let request = json!({"source": source, "region": "pct:0,0,50,50", "targets": ["board"]});
        let receipt = app.accepted(&request).await;
        assert_eq!(receipt["clipping"]["width"], width, "{page} {natural:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_origin_learns_who_asks_and_nothing_about_the_visitor() {
    let (origin, app) = start().await;
    let headers = [
        ("cookie", "session=secret"),
        ("authorization", "Bearer secret"),
        ("referer", "http://private.example/"),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    let request = json!({"source": {"page_url": origin.at("/gallery"), "index": 1}, "region": "pct:0,0,50,50", "targets": ["board"]});
    assert_eq!(app.share_with(&request, &headers).await.status, 201);
    assert_eq!(origin.calls(), ["GET /gallery", "GET /harbour.png"]);
    for (_, path, headers) in origin.seen() {
        let agent = headers["user-agent"].to_str().expect("text");
        assert_eq!(
            agent,
            format!("Cutline/{} (+{}/about/fetcher)", env!("CARGO_PKG_VERSION"), app.url),
            "{path}"
        );
        for name in ["cookie", "authorization", "referer", "x-forwarded-for", "origin"] {
            assert!(!headers.contains_key(name), "{path} was sent {name}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn the_sites_own_pictures_are_read_from_disk() {
    // No host is allowed: over HTTP its own address would be refused.
    let app = TestApp::start(&[]).await;
    let of_first = coordinates(DEMO_SIZES[0].0, DEMO_SIZES[0].1);
    let (picture, thumbnail) = (
        format!("{}/pictures/demo/{}", app.url, DEMO[0]),
        format!("{}/pictures/demo/400/{}", app.url, DEMO[0]),
    );
    let (page, home) = (format!("{}/g/demo", app.url), app.url.clone());
    for source in [
        json!({"image_url": picture}),
        json!({"image_url": thumbnail}),
        json!({"page_url": page, "index": 0}),
        json!({"page_url": page, "src": thumbnail}),
        json!({"page_url": home, "src": "/pictures/demo/c.png"}),
        json!({"image_url": picture, "page_url": page, "index": 2}),
    ] {
        let request = json!({"source": source, "region": {"x": 0.5, "y": 0.5, "w": 0.5, "h": 0.25}, "targets": ["board"]});
        let receipt = app.accepted(&request).await;
        let clipping = receipt["clipping"]["url"].as_str().expect("an address");
        let pixels = decode(&app.get(path_of(&app, clipping)).await.bytes);
        assert!(pixels == part(&of_first, 450, 300, 450, 150), "{source}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_clipping_can_be_cut_again() {
    let (origin, app) = start().await;
    let first = app.accepted(&quarter_of(&origin.at("/harbour.png"))).await;
    let second = app.accepted(&quarter_of(first["clipping"]["url"].as_str().expect("an address"))).await;
    let bytes = app.get(path_of(&app, second["clipping"]["url"].as_str().expect("an address"))).await.bytes;
    assert!(decode(&bytes) == part(&coordinates(SIZE.0, SIZE.1), 0, 0, 150, 100));
    assert_eq!(origin.calls().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_clipping_never_changes_and_runs_nothing() {
    let (origin, app) = start().await;
    let receipt = app.accepted(&quarter_of(&origin.at("/harbour.png"))).await;
    let answer = app.get(path_of(&app, receipt["clipping"]["url"].as_str().expect("an address"))).await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_key_makes_sending_again_harmless() {
    let (origin, app) = start().await;
    let request = quarter_of(&origin.at("/harbour.png"));
    let key = [("idempotency-key", "one-share")];
    let first = app.share_with(&request, &key).await;
    let again = app.share_with(&request, &key).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.json(), again.json());
    // The overlay's function knows the same keys.
    let called = app.call("share", &json!({"request": request, "key": "one-share"})).await;
    assert_eq!((called.status.as_u16(), called.json()), (200, first.json()));
    assert_eq!(origin.calls().len(), 1, "the second one fetches nothing");

    let mut other = request.clone();
    other["description"] = json!("Other words");
    let answer = app.share_with(&other, &key).await;
    assert_eq!(
        answer.problem(),
        (422, "idempotency_conflict".to_owned(), Some("Idempotency-Key".to_owned()))
    );
    let long = "k".repeat(256);
    for key in ["", "two words", "schlüssel", &long] {
        let answer = app.share_with(&request, &[("idempotency-key", key)]).await;
        assert_eq!(
            answer.problem(),
            (422, "invalid_field".to_owned(), Some("Idempotency-Key".to_owned())),
            "{key:?}"
        );
    }
    assert_eq!(app.shares_on_board().await, 1);

    let without: Vec<Value> = [app.accepted(&request).await, app.accepted(&request).await].into();
    assert_ne!(without[0]["id"], without[1]["id"], "without a key each is a share of its own");
    app.stop().await;
}

#[tokio::test]
async fn fifty_at_once_with_one_key_are_one_share() {
    let (origin, app) = start().await;
    let (app, request) = (Arc::new(app), Arc::new(quarter_of(&origin.at("/harbour.png"))));
    let mut sending = JoinSet::new();
    for _ in 0..50 {
        let (app, request) = (app.clone(), request.clone());
        sending.spawn(async move { app.share_with(&request, &[("idempotency-key", "fifty")]).await });
    }
    let answers = sending.join_all().await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.json(), answers[0].json());
    }
    assert_eq!((answers.len(), app.shares_on_board().await, app.files_of_clippings()), (50, 1, 1));
    Arc::into_inner(app).expect("all have answered").stop().await;
}

#[tokio::test]
async fn a_share_page_shows_the_part_and_says_what_it_is() {
    let (origin, app) = start().await;
    let mut request = quarter_of(&origin.at("/harbour.png"));
    request["source"]["page_url"] = json!(origin.at("/gallery"));
    request["description"] = json!("Dawn & <b>dusk</b>");
    request["alt"] = json!("A \"white\" lighthouse");
    let receipt = app.accepted(&request).await;
    let id = receipt["id"].as_str().expect("an id");
    let clipping = receipt["clipping"]["url"].as_str().expect("an address");

    let page = app.get(&format!("/s/{id}")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let html = page.text();
    for (property, content) in [
        ("og:title", "Dawn &amp; &lt;b&gt;dusk&lt;/b&gt;"),
        ("og:url", receipt["url"].as_str().expect("an address")),
        ("og:image", clipping),
        ("og:image:type", "image/png"),
        ("og:image:width", "300"),
        ("og:image:height", "200"),
        ("og:image:alt", "A &quot;white&quot; lighthouse"),
    ] {
        assert!(has_meta(html, "property", property, content), "{property}: {html}");
    }
    assert!(has_meta(html, "name", "twitter:card", "summary_large_image"), "{html}");
    assert!(!html.contains("<b>dusk"), "words are text: {html}");
    assert!(html.contains(&format!("href=\"{}\"", origin.at("/gallery"))), "{html}");

    let annotation = app.get(&format!("/s/{id}.json")).await;
    assert_eq!(
        annotation.header("content-type"),
        "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\""
    );
    let annotation = annotation.json();
    assert_eq!(annotation["type"], "Annotation");
    assert_eq!(annotation["body"][0]["id"], clipping);
    assert_eq!(annotation["target"]["source"]["id"], origin.at("/harbour.png"));
    assert_eq!(annotation["target"]["scope"], origin.at("/gallery"));
    assert_eq!(annotation["target"]["selector"]["type"], "FragmentSelector");
    assert_eq!(annotation["target"]["selector"]["value"], "xywh=percent:0,0,50,50");
    app.stop().await;
}

#[tokio::test]
async fn the_form_without_script_shares_too() {
    let (origin, app) = start().await;
    let image = origin.at("/harbour.png");
    let opened = app.get(&format!("/compose?image_url={image}")).await;
    assert_eq!(opened.status, 200);
    assert!(opened.text().contains("name=\"key\""), "{}", opened.text());

    let form = format!("image_url={image}&x=25&y=10&w=30&h=40&description=By+hand&targets=board&key=form-1");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let mut places = Vec::new();
    for _ in 0..2 {
        let answer = app.send(Method::POST, "/compose", &headers, form.clone()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        places.push(answer.header("location").to_owned());
    }
    assert_eq!(places[0], places[1], "pressing twice shares once");
    let page = app.get(&places[0]).await;
    assert!(has_meta(page.text(), "property", "og:image:width", "180"), "{}", page.text());

    let wrong = app.send(Method::POST, "/compose", &headers, form.replace("w=30", "w=90")).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("content-type")), (422, "text/html; charset=utf-8"));
    assert!(wrong.text().contains("By hand"), "what was typed is still there: {}", wrong.text());
    assert_eq!(app.shares_on_board().await, 1);
    app.stop().await;
}

#[tokio::test]
async fn what_a_platform_refused_is_sent_again_on_request() {
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(SIZE.0, SIZE.1)));
    let not_allowed = r#"{"error":"The access token is invalid"}"#;
    for media in ["/api/v1/media", "/api/v2/media"] {
        origin.put_status(media, 401, "application/json", not_allowed);
    }
    let target = "mastodon:alice@example.social";
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\naccount = \"alice@example.social\"\n\
         token = \"the-token\"",
        origin.host, origin.url
    ))
    .await;
    let mut request = quarter_of(&origin.at("/harbour.png"));
    request["targets"] = json!(["board", target]);
    let id = app.accepted(&request).await["id"].as_str().expect("an id").to_owned();
    let failed = app.settled(&id).await;
    assert_eq!(failed["deliveries"][0]["state"], "posted");
    assert_eq!(
        (&failed["deliveries"][1]["target"], &failed["deliveries"][1]["state"]),
        (&json!(target), &json!("failed"))
    );
    let reason = failed["deliveries"][1]["reason"].as_str().expect("a reason");
    assert!(reason.contains("connected again"), "{reason}");
    assert!(app.get(&format!("/s/{id}")).await.text().contains("connected again"), "the page has the reason");

    for media in ["/api/v1/media", "/api/v2/media"] {
        origin.put(
            media,
            "application/json",
            r#"{"id":"7","type":"image","url":"https://files.example/7.png"}"#,
        );
    }
    let post = "https://example.social/@alice/1";
    origin.put("/api/v1/statuses", "application/json", format!(r#"{{"id":"1","url":"{post}"}}"#));
    let retried = app.retry(&id).await;
    assert_eq!(retried.status, 200, "{}", retried.text());
    assert_eq!(retried.json()["deliveries"][0]["state"], "posted", "what was posted is not sent again");
    let posted = app.settled(&id).await;
    assert_eq!(posted["deliveries"][1], json!({"target": target, "state": "posted", "url": post}));
    let statuses = |calls: Vec<String>| calls.iter().filter(|call| *call == "POST /api/v1/statuses").count();
    assert_eq!(statuses(origin.calls()), 1);

    // A target that it was not sent to is no target of it.
    for other in ["mastodon:nobody@example.social", "My%20Board"] {
        let elsewhere = format!("/api/v1/shares/{id}/retry?target={other}");
        let refused = app.send(Method::POST, &elsewhere, &[], "").await.problem();
        assert_eq!(refused, (422, "invalid_field".to_owned(), Some("target".to_owned())), "{other}");
    }

    // Nothing is left to send: retrying again changes nothing.
    assert_eq!(app.retry(&id).await.json(), posted);
    assert_eq!(app.settled(&id).await, posted);
    assert_eq!(statuses(origin.calls()), 1);
    app.stop().await;
}

/// The path of an address of this site.
fn path_of<'a>(app: &TestApp, url: &'a str) -> &'a str {
    url.strip_prefix(&app.url).unwrap_or_else(|| panic!("{url} is not an address of {}", app.url))
}

/// Whether the page has the `<meta>`, in either order of its attributes.
fn has_meta(html: &str, kind: &str, name: &str, content: &str) -> bool {
    html.contains(&format!("<meta {kind}=\"{name}\" content=\"{content}\""))
        || html.contains(&format!("<meta content=\"{content}\" {kind}=\"{name}\""))
}
