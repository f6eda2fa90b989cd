//! Counts texts, for whoever compares: a JSON list of texts on stdin, a JSON list of counts on stdout.

use std::io::{Read, Write};

use cutline_text::{AddressCount, Rule, Unit};
use serde_json::json;

fn main() -> std::io::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let texts: Vec<String> = serde_json::from_str(&input)?;
    // As the server makes them of what Mastodon and X are.
    let mastodon = Rule { address: AddressCount::Always(23), ..Rule::new(Unit::Graphemes, 500).finely() };
    let x = Rule { address: AddressCount::Always(23), ..Rule::new(Unit::Weighted, 280) };
    let x_with_hosts = Rule { has_hosts: true, ..x };
    let counts: Vec<_> = texts
        .iter()
        .map(|text| {
            let count = |unit| Rule::new(unit, 0).count(text);
            json!({
                "graphemes": count(Unit::Graphemes),
                "characters": count(Unit::Characters),
                "utf16": count(Unit::Utf16),
                "bytes": count(Unit::Bytes),
                "mastodon": mastodon.count(text),
                "x": x.count(text),
                "x_with_hosts": x_with_hosts.count(text),
            })
        })
        .collect();
    std::io::stdout().write_all(json!(counts).to_string().as_bytes())
}
