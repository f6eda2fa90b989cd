//! The way to the form in a window of the server's own, which takes over what is selected and written here. What is shared there is
//! told to this page, and to whoever opens the picture again: the visitor may have closed the overlay that it was begun in.

use std::cell::RefCell;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MouseEvent, Window};

use super::sending::taking_over;
use super::session::Session;
use super::view::{Tag, tag, untrack, window};
use super::watch::Listener;

/// How a window of the server's own begins to tell of a share (`app/loader/opener.js`).
const SHARED_THERE: &str = "cutline:shared ";

thread_local! {
    /// The windows that may still tell of one.
    static AWAITED: RefCell<Vec<Awaited>> = const { RefCell::new(Vec::new()) };
}

/// A window with what hears it.
struct Awaited {
    window: Window,
    _told: Listener,
}

/// The link; none where the server has no such form.
pub(super) fn elsewhere(session: Session) -> Option<Tag> {
    let server = session.server();
    server.compose_url(&session.request())?;
    let url = move || {
        session.region();
        session.description().track();
        session.alt().track();
        server.compose_url(&session.request())
    };
    let open = move |event: MouseEvent| {
        event.prevent_default();
        if let Some(url) = untrack(url) {
            // A window of its own: the page stays, and hears from there what was shared.
            let there =
                window().open_with_url_and_target_and_features(&url, "_blank", "width=560,height=760");
            if let Ok(Some(there)) = there {
                hear(there, session);
            }
        }
    };
    let link = tag("a")
        .class("share-panel__elsewhere")
        .attr_of("href", url)
        .attr("target", "_blank")
        .attr("rel", "noopener")
        .on("click", open)
        .text(session.labels().elsewhere);
    Some(link)
}

/// Hears what is shared in `there` of what was begun in `session`, for as long as that window is open.
fn hear(there: Window, session: Session) {
    session.touch();
    session.is_awaited().set_value(true);
    let (server, take_over) = (session.server(), taking_over(session));
    let told = {
        let there = there.clone();
        move |event: web_sys::Event| {
            let event: &MessageEvent = event.unchecked_ref();
            // Anybody may send a message; of the server's origin is only what it has said itself, and of that window what was begun here.
            if event.origin() == server.address()
                && event.source().is_some_and(|source| JsValue::from(source) == JsValue::from(there.clone()))
                && let Some(said) = event.data().as_string()
                && let Some(share) = said.strip_prefix(SHARED_THERE)
            {
                take_over(share.to_owned());
            }
        }
    };
    let told = Listener::new(&window(), "message", told);
    AWAITED.with_borrow_mut(|all| {
        // Who has told, is closed before long.
        all.retain(|awaited| !awaited.window.closed().unwrap_or(true));
        all.push(Awaited { window: there, _told: told });
    });
}
