//! The clippings' behaviours on every storage, and what is a storage's own.

use cutline_test_servers::S3;

use super::*;

/// SHA-256 of `abc`, FIPS 180-2 appendix B.1.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn size() -> Size {
    Size::new(3, 2).expect("test sizes are not zero")
}

/// Makes a test of each behaviour for the storage that `$open` gives; `$open` is an async function to `(guard, clippings)`.
macro_rules! suite {
    ($storage:ident) => {
        mod $storage {
            suite!($storage: a_clipping_is_stored_under_its_hash_and_read_back, storing_the_same_again_is_fine,
                many_who_store_the_same_at_once_all_succeed, a_clipping_that_is_not_there_is_nothing,
                a_picture_of_another_kind_is_refused,
                what_is_removed_is_gone_and_may_be_write, a_large_clipping_is_the_same_afterwards);
        }
    };
    ($storage:ident: $($behaviour:ident),+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $behaviour() {
            let (_guard, clippings) = super::open::$storage().await;
            super::$behaviour(&clippings).await;
        })+
    };
}

suite!(local);
suite!(memory);
suite!(s3);
suite!(s3_with_prefix);

/// Empty storages, each with what must live as long.
mod open {
    use super::*;

    pub(super) async fn local() -> (tempfile::TempDir, Clippings) {
        let folder = tempfile::tempdir().expect("a folder");
        let clippings = Clippings::local(&folder.path().join("new/data")).await.expect("clippings");
        (folder, clippings)
    }

    pub(super) async fn memory() -> ((), Clippings) {
        ((), Clippings::new(Arc::new(object_store::memory::InMemory::new())))
    }

    pub(super) async fn s3() -> (S3, Clippings) {
        let server = S3::start();
        server.bucket("clippings-of-ours");
        let clippings = Clippings::s3(&settings(&server)).await.expect("clippings");
        (server, clippings)
    }

    pub(super) async fn s3_with_prefix() -> (S3, Clippings) {
        let server = S3::start();
        server.bucket("clippings-of-ours");
        let settings = S3Settings { prefix: "some/where".to_owned(), ..settings(&server) };
        let clippings = Clippings::s3(&settings).await.expect("clippings");
        (server, clippings)
    }
}

fn settings(server: &S3) -> S3Settings {
    S3Settings {
        bucket: "clippings-of-ours".to_owned(),
        prefix: String::new(),
        endpoint: Some(server.url().parse().expect("a URL")),
        region: "us-east-1".to_owned(),
        keys: Some(S3Keys { id: S3::KEY.to_owned(), secret: S3::SECRET.to_owned(), session_token: None }),
    }
}

async fn a_clipping_is_stored_under_its_hash_and_read_back(clippings: &Clippings) {
    let stored = clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
    let expected = StoredClipping {
        hash: ABC.to_owned(),
        extension: "png".to_owned(),
        media_type: "image/png".to_owned(),
        size: size(),
        bytes: 3,
        removals: 0,
    };
    assert_eq!(stored, expected);
    let name = ClippingName::parse(&format!("{ABC}.png")).expect("its name");
    assert_eq!(clippings.get(&name).await.expect("read"), Some(Bytes::from_static(b"abc")));
}

async fn storing_the_same_again_is_fine(clippings: &Clippings) {
    let first = clippings.put(Bytes::from_static(b"abc"), "jpg", size()).await.expect("stored");
    let second = clippings.put(Bytes::from_static(b"abc"), "jpg", size()).await.expect("stored again");
    assert_eq!(first, second);
}

async fn many_who_store_the_same_at_once_all_succeed(clippings: &Clippings) {
    let puts = (0..20).map(|_| clippings.put(Bytes::from_static(b"abc"), "webp", size()));
    for stored in futures_util::future::join_all(puts).await {
        assert_eq!(stored.expect("stored").hash, ABC);
    }
}

async fn a_clipping_that_is_not_there_is_nothing(clippings: &Clippings) {
    let name = ClippingName::new(&"0".repeat(64), "gif").expect("a name");
    assert_eq!(clippings.get(&name).await.expect("looked up"), None);
}

async fn a_picture_of_another_kind_is_refused(clippings: &Clippings) {
    for extension in ["svg", "html", "", "../png", "PNG"] {
        let refused = clippings.put(Bytes::from_static(b"abc"), extension, size()).await;
        assert!(matches!(refused, Err(ClippingError::NotAName)), "{extension}");
    }
}

async fn what_is_removed_is_gone_and_may_be_write(clippings: &Clippings) {
    let stored = clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
    let name = ClippingName::new(&stored.hash, "png").expect("its name");
    assert!(clippings.has(&name).await.expect("looked up"));
    for _ in 0..2 {
        clippings.remove(&name).await.expect("removed, also when it is gone");
        assert!(!clippings.has(&name).await.expect("looked up"));
        assert_eq!(clippings.get(&name).await.expect("looked up"), None);
    }
    clippings.write(&name, Bytes::from_static(b"abc")).await.expect("put back");
    assert_eq!(clippings.get(&name).await.expect("read"), Some(Bytes::from_static(b"abc")));
}

