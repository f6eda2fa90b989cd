//! The site's own pictures: what is shown, in which order, and that each is served from here, whole or smaller.

#[path = "../crop/tests/samples/mod.rs"]
mod samples;

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cutline_engine::crop::{CropOptions, crop};
use cutline_engine::cutting::{Cutter, Incoming};
use cutline_engine::galleries::{Galleries, GalleryError, GallerySettings, PictureFiles};
use cutline_engine::limits::{CropLimits, PermitLimits};
use cutline_engine::permits::Permits;
use cutline_model::{Region, Size};
use image::{DynamicImage, ImageDecoder};
use samples::*;
use tempfile::TempDir;
use turbojpeg::Subsamp;
use url::Url;

const SITE: &str = "https://example.org/cut";

fn size(width: u32, height: u32) -> Option<Size> {
    Size::new(width, height)
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).expect("a temporary folder can be written");
}

fn settings(slug: &str, files: PictureFiles) -> GallerySettings {
    GallerySettings { slug: slug.to_owned(), title: None, files }
}

/// Galleries with one place to work and none to wait, so that work done twice at a time is refused.
async fn open(galleries: Vec<GallerySettings>, thumbnails: &Path) -> Result<Galleries, GalleryError> {
    // Room in the line for the four sizes that are learnt at once.
    let permits = Permits::new(&PermitLimits { max_concurrent: 1, max_waiting: 3 });
    let limits = CropLimits::default();
    let cutter = Cutter::in_process(permits, limits);
    Galleries::open(galleries, thumbnails.to_owned(), &url(SITE), cutter, limits).await
}

/// A gallery named `walk` of the folder; its thumbnails go to a folder within it, which is passed over.
async fn walk(folder: &TempDir) -> Galleries {
    let files = PictureFiles::Folder(folder.path().to_owned());
    open(vec![settings("walk", files)], &thumbnails_of(folder)).await.expect("a sound gallery")
}

fn thumbnails_of(folder: &TempDir) -> PathBuf {
    folder.path().join("thumbnails")
}

fn kept(folder: &TempDir) -> Vec<PathBuf> {
    let entries = thumbnails_of(folder).read_dir().expect("it was made");
    entries.map(|entry| entry.expect("readable").path()).collect()
}

fn names(galleries: &Galleries) -> Vec<String> {
    let gallery = galleries.get("walk").expect("it was opened");
    gallery
        .pictures
        .iter()
        .map(|picture| picture.url.rsplit('/').next().unwrap_or_default().to_owned())
        .collect()
}

fn photo(width: u32, height: u32) -> Vec<u8> {
    jpeg(&smooth(width, height).into(), 80)
}

#[tokio::test]
async fn the_side_file_says_order_and_words_and_the_rest_follows_by_name() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "b-side_2.jpg", &with_segments(&photo(900, 600), &[exif_segment(6)]));
    write(folder.path(), "a.png", &png(&coordinates(30, 20).into()));
    write(folder.path(), "c d.webp", &webp(&coordinates(500, 10).into()));
    write(folder.path(), "z.gif", &gif(vec![(with_alpha(12, 8), 0, 0)]));
    write(
        folder.path(),
        "gallery.toml",
        b"title = 'A walk'\n[[pictures]]\nfile = 'z.gif'\ntitle = 'Zebra'\nalt = 'Stripes.'\nauthor = 'Ann'\n\
          licence = 'CC0 1.0'\nlink = 'https://example.org/licence'\n[[pictures]]\nfile = 'b-side_2.jpg'\n",
    );
    let galleries = walk(&folder).await;
    assert_eq!(names(&galleries), ["z.gif", "b-side_2.jpg", "a.png", "c%20d.webp"]);
    let gallery = galleries.get("walk").expect("it was opened");
    assert_eq!(galleries.all(), [Arc::clone(&gallery)]);
    assert_eq!((gallery.slug.as_str(), gallery.title.as_str()), ("walk", "A walk"));
    assert!(galleries.get("talk").is_none());

    let [zebra, side, a, c] = &gallery.pictures[..] else { panic!("four pictures") };
    assert_eq!((zebra.title.as_str(), zebra.alt.as_str(), zebra.size), ("Zebra", "Stripes.", size(12, 8)));
    assert_eq!((zebra.credit.author.as_str(), zebra.credit.licence.as_str()), ("Ann", "CC0 1.0"));
    assert_eq!(zebra.credit.link, "https://example.org/licence");
    assert_eq!((side.title.as_str(), side.alt.as_str(), side.size), ("B side 2", "", size(600, 900)));
    assert_eq!(side.url, "https://example.org/cut/pictures/walk/b-side_2.jpg");
    let narrower = (400, "https://example.org/cut/pictures/walk/400/b-side_2.jpg".to_owned());
    assert_eq!(side.thumbnails, [narrower], "as displayed it is 600 wide");
    assert!(a.thumbnails.is_empty() && c.thumbnails.len() == 1);
    assert_eq!(galleries.picture("walk", "c d.webp").as_ref(), Some(c));
    assert_eq!(galleries.picture("walk", "e.webp"), None);
}

