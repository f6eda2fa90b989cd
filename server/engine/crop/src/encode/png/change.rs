//! The rectangle in which a frame differs from the one before.

use std::ops::Range;

/// Columns and rows, at least one of each.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Rectangle {
    /// Where `now` differs from `before`: all of it when nothing was before, one pixel when nothing differs, for which
    /// there must be something to write.
    pub(super) fn changed(before: &[u8], now: &[u8], row_bytes: usize, pixel_bytes: usize) -> Self {
        if before.len() != now.len() {
            return Self { columns: 0..row_bytes / pixel_bytes, rows: 0..now.len() / row_bytes };
        }
        let mut changed: Option<Self> = None;
        let rows = before.chunks_exact(row_bytes).zip(now.chunks_exact(row_bytes)).enumerate();
        for (row, (before, now)) in rows.filter(|(_, (before, now))| before != now) {
            let differs = |(before, now): (&u8, &u8)| before != now;
            let first = before.iter().zip(now).position(differs).unwrap_or(0) / pixel_bytes;
            let last = before.iter().zip(now).rposition(differs).unwrap_or(0) / pixel_bytes;
            let Self { columns, rows } = changed.unwrap_or(Self { columns: first..last + 1, rows: row..row });
            changed = Some(Self {
                columns: columns.start.min(first)..columns.end.max(last + 1),
                rows: rows.start..row + 1,
            });
        }
        changed.unwrap_or(Self { columns: 0..1, rows: 0..1 })
    }

    /// The pixels in it.
    pub(super) fn cut(&self, samples: &[u8], row_bytes: usize, pixel_bytes: usize) -> Vec<u8> {
        let columns = self.columns.start * pixel_bytes..self.columns.end * pixel_bytes;
        let rows = samples.chunks_exact(row_bytes).take(self.rows.end).skip(self.rows.start);
        rows.flat_map(|row| &row[columns.clone()]).copied().collect()
    }

    pub(super) fn left(&self) -> usize {
        self.columns.start
    }

    pub(super) fn top(&self) -> usize {
        self.rows.start
    }

    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rectangle_holds_every_change_and_no_more() {
        let before = vec![0_u8; 5 * 4 * 3];
        for (points, columns, rows) in [
            (vec![], 0..1, 0..1),
            (vec![(0, 0)], 0..1, 0..1),
            (vec![(4, 3)], 4..5, 3..4),
            (vec![(1, 2), (3, 1)], 1..4, 1..3),
        ] {
            let mut now = before.clone();
            for (x, y) in points {
                now[(y * 5 + x) * 3 + 1] = 9;
            }
            assert_eq!(Rectangle::changed(&before, &now, 15, 3), Rectangle { columns, rows });
        }
        let whole = Rectangle { columns: 0..5, rows: 0..4 };
        assert_eq!(Rectangle::changed(&[], &before, 15, 3), whole);
        assert_eq!(whole.cut(&before, 15, 3), before);
    }
}
