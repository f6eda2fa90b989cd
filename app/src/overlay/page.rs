//! What the overlay reads from the page it stands on: which elements are pictures, and what they show.
//!
//! Reads only; nothing of the page is changed. A page may say more about a picture than the browser knows, in
//! attributes of the `<img>`: `data-cutline-source` (address of the original) and `data-cutline-width`, `-height`
//! (its size in pixels). What `cutline_model::wishes` lists keeps pictures out; the server obeys it too.

use std::any::Any;
use std::rc::Rc;

use cutline_model::wishes::{KEPT_OUT_ATTRIBUTES, KEPT_OUT_INSIDE, KEPT_OUT_PAGES};
use cutline_model::{OverlaySettings, Region, Size, Source};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement, HtmlImageElement, ShadowRoot, Url};

use super::background::{ATTRIBUTE, StandIn};
use super::measure::is_seen;
use super::srcset::offers;
use super::view::{document, window};

/// Longest alt text sent to tell pictures apart: the request stays small.
const MAX_ALT_BYTES: usize = 250;

/// What the focus is in while it is in the overlay, on a page of ours and on any other.
const INSIDE: &str = ".selection-overlay, cutline-overlay";

/// A picture the overlay was opened on.
#[derive(Clone)]
pub(super) struct Opened {
    /// The element.
    pub(super) picture: HtmlImageElement,
    /// What the share request says about it.
    pub(super) source: Source,
    /// The original's size as displayed, as far as the page knows it.
    pub(super) size: Size,
    /// What is shown, by itself, until that has told its size.
    file: Option<HtmlImageElement>,
    /// What it shows, as the page says.
    pub(super) alt: String,
    /// The address that the browser showed it from.
    pub(super) shown: String,
    /// The button or link that opened it; none after a dwell.
    pub(super) opener: Option<HtmlElement>,
    /// What had the focus then.
    focused: Option<HtmlElement>,
    /// What is to be selected at first; none for what the site says, or the middle.
    pub(super) region: Option<Region>,
    /// What stands in for a picture that is no element, as long as the overlay is open.
    pub(super) stand_in: Option<Rc<StandIn>>,
}

impl Opened {
    /// The picture `element`, when it is loaded and can be named by an address.
    pub(super) fn of(element: HtmlImageElement, opener: Option<HtmlElement>) -> Option<Self> {
        let said = said_size(&element);
        let file = if said.is_none() { file_of(&element) } else { None };
        let size = said.or_else(|| natural_size(&element))?;
        let source = source_of(&element, size)?;
        let (alt, shown) = (element.alt(), element.current_src());
        let opened = Self {
            picture: element,
            source,
            size,
            file,
            alt,
            shown,
            opener,
            focused: focused(),
            region: None,
            stand_in: None,
        };
        Some(opened.measured().unwrap_or(opened))
    }

    /// The same picture with the size of its file, as soon as that is known.
    pub(super) fn measured(&self) -> Option<Self> {
        let size = natural_size(self.file.as_ref()?)?;
        let source = self.source.clone().with_natural(Some(size));
        Some(Self { source, size, file: None, ..self.clone() })
    }
}

impl Opened {
    /// The same picture, which stands in for one that is no element.
    pub(super) fn standing_in(self, stand_in: Option<Rc<StandIn>>) -> Self {
        Self { stand_in, ..self }
    }

    /// The same picture, with this selected at first.
    pub(super) fn selecting(self, region: Option<Region>) -> Self {
        Self { region, ..self }
    }

    /// What shows the picture on the page: the element, or the one whose background it is.
    pub(super) fn ground(&self) -> Element {
        match &self.stand_in {
            Some(stand_in) => stand_in.element.clone().into(),
            None => self.picture.clone().into(),
        }
    }

    /// Where the focus goes when the overlay is closed: from in there to the opener, or back, and to the opener from nowhere. Who writes
    /// somewhere else on the page goes on.
    pub(super) fn focus_after(self) -> Option<HtmlElement> {
        let focused = focused();
        let is_ours = focused.as_ref().is_some_and(|focused| is_in_overlay(focused));
        // As good as nowhere is what is around the opener: browsers give it the focus for a press on what takes none.
        let is_nowhere = |opener: &HtmlElement| {
            focused
                .as_ref()
                .is_none_or(|focused| focused.tag_name() == "BODY" || focused.contains(Some(opener)))
        };
        self.opener
            .filter(|opener| is_ours || is_nowhere(opener))
            .or_else(|| self.focused.filter(|_| is_ours))
    }

    /// What tells it from other pictures.
    pub(super) fn address(&self) -> String {
        self.source.image_url().unwrap_or(&self.shown).to_owned()
    }

