//! The configuration from the outside: what is typed, and what is meant or complained of.

use std::collections::BTreeSet;
use std::time::Duration;

use cutline_model::TargetStyle;

use super::*;

const SAMPLE: &str = include_str!("../../cutline.example.toml");

fn typed(file: &str, variables: &[(&str, &str)]) -> Typed {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Typed {
        file: Some(("cutline.toml".to_owned(), file.to_owned())),
        variables,
        listen: None,
    }
}

fn meant(file: &str, variables: &[(&str, &str)]) -> Config {
    Config::read(&typed(file, variables)).unwrap_or_else(|error| panic!("{file} {variables:?}: {error}"))
}

fn mistakes(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let error = Config::read(&typed(file, variables)).expect_err("a configuration with mistakes");
    error.mistakes().iter().map(ToString::to_string).collect()
}

/// One mistake, and exactly this one.
fn check_mistake(file: &str, variables: &[(&str, &str)], expected: &str) {
    assert_eq!(mistakes(file, variables), [expected], "{file} {variables:?}");
}

/// The sample with its commented keys in force: `#key` is a key, `# words` are words.
fn whole_sample() -> String {
    let is_key = |line: &str| {
        line.starts_with("#[") || line.starts_with('#') && !line.starts_with("# ") && line.len() > 1
    };
    SAMPLE
        .lines()
        .map(|line| if is_key(line) { &line[1..] } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_sample_file_says_the_defaults() {
    assert_eq!(
        format!("{:?}", meant(SAMPLE, &[])),
        format!("{:?}", meant("", &[]))
    );
}

#[test]
fn the_sample_file_has_every_key_and_no_other() {
    let sample = whole_sample();
    let mut report = Report::default();
    assert!(
        Config::read_into(&mut report, &typed(&sample, &[])).is_some(),
        "{report:?}"
    );

    let mut in_file = BTreeSet::new();
    let mut section = String::new();
    for line in sample.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_matches(['[', ']']));
            in_file.insert(section.trim_matches('.').to_owned());
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            in_file.insert(format!("{section}{key}"));
        }
    }
    assert_eq!(in_file, report.known);
    let unknown: Vec<_> = report
        .into_mistakes()
        .into_iter()
        .filter(|mistake| mistake.message.contains("unknown key"))
        .collect();
    assert_eq!(unknown, []);
}

#[test]
fn nothing_typed_means_the_defaults() {
    let config = Config::read(&Typed::default()).expect("the defaults");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.server.database_url, "sqlite:./data/cutline.db");
    assert_eq!(config.server.blobs_url, "file:./data/blobs");
    assert_eq!(
        config.server.public_url_at(([127, 0, 0, 1], 4711).into()),
        "http://127.0.0.1:4711"
    );
    assert_eq!(config.limits.fetch.max_source_bytes, 40 << 20);
    assert!(config.galleries.is_empty() && config.accounts.is_empty() && config.fetch.allow.is_empty());
}

#[test]
fn every_kind_of_value_is_read_from_the_file() {
    let config = meant(
        r#"
        listen = "[::1]:0"
        data_dir = "/srv/cutline"
        public_url = "https://share.example.org/"
        [site]
        name = "Harbour"
        [fetch]
        allow = ["127.0.0.1:9000", "LOCALHOST:80"]
        [limits]
        max_source_bytes = "1.5 MiB"
        max_page_bytes = 1_000
        fetch_timeout = "300ms"
        max_pixels = "2 MP"
        max_targets = 3
        [overlay]
        dwell_ms = 0
        target_style = "links"
        "#,
        &[],
    );
    assert_eq!(config.server.listen.to_string(), "[::1]:0");
    assert_eq!(config.server.database_url, "sqlite:/srv/cutline/cutline.db");
    assert_eq!(
        config.server.public_url_at(config.server.listen),
        "https://share.example.org"
    );
    assert_eq!(config.site.name, "Harbour");
    let allowed: Vec<_> = config.fetch.allow.iter().map(ToString::to_string).collect();
    assert_eq!(allowed, ["127.0.0.1:9000", "localhost:80"]);
    assert_eq!(config.limits.fetch.max_source_bytes, 3 << 19);
    assert_eq!(config.limits.fetch.max_page_bytes, 1000);
    assert_eq!(config.limits.fetch.total_timeout, Duration::from_millis(300));
    assert_eq!(config.limits.crop.max_pixels, 2_000_000);
    assert_eq!(config.limits.request.max_targets, 3);
    assert_eq!(
        (config.overlay.dwell_ms, config.overlay.target_style),
        (0, TargetStyle::Links)
    );
}

#[test]
fn a_variable_wins_over_the_file_and_an_argument_over_both() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\nmax_targets = 3\nmax_redirects = 1\n";
    let variables = [
        ("CUTLINE_LISTEN", "127.0.0.1:2"),
        ("CUTLINE_LIMITS__MAX_TARGETS", "4"),
        ("PATH", "/bin"),
    ];
    let config = meant(file, &variables);
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(
        (
            config.limits.request.max_targets,
            config.limits.fetch.max_redirects
        ),
        (4, 1)
    );

    let with_argument = Typed {
        listen: Some(([127, 0, 0, 1], 3).into()),
        ..typed(file, &variables)
    };
    assert_eq!(
        Config::read(&with_argument)
            .expect("a configuration")
            .server
            .listen
            .port(),
        3
    );
}

