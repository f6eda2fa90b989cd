//! An account on Bluesky, or any data server of the AT Protocol, by an app password that the visitor makes there
//! (<https://docs.bsky.app/docs/api/com-atproto-server-create-session>).
//!
//! Only app passwords are taken, told by their form: whoever types the account's own password here has it refused before it
//! is sent anywhere.

use http::StatusCode;
use serde_json::{Value, json};

use super::error::ConnectError;
use super::grant::Grant;
use super::oauth::{answered, printable, shortened};
use super::session::Session;
use super::{Accounts, Connected, server};
use crate::deliver::send;

/// Where most accounts are.
const USUAL_SERVER: &str = "https://bsky.social";

/// Longest handle (AT Protocol, handle syntax), in bytes.
const MAX_HANDLE_BYTES: usize = 253;

impl Accounts {
    /// Connects an account by its handle and an app password; `server` is empty where most are.
    pub async fn connect_bluesky(
        &self,
        session: Option<&Session>,
        server: &str,
        handle: &str,
        password: &str,
    ) -> Result<Connected, ConnectError> {
        let server = if server.trim().is_empty() { USUAL_SERVER } else { server };
        let mut url = server::parse(server, &self.0.guard)?;
        let origin = url.origin().ascii_serialization();
        let refused = |detail: &str| ConnectError::Wrong { detail: detail.to_owned() };
        let handle = handle.trim().trim_start_matches('@').to_ascii_lowercase();
        if !is_handle(&handle) || !is_app_password(password.trim()) {
            return Err(refused("that is no handle with an app password"));
        }
        if !self.3.begin(&origin, &handle, self.0.clock.now()) {
            return Err(ConnectError::TooMany);
        }
        url.set_path("/xrpc/com.atproto.server.createSession");
        let body = json!({"identifier": handle, "password": password.trim()});
        let answer = answered(send(self.0.tools.client.post(url).json(&body)).await)?;
        match answer.status {
            status if status.is_success() => {}
            StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => {
                return Err(refused(answer.status.as_str()));
            }
            StatusCode::TOO_MANY_REQUESTS => return Err(ConnectError::TooMany),
            status => return Err(ConnectError::Strange { detail: format!("{status} to createSession") }),
        }
        self.3.was_right(&origin, &handle);
        let said = answer.json();
        let text = |name: &str| said.as_ref()?.get(name).and_then(Value::as_str).and_then(printable);
        let (did, handle) = (text("did").filter(|did| did.starts_with("did:")), text("handle"));
        let (Some(did), Some(handle)) = (did, handle.filter(|handle| is_handle(handle))) else {
            let detail = format!("{} without a DID", shortened(answer.status.as_str()));
            return Err(ConnectError::Strange { detail });
        };
        let session = match session {
            Some(session) => session.clone(),
            None => self.new_session().await?,
        };
        let mut grant = Grant::default();
        password.trim().clone_into(&mut grant.access);
        self.keep(&session, "bluesky", &origin, did, handle, &grant).await
    }
}

fn is_handle(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= MAX_HANDLE_BYTES && text.contains('.') && text.split('.').all(is_label)
}

/// Four times four letters and digits, as Bluesky makes them.
fn is_app_password(text: &str) -> bool {
    let is_group = |group: &str| {
        group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').count() == 4 && text.split('-').all(is_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_password_is_told_from_any_other() {
        for (text, is_one) in [
            ("abcd-ef12-gh34-ij56", true),
            ("hunter2", false),
            ("ABCD-ef12-gh34-ij56", false),
            ("abcd-ef12-gh34", false),
            ("abcd-ef12-gh34-ij56-kl78", false),
            ("", false),
        ] {
            assert_eq!(is_app_password(text), is_one, "{text}");
        }
    }

    #[test]
    fn a_handle_is_a_name_of_labels() {
        for (text, is_one) in [
            ("alice.bsky.social", true),
            ("alice", false),
            ("a..b", false),
            ("a b.c", false),
            ("ä.example", false),
        ] {
            assert_eq!(is_handle(text), is_one, "{text}");
        }
    }
}