#[tokio::test]
async fn what_is_no_picture_of_the_folder_is_left_out() {
    let (folder, elsewhere) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    write(folder.path(), "a.jpg", &photo(20, 10));
    write(folder.path(), ".hidden.jpg", &photo(20, 10));
    write(folder.path(), "notes.txt", b"buy milk");
    write(folder.path(), "script.jpg", b"<!doctype html><script>");
    write(folder.path(), "half.png", &png(&coordinates(30, 20).into())[..30]);
    write(folder.path(), "huge.png", &png_file(60_000, 60_000, 8, 2, b""));
    std::fs::create_dir(folder.path().join("sub.jpg")).expect("writable");
    write(elsewhere.path(), "secret.jpg", &photo(20, 10));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path().join("secret.jpg"), folder.path().join("out.jpg"))
            .expect("a link");
        std::os::unix::fs::symlink(folder.path().join("a.jpg"), folder.path().join("twin.jpg"))
            .expect("a link");
        std::os::unix::fs::symlink(folder.path().join("nothing"), folder.path().join("dangling.jpg"))
            .expect("a link");
    }
    let galleries = walk(&folder).await;
    assert_eq!(names(&galleries), if cfg!(unix) { vec!["a.jpg", "twin.jpg"] } else { vec!["a.jpg"] });
    let out = format!(
        "../{}/secret.jpg",
        elsewhere.path().file_name().and_then(|name| name.to_str()).expect("a name")
    );
    for file in ["out.jpg", ".hidden.jpg", "notes.txt", "gallery.toml", &out, "", ".", "..", "sub.jpg"] {
        assert_eq!(galleries.original("walk", file).await.expect("no error"), None, "{file:?}");
        assert_eq!(galleries.thumbnail("walk", 400, file).await.expect("no error"), None, "{file:?}");
    }
    #[cfg(unix)]
    {
        // Exchanged for a link that leads out, after the start.
        std::fs::remove_file(folder.path().join("a.jpg")).expect("writable");
        std::os::unix::fs::symlink(elsewhere.path().join("secret.jpg"), folder.path().join("a.jpg"))
            .expect("a link");
        assert_eq!(galleries.original("walk", "a.jpg").await.expect("no error"), None);
    }
}

#[tokio::test]
async fn a_mistake_of_the_owner_stops_the_start_with_its_place() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "a.jpg", &photo(20, 10));
    let error = async |galleries: Vec<GallerySettings>| {
        open(galleries, &thumbnails_of(&folder)).await.expect_err("a mistake").to_string()
    };
    let here = || PictureFiles::Folder(folder.path().to_owned());
    for (text, words) in [
        ("[[pictures]]\nfile = 'b.jpg'", "b.jpg is listed but is not in the folder"),
        ("[[pictures]]\nfile = 'a.jpg'\nlicense = 'CC0'", "unknown field `license`"),
    ] {
        write(folder.path(), "gallery.toml", text.as_bytes());
        let error = error(vec![settings("walk", here())]).await;
        assert!(error.contains("gallery.toml: ") && error.contains(words), "{error}");
    }
    std::fs::remove_file(folder.path().join("gallery.toml")).expect("writable");
    let gone = PictureFiles::Folder(folder.path().join("gone"));
    assert!(error(vec![settings("walk", gone)]).await.contains("gone of gallery walk cannot be read"));
    assert!(
        error(vec![settings("walk", here()), settings("walk", here())])
            .await
            .contains("two galleries named walk")
    );
    assert!(error(vec![settings("a/b", here())]).await.contains("\"a/b\" cannot be the slug"));
}

