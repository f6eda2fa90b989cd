//! How the overlay behaves on a site: the site owner's choices, sent with the page.

use serde::{Deserialize, Serialize};

use crate::TargetId;

/// The overlay's settings, with the defaults that an unconfigured site has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverlaySettings {
    /// How long the pointer must rest on a picture before the overlay opens, in milliseconds; 600.
    pub dwell_ms: u32,
    /// Pictures narrower than this in CSS pixels do not react; 120.
    pub min_width: u32,
    /// Pictures lower than this in CSS pixels do not react; 120.
    pub min_height: u32,
    /// How the list of targets is drawn; buttons.
    pub target_style: TargetStyle,
    /// For whom a corner or edge is shown enlarged while it is dragged; for fingers, which cover it.
    pub loupe: Loupe,
    /// Most characters of a description that the server takes; 5,000.
    pub max_description_chars: u32,
    /// Most characters of an alt text that the server takes; 1,500.
    pub max_alt_chars: u32,
    /// Whether visitors can connect accounts of their own, at `/accounts`; no.
    pub has_accounts: bool,
    /// The targets that this visitor wants chosen when the overlay opens; none. Where there is but one, that is chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chosen_targets: Vec<TargetId>,
}

impl Default for OverlaySettings {
    fn default() -> Self {
        Self {
            dwell_ms: 600,
            min_width: 120,
            min_height: 120,
            target_style: TargetStyle::Buttons,
            loupe: Loupe::Touch,
            max_description_chars: 5_000,
            max_alt_chars: 1_500,
            has_accounts: false,
            chosen_targets: Vec::new(),
        }
    }
}

/// How the list of targets is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStyle {
    /// Icon and name on a button.
    Buttons,
    /// The icon alone; the name is spoken and shown as a tip.
    Icons,
    /// The name alone, as a link.
    Links,
}

/// For whom a corner or edge is shown enlarged while it is dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loupe {
    /// For fingers, which cover what they drag.
    Touch,
    /// For every pointer.
    Always,
    /// For nobody.
    Never,
}
