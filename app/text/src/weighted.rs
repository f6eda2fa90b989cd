//! How X weighs a text: most letters of the West are one, all others two, an emoji two however many code points it has.
//!
//! By twitter-text's configuration 3 (<https://docs.x.com/fundamentals/counting-characters>). It composes letters first (NFC); here
//! a letter and its accent written as two count as two, so that the count is never less than X's. It needs no tables of
//! Unicode, so browsers count by it too.

/// Joins emoji to one.
const JOINER: char = '\u{200d}';
/// Asks for the coloured form of what stands before it.
const COLOURED: char = '\u{fe0f}';

/// What the text weighs.
pub(crate) fn weight(text: &str) -> usize {
    sum(text, |_| 2, |c| if is_light(c) { 1 } else { 2 })
}

/// Its units of UTF-16, with the bytes of UTF-8 in their place where they are emoji.
pub(crate) fn with_emoji_as_bytes(text: &str) -> usize {
    sum(text, |emoji| emoji.iter().map(|c| c.len_utf8()).sum(), char::len_utf16)
}

/// What emoji and letters come to.
fn sum(text: &str, of_emoji: impl Fn(&[char]) -> usize, of_letter: impl Fn(char) -> usize) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let (mut total, mut at) = (0, 0);
    while let Some(c) = chars.get(at) {
        match emoji(&chars[at..]) {
            Some(length) => {
                total += of_emoji(&chars[at..at + length]);
                at += length;
            }
            None => {
                total += of_letter(*c);
                at += 1;
            }
        }
    }
    total
}

/// The ranges that weigh one.
fn is_light(c: char) -> bool {
    matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247)
}

/// How many code points the emoji has that `rest` begins with.
fn emoji(rest: &[char]) -> Option<usize> {
    let mut length = element(rest, true)?;
    while rest.get(length) == Some(&JOINER) {
        let Some(next) = element(&rest[length + 1..], false) else { break };
        length += 1 + next;
    }
    Some(length)
}

/// One emoji, as it stands alone or between joiners (Unicode technical standard 51, 1.4.9).
fn element(rest: &[char], is_first: bool) -> Option<usize> {
    match rest {
        [first, second, ..] if is_flag_letter(*first) && is_flag_letter(*second) => Some(2),
        ['0'..='9' | '#' | '*', COLOURED, '\u{20e3}', ..] => Some(3),
        ['0'..='9' | '#' | '*', '\u{20e3}', ..] => Some(2),
        ['©' | '®', COLOURED, ..] => Some(2),
        [first, after @ ..] if is_picture(*first) => {
            // Behind a joiner, only signs that are older than emoji ask for colour.
            let may_be_coloured = is_first || *first < '\u{10000}';
            let form = match after.first() {
                Some(&COLOURED) if may_be_coloured => 1,
                Some('\u{1f3fb}'..='\u{1f3ff}') => 1,
                _ => 0,
            };
            let tags = after[form..].iter().take_while(|c| matches!(c, '\u{e0020}'..='\u{e007f}')).count();
            Some(1 + form + tags)
        }
        _ => None,
    }
}

/// Half of a flag.
fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Pictures and signs: each weighs two alone as well.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}')
        && !is_flag_letter(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_weigh_by_their_script_and_emoji_two() {
        for (text, expected) in [
            ("", 0),
            ("abc é ß", 7),
            ("中文", 4),
            ("한국어", 6),
            ("ไทย", 3),
            ("…–“”", 5),
            ("e\u{301}", 2),
            ("😀", 2),
            ("👨‍👩‍👧‍👦", 2),
            ("👍🏽👍", 4),
            ("🇨🇳🇩🇪", 4),
            ("1️⃣ 1", 4),
            ("❤️‍🔥", 2),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
            ("©️ ©", 4),
            ("☺ ☺️", 5),
            ("🧑🏻‍🤝‍🧑🏿", 2),
            ("a\u{200d}b", 3),
            ("😀\u{200d}b", 4),
            ("☺\u{fe0f}\u{fe0f}", 4),
            ("👩🏿‍🚀\u{fe0f}", 4),
            ("🏴‍☠\u{fe0f}", 2),
        ] {
            assert_eq!(weight(text), expected, "{text}");
        }
    }
}
