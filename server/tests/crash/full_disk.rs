//! The disk is full, below the database or below the clippings: what is there is read, what is to be written comes back later,
//! and as soon as there is room all goes on, with a database that is whole.
//!
//! Full is a small file system of the program's own: a mount that only it sees, as root or in a user namespace; where a
//! container allows neither, its small /dev/shm. Postgres' files cannot grow any more (`full.c` of the test servers), and S3
//! refuses what is put.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cutline_engine::store::ClippingName;
use cutline_test_servers::Postgres;
use tokio::process::Command;

use super::faults::recovery;
use super::network::{Network, Skill};
use super::place::{Kind, Place, Servers};
use super::program::{PROGRAM, Program, Running, receipt};

/// Enough for what the program writes at its start.
const ROOM: &str = "8m";
/// A `/dev/shm` that may be filled: containers have 64 MiB.
const MAX_SHM: u64 = 256 << 20;
/// How often it is filled and emptied, if `make crash` does not say it.
const TIMES: usize = 3;
/// How many of those that waited for room are sent while [`recovery`] passes, at least.
const AT_ONCE: u32 = 50;

/// How a program comes to a small file system.
enum Way {
    /// `unshare` with these options lets it mount one.
    Mount(&'static [&'static str]),
    Shm(PathBuf),
}

impl Way {
    fn find() -> Self {
        for options in [&["--mount"][..], &["--map-root-user", "--mount"]] {
            let mut mount = std::process::Command::new("unshare");
            mount.args(options).args(["mount", "-t", "tmpfs", "none", "/mnt"]);
            if mount.output().is_ok_and(|output| output.status.success()) {
                return Self::Mount(options);
            }
        }
        let shm = rustix::fs::statvfs("/dev/shm").expect("/dev/shm");
        assert!(
            shm.f_blocks * shm.f_frsize <= MAX_SHM,
            "this test needs a small file system: allow it to mount one (as root, or in a user namespace)"
        );
        Self::Shm(tempfile::tempdir_in("/dev/shm").expect("a folder").keep())
    }