#[tokio::test]
async fn pictures_inside_the_program_are_shown_and_served() {
    let thumbnails = TempDir::new().expect("a folder");
    static SIDE_FILE: &[u8] = b"title = 'Demo'\n[[pictures]]\nfile = 'b.jpg'";
    let (a, b) = (png(&with_alpha(500, 200).into()), photo(1000, 500));
    let files = vec![
        ("gallery.toml".to_owned(), Cow::Borrowed(SIDE_FILE)),
        ("a.png".to_owned(), Cow::Owned(a.clone())),
        ("b.jpg".to_owned(), Cow::Owned(b)),
        (".DS_Store".to_owned(), Cow::Borrowed(SIDE_FILE)),
    ];
    let named =
        GallerySettings { title: Some("Ours".to_owned()), ..settings("walk", PictureFiles::Inside(files)) };
    let galleries = open(vec![named], thumbnails.path()).await.expect("sound");
    assert_eq!(names(&galleries), ["b.jpg", "a.png"]);
    assert_eq!(
        galleries.get("walk").expect("opened").title,
        "Ours",
        "the owner's title wins over the side file's"
    );
    let original = galleries.original("walk", "a.png").await.expect("no error").expect("there");
    assert_eq!((original.media_type, &original.bytes[..]), ("image/png", &a[..]));
    let small = galleries.thumbnail("walk", 400, "a.png").await.expect("no error").expect("there");
    assert_eq!(small.media_type, "image/png", "its transparency is kept");
    assert_eq!(image::load_from_memory(&small.bytes).expect("a PNG").width(), 400);
    for width in [0, 1, 399, 401, 800, 1600] {
        assert_eq!(galleries.thumbnail("walk", width, "a.png").await.expect("no error"), None, "{width}");
    }
    assert!(galleries.thumbnail("walk", 800, "b.jpg").await.expect("no error").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_requests_at_once_make_a_thumbnail_once() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "a.jpg", &with_segments(&photo(1200, 900), &[exif_segment(8)]));
    let galleries = Arc::new(walk(&folder).await);
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let galleries = Arc::clone(&galleries);
            tokio::spawn(async move { galleries.thumbnail("walk", 400, "a.jpg").await })
        })
        .collect();
    let mut answers = Vec::new();
    for request in requests {
        // A second maker at the same time would find no permit and be an error here.
        answers.push(request.await.expect("no panic").expect("no second maker").expect("there"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let picture = image::load_from_memory(&answers[0].bytes).expect("a JPEG");
    assert_eq!((answers[0].media_type, picture.width(), picture.height()), ("image/jpeg", 400, 533));

    let [file] = &kept(&folder)[..] else { panic!("one file is kept, and nothing unfinished") };
    std::fs::write(file, b"as it was kept").expect("writable");
    let again = galleries.thumbnail("walk", 400, "a.jpg").await.expect("no error").expect("there");
    assert_eq!(&again.bytes[..], b"as it was kept", "it is not made again");
    drop(galleries);
    let again = walk(&folder).await.thumbnail("walk", 400, "a.jpg").await.expect("no error").expect("there");
    assert_eq!(&again.bytes[..], b"as it was kept", "nor after a restart");
}

#[tokio::test]
async fn a_changed_picture_gets_a_new_thumbnail() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "a.png", &png(&smooth(500, 100).into()));
    let galleries = walk(&folder).await;
    let first = galleries.thumbnail("walk", 400, "a.png").await.expect("no error").expect("there");
    write(folder.path(), "a.png", &png(&coordinates(500, 100).into()));
    let second = galleries.thumbnail("walk", 400, "a.png").await.expect("no error").expect("there");
    assert_ne!(first, second);
    assert_eq!(kept(&folder).len(), 2);
    std::fs::remove_file(folder.path().join("a.png")).expect("writable");
    assert_eq!(galleries.thumbnail("walk", 400, "a.png").await.expect("no error"), None);
    write(folder.path(), "a.png", b"<html>");
    assert!(matches!(galleries.original("walk", "a.png").await, Err(GalleryError::Picture { .. })));
    assert!(matches!(galleries.thumbnail("walk", 400, "a.png").await, Err(GalleryError::Picture { .. })));
}

