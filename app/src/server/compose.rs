//! The form without the overlay: for visitors without script, and for popups opened from other sites.
//!
//! The same four fractions, as four number fields; "Show" redraws the marked picture, "Share" sends.

use cutline_model::{
    Attribution, Problem, ProblemCode, Region, RegionError, ShareRequest, Size, Source, TargetId,
};
use leptos::prelude::*;

use super::Site;
use super::document::{Head, Locale};
use super::marked::MarkedPicture;
use crate::server::icons::target_icon;
use crate::target_name;

/// The form's fields as typed; what was wrong is shown again, not lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComposeForm {
    /// The picture's address.
    pub image_url: String,
    /// The page's address.
    pub page_url: String,
    /// Which picture of the page.
    pub index: String,
    /// Left edge in percent.
    pub x: String,
    /// Top edge in percent.
    pub y: String,
    /// Width in percent.
    pub w: String,
    /// Height in percent.
    pub h: String,
    /// The visitor's words.
    pub description: String,
    /// What the part shows.
    pub alt: String,
    /// The targets chosen.
    pub targets: Vec<String>,
    /// Makes pressing share twice harmless.
    pub key: String,
    /// The site of others from whose overlay the form was opened, which hears what comes of it.
    pub opener: String,
}

/// The form and what is around it.
#[derive(Clone, Debug)]
pub struct ComposeView {
    /// The fields.
    pub form: ComposeForm,
    /// Where the picture is shown from; none when it could not be found.
    pub picture: Option<ComposePicture>,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// The picture of the form.
#[derive(Clone, Debug)]
pub struct ComposePicture {
    /// Its address, or that of a smaller copy.
    pub src: String,
    /// What it shows.
    pub alt: String,
    /// Its size, where it is known.
    pub size: Option<Size>,
}

impl ComposeForm {
    /// Reads fields by name, in any order; unknown ones are left alone. The selection begins in the middle.
    pub fn read(pairs: impl Iterator<Item = (String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "image_url" => form.image_url = value,
                "page_url" => form.page_url = value,
                "index" => form.index = value,
                "x" => form.x = value,
                "y" => form.y = value,
                "w" => form.w = value,
                "h" => form.h = value,
                "description" => form.description = value,
                "alt" => form.alt = value,
                "targets" => form.targets.push(value),
                "key" => form.key = value,
                "opener" => form.opener = value,
                _ => {}
            }
        }
        for (field, middle) in
            [(&mut form.x, "25"), (&mut form.y, "25"), (&mut form.w, "50"), (&mut form.h, "50")]
        {
            if field.trim().is_empty() {
                middle.clone_into(field);
            }
        }
        form
    }

    /// The selection, or which field is wrong.
    pub fn region(&self) -> Result<Region, Problem> {
        let number = |field: &'static str, text: &str| {
            text.trim().replace(',', ".").parse::<f64>().map(|percent| percent / 100.0).map_err(|_| {
                Problem::new(
                    ProblemCode::InvalidField,
                    format!("{text:?} is not a number in percent, for example 25."),
                )
                .in_field(field)
            })
        };
        let (x, y, w, h) =
            (number("x", &self.x)?, number("y", &self.y)?, number("w", &self.w)?, number("h", &self.h)?);
        Region::new(x, y, w, h).map_err(|error| {
            let detail = match error {
                RegionError::Outside => "The selection must lie inside the picture: left + width and top + height are at most 100 %.",
                RegionError::Empty => "Width and height must be greater than 0 %.",
                RegionError::NotFinite | RegionError::NotAFragment => "Left, top, width and height are numbers in percent.",
            };
            let field = if error == RegionError::Empty { "w" } else { "x" };
            Problem::new(ProblemCode::InvalidField, detail).in_field(field)
        })
    }

    /// The picture asked for.
    pub fn source(&self) -> Result<Source, Problem> {
        let wrong = |field: &'static str, detail: String| {
            Problem::new(ProblemCode::InvalidField, detail).in_field(field)
        };
        let index =
            match self.index.trim() {
                "" => None,
                text => Some(text.parse::<u32>().map_err(|_| {
                    wrong("index", format!("{text:?} is not a place in the page: 0, 1, 2, …"))
                })?),
            };
        let refused = |error: cutline_model::SourceError| wrong("image_url", format!("{error}."));
        match (self.image_url.trim(), self.page_url.trim()) {
            ("", "") => Err(wrong(
                "image_url",
                "No picture is named: open this form from the link beside a picture.".to_owned(),
            )),
            ("", page) => Source::of_page(page, index.unwrap_or(0)).map_err(refused),
            (image, "") => Source::of_image(image).map_err(refused),
            (image, page) => {
                Source::of_image(image).and_then(|source| source.seen_on(page, index)).map_err(refused)
            }
        }
    }

    /// What to send.
    pub fn request(&self) -> Result<ShareRequest, Problem> {
        let target = |text: &String| {
            TargetId::parse(text).map_err(|error| {
                Problem::new(ProblemCode::InvalidField, format!("{error}.")).in_field("targets")
            })
        };
        Ok(ShareRequest {
            source: self.source()?,
            region: self.region()?,
            description: self.description.trim().to_owned(),
            alt: self.alt.trim().to_owned(),
            targets: self.targets.iter().map(target).collect::<Result<_, _>>()?,
        })
    }
}

