//! What became of a share: its clipping, its page, and how each delivery goes.

use cutline_model::{Delivery, DeliveryState, ShareReceipt};
use leptos::html::A;
use leptos::prelude::*;

use super::passing_on::PassingOn;
use super::sending;
use super::session::Session;
use crate::icons::target_icon;
use crate::language::Labels;
use crate::target_name;

/// The receipt as the visitor sees it.
#[component]
pub(super) fn ShareOutcome(session: Session, receipt: ShareReceipt) -> impl IntoView {
    let labels = session.labels();
    let ways = receipt.clone();
    let ShareReceipt { id, url, clipping, deliveries, delete_url } = receipt;
    let can_retry = deliveries.iter().any(|delivery| delivery.state.can_be_retried());
    let link = NodeRef::<A>::new();
    // The button that was pressed is gone: the focus goes to what came of it.
    link.on_load(|link| super::pointer::focus(&link));
    view! {
        <div class="share-outcome">
            <p class="share-outcome__title" role="status">{labels.shared}</p>
            <img class="share-outcome__clipping" src=clipping.url width=clipping.width.to_string() height=clipping.height.to_string() alt="" data-cutline="off" />
            <a class="share-outcome__page" href=url target="_blank" rel="noopener" node_ref=link>{labels.share_page}</a>
            <ul class="share-outcome__deliveries" aria-live="polite">
                {deliveries
                    .into_iter()
                    .map(|delivery| view! { <DeliveryLine session=session delivery=delivery /> })
                    .collect_view()}
            </ul>
            <PassingOn session=session receipt=ways />
            {can_retry
                .then(|| {
                    view! {
                        <button type="button" class="share-outcome__retry" on:click=move |_| sending::retry(session, id.clone())>
                            {labels.retry}
                        </button>
                    }
                })}
            {delete_url
                .map(|url| {
                    view! {
                        <a class="share-outcome__delete" href=url target="_blank" rel="noopener noreferrer">{labels.delete}</a>
                    }
                })}
        </div>
    }
}

#[component]
fn DeliveryLine(session: Session, delivery: Delivery) -> impl IntoView {
    let labels = session.labels();
    let Delivery { target, state, url, reason, connect_again, .. } = delivery;
    let (name, icon) = session.targets().with_value(|targets| {
        targets.iter().find(|one| one.id == target).map_or_else(
            || (target.to_string(), String::new()),
            |one| (target_name(one, labels), one.icon.clone()),
        )
    });
    let link = match url {
        Some(url) => Some((url, labels.see_post)),
        None => connect_again.then(|| ("/accounts".to_owned(), labels.connect_again)),
    };
    view! {
        <li class=format!("share-outcome__delivery share-outcome__delivery--{}", state.as_str())>
            {target_icon(&icon)}
            <span>{name}</span>
            <span class="share-outcome__state">{state_name(state, labels)}</span>
            {link.map(|(url, name)| view! { <a href=url target="_blank" rel="noopener">{name}</a> })}
            {reason.map(|reason| view! { <p class="share-outcome__reason">{reason}</p> })}
        </li>
    }
}

fn state_name(state: DeliveryState, labels: &Labels) -> &'static str {
    match state {
        DeliveryState::Queued => labels.queued,
        DeliveryState::Sending => labels.sending,
        DeliveryState::Posted => labels.posted,
        DeliveryState::Failed => labels.failed,
        DeliveryState::Unknown => labels.unknown,
    }
}
