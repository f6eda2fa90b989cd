//! The share page: the part, the words, where it comes from, and the part in its context.

use cutline_engine::deliver::platforms::{icon_of, name_of};
use cutline_engine::store::ShareRecord;
use cutline_model::{Delivery, DeliveryState, ShareReceipt, TargetId};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::document::{Head, Locale};
use super::marked::MarkedPicture;
use super::{Site, intents};
use crate::gallery::CreditLine;
use crate::language::fill;
use crate::server::icons::target_icon;
use crate::target_name;

/// How often a page on which something is under way reloads itself, in seconds, where its reader has no script.
pub(super) const RELOAD_SECONDS: u32 = 2;

/// One share.
#[derive(Clone, Debug)]
pub struct ShareView {
    /// The record.
    pub share: ShareRecord,
    /// How its deliveries stand.
    pub receipt: ShareReceipt,
    /// Where the whole picture is shown from: the original, or a smaller copy when this site hosts it.
    pub whole_picture: String,
    /// Whether the visitor has just made it.
    pub just_shared: bool,
    /// The site of others that hears of it, since the window was opened from there.
    pub opener: Option<String>,
}

pub(super) fn share(site: &Site, locale: &Locale, view: ShareView) -> (Head, AnyView) {
    let ShareView { share, receipt, whole_picture, just_shared, opener } = view;
    let words = locale.words();
    let title =
        if share.description.is_empty() { words.a_part.to_owned() } else { shorten(&share.description, 70) };
    let head = Head {
        leaves_by_form: true,
        title: title.clone(),
        description: Some(if share.description.is_empty() {
            words.about.to_owned()
        } else {
            shorten(&share.description, 200)
        }),
        canonical: Some(receipt.url.clone()),
        more: Some(
            (head_tags(site, &share, &receipt, &title, just_shared), opener.is_some().then(tells_opener))
                .into_any(),
        ),
        ..Head::default()
    };
    let alt = if share.alt.is_empty() { share.description.clone() } else { share.alt.clone() };
    let pixels = share.clipping.size;
    let size = fill(
        locale.language.labels().pixels,
        &[("width", &pixels.width().to_string()), ("height", &pixels.height().to_string())],
    );
    let page = share.page_url.clone().unwrap_or_else(|| share.image_url.clone());
    let page_name = share.page_title.clone().unwrap_or_else(|| page.clone());
    // Most titles end with it.
    let site_name = share.site_name.clone().filter(|name| !page_name.contains(name.as_str()));
    let body = view! {
        <article class="share" data-opener=opener data-share=share.id.to_string()>
            {just_shared.then(|| view! { <p class="share__done" role="status">{words.just_shared}</p> })}
            <h1 class=if share.description.is_empty() { "visually-hidden" } else { "share__description" }>
                {if share.description.is_empty() { words.a_part.to_owned() } else { share.description.clone() }}
            </h1>
            <img
                class="share__clipping"
                src=receipt.clipping.url.clone()
                alt=alt
                width=pixels.width().to_string()
                height=pixels.height().to_string()
            />
            <p class="share__facts">
                <span>{size}</span>
                <time datetime=share.created_at.to_string()>{share.created_at.strftime("%Y-%m-%d %H:%M UTC").to_string()}</time>
                <CreditLine credit=share.credit.clone() />
            </p>
            <p>
                {words.from} " " <a class="share__source" href=page rel="noopener nofollow ugc">{page_name}</a>
                {site_name.map(|name| view! { <span class="share__site">{format!(" · {name}")}</span> })}
                {in_place(&share).map(|href| view! { " · " <a class="share__place" href=href rel="noopener nofollow ugc">{words.in_place}</a> })}
            </p>
            <section>
                <h2>{words.in_context}</h2>
                <MarkedPicture src=whole_picture alt=words.whole_picture.to_owned() size=Some(share.source_size) region=share.region />
            </section>
            {deliveries(site, locale, &receipt, None)}
            {intents::links(words, locale.href(&format!("/s/{}/mastodon", share.id)), &receipt.url, &share.description, &receipt.clipping.url)}
        </article>
    };
    (head, body.into_any())
}

