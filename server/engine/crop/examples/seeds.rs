//! Writes what the fuzzer begins with: for each target the small sound pictures of its format, made by the tests' samples.
//! `make fuzz` runs it.
//!
//! usage: seeds FOLDER

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::Path;
use std::{env, fs, io};

use cutline_crop::Format;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: seeds FOLDER"))?;
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for samples::corpus::Sample { name, format, bytes } in samples::corpus::corpus() {
        let extension = match format {
            Format::Jpeg => "jpeg",
            other => other.extension(),
        };
        let decode = if format == Format::Jpeg { "walker".to_owned() } else { format!("decode_{extension}") };
        write(&format!("header_{extension}"), name, &bytes)?;
        // Decoding targets take the region from the last four bytes.
        write(&decode, name, &[&bytes[..], &[64, 80, 96, 100]].concat())?;
        if format == Format::Jpeg {
            write("strips", name, &[&bytes[..], &[64, 80, 96, 100]].concat())?;
        }
        // These take more of them, for what is made of it.
        write("fit", name, &[&bytes[..], &[0, 0, 255, 255, 0, 80, 40, 60, 0]].concat())?;
        write("small", name, &[&bytes[..], &[20, 20, 200, 200, 30, 20, 0, 80]].concat())?;
        write("sniff", name, &bytes[..32])?;
    }
    write("region", "percent", b"xywh=percent:10,20,30.5,40")?;
    write("region", "pct", b"pct:0,0,100,100")?;
    write("sniff", "svg", b"<?xml version='1.0'?><!-- x --><svg>")?;
    write("sniff", "html", b"<!doctype html><html>")
}
