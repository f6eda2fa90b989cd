//! The server with its record in a real Postgres and its clippings in a real S3: all that visitors see is as with files, also
//! when one of them goes away.

use cutline_test_servers::{Postgres, S3};
use futures_util::future::join_all;

use crate::app::{TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

async fn start(server: &Postgres) -> (Origin, TestApp) {
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(60, 40)));
    let database = server.database();
    let config = format!("database_url = {database:?}\n[fetch]\nallow = [{:?}]", origin.host);
    let app = TestApp::with_config(&config).await;
    (origin, app)
}

#[tokio::test]
async fn a_share_is_recorded_in_postgres() {
    let (origin, app) = start(Postgres::shared()).await;
    let request = quarter_of(&origin.at("/harbour.png"));
    let key = [("idempotency-key", "one")];
    let first = app.share_with(&request, &key).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = app.share_with(&request, &key).await.json();
    assert_eq!(again, first.json());
    assert_eq!(app.settled(again["id"].as_str().expect("an id")).await["deliveries"][0]["state"], "posted");
    assert_eq!(app.shares_on_board().await, 1);
    let mut other = request.clone();
    other["description"] = "Other words".into();
    assert_eq!(app.share_with(&other, &key).await.problem().1, "idempotency_conflict");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_away_requests_are_told_to_come_back_and_after_that_all_is_well() {
    let mut server = Postgres::start();
    let (origin, app) = start(&server).await;
    let request = quarter_of(&origin.at("/harbour.png"));
    let mut kept = app.accepted(&request).await;
    kept.as_object_mut().expect("an object").remove("delete_url").expect("told to its maker");
    let id = kept["id"].as_str().expect("an id");
    server.stop();
    let page = format!("/s/{id}");
    let (receipt, share, ready, page_away) =
        futures_util::join!(app.receipt(id), app.share(&request), app.get("/readyz"), app.get(&page));
    for answer in [&receipt, &share, &ready] {
        assert_eq!(answer.problem().0, 503, "{}", answer.text());
        assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    }
    assert_eq!(page_away.status, 503, "{}", page_away.text());
    server.start_again();
    // Who waits for a connection for five seconds is told to come back.
    let answers = join_all((0..4).map(|_| app.receipt(id))).await;
    for answer in answers {
        assert_eq!(answer.json(), kept);
    }
    app.accepted(&request).await;
    assert_eq!(app.shares_on_board().await, 2, "what was answered with 503 was not recorded");
    app.stop().await;
}

/// What a server needs to keep clippings in a bucket of `server`.
fn in_bucket(server: &S3, fetches_from: &str, database: &str) -> String {
    let (url, key, secret) = (server.url(), S3::KEY, S3::SECRET);
    format!(
        "database_url = {database:?}\nblobs_url = 's3://clippings/of/ours'\n[fetch]\nallow = [{fetches_from:?}]\n[s3]\n\
         endpoint = {url:?}\naccess_key_id = {key:?}\nsecret_access_key = {secret:?}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_accepts_another_on_the_same_database_and_bucket_shows() {
    let (bucket, database) = (S3::start(), Postgres::shared().database());
    bucket.bucket("clippings");
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(60, 40)));
    let config = in_bucket(&bucket, &origin.host, &database);
    let (one, other) = (TestApp::with_config(&config).await, TestApp::with_config(&config).await);
    let accepted = one.accepted(&quarter_of(&origin.at("/harbour.png"))).await;
    let id = accepted["id"].as_str().expect("an id");
    assert_eq!(other.receipt(id).await.status, 200);
    assert_eq!(other.shares_on_board().await, 1);
    let clipping =
        accepted["clipping"]["url"].as_str().and_then(|url| url.strip_prefix(&one.url)).expect("an address");
    let shown = other.get(clipping).await;
    assert_eq!((shown.status.as_u16(), shown.header("content-type")), (200, "image/png"));
    assert_eq!(shown.bytes, one.get(clipping).await.bytes);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_s3_is_away_nothing_is_accepted_and_after_that_all_is_well() {
    let (bucket, database) = (S3::start(), Postgres::shared().database());
    bucket.bucket("clippings");
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(60, 40)));
    let app = TestApp::with_config(&in_bucket(&bucket, &origin.host, &database)).await;
    let request = quarter_of(&origin.at("/harbour.png"));
    bucket.refuse(u32::MAX);
    let refused = app.share(&request).await;
    assert_eq!(refused.problem().0, 503, "{}", refused.text());
    assert_eq!(app.shares_on_board().await, 0);
    bucket.refuse(0);
    bucket.lose_answers(1);
    app.accepted(&request).await;
    assert_eq!(app.shares_on_board().await, 1);
    app.stop().await;
}
