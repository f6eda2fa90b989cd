//! Hears how a share goes on, as long as the overlay is open: the browser's own `EventSource`, which connects anew by
//! itself when the network breaks.

use cutline_model::ShareReceipt;
use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, MessageEvent};

use super::server::Server;
use super::watch::Listener;

/// A stream of events that is open; ends when this is dropped.
pub(super) struct Following {
    source: EventSource,
    _listeners: [Listener; 3],
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
            let data = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            if let Some(receipt) = data.and_then(|data| server.receipt_in(data)) {
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

impl Drop for Following {
    fn drop(&mut self) {
        self.source.close();
    }
}