#[tokio::test]
async fn own_pictures_are_found_by_address_and_by_place() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "a b.jpg", &photo(500, 100));
    write(folder.path(), "c.jpg", &photo(500, 100));
    let far = url("https://elsewhere.example/x/far%20away.jpg?size=2");
    let galleries = vec![
        settings("walk", PictureFiles::Folder(folder.path().to_owned())),
        settings("far", PictureFiles::Urls(vec![far.clone()])),
    ];
    let galleries = open(galleries, &thumbnails_of(&folder)).await.expect("sound");
    let own = |file: &str| Some(("walk".to_owned(), file.to_owned()));
    for (address, found) in [
        ("https://example.org/cut/pictures/walk/a%20b.jpg", own("a b.jpg")),
        ("https://example.org/cut/pictures/walk/400/%61%20b.jpg?v=1#x", own("a b.jpg")),
        ("https://example.org/cut/pictures/walk/d.jpg", None),
        ("https://example.org/cut/pictures/talk/c.jpg", None),
        ("https://example.org/pictures/walk/c.jpg", None),
        ("https://example.com/cut/pictures/walk/c.jpg", None),
        ("https://example.org/cut/g/walk", None),
        (far.as_str(), None),
    ] {
        assert_eq!(galleries.find(&url(address)), found, "{address}");
    }
    let page = url("https://example.org/cut/g/walk");
    for (index, src, found) in [
        (Some(0), None, own("a b.jpg")),
        (Some(1), None, own("c.jpg")),
        (Some(2), None, None),
        (None, None, None),
        (None, Some("/cut/pictures/walk/800/c.jpg"), own("c.jpg")),
        (Some(0), Some("../pictures/walk/c.jpg"), own("c.jpg")),
        (Some(0), Some("../pictures/walk/d.jpg"), None),
        (Some(0), Some("https://elsewhere.example/c.jpg"), None),
    ] {
        assert_eq!(galleries.find_on_page(&page, index, src), found, "{index:?} {src:?}");
    }
    let far_page = url("https://example.org/cut/g/far");
    let found = Some(("far".to_owned(), far.to_string()));
    assert_eq!(galleries.find_on_page(&far_page, Some(0), None), found);
    assert_eq!(galleries.find_on_page(&far_page, None, Some(far.as_str())), found);
    assert_eq!(galleries.picture("far", far.as_str()).expect("there").title, "Far away");
    assert_eq!(galleries.original("far", far.as_str()).await.expect("no error"), None);
    assert_eq!(galleries.find_on_page(&url("https://example.org/cut/g/talk"), Some(0), None), None);
    let home = url("https://example.org/cut/");
    assert_eq!(galleries.find_on_page(&home, Some(0), None), None, "it shows two galleries");
    assert_eq!(
        walk(&folder).await.find_on_page(&home, Some(0), None),
        own("a b.jpg"),
        "it shows the one gallery"
    );
}

#[tokio::test]
async fn sizes_of_pictures_elsewhere_are_learnt_four_at_a_time() {
    let thumbnails = TempDir::new().expect("a folder");
    let urls: Vec<Url> =
        (0..10).map(|index| url(&format!("https://elsewhere.example/{index}.jpg"))).collect();
    let galleries =
        open(vec![settings("far", PictureFiles::Urls(urls))], thumbnails.path()).await.expect("sound");
    assert!(galleries.get("far").expect("opened").pictures.iter().all(|picture| picture.size.is_none()));

    let (running, most, fetched) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let fetch = async |url: Url| {
        most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        fetched.fetch_add(1, Ordering::Relaxed);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        running.fetch_sub(1, Ordering::Relaxed);
        match url.path() {
            "/3.jpg" => Err("no answer"),
            "/4.jpg" => Ok(Bytes::from_static(b"<html>").into()),
            _ => Ok(Incoming::from(Bytes::from(photo(40, 30)))),
        }
    };
    galleries.learn_sizes(&fetch).await;
    assert_eq!((most.load(Ordering::Relaxed), fetched.load(Ordering::Relaxed)), (4, 10));
    let gallery = galleries.get("far").expect("opened");
    for (index, picture) in gallery.pictures.iter().enumerate() {
        assert_eq!(picture.size, if matches!(index, 3 | 4) { None } else { size(40, 30) }, "{index}");
    }
    galleries.learn_sizes(async |_: Url| Ok::<_, Infallible>(Bytes::from(photo(8, 9)).into())).await;
    let sizes = galleries
        .get("far")
        .expect("opened")
        .pictures
        .iter()
        .filter(|picture| picture.size == size(8, 9))
        .count();
    assert_eq!(sizes, 2, "only what was unknown is fetched again");
}

