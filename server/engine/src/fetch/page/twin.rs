//! The twin of a picture that a script loads late: the `<img>` in the `<noscript>` beside it, for browsers without scripts.
//!
//! The text of a `<noscript>` is a page of its own; how much of that is parsed, and how often the nodes between a picture
//! and its `<noscript>` are passed, must not be for the page to say.

use cutline_model::wishes::KEPT_OUT_INSIDE;
use ego_tree::{NodeId, NodeRef};
use scraper::{ElementRef, Node};

use super::super::error::NotFound;
use super::picture::{PagePicture, PictureKind, Reader, is_html};
use super::tree::{self, Syntax};
use super::turn::Turn;
use super::{walk, wishes};

/// Longest `<noscript>` looked at, in bytes.
const MAX_NOSCRIPT_BYTES: usize = 16 << 10;

/// Bytes of `<noscript>`s parsed for one page: each may stand after one picture and before another, so an ordinary page of
/// 2 MB needs less.
const MAX_ALL_NOSCRIPTS_BYTES: usize = 4 << 20;

/// Finds twins, and remembers what it has spent.
pub(super) struct Twins<'t> {
    syntax: Syntax,
    turn: &'t Turn,
    bytes_left: usize,
    /// What stands beside the element that was looked at last: a `<picture>` may hold thousands of `<img>`.
    last: Option<(NodeId, [Option<NodeId>; 2])>,
}

impl<'t> Twins<'t> {
    pub(super) fn new(syntax: Syntax, turn: &'t Turn) -> Self {
        Self { syntax, turn, bytes_left: MAX_ALL_NOSCRIPTS_BYTES, last: None }
    }

    /// The picture in the `<noscript>` beside this `<img>` or its `<picture>`. It follows; before the picture only where
    /// that is empty without a script.
    pub(super) fn beside(
        &mut self,
        img: ElementRef<'_>,
        has_address: bool,
        is_early: bool,
        reader: &mut Reader<'_>,
    ) -> Result<Option<PagePicture>, NotFound> {
        if self.turn.is_over() {
            return Err(NotFound::TooComplicated);
        }
        let parent = img.parent().and_then(ElementRef::wrap);
        let outermost = parent.filter(|parent| is_html(*parent, "picture")).unwrap_or(img);
        let [follows, precedes] = match self.last {
            Some((id, beside)) if id == outermost.id() => beside,
            _ => [noscript(outermost.next_siblings()), noscript(outermost.prev_siblings())],
        };
        self.last = Some((outermost.id(), [follows, precedes]));
        let id = follows.or_else(|| precedes.filter(|_| !has_address));
        let found = id.and_then(|id| img.tree().get(id)).and_then(ElementRef::wrap);
        let Some(noscript) = found else { return Ok(None) };
        let twin = self.inside(noscript, is_early, reader)?;
        // One that counts visits is nobody's twin.
        Ok(twin.filter(|twin| !twin.is_pixel()).map(|twin| {
            let by_noscript = wishes::keep_out_all_inside(noscript).then_some(KEPT_OUT_INSIDE.0);
            PagePicture { kept_out: by_noscript.or(twin.kept_out), ..twin }
        }))
    }

    /// The first picture of the markup in a `<noscript>`.
    pub(super) fn inside(
        &mut self,
        noscript: ElementRef<'_>,
        is_early: bool,
        reader: &mut Reader<'_>,
    ) -> Result<Option<PagePicture>, NotFound> {
        let markup = text_in(noscript);
        let left = self.bytes_left.checked_sub(markup.len());
        let Some(left) = left.filter(|_| markup.len() <= MAX_NOSCRIPT_BYTES) else { return Ok(None) };
        self.bytes_left = left;
        let html = tree::parse(markup, self.syntax, self.turn)?;
        let mut first = None;
        walk::walk(&html, |element, surroundings| {
            if first.is_none() && is_html(element, "img") {
                first = Some((element, wishes::keep_out(element, surroundings.are_kept_out)));
            }
        });
        Ok(first.map(|(img, kept_out)| reader.picture(PictureKind::Noscript, img, kept_out, is_early)))
    }
}

/// The text of a `<noscript>`, as a parser with scripts on leaves it.
pub(super) fn text_in(noscript: ElementRef<'_>) -> &str {
    noscript.first_child().and_then(|child| child.value().as_text().map(|text| &**text)).unwrap_or_default()
}

/// The first of these nodes that is not blank, if it is a `<noscript>`.
fn noscript<'a>(mut nodes: impl Iterator<Item = NodeRef<'a, Node>>) -> Option<NodeId> {
    let next = nodes.find(|node| !is_blank(node.value())).and_then(ElementRef::wrap);
    next.filter(|element| is_html(*element, "noscript")).map(|element| element.id())
}

fn is_blank(node: &Node) -> bool {
    match node {
        Node::Text(text) => text.trim_ascii().is_empty(),
        Node::Comment(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::super::{Page, PagePicture, Place};
    use super::*;

    fn pictures(html: &str) -> Vec<PagePicture> {
        let url = Url::parse("https://a.example/").expect("an address");
        Page::parse(url, html.as_bytes(), (Syntax::Html, None), 5_000, &Turn::begin(Duration::from_secs(9)))
            .expect("a page")
            .pictures
    }

    fn twins(html: &str) -> usize {
        let has_twin = |picture: &&PagePicture| {
            picture.candidates.iter().any(|candidate| candidate.place == Place::Noscript)
        };
        pictures(html).iter().filter(has_twin).count()
    }

    #[test]
    fn a_long_way_to_the_noscript_is_gone_once_for_all_of_a_picture_element() {
        let images = format!("<picture>{}</picture>", "<img>".repeat(1_000));
        for between in ["<!---->".repeat(100_000), " ".repeat(1_000_000)] {
            let second = Turn::begin(Duration::from_secs(2));
            assert_eq!(
                twins(&format!("{between}{images}{between}<noscript><img src=1></noscript>")[..]),
                1_000
            );
            assert!(!second.is_over());
        }
    }

    #[test]
    fn a_long_noscript_is_not_parsed_and_many_are_parsed_up_to_a_bound() {
        let noscript = |bytes: usize| format!("<img><noscript><img src=1>{:1$}</noscript>", "", bytes - 11);
        assert_eq!(twins(&noscript(MAX_NOSCRIPT_BYTES)), 1);
        assert_eq!(twins(&noscript(MAX_NOSCRIPT_BYTES + 1)), 0);
        let all =
            format!("<picture>{}</picture>{}", "<img>".repeat(1_000), &noscript(MAX_NOSCRIPT_BYTES)[5..]);
        assert_eq!(twins(&all), MAX_ALL_NOSCRIPTS_BYTES / MAX_NOSCRIPT_BYTES);
    }
}
