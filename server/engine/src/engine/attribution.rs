//! What may be passed on of a picture that its owner reserves: a link, and whose it is.
//!
//! The picture itself is neither kept nor posted, so nothing is shared; whoever wanted to share it gets one line to paste.

use cutline_model::{Attribution, Credit, Source};

use crate::error::EngineError;
use crate::fetch::{FetchError, PageFacts};

/// The same error; a reservation says what can be passed on of what `source` names.
pub(super) fn attributed(error: EngineError, source: &Source) -> EngineError {
    match error {
        EngineError::Fetch(FetchError::Reserved { wish, page }) => {
            let asked = source.page_url().or(source.image_url()).unwrap_or_default();
            let url = page.as_ref().map_or_else(|| asked.to_owned(), |page| page.address_after(asked));
            EngineError::Reserved { wish, attribution: attribution(&url, page.as_deref()) }
        }
        error => error,
    }
}

fn attribution(url: &str, page: Option<&PageFacts>) -> Attribution {
    let mut parts = Vec::new();
    if let Some(PageFacts { title, site_name, credit: Credit { author, licence, .. }, .. }) = page {
        let title = title.as_deref().unwrap_or_default();
        // Many titles end with the site's name.
        let site_name = site_name.as_deref().filter(|name| !title.contains(name)).unwrap_or_default();
        parts.extend([title, site_name, author, licence]);
    }
    parts.retain(|part| !part.is_empty());
    parts.push(url);
    Attribution { url: url.to_owned(), text: parts.join(" · ") }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn title_site_author_licence_and_address_are_one_line_as_far_as_they_are_known() {
        const URL: &str = "https://a.example/harbour";
        let text = |title: &str, site_name: &str, author: &str, licence: &str| {
            let credit = Credit { author: author.into(), licence: licence.into(), link: String::new() };
            let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let url = Url::parse(URL).expect("an address");
            let facts = PageFacts { url, title: known(title), site_name: known(site_name), credit };
            attribution(URL, Some(&facts)).text
        };
        for (facts, expected) in [
            (text("The harbour", "Post", "Ada", "CC BY 4.0"), "The harbour · Post · Ada · CC BY 4.0 · "),
            (text("The harbour | Post", "Post", "", ""), "The harbour | Post · "),
            (text("", "Post", "Ada", ""), "Post · Ada · "),
            (text("", "", "", ""), ""),
            (attribution(URL, None).text, ""),
        ] {
            assert_eq!(facts, format!("{expected}{URL}"));
        }
    }

    #[test]
    fn a_reservation_links_to_the_page_or_else_to_the_picture_and_other_errors_stay_as_they_are() {
        let picture = Source::of_image("https://a.example/a.jpg").expect("a source");
        let on_page = picture.clone().seen_on("https://a.example/page", None).expect("a source");
        for (source, expected) in [(picture, "https://a.example/a.jpg"), (on_page, "https://a.example/page")]
        {
            let error = attributed(FetchError::Reserved { wish: "noimageindex", page: None }.into(), &source);
            assert!(
                matches!(&error, EngineError::Reserved { attribution, .. } if attribution.url == expected),
                "{error:?}"
            );
            assert!(matches!(
                attributed(FetchError::Busy.into(), &source),
                EngineError::Fetch(FetchError::Busy)
            ));
        }
    }
}