#[test]
fn a_list_in_a_variable_has_commas() {
    let allow = |value: &str| {
        meant(
            "[fetch]\nallow = [\"10.0.0.1:80\"]",
            &[("CUTLINE_FETCH__ALLOW", value)],
        )
        .fetch
        .allow
    };
    let spelled: Vec<_> = allow("127.0.0.1:9000, localhost:9001,")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(spelled, ["127.0.0.1:9000", "localhost:9001"]);
    assert!(
        allow("").is_empty(),
        "an empty variable takes the file's exceptions away"
    );
}

#[test]
fn an_empty_variable_means_the_default() {
    let config = meant(
        "[overlay]\ndwell_ms = 5",
        &[("CUTLINE_OVERLAY__DWELL_MS", ""), ("CUTLINE_PUBLIC_URL", "")],
    );
    assert_eq!(config.overlay.dwell_ms, 600);
    assert_eq!(config.server.public_url, None);
}

#[test]
fn a_target_can_be_given_by_variables_alone() {
    let variables = [
        ("CUTLINE_TARGETS__0__PLATFORM", "mastodon"),
        ("CUTLINE_TARGETS__0__SERVER", "http://127.0.0.1:8001"),
        ("CUTLINE_TARGETS__0__ACCOUNT", "@alice@127.0.0.1:8001"),
        ("CUTLINE_TARGETS__0__TOKEN", "s3cret-token"),
    ];
    let config = meant("", &variables);
    let [account] = config.accounts.as_slice() else {
        panic!("one target, not {:?}", config.accounts)
    };
    assert_eq!(account.target.as_str(), "mastodon:alice@127.0.0.1:8001");
    assert_eq!(account.server.as_str(), "http://127.0.0.1:8001/");
    assert_eq!(account.token.expose(), "s3cret-token");
    assert_eq!(account.visibility, Visibility::Public);
    assert!(
        !format!("{config:?}").contains("s3cret"),
        "a debug print shows no token"
    );
}

#[test]
fn a_variable_changes_one_key_of_an_item_in_the_file() {
    let file = "[[galleries]]\nslug = \"a\"\npictures = [\"https://a.example/1.jpg\"]\n";
    let variables = [
        ("CUTLINE_GALLERIES__0__TITLE", "Renamed"),
        ("CUTLINE_GALLERIES__1__SLUG", "b"),
        (
            "CUTLINE_GALLERIES__1__PICTURES",
            "https://b.example/1.jpg,https://b.example/2.jpg",
        ),
    ];
    let galleries = meant(file, &variables).galleries;
    assert_eq!(
        (galleries[0].slug.as_str(), galleries[0].title.as_str()),
        ("a", "Renamed")
    );
    assert_eq!(
        (galleries[1].slug.as_str(), galleries[1].title.as_str()),
        ("b", "b")
    );
    assert!(matches!(&galleries[1].pictures, GalleryPictures::Addresses(addresses) if addresses.len() == 2));
    check_mistake(
        file,
        &[("CUTLINE_GALLERIES__2__SLUG", "c")],
        "CUTLINE_GALLERIES__2__SLUG: number 2 of a list that has 1: the next one is 1",
    );
}

