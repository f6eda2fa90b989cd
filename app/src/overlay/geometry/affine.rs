//! What CSS transforms do to an element, read from computed styles.
//!
//! Only the linear part is read: where an element lies is told by its bounding rectangle, which has every translation,
//! transform origin, scroll position and sticky offset in it already. Transforms out of the page's plane count as far
//! as the page shows them (CSS Transforms Level 2, section 3: without perspective, depth is dropped).

use super::{Point, Rect};

/// A linear map of space, columns first: where the axes x, y and z go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear([[f64; 3]; 3]);

impl Linear {
    /// Nothing changes.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// Where a vector goes.
    fn apply(self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let [cx, cy, cz] = self.0;
        [0, 1, 2].map(|row| cx[row] * x + cy[row] * y + cz[row] * z)
    }

    /// First `inner`, then this: the transform of an element around that of what is in it.
    #[must_use]
    pub fn around(self, inner: Self) -> Self {
        Self(inner.0.map(|column| self.apply(column)))
    }

    /// Without what leaves the element's plane: what `transform-style: flat` does to what is in it.
    #[must_use]
    pub fn flattened(self) -> Self {
        let [[a, b, _], [c, d, _], _] = self.0;
        Self([[a, b, 0.0], [c, d, 0.0], [0.0, 0.0, 1.0]])
    }

    /// The columns of the plane: where x and y go on the page.
    #[must_use]
    pub fn columns(self) -> [(f64, f64); 2] {
        let [[a, b, _], [c, d, _], _] = self.0;
        [(a, b), (c, d)]
    }

    /// The linear part of the four computed properties that transform one element, `rotate`, `scale` and `transform`
    /// (`translate` has none); nothing where a value cannot be read or has perspective.
    #[must_use]
    pub fn of_style(rotate: &str, scale: &str, transform: &str) -> Option<Self> {
        Some(Self::of_rotate(rotate)?.around(Self::of_scale(scale)?).around(Self::of_transform(transform)?))
    }

    /// `none`, `matrix(a, b, c, d, e, f)` or `matrix3d(…)`, the forms that a computed `transform` has.
    fn of_transform(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text == "none" {
            return Some(Self::IDENTITY);
        }
        let (name, numbers) = text.strip_suffix(')')?.split_once('(')?;
        let numbers: Vec<f64> =
            numbers.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
        match (name, numbers.as_slice()) {
            ("matrix", [a, b, c, d, _, _]) => Some(Self([[*a, *b, 0.0], [*c, *d, 0.0], [0.0, 0.0, 1.0]])),
            ("matrix3d", [a, b, c, 0.0, d, e, f, 0.0, g, h, i, 0.0, _, _, _, 1.0]) => {
                Some(Self([[*a, *b, *c], [*d, *e, *f], [*g, *h, *i]]))
            }
            _ => None,
        }
    }

    /// `none` or one to three factors.
    fn of_scale(text: &str) -> Option<Self> {
        let factors: Vec<f64> = match text.trim() {
            "" | "none" => Vec::new(),
            text => text.split_whitespace().map(|factor| factor.parse().ok()).collect::<Option<_>>()?,
        };
        let (x, y, z) = match factors.as_slice() {
            [] => (1.0, 1.0, 1.0),
            [both] => (*both, *both, 1.0),
            [x, y] => (*x, *y, 1.0),
            [x, y, z] => (*x, *y, *z),
            _ => return None,
        };
        Some(Self([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]]))
    }

    /// `none`, an angle, or an axis (`x`, `y`, `z` or three numbers) and an angle; computed angles are in degrees.
    fn of_rotate(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (axis, angle) = match words.as_slice() {
            [] | ["none"] => return Some(Self::IDENTITY),
            [angle] | ["z", angle] => ([0.0, 0.0, 1.0], angle),
            ["x", angle] => ([1.0, 0.0, 0.0], angle),
            ["y", angle] => ([0.0, 1.0, 0.0], angle),
            [x, y, z, angle] => ([x.parse().ok()?, y.parse().ok()?, z.parse().ok()?], angle),
            _ => return None,
        };
        let degrees: f64 = angle.strip_suffix("deg")?.parse().ok()?;
        let length = axis.iter().map(|part| part * part).sum::<f64>().sqrt();
        if length == 0.0 {
            return Some(Self::IDENTITY);
        }
        // Rodrigues' formula, column by column.
        let [x, y, z] = axis.map(|part: f64| part / length);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let rest = 1.0 - cos;
        Some(Self([
            [cos + x * x * rest, y * x * rest + z * sin, z * x * rest - y * sin],
            [x * y * rest - z * sin, cos + y * y * rest, z * y * rest + x * sin],
            [x * z * rest + y * sin, y * z * rest - x * sin, cos + z * z * rest],
        ]))
    }
}

