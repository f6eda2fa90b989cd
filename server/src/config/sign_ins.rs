//! Ways for visitors to sign in that the site's owner configures: any OAuth 2 server, for a platform whose calls take its
//! tokens.

use std::collections::BTreeMap;

use cutline_engine::accounts::{ConfiguredEndpoints, ConfiguredSignIn};
use cutline_engine::deliver::Token;
use cutline_engine::deliver::platforms::{Entry, PLATFORMS, ServerKey, platform};
use url::Url;

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
    let names: Vec<&str> =
        PLATFORMS.iter().filter(|entry| entry.scopes.is_some()).map(|entry| entry.name).collect();
    let platform = if section.has("platform") {
        section.scalar("platform", format!("one of {}", names.join(", ")), |text| {
            platform(text).filter(|entry| entry.scopes.is_some())
        })
    } else {
        platform("mastodon")
    };
    // Without a platform the other keys are read as Mastodon's, so that their own mistakes are told and no others.
    let server = read_server(section, platform.unwrap_or(PLATFORMS[0]));
    let expected = "an https address as its own metadata have it, for example https://login.example.org (http on this machine only)";
    let issuer = section.secret("issuer", expected, |text| parse_address(text).map(|_| text.to_owned()));
    let line = |text: &str| {
        let fits = (1..=500).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        fits.then(|| text.to_owned())
    };
    let client_id = section.scalar("client_id", "what the server calls this site, for example cutline", line);
    let endpoints = read_endpoints(section);
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
        platform: platform?,
        server: server?,
        issuer: issuer?,
        endpoints: endpoints?,
        client_id: client_id?,
        client_secret: secret.text.map(Token::new),
        scopes: scopes.or_else(|| platform?.scopes.map(str::to_owned)).unwrap_or_default(),
    })
}

fn read_server(section: &mut Section<'_>, platform: &Entry) -> Option<Url> {
    let (example, has_path) = match platform.server {
        ServerKey::Usual(server) | ServerKey::UsualWithQuery(server) if !section.has("server") => {
            return Url::parse(server).ok();
        }
        ServerKey::AskedWithPath(example) | ServerKey::UsualWithQuery(example) => (example, true),
        ServerKey::Asked(example) | ServerKey::Usual(example) => (example, false),
        ServerKey::InToken => return None,
    };
    if !section.has("server") {
        section.mistake(format!("a sign_in needs server, for example server = \"{example}\""));
    }
    let (what, parse): (_, fn(&str) -> Option<Url>) = if has_path {
        ("an https address", parse_address)
    } else {
        ("an https address without path", parse_server)
    };
    let expected = format!("{what}, for example {example} (http on this machine only)");
    section.secret("server", expected, parse)
}

/// The endpoints of a server that tells none; nothing at all where they are named by half.
#[expect(clippy::option_option, reason = "not named is not the same as named wrong")]
fn read_endpoints(section: &mut Section<'_>) -> Option<Option<ConfiguredEndpoints>> {
    let named = ["authorization_endpoint", "token_endpoint"].map(|key| section.has(key));
    let mut read = |key: &str| {
        let expected =
            "an https address, for example https://login.example.org/authorize (http on this machine only)";
        section.secret(key, expected, parse_address)
    };
    let (authorization, token) = (read("authorization_endpoint"), read("token_endpoint"));
    let revocation = read("revocation_endpoint");
    if named == [false, false] {
        return Some(None);
    }
    if named != [true, true] {
        section.mistake("a sign_in names authorization_endpoint and token_endpoint, or neither");
    }
    Some(Some(ConfiguredEndpoints { authorization: authorization?, token: token?, revocation }))
}
