//! One picture of a page and all addresses that the page gives for it.
//!
//! Beside those that browsers choose from stand the ones of scripts that load pictures late: a server runs no scripts,
//! and what stands in `src` until then is a grey box. Which address is the best is decided in `choose`.

use std::borrow::Cow;

use encoding_rs::Encoding;
use scraper::ElementRef;
use url::Url;

use super::super::address::MAX_URL_BYTES;
use super::image_type::ImageType;
use super::srcset::{self, Descriptor};

/// Attributes in which late-loading scripts keep the address; the one that promises most comes first.
const LATE_ADDRESSES: [&str; 4] = ["data-original", "data-src", "data-lazy-src", "data-lazy"];

/// Attributes in which they keep a `srcset`.
const LATE_SRCSETS: [&str; 2] = ["data-srcset", "data-lazy-srcset"];

/// Candidates looked at for one picture; the largest sets seen have about 30.
const MAX_CANDIDATES: usize = 64;

/// Longest `media` read, in bytes; a `<source>` with a longer one is left out.
const MAX_MEDIA_BYTES: usize = 500;

/// Nodes of a `<picture>` looked at for each `<img>` in it: a page may put thousands of both into one.
const MAX_NODES_BEFORE: usize = 500;

/// Bytes that the candidates of one page may take together: each address repeats the base, and many pictures may share a
/// `<source>`. The ones after that are not looked at.
const MAX_CANDIDATES_BYTES: usize = 8 << 20;

/// One picture of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct PagePicture {
    /// What kind of element it is.
    pub kind: PictureKind,
    /// Its alternative text, as written.
    pub alt: Option<String>,
    /// Its `width` attribute in CSS pixels.
    pub width: Option<u32>,
    /// Its `height` attribute in CSS pixels.
    pub height: Option<u32>,
    /// All its addresses that parse, of any scheme; those that browsers look at first come first.
    pub candidates: Vec<Candidate>,
    /// The wish of the page's owner that keeps it out: the name of the attribute.
    pub kept_out: Option<&'static str>,
    /// The address that scripts see in its `src` where a later `<base>` made it another than the one that was loaded.
    pub later_src: Option<Url>,
}

/// What a picture of a page is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// An `<img>`: the only kind that `document.images` lists.
    Img,
    /// An `<input type=image>`.
    Input,
    /// An `<image>` in an `<svg>`.
    Svg,
    /// An `<img>` in a `<noscript>`.
    Noscript,
    /// What the page names as its picture for others, as in `og:image`.
    Preview,
}

/// One address of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The address.
    pub url: Url,
    /// Where the page says it.
    pub place: Place,
    /// How large it is, where that is said.
    pub descriptor: Option<Descriptor>,
    /// The media condition of its `<source>`: under another one the page may show another crop.
    pub media: Option<String>,
    /// The type that its `<source>` promises.
    pub image_type: Option<ImageType>,
}

impl Candidate {
    /// Whether it may be a picture that is cut here: what says nothing may be.
    pub(crate) fn is_read(&self) -> bool {
        self.image_type.is_none_or(|image_type| image_type.is_read)
    }
}

/// Where in a page an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The `srcset` of a `<source>` before it in its `<picture>`.
    Source,
    /// Its `srcset`.
    Srcset,
    /// Its `src`.
    Src,
    /// An attribute that a late-loading script reads.
    Late,
    /// The `<noscript>` beside it.
    Noscript,
}

impl PagePicture {
    fn empty(kind: PictureKind) -> Self {
        Self {
            kind,
            alt: None,
            width: None,
            height: None,
            candidates: Vec::new(),
            kept_out: None,
            later_src: None,
        }
    }

    /// The address in its `src` as scripts see it, if it has one that parses.
    #[must_use]
    pub fn src(&self) -> Option<&Url> {
        let loaded = || self.candidates.iter().find(|candidate| candidate.place == Place::Src);
        self.later_src.as_ref().or_else(|| loaded().map(|candidate| &candidate.url))
    }

    /// Whether `url` is one of its addresses.
    pub(crate) fn has_address(&self, url: &Url) -> bool {
        self.candidates.iter().any(|candidate| candidate.url == *url)
    }

    /// Whether the page says that there is nothing to see: such pictures count visits.
    pub(crate) fn is_pixel(&self) -> bool {
        [self.width, self.height].into_iter().flatten().any(|side| side <= 1)
    }
}

