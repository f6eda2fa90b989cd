//! Puts the program together from its configuration, and runs it until it is told to stop.
//!
//! Long, since it is the one place where all parts meet, in the order in which they are made. Everything that has one home is made here and given on by parameter: the clock, the random source, the HTTP client
//! for platforms, the fetcher for pictures.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cutline::server::FetcherView;
use cutline_engine::Engine;
use cutline_engine::accounts::{Accounts, AccountsParts, Sealer};
use cutline_engine::clock::{SharedClock, SystemClock, TEST_START};
use cutline_engine::cutting::Cutter;
#[cfg(target_os = "linux")]
use cutline_engine::cutting::{ProcessSettings, StartError};
use cutline_engine::deliver::{
    AccountError, Board, DEFAULT_TIMEOUT, DuplicateTarget, Pauses, Platform, Platforms, Remover,
    RemoverParts, RestPolicy, RetryPolicy, Tools, Worker, WorkerParts, fakes, guarded_client,
    platform_client,
};
use cutline_engine::engine::{EngineParts, Renditions};
use cutline_engine::error::with_causes;
use cutline_engine::fetch::{CacheSettings, FetchError, FetchSettings, Fetcher, ServerGuard};
use cutline_engine::galleries::{Galleries, GalleryError, GallerySettings, PictureFiles};
use cutline_engine::limits::{PermitLimits, RequestLimits};
use cutline_engine::links::LinkKeys;
use cutline_engine::permits::Permits;
use cutline_engine::store::{
    ClippingError, Clippings, Counting, DatabaseUrl, SharedRandom, Store, StoreError, SystemRandom,
};
use cutline_engine::sweeper::Sweeper;
use cutline_model::OverlaySettings;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::assets;
use crate::config::{BlobsUrl, Config, GalleryConfig, GalleryPictures};
use crate::embed::Sites;
use crate::map::Change;
use crate::router::{router, workers_router};
use crate::routes::embed::keep_script;
use crate::state::AppState;
use crate::streams::Streams;

/// Where those whose servers are called read about it.
const FETCHER_PAGE: &str = "/about/fetcher";

/// The demo gallery's name in addresses.
const DEMO: &str = "demo";

/// What a decoder may have beyond twice the memory of one decode (the estimate, and as much for what it does not see):
/// the file as it is read and the part as it is written.
const DECODER_BYTES: u64 = 128 << 20;

