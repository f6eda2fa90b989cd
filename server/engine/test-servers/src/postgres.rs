//! A Postgres server: made by `initdb`, on a free port of 127.0.0.1, with a password.
//!
//! The server is the child of a shell that reads from this program: when this program ends, however it ends, the shell
//! reads the end of it, ends the server and removes its folder. Postgres does not run as root, so a test that does gives
//! the server to `nobody`.

use std::{
    fs,
    io::{ErrorKind, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{preload, programs::program};

/// The superuser and its password, which has what an address must write percent-encoded.
const USER: &str = "cutline";
const PASSWORD: &str = "s3cret/@word";
const PASSWORD_ENCODED: &str = "s3cret%2F%40word";
/// Below the ports that systems give out by themselves, so that no connection takes one while a server starts again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);
/// `nobody`, the same number everywhere on Linux.
const NOBODY: u32 = 65_534;
/// Nothing here is worth keeping, so nothing is written through to the disk, unless that is what is measured.
const CARELESS: [&str; 2] = ["fsync=off", "full_page_writes=off"];
const SETTINGS: [&str; 5] = [
    "max_connections=300",
    "shared_buffers=32MB",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "lc_messages=C",
];
/// Runs the server ("$@") until standard input ends; 1 is its folder.
const GUARD: &str = r#"folder=$1; shift
"$@" </dev/null & server=$!
cat >/dev/null
kill -QUIT $server 2>/dev/null; wait $server
[ -e "$folder/keep" ] || rm -rf "$folder""#;

/// A Postgres server; ends when it is dropped, or else with this program.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    user: u32,
    is_durable: bool,
    /// Lets its disk be full.
    library: Option<PathBuf>,
    guard: Option<Child>,
}

impl Postgres {
    /// The server that the tests of this program share, each with a database of its own.
    ///
    /// # Panics
    ///
    /// If Postgres is not installed, or does not start; so do all functions here.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server that this test has to itself, to end and start it.
    pub fn start() -> Self {
        Self::start_with(false, false)
    }

    /// The same, and what it has committed is on the disk, as in earnest.
    pub fn start_durable() -> Self {
        Self::start_with(true, false)
    }

    /// A server that this test has to itself, whose disk [`Postgres::fill_disk`] fills.
    pub fn start_on_small_disk() -> Self {
        Self::start_with(false, true)
    }

    fn start_with(is_durable: bool, is_small: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("cutline-postgres-").tempdir().expect("a folder").keep();
        let own = fs::metadata(&folder).expect("the folder just made").uid();
        let user = if own == 0 { NOBODY } else { own };
        std::os::unix::fs::chown(&folder, Some(user), None).expect("a folder of the server's user");
        let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/full.c"));
        let library = is_small.then(|| preload::compile(source, &folder));
        let mut server = Self { folder, port: 0, user, is_durable, library, guard: None };
        server.make_cluster();
        // Another program may take the port between our look at it and the server's start.
        for _ in 0..5 {
            server.port = free_port();
            server.resume();
            if server.answers() {
                return server;
            }
            server.halt();
        }
        panic!("Postgres did not start; its log says:\n{}", server.log());
    }

    /// A server that this test has to itself and that can speak TLS, with a certificate and its key in PEM.
    pub fn start_with_tls(certificate: &str, key: &str) -> Self {
        let mut server = Self::start();
        server.stop();
        // Postgres takes no key that others could read.
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = server.data().join(name);
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
            std::os::unix::fs::chown(&file, Some(server.user), None).expect("a file of the server's user");
        }
        server.append_setting("ssl = on");
        server.start_again();
        server
    }

    /// A new database: its address, with the password.
    pub fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.run(self.command("createdb").args(["--template=template0", "--encoding=UTF8", &name]));
        self.url(&name)
    }

    /// Removes the database with this address, where a test makes so many that they would fill the disk.
    pub fn remove(&self, url: &str) {
        let (_, name) = url.rsplit_once('/').expect("an address with a database");
        self.run(self.command("dropdb").args(["--force", name]));
    }

    /// The address of the database `name`.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{USER}:{PASSWORD_ENCODED}@127.0.0.1:{}/{name}", self.port)
    }

    /// What must appear in no log and no message.
    pub fn passwords() -> [&'static str; 2] {
        [PASSWORD, PASSWORD_ENCODED]
    }

    /// Ends the server as a crash would; its data stay.
    pub fn stop(&mut self) {
        fs::write(self.folder.join("keep"), "").expect("a mark");
        self.halt();
    }

    /// Starts it again after [`Postgres::stop`], at the same address.
    pub fn start_again(&mut self) {
        self.resume();
        assert!(self.answers(), "Postgres did not start again; its log says:\n{}", self.log());
    }

    /// Leaves its disk, if it is a small one, without room, or with room again.
    pub fn fill_disk(&self, is_full: bool) {
        if is_full {
            fs::write(self.full_mark(), "").expect("a mark");
        } else {
            fs::remove_file(self.full_mark()).expect("the mark");
        }
    }

    fn make_cluster(&self) {
        let password = self.folder.join("password");
        fs::write(&password, PASSWORD).expect("a file");
        let initdb = &mut self.as_user("initdb");
        initdb.args([
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-U",
            USER,
            "--pwfile",
        ]);
        self.run(initdb.arg(&password).arg("--pgdata").arg(self.data()));
        fs::remove_file(&password).expect("the file");
    }

    fn append_setting(&self, line: &str) {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))
            .expect("its settings");
        writeln!(file, "{line}").expect("written");
    }

    fn resume(&mut self) {
        let _ = fs::remove_file(self.folder.join("keep"));
        let log = fs::File::create(self.log_file()).expect("a log");
        let mut shell = Command::new("sh");
        shell.args(["-c", GUARD, "sh"]).arg(&self.folder).arg(program("postgres"));
        shell.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        let careless: &[&str] = if self.is_durable { &[] } else { &CARELESS };
        shell.args(SETTINGS.iter().chain(careless).flat_map(|setting| ["-c", setting]));
        if let Some(library) = &self.library {
            shell.env("LD_PRELOAD", library).env("FULL", self.full_mark());
        }
        // A group of its own: Ctrl-C reaches this program, whose end reaches the shell, which then cleans up.
        shell.process_group(0).current_dir(&self.folder).stdin(Stdio::piped());
        shell.stdout(log.try_clone().expect("the log")).stderr(log);
        if self.user == NOBODY {
            shell.uid(NOBODY).gid(NOBODY);
        }
        self.guard = Some(shell.spawn().expect("a shell"));
    }

    fn halt(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().expect("the server's shell ended");
        }
    }

    /// Waits until the server takes connections; `false` if it ended instead.
    fn answers(&mut self) -> bool {
        let until = Instant::now() + START;
        while Instant::now() < until {
            // Written when it is ready, and after its last line: `pg_ctl -w` waits for the same.
            let pid_file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            if pid_file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
                && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
            {
                return true;
            }
            if self.log().contains("could not bind") {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        false
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.args(["-h", "127.0.0.1", "-U", USER, "-p"]).arg(self.port.to_string());
        command.env("PGPASSWORD", PASSWORD).current_dir(&self.folder);
        command
    }

    fn as_user(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.current_dir(&self.folder).env("LC_ALL", "C");
        if self.user == NOBODY {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn run(&self, command: &mut Command) {
        match command.stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let mut stderr = std::io::stderr().lock();
                let _ = stderr.write_all(&output.stderr);
                panic!("{command:?} failed; Postgres' log says:\n{}", self.log());
            }
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn full_mark(&self) -> PathBuf {
        self.folder.join("full")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.join("keep"));
        self.halt();
        remove(&self.folder);
    }
}

/// What the shell has not removed: it does not run when the server has been stopped before, or never started.
fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder)
        && error.kind() != ErrorKind::NotFound
    {
        eprintln!("{} is left: {error}", folder.display());
    }
}

/// A port that nobody listens at right now.
fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    (0..count)
        .map(|_| {
            // Programs of one test run have numbers that follow each other: spread them.
            let step = TRIED.fetch_add(1, Ordering::Relaxed) + std::process::id().wrapping_mul(37);
            PORTS.start + u16::try_from(step % count).expect("less than the number of ports")
        })
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
}
