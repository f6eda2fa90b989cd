//! Which picture of the page it is, and from which of its addresses it is fetched.
//!
//! By its address if the request says one, which may be any of the picture's; else by its place, checked with its alt
//! text. Then the largest of the addresses that show the same picture is the first to try: the visitor's screen chose for
//! itself, not for the share. When it gives nothing, what the visitor saw, or what stands in `src`, is next. `<source>`s
//! with another media condition may show another crop, so they are left alone unless the shape can be checked against what
//! the visitor saw.

#[cfg(test)]
mod tests;

use cutline_model::Source;
use url::{Position, Url};

use super::error::{FetchError, NotFound};
use super::page::{Candidate, Descriptor, Page, PageFacts, PagePicture, PictureKind, Place};

/// Addresses tried for one share.
const MAX_TRIES: usize = 4;

/// A picture of a page, and its candidate that the request names.
type Named<'p> = (&'p PagePicture, Option<&'p Candidate>);

/// What was chosen.
#[derive(Debug)]
pub(super) struct Choice<'p> {
    /// The picture.
    pub(super) picture: &'p PagePicture,
    /// Its addresses, the best first; at least one. Which of them has the shape that the visitor saw is not known here.
    pub(super) addresses: Vec<&'p Url>,
}

/// Finds the picture that `source` asks for among those of `page`.
pub(super) fn choose<'p>(page: &'p Page, source: &Source) -> Result<Choice<'p>, FetchError> {
    if let Some(wish) = page.kept_out {
        return Err(FetchError::KeptOut { wish });
    }
    let (picture, seen) = match source.src() {
        Some(src) => by_src(page, src, source)?,
        // A `Source` without a picture's address says `src` or `index`.
        None => by_index(page, source.index().unwrap_or_default(), source)?,
    };
    if let Some(wish) = picture.kept_out {
        return Err(FetchError::KeptOut { wish });
    }
    if let Some(wish) = seen.and_then(|seen| kept_out_elsewhere(page, &seen.url)) {
        return Err(FetchError::KeptOut { wish });
    }
    let mut addresses = addresses(picture, seen, source.natural().is_some());
    if let Some(wish) = leave_kept_out(page, &mut addresses) {
        return Err(FetchError::KeptOut { wish });
    }
    let found = addresses.len();
    addresses.retain(|url| url.scheme() != "blob");
    match (found, addresses.len()) {
        (0, _) => Err(NotFound::NoAddress.into()),
        (_, 0) => Err(NotFound::Blob.into()),
        _ => Ok(Choice { picture, addresses }),
    }
}

/// What `page` knows of the picture at `address`, which `source` says is on it, and where it has larger copies.
pub(super) fn beside(
    page: &Page,
    address: &Url,
    source: &Source,
) -> Result<(PageFacts, Vec<Url>), FetchError> {
    if let Some(wish) = page.kept_out {
        return Err(FetchError::KeptOut { wish });
    }
    // A page that scripts fill has none of its pictures in it. What it says of itself is still true; what it says of
    // pictures is believed of those of its own site.
    let Ok((picture, seen)) = by_src(page, address.as_str(), source) else {
        if let Some(wish) = page.kept_out_beyond {
            return Err(FetchError::KeptOut { wish });
        }
        let is_own = page.facts.url.origin() == address.origin();
        let facts = page.facts_of(|url| is_own && same_but_for_fragment(url, address));
        // Who is led elsewhere reads a door and not the page.
        let asked = source.page_url().and_then(|asked| Url::parse(asked).ok());
        let facts = match asked.filter(|asked| !facts.is_at(asked.as_str())) {
            Some(asked) => PageFacts { url: asked, title: None, site_name: None, ..facts },
            None => facts,
        };
        return Ok((facts, Vec::new()));
    };
    if let Some(wish) = picture.kept_out {
        return Err(FetchError::KeptOut { wish });
    }
    if let Some(wish) = kept_out_elsewhere(page, address) {
        return Err(FetchError::KeptOut { wish });
    }
    let mut best = seen.map_or_else(Vec::new, |seen| addresses(picture, Some(seen), true));
    leave_kept_out(page, &mut best);
    let is_another = |url: &&&Url| !same_but_for_fragment(url, address) && url.scheme().starts_with("http");
    let larger = best.iter().filter(is_another).map(|&url| url.clone()).collect();
    Ok((page.facts_of(|url| picture.has_address(url)), larger))
}

