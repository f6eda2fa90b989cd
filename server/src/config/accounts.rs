//! The site's accounts on platforms: the targets beside its own board.
//!
//! A token is read once, from the place that suits the site (a file, a variable, the configuration itself), and
//! never printed again.

use std::collections::BTreeMap;

use cutline_engine::deliver::{Token, Visibility};
use cutline_model::TargetId;
use url::{Host, Url};

use super::secret::Secret;
use super::section::Section;
use super::server::parse_origin;

/// One `[[targets]]`, `CUTLINE_TARGETS__0__…`: an account of the site's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountConfig {
    /// What share requests name it by: the platform and the account, `mastodon:alice@example.social`.
    pub target: TargetId,
    /// `platform`: the kind of its server.
    pub platform: PlatformName,
    /// `server`: its server's address, scheme, host and port alone; https, or http on this machine only.
    pub server: Url,
    /// `account`: the account, `alice@example.social`.
    pub account: String,
    /// `token_file`, `token_env` or `token`: what proves to the server that we may post.
    pub token: Token,
    /// `visibility`: who sees the posts; public.
    pub visibility: Visibility,
}

/// The platforms that an account can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformName {
    /// Mastodon, and every server that speaks its API.
    Mastodon,
}

impl PlatformName {
    /// The name in the configuration and in a [`TargetId`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mastodon => "mastodon",
        }
    }
}

/// Reads all targets; `variables` is where `token_env` looks. Each account is there once.
pub(super) fn read_all(
    section: &mut Section<'_>,
    variables: &BTreeMap<String, String>,
) -> Vec<AccountConfig> {
    let mut taken = Vec::new();
    section.sections("targets", |account| {
        let account_config = read_one(account, variables)?;
        if taken.contains(&account_config.target) {
            account.mistake(format!(
                "there is a target {} already: each account is named once",
                account_config.target
            ));
        }
        taken.push(account_config.target.clone());
        Some(account_config)
    })
}

fn read_one(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Option<AccountConfig> {
    for (key, example) in
        [("platform", "mastodon"), ("server", "https://example.social"), ("account", "alice@example.social")]
    {
        if !section.has(key) {
            section.mistake(format!("a target needs {key}, for example {key} = \"{example}\""));
        }
    }
    let platform =
        section.scalar("platform", "mastodon", |text| (text == "mastodon").then_some(PlatformName::Mastodon));
    // Not repeated: it may hold a password.
    let server = section.secret(
        "server",
        "an https address without path, for example https://example.social (http on this machine only)",
        parse_server,
    );
    let account =
        section.scalar("account", "a name and a server, for example alice@example.social", parse_account);
    let token = read_token(section, variables);
    let visibility = section
        .scalar("visibility", "one of public, unlisted and private", parse_visibility)
        .unwrap_or_default();
    let (platform, server, account, token) = (platform?, server?, account?, token?);
    let target = TargetId::parse(&format!("{}:{account}", platform.as_str())).ok()?;
    Some(AccountConfig { target, platform, server, account, token, visibility })
}

/// Reads the token from exactly one of the three places.
fn read_token(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Option<Token> {
    let token = Secret::read(section, variables, "token", "token");
    if token.given != 1 {
        section.mistake("a target needs one of token_file, token_env and token, for example token_file = \"./mastodon.token\"");
        return None;
    }
    token.text.map(Token::new)
}

/// Reads the name that Mastodon has for it; posts that only those who are mentioned see would reach nobody.
fn parse_visibility(text: &str) -> Option<Visibility> {
    [Visibility::Public, Visibility::Unlisted, Visibility::Private]
        .into_iter()
        .find(|one| one.as_str() == text)
}

/// Reads a server's address; a token must not cross a network in the clear.
fn parse_server(text: &str) -> Option<Url> {
    let url = parse_origin(text)?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    (url.scheme() == "https" || is_here).then_some(url)
}

/// Reads `alice@example.social`, with or without the `@` that people write in front.
fn parse_account(text: &str) -> Option<String> {
    let text = text.strip_prefix('@').unwrap_or(text);
    let (name, server) = text.split_once('@')?;
    let name_fits =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let server_fits = !server.is_empty()
        && server.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    (name_fits && server_fits && text.len() <= 190).then(|| text.to_owned())
}
