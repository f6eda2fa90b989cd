//! Certificates: only those that the system trusts, for this host, at this time.

use std::io::Write;

use crate::again::{CHILD, run_again};
use crate::certificates::{acceptor, authority, self_signed_acceptor};
use crate::origin::{Origin, picture as say_picture, redirect};
use crate::{fetcher, picture, settings};
use cutline_engine::fetch::{FetchError, RedirectFault};

#[tokio::test]
async fn only_a_good_certificate_makes_a_connection() {
    if let Some(pairs) = std::env::var_os(CHILD) {
        return fetch_from_each(&pairs.into_string().expect("addresses")).await;
    }
    let (trusted, unknown) = (authority(), authority());
    let plain = Origin::trap().await;
    let back = plain.url("/");
    let act = move |path: &str| {
        if path == "/back" { redirect(&back) } else { say_picture() }
    };
    let good = Origin::secure(acceptor("127.0.0.1", 2100, &trusted), act.clone()).await;
    let expired = Origin::secure(acceptor("127.0.0.1", 2020, &trusted), act.clone()).await;
    let other_host = Origin::secure(acceptor("other.example", 2100, &trusted), act.clone()).await;
    let by_unknown = Origin::secure(acceptor("127.0.0.1", 2100, &unknown), act.clone()).await;
    let self_signed = Origin::secure(self_signed_acceptor(), act).await;
    let origins = [&good, &expired, &other_host, &by_unknown, &self_signed, &plain];

    let mut roots = tempfile::NamedTempFile::new().expect("a file");
    roots.write_all(trusted.pem().as_bytes()).expect("written");
    let environment = vec![
        ("SSL_CERT_FILE", roots.path().display().to_string()),
        (CHILD, origins.map(Origin::host_port).join(",")),
    ];
    run_again("tls::only_a_good_certificate_makes_a_connection", environment).await;
    assert_eq!(origins.map(|origin| origin.connections()), [2, 1, 1, 1, 1, 0]);
    assert_eq!(origins.map(|origin| origin.requests().len()), [2, 0, 0, 0, 0, 0]);
}

/// Runs where only one authority is trusted.
async fn fetch_from_each(pairs: &str) {
    let pairs: Vec<_> = pairs.split(',').collect();
    let mut settings = settings(&[]);
    settings.allow = pairs.iter().map(|pair| pair.parse().expect(pair)).collect();
    let fetcher = fetcher(settings);
    let url = |pair, path| format!("https://{pair}{path}");
    picture(&fetcher, &url(pairs[0], "/")).await.expect("a good certificate");
    let downgrade = FetchError::BadRedirect { fault: RedirectFault::Downgrade };
    assert_eq!(picture(&fetcher, &url(pairs[0], "/back")).await, Err(downgrade));
    for pair in &pairs[1..5] {
        let error = picture(&fetcher, &url(pair, "/")).await.expect_err(pair);
        assert!(
            matches!(&error, FetchError::Unreachable { detail } if detail.contains("certificate")),
            "{error:?}"
        );
    }
}
