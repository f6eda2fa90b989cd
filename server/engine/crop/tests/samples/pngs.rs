//! PNG files of every kind, written here by the specification, so that nothing of the reader under test is in them.

use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

use super::chunk;

/// Colour type and depth of every kind there is (PNG, third edition, section 11.2.1).
pub(crate) const KINDS: [(u8, u8); 15] = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 2),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
];

/// xorshift64*: the same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % u64::from(end)) as u32
    }
}

/// How a picture's samples are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) colour: u8,
    pub(crate) depth: u8,
    pub(crate) is_interlaced: bool,
}

impl Kind {
    fn channels(self) -> u32 {
        [1, 0, 3, 1, 2, 0, 4][usize::from(self.colour)]
    }

    /// The payload of IHDR.
    pub(crate) fn header(self, width: u32, height: u32) -> Vec<u8> {
        let rest = [self.depth, self.colour, 0, 0, u8::from(self.is_interlaced)];
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &rest].concat()
    }

    /// A zlib stream of a random picture: smooth in parts and noisy in others, each line with a filter of its own.
    pub(crate) fn data(self, width: u32, height: u32, random: &mut Random) -> Vec<u8> {
        let max = (1_u32 << self.depth) - 1;
        let (dx, dy, noise) = (random.below(9), random.below(9), random.below(3) * max / 4);
        let samples: Vec<u32> = (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| (0..self.channels()).map(move |c| x * dx + y * dy + c * 50))
            })
            .map(|value| (value.wrapping_mul(max.div_ceil(255)) + random.below(noise + 1)) % (max + 1))
            .collect();
        let passes: &[[u32; 4]] = if self.is_interlaced {
            &[
                [0, 8, 0, 8],
                [4, 8, 0, 8],
                [0, 4, 4, 8],
                [2, 4, 0, 4],
                [0, 2, 2, 4],
                [1, 2, 0, 2],
                [0, 1, 1, 2],
            ]
        } else {
            &[[0, 1, 0, 1]]
        };
        let mut lines = Vec::new();
        for &[left, dx, top, dy] in passes {
            let mut above = Vec::new();
            for y in (top..height).step_by(dy as usize) {
                let pixels = (left..width).step_by(dx as usize).map(|x| (y * width + x) * self.channels());
                let line: Vec<u32> = pixels
                    .flat_map(|at| samples[at as usize..(at + self.channels()) as usize].iter().copied())
                    .collect();
                if line.is_empty() {
                    continue;
                }
                let line = self.packed(&line);
                above.resize(line.len(), 0);
                lines.extend(self.filtered(random.below(5) as u8, &line, &above));
                above = line;
            }
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(random.below(10)));
        encoder.write_all(&lines).unwrap();
        encoder.finish().unwrap()
    }

    fn packed(self, line: &[u32]) -> Vec<u8> {
        match self.depth {
            16 => line.iter().flat_map(|&sample| (sample as u16).to_be_bytes()).collect(),
            depth => line
                .chunks(8 / usize::from(depth))
                .map(|samples| {
                    let bits = samples.iter().enumerate();
                    bits.map(|(i, &sample)| (sample as u8) << (8 - depth as usize * (i + 1))).sum()
                })
                .collect(),
        }
    }

    fn filtered(self, filter: u8, line: &[u8], above: &[u8]) -> Vec<u8> {
        let distance = (self.channels() as usize * usize::from(self.depth)).div_ceil(8);
        let at = |bytes: &[u8], i: usize| i32::from(i.checked_sub(distance).map_or(0, |i| bytes[i]));
        let filtered = line.iter().enumerate().map(|(i, &byte)| {
            let (a, b, c) = (at(line, i), i32::from(above[i]), at(above, i));
            let p = a + b - c;
            let predicted = match filter {
                0 => 0,
                1 => a,
                2 => b,
                3 => (a + b) / 2,
                _ if (p - a).abs() <= (p - b).abs() && (p - a).abs() <= (p - c).abs() => a,
                _ if (p - b).abs() <= (p - c).abs() => b,
                _ => c,
            };
            byte.wrapping_sub(predicted as u8)
        });
        std::iter::once(filter).chain(filtered).collect()
    }

    /// Chunks that must or may stand before the pixels: a palette, and transparency if wanted.
    pub(crate) fn before(self, is_transparent: bool, random: &mut Random) -> Vec<u8> {
        let mut chunks = Vec::new();
        let colours = 1 + random.below(1 << self.depth.min(8));
        let mut bytes = |count: u32| (0..count).map(|_| random.below(256) as u8).collect::<Vec<u8>>();
        if self.colour == 3 {
            chunks.extend(chunk(b"PLTE", &bytes(3 * colours)));
        }
        let transparency = match self.colour {
            0 if self.depth < 8 => vec![0, bytes(1)[0] >> (8 - self.depth)],
            0 | 2 if self.depth == 8 => [0, 50].repeat(self.channels() as usize),
            0 | 2 => bytes(2 * self.channels()),
            3 => bytes(colours.div_ceil(2)),
            _ => return chunks,
        };
        if is_transparent {
            chunks.extend(chunk(b"tRNS", &transparency));
        }
        chunks
    }
}

