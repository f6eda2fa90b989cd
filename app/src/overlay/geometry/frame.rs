//! Where the picture of an `<img>` is painted on the page, whatever the page does to it.
//!
//! What an `<img>` shows is not its border box: padding and border lie around the content box, the picture is fitted
//! into that, and transforms of the element and of all that it stands in turn and stretch the whole. Those transforms
//! are known up to a factor (`zoom` scales too, and browsers differ in what they tell of it); the bounding rectangle
//! tells the factor, and where it all lies.

use super::{Affine, Edges, Linear, ObjectFit, Offset, Point, Rect};

/// How far the two factors that a bounding rectangle tells may be apart before the transforms read cannot be all.
const TOLERANCE: f64 = 0.01;

/// Least area that a square pixel of layout must be seen as: below it, the picture is on its edge.
const LEAST_AREA: f64 = 1e-4;

/// What an `<img>` looks like: everything that decides where its picture is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Width and height of its border box in layout pixels.
    pub layout: (f64, f64),
    /// Border and padding in layout pixels.
    pub edges: Edges,
    /// The picture's natural width and height in layout pixels.
    pub natural: (f64, f64),
    /// How the picture is fitted.
    pub fit: ObjectFit,
    /// Where it stands in the free space.
    pub position: (Offset, Offset),
    /// What the transforms of the element and its ancestors make of it, but for a factor; none when that is unknown.
    pub linear: Option<Linear>,
    /// The upright rectangle around its border box, as displayed, in coordinates of the page.
    pub bounds: Rect,
}

/// Where a picture is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The whole picture, also what is cut off by `object-fit: cover`; in the plane.
    pub painted: Rect,
    /// What of it can be seen; in the plane.
    pub visible: Rect,
    /// From the plane to the page.
    pub placed: Affine,
    /// The element's border box in the plane; its corner is the origin.
    pub border_box: Rect,
    /// Border and padding in layout pixels.
    pub edges: Edges,
    /// Pixels of the plane per layout pixel in x and y.
    pub scale: (f64, f64),
}

impl Frame {
    /// Where the picture of an `<img>` of this appearance is painted; none when nothing of it can be seen: no size, or
    /// turned on its edge.
    #[must_use]
    pub fn of(appearance: &Appearance) -> Option<Self> {
        let Appearance { layout, edges, natural, fit, position, linear, bounds } = *appearance;
        let [x, y] = columns(layout, linear, bounds)?;
        let scale = (x.0.hypot(x.1), y.0.hypot(y.1));
        let unplaced = Affine {
            x: (x.0 / scale.0, x.1 / scale.0),
            y: (y.0 / scale.1, y.1 / scale.1),
            origin: Point { x: 0.0, y: 0.0 },
        };
        let area = scale.0 * scale.1 * unplaced.determinant().abs();
        // Without a size in one direction it is not a number.
        if area.is_nan() || area <= LEAST_AREA {
            return None;
        }
        let border_box = Rect { left: 0.0, top: 0.0, width: layout.0, height: layout.1 };
        let content = border_box.shrunk_by(edges);
        let painted = fit.place(natural, position, content);
        let to_plane = |rect: Rect| rect.scaled_by(scale.0, scale.1);
        let border_box = to_plane(border_box);
        // Transforms about any origin only move the box; its bounding rectangle says where to.
        let around = unplaced.bounds_of(border_box);
        let origin = Point { x: bounds.left - around.left, y: bounds.top - around.top };
        let visible = to_plane(painted.intersection(content));
        (visible.width > 0.0 && visible.height > 0.0).then_some(Self {
            painted: to_plane(painted),
            visible,
            placed: Affine { origin, ..unplaced },
            border_box,
            edges,
            scale,
        })
    }

    /// The place of a point of the page on the picture, in fractions of it; outside 0..=1 when beside it.
    #[must_use]
    pub fn to_fractions(self, point: Point) -> Point {
        self.fractions_of(self.placed.undo(point))
    }

    /// The corners of what can be seen, top left and bottom right, in fractions of the picture.
    #[must_use]
    pub fn visible_fractions(self) -> [Point; 2] {
        let Rect { left, top, .. } = self.visible;
        [
            self.fractions_of(Point { x: left, y: top }),
            self.fractions_of(Point { x: self.visible.right(), y: self.visible.bottom() }),
        ]
    }

