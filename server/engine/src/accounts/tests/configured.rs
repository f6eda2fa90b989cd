//! Signing in at a server that tells no metadata: its owner has named where it deals with what.

use super::*;
use crate::accounts::ConfiguredEndpoints;
use crate::deliver::Token;
use crate::deliver::platforms::platform;

const TOKEN: &str = "/login/token";
const WHO: &str = "/api/i";

/// A way of this name to a Misskey server, with this secret, whose endpoints stand in no metadata.
pub(super) fn named(url: &Url, secret: Option<&str>) -> ConfiguredSignIn {
    let at = |path: &str| url.join(path).expect("an address");
    ConfiguredSignIn {
        name: "pictures".to_owned(),
        title: "Example Pictures".to_owned(),
        platform: platform("misskey").expect("a platform"),
        server: url.clone(),
        issuer: url.as_str().trim_end_matches('/').to_owned(),
        endpoints: Some(ConfiguredEndpoints {
            authorization: at("login/authorize"),
            token: at(TOKEN),
            revocation: Some(at("login/revoke")),
        }),
        client_id: "cutline".to_owned(),
        client_secret: secret.map(Token::new),
        scopes: "write:notes write:drive".to_owned(),
    }
}

/// The server answers to the next visitor who comes back.
pub(super) fn answers(site: &Site, tokens: &'static str) {
    site.fake.reply(TOKEN, Reply::With(200, &[], tokens));
    site.fake.reply(WHO, Reply::With(200, &[], r#"{"id":"9abcdef","username":"alice"}"#));
}

#[tokio::test]
async fn a_server_whose_endpoints_are_named_is_asked_nothing_else() {
    let site = Site::with_sign_ins(|url| vec![named(url, Some("our-secret"))]).await;
    let begun = site.accounts.begin(None, "pictures", "").await.expect("begun");
    let expected = site.fake.url.join("login/authorize").expect("an address");
    assert_eq!(begun.address.as_str().split('?').next(), Some(expected.as_str()));
    let asked: Vec<_> =
        begun.address.query_pairs().filter(|(name, _)| name == "scope" || name == "client_id").collect();
    assert!(asked.iter().any(|(_, value)| value == "cutline"), "{asked:?}");
    assert!(asked.iter().any(|(_, value)| value == "write:notes write:drive"), "{asked:?}");
    assert!(site.fake.calls().is_empty(), "nobody is asked for metadata");

    let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
    let away = Away::read(&begun.address);
    assert_eq!(away.connection, "pictures", "its own return address");
    answers(&site, r#"{"access_token":"the-token","token_type":"Bearer"}"#);
    let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
    assert!(connected.name.starts_with("alice@"), "{}", connected.name);
    assert_eq!(site.fake.calls(), [format!("POST {TOKEN}"), format!("POST {WHO}")]);
    let seen = site.fake.seen();
    // RFC 6749, 2.3.1: the way that every server must take.
    assert_eq!(seen[0].headers["authorization"], "Basic Y3V0bGluZTpvdXItc2VjcmV0");
    assert_eq!(seen[0].field("code").as_deref(), Some("the-code"));
    let verifier =
        SecretText::parse(&seen[0].field("code_verifier").expect("a verifier")).expect("one of ours");
    assert_eq!(verifier.challenge(), away.challenge, "the verifier fits the challenge");

    let session = site.session(&connected.session).await.expect("a session");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    assert!(site.accounts.disconnect(&session, &account.id).await.expect("disconnected"));
    assert!(site.fake.calls().contains(&"POST /login/revoke".to_owned()), "{:?}", site.fake.calls());
}

#[tokio::test]
async fn an_answer_of_another_is_refused_and_so_is_a_way_that_is_not_there() {
    let site = Site::with_sign_ins(|url| vec![named(url, None)]).await;
    let begun = site.accounts.begin(None, "pictures", "").await.expect("begun");
    let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
    let away = Away::read(&begun.address);
    let other = Returned { issuer: Some("https://other.example".to_owned()), ..away.with_code("the-code") };
    let refused = site.finish(&session, &away, other).await;
    assert!(matches!(refused, Err(ConnectError::OtherServer { .. })), "{refused:?}");
    assert!(site.fake.calls().is_empty(), "the code went nowhere");
    let unknown = site.accounts.begin(None, "paintings", "").await.err();
    assert!(matches!(unknown, Some(ConnectError::NotOffered)), "{unknown:?}");
}

#[tokio::test]
async fn a_new_secret_is_used_for_accounts_that_were_connected_with_the_old_one() {
    const REFRESHED: &str =
        r#"{"access_token":"second","refresh_token":"twice","token_type":"Bearer","expires_in":600}"#;
    let mut site = Site::with_sign_ins(|url| vec![named(url, Some("our-secret"))]).await;
    let begun = site.accounts.begin(None, "pictures", "").await.expect("begun");
    let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
    let away = Away::read(&begun.address);
    answers(
        &site,
        r#"{"access_token":"first","refresh_token":"once","token_type":"Bearer","expires_in":600}"#,
    );
    let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
    let session = site.session(&connected.session).await.expect("a session");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let target = crate::accounts::target_of(&account).expect("a target").id;

    // The old one has ended there, and only then does the owner put the new one down.
    site.later(590);
    site.fake.reply(TOKEN, Reply::With(401, &[], r#"{"error":"invalid_client"}"#));
    assert!(site.accounts.platform(&target, &account.id).await.is_err());
    let url = site.fake.url.clone();
    site.restarted(vec![named(&url, Some("new-secret"))]);
    site.fake.reply(TOKEN, Reply::With(200, &[], REFRESHED));
    site.accounts.platform(&target, &account.id).await.expect("it is in use again");
    let login = |secret: &str| {
        use base64::Engine;
        let login = base64::engine::general_purpose::STANDARD.encode(format!("cutline:{secret}"));
        format!("Basic {login}")
    };
    let logins = |site: &Site, field: &str| -> Vec<String> {
        let seen = site.fake.seen();
        let with_token = seen.iter().filter(|seen| seen.field(field).is_some());
        with_token.map(|seen| seen.headers["authorization"].to_str().expect("text").to_owned()).collect()
    };
    assert_eq!(logins(&site, "refresh_token"), [login("our-secret"), login("new-secret")]);
    // Another id is another site: what was had under the first goes on under it, with the secret that it has.
    let other = ConfiguredSignIn { client_id: "another".to_owned(), ..named(&url, Some("its-secret")) };
    site.restarted(vec![other]);
    site.later(590);
    site.fake.reply(TOKEN, Reply::With(200, &[], REFRESHED));
    site.accounts.platform(&target, &account.id).await.expect("it is in use yet");
    assert_eq!(logins(&site, "refresh_token").last(), Some(&login("new-secret")));
    site.restarted(vec![named(&url, Some("new-secret"))]);
    assert!(site.accounts.disconnect(&session, &account.id).await.expect("disconnected"));
    assert_eq!(logins(&site, "token"), [login("new-secret")], "it is revoked in the same name");
}
