//! What became of a share: its clipping, its page, and how each delivery goes.

use cutline_model::{Delivery, DeliveryState, DeliveryStep, ShareReceipt, TargetId};
use leptos::html::A;
use leptos::prelude::*;

use super::passing_on::PassingOn;
use super::sending;
use super::session::Session;
use super::target_room::called;
use crate::icons::target_icon;
use crate::language::Labels;

/// The receipt as the visitor sees it.
#[component]
pub(super) fn ShareOutcome(session: Session, receipt: ShareReceipt) -> impl IntoView {
    let labels = session.labels();
    let made = StoredValue::new(receipt.clone());
    let can_retry_all = receipt.retriable(receipt.makers_key().is_some()) > 1;
    let ways = receipt.clone();
    let ShareReceipt { url, clipping, deliveries, delete_url, .. } = receipt;
    let link = NodeRef::<A>::new();
    // The button that was pressed is gone: the focus goes to what came of it.
    link.on_load(|link| super::pointer::focus(&link));
    view! {
        <div class="share-outcome" part="outcome">
            <p class="share-outcome__title" role="status">{labels.shared}</p>
            <img class="share-outcome__clipping" src=clipping.url width=clipping.width.to_string() height=clipping.height.to_string() alt="" data-cutline="off" />
            <a class="share-outcome__page" href=url target="_blank" rel="noopener" node_ref=link>{labels.share_page}</a>
            <ul class="share-outcome__deliveries" aria-live="polite">
                {deliveries
                    .into_iter()
                    .map(|delivery| view! { <DeliveryLine session=session delivery=delivery made=made /> })
                    .collect_view()}
            </ul>
            <PassingOn session=session receipt=ways />
            {can_retry_all.then(|| retry_button(session, made, None, labels.retry_all, None))}
            {delete_url
                .map(|url| {
                    view! {
                        <a class="share-outcome__delete" href=url target="_blank" rel="noopener noreferrer">{labels.delete}</a>
                    }
                })}
        </div>
    }
}

/// Sends again what failed of a share, to one target or to all.
fn retry_button(
    session: Session,
    made: StoredValue<ShareReceipt>,
    target: Option<TargetId>,
    name: &'static str,
    whole_name: Option<String>,
) -> impl IntoView {
    let again = move |_| made.with_value(|receipt| sending::retry(session, receipt, target.clone()));
    view! { <button type="button" class="share-outcome__retry" aria-label=whole_name on:click=again>{name}</button> }
}

#[component]
fn DeliveryLine(session: Session, delivery: Delivery, made: StoredValue<ShareReceipt>) -> impl IntoView {
    let labels = session.labels();
    let progress = progress(&delivery, labels);
    let Delivery { target, state, url, reason, connect_again, .. } = delivery;
    let (name, icon) = session.targets().with_value(|targets| {
        targets.iter().find(|one| one.id == target).map_or_else(
            || (target.to_string(), String::new()),
            |one| (called(one, targets, labels), one.icon.clone()),
        )
    });
    let link = match url {
        Some(url) => Some((url, labels.see_post)),
        // On the server's own page, wherever the overlay is.
        None => {
            connect_again.then(|| (format!("{}/accounts", session.server().address()), labels.connect_again))
        }
    };
    // As with the whole: what may have been posted, its maker alone sends again.
    let is_maker = made.with_value(|receipt| receipt.makers_key().is_some());
    let retry = state.can_be_retried(is_maker).then(|| {
        retry_button(session, made, Some(target), labels.retry, Some(format!("{}: {name}", labels.retry)))
    });
    view! {
        <li class=format!("share-outcome__delivery share-outcome__delivery--{}", state.as_str())>
            {target_icon(&icon)}
            <span>{name}</span>
            <span class="share-outcome__state">{progress}</span>
            {link.map(|(url, name)| view! { <a href=url target="_blank" rel="noopener">{name}</a> })}
            {reason.map(|reason| view! { <p class="share-outcome__reason">{reason}</p> })}
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
    step.map_or_else(|| state.to_owned(), |step| format!("{state} ({step})"))
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
