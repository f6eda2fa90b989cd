//! What is secret is in neither the database nor the logs, and opens in its own row alone.

use std::io::Write;

use sqlx::Connection;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::accounts::grant::Grant;
use crate::accounts::{SealError, reseal};
use crate::store::{AccountRecord, Store};

/// Takes every line of the log.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// All that was logged so far.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic").clone()
    }

    /// Takes all that this thread logs from now on.
    pub(super) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(self.clone());
        tracing::subscriber::set_default(lines.finish())
    }
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_secret_is_in_the_database_or_the_logs() {
    let log = Log::default();
    let _logging = log.listen();
    let site =
        Site::with_sign_ins(|url| vec![super::configured::named(url, Some("canary-client-secret-b7d1"))])
            .await;
    let mut canaries = Vec::new();
    for number in 0..4 {
        let canary = |what: &str| format!("canary-{what}-{number}-b7d1");
        let (access, refresh, secret, code) =
            (canary("access"), canary("refresh"), canary("secret"), canary("code"));
        site.store
            .drop_registration("mastodon", site.fake.url.origin().ascii_serialization().as_str())
            .await
            .expect("dropped");
        let app = lasting(format!(r#"{{"client_id":"our-id","client_secret":"{secret}"}}"#));
        let tokens = lasting(format!(
            r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"Bearer","expires_in":3600}}"#
        ));
        site.fake.reply("/api/v1/apps", Reply::With(200, &[], app));
        site.fake.reply("/oauth/token", Reply::With(200, &[], tokens));
        let begun = site.accounts.begin(None, "mastodon", site.fake.url.as_str()).await.expect("begun");
        let cookie = begun.new_session.expect("a session");
        let session = site.session(&cookie).await.expect("a session");
        let away = Away::read(&begun.address);
        // One that fails too: errors are logged.
        site.fake.reply("/oauth/token", Reply::With(400, &[], r#"{"error":"invalid_grant"}"#));
        let connected = site.finish(&session, &away, away.with_code(&code)).await.expect("connected");
        let renewed = site.session(&connected.session).await.expect("a session");
        let (_, again) = site.begun(Some(&renewed)).await;
        let refused = site.finish(&renewed, &again, again.with_code(&code)).await;
        tracing::warn!(error = %refused.expect_err("refused"), "not connected: {:?}", (&cookie, &renewed));
        canaries.extend([
            access,
            refresh,
            secret,
            code,
            cookie.reveal().to_owned(),
            connected.session.reveal().to_owned(),
            away.state,
        ]);
    }
    assert!(canaries.len() >= 20, "{}", canaries.len());
    canaries.extend(other_secrets(&site).await);
    canaries.extend(passwords_for_programs(&site).await);
    canaries.extend(secrets_bound_to_a_key(&site).await);
    site.store.close().await;
    let mut files = 0;
    for entry in std::fs::read_dir(site.folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        files += 1;
        for canary in &canaries {
            assert!(!holds(&bytes, canary), "{canary} is in {}", path.display());
        }
    }
    let log = log.bytes();
    assert!(files > 0 && holds(&log, "not connected"), "something was looked at");
    for canary in &canaries {
        assert!(!holds(&log, canary), "{canary} is in the log");
    }
}

/// What opens accounts of other kinds: an app password, tokens that are pasted, an OAuth 2 client's secret and its tokens. Of
/// each kind one is connected, and one is refused, of which the log tells.
async fn other_secrets(site: &Site) -> Vec<String> {
    let server = site.fake.url.as_str();
    let session = r#"{"did":"did:plc:canary","handle":"alice.bsky.social","accessJwt":"canary-jwt-b7d1","refreshJwt":"canary-next-b7d1"}"#;
    site.fake.reply("/xrpc/com.atproto.server.createSession", Reply::With(200, &[], session));
    for (password, is_taken) in [("cana-ryap-ppas-swrd", true), ("cana-ryno-tapp-swrd", false)] {
        let connected = site.accounts.connect_bluesky(None, server, "alice.bsky.social", password).await;
        tracing::info!("bluesky: {connected:?}");
        assert_eq!(connected.is_ok(), is_taken, "{connected:?}");
    }
    let room = [
        ("/_matrix/client/v3/account/whoami", r#"{"user_id":"@bot:example.org"}"#),
        ("/_matrix/client/v3/directory/room/%23pictures:example.org", r#"{"room_id":"!a:example.org"}"#),
        ("/_matrix/client/v3/joined_rooms", r#"{"joined_rooms":["!a:example.org"]}"#),
        ("/bot123456:canary-bot-b7d1/getChat", r#"{"ok":true,"result":{"id":-100}}"#),
        ("/api/webhooks/1234/canary-webhook-b7d1", r#"{"id":"1234","channel_id":"5","guild_id":"6"}"#),
    ];
    for (path, body) in room {
        site.fake.reply(path, Reply::With(200, &[], body));
    }
    let webhook = |secret: &str| format!("{server}api/webhooks/1234/{secret}");
    for (platform, account, token, is_taken) in [
        ("matrix", "#pictures:example.org", "canary-matrix-b7d1".to_owned(), true),
        ("matrix", "#pictures:example.org", "canary-matrix-refused-b7d1".to_owned(), false),
        ("telegram", "@pictures", "123456:canary-bot-b7d1".to_owned(), true),
        ("telegram", "@pictures", "123456:canary-bot-refused-b7d1".to_owned(), false),
        ("discord", "#pictures", webhook("canary-webhook-b7d1"), true),
        ("discord", "#pictures", webhook("canary-webhook-refused-b7d1"), false),
    ] {
        let pasted = crate::accounts::Pasted { platform, server, account, token: &token };
        let connected = site.accounts.connect_pasted(None, pasted).await;
        tracing::info!("{platform}: {connected:?}");
        assert_eq!(connected.is_ok(), is_taken, "{platform}: {connected:?}");
    }
    let begun = site.accounts.begin(None, "pictures", "").await.expect("begun");
    let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
    let away = Away::read(&begun.address);
    let tokens = r#"{"access_token":"canary-oauth-access-b7d1","refresh_token":"canary-oauth-refresh-b7d1","token_type":"Bearer","expires_in":3600}"#;
    super::configured::answers(site, tokens);
    site.finish(&session, &away, away.with_code("canary-oauth-code-b7d1")).await.expect("connected");
    let secrets = [
        "cana-ryap-ppas-swrd",
        "cana-ryno-tapp-swrd",
        "canary-jwt-b7d1",
        "canary-next-b7d1",
        "canary-matrix-b7d1",
        "canary-matrix-refused-b7d1",
        "canary-bot-b7d1",
        "canary-bot-refused-b7d1",
        "canary-webhook-b7d1",
        "canary-webhook-refused-b7d1",
        "canary-client-secret-b7d1",
        "canary-oauth-access-b7d1",
        "canary-oauth-refresh-b7d1",
        "canary-oauth-code-b7d1",
    ];
    secrets.map(str::to_owned).into()
}

/// What a WordPress site sends back: a password that opens it, and one that it refuses after all.
async fn passwords_for_programs(site: &Site) -> Vec<String> {
    let root = r#"{"authentication":{"application-passwords":{"endpoints":{"authorization":"http://fake/wp-admin/authorize-application.php"}}}}"#;
    let mut passwords = Vec::new();
    for (password, status, who) in
        [("canary-program-b7d1", 200, r#"{"id":3}"#), ("canary-program-refused-b7d1", 401, "{}")]
    {
        site.fake.reply("/wp-json/", Reply::With(200, &[], root));
        site.fake.reply("/wp-json/wp/v2/users/me", Reply::With(status, &[], who));
        let begun = site.accounts.begin(None, "wordpress", site.fake.url.as_str()).await.expect("begun");
        let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
        let back = begun.address.query_pairs().find(|(name, _)| name == "success_url").expect("an address").1;
        let back = Url::parse(&back).expect("an address");
        let connection = back.path().rsplit('/').next().expect("a name").to_owned();
        let state = back.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        passwords.push(state.clone());
        let returned = Returned {
            state: Some(state),
            user: Some("alice".to_owned()),
            password: Some(password.to_owned()),
            issuer: Some(site.fake.url.to_string()),
            ..Returned::default()
        };
        let connected = site.accounts.finish(&session, &connection, returned).await;
        tracing::info!("wordpress: {connected:?}");
        assert_eq!(connected.is_ok(), status == 200, "{connected:?}");
        passwords.push(password.to_owned());
    }
    passwords
}

/// Tokens of a data server of the AT Protocol, and the key that they are bound to.
async fn secrets_bound_to_a_key(site: &Site) -> Vec<String> {
    const RESOURCE: &str = "/.well-known/oauth-protected-resource";
    const WHOSE: &str = "/xrpc/com.atproto.server.getSession";
    let origin = site.fake.url.origin().ascii_serialization();
    let resource = lasting(format!(r#"{{"resource":"{origin}","authorization_servers":["{origin}"]}}"#));
    let metadata = lasting(format!(
        r#"{{"issuer":"{origin}","authorization_endpoint":"{origin}/oauth/authorize","token_endpoint":"{origin}/oauth/token",
        "revocation_endpoint":"{origin}/oauth/revoke","pushed_authorization_request_endpoint":"{origin}/oauth/par"}}"#
    ));
    for path in [RESOURCE, RESOURCE] {
        site.fake.reply(path, Reply::With(200, &[], resource));
    }
    site.fake.reply(METADATA, Reply::With(200, &[], metadata));
    site.fake.reply("/oauth/par", Reply::With(201, &[], r#"{"request_uri":"urn:canary"}"#));
    let begun = site.accounts.begin(None, "bluesky", site.fake.url.as_str()).await.expect("begun");
    let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
    let pushed = site.fake.seen().pop().expect("pushed");
    let state = pushed.field("state").expect("a state");
    let tokens = r#"{"access_token":"canary-bound-b7d1","refresh_token":"canary-bound-next-b7d1","token_type":"DPoP","expires_in":3600,"sub":"did:plc:bound"}"#;
    site.fake.reply("/oauth/token", Reply::With(200, &[], tokens));
    site.fake.reply(WHOSE, Reply::With(200, &[], r#"{"did":"did:plc:bound","handle":"bound.example"}"#));
    let returned = Returned {
        state: Some(state.clone()),
        code: Some("canary-bound-code-b7d1".to_owned()),
        issuer: Some(origin),
        ..Returned::default()
    };
    let connected = site.accounts.finish(&session, "bluesky", returned).await.expect("connected");
    tracing::info!("bluesky: {connected:?}");
    let session = site.session(&connected.session).await.expect("a session");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let grant = Grant::open(&account, &Sealer::new(&[7; 32], None)).expect("opened");
    let key = grant.proof_key.clone().expect("a key");
    let seen = site.fake.seen();
    let exchange = seen.iter().rfind(|seen| seen.path == "/oauth/token").expect("exchanged");
    let verifier = exchange.field("code_verifier").expect("a verifier");
    let plain = ["canary-bound-b7d1", "canary-bound-next-b7d1", "canary-bound-code-b7d1"];
    plain.map(str::to_owned).into_iter().chain([state, key, verifier]).collect()
}

#[tokio::test]
async fn two_accounts_whose_secrets_were_swapped_open_nothing() {
    let site = Site::new().await;
    let (ann, bob) = (site.connected().await, site.connected().await);
    let account = async |session: &Session| site.accounts.of(session).await.expect("accounts").remove(0);
    let (hers, his) = (account(&ann).await, account(&bob).await);
    let opens = |account: &AccountRecord| {
        Grant::open(account, &Sealer::new(&[7; 32], None)).map(|grant| grant.access.clone())
    };
    assert_eq!(opens(&hers), Ok("the-token".to_owned()));
    let file = site.folder.path().join("cutline.db");
    let mut database =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("the database");
    for (one, other) in [(&hers, &his), (&his, &hers)] {
        sqlx::query("UPDATE account SET sealed = $1 WHERE id = $2")
            .bind(&one.sealed.bytes)
            .bind(&other.id)
            .execute(&mut database)
            .await
            .expect("swapped");
    }
    for session in [&ann, &bob] {
        let swapped = account(session).await;
        assert_eq!(opens(&swapped), Err(SealError::Broken));
        let target = crate::accounts::target_of(&swapped).expect("a target").id;
        assert!(site.accounts.platform(&target, &swapped.id).await.is_err(), "nothing is posted with it");
    }
}

#[tokio::test]
async fn everything_is_sealed_anew_under_another_key() {
    let site = Site::new().await;
    let session = site.connected().await;
    let sealer = Sealer::new(&[8; 32], Some(&[7; 32]));
    assert_eq!(reseal(site.store.as_ref(), &sealer, &SystemRandom).await.expect("resealed"), 2);
    assert_eq!(reseal(site.store.as_ref(), &sealer, &SystemRandom).await.expect("asked"), 0, "all are");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let grant = Grant::open(&account, &Sealer::new(&[8; 32], None)).expect("under the new key");
    assert_eq!(grant.access, "the-token");
    assert!(Grant::open(&account, &Sealer::new(&[7; 32], None)).is_err());
    let other = Sealer::new(&[9; 32], None);
    assert!(
        reseal(site.store.as_ref(), &other, &SystemRandom).await.is_err(),
        "nothing is lost by a wrong key"
    );
    assert!(Grant::open(&account, &Sealer::new(&[8; 32], None)).is_ok());
}
