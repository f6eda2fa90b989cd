//! The copies of a picture that a page offers for screens of other sizes.

/// Whether one of the addresses in a `srcset` is the one that `is` looks for. An address may have commas in it, and what follows a
/// description need not begin with a space.
pub fn offers(srcset: &str, is: &dyn Fn(&str) -> bool) -> bool {
    srcset.split_ascii_whitespace().any(|part| {
        let part = part.trim_matches(',');
        is(part) || part.split_once(',').is_some_and(|(_, next)| is(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(srcset: &str, address: &str, expected: bool) {
        assert_eq!(offers(srcset, &|offered| offered == address), expected, "{address} in {srcset}");
    }

    sentences! {
        the_first_copy_is_offered: has("small.jpg 480w, large.jpg 1200w", "small.jpg", true);
        the_last_copy_is_offered: has("small.jpg 480w, large.jpg 1200w", "large.jpg", true);
        a_copy_without_a_description_is_offered: has("only.jpg", "only.jpg", true);
        copies_without_descriptions_are_offered: has("one.jpg, two.jpg 2x", "one.jpg", true);
        a_copy_after_a_bare_comma_is_offered: has("one.jpg 1x,two.jpg 2x", "two.jpg", true);
        a_copy_on_a_line_of_its_own_is_offered: has("\n  one.jpg 1x,\n  two.jpg 2x\n", "two.jpg", true);
        an_address_with_commas_is_one: has("/w_1,h_2/a.jpg 1x, /w_2,h_4/a.jpg 2x", "/w_2,h_4/a.jpg", true);
        another_picture_is_not_offered: has("small.jpg 480w, large.jpg 1200w", "other.jpg", false);
        a_part_of_an_address_is_not_offered: has("large.jpg 1200w", "large", false);
        nothing_is_offered_by_an_empty_set: has("", "large.jpg", false);
    }
}
