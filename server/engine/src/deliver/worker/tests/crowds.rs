//! Very many targets, as visitors' accounts are: no server is flooded, nothing takes more than the process has, nobody is
//! forgotten, and the worker hears when it is to stop.

use std::time::Instant;

use super::*;
use crate::deliver::worker::{PLACES, agenda};

/// What all members of a crowd share.
struct Crowd {
    open: Semaphore,
    under_way: AtomicUsize,
    most: AtomicUsize,
    posted: AtomicUsize,
    arrivals: mpsc::UnboundedSender<String>,
}

/// The posts that arrive.
struct Arrivals(mpsc::UnboundedReceiver<String>);

impl Arrivals {
    /// The account of the next, which must come soon.
    async fn next(&mut self) -> String {
        let next = tokio::time::timeout(std::time::Duration::from_secs(30), self.0.recv()).await;
        next.expect("a post in time").expect("a post")
    }
}

/// An account of one of a crowd's servers.
struct Member {
    target: TargetId,
    server: String,
    crowd: Arc<Crowd>,
}

#[async_trait]
impl Platform for Member {
    fn target(&self) -> Target {
        Target {
            id: self.target.clone(),
            name: "Crowd".to_owned(),
            account: None,
            icon: String::new(),
            limits: None,
        }
    }

    fn server(&self) -> String {
        self.server.clone()
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok("picture".to_owned())
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        let crowd = &self.crowd;
        let now = crowd.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        crowd.most.fetch_max(now, Ordering::SeqCst);
        let _ = crowd.arrivals.send(self.target.to_string());
        crowd.open.acquire().await.expect("never closed").forget();
        crowd.under_way.fetch_sub(1, Ordering::SeqCst);
        crowd.posted.fetch_add(1, Ordering::SeqCst);
        Ok(Posted::default())
    }
}

/// So many accounts, each with the server that `server` names.
fn crowd(
    name: &str,
    count: u32,
    open: usize,
    server: impl Fn(u32) -> String,
) -> (Arc<Crowd>, Vec<Arc<dyn Platform>>, Arrivals) {
    let (arrivals, receiver) = mpsc::unbounded_channel();
    let crowd = Arc::new(Crowd {
        open: Semaphore::new(open),
        under_way: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        posted: AtomicUsize::new(0),
        arrivals,
    });
    let member = |number| -> Arc<dyn Platform> {
        let target = conformance::target(&format!("{name}:{number}"));
        Arc::new(Member { target, server: server(number), crowd: crowd.clone() })
    };
    let members = (0..count).map(member).collect();
    (crowd, members, Arrivals(receiver))
}

/// One share with all of them.
async fn accept_all(site: &Site, members: &[Arc<dyn Platform>]) -> ShareId {
    let targets: Vec<String> = members.iter().map(|member| member.target().id.to_string()).collect();
    site.accept(&targets.iter().map(String::as_str).collect::<Vec<_>>()).await
}

#[tokio::test]
async fn a_server_with_many_accounts_is_called_by_few_at_once_and_delays_no_other() {
    let site = Site::new().await;
    let (slow, mut all, mut slow_arrivals) = crowd("slow", 60, 0, |_| "https://slow.example".to_owned());
    let share = accept_all(&site, &all).await;
    let (_, fast, mut fast_arrivals) = crowd("fast", 1, 100, |_| "https://fast.example".to_owned());
    all.extend(fast);
    let worker = site.start(all);
    for _ in 0..PLACES.server {
        slow_arrivals.next().await;
    }
    for _ in 0..5 {
        site.accept(&["fast:0"]).await;
        fast_arrivals.next().await;
    }
    assert!(slow_arrivals.0.try_recv().is_err(), "the others wait in the queue");
    slow.open.add_permits(60);
    for _ in PLACES.server..60 {
        slow_arrivals.next().await;
    }
    worker.stop().await;
    assert_eq!(slow.most.load(Ordering::SeqCst), PLACES.server as usize);
    let share = site.store.share(&share).await.expect("read").expect("a share");
    assert!(share.deliveries.iter().all(|delivery| delivery.state == DeliveryState::Posted));
}