/// The wish that keeps out a picture of this page with this address, wherever on it that stands.
fn kept_out_elsewhere(page: &Page, address: &Url) -> Option<&'static str> {
    let mut pictures = page.pictures.iter().chain(&page.others).filter(|picture| picture.kept_out.is_some());
    let is_here = |candidate: &Candidate| same_but_for_fragment(&candidate.url, address);
    pictures.find(|picture| picture.candidates.iter().any(is_here)).and_then(|picture| picture.kept_out)
}

/// Leaves out the addresses that another picture of this page has which is kept out; the wish if that were all of them.
fn leave_kept_out(page: &Page, addresses: &mut Vec<&Url>) -> Option<&'static str> {
    let mut wish = None;
    addresses.retain(|url| {
        let found = kept_out_elsewhere(page, url);
        wish = wish.or(found);
        found.is_none()
    });
    wish.filter(|_| addresses.is_empty())
}

impl Page {
    /// The address that is fetched first for a share that names only the picture's place; nothing where none may be.
    #[must_use]
    pub fn first_address(&self, index: usize) -> Option<&Url> {
        let source = Source::of_page(self.facts.url.as_str(), u32::try_from(index).ok()?).ok()?;
        choose(self, &source).ok()?.addresses.first().copied()
    }
}

/// The picture with this address, exactly or else but for the fragment; of several, the one at `index` or else the first.
/// Where addresses change with each visit, the picture at that place is taken if its alt text is the one asked for.
fn by_src<'p>(page: &'p Page, src: &str, source: &Source) -> Result<Named<'p>, NotFound> {
    let missing = NotFound::Src { count: page.pictures.len() };
    let there = at(page, source.index());
    let wanted = page.resolve(src).ok_or_else(|| missing.clone())?;
    let find = |same: fn(&Url, &Url) -> bool| {
        let named = |picture: &'p PagePicture| {
            let is_seen = |candidate: &&Candidate| same(&candidate.url, &wanted);
            let loaded = || src_of(picture).filter(|_| picture.src().is_some_and(|src| same(src, &wanted)));
            let seen = picture.candidates.iter().find(is_seen).or_else(loaded)?;
            Some((picture, Some(seen)))
        };
        there.and_then(named).or_else(|| page.pictures.iter().chain(&page.others).find_map(named))
    };
    let is_same_alt =
        |picture: &&PagePicture| alt_of(source).is_some_and(|alt| picture.alt.as_deref() == Some(alt));
    find(Url::eq)
        .or_else(|| find(same_but_for_fragment))
        .or_else(|| there.filter(is_same_alt).map(|picture| (picture, None)))
        .ok_or(if wanted.scheme() == "blob" { NotFound::Blob } else { missing })
}

/// The picture at this place, if its alt text is the one asked for; else the only other one that has it, for the page may
/// have put pictures before it since. A page that leaves all its pictures to scripts may still name one for others to show.
fn by_index<'p>(page: &'p Page, index: u32, source: &Source) -> Result<Named<'p>, NotFound> {
    if let Some(preview) = preview(page, source) {
        return Ok((preview, None));
    }
    let there = at(page, Some(index));
    let Some(alt) = alt_of(source) else {
        let found = there.map(|picture| (picture, None));
        return found.ok_or(NotFound::Index { index, count: page.pictures.len() });
    };
    let is_same = |picture: &&PagePicture| picture.alt.as_deref() == Some(alt);
    if let Some(picture) = there.filter(is_same) {
        return Ok((picture, None));
    }
    let mut others = page.pictures.iter().filter(is_same);
    match (others.next(), others.next()) {
        (Some(only), None) => Ok((only, None)),
        _ if there.is_some() => Err(NotFound::Alt { index }),
        _ => Err(NotFound::Index { index, count: page.pictures.len() }),
    }
}

