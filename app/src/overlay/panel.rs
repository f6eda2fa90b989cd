//! The panel beside the picture: description, alt text, the selection's tools, targets, share and close.

use cutline_model::{AcceptanceStep, Attribution, PixelRegion, Target, TargetId, TargetStyle, Written};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlInputElement, MouseEvent, SubmitEvent};

use super::elsewhere::elsewhere;
use super::outcome::share_outcome;
use super::passing_on::passing_on_attribution;
use super::sending::send;
use super::session::{Phase, Session};
use super::speech::Topic;
use super::stage::percent;
use super::target_room::{has_name_alone, target_room};
use super::text_field::text_field;
use super::tools::{hint, selection_hint, selection_tools};
use super::view::{NodeRef, RwSignal, Tag, effect, icon, tag};
use crate::api::ApiError;
use crate::icons::{self, target_path};
use crate::language::Labels;
use crate::target_name;

/// The form, and after sharing what became of it.
pub(super) fn share_panel(session: Session) -> Tag {
    let labels = session.labels();
    let title = move || if session.is_shared() { labels.shared } else { labels.opener }.to_owned();
    let title = tag("p")
        .class("share-panel__title")
        .class_while("share-panel__title--shared", move || session.is_shared())
        .text_of(title);
    let folded = session.folded();
    let fold = tag("button").class("share-panel__fold").part("fold");
    let fold = head_button(fold, labels.details, icons::FOLD)
        .attr_of("aria-expanded", move || (!folded.get()).to_string())
        .on("click", move |_: MouseEvent| folded.update(|folded| *folded = !*folded));
    let close = tag("button").class("share-panel__close").part("close");
    let close =
        head_button(close, labels.close, icons::CLOSE).on("click", move |_: MouseEvent| session.close());
    // Form and outcome each stay while the share goes on: the visitor's focus may be anywhere in them.
    tag("div")
        .class("share-panel")
        .part("panel")
        .class_while("share-panel--folded", move || folded.get())
        .child(tag("div").class("share-panel__head").child(title).child(fold).child(close))
        .shown(
            move || session.is_shared(),
            move |is_shared| {
                // What is new is seen.
                folded.set(false);
                if *is_shared { share_outcome(session) } else { Some(share_form(session)) }
            },
        )
}

/// A button beside the panel's title.
fn head_button(button: Tag, label: &str, path: &str) -> Tag {
    button.attr("type", "button").attr("aria-label", label).attr("title", label).child(icon(path))
}

fn share_form(session: Session) -> Tag {
    let labels = session.labels();
    let no_target = RwSignal::new(false);
    let form = NodeRef::new();
    let (most, most_alt) =
        session.settings().with_value(|settings| (settings.max_description_chars, settings.max_alt_chars));
    // What is done for the request, while it is on its way.
    let sending = move || {
        session.phase().with(|phase| match phase {
            Phase::Sending(None) => Some(labels.sharing),
            Phase::Sending(Some(AcceptanceStep::Fetching)) => Some(labels.fetching),
            Phase::Sending(Some(AcceptanceStep::Cutting)) => Some(labels.cutting),
            _ => None,
        })
    };
    let is_sending = move || sending().is_some();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let missing = session.chosen().with_untracked(Vec::is_empty);
        no_target.set(missing);
        // What is missing can have the focus once it is unfolded.
        let show = |field: Element| {
            session.folded().set(false);
            spawn_local(async move { focus(&field) });
        };
        let find = |what| form.get_untracked().and_then(|form| form.query_selector(what).ok().flatten());
        if let Some(field) = find("[aria-invalid]") {
            show(field);
        } else if missing {
            if let Some(first) = find(".target-list input") {
                show(first);
            }
        } else if is_sending() {
            // Once is enough.
        } else if session.is_certain() {
            // What it may be on can be used no more.
            if let Some(button) = find("[type=submit]") {
                focus(&button);
            }
            send(session);
        } else {
            session.say(Topic::Hint, hint(session));
        }
    };
    effect(move || {
        if let Some(words) = sending() {
            session.say(Topic::Outcome, words.to_owned());
        }
    });
    let body = tag("div")
        .class("share-panel__body")
        .attr_of("inert", move || is_sending().then(String::new))
        .child(text_field(session, session.description(), labels.description, "", "3", most))
        .child(text_field(session, session.alt(), labels.alt, labels.alt_help, "2", most_alt))
        .child(selection_tools(session))
        .child(target_list(session))
        .child(target_room(session));
    let problem = tag("p")
        .class("share-panel__problem")
        .attr("role", "alert")
        .text_of(move || problem_text(session, no_target.get()));
    let share = tag("button")
        .attr("type", "submit")
        .class("share-panel__share")
        .part("share")
        .attr_of("aria-disabled", move || is_sending().then(|| "true".to_owned()))
        .text_of(move || sending().unwrap_or(labels.share).to_owned());
    let foot = tag("div")
        .class("share-panel__foot")
        .child(selection_hint(session))
        .child(problem)
        .shown(
            move || attribution(session),
            move |attribution| attribution.as_ref().map(|one| passing_on_attribution(session, one)),
        )
        .children(elsewhere(session))
        .child(tag("div").class("share-panel__send").child(preview(session)).child(share));
    tag("form").class("share-panel__form").on("submit", submit).node_ref(form).child(body).child(foot)
}

