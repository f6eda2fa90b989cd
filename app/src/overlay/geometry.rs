//! Where a picture is painted, and where the panel goes beside it.
//!
//! Plain numbers in CSS pixels, y downwards; no browser, so that every layout can be tested. What an `<img>` shows is not
//! its border box: padding and border lie around the content box, and `object-fit` and `object-position` place the
//! picture inside that, perhaps smaller (letterbox), perhaps larger (then only a part is visible).

/// A point in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Width, never negative.
    pub width: f64,
    /// Height, never negative.
    pub height: f64,
}

impl Rect {
    /// Right edge.
    #[must_use]
    pub fn right(self) -> f64 {
        self.left + self.width
    }

    /// Bottom edge.
    #[must_use]
    pub fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// The part that both cover; empty when they do not meet.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        Self {
            left,
            top,
            width: (self.right().min(other.right()) - left).max(0.0),
            height: (self.bottom().min(other.bottom()) - top).max(0.0),
        }
    }

    /// The rectangle without a margin on each side.
    #[must_use]
    pub fn shrunk_by(self, edges: Edges) -> Self {
        Self {
            left: self.left + edges.left,
            top: self.top + edges.top,
            width: (self.width - edges.left - edges.right).max(0.0),
            height: (self.height - edges.top - edges.bottom).max(0.0),
        }
    }

    /// The rectangle moved by (`x`, `y`).
    #[must_use]
    pub fn moved_by(self, x: f64, y: f64) -> Self {
        Self { left: self.left + x, top: self.top + y, ..self }
    }

    /// Whether `point` lies on it.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        (self.left..=self.right()).contains(&point.x) && (self.top..=self.bottom()).contains(&point.y)
    }
}

/// Widths of the four sides of a frame: border and padding together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edges {
    /// At the left.
    pub left: f64,
    /// At the top.
    pub top: f64,
    /// At the right.
    pub right: f64,
    /// At the bottom.
    pub bottom: f64,
}

/// CSS `object-fit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFit {
    /// Stretched to the content box; the default.
    Fill,
    /// As large as fits, shape kept.
    Contain,
    /// As small as covers, shape kept.
    Cover,
    /// Natural size.
    None,
    /// The smaller of `none` and `contain`.
    ScaleDown,
}

impl ObjectFit {
    /// Reads the computed value; what is unknown is the default.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "contain" => Self::Contain,
            "cover" => Self::Cover,
            "none" => Self::None,
            "scale-down" => Self::ScaleDown,
            _ => Self::Fill,
        }
    }
}

/// One axis of a computed `object-position`: a fraction of the free space plus a length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offset {
    fraction: f64,
    pixels: f64,
}

impl Offset {
    /// The middle, the default of both axes.
    pub const MIDDLE: Self = Self { fraction: 0.5, pixels: 0.0 };

    /// Reads `50%`, `12px` or `calc(100% - 12px)`, the forms that a computed value has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("calc(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
        if inner.trim().is_empty() {
            return None;
        }
        let mut offset = Self { fraction: 0.0, pixels: 0.0 };
        let mut sign = 1.0;
        for term in inner.split_whitespace() {
            if let Some(percent) = term.strip_suffix('%') {
                offset.fraction += sign * percent.parse::<f64>().ok()? / 100.0;
            } else if let Some(pixels) = term.strip_suffix("px") {
                offset.pixels += sign * pixels.parse::<f64>().ok()?;
            } else {
                sign = match term {
                    "+" => 1.0,
                    "-" => -1.0,
                    _ => return None,
                };
            }
        }
        Some(offset)
    }

    /// Both axes of a computed `object-position`, the middle where it cannot be read.
    #[must_use]
    pub fn parse_pair(text: &str) -> (Self, Self) {
        // A space inside calc() does not part the axes.
        let mut depth = 0;
        let split = text.trim().char_indices().find(|&(_, c)| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ' ' && depth == 0
        });
        let (x, y) = split.map_or((text.trim(), "50%"), |(at, _)| text.trim().split_at(at));
        (Self::parse(x).unwrap_or(Self::MIDDLE), Self::parse(y).unwrap_or(Self::MIDDLE))
    }

    fn within(self, free: f64, scale: f64) -> f64 {
        self.fraction * free + self.pixels * scale
    }
}

/// What an `<img>` looks like: everything that decides where its picture is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Its border box as displayed, after the page's transforms.
    pub border_box: Rect,
    /// Displayed pixels per layout pixel in x and y: 1 without transforms.
    pub scale: (f64, f64),
    /// Border and padding in layout pixels.
    pub edges: Edges,
    /// The picture's natural width and height in CSS pixels.
    pub natural: (f64, f64),
    /// How the picture is fitted.
    pub fit: ObjectFit,
    /// Where it stands in the free space.
    pub position: (Offset, Offset),
}

/// Where a picture is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The whole picture, also what is cut off by `object-fit: cover`.
    pub painted: Rect,
    /// What of it can be seen.
    pub visible: Rect,
}

