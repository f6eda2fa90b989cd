//! What can be done to the selection without dragging (WCAG 2.5.7), and more: a held shape, two corners, undo and redo, and
//! its four numbers in percent or in pixels of the original.

use cutline_model::{Region, Written, decimal, within};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, HtmlInputElement, HtmlSelectElement, KeyboardEvent, MouseEvent};

use super::corners::Corners;
use super::selection::{Aspect, History};
use super::session::Session;
use super::speech::Topic;
use super::view::{Memo, RwSignal, Tag, effect, tag};
use crate::language::{Labels, fill};

/// The tools, folded away until they are wanted.
pub(super) fn selection_tools(session: Session) -> Tag {
    let labels = session.labels();
    let row = || tag("div").class("selection-tools__row");
    let action = move |label: &str, act: fn(Session), can: fn(Session) -> bool| {
        button(label, move || act(session))
            .attr_of("aria-disabled", move || (!can(session)).then(|| "true".to_owned()))
    };
    tag("details")
        .class("selection-tools")
        .part("tools")
        .child(tag("summary").text(labels.tools))
        .child(row().child(shape_choice(session)).child(corners_button(session)))
        .child(
            row()
                .child(action(labels.undo, Session::undo, |session| {
                    session.history().with(History::can_undo)
                }))
                .child(action(labels.redo, Session::redo, |session| {
                    session.history().with(History::can_redo)
                }))
                .child(action(labels.whole, Session::select_everything, |_| true)),
        )
        .child(numbers(session))
}

fn button(label: &str, act: impl Fn() + 'static) -> Tag {
    tag("button")
        .attr("type", "button")
        .class("selection-tools__button")
        .on("click", move |_: MouseEvent| act())
        .text(label)
}

fn shape_choice(session: Session) -> Tag {
    let labels = session.labels();
    let choose = move |event: Event| {
        let field = event.target();
        let index = field.map(|field| field.unchecked_ref::<HtmlSelectElement>().selected_index());
        let index = index.and_then(|index| usize::try_from(index).ok());
        if let Some(aspect) = index.and_then(|index| Aspect::ALL.get(index)) {
            session.hold_to(*aspect);
        }
    };
    let options = Aspect::ALL.map(|aspect| {
        tag("option")
            .prop("selected", move || session.aspect().get() == aspect)
            .text(shape_name(aspect, labels))
    });
    tag("label")
        .class("selection-tools__field")
        .child(tag("span").text(labels.shape))
        .child(tag("select").children(options).on("change", choose))
}

fn shape_name(aspect: Aspect, labels: &Labels) -> &'static str {
    match aspect {
        Aspect::Free => labels.free,
        Aspect::Square => "1:1",
        Aspect::FourToThree => "4:3",
        Aspect::SixteenToNine => "16:9",
        Aspect::Original => labels.original,
    }
}

/// Two presses on the picture instead of a drag.
fn corners_button(session: Session) -> Tag {
    let corners = session.corners();
    let toggle = move || {
        corners.update(|corners| {
            *corners = if *corners == Corners::Off { Corners::First } else { Corners::Off }
        });
    };
    button(session.labels().corners, toggle)
        .attr_of("aria-pressed", move || (corners.get() != Corners::Off).to_string())
}

/// What to press next while corners are being set, where the picture has gone, or that another one is there, shown and spoken: not among the tools, which may
/// be folded away or scrolled out of sight.
pub(super) fn selection_hint(session: Session) -> Tag {
    let hint = Memo::new(move || hint(session));
    effect(move || session.say(Topic::Hint, hint.get()));
    tag("p").class("selection-tools__hint").text_of(move || hint.get())
}

/// The same as words; tracked.
pub(super) fn hint(session: Session) -> String {
    let labels = session.labels();
    match session.corners().get() {
        _ if session.hidden().get() => labels.out_of_sight.to_owned(),
        _ if session.shows_another() => {
            session.opened().with(|opened| fill(labels.another_picture, &[("title", opened.alt.trim())]))
        }
        Corners::Off => String::new(),
        Corners::First => labels.first_corner.to_owned(),
        Corners::Second(_) => labels.second_corner.to_owned(),
        Corners::Taken(_) => labels.taken_corner.to_owned(),
    }
}

