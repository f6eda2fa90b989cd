//! `cutline crop` as a shell meets it: files, pipes, formats, and what it leaves behind when it fails.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// 4x4 pixels: red and green above, blue and white below.
const QUARTERS: &[u8] = include_bytes!("pictures/quarters.png");
const UPPER_RIGHT: &str = "xywh=percent:50,0,50,50";
const GREEN: [u8; 3] = [0, 255, 0];

/// A folder with `quarters.png` in it, where the command runs.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("quarters.png"), QUARTERS).expect("a file");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs `cutline crop` with `stdin`.
    fn crop(&self, args: &[&str], stdin: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cutline"))
            .arg("crop")
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may have refused the arguments already and not listen any more.
        let _ = child.stdin.take().expect("its stdin is piped").write_all(stdin);
        child.wait_with_output().expect("it ends")
    }

    fn names(&self) -> Vec<OsString> {
        let mut names: Vec<_> = std::fs::read_dir(self.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    }
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// The picture is 2x2 pixels of (nearly) one colour: JPEG keeps colours to within a few steps.
fn check_picture(bytes: &[u8], format: image::ImageFormat, colour: [u8; 3]) {
    assert_eq!(image::guess_format(bytes).ok(), Some(format));
    let picture = image::load_from_memory(bytes).expect("a picture").to_rgb8();
    assert_eq!(picture.dimensions(), (2, 2));
    let tolerance = if format == image::ImageFormat::Png { 0 } else { 4 };
    for pixel in picture.pixels() {
        let is_near = pixel.0.iter().zip(colour).all(|(found, wanted)| found.abs_diff(wanted) <= tolerance);
        assert!(is_near, "{:?} is not {colour:?}", pixel.0);
    }
}

#[test]
fn the_region_of_a_file_becomes_a_file() {
    let folder = Folder::new();
    for region in [UPPER_RIGHT, "pct:50,0,50,50"] {
        let output = folder.crop(&["quarters.png", region, "green.png"], b"");
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
        check_picture(
            &std::fs::read(folder.path().join("green.png")).expect("a file"),
            image::ImageFormat::Png,
            GREEN,
        );
    }
    assert_eq!(folder.names(), ["green.png", "quarters.png"], "nothing else is left");
}

#[test]
fn the_ending_or_the_option_chooses_the_format() {
    let folder = Folder::new();
    for (args, name, format) in [
        (&["green.jpg"][..], "green.jpg", image::ImageFormat::Jpeg),
        (&["green.JPEG"], "green.JPEG", image::ImageFormat::Jpeg),
        (&["green.bin", "--format", "png"], "green.bin", image::ImageFormat::Png),
        (&["green.png", "--format", "jpeg", "--quality", "100"], "green.png", image::ImageFormat::Jpeg),
    ] {
        let args = [&["quarters.png", UPPER_RIGHT], args].concat();
        let output = folder.crop(&args, b"");
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{args:?}");
        check_picture(&std::fs::read(folder.path().join(name)).expect("a file"), format, GREEN);
    }
}

/// A GIF of two frames of 2x2 pixels, all of the first colour of its palette.
fn moving_gif() -> Vec<u8> {
    let frame = b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x02\0\x02\0\0\x02\x03\x04\x08\x14\0";
    [&b"GIF89a\x02\0\x02\0\x80\0\0\0\xff\0\0\0\xff"[..], frame, frame, b";"].concat()
}

#[test]
fn a_moving_gif_stays_one_whether_the_ending_or_the_option_says_so() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("moving.gif"), moving_gif()).expect("a file");
    for (args, name) in [(&["part.gif"][..], "part.gif"), (&["part.bin", "--format", "gif"], "part.bin")] {
        let output = folder.crop(&[&["moving.gif", "pct:0,0,50,50"], args].concat(), b"");
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{args:?}");
        let part = std::fs::read(folder.path().join(name)).expect("a file");
        assert!(part.starts_with(b"GIF89a\x01\0\x01\0"), "{part:?}");
        let frames =
            part.windows(4).filter(|bytes| *bytes == b"\x21\xf9\x04\0" || *bytes == b"\x21\xf9\x04\x04");
        assert_eq!(frames.count(), 2, "{part:?}");
    }
}

