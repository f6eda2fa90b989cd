//! A gallery as HTML: figures with lazily loaded pictures whose sizes are known, so that nothing jumps.
//!
//! Works without script: each picture has a plain link to `/compose`; with script the same link opens the overlay.

use cutline_model::{Credit, Picture};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::icons::part_icon;
use crate::language::{Labels, Language};

/// How many pictures are loaded at once; the rest when they come near the window.
const EAGER: usize = 4;

/// All pictures of a gallery, each with its caption, credit and opener; the first four are loaded at once, the rest when they
/// come near the window.
///
/// Keyboard: each opener is a link. On the server it renders the same HTML, which needs no hydration.
#[component]
pub fn Gallery(
    /// What it shows; the gallery's title is for the page to show.
    gallery: cutline_model::Gallery,
    /// The words of the openers; English by default.
    #[prop(default = Language::English.labels())]
    labels: &'static Labels,
) -> impl IntoView {
    let figures = gallery
        .pictures
        .into_iter()
        .enumerate()
        .map(|(index, picture)| {
            view! { <ShareablePicture picture=picture eager=index < EAGER labels=labels /> }
        })
        .collect_view();
    view! { <div class="gallery">{figures}</div> }
}

/// One picture with its caption, credit and opener: a link that opens the overlay, and without script the form.
///
/// On the server it renders the same HTML, which needs no hydration.
#[component]
pub fn ShareablePicture(
    /// The picture; of what is not known of it, nothing is shown.
    picture: Picture,
    /// Whether it is loaded at once; by default it is when it comes near the window.
    #[prop(optional)]
    eager: bool,
    /// The words of the opener; English by default.
    #[prop(default = Language::English.labels())]
    labels: &'static Labels,
) -> impl IntoView {
    let Picture { url, thumbnails, size, title, alt, credit } = picture;
    let href = compose_link(&url);
    let pixels = |value: Option<u32>| value.map(|value| value.to_string());
    let (width, height) =
        (pixels(size.map(cutline_model::Size::width)), pixels(size.map(cutline_model::Size::height)));
    // Only the thumbnails and then the original, so that the browser takes the least that looks sharp.
    let srcset = (!thumbnails.is_empty()).then(|| {
        let copies = thumbnails.iter().map(|(width, url)| format!("{url} {width}w"));
        copies.chain(size.map(|size| format!("{url} {}w", size.width()))).collect::<Vec<_>>().join(", ")
    });
    let src = thumbnails.first().map_or_else(|| url.clone(), |(_, url)| url.clone());
    view! {
        <figure class="gallery__figure" data-cutline-figure="">
            <img
                class="gallery__picture"
                src=src
                srcset=srcset
                sizes="(max-width: 40rem) 100vw, (max-width: 75rem) 50vw, 25rem"
                width=width.clone()
                height=height.clone()
                loading=if eager { "eager" } else { "lazy" }
                decoding="async"
                alt=alt
                data-cutline-source=url
                data-cutline-width=width
                data-cutline-height=height
            />
            <figcaption class="gallery__caption">
                {(!title.is_empty()).then(|| view! { <span class="gallery__title">{title}</span> })}
                <CreditLine credit=credit />
                <a class="share-opener" data-cutline-open="" href=href>{part_icon()}<span>{labels.opener}</span></a>
            </figcaption>
        </figure>
    }
}

/// Author and licence; nothing when neither is known.
#[component]
pub fn CreditLine(
    /// Who made the picture and what one may do with it.
    credit: Credit,
) -> impl IntoView {
    let Credit { author, licence, link } = credit;
    let text = [author, licence].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then(|| {
        if link.is_empty() {
            view! { <small class="credit">{text}</small> }.into_any()
        } else {
            view! { <small class="credit"><a href=link rel="noopener license">{text}</a></small> }.into_any()
        }
    })
}

/// The form without the overlay, for the picture at `url`.
#[must_use]
pub fn compose_link(url: &str) -> String {
    format!("/compose?image_url={}", utf8_percent_encode(url, NON_ALPHANUMERIC))
}
