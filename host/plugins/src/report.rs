//! What the host tells about plugins: states, receipts, listings and the answers of a check.
//!
//! Plain data that serialises; nothing here holds a component alive.

use crate::facts::{compressing, driving, gating};
use crate::grants::Grant;
use crate::limits::Limits;
use crate::stats::Figures;
use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};

/// A path for people: bytes that are no UTF-8, and characters that cannot be seen, stand as they are written in
/// source code.
pub fn shown(path: &Path) -> String {
    let hidden = |c: char| {
        // Characters that turn round or hide what stands beside them, or break the line.
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut text = String::new();
    for c in utf8(path).chars() {
        if hidden(c) { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

/// A path as text: what is no UTF-8 stands as `\xE9`.
fn utf8(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}

fn name<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&utf8(path))
}

#[allow(clippy::ref_option, reason = "as serde calls it")]
fn any_name<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(utf8).serialize(to)
}

/// Where a component is on its way into service, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemas", schemars(rename = "PluginState"))]
pub enum State {
    /// The file is still being written.
    Settling,
    /// Is it signed by whom the operator trusts?
    CheckingSignature,
    /// Is it a whole component?
    Parsing,
    /// Does it export exactly one world that this host knows?
    CheckingWorld,
    /// Is every import there?
    Linking,
    /// Was everything that it asks for granted?
    CheckingGrants,
    /// Made into machine code.
    Compiling,
    /// Asked who it is, and given the sample cases of its kind.
    SelfCheck,
    /// New calls go to it.
    Serving,
    /// Not taken; what served before goes on serving.
    Rejected,
    /// Sound, and waiting for the operator to grant what it asks for.
    Held,
    /// Misbehaved in service, and is not taken again.
    Quarantined,
    /// Not in service: replaced, or its file was taken away.
    Retired,
}

impl State {
    /// As shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settling => "settling",
            Self::CheckingSignature => "checking signature",
            Self::Parsing => "parsing",
            Self::CheckingWorld => "checking world",
            Self::Linking => "linking",
            Self::CheckingGrants => "checking grants",
            Self::Compiling => "compiling",
            Self::SelfCheck => "self-check",
            Self::Serving => "serving",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a component was made into machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compiled {
    /// Quickly, to be in service at once.
    Baseline,
    /// Well.
    Optimised,
}

/// How long one step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StepTime {
    /// The step.
    pub step: State,
    /// Microseconds.
    pub micros: u64,
}

/// One component, in service or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PluginStatus {
    /// Its kind, where that is known yet.
    pub kind: Option<PluginKind>,
    /// Its own name, where that is known yet.
    pub name: Option<String>,
    /// Its own version, where that is known yet.
    pub version: Option<String>,
    /// sha256 of its bytes, where they are whole.
    pub digest: Option<Digest>,
    /// The file it came in; none: embedded. Bytes of its name that are no UTF-8 stand as `\xE9`.
    #[serde(serialize_with = "any_name")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub file: Option<PathBuf>,
    /// Where it is on its way.
    pub state: State,
    /// Why, where there is something to say; with the line that grants, for one that is held.
    pub reason: Option<String>,
    /// What it asks for and was not granted, while it is held for that.
    #[serde(default, skip_serializing_if = "Grant::is_empty")]
    pub missing: Grant,
    /// The digest that an operator pinned its kind and name to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Digest>,
    /// What it serves in the place of, or would if it were granted what it asks for.
    pub replaces: Option<Replaces>,
    /// How its code was made, while it serves.
    pub compiled: Option<Compiled>,
    /// Calls that it was given since this host began.
    pub calls: u64,
    /// Calls of these that it failed.
    pub failures: u64,
    /// How it has done, where it serves or could.
    pub figures: Option<Figures>,
    /// Since when it has been in this state.
    pub since: Timestamp,
    /// The decisions that it is asked for: `choose`, `level brief`, `gate content_check`, `executor claude`, ... One
    /// that serves and is asked for none stands behind another.
    #[serde(default)]
    pub asked_for: Vec<String>,
}

