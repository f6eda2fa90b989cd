//! What the site calls itself and the language that it speaks.

use cutline::language::Language;

use super::section::Section;

/// The site's name and language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConfig {
    /// `site.name`, `CUTLINE_SITE__NAME`: in titles and on share pages; `Cutline`.
    pub name: String,
    /// `site.language`, `CUTLINE_SITE__LANGUAGE`: the language of visitors whose browser asks for none of ours; `en`.
    pub language: Language,
}

impl SiteConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let name = section.scalar(
            "name",
            "a text of 1 to 100 characters, for example \"Harbour pictures\"",
            |text| (1..=100).contains(&text.trim().chars().count()).then(|| text.trim().to_owned()),
        );
        let language = section.scalar("language", "one of en, zh-Hans and ar", Language::of_tag);
        Self { name: name.unwrap_or_else(|| "Cutline".to_owned()), language: language.unwrap_or_default() }
    }
}
