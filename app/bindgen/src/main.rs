//! `cutline-bindgen INPUT.wasm OUT_DIR NAME`: writes `NAME.js` and `NAME.wasm`, what a page loads.
//!
//! wasm-bindgen as a library instead of its command-line program: the lock file then keeps the glue generator at the
//! very version of the library (they must be equal), and nothing has to be downloaded or installed to build the site.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: cutline-bindgen INPUT.wasm OUT_DIR NAME");
        return ExitCode::FAILURE;
    };
    match write_module(input, Path::new(out_dir), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cutline-bindgen: {input}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_module(input: &str, out_dir: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).out_name(name).web(true)?.typescript(false).remove_producers_section(true);
    bindgen.generate(out_dir)?;
    // The glue names the module `NAME_bg.wasm`; Leptos' pages ask for `NAME.wasm`.
    let (glue, module) = (out_dir.join(format!("{name}.js")), out_dir.join(format!("{name}_bg.wasm")));
    let text = std::fs::read_to_string(&glue)?.replace(&format!("{name}_bg.wasm"), &format!("{name}.wasm"));
    std::fs::write(&glue, text)?;
    std::fs::rename(module, out_dir.join(format!("{name}.wasm")))?;
    Ok(())
}
