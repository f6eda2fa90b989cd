//! Every known way to write "this machine", from every place where an address can come from.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cutline_engine::fetch::{
    AddressFault, FetchError, FetchSettings, Fetcher, Network, NotFound, RedirectFault, SystemNetwork,
};
use cutline_model::Source;
use tokio::net::TcpStream;

use crate::origin::{Act, Origin, html, picture as say_picture, redirect};
use crate::{fetcher, picture, settings, whole};

/// Addresses that browsers, resolvers or sloppy parsers take for the loopback.
fn spellings(port: u16) -> Vec<String> {
    let mut all: Vec<_> = [
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "①②⑦.⓪.⓪.①",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "user:pw@127.0.0.1",
        "example.com@127.0.0.1",
    ]
    .iter()
    .map(|host| format!("http://{host}:{port}"))
    .collect();
    all.push(format!("http://127.0.0.1:{port}#@example.com"));
    all.push(format!("http://127.0.0.1:{port}\\@example.com"));
    all.push(format!("http:\\\\127.0.0.1:{port}"));
    all
}

/// Where in a page an address may stand that is fetched.
const WAYS_OF_PAGES: [&str; 6] = ["page", "base", "srcset", "source", "late", "noscript"];

/// The system's network, and what was called in it: traps listen at one address of the loopback only.
#[derive(Debug, Default)]
struct Watched {
    network: SystemNetwork,
    called: Mutex<Vec<SocketAddr>>,
}

#[async_trait]
impl Network for Watched {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.network.resolve(name).await
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.called.lock().expect("no panic with the lock").push(address);
        self.network.connect(address).await
    }
}

/// A trap whose port is open to all hosts, an origin that leads there in several ways, and who watches.
struct Scene {
    trap: Origin,
    origin: Origin,
    watched: Arc<Watched>,
    fetcher: Fetcher,
}

impl Scene {
    /// Nobody was called but the origin, so many times, and the trap has seen nobody.
    fn only_the_origin_was_called(&self, times: usize) {
        let called = self.watched.called.lock().expect("no panic with the lock");
        let elsewhere = called.iter().find(|address| address.to_string() != self.origin.host_port());
        assert_eq!((elsewhere, called.len()), (None, times));
        assert_eq!((self.trap.connections(), self.origin.connections()), (0, times));
    }
}

async fn scene() -> Scene {
    let trap = Origin::trap().await;
    let spellings = spellings(trap.port());
    let origin = Origin::new(move |path| {
        let (way, number) = path.trim_start_matches('/').split_once('/').expect("a way and a number");
        let address = &spellings[number.parse::<usize>().expect("a number")];
        match way {
            "redirect" => redirect(&format!("{address}/a.jpg")),
            "page" => html(format!("<img src='{address}/a.jpg'>")),
            "srcset" => html(format!("<img srcset='{address}/a.jpg 2x'>")),
            "source" => html(format!("<picture><source srcset='{address}/a.jpg 800w'><img></picture>")),
            "late" => html(format!("<img data-src='{address}/a.jpg'>")),
            "noscript" => html(format!("<img><noscript><img src='{address}/a.jpg'></noscript>")),
            "preview" => html(format!("<meta property=og:image content='{address}/a.jpg'>")),
            "picture" => say_picture(),
            "larger" => html(format!("<img src='/picture/0' srcset='{address}/a.jpg 2x'>")),
            "base" => html(format!("<base href='{address}/'><img src=a.jpg>")),
            _ => unreachable!("no such way"),
        }
    })
    .await;
    let watched = Arc::new(Watched::default());
    let settings =
        FetchSettings { ports: vec![trap.port()], network: watched.clone(), ..settings(&[&origin]) };
    Scene { trap, origin, watched, fetcher: fetcher(settings) }
}

fn is_refusal(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Unreachable { .. }
            | FetchError::NotAnAddress { fault: AddressFault::UserInfo, .. }
            | FetchError::BadRedirect { fault: RedirectFault::Address(AddressFault::UserInfo) }
            | FetchError::PictureNotFound { which: NotFound::Address(AddressFault::UserInfo) }
    )
}

async fn check_refused(fetcher: &Fetcher, source: Result<Source, cutline_model::SourceError>, address: &str) {
    // A first look at the request refuses what does not even begin like a web address.
    let Ok(source) = source else { return };
    let error = fetcher.source(&source).await.expect_err(address);
    assert!(is_refusal(&error), "{address}: {error:?}");
}

#[tokio::test]
async fn no_spelling_of_loopback_is_reached_as_a_picture_or_page() {
    let scene = scene().await;
    for address in spellings(scene.trap.port()) {
        check_refused(&scene.fetcher, Source::of_image(format!("{address}/a.jpg")), &address).await;
        check_refused(&scene.fetcher, Source::of_page(format!("{address}/a.html"), 0), &address).await;
    }
    scene.only_the_origin_was_called(0);
}

#[tokio::test]
async fn no_redirect_leads_to_loopback() {
    let scene = scene().await;
    let spellings = spellings(scene.trap.port());
    for (number, address) in spellings.iter().enumerate() {
        let url = scene.origin.url(&format!("/redirect/{number}"));
        check_refused(&scene.fetcher, Source::of_image(&url), address).await;
        check_refused(&scene.fetcher, Source::of_page(&url, 0), address).await;
    }
    scene.only_the_origin_was_called(2 * spellings.len());
}

#[tokio::test]
async fn no_page_leads_to_loopback_by_its_pictures_or_its_base() {
    let scene = scene().await;
    let spellings = spellings(scene.trap.port());
    for (number, address) in spellings.iter().enumerate() {
        for way in WAYS_OF_PAGES {
            let page = scene.origin.url(&format!("/{way}/{number}"));
            check_refused(&scene.fetcher, Source::of_page(page, 0), address).await;
        }
    }
    scene.only_the_origin_was_called(WAYS_OF_PAGES.len() * spellings.len());
}

