//! The default recipes.

use jackfield_board::{default_recipe, stages};
use jackfield_types::Workflow;
use std::collections::BTreeSet;

#[test]
fn default_recipe_of_every_stage_uses_shipped_skills_and_gives_their_inputs() {
    let skills = jackfield_skills::shipped();
    for stage in stages(&Workflow::product()) {
        let recipe = default_recipe(&stage).unwrap();
        let ids: BTreeSet<_> = recipe.gates.iter().map(|gate| gate.id.as_str()).collect();
        assert_eq!(ids.len(), recipe.gates.len(), "{stage}: gates have ids of their own");
        for step in &recipe.steps {
            let skill = skills.iter().find(|skill| skill.id.as_str() == step.skill_id);
            let skill = skill.unwrap_or_else(|| panic!("{stage}: {} is not shipped", step.skill_id));
            let declared: BTreeSet<_> = skill.input_schema.names().collect();
            let given: BTreeSet<_> = step.inputs_mapping.keys().map(String::as_str).collect();
            assert!(given.is_subset(&declared), "{stage}: {given:?} of {declared:?}");
            let required = skill.input_schema.document()["required"].as_array().cloned().unwrap_or_default();
            for name in required.iter().filter_map(|name| name.as_str()) {
                let is_persona = step.jury.is_some() && name == "persona";
                assert!(given.contains(name) || is_persona, "{stage}: {} needs {name}", step.skill_id);
            }
        }
    }
}
