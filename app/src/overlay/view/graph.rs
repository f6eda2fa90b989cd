//! What beneath signals knows who reads what, who made what, and what is to be done again. Without types, so that it is
//! compiled once.
//!
//! What changes only marks what reads it, directly or by way of memos; effects run in a moment, in the order in which they were
//! marked, each once. One that reads a memo runs only if that has another value (as in the algorithm of `reactively`).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

/// A node: its place, and how many have had it before. A key whose node has ended finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    place: usize,
    age: usize,
}

/// What a node is there for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It holds a value, or what was made together.
    #[default]
    Value,
    /// It reckons a value when somebody reads it.
    Memo,
    /// It does something whenever what it reads has changed.
    Effect,
}

/// Whether what a node has read is still so.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum State {
    #[default]
    Current,
    /// A memo that it has read may have another value.
    Doubtful,
    Outdated,
}

/// Does what the node is there for; whether it has another value now.
pub(super) type Work = Rc<dyn Fn() -> bool>;

#[derive(Default)]
struct Node {
    age: usize,
    kind: Kind,
    state: State,
    is_waiting: bool,
    value: Option<Rc<dyn Any>>,
    work: Option<Work>,
    sources: Vec<Key>,
    readers: Vec<Key>,
    /// What was made by it and ends with it, or when it works again.
    made: Vec<Key>,
    /// What is to be done before that.
    cleanups: Vec<Box<dyn FnOnce()>>,
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    free: Vec<usize>,
    /// Who is reading.
    reader: Option<Key>,
    /// Who is making.
    owner: Option<Key>,
    waiting: VecDeque<Key>,
    is_awaited: bool,
}

/// Calls a function later.
type Later = fn(fn());

thread_local! {
    static GRAPH: RefCell<Graph> = RefCell::default();
    /// Calls a function in a moment; tests, which have no browser, call it themselves.
    static IN_A_MOMENT: Cell<Later> = const { Cell::new(|work| spawn_local(async move { work() })) };
}

impl Graph {
    fn node(&mut self, key: Key) -> Option<&mut Node> {
        self.nodes.get_mut(key.place).filter(|node| node.age == key.age)
    }

    fn mark(&mut self, key: Key, state: State) {
        let Some(node) = self.node(key) else { return };
        let was = node.state;
        if was < state {
            node.state = state;
        }
        match node.kind {
            Kind::Value => {}
            Kind::Effect => self.queue(key),
            Kind::Memo if was == State::Current => {
                for reader in node.readers.clone() {
                    self.mark(reader, State::Doubtful);
                }
            }
            Kind::Memo => {}
        }
    }

    fn queue(&mut self, key: Key) {
        let Some(node) = self.node(key) else { return };
        if !std::mem::replace(&mut node.is_waiting, true) {
            self.waiting.push_back(key);
            if !std::mem::replace(&mut self.is_awaited, true) {
                IN_A_MOMENT.get()(work_off);
            }
        }
    }

    /// `key` reads nothing any more.
    fn forget_sources(&mut self, key: Key) {
        let sources = self.node(key).map(|node| std::mem::take(&mut node.sources)).unwrap_or_default();
        for source in sources {
            if let Some(source) = self.node(source) {
                source.readers.retain(|reader| *reader != key);
            }
        }
    }
}

fn with<T>(work: impl FnOnce(&mut Graph) -> T) -> T {
    GRAPH.with_borrow_mut(work)
}

/// A new node, which ends with whoever is making.
pub(super) fn insert(kind: Kind, value: Option<Rc<dyn Any>>, work: Option<Work>) -> Key {
    with(|graph| {
        let place = graph.free.pop().unwrap_or_else(|| {
            graph.nodes.push(Node::default());
            graph.nodes.len() - 1
        });
        let node = &mut graph.nodes[place];
        let state = if work.is_some() { State::Outdated } else { State::Current };
        *node = Node { age: node.age, kind, state, value, work, ..Node::default() };
        let key = Key { place, age: node.age };
        if let Some(owner) = graph.owner.and_then(|owner| graph.node(owner)) {
            owner.made.push(key);
        }
        key
    })
}

/// What a node holds; nothing when it has ended.
pub(super) fn value(key: Key) -> Option<Rc<dyn Any>> {
    with(|graph| graph.node(key)?.value.clone())
}

/// Notes that whoever is reading has read `key`.
pub(super) fn track(key: Key) {
    with(|graph| {
        let Some(reader) = graph.reader else { return };
        if let Some(source) = graph.node(key)
            && !source.readers.contains(&reader)
        {
            source.readers.push(reader);
            if let Some(reader) = graph.node(reader) {
                reader.sources.push(key);
            }
        }
    });
}

