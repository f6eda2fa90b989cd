//! Elements, made by the browser and described in a row: what they are, what changes on them, what is in them.
//!
//! Only calls that every content security policy and Trusted Types allow: nothing is made from text.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;
use web_sys::js_sys::Reflect;
use web_sys::{Element, HtmlElement, Node};

use super::super::watch::Listener;
use super::browser::document;
use super::graph::{Root, on_cleanup, untrack};
use super::signal::{Memo, NodeRef, bind};

/// An element that is being made.
pub(in super::super) struct Tag(Element);

/// An element called `name`.
pub(in super::super) fn tag(name: &str) -> Tag {
    Tag(document().create_element(name).expect("a name of an element"))
}

/// An icon in the text's colour. Decoration only: the name stands beside it, or in the button's label.
pub(in super::super) fn icon(path: &str) -> Tag {
    let namespace = Some("http://www.w3.org/2000/svg");
    let make = |name| Tag(document().create_element_ns(namespace, name).expect("a name of an element"));
    let icon =
        crate::icons::ATTRIBUTES.iter().fold(make("svg"), |icon, (name, value)| icon.attr(name, value));
    icon.child(make("path").attr("d", path))
}

/// What is drawn of a value that changes.
type Put = fn(&Element, &'static str, Option<&str>);

impl Tag {
    pub(in super::super) fn attr(self, name: &str, value: &str) -> Self {
        let _ = self.0.set_attribute(name, value);
        self
    }

    pub(in super::super) fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    /// One class more.
    pub(in super::super) fn and_class(self, name: &str) -> Self {
        let _ = self.0.class_list().add_1(name);
        self
    }

    /// The name that pages style it by, where the overlay is in a shadow root.
    pub(in super::super) fn part(self, name: &str) -> Self {
        self.attr("part", name)
    }

    /// An attribute that changes; none takes it away.
    pub(in super::super) fn attr_of<V: Into<Option<String>>>(
        self,
        name: &'static str,
        value: impl Fn() -> V + 'static,
    ) -> Self {
        self.bound(name, Box::new(move || value().into()), |element, name, value| {
            let _ = match value {
                Some(value) => element.set_attribute(name, value),
                None => element.remove_attribute(name),
            };
        })
    }

    /// A property of its style that changes; none takes it away.
    pub(in super::super) fn style<V: Into<Option<String>>>(
        self,
        name: &'static str,
        value: impl Fn() -> V + 'static,
    ) -> Self {
        self.bound(name, Box::new(move || value().into()), |element, name, value| {
            let style = element.unchecked_ref::<HtmlElement>().style();
            let _ = match value {
                Some(value) => style.set_property(name, value),
                None => style.remove_property(name).map(drop),
            };
        })
    }

    /// A class that it has only while `is`.
    pub(in super::super) fn class_while(self, name: &'static str, is: impl Fn() -> bool + 'static) -> Self {
        self.bound(name, Box::new(move || is().then(String::new)), |element, name, value| {
            let _ = element.class_list().toggle_with_force(name, value.is_some());
        })
    }

    fn bound(self, name: &'static str, value: Box<dyn Fn() -> Option<String>>, put: Put) -> Self {
        let element = self.0.clone();
        let before = RefCell::new(None);
        bind(move || {
            let now = value();
            // What is as it was is left alone: the browser would reckon with it anew.
            if *before.borrow() != now {
                put(&element, name, now.as_deref());
                before.replace(now);
            }
        });
        self
    }

    /// A property of the element's that changes, such as the text of a field, which visitors change as well.
    pub(in super::super) fn prop<V: Into<JsValue>>(
        self,
        name: &'static str,
        value: impl Fn() -> V + 'static,
    ) -> Self {
        self.prop_of(name, Box::new(move || value().into()))
    }

    fn prop_of(self, name: &'static str, value: Box<dyn Fn() -> JsValue>) -> Self {
        let element = self.0.clone();
        bind(move || {
            let _ = Reflect::set(&element, &name.into(), &value());
        });
        self
    }

    /// Calls `act` at each `event` on it or in it.
    pub(in super::super) fn on<E: JsCast>(self, event: &'static str, act: impl Fn(E) + 'static) -> Self {
        let listener = Listener::bubbling(&self.0, event, move |event| act(event.unchecked_into()));
        on_cleanup(move || drop(listener));
        self
    }

    pub(in super::super) fn node_ref(self, node: NodeRef) -> Self {
        node.set(self.0.clone().unchecked_into());
        self
    }

    fn append(&self, node: &Node) {
        let _ = self.0.append_child(node);
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is in this one now")]
    pub(in super::super) fn child(self, child: Self) -> Self {
        self.append(&child.0);
        self
    }

    pub(in super::super) fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    pub(in super::super) fn text(self, text: &str) -> Self {
        self.append(&document().create_text_node(text));
        self
    }

    /// A text that changes.
    pub(in super::super) fn text_of(self, text: impl Fn() -> String + 'static) -> Self {
        let node = document().create_text_node("");
        self.append(&node);
        let before = RefCell::new(String::new());
        bind(move || {
            let now = text();
            if *before.borrow() != now {
                node.set_data(&now);
                before.replace(now);
            }
        });
        self
    }

    /// What is there for a value, as long as it has that value.
    pub(in super::super) fn shown<T: PartialEq + 'static, D: IntoIterator<Item = Self>>(
        self,
        value: impl Fn() -> T + 'static,
        draw: impl Fn(&T) -> D + 'static,
    ) -> Self {
        let value = Memo::new(value);
        self.redrawn(Box::new(move || value.with(|value| untrack(|| draw(value).into_iter().collect()))))
    }

    fn redrawn(self, draw: Box<dyn Fn() -> Vec<Self>>) -> Self {
        let end = document().create_comment("");
        self.append(&end);
        let (parent, drawn) = (self.0.clone(), RefCell::new(Vec::<Self>::new()));
        bind(move || {
            let now = draw();
            for tag in drawn.take() {
                tag.0.remove();
            }
            for tag in &now {
                let _ = parent.insert_before(&tag.0, Some(&end));
            }
            drawn.replace(now);
        });
        self
    }
}

/// Elements on a page, with all that keeps them up to date, until this is dropped.
pub(in super::super) struct Mounted {
    elements: Vec<Tag>,
    _root: Root,
}

/// Puts what `draw` makes at the end of `parent`.
pub(in super::super) fn mount<D: IntoIterator<Item = Tag>>(
    parent: &HtmlElement,
    draw: impl FnOnce() -> D,
) -> Mounted {
    let (root, elements) = Root::new(|| draw().into_iter().collect::<Vec<_>>());
    for tag in &elements {
        let _ = parent.append_child(&tag.0);
    }
    Mounted { elements, _root: root }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for tag in &self.elements {
            tag.0.remove();
        }
    }
}
