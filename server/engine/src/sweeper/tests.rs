//! The sweeper with a real record, over files and over a real S3; time passes by making files older.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cutline_model::Size;
use cutline_test_servers::S3;
use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::store::{
    ClippingName, Inserted, NewShare, S3Keys, S3Settings, ShareId, SqliteStore, StoreError, StoredClipping,
    SystemRandom, conformance,
};

/// A site whose clippings are files below `files`, whatever it takes them for.
struct Site {
    _folder: TempDir,
    store: Arc<dyn Store>,
    clippings: Clippings,
    files: PathBuf,
    s3: Option<S3>,
}

impl Site {
    async fn on_disk() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = folder.path().join("blobs");
        let clippings = Clippings::local(&files).await.expect("clippings");
        Self::with(folder, clippings, files, None).await
    }

    async fn on_s3() -> Self {
        let s3 = S3::start();
        let files = s3.bucket("parts");
        let keys = S3Keys { id: S3::KEY.to_owned(), secret: S3::SECRET.to_owned(), session_token: None };
        let settings = S3Settings {
            bucket: "parts".to_owned(),
            prefix: String::new(),
            endpoint: Some(s3.url().parse().expect("a URL")),
            region: "us-east-1".to_owned(),
            keys: Some(keys),
        };
        let clippings = Clippings::s3(&settings).await.expect("clippings");
        Self::with(tempfile::tempdir().expect("a folder"), clippings, files, Some(s3)).await
    }

    async fn with(folder: TempDir, clippings: Clippings, files: PathBuf, s3: Option<S3>) -> Self {
        let store = SqliteStore::open(&folder.path().join("cutline.db")).await.expect("a store");
        Self { _folder: folder, store: Arc::new(store), clippings, files, s3 }
    }

    fn sweeper(&self) -> Sweeper {
        Sweeper::new(self.store.clone(), self.clippings.clone(), Arc::new(SystemClock))
    }

    async fn sweep(&self) -> Swept {
        let (_stop, stopped) = watch::channel(false);
        self.sweeper().sweep(&stopped).await.expect("swept")
    }

    /// Stores a clipping that is like no other of another number, as a share under way does.
    async fn put(&self, number: u32) -> StoredClipping {
        let size = Size::new(3, 2).expect("a size");
        self.clippings.put(Bytes::from(number.to_string()), "png", size).await.expect("stored")
    }

    /// What comes after that.
    async fn accept(&self, clipping: &StoredClipping) -> Result<Inserted, StoreError> {
        let id = ShareId::generate(&SystemRandom);
        let share = NewShare { id, clipping: clipping.clone(), ..conformance::new_share(SystemClock.now()) };
        self.store.insert(&share, None).await
    }

    async fn has(&self, clipping: &StoredClipping) -> bool {
        self.clippings.has(&name(clipping)).await.expect("looked up")
    }

    fn file(&self, clipping: &StoredClipping) -> PathBuf {
        let hash = &clipping.hash;
        self.files.join(format!("clippings/{}/{}/{hash}.png", &hash[..2], &hash[2..4]))
    }
}

fn name(clipping: &StoredClipping) -> ClippingName {
    ClippingName::new(&clipping.hash, &clipping.extension).expect("a name")
}

/// Makes a file look as if it had been written so long ago.
#[expect(clippy::disallowed_methods, reason = "the files' times are the system's")]
fn age(file: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    std::fs::File::options()
        .write(true)
        .open(file)
        .and_then(|file| file.set_modified(then))
        .expect("made older");
}

fn write(file: &Path) {
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, "half of").expect("a file");
}

