//! Whose a picture is, as its page says in schema.org's terms: an `ImageObject`, in JSON-LD or in microdata, that names the
//! picture.
//!
//! Only an object that names one of the picture's addresses counts: who wrote the page, or under which licence its text
//! stands, says nothing about its pictures. Everything here is a stranger's text, so it is bounded and cleaned like the
//! rights in a file.

use std::collections::HashMap;

use cutline_model::Credit;
use serde_json::Value;
use url::Url;

use super::super::error::NotFound;
use super::turn::Turn;
use crate::crop::{clean_credit, licence_name};

/// JSON-LD read of one page, in bytes.
const MAX_JSON_BYTES: usize = 256 << 10;

/// Values looked at in it.
const MAX_VALUES: usize = 20_000;

/// Credits kept of one page.
pub(super) const MAX_CREDITS: usize = 1_000;

/// People of one picture.
const MAX_NAMES: usize = 10;

/// Of each name, in bytes: more than is kept of it, and little to copy for each of a thousand pictures.
const MAX_NAME_BYTES: usize = 1_000;

/// Things that can be spoken of by their id, and the longest id, in bytes.
const MAX_IDS: usize = 1_000;
const MAX_ID_BYTES: usize = 1_000;

/// Properties in which an `ImageObject` names its picture.
const NAMES: [&str; 5] = ["contentUrl", "url", "@id", "thumbnailUrl", "thumbnail"];

/// The documents in a page's JSON-LD. What is not JSON, or is nested deeper than anybody writes, says nothing.
pub(super) fn linked_data<'a>(scripts: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let mut bytes_left = MAX_JSON_BYTES;
    let mut documents = Vec::new();
    for script in scripts {
        let Some(left) = bytes_left.checked_sub(script.len()) else { break };
        bytes_left = left;
        documents.extend(serde_json::from_str::<Value>(script));
    }
    documents
}

/// Whether `kind` is schema.org's type of pictures, by its name alone, its prefix or its address.
pub(super) fn is_image_type(kind: &str) -> bool {
    let prefixes = ["https://schema.org/", "http://schema.org/", "schema:"];
    let name = prefixes.iter().find_map(|prefix| kind.strip_prefix(prefix)).unwrap_or(kind);
    matches!(name, "ImageObject" | "Photograph")
}

/// The credits in these documents, each with the address of its picture, as far as `turn` reaches.
pub(super) fn read(
    documents: &[Value],
    resolve: impl Fn(&str) -> Option<Url>,
    turn: &Turn,
) -> Result<Vec<(Url, Credit)>, NotFound> {
    let values = values(documents);
    let nodes = Nodes::among(&values, &resolve);
    let mut credits = Vec::new();
    for image in values.into_iter().filter(|value| texts(&value["@type"]).any(is_image_type)) {
        if turn.is_over() {
            return Err(NotFound::TooComplicated);
        }
        let credit = nodes.credit_of(image);
        let names = NAMES.iter().flat_map(|name| texts(&image[name])).filter_map(&resolve);
        if credit != Credit::default() {
            credits.extend(names.take(MAX_CREDITS - credits.len()).map(|url| (url, credit.clone())));
        }
    }
    Ok(credits)
}

/// All values in these documents, as far as they are looked at.
fn values(documents: &[Value]) -> Vec<&Value> {
    let mut values: Vec<&Value> = documents.iter().take(MAX_VALUES).collect();
    let mut next = 0;
    while let Some(value) = values.get(next) {
        next += 1;
        let room = MAX_VALUES - values.len();
        match value {
            Value::Array(items) => values.extend(items.iter().take(room)),
            Value::Object(properties) => values.extend(properties.values().take(room)),
            _ => {}
        }
    }
    values
}

/// What can be spoken of by its `@id` alone, elsewhere on the page.
struct Nodes<'a, R> {
    by_id: HashMap<String, &'a Value>,
    resolve: &'a R,
}

