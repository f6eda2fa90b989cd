//! What the reading of a configuration finds out: mistakes, and which keys there are.
//!
//! Unknown keys wait here until every known one has been asked for, so that the nearest can be suggested.

use std::collections::BTreeSet;

use super::mistake::{Mistake, Place};
use super::suggest;

/// What the reading has found out so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// What is wrong.
    pub(super) mistakes: Vec<Mistake>,
    /// Every key that was asked for, as a path without the numbers of lists: `targets.token`.
    pub(super) known: BTreeSet<String>,
    /// Environment variables that the configuration names itself, which are no keys.
    pub(super) named_variables: BTreeSet<String>,
    /// Keys that nobody asked for.
    pub(super) unknown: Vec<(String, Place)>,
}

impl Report {
    /// Adds the unknown keys, now that all known ones have been asked for, and gives all mistakes.
    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        for (path, place) in self.unknown {
            if matches!(&place, Place::Variable(name) if self.named_variables.contains(name)) {
                continue;
            }
            let message = suggest::message(&path, &place, &self.known);
            self.mistakes.push(Mistake { place, message });
        }
        self.mistakes
    }
}

/// `targets[0].token` is the key `targets.token`.
pub(super) fn without_numbers(path: &str) -> String {
    path.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect::<Vec<_>>().join(".")
}
