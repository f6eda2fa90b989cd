//! The whole way of a share to Instagram and to Threads and back: the real record, worker and remover, against a server that keeps
//! what it is told (`graph`). Whatever gets lost on the way, and wherever this program is killed, there is one post.

mod graph;

use cutline_model::RemovalState;

use self::graph::{Fault, Graph, INSTAGRAM, Kept, Names, Step, THREADS, TOKEN, permalink};
use super::*;
use crate::deliver::Remover;
use crate::store::{ClippingName, RemovalRecord};

/// One share on its way.
struct Way {
    site: Site,
    graph: Arc<Graph>,
    fake: FakeServer,
    platform: Arc<dyn Platform>,
    share: ShareId,
}

impl Way {
    /// A share that is accepted, to a platform on which this goes wrong, in this order.
    async fn begin(names: &'static Names, faults: &[(Step, Fault)]) -> Self {
        let site = Site::new().await;
        let (graph, fake) = Graph::start(names, site.clock.clone()).await;
        graph.kept.lock().expect("no panic").faults = faults.iter().copied().collect();
        let account = account(names.platform, fake.url.clone(), names.account, TOKEN);
        let platform = connector(account, DEFAULT_TIMEOUT).expect("an account");
        let share = site.accept(&[format!("{}:{}", names.platform, names.account).as_str()]).await;
        Self { site, graph, fake, platform, share }
    }

    /// A worker that has just been started does what is due.
    async fn turn(&self) {
        let mut worker = Worker::new(self.site.parts(vec![self.platform.clone()]), self.site.wake.clone());
        worker.work_off().await.expect("started");
        worker.drain().await;
    }

    /// A worker that is killed while it waits for the answer to the `count`th request to this path.
    async fn killed_at(&mut self, path: &str, count: usize) {
        let running = self.site.start(vec![self.platform.clone()]);
        for _ in 0..count {
            self.fake.arrival(path).await;
        }
        running.task.abort();
        assert!(running.task.await.expect_err("it ends").is_cancelled());
    }

    /// Turn after turn, each when it is due, until the delivery has ended.
    async fn end(&self) -> DeliveryRecord {
        for _ in 0..12 {
            self.turn().await;
            let delivery = self.site.delivery(&self.share).await;
            let Some(due) = delivery.due_at.filter(|_| delivery.state == DeliveryState::Queued) else {
                return delivery;
            };
            let wait = due.duration_since(self.site.clock.now()).as_secs().max(0);
            self.site.clock.advance(wait + 1);
        }
        panic!("it does not end: {:?}", self.site.delivery(&self.share).await);
    }

    fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.graph.kept.lock().expect("no panic"))
    }

    fn counts(&self) -> (usize, usize) {
        self.kept(|kept| (kept.containers.len(), kept.posts.len()))
    }

    /// Deletes the share, and waits what becomes of its post.
    async fn deleted(&self) -> RemovalRecord {
        let parts = self.site.remover_parts(vec![self.platform.clone()]);
        let store = &self.site.store;
        store.delete(&self.share, self.site.clock.now()).await.expect("deleted").expect("it was there");
        // What may still appear is looked for when it would be there, and whoever was killed holds nothing any more.
        self.site.clock.advance(600);
        let (stop, stopped) = watch::channel(false);
        let remover = tokio::spawn(Remover::new(parts, Arc::default()).run(stopped));
        let removal = loop {
            let removal = store.removals(&self.share).await.expect("read").remove(0);
            if removal.state != RemovalState::Queued {
                break removal;
            }
            tokio::task::yield_now().await;
        };
        stop.send(true).expect("it runs");
        remover.await.expect("no panic");
        removal
    }
}

static BOTH: [&Names; 2] = [&INSTAGRAM, &THREADS];

#[tokio::test]
async fn a_share_is_fetched_published_read_back_and_deleted() {
    for names in BOTH {
        let way = Way::begin(names, &[]).await;
        way.kept(|kept| kept.slowness = 2);
        let delivery = way.end().await;
        let (container, post) = way.kept(|kept| (kept.containers[0].clone(), kept.posts[0].clone()));
        assert_eq!(way.counts(), (1, 1), "{names:?}");
        assert_eq!(
            (delivery.state, delivery.attempts),
            (DeliveryState::Posted, 1),
            "waiting costs no attempt"
        );
        assert_eq!(delivery.url, Some(permalink(&post.id)), "{names:?}");
        let page = format!("\n\nhttps://cutline.example/s/{}", way.share);
        assert!(post.words.ends_with(&page), "{}", post.words);

        // What it fetches is the share's clipping, as this site offers it.
        let name = container.image_url.strip_prefix("https://cutline.example/iiif/3/");
        let name =
            name.and_then(|rest| rest.strip_suffix("/full/!1440,1440/0/default.jpg")).expect("its address");
        let name: ClippingName = ClippingName::parse(name).expect("a clipping's name");
        assert_eq!(way.site.clippings.get(&name).await.expect("read").as_deref(), Some(PICTURE));

        // It is asked for until it is ready, once a minute.
        let gaps = container.asked.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs());
        assert!(gaps.clone().count() == 2 && gaps.clone().all(|gap| (60..90).contains(&gap)), "{gaps:?}");

        let removal = way.deleted().await;
        if names.platform == "threads" {
            assert_eq!((removal.state, way.counts().1), (RemovalState::Removed, 0));
        } else {
            assert_eq!((removal.state, way.counts().1), (RemovalState::Failed, 1));
            let reason = removal.reason.expect("a reason");
            assert!(reason.contains("cannot be removed from here"), "{reason}");
        }
    }
}

