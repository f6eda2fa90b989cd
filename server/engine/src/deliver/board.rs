//! The target `board`: this site's own public page, which needs no account and no network.
//!
//! Being in the record is the post: the board page reads what is posted to `board` from the store.

use async_trait::async_trait;
use cutline_model::{DeliveryState, Target, TargetId};

use super::{Limits, Platform, Post, PostError, Posted};

/// This site's board.
#[derive(Clone, Copy, Debug, Default)]
pub struct Board;

impl Board {
    /// A pinned note.
    pub(super) const ICON: &str = "M5 4h14v11l-5 5H5zM14 20v-5h5M12 2v5";
}

#[async_trait]
impl Platform for Board {
    fn target(&self) -> Target {
        let id = TargetId::parse("board").expect("board is a target's name");
        Target { id, name: "Board".to_owned(), account: None, icon: Self::ICON.to_owned(), limits: None }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok(String::new())
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        Ok(Posted { url: Some(post.link.clone()), id: None })
    }

    fn first_state(&self) -> DeliveryState {
        DeliveryState::Posted
    }
}
