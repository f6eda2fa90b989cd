use super::*;

fn address(image: &str, expected: Option<&str>) {
    assert_eq!(address_in(image).as_deref(), expected);
}

sentences! {
    the_address_of_a_background_is_read: address("url(\"https://a.example/b.jpg\")", Some("https://a.example/b.jpg"));
    no_background_has_no_address: address("none", None);
    a_gradient_has_no_address: address("linear-gradient(red, blue)", None);
    of_two_backgrounds_none_is_the_picture: address("url(\"https://a.example/b.jpg\"), url(\"https://a.example/c.jpg\")", None);
}

fn fit(size: &str, repeat: &str, expected: Option<ObjectFit>) {
    assert_eq!(fit_of(size, repeat), expected);
}

sentences! {
    a_covering_background_is_an_image_that_covers: fit("cover", "repeat", Some(ObjectFit::Cover));
    a_contained_background_is_an_image_that_is_contained: fit("contain", "repeat", Some(ObjectFit::Contain));
    a_stretched_background_is_an_image_that_fills: fit("100% 100%", "repeat", Some(ObjectFit::Fill));
    a_background_of_its_own_size_is_an_image_of_its_own: fit("auto", "no-repeat", Some(ObjectFit::None));
    a_tiled_background_is_no_one_image: fit("auto", "repeat", None);
    a_background_of_another_size_is_not_taken: fit("50px 40px", "no-repeat", None);
}