impl<'a, R: Fn(&str) -> Option<Url>> Nodes<'a, R> {
    fn among(values: &[&'a Value], resolve: &'a R) -> Self {
        let mut by_id = HashMap::new();
        for value in values {
            // An object with nothing but its id only points at another.
            let says_more = value.as_object().is_some_and(|properties| properties.len() > 1);
            let id = value["@id"].as_str().filter(|_| says_more && by_id.len() < MAX_IDS);
            if let Some(id) = id.map(|id| full(id, resolve)).filter(|id| id.len() <= MAX_ID_BYTES) {
                by_id.entry(id).or_insert(*value);
            }
        }
        Self { by_id, resolve }
    }

    fn credit_of(&self, image: &Value) -> Credit {
        let first = |name: &str| texts(&image[name]).next().unwrap_or_default();
        let author =
            [self.names(&image["creator"]), self.names(&image["author"]), first("creditText").to_owned()];
        let link = ["license", "acquireLicensePage"].into_iter().find_map(|name| self.address(&image[name]));
        let link = link.unwrap_or_default();
        clean_credit(&Credit {
            author: author.into_iter().find(|author| !author.trim().is_empty()).unwrap_or_default(),
            licence: licence_name(link).unwrap_or_else(|| first("copyrightNotice").to_owned()),
            link: link.to_owned(),
        })
    }

    /// The names of a person or several, written as texts or as objects.
    fn names(&self, people: &Value) -> String {
        let name = |person: &Value| {
            let name = person.as_str().or_else(|| texts(&person["name"]).next())?;
            Some(name[..name.floor_char_boundary(MAX_NAME_BYTES)].to_owned())
        };
        let of_person = |person: &Value| name(person).or_else(|| name(self.spoken_of(person)?));
        each(people).take(MAX_NAMES).filter_map(of_person).collect::<Vec<_>>().join(", ")
    }

    /// An address, written as a text or as an object that has one.
    fn address<'v>(&self, value: &'v Value) -> Option<&'v str> {
        let value = each(value).next()?;
        let said =
            value.as_str().or_else(|| ["url", "@id"].into_iter().find_map(|name| texts(&value[name]).next()));
        said.filter(|address| !address.is_empty())
    }

    fn spoken_of(&self, value: &Value) -> Option<&'a Value> {
        self.by_id.get(&full(value["@id"].as_str()?, self.resolve)).copied()
    }
}

/// An id in full, for it may be written in full here and short there.
fn full(id: &str, resolve: &impl Fn(&str) -> Option<Url>) -> String {
    resolve(id).map_or_else(|| id.to_owned(), String::from)
}

/// A value, or each of several.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (one, several) = match value {
        Value::Array(several) => (None, several.as_slice()),
        value => (Some(value), [].as_slice()),
    };
    one.into_iter().chain(several)
}

/// A text, or each of several.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    each(value).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(seconds: u64) -> Turn {
        Turn::begin(std::time::Duration::from_secs(seconds))
    }

    fn check(json: &str, expected: &[(&str, [&str; 3])]) {
        let base = Url::parse("https://a.example/").expect("an address");
        let found =
            read(&linked_data([json]), |address| base.join(address).ok(), &turn(9)).expect("enough time");
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
    fn a_type_may_be_written_in_full_and_a_person_elsewhere_on_the_page() {
        for kind in ["https://schema.org/ImageObject", "http://schema.org/Photograph", "schema:ImageObject"] {
            let json = format!(r#"{{"@type":"{kind}","contentUrl":"/a.jpg","creator":"Ada"}}"#);
            check(&json, &[("/a.jpg", ["Ada", "", ""])]);
        }
        for (creator, expected) in [
            (r##"{"@id":"#ada"}"##, "Ada"),
            (r##"[{"@id":"#ada"},{"@id":"https://a.example/#bob"},{"@id":"#nobody"}]"##, "Ada, Bob"),
            (r##"{"@id":"#ada","name":"A. Lovelace"}"##, "A. Lovelace"),
        ] {
            let json = format!(
                r##"{{"@graph":[{{"@type":"ImageObject","contentUrl":"/a.jpg","creator":{creator},"license":{{"@id":"https://a.example/l"}}}},
                {{"@id":"https://a.example/#ada","name":"Ada"}},{{"@id":"#bob","name":["Bob","Rob"]}}]}}"##
            );
            check(&json, &[("/a.jpg", [expected, "", "https://a.example/l"])]);
        }
        // One who is nobody but himself.
        check(
            r##"{"@type":"ImageObject","contentUrl":"/a.jpg","creator":{"@id":"#a","creator":{"@id":"#a"}}}"##,
            &[],
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
            r#"{"@type":"https://b.example/ImageObject","url":"/a.jpg","author":"Ada"}"#,
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
        let count = |scripts: &[&str]| {
            let documents = linked_data(scripts.iter().copied());
            read(&documents, |address| base.join(address).ok(), &turn(9)).map(|credits| credits.len())
        };
        assert_eq!(count(&[&*many, &*many]), Ok(MAX_CREDITS));
        let long = format!("[{image}{}1]", " ".repeat(MAX_JSON_BYTES));
        assert_eq!(count(&[&*long]), Ok(0));
        // A long name that a thousand pictures speak of ten times each, in 250 KB.
        let person = format!(r#"{{"@id":"p","name":"{}"}}"#, "a".repeat(130_000));
        let by =
            format!(r#"{{"@type":"ImageObject","url":"a","creator":[{}0]}},"#, r#"{"@id":"p"},"#.repeat(10));
        let spoken_of = format!("[{person},{}1]", by.repeat(700));
        let documents = linked_data([&*spoken_of]);
        let found = read(&documents, |address| base.join(address).ok(), &turn(2)).expect("in two seconds");
        assert_eq!(found.len(), 700);
        let over = read(&documents, |address| base.join(address).ok(), &turn(0));
        assert_eq!(over, Err(NotFound::TooComplicated));
    }
}
