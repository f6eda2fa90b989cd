//! What CSS transforms do to an element, read from computed styles.
//!
//! Only the linear part is read: where an element lies is told by its bounding rectangle, which has every translation,
//! transform origin, scroll position and sticky offset in it already. Transforms out of the page's plane count as far
//! as the page shows them (CSS Transforms Level 2, section 3: without perspective, depth is dropped).

use cutline_model::decimal;

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

    /// Whether something of the plane leaves it: perspective then shows near parts larger than far ones.
    #[must_use]
    pub fn has_depth(self) -> bool {
        let [[_, _, x], [_, _, y], _] = self.0;
        x != 0.0 || y != 0.0
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
            numbers.split(',').map(|number| decimal(number.trim())).collect::<Option<_>>()?;
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
            text => text.split_whitespace().map(decimal).collect::<Option<_>>()?,
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
            [x, y, z, angle] => ([decimal(x)?, decimal(y)?, decimal(z)?], angle),
            _ => return None,
        };
        let degrees = decimal(angle.strip_suffix("deg")?)?;
        let length = axis.iter().map(|part| part * part).sum::<f64>().sqrt();
        if length == 0.0 {
            return Some(Self::IDENTITY);
        }
        // Rodrigues' formula, column by column.
        let [x, y, z] = axis.map(|part: f64| part / length);
        let (sin, cos) = sin_cos(degrees);
        let rest = 1.0 - cos;
        Some(Self([
            [cos + x * x * rest, y * x * rest + z * sin, z * x * rest - y * sin],
            [x * y * rest - z * sin, cos + y * y * rest, z * y * rest + x * sin],
            [x * z * rest + y * sin, y * z * rest - x * sin, cos + z * z * rest],
        ]))
    }
}

/// Sine and cosine of an angle in degrees: exact for quarters of a turn, and without the standard library's reduction of
/// angles by hundreds of digits of π, which would have to be loaded with a page.
fn sin_cos(degrees: f64) -> (f64, f64) {
    let quarters = (degrees / 90.0).round();
    let angle = (degrees - quarters * 90.0).to_radians();
    // Taylor's series: up to an eighth of a turn the first term left out is below the last bit.
    let series = |first: f64, from: i32| {
        let terms = (0..9).scan(first, |term, step| {
            let is = *term;
            let n = f64::from(from + 2 * step);
            *term *= -angle * angle / ((n + 1.0) * (n + 2.0));
            Some(is)
        });
        terms.sum::<f64>()
    };
    let (sin, cos) = (series(angle, 1), series(1.0, 0));
    match quarters.rem_euclid(4.0) as u8 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
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
mod tests;