#[tokio::test]
async fn whatever_answer_is_lost_there_is_one_post() {
    use Fault::{DoneInTrouble, Lost, Refused, Unheard};
    use Step::{List, Make, Publish, Read, State};
    let cases: &[(&[(Step, Fault)], usize)] = &[
        (&[(Make, Unheard)], 1),
        // It is made, and nobody knows what it is called: it goes by itself, and is in no post.
        (&[(Make, Lost)], 2),
        (&[(Make, DoneInTrouble)], 2),
        (&[(Make, Refused(400, 4))], 1),
        (&[(State, Lost)], 1),
        (&[(State, Refused(500, 2)), (State, Unheard)], 1),
        (&[(Publish, Unheard)], 1),
        (&[(Publish, Lost)], 1),
        (&[(Publish, DoneInTrouble)], 1),
        (&[(Publish, Refused(500, 2))], 1),
        (&[(Publish, Refused(400, 9007))], 1),
        // The posts of a day are used up, for two hours more.
        (&[(Publish, Refused(403, 9)), (Publish, Refused(403, 9))], 1),
        // What is asked for after that gets lost too.
        (&[(Publish, DoneInTrouble), (State, Lost)], 1),
        (&[(Publish, DoneInTrouble), (List, Lost)], 1),
        (&[(Publish, Lost), (List, Lost), (List, Refused(500, 2))], 1),
        (&[(Publish, Unheard), (List, Lost), (Publish, Lost)], 1),
        (&[(Read, Lost)], 1),
    ];
    for names in BOTH {
        for (faults, containers) in cases {
            let way = Way::begin(names, faults).await;
            let delivery = way.end().await;
            assert_eq!(delivery.state, DeliveryState::Posted, "{} {faults:?}: {delivery:?}", names.platform);
            assert_eq!(way.counts(), (*containers, 1), "{} {faults:?}", names.platform);
            assert!(way.kept(|kept| kept.faults.is_empty()), "{faults:?}: all of it happened");
            // Where only the post's address was asked for in vain, it is not known.
            let url = way.kept(|kept| permalink(&kept.posts[0].id));
            let is_told = faults[0].0 != Read;
            assert_eq!(delivery.url, is_told.then_some(url), "{} {faults:?}", names.platform);
        }
    }
}

#[tokio::test]
async fn wherever_the_program_is_killed_there_is_one_post() {
    use Fault::{Deaf, Silent};
    for names in BOTH {
        for (step, fault, containers) in [
            (Step::Make, Deaf, 1),
            (Step::Make, Silent, 2),
            (Step::Publish, Deaf, 1),
            (Step::Publish, Silent, 1),
        ] {
            let mut way = Way::begin(names, &[(step, fault)]).await;
            let path = way.graph.path(step);
            way.killed_at(&path, 1).await;
            let delivery = way.end().await;
            let at = format!("{} {step:?} {fault:?}", names.platform);
            assert_eq!(delivery.state, DeliveryState::Posted, "{at}: {delivery:?}");
            assert_eq!(way.counts(), (containers, 1), "{at}");
            assert_eq!(delivery.url, Some(way.kept(|kept| permalink(&kept.posts[0].id))), "{at}");
        }
        // While it looks for a post whose answer it did not hear, which is there.
        let mut way = Way::begin(names, &[(Step::Publish, Fault::Silent), (Step::List, Silent)]).await;
        let (publish, list) = (way.graph.path(Step::Publish), way.graph.path(Step::List));
        way.killed_at(&publish, 1).await;
        way.killed_at(&list, 1).await;
        assert_eq!((way.end().await.state, way.counts()), (DeliveryState::Posted, (1, 1)), "{names:?}");
    }
}

#[tokio::test]
async fn another_container_is_made_where_one_is_of_no_use_and_there_is_one_post() {
    for names in BOTH {
        for state in ["ERROR", "EXPIRED"] {
            let way = Way::begin(names, &[]).await;
            way.kept(|kept| kept.slowness = 1);
            way.turn().await;
            way.kept(|kept| kept.containers[0].state = state);
            assert_eq!(way.site.delivery(&way.share).await.state, DeliveryState::Queued);
            way.site.clock.advance(61);
            assert_eq!(way.end().await.state, DeliveryState::Posted, "{names:?} {state}");
            assert_eq!(way.counts(), (2, 1), "{names:?} {state}");
        }
    }
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_deleted_with_its_share() {
    let mut way = Way::begin(&THREADS, &[(Step::Publish, Fault::Silent)]).await;
    let path = way.graph.path(Step::Publish);
    way.killed_at(&path, 1).await;
    assert_eq!(way.counts(), (1, 1));
    let removal = way.deleted().await;
    assert_eq!((removal.state, way.counts()), (RemovalState::Removed, (1, 0)), "{removal:?}");
}