#[test]
fn a_quality_for_what_has_none_is_for_nothing_where_the_engine_chose_and_that_is_said() {
    let folder = Folder::new();
    let output = folder.crop(&["quarters.png", UPPER_RIGHT, "-", "--quality", "30"], b"");
    assert_eq!((output.status.code(), output.stdout.get(1..4)), (Some(0), Some(&b"PNG"[..])));
    assert_eq!(stderr(&output), "-: a PNG, which has no quality\n");
}

#[test]
fn a_dash_is_a_pipe_at_either_end() {
    let folder = Folder::new();
    let output = folder.crop(&["-", UPPER_RIGHT, "-"], QUARTERS);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    check_picture(&output.stdout, image::ImageFormat::Png, GREEN);
    assert_eq!(folder.names(), ["quarters.png"]);
}

/// A JPEG of 64x48 pixels whose blocks are 8 pixels wide.
fn slope() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 4, 90]));
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    picture.write_with_encoder(encoder).expect("a JPEG");
    bytes
}

fn size_of(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(bytes).expect("a picture");
    (picture.width(), picture.height())
}

#[test]
fn a_lossless_part_begins_at_a_block_and_says_so() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("slope.jpg"), slope()).expect("a file");
    let output = folder.crop(&["slope.jpg", "pct:25,25,50,50", "part.jpg", "--lossless"], b"");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stderr(&output),
        "part.jpg: widened from 32x24 to 32x28 pixels\npart.jpg: the file also holds, hidden, 0 columns and 4 rows of pixels beyond \
         what it shows: leave lossless away to be rid of them\n"
    );
    assert_eq!(size_of(&std::fs::read(folder.path().join("part.jpg")).expect("a file")), (32, 28));

    let output = folder.crop(&["quarters.png", UPPER_RIGHT, "part.png", "--lossless"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("only a JPEG's own blocks are kept"), "{}", stderr(&output));
}

