//! Tokens in use: renewed by one at a time before they end, and given up when their server does.

use futures_util::future::join_all;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::Semaphore;

use super::*;
use crate::accounts::target_of;
use crate::deliver::fake_server::post;
use crate::deliver::{CONNECT_AGAIN, NotOpened, Platform, PostError};
use crate::store::AccountState;

const SHORT_LIVED: &str =
    r#"{"access_token":"first","refresh_token":"once","token_type":"Bearer","expires_in":600}"#;
const RENEWED: &str =
    r#"{"access_token":"second","refresh_token":"twice","token_type":"Bearer","expires_in":600}"#;

impl Site {
    async fn short_lived(&self) -> Session {
        self.fake.reply("/oauth/token", Reply::With(200, &[], SHORT_LIVED));
        self.connected().await
    }

    /// The connector of the visitor's one account.
    async fn platform(&self, session: &Session) -> Result<Arc<dyn Platform>, PostError> {
        let account = self.accounts.of(session).await.expect("accounts").remove(0);
        let target = target_of(&account).expect("a target").id;
        self.opened(&target, &account.id).await.map_err(NotOpened::into_inner)
    }

    async fn opened(
        &self,
        target: &cutline_model::TargetId,
        account: &str,
    ) -> Result<Arc<dyn Platform>, NotOpened> {
        self.accounts.platform(target, account).await.map(|known| known.expect("a known platform"))
    }

    async fn state(&self, session: &Session) -> AccountState {
        self.accounts.of(session).await.expect("accounts")[0].state
    }

    fn refreshes(&self) -> Vec<String> {
        let seen = self.fake.seen();
        seen.iter().filter_map(|seen| seen.field("refresh_token")).collect()
    }
}

/// What a visitor reads of an error.
fn reason<T>(result: Result<T, PostError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_token_is_renewed_once_however_many_wait_for_it() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    site.platform(&session).await.expect("it holds yet");
    assert!(site.refreshes().is_empty());
    site.later(590);
    site.fake.reply("/oauth/token", Reply::With(200, &[], RENEWED));
    let all = join_all((0..50).map(|_| site.platform(&session))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(site.refreshes(), ["once"]);
    site.fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
    all[0].as_ref().expect("a platform").upload(&post()).await.expect("uploaded");
    let upload = site.fake.seen().into_iter().find(|seen| seen.path == "/api/v2/media").expect("an upload");
    assert_eq!(upload.headers["authorization"], "Bearer second");
    site.later(590);
    site.fake.reply("/oauth/token", Reply::With(503, &[], ""));
    let away = site.platform(&session).await;
    assert!(matches!(away, Err(PostError::Passing { .. })), "it is tried again");
    site.platform(&session).await.expect("and then it works");
    assert_eq!(site.refreshes(), ["once", "twice", "twice"]);
}

#[tokio::test]
async fn new_tokens_are_written_down_when_the_record_takes_them_again() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    site.later(590);
    site.fake.reply("/oauth/token", Reply::With(200, &[], RENEWED));
    let file = SqliteConnectOptions::new().filename(site.folder.path().join("cutline.db"));
    let mut other = file.connect().await.expect("the database");
    let refusing =
        "CREATE TRIGGER refusing BEFORE UPDATE OF sealed ON account BEGIN SELECT RAISE(FAIL, 'broken'); END";
    sqlx::query(refusing).execute(&mut other).await.expect("broken");
    let (renewed, ()) = tokio::join!(site.platform(&session), async {
        while site.refreshes().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        sqlx::query("DROP TRIGGER refusing").execute(&mut other).await.expect("whole again");
    });
    renewed.expect("a platform");
    site.platform(&session).await.expect("its tokens are those that were had");
    assert_eq!(site.refreshes(), ["once"]);
    assert_eq!(site.state(&session).await, AccountState::Connected);
}

