//! Colours that were multiplied by their alpha, as they were before: what is written holds them so.

/// Divides the colours by the alpha, which is the last of each pixel's `channels` samples; `largest` is all of the light.
pub(super) fn divide<T>(samples: &mut [T], channels: usize, largest: u32)
where
    T: Copy + Into<u32> + TryFrom<u32>,
{
    for pixel in samples.chunks_exact_mut(channels) {
        let Some((&mut alpha, colours)) = pixel.split_last_mut() else { continue };
        let alpha = alpha.into();
        for colour in colours.iter_mut().filter(|_| alpha > 0) {
            let before = (((*colour).into() * largest + alpha / 2) / alpha).min(largest);
            *colour = T::try_from(before).unwrap_or(*colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_what_they_were_and_never_more_than_all_of_the_light() {
        let mut pixels = [64_u8, 0, 128, 200, 10, 128, 7, 7, 0, 3, 4, 255];
        divide(&mut pixels, 3, 255);
        assert_eq!(pixels, [128, 0, 128, 255, 20, 128, 7, 7, 0, 3, 4, 255]);
        let mut deep = [32_768_u16, 65_535, 1, 2];
        divide(&mut deep, 2, 65_535);
        assert_eq!(deep, [32_768, 65_535, 32_768, 2]);
    }
}
