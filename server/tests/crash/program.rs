//! The program with a place of its own, started as often as a test likes.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use cutline_engine::deliver::platform_client;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::network::Network;
use super::place::Place;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cutline");
const TARGET: &str = "mastodon:alice@network.example";
/// One request, whatever becomes of it.
const KEY: &str = "the-visitors-key";

/// How often it is asked how far it is: at first, and when it takes long.
const PACE: Duration = Duration::from_millis(200);
const SLOW_PACE: Duration = Duration::from_secs(1);

/// What is there when it does not run.
pub(crate) struct Program {
    place: Place,
}

/// While it runs.
pub(crate) struct Running {
    child: Child,
    url: String,
    client: reqwest::Client,
    _stdout: BufReader<ChildStdout>,
}

/// What a share has come to.
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) state: String,
}

impl Program {
    pub(crate) fn new(network: &Network, place: Place) -> Self {
        Self::with_config(network, place, "")
    }

    /// With more lines at the beginning of its configuration.
    pub(crate) fn with_config(network: &Network, place: Place, lines: &str) -> Self {
        let (host, kept) = (&network.host, place.config());
        let config = format!(
            "listen = \"127.0.0.1:0\"\npublic_url = \"http://cutline.example\"\n{lines}\n{kept}\n\
             [fetch]\nallow = [\"{host}\"]\n\
             [[targets]]\nplatform = \"mastodon\"\nserver = \"http://{host}\"\n\
             account = \"alice@network.example\"\ntoken = \"secret\"\n"
        );
        std::fs::write(place.folder().join("cutline.toml"), config).expect("a file");
        Self { place }
    }

    /// Starts it; it will end at `step`, if one is named.
    pub(crate) async fn start(&self, step: Option<&str>) -> Running {
        let mut command = Command::new(PROGRAM);
        command.arg("serve");
        self.start_by(command, step).await
    }

    /// Starts it by a command that becomes it.
    pub(crate) async fn start_by(&self, mut command: Command, step: Option<&str>) -> Running {
        command.current_dir(self.place.folder()).env_clear().kill_on_drop(true);
        command.envs(step.map(|step| ("CRASH_AT", step)));
        let log = std::fs::File::options().create(true).append(true).open(self.place.folder().join("log"));
        let mut child =
            command.stdout(Stdio::piped()).stderr(log.expect("a file")).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).await.expect("it prints text");
        let Some((_, address)) = line.trim_end().rsplit_once("listening on ") else {
            panic!("it says {line:?}, and {}", self.log());
        };
        let url = format!("http://{}", address.trim_end_matches(')'));
        let client = platform_client("a visitor", Duration::from_secs(60)).expect("a client");
        Running { child, url, client, _stdout: stdout }
    }

    /// The request of one visitor.
    pub(crate) fn request(&self, network: &Network) -> Value {
        json!({
            "source": {"image_url": format!("http://{}/picture.png", network.host)},
            "region": {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5},
            "description": "The middle", "targets": ["board", TARGET]
        })
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.place.folder().join("log")).expect("a log")
    }

    /// Where it keeps what it keeps.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Looks at what is left when all has ended: the record is whole, no attempt is open, and there is the share's clipping and no other.
    pub(crate) async fn expect_sound(self, share: &str) {
        let record = self.place.record(share).await;
        assert_eq!(record.open_attempts, 0);
        assert_eq!(self.place.clippings(), [record.clipping]);
        self.place.remove().await;
    }
}

impl Running {
    /// Sends the request; the receipt, if an answer came.
    pub(crate) async fn share(&self, request: &Value) -> Option<Receipt> {
        let (status, share) = self.post(request, KEY).await?;
        assert_eq!(status, 201, "{share}");
        Some(receipt(&share))
    }

