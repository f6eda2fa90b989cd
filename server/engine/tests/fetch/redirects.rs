//! Redirects: each hop is judged like the first, and there are only so many.

use cutline_engine::fetch::{AddressFault, FetchError, RedirectFault};

use crate::origin::{Origin, PICTURE, picture as say_picture, redirect, said};
use crate::{fetcher, picture, settings};

#[tokio::test]
async fn as_many_redirects_as_allowed_are_followed_and_no_more() {
    let origin = Origin::new(|path| match path.trim_start_matches("/hop/").parse::<usize>() {
        Ok(0) => say_picture(),
        Ok(left) => redirect(&format!("{}", left - 1)),
        Err(_) => redirect(path),
    })
    .await;
    let fetcher = fetcher(settings(&[&origin]));
    let fetched = picture(&fetcher, &origin.url("/hop/5")).await.expect("five hops");
    assert_eq!((fetched.url.as_str(), &fetched.bytes[..]), (origin.url("/hop/0").as_str(), PICTURE));
    for endless in ["/hop/6", "/hop/20", "/loop"] {
        let error = picture(&fetcher, &origin.url(endless)).await.expect_err(endless);
        assert_eq!(error, FetchError::TooManyRedirects { limit: 5 });
    }
    assert_eq!(origin.requests().len(), 6 + 6 + 6 + 6);
}

#[tokio::test]
async fn a_redirect_to_what_is_not_a_web_address_is_not_followed() {
    let other = Origin::trap().await;
    let other_port = other.url("/");
    for (location, fault) in [
        ("file:///etc/passwd", AddressFault::Scheme),
        ("ftp://127.0.0.1/", AddressFault::Scheme),
        ("gopher://127.0.0.1/", AddressFault::Scheme),
        ("data:image/gif;base64,R0lG", AddressFault::Scheme),
        ("javascript:alert(1)", AddressFault::Scheme),
        ("http://user:pw@example.org/", AddressFault::UserInfo),
        ("http://[", AddressFault::Unreadable),
        ("http://256.256.256.256/", AddressFault::Unreadable),
        (&other_port, AddressFault::Port),
        ("http://example.org:22/", AddressFault::Port),
    ] {
        let origin = Origin::always(redirect(location)).await;
        let error = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err(location);
        assert_eq!(error, FetchError::BadRedirect { fault: RedirectFault::Address(fault) }, "{location}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_error() {
    let origin = Origin::always(said("301 Moved Permanently", "", "")).await;
    let error = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err("nowhere");
    assert_eq!(error, FetchError::BadRedirect { fault: RedirectFault::NoLocation });
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed_to_relative_and_absolute_addresses() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let origin = Origin::new(move |path| match path {
            "/dir/start?a" => said(status, "Location: ../next#part\r\n", "ignored"),
            "/next" => said(status, "Location: //127.0.0.1:1/\r\n", ""),
            _ => say_picture(),
        })
        .await;
        let error =
            picture(&fetcher(settings(&[&origin])), &origin.url("/dir/start?a")).await.expect_err(status);
        assert_eq!(error, FetchError::BadRedirect { fault: RedirectFault::Address(AddressFault::Port) });
        let paths: Vec<_> =
            origin.requests().iter().map(|head| head.lines().next().map(str::to_owned)).collect();
        assert_eq!(
            paths,
            [Some("GET /dir/start?a HTTP/1.1".to_owned()), Some("GET /next HTTP/1.1".to_owned())]
        );
    }
}

#[tokio::test]
async fn an_owners_no_counts_whatever_successful_answer_it_stands_in() {
    for status in ["200 OK", "203 Non-Authoritative Information"] {
        let origin = Origin::always(said(status, "X-Cutline: none\r\n", PICTURE)).await;
        let outcome = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await;
        assert_eq!(outcome, Err(FetchError::KeptOut { wish: "x-cutline" }), "{status}");
    }
}

#[tokio::test]
async fn an_owners_no_on_the_way_is_the_owners_no() {
    for (header, wish) in [("X-Cutline: none", "x-cutline"), ("X-Robots-Tag: noimageindex", "noimageindex")] {
        let origin = Origin::new(move |path| match path {
            "/" => said("302 Found", &format!("Location: /there\r\n{header}\r\n"), ""),
            _ => say_picture(),
        })
        .await;
        let error = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err(header);
        match error {
            FetchError::KeptOut { wish: said } | FetchError::Reserved { wish: said, .. } => {
                assert_eq!(said, wish);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(origin.requests().len(), 1, "{header}");
    }
}
