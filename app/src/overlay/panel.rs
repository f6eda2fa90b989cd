//! The panel beside the picture: description, alt text, the selection's tools, targets, share and close.

use cutline_model::{Attribution, PixelRegion, Target, TargetId, TargetStyle, Written};
use leptos::either::Either;
use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::html::{Fieldset, Form};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::outcome::ShareOutcome;
use super::passing_on::PassingOnAttribution;
use super::sending::{LastSent, send};
use super::session::{Phase, Session};
use super::stage::percent;
use super::target_room::TargetRoom;
use super::text_field::TextField;
use super::tools::{SelectionHint, SelectionTools};
use crate::api::ApiError;
use crate::icons::{close_icon, target_icon};
use crate::language::Labels;
use crate::target_name;

/// The form, and after sharing what became of it.
#[component]
pub(super) fn SharePanel(session: Session) -> impl IntoView {
    let labels = session.labels();
    // Form and outcome each stay while the share goes on: the form knows under which key it has sent, and the visitor's
    // focus may be anywhere in the outcome.
    let is_shared = Memo::new(move |_| session.is_shared());
    view! {
        <div class="share-panel" part="panel">
            <div class="share-panel__head">
                <p class="share-panel__title" class:share-panel__title--shared=is_shared>
                    {move || if is_shared.get() { labels.shared } else { labels.opener }}
                </p>
                <button type="button" class="share-panel__close" part="close" aria-label=labels.close title=labels.close on:click=move |_| session.close()>
                    {close_icon()}
                </button>
            </div>
            {move || if is_shared.get() {
                Either::Left(view! { <ShareOutcome session=session /> })
            } else {
                Either::Right(view! { <ShareForm session=session /> })
            }}
        </div>
    }
}

#[component]
fn ShareForm(session: Session) -> impl IntoView {
    let labels = session.labels();
    let last_sent: LastSent = StoredValue::new(None);
    let no_target = RwSignal::new(false);
    let targets = NodeRef::<Fieldset>::new();
    let form = NodeRef::<Form>::new();
    let most =
        session.settings().with_value(|settings| (settings.max_description_chars, settings.max_alt_chars));
    let sending = move || session.phase().with(|phase| *phase == Phase::Sending);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let missing = session.chosen().with_untracked(Vec::is_empty);
        no_target.set(missing);
        let too_long =
            form.get_untracked().and_then(|form| form.query_selector("[aria-invalid]").ok().flatten());
        if let Some(field) = too_long {
            focus(&field);
        } else if missing {
            focus_first(targets);
        } else if !sending() {
            send(session, last_sent);
        }
    };
    view! {
        <form class="share-panel__form" on:submit=submit node_ref=form>
            <div class="share-panel__body">
                <TextField labels=labels text=session.description() name=labels.description rows=3 most=most.0 />
                <TextField labels=labels text=session.alt() name=labels.alt help=labels.alt_help rows=2 most=most.1 />
                <SelectionTools session=session />
                <TargetList session=session node=targets />
                <TargetRoom session=session />
            </div>
            <div class="share-panel__foot">
                <SelectionHint session=session />
                <p class="share-panel__problem" role="alert">
                    {move || problem_text(session, no_target.get())}
                </p>
                {move || attribution(session).map(|attribution| view! { <PassingOnAttribution session=session attribution=attribution /> })}
                {elsewhere(session)}
                <div class="share-panel__send">
                    <Preview session=session />
                    <button type="submit" class="share-panel__share" part="share" aria-disabled=move || sending().then_some("true")>
                        {move || if sending() { labels.sharing } else { labels.share }}
                    </button>
                </div>
            </div>
        </form>
    }
}

/// What will be sent, small: on a phone the panel may cover what is selected.
#[component]
fn Preview(session: Session) -> impl IntoView {
    let shape = move || {
        let size = session.opened().with(|opened| opened.size);
        let PixelRegion { width, height, .. } = session.region().to_pixels(size);
        Written(f64::from(width) / f64::from(height)).to_string()
    };
    let part = move || {
        let region = session.region();
        // CSS counts in shares of what is left over; where nothing is, any place is the same.
        let place = |start: f64, extent: f64| percent(start / (1.0 - extent).max(f64::EPSILON));
        let (x, y) = (place(region.x(), region.w()), place(region.y(), region.h()));
        let (width, height) = (percent(1.0 / region.w()), percent(1.0 / region.h()));
        format!("{} {x} {y} / {width} {height}", session.image())
    };
    view! {
        <div class="share-panel__preview" part="preview" aria-hidden="true" style:--cutline-shape=shape style:background=part></div>
    }
}

