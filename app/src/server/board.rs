//! The board: this site's own public page of shares, newest first.

use cutline_engine::engine::BoardPage;
use leptos::prelude::*;

use super::Site;
use super::document::{Head, Locale};
use crate::language::fill;

/// One page of the board.
#[derive(Clone, Debug)]
pub struct BoardView {
    /// What it shows.
    pub page: BoardPage,
    /// Whether it is the newest page.
    pub newest: bool,
}

pub(super) fn board(site: &Site, locale: &Locale, view: BoardView) -> (Head, AnyView) {
    let words = locale.words();
    let BoardView { page, newest } = view;
    let empty = page.shares.is_empty().then(|| view! { <p class="lead">{words.board_empty}</p> });
    let shares = page
        .shares
        .into_iter()
        .map(|share| {
            let clipping = &share.clipping;
            let src = format!("/clippings/{}.{}", clipping.hash, clipping.extension);
            let label = fill(words.share_of, &[("id", share.id.as_str())]);
            let alt = if share.alt.is_empty() { share.description.clone() } else { share.alt.clone() };
            let label = alt.is_empty().then_some(label);
            view! {
                <li class="board__share">
                    <a class="board__link" href=locale.href(&format!("/s/{}", share.id)) aria-label=label>
                        <img src=src alt=alt width=clipping.size.width().to_string() height=clipping.size.height().to_string() loading="lazy" />
                    </a>
                    {(!share.description.is_empty()).then(|| view! { <p class="board__description">{share.description.clone()}</p> })}
                    <time class="board__time" datetime=share.created_at.to_string()>{share.created_at.strftime("%Y-%m-%d %H:%M UTC").to_string()}</time>
                </li>
            }
        })
        .collect_view();
    let older = page.older.map(|cursor| {
        view! { <a rel="next" href=locale.href(&format!("/board?before={cursor}"))>{words.older}</a> }
    });
    let newer = (!newest).then(|| view! { <a href=locale.href("/board")>{words.newest}</a> });
    let head = Head {
        title: words.board.to_owned(),
        description: Some(words.board_about.to_owned()),
        canonical: newest.then(|| format!("{}/board", site.public_url)),
        ..Head::default()
    };
    let body = view! {
        <h1>{words.board}</h1>
        {empty}
        <ul class="board">{shares}</ul>
        <nav class="pages" aria-label=words.pages>{newer}{older}</nav>
    };
    (head, body.into_any())
}
