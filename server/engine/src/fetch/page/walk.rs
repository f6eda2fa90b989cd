//! A page's text as a tree, and a walk over the elements that are in the document.
//!
//! Pages are hostile: a few hundred kilobytes of open tags make any standard parser take minutes, so the text goes in by
//! small pieces with a look at the clock between them, and nothing here calls itself for each level of the tree.

use std::time::Instant;

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, driver};
use scraper::{ElementRef, Html, HtmlTreeSink, Node};

use super::super::error::NotFound;
use super::wishes;

/// Bytes parsed between two looks at the clock.
const PIECE_BYTES: usize = 4096;

/// Parses as browsers do with scripts on, unless that lasts until after `until`.
pub(super) fn parse(text: &str, until: Instant) -> Result<Html, NotFound> {
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(piece.into());
        rest = after;
        if Instant::now() > until {
            return Err(NotFound::TooComplicated);
        }
    }
    Ok(parser.finish())
}

/// Visits every element in tree order, but not what is inside templates; with each, whether it is in a part of the page
/// that its owner keeps out.
pub(super) fn walk<'a>(html: &'a Html, mut visit: impl FnMut(ElementRef<'a>, bool)) {
    let mut next = Some(html.tree.root());
    let mut kept_out = None;
    while let Some(node) = next {
        if let Some(element) = ElementRef::wrap(node) {
            if kept_out.is_none() && wishes::keep_out_all_inside(element) {
                kept_out = Some(node.id());
            }
            visit(element, kept_out.is_some());
        }
        next = if matches!(node.value(), Node::Fragment) { None } else { node.first_child() };
        let mut left = node;
        while next.is_none() {
            if kept_out == Some(left.id()) {
                kept_out = None;
            }
            next = left.next_sibling();
            let Some(parent) = left.parent() else { break };
            left = if next.is_none() { parent } else { left };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_page_made_to_take_for_ever_is_given_up() {
        let attributes = (0..200_000).map(|number| format!(" a{number}")).collect::<String>();
        for html in ["<div>".repeat(400_000), "<b><p>".repeat(300_000), format!("<i{attributes}")] {
            let start = Instant::now();
            let given_up = parse(&html, start + Duration::from_millis(50)).map(drop);
            assert_eq!(given_up, Err(NotFound::TooComplicated), "{}", &html[..20]);
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        }
    }

    #[test]
    fn the_walk_knows_where_a_part_that_is_kept_out_ends() {
        let page = "<i></i><div data-cutline=off><i></i><p data-cutline=off><i></i></p><i></i></div><i></i><i data-cutline=off></i><i></i>";
        let html = parse(page, Instant::now() + Duration::from_secs(9)).expect("a page");
        let mut seen = String::new();
        walk(&html, |element, kept_out| {
            if element.value().name() == "i" {
                seen.push(if kept_out { 'o' } else { 'i' });
            }
        });
        assert_eq!(seen, "iooo".to_owned() + "ioi");
    }
}