/// The way to the form in a window of the server's own, which takes over what is selected and written here.
fn elsewhere(session: Session) -> Option<impl IntoView> {
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
            // A window of its own: the page stays, and neither can touch the other.
            let _ = window().open_with_url_and_target_and_features(
                &url,
                "_blank",
                "noopener,width=560,height=760",
            );
        }
    };
    Some(
        view! { <a class="share-panel__elsewhere" href=url target="_blank" rel="noopener" on:click=open>{session.labels().elsewhere}</a> },
    )
}

/// What stands in the way, in the visitor's language; empty when nothing does.
fn problem_text(session: Session, no_target: bool) -> String {
    let labels = session.labels();
    session.phase().with(|phase| match phase {
        Phase::Refused(error) => in_words(error, labels),
        _ if no_target && session.chosen().with(Vec::is_empty) => labels.no_target.to_owned(),
        _ => String::new(),
    })
}

/// What the server says no for, in the visitor's language.
pub(super) fn in_words(error: &ApiError, labels: &Labels) -> String {
    match error {
        ApiError::Problem(problem) => labels.problem(problem),
        ApiError::Unreachable => labels.offline.to_owned(),
    }
}

/// What can be passed on in place of the picture that was refused.
fn attribution(session: Session) -> Option<Attribution> {
    session.phase().with(|phase| match phase {
        Phase::Refused(ApiError::Problem(problem)) => problem.attribution.as_deref().cloned(),
        _ => None,
    })
}

fn focus_first(targets: NodeRef<Fieldset>) {
    let first = targets.get_untracked().and_then(|fieldset| fieldset.query_selector("input").ok().flatten());
    if let Some(first) = first {
        focus(&first);
    }
}

fn focus(field: &Element) {
    if let Some(field) = field.dyn_ref() {
        super::pointer::focus(field);
    }
}

/// The targets, each an icon and a name to switch on and off.
#[component]
fn TargetList(session: Session, node: NodeRef<Fieldset>) -> impl IntoView {
    let style = match session.settings().with_value(|settings| settings.target_style) {
        TargetStyle::Buttons => "target-list target-list--buttons",
        TargetStyle::Icons => "target-list target-list--icons",
        TargetStyle::Links => "target-list target-list--links",
    };
    let choices = session.targets().with_value(|targets| {
        targets
            .iter()
            .map(|target| view! { <TargetChoice session=session target=target.clone() /> })
            .collect_view()
    });
    let has_none = !session.settings().with_value(|settings| settings.has_accounts);
    let accounts = format!("{}/accounts", session.server().address());
    view! {
        <fieldset class=style node_ref=node>
            <legend>{session.labels().targets}</legend>
            {choices}
            <a class="target-list__accounts" href=accounts target="_blank" rel="noopener" hidden=has_none>
                {session.labels().my_accounts}
            </a>
        </fieldset>
    }
}

#[component]
fn TargetChoice(session: Session, target: Target) -> impl IntoView {
    let Target { id, account, icon, .. } = target.clone();
    let name = target_name(&target, session.labels());
    let tip = account.as_ref().map_or_else(|| name.clone(), |account| format!("{name} {account}"));
    let checked = {
        let id = id.clone();
        move || session.chosen().with(|chosen| chosen.contains(&id))
    };
    let choose = move |chosen: bool| session.chosen().update(|list| choose(list, &id, chosen, session));
    view! {
        <label class="target-list__target" part="target" title=tip>
            <input
                type="checkbox"
                prop:checked=checked
                on:change:target=move |event| choose(event.target().checked())
            />
            {target_icon(&icon)}
            <span class="target-list__name">{name}</span>
            {account.map(|account| view! { <span class="target-list__account">{account}</span> })}
        </label>
    }
}

/// Keeps the chosen targets in the order of the list.
fn choose(list: &mut Vec<TargetId>, id: &TargetId, chosen: bool, session: Session) {
    let was: Vec<TargetId> = std::mem::take(list);
    session.targets().with_value(|targets| {
        *list = targets
            .iter()
            .map(|target| &target.id)
            .filter(|one| if *one == id { chosen } else { was.contains(one) })
            .cloned()
            .collect();
    });
}
