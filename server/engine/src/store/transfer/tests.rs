//! From SQLite and files to Postgres and S3 and back, and everything that must stop a move.

use bytes::Bytes;
use cutline_model::{Size, TargetId};
use cutline_test_servers::{Postgres, S3};
use sqlx::Connection;
use tempfile::TempDir;

use super::*;
use crate::store::conformance::{self, later, new_share, now, target};
use crate::store::{
    Claim, Hold, Idempotency, NewDelivery, NewShare, Outcome, Progress, Rest, Rested, S3Keys, S3Settings,
    SqliteStore, Store, StoredClipping,
};

/// A database and a place for clippings.
struct Home {
    database: DatabaseUrl,
    clippings: Clippings,
}

async fn files(folder: &TempDir, name: &str) -> Home {
    let folder = folder.path().join(name);
    let clippings = Clippings::local(&folder.join("blobs")).await.expect("clippings");
    Home { database: DatabaseUrl::Sqlite(folder.join("cutline.db")), clippings }
}

async fn servers(s3: &S3) -> Home {
    s3.bucket("clippings");
    let settings = S3Settings {
        bucket: "clippings".to_owned(),
        prefix: "moved".to_owned(),
        endpoint: Some(s3.url().parse().expect("an address")),
        region: "us-east-1".to_owned(),
        keys: Some(S3Keys { id: S3::KEY.to_owned(), secret: S3::SECRET.to_owned(), session_token: None }),
    };
    let database = DatabaseUrl::parse(&Postgres::shared().database()).expect("an address");
    Home { database, clippings: Clippings::s3(&settings).await.expect("a bucket") }
}

fn mastodon() -> TargetId {
    target("mastodon:alice@example.social")
}

/// A clipping of its own for each number.
async fn clipping(home: &Home, number: u8) -> StoredClipping {
    let size = Size::new(3, 2).expect("a size");
    let bytes = Bytes::from(vec![number; 1000 + usize::from(number)]);
    home.clippings.put(bytes, "png", size).await.expect("stored")
}

/// A record with something in every table and every state, and two shares with one clipping.
async fn fill(home: &Home) {
    let store = home.database.open().await.expect("a store");
    store.secret("links", &[0, 1, 254, 255]).await.expect("a secret");
    conformance::fill_accounts(store.as_ref()).await;
    let mut claims: Vec<Claim> = Vec::new();
    let reason = || "It said: “no”.\nTwice.".to_owned();
    let posted = |id: &str| Outcome::Posted {
        url: Some("https://a.example/1".to_owned()),
        post_id: Some(id.to_owned()),
    };
    for number in 0..6_u8 {
        let share = NewShare {
            clipping: clipping(home, number / 2).await,
            region: cutline_model::Region::new(1.0 / 3.0, 0.1, 0.2 + f64::from(number) / 70.0, 1e-7)
                .expect("a region"),
            ..new_share(later(i64::from(number)))
        };
        let key = Idempotency { key: format!("key “{number}”"), request_hash: "hash".to_owned() };
        store.insert(&share, Some(&key)).await.expect("inserted");
        claims.extend(store.claim(&mastodon(), later(i64::from(number)), 1).await.expect("claimed"));
        let outcome = match number {
            1 => posted("1"),
            2 => Outcome::Failed { reason: reason() },
            _ => continue,
        };
        store.finish(&claims[usize::from(number)], &outcome, later(20)).await.expect("finished");
    }
    store.note(&claims[0], &Progress::Upload(Some("7".to_owned()))).await.expect("noted");
    store.note(&claims[0], &Progress::sent_first(later(9))).await.expect("noted");
    store.note(&claims[3], &Progress::sent_first(later(10))).await.expect("noted");
    for (claim, outcome) in claims[3..5].iter().zip([
        Outcome::Retry { at: later(500), reason: reason(), is_asked: true, may_be_posted: true },
        Outcome::Unknown { reason: reason() },
    ]) {
        store.finish(claim, &outcome, later(20)).await.expect("finished");
    }
    store.note(&claims[5], &Progress::Upload(Some("8".to_owned()))).await.expect("noted");
    store.finish(&claims[5], &posted("5"), later(21)).await.expect("finished");
    store.delete(&claims[5].share_id, later(30)).await.expect("deleted");
    // Its clipping waits to be removed, which is written down.
    let alone = NewShare {
        clipping: clipping(home, 200).await,
        deliveries: Vec::<NewDelivery>::new(),
        page_url: None,
        ..new_share(now())
    };
    store.insert(&alone, None).await.expect("inserted");
    let deleted = store.delete(&alone.id, later(40)).await.expect("deleted").expect("it was there");
    let hold = store.hold_clipping(&deleted.clipping, later(41)).await.expect("asked");
    assert_eq!(hold, Hold::Held(1));
    let rest = Rest { of: Rested::Account(mastodon()), until: later(3600), failures: 0 };
    store.rest(&rest, later(50)).await.expect("kept");
    store.close().await;
}

