//! What a page says of its pictures in attributes (`itemscope`, `itemprop`), as the JSON that it could have said instead.
//!
//! As the HTML standard has it (<https://html.spec.whatwg.org/multipage/microdata.html>), but for `itemref`. Pages nest
//! items in items as deep as they like, and give one value as many names as they like: what all of them together may cost
//! is bounded, in nodes and in bytes.

use scraper::{ElementRef, Node};
use serde_json::{Map, Value};

/// Nodes looked at for all items of one page, one that stands in several items counted for each.
const MAX_NODES: usize = 20_000;

/// Bytes of all values with their names, one that has several names counted for each.
const MAX_BYTES: usize = 4 << 20;

/// What a value takes beside its bytes and its name's: places in lists and on the heap.
const VALUE_BYTES: usize = 200;

/// Names of one value; more than any vocabulary has for the same thing.
const MAX_NAMES: usize = 8;

/// Longest name, in bytes; a longer one is no word of schema.org.
const MAX_NAME_BYTES: usize = 100;

/// Nodes whose text makes one value, and characters of it; a longer one is cut.
const MAX_TEXT_NODES: usize = 50;
const MAX_TEXT_CHARS: usize = 1_000;

/// Attributes that hold an element's value, the first there is; one that has none of them has its text.
const VALUES: [&str; 5] = ["content", "src", "href", "data", "value"];

/// The items that begin at these elements, each with the items in it.
pub(super) fn items<'a>(
    elements: impl IntoIterator<Item = ElementRef<'a>>,
    resolve: impl Fn(&str) -> Option<String>,
) -> Vec<Value> {
    let mut left = Left { nodes: MAX_NODES, bytes: MAX_BYTES };
    elements.into_iter().map(|element| item(element, &resolve, &mut left)).collect()
}

/// What the items of a page may still cost.
struct Left {
    nodes: usize,
    bytes: usize,
}

impl Left {
    fn node(&mut self) -> bool {
        self.nodes.checked_sub(1).inspect(|left| self.nodes = *left).is_some()
    }

    /// Whether there is room for so many bytes.
    fn value(&mut self, bytes: usize) -> bool {
        self.bytes.checked_sub(bytes).inspect(|left| self.bytes = *left).is_some()
    }
}

/// An item under way.
struct Open<'a> {
    element: ElementRef<'a>,
    properties: Map<String, Value>,
    /// Bytes of all its values with their names.
    bytes: usize,
}

impl<'a> Open<'a> {
    fn new(element: ElementRef<'a>, left: &mut Left) -> Self {
        let mut open = Self { element, properties: Map::new(), bytes: 0 };
        for (attribute, key) in [("itemtype", "@type"), ("itemid", "@id")] {
            for word in words(element, attribute) {
                open.add(key, word.len(), left, || word.into());
            }
        }
        open
    }

    /// Adds one more value of a property, of so many bytes, if there is room for it.
    fn add(&mut self, name: &str, bytes: usize, left: &mut Left, value: impl FnOnce() -> Value) {
        let bytes = bytes.saturating_add(name.len() + VALUE_BYTES);
        if name.len() > MAX_NAME_BYTES || !left.value(bytes) {
            return;
        }
        self.bytes += bytes;
        match self.properties.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(values) => values.push(value()),
            other => *other = value(),
        }
    }
}

/// The first words of an attribute.
fn words<'a>(element: ElementRef<'a>, attribute: &str) -> impl Iterator<Item = &'a str> {
    element.attr(attribute).into_iter().flat_map(str::split_ascii_whitespace).take(MAX_NAMES)
}

