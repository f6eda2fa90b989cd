//! Broken pictures by the ten thousand: cut short, changed, confused. Each ends in a picture or a reason, in no panic (not
//! even one that is contained), in no half picture, and in time.
//!
//! A program of its own, so that it can count every panic.

mod samples;

use std::cell::Cell;
use std::panic;
use std::sync::Once;
use std::time::Duration;

use cutline_crop::{
    CropError, CropLimits, CropOptions, Cut, Format, Source, crop, measure, sniff, thumbnail,
};
use cutline_model::Region;
use samples::corpus::{Sample, corpus, corpus_of, mend_check_sums};
use samples::*;

/// Cases of each format.
const MUTATIONS: usize = 10_000;
/// More of a processor's time than any case takes, where all are done in tenths of a millisecond.
const LONGEST: Duration = Duration::from_secs(5);

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// What `work` gives, which must not panic: `crop` contains panics, and that must not hide them.
fn without_panic<T>(work: impl FnOnce() -> T) -> T {
    static COUNTING: Once = Once::new();
    COUNTING.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
    let panics = PANICS.get();
    let result = work();
    assert_eq!(PANICS.get(), panics, "a panic that was contained");
    result
}

/// xorshift64*: the same cases in every run, so that a failure can be looked at.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    /// Up to seven changes, half of them in the header, where the decisions are.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(6) {
            let reach = if self.below(2) == 0 { bytes.len().min(120) } else { bytes.len() };
            if reach == 0 {
                return;
            }
            let at = self.below(reach);
            match self.below(7) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 0xff, 0x7f, 0x80][self.below(4)],
                2 => drop(bytes.drain(at..(at + 1 + self.below(9)).min(bytes.len()))),
                3 => bytes.insert(at, self.below(256) as u8),
                4 => {
                    // A piece from elsewhere: a chunk, a table, a frame that comes twice or too early.
                    let from = self.below(bytes.len());
                    let piece = bytes[from..(from + 1 + self.below(60)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                5 => bytes.truncate(bytes.len() - self.below(bytes.len() / 8 + 1)),
                _ => bytes[at] = self.below(256) as u8,
            }
        }
    }
}

fn limits() -> CropLimits {
    CropLimits { max_whole_pixels: 1_000_000, max_decode_bytes: 32 << 20, ..CropLimits::default() }
}

/// What the processor has done for this thread: a machine that is busy with others takes nothing from it.
fn computed() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("since the thread began")
}

fn cut(bytes: &[u8], region: Region) -> Result<Cut, CropError> {
    let begin = computed();
    let result = without_panic(|| crop(bytes, region, &CropOptions::default(), &limits()));
    let took = computed() - begin;
    assert!(took < LONGEST, "{took:?} for {result:?}");
    result
}

fn quarter() -> Region {
    Region::new(0.0, 0.0, 0.5, 0.5).expect("inside")
}

