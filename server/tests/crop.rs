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

#[test]
fn a_dash_is_a_pipe_at_either_end() {
    let folder = Folder::new();
    let output = folder.crop(&["-", UPPER_RIGHT, "-"], QUARTERS);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    check_picture(&output.stdout, image::ImageFormat::Png, GREEN);
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
        ("text.png", UPPER_RIGHT, "out.png", 1, "text.png: this is a text, which cannot be cut"),
        ("quarters.png", UPPER_RIGHT, "nowhere/out.png", 1, "nowhere/out.png cannot be written"),
        ("quarters.png", UPPER_RIGHT, "folder.png", 1, "folder.png cannot be written: it is a folder"),
        ("quarters.png", UPPER_RIGHT, "out", 2, "end it in .jpg or .png, or give --format"),
        ("quarters.png", UPPER_RIGHT, "out.webp", 2, "end it in .jpg or .png, or give --format"),
        (
            "quarters.png",
            "50,0,50,50",
            "out.png",
            2,
            "a region is written xywh=percent:x,y,w,h or pct:x,y,w,h",
        ),
        ("quarters.png", "pct:60,0,50,50", "out.png", 2, "the region must lie inside the picture"),
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
