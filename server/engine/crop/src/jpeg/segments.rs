//! The segments of a JPEG, read as they come: frame header, tables, and where each scan begins.
//!
//! Only what the pixels need is kept: everything of an application is passed over, except the two marks that decide
//! how components become colours (JFIF's and Adobe's). Source: T.81 annex B.

use std::io::{BufRead, Read};
use std::rc::Rc;

use super::entropy::Entropy;
use super::frame::Frame;
use super::tables::{Codes, standard};
use super::{broken, truncated};
use crate::{CropError, Format, Source};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// A quantisation table as it stands in the file: its precision (0 or 1), then 64 values of one or two bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantisation(pub(super) Vec<u8>);

/// What decides how components become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ColourMarks {
    pub(super) is_jfif: bool,
    /// Adobe's number of the transform.
    pub(super) adobe: Option<u8>,
}

/// A scan header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// For each component its place in the frame and its tables for DC and AC.
    pub(super) components: Vec<(usize, usize, usize)>,
    /// The first and the last coefficient, counted in zigzag order.
    pub(super) first: u32,
    pub(super) last: u32,
    /// The bit that was known before (0: none), and the bit known after it.
    pub(super) high: u32,
    pub(super) low: u32,
}

/// Reads the segments of `source`.
pub(super) struct Segments<'s, 'a> {
    source: &'s mut Source<'a>,
    frame: Option<Frame>,
    pub(super) quantisation: [Option<Rc<Quantisation>>; 4],
    dc: [Option<Rc<Codes>>; 4],
    ac: [Option<Rc<Codes>>; 4],
    /// MCUs between restart markers; 0 when there are none.
    pub(super) restart_interval: u32,
    pub(super) marks: ColourMarks,
    payload: Vec<u8>,
}

