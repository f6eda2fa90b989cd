//! Every kind of bad request: its status, its code, the field that it names, and that nothing of it is kept.

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::app::{Answer, TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, jpeg, png};

/// A bad request: its name, its body, and `status code field` of the answer.
type Case = (&'static str, Value, &'static str);

/// The request for a picture with one field replaced.
fn with(image_url: &str, field: &str, value: Value) -> Value {
    let mut request = quarter_of(image_url);
    request[field] = value;
    request
}

/// The request for this source.
fn from(source: Value) -> Value {
    with("", "source", source)
}

fn image(url: impl Into<String>) -> Value {
    quarter_of(&url.into())
}

/// Sends each case, compares status, code and field, and notes the bodies.
async fn check(app: &TestApp, cases: Vec<Case>) -> Map<String, Value> {
    let mut bodies = Map::new();
    for (name, request, expected) in cases {
        let answer = app.share(&request).await;
        assert_eq!(summary(&answer), expected, "{name}: {}", answer.text());
        let twin = bodies.insert(name.to_owned(), answer.json());
        assert_eq!(twin, None, "two cases are called {name}");
    }
    bodies
}

/// `status code field`
fn summary(answer: &Answer) -> String {
    let (status, code, field) = answer.problem();
    format!("{status} {code} {}", field.unwrap_or_default()).trim_end().to_owned()
}

async fn nothing_is_kept(app: &TestApp) {
    assert_eq!((app.shares_on_board().await, app.files_of_clippings()), (0, 0));
}

async fn picture_origin() -> Origin {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(60, 40)));
    origin
}

