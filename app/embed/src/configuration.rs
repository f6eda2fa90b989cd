//! What the page's script hands over: the attributes of its tag, and what the server answered to `GET /api/v1/embed`.

use cutline::language::Language;
use cutline::overlay::embedded::{Choice, Theme};
use cutline_model::{OverlaySettings, Target};
use serde::Deserialize;

/// All of it.
#[derive(Deserialize)]
pub struct Configuration {
    /// The server's address, without a slash at the end.
    pub host: String,
    /// The site's key; empty for none.
    pub key: String,
    lang: String,
    theme: String,
    selector: String,
    off: String,
    /// What the server says, as the page narrows it.
    pub server: ForSite,
}

/// What the server has for this site.
#[derive(Deserialize)]
pub struct ForSite {
    /// Where its visitors can share to.
    pub targets: Vec<Target>,
    /// Dwell, thresholds, look.
    pub settings: OverlaySettings,
}

impl Configuration {
    /// The language, English where it is none of ours.
    pub fn language(&self) -> Language {
        Language::of_tag(&self.lang).unwrap_or_default()
    }

    /// Light or dark.
    pub fn theme(&self) -> Theme {
        match self.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }

    /// Which pictures react.
    pub fn choice(&self) -> Choice {
        let some = |selector: &str| (!selector.is_empty()).then(|| selector.to_owned());
        Choice { only: some(&self.selector), never: some(&self.off) }
    }
}
