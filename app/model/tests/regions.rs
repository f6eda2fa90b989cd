//! A million regions from outside, from the plainest to those that only an attacker sends: each is refused for the right
//! reason, or lies inside the picture and names at least one of its pixels.

use cutline_model::{PixelRegion, Region, RegionError, Size};

const CASES: usize = 1_000_000;

/// Numbers at which comparisons, sums and roundings turn.
const EDGES: [f64; 24] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    f64::EPSILON,
    -f64::EPSILON,
    0.0,
    -0.0,
    1e-9,
    -1e-7,
    1e-6,
    -2e-6,
    0.25,
    0.5,
    1.0 - f64::EPSILON,
    1.0,
    1.0 + f64::EPSILON,
    1.0 + 5e-7,
    1.0 + 2e-6,
    -1.0,
];

const SIDES: [u32; 8] = [1, 2, 3, 7, 1000, 65_535, 300_000_000, u32::MAX];

/// xorshift64*: the same cases in every run, so that a failure can be looked at.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() >> 33) as usize % choices.len()]
    }

    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An edge, a fraction, a small one, or any bits at all.
    fn number(&mut self) -> f64 {
        match self.next() >> 60 {
            0..4 => self.one_of(&EDGES),
            4..12 => self.fraction(),
            12..15 => self.fraction() * self.one_of(&[1e-3, 1e-6, 1e-12, 1e-300]),
            _ => f64::from_bits(self.next()),
        }
    }

    fn size(&mut self) -> Size {
        Size::new(self.one_of(&SIDES), self.one_of(&SIDES)).expect("not zero")
    }
}

/// Why these numbers cannot be a region; nothing when they can.
fn objection([x, y, w, h]: [f64; 4]) -> Option<RegionError> {
    let dust = 1e-6;
    if [x, y, w, h].iter().any(|number| !number.is_finite()) {
        return Some(RegionError::NotFinite);
    }
    if w <= 0.0 || h <= 0.0 {
        return Some(RegionError::Empty);
    }
    let is_outside = x < -dust || y < -dust || x + w > 1.0 + dust || y + h > 1.0 + dust;
    is_outside.then_some(RegionError::Outside)
}

fn check_inside(region: Region, size: Size) {
    assert!(region.x() >= 0.0 && region.y() >= 0.0 && region.w() > 0.0 && region.h() > 0.0, "{region:?}");
    let most = 1.0 + f64::EPSILON;
    assert!(region.x() + region.w() <= most && region.y() + region.h() <= most, "{region:?}");
    let PixelRegion { left, top, width, height } = region.to_pixels(size);
    assert!(width > 0 && left < size.width() && width <= size.width() - left, "{region:?} of {size}");
    assert!(height > 0 && top < size.height() && height <= size.height() - top, "{region:?} of {size}");
}

#[test]
fn a_million_rectangles_are_refused_for_what_they_are_or_lie_inside() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut inside, mut slivers) = (0, 0);
    for _ in 0..CASES {
        // Half of them with an extent that has a chance to fit.
        let mut numbers = [random.number(), random.number(), random.number(), random.number()];
        if random.next() >> 63 == 0 {
            numbers[2] *= 1.0 - numbers[0];
            numbers[3] *= 1.0 - numbers[1];
        }
        let [x, y, w, h] = numbers;
        match (Region::new(x, y, w, h), objection(numbers)) {
            (Ok(region), None) => {
                check_inside(region, random.size());
                inside += 1;
            }
            // Nothing that a picture could show is left of it.
            (Err(RegionError::Empty), None) => {
                let is_sliver = w < 2e-6 || h < 2e-6;
                assert!(is_sliver, "{numbers:?}");
                slivers += 1;
            }
            (result, objection) => assert_eq!(result.err(), objection, "{numbers:?}"),
        }
    }
    assert!(inside > CASES / 10 && slivers > CASES / 1000, "{inside} inside, {slivers} slivers");
}

#[test]
fn the_whole_picture_is_every_pixel_of_it_and_one_pixel_is_one() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..CASES / 10 {
        let size = random.size();
        let whole = PixelRegion { left: 0, top: 0, width: size.width(), height: size.height() };
        assert_eq!(Region::WHOLE.to_pixels(size), whole);
        // Sides beyond a hundred million are no picture's, and their pixels smaller than a region may be.
        let (wide, high) = (size.width().min(65_535), size.height().min(65_535));
        let size = Size::new(wide, high).expect("not zero");
        let (left, top) = (random.next() as u32 % wide, random.next() as u32 % high);
        let [x, w] = [left, 1].map(|pixels| f64::from(pixels) / f64::from(wide));
        let [y, h] = [top, 1].map(|pixels| f64::from(pixels) / f64::from(high));
        let pixel = Region::new(x, y, w, h).expect("inside").to_pixels(size);
        assert_eq!(pixel, PixelRegion { left, top, width: 1, height: 1 });
    }
}

#[test]
fn the_text_of_any_region_is_read_as_the_same_again() {
    let mut random = Random(0xfeed_beef_0bad_cafe);
    let mut count = 0;
    for _ in 0..CASES / 4 {
        let [x, y] = [random.number(), random.number()];
        let (w, h) = (random.number() * (1.0 - x), random.number() * (1.0 - y));
        let Ok(region) = Region::new(x, y, w, h) else { continue };
        count += 1;
        for text in [region.fragment().to_string(), format!("{:#}", region.fragment())] {
            let again = Region::parse(&text).unwrap_or_else(|error| panic!("{region:?} as {text}: {error}"));
            let differences = [
                again.x() - region.x(),
                again.y() - region.y(),
                again.w() - region.w(),
                again.h() - region.h(),
            ];
            // Six decimals of a percent, and where the edge is brought in as much again.
            assert!(differences.iter().all(|difference| difference.abs() < 2.1e-8), "{region:?} as {text}");
        }
    }
    assert!(count > CASES / 40, "{count}");
}

#[test]
fn any_text_is_refused_or_a_region_inside() {
    const PIECES: [&str; 28] = [
        "xywh=", "percent:", "pct:", "pixel:", "#", ",", ",,", " ", "0", "10", "25.5", "100", "1e2", "-1",
        "-0", ".5", "5.", "nan", "inf", "infinity", "1e400", "1e-400", "%", "\u{feff}", "٣", "0x10", "+7",
        "\0",
    ];
    let mut random = Random(0x0dd0_ba11_5eed_5eed);
    let mut read = 0;
    for _ in 0..CASES / 4 {
        let mut text = String::new();
        if random.next() >> 62 > 0 {
            text.push_str(random.one_of(&["xywh=percent:", "pct:", "#xywh=percent:"]));
        }
        for place in 0..random.next() >> 61 {
            if place > 0 && random.next() >> 61 > 0 {
                text.push(',');
            }
            let is_plain = random.next() >> 63 == 0;
            text.push_str(random.one_of(if is_plain { &["0", "10", "25.5", "7"] } else { &PIECES }));
        }
        if let Ok(region) = Region::parse(&text) {
            check_inside(region, random.size());
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}