#[tokio::test]
async fn a_request_with_a_wrong_field_names_it() {
    let origin = picture_origin().await;
    let app = TestApp::start(&[&origin.host]).await;
    let a = origin.at("/a.png");
    let eleven: Vec<Value> =
        (0..11).map(|number| json!(format!("mastodon:a{number}@example.social"))).collect();
    let without = |field: &str| {
        let mut request = image(&a);
        request.as_object_mut().expect("an object").remove(field);
        request
    };
    let region = |value: Value| with(&a, "region", value);
    let bodies = check(
        &app,
        vec![
            ("not an object", json!([]), "422 invalid_field"),
            ("unknown field", with(&a, "colour", json!("red")), "422 invalid_field colour"),
            ("no source", without("source"), "422 invalid_field source"),
            ("no region", without("region"), "422 invalid_field region"),
            ("no targets", without("targets"), "422 invalid_field targets"),
            ("empty targets", with(&a, "targets", json!([])), "422 invalid_field targets"),
            (
                "twice the same target",
                with(&a, "targets", json!(["board", "board"])),
                "422 invalid_field targets[1]",
            ),
            (
                "unknown target",
                with(&a, "targets", json!(["board", "mastodon:bob@example.social"])),
                "422 unknown_target targets[1]",
            ),
            ("eleven targets", with(&a, "targets", json!(eleven)), "422 invalid_field targets"),
            ("no target's name", with(&a, "targets", json!(["My board"])), "422 invalid_field targets[0]"),
            (
                "description too long",
                with(&a, "description", json!("é".repeat(5001))),
                "422 invalid_field description",
            ),
            ("alt text too long", with(&a, "alt", json!("é".repeat(1501))), "422 invalid_field alt"),
            (
                "region outside",
                region(json!({"x": 0.5, "y": 0, "w": 0.6, "h": 1})),
                "422 invalid_field region",
            ),
            ("region outside, as text", region(json!("pct:50,0,60,100")), "422 invalid_field region"),
            ("region not a number", region(json!("pct:NaN,0,50,50")), "422 invalid_field region"),
            ("region infinite", region(json!("pct:0,0,inf,50")), "422 invalid_field region"),
            ("region null", region(json!({"x": null, "y": 0, "w": 1, "h": 1})), "422 invalid_field region"),
            (
                "region without area",
                region(json!({"x": 0.5, "y": 0, "w": 0, "h": 1})),
                "422 invalid_field region",
            ),
            (
                "region with negative height",
                region(json!({"x": 0, "y": 0.5, "w": 1, "h": -0.5})),
                "422 invalid_field region",
            ),
            ("region in pixels", region(json!("xywh=pixel:1,2,3,4")), "422 invalid_field region"),
            ("region with three numbers", region(json!("pct:1,2,3")), "422 invalid_field region"),
            (
                "region with an unknown field",
                region(json!({"x": 0, "y": 0, "w": 1, "h": 1, "z": 1})),
                "422 invalid_field region",
            ),
            ("source without an address", from(json!({"index": 0})), "422 invalid_field source"),
            ("page without which picture", from(json!({"page_url": a})), "422 invalid_field source"),
            ("negative index", from(json!({"page_url": a, "index": -1})), "422 invalid_field source.index"),
            (
                "natural size of nothing",
                from(json!({"image_url": a, "natural": {"width": 0, "height": 40}})),
                "422 invalid_field source.natural",
            ),
        ],
    )
    .await;
    insta::assert_json_snapshot!(bodies);
    assert_eq!(origin.calls(), [] as [&str; 0], "a request that is wrong by itself asks nobody");
    nothing_is_kept(&app).await;

    for field in [with(&a, "description", json!("é".repeat(5000))), with(&a, "alt", json!("é".repeat(1500)))]
    {
        app.accepted(&field).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn an_address_that_must_not_be_fetched_is_refused() {
    let origin = picture_origin().await;
    let secret = Origin::start().await;
    secret.put("/a.png", "image/png", png(&coordinates(60, 40)));
    let secret_port = secret.url.rsplit_once(':').expect("a port").1;
    // Taken and let go, so nobody listens there, although it is allowed.
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let closed_host = closed.local_addr().expect("it is bound").to_string();
    drop(closed);
    let app = TestApp::start(&[&origin.host, &closed_host]).await;
    let bodies = check(
        &app,
        vec![
            ("a file", image("file:///etc/passwd"), "422 invalid_field source"),
            ("a script", image("javascript:alert(1)"), "422 invalid_field source"),
            ("data", image("data:image/png;base64,AAAA"), "422 invalid_field source"),
            ("ftp", image("ftp://a.example/a.png"), "422 invalid_field source"),
            ("relative", image("/a.png"), "422 invalid_field source"),
            ("no host", image("http://"), "422 invalid_field source"),
            ("no host's name", image("http://%zz/a.png"), "422 invalid_field source.image_url"),
            (
                "a file as the page",
                from(json!({"page_url": "file:///etc/passwd", "index": 0})),
                "422 invalid_field source",
            ),
            (
                "a user name in the address",
                image(origin.at("/a.png").replace("//", "//alice@")),
                "422 invalid_field source.image_url",
            ),
            (
                "a password in the page's address",
                from(json!({"page_url": origin.at("/a").replace("//", "//a:b@"), "index": 0})),
                "422 invalid_field source.page_url",
            ),
            (
                "another port of this machine",
                image(secret.at("/a.png")),
                "422 invalid_field source.image_url",
            ),
            (
                "another port of this machine, by name",
                image(format!("http://localhost:{secret_port}/a.png")),
                "422 invalid_field source.image_url",
            ),
            ("port 22", image("http://8.8.8.8:22/a.png"), "422 invalid_field source.image_url"),
            ("this machine", image("http://127.0.0.1/a.png"), "502 origin_unreachable"),
            ("this machine, as a number", image("http://2130706433/a.png"), "502 origin_unreachable"),
            ("this machine, IPv6", image("http://[::1]/a.png"), "502 origin_unreachable"),
            (
                "this machine, IPv4 in IPv6",
                image("http://[::ffff:127.0.0.1]/a.png"),
                "502 origin_unreachable",
            ),
            ("this machine, by name", image("http://localhost/a.png"), "502 origin_unreachable"),
            ("a private address", image("http://10.0.0.1/a.png"), "502 origin_unreachable"),
            ("a cloud's metadata", image("http://169.254.169.254/latest/"), "502 origin_unreachable"),
            (
                "a private page",
                from(json!({"page_url": "http://192.168.0.1/", "index": 0})),
                "502 origin_unreachable",
            ),
            ("nobody listens", image(format!("http://{closed_host}/a.png")), "502 origin_unreachable"),
        ],
    )
    .await;
    insta::assert_json_snapshot!(bodies);
    let told = |name: &str| bodies[name].clone();
    assert_eq!(told("a private address"), told("nobody listens"), "nobody can tell what is inside");
    assert_eq!((origin.calls().len(), secret.calls().len()), (0, 0));
    nothing_is_kept(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_not_the_picture_is_refused() {
    let origin = picture_origin().await;
    let photo = jpeg(&coordinates(300, 200));
    origin.put_status("/gone", 410, "text/plain", "gone");
    origin.put_status("/forbidden", 403, "text/plain", "no hotlinks");
    origin.put_status("/broken", 500, "text/plain", "oh");
    origin.put("/page", "text/html", "<title>One</title><img src=/a.png alt=A><img alt='no address'>");
    origin.put(
        "/page-inside",
        "text/html",
        "<img src=http://10.0.0.1/a.png><img src=http://127.0.0.1:1/a.png>",
    );
    origin.put("/kept-out-page", "text/html", "<img src=/a.png nopin>");
    origin.put("/reserved-page", "text/html", "<meta name=robots content=noimageindex><img src=/a.png>");
    let formats: String = (0..900).map(|number| format!("<b a{number}>")).collect();
    origin.put("/complicated-page", "text/html", format!("<p>{formats}{}", "<p>x".repeat(900)));
    origin.put("/drawing", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    origin.put("/paper", "application/pdf", "%PDF-1.7\n%%EOF");
    origin.put("/empty", "image/png", "");
    origin.put("/short", "image/jpeg", &photo[..photo.len() / 2]);
    origin.put("/heavy", "image/png", vec![0; 100_001]);
    origin.put("/wide", "image/png", png(&coordinates(2000, 1000)));
    origin.put("/heavy-page", "text/html", " ".repeat(50_001));
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[limits]\nmax_source_bytes = 100000\nmax_page_bytes = 50000\nmax_pixels = 1000000",
        origin.host
    ))
    .await;
    let at = |path: &str| origin.at(path);
    let own = |path: &str| format!("{}{path}", app.url);
    let mut turned = image(at("/a.png"));
    turned["source"]["natural"] = json!({"width": 40, "height": 60});
    let no_clipping = format!("/clippings/{}.png", "0".repeat(64));
    let bodies = check(
        &app,
        vec![
            ("nothing there", image(at("/nothing")), "502 origin_refused"),
            ("gone", image(at("/gone")), "502 origin_refused"),
            ("forbidden", image(at("/forbidden")), "502 origin_refused"),
            ("the origin fails", image(at("/broken")), "502 origin_refused"),
            ("a page", image(at("/page")), "422 picture_unsupported"),
            ("an SVG", image(at("/drawing")), "422 picture_unsupported"),
            ("a PDF", image(at("/paper")), "422 picture_unsupported"),
            ("empty", image(at("/empty")), "422 picture_unsupported"),
            (
                "breaks off",
                with(&at("/short"), "region", json!("pct:0,0,100,100")),
                "422 picture_unsupported",
            ),
            ("too many bytes", image(at("/heavy")), "422 picture_too_large"),
            ("another shape than was seen", turned, "409 picture_changed source.natural"),
            (
                "a page without that many pictures",
                from(json!({"page_url": at("/page"), "index": 2})),
                "422 picture_not_found",
            ),
            (
                "a page without that picture",
                from(json!({"page_url": at("/page"), "src": "b.png"})),
                "422 picture_not_found",
            ),
            (
                "a picture with another alt text",
                from(json!({"page_url": at("/page"), "index": 0, "alt": "B"})),
                "422 picture_not_found",
            ),
            (
                "a page that takes too much to read",
                from(json!({"page_url": at("/complicated-page"), "index": 0})),
                "422 picture_not_found",
            ),
            (
                "a picture that its owner keeps out",
                from(json!({"page_url": at("/kept-out-page"), "index": 0})),
                "403 kept_out",
            ),
            (
                "a page whose owner reserves its pictures",
                from(json!({"page_url": at("/reserved-page"), "index": 0})),
                "403 reserved",
            ),
            (
                "a picture without address",
                from(json!({"page_url": at("/page"), "index": 1})),
                "422 picture_not_found",
            ),
            (
                "a picture as the page",
                from(json!({"page_url": at("/a.png"), "index": 0})),
                "422 picture_not_found source.page_url",
            ),
            (
                "a page that is not there",
                from(json!({"page_url": at("/nothing"), "index": 0})),
                "502 origin_refused",
            ),
            (
                "a page of too many bytes",
                from(json!({"page_url": at("/heavy-page"), "index": 0})),
                "422 picture_not_found source.page_url",
            ),
            (
                "a page that leads inside",
                from(json!({"page_url": at("/page-inside"), "index": 0})),
                "502 origin_unreachable",
            ),
            (
                "a page that leads to another port inside",
                from(json!({"page_url": at("/page-inside"), "index": 1})),
                "422 picture_not_found",
            ),
            ("no such picture of our own", image(own("/pictures/demo/d.png")), "422 picture_not_found"),
            (
                "no such gallery of our own",
                from(json!({"page_url": own("/g/other"), "index": 0})),
                "422 picture_not_found",
            ),
            (
                "no such place in our own gallery",
                from(json!({"page_url": own("/g/demo"), "index": 3})),
                "422 picture_not_found",
            ),
            ("no such clipping of our own", image(own(&no_clipping)), "422 picture_not_found"),
            ("no picture of our own", image(own("/healthz")), "422 picture_not_found"),
            (
                "climbs out of our own gallery",
                image(own("/pictures/demo/..%2fgallery.toml")),
                "422 picture_not_found",
            ),
            (
                "no picture in our own gallery",
                image(own("/pictures/demo/gallery.toml")),
                "422 picture_not_found",
            ),
        ],
    )
    .await;
    // The origin's port is another each time.
    let told = serde_json::to_string(&bodies).expect("plain data").replace(&origin.at(""), "http://origin");
    let bodies: Value = serde_json::from_str(&told).expect("as it was");
    insta::assert_json_snapshot!(bodies);
    nothing_is_kept(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let origin = picture_origin().await;
    let app = TestApp::start(&[&origin.host]).await;
    let good = image(origin.at("/a.png")).to_string();
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let is_json = ("content-type", "application/json");
    let mut answers = Map::new();
    for (name, headers, body, expected) in [
        ("nothing", &[is_json][..], String::new(), "400 malformed"),
        ("not JSON", &[is_json], "share this".to_owned(), "400 malformed"),
        ("breaks off", &[is_json], good[..good.len() - 1].to_owned(), "400 malformed"),
        ("NaN", &[is_json], good.replace("0.5", "NaN"), "400 malformed"),
        ("not called JSON", &[("content-type", "text/plain")], good.clone(), "400 malformed"),
        ("a form", &[("content-type", "application/x-www-form-urlencoded")], good.clone(), "400 malformed"),
        ("called nothing", &[], good.clone(), "400 malformed"),
        ("more than 64 KiB", &[is_json], padded((64 << 10) + 1), "413 too_large"),
    ] {
        let answer = app.send(http::Method::POST, "/api/v1/shares", headers, body).await;
        assert_eq!(summary(&answer), expected, "{name}: {}", answer.text());
        answers.insert(name.to_owned(), answer.json());
    }
    insta::assert_json_snapshot!(answers);
    nothing_is_kept(&app).await;

    let largest = app.send(http::Method::POST, "/api/v1/shares", &[is_json], padded(64 << 10)).await;
    assert_eq!(largest.status, 201, "{}", largest.text());
    app.stop().await;
}

#[tokio::test]
async fn every_way_in_takes_64_kibibytes_at_most() {
    let app = TestApp::start(&[]).await;
    let long = "x".repeat((64 << 10) + 1);
    for (path, content_type) in [
        ("/api/v1/shares", "application/json"),
        ("/api/share", "application/json"),
        ("/api/receipt", "application/json"),
        ("/api/retry", "application/json"),
        ("/compose", "application/x-www-form-urlencoded"),
    ] {
        let answer =
            app.send(http::Method::POST, path, &[("content-type", content_type)], long.clone()).await;
        assert_eq!(answer.status, 413, "{path}: {}", answer.text());
    }
    app.stop().await;
}

#[tokio::test]
async fn the_overlays_functions_refuse_as_the_api_does() {
    let origin = picture_origin().await;
    let app = TestApp::start(&[&origin.host]).await;
    let a = origin.at("/a.png");
    for (request, status, code, field) in [
        (with(&a, "targets", json!([])), 422, "invalid_field", json!("targets")),
        (image(origin.at("/nothing")), 502, "origin_refused", json!(null)),
        (image("http://10.0.0.1/a.png"), 502, "origin_unreachable", json!(null)),
    ] {
        let answer = app.call("share", &json!({"request": request, "key": "k"})).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let problem = &answer.json()["Problem"];
        assert_eq!((&problem["code"], &problem["field"]), (&json!(code), &field), "{problem}");
    }
    for function in ["receipt", "retry"] {
        let answer = app.call(function, &json!({"id": "0000000000000000"})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["Problem"]["code"]), (404, &json!("not_found")));
    }
    assert_eq!(app.call("erase", &json!({})).await.problem(), (404, "not_found".to_owned(), None));
    for arguments in [json!({}), json!({"request": {"source": {}}, "key": "k"}), json!("share")] {
        let answer = app.call("share", &arguments).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["Problem"]["code"]), (400, &json!("malformed")));
    }
    nothing_is_kept(&app).await;
    app.stop().await;
}
