//! Hears what all processes change in the record: one connection that listens, in place of looking again and again.
//!
//! The tables tell by themselves (migration 4), so that an older version beside this one is heard too. What was told while
//! the connection was lost is lost with it: after each connecting, everything is looked at once. A connection that is dead
//! without having been closed is found by a question every half minute.

use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::task::JoinHandle;

use crate::error::with_causes;
use crate::store::changes::{Change, Changes};
use crate::store::{ShareId, StoreError};

/// What the tables tell on; migration 4.
const CHANNEL: &str = "cutline";
/// How long connecting, and an answer to the question, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the server is asked whether it is still there.
const QUESTION: Duration = Duration::from_secs(30);
/// Rest before connecting again.
const REST: Duration = Duration::from_secs(1);

/// The task that listens; ends when this is dropped.
#[derive(Debug)]
pub(super) struct Listening(JoinHandle<()>);

impl Listening {
    /// Tells `changes` from now on.
    pub(super) fn start(options: PgConnectOptions, changes: Changes) -> Self {
        Self(tokio::spawn(async move {
            // Its loss is told once, not at each try.
            let mut is_told = false;
            loop {
                let lost = listen(&options, &changes, &mut is_told).await;
                if !std::mem::replace(&mut is_told, true) {
                    let error = with_causes(&StoreError::from(lost));
                    tracing::warn!(
                        error,
                        "changes of other processes are not heard; they are looked for every 30 s"
                    );
                }
                tokio::time::sleep(REST).await;
            }
        }))
    }

    /// Stops listening.
    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Listens until the connection is lost; says why.
async fn listen(options: &PgConnectOptions, changes: &Changes, is_told: &mut bool) -> sqlx::Error {
    match connected(options).await {
        Ok(mut listener) => {
            *is_told = false;
            changes.tell_all();
            loop {
                if let Err(lost) = hear(&mut listener, changes).await {
                    return lost;
                }
            }
        }
        Err(error) => error,
    }
}

async fn connected(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    // sqlx makes listeners of pools only: this one has a single connection, and is gone with it.
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool = pool.acquire_timeout(PATIENCE).connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    // What is missed until a new connection is made must be known here.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// One notification, or an answer to the question.
async fn hear(listener: &mut PgListener, changes: &Changes) -> Result<(), sqlx::Error> {
    let gone = || sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into());
    match tokio::time::timeout(QUESTION, listener.try_recv()).await {
        Ok(told) => {
            if let Some(change) = read(told?.ok_or_else(gone)?.payload()) {
                changes.tell(change.as_change());
            }
            Ok(())
        }
        Err(_) => {
            let answered = tokio::time::timeout(PATIENCE, listener.execute("SELECT 1"));
            answered.await.map_err(|_| gone())?.map(drop)
        }
    }
}

/// A change as it was told: which share, and the word for it.
#[derive(Debug, PartialEq, Eq)]
struct ToldChange<'a> {
    share: ShareId,
    word: &'a str,
}

impl ToldChange<'_> {
    fn as_change(&self) -> Change<'_> {
        match self.word {
            "queued" => Change::Queued(&self.share),
            "deleted" => Change::Deleted(&self.share),
            // The other states, and words of later versions.
            _ => Change::Moved(&self.share),
        }
    }
}

/// Reads what the tables tell, `SHARE WORD`; whatever else is told on the channel is not for us.
fn read(payload: &str) -> Option<ToldChange<'_>> {
    let (share, word) = payload.split_once(' ')?;
    Some(ToldChange { share: ShareId::parse(share).ok()?, word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_names_a_share_and_says_what_happened_to_it() {
        let id = ShareId::parse("0123456789abcdef").expect("an id");
        for (payload, change) in [
            ("0123456789abcdef queued", Change::Queued(&id)),
            ("0123456789abcdef deleted", Change::Deleted(&id)),
            ("0123456789abcdef posted", Change::Moved(&id)),
            ("0123456789abcdef of a later version", Change::Moved(&id)),
        ] {
            assert_eq!(read(payload).expect(payload).as_change(), change, "{payload}");
        }
        for payload in ["", "queued", "0123456789abcdef", "nobody queued"] {
            assert_eq!(read(payload), None, "{payload}");
        }
    }
}
