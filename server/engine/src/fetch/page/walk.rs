//! A walk over the elements that are in the document; nothing here calls itself for each level of the tree, which hostile
//! pages make as deep as they are long.

use scraper::{ElementRef, Html};

use super::picture::is_html;
use super::wishes;

/// Where on the page an element stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// In a part that its owner keeps out.
    pub(super) are_kept_out: bool,
    /// In a shadow root that the page declares: shown, and not in the document.
    pub(super) are_shadow: bool,
}

/// Visits every element in tree order, but not what is inside templates, unless they declare a shadow root (HTML standard,
/// `shadowrootmode`).
pub(super) fn walk<'a>(html: &'a Html, mut visit: impl FnMut(ElementRef<'a>, Surroundings)) {
    let mut next = Some(html.tree.root());
    let (mut kept_out, mut shadow) = (None, None);
    while let Some(node) = next {
        let mut is_inert = false;
        if let Some(element) = ElementRef::wrap(node) {
            if kept_out.is_none() && wishes::keep_out_all_inside(element) {
                kept_out = Some(node.id());
            }
            visit(element, Surroundings { are_kept_out: kept_out.is_some(), are_shadow: shadow.is_some() });
            if is_html(element, "template") {
                is_inert = !declares_shadow(element);
                shadow = shadow.or(Some(node.id()).filter(|_| !is_inert));
            }
        }
        next = if is_inert { None } else { node.first_child() };
        let mut left = node;
        while next.is_none() {
            if kept_out == Some(left.id()) {
                kept_out = None;
            }
            if shadow == Some(left.id()) {
                shadow = None;
            }
            next = left.next_sibling();
            let Some(parent) = left.parent() else { break };
            left = if next.is_none() { parent } else { left };
        }
    }
}

fn declares_shadow(template: ElementRef<'_>) -> bool {
    let is = |mode: &str, wanted: &str| mode.eq_ignore_ascii_case(wanted);
    template.attr("shadowrootmode").is_some_and(|mode| is(mode, "open") || is(mode, "closed"))
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
        walk(&html, |element, surroundings| {
            if element.value().name() == "i" {
                seen.push(if surroundings.are_kept_out { 'o' } else { 'i' });
            }
        });
        assert_eq!(seen, "iooo".to_owned() + "ioi");
    }
}
