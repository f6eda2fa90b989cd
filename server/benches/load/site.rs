//! The program, one process or several of one site, and what they cost.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::network::Network;
use crate::place::Place;

/// One process of a site.
pub(crate) struct Site {
    child: Child,
    pub(crate) url: String,
    pub(crate) log: std::path::PathBuf,
    /// From its start to its first answer.
    pub(crate) start: Duration,
}

impl Site {
    /// Starts a process with a data folder of its own, which delivers to all accounts of `network`.
    pub(crate) async fn start(place: &Place, name: &str, network: &Network, log: &str) -> Self {
        let folder = place.folder().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let allowed: Vec<String> = network.hosts.iter().map(|host| format!("{host:?}")).collect();
        let (allowed, kept, targets) = (allowed.join(", "), place.config(), network.targets());
        let config = format!(
            "listen = '127.0.0.1:0'\npublic_url = 'http://cutline.example'\nlog = '{log}'\n{kept}\n\
             [fetch]\nallow = [{allowed}]\n{targets}"
        );
        std::fs::write(folder.join("cutline.toml"), config).expect("a file");
        let log = folder.join("log");
        let stderr = std::fs::File::create(&log).expect("a file");
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_cutline"))
            .arg("serve")
            .current_dir(&folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).await.expect("it prints text");
        let Some((_, address)) = line.trim_end().rsplit_once("listening on ") else {
            panic!("it says {line:?}, and {}", std::fs::read_to_string(&log).expect("a log"));
        };
        let url = format!("http://{}", address.trim_end_matches(')'));
        Self { child, url, log, start: started.elapsed() }
    }

    /// Ends it as a power cut does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Ends it as a service manager does.
    pub(crate) async fn stop(mut self) {
        let pid = i32::try_from(self.pid()).expect("a pid");
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told");
        assert!(self.child.wait().await.expect("it ends").success());
    }

    /// What the system has given the server's own process of memory now, and at most, in MB; decoders are not counted.
    pub(crate) fn memory_mb(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("its status");
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of the status");
            line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1.024 / 1_000.0
        };
        (value("VmRSS:"), value("VmHWM:"))
    }

    /// Processor time that it took so far, in seconds; decoders are not counted.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("its times");
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        seconds
    }

    fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }
}
