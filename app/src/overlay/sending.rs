//! Sends the share request and follows its deliveries until each has ended.

use std::cell::Cell;
use std::rc::Rc;

use cutline_model::{ProblemCode, ShareReceipt, ShareRequest, TargetId};
use wasm_bindgen_futures::spawn_local;

use super::following::Following;
use super::hooks::call;
use super::page::is_same_picture;
use super::server::Server;
use super::session::{Phase, Session};
use super::view::{RwSignal, StoredValue, effect, set_timeout, untrack, window};
use crate::api::ApiError;

/// How often unfinished deliveries are asked for where the server cannot tell, in milliseconds.
const ASK_AGAIN_MS: u32 = 1_000;

/// An answer that is awaited for so long is worth a word on what it waits for, in milliseconds.
const WORTH_A_WORD_MS: u32 = 500;

/// A request and the key it was last sent under, until that made a share: sending the same again must not share twice.
pub(super) type LastSent = StoredValue<Option<(ShareRequest, String)>>;

/// How it is heard what becomes of a share. With the overlay it ends: the server goes on without an audience.
pub(super) enum Heard {
    /// Nothing is to be heard yet, or any more.
    NotYet,
    /// The server tells.
    Told(#[expect(dead_code, reason = "held, so that it goes on until it is dropped")] Following),
    /// It is asked again and again, since it cannot tell.
    Asked,
}

/// Where the overlay keeps that.
pub(super) type Hearing = StoredValue<Heard>;

/// Sends what the visitor chose.
pub(super) fn send(session: Session) {
    let (now, last_sent) = (session.request(), session.last_sent());
    let again =
        last_sent.with_value(|last| last.as_ref().filter(|(sent, _)| is_the_same_wish(sent, &now)).cloned());
    let (request, key) = again.unwrap_or_else(|| (now, fresh_key()));
    last_sent.set_value(Some((request.clone(), key.clone())));
    // Signals and not the session: the overlay may have been closed when the answer comes. They are those of the draft, which is kept.
    let (audience, hooks, ground) = (Audience::of(session), session.hooks(), session.ground());
    audience.phase.set(Phase::Sending(None));
    let awaited = Rc::new(Cell::new(None));
    let still_awaited = Rc::downgrade(&awaited);
    let key_of_steps = key.clone();
    let listen = move || {
        if let Some(place) = still_awaited.upgrade() {
            let told = move |step| {
                audience.phase.try_set(Phase::Sending(Some(step)));
            };
            place.set(Following::await_answer(audience.server, &key_of_steps, told));
        }
    };
    set_timeout(listen, WORTH_A_WORD_MS);
    spawn_local(async move {
        let answer = audience.server.share(request, key).await;
        drop(awaited);
        if answer.as_ref().err().is_none_or(is_spent) {
            last_sent.set_value(None);
        }
        match &answer {
            Ok(receipt) => call(hooks.on_shared, || (ground, receipt.clone())),
            Err(error) => call(hooks.on_error, || (ground, error.clone())),
        }
        audience.settle(answer);
    });
}

/// Whether a request is for what was sent, and its answer lost: by the visitor's choice. Where on its page the picture stands by now, and
/// where the page is, is not the visitor's; what is sent under the same key must be the same to the letter.
fn is_the_same_wish(sent: &ShareRequest, now: &ShareRequest) -> bool {
    is_same_picture(&sent.source, &now.source)
        && sent.region == now.region
        && sent.description == now.description
        && sent.alt == now.alt
        && sent.targets == now.targets
}

/// Takes the share of that id, which is made in a window of the server's own, for the one that was begun here. The overlay may have been
/// closed by then, or be another one.
pub(super) fn taking_over(session: Session) -> impl Fn(String) {
    let (audience, hooks, ground) = (Audience::of(session), session.hooks(), session.ground());
    move |id| {
        let ground = ground.clone();
        spawn_local(async move {
            // It is shared, whatever becomes of this question.
            let Ok(receipt) = audience.server.receipt(id).await else { return };
            call(hooks.on_shared, || (ground, receipt.clone()));
            // What is sent from here meanwhile is another share.
            if audience.phase.try_get_untracked().is_some_and(|phase| phase.is_edited()) {
                audience.settle(Ok(receipt));
            }
        });
    }
}

/// Hears how the share goes on, from when there is one, for as long as `session` is there.
pub(super) fn follow(session: Session) {
    let audience = Audience::of(session);
    effect(move || {
        if let Some(receipt) = session.receipt()
            && !receipt.is_settled()
        {
            audience.hear(receipt.id);
        }
    });
}

/// Whether the key made a share, which was deleted since.
fn is_spent(error: &ApiError) -> bool {
    matches!(error, ApiError::Problem(problem) if problem.code == ProblemCode::Gone)
}

/// Sends what failed once more, or to one target alone; with the maker's key also what may have been posted already.
pub(super) fn retry(session: Session, target: Option<TargetId>) {
    let Some(receipt) = untrack(|| session.receipt()) else { return };
    let (audience, trouble) = (Audience::of(session), session.trouble());
    let key = receipt.makers_key().map(str::to_owned);
    spawn_local(async move {
        match audience.server.retry(receipt.id, key, target).await {
            // What is shared stays so, also when its server cannot be reached for a moment.
            Err(error) if !is_spent(&error) => {
                trouble.try_set(Some(error));
            }
            answer => {
                trouble.try_set(None);
                audience.settle(answer);
            }
        }
    });
}

/// Who is to see what becomes of the share; may be gone.
#[derive(Clone, Copy)]
struct Audience {
    phase: RwSignal<Phase>,
    hearing: Hearing,
    server: &'static dyn Server,
}

impl Audience {
    fn of(session: Session) -> Self {
        Self { phase: session.phase(), hearing: session.hearing(), server: session.server() }
    }