#[test]
fn a_token_comes_from_a_file_or_a_named_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "from-file\n").expect("a file");
    let target = |token: &str| {
        format!(
            "[[targets]]\nplatform = \"mastodon\"\nserver = \"https://a.example\"\naccount = \"alice@a.example\"\n{token}\n"
        )
    };
    let token =
        |line: &str, variables: &[(&str, &str)]| meant(&target(line), variables).accounts[0].token.clone();
    assert_eq!(
        token(
            &format!("token_file = {:?}", token_file.display().to_string()),
            &[]
        )
        .expose(),
        "from-file"
    );
    assert_eq!(
        token("token_env = \"A_TOKEN\"", &[("A_TOKEN", "from-variable")]).expose(),
        "from-variable"
    );
    // Its name may look like a key's.
    let variables = [("CUTLINE_MASTODON", "from-variable")];
    assert_eq!(
        token("token_env = \"CUTLINE_MASTODON\"", &variables).expose(),
        "from-variable"
    );

    for (line, message) in [
        (
            "",
            "targets[0]: a target needs one of token_file, token_env and token, for example token_file = \"./mastodon.token\"",
        ),
        (
            "token = \"a\"\ntoken_env = \"A_TOKEN\"",
            "targets[0]: a target needs one of token_file",
        ),
        (
            "token = \"two words\"",
            "targets[0].token must be a token: one line of printable characters without spaces",
        ),
        (
            "token_env = \"B_TOKEN\"",
            "targets[0].token_env must be the name of an environment variable that holds the token; it is \"B_TOKEN\"",
        ),
        (
            "token_file = \"/nonexistent/token\"",
            "targets[0].token_file must be a file that can be read",
        ),
    ] {
        let all = mistakes(&target(line), &[("A_TOKEN", "x")]);
        assert!(
            all.len() == 1 && all[0].contains(message) && !all[0].contains("two words"),
            "{line}: {all:?}"
        );
    }
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    for (file, variables, expected) in [
        (
            "\nlistne = \"x\"",
            &[][..],
            "cutline.toml:2: unknown key listne: did you mean listen?",
        ),
        (
            "[limits]\n\nmax_sorce_bytes = 1",
            &[],
            "cutline.toml:3: unknown key limits.max_sorce_bytes: did you mean limits.max_source_bytes?",
        ),
        (
            "[limit]\nmax_targets = 1",
            &[],
            "cutline.toml:1: unknown key limit: did you mean limits?",
        ),
        (
            "dwell_ms = 3",
            &[],
            "cutline.toml:1: unknown key dwell_ms: did you mean overlay.dwell_ms?",
        ),
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
            "database_url = \"postgres://user:password@host/db\"",
            "cutline.toml:1: database_url must be sqlite: and a file, for example sqlite:./data/cutline.db",
        ),
        (
            "blobs_url = \"s3:bucket\"",
            "cutline.toml:1: blobs_url must be file: and a folder, for example file:./data/blobs",
        ),
        (
            "log = \"info,=,\"",
            "cutline.toml:1: log must be a filter, for example info or warn,cutline_engine=debug; it is \"info,=,\"",
        ),
        (
            "limits = 3",
            "cutline.toml:1: limits is a section: write its keys below [limits]",
        ),
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
            "cutline.toml:2: limits.max_concurrent_fetches must be a whole number from 1 to 10000, for example 64; it is 0",
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
            "cutline.toml:2: site.language must be a language tag, for example en or pt-BR; it is \"english language\"",
        ),
    ] {
        check_mistake(file, &[], expected);
    }
}

#[test]
fn a_gallery_is_a_folder_that_exists_or_a_list_of_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = meant(
        &format!(
            "[[galleries]]\nslug = \"a\"\nfolder = {:?}",
            folder.path().display().to_string()
        ),
        &[],
    );
    assert_eq!(
        config.galleries[0].pictures,
        GalleryPictures::Folder(folder.path().to_owned())
    );
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

#[test]
fn a_token_does_not_cross_a_network_in_the_clear() {
    let target = |server: &str| {
        format!(
            "[[targets]]\nplatform = \"mastodon\"\nserver = \"{server}\"\naccount = \"alice@a.example\"\ntoken = \"t\"\n"
        )
    };
    for server in [
        "https://a.example",
        "http://127.0.0.1:8001",
        "http://localhost:8001",
        "http://[::1]",
    ] {
        assert_eq!(meant(&target(server), &[]).accounts.len(), 1, "{server}");
    }
    for server in [
        "http://a.example",
        "http://10.0.0.1",
        "ftp://a.example",
        "https://user:pw@a.example",
        "https://a.example/api",
    ] {
        let all = mistakes(&target(server), &[]);
        assert!(
            all.len() == 1
                && all[0].starts_with("cutline.toml:3: targets[0].server must be an https address"),
            "{all:?}"
        );
    }
    let twice = format!("{}{}", target("https://a.example"), target("https://a.example"));
    check_mistake(
        &twice,
        &[],
        "cutline.toml:6: targets[1]: there is a target mastodon:alice@a.example already: each account is named once",
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_reading_order() {
    let file =
        "listen = \"here\"\ncolor = 1\n[overlay]\ndwell_ms = \"long\"\n[[targets]]\nplatform = \"myspace\"\n";
    let all = mistakes(
        file,
        &[
            ("CUTLINE_LIMITS__MAX_TARGETS", "many"),
            ("CUTLINE_SITE__NANE", "x"),
        ],
    );
    let places: Vec<_> = all
        .iter()
        .map(|mistake| mistake.split(": ").next().unwrap_or_default())
        .collect();
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
    assert!(
        all.iter()
            .any(|mistake| mistake.starts_with("cutline.toml:1: this is not TOML")),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|mistake| mistake.starts_with("cutline.toml:3: this is not TOML")),
        "{all:?}"
    );
}

#[test]
fn a_named_file_must_exist_and_the_usual_one_need_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    let error = Typed::gather(Some(&path), None, Default::default())
        .expect_err("no such file")
        .to_string();
    assert!(
        error.contains("site.toml: the configuration file cannot be read"),
        "{error}"
    );
    std::fs::write(&path, "listne = 1").expect("a file");
    let typed = Typed::gather(Some(&path), None, Default::default()).expect("a file");
    let error = Config::read(&typed).expect_err("a mistake").to_string();
    assert!(error.contains("site.toml:1: unknown key listne"), "{error}");
}
