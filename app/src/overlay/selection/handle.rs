//! The eight grips of a selection.

/// One of the eight grips that resize.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handle {
    /// Top left corner.
    NorthWest,
    /// Top edge.
    North,
    /// Top right corner.
    NorthEast,
    /// Right edge.
    East,
    /// Bottom right corner.
    SouthEast,
    /// Bottom edge.
    South,
    /// Bottom left corner.
    SouthWest,
    /// Left edge.
    West,
}

impl Handle {
    /// All of them, clockwise from the top left: the order of the Tab key.
    pub const ALL: [Self; 8] = [
        Self::NorthWest,
        Self::North,
        Self::NorthEast,
        Self::East,
        Self::SouthEast,
        Self::South,
        Self::SouthWest,
        Self::West,
    ];

    /// Its name in class names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NorthWest => "north-west",
            Self::North => "north",
            Self::NorthEast => "north-east",
            Self::East => "east",
            Self::SouthEast => "south-east",
            Self::South => "south",
            Self::SouthWest => "south-west",
            Self::West => "west",
        }
    }

    /// Where it stands, from the middle of the selection: -1, 0 or 1 in x and y.
    #[must_use]
    pub fn side(self) -> (f64, f64) {
        let side = |end: Option<End>| end.map_or(0.0, |end| if end == End::First { -1.0 } else { 1.0 });
        (side(self.horizontal()), side(self.vertical()))
    }

    /// On which axis an edge moves; none for a corner, which moves on both.
    #[must_use]
    pub fn slides(self) -> Option<Slides> {
        match (self.horizontal(), self.vertical()) {
            (Some(_), None) => Some(Slides::Across),
            (None, Some(_)) => Some(Slides::UpAndDown),
            _ => None,
        }
    }

    /// Which vertical edge it moves.
    pub(super) fn horizontal(self) -> Option<End> {
        match self {
            Self::NorthWest | Self::SouthWest | Self::West => Some(End::First),
            Self::NorthEast | Self::SouthEast | Self::East => Some(End::Last),
            Self::North | Self::South => None,
        }
    }

    /// Which horizontal edge it moves.
    pub(super) fn vertical(self) -> Option<End> {
        match self {
            Self::NorthWest | Self::North | Self::NorthEast => Some(End::First),
            Self::SouthWest | Self::South | Self::SouthEast => Some(End::Last),
            Self::West | Self::East => None,
        }
    }

    pub(super) fn of(horizontal: Option<End>, vertical: Option<End>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|handle| handle.horizontal() == horizontal && handle.vertical() == vertical)
    }
}

/// The axis that an edge moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slides {
    /// Left and right.
    Across,
    /// Up and down.
    UpAndDown,
}

/// One end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

impl End {
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::First => Self::Last,
            Self::Last => Self::First,
        }
    }
}