    /// Whether the page offers what is at `address` as a copy of what the element shows, for other screens.
    pub(super) fn may_show(&self, address: &str) -> bool {
        let picture: &Element = &self.picture;
        let is_same = |offered: &str| absolute(offered.to_owned()) == address;
        let mut around = std::iter::successors(Some(picture.clone()), Element::previous_element_sibling)
            .filter(|one| one == picture || one.tag_name() == "SOURCE");
        is_same(&self.picture.src())
            || around.any(|one| one.get_attribute("srcset").is_some_and(|srcset| offers(&srcset, &is_same)))
    }

    /// Whether it is what `was` showed, perhaps another copy of it.
    pub(super) fn is_copy_of(&self, was: &Self) -> bool {
        self.address() == was.address() || self.may_show(&was.shown)
    }

    /// Whether the element has come to show something else since, another picture or another copy of this one.
    pub(super) fn shows_another(&self) -> bool {
        self.picture.complete()
            && self.picture.natural_width() > 0
            && self.picture.current_src() != self.shown
    }
}

/// Whether two sources are one picture, wherever on its page it is by now: by its address; without one, by all that is said of it.
pub(super) fn is_same_picture(one: &Source, other: &Source) -> bool {
    match (one.image_url(), other.image_url()) {
        (None, None) => one == other,
        (one, other) => one == other,
    }
}

/// What has the focus, also in open shadow roots.
pub(super) fn focused() -> Option<HtmlElement> {
    let mut focused = document().active_element()?;
    while let Some(inner) = focused.shadow_root().and_then(|root| root.active_element()) {
        focused = inner;
    }
    focused.dyn_into().ok()
}

/// Whether an element is part of an overlay.
pub(super) fn is_in_overlay(element: &Element) -> bool {
    element.closest(INSIDE).is_ok_and(|around| around.is_some())
}

/// Whether the focus is in an overlay.
pub(super) fn focus_is_ours() -> bool {
    focused().is_some_and(|focused| is_in_overlay(&focused))
}

/// Which pictures may react, in CSS selectors of the site's owner; all by default. Browsers refuse a selector that is none:
/// it then matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only those that match; none lets all react.
    pub only: Option<String>,
    /// Not those that match, or are inside of what does.
    pub never: Option<String>,
}

impl Choice {
    /// Whether `picture` may be shared: the site lets it, and its owner does not keep it out.
    pub(super) fn allows(&self, picture: &Element) -> bool {
        !is_off(picture)
            && self.only.as_ref().is_none_or(|only| picture.matches(only).unwrap_or(false))
            && self
                .never
                .as_ref()
                .is_none_or(|never| !outwards(picture).any(|element| element.matches(never).unwrap_or(false)))
    }
}

/// The picture that `event` is about, also in a shadow root, when it is one that reacts.
pub(super) fn reacting_picture(
    event: &Event,
    settings: &OverlaySettings,
    choice: &Choice,
) -> Option<HtmlImageElement> {
    let picture = event.composed_path().get(0).dyn_into::<HtmlImageElement>().ok()?;
    reacts(&picture, settings, choice).then_some(picture)
}

/// Whether `element`, a picture or what has one as its background, may react: large enough, seen, not being edited, and not
/// kept out; a picture must also be loaded.
pub(super) fn reacts(element: &HtmlElement, settings: &OverlaySettings, choice: &Choice) -> bool {
    let rect = element.get_bounding_client_rect();
    let large =
        rect.width() >= f64::from(settings.min_width) && rect.height() >= f64::from(settings.min_height);
    let is_loaded = element.dyn_ref::<HtmlImageElement>().is_none_or(|picture| picture.natural_width() > 0);
    large && is_loaded && is_seen(element) && !element.is_content_editable() && choice.allows(element)
}

/// The picture that belongs to an opener, or what offers one as its background: the first in the same figure, or that figure.
pub(super) fn picture_of_opener(opener: &Element) -> Option<HtmlElement> {
    let figure = opener.closest("[data-cutline-figure]").ok()??;
    let picture = if figure.has_attribute(ATTRIBUTE) {
        figure
    } else {
        figure.query_selector(&format!("img, [{ATTRIBUTE}]")).ok()??
    };
    picture.dyn_into().ok()
}

/// Where an overlay is put, and what is to be taken away when it is.
pub(super) struct Home {
    /// The element that it becomes a child of.
    pub(super) parent: HtmlElement,
    /// What goes with it.
    pub(super) guard: Option<Box<dyn Any>>,
}

/// The overlay of `picture` on a page of ours: in the dialog that the picture is in, else in the body.
pub(super) fn home_on_page(picture: &Element) -> Option<Home> {
    let parent = dialog_around(picture).or_else(|| document().body())?;
    Some(Home { parent, guard: None })
}

