//! Which of an account's servers have asked not to be called, and until when.
//!
//! The worker's pauses are those of whole accounts. Here one of several servers asks, and the others still take the post: it is left
//! alone by itself, as long as it asks for. Each process remembers that for itself, so after a start a server may hear one call more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::SharedClock;
use crate::deliver::PostError;
use crate::deliver::line::Line;
use crate::deliver::steps::until;

/// Whatever a server asks for, it is called again after a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The pauses of an account's servers.
pub(super) struct ServerPauses {
    clock: SharedClock,
    until: Mutex<HashMap<String, Timestamp>>,
}

impl ServerPauses {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, until: Mutex::default() }
    }

    /// What `call` to the server of `line` brings, which is made only if that has not asked to be left alone; hears whether it asks now.
    pub(super) async fn unless_paused<T>(
        &self,
        line: &Line,
        call: impl Future<Output = Result<T, PostError>>,
    ) -> Result<T, PostError> {
        let (server, now) = (line.origin(), self.clock.now());
        if let Some(left) = self.left(&server, now) {
            return Err(PostError::Passing {
                reason: format!("{} asks for a pause before the next post.", line.host()),
                detail: format!("{server} asked not to be called for another {left:?}"),
                retry_after: Some(left),
            });
        }
        let answer = call.await;
        if let Err(PostError::Passing { retry_after: Some(wait), .. }) = &answer {
            let at = self.clock.now().checked_add((*wait).min(LONGEST)).unwrap_or(now);
            let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
            let known = all.entry(server).or_insert(at);
            *known = at.max(*known);
        }
        answer
    }

    /// For how much longer a server is left alone.
    fn left(&self, server: &str, now: Timestamp) -> Option<Duration> {
        let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, at| *at > now);
        all.get(server).map(|at| until(*at, now))
    }
}