/// Ten thousand changed files of a format.
fn check_mutations(format: Format, seed: u64) {
    let samples = corpus_of(format);
    let mut random = Random(seed);
    let region = Region::new(0.4, 0.4, 0.3, 0.3).expect("inside");
    let (mut made, mut refused) = (0, 0);
    for case in 0..MUTATIONS {
        let Sample { name, bytes, .. } = &samples[case % samples.len()];
        let mut bytes = bytes.clone();
        random.change(&mut bytes);
        // Or else nothing but check sums would be tried.
        if case % 4 > 0 {
            mend_check_sums(&mut bytes);
        }
        let result = cut(&bytes, region);
        if case % 8 == 0 {
            let small = without_panic(|| thumbnail(&bytes, 20, &limits()));
            assert_ne!(small.err(), Some(CropError::DecoderFailed), "{name}, case {case}");
        }
        match result {
            Ok(cut) => {
                assert_eq!(cut.region.size(), cut.size, "{name}, case {case}");
                made += 1;
            }
            Err(error) => {
                assert_ne!(error, CropError::DecoderFailed, "{name}, case {case}");
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(
        made > MUTATIONS / 100 && refused > MUTATIONS / 4,
        "{made} made, {refused} refused: the changes are too weak or too strong"
    );
}

#[test]
fn ten_thousand_changed_jpegs_break_nothing() {
    check_mutations(Format::Jpeg, 0x1111_2222_3333_4441);
}

#[test]
fn ten_thousand_changed_avifs_break_nothing() {
    check_mutations(Format::Avif, 0x1111_2222_3333_4447);
}

#[test]
fn ten_thousand_changed_tiffs_break_nothing() {
    check_mutations(Format::Tiff, 0x1111_2222_3333_4448);
}

#[test]
fn ten_thousand_changed_jpeg_xls_break_nothing() {
    check_mutations(Format::JpegXl, 0x1111_2222_3333_4449);
}

#[test]
fn ten_thousand_changed_pngs_break_nothing() {
    check_mutations(Format::Png, 0x1111_2222_3333_4442);
}

#[test]
fn ten_thousand_changed_gifs_break_nothing() {
    check_mutations(Format::Gif, 0x1111_2222_3333_4443);
}

#[test]
fn ten_thousand_changed_webps_break_nothing() {
    check_mutations(Format::WebP, 0x1111_2222_3333_4444);
}

#[test]
fn ten_thousand_changed_bmps_break_nothing() {
    check_mutations(Format::Bmp, 0x1111_2222_3333_4445);
}

#[test]
fn ten_thousand_changed_icons_break_nothing() {
    check_mutations(Format::Ico, 0x1111_2222_3333_4446);
}

#[test]
fn a_file_cut_at_any_percent_gives_the_right_part_or_says_that_it_is_incomplete() {
    for Sample { name, format, bytes } in corpus() {
        for region in [Region::WHOLE, quarter()] {
            let sound = cut(&bytes, region).unwrap_or_else(|error| panic!("{name}: {error}"));
            for percent in 0..100 {
                let part = &bytes[..bytes.len() * percent / 100];
                let arrived = without_panic(|| {
                    crop(Source::arriving(part), region, &CropOptions::default(), &limits())
                });
                for result in [cut(part, region), arrived] {
                    match result {
                        Ok(cut) => {
                            assert!(cut.bytes == sound.bytes, "{name} at {percent} %: half a picture");
                        }
                        // Too short to be known as a picture.
                        Err(CropError::NotAPicture | CropError::Unsupported { .. }) if part.len() < 16 => {}
                        Err(error) => {
                            assert_eq!(error, CropError::Truncated { format }, "{name} at {percent} %");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_magic_of_another_format_is_an_error_whatever_follows() {
    let samples = corpus();
    for from in &samples {
        for to in samples.iter().filter(|to| to.format != from.format) {
            let mut bytes = to.bytes.clone();
            bytes[..16].copy_from_slice(&from.bytes[..16]);
            let result = cut(&bytes, quarter());
            assert!(result.is_err(), "{} that begins as {}", to.name, from.name);
            assert_ne!(result.err(), Some(CropError::DecoderFailed));
        }
    }
}

#[test]
fn noise_behind_the_right_magic_is_refused() {
    let mut random = Random(0x5555_6666_7777_8888);
    for Sample { name, format, bytes } in corpus() {
        for case in 0..200 {
            // From the bare magic to the whole header.
            let kept = [12, 16, 24, 40, 80, 160][case % 6].min(bytes.len() / 2);
            let length = kept + random.below(3000);
            let mut noise = bytes[..kept].to_vec();
            noise.resize_with(length, || random.below(256) as u8);
            assert_eq!(sniff(&noise), Ok(format));
            let result = cut(&noise, Region::WHOLE);
            // Any bytes are pixels that are not packed, and any bits a lossy WebP: its arithmetic decoder knows no wrong
            // ones (RFC 6386, section 7).
            let takes_all = matches!(format, Format::Bmp | Format::Ico) || name.starts_with("webp-lossy");
            assert!(takes_all || result.is_err(), "{name}, case {case}");
            assert_ne!(result.err(), Some(CropError::DecoderFailed), "{name}, case {case}");
        }
    }
}

#[test]
fn headers_that_lie_about_their_size_are_refused() {
    // Where the sides stand: the place, how many bytes each has, and whether the big end comes first.
    let lies = |bytes: &[u8], places: &[(usize, usize, bool)], side: u32| {
        let mut bytes = bytes.to_vec();
        for &(at, length, is_big) in places {
            let side = if is_big { side.to_be_bytes() } else { side.to_le_bytes() };
            let digits = if is_big { &side[4 - length..] } else { &side[..length] };
            bytes[at..at + length].copy_from_slice(digits);
        }
        bytes
    };
    for Sample { name, format, bytes } in corpus() {
        let find = |wanted: &[u8]| bytes.windows(wanted.len()).position(|window| window == wanted);
        let (width, height): ((usize, usize, bool), (usize, usize, bool)) = match format {
            Format::Jpeg => {
                let frame =
                    [0xc0, 0xc1, 0xc2].iter().find_map(|&marker| find(&[0xff, marker, 0])).expect("a frame");
                ((frame + 7, 2, true), (frame + 5, 2, true))
            }
            Format::Png => ((16, 4, true), (20, 4, true)),
            Format::Gif => ((6, 2, false), (8, 2, false)),
            Format::WebP if find(b"VP8X").is_some() => ((24, 3, false), (27, 3, false)),
            Format::WebP if find(b"VP8L").is_some() => continue,
            Format::WebP => ((26, 2, false), (28, 2, false)),
            Format::Bmp => ((18, 4, false), (22, 4, false)),
            Format::Ico if find(b"IHDR").is_some() => ((38, 4, true), (42, 4, true)),
            Format::Ico => ((26, 4, false), (30, 4, false)),
            Format::Avif => {
                let extent = find(b"ispe").expect("it says its size");
                ((extent + 8, 4, true), (extent + 12, 4, true))
            }
            // Its sides are packed bit by bit.
            Format::JpegXl => continue,
            // Its directory stands at the end.
            Format::Tiff if name == "tiff-fax" => continue,
            Format::Tiff if name == "tiff-palette" => ((36, 4, true), (56, 4, true)),
            Format::Tiff => ((18, 4, false), (30, 4, false)),
        };
        for places in [&[width][..], &[height], &[width, height]] {
            for side in [0, 65_535] {
                let lying = lies(&bytes, places, side);
                // WebP says a side less one and in fewer bits, GIF's canvas may be larger than its frames.
                match (measure(&lying, &limits()), cut(&lying, Region::WHOLE)) {
                    (_, Err(error)) => assert_ne!(error, CropError::DecoderFailed, "{name}, {side}"),
                    (Ok((_, size)), Ok(cut)) => {
                        assert!(matches!(format, Format::Gif), "{name}, {places:?}, {side}");
                        assert_eq!(cut.size, size);
                    }
                    (Err(error), Ok(_)) => panic!("{name}: cut, though {error}"),
                }
            }
        }
    }
}

#[test]
fn a_hundred_thousand_empty_pieces_are_passed_in_time() {
    const PIECES: usize = 300_000;
    let picture = image::DynamicImage::from(smooth(16, 16));
    let jpeg = jpeg(&picture, 80);
    let png = png(&picture);
    let gif = gif(vec![(picture.to_rgba8(), 0, 0)]);
    let after =
        |file: &[u8], at: usize, piece: &[u8]| [&file[..at], &piece.repeat(PIECES), &file[at..]].concat();
    let screen = 13 + (3 << ((gif[10] & 7) + 1)) * usize::from(gif[10] >> 7);
    let mut webp_chunks = vec![(b"VP8L", vp8l(&picture))];
    webp_chunks.splice(0..0, vec![(b"JUNK", Vec::new()); PIECES]);
    for (name, file) in [
        ("empty segments", after(&jpeg, 2, b"\xff\xe3\0\x02")),
        ("pieces of a profile of nothing", after(&jpeg, 2, b"\xff\xe2\0\x10ICC_PROFILE\0\x01\x01")),
        ("Exif of nothing", after(&jpeg, 2, b"\xff\xe1\0\x08Exif\0\0")),
        ("comments", after(&jpeg, 2, b"\xff\xfe\0\x02")),
        ("fill bytes", after(&jpeg, 2, &[0xff; 12])),
        ("quantisation tables of nothing", after(&jpeg, 2, b"\xff\xdb\0\x02")),
        ("restart intervals", after(&jpeg, 2, b"\xff\xdd\0\x04\0\0")),
        ("empty chunks", after(&png, 33, &chunk(b"tEXt", b""))),
        ("gamma", after(&png, 33, &chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]))),
        ("profiles of nothing", after(&png, 33, &chunk(b"iCCP", b"a\0\0"))),
        ("extensions of nothing", after(&gif, screen, b"\x21\xfe\0")),
        ("sub-blocks of one byte", {
            let comment = [&b"\x21\xfe"[..], &b"\x01x".repeat(PIECES), b"\0"].concat();
            [&gif[..screen], &comment, &gif[screen..]].concat()
        }),
        ("chunks of nothing", webp_file(0, 16, 16, &webp_chunks)),
    ] {
        let begin = computed();
        let result = without_panic(|| crop(&file, Region::WHOLE, &CropOptions::default(), &limits()));
        let cut = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        let took = computed() - begin;
        assert!(took < LONGEST, "{name}: {took:?}");
        assert!(cut.bytes.len() < 10_000, "{name}: {} bytes", cut.bytes.len());
    }
}
