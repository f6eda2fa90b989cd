use std::cell::RefCell;
use std::rc::Rc;

use super::super::signal::{Memo, RwSignal, StoredValue, effect, effect_after};
use super::*;

/// What effects have noted, in order.
type Notes = Rc<RefCell<Vec<String>>>;

/// Runs `work` without a browser; effects run when it calls [`work_off`].
fn by_hand(work: impl FnOnce(&Notes)) {
    IN_A_MOMENT.set(|_| ());
    let notes = Notes::default();
    let (root, ()) = Root::new(|| work(&notes));
    drop(root);
    let left = with(|graph| graph.nodes.len() - graph.free.len());
    assert_eq!(left, 0, "what was made together ends together");
}

fn noting(notes: &Notes) -> impl Fn(&str) + 'static {
    let notes = Rc::clone(notes);
    move |note| notes.borrow_mut().push(note.to_owned())
}

fn noted(notes: &Notes, expected: &[&str]) {
    work_off();
    assert_eq!(notes.take(), expected);
}

#[test]
fn an_effect_runs_in_a_moment_and_after_each_change_once() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        effect(move || note(&number.get().to_string()));
        assert_eq!(notes.take(), [""; 0]);
        noted(notes, &["1"]);
        number.set(2);
        number.set(3);
        noted(notes, &["3"]);
        noted(notes, &[]);
    });
}

#[test]
fn an_effect_is_given_what_it_returned_before() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        effect_after(move |before: Option<i32>| {
            note(&format!("{before:?}"));
            number.get()
        });
        work_off();
        number.set(2);
        noted(notes, &["None", "Some(1)"]);
    });
}

#[test]
fn what_is_read_untracked_is_not_told_of() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        effect(move || note(&untrack(|| number.get()).to_string()));
        work_off();
        number.set(2);
        noted(notes, &["1"]);
    });
}

#[test]
fn an_effect_is_told_of_what_it_has_read_last_and_of_nothing_before() {
    by_hand(|notes| {
        let (note, which, one, other) =
            (noting(notes), RwSignal::new(true), RwSignal::new(1), RwSignal::new(10));
        effect(move || note(&if which.get() { one.get() } else { other.get() }.to_string()));
        noted(notes, &["1"]);
        which.set(false);
        noted(notes, &["10"]);
        one.set(2);
        noted(notes, &[]);
        other.set(20);
        noted(notes, &["20"]);
    });
}

#[test]
fn a_memo_tells_only_when_it_is_another() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let is_even = Memo::new(move || number.get() % 2 == 0);
        effect(move || note(&is_even.get().to_string()));
        noted(notes, &["false"]);
        number.set(3);
        noted(notes, &[]);
        number.set(4);
        noted(notes, &["true"]);
    });
}

#[test]
fn a_memo_of_memos_tells_through_them() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let doubled = Memo::new(move || number.get() * 2);
        let capped = Memo::new(move || doubled.get().min(4));
        effect(move || note(&capped.get().to_string()));
        noted(notes, &["2"]);
        number.set(2);
        noted(notes, &["4"]);
        number.set(3);
        noted(notes, &[]);
        number.set(1);
        noted(notes, &["2"]);
    });
}

#[test]
fn a_memo_is_reckoned_when_it_is_read_and_not_before() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let memo = Memo::new(move || {
            note("reckoned");
            number.get()
        });
        noted(notes, &[]);
        assert_eq!((memo.get(), memo.get()), (1, 1));
        noted(notes, &["reckoned"]);
        number.set(2);
        noted(notes, &[]);
        assert_eq!(memo.get(), 2);
    });
}

#[test]
fn an_effect_that_reads_a_signal_and_its_memo_sees_both_new() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let next = Memo::new(move || number.get() + 1);
        effect(move || note(&format!("{} {}", number.get(), next.get())));
        noted(notes, &["1 2"]);
        number.set(5);
        noted(notes, &["5 6"]);
    });
}

#[test]
fn what_an_effect_sets_is_seen_by_those_after_it() {
    by_hand(|notes| {
        let (note, first, second) = (noting(notes), RwSignal::new(1), RwSignal::new(0));
        effect(move || second.set(first.get() * 10));
        effect(move || note(&second.get().to_string()));
        noted(notes, &["10"]);
        first.set(2);
        noted(notes, &["20"]);
    });
}

#[test]
fn an_effect_that_sets_what_it_reads_runs_again() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        effect(move || {
            note(&number.get().to_string());
            if number.get() < 3 {
                number.set(number.get() + 1);
            }
        });
        noted(notes, &["1", "2", "3"]);
    });
}

#[test]
fn what_an_effect_has_made_ends_when_it_runs_again() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let notes_of_inner = Rc::clone(notes);
        effect(move || {
            let now = number.get();
            let (inner, cleanup) = (noting(&notes_of_inner), noting(&notes_of_inner));
            let own = StoredValue::new(now);
            effect(move || inner(&format!("inner {}", own.with_value(|own| *own))));
            on_cleanup(move || cleanup(&format!("end of {}", own.with_value(|own| *own))));
            note(&format!("outer {now}"));
        });
        noted(notes, &["outer 1", "inner 1"]);
        number.set(2);
        noted(notes, &["end of 1", "outer 2", "inner 2"]);
    });
}

#[test]
fn a_handle_whose_value_has_ended_finds_nothing_also_when_the_place_is_taken() {
    by_hand(|_| {
        let (root, ended) = Root::new(|| RwSignal::new(1));
        drop(root);
        let other = RwSignal::new(2);
        assert_eq!(ended.try_get_untracked(), None);
        ended.try_set(3);
        assert_eq!(other.get(), 2);
    });
}

#[test]
fn an_effect_that_waits_does_not_run_when_it_has_ended() {
    by_hand(|notes| {
        let number = RwSignal::new(1);
        let (root, ()) = Root::new(|| {
            let note = noting(notes);
            effect(move || note(&number.get().to_string()));
        });
        noted(notes, &["1"]);
        number.set(2);
        drop(root);
        noted(notes, &[]);
    });
}

#[test]
fn who_ends_itself_while_it_runs_is_gone() {
    by_hand(|notes| {
        let (note, number) = (noting(notes), RwSignal::new(1));
        let kept: Rc<RefCell<Option<Root>>> = Rc::default();
        let own = Rc::clone(&kept);
        let (root, ()) = Root::new(|| {
            effect(move || {
                note(&number.get().to_string());
                if number.get() == 2 {
                    drop(own.take());
                }
            });
        });
        kept.replace(Some(root));
        noted(notes, &["1"]);
        number.set(2);
        noted(notes, &["2"]);
        number.set(3);
        noted(notes, &[]);
    });
}
