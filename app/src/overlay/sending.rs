//! Sends the share request and follows its deliveries until each has ended.

use std::time::Duration;

use cutline_model::{ProblemCode, ShareReceipt, ShareRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::hooks::call;
use super::session::{Phase, Session};
use crate::api::{self, ApiError};

/// How often unfinished deliveries are asked for, in milliseconds.
const ASK_AGAIN_MS: u64 = 1_000;

/// A request and the key it was last sent under: sending the same again must not share twice.
pub(super) type LastSent = StoredValue<Option<(ShareRequest, String)>>;

/// Sends what the visitor chose.
pub(super) fn send(session: Session, last_sent: LastSent) {
    let request = session.request();
    let key = last_sent
        .with_value(|last| last.as_ref().filter(|(sent, _)| *sent == request).map(|(_, key)| key.clone()));
    let key = key.unwrap_or_else(fresh_key);
    last_sent.set_value(Some((request.clone(), key.clone())));
    // Signals and not the session: the overlay may have been closed when the answer comes.
    let (phase, hooks) = (session.phase(), session.hooks());
    phase.set(Phase::Sending);
    spawn_local(async move {
        let answer = api::share(request, key).await;
        match &answer {
            Ok(receipt) => call(hooks.on_shared, || receipt.clone()),
            Err(error) => call(hooks.on_error, || error.clone()),
        }
        settle(phase, answer);
    });
}

/// Sends what failed once more.
pub(super) fn retry(session: Session, id: String) {
    let phase = session.phase();
    spawn_local(async move { settle(phase, api::retry(id).await) });
}

/// Shows the answer and, while deliveries are under way, asks again. The overlay may have been closed meanwhile.
fn settle(phase: RwSignal<Phase>, answer: Result<ShareReceipt, ApiError>) {
    match answer {
        Ok(receipt) => {
            // Told once, with the first answer.
            let delete_url = receipt.delete_url.clone().or_else(|| match phase.try_get_untracked() {
                Some(Phase::Shared(before)) => before.delete_url,
                _ => None,
            });
            let receipt = ShareReceipt { delete_url, ..receipt };
            let unfinished = (!receipt.is_settled()).then(|| receipt.id.clone());
            phase.try_set(Phase::Shared(receipt));
            if let Some(id) = unfinished {
                ask_again(phase, id);
            }
        }
        Err(error) => {
            phase.try_set(Phase::Refused(error));
        }
    }
}

fn ask_again(phase: RwSignal<Phase>, id: String) {
    let ask = move || {
        if phase.try_get_untracked().is_none() {
            return; // closed: the server goes on without an audience
        }
        spawn_local(async move {
            match api::receipt(id.clone()).await {
                Ok(receipt) => settle(phase, Ok(receipt)),
                // Its maker has deleted it, in another window.
                Err(ApiError::Problem(problem)) if problem.code == ProblemCode::Gone => {
                    settle(phase, Err(ApiError::Problem(problem)));
                }
                // The share is accepted whatever happens to this question: ask again rather than frighten.
                Err(_) => ask_again(phase, id),
            }
        });
    };
    set_timeout(ask, Duration::from_millis(ASK_AGAIN_MS));
}

/// 128 random bits in hex; `crypto.randomUUID` does not exist on plain http sites.
fn fresh_key() -> String {
    let mut bytes = [0u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().fold(String::new(), |key, byte| format!("{key}{byte:02x}"))
}
