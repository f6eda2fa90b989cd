//! Whether a sign is a letter or a number, in any script. In the browser the browser's own tables say so: Rust's would have to be
//! loaded. Both know the same properties (`Alphabetic`, and `N`), each of its version of Unicode.

/// Whether it is a letter.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii() && tables::is_letter(c)
}

/// Whether it is a letter or a number.
pub(crate) fn is_letter_or_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() && (tables::is_letter(c) || tables::is_number(c))
}

cfg_select! {
    target_arch = "wasm32" => {
        mod tables {
            use js_sys::RegExp;

            thread_local! {
                static LETTER: RegExp = RegExp::new("^\\p{Alphabetic}", "u");
                static NUMBER: RegExp = RegExp::new("^\\p{N}", "u");
            }

            pub(super) fn is_letter(c: char) -> bool {
                // Texts in Chinese and Japanese are of little else.
                matches!(c, '\u{4e00}'..='\u{9fff}') || LETTER.with(|letter| letter.test(c.encode_utf8(&mut [0; 4])))
            }

            pub(super) fn is_number(c: char) -> bool {
                NUMBER.with(|number| number.test(c.encode_utf8(&mut [0; 4])))
            }
        }
    }
    _ => {
        mod tables {
            pub(super) fn is_letter(c: char) -> bool {
                c.is_alphabetic()
            }

            pub(super) fn is_number(c: char) -> bool {
                c.is_numeric()
            }
        }
    }
}
