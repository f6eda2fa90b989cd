//! Galleries of the site owner's: large ones, several, and pictures that lie elsewhere.

use std::path::Path;

use crate::app::{TOO_LONG, TestApp};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

/// The `<img>` tags of a page, without their brackets.
fn pictures_of(html: &str) -> Vec<&str> {
    html.split("<img ").skip(1).map(|rest| rest.split_once('>').expect("a whole tag").0).collect()
}

/// The value of a tag's attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=\"");
    let place = tag
        .match_indices(&start)
        .map(|(place, _)| place)
        .find(|&place| place == 0 || tag.as_bytes()[place - 1] == b' ')?;
    tag[place + start.len()..].split_once('"').map(|(value, _)| value)
}

fn write_pictures(folder: &Path, count: u32) {
    for number in 0..count {
        let picture = coordinates(120 + number % 7, 90 + number % 5);
        std::fs::write(folder.join(format!("{number:03}.png")), png(&picture)).expect("a file");
    }
}

#[tokio::test]
async fn a_gallery_of_500_pictures_opens_with_every_size_known() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pictures(folder.path(), 500);
    std::fs::write(folder.path().join("notes.txt"), "not a picture").expect("a file");
    std::fs::write(
        folder.path().join("gallery.toml"),
        "title = 'Five hundred'\n[[pictures]]\nfile = '499.png'\ntitle = 'The last comes first'\nalt = 'Last'\n\
         [[pictures]]\nfile = '250.png'\nauthor = 'Ann'\nlicence = 'CC0 1.0'\nlink = 'https://a.example/ann'",
    )
    .expect("a file");
    let app = TestApp::bare(&format!("[[galleries]]\nslug = \"many\"\nfolder = {:?}", folder.path())).await;
    let page = app.get("/g/many").await;
    assert_eq!(page.status, 200);
    let html = page.text();
    assert!(html.contains("<h1>Five hundred</h1>") && html.contains("The last comes first"));
    assert!(html.contains("Ann, CC0 1.0") && html.contains("href=\"https://a.example/ann\""));

    let pictures = pictures_of(html);
    assert_eq!(pictures.len(), 500);
    for (place, tag) in pictures.iter().enumerate() {
        let number = match place {
            0 => 499,
            1 => 250,
            _ if place < 252 => place - 2,
            _ => place - 1,
        };
        let size = (Some((120 + number % 7).to_string()), Some((90 + number % 5).to_string()));
        let stated = |name| attribute(tag, name).map(str::to_owned);
        assert_eq!((stated("width"), stated("height")), size, "{place}: {tag}");
        assert!(stated("src").expect("an address").ends_with(&format!("/{number:03}.png")), "{place}: {tag}");
        let loading = if place < 4 { "eager" } else { "lazy" };
        assert_eq!(stated("loading").as_deref(), Some(loading), "{place}: {tag}");
    }
    assert_eq!(app.get("/pictures/many/000.png").await.status, 200);
    assert_eq!(app.get("/pictures/many/notes.txt").await.status, 404);
    // The only gallery is the front page too.
    assert_eq!(pictures_of(app.get("/").await.text()).len(), 500);
    app.stop().await;
}

#[tokio::test]
async fn the_front_page_lists_the_galleries_when_there_are_several() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    for folder in &folders {
        write_pictures(folder.path(), 3);
    }
    let app = TestApp::bare(&format!(
        "[[galleries]]\nslug = \"one\"\ntitle = \"The <first>\"\nfolder = {:?}\n\
         [[galleries]]\nslug = \"two-2\"\nfolder = {:?}",
        folders[0].path(),
        folders[1].path()
    ))
    .await;
    let home = app.get("/").await;
    let places: Vec<_> =
        ["href=\"/g/one\"", "href=\"/g/two-2\""].map(|link| home.text().find(link).expect(link)).into();
    assert!(places[0] < places[1], "in the order configured");
    assert!(home.text().contains("The &lt;first&gt;"), "{}", home.text());
    for slug in ["one", "two-2"] {
        assert_eq!(pictures_of(app.get(&format!("/g/{slug}")).await.text()).len(), 3);
    }
    assert_eq!(app.get("/g/demo").await.status, 404, "the demo is shown when there is nothing else");
    app.stop().await;
}

#[tokio::test]
async fn a_picture_elsewhere_gets_its_size_once_it_is_known() {
    let origin = Origin::start().await;
    origin.put("/harbour.png", "image/png", png(&coordinates(320, 200)));
    origin.put("/broken.png", "image/png", "not a picture");
    let urls = [origin.at("/harbour.png"), origin.at("/broken.png"), origin.at("/gone.png")];
    let app = TestApp::bare(&format!(
        "[fetch]\nallow = [{:?}]\n[[galleries]]\nslug = \"elsewhere\"\npictures = {urls:?}",
        origin.host
    ))
    .await;
    let sizes = |html: &str| -> Vec<Option<(String, String)>> {
        let size =
            |tag: &str| Some((attribute(tag, "width")?.to_owned(), attribute(tag, "height")?.to_owned()));
        pictures_of(html).into_iter().map(size).collect()
    };
    let learnt = async {
        loop {
            let page = app.get("/g/elsewhere").await;
            assert_eq!((page.status.as_u16(), pictures_of(page.text()).len()), (200, 3));
            if let Some(size) = &sizes(page.text())[0] {
                return size.clone();
            }
        }
    };
    let size = tokio::time::timeout(TOO_LONG, learnt).await.expect("it is learnt in time");
    assert_eq!(size, ("320".to_owned(), "200".to_owned()));
    let all_asked = async {
        while origin.calls().len() < 3 {
            app.get("/healthz").await;
        }
    };
    tokio::time::timeout(TOO_LONG, all_asked).await.expect("each is asked for");
    let page = app.get("/g/elsewhere").await;
    assert_eq!(sizes(page.text())[1..], [None, None], "what cannot be measured stays as it is");
    assert_eq!(attribute(pictures_of(page.text())[0], "src"), Some(urls[0].as_str()));

    let request = serde_json::json!({
        "source": {"page_url": format!("{}/g/elsewhere", app.url), "index": 0},
        "region": "pct:50,50,50,50", "targets": ["board"],
    });
    let receipt = app.accepted(&request).await;
    assert_eq!((&receipt["clipping"]["width"], &receipt["clipping"]["height"]), (&160.into(), &100.into()));
    app.stop().await;
}
