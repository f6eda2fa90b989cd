//! What became of a share: its clipping, its page, and how each delivery goes.

use cutline_model::{Delivery, DeliveryState, DeliveryStep, ShareReceipt, TargetId};
use leptos::html::A;
use leptos::prelude::*;

use super::page::focus_is_ours;
use super::panel::in_words;
use super::passing_on::PassingOn;
use super::sending;
use super::session::Session;
use super::speech::Topic;
use super::target_room::called;
use crate::icons::target_icon;
use crate::language::{Labels, fill};

/// The receipt as the visitor sees it: what it is of stays, its deliveries go on.
#[component]
pub(super) fn ShareOutcome(session: Session) -> impl IntoView {
    let labels = session.labels();
    let receipt = untrack(|| session.receipt())?;
    let ways = receipt.clone();
    let ShareReceipt { url, clipping, delete_url, .. } = receipt;
    let link = NodeRef::<A>::new();
    // The button that was pressed is gone: the focus goes to what came of it, unless it is on the page by now.
    link.on_load(|link| {
        if focus_is_ours() {
            super::pointer::focus(&link);
        }
    });
    tell_progress(session);
    let deliveries = move || {
        let receipt = session.receipt()?;
        let is_maker = receipt.makers_key().is_some();
        let again = (receipt.retriable(is_maker) > 1)
            .then(|| retry_button(session, None, labels.retry_all, None, link));
        let lines = receipt.deliveries.into_iter().map(|delivery| line(session, delivery, is_maker, link));
        Some(view! {
            <ul class="share-outcome__deliveries">{lines.collect_view()}</ul>
            {again}
        })
    };
    let trouble = move || session.trouble().with(|trouble| Some(in_words(trouble.as_ref()?, labels)));
    Some(view! {
        <div class="share-outcome" part="outcome">
            <img class="share-outcome__clipping" src=clipping.url width=clipping.width.to_string() height=clipping.height.to_string() alt="" data-cutline="off" />
            <a class="share-outcome__page" href=url target="_blank" rel="noopener" node_ref=link>{labels.share_page}</a>
            {deliveries}
            <p class="share-panel__problem" role="alert">{trouble}</p>
            <PassingOn session=session receipt=ways />
            {delete_url
                .map(|url| {
                    view! {
                        <a class="share-outcome__delete" href=url target="_blank" rel="noopener noreferrer">{labels.delete}</a>
                    }
                })}
        </div>
    })
}

/// Speaks of each delivery how far it is, when that has changed.
fn tell_progress(session: Session) {
    let labels = session.labels();
    Effect::new(move |before: Option<Vec<String>>| {
        let receipt = session.receipt();
        let deliveries = receipt.iter().flat_map(|receipt| &receipt.deliveries);
        let now: Vec<String> = deliveries
            .map(|delivery| {
                format!("{}: {}", name_of(&delivery.target, session).0, progress(delivery, labels))
            })
            .collect();
        let before = before.unwrap_or_default();
        let news: Vec<&str> = now.iter().filter(|told| !before.contains(told)).map(String::as_str).collect();
        if !news.is_empty() {
            session.say(Topic::Outcome, format!("{}. {}.", labels.shared, news.join(". ")));
        }
        now
    });
}

/// What a target is called, and its icon.
fn name_of(target: &TargetId, session: Session) -> (String, String) {
    session.targets().with_value(|targets| {
        targets.iter().find(|one| one.id == *target).map_or_else(
            || (target.to_string(), String::new()),
            |one| (called(one, targets, session.labels()), one.icon.clone()),
        )
    })
}

/// Sends again what failed of a share, to one target or to all. It goes with what failed: the focus goes to `link`.
fn retry_button(
    session: Session,
    target: Option<TargetId>,
    name: &'static str,
    whole_name: Option<String>,
    link: NodeRef<A>,
) -> impl IntoView {
    let again = move |_| {
        sending::retry(session, target.clone());
        if let Some(link) = link.get_untracked() {
            super::pointer::focus(&link);
        }
    };
    view! { <button type="button" class="share-outcome__retry" aria-label=whole_name on:click=again>{name}</button> }
}

