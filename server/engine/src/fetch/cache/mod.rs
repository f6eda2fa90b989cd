//! Pictures kept for the next who asks: whole ones only, as long as their origins allow and no longer than the operator.
//!
//! An answer is kept under the address that gave it, not under those that led there by redirects: each hop is checked and
//! asked anew, so a redirect is never believed for longer than its own answer. A file is written beside its place and
//! moved there when complete. Nothing here can make a fetch fail: what cannot be read or written is fetched again.

mod entry;
mod index;
mod policy;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use tokio::task::spawn_blocking;
use url::Url;

use self::entry::{Head, MAX_EXTRA_BYTES};
use self::index::{Index, file_name, name_of, parse_file_name};
use self::policy::{Arrival, Policy, Use};
use super::held::Room;
use crate::clock::SharedClock;
use crate::crop;

/// What an unfinished file's name ends with.
const UNFINISHED: &str = ".part";

/// How much of a picture is looked at to tell that it is one.
const SNIFFED_BYTES: usize = 512;

/// Where pictures are kept, and how much of them.
#[derive(Clone)]
pub struct CacheSettings {
    /// The folder, of which everything else is removed.
    pub folder: PathBuf,
    /// Most bytes in it.
    pub max_bytes: u64,
    /// Longest time since the origin gave a picture, or said that it has not changed.
    pub max_age: Duration,
    /// What tells the age.
    pub clock: SharedClock,
}

impl fmt::Debug for CacheSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, max_bytes, max_age, clock: _ } = self;
        f.debug_struct("CacheSettings")
            .field("folder", folder)
            .field("max_bytes", max_bytes)
            .field("max_age", max_age)
            .finish_non_exhaustive()
    }
}

/// The kept pictures.
#[derive(Debug)]
pub(super) struct Cache {
    settings: CacheSettings,
    /// Where the bytes are counted that are read into memory.
    room: Room,
    index: Mutex<Index>,
    /// The files whose bytes somebody holds: who comes meanwhile is given the same, not a copy of his own.
    held: Mutex<HashMap<index::Name, Weak<File>>>,
}

/// A file as it was read.
#[derive(Debug)]
struct File {
    head: Head,
    bytes: Bytes,
}

/// As many bytes as may be are in memory already.
struct NoRoom;

/// Somebody who holds a file's bytes.
struct Holder(Arc<File>);

impl AsRef<[u8]> for Holder {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// What is there for a request.
pub(super) enum Found {
    /// A picture that may be used as it is.
    Fresh(Bytes),
    /// A picture that may be used when the origin, asked with these headers, says that it has not changed.
    Stale(Kept, HeaderMap),
    /// None.
    Nothing,
    /// A picture that finds no room in memory at the moment.
    NoRoom,
}

/// A kept picture.
#[derive(Debug)]
pub(super) struct Kept {
    head: Head,
    bytes: Bytes,
}

/// Leave to keep a picture once it is whole.
#[derive(Debug)]
pub(super) struct Keeping {
    cache: Arc<Cache>,
    head: Head,
}

impl Cache {
    /// Looks through the folder, which is made if it is missing; what is not ours is removed.
    pub(super) fn open(settings: CacheSettings, room: Room) -> io::Result<Arc<Self>> {
        fs::create_dir_all(&settings.folder)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&settings.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_str().and_then(parse_file_name);
            match (name, entry.metadata()?) {
                (Some(name), about) if about.is_file() => found.push((about.modified()?, name, about.len())),
                (_, about) if about.is_dir() => {}
                _ => fs::remove_file(entry.path())?,
            }
        }
        found.sort_unstable();
        let mut index = Index::default();
        found.into_iter().for_each(|(confirmed, name, bytes)| index.insert(name, bytes, confirmed));
        let this = Arc::new(Self { settings, room, index: Mutex::new(index), held: Mutex::default() });
        this.sweep();
        this.sweep_now_and_then();
        Ok(this)
    }

