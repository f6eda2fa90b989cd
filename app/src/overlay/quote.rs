//! A part of a picture that somebody shared, shown where it was taken from: the rest is dimmed, and a note says what was said
//! about it. Not a dialog: the page goes on, with the focus where it is; the words are spoken, and Escape or the note's cross
//! takes it away.

use cutline_model::Region;
use leptos::html::Div;
use leptos::prelude::*;

use super::geometry::Placement;
use super::hooks::OnSite;
use super::layer::{beside, follow_picture, listen_for_escape, place_of, stand_beside};
use super::measure::{frame_of, scroll_to, window_rect};
use super::page::Opened;
use super::session::Session;
use super::stage::{Edge, Shade, edge, on_the_picture, pixels};
use crate::icons::close_icon;

/// The quoted part of `opened`, with `text`, which may be empty.
#[component]
pub(super) fn QuotedRegion(
    opened: Opened,
    region: Region,
    text: String,
    site: OnSite,
    close: Callback<()>,
) -> impl IntoView {
    let frame = frame_of(&opened.picture, &opened.ground())?;
    let (labels, language) = (site.labels(), site.language.get_untracked());
    let session = Session::new(opened, frame, site, close);
    // Touched, it waits while the picture cannot be seen.
    session.select_region(region);
    let root = NodeRef::<Div>::new();
    let note = NodeRef::<Div>::new();
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
            scroll_to(picture);
        }
    });
    Some(view! {
        <div
            class="selection-overlay"
            popover="manual"
            role="note"
            class:selection-overlay--hidden=session.hidden()
            aria-label=labels.quoted
            lang=language.tag()
            dir=language.direction()
            data-region=move || session.region().fragment().to_string()
            style:left=place_of(session, |bounds| bounds.left)
            style:top=place_of(session, |bounds| bounds.top)
            style:width=place_of(session, |bounds| bounds.width)
            style:height=place_of(session, |bounds| bounds.height)
            node_ref=root
        >
            <div
                class="selection-overlay__stage selection-overlay__stage--shared"
                style:width=move || pixels(session.frame().get().visible.width)
                style:height=move || pixels(session.frame().get().visible.height)
                style:transform=move || on_the_picture(session.frame().get())
            >
                <Shade session=session />
                <div
                    class="selection-overlay__selection"
                    style:left=edge(session, Edge::Left)
                    style:top=edge(session, Edge::Top)
                    style:width=edge(session, Edge::Width)
                    style:height=edge(session, Edge::Height)
                ></div>
            </div>
            <div
                class="selection-overlay__panel"
                class:selection-overlay__panel--docked=move || placement.get() == Placement::Docked
                style:left=beside(session, placement, |point, bounds| point.x - bounds.left)
                style:top=beside(session, placement, |point, bounds| point.y - bounds.top)
                node_ref=note
            >
                <div class="quoted-region" part="quote">
                    <p class="quoted-region__text" role="status" dir="auto">
                        {said}
                    </p>
                    <button type="button" class="quoted-region__close" aria-label=labels.close title=labels.close on:click=move |_| session.close()>
                        {close_icon()}
                    </button>
                </div>
            </div>
        </div>
    })
}
