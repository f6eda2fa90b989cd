//! Targets that only seem to be some, for a server under test: they call nobody, and each does one thing every time.
//!
//! What they take is little, so that a test sees texts shortened and pictures made smaller.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::{Target, TargetId};
use cutline_text::{Rule, Unit};

use super::{Limits, PictureLimits, Platform, Post, PostError, Posted};

/// What a fake target does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fake {
    /// Posts.
    Posts,
    /// Refuses each post, for good.
    Refuses,
    /// Is never there: each delivery waits to be tried again.
    Waits,
    /// Never says whether it has posted.
    Silent,
}

/// One of each.
#[must_use]
pub fn fakes() -> Vec<Arc<dyn Platform>> {
    let fake = |fake: Fake| -> Arc<dyn Platform> { Arc::new(fake) };
    [Fake::Posts, Fake::Refuses, Fake::Waits, Fake::Silent].map(fake).into()
}

impl Fake {
    fn name(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Refuses => "refuses",
            Self::Waits => "waits",
            Self::Silent => "says nothing",
        }
    }
}

#[async_trait]
impl Platform for Fake {
    fn target(&self) -> Target {
        let name = self.name();
        let id = TargetId::parse(&format!("fake:{}", name.replace(' ', "-"))).expect("a target's name");
        let limits = Some(LIMITS.told());
        Target { id, name: format!("Fake that {name}"), account: None, icon: String::new(), limits }
    }

    async fn limits(&self) -> Limits {
        LIMITS
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        match self {
            Self::Posts | Self::Silent => Ok(post.file_name.clone()),
            Self::Refuses => Err(PostError::Final {
                reason: "This target refuses everything.".to_owned(),
                detail: "a fake".to_owned(),
            }),
            Self::Waits => Err(PostError::Passing {
                reason: "This target is never there.".to_owned(),
                detail: "a fake".to_owned(),
                retry_after: Some(Duration::from_secs(60)),
            }),
        }
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        match self {
            Self::Silent => Err(PostError::Unknown {
                reason: "This target never says whether it has posted.".to_owned(),
                detail: "a fake".to_owned(),
            }),
            _ => Ok(Posted { url: Some(format!("{}#posted", post.link)), id: None }),
        }
    }
}

/// What all of them take.
const LIMITS: Limits = Limits {
    text: Rule::new(Unit::Graphemes, 100),
    alt: None,
    picture: PictureLimits {
        formats: &[],
        max_bytes: None,
        max_pixels: None,
        max_side: Some(640),
        aspect: None,
    },
};
