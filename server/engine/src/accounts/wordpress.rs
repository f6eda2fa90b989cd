//! An account on a WordPress site by its own page that asks whether a program may post, and then sends a password for that
//! program alone (<https://make.wordpress.org/core/2020/11/05/application-passwords-integration-guide/>).
//!
//! The site tells where that page is. What comes back is the password itself, in the address of our return page: `state` and
//! `site_url` say that it is the answer to what was asked, and the visitor is sent on at once.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::error::ConnectError;
use super::oauth::{answered, shortened};
use super::secret_text::SecretText;
use crate::deliver::{Answer, Tools, send};

/// Longest user name, or password, that is taken, in bytes.
const MAX_BYTES: usize = 120;

/// What the site's list of passwords calls this one: names are there once, so it says when it was asked for.
pub(super) fn program(site: &str, now: Timestamp) -> String {
    format!("{site} {}", now.strftime("%Y-%m-%d %H:%M:%S"))
}

/// The page of this site that asks, if there is one.
pub(super) async fn consent_page(site: &Url, tools: &Tools) -> Result<Url, ConnectError> {
    let answer = ask(site, tools, Method::GET, "", None).await?;
    let said = answer.json().filter(|_| answer.status.is_success());
    let page = said.as_ref().and_then(|said| {
        said.pointer("/authentication/application-passwords/endpoints/authorization")?.as_str()
    });
    let page = page.and_then(|page| Url::parse(page).ok());
    // A visitor who named this site is not sent to another.
    page.filter(|page| page.origin() == site.origin()).ok_or_else(|| ConnectError::Strange {
        detail: format!("{} without a page for application passwords", answer.status),
    })
}

/// That page, asked for this site.
pub(super) fn address(mut page: Url, name: &str, back: &str, state: &SecretText) -> Url {
    let answer = |more: &str| format!("{back}?state={}{more}", state.reveal());
    page.query_pairs_mut()
        .append_pair("app_name", name)
        .append_pair("success_url", &answer(""))
        .append_pair("reject_url", &answer("&error=access_denied"));
    page
}

/// Who answers must be the site that was asked.
pub(super) fn check_site(asked: &Url, said: Option<&str>) -> Result<(), ConnectError> {
    let is_it =
        said.and_then(|said| Url::parse(said).ok()).is_some_and(|said| said.origin() == asked.origin());
    let detail = || format!("{asked} was asked, {} answers", shortened(said.unwrap_or("nobody")));
    if is_it { Ok(()) } else { Err(ConnectError::OtherServer { detail: detail() }) }
}

/// Whose a password is: the user's number, and name and site.
pub(super) async fn whoami(
    site: &Url,
    user: &str,
    password: &str,
    tools: &Tools,
) -> Result<(String, String), ConnectError> {
    let fits = |text: &str| (1..=MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    if !fits(user) || user.contains(':') || !fits(password) {
        return Err(ConnectError::Stale);
    }
    let answer = ask(site, tools, Method::GET, "wp/v2/users/me", Some((user, password))).await?;
    if matches!(answer.status.as_u16(), 401 | 403) {
        return Err(ConnectError::Refused { detail: format!("{} to users/me", answer.status) });
    }
    let said = answer.json().filter(|_| answer.status.is_success());
    let id = said.as_ref().and_then(|said| said.get("id")?.as_u64());
    let id = id.ok_or_else(|| ConnectError::Strange { detail: format!("{} to users/me", answer.status) })?;
    let host = site.host_str().unwrap_or_default();
    let host = site.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok((id.to_string(), format!("{user}@{host}")))
}

/// Ends a password; the site knows it by an id that it tells only whoever has it. What it answers changes nothing here.
pub(super) async fn revoke(site: &Url, account: &str, password: &str, tools: &Tools) {
    let user = account.rsplit_once('@').map_or(account, |(user, _)| user);
    let login = Some((user, password));
    let passwords = "wp/v2/users/me/application-passwords";
    let found = ask(site, tools, Method::GET, &format!("{passwords}/introspect"), login).await;
    let uuid = found.ok().and_then(|answer| answer.json()?.get("uuid")?.as_str().map(str::to_owned));
    let is_plain = |uuid: &str| uuid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let Some(uuid) = uuid.filter(|uuid| is_plain(uuid)) else {
        tracing::info!("a password was not ended: its site does not tell which it is");
        return;
    };
    match ask(site, tools, Method::DELETE, &format!("{passwords}/{uuid}"), login).await {
        Ok(answer) if answer.status.is_success() => {}
        Ok(answer) => tracing::info!(status = %answer.status, "a password was not ended"),
        Err(error) => tracing::info!(%error, "a password was not ended"),
    }
}

/// Calls a route of the site's interface; sites without pretty addresses have it at another one.
async fn ask(
    site: &Url,
    tools: &Tools,
    method: Method,
    route: &str,
    login: Option<(&str, &str)>,
) -> Result<Answer, ConnectError> {
    let request = |url: Url| {
        let request = tools.client.request(method.clone(), url);
        match login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    };
    let folder = site.path().trim_end_matches('/');
    let mut pretty = site.clone();
    pretty.set_path(&format!("{folder}/wp-json/{route}"));
    let answer = answered(send(request(pretty)).await)?;
    if answer.json().is_some_and(|said: Value| said.is_object()) {
        return Ok(answer);
    }
    let mut plain = site.clone();
    plain.set_path(&format!("{folder}/"));
    plain.query_pairs_mut().append_pair("rest_route", &format!("/{route}"));
    answered(send(request(plain)).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_asked_by_a_name_that_is_there_once() {
        let page =
            Url::parse("https://blog.example.org/wp-admin/authorize-application.php").expect("an address");
        let state = SecretText::parse(&"s".repeat(43)).expect("a text");
        let name = program("Harbour", "2026-11-26T09:08:07Z".parse().expect("a time"));
        let address = address(page, &name, "https://share.example/accounts/callback/wordpress-1", &state);
        let pairs: Vec<_> = address.query_pairs().into_owned().collect();
        let back = format!("https://share.example/accounts/callback/wordpress-1?state={}", state.reveal());
        assert_eq!(pairs[0], ("app_name".to_owned(), "Harbour 2026-11-26 09:08:07".to_owned()));
        assert_eq!(pairs[1], ("success_url".to_owned(), back.clone()));
        assert_eq!(pairs[2], ("reject_url".to_owned(), format!("{back}&error=access_denied")));
    }

    #[test]
    fn only_the_site_that_was_asked_answers() {
        let asked = Url::parse("https://blog.example.org/news").expect("an address");
        assert!(check_site(&asked, Some("https://blog.example.org/news")).is_ok());
        assert!(
            check_site(&asked, Some("https://blog.example.org")).is_ok(),
            "WordPress in a folder of its own"
        );
        for said in [None, Some(""), Some("https://evil.example"), Some("http://blog.example.org/news")] {
            assert!(check_site(&asked, said).is_err(), "{said:?}");
        }
    }
}
