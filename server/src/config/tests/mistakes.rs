//! What is complained of, where, and in which words.

use super::super::*;
use super::{check_mistake, mistakes};

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    for (file, variables, expected) in [
        ("\nlistne = \"x\"", &[][..], "cutline.toml:2: unknown key listne: did you mean listen?"),
        (
            "[limits]\n\nmax_sorce_bytes = 1",
            &[],
            "cutline.toml:3: unknown key limits.max_sorce_bytes: did you mean limits.max_source_bytes?",
        ),
        ("[limit]\nmax_targets = 1", &[], "cutline.toml:1: unknown key limit: did you mean limits?"),
        ("dwell_ms = 3", &[], "cutline.toml:1: unknown key dwell_ms: did you mean overlay.dwell_ms?"),
        (
            "",
            &[("CUTLINE_LISTNE", "x")],
            "CUTLINE_LISTNE: unknown key CUTLINE_LISTNE: did you mean CUTLINE_LISTEN?",
        ),
        (
            "",
            &[("CUTLINE_ALLOW", "x")],
            "CUTLINE_ALLOW: unknown key CUTLINE_ALLOW: did you mean CUTLINE_FETCH__ALLOW?",
        ),
        (
            "",
            &[("CUTLINE_LIMIT__MAX_TARGETS", "1")],
            "CUTLINE_LIMIT__MAX_TARGETS: unknown key CUTLINE_LIMIT__MAX_TARGETS: did you mean CUTLINE_LIMITS__MAX_TARGETS?",
        ),
        (
            "[site]\ncolour = 1",
            &[],
            "cutline.toml:2: unknown key site.colour: the keys here are site.language, site.name",
        ),
        (
            "[[galleries]]\nslug = \"a\"\npicture = [\"x\"]\nfolder = \".\"",
            &[],
            "cutline.toml:3: unknown key galleries[0].picture: did you mean galleries.pictures?",
        ),
    ] {
        check_mistake(file, variables, expected);
    }
}

