//! Targets: where their token comes from and where it may go.

use cutline_engine::deliver::{Token, Visibility};

use super::{check_mistake, meant, mistakes};

#[test]
fn a_target_can_be_given_by_variables_alone() {
    let variables = [
        ("CUTLINE_TARGETS__0__PLATFORM", "mastodon"),
        ("CUTLINE_TARGETS__0__SERVER", "http://127.0.0.1:8001"),
        ("CUTLINE_TARGETS__0__ACCOUNT", "@alice@127.0.0.1:8001"),
        ("CUTLINE_TARGETS__0__TOKEN", "s3cret-token"),
    ];
    let config = meant("", &variables);
    let [account] = config.accounts.as_slice() else { panic!("one target, not {:?}", config.accounts) };
    assert_eq!(account.target.as_str(), "mastodon:alice@127.0.0.1:8001");
    assert_eq!(account.server.as_str(), "http://127.0.0.1:8001/");
    assert_eq!((account.platform.name, account.name.as_str()), ("mastodon", "alice@127.0.0.1:8001"));
    assert_eq!(account.token, Token::new("s3cret-token"));
    assert_eq!(account.visibility, Visibility::Public);
    assert!(!format!("{config:?}").contains("s3cret"), "a debug print shows no token");
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
        token(&format!("token_file = {:?}", token_file.display().to_string()), &[]),
        Token::new("from-file")
    );
    assert_eq!(
        token("token_env = \"A_TOKEN\"", &[("A_TOKEN", "from-variable")]),
        Token::new("from-variable")
    );
    // Its name may look like a key's.
    let variables = [("CUTLINE_MASTODON", "from-variable")];
    assert_eq!(token("token_env = \"CUTLINE_MASTODON\"", &variables), Token::new("from-variable"));

    for (line, message) in [
        (
            "",
            "targets[0]: a target needs one of token_file, token_env and token, for example token_file = \"./mastodon.token\"",
        ),
        ("token = \"a\"\ntoken_env = \"A_TOKEN\"", "targets[0]: a target needs one of token_file"),
        (
            "token = \"two words\"",
            "targets[0].token must be a token: one line of printable characters without spaces",
        ),
        (
            "token_env = \"B_TOKEN\"",
            "targets[0].token_env must be the name of an environment variable that holds the token",
        ),
        ("token_file = \"/nonexistent/token\"", "targets[0].token_file must be a file that can be read"),
    ] {
        let all = mistakes(&target(line), &[("A_TOKEN", "x")]);
        assert!(
            all.len() == 1 && all[0].contains(message) && !all[0].contains("two words"),
            "{line}: {all:?}"
        );
    }
}

