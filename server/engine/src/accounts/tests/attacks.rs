//! What must not connect an account (RFC 9700, RFC 9207, RFC 6819): each is refused, and says why.

use super::*;

/// What came of it, in a word.
fn word(result: Result<Connected, ConnectError>) -> &'static str {
    match result {
        Ok(_) => "connected",
        Err(ConnectError::Stale) => "stale",
        Err(ConnectError::OtherServer { .. }) => "other server",
        Err(ConnectError::Denied { .. }) => "denied",
        Err(ConnectError::Refused { .. }) => "refused",
        Err(ConnectError::Strange { .. }) => "strange",
        Err(ConnectError::Unreachable { .. }) => "unreachable",
        Err(error) => panic!("{error}"),
    }
}

/// How often tokens were asked for with a code that a visitor brought.
fn tokens_asked(site: &Site) -> usize {
    let asked =
        |seen: &Seen| seen.path == "/oauth/token" && seen.field("code").as_deref() != Some(NOBODYS_CODE);
    site.fake.seen().iter().filter(|seen| asked(seen)).count()
}

#[tokio::test]
async fn an_answer_counts_once() {
    let site = Site::new().await;
    let (session, away) = site.begun(None).await;
    let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
    assert_eq!(word(site.finish(&session, &away, away.with_code("the-code")).await), "stale");
    let renewed = site.session(&connected.session).await.expect("a session");
    assert_eq!(word(site.finish(&renewed, &away, away.with_code("another")).await), "stale");
    assert_eq!(tokens_asked(&site), 1);
    assert!(
        site.store.visitor_of(&session.hash, site.clock.now()).await.expect("asked").is_none(),
        "renewed"
    );
}

#[tokio::test]
async fn an_answer_without_its_state_or_in_another_browser_is_none() {
    let site = Site::new().await;
    let ((ann, hers), (bob, his)) = (site.begun(None).await, site.begun(None).await);
    let with_state =
        |state: Option<&str>| Returned { state: state.map(str::to_owned), ..hers.with_code("c") };
    let unknown = "A".repeat(43);
    for state in [None, Some(""), Some("guess"), Some(unknown.as_str())] {
        assert_eq!(word(site.finish(&ann, &hers, with_state(state)).await), "stale", "{state:?}");
    }
    // Bob is lured into ending what Ann has begun, so that what he shares goes out in her name (login CSRF).
    assert_eq!(word(site.finish(&bob, &hers, hers.with_code("c")).await), "stale");
    assert_eq!(word(site.finish(&ann, &hers, hers.with_code("c")).await), "stale", "and then it is over");
    assert_eq!(tokens_asked(&site), 0);
    assert_eq!(word(site.finish(&bob, &his, his.with_code("c")).await), "connected");
}

#[tokio::test]
async fn an_answer_from_another_server_is_not_believed() {
    let site = Site::new().await;
    let issuer = site.fake.url.as_str().trim_end_matches('/').to_owned();
    let metadata = |names_itself: bool| {
        let text = format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/oauth/authorize","token_endpoint":"{issuer}/oauth/token",
            "authorization_response_iss_parameter_supported":{names_itself}}}"#
        );
        Reply::With(200, &[], lasting(text))
    };
    for (names_itself, said, expected) in [
        (true, Some(issuer.as_str()), "connected"),
        (true, None, "other server"),
        (true, Some("https://evil.example"), "other server"),
        (false, None, "connected"),
        (false, Some("https://evil.example"), "other server"),
        (false, Some(""), "other server"),
    ] {
        site.fake.reply(METADATA, metadata(names_itself));
        let (session, away) = site.begun(None).await;
        let asked = tokens_asked(&site);
        let returned = Returned { issuer: said.map(str::to_owned), ..away.with_code("the-code") };
        assert_eq!(word(site.finish(&session, &away, returned).await), expected, "{names_itself} {said:?}");
        assert_eq!(
            tokens_asked(&site) - asked,
            usize::from(expected == "connected"),
            "the code goes nowhere"
        );
    }
    // The address that another server sends visitors back to.
    let (session, away) = site.begun(None).await;
    let returned = away.with_code("the-code");
    assert_eq!(word(site.accounts.finish(&session, "mastodon-000000000000", returned).await), "other server");
}

#[tokio::test]
async fn who_says_no_is_believed() {
    let site = Site::new().await;
    let (session, away) = site.begun(None).await;
    let denied = Returned { error: Some("access_denied".to_owned()), code: None, ..away.with_code("") };
    assert_eq!(word(site.finish(&session, &away, denied).await), "denied");
    assert_eq!(word(site.finish(&session, &away, away.with_code("after all")).await), "stale");
    assert!(site.accounts.of(&session).await.expect("accounts").is_empty());
}

#[tokio::test]
async fn a_code_that_is_too_old_and_a_visitor_who_was_too_slow_connect_nothing() {
    let site = Site::new().await;
    let (session, away) = site.begun(None).await;
    site.fake.reply("/oauth/token", Reply::With(400, &[], r#"{"error":"invalid_grant"}"#));
    assert_eq!(word(site.finish(&session, &away, away.with_code("old")).await), "refused");
    let (session, away) = site.begun(None).await;
    site.later(601);
    assert_eq!(word(site.finish(&session, &away, away.with_code("the-code")).await), "stale");
}

#[tokio::test]
async fn a_server_that_answers_otherwise_connects_nothing() {
    let site = Site::new().await;
    for (path, reply, expected) in [
        ("/oauth/token", Reply::With(200, &[], "{}"), "strange"),
        ("/oauth/token", Reply::With(200, &[], r#"{"access_token":"two words"}"#), "strange"),
        ("/oauth/token", Reply::With(200, &[], r#"{"access_token":"a","token_type":"mac"}"#), "strange"),
        ("/oauth/token", Reply::With(302, &[("location", "http://127.0.0.1:9/")], ""), "strange"),
        ("/oauth/token", Reply::With(503, &[], ""), "unreachable"),
        ("/oauth/token", Reply::Drop, "unreachable"),
        (WHOAMI, Reply::With(200, &[], r#"{"name":"alice"}"#), "strange"),
        (WHOAMI, Reply::With(401, &[], ""), "strange"),
    ] {
        let (session, away) = site.begun(None).await;
        site.fake.reply(path, reply.clone());
        assert_eq!(word(site.finish(&session, &away, away.with_code("c")).await), expected, "{reply:?}");
        assert!(site.accounts.of(&session).await.expect("accounts").is_empty());
    }
}

#[tokio::test]
async fn no_server_inside_is_called_whatever_the_visitor_types() {
    let site = Site::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for server in [
        format!("http://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        "https://localhost".to_owned(),
        "https://[::1]".to_owned(),
        "https://2130706433".to_owned(),
        "https://169.254.169.254".to_owned(),
        "http://example.social".to_owned(),
    ] {
        let refused = site.accounts.begin(None, "mastodon", &server).await;
        let is_refused =
            matches!(refused, Err(ConnectError::BadServer { .. } | ConnectError::Unreachable { .. }));
        assert!(is_refused, "{server}: {refused:?}");
    }
    let called = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(called.is_err(), "somebody called");
    assert!(matches!(site.accounts.begin(None, "myspace", "").await, Err(ConnectError::NotOffered)));
}