#[test]
fn limits_are_kept_and_what_that_took_is_said() {
    let folder = Folder::new();
    let slope = slope();
    for (limits, expected, said) in [
        ("side=32", (32, 24), "-: scaled from 64x48 to 32x24 pixels\n"),
        ("pixels=768,formats=jpeg+png", (32, 24), "-: scaled from 64x48 to 32x24 pixels\n"),
        ("aspect=4:3", (64, 48), ""),
        ("formats=png", (64, 48), "-: written as PNG instead of JPEG\n"),
        ("bytes=100000", (64, 48), ""),
    ] {
        let output = folder.crop(&["-", "pct:0,0,100,100", "-", "--fit", limits], &slope);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), said), "{limits}");
        assert_eq!(size_of(&output.stdout), expected, "{limits}");
    }
    for (limits, said) in [
        ("bytes=100", "cannot be made to fit: its smallest file that was made has"),
        ("aspect=3:1", "no shape that is taken, which is 3:1"),
        ("formats=ico", "none of the formats that are taken can hold it (ICO)"),
    ] {
        let output = folder.crop(&["-", "pct:0,0,100,100", "-", "--fit", limits], &slope);
        assert_eq!(output.status.code(), Some(1), "{limits}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn stats_are_one_json_object_on_stderr() {
    let folder = Folder::new();
    let slope = slope();
    std::fs::write(folder.path().join("slope.jpg"), &slope).expect("a file");
    let output = folder.crop(&["slope.jpg", "pct:10,10,50,20", "-", "--stats", "--fit", "side=16"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let stats: serde_json::Value = serde_json::from_str(stderr(&output)).expect("JSON");
    assert_eq!(stats["bytes_total"], slope.len());
    let read = stats["bytes_read"].as_u64().expect("a number");
    assert!(read > 0 && read <= slope.len() as u64);
    assert_eq!(stats["bytes"], output.stdout.len());
    assert_eq!(stats["encodes"], 1);
    assert_eq!(stats["format"], "image/jpeg");
    assert_eq!(stats["source_size"], serde_json::json!({"width": 64, "height": 48}));
    assert_eq!(stats["region"], serde_json::json!({"left": 6, "top": 5, "width": 32, "height": 9}));
    assert_eq!(stats["changes"][0]["scaled"]["to"]["width"], 16);
    let steps: Vec<&str> =
        stats["steps"].as_array().expect("steps").iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(steps, ["header", "decode", "scale", "turn", "encode"]);
    if cfg!(target_os = "linux") {
        assert!(stats["peak_memory_bytes"].as_u64().is_some());
    }
    let piped = folder.crop(&["-", "pct:10,10,50,20", "-", "--stats"], &slope);
    let stats: serde_json::Value = serde_json::from_str(stderr(&piped)).expect("JSON");
    assert!(stats["bytes_total"].is_null());
}

#[test]
fn options_that_make_no_sense_are_usage_errors() {
    let folder = Folder::new();
    for (args, said) in [
        (&["--quality", "0"][..], "0 is not in 1..=100"),
        (&["--quality", "101"], "101 is not in 1..=100"),
        (&["--lossless", "--quality", "80"], "cannot be used with"),
        (&["--quality", "80"], "a PNG has no quality: leave --quality out"),
        (&["--format", "gif", "--quality", "80"], "a GIF has no quality: leave --quality out"),
        (&["--format", "ico"], "invalid value 'ico'"),
        (&["--fit", "bytes=0"], "write a whole number above 0"),
        (&["--fit", "weight=3"], "choose bytes, side, pixels, formats, aspect or motion"),
        (&["--fit", "aspect=2"], "width:height..width:height"),
    ] {
        let output = folder.crop(&[&["quarters.png", UPPER_RIGHT, "out.png"], args].concat(), b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(said), "{args:?}: {}", stderr(&output));
    }
    assert_eq!(folder.names(), ["quarters.png"]);
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_nothing() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("text.png"), "not a picture").expect("a file");
    std::fs::create_dir(folder.path().join("folder.png")).expect("a folder");
    let before = folder.names();
    for (input, region, output, code, expected) in [
        ("missing.png", UPPER_RIGHT, "out.png", 1, "missing.png cannot be read"),
        ("folder.png", UPPER_RIGHT, "out.png", 1, "folder.png cannot be read: it is a folder"),
        ("text.png", UPPER_RIGHT, "out.png", 1, "text.png: this is a text, which cannot be cut"),
        ("quarters.png", UPPER_RIGHT, "nowhere/out.png", 1, "nowhere/out.png cannot be written"),
        ("quarters.png", UPPER_RIGHT, "folder.png", 1, "folder.png cannot be written: it is a folder"),
        (
            "quarters.png",
            UPPER_RIGHT,
            "out",
            2,
            "end it in .jpg, .png, .webp or, for a GIF, .gif, or give --format",
        ),
        ("quarters.png", UPPER_RIGHT, "out.gif", 1, "cannot be written as GIF: choose jpeg, png or webp"),
        (
            "quarters.png",
            "50,0,50,50",
            "out.png",
            2,
            "a region is written xywh=percent:x,y,w,h or pct:x,y,w,h",
        ),
        ("quarters.png", "pct:60,0,50,50", "out.png", 2, "x + w <= 100 and y + h <= 100, in percent"),
        (
            "quarters.png",
            "pct:0,0,1e-9,1",
            "out.png",
            2,
            "w and h must be greater than 0, 0.000001 percent at least",
        ),
    ] {
        let output = folder.crop(&[input, region, output], b"");
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{expected} is not in {}", stderr(&output));
    }
    assert_eq!(folder.names(), before);
}

#[test]
fn the_source_can_be_replaced_by_its_own_part() {
    let folder = Folder::new();
    let output = folder.crop(&["quarters.png", UPPER_RIGHT, "quarters.png"], b"");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    check_picture(
        &std::fs::read(folder.path().join("quarters.png")).expect("a file"),
        image::ImageFormat::Png,
        GREEN,
    );
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_what_they_are() {
    let folder = Folder::new();
    let link = folder.path().join("link.png");
    std::os::unix::fs::symlink("target.png", &link).expect("a link");
    std::fs::write(folder.path().join("target.png"), "old").expect("a file");
    let output = folder.crop(&["quarters.png", UPPER_RIGHT, "link.png"], b"");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    assert!(link.symlink_metadata().expect("a link").is_symlink());
    check_picture(
        &std::fs::read(folder.path().join("target.png")).expect("a file"),
        image::ImageFormat::Png,
        GREEN,
    );

    let output = folder.crop(&["quarters.png", UPPER_RIGHT, "/dev/stdout", "--format", "png"], b"");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    check_picture(&output.stdout, image::ImageFormat::Png, GREEN);
}