impl<'s, 'a> Segments<'s, 'a> {
    /// Begins with a file that was seen to be a JPEG.
    pub(super) fn new(source: &'s mut Source<'a>) -> Result<Self, CropError> {
        let mut soi = [0; 2];
        source.read_exact(&mut soi).map_err(|_| truncated())?;
        if soi != [0xff, SOI] {
            return Err(broken("it does not begin as one"));
        }
        Ok(Self {
            source,
            frame: None,
            quantisation: [const { None }; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            marks: ColourMarks::default(),
            payload: Vec::new(),
        })
    }

    /// Reads on to the next scan, or to the end of the picture; `marker` is one that was taken already.
    pub(super) fn next_scan(&mut self, mut marker: Option<u8>) -> Result<Option<Scan>, CropError> {
        loop {
            let marker = match marker.take() {
                Some(marker) => marker,
                None => self.next_marker()?,
            };
            match marker {
                // TEM and restart markers stand alone.
                0x01 | 0xd0..=0xd7 => continue,
                EOI => return Ok(None),
                SOI => return Err(broken("it begins twice")),
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes(self.array()?));
            let length = length.checked_sub(2).ok_or_else(|| broken("a segment has a wrong length"))?;
            match marker {
                SOS => return self.read(length).and_then(|()| self.scan()).map(Some),
                0xc0..=0xc2 => {
                    self.read(length)?;
                    if self.frame.is_some() {
                        return Err(broken("it has two frame headers"));
                    }
                    self.frame = Some(Frame::read(marker, &self.payload)?);
                }
                0xc3 | 0xc5..=0xcb | 0xcd..=0xcf | 0xde => {
                    return Err(broken("its frame header is of no known kind"));
                }
                0xc4 => self.read(length).and_then(|()| self.huffman_tables())?,
                0xdb => self.read(length).and_then(|()| self.quantisation_tables())?,
                0xdd => {
                    let [high, low] = self.array()?;
                    self.restart_interval = u32::from(u16::from_be_bytes([high, low]));
                    let length =
                        length.checked_sub(2).ok_or_else(|| broken("a segment has a wrong length"))?;
                    self.source.skip(length, Format::Jpeg)?;
                }
                0xdc => {
                    return Err(CropError::Unsupported {
                        what: "a JPEG that changes its height behind its pixels".into(),
                        instead: "an ordinary JPEG".into(),
                    });
                }
                0xe0 => {
                    self.read(length)?;
                    self.marks.is_jfif |= self.payload.starts_with(b"JFIF\0") && length >= 14;
                }
                0xee => {
                    self.read(length)?;
                    if self.payload.starts_with(b"Adobe") && length >= 12 {
                        self.marks.adobe = Some(self.payload[11]);
                    }
                }
                _ => self.source.skip(length, Format::Jpeg)?,
            }
        }
    }

    /// The frame header, which must stand before the first scan.
    pub(super) fn frame(&self) -> Result<&Frame, CropError> {
        self.frame.as_ref().ok_or_else(|| broken("it has no frame header"))
    }

    /// The table for DC of this number.
    pub(super) fn dc(&self, index: usize) -> Result<Rc<Codes>, CropError> {
        let codes = self.or_standard(&self.dc, true, index)?;
        codes.check_dc()?;
        Ok(codes)
    }

    /// The table for AC of this number.
    pub(super) fn ac(&self, index: usize) -> Result<Rc<Codes>, CropError> {
        self.or_standard(&self.ac, false, index)
    }

    /// The entropy-coded bytes that follow the scan header.
    pub(super) fn entropy(&mut self) -> Entropy<'_, 'a> {
        Entropy::new(self.source)
    }

    /// A table; the frames of a motion JPEG leave out those of the standard.
    fn or_standard(
        &self,
        tables: &[Option<Rc<Codes>>],
        is_dc: bool,
        index: usize,
    ) -> Result<Rc<Codes>, CropError> {
        let is_progressive = self.frame.as_ref().is_some_and(Frame::is_progressive);
        match tables.get(index) {
            Some(Some(codes)) => Ok(Rc::clone(codes)),
            Some(None) if index < 2 && !is_progressive => Ok(Rc::new(standard(is_dc, index))),
            _ => Err(broken("a Huffman table is missing")),
        }
    }

    /// The marker that comes next; what is none is skipped, as decoders do.
    fn next_marker(&mut self) -> Result<u8, CropError> {
        loop {
            let bytes = self.source.fill_buf().map_err(|_| truncated())?;
            let (length, at) = (bytes.len(), memchr::memchr(0xff, bytes));
            if length == 0 {
                return Err(truncated());
            }
            self.source.consume(at.map_or(length, |at| at + 1));
            if at.is_none() {
                continue;
            }
            let mut marker = 0xff;
            while marker == 0xff {
                [marker] = self.array()?;
            }
            if marker != 0 {
                return Ok(marker);
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CropError> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|_| truncated())?;
        Ok(bytes)
    }

    /// Reads a payload of at most 64 KiB.
    fn read(&mut self, length: usize) -> Result<(), CropError> {
        self.payload.resize(length, 0);
        self.source.read_exact(&mut self.payload).map_err(|_| truncated())
    }

    fn huffman_tables(&mut self) -> Result<(), CropError> {
        let mut rest = &self.payload[..];
        while let [place, table @ ..] = rest {
            let wrong = || broken("a Huffman table is cut short");
            let (counts, symbols) = table.split_first_chunk::<16>().ok_or_else(wrong)?;
            let count = counts.iter().map(|&count| usize::from(count)).sum();
            if count > 256 {
                return Err(broken("a Huffman table has too many codes"));
            }
            let (symbols, behind) = symbols.split_at_checked(count).ok_or_else(wrong)?;
            let tables = if place & 0x10 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = tables
                .get_mut(usize::from(place & !0x10))
                .ok_or_else(|| broken("a table's number is above 3"))?;
            *slot = Some(Rc::new(Codes::new(*counts, symbols.to_vec())?));
            rest = behind;
        }
        Ok(())
    }

    fn quantisation_tables(&mut self) -> Result<(), CropError> {
        let mut rest = &self.payload[..];
        while let [place, values @ ..] = rest {
            let precision = place >> 4;
            let slot = self.quantisation.get_mut(usize::from(place & 15));
            let slot = slot.ok_or_else(|| broken("a table's number is above 3"))?;
            let length = match precision {
                0 => 64,
                1 => 128,
                _ => return Err(broken("a quantisation table is of no known kind")),
            };
            let values =
                values.split_at_checked(length).ok_or_else(|| broken("a quantisation table is cut short"))?;
            *slot = Some(Rc::new(Quantisation([&[precision], values.0].concat())));
            rest = values.1;
        }
        Ok(())
    }

    /// Reads the payload of a scan header.
    fn scan(&self) -> Result<Scan, CropError> {
        let frame = self.frame()?;
        let wrong = || broken("a scan header is wrong");
        let (&count, entries) = self.payload.split_first().ok_or_else(wrong)?;
        let (entries, rest) = entries.split_at_checked(usize::from(count) * 2).ok_or_else(wrong)?;
        let &[first, last, bits] = rest else { return Err(wrong()) };
        let mut components = Vec::new();
        for entry in entries.chunks_exact(2) {
            let index =
                frame.components.iter().position(|component| component.id == entry[0]).ok_or_else(wrong)?;
            if components.iter().any(|&(other, _, _)| other == index) {
                return Err(wrong());
            }
            components.push((index, usize::from(entry[1] >> 4), usize::from(entry[1] & 15)));
        }
        let (first, last) = (u32::from(first), u32::from(last));
        let (high, low) = (u32::from(bits >> 4), u32::from(bits & 15));
        let blocks = |&(index, _, _): &(usize, usize, usize)| {
            frame.components[index].across * frame.components[index].down
        };
        let is_too_much = components.len() > 1 && components.iter().map(blocks).sum::<u32>() > 10;
        if components.is_empty() || is_too_much {
            return Err(wrong());
        }
        // What a sequential scan says of coefficients and bits has one sense only, and decoders do not look.
        if !frame.is_progressive() {
            return Ok(Scan { components, first: 0, last: 63, high: 0, low: 0 });
        }
        let is_dc = first == 0 && last == 0;
        let is_ac = first > 0 && first <= last && last < 64 && components.len() == 1;
        let is_sound = (is_dc || is_ac) && low <= 13 && (high == 0 || high == low + 1);
        if is_sound { Ok(Scan { components, first, last, high, low }) } else { Err(wrong()) }
    }
}