impl Frame {
    /// Where the picture of an `<img>` of this appearance is painted.
    #[must_use]
    pub fn of(appearance: &Appearance) -> Self {
        let Appearance { border_box, scale: (sx, sy), edges, natural, fit, position } = *appearance;
        let content = border_box.shrunk_by(Edges {
            left: edges.left * sx,
            top: edges.top * sy,
            right: edges.right * sx,
            bottom: edges.bottom * sy,
        });
        // In layout pixels, so that a stretching transform does not change how the picture is fitted.
        let (width, height) = (content.width / sx, content.height / sy);
        let (natural_width, natural_height) =
            (natural.0.max(f64::MIN_POSITIVE), natural.1.max(f64::MIN_POSITIVE));
        let contain = (width / natural_width).min(height / natural_height);
        let zoom = match fit {
            ObjectFit::Fill => return Self { painted: content, visible: content },
            ObjectFit::Contain => contain,
            ObjectFit::Cover => (width / natural_width).max(height / natural_height),
            ObjectFit::None => 1.0,
            ObjectFit::ScaleDown => contain.min(1.0),
        };
        let (painted_width, painted_height) = (natural_width * zoom, natural_height * zoom);
        let painted = Rect {
            left: content.left + position.0.within(width - painted_width, 1.0) * sx,
            top: content.top + position.1.within(height - painted_height, 1.0) * sy,
            width: painted_width * sx,
            height: painted_height * sy,
        };
        Self { painted, visible: painted.intersection(content) }
    }

    /// The place of `point` on the picture, in fractions of it; outside 0..=1 when beside it.
    #[must_use]
    pub fn to_fractions(self, point: Point) -> Point {
        Point {
            x: (point.x - self.painted.left) / self.painted.width.max(f64::MIN_POSITIVE),
            y: (point.y - self.painted.top) / self.painted.height.max(f64::MIN_POSITIVE),
        }
    }
}

/// Where the panel stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// With its top left corner at this place of the page.
    At(Point),
    /// Along the bottom of the window: there is no room beside the picture.
    Docked,
}

/// Room kept between picture, panel and window edge, in CSS pixels.
const GAP: f64 = 12.0;

/// Below this window width the panel is always docked, in CSS pixels.
const NARROW: f64 = 640.0;

