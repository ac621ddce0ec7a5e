//! Opening a host for a command: its settings, its data folder, its principal.

use super::args::Global;
use jackfield::{Host, HostBuilder, Principal, Work, default_data};
use jackfield_config::{Config, Layers, default_file, load};
use jackfield_types::{ErrorCode, Problem};
use std::path::PathBuf;

/// Who asks on the command line, for the record.
pub(super) const PRINCIPAL: &str = "cli";

/// Still this very program when its file was replaced while it runs.
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

/// The data folder, and the layers of the configuration.
pub(super) fn layers(global: &Global) -> Result<(PathBuf, Layers), Problem> {
    let data = match &global.data {
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        None => default_data(|name| std::env::var(name).ok()).ok_or_else(|| {
            Problem::operator(
                ErrorCode::NoDataFolder,
                "neither HOME nor XDG_DATA_HOME is set",
                "name a data folder with --data",
            )
        })?,
    };
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("JACKFIELD_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    let layers = Layers {
        required: global.config.is_some(),
        file: Some(global.config.clone().unwrap_or_else(|| default_file(&data))),
        environment: variables.collect(),
        flags: global.set.clone(),
    };
    Ok((data, layers))
}

/// The data folder and the configuration, all layers applied.
pub(super) fn settings(global: &Global) -> Result<(PathBuf, Config), Problem> {
    let (data, layers) = layers(global)?;
    Ok((data, load(&layers)?))
}

/// A host in this process. One that is there for a look watches nothing and works nothing off.
pub(super) async fn open(global: &Global, work: Work) -> Result<Host, Problem> {
    let (data, config) = settings(global)?;
    let host = builder(data).config(config).watch(work != Work::Nothing).work(work).open().await?;
    super::telemetry::keep_from_log(&host);
    Ok(host.acting_as(Principal::owner(PRINCIPAL)))
}

/// A host that has dropped components compiled by this program again.
pub(super) fn builder(data: impl Into<PathBuf>) -> HostBuilder {
    Host::builder(data).compile_apart(THIS_PROGRAM)
}
