//! What the fetcher says of itself, and what it must not take from the machine it runs on.

use crate::again::{CHILD, run_again};
use crate::origin::{Origin, html, picture as say_picture, said};
use crate::{fetcher, picture, settings};
use cutline_model::Source;

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    if let Some(origin) = std::env::var_os(CHILD) {
        let pair = origin.into_string().expect("an address");
        let mut settings = settings(&[]);
        settings.allow = vec![pair.parse().expect("host and port")];
        picture(&fetcher(settings), &format!("http://{pair}/")).await.expect("straight to the origin");
        return;
    }
    let (origin, proxy) = (Origin::always(say_picture()).await, Origin::trap().await);
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let mut environment: Vec<_> = names.into_iter().map(|name| (name, proxy.url(""))).collect();
    environment.extend([
        ("NO_PROXY", String::new()),
        ("no_proxy", String::new()),
        (CHILD, origin.host_port()),
    ]);
    run_again("surroundings::a_proxy_in_the_environment_is_not_used", environment).await;
    assert_eq!((origin.connections(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn an_origin_learns_the_products_name_and_nothing_of_the_visitor() {
    let origin = Origin::new(|path| match path {
        "/start" => said("302 Found", "Location: /page\r\nSet-Cookie: a=b\r\n", ""),
        "/page" => said("200 OK", "Content-Type: text/html\r\nSet-Cookie: c=d\r\n", "<img src=/picture>"),
        _ => say_picture(),
    })
    .await;
    let mut settings = settings(&[&origin]);
    settings.user_agent = "Cutline/9 (+https://pictures.example.org/)".to_owned();
    let source = Source::of_page(origin.url("/start"), 0).expect("a source");
    fetcher(settings).source(&source).await.expect("fetched");
    let requests = origin.requests();
    assert_eq!(requests.len(), 3);
    for (request, accept) in requests.iter().zip(["text/html", "text/html", "image/*"]) {
        let mut lines: Vec<_> = request.lines().skip(1).filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        let expected = [
            "accept-encoding: identity".to_owned(),
            format!("accept: {accept}"),
            format!("host: {}", origin.host_port()),
            "user-agent: Cutline/9 (+https://pictures.example.org/)".to_owned(),
        ];
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn settings_that_do_not_hold_are_refused_at_the_start() {
    let mut agent = settings(&[]);
    agent.user_agent = "two\r\nlines".to_owned();
    let mut name = settings(&[]);
    name.own_hosts = vec!["https://pictures.example.org/".to_owned()];
    for (settings, message) in
        [(agent, "user agent"), (name, "`https://pictures.example.org/` is not a host")]
    {
        let error = cutline_engine::fetch::Fetcher::new(settings).expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_page_that_is_no_page_is_refused_by_its_type() {
    let origin = Origin::new(|path| if path == "/page" { html("<p>") } else { say_picture() }).await;
    let source = Source::of_page(origin.url("/picture"), 0).expect("a source");
    let error = fetcher(settings(&[&origin])).source(&source).await.expect_err("a picture").to_string();
    assert!(error.contains("image/jpeg") && error.contains("image_url"), "{error}");
}
