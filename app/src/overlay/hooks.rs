//! What the site around the overlay hears of it, and the selection that both share.

use cutline_model::{Region, ShareReceipt, Source};
use leptos::prelude::*;

use crate::api::ApiError;

/// The site's side of one overlay; nothing by default.
#[derive(Clone, Copy, Default)]
pub(super) struct Hooks {
    /// What is selected; none while no overlay is open.
    pub(super) region: Option<RwSignal<Option<Region>>>,
    /// It was opened on this picture.
    pub(super) on_open: Option<Callback<Source>>,
    /// The share was accepted.
    pub(super) on_shared: Option<Callback<ShareReceipt>>,
    /// It was not, and why.
    pub(super) on_error: Option<Callback<ApiError>>,
}

/// Calls `hook`, if the site has one.
pub(super) fn call<T: 'static>(hook: Option<Callback<T>>, with: impl FnOnce() -> T) {
    if let Some(hook) = hook {
        hook.run(with());
    }
}
