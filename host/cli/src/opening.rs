//! Opening a host for a command: its settings, its data folder, its principal.

use super::args::Global;
use jackfield::{Host, HostBuilder, Principal, Work, default_data};
use jackfield_config::{Config, Layers, default_file, load};
use jackfield_types::{ErrorCode, Problem};
use std::path::PathBuf;

/// The principal of the command line.
pub(super) const PRINCIPAL: &str = "cli";

/// The path of this program, also after its file is replaced.
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

/// Returns the data folder and the layers of the configuration.
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

/// Returns the data folder and the merged configuration.
pub(super) fn settings(global: &Global) -> Result<(PathBuf, Config), Problem> {
    let (data, layers) = layers(global)?;
    Ok((data, load(&layers)?))
}

/// Opens a host in this process. With [`Work::Nothing`] it watches no folder and executes no work.
pub(super) async fn open(global: &Global, work: Work) -> Result<Host, Problem> {
    let (data, config) = settings(global)?;
    let host = builder(data).config(config).watch(work != Work::Nothing).work(work).open().await?;
    super::telemetry::keep_from_log(&host);
    Ok(host.acting_as(Principal::owner(PRINCIPAL)))
}

/// Returns a builder of a host that compiles dropped components in a process of this program.
pub(super) fn builder(data: impl Into<PathBuf>) -> HostBuilder {
    Host::builder(data).compile_apart(THIS_PROGRAM)
}
