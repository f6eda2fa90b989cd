//! What the owner of a page does not want: parts of it, pictures or all of them kept out.
//!
//! These are hard stops. The names of attributes are the model's, so that the overlay, which shows itself on no such
//! picture, and the server, which takes none, cannot disagree.

use cutline_model::wishes::{KEPT_OUT_ATTRIBUTES, KEPT_OUT_INSIDE, KEPT_OUT_PAGES};
use scraper::ElementRef;

/// Whether nothing inside this element is to be taken, nor itself.
pub(super) fn keep_out_all_inside(element: ElementRef<'_>) -> bool {
    let (name, value) = KEPT_OUT_INSIDE;
    element.attr(name).is_some_and(|said| said.trim().eq_ignore_ascii_case(value))
}

/// The attribute by which this element itself is kept out.
fn keep_out_this(element: ElementRef<'_>) -> Option<&'static str> {
    KEPT_OUT_ATTRIBUTES.into_iter().find(|name| element.attr(name).is_some())
}

/// The attribute by which this element is kept out, its own or that of a part of the page that it is in.
pub(super) fn keep_out(element: ElementRef<'_>, is_in_part_kept_out: bool) -> Option<&'static str> {
    is_in_part_kept_out.then_some(KEPT_OUT_INSIDE.0).or_else(|| keep_out_this(element))
}

/// The `<meta>` by which the whole page is kept out, by its name.
pub(super) fn keep_out_page(name: &str, content: &str) -> Option<&'static str> {
    let said = |word: &str| {
        content
            .split(|c: char| c == ',' || c.is_ascii_whitespace())
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    KEPT_OUT_PAGES
        .into_iter()
        .find(|(wish, word)| name.trim().eq_ignore_ascii_case(wish) && said(word))
        .map(|(wish, _)| wish)
}