    /// Starts the program with `folder`, below its own, on the small file system; where that is seen from here.
    async fn start(&self, program: &Program, folder: &str) -> (Running, PathBuf) {
        let whole = program.place().folder().join(folder);
        match self {
            Self::Mount(options) => {
                std::fs::create_dir_all(&whole).expect("a folder");
                let mut command = Command::new("unshare");
                let script =
                    format!("mount -t tmpfs -o size={ROOM} none '{}' && exec \"$0\" serve", whole.display());
                command.args(*options).args(["sh", "-c", &script, PROGRAM]);
                let running = program.start_by(command, None).await;
                // What the program's process sees at that place.
                let root = PathBuf::from(format!("/proc/{}/root", running.pid()));
                (running, root.join(whole.strip_prefix("/").expect("an absolute path")))
            }
            Self::Shm(shm) => {
                std::fs::create_dir_all(whole.parent().expect("a folder")).expect("a folder");
                std::os::unix::fs::symlink(shm, &whole).expect("a link");
                (program.start(None).await, shm.clone())
            }
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Self::Shm(folder) = self {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Writes until there is no room left.
fn fill(file: &Path) {
    let mut ballast = File::create(file).expect("a file");
    for block in [1 << 16, 1 << 12] {
        while ballast.write_all(&vec![0; block]).is_ok() {}
    }
}

async fn recovers_when_there_is_room(folder: &str, config: &str) {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::with_config(&network, servers.place(Kind::Files).await, config);
    let way = Way::find();
    let (running, small) = way.start(&program, folder).await;
    let mut accepted = Vec::new();
    for time in 0..super::runs().unwrap_or(TIMES) {
        let before = accepted.len();
        fill(&small.join("ballast"));
        let mut refused = None;
        // A database goes on for a while with the room that it has.
        for number in 0..400 {
            let mut request = program.request(&network);
            let (x, y) =
                (0.001 * f64::from(number % 20), 0.004 * f64::from(u32::try_from(time).expect("few")));
            request["region"] = serde_json::json!({"x": x, "y": y, "w": 0.9, "h": 0.9});
            request["description"] = "x".repeat(4_000).into();
            let (status, answer) =
                running.post(&request, &format!("{time}-{number}")).await.expect("an answer");
            if status != 201 {
                assert_eq!((status, &answer["code"]), (503, &"busy".into()), "{answer}");
                refused = Some((request, format!("{time}-{number}")));
                break;
            }
            accepted.push(receipt(&answer).id);
        }
        let (request, key) = refused.expect("at last there is no room");
        assert!(running.shares().await > 0 || accepted.is_empty(), "what is there can be read");

        std::fs::remove_file(small.join("ballast")).expect("the ballast");
        let since = Instant::now();
        let answer = loop {
            let (status, answer) = running.post(&request, &key).await.expect("an answer");
            if status == 201 || since.elapsed() > recovery() {
                assert_eq!(status, 201, "{answer}\n{}", program.log());
                break answer;
            }
        };
        accepted.push(receipt(&answer).id);
        assert!(since.elapsed() < recovery(), "it accepts again after {:?}", since.elapsed());
        for id in &accepted[before..] {
            assert_eq!(running.ended(id, 4 * recovery()).await.state, "posted");
        }
        let waited = u32::try_from(accepted.len() - before).expect("few");
        assert!(
            since.elapsed() < 2 * recovery() + recovery() * waited / AT_ONCE,
            "{waited} took {:?}",
            since.elapsed()
        );
        assert_eq!(network.posts(), accepted.len(), "each once");
        let record = if folder == "record" { small.clone() } else { program.place().folder().join("data") };
        expect_whole(&program, &record, &accepted).await;
    }
    let shares = running.shares_in_all().await;
    assert_eq!(shares, accepted.len(), "what was refused is not there");
    running.stop().await;
}

/// Looks at a copy of the record, since SQLite does not find its way through the other process's view; nothing is written meanwhile.
async fn expect_whole(program: &Program, record: &Path, accepted: &[String]) {
    let copy = program.place().folder().join("copy.db");
    for ending in ["", "-wal"] {
        let from = record.join(format!("cutline.db{ending}"));
        std::fs::copy(from, copy.with_file_name(format!("copy.db{ending}"))).expect("copied");
    }
    for id in accepted {
        let record = Place::record_in(&copy, id).await;
        assert_eq!(record.open_attempts, 0);
        assert!(ClippingName::parse(&record.clipping).is_ok());
    }
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(copy.with_file_name(format!("copy.db{ending}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_below_the_database_costs_time_and_nothing_else() {
    recovers_when_there_is_room("record", "database_url = 'sqlite:./record/cutline.db'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_below_the_clippings_costs_time_and_nothing_else() {
    recovers_when_there_is_room("data/blobs", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_below_postgres_costs_time_and_nothing_else() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let started = tokio::task::spawn_blocking(|| {
        let postgres = Postgres::start_on_small_disk();
        let database = postgres.database();
        (postgres, database)
    });
    let (postgres, database) = started.await.expect("a server");
    let program = Program::new(&network, servers.place_in(database));
    let running = program.start(None).await;
    let mut accepted = Vec::new();
    for time in 0..super::runs().unwrap_or(TIMES) {
        let before = accepted.len();
        postgres.fill_disk(true);
        let mut request = program.request(&network);
        let mut refused = None;
        // What is free in its pages is used up first.
        for number in 0..400 {
            request["description"] = format!("{time}-{number} {}", noise(3_000)).into();
            let key = format!("{time}-{number}");
            let (status, answer) = running.post(&request, &key).await.expect("an answer");
            if status != 201 {
                assert_eq!((status, &answer["code"]), (503, &"busy".into()), "{answer}");
                refused = Some(key);
                break;
            }
            accepted.push(receipt(&answer).id);
        }
        let key = refused.expect("at last there is no room");
        running.shares_in_all().await;
        postgres.fill_disk(false);
        let since = Instant::now();
        let (status, answer) = running.post(&request, &key).await.expect("an answer");
        assert_eq!(status, 201, "{answer}");
        accepted.push(receipt(&answer).id);
        assert!(since.elapsed() < recovery(), "it accepts again after {:?}", since.elapsed());
        for id in &accepted[before..] {
            assert_eq!(running.ended(id, 4 * recovery()).await.state, "posted", "{}", program.log());
        }
        let waited = u32::try_from(accepted.len() - before).expect("few");
        assert!(
            since.elapsed() < 2 * recovery() + recovery() * waited / AT_ONCE,
            "{waited} took {:?}",
            since.elapsed()
        );
        assert_eq!(network.posts(), accepted.len(), "each once");
        assert_eq!(program.place().record(accepted.last().expect("one")).await.open_attempts, 0);
    }
    assert_eq!(running.shares_in_all().await, accepted.len(), "what was refused is not there");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_without_room_costs_time_and_nothing_else() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Servers).await);
    let running = program.start(None).await;
    let mut request = program.request(&network);
    network.fails_uploads(1);
    let (status, first) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{first}");

    servers.s3().fill(true);
    request["region"]["x"] = 0.0.into();
    let (status, problem) = running.post(&request, "second").await.expect("an answer");
    assert_eq!((status, &problem["code"]), (503, &"busy".into()), "{problem}");
    let first = receipt(&first).id;
    assert_eq!(running.ended(&first, 3 * recovery()).await.state, "posted", "what is there is sent");
    assert_eq!(
        (running.shares().await, program.place().clippings().len()),
        (1, 1),
        "and nothing else is there"
    );

    servers.s3().fill(false);
    let since = Instant::now();
    let (status, second) = running.post(&request, "second").await.expect("an answer");
    assert_eq!(status, 201, "{second}");
    let second = receipt(&second).id;
    assert_eq!(running.ended(&second, recovery()).await.state, "posted");
    assert!(since.elapsed() < recovery(), "{:?}", since.elapsed());
    assert_eq!((network.posts(), running.shares().await), (2, 2));
    running.stop().await;
    for id in [first, second] {
        assert_eq!(program.place().record(&id).await.open_attempts, 0);
    }
}

/// Letters that nothing can make fewer.
fn noise(length: usize) -> String {
    let mut state = 1_u32;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((state >> 16) % 26).expect("a letter"))
    });
    letters.take(length).collect()
}
