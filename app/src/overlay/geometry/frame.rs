//! Where the picture of an `<img>` is painted on the page, whatever the page does to it.
//!
//! What an `<img>` shows is not its border box: padding and border lie around the content box, the picture is fitted
//! into that, and transforms of the element and of all that it stands in turn and stretch the whole. Those transforms
//! are known up to a factor (`zoom` scales too, and browsers differ in what they tell of it); the bounding rectangle
//! tells the factor, and where it all lies.

use super::{Affine, Edges, Linear, ObjectFit, Offset, Point, Rect, ViewBox};

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
    /// Which part of the picture is fitted.
    pub view_box: ViewBox,
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
    /// Whether this is the bounding rectangle and not what the page shows in it, which is not known: a picture in
    /// perspective. To be selected on it must be laid flat, that is, painted here once more.
    pub is_flat: bool,
}

impl Frame {
    /// Where the picture of an `<img>` of this appearance is painted; none when nothing of it can be seen: no size, or
    /// turned on its edge.
    #[must_use]
    pub fn of(appearance: &Appearance) -> Option<Self> {
        let Appearance { layout, edges, natural, fit, position, view_box, linear, bounds } = *appearance;
        if !(layout.0 > 0.0 && layout.1 > 0.0 && bounds.width > 0.0 && bounds.height > 0.0) {
            return None;
        }
        let known = columns(layout, linear, bounds);
        let [x, y] = known.unwrap_or([(bounds.width / layout.0, 0.0), (0.0, bounds.height / layout.1)]);
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
        let part = view_box.on(natural)?;
        let painted = ViewBox::whole(natural, part, fit.place((part.width, part.height), position, content));
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
            is_flat: known.is_none(),
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

    /// The corners of what can be seen within a rectangle of the page, as [`Self::visible_fractions`]; none where it has no simple
    /// shape, or there is nothing.
    #[must_use]
    pub fn fractions_within(self, page: Rect) -> Option<[Point; 2]> {
        let shown = self.bounds().intersection(page);
        if !self.placed.is_upright() || shown.width < 1.0 || shown.height < 1.0 {
            return None;
        }
        let [first, _, last, _] = shown.corners();
        Some([self.to_fractions(first), self.to_fractions(last)])
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

/// Where one layout pixel in x and in y goes on the page; none where that is not known.
fn columns((width, height): (f64, f64), linear: Option<Linear>, bounds: Rect) -> Option<[(f64, f64); 2]> {
    let [x, y] = linear?.columns();
    let around = (x.0.abs() * width + y.0.abs() * height, x.1.abs() * width + y.1.abs() * height);
    let factors = (bounds.width / around.0, bounds.height / around.1);
    let factor = (bounds.width + bounds.height) / (around.0 + around.1);
    let agree = (factors.0 / factors.1 - 1.0).abs() < TOLERANCE;
    agree.then_some([(x.0 * factor, x.1 * factor), (y.0 * factor, y.1 * factor)])
}

#[cfg(test)]
mod tests;