/// All files of an export but the clippings, with their contents.
fn dump(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("text"))
        })
        .collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn from_files_to_servers_and_back_nothing_is_lost() {
    let (folder, s3) = (tempfile::tempdir().expect("a folder"), S3::start());
    let (first, second, third) =
        (files(&folder, "first").await, servers(&s3).await, files(&folder, "third").await);
    fill(&first).await;
    let mut dumps = Vec::new();
    for (from, to, name) in [(&first, Some(&second), "a"), (&second, Some(&third), "b"), (&third, None, "c")]
    {
        let export_folder = folder.path().join(name);
        let exported = export(&from.database, &from.clippings, &export_folder).await.expect(name);
        assert_eq!((exported.clippings, &exported.missing_clippings), (3, &vec![]));
        assert!(exported.tables.iter().all(|table| table.rows > 0), "nothing is tried: {exported:?}");
        dumps.push(dump(&export_folder));
        if let Some(to) = to {
            assert_eq!(import(&to.database, &to.clippings, &export_folder).await.expect(name), exported);
        }
    }
    assert_eq!(dumps[0].len(), 18, "sixteen tables, the list of clippings, the manifest");
    assert_eq!(dumps[0], dumps[1]);
    assert_eq!(dumps[0], dumps[2]);
    // And it goes on there: the next attempt has a number of its own, the keys are known, the secret is the old one.
    for home in [&second, &third] {
        let store = home.database.open().await.expect("a store");
        assert_eq!(store.secret("links", b"another").await.expect("a secret"), [0, 1, 254, 255]);
        let again = store.claim(&mastodon(), later(500), 10).await.expect("claimed");
        assert_eq!(again.len(), 1);
        assert!(again[0].published_at == Some(later(10)) && again[0].attempt_id > 5, "{again:?}");
        let key = Idempotency { key: "key “1”".to_owned(), request_hash: "other".to_owned() };
        assert!(store.by_key(&key, later(60)).await.expect("looked up").is_some());
        store.close().await;
    }
}

#[tokio::test]
async fn a_record_is_brought_to_an_empty_place_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (files(&folder, "from").await, files(&folder, "to").await);
    fill(&from).await;
    let out = folder.path().join("out");
    export(&from.database, &from.clippings, &out).await.expect("exported");
    let again = export(&from.database, &from.clippings, &out).await;
    assert!(matches!(again, Err(TransferError::FolderInUse { .. })), "{again:?}");
    import(&to.database, &to.clippings, &out).await.expect("imported");
    let again = import(&to.database, &to.clippings, &out).await;
    assert!(matches!(again, Err(TransferError::NotEmpty { table: "share", .. })), "{again:?}");
    let strange = folder.path().join("strange");
    std::fs::create_dir(&strange).expect("a folder");
    std::fs::write(strange.join("letters.txt"), "of love").expect("a file");
    let refused = export(&from.database, &from.clippings, &strange).await;
    assert!(matches!(refused, Err(TransferError::FolderInUse { .. })), "{refused:?}");
    let nothing = import(&to.database, &to.clippings, &strange).await;
    assert!(matches!(nothing, Err(TransferError::NoExport { .. })), "{nothing:?}");
}

