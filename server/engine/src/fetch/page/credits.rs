//! Whose a picture is, as its page says in schema.org's terms: an `ImageObject` in JSON-LD that names the picture.
//!
//! Only an object that names one of the picture's addresses counts: who wrote the page, or under which licence its text
//! stands, says nothing about its pictures. Everything here is a stranger's text, so it is bounded and cleaned like the
//! rights in a file.

use cutline_model::Credit;
use serde_json::Value;
use url::Url;

use crate::crop::{clean_credit, licence_name};

/// JSON-LD read of one page, in bytes.
const MAX_JSON_BYTES: usize = 256 << 10;

/// Values looked at in it.
const MAX_VALUES: usize = 20_000;

/// Credits kept of one page.
const MAX_CREDITS: usize = 1_000;

/// Properties in which an `ImageObject` names its picture.
const NAMES: [&str; 4] = ["contentUrl", "url", "@id", "thumbnailUrl"];

/// The credits in the page's JSON-LD, each with the address of its picture.
pub(super) fn read<'a>(
    scripts: impl IntoIterator<Item = &'a str>,
    resolve: impl Fn(&str) -> Option<Url>,
) -> Vec<(Url, Credit)> {
    let (mut bytes_left, mut values_left) = (MAX_JSON_BYTES, MAX_VALUES);
    let mut credits = Vec::new();
    for script in scripts {
        let Some(left) = bytes_left.checked_sub(script.len()) else { break };
        bytes_left = left;
        // What is not JSON, or is nested deeper than anybody writes, says nothing.
        let Ok(document) = serde_json::from_str::<Value>(script) else { continue };
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            let Some(left) = values_left.checked_sub(1) else { return credits };
            values_left = left;
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(properties) => open.extend(properties.values()),
                _ => {}
            }
            if is_image(value) {
                let credit = credit_of(value);
                let names = NAMES.iter().flat_map(|name| texts(&value[name])).filter_map(&resolve);
                if credit != Credit::default() {
                    credits.extend(names.take(MAX_CREDITS - credits.len()).map(|url| (url, credit.clone())));
                }
            }
        }
    }
    credits
}

fn is_image(value: &Value) -> bool {
    texts(&value["@type"]).any(|kind| matches!(kind, "ImageObject" | "Photograph" | "schema:ImageObject"))
}

fn credit_of(image: &Value) -> Credit {
    let first = |name: &str| texts(&image[name]).next().unwrap_or_default();
    let author = [names(&image["creator"]), names(&image["author"]), first("creditText").to_owned()];
    let link = [first("license"), first("acquireLicensePage")].into_iter().find(|link| !link.is_empty());
    let link = link.unwrap_or_default();
    clean_credit(&Credit {
        author: author.into_iter().find(|author| !author.trim().is_empty()).unwrap_or_default(),
        licence: licence_name(link).unwrap_or_else(|| first("copyrightNotice").to_owned()),
        link: link.to_owned(),
    })
}

/// A text, or each of several.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    std::slice::from_ref(value).iter().chain(value.as_array().into_iter().flatten()).filter_map(Value::as_str)
}

/// The names of a person or several, written as texts or as objects.
fn names(value: &Value) -> String {
    let one = |value: &Value| value.as_str().or_else(|| value["name"].as_str()).map(str::to_owned);
    match value {
        Value::Array(several) => several.iter().take(10).filter_map(one).collect::<Vec<_>>().join(", "),
        value => one(value).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &[(&str, [&str; 3])]) {
        let base = Url::parse("https://a.example/").expect("an address");
        let found = read([json], |address| base.join(address).ok());
        let found: Vec<_> = found
            .iter()
            .map(|(url, credit)| (url.path(), [&*credit.author, &*credit.licence, &*credit.link]))
            .collect();
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn an_image_object_says_whose_its_picture_is() {
        check(
            r#"{"@context":"https://schema.org","@type":"ImageObject","contentUrl":"/a.jpg","creditText":"Agency",
            "license":"https://creativecommons.org/licenses/by/4.0/","acquireLicensePage":"https://a.example/buy",
            "creator":[{"@type":"Person","name":"Ada"},{"name":"Bob"}],"copyrightNotice":"(c) Ada"}"#,
            &[("/a.jpg", ["Ada, Bob", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"])],
        );
        check(
            r#"{"@graph":[{"@type":"WebPage","author":"Eve","image":{"@type":["Thing","ImageObject"],"url":["b.jpg","c.jpg"],
            "creator":" Cy\n\u0007Doe ","copyrightNotice":"All rights reserved","license":"javascript:alert(1)"}}]}"#,
            &[
                ("/b.jpg", ["Cy Doe", "All rights reserved", ""]),
                ("/c.jpg", ["Cy Doe", "All rights reserved", ""]),
            ],
        );
    }

    #[test]
    fn what_names_no_picture_or_no_owner_says_nothing() {
        for json in [
            "",
            "{",
            "[1, null, \"a\"]",
            r#"{"@type":"ImageObject","creditText":"nobody's"}"#,
            r#"{"@type":"ImageObject","contentUrl":"/a.jpg"}"#,
            r#"{"@type":"Article","url":"/a.jpg","author":"Ada"}"#,
            &"[".repeat(100_000),
        ] {
            check(json, &[]);
        }
    }

    #[test]
    fn a_page_cannot_make_it_work_for_ever() {
        let image = r#"{"@type":"ImageObject","creditText":"Ada","url":["a","b","c","d"]},"#;
        let many = format!("[{}1]", image.repeat(3_000));
        let base = Url::parse("https://a.example/").expect("an address");
        assert_eq!(read([&*many, &*many], |address| base.join(address).ok()).len(), MAX_CREDITS);
        let long = format!("[{image}{}1]", " ".repeat(MAX_JSON_BYTES));
        assert_eq!(read([&*long], |address| base.join(address).ok()).len(), 0);
    }
}
