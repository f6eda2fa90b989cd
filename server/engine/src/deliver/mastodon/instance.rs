//! What one server of the Mastodon family takes, read from the server itself.
//!
//! `/api/v2/instance` (Mastodon 4) and `/api/v1/instance` (snac, old ones) hold the same `configuration`; what a server
//! does not tell is Mastodon's default (<https://docs.joinmastodon.org/entities/Instance/>).

use serde_json::Value;

/// One server's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InstanceLimits {
    /// Longest status, in characters.
    pub(super) max_status_chars: usize,
    /// Characters that any address counts as.
    pub(super) chars_per_url: usize,
    /// Largest picture, in bytes.
    pub(super) max_image_bytes: u64,
    /// Longest alt text, in characters.
    pub(super) max_alt_chars: usize,
    /// Whether it is Mastodon itself, which remembers each `Idempotency-Key` for an hour; of the others some do not (snac makes
    /// two posts), and none says so.
    pub(super) knows_keys: bool,
}

impl Default for InstanceLimits {
    fn default() -> Self {
        Self {
            max_status_chars: 500,
            chars_per_url: 23,
            max_image_bytes: 16 << 20,
            max_alt_chars: 1500,
            knows_keys: false,
        }
    }
}

impl InstanceLimits {
    /// The limits in an answer to either version of the request.
    pub(super) fn from_instance(instance: &Value) -> Self {
        let read = |paths: &[&str]| {
            let number = paths.iter().find_map(|path| instance.pointer(path)?.as_u64());
            // Zero would mean that nothing can be posted; that is a mistake rather than a limit.
            number.filter(|number| *number > 0)
        };
        let chars = |paths: &[&str]| read(paths).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let default = Self::default();
        Self {
            max_status_chars: chars(&["/configuration/statuses/max_characters", "/max_toot_chars"])
                .unwrap_or(default.max_status_chars),
            chars_per_url: chars(&["/configuration/statuses/characters_reserved_per_url"])
                .unwrap_or(default.chars_per_url),
            max_image_bytes: read(&["/configuration/media_attachments/image_size_limit", "/upload_limit"])
                .unwrap_or(default.max_image_bytes),
            max_alt_chars: chars(&[
                "/configuration/media_attachments/description_limit",
                "/description_limit",
            ])
            .unwrap_or(default.max_alt_chars),
            knows_keys: instance.get("version").and_then(Value::as_str).is_some_and(is_mastodon),
        }
    }
}

/// Whether this is a version of Mastodon, and not of a server that is like it: those say so in words behind the number
/// (`2.7.2 (compatible; Pleroma 2.5.5)`), or count from zero (GoToSocial).
fn is_mastodon(version: &str) -> bool {
    let is_one_word =
        version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'_'));
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    is_one_word && major.is_some_and(|major| major >= 3)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_server_does_not_tell_is_the_default() {
        for instance in [
            json!({}),
            json!(null),
            json!([]),
            json!({"configuration": {"statuses": {"max_characters": "many"}}}),
        ] {
            assert_eq!(InstanceLimits::from_instance(&instance), InstanceLimits::default());
        }
    }

    #[test]
    fn only_mastodon_itself_is_known_to_remember_keys() {
        for (version, knows_keys) in [
            ("4.3.1", true),
            ("3.5.19", true),
            ("4.4.0-alpha.1+glitch", true),
            ("2.7.2 (compatible; Pleroma 2.5.5)", false),
            ("3.5.3 (compatible; Pixelfed 0.12.4)", false),
            ("4.0.0 (not true; it's snac/2.75)", false),
            ("0.17.3+git-1234567", false),
            ("4", true),
            ("", false),
            ("four", false),
        ] {
            let told = InstanceLimits::from_instance(&json!({ "version": version }));
            assert_eq!(told.knows_keys, knows_keys, "{version}");
        }
    }

    #[test]
    fn what_a_server_tells_is_taken() {
        let instance = json!({"configuration": {
            "statuses": {"max_characters": 5000, "characters_reserved_per_url": 32},
            "media_attachments": {"image_size_limit": 1000, "description_limit": 0}}});
        let expected = InstanceLimits {
            max_status_chars: 5000,
            chars_per_url: 32,
            max_image_bytes: 1000,
            ..InstanceLimits::default()
        };
        assert_eq!(InstanceLimits::from_instance(&instance), expected);
        let pleroma = json!({"max_toot_chars": 7000, "upload_limit": 99, "description_limit": 420});
        let expected = InstanceLimits {
            max_status_chars: 7000,
            chars_per_url: 23,
            max_image_bytes: 99,
            max_alt_chars: 420,
            knows_keys: false,
        };
        assert_eq!(InstanceLimits::from_instance(&pleroma), expected);
    }
}
