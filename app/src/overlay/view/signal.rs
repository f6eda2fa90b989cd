//! Values that tell who reads them when they change. Each is a handle of a few bytes, which hundreds of closures hold; the value
//! ends with whoever made it.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use web_sys::HtmlElement;

use super::graph::{self, Key, Kind};

/// Why a handle finds its value.
const ALIVE: &str = "what holds a value ends before it";

/// A value that can be read and set, and is tracked where it is read.
pub(in super::super) struct RwSignal<T>(Key, PhantomData<fn() -> T>);

/// A value that nobody is told of.
pub(in super::super) struct StoredValue<T>(Key, PhantomData<fn() -> T>);

/// A value that is reckoned from others, and tells only when it is another.
pub(in super::super) struct Memo<T>(Key, PhantomData<fn() -> T>);

/// Something to be called.
pub(in super::super) struct Callback<T>(StoredValue<Rc<dyn Fn(T)>>);

macro_rules! copied {
    ($($handle:ident)+) => {
        $(impl<T> Clone for $handle<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $handle<T> {})+
    };
}

copied!(RwSignal StoredValue Memo Callback);

fn keep<T: 'static>(value: T) -> Key {
    graph::insert(Kind::Value, Some(Rc::new(RefCell::new(value))), None)
}

/// The value of a handle, unless it has ended. Compiled once for each type, and not where it is read.
#[inline(never)]
fn cell<T: 'static>(key: Key) -> Option<Rc<RefCell<T>>> {
    graph::value(key)?.downcast().ok()
}

fn read<T: 'static, R>(key: Key, with: impl FnOnce(&RefCell<T>) -> R) -> Option<R> {
    Some(with(&*cell(key)?))
}

impl<T: 'static> RwSignal<T> {
    pub(in super::super) fn new(value: T) -> Self {
        Self(keep(value), PhantomData)
    }

    /// Is told of changes.
    pub(in super::super) fn track(self) {
        graph::track(self.0);
    }

    pub(in super::super) fn try_with_untracked<R>(self, with: impl FnOnce(&T) -> R) -> Option<R> {
        read(self.0, |value| with(&value.borrow()))
    }

    pub(in super::super) fn with_untracked<R>(self, with: impl FnOnce(&T) -> R) -> R {
        self.try_with_untracked(with).expect(ALIVE)
    }

    pub(in super::super) fn with<R>(self, with: impl FnOnce(&T) -> R) -> R {
        self.track();
        self.with_untracked(with)
    }

    /// Sets it, unless it has ended.
    pub(in super::super) fn try_set(self, value: T) {
        read(self.0, |kept| kept.replace(value));
        graph::changed(self.0);
    }

    pub(in super::super) fn set(self, value: T) {
        self.try_set(value);
    }

    pub(in super::super) fn try_update_untracked<R>(self, with: impl FnOnce(&mut T) -> R) -> Option<R> {
        read(self.0, |value| with(&mut value.borrow_mut()))
    }

    pub(in super::super) fn try_update<R>(self, with: impl FnOnce(&mut T) -> R) -> Option<R> {
        let result = self.try_update_untracked(with);
        graph::changed(self.0);
        result
    }

    pub(in super::super) fn update(self, with: impl FnOnce(&mut T)) {
        self.try_update(with);
    }
}

impl<T: Clone + 'static> RwSignal<T> {
    pub(in super::super) fn get(self) -> T {
        self.with(T::clone)
    }

    pub(in super::super) fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }

    pub(in super::super) fn try_get_untracked(self) -> Option<T> {
        self.try_with_untracked(T::clone)
    }
}

impl<T: Default + 'static> Default for RwSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: 'static> StoredValue<T> {
    pub(in super::super) fn new(value: T) -> Self {
        Self(keep(value), PhantomData)
    }

    pub(in super::super) fn try_with_value<R>(self, with: impl FnOnce(&T) -> R) -> Option<R> {
        read(self.0, |value| with(&value.borrow()))
    }

    pub(in super::super) fn with_value<R>(self, with: impl FnOnce(&T) -> R) -> R {
        self.try_with_value(with).expect(ALIVE)
    }

    pub(in super::super) fn try_update_value<R>(self, with: impl FnOnce(&mut T) -> R) -> Option<R> {
        read(self.0, |value| with(&mut value.borrow_mut()))
    }

    /// Sets it, unless it has ended.
    pub(in super::super) fn set_value(self, value: T) {
        read(self.0, |kept| kept.replace(value));
    }
}

impl<T: PartialEq + 'static> Memo<T> {
    pub(in super::super) fn new(reckon: impl Fn() -> T + 'static) -> Self {
        let value = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&value);
        let work = move || {
            let now = Some(reckon());
            let is_new = *kept.borrow() != now;
            if is_new {
                kept.replace(now);
            }
            is_new
        };
        Self(graph::insert(Kind::Memo, Some(value), Some(Rc::new(work))), PhantomData)
    }

    pub(in super::super) fn with<R>(self, with: impl FnOnce(&T) -> R) -> R {
        // Reckoned first: who reads it now need not be told of what it reads.
        graph::refresh(self.0);
        graph::track(self.0);
        read(self.0, |value: &RefCell<Option<T>>| value.borrow().as_ref().map(with)).flatten().expect(ALIVE)
    }

    pub(in super::super) fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}

impl<T: 'static> Callback<T> {
    pub(in super::super) fn new(call: impl Fn(T) + 'static) -> Self {
        Self(StoredValue::new(Rc::new(call)))
    }

    /// Calls it, unless it has ended.
    pub(in super::super) fn run(self, with: T) {
        if let Some(call) = self.0.try_with_value(Rc::clone) {
            call(with);
        }
    }
}

/// Does `work` in a moment, and whenever what it has read has changed.
pub(in super::super) fn effect(work: impl Fn() + 'static) {
    graph::queue(made_effect(work));
}

/// As [`effect`]; `work` is given what it returned before.
pub(in super::super) fn effect_after<T: 'static>(work: impl Fn(Option<T>) -> T + 'static) {
    let before = RefCell::new(None);
    effect(move || {
        let last = before.take();
        let now = work(last);
        before.replace(Some(now));
    });
}

/// Does `work` now, and whenever what it has read has changed.
pub(super) fn bind(work: impl Fn() + 'static) {
    graph::refresh(made_effect(work));
}

fn made_effect(work: impl Fn() + 'static) -> Key {
    let work = move || {
        work();
        false
    };
    graph::insert(Kind::Effect, None, Some(Rc::new(work)))
}

/// An element that is drawn somewhere; none before.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct NodeRef(RwSignal<Option<HtmlElement>>);

impl NodeRef {
    pub(in super::super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn set(self, element: HtmlElement) {
        self.0.set(Some(element));
    }

    pub(in super::super) fn get_untracked(self) -> Option<HtmlElement> {
        self.0.get_untracked()
    }

    /// Calls `work` with the element, once it is there.
    pub(in super::super) fn on_load(self, work: impl FnOnce(HtmlElement) + 'static) {
        let work = RefCell::new(Some(work));
        effect(move || {
            if let Some(element) = self.0.get()
                && let Some(work) = work.take()
            {
                graph::untrack(|| work(element));
            }
        });
    }
}
