//! The stage: what stands exactly on the picture. Shade, selection, eight handles, size read-out.

use cutline_model::Region;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::geometry::Frame;
use super::keyboard::Nudge;
use super::page::corners_of;
use super::pointer;
use super::selection::{Grip, Handle};
use super::session::{Phase, Session};
use crate::language::fill;

/// The selection on the picture.
#[component]
pub(super) fn SelectionStage(session: Session) -> impl IntoView {
    let labels = session.labels;
    let corners = session.opened.with_value(|opened| corners_of(&opened.picture));
    let shared = move || session.phase.with(|phase| matches!(phase, Phase::Shared(_)));
    view! {
        <div
            class="selection-overlay__stage"
            class:selection-overlay__stage--dragging=move || session.is_dragging()
            class:selection-overlay__stage--shared=shared
            node_ref=session.stage_ref
            on:pointerdown=move |event| pointer::press(&event, Grip::New, session)
            on:pointermove=move |event| pointer::drag(&event, session)
            on:pointerup=move |event| pointer::release(&event, session)
            on:pointercancel=move |event| pointer::cancel(&event, session)
            on:dblclick=move |event| pointer::double_press(&event, session)
        >
            <div class="selection-overlay__shade" style:border-radius=corners>
                <div
                    class="selection-overlay__opening"
                    style:left=edge(session, Edge::Left)
                    style:top=edge(session, Edge::Top)
                    style:width=edge(session, Edge::Width)
                    style:height=edge(session, Edge::Height)
                ></div>
            </div>
            <div
                class="selection-overlay__selection"
                role="group"
                tabindex="0"
                aria-label=labels.selection
                aria-description=labels.selection_help
                style:left=edge(session, Edge::Left)
                style:top=edge(session, Edge::Top)
                style:width=edge(session, Edge::Width)
                style:height=edge(session, Edge::Height)
                on:pointerdown=move |event| pointer::press(&event, Grip::Box, session)
                on:keydown=move |event| nudge(&event, session, None)
            >
                <div class="selection-overlay__thirds" aria-hidden="true"></div>
                {Handle::ALL.map(|handle| view! { <SelectionHandle session=session handle=handle /> })}
                <output class="selection-overlay__size" aria-hidden="true">
                    {move || read_out(session)}
                </output>
            </div>
        </div>
    }
}

/// One of the eight grips. Arrow keys resize while it has the focus.
#[component]
fn SelectionHandle(session: Session, handle: Handle) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("selection-overlay__handle selection-overlay__handle--{}", handle.name())
            aria-label=session.labels.handle(handle)
            on:pointerdown=move |event| pointer::press(&event, Grip::Handle(handle), session)
            on:keydown=move |event| nudge(&event, session, Some(handle))
        ></button>
    }
}

/// A key on the selection or on one of its handles.
fn nudge(event: &KeyboardEvent, session: Session, handle: Option<Handle>) {
    let Some(nudge) = Nudge::of_key(&event.key(), event.shift_key(), event.ctrl_key() || event.meta_key())
    else {
        return;
    };
    event.prevent_default();
    event.stop_propagation();
    let (selection, size) = (session.selection(), session.opened.with_value(|opened| opened.size));
    session.select(match handle {
        None => nudge.moved(selection, size),
        Some(handle) => nudge.resized(selection, handle, size).0,
    });
}

/// Which of the four lengths that place the selection on the stage.
#[derive(Clone, Copy)]
enum Edge {
    Left,
    Top,
    Width,
    Height,
}

/// The selection's place on the stage, in percent of it; the picture may be larger than the stage.
fn edge(session: Session, edge: Edge) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    move || {
        let (region, Frame { painted, visible }) = (session.region(), session.frame.get());
        let percent = match edge {
            Edge::Left => (painted.left + region.x() * painted.width - visible.left) / visible.width,
            Edge::Top => (painted.top + region.y() * painted.height - visible.top) / visible.height,
            Edge::Width => region.w() * painted.width / visible.width,
            Edge::Height => region.h() * painted.height / visible.height,
        };
        format!("{}%", percent * 100.0)
    }
}

/// The selection's size in pixels of the original.
fn read_out(session: Session) -> String {
    let region: Region = session.region();
    let pixels = region.to_pixels(session.opened.with_value(|opened| opened.size));
    fill(
        session.labels.pixels,
        &[("width", &pixels.width.to_string()), ("height", &pixels.height.to_string())],
    )
}
