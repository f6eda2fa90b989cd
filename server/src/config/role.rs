//! What this process is for: several that share a database can divide the work.

use clap::ValueEnum;

/// `role`, `CUTLINE_ROLE`, `--role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Pages, API and deliveries
    #[default]
    All,
    /// Pages and API; other processes deliver
    Web,
    /// Deliveries; nothing but /healthz and /readyz is served
    Worker,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::Web, Self::Worker];

    /// The name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether it takes shares and shows pages.
    #[must_use]
    pub fn serves(self) -> bool {
        self != Self::Worker
    }

    /// Whether it delivers.
    #[must_use]
    pub fn delivers(self) -> bool {
        self != Self::Web
    }
}
