//! A picture that spreads: a thousand visitors share parts of it in the same moment.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use cutline_server::open_files;
use futures_util::future::join_all;
use serde_json::json;

use crate::app::TestApp;
use crate::evil_origin::{Origin, said};
use crate::pictures::noise;

const SHARES: usize = 1_000;

/// Most that the server may take for it, in bytes.
const MAX_GROWTH: u64 = 256 << 20;

/// Tells the second run of the test that it is one: in a process of its own, nothing else takes memory meanwhile.
const CHILD: &str = "CUTLINE_TEST_CROWD";

/// The memory that this process has (`VmRSS`) or has had at most (`VmHWM`), in bytes.
fn resident_bytes(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let size = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).expect("a size");
    size.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

/// What files hold that exist in memory only, and are no part of the process' own.
fn bytes_in_memory_files() -> u64 {
    let files = fs::read_dir("/proc/self/fd").expect("Linux").flatten().map(|file| file.path());
    let in_memory =
        files.filter(|file| fs::read_link(file).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:")));
    in_memory.filter_map(|file| fs::metadata(file).ok()).map(|file| file.blocks() * 512).sum()
}

#[tokio::test]
async fn a_thousand_shares_of_one_picture_at_once_make_one_fetch_within_bounded_memory() {
    if std::env::var_os(CHILD).is_none() {
        let name = "crowd::a_thousand_shares_of_one_picture_at_once_make_one_fetch_within_bounded_memory";
        let program = std::env::current_exe().expect("this program");
        // Its record lies in memory: a thousand wait for one another to write it, and no disk is tried here.
        let environment = [(CHILD, "1"), ("TMPDIR", "/dev/shm")];
        let run =
            move || Command::new(program).args(["--exact", name, "--nocapture"]).envs(environment).output();
        let output = tokio::task::spawn_blocking(run).await.expect("no panic").expect("it starts");
        let [said, complained] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{said}{complained}");
        print!("{said}");
        return;
    }
    open_files::allow_for(SHARES);
    let picture = noise(1600, 1200);
    let size = picture.len() as u64;
    assert!(size * SHARES as u64 > 10 * MAX_GROWTH, "a copy for each could not pass: {size} bytes");
    // Who comes when the download is over is answered from the cache.
    let origin = Origin::always(said("200 OK", "Cache-Control: max-age=600\r\n", picture)).await;
    let mut app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]", origin.host_port())).await;
    // The last of a thousand waits for all others, on a machine that does other tests meanwhile.
    app.patience = Duration::from_secs(300);
    let share = |number: usize| {
        let request = json!({
            "source": {"image_url": origin.url("/large.jpg")}, "targets": ["board"],
            // Each is another part; at the upper edge, where a thousand are soon cut.
            "region": {"x": number as f64 / 2_000.0, "y": 0, "w": 0.02, "h": 0.02},
        });
        let app = &app;
        async move { app.share(&request).await.status }
    };
    let before = resident_bytes("VmRSS");
    let mut in_files = 0;
    let mut shares = Box::pin(join_all((0..SHARES).map(share)));
    // Seldom enough that looking at thousands of open files does not become the work.
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    let answers = loop {
        tokio::select! {
            answers = &mut shares => break answers,
            _ = looks.tick() => in_files = in_files.max(bytes_in_memory_files()),
        }
    };
    drop(shares);
    let growth = resident_bytes("VmHWM") - before + in_files;
    println!("{SHARES} shares of one picture of {size} bytes: {} MiB more at most", growth >> 20);
    let accepted = answers.iter().filter(|&&status| status == 201).count();
    assert_eq!(accepted, SHARES, "{answers:?}");
    assert_eq!(origin.connections(), 1);
    assert!(growth < MAX_GROWTH, "{growth} bytes");
    app.stop().await;
}
