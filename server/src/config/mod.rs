//! The configuration: what the site owner meant, checked, read once at the start.
//!
//! `Typed` is what was typed (file, environment, arguments), `Config` what was meant. Every mistake is reported, with
//! its place and an example of what is expected; nothing is guessed. Everything behind a `Config` is valid.

mod accounts;
mod blobs;
mod embed;
mod fetch;
mod galleries;
mod limits;
mod mistake;
mod overlay;
mod report;
mod role;
mod secret;
mod section;
mod server;
mod sign_ins;
mod site;
mod suggest;
mod tree;
mod typed;
pub(crate) mod units;

#[cfg(test)]
mod tests;

use cutline_engine::accounts::ConfiguredSignIn;
use cutline_engine::deliver::Account;
use cutline_model::OverlaySettings;

pub use blobs::{BlobsUrl, S3Config};
pub use embed::{EmbedConfig, SiteOfOthers};
pub use fetch::FetchConfig;
pub use galleries::{GalleryConfig, GalleryPictures};
pub use limits::LimitsConfig;
pub use mistake::{ConfigError, Mistake, Place};
pub use role::Role;
pub use server::ServerConfig;
pub use site::SiteConfig;
pub use typed::{Typed, environment};
pub(crate) use units::{show_bytes, show_time};

use report::Report;
use section::Section;

/// The whole configuration, one struct per concern.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses, folders and the log.
    pub server: ServerConfig,
    /// How a bucket of clippings is reached.
    pub s3: S3Config,
    /// The site's name and language.
    pub site: SiteConfig,
    /// Exceptions to the fetcher's guard, and its cache.
    pub fetch: FetchConfig,
    /// Caps on everything that comes from outside.
    pub limits: LimitsConfig,
    /// How the overlay behaves.
    pub overlay: OverlaySettings,
    /// What is true of sites of others.
    pub embed: EmbedConfig,
    /// The sites of others whose visitors may share through this one.
    pub sites: Vec<SiteOfOthers>,
    /// The galleries; none means the demo gallery.
    pub galleries: Vec<GalleryConfig>,
    /// The site's accounts on platforms, in the order in which visitors see them.
    pub accounts: Vec<Account>,
    /// Ways for visitors to sign in beside the site's own.
    pub sign_ins: Vec<ConfiguredSignIn>,
}

impl Config {
    /// Reads what was typed; folders and files that it names are looked at, nothing is made.
    pub fn read(typed: &Typed) -> Result<Self, ConfigError> {
        let mut report = Report::default();
        let config = Self::read_into(&mut report, typed);
        let mistakes = report.into_mistakes();
        config.filter(|_| mistakes.is_empty()).ok_or_else(|| ConfigError::new(mistakes))
    }

    fn read_into(report: &mut Report, typed: &Typed) -> Option<Self> {
        let tree = match typed.tree() {
            Ok((tree, mistakes)) => {
                report.mistakes = mistakes;
                tree
            }
            Err(mistakes) => {
                report.mistakes = mistakes;
                return None;
            }
        };
        Some(Section::whole(tree, report, |top| Self {
            server: ServerConfig::read(top),
            s3: top.section("s3", |section| S3Config::read(section, &typed.variables)),
            site: top.section("site", SiteConfig::read),
            fetch: top.section("fetch", FetchConfig::read),
            limits: top.section("limits", LimitsConfig::read),
            overlay: top.section("overlay", overlay::read),
            embed: top.section("embed", EmbedConfig::read),
            sites: embed::read_all(top),
            galleries: galleries::read_all(top),
            accounts: accounts::read_all(top, &typed.variables),
            sign_ins: sign_ins::read_all(top, &typed.variables),
        }))
    }
}