/// Payloads in chunks of random lengths, some of them empty.
pub(crate) fn split(data: &[u8], random: &mut Random) -> Vec<Vec<u8>> {
    let (mut pieces, mut rest) = (Vec::new(), data);
    while !rest.is_empty() {
        let longest = [1, 20, 400, 60_000][random.below(4) as usize];
        let (piece, behind) = rest.split_at((random.below(longest + 1) as usize).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = behind;
    }
    pieces
}

/// A picture of this kind that stands still.
pub(crate) fn still(kind: Kind, width: u32, height: u32, is_transparent: bool, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &kind.header(width, height)));
    file.extend(kind.before(is_transparent, &mut random));
    for piece in split(&kind.data(width, height, &mut random), &mut random) {
        file.extend(chunk(b"IDAT", &piece));
    }
    file.extend(chunk(b"IEND", &[]));
    file
}

/// A frame of an animation: its place, its time, what becomes of it (0 to 2) and how it is laid over (0 or 1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) delay: (u16, u16),
    pub(crate) dispose: u8,
    pub(crate) blend: u8,
}

impl Placed {
    /// The payload of fcTL.
    fn control(&self, sequence: u32) -> Vec<u8> {
        let numbers = [sequence, self.width, self.height, self.left, self.top];
        let mut payload: Vec<u8> = numbers.into_iter().flat_map(u32::to_be_bytes).collect();
        payload.extend(self.delay.0.to_be_bytes());
        payload.extend(self.delay.1.to_be_bytes());
        payload.extend([self.dispose, self.blend]);
        payload
    }
}

/// An animation of these frames. When the picture that every program shows is no frame, it stands before them.
pub(crate) fn moving(
    kind: Kind,
    (width, height): (u32, u32),
    frames: &[Placed],
    plays: u32,
    has_cover: bool,
    seed: u64,
) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &kind.header(width, height)));
    file.extend(kind.before(true, &mut random));
    file.extend(chunk(b"acTL", &[(frames.len() as u32).to_be_bytes(), plays.to_be_bytes()].concat()));
    let mut sequence = 0_u32;
    let mut next = || {
        sequence += 1;
        sequence - 1
    };
    let pixels = |width, height, random: &mut Random| {
        let data = kind.data(width, height, random);
        split(&data, random)
    };
    if has_cover {
        for piece in pixels(width, height, &mut random) {
            file.extend(chunk(b"IDAT", &piece));
        }
    }
    for (index, frame) in frames.iter().enumerate() {
        file.extend(chunk(b"fcTL", &frame.control(next())));
        for piece in pixels(frame.width, frame.height, &mut random) {
            if index == 0 && !has_cover {
                file.extend(chunk(b"IDAT", &piece));
            } else {
                file.extend(chunk(b"fdAT", &[&next().to_be_bytes()[..], &piece].concat()));
            }
        }
        if random.below(3) == 0 {
            file.extend(chunk(b"prVt", b"between the frames"));
        }
    }
    file.extend(chunk(b"IEND", &[]));
    file
}

/// A chunk's type and payload.
pub(crate) type Chunk = ([u8; 4], Vec<u8>);

/// A file's chunks.
pub(crate) fn chunks_of(png: &[u8]) -> Vec<Chunk> {
    let (mut chunks, mut at) = (Vec::new(), 8);
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        chunks.push((png[at + 4..at + 8].try_into().unwrap(), png[at + 8..at + 8 + length].to_vec()));
        at += 12 + length;
    }
    chunks
}

/// The file of these chunks.
pub(crate) fn file_of(chunks: &[Chunk]) -> Vec<u8> {
    let chunks = chunks.iter().map(|(kind, payload)| chunk(kind, payload));
    std::iter::once(b"\x89PNG\r\n\x1a\n".to_vec()).chain(chunks).flatten().collect()
}
