//! REST of skills: lists, folders and trust.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{Content, delete, get, patch, post};
use super::path::Path;
use super::refused::Answered;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jackfield::board::{SkillSync, SkillView};
use jackfield_types::Scope;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get("/api/skills", "listSkills", "List skills by id.")
                .asks::<SkillsQuery>()
                .answers::<Vec<SkillView>>("The skills, without their prompts."),
            list,
        )
        .on(
            post("/api/skills", "actOnSkills", "Read the skills of a folder.")
                .needs(Scope::Admin)
                .takes::<SkillsAction>()
                .answers::<SkillSync>("What changed."),
            act,
        )
        .on(
            get("/api/skills/{id}", "showSkill", "Show a skill with its prompt.")
                .answers::<SkillView>("The skill."),
            show,
        )
        .on(
            patch("/api/skills/{id}", "trustSkill", "Record how far a skill is trusted.")
                .needs(Scope::Admin)
                .takes::<Trusted>()
                .answers::<SkillView>("The skill as it is now."),
            trust,
        )
        .on(
            delete("/api/skills/{id}", "removeSkill", "Remove a skill from the records.")
                .needs(Scope::Admin)
                .with(204, "It is removed.", Content::Nothing),
            remove,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SkillsQuery {
    /// With this text in the id, the title, the description or a tag.
    q: Option<String>,
    /// `local` or `marketplace`.
    source: Option<String>,
}

/// An action on skills.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum SkillsAction {
    /// Read the skills of a folder.
    Sync {
        /// A folder of the host's machine; default: `skills` in the data folder.
        folder: Option<String>,
    },
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trusted {
    /// `vetted`, `community` or `experimental`.
    trust: String,
}

async fn list(Acting(host): Acting, asked: Asked<SkillsQuery>) -> Answered<Response> {
    let SkillsQuery { q, source } = query(asked)?;
    let mut skills = host.skills().list(q.as_deref()).await?;
    skills.retain(|skill| source.as_ref().is_none_or(|source| skill.source.as_str() == source));
    Ok(Json(skills).into_response())
}

async fn act(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let SkillsAction::Sync { folder } = body(bytes)?;
    Ok(Json(host.skills().sync(folder.map(PathBuf::from).as_deref()).await?).into_response())
}

async fn show(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.skills().get(&id).await?).into_response())
}

async fn trust(
    Acting(host): Acting,
    Path(id): Path<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let Trusted { trust } = body(bytes)?;
    Ok(Json(host.skills().trust(&id, &trust).await?).into_response())
}

async fn remove(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    host.skills().remove(&id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
