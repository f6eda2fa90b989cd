//! A picture that spreads: a thousand visitors share parts of it in the same moment.

use std::fs;
use std::os::unix::fs::MetadataExt;
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

/// What this process holds: its memory, and files that exist in memory only.
fn held_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kibibytes: u64 = resident.trim().trim_end_matches(" kB").parse().expect("a number");
    let files = fs::read_dir("/proc/self/fd").expect("Linux").flatten().map(|file| file.path());
    let in_memory =
        files.filter(|file| fs::read_link(file).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:")));
    let blocks: u64 = in_memory.filter_map(|file| fs::metadata(file).ok()).map(|file| file.blocks()).sum();
    kibibytes * 1024 + blocks * 512
}

#[tokio::test]
async fn a_thousand_shares_of_one_picture_at_once_make_one_fetch_within_bounded_memory() {
    open_files::allow_for(SHARES);
    let picture = noise(1600, 1200);
    let size = picture.len() as u64;
    assert!(size * SHARES as u64 > 10 * MAX_GROWTH, "a copy for each could not pass: {size} bytes");
    // Who comes when the download is over is answered from the cache.
    let origin = Origin::always(said("200 OK", "Cache-Control: max-age=600\r\n", picture)).await;
    let app = TestApp::with_config(&format!(
        "[fetch]\nallow = [{:?}]\n[limits]\nmax_waiting_crops = {SHARES}",
        origin.host_port()
    ))
    .await;
    let share = |number: usize| {
        let request = json!({
            "source": {"image_url": origin.url("/large.jpg")}, "targets": ["board"],
            // Each is another part; at the upper edge, where a thousand are soon cut.
            "region": {"x": number as f64 / 2_000.0, "y": 0, "w": 0.02, "h": 0.02},
        });
        let app = &app;
        async move { app.share(&request).await.status }
    };
    let before = held_bytes();
    let mut most = before;
    let mut shares = Box::pin(join_all((0..SHARES).map(share)));
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let answers = loop {
        tokio::select! {
            answers = &mut shares => break answers,
            _ = looks.tick() => most = most.max(held_bytes()),
        }
    };
    drop(shares);
    let growth = most - before;
    println!("{SHARES} shares of one picture of {size} bytes: {} MiB more at most", growth >> 20);
    let accepted = answers.iter().filter(|&&status| status == 201).count();
    assert_eq!(accepted, SHARES, "{answers:?}");
    assert_eq!(origin.connections(), 1);
    assert!(growth < MAX_GROWTH, "{growth} bytes");
    app.stop().await;
}
