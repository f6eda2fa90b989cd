//! The turns in which pages are parsed: pure computing, so only a few at once.
//!
//! Ordinary pages take milliseconds, and one that is made for it takes all the time it gets. So each has a short turn first.
//! Who needs more waits for the one long turn, and there for a place of its network first: who has many such pages waits behind
//! itself, and keeps nobody with an ordinary page waiting.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::Instant as Deadline;

use super::error::{FetchError, NotFound};
use super::line::Line;
use super::page::{Page, Turn};
use super::permits::NetworkPermits;

/// Short turns at once.
const SHORT_TURNS: usize = 2;

/// A short turn. Debug builds parse some ten times as slowly.
const SHORT_TURN: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 100 });

/// A long one: the longest time that one page may be parsed.
const LONG_TURN: Duration = Duration::from_secs(2);

/// Those turns. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Parsing {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    /// One long turn for each network, waiting or taken.
    networks: NetworkPermits,
}

impl Parsing {
    pub(super) fn new() -> Self {
        let (short, long) = (Semaphore::new(SHORT_TURNS), Semaphore::new(1));
        Self { short: Arc::new(short), long: Arc::new(long), networks: NetworkPermits::new() }
    }

    /// What `parse` makes of a page that `peer` said, in the turn that it is given; it is called once more where that is too
    /// short.
    pub(super) async fn parse(
        &self,
        peer: Option<IpAddr>,
        line: &Line,
        deadline: Deadline,
        parse: impl Fn(&Turn) -> Result<Page, NotFound> + Clone + Send + 'static,
    ) -> Result<Page, FetchError> {
        // Who came late because it waited here is parsed all the same.
        let until = line.later(deadline);
        if let Some(parsed) = in_turn(&self.short, SHORT_TURN, line, until, parse.clone()).await? {
            return Ok(parsed?);
        }
        let until = line.later(deadline);
        let network = peer.map(|peer| self.networks.take(peer, line, until));
        let _place = OptionFuture::from(network).await.transpose()?;
        match in_turn(&self.long, LONG_TURN, line, until, parse).await? {
            Some(parsed) => Ok(parsed?),
            None => Err(NotFound::TooComplicated.into()),
        }
    }

    #[cfg(test)]
    pub(super) fn all_short_turns(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.short.try_acquire_many(SHORT_TURNS as u32).expect("nobody has one")
    }
}

/// What comes of a turn of this length; nothing if it is over before the end of the page.
async fn in_turn(
    turns: &Arc<Semaphore>,
    length: Duration,
    line: &Line,
    deadline: Deadline,
    parse: impl FnOnce(&Turn) -> Result<Page, NotFound> + Send + 'static,
) -> Result<Option<Result<Page, NotFound>>, FetchError> {
    let permit = match turns.clone().try_acquire_owned() {
        Ok(permit) => permit,
        Err(_) => line.stand(deadline, turns.clone().acquire_owned()).await?.map_err(|_| FetchError::Busy)?,
    };
    let parsing = spawn_blocking(move || {
        let _permit = permit;
        let turn = Turn::begin(length);
        let parsed = parse(&turn);
        let is_too_short = matches!(parsed, Err(NotFound::TooComplicated)) && turn.is_over();
        (!is_too_short).then_some(parsed)
    });
    // Computing is our time too: an origin has done its part.
    let parsed = line.stand(deadline, parsing).await?;
    // A panic in the parser is the page's doing, and ends with the page.
    Ok(parsed.unwrap_or(Some(Err(NotFound::TooComplicated))))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use url::Url;

    use super::super::page::Syntax;
    use super::*;

    const HOSTILE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const HONEST: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    fn ordinary(turn: &Turn) -> Result<Page, NotFound> {
        let url = Url::parse("https://a.example/").expect("an address");
        Page::parse(url, b"<img src=a>", (Syntax::Html, None), 9, turn)
    }

    /// Takes all the time that it gets.
    fn hostile(turn: &Turn) -> Result<Page, NotFound> {
        while !turn.is_over() {}
        Err(NotFound::TooComplicated)
    }

    fn later() -> Deadline {
        Deadline::now() + Duration::from_secs(60)
    }

    /// Needs more than a short turn.
    fn large(turn: &Turn) -> Result<Page, NotFound> {
        let needed = Turn::begin(2 * SHORT_TURN);
        while !needed.is_over() {
            if turn.is_over() {
                return Err(NotFound::TooComplicated);
            }
        }
        ordinary(turn)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pages_that_take_all_their_time_keep_those_of_others_waiting_for_one_of_them_at_most() {
        let parsing = Parsing::new();
        let mut hostiles = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let parsing = parsing.clone();
            hostiles.spawn(async move { parsing.parse(HOSTILE, &Line::default(), later(), hostile).await });
        }
        while parsing.long.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let line = Line::default();
        let page = parsing.parse(HONEST, &line, later(), ordinary).await.expect("a page");
        assert_eq!(page.pictures.len(), 1);
        assert!(hostiles.try_join_next().is_none(), "the first of them is still at it");
        parsing.parse(HONEST, &line, later(), large).await.expect("a page");
        let over = std::iter::from_fn(|| hostiles.try_join_next()).count();
        assert!(over <= 2, "{over} of them came first");
    }

    #[tokio::test]
    async fn who_needs_more_than_a_short_turn_gets_a_long_one() {
        let page = Parsing::new().parse(None, &Line::default(), later(), large).await.expect("a page");
        assert_eq!(page.pictures.len(), 1);
    }

    #[tokio::test]
    async fn who_gets_no_turn_in_time_hears_that_it_is_busy_here() {
        let (parsing, line) = (Parsing::new(), Line::default());
        let _turns = parsing.all_short_turns();
        let soon = Deadline::now() + Duration::from_millis(50);
        assert_eq!(parsing.parse(HONEST, &line, soon, ordinary).await.err(), Some(FetchError::Busy));
        assert!(line.waited() >= Duration::from_millis(50));
    }
}
