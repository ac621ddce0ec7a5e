//! The recipes that a workspace starts with.

use crate::reserved::{CARDS, FOLDER};
use jackfield_model::{AutomationLevel, GateSubject, Jury, OnFail, Recipe, RecipeStep, StageGate};
use jackfield_types::StageName;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The default recipe of a stage of the workflow `product`.
pub fn default_recipe(stage: &StageName) -> Option<Recipe> {
    use AutomationLevel::{AutoNotify, FullyAuto, HumanApproval, Manual};
    let research = ("research", "$.artifacts.research.md");
    let discovery = ("discovery", "$.artifacts.discovery.md");
    let prd = ("prd", "$.artifacts.prd.md");
    let design_brief = ("design_brief", "$.artifacts.design-brief.md");
    let engineering_spec = ("engineering_spec", "$.artifacts.engineering-spec.md");
    let design_review = ("design_review", "$.artifacts.design-review.md");
    Some(match stage.as_str() {
        "inbox" => recipe(
            FullyAuto,
            [step("transcript-insights", [("transcript", "$.card.body")])],
            [has(
                "research.md",
                &["Summary", "Problems", "Feature requests", "Jobs and context", "Open questions"],
            )],
        ),
        "discovery" => recipe(
            AutoNotify,
            [step("discovery-hypotheses", [research])],
            [
                has("discovery.md", &["Summary", "Hypotheses", "Test order", "Open questions"]),
                exists("hypotheses/*.md"),
            ],
        ),
        "prd" => recipe(
            AutoNotify,
            [
                step("prd", [research, discovery]),
                step("design-brief", [prd, research]),
                step("engineering-spec", [prd, design_brief]),
                step("gtm-brief", [prd, research]),
            ],
            [
                has("prd.md", &["Problem", "Users", "Requirements", "Success metrics", "Risks"]),
                exists("design-brief.md"),
                exists("engineering-spec.md"),
                exists("gtm-brief.md"),
            ],
        ),
        "design" => recipe(
            AutoNotify,
            [step("design-review", [prd, design_brief])],
            [has("design-review.md", &["Verdict", "Findings", "Accessibility"])],
        ),
        "prototype" => recipe(
            AutoNotify,
            [step("prototype-notes", [prd, design_brief, design_review])],
            [has("prototype-notes.md", &["What was built", "How to run", "Limits"])],
        ),
        "validate" => recipe(
            HumanApproval,
            [
                RecipeStep {
                    jury: Some(Jury::default()),
                    ..step("jury-ballot", [("proposal", "$.artifacts.prd.md")])
                },
                step("validation-report", [prd, discovery, design_review, ("jury", "$.jury")]),
            ],
            [
                has("validation-report.md", &["Verdict", "Evidence for", "Evidence against", "Risks"]),
                StageGate {
                    subject: GateSubject::Card,
                    config: Map::from_iter([("threshold".to_owned(), json!(60))]),
                    ..gate("jury", "jury_score", None)
                },
            ],
        ),
        "tickets" => recipe(
            HumanApproval,
            [RecipeStep {
                outputs_mapping: BTreeMap::from([("items".to_owned(), CARDS.to_owned())]),
                ..step("tickets", [prd, engineering_spec])
            }],
            [has("tickets.md", &["Tickets", "Order", "Coverage"])],
        ),
        "build" => recipe(
            Manual,
            [RecipeStep { changes: true, ..step("build-ticket", [("ticket", "$.card.body")]) }],
            [gate_of_work()],
        ),
        "alpha" | "beta" | "ga" => recipe(Manual, [], []),
        _ => return None,
    })
}

fn recipe<const S: usize, const G: usize>(
    automation_level: AutomationLevel,
    steps: [RecipeStep; S],
    gates: [StageGate; G],
) -> Recipe {
    let on_fail = OnFail::Stay;
    Recipe {
        automation_level,
        steps: steps.into(),
        gates: gates.into(),
        on_fail,
        executor: None,
        enabled: true,
    }
}

fn step<const N: usize>(skill: &str, inputs: [(&str, &str); N]) -> RecipeStep {
    let inputs_mapping: BTreeMap<_, _> =
        inputs.into_iter().map(|(name, path)| (name.to_owned(), path.to_owned())).collect();
    RecipeStep { skill_id: skill.to_owned(), inputs_mapping, retry_count: 1, ..RecipeStep::default() }
}

/// The step changed files.
fn gate_of_work() -> StageGate {
    StageGate {
        id: "work".to_owned(),
        name: "Changed files".to_owned(),
        kind: "artifact_exists".to_owned(),
        config: Map::from_iter([("kind".to_owned(), json!("diff"))]),
        subject: GateSubject::Run,
        failure_message: String::new(),
    }
}

/// The card has the file in its folder.
fn exists(file: &str) -> StageGate {
    gate(file, "file_exists", None)
}

/// The same, and the file has these sections.
fn has(file: &str, sections: &[&str]) -> StageGate {
    let headings: Vec<_> = sections.iter().map(|section| format!("## {section}")).collect();
    gate(file, "content_check", Some(json!(headings)))
}

fn gate(file: &str, kind: &str, contains: Option<Value>) -> StageGate {
    let mut config = Map::new();
    config.insert("path".to_owned(), json!(format!("{FOLDER}/{file}")));
    config.extend(contains.map(|contains| ("contains".to_owned(), contains)));
    StageGate {
        id: file.replace(['/', '*', '.'], "-"),
        name: file.to_owned(),
        kind: kind.to_owned(),
        config,
        subject: GateSubject::Run,
        failure_message: String::new(),
    }
}
