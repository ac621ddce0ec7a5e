//! The shipped components, as the host's build left them in the target folder.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The bytes of each.
pub(crate) struct Components {
    pub(crate) chooser: Vec<u8>,
    pub(crate) compressor: Vec<u8>,
    pub(crate) claude: Vec<u8>,
    pub(crate) codex: Vec<u8>,
}

impl Components {
    /// From `folder`, or from where the build puts them.
    pub(crate) fn read(folder: Option<&Path>) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => target_folder()?.join("components/wasm32-wasip2/component"),
        };
        let component = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).with_context(|| {
                format!("{} is not there; run `cargo build --release -p jackfield-cli` first", file.display())
            })
        };
        Ok(Self {
            chooser: component("jackfield_chooser.wasm")?,
            compressor: component("jackfield_compress.wasm")?,
            claude: component("claude_adapter.wasm")?,
            codex: component("codex_adapter.wasm")?,
        })
    }

    /// All of them, as the host is given its shipped ones.
    pub(crate) fn all(&self) -> [&[u8]; 4] {
        [&self.chooser, &self.compressor, &self.claude, &self.codex]
    }
}

/// The target folder that this program was built in.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.ancestors().nth(2).context("this program is not in a target folder")?.to_owned())
}

/// The same component under another digest: a custom section changes nothing that it does.
pub(crate) fn variant(component: &[u8], number: u32) -> Vec<u8> {
    let mut bytes = component.to_vec();
    // A custom section of nine bytes: the length of its name, its name, the number.
    bytes.extend([0, 9, 4]);
    bytes.extend(b"note");
    bytes.extend(number.to_le_bytes());
    bytes
}
