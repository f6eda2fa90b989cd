//! What the crate's documentation says of the overlay's look is what style sheets and components say: its two tables are made
//! of them. `CUTLINE_UPDATE=1 cargo test -p cutline --test theming` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

/// The overlay's own style sheets.
const SHEETS: [&str; 4] = ["overlay", "panel", "tools", "quote"];

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(in_project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands before, between and after `<!-- name: … -->` and `<!-- /name -->`.
fn parted<'a>(text: &'a str, name: &str) -> [&'a str; 3] {
    let mark = text.find(&format!("<!-- {name}:")).expect("the section begins");
    let start = mark + text[mark..].find("-->\n").expect("its mark ends") + 4;
    let end = text.find(&format!("<!-- /{name} -->")).expect("the section ends");
    [&text[..start], &text[start..end], &text[end..]]
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says by it that the table is to be written"
)]
fn check(name: &str, table: &str) {
    let readme = read("app/README.md");
    let [before, is, after] = parted(&readme, name);
    if is == table {
        return;
    }
    assert!(
        std::env::var("CUTLINE_UPDATE").is_ok(),
        "app/README.md does not have this table of {name}; CUTLINE_UPDATE=1 writes it:\n{table}"
    );
    fs::write(in_project("app/README.md"), [before, table, after].concat()).expect("it can be written");
}

#[test]
fn the_tables_are_those_of_style_sheets_and_components() {
    // One after the other: both may be written.
    check("properties", &properties());
    check("parts", &parts());
}

/// Every custom property of `tokens.css`, with the comment above it and its value.
fn properties() -> String {
    let css = read("style/tokens.css");
    let mut table = "| property | is | by default: light, dark |\n|---|---|---|\n".to_owned();
    let mut note = "";
    for line in css.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("/* ").and_then(|line| line.strip_suffix(" */")) {
            note = said;
        } else if let Some((name, value)) =
            line.strip_suffix(';').and_then(|line| line.strip_prefix("--cutline-")?.split_once(": "))
        {
            assert!(!note.is_empty(), "--cutline-{name} has no comment above it");
            let pair = value.strip_prefix("light-dark(").and_then(|value| value.strip_suffix(')'));
            table += &format!("| `--cutline-{name}` | {note} | {} |\n", pair.unwrap_or(value));
            note = "";
        }
    }
    table
}

/// The code of the overlay.
fn components() -> impl Iterator<Item = String> {
    fs::read_dir(in_project("app/src/overlay"))
        .expect("the components")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| fs::read_to_string(path).expect("a file of text"))
}

/// Every `part` of the components, with its class, which has rules.
fn parts() -> String {
    let css: String = SHEETS.map(|sheet| read(&format!("style/{sheet}.css"))).concat();
    let mut rows = Vec::new();
    for code in components() {
        for (start, call) in code.match_indices(".part(\"") {
            let name = code[start + call.len()..].split('"').next().unwrap_or_default();
            // The class is named in the same row of calls, just before.
            let before = code[..start].trim_end();
            let class = before.strip_suffix("\")").and_then(|before| before.rsplit(".class(\"").next());
            let class = class.and_then(|class| class.split(' ').next()).expect("a part has a class");
            assert!(css.contains(&format!(".{class}")), "{class} has no rules");
            rows.push(format!("| `{name}` | `{class}` |\n"));
        }
    }
    rows.sort();
    format!("| part | class |\n|---|---|\n{}", rows.concat())
}

#[test]
fn no_style_of_the_overlay_uses_a_property_that_is_not_documented() {
    let readme = read("app/README.md");
    for sheet in SHEETS {
        let css = read(&format!("style/{sheet}.css"));
        for used in css.split("var(--cutline-").skip(1) {
            let name: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            // Where a handle's dot stands, and what shape is selected, is for the components to say.
            if !name.starts_with("dot-") && name != "shape" {
                assert!(readme.contains(&format!("| `--cutline-{name}` |")), "{sheet}.css: --cutline-{name}");
            }
        }
    }
}

/// A style sheet's are turned into it when it is bundled (`style/foreign.mjs`).
#[test]
fn no_length_in_the_components_is_counted_in_rem_of_the_page() {
    let is_counted = |line: &&str| {
        line.match_indices("rem")
            .any(|(start, _)| line[..start].ends_with(|before: char| before.is_ascii_digit()))
    };
    for code in components() {
        assert_eq!(code.lines().find(is_counted), None, "--cutline-rem is to be used");
    }
}

#[test]
fn no_rule_of_the_components_is_for_the_rest_of_a_page() {
    let entry = read("style/components.css");
    let sheets = entry.lines().filter_map(|line| line.strip_prefix("@import \"./")?.strip_suffix("\";"));
    for sheet in sheets {
        for selector in selectors(&read(&format!("style/{sheet}"))) {
            let is_own = [".", ":where(.", ":root", ":host"].iter().any(|start| selector.starts_with(start));
            assert!(is_own, "{sheet}: {selector}");
        }
    }
}

#[test]
fn a_page_gets_nothing_but_custom_properties_on_its_root() {
    let css = read("style/tokens.css");
    for declaration in css.lines().map(str::trim).filter(|line| line.ends_with(';')) {
        assert!(declaration.starts_with("--cutline-"), "{declaration}");
    }
}

/// Every selector of a style sheet.
fn selectors(css: &str) -> Vec<String> {
    let mut rest = css.to_owned();
    while let Some(start) = rest.find("/*") {
        let end = rest[start..].find("*/").expect("a comment ends") + start + 2;
        rest.replace_range(start..end, "");
    }
    let (mut found, mut pending) = (Vec::new(), Vec::new());
    let mut text = String::new();
    let mut parentheses = 0;
    for c in rest.chars() {
        match c {
            '{' | ',' if parentheses == 0 => {
                let one = std::mem::take(&mut text).trim().to_owned();
                if !one.starts_with('@') {
                    pending.push(one);
                }
                if c == '{' {
                    found.append(&mut pending);
                }
            }
            // It was a declaration, whose values may have commas.
            ';' | '}' => {
                text.clear();
                pending.clear();
            }
            c => {
                parentheses += i32::from(c == '(') - i32::from(c == ')');
                text.push(c);
            }
        }
    }
    found
}

#[test]
fn browsers_without_light_dark_have_the_light_colours() {
    let light: Vec<String> = read("style/tokens.css")
        .lines()
        .filter_map(|line| line.trim().strip_suffix(");").and_then(|line| line.split_once(": light-dark(")))
        .map(|(name, pair)| format!("{name}: {};", pair.split(',').next().expect("two colours")))
        .collect();
    let plain = read("style/tokens-light.css");
    let plain: Vec<&str> = plain.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
    assert_eq!(plain, light);
}
