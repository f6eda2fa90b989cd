//! What the walk over a page gathers: its pictures, and what it says of itself and of them.

use ego_tree::NodeId;
use html5ever::ns;
use scraper::ElementRef;

use super::super::reservations;
use super::picture::{PictureKind, is_html};
use super::walk::Surroundings;
use super::{credits, twin, wishes};

/// Pictures looked at that are not in `document.images`.
const MAX_OTHER_PICTURES: usize = 200;

/// How a page names the picture that stands for it, the most careful way first: by `<meta>`s, the last one by a `<link>`.
/// Of those named in the same way the first counts, as Open Graph has it (<https://ogp.me/#array>).
const PREVIEWS: [&str; 6] =
    ["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image_src"];

/// How `<meta>`s say what a site calls itself: Open Graph's way, and that of the HTML standard (4.2.5.1).
const SITE_NAMES: [&str; 2] = ["og:site_name", "application-name"];

/// What the walk over a page finds.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) title: Option<String>,
    /// By which of [`SITE_NAMES`], and the name.
    pub(super) site_name: Option<(usize, &'a str)>,
    /// The first `<base>` with an address.
    pub(super) base: Option<(NodeId, &'a str)>,
    pub(super) images: Vec<(ElementRef<'a>, Option<&'static str>)>,
    pub(super) others: Vec<(PictureKind, ElementRef<'a>, Option<&'static str>)>,
    /// By which of [`PREVIEWS`], and the address.
    pub(super) previews: Vec<(usize, &'a str)>,
    pub(super) linked_data: Vec<&'a str>,
    /// Elements that are an `ImageObject` in microdata.
    pub(super) image_items: Vec<ElementRef<'a>>,
    /// The title as Open Graph has it, for pages that have no other.
    pub(super) preview_title: Option<&'a str>,
    pub(super) kept_out: Option<&'static str>,
    pub(super) kept_out_beyond: Option<&'static str>,
    pub(super) reserved: Option<&'static str>,
}

impl<'a> Found<'a> {
    /// Takes what this element is or says.
    pub(super) fn take(&mut self, element: ElementRef<'a>, surroundings: Surroundings, max_pictures: usize) {
        let kept_out = || wishes::keep_out(element, surroundings.are_kept_out);
        let name = element.value().name();
        if surroundings.are_shadow {
            // Found by its address alone, and its owner's word counts. What else stands there says nothing of the page.
            if is_html(element, "img") {
                self.take_other(PictureKind::Img, element, kept_out());
            } else if name == "image" && element.value().name.ns == ns!(svg) {
                self.take_other(PictureKind::Svg, element, kept_out());
            }
            return;
        }
        if element.value().name.ns == ns!(svg) {
            if name == "image" {
                self.take_other(PictureKind::Svg, element, kept_out());
            }
            return;
        }
        if element.value().name.ns != ns!(html) {
            return;
        }
        let is_image = |kinds: &str| kinds.split_ascii_whitespace().any(credits::is_image_type);
        if self.image_items.len() < credits::MAX_CREDITS && element.attr("itemtype").is_some_and(is_image) {
            self.image_items.push(element);
        }
        match name {
            "title" if self.title.is_none() => self.title = Some(text_of(element)),
            "base" if self.base.is_none() => {
                self.base = element.attr("href").map(|href| (element.id(), href));
            }
            "img" if self.images.len() < max_pictures => self.images.push((element, kept_out())),
            "img" => self.kept_out_beyond = self.kept_out_beyond.or_else(kept_out),
            "input" if element.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("image")) => {
                self.take_other(PictureKind::Input, element, kept_out());
            }
            "noscript" if twin::text_in(element).contains("<img") => {
                self.take_other(PictureKind::Noscript, element, kept_out());
            }
            "script" if element.attr("type").is_some_and(is_linked_data) => {
                self.linked_data.extend(
                    element.first_child().and_then(|child| child.value().as_text().map(|text| &**text)),
                );
            }
            "meta" => self.take_meta(element),
            "link" if has_word(element.attr("rel"), "image_src") => {
                self.take_preview("image_src", element.attr("href"));
            }
            _ => {}
        }
    }

    fn take_other(&mut self, kind: PictureKind, element: ElementRef<'a>, kept_out: Option<&'static str>) {
        if self.others.len() < MAX_OTHER_PICTURES {
            self.others.push((kind, element, kept_out));
        } else {
            self.kept_out_beyond = self.kept_out_beyond.or(kept_out);
        }
    }

    /// Takes `address` if `way` is one of those by which a page names its picture; answers whether it is.
    fn take_preview(&mut self, way: &str, address: Option<&'a str>) -> bool {
        let way = PREVIEWS.iter().position(|preview| way.trim().eq_ignore_ascii_case(preview));
        if self.previews.len() < MAX_OTHER_PICTURES {
            self.previews.extend(way.zip(address));
        }
        way.is_some()
    }

    fn take_meta(&mut self, meta: ElementRef<'a>) {
        let Some(content) = meta.attr("content") else { return };
        for name in [meta.attr("property"), meta.attr("name")].into_iter().flatten() {
            if self.take_preview(name, Some(content)) {
                return;
            }
            if let Some(way) = SITE_NAMES.iter().position(|way| name.trim().eq_ignore_ascii_case(way))
                && !content.trim().is_empty()
                && self.site_name.is_none_or(|(known, _)| way < known)
            {
                self.site_name = Some((way, content));
            }
            if name.trim().eq_ignore_ascii_case("og:title") {
                self.preview_title = self.preview_title.or(Some(content));
            }
            self.kept_out = self.kept_out.or_else(|| wishes::keep_out_page(name, content));
            self.reserved = self.reserved.or_else(|| reservations::in_meta(name, content));
        }
    }
}

fn is_linked_data(kind: &str) -> bool {
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/ld+json")
}

fn text_of(element: ElementRef<'_>) -> String {
    element.children().filter_map(|child| child.value().as_text().map(|text| &**text)).collect()
}

fn has_word(list: Option<&str>, word: &str) -> bool {
    list.is_some_and(|list| list.split_ascii_whitespace().any(|part| part.eq_ignore_ascii_case(word)))
}
