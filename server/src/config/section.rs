//! Takes values out of the tree: each key once, with what it must be. What nobody asked for is an unknown key.
//!
//! The keys that exist are thus written in one place, where they are read; mistakes gather in a `Report` and never
//! stop the reading.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::mistake::{Mistake, Place};
use super::report::{Report, without_numbers};
use super::tree::{Entry, Table, Value};
use super::units;

/// Longest piece of a wrong value that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 60;

/// The keys of one table.
pub(super) struct Section<'a> {
    path: String,
    place: Place,
    entries: Table,
    report: &'a mut Report,
}

impl<'a> Section<'a> {
    /// Reads the whole tree with `read`.
    pub(super) fn whole<T>(
        entries: Table,
        report: &'a mut Report,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        Section { path: String::new(), place: Place::File(String::new()), entries, report }.read_all(read)
    }

    /// Reads the table `key` with `read`; a missing one reads as an empty one.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let path = self.path_of(key);
        let (entries, place) = match self.take(key) {
            Some(Entry { value: Value::Table(entries), place }) => (entries, place),
            Some(Entry { place, .. }) => {
                self.mistake_at(place.clone(), format!("{path} is a section: write its keys below [{path}]"));
                (Table::new(), place)
            }
            None => (Table::new(), self.place.clone()),
        };
        Section { path, place, entries, report: self.report }.read_all(read)
    }

    /// Reads each table of the list `key` with `read`; those that give nothing are left out.
    pub(super) fn sections<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let path = self.path_of(key);
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Entry { value: Value::List(items), .. }) => items,
            // An empty variable takes away what the file says.
            Some(Entry { value: Value::Text(text), place: Place::Variable(_) }) if text.is_empty() => {
                return Vec::new();
            }
            Some(Entry { place, .. }) => {
                self.mistake_at(place, format!("{path} is a list: write each one below its own [[{path}]]"));
                return Vec::new();
            }
        };
        let mut all = Vec::new();
        for (index, Entry { value, place }) in items.into_iter().enumerate() {
            let Value::Table(entries) = value else {
                self.mistake_at(place, format!("each of {path} is a table: write its keys below [[{path}]]"));
                continue;
            };
            let item = Section { path: format!("{path}[{index}]"), place, entries, report: self.report };
            all.extend(item.read_all(&mut read));
        }
        all
    }

    /// One text or number, read by `parse`; `expected` completes "… must be".
    pub(super) fn scalar<T>(
        &mut self,
        key: &str,
        expected: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.judge(key, expected, true, parse)
    }

    /// The same for values that no message may repeat.
    pub(super) fn secret<T>(
        &mut self,
        key: &str,
        expected: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.judge(key, expected, false, parse)
    }

    /// The same for values of which `parse` says what is wrong, as what completes "the key …", without repeating them.
    pub(super) fn told_secret<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let path = self.path_of(key);
        let Entry { value, place } = self.take(key)?;
        let parsed = match &value {
            Value::Text(text) if text.is_empty() && matches!(place, Place::Variable(_)) => return None,
            Value::Text(text) => parse(text).map_err(|error| error.to_string()),
            _ => Err("must be a text".to_owned()),
        };
        parsed.map_err(|message| self.mistake_at(place, format!("{path} {message}"))).ok()
    }

    fn judge<T>(
        &mut self,
        key: &str,
        expected: impl Display,
        show: bool,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let path = self.path_of(key);
        let Entry { value, place } = self.take(key)?;
        let parsed = match &value {
            // An empty variable puts a key back to its default: what `KEY= cutline` means in a shell.
            Value::Text(text) if text.is_empty() && matches!(place, Place::Variable(_)) => return None,
            Value::Text(text) | Value::Number(text) => parse(text),
            Value::Truth(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => None,
        };
        if parsed.is_none() {
            let found = if show { format!("; it is {}", shown(&value)) } else { String::new() };
            self.mistake_at(place, format!("{path} must be {expected}{found}"));
        }
        parsed
    }

    /// A list, or texts with commas between them, each read by `parse`; `expected` says what each one must be. Gives
    /// nothing when one of them is wrong.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        expected: impl Display,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let path = self.path_of(key);
        let items = match self.take(key)? {
            Entry { value: Value::List(items), .. } => items,
            Entry { value: Value::Text(text), place } => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Entry { value: Value::Text(item.to_owned()), place: place.clone() })
                .collect(),
            Entry { value, place } => {
                self.mistake_at(
                    place,
                    format!("{path} must be a list, each one {expected}; it is {}", shown(&value)),
                );
                return None;
            }
        };
        let mut all = Vec::new();
        let mut all_right = true;
        for Entry { value, place } in items {
            let parsed = match &value {
                Value::Text(text) => parse(text.trim()),
                _ => None,
            };
            all_right &= parsed.is_some();
            match parsed {
                Some(item) => all.push(item),
                None => self.mistake_at(
                    place,
                    format!("each of {path} must be {expected}; one is {}", shown(&value)),
                ),
            }
        }
        all_right.then_some(all)
    }

    /// `true` or `false`, with or without quotes, or `default`.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        if let Some(Entry { value, .. }) = self.entries.get_mut(key)
            && let Value::Truth(truth) = value
        {
            *value = Value::Text(truth.to_string());
        }
        self.scalar(key, "true or false", |text| text.parse().ok()).unwrap_or(default)
    }

    /// A whole number within `range`, or `default`.
    pub(super) fn count<T>(&mut self, key: &str, range: RangeInclusive<u64>, default: T) -> T
    where
        T: TryFrom<u64> + Display + Copy,
    {
        let expected =
            format!("a whole number from {} to {}, for example {default}", range.start(), range.end());
        let parse =
            |text: &str| T::try_from(units::parse_whole(text).filter(|count| range.contains(count))?).ok();
        self.scalar(key, expected, parse).unwrap_or(default)
    }

    /// A number of bytes within `range`, or `default`.
    pub(super) fn bytes(&mut self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let [least, most, example] = [*range.start(), *range.end(), default].map(units::show_bytes);
        let expected = format!("a size from {least} to {most}, for example \"{example}\"");
        let parse = |text: &str| units::parse_bytes(text).filter(|bytes| range.contains(bytes));
        self.scalar(key, expected, parse).unwrap_or(default)
    }

    /// A time within `range`, or `default`.
    pub(super) fn time(&mut self, key: &str, range: RangeInclusive<Duration>, default: Duration) -> Duration {
        let [least, most, example] = [*range.start(), *range.end(), default].map(units::show_time);
        let expected = format!("a time with its unit from {least} to {most}, for example \"{example}\"");
        let parse = |text: &str| units::parse_time(text).filter(|time| range.contains(time));
        self.scalar(key, expected, parse).unwrap_or(default)
    }

    /// Notes a mistake of this section as a whole.
    pub(super) fn mistake(&mut self, message: impl Display) {
        let message = format!("{}: {message}", self.path);
        self.mistake_at(self.place.clone(), message);
    }

    /// Notes that the environment variable `name` is named by the configuration and is therefore no key.
    pub(super) fn name_variable(&mut self, name: &str) {
        self.report.named_variables.insert(name.to_owned());
    }

    /// Whether `key` was typed here.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn mistake_at(&mut self, place: Place, message: String) {
        self.report.mistakes.push(Mistake { place, message });
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        self.report.known.insert(without_numbers(&self.path_of(key)));
        self.entries.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn read_all<T>(mut self, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let value = read(&mut self);
        note_unknown(&self.path, self.entries, &mut self.report.unknown);
        value
    }
}

/// Notes each key that is left; an unknown table of the file as one, those of variables one by one.
fn note_unknown(path: &str, entries: BTreeMap<String, Entry>, unknown: &mut Vec<(String, Place)>) {
    for (key, Entry { value, place }) in entries {
        let path = join(path, &key);
        match (value, &place) {
            (Value::Table(below), Place::Variable(_)) => note_unknown(&path, below, unknown),
            _ => unknown.push((path, place)),
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let short: String = text.chars().take(MAX_SHOWN_CHARS).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            format!("{:?}", format!("{short}{dots}"))
        }
        Value::Number(number) => number.chars().take(MAX_SHOWN_CHARS).collect(),
        Value::Truth(value) => value.to_string(),
        Value::Other(text) => text.clone(),
        Value::List(_) => "a list".to_owned(),
        Value::Table(_) => "a section".to_owned(),
    }
}