/// Turns elements into pictures, with what addresses are resolved against.
pub(super) struct Reader<'a> {
    page: &'a Url,
    base: &'a Url,
    encoding: &'static Encoding,
    bytes_left: usize,
    /// Whether there was more of what was read since the last note than is looked at.
    is_cut: bool,
    kept_out_beyond: Option<&'static str>,
}

/// What a `<source>` says of all its candidates.
#[derive(Clone, Copy, Default)]
struct Condition<'a> {
    media: Option<&'a str>,
    image_type: Option<ImageType>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(page: &'a Url, base: &'a Url, encoding: &'static Encoding) -> Self {
        Self { page, base, encoding, bytes_left: MAX_CANDIDATES_BYTES, is_cut: false, kept_out_beyond: None }
    }

    /// The picture that `element` is. A browser resolves its addresses when it comes to it: `is_early` says that the page's
    /// `<base>` came after that. What a script loads late is resolved when it does.
    pub(super) fn picture(
        &mut self,
        kind: PictureKind,
        element: ElementRef<'_>,
        kept_out: Option<&'static str>,
        is_early: bool,
    ) -> PagePicture {
        let pixels = |name| element.attr(name).and_then(|text| text.trim().parse().ok());
        let mut picture = PagePicture {
            alt: element.attr("alt").map(str::to_owned),
            width: pixels("width"),
            height: pixels("height"),
            kept_out,
            ..PagePicture::empty(kind)
        };
        let base = if is_early { self.page } else { self.base };
        match kind {
            PictureKind::Img | PictureKind::Noscript => self.read_img(&mut picture, element, base),
            PictureKind::Svg => {
                // Either `href` or the older `xlink:href`, whose namespace `attr` would not look into.
                let href = element.value().attrs().find(|(name, _)| *name == "href");
                self.add(&mut picture, base, href.map(|(_, address)| address), Place::Src);
            }
            PictureKind::Input | PictureKind::Preview => {
                self.add(&mut picture, base, element.attr("src"), Place::Src);
            }
        }
        if is_early && let Some(src) = element.attr("src").filter(|_| picture.src().is_some()) {
            picture.later_src = self.resolve(self.base, src, None);
        }
        picture
    }

    /// The picture that the page names for others by `address`.
    pub(super) fn preview(&mut self, address: &str) -> PagePicture {
        let mut picture = PagePicture::empty(PictureKind::Preview);
        self.add(&mut picture, self.base, Some(address), Place::Src);
        picture
    }

    /// Notes whether this one is kept out by more addresses than were looked at.
    pub(super) fn note(&mut self, picture: &PagePicture) {
        let is_cut = std::mem::take(&mut self.is_cut) || self.bytes_left == 0;
        self.kept_out_beyond = self.kept_out_beyond.or(picture.kept_out.filter(|_| is_cut));
    }

    /// The wish of a picture of which there were more addresses than are listed.
    pub(super) fn kept_out_beyond(&self) -> Option<&'static str> {
        self.kept_out_beyond
    }

    /// Takes over what is known of `twin`, which shows the same picture to browsers without scripts: its addresses, and
    /// what its owner wishes.
    pub(super) fn add_twin(picture: &mut PagePicture, twin: PagePicture) {
        let room = MAX_CANDIDATES.saturating_sub(picture.candidates.len());
        let candidates = twin.candidates.into_iter().take(room);
        picture
            .candidates
            .extend(candidates.map(|candidate| Candidate { place: Place::Noscript, ..candidate }));
        picture.kept_out = picture.kept_out.or(twin.kept_out);
    }

    fn read_img(&mut self, picture: &mut PagePicture, img: ElementRef<'_>, base: &Url) {
        // What is not looked at costs nothing either: thousands of pictures may have hundreds of sources each.
        if self.bytes_left == 0 {
            return;
        }
        let late = self.base;
        let (sources, is_cut) = sources_before(img);
        self.is_cut |= is_cut;
        for source in sources {
            let media = source.attr("media").map(str::trim);
            let media = media.filter(|media| !media.is_empty() && !media.eq_ignore_ascii_case("all"));
            let named = source.attr("type").filter(|name| !name.trim().is_empty());
            let image_type = named.and_then(ImageType::parse);
            if media.is_some_and(|media| media.len() > MAX_MEDIA_BYTES)
                || named.is_some() && image_type.is_none()
            {
                continue;
            }
            let condition = Condition { media, image_type };
            self.add_set(picture, base, source.attr("srcset"), Place::Source, condition);
            for name in LATE_SRCSETS {
                self.add_set(picture, late, source.attr(name), Place::Late, condition);
            }
        }
        self.add_set(picture, base, img.attr("srcset"), Place::Srcset, Condition::default());
        self.add(picture, base, img.attr("src"), Place::Src);
        for name in LATE_SRCSETS {
            self.add_set(picture, late, img.attr(name), Place::Late, Condition::default());
        }
        for name in LATE_ADDRESSES {
            self.add(picture, late, img.attr(name), Place::Late);
        }
    }

    fn add_set(
        &mut self,
        picture: &mut PagePicture,
        base: &Url,
        srcset: Option<&str>,
        place: Place,
        condition: Condition<'_>,
    ) {
        let Condition { media, image_type } = condition;
        let room = MAX_CANDIDATES.saturating_sub(picture.candidates.len());
        let mut candidates = srcset.into_iter().flat_map(srcset::candidates);
        for (address, descriptor) in candidates.by_ref().take(room) {
            if let Some(url) = self.resolve(base, address, media) {
                let (media, descriptor) = (media.map(str::to_owned), Some(descriptor));
                picture.candidates.push(Candidate { url, place, descriptor, media, image_type });
            }
        }
        self.is_cut |= candidates.next().is_some();
    }

    fn add(&mut self, picture: &mut PagePicture, base: &Url, address: Option<&str>, place: Place) {
        let address = address.filter(|address| !address.trim_ascii().is_empty());
        if let Some(url) = address.and_then(|address| self.resolve(base, address, None)) {
            let (descriptor, media, image_type) = (None, None, None);
            picture.candidates.push(Candidate { url, place, descriptor, media, image_type });
        }
    }

    /// Resolves the address of a candidate, if there is room for one more with this `media`.
    fn resolve(&mut self, base: &Url, address: &str, media: Option<&str>) -> Option<Url> {
        if self.bytes_left == 0 {
            return None;
        }
        let url = resolve(base, address, self.encoding)?;
        let bytes = size_of::<Candidate>() + url.as_str().len() + media.map_or(0, str::len);
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        (self.bytes_left > 0).then_some(url)
    }
}

