//! The HTML document around every page: head, header with language switch, body, and the overlay where it is wanted.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::words::Words;
use super::{Page, Site, accounts, board, compose, deletion, fetcher, galleries, problem, share};
use crate::language::Language;
use crate::overlay::island::{PageOffer, PageOverlay};

/// The visitor's language, and whether the address says it.
#[derive(Clone, Debug)]
pub struct Locale {
    /// The language.
    pub language: Language,
    /// Whether it was chosen with the language switch: then links carry it on, since there is no cookie to keep it.
    pub chosen: bool,
    /// The rest of the address's query: the switch must not lose what the page is about.
    query: String,
}

impl Locale {
    /// The language that `lang` in the query asks for, else the best that the browser accepts.
    #[must_use]
    pub fn new(query: &str, accept_language: &str) -> Self {
        let (asked, rest): (Vec<_>, Vec<_>) =
            query.split('&').filter(|pair| !pair.is_empty()).partition(|pair| pair.starts_with("lang="));
        let chosen = asked.first().and_then(|pair| Language::of_tag(&pair["lang=".len()..]));
        let language = chosen.unwrap_or_else(|| Language::accepted(accept_language));
        Self { language, chosen: chosen.is_some(), query: rest.join("&") }
    }

    /// What a part is called that nobody has said anything about.
    #[must_use]
    pub fn a_part(&self) -> &'static str {
        self.words().a_part
    }

    /// The pages' words.
    pub(super) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// An address of this site, in the chosen language.
    pub(super) fn href(&self, path: &str) -> String {
        if self.chosen {
            let join = if path.contains('?') { '&' } else { '?' };
            format!("{path}{join}lang={}", self.language.tag())
        } else {
            path.to_owned()
        }
    }

    /// This page in another language.
    fn switch_to(&self, language: Language) -> String {
        let join = if self.query.is_empty() { "" } else { "&" };
        format!("?{}{join}lang={}", self.query, language.tag())
    }
}

/// What stands in a page's `<head>` besides what all pages have.
#[derive(Default)]
pub(super) struct Head {
    /// The page's own title; the site's name is added.
    pub(super) title: String,
    /// A sentence about it; none on pages that are not worth finding.
    pub(super) description: Option<String>,
    /// The page's one true address.
    pub(super) canonical: Option<String>,
    /// More tags.
    pub(super) more: Option<AnyView>,
    /// Whether the visitor can select on this page's pictures.
    pub(super) overlay: bool,
    /// Whether a form of this page leads, by a redirect, to another site.
    pub(super) leaves_by_form: bool,
}

/// The whole document.
pub(super) fn document(site: &Site, locale: &Locale, page: Page) -> impl IntoView + use<> {
    let (head, body) = match page {
        Page::Home(view) => galleries::home(site, locale, &view),
        Page::Gallery(view) => galleries::gallery(site, locale, view),
        Page::Board(view) => board::board(site, locale, view),
        // A frame has a document of its own; it never comes here.
        Page::Share(view) | Page::Frame(view) => share::share(site, locale, *view),
        Page::Deletion(view) => deletion::deletion(site, locale, *view),
        Page::Compose(view) => compose::compose(site, locale, *view),
        Page::Accounts(view) => accounts::accounts(site, locale, *view),
        Page::Fetcher(view) => fetcher::fetcher(locale, view),
        Page::Problem(view) => problem::problem(locale, view),
    };
    send_policy(head.leaves_by_form);
    let language = locale.language;
    let title =
        if head.title.is_empty() { site.name.clone() } else { format!("{} · {}", head.title, site.name) };
    let overlay = head.overlay.then(|| view! { <PageOverlay /> });
    // Only the loader: it fetches the rest at the first sign that it is wanted.
    let least = format!("{}x{}", site.overlay.min_width, site.overlay.min_height);
    let loader = head.overlay.then(|| {
        let offer = PageOffer { targets: site.targets.clone(), settings: site.overlay.clone(), language };
        let offer = serde_json::to_string(&offer).expect("plain data is JSON");
        view! { <script type="module" nonce=use_nonce() src="/pkg/loader.js" data-least=least data-offer=offer></script> }
    });
    // In its viewport, the on-screen keyboard takes its room from the page: what is docked stands above it.
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                {head.description.map(|text| view! { <meta name="description" content=text /> })}
                {head.canonical.map(|url| view! { <link rel="canonical" href=url /> })}
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href="/pkg/cutline.css" />
                {head.more}
                {loader}
            </head>
            <body>
                <a class="skip-link" href="#main">{locale.words().skip}</a>
                {header(site, locale)}
                <main id="main" class="page">{body}</main>
                {overlay}
            </body>
        </html>
    }
}

fn header(site: &Site, locale: &Locale) -> impl IntoView + use<> {
    let words = locale.words();
    let switch = Language::ALL
        .map(|language| {
            let current = (language == locale.language).then_some("true");
            let href = locale.switch_to(language);
            view! { <a href=href lang=language.tag() hreflang=language.tag() aria-current=current>{language.own_name()}</a> }
        })
        .collect_view();
    view! {
        <header class="site-header">
            <a class="site-header__name" href=locale.href("/")>{site.name.clone()}</a>
            <nav class="site-header__links" aria-label=words.site>
                <a href=locale.href("/")>{words.galleries}</a>
                <a href=locale.href("/board")>{words.board}</a>
                {site.has_accounts.then(|| view! { <a href=locale.href("/accounts")>{locale.language.labels().my_accounts}</a> })}
            </nav>
            <nav class="site-header__languages" aria-label=words.languages>{switch}</nav>
        </header>
    }
}

/// What a page may load and run: scripts and styles from here (Leptos writes small scripts into the page, by the nonce),
/// pictures from anywhere (they stay where they are), nothing else; and nobody may frame it. Chromium holds redirects of forms
/// to `form-action` too.
fn send_policy(leaves_by_form: bool) {
    let script = use_nonce()
        .map_or_else(|| "'none'".to_owned(), |nonce| format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"));
    let forms = if leaves_by_form { "'self' https: http:" } else { "'self'" };
    let policy = format!(
        "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data: http: https:; connect-src 'self'; \
         form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let (Some(response), Ok(policy)) =
        (use_context::<ResponseOptions>(), http::HeaderValue::from_str(&policy))
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides_the_language_before_the_browser() {
        for (query, accepted, language, chosen) in [
            ("", "ar", Language::Arabic, false),
            ("lang=zh-Hans", "ar", Language::SimplifiedChinese, true),
            ("lang=xx", "ar", Language::Arabic, false),
        ] {
            let locale = Locale::new(query, accepted);
            assert_eq!((locale.language, locale.chosen), (language, chosen), "{query} {accepted}");
        }
    }

    #[test]
    fn switching_the_language_keeps_the_rest_of_the_address() {
        let locale = Locale::new("image_url=a&lang=ar&x=5", "");
        assert_eq!(locale.switch_to(Language::English), "?image_url=a&x=5&lang=en");
        assert_eq!(locale.href("/board"), "/board?lang=ar");
        assert_eq!(Locale::new("", "").href("/board"), "/board");
    }
}
