//! Writing the small JPEG of a part: only the tables it uses, and nothing of the source but what its colours need.

use std::rc::Rc;

use super::frame::Frame;
use super::scans::Band;
use super::segments::{ColourMarks, Quantisation};
use super::tables::Codes;
use crate::encode::profile_segments;

/// What is said of the picture beside its pixels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extras<'e> {
    /// How to turn it, as Exif numbers it, 1 to 8; 1 is not written.
    pub(super) orientation: u8,
    pub(super) profile: Option<&'e [u8]>,
}

/// A JPEG in the making.
pub(super) struct SmallJpeg {
    bytes: Vec<u8>,
}

impl SmallJpeg {
    /// Writes everything before the first scan's tables.
    pub(super) fn new(
        frame: &Frame,
        quantisation: &[Rc<Quantisation>],
        marks: ColourMarks,
        extras: Extras<'_>,
    ) -> Self {
        let mut jpeg = Self { bytes: vec![0xff, 0xd8] };
        if marks.is_jfif {
            jpeg.segment(0xe0, &[b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]);
        }
        if (2..=8).contains(&extras.orientation) {
            // TIFF, big end first: one directory at 8 with one entry, orientation (0x112), one number of 16 bits.
            let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
            jpeg.segment(0xe1, &[tiff, &[extras.orientation], &[0; 6]]);
        }
        if let Some(profile) = extras.profile {
            jpeg.bytes.extend(profile_segments(profile));
        }
        if let Some(transform) = marks.adobe {
            // What is of no known kind is the usual one, as decoders assume too, though not without a complaint.
            let transform = match (frame.components.len(), transform) {
                (_, 0) => 0,
                (4, _) => 2,
                _ => 1,
            };
            jpeg.segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform]]);
        }
        let mut tables: Vec<&Quantisation> = Vec::new();
        let mut entries = Vec::new();
        for (component, table) in frame.components.iter().zip(quantisation) {
            let place = tables.iter().position(|other| *other == &**table).unwrap_or(tables.len());
            if place == tables.len() {
                tables.push(table);
                jpeg.segment(0xdb, &[&[table.0[0] << 4 | place as u8], &table.0[1..]]);
            }
            entries.extend([component.id, (component.across << 4 | component.down) as u8, place as u8]);
        }
        let [height, width] = [frame.height, frame.width].map(|side| (side as u16).to_be_bytes());
        let count = frame.components.len() as u8;
        jpeg.segment(frame.marker, &[&[8], &height, &width, &[count], &entries]);
        jpeg
    }

    /// Says after how many MCUs a restart marker comes.
    pub(super) fn restarts(&mut self, mcus: u32) {
        self.segment(0xdd, &[&(mcus as u16).to_be_bytes()]);
    }

    /// Writes a scan of `components`, given by their place in `frame`: its tables, its header, its bytes.
    pub(super) fn scan(
        &mut self,
        frame: &Frame,
        components: &[usize],
        dc: &Codes,
        ac: &[Rc<Codes>],
        entropy: &[u8],
    ) {
        self.table(0x00, dc);
        let mut tables: Vec<&Codes> = Vec::new();
        let mut entries = Vec::new();
        for (&component, codes) in components.iter().zip(ac) {
            let place = tables.iter().position(|other| *other == &**codes).unwrap_or(tables.len());
            if place == tables.len() {
                tables.push(codes);
                self.table(0x10 | place as u8, codes);
            }
            entries.extend([frame.components[component].id, place as u8]);
        }
        self.segment(0xda, &[&[components.len() as u8], &entries, &[0, 63, 0]]);
        self.bytes.extend_from_slice(entropy);
    }

    /// Writes the first scan of a progressive JPEG that holds `band`: its table, its header, its bytes.
    pub(super) fn band(&mut self, frame: &Frame, band: &Band, codes: &Codes, entropy: &[u8]) {
        self.table(if band.first == 0 { 0x00 } else { 0x10 }, codes);
        let entries: Vec<u8> =
            band.components.iter().flat_map(|&component| [frame.components[component].id, 0]).collect();
        let which = [band.first as u8, band.last as u8, band.low];
        self.segment(0xda, &[&[band.components.len() as u8], &entries, &which]);
        self.bytes.extend_from_slice(entropy);
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend([0xff, 0xd9]);
        self.bytes
    }

    fn table(&mut self, place: u8, codes: &Codes) {
        self.segment(0xc4, &[&[place], &codes.counts, &codes.symbols]);
    }

    fn segment(&mut self, marker: u8, payload: &[&[u8]]) {
        let length = 2 + payload.iter().map(|piece| piece.len()).sum::<usize>();
        self.bytes.extend([0xff, marker]);
        self.bytes.extend((length as u16).to_be_bytes());
        payload.iter().for_each(|piece| self.bytes.extend_from_slice(piece));
    }
}
