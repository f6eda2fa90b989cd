//! The configuration from the outside: what is typed, and what is meant or complained of.

mod accounts;
mod embed;
mod galleries;
mod mistakes;
mod sign_ins;

use std::collections::BTreeSet;
use std::time::Duration;

use cutline_model::TargetStyle;

use super::*;

const SAMPLE: &str = include_str!("../../../cutline.example.toml");

fn typed(file: &str, variables: &[(&str, &str)]) -> Typed {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Typed { file: Some(("cutline.toml".to_owned(), file.to_owned())), variables, ..Typed::default() }
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
    SAMPLE.lines().map(|line| if is_key(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_sample_file_says_the_defaults() {
    assert_eq!(format!("{:?}", meant(SAMPLE, &[])), format!("{:?}", meant("", &[])));
}

#[test]
fn the_sample_file_has_every_key_and_no_other() {
    let sample = whole_sample();
    let mut report = Report::default();
    assert!(Config::read_into(&mut report, &typed(&sample, &[])).is_some(), "{report:?}");

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
    assert_eq!(config.server.database_url.to_string(), "sqlite:./data/cutline.db");
    assert_eq!(config.server.blobs_url, BlobsUrl::Folder("./data/blobs".into()));
    assert_eq!(config.server.public_url_at(([127, 0, 0, 1], 4711).into()), "http://127.0.0.1:4711");
    assert_eq!(config.limits.fetch.max_source_bytes, 40 << 20);
    assert_eq!((config.fetch.cache_bytes, config.fetch.cache_age.as_secs()), (512 << 20, 86_400));
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
        cache_bytes = 0
        cache_age = "1h"
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
    assert_eq!(config.server.database_url.to_string(), "sqlite:/srv/cutline/cutline.db");
    assert_eq!(config.server.public_url_at(config.server.listen), "https://share.example.org");
    assert_eq!(config.site.name, "Harbour");
    let allowed: Vec<_> = config.fetch.allow.iter().map(ToString::to_string).collect();
    assert_eq!(allowed, ["127.0.0.1:9000", "localhost:80"]);
    assert_eq!((config.fetch.cache_bytes, config.fetch.cache_age.as_secs()), (0, 3_600));
    assert_eq!(config.limits.fetch.max_source_bytes, 3 << 19);
    assert_eq!(config.limits.fetch.max_page_bytes, 1000);
    assert_eq!(config.limits.fetch.total_timeout, Duration::from_millis(300));
    assert_eq!(config.limits.crop.max_pixels, 2_000_000);
    assert_eq!(config.limits.request.max_targets, 3);
    assert_eq!((config.overlay.dwell_ms, config.overlay.target_style), (0, TargetStyle::Links));
}

#[test]
fn a_variable_wins_over_the_file_and_an_argument_over_both() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\nmax_targets = 3\nmax_redirects = 1\n";
    let variables =
        [("CUTLINE_LISTEN", "127.0.0.1:2"), ("CUTLINE_LIMITS__MAX_TARGETS", "4"), ("PATH", "/bin")];
    let config = meant(file, &variables);
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!((config.limits.request.max_targets, config.limits.fetch.max_redirects), (4, 1));

    let with_argument = Typed { listen: Some(([127, 0, 0, 1], 3).into()), ..typed(file, &variables) };
    assert_eq!(Config::read(&with_argument).expect("a configuration").server.listen.port(), 3);
}

#[test]
fn a_truth_is_read_from_each_place() {
    let in_process = |file, variables: &[_]| meant(file, variables).server.in_process;
    assert!(!in_process("", &[]));
    assert!(in_process("in_process = true", &[]));
    assert!(!in_process("in_process = true", &[("CUTLINE_IN_PROCESS", "false")]));
    assert!(in_process("", &[("CUTLINE_IN_PROCESS", "true")]));
    let with_argument = Typed { in_process: true, ..typed("in_process = false", &[]) };
    assert!(Config::read(&with_argument).expect("a configuration").server.in_process);
    let under_test = Typed { test_mode: true, ..Typed::default() };
    assert!(Config::read(&under_test).expect("a configuration").server.test_mode);
    assert!(!meant("", &[]).server.test_mode);
    check_mistake("in_process = 1", &[], "cutline.toml:1: in_process must be true or false; it is 1");
}

#[test]
fn a_list_in_a_variable_has_commas() {
    let allow = |value: &str| {
        meant("[fetch]\nallow = [\"10.0.0.1:80\"]", &[("CUTLINE_FETCH__ALLOW", value)]).fetch.allow
    };
    let spelled: Vec<_> = allow("127.0.0.1:9000, localhost:9001,").iter().map(ToString::to_string).collect();
    assert_eq!(spelled, ["127.0.0.1:9000", "localhost:9001"]);
    assert!(allow("").is_empty(), "an empty variable takes the file's exceptions away");
}

#[test]
fn an_empty_variable_means_the_default() {
    let config =
        meant("[overlay]\ndwell_ms = 5", &[("CUTLINE_OVERLAY__DWELL_MS", ""), ("CUTLINE_PUBLIC_URL", "")]);
    assert_eq!(config.overlay.dwell_ms, 600);
    assert_eq!(config.server.public_url, None);
}

#[test]
fn a_bucket_is_reached_with_what_is_typed_or_what_amazons_programs_read() {
    let amazon = [
        ("AWS_ENDPOINT_URL", "https://s3.example.org"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "from-amazon"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_SESSION_TOKEN", "t0ken"),
    ];
    let file = "blobs_url = 's3://clippings/of/ours/'";
    let config = meant(file, &amazon);
    let BlobsUrl::Bucket { bucket, prefix } = &config.server.blobs_url else { panic!("{config:?}") };
    let settings = config.s3.bucket(bucket, prefix);
    assert_eq!(settings.to_string(), "s3://clippings/of/ours at https://s3.example.org");
    let keys = settings.keys.clone().expect("keys");
    assert_eq!(
        (&*keys.id, &*keys.secret, keys.session_token.as_deref()),
        ("from-amazon", "s3cret", Some("t0ken"))
    );
    let shown = format!("{config:?} {settings:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");

    let typed = "[s3]\nregion = 'there'\naccess_key_id = 'typed'\nsecret_access_key_env = 'MINE'";
    let config = meant(typed, &[&amazon[..], &[("MINE", "my-own")]].concat());
    let keys = config.s3.keys.expect("keys");
    assert_eq!((&*keys.id, &*keys.secret, keys.session_token), ("typed", "my-own", None));
    assert_eq!(config.s3.region, "there");
    let nothing = meant("blobs_url = 's3:clippings'", &[]);
    assert_eq!(nothing.s3.bucket("clippings", "").to_string(), "s3://clippings in us-east-1");
    assert!(nothing.s3.keys.is_none());
}

#[test]
fn a_role_other_than_all_has_what_it_takes() {
    let (postgres, public) =
        ("database_url = 'postgres://a@host/db'\n", "public_url = 'https://a.example'\n");
    assert_eq!(meant("", &[]).server.role, Role::All);
    assert_eq!(meant(&format!("{postgres}role = 'web'"), &[]).server.role, Role::Web);
    let worker = format!("{postgres}{public}");
    assert_eq!(meant(&worker, &[("CUTLINE_ROLE", "worker")]).server.role, Role::Worker);
    let argument = Typed { role: Some(Role::Worker), ..typed(&format!("{worker}role = 'web'"), &[]) };
    assert_eq!(Config::read(&argument).expect("a configuration").server.role, Role::Worker);
    for (file, role) in [(String::new(), "web"), (postgres.to_owned(), "worker"), (worker, "cook")] {
        let mistakes = mistakes(&file, &[("CUTLINE_ROLE", role)]);
        assert!(
            mistakes.len() == 1 && mistakes[0].contains("role must be all, web or worker"),
            "{mistakes:?}"
        );
    }
}