/// Finds room for a panel of `panel` (width, height) beside `picture`: right of it, left, below, above; else docked.
///
/// All in the coordinates of `window`, the part of the page that is visible now.
#[must_use]
pub fn place_panel(picture: Rect, window: Rect, panel: (f64, f64)) -> Placement {
    let (width, height) = panel;
    if window.width < NARROW {
        return Placement::Docked;
    }
    let shown = picture.intersection(window);
    let clamp = |value: f64, low: f64, high: f64| value.min(high).max(low);
    let beside_top = clamp(shown.top, window.top + GAP, window.bottom() - height - GAP);
    let aligned_left = clamp(picture.left, window.left + GAP, window.right() - width - GAP);
    if picture.right() + GAP + width + GAP <= window.right() {
        Placement::At(Point { x: picture.right() + GAP, y: beside_top })
    } else if picture.left - GAP - width - GAP >= window.left {
        Placement::At(Point { x: picture.left - GAP - width, y: beside_top })
    } else if shown.bottom() + GAP + height + GAP <= window.bottom() {
        Placement::At(Point { x: aligned_left, y: shown.bottom() + GAP })
    } else if shown.top - GAP - height - GAP >= window.top {
        Placement::At(Point { x: aligned_left, y: shown.top - GAP - height })
    } else {
        Placement::Docked
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOX: Rect = Rect { left: 100.0, top: 50.0, width: 300.0, height: 200.0 };

    fn plain(fit: ObjectFit, natural: (f64, f64)) -> Appearance {
        Appearance {
            border_box: BOX,
            scale: (1.0, 1.0),
            edges: Edges::default(),
            natural,
            fit,
            position: (Offset::MIDDLE, Offset::MIDDLE),
        }
    }

    #[test]
    fn object_fit_places_the_picture_as_browsers_do() {
        for (fit, natural, painted, visible) in [
            (ObjectFit::Fill, (600.0, 100.0), BOX, BOX),
            (
                ObjectFit::Contain,
                (600.0, 200.0),
                Rect { left: 100.0, top: 100.0, width: 300.0, height: 100.0 },
                Rect { left: 100.0, top: 100.0, width: 300.0, height: 100.0 },
            ),
            (
                ObjectFit::Cover,
                (600.0, 200.0),
                Rect { left: -50.0, top: 50.0, width: 600.0, height: 200.0 },
                BOX,
            ),
            (
                ObjectFit::None,
                (100.0, 100.0),
                Rect { left: 200.0, top: 100.0, width: 100.0, height: 100.0 },
                Rect { left: 200.0, top: 100.0, width: 100.0, height: 100.0 },
            ),
            (ObjectFit::ScaleDown, (600.0, 400.0), BOX, BOX),
            (
                ObjectFit::ScaleDown,
                (30.0, 20.0),
                Rect { left: 235.0, top: 140.0, width: 30.0, height: 20.0 },
                Rect { left: 235.0, top: 140.0, width: 30.0, height: 20.0 },
            ),
        ] {
            assert_eq!(Frame::of(&plain(fit, natural)), Frame { painted, visible }, "{fit:?} {natural:?}");
        }
    }

    #[test]
    fn border_and_padding_are_not_picture_and_grow_with_a_scaled_page() {
        let appearance = Appearance {
            scale: (2.0, 2.0),
            edges: Edges { left: 5.0, top: 10.0, right: 15.0, bottom: 20.0 },
            ..plain(ObjectFit::Fill, (30.0, 20.0))
        };
        let content = Rect { left: 110.0, top: 70.0, width: 260.0, height: 140.0 };
        assert_eq!(Frame::of(&appearance), Frame { painted: content, visible: content });
    }

    #[test]
    fn object_position_is_read_in_each_computed_form() {
        for (text, expected) in [
            ("0% 100%", ((0.0, 0.0), (1.0, 0.0))),
            ("12px 50%", ((0.0, 12.0), (0.5, 0.0))),
            ("calc(100% - 12px) calc(0% + 3px)", ((1.0, -12.0), (0.0, 3.0))),
            ("nonsense 25%", ((0.5, 0.0), (0.25, 0.0))),
            ("", ((0.5, 0.0), (0.5, 0.0))),
        ] {
            let (x, y) = Offset::parse_pair(text);
            assert_eq!(((x.fraction, x.pixels), (y.fraction, y.pixels)), expected, "{text}");
        }
    }

    #[test]
    fn the_panel_goes_where_there_is_room() {
        let window = Rect { left: 0.0, top: 1000.0, width: 1280.0, height: 800.0 };
        let panel = (340.0, 420.0);
        for (picture, expected) in [
            (
                Rect { left: 20.0, top: 1100.0, width: 600.0, height: 400.0 },
                Placement::At(Point { x: 632.0, y: 1100.0 }),
            ),
            (
                Rect { left: 660.0, top: 1700.0, width: 600.0, height: 400.0 },
                Placement::At(Point { x: 308.0, y: 1368.0 }),
            ),
            (
                Rect { left: 200.0, top: 1000.0, width: 880.0, height: 300.0 },
                Placement::At(Point { x: 200.0, y: 1312.0 }),
            ),
            (Rect { left: 0.0, top: 900.0, width: 1280.0, height: 2000.0 }, Placement::Docked),
        ] {
            assert_eq!(place_panel(picture, window, panel), expected, "{picture:?}");
        }
        let phone = Rect { left: 0.0, top: 0.0, width: 360.0, height: 740.0 };
        assert_eq!(
            place_panel(Rect { left: 0.0, top: 0.0, width: 360.0, height: 240.0 }, phone, panel),
            Placement::Docked
        );
    }

    fn fits() -> impl Strategy<Value = ObjectFit> {
        prop_oneof![
            Just(ObjectFit::Fill),
            Just(ObjectFit::Contain),
            Just(ObjectFit::Cover),
            Just(ObjectFit::None),
            Just(ObjectFit::ScaleDown)
        ]
    }

    proptest! {
        #[test]
        fn the_visible_part_lies_in_the_box_and_on_the_picture(fit in fits(), w in 1.0..5000.0, h in 1.0..5000.0, px in 0.0..1.0, py in 0.0..1.0) {
            let position = (Offset { fraction: px, pixels: 0.0 }, Offset { fraction: py, pixels: 0.0 });
            let frame = Frame::of(&Appearance { position, ..plain(fit, (w, h)) });
            let dust = 1e-6;
            for outer in [BOX, frame.painted] {
                prop_assert!(frame.visible.left >= outer.left - dust && frame.visible.right() <= outer.right() + dust);
                prop_assert!(frame.visible.top >= outer.top - dust && frame.visible.bottom() <= outer.bottom() + dust);
            }
        }

        #[test]
        fn every_fit_but_fill_keeps_the_shape(fit in fits().prop_filter("it stretches", |fit| *fit != ObjectFit::Fill), w in 1.0..5000.0, h in 1.0..5000.0) {
            let painted = Frame::of(&plain(fit, (w, h))).painted;
            prop_assert!((painted.width / painted.height - w / h).abs() < 1e-6 * (w / h));
        }

        #[test]
        fn a_placed_panel_is_on_the_window_and_off_the_visible_picture(left in 0.0..1200.0, top in 0.0..700.0, w in 10.0..1200.0, h in 10.0..900.0, pw in 200.0..400.0, ph in 200.0..600.0) {
            let window = Rect { left: 0.0, top: 0.0, width: 1280.0, height: 800.0 };
            let picture = Rect { left, top, width: w, height: h };
            if let Placement::At(Point { x, y }) = place_panel(picture, window, (pw, ph)) {
                let panel = Rect { left: x, top: y, width: pw, height: ph };
                prop_assert!(panel.left >= 0.0 && panel.right() <= 1280.0 && panel.top >= 0.0 && panel.bottom() <= 800.0);
                let overlap = panel.intersection(picture.intersection(window));
                prop_assert!(overlap.width <= 0.0 || overlap.height <= 0.0);
            }
        }
    }
}
