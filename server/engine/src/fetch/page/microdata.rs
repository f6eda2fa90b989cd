//! What a page says of its pictures in attributes (`itemscope`, `itemprop`), as the JSON that it could have said instead.
//!
//! As the HTML standard has it (<https://html.spec.whatwg.org/multipage/microdata.html>), but for `itemref`. Pages nest
//! items in items as deep as they like: what all of them together may cost is bounded.

use scraper::{ElementRef, Node};
use serde_json::{Map, Value};

/// Nodes looked at for all items of one page, one that stands in several items counted for each.
const MAX_NODES: usize = 20_000;

/// Nodes whose text makes one value, and characters of it.
const MAX_TEXT_NODES: usize = 50;
const MAX_TEXT_CHARS: usize = 1_000;

/// Attributes that hold an element's value, the first there is; one that has none of them has its text.
const VALUES: [&str; 5] = ["content", "src", "href", "data", "value"];

/// The items that begin at these elements, each with the items in it.
pub(super) fn items<'a>(
    elements: impl IntoIterator<Item = ElementRef<'a>>,
    resolve: impl Fn(&str) -> Option<String>,
) -> Vec<Value> {
    let mut nodes_left = MAX_NODES;
    elements.into_iter().map(|element| item(element, &resolve, &mut nodes_left)).collect()
}

/// An item under way.
struct Open<'a> {
    element: ElementRef<'a>,
    properties: Map<String, Value>,
}

impl<'a> Open<'a> {
    fn new(element: ElementRef<'a>) -> Self {
        let mut properties = Map::new();
        for (attribute, key) in [("itemtype", "@type"), ("itemid", "@id")] {
            for word in element.attr(attribute).into_iter().flat_map(str::split_ascii_whitespace) {
                add(&mut properties, key, word.into());
            }
        }
        Self { element, properties }
    }
}

fn item(root: ElementRef<'_>, resolve: &impl Fn(&str) -> Option<String>, nodes_left: &mut usize) -> Value {
    let (mut whole, mut inner) = (Open::new(root), None::<Open<'_>>);
    let mut next = root.first_child();
    while let Some(node) = next {
        let Some(left) = nodes_left.checked_sub(1) else { break };
        *nodes_left = left;
        let mut children = node.first_child();
        if let Some(element) = ElementRef::wrap(node) {
            let names = element.attr("itemprop");
            match (element.attr("itemscope").is_some(), &mut inner) {
                (true, None) if names.is_some() => inner = Some(Open::new(element)),
                // What is in an item of an item, or in one that says nothing of this one, is not asked for.
                (true, _) => children = None,
                (false, within) => {
                    let properties =
                        within.as_mut().map_or(&mut whole.properties, |open| &mut open.properties);
                    for name in names.into_iter().flat_map(str::split_ascii_whitespace) {
                        add(properties, name, value(element, resolve));
                    }
                }
            }
        }
        next = children;
        let mut left = node;
        while next.is_none() {
            if let Some(open) = inner.take_if(|open| open.element.id() == left.id()) {
                for name in open.element.attr("itemprop").into_iter().flat_map(str::split_ascii_whitespace) {
                    add(&mut whole.properties, name, open.properties.clone().into());
                }
            }
            next = left.next_sibling();
            let parent = left.parent().filter(|parent| parent.id() != root.id());
            match parent {
                Some(parent) if next.is_none() => left = parent,
                _ => break,
            }
        }
    }
    whole.properties.into()
}

/// Adds one more value of a property.
fn add(properties: &mut Map<String, Value>, name: &str, value: Value) {
    match properties.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(values) => values.push(value),
        other => *other = value,
    }
}

fn value(element: ElementRef<'_>, resolve: &impl Fn(&str) -> Option<String>) -> Value {
    let said = VALUES.iter().find_map(|name| Some((*name, element.attr(name)?)));
    match said {
        Some(("src" | "href" | "data", address)) => resolve(address).into(),
        Some((_, text)) => text.into(),
        None => text_of(element).into(),
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
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::super::tree::{Syntax, parse};
    use super::*;

    fn read(html: &str) -> Vec<Value> {
        let html = parse(html, Syntax::Html, Instant::now() + Duration::from_secs(9)).expect("a page");
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
        let long = format!("<div itemscope itemtype=i><b itemprop=name>{}", "a".repeat(9_000));
        assert_eq!(read(&long)[0]["name"][0].as_str().map(str::len), Some(MAX_TEXT_CHARS));
    }
}
