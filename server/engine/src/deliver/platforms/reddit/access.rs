//! How Reddit is asked: with an access token, which ends after an hour and is had anew from what the site's owner gave; and as whom
//! (<https://github.com/reddit-archive/reddit/wiki/OAuth2>, <https://github.com/reddit-archive/reddit/wiki/API>).
//!
//! A visitor's token is renewed by the site's accounts, and taken as it is.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::deliver::line::{Line, id_of};
use crate::deliver::{Account, AccountError, PostError};

/// A token that ends this soon is not used for what must not be sent twice.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// How long a token holds where that is not told.
const USUAL_LIFETIME: i64 = 3600;

/// What opens the account, and what came of it.
pub(super) struct Access {
    given: Given,
    current: Mutex<Option<(String, Timestamp)>>,
    me: OnceCell<String>,
}

enum Given {
    /// An access token, renewed elsewhere.
    Token,
    /// An app, and what it has of the account.
    App { id: String, secret: String, grant: Grant },
}

enum Grant {
    Refresh(String),
    /// Of a script app, which its developer's accounts alone can be asked for.
    Password {
        name: String,
        password: String,
    },
}

impl Access {
    /// Reads `id:secret:refresh token`, `id:secret:name:password`, or an access token.
    pub(super) fn of(account: &Account) -> Result<Self, AccountError> {
        let expected = "the app's id, its secret and the account's refresh token, with colons between them; of a script app the id, the secret, the account's name and its password";
        let own = |text: &&str| (*text).to_owned();
        // A password may have colons.
        let parts: Vec<_> = account.token.reveal().splitn(4, ':').collect();
        let given = match parts.as_slice() {
            parts if parts.iter().any(|part| part.is_empty()) => None,
            [_] => Some(Given::Token),
            [id, secret, refresh] => {
                Some(Given::App { id: own(id), secret: own(secret), grant: Grant::Refresh(own(refresh)) })
            }
            [id, secret, name, password] => {
                let grant = Grant::Password { name: own(name), password: own(password) };
                Some(Given::App { id: own(id), secret: own(secret), grant })
            }
            _ => None,
        };
        let given = given.ok_or(AccountError { key: "token", expected })?;
        Ok(Self { given, current: Mutex::default(), me: OnceCell::new() })
    }

    /// A request with a token that holds for a while, and with the name that Reddit wants to see.
    pub(super) async fn request(
        &self,
        line: &Line,
        method: Method,
        path: &[&str],
    ) -> Result<RequestBuilder, PostError> {
        let me = self.me(line).await?;
        let token = self.token(line).await?;
        Ok(line.plain(method, path).bearer_auth(token).header("user-agent", self.agent(Some(me))))
    }

    /// Whose the token is: a name, which never changes.
    pub(super) async fn me(&self, line: &Line) -> Result<&str, PostError> {
        let asked = self.me.get_or_try_init(async || {
            let token = self.token(line).await?;
            let request = line.plain(Method::GET, &["api", "v1", "me"]).bearer_auth(token);
            let answer = line.get(request.header("user-agent", self.agent(None))).await?;
            let name = answer.json().and_then(|json| id_of(json.get("name")?));
            name.ok_or_else(|| line.unclear(&answer))
        });
        asked.await.map(String::as_str)
    }

    /// "<platform>:<app ID>:<version string> (by /u/<reddit username>)": others are slowed down or shut out.
    fn agent(&self, name: Option<&str>) -> String {
        let app = match &self.given {
            Given::App { id, .. } => id,
            Given::Token => "cutline",
        };
        let by = name.map(|name| format!(" (by /u/{name})")).unwrap_or_default();
        format!("web:{app}:v{}{by}", env!("CARGO_PKG_VERSION"))
    }

    async fn token(&self, line: &Line) -> Result<String, PostError> {
        let Given::App { id, secret, grant } = &self.given else { return Ok(line.token().to_owned()) };
        // Held while another is fetched: the others wait and take that.
        let mut current = self.current.lock().await;
        let now = line.tools.clock.now();
        if let Some((token, ends)) = current.as_ref()
            && now + MARGIN < *ends
        {
            return Ok(token.clone());
        }
        let form = match grant {
            Grant::Refresh(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token)],
            Grant::Password { name, password } => {
                vec![("grant_type", "password"), ("username", name), ("password", password)]
            }
        };
        let request = line.tools.client.post(token_address(line)).basic_auth(id, Some(secret));
        let answer = line.get(request.header("user-agent", self.agent(None)).form(&form)).await?;
        let json = answer.json().unwrap_or_default();
        let token = json.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| line.unclear(&answer))?.to_owned();
        let lifetime = json.get("expires_in").and_then(Value::as_i64).unwrap_or(USUAL_LIFETIME);
        let ends = now.checked_add(SignedDuration::from_secs(lifetime)).unwrap_or(now);
        *current = Some((token.clone(), ends));
        Ok(token)
    }
}

/// Tokens are had at another of Reddit's hosts than where they are used.
fn token_address(line: &Line) -> Url {
    let mut address = line.address(&["api", "v1", "access_token"]);
    if line.host() == "oauth.reddit.com" {
        // The name of a host is one.
        let _ = address.set_host(Some("www.reddit.com"));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::fake_server::{account, tools};

    #[test]
    fn tokens_are_had_where_reddit_gives_them() {
        for (server, address) in [
            ("https://oauth.reddit.com", "https://www.reddit.com/api/v1/access_token"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v1/access_token"),
        ] {
            let account = account("reddit", server.parse().expect("an address"), "pics", "id:secret:refresh");
            let line =
                Line::new(account, tools(std::time::Duration::from_secs(1)), |_| None).expect("a line");
            assert_eq!(token_address(&line).as_str(), address);
        }
    }
}