#[tokio::test]
async fn a_refresh_token_that_was_used_before_asks_the_visitor_to_connect_again() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    site.later(600);
    site.fake.reply("/oauth/token", Reply::With(400, &[], r#"{"error":"invalid_grant"}"#));
    assert_eq!(reason(site.platform(&session).await), CONNECT_AGAIN);
    assert_eq!(site.state(&session).await, AccountState::Refused);
    assert!(site.accounts.targets(&session).await.expect("targets").is_empty(), "it is not offered");
    assert_eq!(reason(site.platform(&session).await), CONNECT_AGAIN);
    assert_eq!(site.refreshes(), ["once"], "its server is not asked again");
    let (_, away) = site.begun(Some(&session)).await;
    let connected = site.finish(&session, &away, away.with_code("the-code")).await.expect("connected");
    let session = site.session(&connected.session).await.expect("a session");
    assert_eq!(site.state(&session).await, AccountState::Connected);
    site.platform(&session).await.expect("it works again");
}

#[tokio::test]
async fn a_token_that_its_server_refuses_asks_the_visitor_to_connect_again() {
    let site = Site::new().await;
    let session = site.connected().await;
    let platform = site.platform(&session).await.expect("a platform");
    site.fake.reply("/api/v2/media", Reply::With(401, &[], r#"{"error":"The access token was revoked"}"#));
    assert_eq!(reason(platform.upload(&post()).await), CONNECT_AGAIN);
    assert_eq!(site.state(&session).await, AccountState::Refused);
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_renewed_once() {
    const REFUSED: Reply = Reply::With(401, &[], r#"{"error":"The access token was revoked"}"#);
    let site = Site::new().await;
    let session = site.short_lived().await;
    let (one, other) = (site.platform(&session).await, site.platform(&session).await);
    site.fake.reply("/oauth/token", Reply::With(200, &[], RENEWED));
    for platform in [one.expect("a platform"), other.expect("a platform")] {
        site.fake.reply("/api/v2/media", REFUSED);
        site.fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
        assert_eq!(platform.upload(&post()).await.expect("uploaded"), "1");
    }
    assert_eq!(site.refreshes(), ["once"], "who comes later takes what was had");
    assert_eq!(site.state(&session).await, AccountState::Connected);
    let seen = site.fake.seen();
    let sent = seen.iter().filter(|seen| seen.path == "/api/v2/media");
    let tokens: Vec<_> = sent.map(|seen| seen.headers["authorization"].to_str().expect("text")).collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second", "Bearer first", "Bearer second"]);

    site.fake.reply("/oauth/token", Reply::With(200, &[], RENEWED));
    let platform = site.platform(&session).await.expect("a platform");
    for _ in 0..2 {
        site.fake.reply("/api/v2/media", REFUSED);
    }
    assert_eq!(reason(platform.upload(&post()).await), CONNECT_AGAIN);
    assert_eq!(site.refreshes(), ["once", "twice"]);
    assert_eq!(site.state(&session).await, AccountState::Refused);
}

#[tokio::test]
async fn a_post_that_is_refused_for_its_token_is_not_sent_again_by_the_same_attempt() {
    const STATUSES: &str = "/api/v1/statuses";
    const REFUSED: Reply = Reply::With(401, &[], r#"{"error":"The access token was revoked"}"#);
    let site = Site::new().await;
    let session = site.short_lived().await;
    let sent = || site.fake.calls().iter().filter(|call| call.ends_with(STATUSES)).count();
    for (number, refreshes) in [(1, &["once"][..]), (2, &["once"])] {
        let platform = site.platform(&session).await.expect("a platform");
        site.fake.reply("/oauth/token", Reply::With(200, &[], RENEWED));
        site.fake.reply(STATUSES, REFUSED);
        site.fake.reply(STATUSES, Reply::With(200, &[], r#"{"id":"1"}"#));
        let answer = platform.publish(&post(), "7").await;
        if number == 1 {
            assert!(
                matches!(answer, Err(PostError::Passing { retry_after: Some(_), .. })),
                "the next attempt sends it: {answer:?}"
            );
            assert_eq!(sent(), 1);
            let next = site.platform(&session).await.expect("a platform");
            assert_eq!(next.publish(&post(), "7").await.expect("posted").id.as_deref(), Some("1"));
            assert_eq!(site.refreshes(), refreshes);
        } else {
            // Each new token too: it is not they that are wrong.
            assert_eq!(reason(answer), CONNECT_AGAIN);
            assert_eq!(site.state(&session).await, AccountState::Refused);
        }
    }
    assert_eq!(sent(), 3);
}

#[tokio::test]
async fn what_is_in_hand_goes_on_with_an_account_that_is_connected_again() {
    const MEDIA: &str = "/api/v2/media";
    const STATUSES: &str = "/api/v1/statuses";
    const REFUSED: Reply = Reply::With(401, &[], r#"{"error":"The access token was revoked"}"#);
    let site = Site::new().await;
    let session = site.connected().await;
    let in_hand = site.platform(&session).await.expect("a platform");
    let another = r#"{"access_token":"another","token_type":"Bearer"}"#;
    site.fake.reply("/oauth/token", Reply::With(200, &[], another));
    let session = site.again(&session).await;
    site.fake.reply(MEDIA, REFUSED).reply(MEDIA, Reply::With(200, &[], r#"{"id":"7"}"#));
    assert_eq!(in_hand.upload(&post()).await, Ok("7".to_owned()));
    assert_eq!(site.fake.seen().last().expect("a call").headers["authorization"], "Bearer another");
    for number in 0..4 {
        site.fake.reply(STATUSES, REFUSED);
        let answer = in_hand.publish(&post(), "7").await;
        assert!(
            matches!(answer, Err(PostError::Passing { .. })),
            "{number}, the next attempt sends it: {answer:?}"
        );
    }
    assert_eq!(site.state(&session).await, AccountState::Connected);
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    assert!(site.accounts.disconnect(&session, &account.id).await.expect("disconnected"));
    site.fake.reply(MEDIA, REFUSED);
    assert!(reason(in_hand.upload(&post()).await).contains("no longer connected"));
}

#[tokio::test]
async fn a_server_that_gives_no_new_token_now_is_told_from_trouble_of_our_own() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let target = target_of(&account).expect("a target").id;
    site.later(590);
    for (reply, asked) in [
        (Reply::With(429, &[("retry-after", "3600")], ""), Some(3600)),
        (Reply::With(503, &[("retry-after", "60")], ""), Some(60)),
        (Reply::With(408, &[], ""), None),
        // What says nothing of the token itself: this site, and what stands before the server. The account waits, and nobody else.
        (Reply::With(200, &[], "<html>"), Some(600)),
        (Reply::With(400, &[], r#"{"error":"unauthorized_client"}"#), Some(600)),
        (Reply::With(400, &[], r#"{"error":"invalid_request"}"#), Some(600)),
        (Reply::With(400, &[], r#"{"error":"invalid_dpop_proof"}"#), Some(600)),
        (Reply::With(400, &[], "<html>"), Some(600)),
        (Reply::With(403, &[], "<html>"), Some(600)),
        (Reply::With(500, &[], r#"{"error":"invalid_grant"}"#), None),
        (Reply::Drop, None),
    ] {
        let label = format!("{reply:?}");
        site.fake.reply("/oauth/token", reply);
        let Err(NotOpened::Asked(PostError::Passing { retry_after, .. })) =
            site.opened(&target, &account.id).await
        else {
            panic!("{label}");
        };
        assert_eq!(retry_after.map(|wait| wait.as_secs()), asked, "{label}");
    }
    assert_eq!(site.state(&session).await, AccountState::Connected);
}

#[tokio::test]
async fn each_server_says_in_its_own_words_that_it_gives_no_new_token_any_more() {
    for said in [
        Reply::With(400, &[], r#"{"error":"invalid_grant"}"#),
        Reply::With(401, &[], r#"{"error":"invalid_grant"}"#),
        // Laravel Passport on league/oauth2-server 8, as Pixelfed has it.
        Reply::With(
            401,
            &[],
            r#"{"error":"invalid_request","error_description":"The refresh token is invalid.","hint":"Token has been revoked"}"#,
        ),
        // Reddit.
        Reply::With(400, &[], r#"{"message":"Bad Request","error":400}"#),
        // An instance that was set up anew: nobody but its visitor can begin anew.
        Reply::With(401, &[], r#"{"error":"invalid_client"}"#),
    ] {
        let site = Site::new().await;
        let session = site.short_lived().await;
        let account = site.accounts.of(&session).await.expect("accounts").remove(0);
        let target = target_of(&account).expect("a target").id;
        site.later(590);
        let label = format!("{said:?}");
        site.fake.reply("/oauth/token", said);
        let opened = site.opened(&target, &account.id).await;
        assert!(
            matches!(opened, Err(NotOpened::Here(PostError::Final { .. }))),
            "{label}: {:?}",
            opened.err()
        );
        assert_eq!(site.state(&session).await, AccountState::Refused, "{label}");
    }
}

#[tokio::test]
async fn new_tokens_are_kept_though_the_spent_ones_are_sealed_anew_meanwhile() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let target = target_of(&account).expect("a target").id;
    site.later(590);
    let gate = Arc::new(Semaphore::new(0));
    site.fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
    let (opened, ()) = tokio::join!(site.opened(&target, &account.id), async {
        while site.refreshes().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // As `cutline reseal` does; the key is another, which this server has too.
        let sealer = Sealer::new(&[7; 32], None);
        let grant = crate::accounts::Grant::open(&account, &sealer).expect("opened");
        let sealed = grant.seal(&account, &sealer, &SystemRandom);
        assert!(
            site.store.replace_sealed(&account.id, &account.sealed, &sealed).await.expect("replaced"),
            "the new tokens are not there yet"
        );
        gate.add_permits(1);
    });
    opened.expect("a platform");
    site.opened(&target, &account.id).await.expect("its tokens are those that were had");
    assert_eq!(site.refreshes(), ["once"]);
}

#[tokio::test]
async fn the_end_of_the_program_waits_until_new_tokens_are_written_down() {
    let site = Site::new().await;
    let session = site.short_lived().await;
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let target = target_of(&account).expect("a target").id;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut running = tokio::spawn(site.accounts.clone().run(stopped));
    site.later(590);
    let gate = Arc::new(Semaphore::new(0));
    site.fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
    // Whoever wanted them does not wait: their time is over.
    tokio::select! {
        _ = site.opened(&target, &account.id) => panic!("the server has not answered yet"),
        () = async {
            while site.refreshes().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_millis(300), &mut running).await.expect_err("it waits");
    gate.add_permits(1);
    running.await.expect("no panic");
    let there = site.accounts.of(&session).await.expect("accounts").remove(0);
    let grant = crate::accounts::Grant::open(&there, &Sealer::new(&[7; 32], None)).expect("opened");
    assert_eq!(grant.refresh.as_deref(), Some("twice"));
    site.later(590);
    let late = site.opened(&target, &account.id).await;
    assert!(matches!(late, Err(NotOpened::Here(PostError::Passing { retry_after: Some(_), .. }))));
    assert_eq!(site.refreshes(), ["once"], "no other is begun");
}

#[tokio::test]
async fn an_accounts_server_is_called_as_that_of_the_sites_own_targets_there() {
    let site = Site::new().await;
    let session = site.connected().await;
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    let platform = site.platform(&session).await.expect("a platform");
    for _ in 0..2 {
        assert_eq!(site.accounts.server(&account.id).await, Some(platform.server()));
    }
    assert_eq!(site.accounts.server("0000000000000000").await, None);
}

#[tokio::test]
async fn a_target_names_an_account_of_its_own_platform_only() {
    let site = Site::new().await;
    let session = site.connected().await;
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    for (platform, id) in [("bluesky", account.id.as_str()), ("mastodon", "0000000000000000")] {
        let target = cutline_model::TargetId::of_visitors_account(platform, id).expect("a target");
        let opened = site.opened(&target, id).await.map_err(NotOpened::into_inner);
        assert!(reason(opened).contains("no longer connected"));
    }
    // Another process may know it, of a later version.
    let later = cutline_model::TargetId::of_visitors_account("later", &account.id).expect("a target");
    assert!(matches!(site.accounts.platform(&later, &account.id).await, Ok(None)));
}
