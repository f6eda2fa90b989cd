//! The program itself, as a shell or a service manager meets it: exit codes, what it prints, signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use cutline_test_servers::{Postgres, S3};
use tempfile::TempDir;

/// Runs in a folder of its own, with nothing but the given environment.
struct Program {
    folder: TempDir,
}

impl Program {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn with_config(text: &str) -> Self {
        let program = Self::new();
        std::fs::write(program.folder().join("cutline.toml"), text).expect("a file");
        program
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutline"));
        command.args(args).current_dir(self.folder()).env_clear().envs(variables.iter().copied());
        command
    }

    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(args, variables).output().expect("it starts")
    }

    /// Serves on a free port; gives the line that it prints first.
    fn serve(&self, args: &[&str]) -> (Server, String) {
        let args = [&["--listen", "127.0.0.1:0"], args].concat();
        let mut child = self.command(&args, &[]).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its stdout is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it prints text");
        (Server { child, _stdout: stdout }, line.trim_end().to_owned())
    }
}

/// A running server; killed if a test fails before it has ended.
struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// The address behind `Cutline is at http://`.
fn address_in(line: &str) -> &str {
    line.strip_prefix("Cutline is at http://").expect("the documented line")
}

#[test]
fn check_prints_every_mistake_and_fails() {
    let program = Program::with_config("listne = 1\n[overlay]\ndwell_ms = \"long\"\n");
    let output = program.run(&["check"], &[("CUTLINE_LIMITS__MAX_TARGETS", "many")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let stderr = text(&output.stderr);
    for expected in [
        "the configuration has 3 mistakes",
        "cutline.toml:1: unknown key listne: did you mean listen?",
        "cutline.toml:3: overlay.dwell_ms must be a whole number",
        "CUTLINE_LIMITS__MAX_TARGETS: limits.max_targets must be a whole number",
    ] {
        assert!(stderr.contains(expected), "{expected} is not in {stderr}");
    }
    assert_eq!(program.run(&["serve"], &[]).status.code(), Some(1), "nor does it serve");
}

#[test]
fn check_says_what_the_configuration_means() {
    let program = Program::new();
    std::fs::write(program.folder().join("site.toml"), "data_dir = \"/srv/cutline\"").expect("a file");
    let output = program.run(&["check", "--config", "site.toml"], &[("CUTLINE_LISTEN", "127.0.0.1:4711")]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("http://127.0.0.1:4711"), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("/srv/cutline"));
}

#[test]
fn check_asks_the_postgres_server() {
    let (program, server) = (Program::new(), Postgres::shared());
    let url = server.database();
    let good = program.run(&["check"], &[("CUTLINE_DATABASE_URL", &url)]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let stdout = text(&good.stdout);
    assert!(
        stdout.contains("database   Postgres ") && stdout.contains(" at postgres://cutline@127.0.0.1:"),
        "{stdout}"
    );
    assert_eq!(std::fs::read_dir(program.folder()).expect("a folder").count(), 0, "nothing is made");
    let away = "postgres://cutline:s3cret@127.0.0.1:1/cutline";
    for (url, expected) in [
        (
            away.to_owned(),
            "postgres://cutline@127.0.0.1:1/cutline: nobody listens there; is Postgres running",
        ),
        (server.url("nowhere"), "make it with: CREATE DATABASE nowhere"),
    ] {
        let failed = program.run(&["check"], &[("CUTLINE_DATABASE_URL", &url)]);
        assert_eq!((failed.status.code(), text(&failed.stdout)), (Some(1), ""));
        assert!(text(&failed.stderr).contains(expected), "{}", text(&failed.stderr));
        assert!(!text(&failed.stderr).contains("s3cret"), "{}", text(&failed.stderr));
    }
    let started = program.run(&["serve", "--listen", "127.0.0.1:0"], &[("CUTLINE_DATABASE_URL", away)]);
    assert_eq!(started.status.code(), Some(1), "it does not serve without its record");
    assert!(text(&started.stderr).contains("nobody listens there"), "{}", text(&started.stderr));
}

#[test]
fn check_asks_the_bucket() {
    let (program, server) = (Program::new(), S3::start());
    let bucket = server.bucket("clippings");
    let url = server.url();
    let with_secret = |secret| {
        [
            ("CUTLINE_BLOBS_URL", "s3://clippings/here"),
            ("AWS_ENDPOINT_URL", &*url),
            ("AWS_ACCESS_KEY_ID", S3::KEY),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]
    };
    let good = program.run(&["check"], &with_secret(S3::SECRET));
    let line = format!("clippings  s3://clippings/here at {url}\n");
    assert!(text(&good.stdout).contains(&line), "{good:?}");
    assert_eq!(std::fs::read_dir(bucket).expect("the bucket").count(), 0, "nothing is put");
    let failed = program.run(&["check"], &with_secret("wr0ng"));
    assert_eq!((failed.status.code(), text(&failed.stdout)), (Some(1), ""));
    assert!(text(&failed.stderr).contains("are the keys right"), "{failed:?}");
    assert!(!text(&failed.stderr).contains("wr0ng"), "{failed:?}");
}

#[test]
fn passwords_and_keys_are_in_no_log() {
    const TOKEN: &str = "t0ken-of-alice";
    let nobody = "http://127.0.0.1:1";
    let program = Program::with_config(&format!(
        "[[targets]]\nplatform = \"mastodon\"\nserver = \"{nobody}\"\naccount = \"alice@network.example\"\n\
         token = \"{TOKEN}\""
    ));
    let bucket = S3::start();
    bucket.bucket("clippings");
    let variables = [
        ("CUTLINE_DATABASE_URL", &*Postgres::shared().database()),
        ("CUTLINE_BLOBS_URL", "s3://clippings"),
        ("CUTLINE_S3__ENDPOINT", &bucket.url()),
        ("CUTLINE_S3__ACCESS_KEY_ID", S3::KEY),
        ("CUTLINE_S3__SECRET_ACCESS_KEY", S3::SECRET),
        ("CUTLINE_LOG", "trace"),
    ];
    let mut command = program.command(&["--listen", "127.0.0.1:0"], &variables);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stderr = child.stderr.take().expect("piped");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).map(|_| log)
    });
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("it prints text");
    let server = Server { child, _stdout: stdout };
    // A share to an account, and its deletion by page and API: all that has a key.
    let address = address_in(line.trim_end());
    let body = r#"{"source":{"image_url":"http://ADDRESS/pictures/demo/autumn-below-aitzgorri.jpg"},"region":"pct:0,0,50,50",
        "targets":["mastodon:alice@network.example"]}"#;
    let shared = post(address, "/api/v1/shares", &body.replace("ADDRESS", address));
    let (_, shared) = shared.split_once("\r\n\r\n").expect("a body");
    let shared: serde_json::Value = serde_json::from_str(shared).unwrap_or_else(|_| panic!("{shared}"));
    let link = shared["delete_url"].as_str().unwrap_or_else(|| panic!("{shared}"));
    let (_, key) = link.split_once("?key=").expect("a key");
    let path = format!("/s/{}/delete?key={key}", shared["id"].as_str().expect("an id"));
    assert!(asked(address, "GET", &path).starts_with("HTTP/1.1 200"));
    assert!(asked(address, "POST", &path).starts_with("HTTP/1.1 303"));
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let log = log.join().expect("read").expect("text");
    assert!(log.contains("sqlx") && log.contains("/delete"), "{log}");
    let [password, encoded] = Postgres::passwords();
    for secret in [password, encoded, S3::SECRET, key, TOKEN] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn a_command_line_without_sense_has_its_own_exit_code() {
    let program = Program::new();
    for (args, code) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["crap"], 2),
        (&["--listen", "here"], 2),
        (&["check", "--config"], 2),
        (&["check", "--config", "missing.toml"], 1),
    ] {
        assert_eq!(program.run(args, &[]).status.code(), Some(code), "{args:?}");
    }
    let version = program.run(&["--version"], &[]);
    assert_eq!(text(&version.stdout), format!("cutline {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn it_says_where_it_is_serves_and_stops_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let program = Program::new();
        let (server, line) = program.serve(&[]);
        let mut stream = TcpStream::connect(address_in(&line)).expect("it listens");
        stream
            .write_all(b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .expect("it takes requests");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn the_public_address_is_announced_when_there_is_one() {
    let program = Program::with_config("public_url = \"https://share.example.org\"");
    let (server, line) = program.serve(&[]);
    assert!(line.starts_with("Cutline is at https://share.example.org (listening on 127.0.0.1:"), "{line}");
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_a_clear_failure() {
    let program = Program::new();
    let (server, line) = program.serve(&[]);
    let output = program.run(&["--listen", address_in(&line)], &[]);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("cutline: cannot listen on {}", address_in(&line));
    assert!(text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_second_signal_does_not_wait_for_what_is_in_flight() {
    let program = Program::new();
    let (server, line) = program.serve(&[]);
    let address = address_in(&line).to_owned();
    let mut unfinished = TcpStream::connect(&address).expect("it listens");
    unfinished.write_all(b"GET / HTTP/1.1\r\nHost: a").expect("it takes requests");
    // This one is answered, so the one before it has been taken.
    let mut answered = TcpStream::connect(&address).expect("it listens");
    answered.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("it takes requests");
    answered.read_to_end(&mut Vec::new()).expect("it answers");
    let begin = Instant::now();
    server.signal("TERM");
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(14), "half a header alone would hold it up for 15 s");
}

#[test]
fn migrate_says_what_it_did_and_does_nothing_twice() {
    let postgres = Postgres::shared().database();
    let folder = Program::new();
    for (url, name) in
        [("sqlite:new/record.db", "sqlite:new/record.db"), (&*postgres, "postgres://cutline@127.0.0.1:")]
    {
        let variables = [("CUTLINE_DATABASE_URL", url)];
        let first = folder.run(&["migrate"], &variables);
        assert_eq!(first.status.code(), Some(0), "{first:?}");
        let stdout = text(&first.stdout);
        assert!(stdout.starts_with(name) && stdout.contains("is up to date now"), "{stdout}");
        assert!(stdout.contains("   1  the record\n"), "{stdout}");
        let again = folder.run(&["migrate"], &variables);
        assert!(text(&again.stdout).ends_with("is up to date: nothing to do.\n"), "{again:?}");
    }
    assert!(!folder.folder().join("data").exists(), "nothing else is made");
    let away = "postgres://cutline:s3cret@127.0.0.1:1/cutline";
    let failed = folder.run(&["migrate"], &[("CUTLINE_DATABASE_URL", away)]);
    assert_eq!((failed.status.code(), text(&failed.stdout)), (Some(1), ""));
    assert!(text(&failed.stderr).contains("nobody listens there"), "{failed:?}");
    assert!(!text(&failed.stderr).contains("s3cret"), "{failed:?}");
}

#[test]
fn a_worker_serves_its_health_and_nothing_else() {
    let program = Program::with_config(&format!(
        "database_url = {:?}\npublic_url = \"https://share.example.org\"",
        Postgres::shared().database()
    ));
    let (server, line) = program.serve(&["--role", "worker"]);
    let address = line
        .strip_prefix("Cutline delivers here (health at http://")
        .and_then(|rest| rest.strip_suffix("/readyz)"))
        .unwrap_or_else(|| panic!("{line}"));
    for (path, status) in [("/healthz", "200"), ("/readyz", "200"), ("/", "404"), ("/api/v1/targets", "404")]
    {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it takes requests");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let alone = Program::new().run(&["--role", "web"], &[]);
    assert_eq!(alone.status.code(), Some(1), "nobody else could deliver from a SQLite file");
    assert!(
        text(&alone.stderr)
            .contains("--role: role must be all, web or worker, the last two only with a Postgres"),
        "{alone:?}"
    );
}

#[test]
fn everything_moves_from_one_place_to_another_by_two_commands() {
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/quarters.png");
    let old = Program::with_config("[[galleries]]\nslug = \"mine\"\nfolder = \"pictures\"");
    std::fs::create_dir(old.folder().join("pictures")).expect("a folder");
    std::fs::copy(picture, old.folder().join("pictures/quarters.png")).expect("a picture");
    let (server, line) = old.serve(&[]);
    let export = || old.run(&["export", "moved"], &[]);
    let refused = export();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("in use by another cutline"), "{}", text(&refused.stderr));
    let body = r#"{"source":{"image_url":"http://ADDRESS/pictures/mine/quarters.png"},"region":"pct:0,0,50,50","targets":["board"]}"#;
    let body = body.replace("ADDRESS", address_in(&line));
    let shared = post(address_in(&line), "/api/v1/shares", &body);
    assert!(shared.starts_with("HTTP/1.1 201"), "{shared}");
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let exported = export();
    assert_eq!(exported.status.code(), Some(0), "{exported:?}");
    let folder = old.folder().join("moved");
    let folder = folder.to_str().expect("text");
    let bucket = S3::start();
    bucket.bucket("clippings");
    let variables = [
        ("CUTLINE_DATABASE_URL", &*Postgres::shared().database()),
        ("CUTLINE_BLOBS_URL", "s3://clippings"),
        ("CUTLINE_S3__ENDPOINT", &bucket.url()),
        ("CUTLINE_S3__ACCESS_KEY_ID", S3::KEY),
        ("CUTLINE_S3__SECRET_ACCESS_KEY", S3::SECRET),
    ];
    let new = Program::new();
    let imported = new.run(&["import", folder], &variables);
    assert_eq!(imported.status.code(), Some(0), "{imported:?}");
    let rows = |output: &Output| {
        let (_, rows) = text(&output.stdout).split_once(":\n").expect("what was moved");
        rows.to_owned()
    };
    assert_eq!(rows(&imported), rows(&exported));
    assert!(rows(&imported).starts_with(&format!("{:>12}  share\n", 1)), "{}", rows(&imported));
    let again = new.run(&["import", folder], &variables);
    assert_eq!((again.status.code(), text(&again.stdout)), (Some(1), ""));
    assert!(text(&again.stderr).contains("holds a record already"), "{}", text(&again.stderr));
}

#[test]
fn a_database_file_is_one_programs_wherever_their_data_folders_are() {
    let shared = tempfile::tempdir().expect("a folder");
    let (file, link) = (shared.path().join("record.db"), shared.path().join("link.db"));
    let config = format!("database_url = \"sqlite:{}\"", file.display());
    let (first, second) = (Program::with_config(&config), Program::with_config(&config));
    let (server, _) = first.serve(&[]);
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let by_link = format!("sqlite:{}", link.display());
    let by_link = [("CUTLINE_DATABASE_URL", &*by_link)];
    for variables in [&[][..], &by_link] {
        for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["export", "moved"], &["import", "moved"]] {
            let refused = second.run(args, variables);
            assert_eq!(refused.status.code(), Some(1), "{args:?} {refused:?}");
            let told = text(&refused.stderr);
            assert!(told.contains("record.db is in use by another cutline"), "{args:?} {told}");
        }
    }
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(second.run(&["export", "moved"], &by_link).status.code(), Some(0));
}

/// A request without a body, and its answer.
fn asked(address: &str, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// A request with a JSON body, and its answer.
fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("it takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}