async fn only_what_is_old_and_no_shares_is_swept(site: &Site) {
    let (kept, orphan, young) = (site.put(1).await, site.put(2).await, site.put(3).await);
    site.accept(&kept).await.expect("accepted");
    for (clipping, hours) in [(&kept, 1000), (&orphan, 25), (&young, 23)] {
        age(&site.file(clipping), hours);
    }
    let strange = site.files.join("clippings/notes.txt");
    write(&strange);
    age(&strange, 1000);
    assert_eq!(site.sweep().await, Swept { orphans: 1, unfinished: 0 });
    assert_eq!((site.has(&kept).await, site.has(&orphan).await, site.has(&young).await), (true, false, true));
    assert!(strange.exists(), "it is not ours");
    assert_eq!(site.sweep().await.orphans, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_old_and_no_shares_is_swept_from_files() {
    only_what_is_old_and_no_shares_is_swept(&Site::on_disk().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_old_and_no_shares_is_swept_from_s3() {
    only_what_is_old_and_no_shares_is_swept(&Site::on_s3().await).await;
}

#[tokio::test]
async fn what_was_half_written_when_a_process_died_is_swept() {
    let site = Site::on_disk().await;
    let (old, young) =
        (site.files.join("clippings/ab/cd/abcd.png#1"), site.files.join("clippings/abcd.png#2"));
    [&old, &young].into_iter().for_each(|file| write(file));
    age(&old, 25);
    age(&young, 23);
    assert_eq!(site.sweep().await, Swept { orphans: 0, unfinished: 1 });
    assert_eq!((old.exists(), young.exists()), (false, true));
}

/// Old orphans become parts of new shares while they are swept again and again.
async fn a_share_under_way_is_never_swept(site: Site) {
    const SHARES: u32 = 40;
    for number in 0..SHARES {
        age(&site.file(&site.put(number).await), 1000);
    }
    let site = Arc::new(site);
    let (done, sweeping) = watch::channel(false);
    let sweeps = tokio::spawn({
        let (site, never) = (site.clone(), watch::channel(false).1);
        async move {
            while !*sweeping.borrow() {
                site.sweeper().sweep(&never).await.expect("swept");
            }
        }
    });
    let mut shares = Vec::new();
    for number in 0..SHARES {
        // As the engine does: it may have been found old, and be removed after it was made new.
        loop {
            let name = name(&site.put(number).await);
            let removals = site.store.clipping_removals(&name).await.expect("asked");
            let clipping = StoredClipping { removals, ..site.put(number).await };
            match site.accept(&clipping).await {
                Ok(_) => break shares.push(clipping),
                Err(StoreError::ClippingHeld | StoreError::ClippingRemoved) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    done.send(true).expect("it sweeps");
    sweeps.await.expect("no panic");
    for clipping in &shares {
        assert!(site.has(clipping).await);
    }
    assert_eq!(site.sweep().await.orphans, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_under_way_is_never_swept_from_files() {
    a_share_under_way_is_never_swept(Site::on_disk().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_under_way_is_never_swept_from_s3() {
    a_share_under_way_is_never_swept(Site::on_s3().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_again_is_new_again() {
    for site in [Site::on_disk().await, Site::on_s3().await] {
        let clipping = site.put(1).await;
        age(&site.file(&clipping), 1000);
        site.put(1).await;
        assert_eq!(site.sweep().await.orphans, 0);
        assert!(site.has(&clipping).await);
    }
}

#[tokio::test]
async fn a_site_is_swept_once_a_day_by_one_of_its_processes() {
    let site = Site::on_disk().await;
    age(&site.file(&site.put(1).await), 25);
    let (_stop, stopped) = watch::channel(false);
    let (one, other) = (site.sweeper(), site.sweeper());
    let swept = one.sweep_if_due(&stopped).await.expect("swept");
    assert_eq!(swept, Some(Swept { orphans: 1, unfinished: 0 }));
    assert_eq!(other.sweep_if_due(&stopped).await.expect("looked"), None);
    age(&site.files.join("clippings/swept"), 25);
    assert!(other.sweep_if_due(&stopped).await.expect("swept").is_some());
}

#[tokio::test]
async fn a_sweep_that_breaks_off_goes_on_at_the_next_look() {
    let site = Site::on_disk().await;
    let orphan = site.put(1).await;
    age(&site.file(&orphan), 25);
    let (stop, stopped) = watch::channel(true);
    let broken_off = site.sweeper().sweep_if_due(&stopped).await.expect("swept");
    assert_eq!((broken_off.map(|swept| swept.orphans), site.has(&orphan).await), (Some(0), true));
    stop.send_replace(false);
    let swept = site.sweeper().sweep_if_due(&stopped).await.expect("swept");
    assert_eq!(swept.map(|swept| swept.orphans), Some(1));
    age(&site.files.join("clippings/swept"), 25);
    age(&site.file(&site.put(2).await), 25);
    site.store.close().await;
    site.sweeper().sweep_if_due(&stopped).await.expect_err("the record is away");
    assert!(!site.clippings.were_swept_since(SystemClock.now() - EVERY).await.expect("looked"));
}

/// A clock at whose `count`th question something happens, in the middle of a sweep.
struct Then<F>(AtomicU32, F);

impl<F: Fn() + Send + Sync + 'static> Clock for Then<F> {
    fn now(&self) -> Timestamp {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.1();
        }
        SystemClock.now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_breaks_off_because_the_storage_is_away_goes_on_when_it_is_back() {
    let mut site = Site::on_s3().await;
    let (orphan, s3) = (site.put(1).await, Arc::new(site.s3.take().expect("a server")));
    age(&site.file(&orphan), 25);
    let away = Arc::clone(&s3);
    // When it was looked whether to sweep, and the mark is made.
    let clock = Then(AtomicU32::new(2), move || away.refuse(u32::MAX));
    let sweeper = Sweeper::new(site.store.clone(), site.clippings.clone(), Arc::new(clock));
    let (_stop, stopped) = watch::channel(false);
    sweeper.sweep_if_due(&stopped).await.expect_err("the storage is away");
    sweeper.sweep_if_due(&stopped).await.expect_err("it still is");
    s3.refuse(0);
    let swept = sweeper.sweep_if_due(&stopped).await.expect("swept");
    assert_eq!((swept.map(|swept| swept.orphans), site.has(&orphan).await), (Some(1), false));
    assert_eq!(sweeper.sweep_if_due(&stopped).await.expect("looked"), None);
}

#[tokio::test]
async fn a_clipping_that_cannot_be_removed_keeps_no_sweep_from_its_end() {
    let site = Site::on_disk().await;
    let file = site.file(&site.put(1).await);
    let unfinished = site.files.join("clippings/ab/cd/abcd.png#1");
    write(&unfinished);
    [&file, &unfinished].into_iter().for_each(|file| age(file, 25));
    // After it was found to be old, a folder that is not empty takes its place.
    let clock = Then(AtomicU32::new(3), move || {
        std::fs::remove_file(&file).expect("removed");
        write(&file.join("inside"));
    });
    let sweeper = Sweeper::new(site.store.clone(), site.clippings.clone(), Arc::new(clock));
    let (_stop, stopped) = watch::channel(false);
    let swept = sweeper.sweep_if_due(&stopped).await.expect("swept");
    assert_eq!(swept, Some(Swept { orphans: 0, unfinished: 1 }));
    assert_eq!(sweeper.sweep_if_due(&stopped).await.expect("looked"), None);
}