/// What dialogs are. Of a modal one the browser takes all else out of reach; scripts that trap the focus in theirs, or close it
/// when something else is pressed, take what is in it for its own. (`:is` lets browsers pass over what they do not know.)
const DIALOG: &str = ":is(:modal, [aria-modal=true], [role=dialog], [role=alertdialog])";

/// The dialog that `picture` is in.
pub(super) fn dialog_around(picture: &Element) -> Option<HtmlElement> {
    let is_dialog = |element: &Element| element.matches(DIALOG).unwrap_or(false);
    // In a shadow root the page's styles do not reach: there the body must do.
    // A picture that fills the screen is modal too, and nothing can be shown in it.
    let dialog =
        outwards(picture).skip(1).find(|element| is_dialog(element) && document().contains(Some(element)));
    dialog.and_then(|dialog| dialog.dyn_into().ok())
}

/// Whether the owner of the page keeps this picture out, the part of the page that it is in, or the whole page.
fn is_off(picture: &Element) -> bool {
    let (name, value) = KEPT_OUT_INSIDE;
    let finds = |found: Result<Option<Element>, JsValue>| found.ok().flatten().is_some();
    KEPT_OUT_ATTRIBUTES.iter().any(|name| picture.has_attribute(name))
        || outwards(picture)
            .any(|element| element.get_attribute(name).is_some_and(|said| said.eq_ignore_ascii_case(value)))
        || KEPT_OUT_PAGES.iter().any(|(name, word)| {
            finds(document().query_selector(&format!("meta[name={name} i][content~={word} i]")))
        })
}

/// The original's size, where the page says it.
fn said_size(picture: &HtmlImageElement) -> Option<Size> {
    let said = |name: &str| picture.get_attribute(name)?.parse().ok();
    Size::new(said("data-cutline-width")?, said("data-cutline-height")?)
}

/// The size of what the browser loaded.
fn natural_size(picture: &HtmlImageElement) -> Option<Size> {
    Size::new(picture.natural_width(), picture.natural_height())
}

/// What `picture` shows, by itself, where that is one of several copies: what the element says of its size is then in pixels of
/// CSS.
fn file_of(picture: &HtmlImageElement) -> Option<HtmlImageElement> {
    let is_choice = picture.has_attribute("srcset")
        || picture.parent_element().is_some_and(|parent| parent.tag_name() == "PICTURE");
    if !is_choice {
        return None;
    }
    let file = HtmlImageElement::new().ok()?;
    // Asked for in the same way it is what the browser has already.
    file.set_cross_origin(picture.cross_origin().as_deref());
    file.set_referrer_policy(&picture.referrer_policy());
    file.set_src(&picture.current_src());
    Some(file)
}

fn source_of(picture: &HtmlImageElement, natural: Size) -> Option<Source> {
    let address =
        picture.get_attribute("data-cutline-source").map_or_else(|| picture.current_src(), absolute);
    let page =
        window().location().href().ok().map(|href| href.split('#').next().unwrap_or_default().to_owned());
    let index = place_in_document(picture);
    let source = match (Source::of_image(address), page) {
        (Ok(source), Some(page)) => source.clone().seen_on(page, index).unwrap_or(source),
        (Ok(source), None) => source,
        // A `data:` or `blob:` picture has no address of its own: name it by its place in the page, and what tells it apart
        // should the page have changed.
        (Err(_), Some(page)) => {
            let alt = Some(picture.alt()).filter(|alt| alt.len() <= MAX_ALT_BYTES);
            Source::of_page(page, index?).ok()?.with_alt(alt)
        }
        (Err(_), None) => return None,
    };
    Some(source.with_natural(Some(natural)))
}

/// An address as the page means it.
fn absolute(address: String) -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    Url::new_with_base(&address, &base).map_or(address, |url| url.href())
}

/// The picture's place in `document.images`.
fn place_in_document(picture: &HtmlImageElement) -> Option<u32> {
    let images = document().images();
    (0..images.length())
        .find(|&index| images.item(index).is_some_and(|element| element.is_same_node(Some(picture))))
}

/// `element` and everything that it is drawn in, from the inside out, also out of slots and shadow roots.
pub(super) fn outwards(element: &Element) -> impl Iterator<Item = Element> {
    std::iter::successors(Some(element.clone()), |element| {
        if let Some(slot) = element.assigned_slot() {
            return Some(slot.into());
        }
        match element.parent_node()?.dyn_into::<ShadowRoot>() {
            Ok(root) => Some(root.host()),
            Err(node) => node.dyn_into().ok(),
        }
    })
}
