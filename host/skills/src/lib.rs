//! Skills: reusable prompts with typed inputs and outputs, read from folders in two formats.
//!
//! [`read`] checks a folder against fixed bounds and returns a [`Skill`]: prompt, templates, JSON Schemas, the digest
//! of all files, and [`Findings`] for the person who decides whether to trust it. [`scan`] reads a folder of skills,
//! [`changes`] compares the result with known digests, [`diff`] shows the text of an update. [`Skill::render`] fills a
//! prompt in, [`ask`] and [`answer`] request and read structured outputs.
//!
//! Files of a skill come from strangers. Nothing is executed, no symbolic link is followed, and no reference of a
//! schema is fetched. The only I/O is reading a folder.

mod answer;
mod changes;
mod diff;
mod digest;
mod fault;
mod fences;
mod files;
mod findings;
mod folder;
mod id;
mod look_alikes;
mod scan;
mod schema;
mod shipped;
mod skill;
mod skill_md;
mod template;
mod trust;
mod yaml;

pub use answer::{answer, ask};
pub use changes::{Changes, changes};
pub use diff::diff;
pub use digest::{SkillFile, digest};
pub use fault::Fault;
pub use files::Files;
pub use findings::{Finding, FindingKind, Findings};
pub use folder::files;
pub use id::{InvalidSkillId, SkillId};
pub use look_alikes::look_alikes;
pub use scan::{Invalid, Scan, scan};
pub use schema::{InvalidSchema, Schema, SchemaFault};
pub use shipped::{PERSONAS, shipped};
pub use skill::{Skill, parse, read};
pub use template::{RenderError, Template, TemplateError, Undeclared};
pub use trust::{Source, Trust};
