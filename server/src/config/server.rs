//! Where the server listens, how it is reached and where it keeps things: the keys at the top of the file.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use cutline_engine::accounts::MIN_KEY_FILE_BYTES;
use cutline_engine::store::DatabaseUrl;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::blobs::BlobsUrl;
use super::role::Role;
use super::section::Section;

/// The server's own settings.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// `listen`, `CUTLINE_LISTEN`: the address and port to listen on; `127.0.0.1:3000`. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `data_dir`, `CUTLINE_DATA_DIR`: the folder for everything that is kept; `./data`.
    pub data_dir: PathBuf,
    /// `public_url`, `CUTLINE_PUBLIC_URL`: how browsers reach this server, without a slash at the end; none means
    /// the address it listens on. See [`ServerConfig::public_url_at`].
    pub public_url: Option<String>,
    /// `database_url`, `CUTLINE_DATABASE_URL`: where shares are recorded, `sqlite:` and a file or `postgres://…`;
    /// `sqlite:` and `cutline.db` in `data_dir`.
    pub database_url: DatabaseUrl,
    /// `blobs_url`, `CUTLINE_BLOBS_URL`: where clippings are kept, `file:` and a folder or `s3://bucket/prefix`; `file:` and
    /// `blobs` in `data_dir`.
    pub blobs_url: BlobsUrl,
    /// `secret_key_file`, `CUTLINE_SECRET_KEY_FILE`: the file whose bytes seal what opens visitors' accounts; none, and then they
    /// have no accounts.
    pub secret_key_file: Option<PathBuf>,
    /// `previous_secret_key_file`, `CUTLINE_PREVIOUS_SECRET_KEY_FILE`: the one before, until everything is sealed anew; none.
    pub previous_secret_key_file: Option<PathBuf>,
    /// `in_process`, `CUTLINE_IN_PROCESS`, `--in-process`: whether pictures are decoded in the server's own process;
    /// `false`.
    pub in_process: bool,
    /// `test_mode`, `CUTLINE_TEST_MODE`, `--test-mode`: whether this server is there to be tested against, with fake targets, a
    /// clock that begins at a known time, and counted ids; `false`.
    pub test_mode: bool,
    /// `role`, `CUTLINE_ROLE`, `--role`: what this process is for; `all`. Others than `all` have a database that processes can
    /// share.
    pub role: Role,
    /// `log`, `CUTLINE_LOG`: what is logged, as tracing's filter text; `info`.
    pub log: String,
}

impl ServerConfig {
    /// The address that links begin with, without a slash at the end, once the server listens at `bound`.
    #[must_use]
    pub fn public_url_at(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }

    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let listen = section
            .scalar("listen", "an IP address and a port, for example 127.0.0.1:3000", |text| {
                text.parse().ok()
            })
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)));
        let data_dir = section
            .scalar("data_dir", "a folder, for example ./data", parse_path)
            .unwrap_or_else(|| "./data".into());
        let public_url = section.scalar(
            "public_url",
            "an http or https address without path, for example https://share.example.org",
            |text| parse_origin(text).map(|url| url.origin().ascii_serialization()),
        );
        // A password may stand in it.
        let database_url = section
            .told_secret("database_url", DatabaseUrl::parse)
            .unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("cutline.db")));
        // Somebody may write keys into it.
        let blobs_url = section
            .secret(
                "blobs_url",
                "file: and a folder, for example file:./data/blobs, or s3:// and a bucket, for example s3://my-clippings/prefix",
                BlobsUrl::parse,
            )
            .unwrap_or_else(|| BlobsUrl::Folder(data_dir.join("blobs")));
        let mut key_file = |key: &str| {
            let expected = format!(
                "a file of at least {MIN_KEY_FILE_BYTES} bytes, for example made with: head -c 32 /dev/urandom > secret.key"
            );
            section.scalar(key, expected, |text| {
                let path = PathBuf::from(text);
                let is_key =
                    |file: std::fs::Metadata| file.is_file() && file.len() >= MIN_KEY_FILE_BYTES as u64;
                std::fs::metadata(&path).is_ok_and(is_key).then_some(path)
            })
        };
        let (secret_key_file, previous_secret_key_file) =
            (key_file("secret_key_file"), key_file("previous_secret_key_file"));
        let (can_share, is_public) = (matches!(database_url, DatabaseUrl::Postgres(_)), public_url.is_some());
        let role = section
            .scalar(
                "role",
                "all, web or worker, the last two only with a Postgres server as database_url, and worker only with a public_url",
                |text| {
                    Role::parse(text).filter(|role| match role {
                        Role::All => true,
                        Role::Web => can_share,
                        // What it posts links to the site, which is not where it listens.
                        Role::Worker => can_share && is_public,
                    })
                },
            )
            .unwrap_or_default();
        let in_process = section.flag("in_process", false);
        let test_mode = section.flag("test_mode", false);
        let log = section
            .scalar("log", "a filter, for example info or warn,cutline_engine=debug", |text| {
                EnvFilter::builder().parse(text).is_ok().then(|| text.to_owned())
            })
            .unwrap_or_else(|| "info".to_owned());
        Self {
            listen,
            data_dir,
            public_url,
            database_url,
            blobs_url,
            secret_key_file,
            previous_secret_key_file,
            in_process,
            test_mode,
            role,
            log,
        }
    }
}

fn parse_path(text: &str) -> Option<PathBuf> {
    (!text.trim().is_empty()).then(|| PathBuf::from(text))
}

/// Reads an http or https address that is nothing but scheme, host and port.
pub(super) fn parse_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let has_login = !url.username().is_empty() || url.password().is_some();
    (is_web && is_bare && !has_login).then_some(url)
}
