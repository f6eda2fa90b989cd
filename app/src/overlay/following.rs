//! Hears how a share goes on, as long as the overlay is open, and before it is accepted what is done for it: the browser's own
//! `EventSource`, which connects anew by itself when the network breaks.

use cutline_model::{AcceptanceStep, ShareReceipt};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, MessageEvent};

use super::server::Server;
use super::watch::Listener;

/// A stream of events that is open; ends when this is dropped.
pub(super) struct Following<const LISTENERS: usize = 3> {
    source: EventSource,
    _listeners: [Listener; LISTENERS],
}

impl Following {
    /// Calls `told` with each receipt of the share, and `lost` when nothing more can be heard, the share's deletion included.
    /// Nothing where the browser refuses at once.
    pub(super) fn start(
        server: &'static dyn Server,
        id: &str,
        told: impl Fn(ShareReceipt) + 'static,
        lost: impl Fn() + Clone + 'static,
    ) -> Option<Self> {
        let source = EventSource::new(&format!("{}/api/v1/shares/{id}/events", server.address())).ok()?;
        let heard = move |event: Event| {
            if let Some(receipt) = data(&event).and_then(|data| server.receipt_in(data)) {
                told(receipt);
            }
        };
        let deleted = lost.clone();
        let broken = {
            let source = source.clone();
            move |_: Event| {
                // In any other state the browser is about to connect again.
                if source.ready_state() == EventSource::CLOSED {
                    lost();
                }
            }
        };
        let listeners = [
            Listener::new(&source, "share", heard),
            Listener::new(&source, "deleted", move |_| deleted()),
            Listener::new(&source, "error", broken),
        ];
        Some(Self { source, _listeners: listeners })
    }
}

impl Following<1> {
    /// Calls `told` with each step of the request with this key, until it is answered.
    pub(super) fn await_answer(
        server: &'static dyn Server,
        key: &str,
        told: impl Fn(AcceptanceStep) + 'static,
    ) -> Option<Self> {
        let source = EventSource::new(&format!("{}/api/v1/requests/{key}/events", server.address())).ok()?;
        let heard = move |event: Event| {
            if let Some(step) = data(&event).and_then(|name| AcceptanceStep::parse(&name)) {
                told(step);
            }
        };
        let listeners = [Listener::new(&source, "step", heard)];
        Some(Self { source, _listeners: listeners })
    }
}

/// What came with an event.
fn data(event: &Event) -> Option<String> {
    event.dyn_ref::<MessageEvent>()?.data().as_string()
}

impl<const LISTENERS: usize> Drop for Following<LISTENERS> {
    fn drop(&mut self) {
        self.source.close();
    }
}
