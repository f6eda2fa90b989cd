//! What the visitor gets back for a share: where it stands and how each delivery goes.

use serde::{Deserialize, Serialize};

use crate::TargetId;

/// The answer to a share request, and to any later question about that share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareReceipt {
    /// Names the share.
    pub id: String,
    /// The share page.
    pub url: String,
    /// The part that was cut out.
    pub clipping: Clipping,
    /// One for each target asked for, in the order asked.
    pub deliveries: Vec<Delivery>,
    /// Where the share can be deleted: told to the visitor who made it, and to nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_url: Option<String>,
}

impl ShareReceipt {
    /// Whether every delivery has reached its end, so that asking again would give the same answer.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.deliveries.iter().all(|delivery| delivery.state.is_final())
    }

    /// How many of its deliveries can be sent once more.
    #[must_use]
    pub fn retriable(&self, is_maker: bool) -> usize {
        self.deliveries.iter().filter(|delivery| delivery.state.can_be_retried(is_maker)).count()
    }

    /// The key in the link by which the share can be deleted: what its maker alone has.
    #[must_use]
    pub fn makers_key(&self) -> Option<&str> {
        self.delete_url.as_deref()?.split_once("?key=").map(|(_, key)| key)
    }
}

/// The cut, encoded, stored picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clipping {
    /// Where its bytes are; they never change.
    pub url: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Media type, for example `image/jpeg`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// One clipping on its way to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub target: TargetId,
    /// How far it is.
    pub state: DeliveryState,
    /// The post on the platform, once posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it failed or waits, in words for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in other languages, where the words are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_in: Option<InOtherLanguages>,
    /// What is done of it already, while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<DeliveryStep>,
    /// When it is tried again, while it waits: RFC 3339, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// Whether the visitor must connect the account again before it can be tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub connect_again: bool,
}

impl Delivery {
    /// Why it failed or waits as a reader of the language `tag` is told, and in which language that is: what nobody has put into
    /// theirs is English, or whatever the platform speaks.
    #[must_use]
    pub fn reason_for(&self, tag: &'static str) -> Option<(&str, &'static str)> {
        in_language(self.reason.as_deref(), self.reason_in.as_ref(), tag)
    }
}

fn in_language<'a>(
    english: Option<&'a str>,
    others: Option<&'a InOtherLanguages>,
    tag: &'static str,
) -> Option<(&'a str, &'static str)> {
    let own = others.and_then(|others| others.of(tag)).map(|words| (words, tag));
    own.or_else(|| Some((english?, "en")))
}

/// A text in the languages that pages and overlay speak beside English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InOtherLanguages {
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    pub chinese: String,
    /// Arabic.
    #[serde(rename = "ar")]
    pub arabic: String,
}

impl InOtherLanguages {
    /// The text in the language of this tag, or of one that says more, such as `ar-EG`.
    fn of(&self, tag: &str) -> Option<&str> {
        let is = |language: &str| {
            tag.strip_prefix(language).is_some_and(|more| more.is_empty() || more.starts_with('-'))
        };
        if is("ar") {
            Some(&self.arabic)
        } else if is("zh-Hans") || is("zh-CN") || is("zh-SG") {
            Some(&self.chinese)
        } else {
            None
        }
    }
}

/// What is left of a share that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Names the share.
    pub id: String,
    /// One for each post that was on a platform, or may have been.
    pub removals: Vec<Removal>,
}

/// The post of a deleted share on one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Where it is, or was.
    pub target: TargetId,
    /// How far its removal is.
    pub state: RemovalState,
    /// Why it waits or failed, in words for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in other languages, where the words are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_in: Option<InOtherLanguages>,
}

impl Removal {
    /// Why it waits or failed, as [`Delivery::reason_for`] has it.
    #[must_use]
    pub fn reason_for(&self, tag: &'static str) -> Option<(&str, &'static str)> {
        in_language(self.reason.as_deref(), self.reason_in.as_ref(), tag)
    }
}

/// How far the removal of a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalState {
    /// Its turn will come (again).
    Queued,
    /// It is not there any more.
    Removed,
    /// It cannot be removed from here.
    Failed,
}

impl RemovalState {
    /// The name it travels and is stored under.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Removed => "removed",
            Self::Failed => "failed",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Removed, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Accepted and kept; its turn will come (again, after a passing failure).
    Queued,
    /// The platform is being called.
    Sending,
    /// The platform has it.
    Posted,
    /// It ended without a post; the reason is given, and it can be tried again.
    Failed,
    /// The platform was called and nobody knows whether it posted: look there before trying again.
    Unknown,
}

impl DeliveryState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Posted | Self::Failed | Self::Unknown)
    }

    /// Whether the visitor may ask to have it sent once more: what failed anybody, what may have been posted already its maker.
    #[must_use]
    pub fn can_be_retried(self, is_maker: bool) -> bool {
        self == Self::Failed || (is_maker && self == Self::Unknown)
    }

    /// The name it travels and is stored under.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Posted => "posted",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Sending, Self::Posted, Self::Failed, Self::Unknown]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What is done for a share that is not accepted yet, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptanceStep {
    /// The picture is asked for where it lies.
    Fetching,
    /// It comes, and the part is cut out.
    Cutting,
}

impl AcceptanceStep {
    /// Its name in events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Cutting => "cutting",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Fetching, Self::Cutting].into_iter().find(|step| step.as_str() == text)
    }
}

/// What is done of a delivery that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStep {
    /// The platform has the picture.
    Uploaded,
    /// The post was sent: it may be there already, and the answer is waited for or was lost.
    Published,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_for_tags_that_say_more() {
        let others = InOtherLanguages { chinese: "中文".to_owned(), arabic: "عربي".to_owned() };
        for (tag, expected) in [
            ("ar", Some("عربي")),
            ("ar-EG", Some("عربي")),
            ("arn", None),
            ("zh-Hans", Some("中文")),
            ("zh-Hans-CN", Some("中文")),
            ("zh-CN", Some("中文")),
            ("zh-Hant", None),
            ("en", None),
        ] {
            assert_eq!(others.of(tag), expected, "{tag}");
        }
    }

    #[test]
    fn a_state_travels_under_the_name_it_is_stored_under() {
        for state in [
            DeliveryState::Queued,
            DeliveryState::Sending,
            DeliveryState::Posted,
            DeliveryState::Failed,
            DeliveryState::Unknown,
        ] {
            assert_eq!(serde_json::to_string(&state).ok(), Some(format!("{:?}", state.as_str())));
            assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
        }
    }
}