#[tokio::test]
async fn an_export_that_broke_off_is_no_export_and_goes_on_when_it_is_run_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (files(&folder, "from").await, files(&folder, "to").await);
    fill(&from).await;
    let out = folder.path().join("out");
    let whole = export(&from.database, &from.clippings, &out).await.expect("exported");
    std::fs::remove_file(out.join("manifest.json")).expect("there is one");
    std::fs::write(out.join("share.jsonl"), "half a li").expect("a file");
    let broken = import(&to.database, &to.clippings, &out).await;
    assert!(matches!(broken, Err(TransferError::NoExport { .. })), "{broken:?}");
    assert_eq!(export(&from.database, &from.clippings, &out).await.expect("exported"), whole);
    import(&to.database, &to.clippings, &out).await.expect("imported");
}

#[tokio::test]
async fn what_is_damaged_is_not_brought() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = files(&folder, "from").await;
    fill(&from).await;
    let out = folder.path().join("out");
    export(&from.database, &from.clippings, &out).await.expect("exported");
    let share = std::fs::read_to_string(out.join("share.jsonl")).expect("text");
    let first = share.lines().next().expect("a row");
    let clipping = first_file(&out.join("clippings"));
    let bytes = std::fs::read(&clipping).expect("a clipping");
    let attempt = out.join("attempt.jsonl");
    let attempts = std::fs::read_to_string(&attempt).expect("text");
    for (number, (file, spoiled, good)) in [
        (
            out.join("share.jsonl"),
            share.replacen("lighthouse", "lightmouse", 1).into_bytes(),
            share.clone().into_bytes(),
        ),
        (out.join("share.jsonl"), share.replacen(first, "[]", 1).into_bytes(), share.clone().into_bytes()),
        (
            attempt.clone(),
            attempts.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>().into_bytes(),
            attempts.clone().into_bytes(),
        ),
        (clipping.clone(), [&bytes[..1], b"x", &bytes[2..]].concat(), bytes.clone()),
    ]
    .into_iter()
    .enumerate()
    {
        let to = files(&folder, &format!("to {number}")).await;
        std::fs::write(&file, spoiled).expect("spoiled");
        let refused = import(&to.database, &to.clippings, &out).await;
        assert!(matches!(refused, Err(TransferError::Damaged { .. })), "{number}: {refused:?}");
        std::fs::write(&file, good).expect("mended");
        import(&to.database, &to.clippings, &out).await.expect("nothing was left of the failure");
    }
}

fn first_file(folder: &Path) -> PathBuf {
    let entry =
        std::fs::read_dir(folder).expect("a folder").next().expect("not empty").expect("an entry").path();
    if entry.is_dir() { first_file(&entry) } else { entry }
}

#[tokio::test]
async fn a_clipping_that_is_lost_already_stops_nothing_and_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (files(&folder, "from").await, files(&folder, "to").await);
    fill(&from).await;
    let lost = clipping(&from, 0).await;
    let name = ClippingName::new(&lost.hash, &lost.extension).expect("a name");
    from.clippings.remove(&name).await.expect("removed");
    let out = folder.path().join("out");
    let exported = export(&from.database, &from.clippings, &out).await.expect("exported");
    assert_eq!((exported.clippings, exported.missing_clippings.as_slice()), (2, &[name.to_string()][..]));
    assert_eq!(import(&to.database, &to.clippings, &out).await.expect("imported"), exported);
    // Somebody may have found it, and brought it there.
    let again = files(&folder, "again").await;
    let found = clipping(&again, 0).await;
    assert_eq!(found.hash, lost.hash);
    assert_eq!(import(&again.database, &again.clippings, &out).await.expect("imported"), exported);
}

#[tokio::test]
async fn while_servers_work_on_the_database_nothing_is_moved() {
    let (folder, s3) = (tempfile::tempdir().expect("a folder"), S3::start());
    let home = servers(&s3).await;
    fill(&home).await;
    let store = home.database.open().await.expect("a store");
    store.next_due().await.expect("connected");
    let refused = export(&home.database, &home.clippings, &folder.path().join("out")).await;
    assert!(matches!(refused, Err(TransferError::InUse { .. })), "{refused:?}");
    store.close().await;
    export(&home.database, &home.clippings, &folder.path().join("out")).await.expect("exported");
}