#[tokio::test]
async fn a_large_gallery_opens_by_its_headers_alone() {
    let folder = TempDir::new().expect("a folder");
    // Half a gigabyte each, all hole after the header: 250 GB if anybody read them.
    let file = std::fs::File::create(folder.path().join("0.jpg")).expect("writable");
    std::fs::write(folder.path().join("0.jpg"), photo(300, 200)).expect("writable");
    file.set_len(512 << 20).expect("a file with a hole");
    for index in 1..500 {
        std::fs::hard_link(folder.path().join("0.jpg"), folder.path().join(format!("{index}.jpg")))
            .expect("a link");
    }
    let start = Instant::now();
    let galleries = walk(&folder).await;
    let taken = start.elapsed();
    assert_eq!(galleries.get("walk").expect("opened").pictures.len(), 500);
    // It takes a tenth of a second; the rest is for a machine that does much else.
    assert!(taken < Duration::from_secs(20), "{taken:?}");
}

#[tokio::test]
async fn the_demo_gallery_is_sound_and_cut_exactly() {
    let thumbnails = TempDir::new().expect("a folder");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public/demo");
    let files = PictureFiles::Folder(demo.clone());
    let galleries = open(vec![settings("demo", files)], thumbnails.path()).await.expect("sound");
    let gallery = galleries.get("demo").expect("opened");
    assert_eq!(
        gallery.pictures.len(),
        demo.read_dir().expect("there").count() - 1,
        "all but the side file are pictures"
    );
    for picture in &gallery.pictures {
        let name = &picture.title;
        assert!(
            !picture.alt.is_empty()
                && !picture.credit.author.is_empty()
                && !picture.credit.licence.is_empty(),
            "{name}"
        );
        let (_, file) = galleries.find(&url(&picture.url)).expect("its own address");
        let original = galleries.original("demo", &file).await.expect("no error").expect("there");
        let whole = upright(&original.bytes);
        assert_eq!(picture.size, size(whole.width(), whole.height()), "{name}");
        let region = Region::new(0.25, 0.125, 0.3, 0.6).expect("inside");
        let cut =
            crop(&original.bytes[..], region, &CropOptions::default(), &CropLimits::default()).expect(name);
        let part = whole.crop_imm(cut.region.left, cut.region.top, cut.region.width, cut.region.height);
        match cut.format.extension() {
            "png" | "gif" => {
                assert!(upright(&cut.bytes).into_rgba8() == part.into_rgba8(), "{name}: other pixels");
            }
            _ => assert!(
                upright(&cut.bytes) == upright(&turbo(&part, 90, chroma(&original.bytes))),
                "{name}: other pixels"
            ),
        }
        for &(width, _) in &picture.thumbnails {
            let small = galleries.thumbnail("demo", width, &file).await.expect("no error").expect("there");
            assert_eq!(upright(&small.bytes).width(), width, "{name}");
            assert!(
                small.bytes.len() < original.bytes.len(),
                "{name} at {width} is larger than the original"
            );
        }
    }
}

/// The colour resolution that a part gets: its source's, halved both ways unless it is full.
fn chroma(source: &[u8]) -> Subsamp {
    match turbojpeg::read_header(source) {
        Ok(header) if header.subsamp == Subsamp::None => Subsamp::None,
        _ => Subsamp::Sub2x2,
    }
}

/// The whole picture as displayed, by the `image` crate and libjpeg-turbo alone.
fn upright(bytes: &[u8]) -> DynamicImage {
    let reader =
        image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().expect("readable");
    let mut decoder = reader.into_decoder().expect("a picture");
    let orientation = decoder.orientation().expect("readable");
    let mut picture = match turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB) {
        Ok(picture) => {
            let (width, height) = (picture.width as u32, picture.height as u32);
            image::RgbImage::from_raw(width, height, picture.pixels).expect("all pixels").into()
        }
        Err(_) => DynamicImage::from_decoder(decoder).expect("a sound picture"),
    };
    picture.apply_orientation(orientation);
    picture
}
