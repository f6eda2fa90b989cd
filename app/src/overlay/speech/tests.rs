use super::*;
use crate::language::Language;

fn says(language: Language, region: [f64; 4], expected: &str) {
    let [x, y, w, h] = region;
    let region = Region::new(x, y, w, h).expect("inside");
    assert_eq!(spoken(region, language.labels()), expected);
}

sentences! {
    position_and_size_are_told_in_whole_percent: says(
        Language::English,
        [0.101, 0.2, 0.299, 0.4],
        "30 percent wide, 40 percent high, 10 percent from the left, 20 percent from the top",
    );
    all_of_the_picture_is_a_hundred_percent: says(
        Language::English,
        [0.0, 0.0, 1.0, 1.0],
        "100 percent wide, 100 percent high, 0 percent from the left, 0 percent from the top",
    );
    what_is_less_than_half_a_percent_is_none: says(
        Language::English,
        [0.004, 0.996, 0.004, 0.004],
        "0 percent wide, 0 percent high, 0 percent from the left, 100 percent from the top",
    );
    chinese_tells_the_same: says(Language::SimplifiedChinese, [0.1, 0.2, 0.3, 0.4], "宽 30%，高 40%，距左边 10%，距上边 20%");
    arabic_tells_the_same: says(
        Language::Arabic,
        [0.1, 0.2, 0.3, 0.4],
        "العرض 30٪، الارتفاع 40٪، 10٪ من اليسار، 20٪ من الأعلى",
    );
}

/// What is spoken of these messages, once they rest.
fn hears(messages: &[(Topic, &str)], expected: &str) {
    let mut announcer = Announcer::default();
    for (topic, message) in messages {
        announcer.say(*topic, (*message).to_owned());
    }
    assert_eq!(announcer.speak(), expected);
    assert_eq!(announcer.speak(), "", "it is spoken once");
}

sentences! {
    without_a_message_there_is_silence: hears(&[], "");
    of_one_topic_the_last_message_counts: hears(&[(Topic::Selection, "a"), (Topic::Selection, "b")], "b");
    what_came_first_is_spoken_first: hears(&[(Topic::Outcome, "Shared"), (Topic::Selection, "a")], "Shared a");
    what_is_said_twice_on_two_topics_is_spoken_twice: hears(&[(Topic::Outcome, "a"), (Topic::PassingOn, "a")], "a a");
    a_message_that_is_over_before_it_is_spoken_is_not: hears(&[(Topic::Hint, "Press"), (Topic::Room, "b"), (Topic::Hint, "")], "b");
}

#[test]
fn what_is_said_again_after_it_was_spoken_is_spoken_again_and_a_selection_that_came_back_is_not() {
    let mut announcer = Announcer::default();
    for (topic, message, expected) in [
        (Topic::PassingOn, "Copied", "Copied"),
        (Topic::PassingOn, "Copied", "Copied"),
        (Topic::Selection, "a", "a"),
        (Topic::Selection, "a", ""),
        (Topic::Selection, "b", "b"),
        (Topic::Selection, "a", "a"),
    ] {
        announcer.say(topic, message.to_owned());
        assert_eq!(announcer.speak(), expected);
    }
    announcer.say(Topic::Selection, "b".to_owned());
    announcer.say(Topic::Selection, "a".to_owned());
    assert_eq!(announcer.speak(), "", "it is where it was");
}
