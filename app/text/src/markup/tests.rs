use proptest::prelude::*;

use super::*;

const ALL: [Markup; 6] =
    [Markup::None, Markup::Links, Markup::Names, Markup::Topics, Markup::Signs, Markup::Markdown];

/// A text as people see it.
fn seen(text: &str) -> String {
    text.replace(JOINER, "")
}

#[test]
fn nobody_is_called_and_an_address_leads_where_it_did() {
    for (text, plain) in [
        ("with @bob@example.social", "with @\u{2060}bob@\u{2060}example.social"),
        ("@_x ＠x", "@\u{2060}_x ＠\u{2060}x"),
        ("5 @ 3, or @", "5 @ 3, or @"),
        ("see https://a.example/@bob", "see https://a.example/%40bob"),
        ("#tag stays", "#tag stays"),
    ] {
        assert_eq!(Markup::Names.words(text), plain);
    }
    assert_eq!(Markup::Topics.words("#tag# @x"), "＃tag＃ @\u{2060}x");
    assert_eq!(Markup::Links.words("@x https://a.example/"), "@x https://a.example/");
}

#[test]
fn nothing_that_a_stranger_wrote_is_a_link() {
    for (text, plain) in [
        ("http://evil.example/x", "http:\u{2060}//\u{2060}evil.\u{2060}example/x"),
        ("evil.example", "evil.\u{2060}example"),
        ("#tag $CASH /start !pics", "#\u{2060}tag $\u{2060}CASH /\u{2060}start !\u{2060}pics"),
        ("nostr:npub1 mailto:a", "nostr:\u{2060}npub1 mailto:\u{2060}a"),
        ("Ada Lovelace · CC BY-SA 4.0", "Ada Lovelace · CC BY-SA 4.0"),
        ("C. Müller, at 1/250 s", "C. Müller, at 1/250 s"),
    ] {
        for markup in [Markup::Links, Markup::Names, Markup::Topics] {
            let expected =
                if markup == Markup::Topics { plain.replace('#', "＃") } else { plain.to_owned() };
            assert_eq!(markup.strangers(text), expected, "{markup:?}");
        }
    }
    assert_eq!(Markup::None.strangers("http://evil.example"), "http://evil.example");
}

#[test]
fn markdown_is_escaped() {
    for (text, plain) in [
        ("![a](http://b.example/x.png)", "\\!\\[a\\]\\(http://b.example/x.png\\)"),
        ("<a href=\"x\">", "\\<a href=\"x\"\\>"),
        ("# a\n- b\n  1. c\n=== ", "\\# a\n\\- b\n1\\. c\n\\=== "),
        ("3.5 m - so high", "3.5 m - so high"),
        ("::: spoiler\n    code", "\\::: spoiler\ncode"),
        ("&lt; **x** ||y|| `z`", "\\&lt; \\*\\*x\\*\\* \\|\\|y\\|\\| \\`z\\`"),
        ("u/alice /r/pics /U/x bu/x", "u/\u{2060}alice /r/\u{2060}pics /U/\u{2060}x bu/x"),
        ("https://a.example/b_c/u/x", "https://a.example/b_c/u/x"),
    ] {
        assert_eq!(Markup::Markdown.words(text), plain);
    }
}

#[test]
fn signs_that_cannot_be_escaped_are_parted() {
    for (text, plain) in [
        ("$[spin x] $5", "$\u{2060}[\u{2060}spin x] $5"),
        ("[x](http://b.example/)", "[\u{2060}x]\u{2060}(http://b.example/)"),
        ("<center>a</center> 1 < 2", "<\u{2060}center>a<\u{2060}/center> 1 < 2"),
        ("[id1|Ada] *id1 (Ada) `x`", "[\u{2060}id1|Ada] *\u{2060}id1 (Ada) ‵x‵"),
        ("> quoted", "\u{2060}> quoted"),
    ] {
        assert_eq!(Markup::Signs.words(text), plain);
    }
}

proptest! {
    /// For those without escapes, in which alone signs are added that are seen.
    #[test]
    fn what_is_read_stays_the_same(text in "([a-z@#$:./!`<>*\\[\\]()_ \n]|\\PC){0,60}") {
        for markup in ALL {
            if markup == Markup::Markdown { continue }
            let same = |plain: String| seen(&plain).replace('＃', "#").replace('‵', "`");
            let expected = seen(&text).replace('＃', "#").replace('‵', "`");
            prop_assert_eq!(same(markup.strangers(&text)), expected);
        }
    }

    #[test]
    fn a_stranger_has_no_addresses_and_calls_nobody(
        text in "(https?://|www\\.|[a-z]{1,4}\\.[a-z]{2,3}|[a-zé中.:/@#_ ]|\\PC){0,40}",
    ) {
        for markup in ALL.into_iter().skip(1) {
            let plain = markup.strangers(&text);
            prop_assert!(addresses(&plain).is_empty(), "{}", plain);
            if markup != Markup::Links {
                let calls = plain.chars().zip(plain.chars().skip(1)).any(|(c, next)| c == '@' && is_of_name(next));
                prop_assert!(!calls, "{}", plain);
            }
        }
    }

    #[test]
    fn the_visitors_addresses_stay_some(text in "(https://a\\.example/|[a-z]{1,4} |[@#*\\[\\]()_ ]){0,20}") {
        for markup in ALL {
            prop_assert!(addresses(&markup.words(&text)).len() >= addresses(&text).len());
        }
    }
}
