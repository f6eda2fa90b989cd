//! Ways to sign in: what each must say, and servers whose endpoints the owner names.

use super::{check_mistake, meant, mistakes};

/// A way with these lines of its own.
fn typed(lines: &str) -> String {
    format!(
        "[[sign_in]]\nname = \"pictures\"\ntitle = \"Example Pictures\"\nserver = \"https://api.example.org\"\n\
         issuer = \"https://login.example.org\"\nclient_id = \"cutline\"\n{lines}\n"
    )
}

#[test]
fn endpoints_can_be_named() {
    let endpoints = "authorization_endpoint = \"https://login.example.org/authorize?ui=small\"\n\
                     token_endpoint = \"https://login.example.org/token\"";
    let read = |lines: &str| meant(&typed(lines), &[]).sign_ins[0].endpoints.clone();
    assert!(read("").is_none(), "the server tells them");
    let named = read(endpoints).expect("endpoints");
    assert_eq!(named.authorization.as_str(), "https://login.example.org/authorize?ui=small");
    assert_eq!(named.token.as_str(), "https://login.example.org/token");
    assert!(named.revocation.is_none());
    let named = read(&format!("{endpoints}\nrevocation_endpoint = \"https://login.example.org/revoke\""));
    let revocation = named.and_then(|named| named.revocation).expect("a place");
    assert_eq!(revocation.as_str(), "https://login.example.org/revoke");
}

#[test]
fn a_way_is_there_once_and_says_what_its_platform_asks_for() {
    let config = meant(&typed("platform = \"misskey\"\nclient_secret = \"s3cret\""), &[]);
    let way = &config.sign_ins[0];
    assert_eq!((way.platform.name, way.scopes.as_str()), ("misskey", "read:account write:drive write:notes"));
    assert!(way.client_secret.is_some() && !format!("{config:?}").contains("s3cret"));
    assert_eq!(meant(&typed("scopes = \"write:notes\""), &[]).sign_ins[0].scopes, "write:notes");
    let twice = format!("{}{}", typed(""), typed(""));
    check_mistake(
        &twice,
        &[],
        "cutline.toml:8: sign_in[1]: there is a sign_in pictures already: each has a name of its own",
    );
}

#[test]
fn what_cannot_work_is_said_with_what_can() {
    for (lines, message) in [
        (
            "token_endpoint = \"https://login.example.org/token\"",
            "sign_in[0]: a sign_in names authorization_endpoint and token_endpoint, or neither",
        ),
        (
            "authorization_endpoint = \"https://login.example.org/authorize\"",
            "sign_in[0]: a sign_in names authorization_endpoint and token_endpoint, or neither",
        ),
        (
            "authorization_endpoint = \"http://login.example.org/a\"\ntoken_endpoint = \"https://login.example.org/token\"",
            "sign_in[0].authorization_endpoint must be an https address, for example https://login.example.org/authorize",
        ),
        (
            "authorization_endpoint = \"https://login.example.org/a\"\ntoken_endpoint = \"https://me:s3cret@login.example.org/token\"",
            "sign_in[0].token_endpoint must be an https address",
        ),
        (
            "authorization_endpoint = \"https://login.example.org/a\"\ntoken_endpoint = \"https://login.example.org/token\"\nrevocation_endpoint = \"/revoke\"",
            "sign_in[0].revocation_endpoint must be an https address",
        ),
        (
            "platform = \"x\"",
            "sign_in[0].platform must be one of mastodon, misskey, reddit, service; it is \"x\"",
        ),
        (
            "client_secret = \"s3cret\"\nclient_secret_env = \"A_SECRET\"",
            "sign_in[0]: a sign_in takes one of client_secret_file, client_secret_env and client_secret",
        ),
        ("tokens_endpoint = \"https://login.example.org/token\"", "did you mean sign_in.token_endpoint?"),
    ] {
        let all = mistakes(&typed(lines), &[("A_SECRET", "s3cret")]);
        assert!(all.len() == 1 && all[0].contains(message) && !all[0].contains("s3cret"), "{lines}: {all:?}");
    }
    let bare = mistakes("[[sign_in]]\nplatform = \"mastodon\"", &[]);
    for key in ["name", "title", "issuer", "client_id", "server"] {
        assert!(
            bare.iter().any(|mistake| mistake.contains(&format!("a sign_in needs {key}"))),
            "{key}: {bare:?}"
        );
    }
}
