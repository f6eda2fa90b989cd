//! A secret out of one of three places: a file, an environment variable that is named, or the configuration itself.
//!
//! It is read once, from the place that suits the site, and no message repeats it.

use std::collections::BTreeMap;

use super::section::Section;

/// Longest secret taken, in bytes; what platforms and clouds give is far shorter.
const MAX_BYTES: usize = 4096;

/// What was found in the three places.
pub(super) struct Secret {
    /// In how many of them something stands.
    pub(super) given: usize,
    /// The secret, if it makes sense.
    pub(super) text: Option<String>,
}

impl Secret {
    /// Reads `key`, `key`_file and `key`_env; `noun` is what messages call it. `variables` is where `key`_env looks.
    pub(super) fn read(
        section: &mut Section<'_>,
        variables: &BTreeMap<String, String>,
        key: &str,
        noun: &str,
    ) -> Self {
        let (in_file, in_variable) = (format!("{key}_file"), format!("{key}_env"));
        let given = [&*in_file, &in_variable, key].into_iter().filter(|key| section.has(key)).count();
        let from_file =
            section.scalar(&in_file, format!("a file that can be read and holds the {noun} alone"), |path| {
                std::fs::read_to_string(path).ok().as_deref().and_then(parse)
            });
        let mut named = None;
        // Not repeated: somebody will write the secret itself here.
        let expected = format!("the name of an environment variable that holds the {noun}");
        let from_variable = section.secret(&in_variable, expected, |name| {
            named = Some(name.to_owned());
            variables.get(name).map(String::as_str).and_then(parse)
        });
        if let Some(name) = named {
            section.name_variable(&name);
        }
        let expected = format!("a {noun}: one line of printable characters without spaces");
        let from_text = section.secret(key, expected, parse);
        Self { given, text: from_file.or(from_variable).or(from_text) }
    }
}

/// Reads one line of printable text, as it can stand in an HTTP header; spaces around it do not count.
fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}