#[tokio::test]
async fn from_the_first_row_to_the_last_clipping_of_an_export_nobody_writes() {
    let (folder, s3) = (tempfile::tempdir().expect("a folder"), S3::start());
    for home in [files(&folder, "from").await, servers(&s3).await] {
        fill(&home).await;
        let source = database::read(&home.database).await.expect("reading");
        let store = home.database.open().await.expect("a server that is started meanwhile");
        let refused = store.insert(&new_share(later(100)), None).await.expect_err("nobody writes");
        assert!(refused.passes(), "{refused:?}");
        drop(source);
        store.insert(&new_share(later(100)), None).await.expect("inserted");
        store.close().await;
    }
}

#[tokio::test]
async fn an_export_of_another_version_is_read_as_far_as_it_can_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = files(&folder, "from").await;
    SqliteStore::open(&folder.path().join("from/cutline.db")).await.expect("a store").close().await;
    let out = folder.path().join("out");
    export(&from.database, &from.clippings, &out).await.expect("exported");
    let manifest = std::fs::read_to_string(out.join("manifest.json")).expect("text");
    for (number, (before, after, is_read)) in [
        // An earlier one had no names of sites yet.
        ("      \"site_name\",\n", "", true),
        ("\"site_name\"", "\"of_a_later_version\"", false),
        ("\"name\": \"secret\"", "\"name\": \"of_a_later_version\"", false),
        ("\"format\": 1", "\"format\": 2", false),
    ]
    .into_iter()
    .enumerate()
    {
        let changed = manifest.replacen(before, after, 1);
        assert_ne!(changed, manifest, "{before}");
        std::fs::write(out.join("manifest.json"), changed).expect("a file");
        let to = files(&folder, &format!("to {number}")).await;
        let answer = import(&to.database, &to.clippings, &out).await;
        assert_eq!(answer.is_ok(), is_read, "{before}: {answer:?}");
        assert!(is_read || matches!(answer, Err(TransferError::LaterVersion { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn every_column_of_both_databases_is_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cutline.db");
    SqliteStore::open(&file).await.expect("a store").close().await;
    let mut sqlite =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("connected");
    let url = Postgres::shared().database();
    DatabaseUrl::parse(&url).expect("an address").migrate().await.expect("migrated");
    let mut postgres = sqlx::PgConnection::connect(&url).await.expect("connected");
    let mut ours: Vec<(String, String)> = TABLES
        .iter()
        .flat_map(|table| {
            table.columns.iter().map(|(column, _)| (table.name.to_owned(), (*column).to_owned()))
        })
        .collect();
    ours.sort();
    let in_sqlite: Vec<(String, String)> = sqlx::query_as(
        "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' AND tables.name <> '_sqlx_migrations'
         ORDER BY tables.name, columns.name",
    )
    .fetch_all(&mut sqlite)
    .await
    .expect("its columns");
    assert_eq!(ours, in_sqlite);
    let mut in_postgres: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("its columns");
    in_postgres.sort();
    assert_eq!(ours, in_postgres);
}

#[tokio::test]
async fn what_lies_at_the_destination_under_a_clippings_name_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (files(&folder, "first").await, files(&folder, "second").await);
    fill(&first).await;
    let moved = folder.path().join("moved");
    export(&first.database, &first.clippings, &moved).await.expect("exported");
    let stored = clipping(&first, 0).await;
    let name = ClippingName::new(&stored.hash, &stored.extension).expect("its name");
    second.clippings.write(&name, Bytes::from_static(b"half of it")).await.expect("written");
    import(&second.database, &second.clippings, &moved).await.expect("imported");
    let bytes = first.clippings.get(&name).await.expect("read");
    assert!(bytes.is_some() && second.clippings.get(&name).await.expect("read") == bytes);
}

#[tokio::test]
async fn a_database_that_a_later_version_has_changed_is_not_exported_by_this_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = files(&folder, "home").await;
    fill(&home).await;
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'later', TRUE, x'00', 1)";
    let DatabaseUrl::Sqlite(file) = &home.database else { panic!("it is a file") };
    let mut connection =
        sqlx::SqliteConnection::connect(&file.to_string_lossy()).await.expect("the database");
    sqlx::query(later).execute(&mut connection).await.expect("as a later version would");
    connection.close().await.expect("closed");
    let refused = export(&home.database, &home.clippings, &folder.path().join("out")).await;
    let told = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(told.contains("the database has taken its step 9999") && told.contains("use that one"), "{told}");
}
