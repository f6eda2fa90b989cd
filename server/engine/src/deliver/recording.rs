//! Writing down what came of a call: it cannot be had again, so it is written until a record that is busy, full or away takes it.

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::time::Duration;

use cutline_model::TargetId;

use crate::error::with_causes;
use crate::store::{ShareId, StoreError};

/// How often it is written when the record fails in a way that does not pass by itself, and the waits between.
const TRIES: u32 = 6;
pub(super) const RECORD_PACE: Duration = Duration::from_secs(1);

/// Writes `outcome`, of a share at a target, by calling `write` again and again; it is told how many calls that makes, and breaks
/// off when there is nothing left to write. A lost claim it judges itself.
pub(super) async fn recorded<F>(
    (share, target): (&ShareId, &TargetId),
    outcome: &(impl Debug + Sync),
    write: impl Fn(u32) -> F,
) where
    F: Future<Output = ControlFlow<(), StoreError>>,
{
    for tries in 1_u32.. {
        let ControlFlow::Continue(error) = write(tries).await else { return };
        if !error.passes() && tries >= TRIES && !matches!(error, StoreError::ClaimLost { .. }) {
            break;
        }
        // Fewer and fewer lines, while an outage lasts.
        if tries.is_power_of_two() {
            tracing::error!(%share, %target, ?outcome, tries, error = with_causes(&error), "not recorded yet");
        }
        tokio::time::sleep(RECORD_PACE).await;
    }
    tracing::error!(%share, %target, ?outcome, "not recorded; the next attempt begins where that is known");
}