    /// The upright rectangle around what can be seen, in coordinates of the page.
    #[must_use]
    pub fn bounds(self) -> Rect {
        self.placed.bounds_of(self.visible)
    }

    /// `pixels` on the page, as fractions of the picture in x and y.
    #[must_use]
    pub fn extent_of(self, pixels: f64) -> (f64, f64) {
        (pixels / self.painted.width, pixels / self.painted.height)
    }

    fn fractions_of(self, point: Point) -> Point {
        Point {
            x: (point.x - self.painted.left) / self.painted.width,
            y: (point.y - self.painted.top) / self.painted.height,
        }
    }
}

/// Where one layout pixel in x and in y goes on the page.
fn columns(layout: (f64, f64), linear: Option<Linear>, bounds: Rect) -> Option<[(f64, f64); 2]> {
    let (width, height) = layout;
    if !(width > 0.0 && height > 0.0 && bounds.width > 0.0 && bounds.height > 0.0) {
        return None;
    }
    let known = linear.map(Linear::columns).and_then(|[x, y]| {
        let around = (x.0.abs() * width + y.0.abs() * height, x.1.abs() * width + y.1.abs() * height);
        let factors = (bounds.width / around.0, bounds.height / around.1);
        let factor = (bounds.width + bounds.height) / (around.0 + around.1);
        let agree = (factors.0 / factors.1 - 1.0).abs() < TOLERANCE;
        agree.then_some([(x.0 * factor, x.1 * factor), (y.0 * factor, y.1 * factor)])
    });
    // Perspective, or a motion path: nothing better is known than the rectangle.
    known.or(Some([(bounds.width / width, 0.0), (0.0, bounds.height / height)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Rect = Rect { left: 100.0, top: 50.0, width: 300.0, height: 200.0 };

    fn plain(fit: ObjectFit, natural: (f64, f64)) -> Appearance {
        Appearance {
            layout: (300.0, 200.0),
            edges: Edges::default(),
            natural,
            fit,
            position: (Offset::MIDDLE, Offset::MIDDLE),
            linear: Some(Linear::IDENTITY),
            bounds: BOUNDS,
        }
    }

    fn style(transform: &str) -> Option<Linear> {
        Linear::of_style("none", "none", transform)
    }

    #[test]
    fn an_untouched_picture_is_its_bounding_rectangle() {
        let frame = Frame::of(&plain(ObjectFit::Fill, (600.0, 100.0))).expect("visible");
        assert_eq!(frame.bounds(), BOUNDS);
        assert_eq!(frame.to_fractions(Point { x: 100.0, y: 50.0 }), Point { x: 0.0, y: 0.0 });
        assert_eq!(frame.to_fractions(Point { x: 250.0, y: 250.0 }), Point { x: 0.5, y: 1.0 });
    }

    #[test]
    fn border_and_padding_are_not_picture_and_grow_with_a_scaled_page() {
        let edges = Edges { left: 5.0, top: 10.0, right: 15.0, bottom: 20.0 };
        let bounds = Rect { left: 100.0, top: 50.0, width: 600.0, height: 400.0 };
        let frame = Frame::of(&Appearance { edges, bounds, ..plain(ObjectFit::Fill, (30.0, 20.0)) });
        let content = Rect { left: 110.0, top: 70.0, width: 560.0, height: 340.0 };
        assert_eq!(frame.expect("visible").bounds(), content);
    }

    #[test]
    fn what_cover_cuts_off_cannot_be_seen() {
        let frame = Frame::of(&plain(ObjectFit::Cover, (600.0, 200.0))).expect("visible");
        assert_eq!(frame.bounds(), BOUNDS);
        assert_eq!(frame.visible_fractions(), [Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }]);
    }

    #[test]
    fn a_quarter_turn_is_undone() {
        let linear = style("matrix(0, 1, -1, 0, 0, 0)");
        let bounds = Rect { left: 0.0, top: 0.0, width: 200.0, height: 300.0 };
        let frame =
            Frame::of(&Appearance { linear, bounds, ..plain(ObjectFit::Fill, (3.0, 2.0)) }).expect("visible");
        // The picture's top left corner is now at the top right.
        let corner = frame.to_fractions(Point { x: 200.0, y: 0.0 });
        assert!(corner.x.abs() < 1e-9 && corner.y.abs() < 1e-9, "{corner:?}");
        let corner = frame.to_fractions(Point { x: 200.0, y: 300.0 });
        assert!((corner.x - 1.0).abs() < 1e-9 && corner.y.abs() < 1e-9, "{corner:?}");
    }

    #[test]
    fn a_picture_on_its_edge_or_without_size_has_no_frame() {
        let flat =
            Appearance { linear: style("matrix(0, 0, 0, 1, 0, 0)"), ..plain(ObjectFit::Fill, (3.0, 2.0)) };
        let thin = Rect { width: 1e-9, ..BOUNDS };
        assert_eq!(Frame::of(&Appearance { bounds: thin, ..flat }), None);
        assert_eq!(Frame::of(&Appearance { bounds: Rect { width: 0.0, ..BOUNDS }, ..flat }), None);
        assert_eq!(Frame::of(&Appearance { layout: (0.0, 10.0), ..flat }), None);
    }

    #[test]
    fn what_transforms_do_not_explain_is_taken_from_the_rectangle() {
        let unexplained =
            Appearance { linear: style("matrix(1, 0, 0, 3, 0, 0)"), ..plain(ObjectFit::Fill, (3.0, 2.0)) };
        assert_eq!(Frame::of(&unexplained).expect("visible").bounds(), BOUNDS);
        let unknown = Appearance { linear: None, ..unexplained };
        assert_eq!(Frame::of(&unknown), Frame::of(&unexplained));
    }

    fn fits() -> impl Strategy<Value = ObjectFit> {
        prop::sample::select(vec![
            ObjectFit::Fill,
            ObjectFit::Contain,
            ObjectFit::Cover,
            ObjectFit::None,
            ObjectFit::ScaleDown,
        ])
    }

    proptest! {
        #[test]
        fn the_visible_part_lies_in_the_box_and_on_the_picture(fit in fits(), w in 1.0..5000.0, h in 1.0..5000.0) {
            let frame = Frame::of(&plain(fit, (w, h))).expect("visible");
            let dust = 1e-6;
            for outer in [frame.border_box, frame.painted] {
                prop_assert!(frame.visible.left >= outer.left - dust && frame.visible.right() <= outer.right() + dust);
                prop_assert!(frame.visible.top >= outer.top - dust && frame.visible.bottom() <= outer.bottom() + dust);
            }
        }

        /// The browser's own way: each point of the picture is fitted, then transformed about an origin, then zoomed. From
        /// nothing but the linear part and the bounding rectangle, every point must be found again.
        #[test]
        fn any_transform_about_any_origin_with_any_zoom_is_undone(
            (a, b, c, d) in (-2.0..2.0, -2.0..2.0, -2.0..2.0, -2.0..2.0),
            (zoom, origin_x, origin_y) in (0.2..4.0, -500.0..500.0, -500.0..500.0),
            (fit, natural_w, natural_h) in (fits(), 10.0..3000.0, 10.0..3000.0),
            (u, v, edge) in (0.0f64..1.0, 0.0f64..1.0, 0.0..40.0),
        ) {
            let determinant: f64 = a * d - b * c;
            prop_assume!(determinant.abs() > 0.05);
            let edges = Edges { left: edge, top: edge / 2.0, right: 0.0, bottom: edge };
            let layout = (320.0, 240.0);
            let border_box = Rect { left: 0.0, top: 0.0, width: layout.0, height: layout.1 };
            let page = |x: f64, y: f64| Point {
                x: zoom * (a * (x - origin_x) + c * (y - origin_y) + origin_x) + 31.0,
                y: zoom * (b * (x - origin_x) + d * (y - origin_y) + origin_y) - 17.0,
            };
            let appearance = Appearance {
                layout,
                edges,
                linear: style(&format!("matrix({a}, {b}, {c}, {d}, 5, 6)")),
                bounds: Rect::around(border_box.corners().map(|corner| page(corner.x, corner.y))),
                ..plain(fit, (natural_w, natural_h))
            };
            let painted = fit.place((natural_w, natural_h), appearance.position, border_box.shrunk_by(edges));
            let frame = Frame::of(&appearance).expect("visible");
            let seen = page(painted.left + u * painted.width, painted.top + v * painted.height);
            let found = frame.to_fractions(seen);
            prop_assert!((found.x - u).abs() < 1e-6 && (found.y - v).abs() < 1e-6, "{found:?} for {u} {v}");
        }
    }
}
