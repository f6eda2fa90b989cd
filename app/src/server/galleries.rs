//! The front page and the galleries.

use std::sync::Arc;

use leptos::prelude::*;

use super::Site;
use super::document::{Head, Locale};
use crate::gallery::Gallery;

/// The front page: the galleries, or the gallery itself when there is only one.
#[derive(Clone, Debug)]
pub struct HomeView {
    /// All galleries of the site.
    pub galleries: Vec<Arc<cutline_model::Gallery>>,
}

/// One gallery's page.
#[derive(Clone, Debug)]
pub struct GalleryView {
    /// What it shows.
    pub gallery: Arc<cutline_model::Gallery>,
}

pub(super) fn home(site: &Site, locale: &Locale, view: &HomeView) -> (Head, AnyView) {
    if let [only] = view.galleries.as_slice() {
        let (head, body) = gallery(site, locale, GalleryView { gallery: Arc::clone(only) });
        return (Head { title: String::new(), canonical: Some(site.public_url.clone()), ..head }, body);
    }
    let words = locale.words();
    let cards = view
        .galleries
        .iter()
        .map(|gallery| {
            let cover = gallery.pictures.first().map(|picture| {
                let src =
                    picture.thumbnails.first().map_or_else(|| picture.url.clone(), |(_, url)| url.clone());
                view! { <img class="gallery-card__cover" src=src alt="" loading="lazy" data-cutline="off" /> }
            });
            view! {
                <li class="gallery-card">
                    <a href=locale.href(&format!("/g/{}", gallery.slug))>
                        {cover}
                        <span class="gallery-card__title">{gallery.title.clone()}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let head = Head {
        canonical: Some(site.public_url.clone()),
        description: Some(words.about.to_owned()),
        ..Head::default()
    };
    (head, view! { <h1>{words.galleries}</h1><ul class="gallery-cards">{cards}</ul> }.into_any())
}

pub(super) fn gallery(site: &Site, locale: &Locale, view: GalleryView) -> (Head, AnyView) {
    let gallery = Arc::unwrap_or_clone(view.gallery);
    let words = locale.words();
    let head = Head {
        title: gallery.title.clone(),
        description: Some(words.about.to_owned()),
        canonical: Some(format!("{}/g/{}", site.public_url, gallery.slug)),
        overlay: true,
        ..Head::default()
    };
    let body = view! {
        <h1>{gallery.title.clone()}</h1>
        <p class="lead">{words.how}</p>
        <Gallery gallery=gallery labels=locale.language.labels() />
    };
    (head, body.into_any())
}
