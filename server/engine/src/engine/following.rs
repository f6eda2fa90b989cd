//! A share as it goes on: how it stands now, and again whenever that has changed, until nothing more happens by itself.
//!
//! What is told is the whole receipt, with a mark made of its content alone. So whoever lost the connection says which one
//! he saw last, to any process, and is told what he missed if that was anything; no history is kept. States that came and
//! went between two looks are not told: the later one says all.

use std::time::Duration;

use cutline_model::ShareReceipt;
use sha2::{Digest, Sha256};

use super::Engine;
use crate::error::{EngineError, with_causes};
use crate::store::{Follower, ShareId};

/// How long nothing is looked at when nothing is heard: what was heard may have been lost on its way.
const SLOW_LOOK: Duration = Duration::from_secs(30);
/// Rest after the record could not be read.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);
/// Bytes of a mark; twice as many digits travel.
const MARK_BYTES: usize = 8;

/// Somebody follows a share.
pub struct Following {
    engine: Engine,
    id: ShareId,
    follower: Follower,
    /// What is to be told first, read when following began.
    first: Option<ShareReceipt>,
    /// The mark of what was told last.
    seen: Option<String>,
    is_over: bool,
}

/// What a follower is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// How the share stands.
    Receipt {
        /// With all its deliveries.
        receipt: Box<ShareReceipt>,
        /// Names this state of it; the same state has the same mark.
        mark: String,
    },
    /// It was deleted.
    Deleted,
}

impl Engine {
    /// Follows a share for somebody who saw it as `seen` last, if at all. An unknown or a deleted one is an error.
    pub async fn follow(&self, id: &str, seen: Option<String>) -> Result<Following, EngineError> {
        let id = ShareId::parse(id).map_err(|_| EngineError::NotFound)?;
        // Before it is read, so that no change falls between.
        let follower = self.0.store.changes().follow(&id);
        let receipt = self.receipt(id.as_str()).await?;
        let is_over = receipt.is_settled() && seen.as_ref() == Some(&mark_of(&receipt));
        Ok(Following { engine: self.clone(), id, follower, first: Some(receipt), seen, is_over })
    }
}

impl Following {
    /// Whether there is nothing to tell, now or later.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Waits for what is to be told next; nothing after the end.
    pub async fn next(&mut self) -> Option<Told> {
        while !self.is_over {
            let receipt = match self.first.take() {
                Some(receipt) => receipt,
                None => match self.look().await {
                    Some(receipt) => receipt,
                    None => {
                        self.is_over = true;
                        return Some(Told::Deleted);
                    }
                },
            };
            let mark = mark_of(&receipt);
            self.is_over = receipt.is_settled();
            if self.seen.as_ref() != Some(&mark) {
                self.seen = Some(mark.clone());
                return Some(Told::Receipt { receipt: Box::new(receipt), mark });
            }
        }
        None
    }

    /// Reads the share when it may have changed; nothing when it is gone.
    async fn look(&mut self) -> Option<ShareReceipt> {
        // Not hearing anything is as good a reason to look.
        let _ = tokio::time::timeout(SLOW_LOOK, self.follower.changed()).await;
        loop {
            match self.engine.receipt(self.id.as_str()).await {
                Ok(receipt) => return Some(receipt),
                Err(EngineError::Deleted | EngineError::NotFound) => return None,
                Err(error) => {
                    tracing::warn!(share = %self.id, error = with_causes(&error), "a share that is followed cannot be read");
                    tokio::time::sleep(REST_AFTER_ERROR).await;
                }
            }
        }
    }
}

/// The same for the same content, in whatever process.
fn mark_of(receipt: &ShareReceipt) -> String {
    let content = serde_json::to_vec(receipt).expect("a receipt is plain data");
    Sha256::digest(content).iter().take(MARK_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
