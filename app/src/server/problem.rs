//! The page of anything that went wrong: what happened and what to do.

use cutline_model::Problem;
use leptos::prelude::*;

use super::document::{Head, Locale};

/// A problem.
#[derive(Clone, Debug)]
pub struct ProblemView {
    /// What went wrong.
    pub problem: Problem,
}

pub(super) fn problem(locale: &Locale, view: ProblemView) -> (Head, AnyView) {
    let ProblemView { problem } = view;
    let text = locale.language.labels().problem(&problem);
    let head = Head { title: problem.title.clone(), ..Head::default() };
    let body = view! {
        <h1>{problem.status} " · " {problem.title}</h1>
        <p class="lead">{text}</p>
        <p><a href=locale.href("/")>{locale.words().back}</a></p>
    };
    (head, body.into_any())
}
