//! Tests as sentences, one line each: `a_press_draws_nothing: check(…);` is a test of that name.

/// Makes a test of each line.
macro_rules! sentences {
    ($($name:ident: $check:expr;)+) => {
        $(
            #[test]
            fn $name() {
                $check;
            }
        )+
    };
}