/// What will be sent, small: on a phone the panel may cover what is selected.
fn preview(session: Session) -> Tag {
    let shape = move || {
        let PixelRegion { width, height, .. } = session.region().to_pixels(session.size());
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
    tag("div")
        .class("share-panel__preview")
        .part("preview")
        .attr("aria-hidden", "true")
        .style("--cutline-shape", shape)
        .style("background", part)
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

fn focus(field: &Element) {
    if let Some(field) = field.dyn_ref() {
        super::pointer::focus(field);
    }
}

/// The targets, each an icon and a name to switch on and off.
fn target_list(session: Session) -> Tag {
    let labels = session.labels();
    let style = match session.settings().with_value(|settings| settings.target_style) {
        TargetStyle::Buttons => "target-list target-list--buttons",
        TargetStyle::Icons => "target-list target-list--icons",
        TargetStyle::Links => "target-list target-list--links",
    };
    let choices: Vec<Tag> = session
        .targets()
        .with_value(|targets| targets.iter().map(|target| target_choice(session, target, targets)).collect());
    let accounts = tag("a")
        .class("target-list__accounts")
        .attr("href", &format!("{}/accounts", session.server().address()))
        .attr("target", "_blank")
        .attr("rel", "noopener")
        .text(labels.my_accounts);
    let has_accounts = session.settings().with_value(|settings| settings.has_accounts);
    let accounts = if has_accounts { accounts } else { accounts.attr("hidden", "") };
    tag("fieldset").class(style).child(tag("legend").text(labels.targets)).children(choices).child(accounts)
}

fn target_choice(session: Session, target: &Target, all: &[Target]) -> Tag {
    let Target { id, account, icon: path, .. } = target.clone();
    let is_alone = has_name_alone(target, all);
    let name = target_name(target, session.labels());
    let tip = account.as_ref().map_or_else(|| name.clone(), |account| format!("{name} {account}"));
    let is_chosen = {
        let id = id.clone();
        move || session.chosen().with(|chosen| chosen.contains(&id))
    };
    let choose = move |event: Event| {
        if let Some(field) = event.target() {
            let is_chosen = field.unchecked_ref::<HtmlInputElement>().checked();
            session.chosen().update(|list| choose(list, &id, is_chosen, session));
        }
    };
    let field = tag("input").attr("type", "checkbox").prop("checked", is_chosen).on("change", choose);
    tag("label")
        .class("target-list__target")
        .part("target")
        .attr("title", &tip)
        .child(field)
        .child(icon(target_path(&path)))
        .child(tag("span").class("target-list__name").text(&name))
        .children(account.map(|account| {
            let account = tag("span").class("target-list__account").text(&account);
            if is_alone { account } else { account.and_class("target-list__account--telling") }
        }))
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
