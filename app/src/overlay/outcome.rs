//! What became of a share: its clipping, its page, and how each delivery goes.

use cutline_model::{Delivery, DeliveryState, DeliveryStep, TargetId};
use web_sys::MouseEvent;

use super::page::focus_is_ours;
use super::panel::in_words;
use super::passing_on::passing_on;
use super::sending;
use super::session::Session;
use super::speech::Topic;
use super::target_room::called;
use super::view::{Memo, NodeRef, Tag, effect_after, icon, tag, untrack};
use crate::icons::target_path;
use crate::language::{Labels, fill};

/// The receipt as the visitor sees it: what it is of stays, its deliveries go on.
pub(super) fn share_outcome(session: Session) -> Option<Tag> {
    let labels = session.labels();
    let receipt = untrack(|| session.receipt())?;
    let link = NodeRef::new();
    // The button that was pressed goes: the focus goes to what came of it, unless it is on the page by now.
    if focus_is_ours() {
        link.on_load(|link| super::pointer::focus(&link));
    }
    tell_progress(session);
    let (width, height) = (receipt.clipping.width, receipt.clipping.height);
    let clipping = tag("img")
        .class("share-outcome__clipping")
        .attr("src", &receipt.clipping.url)
        .attr("width", &width.to_string())
        .attr("height", &height.to_string())
        .attr("alt", "")
        .attr("data-cutline", "off")
        // Its room before it is loaded: nothing goes away under a pointer when it comes.
        .style("width", move || format!("min({width}px, 14 * var(--cutline-rem) * {width} / {height})"));
    let page = new_window(&receipt.url, labels.share_page).class("share-outcome__page").node_ref(link);
    let targets = move || {
        let receipt = session.receipt();
        receipt
            .map(|receipt| receipt.deliveries.into_iter().map(|delivery| delivery.target).collect::<Vec<_>>())
    };
    let deliveries = tag("ul").class("share-outcome__deliveries").shown(targets, move |targets| {
        let targets = targets.clone().unwrap_or_default();
        targets.into_iter().map(|target| line(session, target, link)).collect::<Vec<_>>()
    });
    let trouble =
        move || session.trouble().with(|trouble| trouble.as_ref().map(|error| in_words(error, labels)));
    let trouble = tag("p")
        .class("share-panel__problem")
        .attr("role", "alert")
        .text_of(move || trouble().unwrap_or_default());
    let delete = receipt.delete_url.as_ref().map(|url| {
        // Its page has the key to the share in its address, which goes nowhere.
        new_window(url, labels.delete).class("share-outcome__delete").attr("rel", "noopener noreferrer")
    });
    let are_many = move || {
        session.receipt().is_some_and(|receipt| receipt.retriable(receipt.makers_key().is_some()) > 1)
    };
    let outcome = tag("div")
        .class("share-outcome")
        .part("outcome")
        .child(clipping)
        .child(page)
        .child(deliveries)
        .shown(are_many, move |are_many| {
            are_many.then(|| retry_button(session, None, labels.retry_all, link))
        })
        .child(trouble)
        .child(passing_on(session, receipt))
        .children(delete);
    Some(outcome)
}

/// A link that leaves the page where it is.
fn new_window(url: &str, name: &str) -> Tag {
    tag("a").attr("href", url).attr("target", "_blank").attr("rel", "noopener").text(name)
}

/// Speaks of each delivery how far it is, when that has changed.
fn tell_progress(session: Session) {
    let labels = session.labels();
    effect_after(move |before: Option<Vec<String>>| {
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
fn retry_button(session: Session, target: Option<TargetId>, name: &str, link: NodeRef) -> Tag {
    let again = move |_: MouseEvent| {
        sending::retry(session, target.clone());
        if let Some(link) = link.get_untracked() {
            super::pointer::focus(&link);
        }
    };
    tag("button").attr("type", "button").class("share-outcome__retry").on("click", again).text(name)
}

/// How the delivery to one target goes. What has not changed stays: the visitor's focus may be on it.
fn line(session: Session, target: TargetId, share_page: NodeRef) -> Tag {
    let labels = session.labels();
    let (name, path) = name_of(&target, session);
    let receipt = Memo::new(move || session.receipt());
    let delivery = Memo::new({
        let target = target.clone();
        move || {
            receipt
                .with(|receipt| receipt.as_ref()?.deliveries.iter().find(|one| one.target == target).cloned())
        }
    });
    let of = move |what: fn(&Delivery, &Labels) -> String| {
        move || {
            delivery
                .with(|delivery| delivery.as_ref().map(|delivery| what(delivery, labels)).unwrap_or_default())
        }
    };
    let link = move || {
        delivery.with(|delivery| {
            let delivery = delivery.as_ref()?;
            match &delivery.url {
                Some(url) => Some((url.clone(), labels.see_post)),
                // On the server's own page, wherever the overlay is.
                None => delivery
                    .connect_again
                    .then(|| (format!("{}/accounts", session.server().address()), labels.connect_again)),
            }
        })
    };
    let reason = move || {
        delivery.with(|delivery| {
            let (reason, language) = delivery.as_ref()?.reason_for(session.labels().tag)?;
            Some((reason.to_owned(), language))
        })
    };
    // As with the whole: what may have been posted, its maker alone sends again.
    let can_retry = move || {
        let is_maker = receipt.with(|receipt| receipt.as_ref().is_some_and(|one| one.makers_key().is_some()));
        delivery.with(|delivery| delivery.as_ref().is_some_and(|one| one.state.can_be_retried(is_maker)))
    };
    let whole_name = format!("{}: {name}", labels.retry);
    tag("li")
        .attr_of(
            "class",
            of(|delivery, _| {
                format!("share-outcome__delivery share-outcome__delivery--{}", delivery.state.as_str())
            }),
        )
        .child(icon(target_path(&path)))
        .child(tag("span").class("share-outcome__name").text(&name))
        .child(tag("span").class("share-outcome__state").text_of(of(progress)))
        .shown(link, |link| link.as_ref().map(|(url, name)| new_window(url, name)))
        .shown(reason, |reason| {
            reason.as_ref().map(|(reason, language)| {
                tag("p")
                    .class("share-outcome__reason")
                    .attr("lang", language)
                    .attr("dir", "auto")
                    .text(reason)
            })
        })
        .shown(can_retry, move |can| {
            can.then(|| {
                retry_button(session, Some(target.clone()), labels.retry, share_page)
                    .attr("aria-label", &whole_name)
            })
        })
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
        told_in(Language::English, state, step)
    }

    fn told_in(language: Language, state: DeliveryState, step: Option<DeliveryStep>) -> String {
        let target = TargetId::parse("board").expect("a target");
        let delivery = Delivery {
            target,
            state,
            url: None,
            reason: None,
            reason_in: None,
            step,
            due_at: None,
            connect_again: false,
        };
        progress(&delivery, language.labels())
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
        let told = told_in(Language::SimplifiedChinese, DeliveryState::Sending, Some(DeliveryStep::Uploaded));
        assert_eq!(told, "发送中（图片已上传）");
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