#[tokio::test]
async fn the_picture_that_a_page_names_for_others_does_not_lead_to_loopback() {
    let scene = scene().await;
    let spellings = spellings(scene.trap.port());
    for (number, address) in spellings.iter().enumerate() {
        let page = scene.origin.url(&format!("/preview/{number}"));
        let json = format!(r#"{{"page_url":"{page}","index":0,"natural":{{"width":4,"height":3}}}}"#);
        let source: Source = serde_json::from_str(&json).expect("a source");
        let error = scene.fetcher.source(&source).await.expect_err(address);
        assert!(is_refusal(&error), "{address}: {error:?}");
    }
    scene.only_the_origin_was_called(spellings.len());
}

#[tokio::test]
async fn no_page_beside_a_picture_is_loopback_or_leads_there() {
    let scene = scene().await;
    let spellings = spellings(scene.trap.port());
    let picture = scene.origin.url("/picture/0");
    let mut calls = 0;
    for (number, address) in spellings.iter().enumerate() {
        let redirect = scene.origin.url(&format!("/redirect/{number}"));
        let larger = scene.origin.url(&format!("/larger/{number}"));
        for (page, pages_read) in [(format!("{address}/"), 0), (redirect, 1), (larger, 1)] {
            let Ok(source) = Source::of_image(&picture).and_then(|source| source.seen_on(page, Some(0)))
            else {
                continue;
            };
            let fetched = match scene.fetcher.source(&source).await {
                Ok(fetched) => fetched,
                // It would be published with the share.
                Err(FetchError::NotAnAddress { fault: AddressFault::UserInfo, .. }) => continue,
                Err(error) => panic!("{address}: {error:?}"),
            };
            calls += 1 + pages_read;
            whole(fetched.picture).await.expect("all of it");
            let Some(beside) = fetched.beside else { continue };
            // The page is the origin's own, and names the trap; or it says nothing.
            let Some(said) = beside.said().await.expect("nobody keeps it out") else { continue };
            for url in &said.larger {
                let error = scene.fetcher.other(url, &said.facts, fetched.deadline).await.expect_err(address);
                assert!(is_refusal(&error), "{address}: {error:?}");
            }
        }
    }
    assert!(calls > 3 * spellings.len(), "{calls}");
    scene.only_the_origin_was_called(calls);
}

#[tokio::test]
async fn the_trap_can_be_reached_when_it_is_listed() {
    let trap = Origin::trap().await;
    let fetcher = fetcher(settings(&[&trap]));
    let mut reached = 0;
    for address in spellings(trap.port()) {
        reached += usize::from(picture(&fetcher, &format!("{address}/a.jpg")).await.is_ok());
    }
    // All spellings of 127.0.0.1 without user info; not its other names, nor IPv6.
    assert_eq!((reached, trap.connections()), (15, 15));
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_let_through_only_when_it_is_listed_itself() {
    let trap = Origin::trap().await;
    let mut settings = settings(&[]);
    settings.allow = vec![format!("localhost:{}", trap.port()).parse().expect("host and port")];
    let fetcher = fetcher(settings);
    picture(&fetcher, &format!("http://localhost:{}/", trap.port())).await.expect("listed");
    assert!(picture(&fetcher, &trap.url("/")).await.is_err());
    assert_eq!(trap.connections(), 1);
}

#[tokio::test]
async fn the_names_of_this_site_are_not_fetched() {
    let trap = Origin::trap().await;
    let mut settings = settings(&[]);
    settings.ports = vec![trap.port()];
    settings.own_hosts = vec!["pictures.example.org".to_owned()];
    let error = picture(&fetcher(settings), &format!("http://Pictures.example.org.:{}/", trap.port())).await;
    let error = error.expect_err("own name");
    assert_eq!(error.detail(), Some("refused: a name of this site"));
}

#[tokio::test]
async fn other_ports_are_refused_before_anything_is_resolved() {
    let fetcher = fetcher(settings(&[]));
    for port in [22, 25, 3306, 5432, 6379, 11211] {
        let error = picture(&fetcher, &format!("http://example.org:{port}/")).await.expect_err("refused");
        assert!(matches!(error, FetchError::NotAnAddress { fault: AddressFault::Port, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_can_tell_a_refused_address_from_a_closed_port_a_silent_one_or_a_missing_host() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed = port.expect("a port that was open just now");
    let silent = Origin::always(Act::Stall(Vec::new())).await;
    let mut settings = settings(&[&silent]);
    settings.limits.head_timeout = Duration::from_millis(100);
    settings.allow.push(closed.to_string().parse().expect("host and port"));
    let closed = format!("http://{closed}/");
    let fetcher = fetcher(settings);
    // A label of 64 characters is refused by every resolver without a question to the network.
    let missing = format!("http://{}.invalid/", "a".repeat(64));
    let mut messages = Vec::new();
    for url in
        [&closed, &silent.url("/"), "http://127.0.0.1/", "http://10.0.0.1/", "http://localhost/", &missing]
    {
        let error = picture(&fetcher, url).await.expect_err(url);
        assert!(matches!(error, FetchError::Unreachable { .. }), "{url}: {error:?}");
        assert!(error.detail().is_some_and(|detail| !detail.is_empty()), "{url}");
        messages.push(error.to_string());
    }
    messages.dedup();
    assert_eq!(messages, ["the address cannot be reached: check that anybody on the internet can open it"]);
}
