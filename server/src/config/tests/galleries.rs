//! Galleries: in the file, in variables, and what they must have.

use super::super::*;
use super::{check_mistake, meant};

#[test]
fn a_variable_changes_one_key_of_an_item_in_the_file() {
    let file = "[[galleries]]\nslug = \"a\"\npictures = [\"https://a.example/1.jpg\"]\n";
    let variables = [
        ("CUTLINE_GALLERIES__0__TITLE", "Renamed"),
        ("CUTLINE_GALLERIES__1__SLUG", "b"),
        ("CUTLINE_GALLERIES__1__PICTURES", "https://b.example/1.jpg,https://b.example/2.jpg"),
    ];
    let galleries = meant(file, &variables).galleries;
    assert_eq!((galleries[0].slug.as_str(), galleries[0].title.as_deref()), ("a", Some("Renamed")));
    assert_eq!((galleries[1].slug.as_str(), galleries[1].title.as_deref()), ("b", None));
    assert!(matches!(&galleries[1].pictures, GalleryPictures::Addresses(addresses) if addresses.len() == 2));
    check_mistake(
        file,
        &[("CUTLINE_GALLERIES__2__SLUG", "c")],
        "CUTLINE_GALLERIES__2__SLUG: number 2 of a list that has 1: the next one is 1",
    );
}

#[test]
fn a_gallery_is_a_folder_that_exists_or_a_list_of_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = meant(
        &format!("[[galleries]]\nslug = \"a\"\nfolder = {:?}", folder.path().display().to_string()),
        &[],
    );
    assert_eq!(config.galleries[0].pictures, GalleryPictures::Folder(folder.path().to_owned()));
    for (gallery, expected) in [
        (
            "slug = \"a\"\nfolder = \"/nonexistent/pictures\"",
            "cutline.toml:3: galleries[0].folder must be a folder that exists; it is \"/nonexistent/pictures\"",
        ),
        (
            "slug = \"a\"",
            "cutline.toml:1: galleries[0]: a gallery needs folder = \"./pictures\", or pictures = [\"https://example.org/harbour.jpg\"]",
        ),
        (
            "slug = \"a\"\nfolder = \".\"\npictures = [\"https://a.example/1.jpg\"]",
            "cutline.toml:1: galleries[0]: give folder or pictures, not both",
        ),
        (
            "slug = \"a\"\npictures = []",
            "cutline.toml:1: galleries[0]: pictures is an empty list: name at least one address",
        ),
        (
            "slug = \"a\"\npictures = [\"file:///etc/passwd\"]",
            "cutline.toml:3: each of galleries[0].pictures must be an http or https address; one is \"file:///etc/passwd\"",
        ),
        (
            "slug = \"A b\"\nfolder = \".\"",
            "cutline.toml:2: galleries[0].slug must be 1 to 64 of a-z, 0-9 and -, for example harbour-2026; it is \"A b\"",
        ),
        (
            "folder = \".\"",
            "cutline.toml:1: galleries[0]: a gallery needs its name in the address, for example slug = \"harbour\"",
        ),
        (
            "slug = \"a\"\nfolder = \".\"\n[[galleries]]\nslug = \"a\"\nfolder = \".\"",
            "cutline.toml:4: galleries[1]: there is a gallery a already: each slug is used once",
        ),
    ] {
        check_mistake(&format!("[[galleries]]\n{gallery}"), &[], expected);
    }
}
