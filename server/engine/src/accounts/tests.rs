//! Sign-ins against a recording server: what goes well, every attack that the standards name, and what is kept of it.

mod attacks;
mod configured;
mod deliveries;
mod introductions;
mod posting;
mod revocation;
mod secrets;
mod tokens;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use url::Url;

use super::oauth::NOBODYS_CODE;
use super::{
    Accounts, AccountsParts, ConfiguredSignIn, ConnectError, Connected, MAX_REVOKING, Returned, Sealer,
    SecretText, Session,
};
use crate::clock::Clock;
use crate::deliver::fake_server::{FakeServer, Reply, Seen};
use crate::deliver::{DEFAULT_TIMEOUT, Tools, guarded_client};
use crate::fetch::{ServerGuard, SystemNetwork};
use crate::store::{AccountStore, SqliteStore, SystemRandom, VisitorRecord, conformance};

/// What a server says of nobody's code that knows the site, and what another says.
const KNOWN: Reply = Reply::With(400, &[], r#"{"error":"invalid_grant"}"#);
const FORGOTTEN: Reply = Reply::With(401, &[], r#"{"error":"invalid_client"}"#);

const WHOAMI: &str = "/api/v1/accounts/verify_credentials";
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// A clock that a test sets.
struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic")
    }
}

/// A site whose visitors may name the recording server.
struct Site {
    folder: tempfile::TempDir,
    store: Arc<SqliteStore>,
    fake: FakeServer,
    clock: Arc<SetClock>,
    accounts: Accounts,
    /// What the server says when it is asked whether it knows this site.
    asked: Arc<Mutex<Reply>>,
}

impl Site {
    async fn new() -> Self {
        Self::with_sign_ins(|_| Vec::new()).await
    }

    /// A site whose owner has configured ways to sign in at the recording server.
    async fn with_sign_ins(sign_ins: impl FnOnce(&Url) -> Vec<ConfiguredSignIn>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("cutline.db")).await.expect("a store");
        let store = Arc::new(store);
        let fake = FakeServer::answering(as_signing_in).await;
        let clock = Arc::new(SetClock(Mutex::new(conformance::now())));
        let accounts = Self::accounts(&store, &fake, &clock, sign_ins(&fake.url));
        let asked = Arc::new(Mutex::new(KNOWN));
        let answer = Arc::clone(&asked);
        fake.first(move |seen| {
            let is_asked = seen.field("code").as_deref() == Some(NOBODYS_CODE);
            is_asked.then(|| answer.lock().expect("no panic").clone())
        });
        Self { folder, store, fake, clock, accounts, asked }
    }

    /// The same site, started again with other ways.
    fn restarted(&mut self, sign_ins: Vec<ConfiguredSignIn>) {
        self.accounts = Self::accounts(&self.store, &self.fake, &self.clock, sign_ins);
    }

    fn accounts(
        store: &Arc<SqliteStore>,
        fake: &FakeServer,
        clock: &Arc<SetClock>,
        sign_ins: Vec<ConfiguredSignIn>,
    ) -> Accounts {
        let host = fake.url.as_str().trim_start_matches("http://").trim_end_matches('/');
        let allow = vec![host.parse().expect("host and port")];
        let guard = ServerGuard::new(allow, &[], Arc::new(SystemNetwork::default()), Duration::from_secs(3));
        let guard = guard.expect("a guard");
        let client = guarded_client(guard.clone(), "Cutline/test", DEFAULT_TIMEOUT).expect("a client");
        Accounts::new(AccountsParts {
            store: store.clone(),
            sealer: Sealer::new(&[7; 32], None),
            guard,
            tools: Tools { client, clock: clock.clone() },
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            public_url: "https://share.example/".parse().expect("a URL"),
            site_name: "Harbour".to_owned(),
            sign_ins,
        })
    }

    fn later(&self, seconds: i64) {
        *self.clock.0.lock().expect("no panic") += SignedDuration::from_secs(seconds);
    }

    /// A sign-in that a visitor begins: the browser's session, and where it is sent.
    async fn begun(&self, session: Option<&Session>) -> (Session, Away) {
        let begun = self.accounts.begin(session, "mastodon", self.fake.url.as_str()).await.expect("begun");
        let session = match begun.new_session {
            Some(cookie) => self.session(&cookie).await.expect("a new session"),
            None => session.expect("that session").clone(),
        };
        (session, Away::read(&begun.address))
    }

    async fn session(&self, cookie: &SecretText) -> Option<Session> {
        self.accounts.session(cookie.reveal()).await.expect("asked")
    }

    async fn finish(
        &self,
        session: &Session,
        away: &Away,
        returned: Returned,
    ) -> Result<Connected, ConnectError> {
        self.accounts.finish(session, &away.connection, returned).await
    }

    /// A visitor with one account.
    async fn connected(&self) -> Session {
        let (session, away) = self.begun(None).await;
        let connected = self.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
        self.session(&connected.session).await.expect("the session goes on")
    }

    /// The visitor connects the account again.
    async fn again(&self, session: &Session) -> Session {
        let (_, away) = self.begun(Some(session)).await;
        let connected = self.finish(session, &away, away.with_code("the-code")).await.expect("connected");
        self.session(&connected.session).await.expect("the session goes on")
    }
}