/// Everything about one component.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Inspection {
    /// Where it is.
    pub status: PluginStatus,
    /// One sentence, its own.
    pub summary: String,
    /// Everything that it imports: the whole of what it can reach.
    pub imports: Vec<String>,
    /// Everything that it exports.
    pub exports: Vec<String>,
    /// Programs and environment names that it asks for.
    pub asks: Grant,
    /// What of that it was granted; a shipped one, to the last byte, carries its grants.
    pub granted: Grant,
    /// What the operator granted under its kind and name, whichever component has it.
    pub granted_to_name: Grant,
    /// An executor that runs the instruction as a command: choosers are offered it for tasks of type `command` only.
    pub runs_as_command: bool,
    /// What each call may use.
    pub limits: Limits,
    /// What it is made of.
    pub makeup: Makeup,
    /// An executor's description.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Map<String, serde_json::Value>>"))]
    pub description: Option<driving::Description>,
    /// What a shipped executor takes under `[executors.NAME.settings]`.
    pub settings: Vec<Setting>,
    /// A compressor's levels.
    #[cfg_attr(feature = "schemas", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub levels: Vec<compressing::Level>,
    /// What a judge rates on.
    pub dimensions: Vec<String>,
    /// A gate's kinds.
    #[cfg_attr(feature = "schemas", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub gates: Vec<gating::GateKind>,
    /// Versions that served before it under the same kind and name, oldest first.
    pub before: Vec<PluginRef>,
}

/// A setting of an executor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Setting {
    /// As it is written in the configuration.
    pub name: String,
    /// What it does, and the values that it takes.
    pub meaning: String,
}

/// What a component is made of, as its own bytes tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Makeup {
    /// Bytes.
    pub size: u64,
    /// Core modules that it is put together from.
    pub modules: u32,
    /// The version of the WIT that it was built against.
    pub wit: Option<String>,
    /// Languages that its tools name.
    pub languages: Vec<String>,
    /// The tools that made it.
    pub producers: Vec<Producer>,
}

/// A tool that had a hand in a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Producer {
    /// Its name.
    pub name: String,
    /// Its version, as it tells it.
    pub version: String,
}

/// Everything about a file: what would happen to it, and what it is made of.
#[derive(Debug, Clone, Serialize)]
pub struct FileInspection {
    /// What would happen if it were dropped.
    #[serde(flatten)]
    pub check: CheckReport,
    /// What of what it asks for it was granted.
    pub granted: Grant,
    /// What each call may use, where its kind and name are known.
    pub limits: Option<Limits>,
    /// What it is made of.
    pub makeup: Makeup,
}

/// What a component serves in the place of, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Replaces {
    /// Which.
    pub plugin: PluginRef,
    /// It came with the host.
    pub shipped: bool,
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PluginRef { kind, name, version, digest } = &self.plugin;
        let shipped = if self.shipped { "the shipped " } else { "" };
        write!(f, "{shipped}{kind} {name} {version} (digest {})", digest.short())
    }
}

/// The answer of a dry run: what would happen to this file if it were dropped.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The file.
    #[serde(serialize_with = "name")]
    pub file: PathBuf,
    /// Bytes.
    pub size: u64,
    /// sha256 of its bytes.
    pub digest: Digest,
    /// The steps that it came through, and the one where it stopped.
    pub steps: Vec<StepTime>,
    /// Who it is, where it came that far.
    pub plugin: Option<PluginRef>,
    /// One sentence, its own.
    pub summary: Option<String>,
    /// Everything that it imports.
    pub imports: Vec<String>,
    /// Everything that it exports.
    pub exports: Vec<String>,
    /// Programs and environment names that it asks for.
    pub asks: Grant,
    /// An executor that runs the instruction as a command.
    pub runs_as_command: bool,
    /// What would serve no more if it did.
    pub replaces: Option<Replaces>,
    /// What would happen.
    pub verdict: CheckVerdict,
}

