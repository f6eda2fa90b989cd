//! Which picture of the page it is, and from which of its addresses it is fetched.
//!
//! By its address if the request says one, which may be any of the picture's; else by its place, checked with its alt
//! text. Then the largest of the addresses that show the same picture is the first to try: the visitor's screen chose for
//! itself, not for the share. When it gives nothing, what the visitor saw, or what stands in `src`, is next. `<source>`s
//! with another media condition may show another crop, so they are left alone unless the shape can be checked against what
//! the visitor saw.

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::page::{Syntax, Turn};
    use super::*;

    const PAGE: &str = "<img src=a.jpg#1 alt=one><img src=b.jpg alt=two><img src=a.jpg#2 alt=three>
        <img src=c.jpg?1 alt=twin><img src=c.jpg?1 alt=twin><img>";

    fn choose_from(page: &str, which: &str) -> Result<Vec<String>, FetchError> {
        let url = Url::parse("https://a.example/dir/").expect("an address");
        let page = Page::parse(
            url,
            page.as_bytes(),
            (Syntax::Html, None),
            100,
            &Turn::begin(Duration::from_secs(9)),
        )
        .expect("a page");
        let json = format!(r#"{{"page_url":"https://a.example/dir/",{which}}}"#);
        let source: Source = serde_json::from_str(&json).expect(which);
        let name = |url: &&Url| url.as_str().trim_start_matches("https://a.example/dir/").to_owned();
        Ok(choose(&page, &source)?.addresses.iter().map(name).collect())
    }

    fn check(page: &str, which: &str, expected: &[&str]) {
        let expected = expected.iter().map(|&address| address.to_owned()).collect();
        assert_eq!(choose_from(page, which), Ok(expected), "{page} {which}");
    }

    #[test]
    fn the_address_decides_then_the_place_checked_with_the_alt_text() {
        for (which, expected) in [
            (r#""src":"b.jpg""#, "b.jpg"),
            (r#""src":"https://A.example:443/dir/./b.jpg""#, "b.jpg"),
            (r#""src":"../dir/b.jpg","index":4"#, "b.jpg"),
            (r#""src":"a.jpg#2""#, "a.jpg#2"),
            (r#""src":"a.jpg""#, "a.jpg#1"),
            (r#""src":"a.jpg","index":2"#, "a.jpg#2"),
            (r#""src":"changed.jpg","index":2,"alt":"three""#, "a.jpg#2"),
            (r#""index":2"#, "a.jpg#2"),
            (r#""index":1,"alt":"two""#, "b.jpg"),
            (r#""index":1,"alt":"three""#, "a.jpg#2"),
            (r#""index":4,"alt":"twin""#, "c.jpg?1"),
            (r#""index":1,"alt":"""#, "b.jpg"),
            (r#""index":9,"alt":"one""#, "a.jpg#1"),
        ] {
            check(PAGE, which, &[expected]);
        }
    }

    #[test]
    fn a_picture_that_is_not_there_is_not_found() {
        for (which, error) in [
            (r#""src":"d.jpg""#, NotFound::Src { count: 6 }),
            (r#""src":"d.jpg","index":1"#, NotFound::Src { count: 6 }),
            (r#""src":"d.jpg","index":1,"alt":"three""#, NotFound::Src { count: 6 }),
            (r#""src":"http://[""#, NotFound::Src { count: 6 }),
            (r#""src":"blob:https://a.example/1""#, NotFound::Blob),
            (r#""index":5"#, NotFound::NoAddress),
            (r#""index":6"#, NotFound::Index { index: 6, count: 6 }),
            (r#""index":1,"alt":"twin""#, NotFound::Alt { index: 1 }),
            (r#""index":1,"alt":"nobody's""#, NotFound::Alt { index: 1 }),
            (r#""index":5,"alt":"nobody's""#, NotFound::Alt { index: 5 }),
            (r#""index":4294967295,"alt":"twin""#, NotFound::Index { index: u32::MAX, count: 6 }),
        ] {
            assert_eq!(choose_from(PAGE, which), Err(error.into()), "{which}");
        }
    }

    const SIZES: &str = "<img src=300 srcset='300 300w, 1600 1600w, 800 800w'>";
    const CROPS: &str = "<picture><source media='(min-width: 9em)' srcset='wide 900w, wider 1800w'>
        <source type=image/webp srcset='webp 400w, webp2 1600w'><img src=jpeg srcset='jpeg 400w, jpeg2 1600w, jpeg1 800w'></picture>";
    const LATE: &str = "<img src='data:image/gif;base64,R0lGODlh' data-src=s data-srcset='s1 400w, s2 800w'>
        <img src=thumb.jpg data-original=full.jpg><img src=grey.gif><noscript><img src=real.jpg></noscript>";

    #[test]
    fn the_largest_of_the_same_picture_is_tried_first_and_then_what_the_visitor_saw() {
        check(SIZES, r#""src":"800""#, &["1600", "800"]);
        check(SIZES, r#""src":"1600""#, &["1600"]);
        check(SIZES, r#""index":0"#, &["1600", "300"]);
        check("<img src=1 srcset='2 2x, 3 3x'>", r#""src":"1""#, &["3", "1"]);
        check("<img src=1 srcset='half .5x'>", r#""src":"1""#, &["1"]);
        check("<img srcset='a 1x, b 1x'>", r#""src":"b""#, &["b"]);
    }

    #[test]
    fn another_crop_is_tried_only_where_the_shape_is_checked() {
        const SEEN: &str = r#""natural":{"width":40,"height":30}"#;
        check(CROPS, r#""src":"wide""#, &["wider", "wide"]);
        check(CROPS, r#""src":"webp""#, &["webp2", "webp"]);
        check(CROPS, r#""src":"jpeg1""#, &["webp2", "jpeg1"]);
        check(CROPS, r#""src":"jpeg2""#, &["jpeg2"]);
        check(CROPS, r#""index":0"#, &["webp2", "jpeg"]);
        check(CROPS, &format!(r#""index":0,{SEEN}"#), &["webp2", "jpeg", "wider"]);
        let only_crops = "<picture><source media=print srcset=p><img></picture>";
        check(only_crops, r#""index":0"#, &["p"]);
    }

    #[test]
    fn what_a_script_would_load_late_is_better_than_what_stands_there_meanwhile() {
        check(LATE, r#""index":0"#, &["s2", "data:image/gif;base64,R0lGODlh"]);
        check(LATE, r#""src":"s1""#, &["s2", "s1"]);
        check(LATE, r#""src":"s""#, &["s2", "s"]);
        // The visitor saw what stands there, which may be another picture.
        check(LATE, r#""src":"thumb.jpg""#, &["thumb.jpg"]);
        check("<img src=1 srcset='2 2x' data-src=3 data-srcset='4 4x'>", r#""src":"1""#, &["2", "1"]);
        check(LATE, r#""src":"full.jpg""#, &["full.jpg"]);
        check(LATE, r#""index":1"#, &["full.jpg", "thumb.jpg"]);
        check(LATE, r#""index":2"#, &["real.jpg", "grey.gif"]);
        check(LATE, r#""src":"real.jpg""#, &["real.jpg"]);
        // Where it is known how large it was, what stood there is held against that first.
        const SEEN: &str = r#""natural":{"width":40,"height":30}"#;
        check(LATE, &format!(r#""index":1,{SEEN}"#), &["thumb.jpg", "full.jpg"]);
        check(LATE, &format!(r#""index":2,{SEEN}"#), &["grey.gif", "real.jpg"]);
        check("<noscript><img src=n></noscript><p><img data-src=1>", r#""src":"n""#, &["n"]);
        for name in ["data-original", "data-src", "data-lazy-src", "data-lazy"] {
            check(&format!("<img src=grey {name}=a>"), r#""index":0"#, &["a", "grey"]);
        }
        for name in ["data-srcset", "data-lazy-srcset"] {
            check(&format!("<img src=grey {name}='a 1x, b 2x'>"), r#""index":0"#, &["b", "grey"]);
            let in_source = format!("<picture><source {name}='a 1x, b 2x'><img src=grey></picture>");
            check(&in_source, r#""index":0"#, &["b", "grey"]);
        }
    }

    #[test]
    fn a_noscript_is_read_where_it_follows_or_stands_before_an_empty_picture() {
        const TWIN: &str = "<noscript><img src=twin></noscript>";
        for (page, expected) in [
            (format!("<img src=1>{TWIN}"), &["twin", "1"][..]),
            (format!("<img src=1> <!-- --> {TWIN}"), &["twin", "1"]),
            (format!("<picture><img src=1></picture>{TWIN}"), &["twin", "1"]),
            (format!("<p>{TWIN} <img>"), &["twin"]),
            (format!("<p>{TWIN}<img src='data:,x'>"), &["twin", "data:,x"]),
            (format!("<p>{TWIN}<img src=1>"), &["1"]),
            (format!("<img src=1><i></i>{TWIN}"), &["1"]),
            (format!("<img src=1>x{TWIN}"), &["1"]),
            ("<img src=1><noscript><img src=count width=1 height=1></noscript>".to_owned(), &["1"]),
        ] {
            check(&page, r#""index":0"#, expected);
        }
    }

    #[test]
    fn a_source_is_read_by_its_type() {
        let picture = |sources: &str| format!("<picture>{sources}<img src=1></picture>");
        for (sources, expected) in [
            ("<source type=image/nonsense srcset='n 4000w'>", &["1"][..]),
            ("<source type=image srcset='n 4000w'>", &["1"]),
            ("<source type='' srcset='a 2x'>", &["a", "1"]),
            ("<source type='Image/WebP; q=1' srcset='a 2x'>", &["a", "1"]),
            ("<source type=image/svg+xml srcset='s 4000w'>", &["1"]),
            ("<source type=image/jxl srcset='j 2x'><source type=image/heic srcset='h 4000w'>", &["j", "1"]),
        ] {
            check(&picture(sources), r#""index":0"#, expected);
        }
        // Safari shows it: then the visitor saw it, and another form of it is taken.
        let heic = picture("<source type=image/heic srcset='h 4000w'><source srcset='a 100w, b 200w'>");
        check(&heic, r#""src":"h""#, &["b", "h"]);
        check("<picture><source type=image/heic srcset=h><img></picture>", r#""index":0"#, &["h"]);
    }

    #[test]
    fn a_picture_before_the_base_has_the_address_that_the_browser_loaded() {
        let page = "<img src=1><img srcset='2 1x, 3 2x'><img src=4 data-src=5><base href=late/><img src=6>";
        check(page, r#""index":0"#, &["1"]);
        check(page, r#""index":1"#, &["3"]);
        check(page, r#""index":2"#, &["late/5", "4"]);
        check(page, r#""index":3"#, &["late/6"]);
        for src in ["1", "https://a.example/dir/1", "https://a.example/dir/late/1"] {
            check(page, &format!(r#""src":"{src}""#), &["1"]);
        }
    }

    #[test]
    fn only_so_many_addresses_are_tried() {
        const SEEN: &str = r#""index":0,"natural":{"width":40,"height":30}"#;
        let sources: String = (0..9).map(|n| format!("<source media='(width: {n}px)' srcset={n}>")).collect();
        check(&format!("<picture>{sources}<img src=a data-src=b></picture>"), SEEN, &["a", "b", "0", "1"]);
    }

    #[test]
    fn pictures_outside_document_images_are_found_by_their_address_only() {
        let page = "<meta property=og:image content=/og.jpg><meta name=twitter:image content=t.jpg><link rel='x image_src' href=l.jpg>
            <input type=image src=i.jpg><svg><image xlink:href=s.jpg /></svg><img src=1>";
        for address in ["https://a.example/og.jpg", "t.jpg", "l.jpg", "i.jpg", "s.jpg", "1"] {
            check(page, &format!(r#""src":"{address}""#), &[address]);
        }
        assert_eq!(choose_from(page, r#""index":1"#), Err(NotFound::Index { index: 1, count: 1 }.into()));
    }

    #[test]
    fn without_a_picture_of_its_own_a_page_is_taken_at_its_word() {
        const SEEN: &str = r#""index":0,"natural":{"width":4,"height":3}"#;
        const NAMED: &str = "<meta name=twitter:image content=t><link rel=image_src href=l>
            <meta property=og:image content=og1><meta property=og:image content=og2><input type=image src=i>
            <svg><image href=s /></svg>";
        check(NAMED, SEEN, &["og1"]);
        check(&format!("{NAMED}<img src=count width=1 height=1>"), SEEN, &["og1"]);
        check(&format!("{NAMED}<img src=1>"), SEEN, &["1"]);
        check("<link rel=image_src href=l><meta name=twitter:image content=t>", SEEN, &["t"]);
        for page in [NAMED, "<input type=image src=i><svg><image href=s /></svg>"] {
            let error = NotFound::Index { index: 0, count: 0 };
            assert_eq!(choose_from(page, r#""index":0"#), Err(error.into()), "{page}");
        }
        let nothing = "<input type=image src=i>";
        assert_eq!(choose_from(nothing, SEEN), Err(NotFound::Index { index: 0, count: 0 }.into()));
    }

    #[test]
    fn what_the_owner_keeps_out_is_not_taken() {
        for (page, wish) in [
            ("<div data-cutline=off><p><img src=1></p></div>", "data-cutline"),
            ("<img src=1 data-cutline=OFF>", "data-cutline"),
            ("<img src=1 nopin=nopin>", "nopin"),
            ("<img src=1 data-pin-nopin=true>", "data-pin-nopin"),
            ("<meta name=Pinterest content=nopin><img src=1>", "pinterest"),
            ("<img src=1><meta name=cutline content='off'>", "cutline"),
            ("<p data-cutline=off><noscript><img src=1></noscript>", "data-cutline"),
            ("<noscript><img src=1 nopin></noscript>", "nopin"),
            ("<img src=1><noscript><img src=x nopin></noscript>", "nopin"),
            ("<img src=1><noscript data-cutline=off><img src=x></noscript>", "data-cutline"),
            ("<img src=1><noscript><p data-cutline=off><img src=x></noscript>", "data-cutline"),
            ("<meta name=pinterest content='noarchive,nopin'><img src=1>", "pinterest"),
            ("<p><template shadowrootmode=closed><img src=1 nopin></template></p>", "nopin"),
            ("<p data-cutline=off><template shadowrootmode=open><img src=1></template></p>", "data-cutline"),
            ("<meta name=pinterest content='description nopin'><img src=1>", "pinterest"),
        ] {
            assert_eq!(choose_from(page, r#""src":"1""#), Err(FetchError::KeptOut { wish }), "{page}");
        }
        // The same picture elsewhere on the page: nothing that is kept out there is taken in place of another.
        for page in ["<img src=1><img src=1 nopin>", "<img src=1><p data-cutline=off><img srcset='1 2x'>"] {
            let wish = if page.contains("nopin") { "nopin" } else { "data-cutline" };
            for which in [r#""src":"1""#, r#""index":0"#] {
                assert_eq!(choose_from(page, which), Err(FetchError::KeptOut { wish }), "{page}");
            }
        }
        const UPGRADE: &str = "<img src=1 srcset='1 1x, 2 2x'><img src=2 nopin>";
        check(UPGRADE, r#""index":0"#, &["1"]);
        check(UPGRADE, r#""src":"1""#, &["1"]);
        check("<img src=1 srcset='1 1x, 2#a 2x'><img src=2#b nopin>", r#""index":0"#, &["1"]);
        const IN_SHADOW: &str =
            "<p><template shadowrootmode=open><svg><image href=2 nopin /></svg></template></p>";
        check(&format!("<img src=1 srcset='1 1x, 2 2x'>{IN_SHADOW}"), r#""index":0"#, &["1"]);
        check("<img src=grey data-src=1><img src=grey data-src=2 nopin>", r#""index":0"#, &["1"]);
        for page in [
            "<div data-cutline=off></div><img src=1>",
            "<div data-cutline=on><img src=1></div>",
            "<div nopin><img src=1></div>",
            "<meta name=pinterest content=pin><meta name=robots content=nopin><img src=1>",
            "<template><meta name=cutline content=off></template><img src=1>",
        ] {
            check(page, r#""src":"1""#, &["1"]);
        }
    }
}