/// Whatever has read `key` is to be done again.
pub(super) fn changed(key: Key) {
    with(|graph| {
        let readers = graph.node(key).map(|node| node.readers.clone()).unwrap_or_default();
        for reader in readers {
            graph.mark(reader, State::Outdated);
        }
    });
}

/// Lets an effect run in a moment, for the first time.
pub(super) fn queue(key: Key) {
    with(|graph| graph.queue(key));
}

/// Does what a node is there for, if what it has read has changed.
pub(super) fn refresh(key: Key) {
    let state = || with(|graph| graph.node(key).map_or(State::Current, |node| node.state));
    if state() == State::Doubtful {
        let sources = with(|graph| graph.node(key).map(|node| node.sources.clone()).unwrap_or_default());
        for source in sources {
            refresh(source);
            if state() == State::Outdated {
                break;
            }
        }
    }
    if state() == State::Outdated {
        run(key);
    } else {
        with(|graph| {
            if let Some(node) = graph.node(key) {
                node.state = State::Current;
            }
        });
    }
}

fn run(key: Key) {
    let Some(work) = with(|graph| graph.node(key)?.work.clone()) else { return };
    clear(key);
    with(|graph| {
        graph.forget_sources(key);
        if let Some(node) = graph.node(key) {
            node.state = State::Current;
        }
    });
    let is_new = within(Some(key), Some(key), || work());
    if is_new {
        with(|graph| {
            let readers = graph.node(key).map(|node| node.readers.clone()).unwrap_or_default();
            // They are marked as doubtful, and so is what reads them.
            for reader in readers {
                if let Some(reader) = graph.node(reader) {
                    reader.state = State::Outdated;
                }
            }
        });
    }
}

fn within<T>(reader: Option<Key>, owner: Option<Key>, work: impl FnOnce() -> T) -> T {
    let set = |reader, owner| {
        with(|graph| {
            (std::mem::replace(&mut graph.reader, reader), std::mem::replace(&mut graph.owner, owner))
        })
    };
    let (reader, owner) = set(reader, owner);
    let result = work();
    set(reader, owner);
    result
}

/// Runs every effect that waits, and those that come to wait meanwhile.
fn work_off() {
    loop {
        let next = with(|graph| {
            let next = graph.waiting.pop_front();
            match next.and_then(|next| graph.node(next)) {
                Some(node) => node.is_waiting = false,
                None => graph.is_awaited = next.is_some(),
            }
            next
        });
        match next {
            Some(next) => refresh(next),
            None => return,
        }
    }
}

/// Ends what `key` has made, the last first: what it cleans up may use what was made before.
fn clear(key: Key) {
    let cleanups = with(|graph| graph.node(key).map(|node| std::mem::take(&mut node.cleanups)));
    for cleanup in cleanups.unwrap_or_default() {
        cleanup();
    }
    let made = with(|graph| graph.node(key).map(|node| std::mem::take(&mut node.made)));
    for made in made.unwrap_or_default().into_iter().rev() {
        end(made);
    }
}

fn end(key: Key) {
    clear(key);
    let gone = with(|graph| {
        graph.forget_sources(key);
        let node = graph.node(key)?;
        let gone = std::mem::replace(node, Node { age: key.age + 1, ..Node::default() });
        graph.free.push(key.place);
        Some(gone)
    });
    // Not while the graph is held: what is dropped here may end more of it.
    drop(gone);
}

/// Reads without being told of changes.
pub(in super::super) fn untrack<T>(work: impl FnOnce() -> T) -> T {
    let owner = with(|graph| graph.owner);
    within(None, owner, work)
}

/// Calls `cleanup` when whoever is making ends, or works again.
pub(in super::super) fn on_cleanup(cleanup: impl FnOnce() + 'static) {
    with(|graph| {
        if let Some(owner) = graph.owner.and_then(|owner| graph.node(owner)) {
            owner.cleanups.push(Box::new(cleanup));
        }
    });
}

/// What is made together and ends with this.
pub(in super::super) struct Root(Key);

impl Root {
    /// What `make` makes.
    pub(in super::super) fn new<T>(make: impl FnOnce() -> T) -> (Self, T) {
        let key = within(None, None, || insert(Kind::Value, None, None));
        let made = within(None, Some(key), make);
        (Self(key), made)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        end(self.0);
    }
}

#[cfg(test)]
mod tests;
