//! Which picture of the page it is: by its address if the request says it, else by its place, checked with its alt text.

use cutline_model::Source;
use url::{Position, Url};

use super::error::NotFound;
use super::page::{Page, PagePicture};

/// Finds the picture that `source` asks for among those of `page`.
pub(super) fn choose<'p>(page: &'p Page, source: &Source) -> Result<&'p PagePicture, NotFound> {
    match source.src() {
        Some(src) => by_src(page, src, source.index()),
        // A `Source` without a picture's address says `src` or `index`.
        None => by_index(page, source.index().unwrap_or_default(), source.alt()),
    }
}

/// The picture with this address, exactly or else but for the fragment; of several, the one at `index` or else the first.
fn by_src<'p>(page: &'p Page, src: &str, index: Option<u32>) -> Result<&'p PagePicture, NotFound> {
    let count = page.pictures.len();
    let wanted = page.resolve(src).ok_or(NotFound::Src { count })?;
    let find = |same: fn(&Url, &Url) -> bool| {
        let fits = |picture: &&PagePicture| picture.src.as_ref().is_some_and(|src| same(src, &wanted));
        at(page, index).filter(fits).or_else(|| page.pictures.iter().find(fits))
    };
    find(Url::eq).or_else(|| find(same_but_for_fragment)).ok_or(NotFound::Src { count })
}

/// The picture at this place; unless its alt text is another and exactly one other picture has the one asked for, which
/// happens when the page put pictures before it since.
fn by_index<'p>(page: &'p Page, index: u32, alt: Option<&str>) -> Result<&'p PagePicture, NotFound> {
    let there = at(page, Some(index));
    if let Some(alt) = alt.filter(|alt| !alt.trim().is_empty())
        && there.is_none_or(|picture| picture.alt.as_deref() != Some(alt))
    {
        let mut others = page.pictures.iter().filter(|picture| picture.alt.as_deref() == Some(alt));
        if let (Some(only), None) = (others.next(), others.next()) {
            return Ok(only);
        }
    }
    there.ok_or(NotFound::Index { index, count: page.pictures.len() })
}

fn at(page: &Page, index: Option<u32>) -> Option<&PagePicture> {
    page.pictures.get(usize::try_from(index?).ok()?)
}

fn same_but_for_fragment(a: &Url, b: &Url) -> bool {
    a[..Position::AfterQuery] == b[..Position::AfterQuery]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<img src=a.jpg#1 alt=one><img src=b.jpg alt=two><img src=a.jpg#2 alt=three>
        <img src=c.jpg alt=twin id=1><img src=c.jpg alt=twin id=2><img>";

    fn choice(which: &str) -> Result<usize, NotFound> {
        let url = Url::parse("https://a.example/dir/").expect("an address");
        let page = Page::parse(url, PAGE.as_bytes(), None, 100).expect("a page");
        let json = format!(r#"{{"page_url":"https://a.example/dir/",{which}}}"#);
        let source: Source = serde_json::from_str(&json).expect(which);
        let chosen = choose(&page, &source)?;
        Ok(page.pictures.iter().position(|picture| std::ptr::eq(picture, chosen)).expect("one of them"))
    }

    #[test]
    fn the_address_decides_then_the_place_checked_with_the_alt_text() {
        for (which, expected) in [
            (r#""src":"b.jpg""#, 1),
            (r#""src":"https://a.example/dir/b.jpg""#, 1),
            (r#""src":"../dir/b.jpg","index":4"#, 1),
            (r#""src":"a.jpg#2""#, 2),
            (r#""src":"a.jpg""#, 0),
            (r#""src":"a.jpg","index":2"#, 2),
            (r#""src":"c.jpg""#, 3),
            (r#""src":"c.jpg","index":4"#, 4),
            (r#""index":2"#, 2),
            (r#""index":1,"alt":"two""#, 1),
            (r#""index":1,"alt":"three""#, 2),
            (r#""index":1,"alt":"twin""#, 1),
            (r#""index":4,"alt":"twin""#, 4),
            (r#""index":1,"alt":"nobody's""#, 1),
            (r#""index":1,"alt":"""#, 1),
            (r#""index":9,"alt":"one""#, 0),
        ] {
            assert_eq!(choice(which), Ok(expected), "{which}");
        }
    }

    #[test]
    fn a_picture_that_is_not_there_is_not_found() {
        for (which, error) in [
            (r#""src":"d.jpg""#, NotFound::Src { count: 6 }),
            (r#""src":"d.jpg","index":1"#, NotFound::Src { count: 6 }),
            (r#""src":"http://[""#, NotFound::Src { count: 6 }),
            (r#""index":6"#, NotFound::Index { index: 6, count: 6 }),
            (r#""index":4294967295,"alt":"twin""#, NotFound::Index { index: u32::MAX, count: 6 }),
        ] {
            assert_eq!(choice(which), Err(error), "{which}");
        }
    }
}
