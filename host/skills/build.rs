//! Lists the skills in the folder `skills` at the top, so that they are part of the program.
#![allow(clippy::disallowed_methods, reason = "a build script runs before any other part exists")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../skills");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = String::from("const SHIPPED: &[(&str, &[ShippedFile])] = &[\n");
    for skill in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
        writeln!(text, "({:?}, &[", name(&skill))?;
        add(&skill, "", &mut text)?;
        text.push_str("]),\n");
    }
    text.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("shipped.rs"), text)?;
    Ok(())
}

fn add(folder: &Path, prefix: &str, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    for path in entries(folder)? {
        let own = format!("{prefix}{}", name(&path));
        if path.is_dir() {
            add(&path, &format!("{own}/"), text)?;
        } else {
            writeln!(text, "({own:?}, include_bytes!({:?})),", path.canonicalize()?.display().to_string())?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