/// The page that the picture stands on, with what its script for other sites shows the part by; a page without that script is
/// just opened.
fn in_place(share: &ShareRecord) -> Option<String> {
    let page = share.page_url.as_deref()?;
    let page = page.split('#').next().unwrap_or_default();
    Some(format!("{page}#cutline={}", share.id))
}

/// Open Graph, Twitter card, and where programs find the annotation.
fn head_tags(
    site: &Site,
    share: &ShareRecord,
    receipt: &ShareReceipt,
    title: &str,
    just_shared: bool,
) -> AnyView {
    let clipping = &receipt.clipping;
    let alt = if share.alt.is_empty() { share.description.clone() } else { share.alt.clone() };
    // The macro knows HTML's own attributes only; `property` is RDFa's.
    let property = |property: &'static str, content: String| {
        leptos::html::meta().attr("property", property).content(content)
    };
    let name = |name: &'static str, content: String| view! { <meta name=name content=content /> };
    let described = (!alt.is_empty())
        .then(|| (property("og:image:alt", alt.clone()), name("twitter:image:alt", alt.clone())));
    let description = (!share.description.is_empty()).then(|| shorten(&share.description, 200));
    view! {
        {property("og:type", "article".to_owned())}
        {property("og:site_name", site.name.clone())}
        {property("og:title", title.to_owned())}
        {property("og:url", receipt.url.clone())}
        {description.clone().map(|text| property("og:description", text))}
        {property("og:image", clipping.url.clone())}
        {property("og:image:type", clipping.media_type.clone())}
        {property("og:image:width", clipping.width.to_string())}
        {property("og:image:height", clipping.height.to_string())}
        {name("twitter:card", "summary_large_image".to_owned())}
        {name("twitter:title", title.to_owned())}
        {description.map(|text| name("twitter:description", text))}
        {name("twitter:image", clipping.url.clone())}
        {described}
        <link rel="alternate" type=ANNOTATION_TYPE href=format!("{}.json", receipt.url) />
        <link rel="alternate" type="application/json+oembed" href=oembed(site, receipt) title=title.to_owned() />
        {(!receipt.is_settled()).then(|| live(just_shared))}
    }
    .into_any()
}

/// Where is told what to show in place of a link to the page.
fn oembed(site: &Site, receipt: &ShareReceipt) -> String {
    format!("{}/oembed?url={}", site.public_url, utf8_percent_encode(&receipt.url, NON_ALPHANUMERIC))
}

/// What keeps the page up to date while something is under way: a script that hears of it, or a reload for whoever has none
/// and has just shared.
fn live(just_shared: bool) -> impl IntoView {
    let reload = just_shared.then(|| {
        view! { <noscript><meta http-equiv="refresh" content=RELOAD_SECONDS.to_string() /></noscript> }
    });
    view! {
        {reload}
        <script type="module" nonce=use_nonce() src="/pkg/share.js"></script>
    }
}

/// What tells the page from which the window was opened.
fn tells_opener() -> impl IntoView {
    view! { <script type="module" nonce=use_nonce() src="/pkg/opener.js"></script> }
}

/// The media type of the annotation, Web Annotation Data Model section 3.
pub(super) const ANNOTATION_TYPE: &str = "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\"";

