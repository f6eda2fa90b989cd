//! How an overlay reaches its server: on the server's own pages by server functions, on other sites by the JSON API.

use std::pin::Pin;

use cutline_model::{ShareReceipt, ShareRequest, TargetId};

use crate::api::ApiError;

/// A receipt, or why there is none.
pub type Answer = Pin<Box<dyn Future<Output = Result<ShareReceipt, ApiError>>>>;

/// The server of an overlay.
pub trait Server: Sync {
    /// Cuts the region out and posts it to the targets; `key` makes sending it again harmless.
    fn share(&self, request: ShareRequest, key: String) -> Answer;

    /// How the deliveries of a share stand now.
    fn receipt(&self, id: String) -> Answer;

    /// Sends what failed once more; with the maker's `key` also what may have been posted already, with a `target` that alone.
    fn retry(&self, id: String, key: Option<String>, target: Option<TargetId>) -> Answer;

    /// Its address, without a slash at the end; empty for the page's own.
    fn address(&self) -> &str;

    /// Where the same can be composed in a window of the server's own, with all its targets; none where that is no other site.
    fn compose_url(&self, _request: &ShareRequest) -> Option<String> {
        None
    }

    /// The receipt in an event of `GET /api/v1/shares/{id}/events`.
    fn receipt_in(&self, event: String) -> Option<ShareReceipt>;
}