pub(super) fn compose(site: &Site, locale: &Locale, view: ComposeView) -> (Head, AnyView) {
    let ComposeView { form, picture, problem } = view;
    let words = locale.words();
    let labels = locale.language.labels();
    let wrong_field = problem.as_ref().and_then(|problem| problem.field.clone()).unwrap_or_default();
    let message = problem.map(|problem| {
        let text = labels.problem(&problem);
        let attribution = problem.attribution.map(|attribution| {
            let Attribution { url, text } = *attribution;
            view! { <a href=url rel="noopener noreferrer" dir="auto">{text}</a> }
        });
        view! { <p class="compose__problem" role="alert" id="problem">{text} " " {attribution}</p> }
    });
    let region = form.region().unwrap_or(Region::WHOLE);
    let picture = picture.map(|picture| {
        view! { <MarkedPicture src=picture.src alt=picture.alt size=picture.size region=region /> }
    });
    let number = |name: &'static str, label: &'static str, value: &str| {
        let wrong = wrong_field == name;
        view! {
            <label class="compose__number">
                <span>{format!("{label} {}", labels.percent_sign)}</span>
                <input
                    type="number"
                    name=name
                    min="0"
                    max="100"
                    step="any"
                    required=true
                    value=value.to_owned()
                    aria-invalid=wrong.then_some("true")
                    aria-describedby=wrong.then_some("problem")
                />
            </label>
        }
    };
    let numbers = (
        number("x", labels.left, &form.x),
        number("y", labels.top, &form.y),
        number("w", labels.width, &form.w),
        number("h", labels.height, &form.h),
    );
    let only = site.targets.len() == 1;
    let targets = site
        .targets
        .iter()
        .map(|target| {
            let is_wanted = form.targets.is_empty() && site.overlay.chosen_targets.contains(&target.id);
            let checked = only || is_wanted || form.targets.iter().any(|chosen| chosen == target.id.as_str());
            view! {
                <label class="target-list__target">
                    <input type="checkbox" name="targets" value=target.id.to_string() checked=checked />
                    {target_icon(&target.icon)}
                    <span class="target-list__name">{target_name(target, labels)}</span>
                    {target.account.clone().map(|account| view! { <span class="target-list__account">{account}</span> })}
                </label>
            }
        })
        .collect_view();
    // In a window of its own, since signing in leads elsewhere and what was filled in would be lost on the way.
    let accounts = site.has_accounts.then(|| {
        view! {
            <p class="compose__accounts">
                <a class="target-list__accounts" href=locale.href("/accounts?from=form") target="_blank" rel="noopener" aria-describedby="new-window">
                    {labels.my_accounts}
                </a>
                <span id="new-window">{words.new_window}</span>
                <button type="submit" class="button button--quiet" formmethod="get" formaction="/compose#targets" formnovalidate=true>
                    {words.list_again}
                </button>
            </p>
        }
    });
    let hidden = |name: &'static str, value: &str| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value.to_owned() /> })
    };
    let kept = (
        hidden("image_url", &form.image_url),
        hidden("page_url", &form.page_url),
        hidden("index", &form.index),
        hidden("key", &form.key),
        hidden("opener", &form.opener),
        hidden("lang", if locale.chosen { locale.language.tag() } else { "" }),
    );
    let body = view! {
        <h1>{words.compose}</h1>
        <form class="compose" method="post" action=locale.href("/compose")>
            {kept}
            {message}
            {picture}
            <fieldset class="compose__numbers">
                <legend>{words.which_part}</legend>
                {numbers}
                <button type="submit" class="button button--quiet" formmethod="get" formnovalidate=true>{words.show}</button>
            </fieldset>
            <label class="compose__field">
                <span>{labels.description}</span>
                <textarea name="description" rows="3">{form.description.clone()}</textarea>
            </label>
            <label class="compose__field">
                <span>{labels.alt}</span>
                <textarea name="alt" rows="2" placeholder=labels.alt_help>{form.alt.clone()}</textarea>
            </label>
            <fieldset class="target-list target-list--buttons" id="targets">
                <legend>{labels.targets}</legend>
                {targets}
            </fieldset>
            {accounts}
            <button type="submit" class="button">{labels.share}</button>
        </form>
    };
    (Head { title: words.compose.to_owned(), ..Head::default() }, body.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> ComposeForm {
        ComposeForm::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_opened_form_selects_the_middle() {
        let form = form(&[("image_url", "https://a.example/a.jpg")]);
        assert_eq!(form.region(), Ok(Region::new(0.25, 0.25, 0.5, 0.5).expect("inside")));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let picture = ("image_url", "https://a.example/a.jpg");
        for (pairs, field) in [
            (&[picture, ("x", "a third")][..], "x"),
            (&[picture, ("x", "60"), ("w", "60")], "x"),
            (&[picture, ("h", "-3")], "w"),
            (&[], "image_url"),
            (&[("image_url", "harbour.jpg")], "image_url"),
            (&[("page_url", "https://a.example/"), ("index", "third")], "index"),
            (&[picture, ("targets", "My Board")], "targets"),
        ] {
            let problem = form(pairs).request().expect_err("a wrong field");
            assert_eq!(problem.field.as_deref(), Some(field), "{pairs:?}: {problem}");
        }
    }

    #[test]
    fn a_comma_is_a_decimal_point_too() {
        let form = form(&[("image_url", "https://a.example/a.jpg"), ("x", "12,5")]);
        assert_eq!(form.region().map(Region::x), Ok(0.125));
    }
}
