//! Why an account is not connected: a closed list, which the page tells in the visitor's language.

use std::time::Duration;

use super::sealing::SealError;
use crate::store::StoreError;

/// Why an account is not connected. What stands in `detail` is for the log.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// This site does not connect accounts in that way.
    #[error("accounts are not connected in this way")]
    NotOffered,
    /// What the visitor typed names no server that may be called.
    #[error("no server to call: {detail}")]
    BadServer {
        /// What is wrong with it.
        detail: String,
    },
    /// The server cannot be reached.
    #[error("the server cannot be reached: {detail}")]
    Unreachable {
        /// What happened.
        detail: String,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The server answers otherwise than one of its platform does.
    #[error("the server does not answer as one of that platform: {detail}")]
    Strange {
        /// What it answered.
        detail: String,
    },
    /// The visitor has as many accounts, or sign-ins under way, as there may be.
    #[error("too many accounts or sign-ins")]
    TooMany,
    /// The sign-in that this answer belongs to is over, was answered before, or began in another browser.
    #[error("no sign-in of this browser waits for this answer")]
    Stale,
    /// The answer does not come from the server that was asked.
    #[error("the answer comes from another server than the one asked: {detail}")]
    OtherServer {
        /// Who was asked and who answers.
        detail: String,
    },
    /// The visitor, or the server in their name, said no.
    #[error("the server said no: {detail}")]
    Denied {
        /// The server's own code for it.
        detail: String,
    },
    /// The server does not take what it gave before: the code is too old, or was used.
    #[error("the server does not take the code: {detail}")]
    Refused {
        /// What it answered.
        detail: String,
    },
    /// What the visitor typed opens nothing: the password or token is wrong, or may not post there.
    #[error("what was typed opens nothing: {detail}")]
    Wrong {
        /// What the server answered.
        detail: String,
    },
    /// The record could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something sealed cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
}
