//! Deleting a share: what is here goes at once, what is on platforms as they let us.

use cutline_model::{Deletion, Removal};

use super::{Engine, EngineParts};
use crate::crash::{self, Step};
use crate::deliver::translated;
use crate::error::{EngineError, with_causes};
use crate::store::{Deleted, RemovalRecord, ShareId, remove_clipping};

impl Engine {
    /// Deletes a share for whoever has its key. Its page, record and clipping are gone then; doing it again tries again what
    /// could not be removed elsewhere, as its reason asks for, and tells how far that is.
    pub async fn delete(&self, id: &str, key: &str) -> Result<Deletion, EngineError> {
        let id = self.as_maker(id, key)?;
        if let Some(Deleted { clipping }) = self.0.store.delete(&id, self.0.clock.now()).await? {
            crash::at(Step::Deleted);
            let EngineParts { store, clippings, clock, .. } = self.0.as_ref();
            if let Err(error) = remove_clipping(store.as_ref(), clippings, clock, &id, &clipping).await {
                // It is written down, and the remover goes on trying.
                tracing::error!(share = %id, %clipping, error = with_causes(&error), "a clipping is not removed yet");
            }
        } else {
            self.0.store.remove_again(&id, self.0.clock.now()).await?;
        }
        self.deletion_of(&id).await?.ok_or(EngineError::NotFound)
    }

    /// How far a deletion is, for whoever has the key of the share; nothing when it is not deleted.
    pub async fn deletion(&self, id: &str, key: &str) -> Result<Option<Deletion>, EngineError> {
        let id = self.as_maker(id, key)?;
        self.deletion_of(&id).await
    }

    /// Where a share can be deleted.
    pub(super) fn delete_url(&self, id: &ShareId) -> String {
        self.address(&format!("s/{id}/delete?key={}", self.0.link_keys.deletion(id)))
    }

    /// The share, for whoever has its key: who made it.
    pub(super) fn as_maker(&self, id: &str, key: &str) -> Result<ShareId, EngineError> {
        let id = ShareId::parse(id).map_err(|_| EngineError::NotFound)?;
        if self.0.link_keys.is_deletion(&id, key) { Ok(id) } else { Err(EngineError::WrongKey) }
    }

    async fn deletion_of(&self, id: &ShareId) -> Result<Option<Deletion>, EngineError> {
        if !self.0.store.is_deleted(id).await? {
            return Ok(None);
        }
        let removal = |RemovalRecord { target, state, reason }| {
            let reason_in = reason.as_deref().and_then(translated);
            Removal { target, state, reason, reason_in }
        };
        let removals = self.0.store.removals(id).await?.into_iter().map(removal).collect();
        Ok(Some(Deletion { id: id.to_string(), removals }))
    }
}
