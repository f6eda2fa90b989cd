//! What the site calls itself and the language that it speaks.

use super::section::Section;

/// The site's name and language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConfig {
    /// `site.name`, `CUTLINE_SITE__NAME`: in titles and on share pages; `Cutline`.
    pub name: String,
    /// `site.language`, `CUTLINE_SITE__LANGUAGE`: the pages' language as a BCP 47 tag; `en`.
    pub language: String,
}

impl SiteConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let name = section.scalar(
            "name",
            "a text of 1 to 100 characters, for example \"Harbour pictures\"",
            |text| {
                (1..=100)
                    .contains(&text.trim().chars().count())
                    .then(|| text.trim().to_owned())
            },
        );
        let language = section.scalar(
            "language",
            "a language tag, for example en or pt-BR",
            parse_language,
        );
        Self {
            name: name.unwrap_or_else(|| "Cutline".to_owned()),
            language: language.unwrap_or_else(|| "en".to_owned()),
        }
    }
}

/// The outer form of BCP 47: letters, then parts of letters and digits.
fn parse_language(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let first = parts.next()?;
    let first_fits = (2..=8).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest_fits = parts
        .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (first_fits && rest_fits).then(|| text.to_owned())
}
