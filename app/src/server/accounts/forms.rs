//! The forms of the page of accounts: one for each way to connect, and one for what is chosen beforehand.
//!
//! What is typed in them is not shown again, for some of it is secret.

use leptos::prelude::*;

use super::words::Words;
use crate::server::Site;
use crate::server::document::Locale;
use crate::server::icons::target_icon;
use crate::target_name;

/// The form for what is chosen when the overlay opens.
pub(super) fn chosen(site: &Site, locale: &Locale, words: &'static Words) -> impl IntoView + use<> {
    let labels = locale.language.labels();
    let targets = site
        .targets
        .iter()
        .map(|target| {
            let checked = site.overlay.chosen_targets.contains(&target.id);
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
    view! {
        <form method="post" action=locale.href("/accounts/defaults")>
            <fieldset class="target-list target-list--buttons">
                <legend>{words.chosen}</legend>
                {targets}
            </fieldset>
            <button type="submit" class="button">{words.keep}</button>
        </form>
    }
}

/// The form for an account on Bluesky; what is typed there is not shown again.
pub(super) fn bluesky(locale: &Locale, words: &'static Words) -> impl IntoView + use<> {
    view! {
        <details>
            <summary>"Bluesky"</summary>
            <form class="accounts__connect" method="post" action=locale.href("/accounts/connect")>
                <input type="hidden" name="way" value="bluesky" />
                {field(words.data_server, "server", "optional", "bsky.social")}
                <button type="submit" class="button">{words.go_on}</button>
            </form>
            <p class="accounts__note">{words.or_password}</p>
            <form class="accounts__connect" method="post" action=locale.href("/accounts/bluesky")>
                {field(words.handle, "handle", "text", "alice.bsky.social")}
                {field(words.app_password, "password", "password", "xxxx-xxxx-xxxx-xxxx")}
                {field(words.data_server, "server", "optional", "bsky.social")}
                <button type="submit" class="button">{words.connect}</button>
            </form>
        </details>
    }
}

/// The form for a WordPress site, which asks on a page of its own.
pub(super) fn wordpress(locale: &Locale, words: &'static Words) -> impl IntoView + use<> {
    view! {
        <details>
            <summary>"WordPress"</summary>
            <form class="accounts__connect" method="post" action=locale.href("/accounts/connect")>
                <input type="hidden" name="way" value="wordpress" />
                {field(words.site, "server", "text", "blog.example.org")}
                <button type="submit" class="button">{words.ask_there}</button>
            </form>
        </details>
    }
}

/// The forms for what has no page that asks: a token is made there and pasted here.
pub(super) fn pasted(locale: &Locale, words: &'static Words) -> impl IntoView + use<> {
    let forms = [
        ("matrix", "Matrix", words.room, "#pictures:example.org", words.access_token, Some(words.homeserver)),
        ("discord", "Discord", words.channel, "#pictures", words.webhook, None),
        ("telegram", "Telegram", words.chat, "@pictures", words.bot_token, None),
    ];
    forms
        .into_iter()
        .map(|(platform, title, account, example, token, server)| {
            view! {
                <details>
                    <summary>{title}</summary>
                    <form class="accounts__connect" method="post" action=locale.href("/accounts/token")>
                        <input type="hidden" name="platform" value=platform />
                        {server.map(|server| field(server, "server", "text", "matrix.example.org"))}
                        {field(account, "account", "text", example)}
                        {field(token, "token", "password", "")}
                        <button type="submit" class="button">{words.connect}</button>
                    </form>
                </details>
            }
        })
        .collect_view()
}

/// A field of these forms: `text`, `password`, or `optional` text.
fn field(
    label: &'static str,
    name: &'static str,
    kind: &'static str,
    hint: &'static str,
) -> impl IntoView + use<> {
    view! {
        <label>
            <span>{label}</span>
            <input
                type=if kind == "password" { "password" } else { "text" }
                name=name
                required=kind != "optional"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                dir="ltr"
                placeholder=hint
            />
        </label>
    }
}
