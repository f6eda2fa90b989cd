//! The whole contract between the overlay and the server, on one screen.
//!
//! Each function takes the engine, calls one method and answers its error; the JSON API under `/api/v1` calls the same
//! methods. Addresses are fixed, so that a page loaded before a deployment still works after it.

use cutline_model::{Problem, ProblemCode, ShareReceipt, ShareRequest, TargetId};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::client::get_server_url;
use leptos::server_fn::codec::{Json, JsonEncoding};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::RequestCredentials;

use crate::fetch::{Ask, body};
use crate::json;
use crate::overlay::server::{Answer, Server};

/// Cuts the region out and posts it to the targets; `key` makes sending it again harmless.
#[server(prefix = "/api", endpoint = "share", input = Json)]
pub async fn share(request: ShareRequest, key: String) -> Result<ShareReceipt, ApiError> {
    let session = crate::server::session();
    crate::server::engine()
        .share_as(session.as_ref(), request, Some(key))
        .await
        .map_err(crate::server::refuse)
}

/// How the deliveries of a share stand now.
#[server(prefix = "/api", endpoint = "receipt", input = Json)]
pub async fn receipt(id: String) -> Result<ShareReceipt, ApiError> {
    crate::server::engine().receipt(&id).await.map_err(crate::server::refuse)
}

/// Sends what failed once more; with the maker's `key` also what may have been posted already, with a `target` that alone.
#[server(prefix = "/api", endpoint = "retry", input = Json)]
pub async fn retry(
    id: String,
    key: Option<String>,
    target: Option<TargetId>,
) -> Result<ShareReceipt, ApiError> {
    crate::server::engine().retry(&id, key.as_deref(), target.as_ref()).await.map_err(crate::server::refuse)
}

/// This site's own server, by the functions above: their addresses and arguments, without what their own client would make every
/// visitor load.
pub(crate) struct OwnServer;

async fn call<F>(function: F) -> Result<F::Output, ApiError>
where
    F: ServerFn<Error = ApiError> + Serialize,
    F::Output: DeserializeOwned,
{
    Ask {
        method: "POST",
        url: &[get_server_url(), F::PATH].concat(),
        headers: &[("accept", "application/json")],
        body: Some(body(&function)?),
        credentials: RequestCredentials::SameOrigin,
    }
    .answer(json::read)
    .await
}

impl Server for OwnServer {
    fn share(&self, request: ShareRequest, key: String) -> Answer {
        Box::pin(call(Share { request, key }))
    }

    fn receipt(&self, id: String) -> Answer {
        Box::pin(call(Receipt { id }))
    }

    fn retry(&self, id: String, key: Option<String>, target: Option<TargetId>) -> Answer {
        Box::pin(call(Retry { id, key, target }))
    }

    fn address(&self) -> &str {
        get_server_url()
    }

    fn receipt_in(&self, event: String) -> Option<ShareReceipt> {
        json::read(&event)
    }
}

/// What a call can end with besides its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// The server says no, and why.
    #[error("{0}")]
    Problem(Problem),
    /// The server was not reached, or the answer was not one of its own.
    #[error("the site cannot be reached")]
    Unreachable,
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                Self::Problem(Problem::new(ProblemCode::Malformed, detail))
            }
            ServerFnErrorErr::Request(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Response(_) => Self::Unreachable,
            _ => Self::Problem(Problem::new(
                ProblemCode::Internal,
                "Something went wrong here. Try again later.",
            )),
        }
    }
}