    /// Shows the answer, now or when the picture is opened again.
    fn settle(self, answer: Result<ShareReceipt, ApiError>) {
        match answer {
            Ok(receipt) => {
                let before = match self.phase.try_get_untracked() {
                    Some(Phase::Shared(before)) => Some(before),
                    Some(_) => None,
                    None => return, // over
                };
                // Told once, with the first answer.
                let delete_url = receipt.delete_url.clone();
                let delete_url =
                    delete_url.or_else(|| before.as_ref().and_then(|before| before.delete_url.clone()));
                let receipt = ShareReceipt { delete_url, ..receipt };
                if receipt.is_settled() {
                    self.now(Heard::NotYet);
                }
                if before.as_ref() != Some(&receipt) {
                    self.phase.try_set(Phase::Shared(receipt));
                }
            }
            Err(error) => {
                self.now(Heard::NotYet);
                self.phase.try_set(Phase::Refused(error));
            }
        }
    }

    /// Hears more of a share that is under way, unless that is heard already.
    fn hear(self, id: String) {
        if self.hearing.try_with_value(|heard| matches!(heard, Heard::NotYet)) != Some(true) {
            return;
        }
        let lost = {
            let id = id.clone();
            move || {
                self.now(Heard::Asked);
                self.ask(id.clone());
            }
        };
        match Following::start(self.server, &id, move |receipt| self.settle(Ok(receipt)), lost) {
            Some(following) => self.now(Heard::Told(following)),
            None => {
                self.now(Heard::Asked);
                self.ask_again(id);
            }
        }
    }

    /// Changes how it is heard; afterwards, since this may be called by what is dropped then.
    fn now(self, heard: Heard) {
        spawn_local(async move {
            self.hearing.set_value(heard);
        });
    }

    fn ask_again(self, id: String) {
        set_timeout(move || self.ask(id), ASK_AGAIN_MS);
    }

    fn ask(self, id: String) {
        if self.hearing.try_with_value(|heard| matches!(heard, Heard::NotYet)) != Some(false) {
            return; // closed, or settled
        }
        spawn_local(async move {
            match self.server.receipt(id.clone()).await {
                Ok(receipt) => {
                    let is_settled = receipt.is_settled();
                    self.settle(Ok(receipt));
                    if !is_settled {
                        self.ask_again(id);
                    }
                }
                // Its maker has deleted it, in another window.
                Err(ApiError::Problem(problem)) if problem.code == ProblemCode::Gone => {
                    self.settle(Err(ApiError::Problem(problem)));
                }
                // The share is accepted whatever happens to this question: ask again rather than frighten.
                Err(_) => self.ask_again(id),
            }
        });
    }
}

/// 128 random bits in hex; `crypto.randomUUID` does not exist on plain http sites.
fn fresh_key() -> String {
    let mut bytes = [0u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().fold(String::new(), |key, byte| format!("{key}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request for a part of a picture, as the page of another moment has it.
    fn wish(source: &str, more: &str) -> ShareRequest {
        let json = format!(r#"{{"source":{source},"region":"pct:10,10,50,50","targets":["board"]{more}}}"#);
        serde_json::from_str(&json).expect("a request")
    }

    fn is_sent_again(now: (&str, &str), expected: bool) {
        let sent =
            wish(r#"{"image_url":"https://a.example/a.jpg","page_url":"https://a.example/","index":1}"#, "");
        assert_eq!(is_the_same_wish(&sent, &wish(now.0, now.1)), expected);
    }

    const ELSEWHERE: &str =
        r#"{"image_url":"https://a.example/a.jpg","page_url":"https://a.example/#2","index":7}"#;

    sentences! {
        a_picture_that_others_were_put_before_is_sent_again: is_sent_again((ELSEWHERE, ""), true);
        other_words_are_another_share: is_sent_again((ELSEWHERE, r#","description":"New""#), false);
        another_picture_is_another_share: is_sent_again((r#"{"image_url":"https://a.example/b.jpg"}"#, ""), false);
    }

    #[test]
    fn a_picture_without_an_address_is_known_by_its_place_alone() {
        let at = |index| wish(&format!(r#"{{"page_url":"https://a.example/","index":{index}}}"#), "");
        assert!(is_the_same_wish(&at(1), &at(1)));
        assert!(!is_the_same_wish(&at(1), &at(2)));
    }
}