/// Why the program cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The record cannot be opened.
    #[error("the database cannot be opened: {}", with_causes(.0))]
    Store(#[from] StoreError),
    /// The place of the clippings cannot be used.
    #[error("the clippings cannot be kept: {}", with_causes(.0))]
    Clippings(#[from] ClippingError),
    /// A gallery cannot be read.
    #[error("a gallery cannot be shown: {0}")]
    Gallery(#[from] GalleryError),
    /// The fetcher cannot be made.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The decoders cannot be started.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Decoders(#[from] StartError),
    /// The HTTP client for platforms cannot be made.
    #[error("no HTTPS to platforms: {0}")]
    Client(#[from] reqwest::Error),
    /// Another program works in the data folder: two would spoil each other's cache and, on SQLite, take each other's
    /// deliveries for a crash's leftovers.
    #[error("{} is in use by another cutline: stop that one first, or name another folder with CUTLINE_DATA_DIR", .0.display())]
    InUse(PathBuf),
    /// Another program works with the database's file: each would take the other's deliveries for a crash's leftovers.
    #[error("the database {} is in use by another cutline: stop that one first, or use Postgres for several", .0.display())]
    DatabaseInUse(PathBuf),
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {cause}", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A key file cannot be read.
    #[error("the key in {} cannot be read: {cause}", file.display())]
    Key {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// An account cannot be posted to.
    #[error("an account cannot be used: its {0}")]
    Account(#[from] AccountError),
    /// Two targets are the same.
    #[error("{0}")]
    Target(#[from] DuplicateTarget),
    /// An address in the configuration names something this version cannot use.
    #[error("{0}")]
    Unsupported(String),
}

/// The program, ready to serve.
pub struct Application {
    router: axum::Router,
    changes: Vec<Change>,
    /// What takes shares, where this process does.
    engine: Option<Engine>,
    /// What delivers them and removes those deleted, where this process does.
    delivery: Option<(Worker, Remover, Sweeper)>,
    /// The accounts of visitors, of whom some are to be forgotten.
    accounts: Option<Accounts>,
    cutter: Cutter,
    store: Arc<dyn Store>,
    /// Holds true when all of this is to end.
    stop: watch::Sender<bool>,
    locks: Locks,
}

/// What pages and deliveries both need.
struct Common {
    site: Url,
    store: Arc<dyn Store>,
    clippings: Clippings,
    cutter: Cutter,
    platforms: Platforms,
    accounts: Option<Accounts>,
    /// What the queue goes by.
    clock: SharedClock,
    /// What others compare with theirs.
    machines_clock: SharedClock,
    random: SharedRandom,
}

impl Application {
    /// Opens the record, the clippings and the galleries of a site at `public_url`, and starts its decoders: `program`,
    /// which is this one or another of the same version. What the process is not for is not made.
    pub async fn build(config: &Config, public_url: &str, program: &Path) -> Result<Self, BuildError> {
        let site = Url::parse(public_url)
            .map_err(|error| BuildError::Unsupported(format!("{public_url}: {error}")))?;
        let locks = lock(config)?;
        let machines_clock: SharedClock = Arc::new(SystemClock);
        let random: SharedRandom = Arc::new(SystemRandom);
        let store = config.server.database_url.open().await?;
        let clock = store.clock();
        if config.server.test_mode {
            tracing::warn!(
                "test mode: targets are fakes, times and names of shares are the same in every run"
            );
            clock.set(TEST_START);
        }
        let clock: SharedClock = Arc::new(clock);
        let accounts = accounts_of(config, &site, &store, &clock, &random)?;
        let common = Common {
            clock,
            store,
            clippings: clippings_of(config).await?,
            cutter: cutter_of(config, program).await?,
            platforms: platforms_of(config, &user_agent(public_url), &machines_clock)?
                .with_visitors(accounts.clone()),
            accounts,
            random,
            machines_clock,
            site,
        };
        let role = config.server.role;
        let stop = watch::Sender::new(false);
        let (router, changes, engine) = if role.serves() {
            let streams = Streams::new(config.limits.max_event_streams.0, stop.subscribe());
            let (state, engine) = state_of(config, public_url, &common, streams).await?;
            let (router, changes) = router(state);
            (router, changes, Some(engine))
        } else {
            (workers_router(Arc::clone(&common.store)), Vec::new(), None)
        };
        let delivery = role.delivers().then(|| delivery_of(config, &common));
        let Common { store, cutter, accounts, .. } = common;
        Ok(Self { router, changes, engine, delivery, accounts, cutter, store, stop, locks })
    }

    /// The addresses of the site.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// The addresses under which something is changed, and who may ask for it.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Starts what goes on beside requests: deliveries, and learning the sizes of pictures that lie elsewhere.
    #[must_use]
    pub fn start_background(self) -> Background {
        let delivery = self.delivery.map(|(worker, remover, sweeper)| {
            let forgetting = self.accounts.map(|accounts| tokio::spawn(accounts.run(self.stop.subscribe())));
            let working = [
                tokio::spawn(worker.run(self.stop.subscribe())),
                tokio::spawn(remover.run(self.stop.subscribe())),
                tokio::spawn(sweeper.run(self.stop.subscribe())),
            ];
            working.into_iter().chain(forgetting)
        });
        let sizes = self.engine.map(|engine| tokio::spawn(async move { engine.learn_sizes().await }));
        Background {
            stop: self.stop,
            delivery: delivery.into_iter().flatten().collect(),
            sizes,
            cutter: self.cutter,
            store: self.store,
            _locks: self.locks,
        }
    }
}

/// What goes on beside requests.
pub struct Background {
    stop: watch::Sender<bool>,
    delivery: Vec<JoinHandle<()>>,
    sizes: Option<JoinHandle<()>>,
    cutter: Cutter,
    store: Arc<dyn Store>,
    /// Held as long as anything may be delivered.
    _locks: Locks,
}

impl Background {
    /// Says that the end has begun: nothing more is delivered, and streams of events end. What is under way has the same 25 s
    /// from now on as requests have.
    pub fn begin_to_stop(&self) -> impl FnOnce() + Send + 'static {
        let stop = self.stop.clone();
        move || {
            stop.send_replace(true);
        }
    }

    /// Lets deliveries that are under way finish, starts no more, ends the decoders and closes the record.
    pub async fn stop(self) {
        if let Some(sizes) = &self.sizes {
            sizes.abort();
        }
        self.stop.send_replace(true);
        for task in self.delivery {
            if let Err(error) = task.await {
                tracing::error!(%error, "what delivers broke");
            }
        }
        self.cutter.stop().await;
        // A database that is silent does not say goodbye.
        if tokio::time::timeout(CLOSING, self.store.close()).await.is_err() {
            tracing::warn!("the record's connections are not closed in time; they end with the process");
        }
    }
}

/// How long connections to the record may take to end.
const CLOSING: Duration = Duration::from_secs(3);

/// How long a post of a deleted share is tried to be removed.
const REMOVING: Duration = Duration::from_secs(7 * 24 * 3600);

/// What works off the queues.
fn delivery_of(config: &Config, common: &Common) -> (Worker, Remover, Sweeper) {
    let Common { site, store, clippings, cutter, platforms, clock, random, .. } = common;
    let pauses = Pauses::default();
    let worker = WorkerParts {
        store: Arc::clone(store),
        clippings: clippings.clone(),
        cutter: cutter.clone(),
        platforms: platforms.clone(),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        policy: RetryPolicy::default(),
        rest: RestPolicy::default(),
        pauses: pauses.clone(),
        // The lock beside a SQLite file keeps others away; a Postgres server is open to all.
        is_alone: matches!(config.server.database_url, DatabaseUrl::Sqlite(_)),
        public_url: site.clone(),
    };
    let remover = RemoverParts {
        store: Arc::clone(store),
        clippings: clippings.clone(),
        platforms: platforms.clone(),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        policy: RetryPolicy { max_age: REMOVING, ..RetryPolicy::default() },
        rest: RestPolicy::default(),
        pauses,
        public_url: site.clone(),
    };
    let changes = store.changes();
    let sweeper = Sweeper::new(Arc::clone(store), clippings.clone(), Arc::clone(clock));
    (Worker::new(worker, changes.deliveries()), Remover::new(remover, changes.removals()), sweeper)
}

/// What the routes have at hand, and the engine in it.
async fn state_of(
    config: &Config,
    public_url: &str,
    common: &Common,
    streams: Streams,
) -> Result<(AppState, Engine), BuildError> {
    let Common { site, store, clippings, cutter, platforms, accounts, clock, machines_clock, random } =
        common;
    let thumbnails = config.server.data_dir.join("thumbnails");
    let galleries = galleries_of(&config.galleries);
    let galleries = Galleries::open(galleries, thumbnails, site, cutter.clone(), config.limits.crop).await?;
    let link_keys = LinkKeys::of(store.as_ref(), random.as_ref()).await?;
    let fetch_settings = fetch_settings(config, public_url);
    let fetcher_view = FetcherView {
        user_agent: fetch_settings.user_agent.clone(),
        respects_reservations: fetch_settings.respects_reservations,
    };
    let fetcher =
        Fetcher::new(FetchSettings { cache: cache_settings(config, machines_clock), ..fetch_settings })?;
    let engine = Engine::new(EngineParts {
        store: Arc::clone(store),
        clippings: clippings.clone(),
        fetcher,
        cutter: cutter.clone(),
        galleries,
        platforms: platforms.clone(),
        accounts: accounts.clone(),
        link_keys,
        clock: Arc::clone(clock),
        random: if config.server.test_mode { Arc::new(Counting::default()) } else { Arc::clone(random) },
        request_limits: config.limits.request,
        renditions: Renditions::new(
            Permits::new(&PermitLimits {
                max_concurrent: 2 * config.limits.permits.max_concurrent,
                ..config.limits.permits
            }),
            config.limits.rendition,
        ),
        public_url: site.clone(),
    });
    let mut fresh = [0; 32];
    random.fill(&mut fresh);
    let secret = store.secret("embed", &fresh).await?;
    let sites = Sites::new(config.embed.clone(), config.sites.clone(), &secret, Arc::clone(clock));
    let overlay = told_of_limits(&config.overlay, config.limits.request);
    let overlay = OverlaySettings { has_accounts: accounts.is_some(), ..overlay };
    let scripts = clippings.scripts();
    if config.embed.open || !config.sites.is_empty() {
        keep_script(scripts.clone(), Arc::clone(machines_clock)).await;
    }
    let sites = (sites, scripts);
    let state =
        AppState::new(engine.clone(), &config.site, public_url, overlay, fetcher_view, streams, sites);
    Ok((state, engine))
}

/// How a site at `public_url` fetches pictures and pages.
pub(crate) fn fetch_settings(config: &Config, public_url: &str) -> FetchSettings {
    FetchSettings {
        allow: config.fetch.allow.clone(),
        respects_reservations: config.fetch.respect_noimageindex,
        own_hosts: own_hosts(config, public_url),
        user_agent: user_agent(&format!("{public_url}{FETCHER_PAGE}")),
        limits: config.limits.fetch,
        ..FetchSettings::default()
    }
}

/// The names of this site, its database and its object store: nobody's pictures are fetched from there.
fn own_hosts(config: &Config, public_url: &str) -> Vec<String> {
    let of_url = |address: &str| Url::parse(address).ok()?.host_str().map(str::to_owned);
    let database = match &config.server.database_url {
        // A socket's path is none.
        DatabaseUrl::Postgres(url) => of_url(&format!("http://{}/", url.host())),
        DatabaseUrl::Sqlite(_) => None,
    };
    let blobs = match (&config.server.blobs_url, &config.s3.endpoint) {
        (BlobsUrl::Folder(_), _) => None,
        (BlobsUrl::Bucket { .. }, Some(endpoint)) => endpoint.host_str().map(str::to_owned),
        // On Amazon's servers lie the pictures of others too: only the bucket's own name is ours.
        (BlobsUrl::Bucket { bucket, .. }, None) => {
            Some(format!("{bucket}.s3.{}.amazonaws.com", config.s3.region))
        }
    };
    let hosts = [of_url(public_url), database, blobs];
    hosts.into_iter().flatten().filter(|host| !host.is_empty()).collect()
}

/// The overlay's settings with the most that texts may hold: visitors are told before they send.
fn told_of_limits(settings: &OverlaySettings, request: RequestLimits) -> OverlaySettings {
    let count = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
    OverlaySettings {
        max_description_chars: count(request.max_description_chars),
        max_alt_chars: count(request.max_alt_chars),
        ..settings.clone()
    }
}

/// Where fetched pictures are kept: only by the program that has the data folder to itself.
fn cache_settings(config: &Config, clock: &SharedClock) -> Option<CacheSettings> {
    let folder = config.server.data_dir.join("cache");
    let (max_bytes, max_age) = (config.fetch.cache_bytes, config.fetch.cache_age);
    (max_bytes > 0).then(|| CacheSettings { folder, max_bytes, max_age, clock: Arc::clone(clock) })
}

/// What the site calls itself to others: with an address at which they can read about it.
fn user_agent(about: &str) -> String {
    format!("Cutline/{} (+{about})", env!("CARGO_PKG_VERSION"))
}

/// What is this program's alone, until this is dropped.
pub(crate) struct Locks {
    _files: Vec<File>,
}

/// Takes the data folder for this program alone, and the database if that is a file, wherever it lies.
pub(crate) fn lock(config: &Config) -> Result<Locks, BuildError> {
    let folder = &config.server.data_dir;
    let mut files = vec![lock_at(folder, &folder.join("cutline.lock"), BuildError::InUse)?];
    if let DatabaseUrl::Sqlite(file) = &config.server.database_url {
        // By its real name: another may reach it by a link.
        let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut beside = file.clone().into_os_string();
        beside.push(".lock");
        let in_use = |_| BuildError::DatabaseInUse(file.clone());
        files.push(lock_at(folder, Path::new(&beside), in_use)?);
    }
    Ok(Locks { _files: files })
}

fn lock_at(
    folder: &Path,
    path: &Path,
    in_use: impl FnOnce(PathBuf) -> BuildError,
) -> Result<File, BuildError> {
    let unusable = |cause| BuildError::Folder { folder: folder.to_owned(), cause };
    if folder != Path::new("") {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let file = File::create(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(in_use(folder.to_owned())),
        Err(TryLockError::Error(cause)) => Err(unusable(cause)),
    }
}

/// How pictures are decoded here.
#[cfg(target_os = "linux")]
async fn cutter_of(config: &Config, program: &Path) -> Result<Cutter, BuildError> {
    let permits = Permits::new(&config.limits.permits);
    if config.server.in_process {
        return Ok(Cutter::in_process(permits, config.limits.crop));
    }
    let settings = ProcessSettings {
        program: program.to_owned(),
        arguments: vec!["decoder".to_owned()],
        memory_bytes: config.limits.crop.max_decode_bytes.saturating_mul(2).saturating_add(DECODER_BYTES),
        deadline: config.limits.decode_timeout.0,
    };
    Ok(Cutter::in_processes(permits, config.limits.crop, settings).await?)
}

/// How pictures are decoded here.
#[cfg(not(target_os = "linux"))]
async fn cutter_of(config: &Config, _: &Path) -> Result<Cutter, BuildError> {
    if !config.server.in_process {
        tracing::warn!("this system has no confined processes: pictures are decoded in the server's own");
    }
    Ok(Cutter::in_process(Permits::new(&config.limits.permits), config.limits.crop))
}

/// Where the clippings are.
pub(crate) async fn clippings_of(config: &Config) -> Result<Clippings, ClippingError> {
    match &config.server.blobs_url {
        BlobsUrl::Folder(folder) => Clippings::local(folder).await,
        BlobsUrl::Bucket { bucket, prefix } => Clippings::s3(&config.s3.bucket(bucket, prefix)).await,
    }
}

/// The configured galleries, or the demo gallery when there are none.
fn galleries_of(configured: &[GalleryConfig]) -> Vec<GallerySettings> {
    if configured.is_empty() {
        let files = PictureFiles::Inside(assets::demo_pictures());
        return vec![GallerySettings { slug: DEMO.to_owned(), title: None, files }];
    }
    let settings = |gallery: &GalleryConfig| GallerySettings {
        slug: gallery.slug.clone(),
        title: gallery.title.clone(),
        files: match &gallery.pictures {
            GalleryPictures::Folder(folder) => PictureFiles::Folder(folder.clone()),
            GalleryPictures::Addresses(urls) => PictureFiles::Urls(urls.clone()),
        },
    };
    configured.iter().map(settings).collect()
}

/// What seals visitors' secrets, on a site that has a key for it.
pub(crate) fn sealer_of(config: &Config) -> Result<Option<Sealer>, BuildError> {
    let read =
        |file: &PathBuf| std::fs::read(file).map_err(|cause| BuildError::Key { file: file.clone(), cause });
    let Some(current) = &config.server.secret_key_file else { return Ok(None) };
    let previous = config.server.previous_secret_key_file.as_ref().map(read).transpose()?;
    Ok(Some(Sealer::new(&read(current)?, previous.as_deref())))
}

/// The accounts of visitors, on a site that can seal them.
fn accounts_of(
    config: &Config,
    site: &Url,
    store: &Arc<dyn Store>,
    clock: &SharedClock,
    random: &SharedRandom,
) -> Result<Option<Accounts>, BuildError> {
    let Some(sealer) = sealer_of(config)? else {
        if !config.sign_ins.is_empty() {
            let what =
                "[[sign_in]] needs secret_key_file: without it nothing of visitors' accounts can be kept";
            return Err(BuildError::Unsupported(what.to_owned()));
        }
        return Ok(None);
    };
    let public_url = site.as_str().trim_end_matches('/');
    let settings = fetch_settings(config, public_url);
    let guard =
        ServerGuard::new(settings.allow, &settings.own_hosts, settings.network, settings.limits.dns_timeout)?;
    let client = guarded_client(guard.clone(), &user_agent(public_url), DEFAULT_TIMEOUT)?;
    Ok(Some(Accounts::new(AccountsParts {
        store: Arc::clone(store),
        sealer,
        guard,
        tools: Tools { client, clock: Arc::clone(clock) },
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        public_url: site.clone(),
        site_name: config.site.name.clone(),
        sign_ins: config.sign_ins.clone(),
    })))
}

/// The board, then the site's accounts in the order configured.
fn platforms_of(config: &Config, agent: &str, clock: &SharedClock) -> Result<Platforms, BuildError> {
    let mut platforms: Vec<Arc<dyn Platform>> = vec![Arc::new(Board)];
    if config.server.test_mode {
        platforms.extend(fakes());
    }
    let tools = Tools { client: platform_client(agent, DEFAULT_TIMEOUT)?, clock: Arc::clone(clock) };
    for account in &config.accounts {
        platforms.push((account.platform.make)(account.clone(), tools.clone())?);
    }
    Ok(Platforms::new(platforms)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Typed;

    #[test]
    fn nothing_is_fetched_from_the_sites_own_names() {
        let mut config = Config::read(&Typed::default()).expect("the defaults");
        let own = |config: &Config| fetch_settings(config, "https://pictures.example.org").own_hosts;
        assert_eq!(own(&config), ["pictures.example.org"]);
        let database = DatabaseUrl::parse("postgres://cutline:secret@db.example.org:5432/cutline");
        config.server.database_url = database.expect("an address");
        assert_eq!(own(&config), ["pictures.example.org", "db.example.org"]);
        config.server.blobs_url = BlobsUrl::Bucket { bucket: "parts".to_owned(), prefix: String::new() };
        let on_amazon = "parts.s3.us-east-1.amazonaws.com";
        assert_eq!(own(&config), ["pictures.example.org", "db.example.org", on_amazon]);
        config.s3.endpoint = Some(Url::parse("https://s3.example.org").expect("an address"));
        assert_eq!(own(&config), ["pictures.example.org", "db.example.org", "s3.example.org"]);
    }
}
