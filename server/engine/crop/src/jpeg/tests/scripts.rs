//! Progressive files in scans of every sort: scripts drawn at random, not the few that encoders use.

use super::*;

/// One scan: components, first and last coefficient, the bit known before and after.
type ScanLine = (Vec<u32>, u32, u32, u32, u32);

/// A script for three components: what each scan refines is what an earlier one began. A complete one ends with every bit
/// known; another leaves some open, which decoders guess.
fn script(random: &mut Random, is_complete: bool) -> String {
    let mut text = String::new();
    let mut push = |(components, first, last, high, low): ScanLine| {
        let names: Vec<String> = components.iter().map(u32::to_string).collect();
        text += &format!("{}: {first}-{last}, {high}, {low};\n", names.join(" "));
    };
    // Lines of scans that must follow one another; the lines themselves are woven together.
    let mut lines: Vec<Vec<ScanLine>> = Vec::new();
    let together = |random: &mut Random| match random.below(4) {
        0 => vec![vec![0, 1, 2]],
        1 => vec![vec![0], vec![1, 2]],
        2 => vec![vec![2, 0], vec![1]],
        _ => vec![vec![1], vec![0], vec![2]],
    };
    // DC of all components first, as T.81 G.1.1.1.1 asks.
    for components in together(random) {
        let mut components = components;
        components.sort_unstable();
        let low = random.below(4);
        push((components.clone(), 0, 0, 0, low));
        lines.push((0..low).rev().map(|bit| (components.clone(), 0, 0, bit + 1, bit)).collect());
    }
    for component in 0..3 {
        let mut first = 1;
        while first < 64 {
            let last = if random.below(3) == 0 { 63 } else { (first + random.below(30)).min(63) };
            let low = random.below(4);
            let mut line = vec![(vec![component], first, last, 0, low)];
            for bit in (0..low).rev() {
                // Refined as a whole or in two bands.
                let middle = first + random.below(last - first + 1);
                if random.below(2) == 0 && middle < last {
                    line.push((vec![component], first, middle, bit + 1, bit));
                    line.push((vec![component], middle + 1, last, bit + 1, bit));
                } else {
                    line.push((vec![component], first, last, bit + 1, bit));
                }
            }
            lines.push(line);
            first = last + 1;
        }
    }
    if !is_complete {
        for line in &mut lines {
            let left = line.len() as u32 + 1;
            line.truncate(random.below(left + 1) as usize);
        }
    }
    lines.iter_mut().for_each(|line| line.reverse());
    while !lines.is_empty() {
        let index = random.below(lines.len() as u32) as usize;
        match lines[index].pop() {
            Some(scan) => push(scan),
            None => drop(lines.swap_remove(index)),
        }
    }
    text
}

/// Compares parts of pictures in scans drawn at random.
fn check_scripts(is_complete: bool, seed: u64) {
    let mut random = Random::new(seed);
    let kinds: Vec<Kind> =
        kinds(false).into_iter().filter(|kind| kind.sampling != Subsamp::Gray && kind.width > 8).collect();
    for case in 0..120 {
        let kind = kinds[random.below(kinds.len() as u32) as usize];
        let text = script(&mut random, is_complete);
        let file = scan_script(&text);
        let mut arguments = vec!["-scans", file.path().to_str().expect("a name")];
        let interval = ["1B", "3B", "7B", "1", "2"][random.below(5) as usize];
        if case % 3 == 0 {
            arguments.extend(["-restart", interval]);
        }
        let source = jpegtran(&make(kind, &mut random), &arguments);
        check(&source, &format!("{kind:?} {arguments:?}\n{text}"), 20, &mut random);
    }
}

#[test]
fn progressive_scans_drawn_at_random_are_followed() {
    check_scripts(true, 11);
}

#[test]
fn bits_that_no_scan_holds_are_guessed_as_for_the_whole_picture() {
    check_scripts(false, 12);
}
