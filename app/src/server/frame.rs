//! `/embed/s/{id}`: a share in a frame of somebody else's page: the part, the words, and the way to the share page. The
//! one page that others may frame, since nothing can be done on it.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::Site;
use super::document::Locale;
use super::share::ShareView;
use crate::gallery::CreditLine;

/// The whole document.
pub(super) fn frame(site: &Site, locale: &Locale, view: ShareView) -> impl IntoView + use<> {
    let ShareView { share, receipt, .. } = view;
    allow_framing();
    let words = locale.words();
    let alt = if share.alt.is_empty() { share.description.clone() } else { share.alt.clone() };
    let title =
        if share.description.is_empty() { words.a_part.to_owned() } else { share.description.clone() };
    let language = locale.language;
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction() class="frame">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <title>{title}</title>
                <link rel="canonical" href=receipt.url.clone() />
                <link rel="stylesheet" href="/pkg/cutline.css" />
            </head>
            <body class="frame__body">
                <a class="frame__link" href=receipt.url.clone() target="_blank" rel="noopener">
                    <img class="frame__clipping" src=receipt.clipping.url alt=alt />
                </a>
                <p class="frame__words">
                    {(!share.description.is_empty()).then(|| view! { <span class="frame__description">{share.description.clone()}</span> })}
                    <span class="frame__facts">
                        <CreditLine credit=share.credit.clone() />
                        <a href=receipt.url target="_blank" rel="noopener">{site.name.clone()}</a>
                    </span>
                </p>
            </body>
        </html>
    }
}

/// Pictures and style from here, and a frame wherever somebody wants one.
fn allow_framing() {
    // Leptos writes small scripts of its own into every page.
    let script = use_nonce().map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
    let policy = format!(
        "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors *"
    );
    if let (Some(response), Ok(policy)) =
        (use_context::<ResponseOptions>(), http::HeaderValue::from_str(&policy))
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, policy);
    }
}