    /// Sends the request under a key; status and body of the answer, if one came.
    pub(crate) async fn post(&self, request: &Value, key: &str) -> Option<(u16, Value)> {
        let sent = self.client.post(format!("{}/api/v1/shares", self.url));
        let answer = sent.header("idempotency-key", key).json(request).send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    /// Deletes the share of this receipt; how far that is, if an answer came.
    pub(crate) async fn delete(&self, share: &Value) -> Option<Value> {
        let link = share["delete_url"].as_str().expect("a link");
        let (_, key) = link.split_once("?key=").expect("a key");
        let id = share["id"].as_str().expect("an id");
        let sent = self.client.delete(format!("{}/api/v1/shares/{id}?key={key}", self.url));
        sent.send().await.ok()?.json().await.ok()
    }

    /// Sends what failed once more; the status of the answer.
    pub(crate) async fn retry(&self, id: &str) -> http::StatusCode {
        let sent = self.client.post(self.at(&format!("/api/v1/shares/{id}/retry")));
        sent.send().await.expect("an answer").status()
    }

    /// The address of a path there.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What asks it.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits until the share has come to an end.
    pub(crate) async fn ended(&self, id: &str, longest: Duration) -> Receipt {
        let since = Instant::now();
        loop {
            let receipt = receipt(&self.get(&format!("/api/v1/shares/{id}")).await);
            let waited = since.elapsed();
            if matches!(receipt.state.as_str(), "posted" | "failed" | "unknown") || waited > longest {
                return receipt;
            }
            tokio::time::sleep(if waited < 30 * PACE { PACE } else { SLOW_PACE }).await;
        }
    }

    /// How many shares the board shows.
    pub(crate) async fn shares(&self) -> usize {
        let page = self.client.get(format!("{}/board", self.url)).send().await.expect("the board");
        let page = page.text().await.expect("a page");
        let links: std::collections::HashSet<&str> =
            page.split("href=\"/s/").skip(1).filter_map(|rest| rest.get(..16)).collect();
        links.len()
    }

    /// How many shares all pages of the board show.
    pub(crate) async fn shares_in_all(&self) -> usize {
        let (mut links, mut next) = (std::collections::HashSet::new(), Some("/board".to_owned()));
        while let Some(path) = next {
            let page = self.client.get(format!("{}{path}", self.url)).send().await.expect("the board");
            let page = page.text().await.expect("a page");
            links.extend(
                page.split("href=\"/s/").skip(1).filter_map(|rest| rest.get(..16).map(str::to_owned)),
            );
            let older = page.split("href=\"/board?before=").nth(1).and_then(|rest| rest.split('"').next());
            next = older.map(|cursor| format!("/board?before={cursor}"));
        }
        links.len()
    }

    /// What time it says that it is.
    pub(crate) async fn date(&self) -> jiff::Timestamp {
        let answer = self.client.get(format!("{}/healthz", self.url)).send().await.expect("an answer");
        let date = answer.headers()["date"].to_str().expect("text");
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).expect("a date")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.start_kill().expect("it runs");
    }

    /// Waits for its end, which must have been sudden.
    pub(crate) async fn died_of_a_kill(&mut self) {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        let status = ended.expect("it reaches the step").expect("it ends");
        assert_eq!(status.signal(), Some(9), "{status}");
    }

    /// Ends it as a service manager does.
    pub(crate) async fn stop(self) {
        self.signal(Signal::TERM);
        self.ended_well().await;
    }

    /// Tells its process something.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("told");
    }

    /// Waits for its end, once it was told to stop.
    pub(crate) async fn ended_well(mut self) {
        assert!(self.child.wait().await.expect("it ends").success());
    }
}

pub(crate) fn receipt(share: &Value) -> Receipt {
    let delivery = share["deliveries"].as_array().expect("deliveries").iter();
    let delivery = delivery.clone().find(|delivery| delivery["target"] == TARGET).expect("the target");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    Receipt { id: text(&share["id"]), state: text(&delivery["state"]) }
}
