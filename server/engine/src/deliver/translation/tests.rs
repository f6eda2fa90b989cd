use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::deliver::CONNECT_AGAIN;
use crate::store::{INTERRUPTED, TOO_OLD, TOO_OLD_AND_UNKNOWN};

fn check(reason: &str, chinese: &str, arabic: &str) {
    let said = translated(reason).expect(reason);
    assert_eq!((&*said.chinese, &*said.arabic), (chinese, arabic));
}

#[test]
fn a_sentence_keeps_its_names() {
    check(
        "mastodon.example did not answer as a Mastodon server does.",
        "mastodon.example 的应答不像 Mastodon 服务器。",
        "لم يجب mastodon.example كما يجيب خادم Mastodon.",
    );
}

#[test]
fn a_reason_of_several_sentences_is_put_sentence_by_sentence() {
    check(
        "mastodon took too long. Given up after attempt 5.",
        "mastodon 用时过长。在第 5 次尝试后放弃。",
        "استغرق mastodon وقتًا طويلًا. تُرك بعد المحاولة 5.",
    );
}

#[test]
fn what_a_platform_said_stays_as_it_said_it() {
    check(
        "a.example refused the post: Status is too long. Sorry.",
        "a.example 拒绝了这条内容：Status is too long. Sorry.",
        "رفض a.example المنشور: Status is too long. Sorry.",
    );
}

#[test]
fn what_is_not_ours_is_in_no_other_language() {
    for reason in ["", "Out of disk.", "a.example took too long. Out of disk.", " took too long."] {
        assert_eq!(translated(reason), None, "{reason}");
    }
}

#[test]
fn each_sentence_names_the_same_in_all_languages() {
    for sentence in SENTENCES {
        let named = sentence.map(|text| text.matches("{}").count());
        assert!(named.iter().all(|count| *count == named[0]), "{sentence:?}");
    }
}

#[test]
fn the_reasons_that_are_names_are_known() {
    for reason in [CONNECT_AGAIN, INTERRUPTED, TOO_OLD, TOO_OLD_AND_UNKNOWN] {
        assert!(translated(reason).is_some(), "{reason}");
    }
}

/// What stands in the code of this module as a sentence and is no visitor's: what platforms answer.
const OTHERS: [&str; 4] = [
    "A string no longer than 36 characters.",
    "Authentication failed.",
    "Take a break for 8 minutes before trying again.",
    "You are not allowed to create a Tweet with duplicate content.",
];

const NAMED: [&str; 4] = ["{LOOK_FIRST}", "{TOO_OLD}", "{BY_HAND}", "{reason}"];

#[test]
fn every_sentence_of_ours_is_known() {
    let mut unknown = Vec::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/deliver"))) {
        let code = fs::read_to_string(&file).expect("source of this crate");
        for said in sentences_in(&code) {
            // What is put together of sentences is of those that are named, or stand elsewhere in the code.
            let said = NAMED.iter().fold(said, |said, name| said.replace(name, ""));
            let named =
                said.trim().split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
            let filled = named.collect::<Vec<_>>().join("x");
            if !OTHERS.contains(&&*said) && !filled.is_empty() && translated(&filled).is_none() {
                unknown.push(format!("{}: {said}", file.display()));
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("source of this crate");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".rs")
                && !["test", "fake_", "contract", "translation"].iter().any(|part| name.contains(part))
        })
        .collect()
}

/// The texts in `code` that are whole sentences.
fn sentences_in(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(|line| !line.contains("#[error"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let is_sentence = |text: &&str| {
        let starts = text.starts_with(|first: char| first.is_uppercase() || first == '{');
        starts && text.len() > 12 && text.contains(' ') && text.ends_with('.') && !text.contains('\n')
    };
    code.split('"').skip(1).step_by(2).filter(is_sentence).map(str::to_owned).collect()
}
