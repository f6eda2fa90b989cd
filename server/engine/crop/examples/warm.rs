//! `warm FILE REGION QUALITY FORMAT`: cuts the same part once for each line on its input and answers each with the number
//! of bytes that came out. The file is read once, so that `make bench` can hold the engine against libraries in processes
//! that are warm too: bytes in, bytes out. FORMAT may be `lossless`.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use cutline_crop::{CropLimits, CropOptions, Format, crop};
use cutline_model::Region;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, region, quality, format] = &args[..] else {
        return Err("usage: warm FILE REGION QUALITY FORMAT".into());
    };
    let is_lossless = format == "lossless";
    let options = CropOptions {
        quality: if is_lossless { None } else { Some(quality.parse()?) },
        format: if is_lossless { None } else { Some(Format::parse(format)?) },
        is_lossless,
        ..CropOptions::default()
    };
    let region = Region::parse(region)?;
    let bytes = std::fs::read(path)?;
    for line in stdin().lock().lines() {
        line?;
        let cut = crop(&bytes, region, &options, &CropLimits::default())?;
        writeln!(stdout(), "{}", cut.bytes.len())?;
    }
    Ok(())
}
