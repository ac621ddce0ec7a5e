//! Which components would serve under a configuration, found without opening a host: nothing is written
//! to the data folder or beside a dropped file.

use crate::trial_plugins::aside;
use jackfield_config::{Config, SHIPPED_CHOOSER, SHIPPED_EXECUTORS, SHIPPED_GATES, Served};

use jackfield_types::PluginKind;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shipped components and those that lie in the plugin folder, which `compiler` compiles apart where one
/// is named.
pub async fn served(data: &Path, config: &Config, compiler: Option<&str>) -> Served {
    let (gates, kinds) = SHIPPED_GATES;
    let mut served = Served {
        executors: SHIPPED_EXECUTORS.map(str::to_owned).into(),
        choosers: [SHIPPED_CHOOSER.to_owned()].into(),
        gates: [gates.to_owned()].into(),
        gate_kinds: kinds.map(str::to_owned).into(),
        unfit_settings: Vec::new(),
    };
    let folder = config.plugins.folder.clone().unwrap_or_else(|| data.join("plugins"));
    let dropped = components_in(&folder);
    let mut executors = shipped();
    if !dropped.is_empty() {
        look_at(dropped, config, compiler, &mut served, &mut executors).await;
    }
    if config.executors.values().any(|section| !section.settings.is_empty())
        || config.ladder.iter().any(|rung| !rung.settings.is_empty())
    {
        served.unfit_settings = crate::executor_settings::unfit(config, executors, compiler).await;
    }
    served
}

/// The binaries of the shipped executors, by name.
fn shipped() -> BTreeMap<String, Cow<'static, [u8]>> {
    let all = [
        jackfield_embedded::CLAUDE,
        jackfield_embedded::CODEX,
        jackfield_embedded::GEMINI,
        jackfield_embedded::SHELL,
    ];
    SHIPPED_EXECUTORS.iter().zip(all).map(|(name, bytes)| ((*name).to_owned(), bytes.into())).collect()
}

/// What dropped components are, added to what would serve.
async fn look_at(
    dropped: Vec<PathBuf>,
    config: &Config,
    compiler: Option<&str>,
    served: &mut Served,
    executors: &mut BTreeMap<String, Cow<'static, [u8]>>,
) {
    let Some((plugins, _scratch)) = aside(Vec::new(), config, compiler).await else { return };
    for file in dropped {
        let Some(plugin) = plugins.check(&file).await.ok().and_then(|report| report.plugin) else { continue };
        match plugin.kind {
            PluginKind::Executor => {
                if let Ok(bytes) = std::fs::read(&file) {
                    executors.insert(plugin.name.clone(), bytes.into());
                }
                served.executors.insert(plugin.name);
            }
            PluginKind::Chooser => drop(served.choosers.insert(plugin.name)),
            PluginKind::Gate => {
                let Ok(gate) = plugins.try_file(&file).await else { continue };
                served.gate_kinds.extend(gate.gates().iter().map(|kind| kind.name.clone()));
                served.gates.insert(plugin.name);
            }
            PluginKind::Compressor | PluginKind::Judge => {}
        }
    }
}

fn components_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn shipped_names_are_those_of_the_shipped_components() {
        let folder = tempfile::tempdir().unwrap();
        let host = crate::tests::builder(folder.path()).environment([]).watch(false).open().await.unwrap();
        let of = |kind: PluginKind| -> BTreeSet<String> {
            let known = host.plugins().list().into_iter().filter(|plugin| plugin.kind == Some(kind));
            known.filter_map(|plugin| plugin.name).collect()
        };
        let served = served(folder.path(), &Config::default(), None).await;
        assert_eq!(served.executors, of(PluginKind::Executor));
        assert_eq!(served.choosers, of(PluginKind::Chooser));
        assert_eq!(served.gates, of(PluginKind::Gate));
        let gates = host.plugins().try_out(Some(PluginKind::Gate), "gates").await.unwrap();
        let kinds: BTreeSet<_> = gates.gates().iter().map(|kind| kind.name.clone()).collect();
        assert_eq!(served.gate_kinds, kinds);
        host.shutdown().await;
    }

    #[tokio::test]
    async fn folder_of_components_is_examined_without_writing_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        std::fs::write(plugins.join("mine.wasm"), jackfield_embedded::SHIPPED[0]).unwrap();
        std::fs::write(plugins.join("broken.wasm"), "no component").unwrap();
        let served = served(folder.path(), &Config::default(), None).await;
        assert!(served.executors.contains("claude"));
        assert_eq!(std::fs::read_dir(&plugins).unwrap().count(), 2, "no note beside a file");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing in the data folder");
    }
}
