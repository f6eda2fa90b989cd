//! What nobody will use any more ends at its server, and what is still used does not.

use futures_util::FutureExt;
use tokio::sync::Semaphore;

use super::*;

const RENEWED: &str =
    r#"{"access_token":"second","refresh_token":"twice","token_type":"Bearer","expires_in":600}"#;

fn tokens(access: &str, refresh: &str) -> Reply {
    Reply::With(
        200,
        &[],
        lasting(format!(
            r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"Bearer","expires_in":600}}"#
        )),
    )
}

impl Site {
    /// The tokens that its server was told to end.
    fn revoked(&self) -> Vec<String> {
        let seen = self.fake.seen();
        let revocations = seen.iter().filter(|seen| seen.path.ends_with("/revoke"));
        revocations.filter_map(|seen| seen.field("token")).collect()
    }

    /// The account's tokens end, and before its server gives new ones `meanwhile` happens.
    async fn while_renewing(&self, session: &Session, meanwhile: impl Future<Output = ()>) {
        let account = self.accounts.of(session).await.expect("accounts").remove(0);
        let target = crate::accounts::target_of(&account).expect("a target").id;
        self.later(590);
        let gate = Arc::new(Semaphore::new(0));
        self.fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
        let _ = tokio::join!(self.accounts.platform(&target, &account.id), async {
            while !self.fake.seen().iter().any(|seen| seen.field("refresh_token").is_some()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            meanwhile.await;
            gate.add_permits(1);
        });
    }
}

#[tokio::test]
async fn an_account_that_is_connected_again_has_one_grant_and_not_two() {
    let site = Site::new().await;
    site.fake.reply("/oauth/token", tokens("first", "once"));
    let session = site.connected().await;
    site.fake.reply("/oauth/token", tokens("second", "twice"));
    let session = site.again(&session).await;
    assert_eq!(site.revoked(), ["once"]);
    // Mastodon gives the same program the same token.
    site.fake.reply("/oauth/token", tokens("second", "third"));
    let session = site.again(&session).await;
    site.fake.reply("/oauth/token", tokens("third", "third"));
    let session = site.again(&session).await;
    assert_eq!(site.revoked(), ["once"], "what still opens the account goes on");
    let account = site.accounts.of(&session).await.expect("accounts").remove(0);
    assert!(site.accounts.disconnect(&session, &account.id).await.expect("disconnected"));
    assert_eq!(site.revoked(), ["once", "third"]);
}

#[tokio::test]
async fn nothing_ends_that_an_account_of_any_browser_has() {
    let site = Site::new().await;
    site.fake.reply(WHOAMI, Reply::With(200, &[], r#"{"id":"100","acct":"alice100"}"#));
    let mut full = site.connected().await;
    for number in 101..120 {
        let account = lasting(format!(r#"{{"id":"{number}","acct":"alice{number}"}}"#));
        site.fake.reply(WHOAMI, Reply::With(200, &[], account));
        full = site.again(&full).await;
    }
    let (ann, bob) = (site.connected().await, site.connected().await);
    // All have the same token, which each sign-in is given again.
    let (_, away) = site.begun(Some(&ann)).await;
    site.fake.reply(WHOAMI, Reply::With(503, &[], ""));
    let unknown = site.finish(&ann, &away, away.with_code("the-code")).await;
    assert!(matches!(unknown, Err(ConnectError::Strange { .. })), "{unknown:?}");
    let (_, away) = site.begun(Some(&full)).await;
    let too_many = site.finish(&full, &away, away.with_code("the-code")).await;
    assert!(matches!(too_many, Err(ConnectError::TooMany)), "{too_many:?}");
    let another = Reply::With(200, &[], r#"{"access_token":"another","token_type":"Bearer"}"#);
    site.fake.reply("/oauth/token", another.clone());
    site.again(&ann).await;
    assert_eq!(site.revoked(), [""; 0], "the other browser has it yet");
    site.fake.reply("/oauth/token", another);
    site.again(&bob).await;
    assert_eq!(site.revoked(), ["the-token"]);
}

#[tokio::test]
async fn who_does_not_come_back_ends_nothing_that_another_browser_uses() {
    let site = Site::new().await;
    let _stays_away = site.connected().await;
    site.later(2 * 24 * 3600);
    // Its server gives the same token again.
    let uses_it = site.connected().await;
    site.later(29 * 24 * 3600);
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert_eq!(site.store.expired_visitors(site.clock.now()).await.expect("asked"), [""; 0]);
    assert_eq!(site.accounts.of(&uses_it).await.expect("accounts").len(), 1);
    assert_eq!(site.revoked(), [""; 0]);
    site.later(2 * 24 * 3600);
    site.accounts.forget_expired(&working()).await.expect("looked");
    assert_eq!(site.revoked(), ["the-token"], "nobody uses it");
}

#[tokio::test]
async fn who_disconnects_ends_nothing_that_another_browser_uses_and_is_waited_for_by_nobody() {
    let site = Site::new().await;
    let (ann, bob) = (site.connected().await, site.connected().await);
    let account = async |session: &Session| site.accounts.of(session).await.expect("accounts").remove(0).id;
    assert!(site.accounts.disconnect(&ann, &account(&ann).await).await.expect("disconnected"));
    assert_eq!(site.revoked(), [""; 0], "the other browser has it yet");
    // The page is closed before its server has answered.
    let gate = Arc::new(Semaphore::new(0));
    site.fake.reply("/oauth/revoke", Reply::Gate(gate.clone(), ""));
    let id = account(&bob).await;
    tokio::select! {
        _ = site.accounts.disconnect(&bob, &id) => panic!("its server has not answered yet"),
        () = async {
            while site.revoked().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    assert_eq!(site.accounts.2.end().now_or_never(), None, "it is under way");
    gate.add_permits(1);
    tokio::time::timeout(Duration::from_secs(10), site.accounts.2.end())
        .await
        .expect("it goes on to its end");
    assert_eq!(site.revoked(), ["the-token"]);
}

#[tokio::test]
async fn what_was_granted_and_belongs_to_nobody_is_given_back() {
    let site = Site::with_sign_ins(|url| vec![super::configured::named(url, None)]).await;
    for (number, (reply, path)) in [
        (Reply::With(500, &[], ""), WHOAMI),
        (Reply::With(200, &[], r#"{"acct":"nobody"}"#), WHOAMI),
        (Reply::Drop, WHOAMI),
        (Reply::With(403, &[], "{}"), "/api/i"),
    ]
    .into_iter()
    .enumerate()
    {
        let (way, token_path) =
            if path == WHOAMI { ("mastodon", "/oauth/token") } else { ("pictures", "/login/token") };
        site.fake.reply(token_path, tokens("access", lasting(format!("refresh-{number}"))));
        site.fake.reply(path, reply);
        let begun = site.accounts.begin(None, way, site.fake.url.as_str()).await.expect("begun");
        let session = site.session(&begun.new_session.expect("a session")).await.expect("a session");
        let away = Away::read(&begun.address);
        let finished = site.finish(&session, &away, away.with_code("the-code")).await;
        assert!(finished.is_err(), "{number}: {finished:?}");
        assert_eq!(site.revoked().last(), Some(&format!("refresh-{number}")));
        assert_eq!(site.revoked().len(), number + 1);
    }
}

#[tokio::test]
async fn tokens_that_come_too_late_for_their_account_are_given_back() {
    for is_all in [false, true] {
        let site = Site::new().await;
        site.fake.reply("/oauth/token", tokens("first", "once"));
        let session = site.connected().await;
        let account = site.accounts.of(&session).await.expect("accounts").remove(0);
        site.while_renewing(&session, async {
            if is_all {
                site.accounts.forget(&session).await.expect("forgotten");
            } else {
                assert!(site.accounts.disconnect(&session, &account.id).await.expect("disconnected"));
            }
        })
        .await;
        assert_eq!(site.revoked(), ["once", "twice"], "everything: {is_all}");
    }
}

#[tokio::test]
async fn tokens_that_come_too_late_for_an_account_with_others_are_given_back() {
    let site = Site::new().await;
    site.fake.reply("/oauth/token", tokens("first", "once"));
    let session = site.connected().await;
    let again = async {
        site.fake.reply("/oauth/token", tokens("third", "thrice"));
        site.again(&session).await;
    };
    Box::pin(site.while_renewing(&session, again)).await;
    assert_eq!(site.revoked(), ["once", "twice"]);
}
