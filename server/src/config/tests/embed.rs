//! Sites of others: in the file, in variables, and what they must have.

use super::{check_mistake, meant, mistakes};

#[test]
fn a_site_of_others_has_its_origin_its_key_and_what_it_may() {
    let config = meant(
        "[embed]\ntrusted_proxies = ['::ffff:10.0.0.1']\n[[sites]]\norigin = 'HTTPS://Blog.example.org:443/'\nkey = 'blog-4f1c9a'\n\
         targets = ['board']\nthreshold = 200\nshares_per_hour = 5",
        &[("CUTLINE_SITES__1__ORIGIN", "http://b.example:81"), ("CUTLINE_SITES__1__KEY", "another_1")],
    );
    assert_eq!(config.sites[0].origin, "https://blog.example.org");
    assert_eq!((config.sites[0].threshold, config.sites[0].shares_per_hour), (Some(200), Some(5)));
    assert_eq!(config.sites[0].targets.as_ref().map(Vec::len), Some(1));
    assert_eq!((config.sites[1].origin.as_str(), &config.sites[1].targets), ("http://b.example:81", &None));
    assert!(!config.embed.open && config.embed.shares_per_visitor == 60);
    assert_eq!(config.embed.trusted_proxies, [std::net::IpAddr::from([10, 0, 0, 1])]);
}

#[test]
fn what_is_no_site_is_a_mistake() {
    check_mistake(
        "[[sites]]\norigin = 'https://a.example/blog'\nkey = 'blog-4f1c9a'",
        &[],
        "cutline.toml:2: sites[0].origin must be an http or https address without path, for example https://blog.example.org; it is \"https://a.example/blog\"",
    );
    check_mistake(
        "[[sites]]\norigin = 'https://a.example'\nkey = 'short'",
        &[],
        "cutline.toml:3: sites[0].key must be 8 to 64 of A-Z, a-z, 0-9, - and _, for example blog-4f1c9a; it is \"short\"",
    );
    let twice = "[[sites]]\norigin = 'https://a.example'\nkey = 'blog-4f1c9a'\n".repeat(2);
    assert_eq!(
        mistakes(&twice, &[]),
        ["cutline.toml:4: sites[1]: there is a site https://a.example already: each origin is named once"]
    );
    assert_eq!(mistakes("[[sites]]\nthreshold = 0", &[]).len(), 3);
}
