//! What becomes of components, onto the record: every swap, rejection and quarantine.

use jackfield_model::{ComponentChange, ComponentReceipt, ComponentReported, ComponentStep, HostEvent};
use jackfield_plugins::{Change, Observer, PluginEvent, StepTime};
use jackfield_store::{PluginReceipt, Serving, Store};
use jackfield_types::PluginRef;
use serde::Serialize;
use serde_json::Value;
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
        // The receiver ends only with the host; an event after that cannot be recorded.
        let _ = tell.send(event);
    })
}

async fn record(store: &Store, event: PluginEvent) -> Result<(), jackfield_store::StoreError> {
    let receipt = receipt(&event);
    let state = match event.change {
        Change::Serving | Change::Optimised => Serving::Serving,
        Change::Rejected => Serving::Rejected,
        Change::Held => Serving::Held,
        Change::Quarantined => Serving::Quarantined,
        Change::Retired => Serving::Retired,
    };
    match (event.kind, event.name, event.version, event.to) {
        (Some(kind), Some(name), Some(version), Some(digest)) => {
            let plugin = PluginRef { kind, name, version, digest };
            let reason = event.why;
            store
                .host_log()
                .record_plugin(PluginReceipt { plugin, state, reason, details: Some(receipt) })
                .await
        }
        // A file that was not taken may have no name to be known by.
        _ => {
            let file = event.file.as_ref().and_then(|file| file.file_name());
            let subject = file.map_or_else(|| "plugin".into(), |name| name.to_string_lossy().into_owned());
            let report = ComponentReported::File { why: event.why, receipt };
            store.host_log().record(&subject, HostEvent::component_stands(state, report)).await.map(drop)
        }
    }
}

/// What became of a component, as it is on record.
fn receipt(event: &PluginEvent) -> ComponentReceipt {
    let change = match event.change {
        Change::Serving => ComponentChange::Serving,
        Change::Optimised => ComponentChange::Optimised,
        Change::Rejected => ComponentChange::Rejected,
        Change::Held => ComponentChange::Held,
        Change::Quarantined => ComponentChange::Quarantined,
        Change::Retired => ComponentChange::Retired,
    };
    let step = |time: &StepTime| ComponentStep { step: word(time.step), micros: time.micros };
    ComponentReceipt {
        at: event.at,
        change,
        kind: event.kind,
        name: event.name.clone(),
        version: event.version.clone(),
        file: event.file_text(),
        from: event.from,
        to: event.to,
        why: event.why.clone(),
        steps: event.steps.iter().map(step).collect(),
    }
}

/// A word as serde writes it.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        other => format!("{other:?}"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_plugins::State;
    use jackfield_types::{Digest, PluginKind, Timestamp};
    use serde_json::json;

    #[test]
    fn receipt_has_every_field_of_the_event() {
        let changes = [
            Change::Serving,
            Change::Optimised,
            Change::Rejected,
            Change::Held,
            Change::Quarantined,
            Change::Retired,
        ];
        let steps = [State::CheckingSignature, State::Parsing, State::SelfCheck];
        for change in changes {
            let event = PluginEvent {
                at: Timestamp::UNIX_EPOCH,
                change,
                kind: Some(PluginKind::Gate),
                name: Some("size".to_owned()),
                version: None,
                file: Some("/srv/plugins/size.wasm".into()),
                from: None,
                to: Some(Digest::from_bytes([7; 32])),
                why: "it was dropped in".to_owned(),
                steps: steps.map(|step| StepTime { step, micros: 120 }).to_vec(),
            };
            assert_eq!(json!(receipt(&event)), json!(event));
        }
    }
}