/// What a browser takes along to the server.
struct Away {
    state: String,
    connection: String,
    challenge: String,
}

impl Away {
    fn read(address: &Url) -> Self {
        let pair = |name: &str| {
            let found = address.query_pairs().find(|(one, _)| one == name);
            found.map(|(_, value)| value.into_owned()).expect(name)
        };
        let connection = pair("redirect_uri");
        let connection = connection.strip_prefix("https://share.example/accounts/callback/");
        Self {
            state: pair("state"),
            connection: connection.expect("our address").to_owned(),
            challenge: pair("code_challenge"),
        }
    }

    fn with_code(&self, code: &str) -> Returned {
        Returned { state: Some(self.state.clone()), code: Some(code.to_owned()), ..Returned::default() }
    }
}

/// A server of the Mastodon family when all is well; it tells no metadata.
fn as_signing_in(method: &Method, path: &str) -> Reply {
    match (method.as_str(), path) {
        ("POST", "/api/v1/apps") => {
            Reply::With(200, &[], r#"{"client_id":"our-id","client_secret":"our-secret"}"#)
        }
        ("POST", "/oauth/token") => {
            Reply::With(200, &[], r#"{"access_token":"the-token","token_type":"Bearer","scope":"write"}"#)
        }
        ("POST", "/oauth/revoke") => Reply::With(200, &[], "{}"),
        ("GET", WHOAMI) => Reply::With(200, &[], r#"{"id":"7","acct":"alice"}"#),
        _ => Reply::With(404, &[], "{}"),
    }
}

/// A text that lives as long as the test program.
fn lasting(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[tokio::test]
async fn a_visitor_signs_in_and_has_an_account() {
    let site = Site::new().await;
    let (session, away) = site.begun(None).await;
    let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
    let host = site.fake.url.authority().to_owned();
    assert_eq!(connected.name, format!("alice@{host}"));
    assert!(site.session(&SecretText::parse(connected.session.reveal()).expect("a text")).await.is_some());
    let session = site.session(&connected.session).await.expect("a session");
    let targets = site.accounts.targets(&session).await.expect("targets");
    assert_eq!(targets.len(), 1);
    assert_eq!(
        (targets[0].name.as_str(), targets[0].account.as_deref()),
        ("Mastodon", Some(&*format!("@alice@{host}")))
    );
    assert!(targets[0].id.visitors_account().is_some() && !targets[0].id.as_str().contains("alice"));

    let seen = site.fake.seen();
    let token = seen.iter().find(|seen| seen.path == "/oauth/token").expect("asked for tokens");
    let verifier = token.field("code_verifier").expect("a verifier");
    let verifier = SecretText::parse(&verifier).expect("one of ours");
    assert_eq!(verifier.challenge(), away.challenge, "the verifier fits the challenge");
    for (field, expected) in [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("client_id", "our-id"),
        ("client_secret", "our-secret"),
    ] {
        assert_eq!(token.field(field).as_deref(), Some(expected));
    }
    let apps = seen.iter().find(|seen| seen.path == "/api/v1/apps").expect("introduced");
    assert_eq!(apps.field("client_name").as_deref(), Some("Harbour"));
}

#[tokio::test]
async fn an_account_connected_twice_is_one_and_a_visitor_has_twenty_at_most() {
    let site = Site::new().await;
    let mut session = site.connected().await;
    for number in [7].into_iter().chain(100..119).chain([7, 119]) {
        let account = lasting(format!(r#"{{"id":"{number}","acct":"alice{number}"}}"#));
        site.fake.reply(WHOAMI, Reply::With(200, &[], account));
        let (_, away) = site.begun(Some(&session)).await;
        match site.finish(&session, &away, away.with_code("the-code")).await {
            Ok(connected) => session = site.session(&connected.session).await.expect("a session"),
            Err(error) => {
                assert!(matches!(error, ConnectError::TooMany) && number == 119, "{number}: {error}");
            }
        }
    }
    let accounts = site.accounts.of(&session).await.expect("accounts");
    assert_eq!(accounts.len(), 20);
    let revoked = site.fake.calls().into_iter().filter(|call| call == "POST /oauth/revoke");
    assert_eq!(revoked.count(), 1, "the token of the one too many");
    assert!(
        accounts.iter().any(|account| account.name.starts_with("alice7@")),
        "renamed there, renamed here"
    );
}

#[tokio::test]
async fn what_is_disconnected_is_revoked_and_nobody_disconnects_what_is_not_theirs() {
    let site = Site::new().await;
    let ann = site.connected().await;
    site.fake
        .reply("/oauth/token", Reply::With(200, &[], r#"{"access_token":"another","token_type":"Bearer"}"#));
    let bob = site.connected().await;
    let account = site.accounts.of(&ann).await.expect("accounts")[0].id.clone();
    assert!(!site.accounts.disconnect(&bob, &account).await.expect("asked"));
    assert_eq!(site.accounts.of(&ann).await.expect("accounts").len(), 1);
    assert!(site.accounts.disconnect(&ann, &account).await.expect("disconnected"));
    let seen = site.fake.seen();
    let revoked: Vec<_> = seen.iter().filter(|seen| seen.path == "/oauth/revoke").collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].field("token").as_deref(), Some("the-token"));
    // A server may have forgotten the site along with it (snac).
    *site.asked.lock().expect("no panic") = Reply::With(401, &[], "");
    site.begun(Some(&bob)).await;
    let introductions = site.fake.calls().iter().filter(|call| *call == "POST /api/v1/apps").count();
    assert_eq!(introductions, 2);
    site.fake.reply("/oauth/revoke", Reply::Drop);
    site.accounts.forget(&bob).await.expect("forgotten, whatever its server says");
    assert!(site.accounts.of(&bob).await.expect("accounts").is_empty());
}

/// What tells that the program goes on.
fn working() -> watch::Receiver<bool> {
    watch::channel(false).1
}

#[tokio::test]
async fn all_who_do_not_come_back_are_forgotten_until_the_program_is_to_stop() {
    let site = Site::new().await;
    let past = site.clock.now() - SignedDuration::from_secs(1);
    for number in 0..150 {
        let id = format!("{number:064}");
        let visitor =
            VisitorRecord { id: id.clone(), created_at: past, expires_at: past, chosen: Vec::new() };
        site.store.add_visitor(&visitor, &id).await.expect("added");
    }
    let left = async || site.store.expired_visitors(site.clock.now()).await.expect("asked").len();
    let some = left().await;
    site.accounts.forget_expired(&watch::channel(true).1).await.expect("looked");
    assert_eq!(left().await, some, "it is to stop");
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn silent_servers_hold_up_the_end_of_the_program_together_and_not_one_after_the_other() {
    let mut site = Site::new().await;
    let mut session = site.connected().await;
    for account in [r#"{"id":"8","acct":"bob"}"#, r#"{"id":"9","acct":"carol"}"#] {
        site.fake.reply(WHOAMI, Reply::With(200, &[], account));
        let (_, away) = site.begun(Some(&session)).await;
        let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
        session = site.session(&connected.session).await.expect("the session goes on");
    }
    for _ in 0..3 {
        site.fake.reply("/oauth/revoke", Reply::Hang);
    }
    site.later(60 * 24 * 3600);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(site.accounts.clone().run(stopped));
    let asked = tokio::time::timeout(MAX_REVOKING / 2, async {
        for _ in 0..3 {
            site.fake.arrival("/oauth/revoke").await;
        }
    });
    asked.await.expect("all are asked at once");
    stop.send_replace(true);
    tokio::time::pause();
    tokio::time::advance(MAX_REVOKING).await;
    tokio::time::resume();
    tokio::time::timeout(MAX_REVOKING / 2, running).await.expect("it ends").expect("no panic");
}

#[tokio::test]
async fn who_does_not_come_back_is_forgotten() {
    let site = Site::new().await;
    let (stranger, _) = site.begun(None).await;
    let visitor = site.connected().await;
    let cookie_of = async |session: &Session| {
        site.store.visitor_of(&session.hash, site.clock.now()).await.expect("asked")
    };
    site.later(3600);
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert!(cookie_of(&stranger).await.is_none(), "nothing was connected");
    site.later(29 * 24 * 3600);
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert!(cookie_of(&visitor).await.is_some());
    site.later(24 * 3600);
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert!(cookie_of(&visitor).await.is_none());
    assert!(site.fake.calls().contains(&"POST /oauth/revoke".to_owned()));
}

#[tokio::test]
async fn an_account_on_bluesky_is_connected_by_an_app_password_and_no_other() {
    const SESSION: &str = "/xrpc/com.atproto.server.createSession";
    let site = Site::new().await;
    let server = site.fake.url.to_string();
    let connect = async |password: &str| {
        site.accounts.connect_bluesky(None, &server, "@Alice.bsky.social", password).await
    };
    let own = connect("the account's own password").await;
    assert!(matches!(own, Err(ConnectError::Wrong { .. })), "{own:?}");
    assert!(site.fake.calls().is_empty(), "it went nowhere");
    site.fake.reply(SESSION, Reply::With(401, &[], r#"{"error":"AuthenticationRequired"}"#));
    let wrong = connect("abcd-ef12-gh34-ij56").await;
    assert!(matches!(wrong, Err(ConnectError::Wrong { .. })), "{wrong:?}");
    let said = r#"{"did":"did:plc:abc","handle":"alice.bsky.social","accessJwt":"a","refreshJwt":"r"}"#;
    site.fake.reply(SESSION, Reply::With(200, &[], said));
    let connected = connect("abcd-ef12-gh34-ij56").await.expect("connected");
    let session = site.session(&connected.session).await.expect("a session");
    let targets = site.accounts.targets(&session).await.expect("targets");
    assert_eq!(targets[0].account.as_deref(), Some("@alice.bsky.social"));
    let seen = site.fake.seen().pop().expect("asked");
    assert_eq!(seen.json()["identifier"], "alice.bsky.social");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    site.accounts.platform(&targets[0].id, &account.id).await.expect("opened").expect("a platform");

    // Strangers who guess do not shut its owner out there.
    for number in 0..5 {
        site.fake.reply(SESSION, Reply::With(401, &[], r#"{"error":"AuthenticationRequired"}"#));
        let wrong = connect("abcd-ef12-gh34-ij57").await;
        assert!(matches!(wrong, Err(ConnectError::Wrong { .. })), "{number}: {wrong:?}");
    }
    let asked = site.fake.calls().len();
    assert!(matches!(connect("abcd-ef12-gh34-ij56").await, Err(ConnectError::TooMany)));
    assert_eq!(site.fake.calls().len(), asked, "its server is not asked");
}

#[tokio::test]
async fn a_pasted_token_is_asked_whose_it_is_before_anything_is_kept() {
    const WEBHOOK: &str = "/api/webhooks/1234/the-secret";
    let site = Site::new().await;
    let webhook = site.fake.url.join(WEBHOOK).expect("an address").to_string();
    let paste = async |platform: &str, account: &str, token: &str| {
        let server = site.fake.url.as_str();
        site.accounts.connect_pasted(None, super::Pasted { platform, server, account, token }).await
    };
    for (platform, account, token) in [
        ("discord", "two words", webhook.as_str()),
        ("discord", "#pictures", site.fake.url.as_str()),
        ("matrix", "no room", "token"),
        ("matrix", "#pictures:example.org", "two words"),
        ("telegram", "@pictures", "no token"),
    ] {
        let refused = paste(platform, account, token).await;
        assert!(matches!(refused, Err(ConnectError::Wrong { .. })), "{platform} {account}: {refused:?}");
    }
    assert!(site.fake.calls().is_empty(), "it went nowhere");
    assert!(matches!(paste("ghost", "a", "b").await, Err(ConnectError::NotOffered)));
    let inside = paste("discord", "#pictures", "http://127.0.0.1:9/api/webhooks/1/a").await;
    assert!(matches!(inside, Err(ConnectError::BadServer { .. })), "{inside:?}");
    site.fake.reply(WEBHOOK, Reply::With(401, &[], r#"{"code":50027,"message":"Invalid Webhook Token"}"#));
    let wrong = paste("discord", "#pictures", &webhook).await;
    assert!(matches!(wrong, Err(ConnectError::Wrong { .. })), "{wrong:?}");
    site.fake.reply(WEBHOOK, Reply::With(200, &[], r#"{"id":"1234","channel_id":"5","guild_id":"6"}"#));
    let connected = paste("discord", "#pictures", &webhook).await.expect("connected");
    let session = site.session(&connected.session).await.expect("a session");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let origin = site.fake.url.origin().ascii_serialization();
    assert_eq!(
        (account.server.as_str(), account.name.as_str()),
        (&*origin, "#pictures"),
        "no secret in the clear"
    );
    let target = site.accounts.targets(&session).await.expect("targets").remove(0);
    assert_eq!(target.account.as_deref(), Some("#pictures"));
    let platform =
        site.accounts.platform(&target.id, &account.id).await.expect("opened").expect("a platform");
    site.fake.reply(WEBHOOK, Reply::With(200, &[], r#"{"id":"1234","channel_id":"5","guild_id":"6"}"#));
    site.fake.reply(WEBHOOK, Reply::With(200, &[], r#"{"id":"99"}"#));
    let posted = platform.publish(&crate::deliver::fake_server::post(), "").await.expect("posted");
    assert_eq!(posted.id.as_deref(), Some("99"));
}

#[tokio::test]
async fn rooms_and_chats_are_connected_by_what_their_servers_tell() {
    let site = Site::new().await;
    let answers = [
        ("/_matrix/client/v3/account/whoami", r#"{"user_id":"@bot:example.org"}"#),
        ("/_matrix/client/v3/directory/room/%23pictures:example.org", r#"{"room_id":"!a:example.org"}"#),
        ("/_matrix/client/v3/joined_rooms", r#"{"joined_rooms":["!b:example.org"]}"#),
    ];
    let server = site.fake.url.as_str();
    let pasted =
        || super::Pasted { platform: "matrix", server, account: "#pictures:example.org", token: "syt_token" };
    for (path, body) in answers {
        site.fake.reply(path, Reply::With(200, &[], body));
    }
    let outside = site.accounts.connect_pasted(None, pasted()).await;
    assert!(
        matches!(&outside, Err(ConnectError::Wrong { detail }) if detail.contains("not a member")),
        "{outside:?}"
    );
    for (path, body) in &answers[..2] {
        site.fake.reply(path, Reply::With(200, &[], body));
    }
    site.fake.reply(answers[2].0, Reply::With(200, &[], r#"{"joined_rooms":["!a:example.org"]}"#));
    let connected = site.accounts.connect_pasted(None, pasted()).await.expect("connected");
    assert_eq!(connected.name, "#pictures:example.org");

    site.fake.reply("/bot123456:ABC/getChat", Reply::With(200, &[], r#"{"ok":true,"result":{"id":-100}}"#));
    let pasted = super::Pasted { platform: "telegram", server, account: "@pictures", token: "123456:ABC" };
    let connected = site.accounts.connect_pasted(None, pasted).await.expect("connected");
    let session = site.session(&connected.session).await.expect("a session");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    assert_eq!((account.remote_id.as_str(), account.name.as_str()), ("123456 -100", "@pictures"));
}
