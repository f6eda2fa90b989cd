//! `cutline pictures`: what the server sees on a web page, as JSON.
//!
//! For the owner of a page who asks why one of its pictures cannot be shared, or why another address of it is taken, and
//! for the tests, which hold the list against a browser's.

use std::io::{self, Write};

use cutline_engine::fetch::{
    Candidate, Descriptor, FetchError, Fetcher, Page, PagePicture, PictureKind, Place,
};
use serde_json::{Value, json};
use url::Url;

use crate::application::fetch_settings;
use crate::cli::PicturesArgs;
use crate::config::{Config, ConfigError, Typed, environment};

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum PicturesError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The page cannot be had.
    #[error("{error}{}", .error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Fetch {
        /// Why; on this machine its details are nobody else's business.
        error: FetchError,
    },
    /// The system refuses threads, or whoever reads stdout went away.
    #[error("the list cannot be made: {0}")]
    System(#[from] io::Error),
}

impl From<FetchError> for PicturesError {
    fn from(error: FetchError) -> Self {
        Self::Fetch { error }
    }
}

/// Fetches the page and prints its pictures.
pub fn run(args: &PicturesArgs) -> Result<(), PicturesError> {
    let config = Config::read(&Typed::gather(args.config.as_deref(), None, environment())?)?;
    let site = config.server.public_url_at(config.server.listen);
    let fetcher = Fetcher::new(fetch_settings(&config, &site))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let page = runtime.block_on(fetcher.page(&args.url))?;
    writeln!(io::stdout().lock(), "{:#}", list(&page))?;
    Ok(())
}

/// The page as JSON: `pictures` in the order of `document.images`, and `others`, which that does not list.
/// `first` is what is fetched first for a share that says only which of them it is.
fn list(page: &Page) -> Value {
    let pictures: Vec<Value> = page
        .pictures
        .iter()
        .enumerate()
        .map(|(index, in_document)| {
            let mut listed = picture(in_document);
            listed["first"] = page.first_address(index).map(Url::as_str).into();
            listed
        })
        .collect();
    json!({
        "url": page.facts.url.as_str(),
        "title": page.facts.title,
        "encoding": page.encoding(),
        "kept_out": page.kept_out,
        "pictures": pictures,
        "others": page.others.iter().map(picture).collect::<Vec<_>>(),
    })
}

fn picture(picture: &PagePicture) -> Value {
    let kind = match picture.kind {
        PictureKind::Img => "img",
        PictureKind::Input => "input",
        PictureKind::Svg => "svg",
        PictureKind::Noscript => "noscript",
        PictureKind::Preview => "preview",
    };
    json!({
        "kind": kind,
        "src": picture.src().map(Url::as_str),
        "alt": picture.alt,
        "kept_out": picture.kept_out,
        "candidates": picture.candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}

fn candidate(candidate: &Candidate) -> Value {
    let place = match candidate.place {
        Place::Source => "source",
        Place::Srcset => "srcset",
        Place::Src => "src",
        Place::Late => "late",
        Place::Noscript => "noscript",
    };
    let (width, density) = match candidate.descriptor {
        Some(Descriptor::Width(width)) => (Some(width), None),
        Some(Descriptor::Density(density)) => (None, Some(density)),
        None => (None, None),
    };
    json!({
        "url": candidate.url.as_str(),
        "place": place,
        "width": width,
        "density": density,
        "media": candidate.media,
        "type": candidate.image_type.map(|image_type| image_type.name),
    })
}
