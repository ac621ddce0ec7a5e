//! One line of `gemini --output-format stream-json`, borrowed from the bytes it came in.
//!
//! Every field may be missing or of another shape than today: what cannot be used is simply not
//! there, and the line is still read.

use alloc::collections::BTreeMap;
use alloc::string::String;
use jackfield_sdk::json::{Object, RawValue, Scalar};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) timestamp: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) session_id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) model: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) role: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) content: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) tool_name: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) tool_id: Scalar<'a>,
    /// Whatever the tool was given.
    #[serde(borrow)]
    pub(crate) parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) status: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) output: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) severity: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) message: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) error: Object<Reason<'a>>,
    #[serde(borrow)]
    pub(crate) stats: Object<Stats<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Reason<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) message: Scalar<'a>,
    /// In the provider's own errors.
    #[serde(borrow)]
    pub(crate) code: Scalar<'a>,
}

/// Tokens of the whole process.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Stats<'a> {
    #[serde(borrow)]
    pub(crate) total_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) input_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) output_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) cached: Scalar<'a>,
    /// By model; read only where the model is not known otherwise.
    #[serde(borrow)]
    pub(crate) models: Option<&'a RawValue>,
}

/// [`Stats`] of each model.
pub(crate) type Models<'a> = BTreeMap<String, Object<Stats<'a>>>;

/// What gemini's own tools are given, as far as it tells a person something.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Parameters<'a> {
    #[serde(borrow)]
    pub(crate) command: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) file_path: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) dir_path: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) path: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) pattern: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) query: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) prompt: Scalar<'a>,
}

/// The provider's own error, as gemini puts it into a message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Provider<'a> {
    #[serde(borrow)]
    pub(crate) error: Object<Reason<'a>>,
}
