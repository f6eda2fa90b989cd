//! What platforms say in codes alone, as a visitor can read it.

/// Sentences of ours, with the codes that they stand for: of Slack (`docs.slack.dev/reference/methods/files.completeUploadExternal`)
/// and Lemmy (`LemmyErrorType`).
const MEANINGS: [(&str, &[&str]); 9] = [
    ("The app must be added to the channel there.", &["not_in_channel"]),
    (
        "There is no such place there, or the account does not see it.",
        &["channel_not_found", "couldnt_find_community"],
    ),
    ("That place is closed.", &["is_archived", "community_removed", "post_is_locked"]),
    (
        "The account is banned there.",
        &["banned_from_community", "community_ban", "site_ban", "person_is_banned_from_community"],
    ),
    (
        "The account may not post there.",
        &["restricted_action", "only_mods_can_post_in_community", "only_moderators_can_post_in_community"],
    ),
    (
        "The picture is too large for that place.",
        &["file_upload_size_restricted", "too_large", "image_too_large"],
    ),
    (
        "No pictures may be posted there.",
        &["file_uploads_disabled", "file_uploads_except_images_disabled", "files_disabled"],
    ),
    (
        "The text is too long for that place.",
        &["msg_too_long", "message_too_long", "invalid_body_field", "body_overflow", "alt_txt_too_large"],
    ),
    ("The words hold what may not be said there.", &["slurs", "blocked_url", "invalid_post_title"]),
];

/// What a code means, if it is one that we know.
pub(super) fn meaning(code: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(_, codes)| codes.contains(&code)).map(|(sentence, _)| *sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::translated;

    #[test]
    fn each_meaning_is_told_in_all_languages_and_each_code_has_one() {
        let mut codes: Vec<_> = MEANINGS.iter().flat_map(|(_, codes)| codes.iter()).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for (sentence, codes) in MEANINGS {
            let refused = format!("a.example refused the post ({}). {sentence}", codes[0]);
            assert!(translated(&refused).is_some(), "{refused}");
        }
        assert_eq!(meaning("not_in_channel"), Some("The app must be added to the channel there."));
        assert_eq!(meaning("Status is too long"), None);
    }
}
