//! A page's text as a tree, in bounded time and memory.
//!
//! Pages are hostile, and what the standard makes of them is not in proportion to their bytes: a few hundred kilobytes of
//! open tags take minutes, and 4,000 open `<b>` are made anew for each of 40,000 `<p>` (2.5 GB from 195 KB). So between any
//! two tokens there is a look at the clock and at what has grown; what comes after a bound was passed is not taken.

use std::cell::Cell;

use ego_tree::NodeId;
use html5ever::TokenizerResult;
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::TendrilSink;
use html5ever::tokenizer::{Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use scraper::{Html, HtmlTreeSink, Node};
use xml5ever::driver::{XmlParseOpts, parse_document};

use super::super::error::NotFound;
use super::turn::Turn;

/// Nodes and attributes of one page together: one for every seven bytes of the largest page taken. They take some 40 MB
/// (peak of `cutline pictures` beside that for an empty page); one token at most doubles them, and three pages are
/// parsed at once.
const MAX_PARTS: usize = 300_000;

/// Bytes given to the parser between two looks at the clock: one tag may be as long as the page, and costs the square of
/// its attributes. XML is looked at by pieces only, so they are small.
const PIECE_BYTES: usize = 1024;

/// In which of the two languages of web pages a page is written; what it is served as decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// HTML, as nearly all pages.
    Html,
    /// XHTML: `application/xhtml+xml`.
    Xml,
}

/// Parses as browsers do with scripts on, unless that lasts longer than `turn` or makes too much of it. A browser stops at
/// the first mistake in XML; here it is passed over, so that what comes after it is found too.
pub(super) fn parse(text: &str, syntax: Syntax, turn: &Turn) -> Result<Html, NotFound> {
    match syntax {
        Syntax::Html => parse_html(text, turn),
        Syntax::Xml => parse_xml(text, turn),
    }
}

fn parse_html(text: &str, turn: &Turn) -> Result<Html, NotFound> {
    let builder = TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), TreeBuilderOpts::default());
    let sink = Bounded { builder, bounds: Bounds::new(turn) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    for piece in pieces(text) {
        queue.push_back(piece.into());
        // Between a script's end and what follows, a browser would run the script.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        tokenizer.sink.look()?;
    }
    tokenizer.end();
    tokenizer.sink.look()?;
    Ok(tokenizer.sink.builder.sink.finish())
}

fn parse_xml(text: &str, turn: &Turn) -> Result<Html, NotFound> {
    let bounds = Bounds::new(turn);
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), XmlParseOpts::default());
    for piece in pieces(text) {
        parser.process(piece.into());
        bounds.look(&parser.tokenizer.sink.sink)?;
    }
    Ok(parser.finish())
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Takes tokens until a bound is passed.
struct Bounded<'t> {
    builder: TreeBuilder<NodeId, HtmlTreeSink>,
    bounds: Bounds<'t>,
}

impl Bounded<'_> {
    fn look(&self) -> Result<(), NotFound> {
        self.bounds.look(&self.builder.sink)
    }
}

impl TokenSink for Bounded<'_> {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<NodeId> {
        if self.look().is_err() {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line_number)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// How much a page may cost, and what it has cost so far.
struct Bounds<'t> {
    turn: &'t Turn,
    nodes: Cell<usize>,
    parts: Cell<usize>,
}

impl<'t> Bounds<'t> {
    fn new(turn: &'t Turn) -> Self {
        Self { turn, nodes: Cell::new(0), parts: Cell::new(0) }
    }

    /// Counts what is new in the tree; nodes are never taken out of its memory.
    fn look(&self, sink: &HtmlTreeSink) -> Result<(), NotFound> {
        let html = sink.0.borrow();
        let nodes = html.tree.values();
        let (count, known) = (nodes.len(), self.nodes.get());
        if count > known {
            let attributes = |node: &Node| node.as_element().map_or(0, |element| element.attrs.len());
            let new: usize = nodes.rev().take(count - known).map(|node| 1 + attributes(node)).sum();
            self.nodes.set(count);
            self.parts.set(self.parts.get() + new);
        }
        if self.parts.get() > MAX_PARTS || self.turn.is_over() {
            return Err(NotFound::TooComplicated);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn given_up(page: &str, syntax: Syntax, time: Duration) {
        let much = Turn::begin(Duration::from_secs(5));
        let parsed = parse(page, syntax, &Turn::begin(time)).map(drop);
        assert_eq!(parsed, Err(NotFound::TooComplicated), "{}", &page[..20]);
        assert!(!much.is_over());
    }

    #[test]
    fn a_page_made_to_take_for_ever_is_given_up() {
        let attributes = (0..200_000).map(|number| format!(" a{number}")).collect::<String>();
        let short = Duration::from_millis(50);
        for html in ["<div>".repeat(400_000), "<b><p>".repeat(300_000), format!("<i{attributes}")] {
            given_up(&html, Syntax::Html, short);
        }
        given_up(&format!("<p><i{attributes}"), Syntax::Xml, short);
    }

    #[test]
    fn a_page_that_grows_out_of_proportion_is_given_up() {
        let formats = (0..4_000).map(|number| format!("<b a{number}>")).collect::<String>();
        let attributes = (0..500).map(|number| format!(" a{number}")).collect::<String>();
        let long = Duration::from_secs(60);
        for html in [
            format!("<p>{formats}{}", "<p>x".repeat(40_000)),
            format!("<p><b{attributes}>{}", "<p>x".repeat(40_000)),
            "<i></i>".repeat(MAX_PARTS),
            "<i a>".repeat(MAX_PARTS / 2),
            "<!---->".repeat(MAX_PARTS),
        ] {
            given_up(&html, Syntax::Html, long);
        }
        given_up(&format!("<p>{}", "<i/>".repeat(MAX_PARTS)), Syntax::Xml, long);
        let large = format!("<p>{formats}{}", "<p>x".repeat(30));
        assert!(parse(&large, Syntax::Html, &Turn::begin(long)).is_ok());
    }
}
