//! The program under test: built from a configuration file's text, serving on a free port, its data in a folder that
//! vanishes. A method per address; what a client sees comes back as an [`Answer`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use cutline_server::application::{Application, Background};
use cutline_server::config::{Config, Typed};
use cutline_server::map::Change;
use cutline_server::serve::Listening;
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Body, Client, Response, redirect};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::pictures::{coordinates, png};

/// Longer than anything here may take; a test that meets it has failed.
pub(crate) const TOO_LONG: Duration = Duration::from_secs(30);

/// The file names of the gallery `demo`, in its order: the third one comes first.
pub(crate) const DEMO: [&str; 3] = ["c.png", "a.png", "b.png"];

/// Their sizes.
pub(crate) const DEMO_SIZES: [(u32, u32); 3] = [(900, 600), (120, 80), (200, 300)];

/// A running server.
pub(crate) struct TestApp {
    /// `http://127.0.0.1:PORT`, which is also its public address unless it is configured.
    pub(crate) url: String,
    /// The addresses under which something is changed.
    pub(crate) changes: Vec<Change>,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    folder: TempDir,
    client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    background: Background,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl TestApp {
    /// A server with the gallery `demo`, which may fetch from the hosts (with ports) of `allow`.
    pub(crate) async fn start(allow: &[&str]) -> Self {
        Self::with_config(&format!("[fetch]\nallow = {allow:?}")).await
    }

    /// A server with the gallery `demo` and this configuration.
    pub(crate) async fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("demo");
        write_demo(&pictures);
        let gallery = format!("[[galleries]]\nslug = \"demo\"\nfolder = {pictures:?}");
        Self::start_in(folder, &format!("{config}\n{gallery}")).await
    }