/// A map of the plane to the page: x' = a x + c y + e, y' = b x + d y + f, as in CSS `matrix()`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Where x goes.
    pub x: (f64, f64),
    /// Where y goes.
    pub y: (f64, f64),
    /// Where the origin goes.
    pub origin: Point,
}

impl Affine {
    /// Where `point` goes.
    #[must_use]
    pub fn apply(self, point: Point) -> Point {
        Point {
            x: self.x.0 * point.x + self.y.0 * point.y + self.origin.x,
            y: self.x.1 * point.x + self.y.1 * point.y + self.origin.y,
        }
    }

    /// What goes to `point`.
    #[must_use]
    pub fn undo(self, point: Point) -> Point {
        let (x, y) = (point.x - self.origin.x, point.y - self.origin.y);
        let determinant = self.determinant();
        Point {
            x: (x * self.y.1 - y * self.y.0) / determinant,
            y: (y * self.x.0 - x * self.x.1) / determinant,
        }
    }

    /// The area of what a square of one pixel becomes, negative when mirrored.
    #[must_use]
    pub fn determinant(self) -> f64 {
        self.x.0 * self.y.1 - self.x.1 * self.y.0
    }

    /// Whether nothing is turned, skewed or mirrored: only moved.
    #[must_use]
    pub fn is_upright(self) -> bool {
        let near = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        near(self.x.0, 1.0) && near(self.x.1, 0.0) && near(self.y.0, 0.0) && near(self.y.1, 1.0)
    }

    /// The smallest upright rectangle around what `rect` becomes.
    #[must_use]
    pub fn bounds_of(self, rect: Rect) -> Rect {
        Rect::around(rect.corners().map(|corner| self.apply(corner)))
    }

