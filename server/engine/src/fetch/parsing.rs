//! The turns in which pages are parsed: pure computing, so only a few at once.
//!
//! Ordinary pages take milliseconds, and one that is made for it takes all the time it gets. So each has a short turn first.
//! Who needs more waits in a line of its own, one at a time, and keeps nobody with an ordinary page waiting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant as Deadline, timeout_at};

use super::error::{FetchError, NotFound};
use super::line::Line;
use super::page::Page;

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
}

impl Parsing {
    pub(super) fn new() -> Self {
        Self { short: Arc::new(Semaphore::new(SHORT_TURNS)), long: Arc::new(Semaphore::new(1)) }
    }

    /// What `parse` makes of a page in the time that it is given; it is called once more where that is too short.
    pub(super) async fn parse(
        &self,
        line: &Line,
        deadline: Deadline,
        parse: impl Fn(Duration) -> Result<Page, NotFound> + Clone + Send + 'static,
    ) -> Result<Page, FetchError> {
        match in_turn(&self.short, SHORT_TURN, line, deadline, parse.clone()).await? {
            Some(parsed) => Ok(parsed?),
            None => match in_turn(&self.long, LONG_TURN, line, deadline, parse).await? {
                Some(parsed) => Ok(parsed?),
                None => Err(NotFound::TooComplicated.into()),
            },
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
    parse: impl FnOnce(Duration) -> Result<Page, NotFound> + Send + 'static,
) -> Result<Option<Result<Page, NotFound>>, FetchError> {
    let turn = match turns.clone().try_acquire_owned() {
        Ok(turn) => turn,
        Err(_) => line.stand(deadline, turns.clone().acquire_owned()).await?.map_err(|_| FetchError::Busy)?,
    };
    let parsing = spawn_blocking(move || {
        let _turn = turn;
        let since = Instant::now();
        let parsed = parse(length);
        let is_too_short = matches!(parsed, Err(NotFound::TooComplicated)) && since.elapsed() >= length;
        (!is_too_short).then_some(parsed)
    });
    let parsed = timeout_at(deadline, parsing).await.map_err(|_| FetchError::Busy)?;
    // A panic in the parser is the page's doing, and ends with the page.
    Ok(parsed.unwrap_or(Some(Err(NotFound::TooComplicated))))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::page::Syntax;
    use super::*;

    fn ordinary(time: Duration) -> Result<Page, NotFound> {
        let url = Url::parse("https://a.example/").expect("an address");
        Page::parse(url, b"<img src=a>", (Syntax::Html, None), 9, time)
    }

    /// Takes all the time that it gets.
    fn hostile(time: Duration) -> Result<Page, NotFound> {
        std::thread::sleep(time);
        Err(NotFound::TooComplicated)
    }

    fn later() -> Deadline {
        Deadline::now() + Duration::from_secs(60)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pages_that_take_all_their_time_keep_no_ordinary_one_waiting() {
        let parsing = Parsing::new();
        let mut hostiles = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let parsing = parsing.clone();
            hostiles.spawn(async move { parsing.parse(&Line::default(), later(), hostile).await });
        }
        while parsing.long.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let line = Line::default();
        parsing.parse(&line, later(), ordinary).await.expect("a page");
        assert_eq!(
            hostiles.try_join_next().map(|done| done.is_ok()),
            None,
            "the first of them is still at it"
        );
    }

    #[tokio::test]
    async fn who_needs_more_than_a_short_turn_gets_a_long_one() {
        let parse = |time: Duration| if time < LONG_TURN { hostile(time) } else { ordinary(time) };
        let page = Parsing::new().parse(&Line::default(), later(), parse).await.expect("a page");
        assert_eq!(page.pictures.len(), 1);
    }

    #[tokio::test]
    async fn who_gets_no_turn_in_time_hears_that_it_is_busy_here() {
        let (parsing, line) = (Parsing::new(), Line::default());
        let _turns = parsing.all_short_turns();
        let soon = Deadline::now() + Duration::from_millis(50);
        assert_eq!(parsing.parse(&line, soon, ordinary).await.err(), Some(FetchError::Busy));
        assert_eq!(line.out_of_time(), FetchError::Busy);
    }
}
