//! What can be done to the selection without dragging (WCAG 2.5.7), and more: a held shape, two corners, undo and redo, and
//! its four numbers in percent or in pixels of the original.

use cutline_model::{Region, Written, decimal, within};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::corners::Corners;
use super::selection::Aspect;
use super::session::Session;
use super::speech::Topic;
use crate::language::Labels;

/// The tools, folded away until they are wanted.
#[component]
pub(super) fn SelectionTools(session: Session) -> impl IntoView {
    let labels = session.labels();
    let action = move |label: &'static str, act: fn(Session), can: fn(Session) -> bool| {
        view! {
            <button type="button" class="selection-tools__button" aria-disabled=move || (!can(session)).then_some("true") on:click=move |_| act(session)>
                {label}
            </button>
        }
    };
    view! {
        <details class="selection-tools" part="tools">
            <summary>{labels.tools}</summary>
            <div class="selection-tools__row">
                <ShapeChoice session=session />
                <CornersButton session=session />
            </div>
            <div class="selection-tools__row">
                {action(labels.undo, Session::undo, |session| session.history().with(|history| history.can_undo()))}
                {action(labels.redo, Session::redo, |session| session.history().with(|history| history.can_redo()))}
                {action(labels.whole, Session::select_everything, |_| true)}
            </div>
            <Numbers session=session />
        </details>
    }
}

#[component]
fn ShapeChoice(session: Session) -> impl IntoView {
    let labels = session.labels();
    let choose = move |index: String| {
        if let Some(aspect) = index.parse().ok().and_then(|index: usize| Aspect::ALL.get(index)) {
            session.hold_to(*aspect);
        }
    };
    let options = Aspect::ALL
        .into_iter()
        .enumerate()
        .map(|(index, aspect)| {
            let selected = move || session.aspect().get() == aspect;
            view! { <option value=index.to_string() prop:selected=selected>{shape_name(aspect, labels)}</option> }
        })
        .collect_view();
    view! {
        <label class="selection-tools__field">
            <span>{labels.shape}</span>
            <select on:change:target=move |event| choose(event.target().value())>{options}</select>
        </label>
    }
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
#[component]
fn CornersButton(session: Session) -> impl IntoView {
    let labels = session.labels();
    let corners = session.corners();
    let toggle = move |_| {
        corners.update(|corners| {
            *corners = if *corners == Corners::Off { Corners::First } else { Corners::Off }
        });
    };
    view! {
        <button type="button" class="selection-tools__button" aria-pressed=move || (corners.get() != Corners::Off).to_string() on:click=toggle>
            {labels.corners}
        </button>
    }
}

/// What to press next while corners are being set, or where the picture has gone, shown and spoken: not among the tools, which may
/// be folded away or scrolled out of sight.
#[component]
pub(super) fn SelectionHint(session: Session) -> impl IntoView {
    let labels = session.labels();
    let hint = Memo::new(move |_| match session.corners().get() {
        _ if session.hidden().get() => labels.out_of_sight,
        Corners::Off => "",
        Corners::First => labels.first_corner,
        Corners::Second(_) => labels.second_corner,
        Corners::Taken(_) => labels.taken_corner,
    });
    Effect::new(move |_| session.say(Topic::Hint, hint.get().to_owned()));
    view! { <p class="selection-tools__hint">{hint}</p> }
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

#[component]
fn Numbers(session: Session) -> impl IntoView {
    let labels = session.labels();
    let unit = RwSignal::new(Unit::Percent);
    let choice = move |this: Unit, label: &'static str| {
        view! {
            <label class="selection-tools__unit">
                <input type="radio" name="cutline-unit" prop:checked=move || unit.get() == this on:change=move |_| unit.set(this) />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="selection-tools__numbers">
            <legend>{labels.numbers}</legend>
            <div class="selection-tools__row">
                {choice(Unit::Percent, labels.percent)}
                {choice(Unit::Pixels, labels.in_pixels)}
            </div>
            <div class="selection-tools__grid">
                {[Number::Left, Number::Top, Number::Width, Number::Height]
                    .map(|number| view! { <NumberField session=session number=number unit=unit /> })}
            </div>
        </fieldset>
    }
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
#[component]
fn NumberField(session: Session, number: Number, unit: RwSignal<Unit>) -> impl IntoView {
    let labels = session.labels();
    let side = {
        let size = session.size();
        f64::from(if number.is_horizontal() { size.width() } else { size.height() })
    };
    // How many of the unit the whole picture has.
    let whole = move || if unit.get() == Unit::Percent { 100.0 } else { side };
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
    let read = move |text: String| {
        if let Some(count) = decimal(&text.replace(',', ".")) {
            put(count);
        }
    };
    let stepper = move |by: f64, sign: &'static str, word: &'static str| {
        view! {
            <button type="button" class="selection-tools__step" aria-label=move || format!("{}: {word}", name()) on:click=move |_| step(by)>
                {sign}
            </button>
        }
    };
    view! {
        <div class="selection-tools__number">
            <label>
                <span>{name}</span>
                <input type="number" min="0" step="any" inputmode="decimal" prop:value=value on:change:target=move |event| read(event.target().value()) on:keydown=|event| keep_enter(&event) />
            </label>
            {stepper(-1.0, "\u{2212}", labels.less)}
            {stepper(1.0, "+", labels.more)}
        </div>
    }
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
