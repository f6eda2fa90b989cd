//! Where a clipping can be posted.

use cutline_text::Rule;
use serde::{Deserialize, Serialize};

/// Names one target of this site: `board`, or a platform and the account on it, `mastodon:alice@example.social`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TargetId(String);

/// A text is not a target's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a target is written platform or platform:account, for example board or mastodon:alice@example.social"
)]
pub struct TargetIdError;

impl TryFrom<String> for TargetId {
    type Error = TargetIdError;

    fn try_from(text: String) -> Result<Self, TargetIdError> {
        Self::parse(&text)
    }
}

impl TargetId {
    /// Reads `platform` or `platform:account`; at most 200 bytes, no spaces, the platform in a-z, 0-9 and `-`.
    pub fn parse(text: &str) -> Result<Self, TargetIdError> {
        let (platform, account) =
            text.split_once(':').map_or((text, None), |(platform, account)| (platform, Some(account)));
        let platform_is_plain = !platform.is_empty()
            && platform.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let account_is_plain = account.is_none_or(|account| {
            !account.is_empty() && !account.chars().any(|c| c.is_whitespace() || c.is_control())
        });
        if text.len() <= 200 && platform_is_plain && account_is_plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(TargetIdError)
        }
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The target of a visitor's account, `mastodon:~…`: its name here tells nobody whose it is.
    pub fn of_visitors_account(platform: &str, account: &str) -> Result<Self, TargetIdError> {
        Self::parse(&format!("{platform}:~{account}"))
    }

    /// The account's name here, where the target is one of a visitor's accounts.
    #[must_use]
    pub fn visitors_account(&self) -> Option<&str> {
        self.0
            .split_once(":~")
            .filter(|(platform, _)| *platform == self.platform())
            .map(|(_, account)| account)
    }

    /// The platform's part, `mastodon` of `mastodon:alice@example.social`.
    #[must_use]
    pub fn platform(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}

impl std::fmt::Display for TargetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A target as the visitor sees it in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What the share request names it by.
    pub id: TargetId,
    /// What the visitor reads, for example `Mastodon`.
    pub name: String,
    /// Whose account it is, for example `@alice@example.social`; none for the site's own board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its icon: the path of an SVG of 24 x 24, drawn in strokes. Empty for the general one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// What it takes; nothing where that is no matter, as on the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<TargetLimits>,
}

impl Target {
    /// The site's own board, which needs no account.
    #[must_use]
    pub fn board() -> Self {
        let id = TargetId("board".to_owned());
        Self { id, name: "Board".to_owned(), account: None, icon: String::new(), limits: None }
    }
}

/// What a target takes: texts are shortened and pictures made smaller to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLimits {
    /// The post's text, with its link.
    pub text: Rule,
    /// The alt text; nothing where there is no field for it, and it stands in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<Rule>,
    /// Most pixels, columns times rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_pixels: Option<u64>,
    /// Longest side, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_side: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_platform_and_perhaps_an_account() {
        for text in
            ["board", "mastodon:alice@example.social", "s3:my-bucket", "wordpress:https://blog.example/"]
        {
            assert_eq!(TargetId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
        }
        for text in ["", ":", "Board", "mastodon:", "mastodon:a b", "twitter/x", &"a".repeat(201)] {
            assert_eq!(TargetId::parse(text), Err(TargetIdError), "{text}");
        }
    }

    #[test]
    fn the_board_has_a_name_that_requests_can_say() {
        assert_eq!(TargetId::parse(Target::board().id.as_str()), Ok(Target::board().id));
    }

    #[test]
    fn the_platform_comes_first() {
        let id = TargetId::parse("mastodon:alice@example.social").expect("a target");
        assert_eq!(id.platform(), "mastodon");
    }

    #[test]
    fn a_visitors_account_is_told_apart() {
        let own = TargetId::of_visitors_account("mastodon", "4zq8n1x0c7hw2kfm").expect("a target");
        assert_eq!(
            (own.as_str(), own.visitors_account()),
            ("mastodon:~4zq8n1x0c7hw2kfm", Some("4zq8n1x0c7hw2kfm"))
        );
        for other in ["board", "mastodon:alice@example.social", "webhook:a:~b"] {
            assert_eq!(TargetId::parse(other).expect(other).visitors_account(), None, "{other}");
        }
    }
}
