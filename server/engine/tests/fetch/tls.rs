//! Certificates: only those that the system trusts, for this host, at this time.

use std::io::Write;
use std::sync::Arc;

use cutline_engine::fetch::{FetchError, RedirectFault};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::origin::{Origin, picture as say_picture, redirect};
use crate::{CHILD, fetcher, picture, run_again, settings};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Issuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A server whose certificate vouches for itself.
fn self_signed_acceptor() -> TlsAcceptor {
    let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("a key");
    serve_with(signed.cert.into(), key)
}

/// A server for `name` whose certificate ends in `last_year`.
fn acceptor(name: &str, last_year: i32, issuer: &Issuer) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect(name);
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(last_year, 1, 1);
    let certificate: CertificateDer<'static> = params.signed_by(&key, issuer).expect("signed").into();
    serve_with(certificate, PrivateKeyDer::try_from(key.serialize_der()).expect("a key"))
}

fn serve_with(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

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
    let output = run_again("tls::only_a_good_certificate_makes_a_connection", environment).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
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
