//! A page's address as it is published with a share: without what tells who came there and from where, and without what opens a
//! session. The rest stays as it was, letter by letter.

use std::borrow::Cow;

use url::form_urlencoded;

/// Parameters that networks and programs for newsletters add to know their readers again, in small letters.
const TRACKING: &[&str] = &[
    "_hsenc",
    "_hsmi",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igsh",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "oly_anon_id",
    "oly_enc_id",
    "s_cid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "yclid",
];
/// What their families begin with.
const TRACKING_FAMILIES: &[&str] = &["utm_", "mtm_", "matomo_", "pk_", "hsa_"];
/// Parameters that let whoever has them act as the one who came there, or name them. Not `sid` and `session`, which are stories and
/// talks as well.
const SECRET: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "auth_token",
    "email",
    "id_token",
    "jsessionid",
    "passwd",
    "password",
    "phpsessid",
    "refresh_token",
    "session_id",
    "sessionid",
    "token",
];

/// The address without those.
pub(super) fn published(address: &str) -> String {
    let (before, fragment) = match address.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (address, None),
    };
    let Some((path, query)) = before.split_once('?') else { return address.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_left_out(pair)).collect();
    let mut address = path.to_owned();
    if !kept.is_empty() {
        address.push('?');
        address += &kept.join("&");
    }
    if let Some(fragment) = fragment {
        address.push('#');
        address += fragment;
    }
    address
}

fn is_left_out(pair: &str) -> bool {
    let name = form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name);
    let name = name.to_ascii_lowercase();
    TRACKING.contains(&name.as_str())
        || SECRET.contains(&name.as_str())
        || TRACKING_FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_the_visitor_is_left_out_and_the_rest_stays_letter_by_letter() {
        for (address, expected) in [
            ("https://a.example/b", "https://a.example/b"),
            ("https://a.example/b?", "https://a.example/b?"),
            ("https://a.example/b?id=7&x=%7e+y", "https://a.example/b?id=7&x=%7e+y"),
            ("https://a.example/b?utm_source=n&id=7&UTM_Medium=m#top", "https://a.example/b?id=7#top"),
            ("https://a.example/b?fbclid=abc", "https://a.example/b"),
            ("https://a.example/b?fb%63lid=abc&sid=3&mytoken=4", "https://a.example/b?sid=3&mytoken=4"),
            ("https://a.example/?token=s3cret&email=ada%40a.example#/photo/7", "https://a.example/#/photo/7"),
            ("https://a.example/b#?utm_source=n", "https://a.example/b#?utm_source=n"),
            ("https://a.example/b?token", "https://a.example/b"),
        ] {
            assert_eq!(published(address), expected, "{address}");
        }
    }
}