/// What the page names as its picture, where none of its own can be the one that the visitor saw; for that one must know
/// its shape.
fn preview<'p>(page: &'p Page, source: &Source) -> Option<&'p PagePicture> {
    let has_none = page.pictures.iter().all(PagePicture::is_pixel) && source.natural().is_some();
    let is_preview =
        |picture: &&PagePicture| picture.kind == PictureKind::Preview && !picture.candidates.is_empty();
    page.others.iter().find(is_preview).filter(|_| has_none)
}

/// Where to fetch `picture` from. `is_checked` says that the shape of what comes will be held against what the visitor saw;
/// only then may a try be another crop.
fn addresses<'p>(picture: &'p PagePicture, seen: Option<&'p Candidate>, is_checked: bool) -> Vec<&'p Url> {
    let largest = |media: Option<&str>, is_among: &dyn Fn(&Candidate) -> bool| {
        let of_media = picture.candidates.iter().filter(|candidate| candidate.media.as_deref() == media);
        // `max_by` would take the last of equals; browsers take the first.
        of_media
            .filter(|candidate| candidate.is_read() && is_among(candidate))
            .reduce(|best, next| if rank(next) > rank(best) { next } else { best })
    };
    let mut candidates = Vec::new();
    if let Some(seen) = seen {
        // What a script loads late in place of what was seen, or what stands beside it for browsers without scripts, may be
        // another picture: a rollover, or what a placeholder stands for.
        let is_alike = |candidate: &Candidate| is_late(seen) == is_late(candidate);
        let is_better = |largest: &&Candidate| rank(largest) > rank(seen) || !seen.is_read();
        candidates.extend(largest(seen.media.as_deref(), &is_alike).filter(is_better));
        candidates.push(seen);
    } else if is_checked {
        // What stands there is smaller than what the visitor saw where it only keeps the place of what comes late.
        candidates.extend(largest(None, &|candidate| !is_late(candidate)));
        candidates.extend(src_of(picture));
        candidates.extend(largest(None, &is_late));
        let medias = picture.candidates.iter().filter_map(|candidate| candidate.media.as_deref());
        candidates.extend(medias.filter_map(|media| largest(Some(media), &|_| true)));
    } else {
        candidates.extend(largest(None, &|_| true));
        candidates.extend(src_of(picture));
        if candidates.is_empty() {
            let first_read = picture.candidates.iter().find(|candidate| candidate.is_read());
            candidates.extend(first_read.or(picture.candidates.first()));
        }
    }
    let mut addresses = Vec::new();
    for candidate in candidates {
        if addresses.len() < MAX_TRIES && !addresses.contains(&&candidate.url) {
            addresses.push(&candidate.url);
        }
    }
    addresses
}

fn is_late(candidate: &Candidate) -> bool {
    matches!(candidate.place, Place::Late | Place::Noscript)
}

fn src_of(picture: &PagePicture) -> Option<&Candidate> {
    picture.candidates.iter().find(|candidate| candidate.place == Place::Src)
}

/// How much a candidate promises: its width if that is said; else what a script would load late is more than what stands
/// there meanwhile; else its density.
fn rank(candidate: &Candidate) -> (u8, f64) {
    match (candidate.descriptor, candidate.place) {
        (Some(Descriptor::Width(width)), _) => (2, f64::from(width)),
        (Some(Descriptor::Density(density)), Place::Late | Place::Noscript) => (1, density),
        (None, Place::Late | Place::Noscript) => (1, 1.0),
        (Some(Descriptor::Density(density)), _) => (0, density),
        (None, _) => (0, 1.0),
    }
}

fn alt_of(source: &Source) -> Option<&str> {
    source.alt().filter(|alt| !alt.trim().is_empty())
}

fn at(page: &Page, index: Option<u32>) -> Option<&PagePicture> {
    page.pictures.get(usize::try_from(index?).ok()?)
}

fn same_but_for_fragment(a: &Url, b: &Url) -> bool {
    a[..Position::AfterQuery] == b[..Position::AfterQuery]
}
