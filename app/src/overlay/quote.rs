//! A part of a picture that somebody shared, shown where it was taken from: the rest is dimmed, and a note says what was said
//! about it. Not a dialog: the page goes on, with the focus where it is; the words are spoken, and Escape or the note's cross
//! takes it away.

use cutline_model::Region;
use web_sys::MouseEvent;

use super::drafts::Draft;
use super::hooks::OnSite;
use super::layer::{follow_picture, layer, listen_for_escape, panel_beside, stand_beside};
use super::measure::{frame_of, window_rect};
use super::page::Opened;
use super::session::{Closing, Session};
use super::stage::{placed, shade, stage};
use super::view::{Callback, NodeRef, RwSignal, Tag, icon, tag};
use crate::icons;

/// The quoted part of `opened`, with `text`, which may be empty.
pub(super) fn quoted_region(
    opened: Opened,
    region: Region,
    text: String,
    site: &OnSite,
    close: Callback<Closing>,
) -> Option<Tag> {
    let frame = frame_of(&opened.picture, &opened.ground())?;
    let draft = Draft::new(opened.size);
    let site = &OnSite { touched: RwSignal::new(true), ..site.clone() };
    let session = Session::new(opened, frame, draft, site, close);
    let labels = session.labels();
    // Touched, it waits while the picture cannot be seen.
    session.select_region(region);
    let (root, note) = (NodeRef::new(), NodeRef::new());
    let placement = stand_beside(session, note);
    let text = if text.is_empty() { labels.quoted.to_owned() } else { text };
    // A live region is heard of only when it changes.
    let said = RwSignal::new(String::new());
    root.on_load(move |root| {
        let _ = root.show_popover();
        said.set(text);
        follow_picture(session);
        listen_for_escape(session);
        let (picture, window) = (session.frame().get_untracked().bounds(), window_rect());
        if picture.top < window.top || picture.bottom() > window.bottom() {
            session.ground().scroll_into_view();
        }
    });
    let words = tag("p")
        .class("quoted-region__text")
        .attr("role", "status")
        .attr("dir", "auto")
        .text_of(move || said.get());
    let close = tag("button")
        .attr("type", "button")
        .class("quoted-region__close")
        .attr("aria-label", labels.close)
        .attr("title", labels.close)
        .on("click", move |_: MouseEvent| session.close())
        .child(icon(icons::CLOSE));
    let shown = stage(session)
        .and_class("selection-overlay__stage--fixed")
        .child(shade(session))
        .child(placed(tag("div").class("selection-overlay__selection"), session));
    let said = tag("div").class("quoted-region").part("quote").child(words).child(close);
    let quote = layer(session)
        .attr("role", "note")
        .attr("aria-label", labels.quoted)
        .node_ref(root)
        .child(shown)
        .child(panel_beside(session, placement, note).child(said));
    Some(quote)
}
