//! Ways for visitors to sign in that the site's owner configures: any OAuth 2 server, for a platform whose calls take its
//! tokens.

use std::collections::BTreeMap;

use cutline_engine::accounts::ConfiguredSignIn;
use cutline_engine::deliver::Token;

use super::accounts::{parse_address, parse_server};
use super::secret::Secret;
use super::section::Section;

/// Names that the site's own ways have.
const TAKEN: [&str; 3] = ["mastodon", "bluesky", "wordpress"];

/// Reads all `[[sign_in]]`, `CUTLINE_SIGN_IN__0__…`.
pub(super) fn read_all(
    section: &mut Section<'_>,
    variables: &BTreeMap<String, String>,
) -> Vec<ConfiguredSignIn> {
    let mut names = Vec::new();
    section.sections("sign_in", |section| {
        let sign_in = read_one(section, variables)?;
        if names.contains(&sign_in.name) {
            section
                .mistake(format!("there is a sign_in {} already: each has a name of its own", sign_in.name));
        }
        names.push(sign_in.name.clone());
        Some(sign_in)
    })
}

fn read_one(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Option<ConfiguredSignIn> {
    for (key, example) in [
        ("name", "pictures"),
        ("title", "Example Pictures"),
        ("server", "https://api.example.org"),
        ("issuer", "https://login.example.org"),
        ("client_id", "cutline"),
    ] {
        if !section.has(key) {
            section.mistake(format!("a sign_in needs {key}, for example {key} = \"{example}\""));
        }
    }
    let name = section.scalar(
        "name",
        "a name of a-z, 0-9 and - that no platform has, for example pictures",
        |text| {
            let is_plain = (1..=40).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            (is_plain && !TAKEN.contains(&text)).then(|| text.to_owned())
        },
    );
    let title =
        section.scalar("title", "a text of 1 to 60 characters, for example \"Example Pictures\"", |text| {
            (1..=60).contains(&text.trim().chars().count()).then(|| text.trim().to_owned())
        });
    let expected =
        "an https address without path, for example https://api.example.org (http on this machine only)";
    let server = section.secret("server", expected, parse_server);
    let expected = "an https address as its own metadata have it, for example https://login.example.org (http on this machine only)";
    let issuer = section.secret("issuer", expected, |text| parse_address(text).map(|_| text.to_owned()));
    let line = |text: &str| {
        let fits = (1..=500).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        fits.then(|| text.to_owned())
    };
    let client_id = section.scalar("client_id", "what the server calls this site, for example cutline", line);
    let secret = Secret::read(section, variables, "client_secret", "secret");
    if secret.given > 1 {
        section.mistake("a sign_in takes one of client_secret_file, client_secret_env and client_secret");
    }
    let scopes = section.scalar(
        "scopes",
        "names with spaces between them, for example \"write:media write:statuses\"",
        line,
    );
    Some(ConfiguredSignIn {
        name: name?,
        title: title?,
        server: server?,
        issuer: issuer?,
        client_id: client_id?,
        client_secret: secret.text.map(Token::new),
        scopes: scopes.unwrap_or_else(|| "read:accounts read:statuses write:media write:statuses".to_owned()),
    })
}
