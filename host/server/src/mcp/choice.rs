//! What a client chose with its address: which toolsets, and whether answers are data too.
//!
//! `/mcp?toolsets=core,admin` and `/mcp/x/core,admin` are the same. The choice is in every request, so that the
//! listing depends on the address alone, and on nothing that was said before.

use axum::extract::Query;
use axum::http::Uri;
use jackfield_config::Toolset;
use jackfield_types::{ErrorCode, Problem};
use serde::Deserialize;

/// What the address says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Choice {
    /// In the order of [`Toolset::ALL`]; none: as configured.
    toolsets: Option<Vec<Toolset>>,
    pub(super) answers: Answers,
}

/// What a tool's answer consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answers {
    /// Text, and the same with its handles as structured content, which is described by a schema.
    #[default]
    Data,
    /// Text alone: what a model reads best.
    Text,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    toolsets: Option<String>,
    answers: Answers,
}

impl Choice {
    /// What `uri` asks for, below the place where the door is.
    pub(super) fn of(uri: &Uri) -> Result<Self, Problem> {
        let Query(asked) = Query::<Asked>::try_from_uri(uri).map_err(|rejection| {
            Problem::caller(
                ErrorCode::BadQuery,
                rejection.body_text(),
                "after the `?` may stand toolsets=core,board,admin and answers=data or answers=text",
            )
        })?;
        let path = uri.path().trim_matches('/');
        let below = match path.split_once('/') {
            None if path.is_empty() => None,
            Some(("x", named)) if !named.contains('/') => Some(named),
            _ => {
                return Err(Problem::caller(
                    ErrorCode::NoSuchRoute,
                    format!("no MCP endpoint /{path}"),
                    "use /mcp, /mcp/x/TOOLSETS or /mcp?toolsets=TOOLSETS",
                ));
            }
        };
        let toolsets = asked.toolsets.as_deref().or(below).map(toolsets).transpose()?;
        Ok(Self { toolsets, answers: asked.answers })
    }

    /// Whether a tool of this set is among them.
    pub(super) fn has(&self, toolset: Toolset, configured: &[Toolset]) -> bool {
        self.toolsets.as_deref().unwrap_or(configured).contains(&toolset)
    }
}

fn toolsets(named: &str) -> Result<Vec<Toolset>, Problem> {
    let names: Vec<&str> = named.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let known = |name: &str| name == "all" || Toolset::ALL.iter().any(|set| set.name() == name);
    let wrong = names.iter().find(|name| !known(name)).copied();
    if let Some(wrong) = wrong.or_else(|| names.is_empty().then_some("")) {
        let all: Vec<_> = Toolset::ALL.iter().map(|set| set.name()).collect();
        return Err(Problem::caller(
            ErrorCode::NoSuchToolset,
            format!("there is no toolset '{wrong}'"),
            format!("name some of: {}; or all", all.join(", ")),
        ));
    }
    let meant = |set: &Toolset| names.iter().any(|name| *name == "all" || *name == set.name());
    Ok(Toolset::ALL.into_iter().filter(meant).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Result<Choice, Problem> {
        Choice::of(&address.parse().unwrap())
    }

    #[test]
    fn toolsets_are_chosen_by_query_or_path() {
        let both = [Toolset::Core, Toolset::Admin];
        assert_eq!(of("/x/all").unwrap().toolsets.unwrap(), Toolset::ALL);
        for address in ["/?toolsets=admin,core", "/x/core,admin", "/?toolsets=core%2Cadmin"] {
            assert_eq!(of(address).unwrap().toolsets.unwrap(), both, "{address}");
        }
        let nothing = of("/").unwrap();
        assert!(
            nothing.has(Toolset::Core, &[Toolset::Core]) && !nothing.has(Toolset::Admin, &[Toolset::Core])
        );
        assert!(nothing.has(Toolset::Admin, &both), "as configured where the address says nothing");
        let admin = of("/?toolsets=admin").unwrap();
        assert!(!admin.has(Toolset::Core, &both), "the address wins");
        assert_eq!(of("/?answers=text").unwrap().answers, Answers::Text);
    }

    #[test]
    fn misspelt_choice_is_refused_and_not_ignored() {
        assert_eq!(of("/?toolset=admin").unwrap_err().code, "bad_query");
        assert_eq!(of("/?answers=pictures").unwrap_err().code, "bad_query");
        assert_eq!(of("/?toolsets=").unwrap_err().code, "no_such_toolset");
        let problem = of("/x/cards").unwrap_err();
        assert_eq!((problem.code.as_str(), problem.message.contains("cards")), ("no_such_toolset", true));
        assert_eq!(of("/elsewhere").unwrap_err().code, "no_such_route");
    }
}