async fn a_large_clipping_is_the_same_afterwards(clippings: &Clippings) {
    let bytes: Bytes = (0..12_000_000_u32).map(|place| (place * 7 / 256) as u8).collect();
    let stored = clippings.put(bytes.clone(), "png", size()).await.expect("stored");
    let name = ClippingName::new(&stored.hash, "png").expect("its name");
    assert!(clippings.get(&name).await.expect("read") == Some(bytes));
}

#[tokio::test]
async fn a_clipping_is_one_file_in_folders_of_its_hash() {
    let (folder, clippings) = open::local().await;
    for _ in 0..2 {
        clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
    }
    let files = std::fs::read_dir(folder.path().join("new/data/clippings/ba/78")).expect("its folder");
    let files: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(files, [&*format!("{ABC}.png")]);
}

#[tokio::test]
async fn an_s3_server_that_fails_for_a_moment_is_asked_again() {
    let (server, clippings) = open::s3().await;
    server.refuse(2);
    let stored = clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
    let name = ClippingName::new(&stored.hash, "png").expect("its name");
    server.refuse(1);
    assert_eq!(clippings.get(&name).await.expect("read"), Some(Bytes::from_static(b"abc")));
}

#[tokio::test]
async fn a_lost_answer_of_s3_leaves_the_clipping_as_it_is() {
    let (server, clippings) = open::s3().await;
    server.lose_answers(1);
    let before = server.requests();
    let stored = clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
    assert_eq!(server.requests() - before, 3, "it was asked again, said that it has it, and got it anew");
    let name = ClippingName::new(&stored.hash, "png").expect("its name");
    assert_eq!(clippings.get(&name).await.expect("read"), Some(Bytes::from_static(b"abc")));
}

#[tokio::test]
async fn an_s3_server_that_goes_on_failing_is_told_as_away() {
    let (server, clippings) = open::s3().await;
    server.refuse(u32::MAX);
    let name = ClippingName::new(ABC, "png").expect("a name");
    let (put, get) =
        tokio::join!(clippings.put(Bytes::from_static(b"abc"), "png", size()), clippings.get(&name));
    assert!(matches!(put, Err(ClippingError::Away(_))), "{put:?}");
    assert!(matches!(get, Err(ClippingError::Away(_))), "{get:?}");
    server.refuse(0);
    assert_eq!(clippings.get(&name).await.expect("it is back"), None, "nothing half written");
    drop(server);
    let gone = clippings.get(&name).await;
    assert!(matches!(gone, Err(ClippingError::Away(_))), "{gone:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_said_without_the_secret() {
    let server = S3::start();
    server.bucket("clippings-of-ours");
    let good = settings(&server);
    let keys = |id: &str, secret: &str| {
        Some(S3Keys { id: id.to_owned(), secret: secret.to_owned(), session_token: None })
    };
    for (settings, expected) in [
        (S3Settings { bucket: "nowhere".to_owned(), ..good.clone() }, "s3://nowhere at http://127.0.0.1:"),
        (S3Settings { bucket: "nowhere".to_owned(), ..good.clone() }, "there is no such bucket"),
        (S3Settings { keys: keys(S3::KEY, "wr0ng"), ..good.clone() }, "are the keys right"),
        (S3Settings { keys: keys("nobody", S3::SECRET), ..good.clone() }, "are the keys right"),
        (S3Settings { endpoint: "http://127.0.0.1:1".parse().ok(), ..good.clone() }, "is it running?"),
    ] {
        for error in [Clippings::s3(&settings).await.err(), Clippings::examine(&settings).await.err()] {
            let error = error.unwrap_or_else(|| panic!("{settings} is refused"));
            let told = format!("{error} {error:?} {settings} {settings:?}");
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains(S3::SECRET) && !told.contains("wr0ng"), "{told}");
        }
    }
    Clippings::examine(&good).await.expect("it does");
    let bucket = server.bucket("looked-at");
    Clippings::examine(&S3Settings { bucket: "looked-at".to_owned(), ..good }).await.expect("it does");
    assert_eq!(std::fs::read_dir(bucket).expect("the bucket").count(), 0, "nothing is put");
}

#[test]
fn names_that_are_paths_or_other_files_are_refused() {
    let (zeros, capitals) = ("0".repeat(64), "A".repeat(64));
    for text in [
        "",
        ".png",
        "abc.png",
        &zeros,
        &format!("{zeros}.svg"),
        &format!("{zeros}.png.exe"),
        &format!("{capitals}.png"),
        &format!("../{}.png", &zeros[3..]),
        &format!("{}é.png", &zeros[2..]),
        &format!("{zeros}.png/"),
    ] {
        assert!(ClippingName::parse(text).is_err(), "{text}");
    }
    assert_eq!(
        ClippingName::parse(&format!("{zeros}.webp")).map(|name| name.media_type()).ok(),
        Some("image/webp")
    );
}