/// The `<source>`s that browsers ask before this `<img>`: those before it in its `<picture>`; and whether there are more than
/// are looked at.
fn sources_before(img: ElementRef<'_>) -> (Vec<ElementRef<'_>>, bool) {
    let in_picture = img.parent().and_then(ElementRef::wrap).is_some_and(|parent| is_html(parent, "picture"));
    let siblings = img.parent().filter(|_| in_picture).into_iter().flat_map(|picture| picture.children());
    let mut before = siblings.take_while(|node| node.id() != img.id());
    let looked_at = before.by_ref().take(MAX_NODES_BEFORE).filter_map(ElementRef::wrap);
    let mut sources: Vec<_> = looked_at.filter(|element| is_html(*element, "source")).collect();
    let is_cut = sources.len() > MAX_CANDIDATES || before.next().is_some();
    sources.truncate(MAX_CANDIDATES);
    (sources, is_cut)
}

pub(super) fn is_html(element: ElementRef<'_>, name: &str) -> bool {
    element.value().name.ns == html5ever::ns!(html) && element.value().name() == name
}

/// Resolves as browsers do, which write a query in the page's own encoding.
pub(super) fn resolve(base: &Url, address: &str, encoding: &'static Encoding) -> Option<Url> {
    let write = writer(encoding);
    let url = Url::options().base_url(Some(base)).encoding_override(Some(&write)).parse(address).ok()?;
    (url.scheme() == "data" || url.as_str().len() <= MAX_URL_BYTES).then_some(url)
}

/// Writes a query as "percent-encode after encoding" does (<https://url.spec.whatwg.org/#string-percent-encode-after-encoding>):
/// what the encoding does not have becomes a number, escaped.
fn writer(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |text| {
        let (bytes, _, has_unmappable) = encoding.encode(text);
        if !has_unmappable {
            return bytes;
        }
        let mut written = Vec::new();
        for c in text.chars() {
            match encoding.encode(c.encode_utf8(&mut [0; 4])) {
                (_, _, true) => written.extend(format!("%26%23{}%3B", u32::from(c)).bytes()),
                (bytes, ..) => written.extend_from_slice(&bytes),
            }
        }
        written.into()
    }
}