    /// Looks for what answers `request` for `url`.
    pub(super) async fn find<B>(self: &Arc<Self>, url: &Url, request: &Request<B>) -> Found {
        let (this, wanted) = (Arc::clone(self), url.clone());
        let kept = match spawn_blocking(move || this.read(&wanted)).await {
            Ok(Ok(Some(kept))) => kept,
            Ok(Err(NoRoom)) => return Found::NoRoom,
            _ => return Found::Nothing,
        };
        match kept.head.policy.judge(request, self.now()) {
            Use::Fresh => Found::Fresh(kept.bytes),
            Use::Ask(headers) => Found::Stale(kept, headers),
            Use::Nothing => Found::Nothing,
        }
    }

    /// Leave to keep the answer to `request`, which came after `delay`, if its headers give it.
    pub(super) fn keeping<B>(
        self: &Arc<Self>,
        url: &Url,
        request: &Request<B>,
        status: StatusCode,
        headers: &HeaderMap,
        delay: Duration,
    ) -> Option<Keeping> {
        let confirmed = self.now();
        let policy = Policy::of(request, status, headers, Arrival { at: confirmed, delay })?;
        Some(Keeping { cache: Arc::clone(self), head: Head { url: url.to_string(), confirmed, policy } })
    }

    /// The picture and the leave to keep it on, after the origin said with these headers that it has not changed; nothing
    /// when it means another one.
    pub(super) fn refresh<B>(
        self: &Arc<Self>,
        kept: Kept,
        request: &Request<B>,
        headers: &HeaderMap,
        delay: Duration,
    ) -> Option<(Bytes, Keeping)> {
        let confirmed = self.now();
        let arrival = Arrival { at: confirmed, delay };
        let policy = kept.head.policy.refreshed(request, headers, arrival)?;
        let head = Head { confirmed, policy, ..kept.head };
        Some((kept.bytes, Keeping { cache: Arc::clone(self), head }))
    }

    /// Removes the picture kept for `url`, if there is one.
    pub(super) async fn forget(self: &Arc<Self>, url: &Url) {
        let (this, name) = (Arc::clone(self), name_of(url.as_str()));
        // Only a stopping program does not get to it.
        let _ = spawn_blocking(move || this.remove(&[name])).await;
    }

    fn read(&self, url: &Url) -> Result<Option<Kept>, NoRoom> {
        let name = name_of(url.as_str());
        if !self.index().touch(&name) {
            return Ok(None);
        }
        let file = match self.held(&name) {
            Some(file) => Some(file),
            None => self.read_file(&name)?,
        };
        let file = file.filter(|file| {
            let age = self.now().duration_since(file.head.confirmed).unwrap_or_default();
            file.head.url == url.as_str() && age < self.settings.max_age
        });
        let Some(file) = file else {
            self.remove(&[name]);
            return Ok(None);
        };
        Ok(Some(Kept { head: file.head.clone(), bytes: Bytes::from_owner(Holder(file)) }))
    }