#[test]
fn a_token_does_not_cross_a_network_in_the_clear() {
    let target = |server: &str| {
        format!(
            "[[targets]]\nplatform = \"mastodon\"\nserver = \"{server}\"\naccount = \"alice@a.example\"\ntoken = \"t\"\n"
        )
    };
    for server in ["https://a.example", "http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]"] {
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
fn each_platform_has_its_own_keys() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const GHOST_KEY: &str = "64f1:000102030405060708090a0b0c0d0e0f";
    const WEBHOOK: &str = "https://discord.com/api/webhooks/1234/abcd";
    for (platform, server, account, token, target, address) in [
        (
            "bluesky",
            "",
            "@alice.bsky.social",
            "abcd-efgh",
            "bluesky:alice.bsky.social",
            "https://bsky.social/",
        ),
        ("bluesky", "https://pds.example", "did:plc:abc", "t", "bluesky:did:plc:abc", "https://pds.example/"),
        ("matrix", "https://m.example", "#a:m.example", "t", "matrix:#a:m.example", "https://m.example/"),
        (
            "wordpress",
            "https://b.example/blog",
            "alice@b.example",
            "t",
            "wordpress:alice@b.example",
            "https://b.example/blog",
        ),
        ("slack", "", "C0NF841BK", "xoxb-1", "slack:C0NF841BK", "https://slack.com/"),
        ("tumblr", "", "a.tumblr.com", "k:s:t:u", "tumblr:a", "https://api.tumblr.com/"),
        ("pinterest", "", "549755885175", "t", "pinterest:549755885175", "https://api.pinterest.com/"),
        (
            "linkedin",
            "",
            "person:782bbtaQ",
            "t",
            "linkedin:person:782bbtaQ",
            "https://api.linkedin.com/?version=202607",
        ),
        (
            "linkedin",
            "https://api.linkedin.com?version=202712",
            "person:782bbtaQ",
            "t",
            "linkedin:person:782bbtaQ",
            "https://api.linkedin.com/?version=202712",
        ),
        ("facebook", "", "102030405060708", "t", "facebook:102030405060708", "https://graph.facebook.com/"),
        (
            "instagram",
            "",
            "17841405822304914",
            "t",
            "instagram:17841405822304914",
            "https://graph.instagram.com/",
        ),
        ("threads", "", "25949072001396400", "t", "threads:25949072001396400", "https://graph.threads.net/"),
        ("flickr", "", "12037949754@N01", "k:s:t:u", "flickr:12037949754@N01", "https://up.flickr.com/"),
        ("vk", "", "-123456789", "t", "vk:123456789", "https://api.vk.com/"),
        (
            "weibo",
            "https://api.weibo.com?rip=203.0.113.7",
            "lighthouses",
            "t",
            "weibo:lighthouses",
            "https://api.weibo.com/?rip=203.0.113.7",
        ),
        ("telegram", "", "@pictures", "12:ab", "telegram:@pictures", "https://api.telegram.org/"),
        ("misskey", "https://k.example", "@a@k.example", "t", "misskey:a@k.example", "https://k.example/"),
        ("ghost", "https://g.example", "g.example", GHOST_KEY, "ghost:g.example", "https://g.example/"),
        ("discord", "", "#pictures", WEBHOOK, "discord:#pictures", WEBHOOK),
        (
            "webhook",
            "https://h.example/x?y=1",
            "intranet",
            SECRET,
            "webhook:intranet",
            "https://h.example/x?y=1",
        ),
    ] {
        let server = if server.is_empty() { String::new() } else { format!("server = \"{server}\"\n") };
        let typed = format!(
            "[[targets]]\nplatform = \"{platform}\"\n{server}account = \"{account}\"\ntoken = \"{token}\"\n"
        );
        let read = &meant(&typed, &[]).accounts[0];
        assert_eq!((read.target.as_str(), read.server.as_str()), (target, address));
    }
}

#[test]
fn what_a_platform_cannot_use_is_said_with_what_it_can() {
    for (typed, message) in [
        (
            "platform = \"myspace\"\naccount = \"a@b.example\"\nserver = \"https://b.example\"",
            "targets[0].platform must be one of mastodon, bluesky, matrix",
        ),
        ("platform = \"bluesky\"\naccount = \"alice\"", "for example alice.bsky.social; it is \"alice\""),
        (
            "platform = \"matrix\"\naccount = \"#a:m.example\"",
            "a target needs server, for example server = \"https://matrix.example.org\"",
        ),
        (
            "platform = \"webhook\"\naccount = \"x\"\nserver = \"https://h.example\"",
            "token must be whsec_ and 24 to 64 bytes in base64",
        ),
        ("platform = \"discord\"\naccount = \"x\"", "token must be the webhook's whole address"),
        ("platform = \"slack\"\naccount = \"#general\"", "for example C0NF841BK; it is \"#general\""),
        (
            "platform = \"x\"\naccount = \"alice\"",
            "targets[0]: posts cost money on X (in August 2026, $0.015",
        ),
        ("platform = \"x\"\naccount = \"alice\"\naccept_costs = false", "accept_costs = true lets them"),
        ("platform = \"x\"\naccount = \"a b\"\naccept_costs = true", "for example alice; it is \"a b\""),
        ("platform = \"flickr\"\naccount = \"alice\"", "token must be the key and the secret of the app"),
        ("platform = \"instagram\"\naccount = \"alice\"", "for example 17841405822304914; it is \"alice\""),
        (
            "platform = \"weibo\"\naccount = \"alice\"\nserver = \"https://api.weibo.com\"",
            "server must be Weibo's address and this site's public IP address",
        ),
        ("platform = \"linkedin\"\naccount = \"alice\"", "for example person:782bbtaQ; it is \"alice\""),
        (
            "platform = \"linkedin\"\naccount = \"person:1\"\nserver = \"https://api.linkedin.com?version=new\"",
            "server must be LinkedIn's address, and at most a month behind it",
        ),
        ("platform = \"bluesky\"\naccount = \"a.example\"\naccept_costs = true", "accept_costs"),
        (
            "platform = \"wordpress\"\naccount = \"alice@b.example\"\nserver = \"http://b.example\"",
            "targets[0].server must be an https address",
        ),
        ("platform = \"bluesky\"\naccount = \"a.example\"\nvisibility = \"public\"", "visibility"),
    ] {
        let all = mistakes(&format!("[[targets]]\n{typed}\ntoken = \"s3cret\"\n"), &[]);
        assert!(all.len() == 1 && all[0].contains(message) && !all[0].contains("s3cret"), "{typed}: {all:?}");
    }
}

#[test]
fn a_platform_where_posts_cost_is_there_when_that_is_accepted() {
    let typed =
        "[[targets]]\nplatform = \"x\"\naccount = \"@alice\"\ntoken = \"k:s:t:u\"\naccept_costs = true\n";
    let read = &meant(typed, &[]).accounts[0];
    assert_eq!((read.target.as_str(), read.server.as_str()), ("x:alice", "https://api.x.com/"));
}

#[test]
fn further_servers_are_read_as_lists_and_lead_nowhere_in_the_clear() {
    let target =
        "[[targets]]\nplatform = \"nostr\"\naccount = \"pictures\"\nserver = \"https://b.example\"\n";
    let key = format!("token = \"{}\"\n", "1".repeat(64));
    let lists =
        "relays = [\"wss://r.example/path\", \"ws://127.0.0.1:7000\"]\nmirrors = \"https://c.example\"\n";
    let read = &meant(&format!("{target}{key}{lists}"), &[]).accounts[0];
    let told = |key: &str| read.servers[key].iter().map(|url| url.as_str()).collect::<Vec<_>>();
    assert_eq!(told("relays"), ["wss://r.example/path", "ws://127.0.0.1:7000/"]);
    assert_eq!(told("mirrors"), ["https://c.example/"]);
    let variables = [("CUTLINE_TARGETS__0__RELAYS", "wss://r.example,wss://s.example")];
    assert_eq!(meant(&format!("{target}{key}"), &variables).accounts[0].servers["relays"].len(), 2);

    let needed = "a target needs relays, for example relays = [\"wss://relay.example.org\"]";
    let wrong = "relays must be a relay that the note is sent to, for example wss://relay.example.org";
    for (lists, message) in [
        ("", needed),
        ("relays = []", needed),
        ("relays = [\"ws://r.example\"]", wrong),
        ("relays = [\"https://r.example\"]", wrong),
        ("relays = [\"wss://me:secret@r.example\"]", wrong),
        (
            "relays = [\"wss://r.example\"]\nmirrors = [\"http://c.example\"]",
            "mirrors must be another server",
        ),
    ] {
        let all = mistakes(&format!("{target}{key}{lists}\n"), &[]);
        assert!(all.len() == 1 && all[0].contains(message), "{lists}: {all:?}");
    }
    let all = mistakes(&format!("{target}relays = \"wss://r.example\"\ntoken = \"s3cret\"\n"), &[]);
    assert!(all.len() == 1 && all[0].contains("token must be a secret key: nsec1"), "{all:?}");
    let elsewhere = target.replace("nostr", "webhook");
    let all = mistakes(&format!("{elsewhere}token = \"whsec_{}\"\nrelays = []\n", "A".repeat(40)), &[]);
    assert!(all.len() == 1 && all[0].contains("relays"), "{all:?}");
}
