//! The configuration as a tree of values, each with the place where it was typed.
//!
//! The file gives the tree; environment variables and arguments are then put over it, so that what reads the tree
//! need not know which of them a value came from, and can still say so when the value is wrong.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Place};

/// Keys and what stands behind them.
pub(super) type Table = BTreeMap<String, Entry>;

/// A value and where it was typed.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What was typed.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A text; everything in the environment is one.
    Text(String),
    /// A number, as digits.
    Number(String),
    /// Several values in order.
    List(Vec<Entry>),
    /// Keys and values.
    Table(Table),
    /// A truth value.
    Truth(bool),
    /// Something that no key takes: a date.
    Other(String),
}

/// Reads a TOML file; gives every syntax error that the parser can tell apart.
pub(super) fn parse(file: &str, text: &str) -> Result<Table, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let place = |offset: usize| {
        let line = text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
        Place::Line { file: file.to_owned(), line }
    };
    if errors.is_empty() {
        return Ok(convert_table(table.into_inner(), &place));
    }
    let mistake = |error: toml::de::Error| {
        let place = error.span().map_or_else(|| Place::File(file.to_owned()), |span| place(span.start));
        Mistake { place, message: format!("this is not TOML: {}", error.message().replace('\n', ", ")) }
    };
    Err(errors.into_iter().map(mistake).collect())
}

fn convert_table(table: DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Table {
    table
        .into_iter()
        .map(|(key, value)| {
            let entry = Entry { place: place(key.span().start), value: convert(value.into_inner(), place) };
            (key.into_inner().into_owned(), entry)
        })
        .collect()
}

fn convert(value: DeValue<'_>, place: &dyn Fn(usize) -> Place) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(value) => Value::Number(value.to_string()),
            Err(_) => Value::Number(number.to_string()),
        },
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Array(items) => Value::List(
            items
                .into_iter()
                .map(|item| Entry {
                    place: place(item.span().start),
                    value: convert(item.into_inner(), place),
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(convert_table(table, place)),
        DeValue::Boolean(value) => Value::Truth(value),
        DeValue::Datetime(value) => Value::Other(value.to_string()),
    }
}

/// Puts `entry` at `path`, over what is there. A number in the path counts the items of a list from 0: the next
/// free one adds an item.
pub(super) fn put(table: &mut Table, path: &[&str], entry: Entry) -> Result<(), Mistake> {
    let [key, rest @ ..] = path else { return Ok(()) };
    let Some(next) = rest.first() else {
        table.insert((*key).to_owned(), entry);
        return Ok(());
    };
    let wants_list = next.parse::<usize>().is_ok();
    let below = table.entry((*key).to_owned()).or_insert_with(|| empty(wants_list, entry.place.clone()));
    put_below(below, rest, entry)
}

fn put_below(below: &mut Entry, path: &[&str], entry: Entry) -> Result<(), Mistake> {
    let index = path.first().and_then(|key| key.parse::<usize>().ok());
    match (&mut below.value, index) {
        (Value::Table(table), _) => put(table, path, entry),
        (Value::List(items), Some(index)) => {
            if index > items.len() {
                let message =
                    format!("number {index} of a list that has {}: the next one is {0}", items.len());
                return Err(Mistake { place: entry.place, message });
            }
            let Some(next) = path.get(1) else {
                if index < items.len() {
                    items[index] = entry;
                } else {
                    items.push(entry);
                }
                return Ok(());
            };
            if index == items.len() {
                items.push(empty(next.parse::<usize>().is_ok(), entry.place.clone()));
            }
            put_below(&mut items[index], &path[1..], entry)
        }
        // A plain value, or a list that is asked for a key: what comes later wins, and its reader will say what is wrong.
        (value, index) => {
            *value = empty(index.is_some(), entry.place.clone()).value;
            below.place = entry.place.clone();
            put_below(below, path, entry)
        }
    }
}

fn empty(list: bool, place: Place) -> Entry {
    Entry { value: if list { Value::List(Vec::new()) } else { Value::Table(Table::new()) }, place }
}