#[tokio::test]
async fn many_slow_servers_leave_a_place_to_one_that_nobody_has_called() {
    let site = Site::new().await;
    let (slow, mut all, mut slow_arrivals) =
        crowd("slow", 160, 0, |number| format!("https://{}.example", number % 8));
    accept_all(&site, &all).await;
    let (_, fast, mut fast_arrivals) = crowd("fast", 1, 100, |_| "https://fast.example".to_owned());
    all.extend(fast);
    let worker = site.start(all);
    // So many that none of the eight is given another.
    for _ in 0..PLACES.all / 2 {
        slow_arrivals.next().await;
    }
    for _ in 0..5 {
        site.accept(&["fast:0"]).await;
        fast_arrivals.next().await;
    }
    slow.open.add_permits(160);
    for _ in PLACES.all / 2..160 {
        slow_arrivals.next().await;
    }
    worker.stop().await;
    assert_eq!(slow.posted.load(Ordering::SeqCst), 160);
}

#[tokio::test]
async fn whoever_had_a_turn_waits_for_those_who_had_none() {
    let site = Site::new().await;
    let all = PLACES.all;
    let (crowd, members, mut arrivals) =
        crowd("crowd", all + 1, 0, |number| format!("https://{number}.example"));
    // As many accounts as there are places, with two shares each, and one account that comes later.
    let first = &members[..all as usize];
    accept_all(&site, first).await;
    let worker = site.start(members.clone());
    for _ in 0..all {
        arrivals.next().await;
    }
    accept_all(&site, first).await;
    site.clock.advance(1);
    let late = members[all as usize].target().id.to_string();
    site.accept(&[&late]).await;
    // What was read before it came is worked off first, for so long; what was being read then, for as long again.
    tokio::time::sleep(3 * agenda::MAX_WAIT).await;
    crowd.open.add_permits(1);
    assert_eq!(arrivals.next().await, late, "the first place that gets free is not its account's again");
    crowd.open.add_permits(2 * all as usize);
    for _ in 0..all {
        arrivals.next().await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn of_all_servers_together_no_more_are_called_than_there_are_places() {
    let site = Site::new().await;
    let (crowd, members, mut arrivals) = crowd("crowd", 100, 0, |number| format!("https://{number}.example"));
    accept_all(&site, &members).await;
    let worker = site.start(members);
    for _ in 0..PLACES.all {
        arrivals.next().await;
    }
    crowd.open.add_permits(100);
    for _ in PLACES.all..100 {
        arrivals.next().await;
    }
    worker.stop().await;
    assert_eq!(crowd.most.load(Ordering::SeqCst), PLACES.all as usize);
    assert_eq!(crowd.posted.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn the_worker_stops_in_the_middle_of_thousands_of_targets() {
    let site = Site::new().await;
    let (crowd, members, mut arrivals) =
        crowd("crowd", 3000, Semaphore::MAX_PERMITS, |number| format!("https://{number}.example"));
    accept_all(&site, &members).await;
    let worker = site.start(members);
    for _ in 0..10 {
        arrivals.next().await;
    }
    let told = Instant::now();
    worker.stop().await;
    let posted = crowd.posted.load(Ordering::SeqCst);
    assert!(posted < 3000, "it went on to the end, for {:?}", told.elapsed());
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_keeps_no_other_waiting() {
    let site = Site::new().await;
    let (_, members, mut arrivals) = crowd("crowd", 2, 100, |number| format!("https://{number}.example"));
    let damaged = site.accept(&["crowd:0"]).await;
    site.store.damage(&damaged).await.expect("damaged");
    let sound = [site.accept(&["crowd:0"]).await, site.accept(&["crowd:1"]).await];
    let worker = site.start(members);
    let mut posted = [arrivals.next().await, arrivals.next().await];
    posted.sort();
    assert_eq!(posted, ["crowd:0", "crowd:1"]);
    worker.stop().await;
    for id in &sound {
        assert_eq!(site.delivery(id).await.state, DeliveryState::Posted);
    }
    assert_eq!(site.delivery(&damaged).await.state, DeliveryState::Failed);
}
