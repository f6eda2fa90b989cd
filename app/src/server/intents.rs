//! Ways to pass a share page on to places that take a link: their own forms, opened by the visitor, who posts there by hand.
//!
//! Plain links with the page's address: no key, no account, nothing sent before somebody presses. Places that want a
//! picture's address get the clipping's; the others read it from the page (Open Graph). One line each: to add one, add it here.

use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::words::Words;

/// What stands for itself in an address (RFC 3986, 2.3).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest words that are put into an address, in characters: what is longer is cut there anyway.
const MAX_WORDS: usize = 200;

/// Name and address: `{url}` is the share page, `{words}` the visitor's words, `{both}` words and page, `{picture}` the
/// clipping. Read from the places' own documentation or share buttons on 2026-11-23; none was tried against the place itself.
static INTENTS: [(&str, &str); 12] = [
    ("Bluesky", "https://bsky.app/intent/compose?text={both}"),
    ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}"),
    ("LinkedIn", "https://www.linkedin.com/sharing/share-offsite/?url={url}"),
    (
        "Pinterest",
        "https://www.pinterest.com/pin/create/button/?url={url}&media={picture}&description={words}",
    ),
    ("Reddit", "https://www.reddit.com/submit?url={url}&title={words}"),
    ("Telegram", "https://t.me/share/url?url={url}&text={words}"),
    ("Tumblr", "https://www.tumblr.com/widgets/share/tool?canonicalUrl={url}&title={words}"),
    ("VK", "https://vk.com/share.php?url={url}&title={words}&image={picture}"),
    ("WhatsApp", "https://wa.me/?text={both}"),
    ("X", "https://x.com/intent/post?text={words}&url={url}"),
    (
        "微博",
        "https://service.weibo.com/share/share.php?url={url}&title={words}&pic={picture}&searchPic=false",
    ),
    ("E-mail", "mailto:?subject={words}&body={both}"),
];

/// Where servers of the Mastodon family have the form for a post (<https://docs.joinmastodon.org/methods/statuses/>, tried by no
/// test: it wants somebody who is signed in there).
const MASTODON: &str = "https://{server}/share?text={both}";

/// The form for a post on this server of the Mastodon family, filled in.
#[must_use]
pub fn mastodon_form(server: &str, url: &str, words: &str) -> String {
    filled(&MASTODON.replace("{server}", server), url, words, "")
}

/// The links of a share page at `url`, whose clipping is at `picture`; and a form for where each visitor has a server of their own.
pub(super) fn links(
    words_of_page: &Words,
    action: String,
    url: &str,
    words: &str,
    picture: &str,
) -> impl IntoView + use<> {
    let Words { pass_on, your_server, .. } = *words_of_page;
    let links = INTENTS
        .iter()
        .map(|(name, template)| {
            let address = filled(template, url, words, picture);
            view! { <li><a href=address target="_blank" rel="noopener noreferrer nofollow">{*name}</a></li> }
        })
        .collect_view();
    view! {
        <details class="share__intents">
            <summary>{pass_on}</summary>
            <ul>{links}</ul>
            <form class="share__server" method="post" action=action target="_blank">
                <label>
                    <span>{your_server}</span>
                    <input
                        type="text"
                        name="server"
                        required=true
                        inputmode="url"
                        autocapitalize="none"
                        spellcheck="false"
                        dir="ltr"
                        placeholder="example.social"
                    />
                </label>
                <button type="submit" class="button">"Mastodon"</button>
            </form>
        </details>
    }
}

fn filled(template: &str, url: &str, words: &str, picture: &str) -> String {
    let words: String = words.chars().take(MAX_WORDS).collect();
    let both = if words.is_empty() { url.to_owned() } else { format!("{words}\n\n{url}") };
    // What is filled in holds no braces any more.
    [("{url}", url), ("{words}", &words), ("{both}", &both), ("{picture}", picture)]
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(name, &utf8_percent_encode(value, KEPT).to_string())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://c.example/s/0123456789abcdef";

    #[test]
    fn whatever_the_words_are_an_address_leads_where_it_should() {
        for words in
            ["", "The lighthouse", "a&url=https://evil.example/#?=%", "{url}{picture}", "灯塔\n“quoted”"]
        {
            for (name, template) in INTENTS {
                let address = filled(template, URL, words, "https://c.example/clippings/a.jpg");
                let (before, _) = template.split_once('{').expect(name);
                assert!(address.starts_with(before), "{name}");
                assert!(!address.contains(['{', '}', ' ', '\n', '#']), "{name}: {address}");
                assert_eq!(address.matches('&').count(), template.matches('&').count(), "{name}: {address}");
            }
        }
    }

    #[test]
    fn a_server_of_ones_own_has_its_form_too() {
        assert_eq!(
            mastodon_form("example.social", URL, "a&b"),
            "https://example.social/share?text=a%26b%0A%0Ahttps%3A%2F%2Fc.example%2Fs%2F0123456789abcdef"
        );
    }

    #[test]
    fn words_and_page_are_both_there() {
        let address = filled("https://a.example/?t={both}", URL, "The lighthouse", "");
        assert_eq!(
            address,
            "https://a.example/?t=The%20lighthouse%0A%0Ahttps%3A%2F%2Fc.example%2Fs%2F0123456789abcdef"
        );
    }
}
