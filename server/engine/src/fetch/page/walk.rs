//! A walk over the elements that are in the document; nothing here calls itself for each level of the tree, which hostile
//! pages make as deep as they are long.

use scraper::{ElementRef, Html};

use super::picture::is_html;
use super::wishes;

/// Visits every element in tree order, but not what is inside templates; with each, whether it is in a part of the page
/// that its owner keeps out.
pub(super) fn walk<'a>(html: &'a Html, mut visit: impl FnMut(ElementRef<'a>, bool)) {
    let mut next = Some(html.tree.root());
    let mut kept_out = None;
    while let Some(node) = next {
        let mut is_template = false;
        if let Some(element) = ElementRef::wrap(node) {
            is_template = is_html(element, "template");
            if kept_out.is_none() && wishes::keep_out_all_inside(element) {
                kept_out = Some(node.id());
            }
            visit(element, kept_out.is_some());
        }
        next = if is_template { None } else { node.first_child() };
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

    use super::super::tree::{Syntax, parse};
    use super::super::turn::Turn;
    use super::*;

    #[test]
    fn the_walk_knows_where_a_part_that_is_kept_out_ends() {
        let page = "<i></i><div data-cutline=off><i></i><p data-cutline=off><i></i></p><i></i></div><i></i><i data-cutline=off></i><i></i>";
        let html = parse(page, Syntax::Html, &Turn::begin(Duration::from_secs(9))).expect("a page");
        let mut seen = String::new();
        walk(&html, |element, kept_out| {
            if element.value().name() == "i" {
                seen.push(if kept_out { 'o' } else { 'i' });
            }
        });
        assert_eq!(seen, "iooo".to_owned() + "ioi");
    }
}
