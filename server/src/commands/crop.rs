//! `cutline crop`: the engine's cut for a file on this machine, without a server.
//!
//! The input is read as far as the part needs, so a pipe may be closed before its end. The output appears whole or not at all: it is written beside its place and then moved there.

mod fit;
mod stats;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cutline_engine::crop::{CropError, CropOptions, Cut, Fit, Format, Source, crop};
use cutline_engine::limits::CropLimits;
use cutline_model::{Region, RegionError};

use self::stats::Peak;

/// The name that means stdin or stdout.
const STANDARD: &str = "-";

/// What `crop` takes.
#[derive(Args, Debug)]
pub struct CropArgs {
    /// The picture, or - for stdin
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// The part: xywh=percent:x,y,w,h or pct:x,y,w,h, in percent of the picture as displayed
    #[arg(value_name = "REGION", value_parser = parse_region)]
    pub region: Region,
    /// Where the part goes, or - for stdout; its ending chooses the format
    #[arg(value_name = "OUTPUT")]
    pub output: PathBuf,
    /// JPEG quality, 1 to 100 [default: 90; a JPEG's part that is exact without it is not compressed again]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100), conflicts_with = "lossless")]
    pub quality: Option<u8>,
    /// The format, instead of the one that OUTPUT's ending names
    #[arg(long, value_name = "FORMAT", value_parser = written_formats())]
    pub format: Option<Format>,
    /// Keep a JPEG's own coefficients; the part begins where a block does, up to 15 pixels further left and above, and its
    /// file holds as many more right and below, hidden: not for what others must not see
    #[arg(long)]
    pub lossless: bool,
    /// Make the part fit, with the least harm: bytes=2MB,side=4096,pixels=16MP,formats=jpeg+png,aspect=4:5..1.91:1,motion=no, or
    /// some of these
    #[arg(long, value_name = "LIMITS", value_parser = fit::parse)]
    pub fit: Option<Fit>,
    /// Say on stderr, as JSON, what the cut cost and what was changed
    #[arg(long)]
    pub stats: bool,
}

/// Why there is no cut.
#[derive(Debug, thiserror::Error)]
pub enum CropCommandError {
    /// The input cannot be read.
    #[error("{input} cannot be read: {cause}")]
    Read {
        /// The input as named.
        input: String,
        /// What the system says.
        cause: io::Error,
    },
    /// A quality for a format without loss.
    #[error("a {format} has no quality: leave --quality out, or write a JPEG or WebP")]
    NoQuality {
        /// What was to be written.
        format: Format,
    },
    /// Nobody said which format to write.
    #[error(
        "the ending of {output} names no format that can be written: end it in .jpg, .png, .webp or, for a GIF, .gif, or give --format"
    )]
    NoFormat {
        /// The output as named.
        output: String,
    },
    /// The picture cannot be cut.
    #[error("{input}: {cause}")]
    Crop {
        /// The input as named.
        input: String,
        /// What the engine says.
        cause: CropError,
    },
    /// The output cannot be written.
    #[error("{output} cannot be written: {cause}")]
    Write {
        /// The output as named.
        output: String,
        /// What the system says.
        cause: io::Error,
    },
}

impl CropCommandError {
    /// Whether the command line asked for something that does not exist.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoFormat { .. } | Self::NoQuality { .. })
    }
}

/// Reads INPUT, cuts REGION and writes OUTPUT.
pub fn run(args: &CropArgs) -> Result<(), CropCommandError> {
    let peak = Peak::begin();
    let (input, output) = (args.input.display().to_string(), args.output.display().to_string());
    let format = format_of(args)?;
    if let Some(format) = format.filter(|format| args.quality.is_some() && has_no_quality(*format)) {
        return Err(CropCommandError::NoQuality { format });
    }
    let options =
        CropOptions { format, quality: args.quality, is_lossless: args.lossless, fit: args.fit.clone() };
    let (source, bytes_total) =
        open(&args.input).map_err(|cause| CropCommandError::Read { input: input.clone(), cause })?;
    let cut = crop(source, args.region, &options, &CropLimits::default())
        .map_err(|cause| CropCommandError::Crop { input, cause })?;
    let peak_bytes = peak.end();
    write(&args.output, &cut.bytes)
        .map_err(|cause| CropCommandError::Write { output: output.clone(), cause })?;
    tell(args, &output, &cut, bytes_total, peak_bytes);
    Ok(())
}

