//! The one message that a share is made of.

use serde::{Deserialize, Serialize};

use crate::{Region, Source, TargetId};

/// What the browser sends when the visitor presses share: under 1 KB, no pixels.
///
/// How long the texts and the list of targets may be is the site's choice: the engine checks them against its limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareRequest {
    /// The picture.
    pub source: Source,
    /// The part of it.
    pub region: Region,
    /// The visitor's words; may be empty.
    #[serde(default)]
    pub description: String,
    /// What the part shows, for people who cannot see it; may be empty.
    #[serde(default)]
    pub alt: String,
    /// Where to post it, each at most once.
    pub targets: Vec<TargetId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_request_stays_under_one_kilobyte() {
        let json = r#"{"source":{"image_url":"https://pictures.example.org/collections/2026/harbour-at-dawn-6000x4000.jpg",
            "page_url":"https://pictures.example.org/collections/2026/harbour","index":3,"natural":{"width":6000,"height":4000}},
            "region":{"x":0.25,"y":0.1,"w":0.3,"h":0.4},"description":"The lighthouse","alt":"A white lighthouse at dawn",
            "targets":["board","mastodon:alice@example.social"]}"#;
        let request: ShareRequest = serde_json::from_str(json).expect("the documented request");
        assert_eq!(request.targets.len(), 2);
        assert!(serde_json::to_string(&request).expect("it serialises").len() < 1024);
    }

    #[test]
    fn unknown_fields_are_refused() {
        let json = r#"{"source":{"image_url":"https://a.example/a.jpg"},"region":"pct:0,0,1,1","targets":["board"],"size":3}"#;
        assert!(
            serde_json::from_str::<ShareRequest>(json)
                .expect_err("refused")
                .to_string()
                .contains("unknown field `size`")
        );
    }
}
