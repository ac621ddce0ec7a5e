//! The host's answers to the `evidence` import of a gate.
//!
//! Looking at files never holds up the thread that runs components.

use super::Guest;
use crate::facts::gate::jackfield::plugin::evidence;
use crate::facts::gating;

/// Off the threads that run components.
async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> wasmtime::Result<T> {
    tokio::task::spawn_blocking(look).await.map_err(|gone| wasmtime::Error::msg(gone.to_string()))
}

fn sizes<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.len() + size_of::<u64>()).sum()
}

impl evidence::Host for Guest {
    async fn files(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<String>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| format!("files {pattern}"))?;
        let found = aside(move || evidence.files(&pattern)).await?;
        looking.give(found.as_ref().map_or(0, |files| sizes(files.iter())))?;
        Ok(found)
    }

    async fn read(&mut self, path: String, most: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| format!("read {path}"))?;
        let most = looking.most(most);
        let bytes = aside(move || evidence.read(&path, most)).await?;
        looking.give(bytes.as_ref().map_or(0, Vec::len))?;
        Ok(bytes)
    }

    async fn artifacts(&mut self) -> wasmtime::Result<Vec<gating::Artifact>> {
        let looking = self.looking();
        let artifacts = looking.ask(|| "artifacts".to_owned())?.artifacts();
        let texts = artifacts.iter().flat_map(|one| [&one.kind, &one.label, &one.target]);
        looking.give(sizes(texts))?;
        Ok(artifacts)
    }

    async fn metric(&mut self, name: String) -> wasmtime::Result<Option<f64>> {
        Ok(self.looking().ask(|| format!("metric {name}"))?.metric(&name))
    }

    async fn commands(&mut self) -> wasmtime::Result<Vec<gating::CommandResult>> {
        let looking = self.looking();
        let commands = looking.ask(|| "commands".to_owned())?.commands();
        looking.give(sizes(commands.iter().flat_map(|one| [&one.name, &one.output])))?;
        Ok(commands)
    }

    async fn changed(&mut self) -> wasmtime::Result<Result<Vec<gating::ChangedPath>, String>> {
        let looking = self.looking();
        let changed = looking.ask(|| "changed".to_owned())?.changed();
        let texts = changed.iter().flatten().flat_map(|one| [Some(&one.path), one.was.as_ref()]);
        looking.give(sizes(texts.flatten()))?;
        Ok(changed)
    }

    async fn diff(&mut self, start: u64, most: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| "diff".to_owned())?;
        let most = looking.most(most);
        let bytes = aside(move || evidence.diff(start, most)).await?;
        looking.give(bytes.as_ref().map_or(0, Vec::len))?;
        Ok(bytes)
    }
}