    /// The file, if somebody holds it.
    fn held(&self, name: &index::Name) -> Option<Arc<File>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, file| file.strong_count() > 0);
        held.get(name)?.upgrade()
    }

    fn hold(&self, name: index::Name, file: Option<&Arc<File>>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match file {
            Some(file) => held.insert(name, Arc::downgrade(file)),
            None => held.remove(&name),
        };
    }

    fn read_file(&self, name: &index::Name) -> Result<Option<Arc<File>>, NoRoom> {
        let path = self.path(&file_name(name));
        let about = fs::symlink_metadata(&path).ok();
        let Some(about) = about.filter(|about| about.is_file() && about.len() <= self.settings.max_bytes)
        else {
            return Ok(None);
        };
        let held = self.room.share();
        held.add(about.len()).map_err(|_| NoRoom)?;
        let bytes = fs::read(path).ok().map(|bytes| held.with(bytes.into()));
        let Some((head, bytes)) = bytes.and_then(entry::read) else { return Ok(None) };
        let file = Arc::new(File { head, bytes });
        self.hold(*name, Some(&file));
        Ok(Some(file))
    }

    fn write(&self, head: &Head, pieces: &[Bytes]) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = name_of(&head.url);
        let unfinished = self.path(&format!("{count}{UNFINISHED}"));
        // Not synced: what a power cut leaves half written has a wrong sum.
        let written = fs::File::create_new(&unfinished).and_then(|mut file| {
            let bytes = entry::write(&mut file, head, pieces)?;
            file.set_modified(head.confirmed)?;
            // Under the lock nobody takes the new file for the old one and removes it.
            let mut index = self.index();
            fs::rename(&unfinished, self.path(&file_name(&name)))?;
            index.insert(name, bytes, head.confirmed);
            self.hold(name, None);
            Ok(())
        });
        written.inspect_err(|_| {
            // Nothing more can be done about a full disk than not to leave half a file on it.
            let _ = fs::remove_file(&unfinished);
        })
    }

    fn remove(&self, names: &[index::Name]) {
        let mut index = self.index();
        for name in names {
            index.remove(name);
            self.hold(*name, None);
            if let Err(error) = fs::remove_file(self.path(&file_name(name)))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "a kept picture cannot be removed");
            }
        }
    }

    fn sweep(&self) {
        let CacheSettings { max_bytes, max_age, .. } = self.settings;
        let swept = self.index().sweep(max_bytes, max_age, self.now());
        self.remove(&swept);
    }

    /// Sees to it that pictures go when they are too old, even when nobody fetches any more.
    fn sweep_now_and_then(self: &Arc<Self>) {
        let pace = (self.settings.max_age / 24).clamp(Duration::from_secs(60), Duration::from_secs(3_600));
        let this = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pace).await;
                let Some(this) = this.upgrade() else { return };
                let _ = spawn_blocking(move || this.sweep()).await;
            }
        });
    }

    fn path(&self, file: &str) -> PathBuf {
        self.settings.folder.join(file)
    }

    fn index(&self) -> std::sync::MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        // Where a system's time cannot hold what the clock says, everything is as fresh as it ever was.
        self.settings.clock.now().try_into().unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl Kept {
    /// How many bytes it has.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Keeping {
    /// Keeps the picture, which has arrived whole. What is no picture is not kept, whatever its origin calls it.
    pub(super) async fn keep(self, pieces: Vec<Bytes>) {
        let kept = spawn_blocking(move || {
            let Self { cache, head } = self;
            let bytes: usize = pieces.iter().map(Bytes::len).sum();
            let room = cache.settings.max_bytes.saturating_sub(MAX_EXTRA_BYTES);
            if bytes as u64 <= room && crop::sniff(&beginning(&pieces)).is_ok() {
                cache.write(&head, &pieces)?;
                cache.sweep();
            }
            Ok::<_, io::Error>(())
        });
        if let Ok(Err(error)) = kept.await {
            tracing::warn!(%error, "a picture cannot be kept");
        }
    }
}

fn beginning(pieces: &[Bytes]) -> Vec<u8> {
    pieces.iter().flatten().copied().take(SNIFFED_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use jiff::Timestamp;

    use super::*;
    use crate::clock::Clock;

    #[derive(Default)]
    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_800_000_000 + self.0.load(Ordering::SeqCst)).expect("a time")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_goes_although_nobody_fetches_any_more() {
        const DAY: i64 = 86_400;
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(Hands::default());
        let cache = Cache::open(
            CacheSettings {
                folder: folder.path().to_owned(),
                max_bytes: 1 << 20,
                max_age: Duration::from_secs(86_400),
                clock: clock.clone(),
            },
            Room::new(1 << 20),
        )
        .expect("a folder");
        let url = Url::parse("http://a.example/").expect("an address");
        let request = Request::get(url.as_str()).body(()).expect("a request");
        let headers = HeaderMap::from_iter([(http::header::ETAG, "\"a\"".parse().expect("a value"))]);
        let keeping = cache.keeping(&url, &request, StatusCode::OK, &headers, Duration::ZERO);
        keeping.expect("it may be kept").keep(vec![Bytes::from_static(b"\xff\xd8\xff\xe0 and so on")]).await;
        let files = || fs::read_dir(folder.path()).expect("a folder").count();
        tokio::time::sleep(Duration::from_secs(7_200)).await;
        assert_eq!(files(), 1);
        clock.0.store(DAY, Ordering::SeqCst);
        // The clock of the machine does not count, only how often it looks.
        for _ in 0..120 {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        assert_eq!(files(), 0);
    }
}
