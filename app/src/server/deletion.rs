//! The page on which whoever made a share deletes it, and sees how far that is; or sends again what did not arrive, where only its
//! maker may.

use cutline_engine::deliver::platforms::{icon_of, name_of};
use cutline_model::{Deletion, Removal, RemovalState, ShareReceipt};
use leptos::prelude::*;

use super::Site;
use super::document::{Head, Locale};
use super::share::{RELOAD_SECONDS, deliveries};
use crate::server::icons::target_icon;
use crate::target_name;

/// The share before and after.
#[derive(Clone, Debug)]
pub enum DeletionView {
    /// It is there.
    Asked {
        /// What it is.
        receipt: ShareReceipt,
        /// The key of the link, which fits.
        key: String,
    },
    /// It is deleted.
    Deleted {
        /// How far that is.
        deletion: Deletion,
        /// The key of the link, which fits.
        key: String,
    },
}

pub(super) fn deletion(site: &Site, locale: &Locale, view: DeletionView) -> (Head, AnyView) {
    let words = locale.words();
    let is_under_way = matches!(&view, DeletionView::Deleted { deletion: Deletion { removals, .. }, .. }
        if removals.iter().any(|removal| removal.state == RemovalState::Queued));
    let head = Head {
        title: words.delete_share.to_owned(),
        more: Some(
            view! {
                <meta name="robots" content="noindex" />
                <meta name="referrer" content="no-referrer" />
                {is_under_way.then(|| view! { <meta http-equiv="refresh" content=RELOAD_SECONDS.to_string() /> })}
            }
            .into_any(),
        ),
        ..Head::default()
    };
    let body = match view {
        DeletionView::Asked { receipt, key } => asked(site, locale, &receipt, &key).into_any(),
        DeletionView::Deleted { deletion, key } => deleted(site, locale, &deletion, &key).into_any(),
    };
    (head, body)
}

fn asked(site: &Site, locale: &Locale, receipt: &ShareReceipt, key: &str) -> impl IntoView + use<> {
    let words = locale.words();
    let address = locale.href(&format!("/s/{}/delete?key={key}", receipt.id));
    let clipping = receipt.clipping.clone();
    view! {
        <article class="share">
            <h1>{words.delete_share}</h1>
            <p class="lead">{words.delete_what}</p>
            <img class="share__clipping" src=clipping.url alt=words.a_part width=clipping.width.to_string() height=clipping.height.to_string() />
            <form method="post" action=address>
                <button type="submit" class="button button--danger">{words.delete_now}</button>
            </form>
            <p><a href=receipt.url.clone()>{words.keep_it}</a></p>
            {(receipt.retriable(true) > 0).then(|| deliveries(site, locale, receipt, Some(key)))}
        </article>
    }
}

fn deleted(site: &Site, locale: &Locale, deletion: &Deletion, key: &str) -> impl IntoView + use<> {
    let words = locale.words();
    let has_failed = deletion.removals.iter().any(|removal| removal.state == RemovalState::Failed);
    let again = has_failed.then(|| {
        view! {
            <form method="post" action=locale.href(&format!("/s/{}/delete?key={key}", deletion.id))>
                <button type="submit" class="button">{locale.language.labels().retry}</button>
            </form>
        }
    });
    let lines = deletion.removals.iter().map(|removal| line(site, locale, removal)).collect_view();
    let posts = (!deletion.removals.is_empty()).then(|| {
        view! {
            <section>
                <h2>{words.posts_of_it}</h2>
                <ul class="share__deliveries">{lines}</ul>
                {again}
            </section>
        }
    });
    view! {
        <article class="share">
            <h1>{words.deleted}</h1>
            <p class="lead" role="status">{words.deleted_what}</p>
            {posts}
            <p><a href=locale.href("/")>{words.back}</a></p>
        </article>
    }
}

fn line(site: &Site, locale: &Locale, removal: &Removal) -> impl IntoView + use<> {
    let (words, labels) = (locale.words(), locale.language.labels());
    let target = site.targets.iter().find(|target| target.id == removal.target);
    let name = target.map_or_else(|| name_of(&removal.target), |target| target_name(target, labels));
    let state = match removal.state {
        RemovalState::Queued => words.being_removed,
        RemovalState::Removed => words.removed,
        RemovalState::Failed => words.not_removed,
    };
    let reason = removal.reason_for(locale.language.tag()).filter(|_| removal.state != RemovalState::Removed);
    let reason = reason.map(|(reason, language)| {
        view! { <p class="share__reason" lang=language dir="auto">{reason.to_owned()}</p> }
    });
    view! {
        <li class=format!("share__delivery share__delivery--{}", removal.state.as_str())>
            {target_icon(icon_of(removal.target.platform()))}
            <span>{name}</span>
            <span class="share__state">{state}</span>
            {reason}
        </li>
    }
}
