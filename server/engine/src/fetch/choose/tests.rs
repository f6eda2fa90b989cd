//! Which picture is meant, and which of its addresses comes first.

use std::time::Duration;

use super::super::page::{Syntax, Turn};
use super::*;

const PAGE: &str = "<img src=a.jpg#1 alt=one><img src=b.jpg alt=two><img src=a.jpg#2 alt=three>
    <img src=c.jpg?1 alt=twin><img src=c.jpg?1 alt=twin><img>";

fn choose_from(page: &str, which: &str) -> Result<Vec<String>, FetchError> {
    let url = Url::parse("https://a.example/dir/").expect("an address");
    let page =
        Page::parse(url, page.as_bytes(), (Syntax::Html, None), 100, &Turn::begin(Duration::from_secs(9)))
            .expect("a page");
    let json = format!(r#"{{"page_url":"https://a.example/dir/",{which}}}"#);
    let source: Source = serde_json::from_str(&json).expect(which);
    let name = |url: &&Url| url.as_str().trim_start_matches("https://a.example/dir/").to_owned();
    Ok(choose(&page, &source)?.addresses.iter().map(name).collect())
}

fn check(page: &str, which: &str, expected: &[&str]) {
    let expected = expected.iter().map(|&address| address.to_owned()).collect();
    assert_eq!(choose_from(page, which), Ok(expected), "{page} {which}");
}

#[test]
fn the_address_decides_then_the_place_checked_with_the_alt_text() {
    for (which, expected) in [
        (r#""src":"b.jpg""#, "b.jpg"),
        (r#""src":"https://A.example:443/dir/./b.jpg""#, "b.jpg"),
        (r#""src":"../dir/b.jpg","index":4"#, "b.jpg"),
        (r#""src":"a.jpg#2""#, "a.jpg#2"),
        (r#""src":"a.jpg""#, "a.jpg#1"),
        (r#""src":"a.jpg","index":2"#, "a.jpg#2"),
        (r#""src":"changed.jpg","index":2,"alt":"three""#, "a.jpg#2"),
        (r#""index":2"#, "a.jpg#2"),
        (r#""index":1,"alt":"two""#, "b.jpg"),
        (r#""index":1,"alt":"three""#, "a.jpg#2"),
        (r#""index":4,"alt":"twin""#, "c.jpg?1"),
        (r#""index":1,"alt":"""#, "b.jpg"),
        (r#""index":9,"alt":"one""#, "a.jpg#1"),
    ] {
        check(PAGE, which, &[expected]);
    }
}

#[test]
fn a_picture_that_is_not_there_is_not_found() {
    for (which, error) in [
        (r#""src":"d.jpg""#, NotFound::Src { count: 6 }),
        (r#""src":"d.jpg","index":1"#, NotFound::Src { count: 6 }),
        (r#""src":"d.jpg","index":1,"alt":"three""#, NotFound::Src { count: 6 }),
        (r#""src":"http://[""#, NotFound::Src { count: 6 }),
        (r#""src":"blob:https://a.example/1""#, NotFound::Blob),
        (r#""index":5"#, NotFound::NoAddress),
        (r#""index":6"#, NotFound::Index { index: 6, count: 6 }),
        (r#""index":1,"alt":"twin""#, NotFound::Alt { index: 1 }),
        (r#""index":1,"alt":"nobody's""#, NotFound::Alt { index: 1 }),
        (r#""index":5,"alt":"nobody's""#, NotFound::Alt { index: 5 }),
        (r#""index":4294967295,"alt":"twin""#, NotFound::Index { index: u32::MAX, count: 6 }),
    ] {
        assert_eq!(choose_from(PAGE, which), Err(error.into()), "{which}");
    }
}

const SIZES: &str = "<img src=300 srcset='300 300w, 1600 1600w, 800 800w'>";
const CROPS: &str = "<picture><source media='(min-width: 9em)' srcset='wide 900w, wider 1800w'>
    <source type=image/webp srcset='webp 400w, webp2 1600w'><img src=jpeg srcset='jpeg 400w, jpeg2 1600w, jpeg1 800w'></picture>";
const LATE: &str = "<img src='data:image/gif;base64,R0lGODlh' data-src=s data-srcset='s1 400w, s2 800w'>
    <img src=thumb.jpg data-original=full.jpg><img src=grey.gif><noscript><img src=real.jpg></noscript>";

#[test]
fn the_largest_of_the_same_picture_is_tried_first_and_then_what_the_visitor_saw() {
    check(SIZES, r#""src":"800""#, &["1600", "800"]);
    check(SIZES, r#""src":"1600""#, &["1600"]);
    check(SIZES, r#""index":0"#, &["1600", "300"]);
    check("<img src=1 srcset='2 2x, 3 3x'>", r#""src":"1""#, &["3", "1"]);
    check("<img src=1 srcset='half .5x'>", r#""src":"1""#, &["1"]);
    check("<img srcset='a 1x, b 1x'>", r#""src":"b""#, &["b"]);
}

#[test]
fn another_crop_is_tried_only_where_the_shape_is_checked() {
    const SEEN: &str = r#""natural":{"width":40,"height":30}"#;
    check(CROPS, r#""src":"wide""#, &["wider", "wide"]);
    check(CROPS, r#""src":"webp""#, &["webp2", "webp"]);
    check(CROPS, r#""src":"jpeg1""#, &["webp2", "jpeg1"]);
    check(CROPS, r#""src":"jpeg2""#, &["jpeg2"]);
    check(CROPS, r#""index":0"#, &["webp2", "jpeg"]);
    check(CROPS, &format!(r#""index":0,{SEEN}"#), &["webp2", "jpeg", "wider"]);
    let only_crops = "<picture><source media=print srcset=p><img></picture>";
    check(only_crops, r#""index":0"#, &["p"]);
}

#[test]
fn what_a_script_would_load_late_is_better_than_what_stands_there_meanwhile() {
    check(LATE, r#""index":0"#, &["s2", "data:image/gif;base64,R0lGODlh"]);
    check(LATE, r#""src":"s1""#, &["s2", "s1"]);
    check(LATE, r#""src":"s""#, &["s2", "s"]);
    // The visitor saw what stands there, which may be another picture.
    check(LATE, r#""src":"thumb.jpg""#, &["thumb.jpg"]);
    check("<img src=1 srcset='2 2x' data-src=3 data-srcset='4 4x'>", r#""src":"1""#, &["2", "1"]);
    check(LATE, r#""src":"full.jpg""#, &["full.jpg"]);
    check(LATE, r#""index":1"#, &["full.jpg", "thumb.jpg"]);
    check(LATE, r#""index":2"#, &["real.jpg", "grey.gif"]);
    check(LATE, r#""src":"real.jpg""#, &["real.jpg"]);
    // Where it is known how large it was, what stood there is held against that first.
    const SEEN: &str = r#""natural":{"width":40,"height":30}"#;
    check(LATE, &format!(r#""index":1,{SEEN}"#), &["thumb.jpg", "full.jpg"]);
    check(LATE, &format!(r#""index":2,{SEEN}"#), &["grey.gif", "real.jpg"]);
    check("<noscript><img src=n></noscript><p><img data-src=1>", r#""src":"n""#, &["n"]);
    for name in ["data-original", "data-src", "data-lazy-src", "data-lazy"] {
        check(&format!("<img src=grey {name}=a>"), r#""index":0"#, &["a", "grey"]);
    }
    for name in ["data-srcset", "data-lazy-srcset"] {
        check(&format!("<img src=grey {name}='a 1x, b 2x'>"), r#""index":0"#, &["b", "grey"]);
        let in_source = format!("<picture><source {name}='a 1x, b 2x'><img src=grey></picture>");
        check(&in_source, r#""index":0"#, &["b", "grey"]);
    }
}

#[test]
fn a_noscript_is_read_where_it_follows_or_stands_before_an_empty_picture() {
    const TWIN: &str = "<noscript><img src=twin></noscript>";
    for (page, expected) in [
        (format!("<img src=1>{TWIN}"), &["twin", "1"][..]),
        (format!("<img src=1> <!-- --> {TWIN}"), &["twin", "1"]),
        (format!("<picture><img src=1></picture>{TWIN}"), &["twin", "1"]),
        (format!("<p>{TWIN} <img>"), &["twin"]),
        (format!("<p>{TWIN}<img src='data:,x'>"), &["twin", "data:,x"]),
        (format!("<p>{TWIN}<img src=1>"), &["1"]),
        (format!("<img src=1><i></i>{TWIN}"), &["1"]),
        (format!("<img src=1>x{TWIN}"), &["1"]),
        ("<img src=1><noscript><img src=count width=1 height=1></noscript>".to_owned(), &["1"]),
    ] {
        check(&page, r#""index":0"#, expected);
    }
}

#[test]
fn a_source_is_read_by_its_type() {
    let picture = |sources: &str| format!("<picture>{sources}<img src=1></picture>");
    for (sources, expected) in [
        ("<source type=image/nonsense srcset='n 4000w'>", &["1"][..]),
        ("<source type=image srcset='n 4000w'>", &["1"]),
        ("<source type='' srcset='a 2x'>", &["a", "1"]),
        ("<source type='Image/WebP; q=1' srcset='a 2x'>", &["a", "1"]),
        ("<source type=image/svg+xml srcset='s 4000w'>", &["1"]),
        ("<source type=image/jxl srcset='j 2x'><source type=image/heic srcset='h 4000w'>", &["j", "1"]),
    ] {
        check(&picture(sources), r#""index":0"#, expected);
    }
    // Safari shows it: then the visitor saw it, and another form of it is taken.
    let heic = picture("<source type=image/heic srcset='h 4000w'><source srcset='a 100w, b 200w'>");
    check(&heic, r#""src":"h""#, &["b", "h"]);
    check("<picture><source type=image/heic srcset=h><img></picture>", r#""index":0"#, &["h"]);
}

#[test]
fn a_picture_before_the_base_has_the_address_that_the_browser_loaded() {
    let page = "<img src=1><img srcset='2 1x, 3 2x'><img src=4 data-src=5><base href=late/><img src=6>";
    check(page, r#""index":0"#, &["1"]);
    check(page, r#""index":1"#, &["3"]);
    check(page, r#""index":2"#, &["late/5", "4"]);
    check(page, r#""index":3"#, &["late/6"]);
    for src in ["1", "https://a.example/dir/1", "https://a.example/dir/late/1"] {
        check(page, &format!(r#""src":"{src}""#), &["1"]);
    }
}

#[test]
fn only_so_many_addresses_are_tried() {
    const SEEN: &str = r#""index":0,"natural":{"width":40,"height":30}"#;
    let sources: String = (0..9).map(|n| format!("<source media='(width: {n}px)' srcset={n}>")).collect();
    check(&format!("<picture>{sources}<img src=a data-src=b></picture>"), SEEN, &["a", "b", "0", "1"]);
}

#[test]
fn pictures_outside_document_images_are_found_by_their_address_only() {
    let page = "<meta property=og:image content=/og.jpg><meta name=twitter:image content=t.jpg><link rel='x image_src' href=l.jpg>
        <input type=image src=i.jpg><svg><image xlink:href=s.jpg /></svg><img src=1>";
    for address in ["https://a.example/og.jpg", "t.jpg", "l.jpg", "i.jpg", "s.jpg", "1"] {
        check(page, &format!(r#""src":"{address}""#), &[address]);
    }
    assert_eq!(choose_from(page, r#""index":1"#), Err(NotFound::Index { index: 1, count: 1 }.into()));
}

#[test]
fn without_a_picture_of_its_own_a_page_is_taken_at_its_word() {
    const SEEN: &str = r#""index":0,"natural":{"width":4,"height":3}"#;
    const NAMED: &str = "<meta name=twitter:image content=t><link rel=image_src href=l>
        <meta property=og:image content=og1><meta property=og:image content=og2><input type=image src=i>
        <svg><image href=s /></svg>";
    check(NAMED, SEEN, &["og1"]);
    check(&format!("{NAMED}<img src=count width=1 height=1>"), SEEN, &["og1"]);
    check(&format!("{NAMED}<img src=1>"), SEEN, &["1"]);
    check("<link rel=image_src href=l><meta name=twitter:image content=t>", SEEN, &["t"]);
    for page in [NAMED, "<input type=image src=i><svg><image href=s /></svg>"] {
        let error = NotFound::Index { index: 0, count: 0 };
        assert_eq!(choose_from(page, r#""index":0"#), Err(error.into()), "{page}");
    }
    let nothing = "<input type=image src=i>";
    assert_eq!(choose_from(nothing, SEEN), Err(NotFound::Index { index: 0, count: 0 }.into()));
}

#[test]
fn what_the_owner_keeps_out_is_not_taken() {
    for (page, wish) in [
        ("<div data-cutline=off><p><img src=1></p></div>", "data-cutline"),
        ("<img src=1 data-cutline=OFF>", "data-cutline"),
        ("<img src=1 nopin=nopin>", "nopin"),
        ("<img src=1 data-pin-nopin=true>", "data-pin-nopin"),
        ("<meta name=Pinterest content=nopin><img src=1>", "pinterest"),
        ("<img src=1><meta name=cutline content='off'>", "cutline"),
        ("<p data-cutline=off><noscript><img src=1></noscript>", "data-cutline"),
        ("<noscript><img src=1 nopin></noscript>", "nopin"),
        ("<img src=1><noscript><img src=x nopin></noscript>", "nopin"),
        ("<img src=1><noscript data-cutline=off><img src=x></noscript>", "data-cutline"),
        ("<img src=1><noscript><p data-cutline=off><img src=x></noscript>", "data-cutline"),
        ("<meta name=pinterest content='noarchive,nopin'><img src=1>", "pinterest"),
        ("<p><template shadowrootmode=closed><img src=1 nopin></template></p>", "nopin"),
        ("<p data-cutline=off><template shadowrootmode=open><img src=1></template></p>", "data-cutline"),
        ("<meta name=pinterest content='description nopin'><img src=1>", "pinterest"),
    ] {
        assert_eq!(choose_from(page, r#""src":"1""#), Err(FetchError::KeptOut { wish }), "{page}");
    }
    // The same picture elsewhere on the page: nothing that is kept out there is taken in place of another.
    for page in ["<img src=1><img src=1 nopin>", "<img src=1><p data-cutline=off><img srcset='1 2x'>"] {
        let wish = if page.contains("nopin") { "nopin" } else { "data-cutline" };
        for which in [r#""src":"1""#, r#""index":0"#] {
            assert_eq!(choose_from(page, which), Err(FetchError::KeptOut { wish }), "{page}");
        }
    }
    const UPGRADE: &str = "<img src=1 srcset='1 1x, 2 2x'><img src=2 nopin>";
    check(UPGRADE, r#""index":0"#, &["1"]);
    check(UPGRADE, r#""src":"1""#, &["1"]);
    check("<img src=1 srcset='1 1x, 2#a 2x'><img src=2#b nopin>", r#""index":0"#, &["1"]);
    const IN_SHADOW: &str =
        "<p><template shadowrootmode=open><svg><image href=2 nopin /></svg></template></p>";
    check(&format!("<img src=1 srcset='1 1x, 2 2x'>{IN_SHADOW}"), r#""index":0"#, &["1"]);
    check("<img src=grey data-src=1><img src=grey data-src=2 nopin>", r#""index":0"#, &["1"]);
    for page in [
        "<div data-cutline=off></div><img src=1>",
        "<div data-cutline=on><img src=1></div>",
        "<div nopin><img src=1></div>",
        "<meta name=pinterest content=pin><meta name=robots content=nopin><img src=1>",
        "<template><meta name=cutline content=off></template><img src=1>",
    ] {
        check(page, r#""src":"1""#, &["1"]);
    }
}