fn line(session: Session, delivery: Delivery, is_maker: bool, share_page: NodeRef<A>) -> impl IntoView {
    let labels = session.labels();
    let progress = progress(&delivery, labels);
    let Delivery { target, state, url, reason, connect_again, .. } = delivery;
    let (name, icon) = name_of(&target, session);
    let link = match url {
        Some(url) => Some((url, labels.see_post)),
        // On the server's own page, wherever the overlay is.
        None => {
            connect_again.then(|| (format!("{}/accounts", session.server().address()), labels.connect_again))
        }
    };
    // As with the whole: what may have been posted, its maker alone sends again.
    let retry = state.can_be_retried(is_maker).then(|| {
        let whole_name = format!("{}: {name}", labels.retry);
        retry_button(session, Some(target), labels.retry, Some(whole_name), share_page)
    });
    view! {
        <li class=format!("share-outcome__delivery share-outcome__delivery--{}", state.as_str())>
            {target_icon(&icon)}
            <span class="share-outcome__name">{name}</span>
            <span class="share-outcome__state">{progress}</span>
            {link.map(|(url, name)| view! { <a href=url target="_blank" rel="noopener">{name}</a> })}
            // Whatever the platform said: the server's own words for it are English.
            {reason.map(|reason| view! { <p class="share-outcome__reason" lang="en" dir="auto">{reason}</p> })}
            {retry}
        </li>
    }
}

/// How far a delivery is, and while it is under way what is done of it already.
fn progress(delivery: &Delivery, labels: &Labels) -> String {
    let state = match delivery.state {
        DeliveryState::Queued => labels.queued,
        DeliveryState::Sending => labels.sending,
        DeliveryState::Posted => labels.posted,
        DeliveryState::Failed => labels.failed,
        DeliveryState::Unknown => labels.unknown,
    };
    let step = delivery.step.filter(|_| !delivery.state.is_final()).map(|step| match step {
        DeliveryStep::Uploaded => labels.uploaded,
        DeliveryStep::Published => labels.published,
    });
    step.map_or_else(|| state.to_owned(), |step| fill(labels.step, &[("state", state), ("step", step)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn told(state: DeliveryState, step: Option<DeliveryStep>) -> String {
        let target = TargetId::parse("board").expect("a target");
        let delivery =
            Delivery { target, state, url: None, reason: None, step, due_at: None, connect_again: false };
        progress(&delivery, Language::English.labels())
    }

    #[test]
    fn a_delivery_that_waits_for_its_first_call_only_waits() {
        assert_eq!(told(DeliveryState::Queued, None), "waiting");
    }

    #[test]
    fn a_delivery_whose_picture_is_there_says_so() {
        assert_eq!(told(DeliveryState::Sending, Some(DeliveryStep::Uploaded)), "sending (picture uploaded)");
    }

    #[test]
    fn in_chinese_what_is_done_stands_in_brackets_of_that_script() {
        let target = TargetId::parse("board").expect("a target");
        let step = Some(DeliveryStep::Uploaded);
        let state = DeliveryState::Sending;
        let delivery =
            Delivery { target, state, url: None, reason: None, step, due_at: None, connect_again: false };
        assert_eq!(progress(&delivery, Language::SimplifiedChinese.labels()), "发送中（图片已上传）");
    }

    #[test]
    fn a_delivery_that_waits_to_try_again_keeps_what_is_done() {
        assert_eq!(told(DeliveryState::Queued, Some(DeliveryStep::Uploaded)), "waiting (picture uploaded)");
    }

    #[test]
    fn a_post_whose_answer_is_awaited_says_so() {
        assert_eq!(told(DeliveryState::Sending, Some(DeliveryStep::Published)), "sending (post sent)");
    }

    #[test]
    fn what_has_ended_says_how_and_no_more() {
        for (state, expected) in [
            (DeliveryState::Posted, "posted"),
            (DeliveryState::Failed, "failed"),
            (DeliveryState::Unknown, "not certain"),
        ] {
            assert_eq!(told(state, Some(DeliveryStep::Published)), expected);
        }
    }
}
