//! What one server of the Mastodon family takes, read from the server itself.
//!
//! `/api/v2/instance` (Mastodon 4) and `/api/v1/instance` (snac, old ones) hold the same `configuration`; what a server
//! does not tell is Mastodon's default (<https://docs.joinmastodon.org/entities/Instance/>).

use cutline_text::{AddressCount, Rule, Unit};
use serde_json::Value;

use super::ENTRY;
use crate::deliver::{Limits, PictureLimits};

/// One server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Instance {
    /// What it takes.
    pub(super) limits: Limits,
    /// Whether it is Mastodon itself, which remembers each `Idempotency-Key` for an hour; of the others some do not (snac makes
    /// two posts), and none says so.
    pub(super) knows_keys: bool,
}

impl Default for Instance {
    fn default() -> Self {
        Self { limits: ENTRY.limits, knows_keys: false }
    }
}

impl Instance {
    /// The server in its answer to either version of the request.
    pub(super) fn read(instance: &Value) -> Self {
        let read = |paths: &[&str]| {
            let number = paths.iter().find_map(|path| instance.pointer(path)?.as_u64());
            // Zero would mean that nothing can be posted; that is a mistake rather than a limit.
            number.filter(|number| *number > 0)
        };
        let chars = |paths: &[&str]| read(paths).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let text = |field: &str| instance.get(field).and_then(Value::as_str);
        // What the second version tells of where the program comes from can only speak against it.
        let knows_keys = text("version").is_some_and(is_mastodon)
            && text("source_url").is_none_or(|from| from.to_ascii_lowercase().contains("mastodon"));
        let per_address = chars(&["/configuration/statuses/characters_reserved_per_url"]).unwrap_or(23);
        // Of the others some tell this number and count each character all the same.
        let address =
            if knows_keys { AddressCount::Always(per_address) } else { AddressCount::AtLeast(per_address) };
        let default = ENTRY.limits;
        // Its `StatusLengthValidator` counts graphemes; GoToSocial code points, and of the others nobody knows.
        let unit = if knows_keys { Unit::Graphemes } else { default.text.unit };
        let max = chars(&["/configuration/statuses/max_characters", "/max_toot_chars"]);
        let max_alt = chars(&["/configuration/media_attachments/description_limit", "/description_limit"]);
        let picture = PictureLimits {
            max_bytes: read(&["/configuration/media_attachments/image_size_limit", "/upload_limit"])
                .or(default.picture.max_bytes),
            max_pixels: read(&["/configuration/media_attachments/image_matrix_limit"])
                .or(default.picture.max_pixels),
            ..default.picture
        };
        let limits = Limits {
            text: Rule {
                unit,
                is_fine: knows_keys,
                address,
                max: max.unwrap_or(default.text.max),
                ..default.text
            },
            alt: default.alt.map(|alt| Rule { max: max_alt.unwrap_or(alt.max), ..alt }),
            picture,
        };
        Self { limits, knows_keys }
    }
}

/// Whether this is a version of Mastodon, and not of a server that is like it: those say so in words behind the number
/// (`2.7.2 (compatible; Pleroma 2.5.5)`), count from zero (GoToSocial), or name a version of Mastodon with their own behind it
/// (GoToSocial with `instance-inject-mastodon-version`: `3.5.3+0.17.3`). Behind Mastodon's stands the name of a variant (`+glitch`).
fn is_mastodon(version: &str) -> bool {
    let (_, variant) = version.split_once('+').unwrap_or_default();
    let is_a_version = variant
        .split_once('.')
        .is_some_and(|(major, _)| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()));
    if is_a_version || variant.contains("git") {
        return false;
    }
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
            assert_eq!(Instance::read(&instance), Instance::default());
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
            ("3.5.3+0.17.3", false),
            ("3.5.3+0.17.3+git-1234567", false),
            ("3.5.3+0.15.0-git-1573cd", false),
            ("3.5.3+git-1234567", false),
            ("4.3.1+v1.2", true),
            ("4", true),
            ("", false),
            ("four", false),
        ] {
            let told = Instance::read(&json!({ "version": version }));
            assert_eq!(told.knows_keys, knows_keys, "{version}");
        }
        for (source, knows_keys) in [
            ("https://github.com/mastodon/mastodon", true),
            ("https://github.com/glitch-soc/Mastodon", true),
            ("https://codeberg.org/superseriousbusiness/gotosocial", false),
        ] {
            let told = Instance::read(&json!({ "version": "4.3.1", "source_url": source }));
            assert_eq!(told.knows_keys, knows_keys, "{source}");
        }
    }

    #[test]
    fn what_a_server_tells_is_taken() {
        let instance = json!({"configuration": {
            "statuses": {"max_characters": 5000, "characters_reserved_per_url": 32},
            "media_attachments": {"image_size_limit": 1000, "description_limit": 0}}});
        let limits = Instance::read(&instance).limits;
        assert_eq!((limits.text.max, limits.text.address), (5000, AddressCount::AtLeast(32)));
        assert_eq!((limits.alt, limits.picture.max_bytes), (ENTRY.limits.alt, Some(1000)));
        let pleroma = json!({"max_toot_chars": 7000, "upload_limit": 99, "description_limit": 420});
        let limits = Instance::read(&pleroma).limits;
        assert_eq!((limits.text.max, limits.text.address), (7000, AddressCount::AtLeast(23)));
        assert_eq!((limits.alt.map(|alt| alt.max), limits.picture.max_bytes), (Some(420), Some(99)));
        let mastodon =
            json!({"version": "4.3.1", "configuration": {"media_attachments": {"image_matrix_limit": 7}}});
        let limits = Instance::read(&mastodon).limits;
        assert_eq!((limits.text.address, limits.picture.max_pixels), (AddressCount::Always(23), Some(7)));
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
        assert!(limits.text.holds(&family.repeat(500)) && !limits.text.holds(&family.repeat(501)));
        let another = Instance::read(&pleroma).limits.text;
        assert!(!Rule { max: 500, ..another }.holds(&family.repeat(80)), "code points");
    }
}
