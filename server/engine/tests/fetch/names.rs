//! Names as the program itself resolves them: what the machine is set to counts, and a want of ours is nobody's fault.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use cutline_engine::fetch::{FetchError, FetchSettings, Network, SystemNetwork};
use url::Url;

use crate::again::{CHILD, run_again};
use crate::origin::{Origin, redirect};
use crate::{fetcher, picture, settings};

#[tokio::test]
async fn the_machines_own_hosts_are_known() {
    let network = SystemNetwork::default();
    let hosts = fs::read_to_string("/etc/hosts").expect("every Unix has one");
    let mut names = 0;
    for line in hosts.lines().filter_map(|line| line.split('#').next()) {
        let mut words = line.split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
        for name in words {
            let found = network.resolve(name).await.expect(name);
            assert!(found.contains(&address), "{name} is {address}, not {found:?}");
            names += 1;
        }
    }
    assert!(names > 0, "localhost at least");
}

/// In a process of its own: others would find no files either.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn that_this_machine_has_no_more_sockets_is_not_remembered_as_the_origins_failure() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    if std::env::var_os(CHILD).is_none() {
        let name = "names::that_this_machine_has_no_more_sockets_is_not_remembered_as_the_origins_failure";
        run_again(name, vec![(CHILD, "1".to_owned())]).await;
        return;
    }
    let origin = Origin::trap().await;
    let kept = FetchSettings::default().failures_kept;
    let fetcher = fetcher(FetchSettings { failures_kept: kept, ..settings(&[&origin]) });
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(0), ..limit }).expect("fewer");
    assert_eq!(picture(&fetcher, &origin.url("/")).await.err(), Some(FetchError::Busy));
    setrlimit(Resource::Nofile, limit).expect("as before");
    picture(&fetcher, &origin.url("/")).await.expect("it was not the origin's fault");
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_no_sooner_than_one_that_does_not_exist() {
    let own_hosts = vec!["database.internal.example".to_owned()];
    let origin = Origin::always(redirect("http://database.internal.example/")).await;
    let unreachable_after = Duration::from_millis(80);
    let fetcher = fetcher(FetchSettings { unreachable_after, own_hosts, ..settings(&[&origin]) });
    for url in [
        "http://localhost/",
        "http://localhost./a.jpg",
        "http://10.0.0.1/",
        "http://database.internal.example/",
        "http://database.internal.example./b.jpg",
        &origin.url("/"),
    ] {
        let begin = std::time::Instant::now();
        let error = fetcher.picture(&Url::parse(url).expect(url)).await.expect_err("inside");
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
        assert!(begin.elapsed() >= Duration::from_millis(80), "{url}: {:?}", begin.elapsed());
    }
}