/// What the four numbers count.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Percent,
    Pixels,
}

/// One of the four numbers.
#[derive(Clone, Copy)]
enum Number {
    Left,
    Top,
    Width,
    Height,
}

impl Number {
    fn of(self, region: Region) -> f64 {
        match self {
            Self::Left => region.x(),
            Self::Top => region.y(),
            Self::Width => region.w(),
            Self::Height => region.h(),
        }
    }

    /// `region` with this number at `fraction`, what does not fit cut off; none for what is no region at all. In a held
    /// shape (`ratio`), width and height go together.
    fn put(self, region: Region, fraction: f64, ratio: Option<f64>) -> Option<Region> {
        if fraction.is_nan() {
            return None;
        }
        let [mut x, mut y, mut w, mut h] = [region.x(), region.y(), region.w(), region.h()];
        match self {
            Self::Left => x = within(fraction, 0.0, 1.0 - w),
            Self::Top => y = within(fraction, 0.0, 1.0 - h),
            Self::Width => {
                w = fraction;
                h = ratio.map_or(h, |ratio| w / ratio);
            }
            Self::Height => {
                h = fraction;
                w = ratio.map_or(w, |ratio| h * ratio);
            }
        }
        Region::new(x, y, w.min(1.0 - x), h.min(1.0 - y)).ok()
    }

    fn is_horizontal(self) -> bool {
        matches!(self, Self::Left | Self::Width)
    }

    fn name(self, labels: &Labels) -> &'static str {
        match self {
            Self::Left => labels.left,
            Self::Top => labels.top,
            Self::Width => labels.width,
            Self::Height => labels.height,
        }
    }
}

fn numbers(session: Session) -> Tag {
    let labels = session.labels();
    let unit = RwSignal::new(Unit::Percent);
    let choice = move |this: Unit, label: &str| {
        let field = tag("input")
            .attr("type", "radio")
            .attr("name", "cutline-unit")
            .prop("checked", move || unit.get() == this)
            .on("change", move |_: Event| unit.set(this));
        tag("label").class("selection-tools__unit").child(field).child(tag("span").text(label))
    };
    let units = tag("div")
        .class("selection-tools__row")
        .child(choice(Unit::Percent, labels.percent))
        .child(choice(Unit::Pixels, labels.in_pixels));
    let fields = [Number::Left, Number::Top, Number::Width, Number::Height]
        .map(|number| number_field(session, number, unit));
    tag("fieldset")
        .class("selection-tools__numbers")
        .child(tag("legend").text(labels.numbers))
        .child(units)
        .child(tag("div").class("selection-tools__grid").children(fields))
}

/// Enter in a number takes the number, and does not send the form that the tools are in.
fn keep_enter(event: &KeyboardEvent) {
    if event.key() == "Enter" {
        event.prevent_default();
        // Leaving and coming back is how the browser tells that the value has changed.
        if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            let _ = field.blur();
            super::pointer::focus(&field);
        }
    }
}