    /// The step along one axis of the plane that looks most like the step (`x`, `y`) on the page, as the signs of both:
    /// on a picture that is turned or mirrored, the arrow to the right still goes to the right.
    #[must_use]
    pub fn step_like(self, (x, y): (f64, f64)) -> (f64, f64) {
        let along = |(column_x, column_y): (f64, f64)| column_x * x + column_y * y;
        let (along_x, along_y) = (along(self.x), along(self.y));
        if along_x.abs() >= along_y.abs() { (along_x.signum(), 0.0) } else { (0.0, along_y.signum()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns(rotate: &str, scale: &str, transform: &str) -> Option<[(f64, f64); 2]> {
        let rounded = |value: f64| (value * 1e6).round() / 1e6;
        let columns = Linear::of_style(rotate, scale, transform)?.columns();
        Some(columns.map(|(x, y)| (rounded(x), rounded(y))))
    }

    #[test]
    fn computed_transforms_are_read() {
        for (rotate, scale, transform, expected) in [
            ("none", "none", "none", [(1.0, 0.0), (0.0, 1.0)]),
            ("", "", "", [(1.0, 0.0), (0.0, 1.0)]),
            ("none", "none", "matrix(2, 0, 0.5, 3, 40, 50)", [(2.0, 0.0), (0.5, 3.0)]),
            ("90deg", "none", "none", [(0.0, 1.0), (-1.0, 0.0)]),
            ("z 90deg", "2", "none", [(0.0, 2.0), (-2.0, 0.0)]),
            ("x 60deg", "none", "none", [(1.0, 0.0), (0.0, 0.5)]),
            ("y 180deg", "none", "none", [(-1.0, 0.0), (0.0, 1.0)]),
            ("0 0 2 90deg", "2 3", "none", [(0.0, 2.0), (-3.0, 0.0)]),
            ("0 0 0 90deg", "2 3 4", "none", [(2.0, 0.0), (0.0, 3.0)]),
            (
                "none",
                "none",
                "matrix3d(1, 0, 0, 0, 0, 0.5, 0.866025, 0, 0, -0.866025, 0.5, 0, 7, 8, 9, 1)",
                [(1.0, 0.0), (0.0, 0.5)],
            ),
        ] {
            assert_eq!(columns(rotate, scale, transform), Some(expected), "{rotate} {scale} {transform}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_has_perspective_is_not_guessed() {
        for (rotate, scale, transform) in [
            ("none", "none", "matrix(1, 0, 0, 1)"),
            ("none", "none", "matrix3d(1, 0, 0, 0.01, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)"),
            ("none", "none", "rotate(3deg)"),
            ("none", "1 2 3 4", "none"),
            ("1turn", "none", "none"),
            ("none", "big", "none"),
        ] {
            assert_eq!(columns(rotate, scale, transform), None, "{rotate} {scale} {transform}");
        }
    }

    #[test]
    fn rotate_comes_before_scale_and_scale_before_transform() {
        let read = Linear::of_style("90deg", "2 1", "matrix(1, 0, 1, 1, 0, 0)").expect("readable");
        let steps = Linear::of_rotate("90deg").expect("readable").around(
            Linear::of_scale("2 1")
                .expect("readable")
                .around(Linear::of_transform("matrix(1, 0, 1, 1, 0, 0)").expect("readable")),
        );
        assert_eq!(read, steps);
        assert_ne!(read, Linear::of_style("none", "none", "matrix(1, 0, 1, 1, 0, 0)").expect("readable"));
    }

    #[test]
    fn two_turns_out_of_the_plane_meet_in_space_but_not_when_flattened() {
        let turn = Linear::of_rotate("x 60deg").expect("readable");
        let [_, (_, kept)] = turn.around(turn).columns();
        let [_, (_, flattened)] = turn.around(turn.flattened()).columns();
        assert!((kept - (-0.5)).abs() < 1e-9, "{kept}");
        assert!((flattened - 0.25).abs() < 1e-9, "{flattened}");
    }

    #[test]
    fn a_step_looks_the_same_on_a_turned_and_on_a_mirrored_picture() {
        let origin = Point { x: 0.0, y: 0.0 };
        let turned = Affine { x: (0.0, 1.0), y: (-1.0, 0.0), origin };
        assert_eq!(turned.step_like((1.0, 0.0)), (0.0, -1.0));
        assert_eq!(turned.step_like((0.0, 1.0)), (1.0, 0.0));
        let mirrored = Affine { x: (-1.0, 0.0), y: (0.0, 1.0), origin };
        assert_eq!(mirrored.step_like((1.0, 0.0)), (-1.0, 0.0));
        assert_eq!(mirrored.step_like((0.0, -1.0)), (0.0, -1.0));
        let slanted = Affine { x: (0.9, 0.3), y: (-0.3, 0.9), origin };
        assert_eq!(slanted.step_like((1.0, 0.0)), (1.0, 0.0));
    }

    proptest! {
        #[test]
        fn undo_brings_every_point_back(a in -3.0..3.0, b in -3.0..3.0, c in -3.0..3.0, d in -3.0..3.0, x in -1e4..1e4, y in -1e4..1e4) {
            let affine = Affine { x: (a, b), y: (c, d), origin: Point { x: 17.0, y: -4.0 } };
            prop_assume!(affine.determinant().abs() > 0.01);
            let back = affine.undo(affine.apply(Point { x, y }));
            prop_assert!((back.x - x).abs() < 1e-5 && (back.y - y).abs() < 1e-5, "{back:?}");
        }

        #[test]
        fn every_axis_turns_by_its_angle(x in -1.0..1.0, y in -1.0..1.0, z in -1.0..1.0, degrees in -360.0..360.0) {
            prop_assume!(x * x + y * y + z * z > 0.01);
            let turn = Linear::of_rotate(&format!("{x} {y} {z} {degrees}deg")).expect("readable");
            // The axis stays, lengths stay.
            let axis = turn.apply([x, y, z]);
            prop_assert!((axis[0] - x).abs() < 1e-6 && (axis[1] - y).abs() < 1e-6 && (axis[2] - z).abs() < 1e-6);
            let [p, q, r] = turn.apply([1.0, 2.0, 3.0]);
            prop_assert!((p * p + q * q + r * r - 14.0).abs() < 1e-6);
        }
    }
}