    /// A server with this configuration and nothing else.
    pub(crate) async fn bare(config: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), config).await
    }

    async fn start_in(folder: TempDir, config: &str) -> Self {
        let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n{config}", folder.path().join("data"));
        let typed = Typed { file: Some(("cutline.toml".to_owned(), text)), ..Typed::default() };
        let config = Config::read(&typed).expect("a right configuration");
        let listening = Listening::bind(config.server.listen).await.expect("a free port");
        let url = format!("http://{}", listening.addr());
        let public_url = config.server.public_url_at(listening.addr());
        let program = Path::new(env!("CARGO_BIN_EXE_cutline"));
        let application =
            Application::build(&config, &public_url, program).await.expect("everything it is made of");
        let (router, changes) = (application.router(), application.changes().to_vec());
        let background = application.start_background();
        let (stop, stopped) = oneshot::channel();
        let begin_to_stop = background.begin_to_stop();
        let stopped = async {
            // A test that failed does not stop its server; it ends with the runtime.
            let _ = stopped.await;
            begin_to_stop();
        };
        let serving = tokio::spawn(listening.serve(router, stopped));
        Self { url, changes, patience: TOO_LONG, folder, client: client(), stop, serving, background }
    }

    /// Stops it as a signal does: no new requests, then no new deliveries.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it serves");
        drop(self.client);
        let ended = async {
            self.serving.await.expect("it ends without a panic");
            self.background.stop().await;
        };
        tokio::time::timeout(TOO_LONG, ended).await.expect("it stops in time");
    }

    /// `GET path`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Any request; redirects are not followed.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let url = format!("{}{path}", self.url);
        let request = headers
            .iter()
            .fold(self.client.request(method, url).timeout(self.patience), |request, (name, value)| {
                request.header(*name, *value)
            });
        let response = request.body(body).send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, bytes: response.bytes().await.expect("a whole answer").into() }
    }

    /// `GET path` for an answer that goes on: only its head is waited for. `seen` is the last event that the client saw.
    pub(crate) async fn open(&self, path: &str, seen: Option<&str>) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.url));
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        request.send().await.expect("an answer")
    }

    /// `POST /api/v1/shares`
    pub(crate) async fn share(&self, request: &Value) -> Answer {
        self.share_with(request, &[]).await
    }

    /// `POST /api/v1/shares` with more headers.
    pub(crate) async fn share_with(&self, request: &Value, headers: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(Method::POST, "/api/v1/shares", &headers, request.to_string()).await
    }

    /// `POST /api/v1/shares` that must be accepted.
    pub(crate) async fn accepted(&self, request: &Value) -> Value {
        let answer = self.share(request).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// `GET /api/v1/shares/{id}`
    pub(crate) async fn receipt(&self, id: &str) -> Answer {
        self.get(&format!("/api/v1/shares/{id}")).await
    }

    /// `POST /api/v1/shares/{id}/retry`
    pub(crate) async fn retry(&self, id: &str) -> Answer {
        self.send(Method::POST, &format!("/api/v1/shares/{id}/retry"), &[], "").await
    }

    /// `POST /api/{function}`: a server function of the overlay.
    pub(crate) async fn call(&self, function: &str, arguments: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, &format!("/api/{function}"), &headers, arguments.to_string()).await
    }

    /// Asks for the receipt until no delivery is under way any more.
    pub(crate) async fn settled(&self, id: &str) -> Value {
        let poll = async {
            loop {
                let receipt = self.receipt(id).await.json();
                let deliveries = receipt["deliveries"].as_array().expect("deliveries");
                if deliveries
                    .iter()
                    .all(|delivery| !["queued", "sending"].map(Value::from).contains(&delivery["state"]))
                {
                    return receipt;
                }
            }
        };
        tokio::time::timeout(TOO_LONG, poll).await.expect("every delivery ends")
    }

    /// How many shares the first page of `/board` shows.
    pub(crate) async fn shares_on_board(&self) -> usize {
        let board = self.get("/board").await;
        assert_eq!(board.status, 200);
        board.text().matches("class=\"board__share\"").count()
    }

    /// How many rows the record holds, in all its tables.
    pub(crate) async fn rows(&self) -> i64 {
        let record = format!("sqlite:{}?mode=ro", self.folder.path().join("data/cutline.db").display());
        let mut record = SqliteConnection::connect(&record).await.expect("the record");
        let mut rows = 0;
        for table in ["share", "delivery", "attempt", "idempotency"] {
            let count = format!("SELECT count(*) FROM {table}");
            rows +=
                sqlx::query_scalar::<_, i64>(AssertSqlSafe(count)).fetch_one(&mut record).await.expect(table);
        }
        rows
    }

    /// The secret of this name, as the record has it.
    pub(crate) async fn secret(&self, name: &str) -> Vec<u8> {
        let record = format!("sqlite:{}?mode=ro", self.folder.path().join("data/cutline.db").display());
        let mut record = SqliteConnection::connect(&record).await.expect("the record");
        let query = "SELECT value FROM secret WHERE name = ?";
        sqlx::query_scalar(query).bind(name).fetch_one(&mut record).await.expect("a secret")
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How many files there are in the data folder: the record, clippings, and what is on its way to become one.
    pub(crate) fn files(&self) -> usize {
        files_below(&self.data())
    }

    /// How many files the folder of clippings holds.
    pub(crate) fn files_of_clippings(&self) -> usize {
        files_below(&self.data().join("blobs/clippings"))
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status, code and field of a problem, which must be called one.
    pub(crate) fn problem(&self) -> (u16, String, Option<String>) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{problem}");
        let text = |field: &str| problem[field].as_str().map(str::to_owned);
        (self.status.as_u16(), text("code").expect("a code"), text("field"))
    }
}

/// A share request for the upper left quarter of a picture at `image_url`, to the board.
pub(crate) fn quarter_of(image_url: &str) -> Value {
    json!({"source": {"image_url": image_url}, "region": {"x": 0, "y": 0, "w": 0.5, "h": 0.5}, "targets": ["board"]})
}

fn client() -> Client {
    #[expect(clippy::disallowed_methods, reason = "stands for the visitors' browsers and programs")]
    let builder = Client::builder();
    builder.no_proxy().redirect(redirect::Policy::none()).build().expect("a client")
}

fn write_demo(folder: &Path) {
    std::fs::create_dir(folder).expect("a folder");
    for (file, (width, height)) in DEMO.iter().zip(DEMO_SIZES) {
        std::fs::write(folder.join(file), png(&coordinates(width, height))).expect("a file");
    }
    std::fs::write(
        folder.join("gallery.toml"),
        "title = 'The demo'\n[[pictures]]\nfile = 'c.png'\nalt = 'All colours'\nauthor = 'Ann'\nlicence = 'CC0 1.0'",
    )
    .expect("a file");
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let entries = entries.map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}
