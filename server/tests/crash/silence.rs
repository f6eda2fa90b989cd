//! A database that is gone without a word, as when its machine loses power or a switch forgets a connection: nothing is closed, nothing
//! is refused, there is just no answer any more. Another connection gets one.

use std::time::{Duration, Instant};

use cutline_test_servers::Postgres;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::faults::recovery;
use super::network::{Network, Skill};
use super::place::Servers;
use super::program::{Program, receipt};

/// How long it may take until all goes on: the longest question, what its connection is given to answer, and a lease's end.
const LONGEST: Duration = Duration::from_secs(60);

/// The way to a server, on which connections can fall silent.
struct Way {
    silence: watch::Sender<()>,
    port: u16,
}

impl Way {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let silence = watch::Sender::new(());
        let told = silence.clone();
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                tokio::spawn(forward(here, server.clone(), told.subscribe()));
            }
        });
        Self { silence, port }
    }

    /// All connections fall silent; new ones are as they were.
    fn fall_silent(&self) {
        self.silence.send_replace(());
    }
}

async fn forward(mut here: TcpStream, server: String, mut silence: watch::Receiver<()>) {
    let mut there = TcpStream::connect(server).await.expect("the server");
    tokio::select! {
        _ = copy_bidirectional(&mut here, &mut there) => {}
        _ = silence.changed() => std::future::pending::<()>().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_connections_to_postgres_fall_silent_for_good_new_ones_are_made_and_nothing_is_lost_or_posted_twice()
 {
    let network = Network::start(Skill::Neither).await;
    let servers = Servers::start();
    let database = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.expect("a database");
    let (keys, rest) = database.split_once("@127.0.0.1:").expect("an address with a password");
    let (port, name) = rest.split_once('/').expect("an address with a database");
    let way = Way::to(format!("127.0.0.1:{port}")).await;
    let program = Program::new(&network, servers.place_in(format!("{keys}@127.0.0.1:{}/{name}", way.port)));
    let running = program.start(None).await;
    let request = program.request(&network);
    network.answers(false);
    let (status, first) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    network.has_posted().await;

    way.fall_silent();
    let since = Instant::now();
    // The post is made and answered, and its outcome cannot be written down.
    network.answers(true);
    let second = loop {
        let (status, answer) = running.post(&request, "second").await.expect("an answer");
        if status == 201 {
            break answer;
        }
        assert_eq!((status, &answer["code"]), (503, &"busy".into()), "{answer}");
        assert!(since.elapsed() < LONGEST, "it is told to come later for {:?}", since.elapsed());
    };
    let id = receipt(&first).id;
    assert_eq!(running.ended(&id, LONGEST).await.state, "posted");
    assert_eq!(running.ended(&receipt(&second).id, recovery()).await.state, "posted");
    assert!(since.elapsed() < LONGEST + recovery(), "{:?}", since.elapsed());
    assert_eq!((network.posts(), running.shares().await), (2, 2));
    running.stop().await;
    assert_eq!(program.place().record(&id).await.open_attempts, 0);
}