#[test]
fn wrong_values_say_what_is_expected() {
    for (file, expected) in [
        (
            "listen = \"localhost\"",
            "cutline.toml:1: listen must be an IP address and a port, for example 127.0.0.1:3000; it is \"localhost\"",
        ),
        (
            "listen = true",
            "cutline.toml:1: listen must be an IP address and a port, for example 127.0.0.1:3000; it is true",
        ),
        (
            "public_url = \"https://a.example/share\"",
            "cutline.toml:1: public_url must be an http or https address without path, for example https://share.example.org; it is \"https://a.example/share\"",
        ),
        (
            "database_url = \"mysql://user:s3cret@host/db\"",
            "cutline.toml:1: database_url must be sqlite: and a file, for example sqlite:./data/cutline.db, or postgres://user:password@host/database",
        ),
        (
            "database_url = \"postgres://user:s3/cret@host/db\"",
            "cutline.toml:1: database_url must be postgres://user:password@host/database; in a user or password, write : / @ # ? % as %3A %2F %40 %23 %3F %25",
        ),
        (
            "database_url = \"postgres://user:s3cret@host/db?ssl=true\"",
            "cutline.toml:1: database_url has the parameter ssl, which is none of sslmode, sslrootcert, sslcert, sslkey, statement-cache-capacity, host, hostaddr, port, dbname, user, password, application_name, options",
        ),
        ("database_url = 5", "cutline.toml:1: database_url must be a text"),
        (
            "blobs_url = \"s3://My_Bucket\"",
            "cutline.toml:1: blobs_url must be file: and a folder, for example file:./data/blobs, or s3:// and a bucket, for example s3://my-clippings/prefix",
        ),
        (
            "blobs_url = \"s3://bucket/../other\"",
            "cutline.toml:1: blobs_url must be file: and a folder, for example file:./data/blobs, or s3:// and a bucket, for example s3://my-clippings/prefix",
        ),
        (
            "[s3]\naccess_key_id = \"me\"",
            "cutline.toml:1: s3: access_key_id needs one of secret_access_key_file, secret_access_key_env and secret_access_key beside it",
        ),
        (
            "[s3]\nendpoint = \"s3.example.org\"",
            "cutline.toml:2: s3.endpoint must be an http or https address without path, for example https://s3.example.org; it is \"s3.example.org\"",
        ),
        (
            "log = \"info,=,\"",
            "cutline.toml:1: log must be a filter, for example info or warn,cutline_engine=debug; it is \"info,=,\"",
        ),
        ("limits = 3", "cutline.toml:1: limits is a section: write its keys below [limits]"),
        (
            "targets = \"mastodon\"",
            "cutline.toml:1: targets is a list: write each one below its own [[targets]]",
        ),
        (
            "[limits]\nmax_source_bytes = \"forty\"",
            "cutline.toml:2: limits.max_source_bytes must be a size from 1 B to 4 GiB, for example \"40 MiB\"; it is \"forty\"",
        ),
        (
            "[limits]\nmax_source_bytes = \"5 GiB\"",
            "cutline.toml:2: limits.max_source_bytes must be a size from 1 B to 4 GiB, for example \"40 MiB\"; it is \"5 GiB\"",
        ),
        (
            "[limits]\nfetch_timeout = 15",
            "cutline.toml:2: limits.fetch_timeout must be a time with its unit from 1ms to 600s, for example \"15s\"; it is 15",
        ),
        (
            "[limits]\nmax_concurrent_fetches = 0",
            "cutline.toml:2: limits.max_concurrent_fetches must be a whole number from 1 to 10000, for example 1024; it is 0",
        ),
        (
            "[limits]\nmax_targets = -1",
            "cutline.toml:2: limits.max_targets must be a whole number from 1 to 1000, for example 10; it is -1",
        ),
        (
            "[overlay]\ntarget_style = \"round\"",
            "cutline.toml:2: overlay.target_style must be one of buttons, icons and links; it is \"round\"",
        ),
        (
            "[fetch]\nallow = [\n  \"127.0.0.1:80\",\n  \"127.0.0.1\",\n]",
            "cutline.toml:4: each of fetch.allow must be a host and a port, for example 127.0.0.1:9000 or pictures.internal:80; one is \"127.0.0.1\"",
        ),
        (
            "[site]\nlanguage = \"english language\"",
            "cutline.toml:2: site.language must be one of en, zh-Hans and ar; it is \"english language\"",
        ),
    ] {
        check_mistake(file, &[], expected);
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_reading_order() {
    let file =
        "listen = \"here\"\ncolor = 1\n[overlay]\ndwell_ms = \"long\"\n[[targets]]\nplatform = \"myspace\"\n";
    let all = mistakes(file, &[("CUTLINE_LIMITS__MAX_TARGETS", "many"), ("CUTLINE_SITE__NANE", "x")]);
    let places: Vec<_> = all.iter().map(|mistake| mistake.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(
        places,
        [
            "cutline.toml:1",
            "cutline.toml:2",
            "cutline.toml:4",
            "cutline.toml:5",
            "cutline.toml:5",
            "cutline.toml:5",
            "cutline.toml:6",
            "CUTLINE_LIMITS__MAX_TARGETS",
            "CUTLINE_SITE__NANE",
        ],
        "{all:#?}"
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_lines() {
    let all = mistakes("listen = \n[limits]\nmax_targets = = 3\n", &[]);
    assert!(all.iter().any(|mistake| mistake.starts_with("cutline.toml:1: this is not TOML")), "{all:?}");
    assert!(all.iter().any(|mistake| mistake.starts_with("cutline.toml:3: this is not TOML")), "{all:?}");
}

#[test]
fn a_named_file_must_exist_and_the_usual_one_need_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    let error = Typed::gather(Some(&path), None, Default::default()).expect_err("no such file").to_string();
    assert!(error.contains("site.toml: the configuration file cannot be read"), "{error}");
    std::fs::write(&path, "listne = 1").expect("a file");
    let typed = Typed::gather(Some(&path), None, Default::default()).expect("a file");
    let error = Config::read(&typed).expect_err("a mistake").to_string();
    assert!(error.contains("site.toml:1: unknown key listne"), "{error}");
}