/// Where it was posted, and a way to send again what failed; for whoever has the maker's key also what may have been posted already.
pub(super) fn deliveries(
    site: &Site,
    locale: &Locale,
    receipt: &ShareReceipt,
    key: Option<&str>,
) -> impl IntoView + use<> {
    let words = locale.words();
    let follow = (!receipt.is_settled()).then(|| receipt.id.clone());
    let lines = receipt
        .deliveries
        .iter()
        .map(|delivery| delivery_line(site, locale, receipt, delivery, key))
        .collect_view();
    let is_in_doubt = receipt.deliveries.iter().any(|delivery| delivery.state == DeliveryState::Unknown);
    let makers_alone = (is_in_doubt && key.is_none()).then(|| view! { <p>{words.makers_alone}</p> });
    let retry = (receipt.retriable(key.is_some()) > 1).then(|| {
        let labels = locale.language.labels();
        view! {
            <form method="post" action=locale.href(&retry_address(receipt, key, None))>
                <button type="submit" class="button">{labels.retry_all}</button>
            </form>
        }
    });
    view! {
        <section id="deliveries" data-follow=follow aria-live="polite">
            <h2>{words.shared_to}</h2>
            <ul class="share__deliveries">{lines}</ul>
            {makers_alone}
            {retry}
        </section>
    }
}

/// Where what failed of a share is sent again, to one target or to all.
fn retry_address(receipt: &ShareReceipt, key: Option<&str>, target: Option<&TargetId>) -> String {
    let key = key.map(|key| format!("key={key}"));
    let target =
        target.map(|target| format!("target={}", utf8_percent_encode(target.as_str(), NON_ALPHANUMERIC)));
    let query = key.into_iter().chain(target).collect::<Vec<_>>().join("&");
    let join = if query.is_empty() { "" } else { "?" };
    format!("/s/{}/retry{join}{query}", receipt.id)
}

fn delivery_line(
    site: &Site,
    locale: &Locale,
    receipt: &ShareReceipt,
    delivery: &Delivery,
    key: Option<&str>,
) -> impl IntoView + use<> {
    let labels = locale.language.labels();
    let target = site.targets.iter().find(|target| target.id == delivery.target);
    let name = target.map_or_else(|| name_of(&delivery.target), |target| target_name(target, labels));
    let account = target.and_then(|target| target.account.clone());
    let state = match delivery.state {
        DeliveryState::Queued => labels.queued,
        DeliveryState::Sending => labels.sending,
        DeliveryState::Posted => labels.posted,
        DeliveryState::Failed => labels.failed,
        DeliveryState::Unknown => labels.unknown,
    };
    let link = delivery.url.clone().map(|url| view! { <a href=url rel="noopener">{labels.see_post}</a> });
    let reason = delivery.reason_for(locale.language.tag()).map(|(reason, language)| {
        view! { <p class="share__reason" lang=language dir="auto">{reason.to_owned()}</p> }
    });
    let again =
        delivery.connect_again.then(|| view! { <a href=locale.href("/accounts")>{labels.connect_again}</a> });
    let retry = delivery.state.can_be_retried(key.is_some()).then(|| {
        let whole_name = format!("{}: {name}", labels.retry);
        view! {
            <form method="post" action=locale.href(&retry_address(receipt, key, Some(&delivery.target)))>
                <button type="submit" class="button button--quiet" aria-label=whole_name>{labels.retry}</button>
            </form>
        }
    });
    view! {
        <li class=format!("share__delivery share__delivery--{}", delivery.state.as_str())>
            {target_icon(icon_of(delivery.target.platform()))}
            <span>{name}</span>
            {account.map(|account| view! { <span class="share__account">{account}</span> })}
            <span class="share__state">{state}</span>
            {link}
            {reason}
            {again}
            {retry}
        </li>
    }
}

/// At most `length` characters of the first line, with an ellipsis where something is missing.
fn shorten(text: &str, length: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= length && line.len() == text.len() {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(length.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_title_is_one_short_line() {
        for (text, expected) in [
            ("", ""),
            ("Harbour", "Harbour"),
            ("Harbour at dawn", "Harbour a…"),
            ("One\ntwo", "One…"),
            ("Ünïcödé nämès", "Ünïcödé n…"),
        ] {
            assert_eq!(shorten(text, 10), expected);
        }
    }
}
