//! What becomes of components, onto the record: every swap, rejection and quarantine.

use jackfield_plugins::{Change, Observer, PluginEvent};
use jackfield_store::{PluginReceipt, Serving, Store};
use jackfield_types::PluginRef;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Tells the store of every change, in order, without holding up the plugins.
pub(super) fn observer(store: &Store) -> Observer {
    let (tell, mut told) = mpsc::unbounded_channel::<PluginEvent>();
    let store = store.clone();
    tokio::spawn(async move {
        while let Some(event) = told.recv().await {
            log(&event);
            if let Err(error) = record(&store, event).await {
                tracing::error!(%error, "a plugin's receipt was not recorded");
            }
        }
    });
    Arc::new(move |event| {
        // Nobody listens only when the host is gone; then there is nothing to record to.
        let _ = tell.send(event);
    })
}

async fn record(store: &Store, event: PluginEvent) -> Result<(), jackfield_store::StoreError> {
    let details = serde_json::to_value(&event).unwrap_or_default();
    let state = match event.change {
        Change::Serving | Change::Optimised => Serving::Serving,
        Change::Rejected => Serving::Rejected,
        Change::Held => Serving::Held,
        Change::Quarantined => Serving::Quarantined,
        Change::Retired => Serving::Retired,
    };
    match (event.kind, event.name.clone(), event.version.clone(), event.to) {
        (Some(kind), Some(name), Some(version), Some(digest)) => {
            let plugin = PluginRef { kind, name, version, digest };
            store.host_log().record_plugin(PluginReceipt { plugin, state, reason: event.why, details }).await
        }
        // A file that was not taken may have no name to be known by.
        _ => {
            let file = event.file.as_ref().and_then(|file| file.file_name());
            let subject = file.map_or_else(|| "plugin".into(), |name| name.to_string_lossy().into_owned());
            let kind = format!("plugin_{}", event.change);
            store
                .host_log()
                .record(&kind, &subject, json!({ "why": event.why, "receipt": details }))
                .await
                .map(drop)
        }
    }
}

fn log(event: &PluginEvent) {
    let name = event.name.as_deref().unwrap_or("?");
    let file = event.file.as_ref().map_or_else(|| "embedded".into(), |file| file.display().to_string());
    match event.change {
        Change::Serving if event.file.is_some() => {
            tracing::info!(name, file, why = event.why, "plugin serving")
        }
        Change::Serving | Change::Optimised => tracing::debug!(name, file, change = %event.change, "plugin"),
        Change::Retired => tracing::info!(name, file, why = event.why, "plugin retired"),
        change => tracing::warn!(name, file, why = event.why, "plugin {change}"),
    }
}
