//! `/accounts`: which accounts this browser has connected, how to connect another, and how to be rid of all of it.
//!
//! Plain forms: the page works without script. What went wrong is told by its kind, in the visitor's language.

mod forms;
mod words;

use leptos::prelude::*;

use self::forms::{bluesky, chosen, pasted, wordpress};
use self::words::Words;
use super::Site;
use super::document::{Head, Locale};
use crate::server::icons::target_icon;

/// The page and what is on it.
#[derive(Clone, Debug, Default)]
pub struct AccountsView {
    /// The visitor's accounts, the oldest first.
    pub accounts: Vec<AccountLine>,
    /// Ways to sign in that the site's owner has configured: their names in addresses, and what visitors read.
    pub ways: Vec<(String, String)>,
    /// What has just been done, or not.
    pub notice: Option<AccountsNotice>,
    /// The server that the visitor typed before.
    pub server: String,
    /// Whether this browser is known here.
    pub is_known: bool,
    /// Whether the visitor may have come from a form that was not sent yet.
    pub form_waits: bool,
}

/// One account.
#[derive(Clone, Debug)]
pub struct AccountLine {
    /// What forms name it by.
    pub id: String,
    /// What its platform is called.
    pub platform: String,
    /// The platform's icon.
    pub icon: String,
    /// What people call it.
    pub name: String,
    /// Its server, as the form takes it.
    pub server: String,
    /// The way in which it was connected.
    pub way: String,
    /// Whether its server no longer takes what this site has of it.
    pub is_refused: bool,
    /// Since when it is connected, RFC 3339.
    pub since: String,
}

/// What a visitor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountsNotice {
    /// An account is connected.
    Connected,
    /// One is disconnected.
    Disconnected,
    /// Nothing of the visitor is kept any more.
    Forgotten,
    /// Which targets are chosen beforehand is kept.
    Chosen,
    /// What was typed names no server that may be called.
    BadServer,
    /// The server cannot be reached.
    Unreachable,
    /// It answers otherwise than a server of its platform does.
    Strange,
    /// The visitor has as many accounts, or sign-ins under way, as there may be.
    TooMany,
    /// The sign-in is over, or began elsewhere.
    Stale,
    /// The answer came from another server than the one asked.
    OtherServer,
    /// The visitor said no.
    Denied,
    /// The server did not take its own code.
    Refused,
    /// The password or token that was typed opens nothing.
    Wrong,
}

impl AccountsNotice {
    /// What the address of the page calls it, after something was done.
    #[must_use]
    pub fn in_address(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Forgotten => "forgotten",
            Self::Chosen => "chosen",
            _ => "",
        }
    }

    /// Reads that.
    #[must_use]
    pub fn of_address(text: &str) -> Option<Self> {
        let done = [Self::Connected, Self::Disconnected, Self::Forgotten, Self::Chosen];
        done.into_iter().find(|notice| notice.in_address() == text)
    }

    fn is_good(self) -> bool {
        !self.in_address().is_empty()
    }
}

pub(super) fn accounts(site: &Site, locale: &Locale, view: AccountsView) -> (Head, AnyView) {
    let words = Words::of(locale.language);
    let AccountsView { accounts, ways, notice, server, is_known, form_waits } = view;
    let head = Head { title: words.title.to_owned(), leaves_by_form: true, ..Head::default() };
    let notice = notice.map(|notice| {
        let (class, role) =
            if notice.is_good() { ("accounts__done", "status") } else { ("accounts__problem", "alert") };
        view! { <p class=class role=role>{words.notice(notice)}</p> }
    });
    let list = if accounts.is_empty() {
        view! { <p>{words.none}</p> }.into_any()
    } else {
        let lines = accounts.into_iter().map(|account| line(locale, words, account)).collect_view();
        view! { <ul class="accounts__list">{lines}</ul> }.into_any()
    };
    let others = ways
        .into_iter()
        .map(|(way, title)| {
            let text = words.sign_in_at.replace("{title}", &title);
            view! {
                <form method="post" action=locale.href("/accounts/connect")>
                    <input type="hidden" name="way" value=way />
                    <button type="submit" class="button">{text}</button>
                </form>
            }
        })
        .collect_view();
    let kept = is_known.then(|| {
        view! {
            <section>
                <h2>{words.kept}</h2>
                <p>{words.kept_what}</p>
                <p><a href="/accounts/export" download="cutline.json">{words.export}</a></p>
                <form method="post" action=locale.href("/accounts/forget")>
                    <button type="submit" class="button button--danger">{words.forget}</button>
                </form>
            </section>
        }
    });
    let body = view! {
        <article class="accounts">
            <h1>{words.title}</h1>
            <p class="lead">{words.lead.replace("{site}", &site.name)}</p>
            {notice}
            {form_waits.then(|| view! { <p>{words.form_waits}</p> })}
            {list}
            {is_known.then(|| chosen(site, locale, words))}
            <section>
                <h2>{words.connect}</h2>
                <form class="accounts__connect" method="post" action=locale.href("/accounts/connect")>
                    <input type="hidden" name="way" value="mastodon" />
                    <label>
                        <span>{words.server}</span>
                        <input
                            type="text"
                            name="server"
                            required=true
                            inputmode="url"
                            autocapitalize="none"
                            spellcheck="false"
                            dir="ltr"
                            placeholder="example.social"
                            value=server
                        />
                    </label>
                    <button type="submit" class="button">{words.go_on}</button>
                </form>
                {others}
                {wordpress(locale, words)}
                {bluesky(locale, words)}
                {pasted(locale, words)}
                <p class="accounts__note">{words.cookie}</p>
            </section>
            {kept}
        </article>
    };
    (head, body.into_any())
}

fn line(locale: &Locale, words: &'static Words, account: AccountLine) -> impl IntoView + use<> {
    let AccountLine { id, platform, icon, name, server, way, is_refused, since } = account;
    let day = since.get(..10).unwrap_or_default().to_owned();
    let signs_in = !["bluesky", "matrix", "discord", "telegram"].contains(&way.as_str());
    let again = is_refused.then(|| {
        view! {
            <p class="accounts__refused">{words.refused}</p>
        }
    });
    let sign_in = (is_refused && signs_in).then(|| {
        view! {
            <form method="post" action=locale.href("/accounts/connect")>
                <input type="hidden" name="way" value=way />
                <input type="hidden" name="server" value=server />
                <button type="submit" class="button" aria-label=format!("{}: {name}", words.again)>{words.again}</button>
            </form>
        }
    });
    view! {
        <li class="accounts__account">
            {target_icon(&icon)}
            <span class="accounts__name"><bdi>{name.clone()}</bdi></span>
            <span class="accounts__platform">{platform} " · " <time datetime=since>{day}</time></span>
            {again}
            {sign_in}
            <form method="post" action=locale.href("/accounts/disconnect")>
                <input type="hidden" name="id" value=id />
                <button type="submit" class="button button--quiet" aria-label=format!("{}: {name}", words.disconnect)>
                    {words.disconnect}
                </button>
            </form>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn each_notice_has_its_own_words() {
        for language in Language::ALL {
            let words = Words::of(language);
            assert_eq!(words.notice(AccountsNotice::Connected), words.notices[0]);
            assert_eq!(words.notice(AccountsNotice::Wrong), words.notices[12]);
        }
    }

    #[test]
    fn only_what_was_done_stands_in_an_address() {
        assert_eq!(AccountsNotice::of_address("connected"), Some(AccountsNotice::Connected));
        for other in ["", "refused", "<script>"] {
            assert_eq!(AccountsNotice::of_address(other), None, "{other}");
        }
    }
}
