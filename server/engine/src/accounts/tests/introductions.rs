//! How the site introduces itself to servers of the Mastodon family: how often, what it asks for, and what it makes of a refusal.

use super::*;

#[tokio::test]
async fn the_site_introduces_itself_once_and_again_where_it_is_no_longer_known() {
    let site = Site::new().await;
    let introductions = || site.fake.calls().iter().filter(|call| *call == "POST /api/v1/apps").count();
    for _ in 0..3 {
        site.begun(None).await;
    }
    assert_eq!(introductions(), 1);
    let (session, away) = site.begun(None).await;
    site.fake.reply("/oauth/token", FORGOTTEN);
    let refused = site.finish(&session, &away, away.with_code("the-code")).await;
    assert!(matches!(refused, Err(ConnectError::Refused { .. })), "{refused:?}");
    site.begun(None).await;
    assert_eq!(introductions(), 2);

    // It is asked each time, and an account that is connected there says nothing of it.
    site.connected().await;
    site.later(10 * 24 * 3600);
    let tokens = r#"{"access_token":"anybodys","token_type":"Bearer"}"#;
    for (reply, is_known) in [
        (KNOWN, true),
        (FORGOTTEN, false),
        (Reply::With(400, &[], r#"{"error":"invalid_client"}"#), false),
        // snac: without a word, and a token for any code.
        (Reply::With(401, &[], ""), false),
        (Reply::With(200, &[], tokens), true),
        // Pixelfed, GoToSocial, Pleroma.
        (Reply::With(400, &[], r#"{"error":"invalid_request"}"#), true),
        (Reply::With(401, &[], r#"{"error":"invalid_grant"}"#), true),
        (Reply::With(400, &[], r#"{"error":"Invalid credentials"}"#), true),
        (Reply::With(503, &[], ""), true),
        (Reply::Drop, true),
    ] {
        let before = introductions();
        *site.asked.lock().expect("no panic") = reply.clone();
        site.begun(None).await;
        assert_eq!(introductions() == before, is_known, "{reply:?}");
    }
}

#[tokio::test]
async fn a_server_is_asked_for_no_more_than_is_needed_and_for_what_it_knows() {
    const INSTANCE: &str = "/api/v1/instance";
    let narrow = "read:accounts read:statuses write:media write:statuses";
    let metadata = |site: &Site, scopes: &str| {
        let url = site.fake.url.as_str();
        let issuer = url.trim_end_matches('/');
        let said = format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"{url}a","token_endpoint":"{url}t","scopes_supported":[{scopes}]}}"#
        );
        Reply::With(200, &[], lasting(said))
    };
    let fine = r#""read","write","read:accounts","read:statuses","write:media","write:statuses""#;
    let pixelfed = r#"{"version":"3.5.3 (compatible; Pixelfed 0.12.4)"}"#;
    for (known, version, expected) in [
        (None, r#"{"version":"4.2.0"}"#, narrow),
        (None, "<html>", narrow),
        (None, pixelfed, "read write"),
        (Some(fine), pixelfed, narrow),
        (Some(r#""read","write","follow","push""#), r#"{"version":"4.2.0"}"#, "read write"),
    ] {
        let site = Site::new().await;
        if let Some(known) = known {
            site.fake.reply(METADATA, metadata(&site, known));
        }
        site.fake.reply(INSTANCE, Reply::With(200, &[], version));
        let begun = site.accounts.begin(None, "mastodon", site.fake.url.as_str()).await.expect("begun");
        let asked = begun.address.query_pairs().find(|(name, _)| name == "scope").expect("a scope").1;
        assert_eq!(asked, expected, "{known:?} {version}");
        let seen = site.fake.seen();
        let introduced = seen.iter().find(|seen| seen.path == "/api/v1/apps").expect("introduced");
        assert_eq!(introduced.field("scopes").as_deref(), Some(expected));
    }
    // A server that has become another is told so.
    let site = Site::new().await;
    site.begun(None).await;
    site.fake.reply(INSTANCE, Reply::With(200, &[], pixelfed));
    site.begun(None).await;
    assert_eq!(site.fake.calls().iter().filter(|call| *call == "POST /api/v1/apps").count(), 2);
}

#[tokio::test]
async fn only_who_was_asked_has_said_no() {
    let site = Site::new().await;
    for (error, expected) in [
        ("access_denied", "the server said no: access_denied"),
        ("invalid_scope", "the server does not answer as one of that platform: invalid_scope"),
        ("temporarily_unavailable", "the server cannot be reached: temporarily_unavailable"),
        ("server_error", "the server cannot be reached: server_error"),
    ] {
        let (session, away) = site.begun(None).await;
        let returned = Returned { code: None, error: Some(error.to_owned()), ..away.with_code("") };
        let refused = site.finish(&session, &away, returned).await.err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some(expected));
    }
}