/// A number with its two steppers, which go by one percent or one pixel.
fn number_field(session: Session, number: Number, unit: RwSignal<Unit>) -> Tag {
    let labels = session.labels();
    // How many of the unit the whole picture has.
    let whole = move || match unit.get() {
        Unit::Percent => 100.0,
        Unit::Pixels if number.is_horizontal() => f64::from(session.size().width()),
        Unit::Pixels => f64::from(session.size().height()),
    };
    let value = move || {
        let count = number.of(session.region()) * whole();
        let count = Written(count);
        if unit.get() == Unit::Percent { format!("{count:.2}") } else { format!("{count:.0}") }
    };
    let name = move || {
        let symbol = if unit.get() == Unit::Percent { labels.percent_sign } else { labels.px };
        format!("{} {symbol}", number.name(labels))
    };
    let put = move |count: f64| {
        let region = session.selection().region();
        // What makes no sense changes nothing; what does not fit is brought in by the selection.
        if let Some(region) = number.put(region, count / whole(), session.ratio()) {
            session.select_region(region);
        }
    };
    let step = move |by: f64| put((number.of(session.selection().region()) * whole()).round() + by);
    let read = move |event: Event| {
        let Some(field) = event.target() else { return };
        let field: &HtmlInputElement = field.unchecked_ref();
        if let Some(count) = decimal(&field.value().replace(',', ".")) {
            put(count);
        }
        // Also where nothing changed: it says what is selected.
        field.set_value(&value());
    };
    let stepper = move |by: f64, sign: &str, word: &'static str| {
        tag("button")
            .attr("type", "button")
            .class("selection-tools__step")
            .attr_of("aria-label", move || format!("{}: {word}", name()))
            .on("click", move |_: MouseEvent| step(by))
            .text(sign)
    };
    let field = tag("input")
        .attr("type", "number")
        .attr("min", "0")
        .attr("step", "any")
        .attr("inputmode", "decimal")
        .prop("value", value)
        .on("change", read)
        .on("keydown", |event: KeyboardEvent| keep_enter(&event));
    tag("div")
        .class("selection-tools__number")
        .child(tag("label").child(tag("span").text_of(name)).child(field))
        .child(stepper(-1.0, "\u{2212}", labels.less))
        .child(stepper(1.0, "+", labels.more))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 0.2, 0.3, 0.4 x 0.5.
    fn put(number: Number, fraction: f64, ratio: Option<f64>, expected: Option<[f64; 4]>) {
        let region = Region::new(0.2, 0.3, 0.4, 0.5).expect("inside");
        let is = number.put(region, fraction, ratio).map(|is| [is.x(), is.y(), is.w(), is.h()]);
        match (is, expected) {
            (Some(is), Some(expected)) => {
                for (is, expected) in is.into_iter().zip(expected) {
                    assert!((is - expected).abs() < 1e-9, "{is} is not {expected}");
                }
            }
            (is, expected) => assert_eq!(is, expected),
        }
    }

    sentences! {
        a_left_moves_and_keeps_the_width: put(Number::Left, 0.1, None, Some([0.1, 0.3, 0.4, 0.5]));
        a_left_that_does_not_fit_is_as_far_as_it_goes: put(Number::Left, 0.9, None, Some([0.6, 0.3, 0.4, 0.5]));
        a_left_before_the_picture_is_its_edge: put(Number::Left, -1.0, None, Some([0.0, 0.3, 0.4, 0.5]));
        a_top_moves_and_keeps_the_height: put(Number::Top, 0.45, None, Some([0.2, 0.45, 0.4, 0.5]));
        a_top_that_does_not_fit_is_as_far_as_it_goes: put(Number::Top, 2.0, None, Some([0.2, 0.5, 0.4, 0.5]));
        a_width_keeps_the_left: put(Number::Width, 0.6, None, Some([0.2, 0.3, 0.6, 0.5]));
        a_width_that_does_not_fit_is_as_wide_as_it_can_be: put(Number::Width, 0.95, None, Some([0.2, 0.3, 0.8, 0.5]));
        a_height_keeps_the_top: put(Number::Height, 0.25, None, Some([0.2, 0.3, 0.4, 0.25]));
        a_height_that_does_not_fit_is_as_high_as_it_can_be: put(Number::Height, 5.0, None, Some([0.2, 0.3, 0.4, 0.7]));
        a_width_in_a_held_shape_takes_the_height_along: put(Number::Width, 0.6, Some(2.0), Some([0.2, 0.3, 0.6, 0.3]));
        a_height_in_a_held_shape_takes_the_width_along: put(Number::Height, 0.2, Some(2.0), Some([0.2, 0.3, 0.4, 0.2]));
        a_width_of_nothing_is_no_region: put(Number::Width, 0.0, None, None);
        a_height_below_nothing_is_no_region: put(Number::Height, -0.5, None, None);
        what_is_no_number_is_no_region: put(Number::Width, f64::NAN, None, None);
    }
}
