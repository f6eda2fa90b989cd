//! The site's accounts on platforms: the targets beside its own board.
//!
//! A token is read once, from the place that suits the site (a file, a variable, the configuration itself), and
//! never printed again.

use std::collections::BTreeMap;

use cutline_engine::deliver::platforms::{Entry, ListKey, PLATFORMS, Scheme, ServerKey, platform};
use cutline_engine::deliver::{Account, Token, Visibility};
use cutline_model::TargetId;
use url::{Host, Url};

use super::secret::Secret;
use super::section::Section;
use super::server::parse_origin;

/// Reads all `[[targets]]`, `CUTLINE_TARGETS__0__…`; `variables` is where `token_env` looks. Each account is there once.
pub(super) fn read_all(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Vec<Account> {
    let mut taken = Vec::new();
    section.sections("targets", |section| {
        let account = read_one(section, variables)?;
        if taken.contains(&account.target) {
            section
                .mistake(format!("there is a target {} already: each account is named once", account.target));
        }
        taken.push(account.target.clone());
        Some(account)
    })
}

fn read_one(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Option<Account> {
    let names: Vec<&str> = PLATFORMS.iter().map(|entry| entry.name).collect();
    if !section.has("platform") {
        section.mistake("a target needs platform, for example platform = \"mastodon\"");
    }
    let entry = section.scalar("platform", format!("one of {}", names.join(", ")), platform);
    // Without a platform the other keys are read as the first one's, so that their own mistakes are told too.
    let meant = entry.unwrap_or(PLATFORMS[0]);
    if !section.has("account") {
        section
            .mistake(format!("a target needs account, for example account = \"{}\"", meant.account.example));
    }
    let server = read_server(section, meant);
    let name = section.scalar(
        "account",
        format!("{}, for example {}", meant.account.is, meant.account.example),
        meant.account.parse,
    );
    let lists: Option<Vec<_>> =
        meant.lists.iter().map(|list| Some((list.key, read_list(section, list)?))).collect();
    let token = read_token(section, meant, variables);
    let visibility = if meant.has_visibility {
        section.scalar("visibility", "one of public, unlisted and private", parse_visibility)
    } else {
        None
    };
    if let Some(costs) = meant.costs
        && !section.flag("accept_costs", false)
    {
        section
            .mistake(format!("posts cost money on {} ({costs}): accept_costs = true lets them", meant.title));
    }
    let (platform, server, name, lists, token) = (entry?, server?, name?, lists?, token?);
    let server = match server {
        Server::Named(url) => url,
        Server::InToken => {
            let Some(url) = parse_address(&token) else {
                section.mistake(format!("token must be {}", platform.token));
                return None;
            };
            url
        }
    };
    let target = TargetId::parse(&format!("{}:{name}", platform.name)).ok()?;
    let visibility = visibility.unwrap_or_default();
    let mut account = Account::of_site(target, platform, server, name, Token::new(token));
    account.servers = lists.into_iter().collect();
    account.visibility = visibility;
    if let Err(error) = (platform.check)(&account) {
        section.mistake(error);
    }
    Some(account)
}

/// Where an account's server is named.
enum Server {
    Named(Url),
    InToken,
}

fn read_server(section: &mut Section<'_>, platform: &Entry) -> Option<Server> {
    let example = match platform.server {
        ServerKey::InToken => return Some(Server::InToken),
        ServerKey::Usual(server) | ServerKey::UsualWithQuery(server) if !section.has("server") => {
            return Url::parse(server).ok().map(Server::Named);
        }
        ServerKey::Asked(example)
        | ServerKey::AskedWithPath(example)
        | ServerKey::Usual(example)
        | ServerKey::UsualWithQuery(example) => example,
    };
    if !section.has("server") {
        section.mistake(format!("a target needs server, for example server = \"{example}\""));
    }
    let has_path = matches!(platform.server, ServerKey::AskedWithPath(_) | ServerKey::UsualWithQuery(_));
    let (what, parse): (_, fn(&str) -> Option<Url>) = if has_path {
        ("an https address", parse_address)
    } else {
        ("an https address without path", parse_server)
    };
    let expected = format!("{what}, for example {example} (http on this machine only)");
    // Not repeated: it may hold a password.
    section.secret("server", expected, parse).map(Server::Named)
}

/// Reads the servers that a platform has beside the one.
fn read_list(section: &mut Section<'_>, list: &ListKey) -> Option<Vec<Url>> {
    let ListKey { key, is, scheme, example, is_needed } = *list;
    let here = if scheme == Scheme::WebSocket { "ws" } else { "http" };
    let expected = format!("{is}, for example {example} ({here} on this machine only)");
    let given = section.has(key);
    let servers = section.list(key, expected, |text| parse_listed(text, scheme));
    if is_needed && (!given || servers.as_ref().is_some_and(Vec::is_empty)) {
        section.mistake(format!("a target needs {key}, for example {key} = [\"{example}\"]"));
        return None;
    }
    if given { servers } else { Some(Vec::new()) }
}

/// Reads the address of one of them.
fn parse_listed(text: &str, scheme: Scheme) -> Option<Url> {
    match scheme {
        Scheme::Http => parse_server(text),
        Scheme::WebSocket => {
            // What is safe over HTTP is safe over a connection that begins so.
            let request = text.strip_prefix("ws").map(|rest| format!("http{rest}"))?;
            parse_address(&request)?;
            Url::parse(text).ok()
        }
    }
}

/// Reads the token from exactly one of the three places.
fn read_token(
    section: &mut Section<'_>,
    platform: &Entry,
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let token = Secret::read(section, variables, "token", "token");
    if token.given != 1 {
        section.mistake(format!(
            "a target needs one of token_file, token_env and token, for example token_file = \"./{}.token\"",
            platform.name
        ));
        return None;
    }
    token.text
}

/// Reads the name that Mastodon has for it; posts that only those who are mentioned see would reach nobody.
fn parse_visibility(text: &str) -> Option<Visibility> {
    [Visibility::Public, Visibility::Unlisted, Visibility::Private]
        .into_iter()
        .find(|one| one.as_str() == text)
}

/// Reads a server's address, scheme, host and port alone.
pub(super) fn parse_server(text: &str) -> Option<Url> {
    parse_origin(text).filter(is_safe)
}

/// Reads an address that may have a path and a query.
pub(super) fn parse_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let has_login = !url.username().is_empty() || url.password().is_some();
    (matches!(url.scheme(), "http" | "https") && !has_login && url.fragment().is_none() && is_safe(&url))
        .then_some(url)
}

/// Whether a token may go there: it must not cross a network in the clear.
fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || is_here
}
