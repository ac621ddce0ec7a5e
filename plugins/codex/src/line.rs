//! One line of `codex exec --json`, borrowed from the bytes it came in.
//!
//! Every field may be missing or of another shape than today: what cannot be used is simply not
//! there, and the line is still read.

use jackfield_sdk::json::{Object, RawValue, Scalar};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) thread_id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) item: Object<Item<'a>>,
    #[serde(borrow)]
    pub(crate) usage: Object<Tokens<'a>>,
    #[serde(borrow)]
    pub(crate) error: Object<Reason<'a>>,
    #[serde(borrow)]
    pub(crate) message: Scalar<'a>,
}

/// Something the agent said or did.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Item<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) text: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) message: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) status: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) command: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) aggregated_output: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) exit_code: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) server: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) tool: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) prompt: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) query: Scalar<'a>,
    /// `[{path, kind}]`; read only where the item is a file change.
    #[serde(borrow)]
    pub(crate) changes: Option<&'a RawValue>,
    /// Whatever the tool was given.
    #[serde(borrow)]
    pub(crate) arguments: Option<&'a RawValue>,
    /// Read only where the item is an MCP call.
    #[serde(borrow)]
    pub(crate) result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) error: Object<Reason<'a>>,
    /// `[{text, completed}]`; read only where the item is a list of things to do.
    #[serde(borrow)]
    pub(crate) items: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Reason<'a> {
    #[serde(borrow)]
    pub(crate) message: Scalar<'a>,
}

/// The thread's running total.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Tokens<'a> {
    #[serde(borrow)]
    pub(crate) input_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) cached_input_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) cache_write_input_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) output_tokens: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) reasoning_output_tokens: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Change<'a> {
    #[serde(borrow)]
    pub(crate) path: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) kind: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Todo<'a> {
    #[serde(borrow)]
    pub(crate) text: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) completed: Scalar<'a>,
}

/// What an MCP tool gave back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Given<'a> {
    #[serde(borrow)]
    pub(crate) content: alloc::vec::Vec<Content<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Content<'a> {
    #[serde(borrow)]
    pub(crate) text: Scalar<'a>,
}