/// Says on stderr what the cut cost, or what it is besides what was asked for.
fn tell(args: &CropArgs, output: &str, cut: &Cut, bytes_total: Option<u64>, peak_bytes: Option<u64>) {
    let mut stderr = io::stderr().lock();
    // The part is written: that nobody listens here is no failure.
    if args.stats {
        let _ = writeln!(stderr, "{}", stats::json(cut, bytes_total, peak_bytes));
    } else {
        for change in &cut.changes {
            let _ = writeln!(stderr, "{output}: {change}");
        }
        // Where the engine chose.
        if args.quality.is_some() && has_no_quality(cut.format) {
            let _ = writeln!(stderr, "{output}: a {}, which has no quality", cut.format);
        }
    }
}

fn has_no_quality(format: Format) -> bool {
    matches!(format, Format::Png | Format::Gif)
}

/// `--format`, else what the output's ending names; on stdout neither, which leaves the choice to the engine.
fn format_of(args: &CropArgs) -> Result<Option<Format>, CropCommandError> {
    if args.format.is_some() || args.output == Path::new(STANDARD) {
        return Ok(args.format);
    }
    let ending = args.output.extension().and_then(|ending| ending.to_str()).and_then(parse_written);
    ending.map(Some).ok_or_else(|| CropCommandError::NoFormat { output: args.output.display().to_string() })
}

/// Reads a region; what is wrong with it is said in percent, as it is typed.
fn parse_region(text: &str) -> Result<Region, String> {
    Region::parse(text).map_err(|error| match error {
        RegionError::Outside => {
            "the region must lie inside the picture: x, y >= 0, x + w <= 100 and y + h <= 100, in percent"
                .to_owned()
        }
        RegionError::Empty => "w and h must be greater than 0, 0.000001 percent at least".to_owned(),
        error => error.to_string(),
    })
}

/// Reads the name or file ending of a format that is written, not only read.
fn parse_written(text: &str) -> Option<Format> {
    Format::parse(text)
        .ok()
        .filter(|format| matches!(format, Format::Jpeg | Format::Png | Format::WebP | Format::Gif))
}

fn written_formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["jpeg", "png", "webp", "gif"])
        .map(|name| parse_written(&name).expect("all are formats that are written"))
}

/// The input as it arrives, and its length where it has one.
fn open(input: &Path) -> io::Result<(Source<'static>, Option<u64>)> {
    if input == Path::new(STANDARD) {
        return Ok((Source::arriving(io::stdin().lock()), None));
    }
    let file = File::open(input)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder: name a file in it"));
    }
    Ok((Source::arriving(file), found.is_file().then_some(found.len())))
}

fn write(output: &Path, bytes: &[u8]) -> io::Result<()> {
    if output == Path::new(STANDARD) {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        return stdout.flush();
    }
    match fs::metadata(output) {
        Ok(found) if found.is_dir() => {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder: name a file in it"))
        }
        // A device or a pipe is written to; moving a file there would replace it.
        Ok(found) if !found.is_file() => fs::write(output, bytes),
        // A link stays a link: what it points to is replaced.
        Ok(_) => replace(&fs::canonicalize(output)?, bytes),
        Err(_) => replace(output, bytes),
    }
}

/// Writes beside `output`, then moves it there, so that nobody ever sees half a picture.
fn replace(output: &Path, bytes: &[u8]) -> io::Result<()> {
    let name =
        output.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
    let mut part_name = std::ffi::OsString::from(".");
    part_name.push(name);
    part_name.push(format!(".{}.part", std::process::id()));
    let part = output.with_file_name(part_name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, output));
    if written.is_err() {
        // It is gone already, or the disk that refused the file refuses this too.
        let _ = fs::remove_file(&part);
    }
    written
}
