//! A gallery as HTML: figures with lazily loaded pictures whose sizes are known, so that nothing jumps.
//!
//! Works without script: each picture has a plain link to the form; with script the same link opens the overlay.

use cutline_model::{Credit, Picture};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::icons::part_icon;
use crate::language::{Labels, Language};

/// How many pictures are loaded at once; the rest when they come near the window.
const EAGER: usize = 4;

/// How wide `gallery.css` makes the columns of a gallery.
const COLUMNS: &str = "(max-width: 40rem) 100vw, (max-width: 75rem) 50vw, 25rem";

/// Where Cutline's own router has the form.
const COMPOSE: &str = "/compose";

/// All pictures of a gallery, each with its caption, credit and opener; the first four are loaded at once, the rest when they
/// come near the window.
///
/// Keyboard: each opener is a link. On the server it renders the same HTML, which needs no hydration.
#[component]
pub fn Gallery(
    /// What it shows; the gallery's title is for the page to show.
    gallery: cutline_model::Gallery,
    /// The language of the openers' words; English by default.
    #[prop(optional, into)]
    language: Signal<Language>,
    /// The site's own words in place of the language's, with the language and direction that they are in. None by default.
    #[prop(optional, into)]
    labels: Signal<Option<&'static Labels>>,
    /// How wide a picture stands, as `sizes` of an `<img>` says it: by it the browser chooses among copies. By default what the
    /// columns of the style sheet are.
    #[prop(default = COLUMNS.into(), into)]
    sizes: Signal<String>,
    /// The address of the form that openers lead to without script, to which `?image_url=…` is added; `/compose` of the
    /// site itself by default. The form takes whole addresses of pictures alone.
    #[prop(default = COMPOSE.into(), into)]
    compose: Signal<String>,
) -> impl IntoView {
    let figures = gallery
        .pictures
        .into_iter()
        .enumerate()
        .map(|(index, picture)| {
            view! {
                <ShareablePicture
                    picture=picture
                    eager=index < EAGER
                    language=language
                    labels=labels
                    sizes=sizes
                    compose=compose
                />
            }
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
    /// The language of the opener's words; English by default.
    #[prop(optional, into)]
    language: Signal<Language>,
    /// The site's own words in place of the language's, with the language and direction that they are in. None by default.
    #[prop(optional, into)]
    labels: Signal<Option<&'static Labels>>,
    /// How wide the picture stands, as `sizes` of an `<img>` says it: by it the browser chooses among copies. By default as wide
    /// as the window.
    #[prop(default = "100vw".into(), into)]
    sizes: Signal<String>,
    /// The address of the form that the opener leads to without script, to which `?image_url=…` is added; `/compose` of the
    /// site itself by default. The form takes whole addresses of pictures alone.
    #[prop(default = COMPOSE.into(), into)]
    compose: Signal<String>,
) -> impl IntoView {
    let Picture { url, thumbnails, size, title, alt, credit } = picture;
    let href = {
        let url = url.clone();
        move || compose_link(&compose.get(), &url)
    };
    let words = move || labels.get().unwrap_or_else(|| language.get().labels());
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
                sizes=move || sizes.get()
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
                <a
                    class="share-opener"
                    data-cutline-open=""
                    href=href
                    lang=move || words().tag
                    dir=move || words().direction
                >
                    {part_icon()}
                    <span>{move || words().opener}</span>
                </a>
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

/// The form without the overlay, at the address `compose`, for the picture at `url`.
#[must_use]
pub fn compose_link(compose: &str, url: &str) -> String {
    format!("{compose}?image_url={}", utf8_percent_encode(url, NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::ENGLISH;

    static LABELS: Labels = Labels { tag: "he", direction: "rtl", opener: "שיתוף", ..ENGLISH };

    /// That the HTML of a picture has all of `parts`.
    fn has<Html: IntoView>(picture: impl FnOnce(Picture) -> Html, parts: &[&str]) {
        let html = Owner::new().with(|| picture(Picture::at("https://a.example/a.jpg")).to_html());
        for part in parts {
            assert!(html.contains(part), "{html} lacks {part}");
        }
    }

    #[test]
    fn an_opener_says_what_language_its_words_are_in() {
        has(
            |picture| view! { <ShareablePicture picture=picture language=Language::Arabic /> },
            &["lang=\"ar\"", "dir=\"rtl\"", ">مشاركة جزء<"],
        );
        has(
            |picture| view! { <ShareablePicture picture=picture labels=&LABELS /> },
            &["lang=\"he\"", "dir=\"rtl\"", ">שיתוף<"],
        );
    }

    #[test]
    fn the_site_says_how_wide_a_picture_stands_and_where_its_form_is() {
        let at = "/compose?image_url=https%3A%2F%2Fa%2Eexample%2Fa%2Ejpg\"";
        has(
            |picture| view! { <ShareablePicture picture=picture /> },
            &["sizes=\"100vw\"", &format!("href=\"{at}")],
        );
        has(
            |picture| view! { <ShareablePicture picture=picture sizes="20rem" compose="https://b.example/compose" /> },
            &["sizes=\"20rem\"", &format!("href=\"https://b.example{at}")],
        );
    }
}
