//! The box `meta` of a picture file: its items, where their bytes lie, and what is said of them (ISO/IEC 23008-12 and
//! 14496-12, section 8.11).

use std::ops::Range;

use super::boxes::{Bytes, broken};
use crate::CropError;

/// Most entries of all lists of a file together; a grid of a hundred cells needs about a thousand.
const MAX_ENTRIES: usize = 16_384;

/// The items of a file.
#[derive(Default)]
pub(super) struct Items<'a> {
    pub(super) primary: u32,
    pub(super) all: Vec<Item>,
    /// Kind and payload of each property, in the order in which they are numbered, from 1.
    properties: Vec<([u8; 4], &'a [u8])>,
    references: Vec<Reference>,
    /// Entries of all lists together.
    entries: usize,
    /// What `idat` holds.
    pub(super) inside: &'a [u8],
}

/// One item.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) id: u32,
    pub(super) kind: [u8; 4],
    /// For one of the kind `mime`, which.
    pub(super) mime: Vec<u8>,
    pub(super) place: Place,
    /// Numbers of its properties, and whether each must be understood.
    properties: Vec<(u16, bool)>,
}

/// Where an item's bytes lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere that is read.
    #[default]
    Unknown,
    /// These parts of the file, in this order.
    File(Vec<Range<u64>>),
    /// These parts of `idat`.
    Inside(Vec<Range<u64>>),
}

struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