/// What would happen to a file if it were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum CheckVerdict {
    /// It would serve at once.
    WouldServe,
    /// It would wait for this grant.
    WouldBeHeld {
        /// What is missing.
        missing: Grant,
        /// The line to add under `[grants]`.
        line: String,
    },
    /// It would not be taken.
    WouldBeRejected {
        /// The step at which it stopped.
        step: State,
        /// Why, and what to do.
        reason: String,
    },
    /// It is sound, and may not serve as things stand: another is pinned, or the components are locked.
    Barred {
        /// Why, and what to do.
        reason: String,
    },
    /// These very bytes misbehaved in service before.
    Quarantined {
        /// How.
        reason: String,
    },
}

/// What became of one component, with its receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub change: Change,
    /// Its kind, where that is known.
    pub kind: Option<PluginKind>,
    /// Its own name, where that is known.
    pub name: Option<String>,
    /// Its own version, where that is known.
    pub version: Option<String>,
    /// The file it came in; none: embedded.
    #[serde(serialize_with = "any_name")]
    pub file: Option<PathBuf>,
    /// What served under this kind and name until now.
    pub from: Option<Digest>,
    /// What serves now, or the bytes that were not taken.
    pub to: Option<Digest>,
    /// Why, in one sentence for the operator.
    pub why: String,
    /// How long each step took.
    pub steps: Vec<StepTime>,
}

impl PluginEvent {
    /// The file as text; what is no UTF-8 stands as `\xE9`.
    pub fn file_text(&self) -> Option<String> {
        self.file.as_deref().map(utf8)
    }
}

/// What can become of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// New calls go to it.
    Serving,
    /// The same version goes on, in better code.
    Optimised,
    /// Not taken.
    Rejected,
    /// Waiting for a grant.
    Held,
    /// Put away for misbehaving.
    Quarantined,
    /// Out of service.
    Retired,
}

impl Change {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Optimised => "optimised",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An executor in service.
#[derive(Debug, Clone, Serialize)]
pub struct ExecutorInfo {
    /// Which exactly.
    pub plugin: PluginRef,
    /// What it said of itself, asked once per version.
    pub description: driving::Description,
    /// It runs the instruction as a command: choosers are offered it for tasks of type `command` only.
    pub runs_as_command: bool,
}

/// A level in service.
#[derive(Debug, Clone, Serialize)]
pub struct LevelInfo {
    /// The compressor that offers it.
    pub plugin: PluginRef,
    /// The level.
    pub level: compressing::Level,
}

/// A kind of gate in service.
#[derive(Debug, Clone, Serialize)]
pub struct GateInfo {
    /// The component that offers it.
    pub plugin: PluginRef,
    /// The kind, with the JSON Schema of its config.
    pub kind: gating::GateKind,
}

/// An answer, and who gave it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Called<T> {
    /// The answer.
    pub value: T,
    /// Who gave it.
    pub plugin: PluginRef,
    /// How long the call took, in microseconds, waiting for a place not counted.
    pub micros: u64,
    /// What the component's random numbers came from.
    pub seed: u64,
    /// Where the component's clock stood. With the seed and the facts, the call replays.
    pub now: Timestamp,
    /// What the component told the log meanwhile: whom it passed over and why, for example.
    pub notes: Vec<String>,
    /// What a gate looked at of the evidence.
    pub looked_at: Vec<String>,
    /// Set where another component was asked first and failed.
    pub instead: Option<Instead>,
}

/// The component that should have served a call, and how it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    /// Which.
    pub failed: PluginRef,
    /// What it did.
    pub error: String,
}

/// What one function of a component said, asked on the side with facts that a person wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// Who said it.
    pub plugin: PluginRef,
    /// The function, as the WIT names it.
    pub function: &'static str,
    /// The answer, in the words of the WIT.
    pub answer: serde_json::Value,
    /// How long the call took, in microseconds, a fresh instance included.
    pub micros: u64,
    /// Bytes of all its memories and tables at the end of the call.
    pub memory_bytes: u64,
    /// How the code that answered was made.
    pub compiled: Compiled,
    /// What it told the log meanwhile.
    pub notes: Vec<String>,
    /// Where its clock stood.
    pub now: Timestamp,
    /// What its random numbers came from.
    pub seed: u64,
}