fn item(root: ElementRef<'_>, resolve: &impl Fn(&str) -> Option<String>, left: &mut Left) -> Value {
    let (mut whole, mut inner) = (Open::new(root, left), None::<Open<'_>>);
    let mut next = root.first_child();
    while let Some(node) = next.filter(|_| left.node()) {
        let mut children = node.first_child();
        if let Some(element) = ElementRef::wrap(node) {
            match (element.attr("itemscope").is_some(), &mut inner) {
                (true, None) if element.attr("itemprop").is_some() => inner = Some(Open::new(element, left)),
                // What is in an item of an item, or in one that says nothing of this one, is not asked for.
                (true, _) => children = None,
                (false, within) => {
                    let open = within.as_mut().unwrap_or(&mut whole);
                    for name in words(element, "itemprop") {
                        let value = value(element, resolve);
                        open.add(name, value.len(), left, || value.into());
                    }
                }
            }
        }
        next = children;
        let mut done = node;
        while next.is_none() {
            if let Some(open) = inner.take_if(|open| open.element.id() == done.id()) {
                for name in words(open.element, "itemprop") {
                    whole.add(name, open.bytes, left, || open.properties.clone().into());
                }
            }
            next = done.next_sibling();
            let parent = done.parent().filter(|parent| parent.id() != root.id());
            match parent {
                Some(parent) if next.is_none() => done = parent,
                _ => break,
            }
        }
    }
    whole.properties.into()
}

fn value(element: ElementRef<'_>, resolve: &impl Fn(&str) -> Option<String>) -> String {
    let said = VALUES.iter().find_map(|name| Some((*name, element.attr(name)?)));
    match said {
        Some(("src" | "href" | "data", address)) => resolve(address).unwrap_or_default(),
        Some((_, text)) => text.chars().take(MAX_TEXT_CHARS).collect(),
        None => text_of(element),
    }
}

fn text_of(element: ElementRef<'_>) -> String {
    let nodes = element.descendants().take(MAX_TEXT_NODES);
    let texts = nodes.filter_map(|node| match node.value() {
        Node::Text(text) => Some(&**text),
        _ => None,
    });
    texts.flat_map(str::chars).take(MAX_TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::tree::{Syntax, parse};
    use super::super::turn::Turn;
    use super::*;

    fn read(html: &str) -> Vec<Value> {
        let html = parse(html, Syntax::Html, &Turn::begin(Duration::from_secs(9))).expect("a page");
        let elements = html.root_element().descendent_elements();
        let roots = elements.filter(|element| element.attr("itemtype") == Some("i"));
        items(roots, |address| Some(format!("/{address}")))
    }

    #[test]
    fn an_item_is_its_properties_with_the_items_in_it() {
        let html = "<div itemscope itemtype=i itemid=me><img itemprop='contentUrl url' src=a><b itemprop=name> A <i>b</i></b>
            <meta itemprop=creditText content=Ada><p><a itemprop=license href=l>x</a></p>
            <span itemprop=creator itemscope itemtype=Person><i itemprop=name>Bob</i><i itemprop=x itemscope><i itemprop=name>no</i></i></span>
            <span itemprop=creator itemscope><i><i itemprop=name>Cy</i></i></span><span itemscope><i itemprop=name>no</i></span>
            <link itemprop=thumbnail href=t></div><i itemprop=name>no</i>";
        assert_eq!(
            read(html),
            [json!({
                "@type": ["i"], "@id": ["me"], "contentUrl": ["/a"], "url": ["/a"], "name": [" A b"],
                "creditText": ["Ada"], "license": ["/l"], "thumbnail": ["/t"],
                "creator": [{"@type": ["Person"], "name": ["Bob"]}, {"name": ["Cy"]}],
            })]
        );
        assert_eq!(read("<div itemscope itemtype=i></div><p itemprop=name>no"), [json!({"@type": ["i"]})]);
    }

    #[test]
    fn items_in_items_and_long_texts_are_looked_at_up_to_a_bound() {
        let nested = read(&"<p itemscope itemtype=i itemprop=x><div>".repeat(2_000));
        assert_eq!(nested.len(), 2_000);
        let many = format!("<div itemscope itemtype=i>{}", "<i itemprop=name>a</i>".repeat(30_000));
        let names = read(&many)[0]["name"].as_array().map(Vec::len);
        assert_eq!(names, Some(MAX_NODES / 2));
        let meta = format!("<meta itemprop='{}' content={}>", "a b ".repeat(9_000), "x".repeat(9_000));
        let item = &read(&format!("<div itemscope itemtype=i>{meta}"))[0];
        assert_eq!(item["a"].as_array().map(Vec::len), Some(MAX_NAMES / 2));
        assert_eq!(item["a"][0].as_str().map(str::len), Some(MAX_TEXT_CHARS));
        let inner = format!("<p itemscope itemprop='a b c'>{meta}</p>").repeat(900);
        let bytes = read(&format!("<div itemscope itemtype=i>{inner}"))[0].to_string().len();
        assert!((MAX_BYTES / 4..2 * MAX_BYTES).contains(&bytes), "{bytes}");
        let empty = "<link itemprop='i j k l'>".repeat(1_000);
        let empty = format!("<div itemscope itemtype=i><p itemscope itemprop='a b c d e f g h'>{empty}</p>");
        let of_nothing = read(&empty).remove(0);
        let values = of_nothing.as_object().expect("an item").values().flat_map(|value| value[0].as_object());
        let count: usize =
            values.flat_map(|inner| inner.values()).filter_map(|list| list.as_array().map(Vec::len)).sum();
        assert!(count > 0 && count < MAX_BYTES / VALUE_BYTES, "{count} values of nothing");
        assert!(
            read(&format!("<div itemscope itemtype=i><b itemprop={}>a", "n".repeat(900)))[0]["n"].is_null()
        );
        let long = format!("<div itemscope itemtype=i><b itemprop=name>{}", "a".repeat(9_000));
        assert_eq!(read(&long)[0]["name"][0].as_str().map(str::len), Some(MAX_TEXT_CHARS));
    }
}