impl<'a> Items<'a> {
    /// Reads the payload of `meta`.
    pub(super) fn read(meta: &'a [u8]) -> Result<Self, CropError> {
        let mut bytes = Bytes(meta);
        bytes.version()?;
        let mut items = Self::default();
        let (mut places, mut associations) = (Vec::new(), Vec::new());
        while !bytes.is_empty() {
            let part = bytes.next_box()?;
            let mut payload = Bytes(part.payload);
            match &part.kind {
                b"pitm" => {
                    let (version, _) = payload.version()?;
                    items.primary = payload.number(if version == 0 { 2 } else { 4 })? as u32;
                }
                b"iinf" => items.read_infos(payload)?,
                b"iloc" => places = locations(payload, &mut items.entries)?,
                b"iref" => items.read_references(payload)?,
                b"idat" => items.inside = part.payload,
                b"iprp" => {
                    while !payload.is_empty() {
                        let part = payload.next_box()?;
                        match &part.kind {
                            b"ipco" => items.read_properties(Bytes(part.payload))?,
                            b"ipma" => {
                                associations
                                    .extend(self::associations(Bytes(part.payload), &mut items.entries)?);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        for (id, place) in places {
            if let Some(item) = items.all.iter_mut().find(|item| item.id == id) {
                item.place = place;
            }
        }
        for (id, property, is_essential) in associations {
            if let Some(item) = items.all.iter_mut().find(|item| item.id == id) {
                item.properties.push((property, is_essential));
            }
        }
        Ok(items)
    }

    pub(super) fn get(&self, id: u32) -> Option<&Item> {
        self.all.iter().find(|item| item.id == id)
    }

    /// The properties of an item, and whether each must be understood.
    pub(super) fn properties(&self, item: &Item) -> impl Iterator<Item = ([u8; 4], &'a [u8], bool)> {
        item.properties.iter().filter_map(|&(number, is_essential)| {
            let (kind, payload) = *self.properties.get(usize::from(number).checked_sub(1)?)?;
            Some((kind, payload, is_essential))
        })
    }

    /// The payload of an item's first property of this kind.
    pub(super) fn property(&self, item: &Item, kind: &[u8; 4]) -> Option<&'a [u8]> {
        self.properties(item).find(|(found, _, _)| found == kind).map(|(_, payload, _)| payload)
    }

    /// What `from` refers to in this sense.
    pub(super) fn referred(&self, kind: &[u8; 4], from: u32) -> &[u32] {
        let reference =
            self.references.iter().find(|reference| (&reference.kind, reference.from) == (kind, from));
        reference.map_or(&[], |reference| &reference.to)
    }

    /// The items that refer to `to` in this sense.
    pub(super) fn referring(&self, kind: &[u8; 4], to: u32) -> impl Iterator<Item = &Item> {
        let is_one = move |reference: &&Reference| &reference.kind == kind && reference.to.contains(&to);
        self.references.iter().filter(is_one).filter_map(|reference| self.get(reference.from))
    }

    fn read_infos(&mut self, mut bytes: Bytes<'a>) -> Result<(), CropError> {
        let (version, _) = bytes.version()?;
        bytes.take(if version == 0 { 2 } else { 4 })?;
        while !bytes.is_empty() {
            let part = bytes.next_box()?;
            let mut info = Bytes(part.payload);
            let (version, _) = info.version()?;
            if &part.kind != b"infe" || version < 2 {
                continue;
            }
            let id = info.number(if version == 2 { 2 } else { 4 })? as u32;
            info.short()?;
            let kind = info.long()?.to_be_bytes();
            info.text();
            let mime = if &kind == b"mime" { info.text().to_vec() } else { Vec::new() };
            count(&mut self.entries)?;
            self.all.push(Item { id, kind, mime, ..Item::default() });
        }
        Ok(())
    }

    fn read_properties(&mut self, mut bytes: Bytes<'a>) -> Result<(), CropError> {
        while !bytes.is_empty() {
            let part = bytes.next_box()?;
            count(&mut self.entries)?;
            self.properties.push((part.kind, part.payload));
        }
        Ok(())
    }

    fn read_references(&mut self, mut bytes: Bytes<'a>) -> Result<(), CropError> {
        let (version, _) = bytes.version()?;
        let width = if version == 0 { 2 } else { 4 };
        while !bytes.is_empty() {
            let part = bytes.next_box()?;
            let mut list = Bytes(part.payload);
            let from = list.number(width)? as u32;
            count(&mut self.entries)?;
            let mut to = Vec::new();
            for _ in 0..list.short()? {
                count(&mut self.entries)?;
                to.push(list.number(width)? as u32);
            }
            self.references.push(Reference { kind: part.kind, from, to });
        }
        Ok(())
    }
}

/// Where each item lies, by `iloc`.
fn locations(mut bytes: Bytes<'_>, entries: &mut usize) -> Result<Vec<(u32, Place)>, CropError> {
    let (version, _) = bytes.version()?;
    let sizes = bytes.short()?;
    let [offset_size, length_size, base_size, index_size] =
        [12, 8, 4, 0].map(|bit| usize::from(sizes >> bit & 15));
    let index_size = if version == 0 { 0 } else { index_size };
    if [offset_size, length_size, base_size, index_size].iter().any(|size| ![0, 4, 8].contains(size)) {
        return Err(broken("its numbers are of a width that there is not"));
    }
    let items = bytes.number(if version < 2 { 2 } else { 4 })?;
    let mut all = Vec::new();
    for _ in 0..items {
        count(entries)?;
        let id = bytes.number(if version < 2 { 2 } else { 4 })? as u32;
        let method = if version == 0 { 0 } else { bytes.short()? & 15 };
        let elsewhere = bytes.short()?;
        let base = bytes.number(base_size)?;
        let mut ranges = Vec::new();
        for _ in 0..bytes.short()? {
            count(entries)?;
            bytes.number(index_size)?;
            let begin = base.checked_add(bytes.number(offset_size)?);
            let length = bytes.number(length_size)?;
            let range = begin.and_then(|begin| Some(begin..begin.checked_add(length)?));
            ranges.push(range.ok_or_else(|| broken("an item lies beyond every file's end"))?);
        }
        let place = match (method, elsewhere) {
            (0, 0) => Place::File(ranges),
            (1, 0) => Place::Inside(ranges),
            _ => Place::Unknown,
        };
        all.push((id, place));
    }
    Ok(all)
}

/// Which properties each item has, by `ipma`.
fn associations(mut bytes: Bytes<'_>, entries: &mut usize) -> Result<Vec<(u32, u16, bool)>, CropError> {
    let (version, flags) = bytes.version()?;
    let mut all = Vec::new();
    for _ in 0..bytes.long()? {
        let id = bytes.number(if version == 0 { 2 } else { 4 })? as u32;
        count(entries)?;
        for _ in 0..bytes.byte()? {
            let (number, is_essential) = if flags & 1 == 0 {
                let byte = bytes.byte()?;
                (u16::from(byte & 0x7f), byte & 0x80 != 0)
            } else {
                let short = bytes.short()?;
                (short & 0x7fff, short & 0x8000 != 0)
            };
            count(entries)?;
            all.push((id, number, is_essential));
        }
    }
    Ok(all)
}

/// Refuses lists that no picture needs, since each entry is looked for in others.
fn count(entries: &mut usize) -> Result<(), CropError> {
    *entries += 1;
    if *entries <= MAX_ENTRIES { Ok(()) } else { Err(broken("it is made of too many pieces")) }
}
