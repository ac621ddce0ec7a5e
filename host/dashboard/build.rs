//! Compresses the files of `dashboard/dist` and embeds them.
#![allow(clippy::disallowed_methods, reason = "a build script runs before any other part exists")]

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("cargo did not set {name}"));
    let dist = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../dashboard/dist");
    let out = PathBuf::from(variable("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut paths = Vec::new();
    files_in(&dist, String::new(), &mut paths)?;
    paths.sort();
    let mut table = format!("static ASSETS: [Asset; {}] = [\n", paths.len());
    for (number, path) in paths.iter().enumerate() {
        let content = read(&dist.join(path.trim_start_matches('/')))?;
        let kept = out.join(format!("{number}.gz"));
        fs::write(&kept, compressed(&content)?)
            .map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
        let tag: String = Sha256::digest(&content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let media_type = media_type(path)?;
        writeln!(
            table,
            "    Asset {{ path: {path:?}, media_type: {media_type:?}, tag: {:?}, gzip: include_bytes!({:?}) }},",
            format!("\"{tag}\""),
            kept.display().to_string()
        )
        .map_err(|error| error.to_string())?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table).map_err(|error| error.to_string())
}

/// Adds the paths of all files below `folder`, each with a leading `/`.
fn files_in(folder: &Path, prefix: String, paths: &mut Vec<String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot list {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name =
            entry.file_name().into_string().map_err(|name| format!("{} is not text", name.display()))?;
        let path = format!("{prefix}/{name}");
        if entry.file_type().map_err(failed)?.is_dir() {
            files_in(&entry.path(), path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

fn compressed(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).map_err(|error| error.to_string())?;
    encoder.finish().map_err(|error| error.to_string())
}

fn media_type(path: &str) -> Result<&'static str, String> {
    Ok(match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest" | "json") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => {
            return Err(format!(
                "dashboard/dist{path} has a type that host/dashboard/build.rs does not know"
            ));
        }
    })
}
