//! Sections of inputs, outputs and tags.

use crate::support::{AGENT_SKILL, assert_fault, faults, skill_md};
use serde_json::{Value, json};

fn inputs(section: &str) -> String {
    format!("# Title\n\nText.\n\n## Inputs\n\n{section}\n\n## Task\n\nDo it.\n")
}

fn outputs(section: &str) -> String {
    inputs(section).replace("## Inputs", "## Outputs")
}

fn property(section: &str, name: &str) -> Value {
    skill_md(&inputs(section)).unwrap().input_schema.document()["properties"][name].clone()
}

#[test]
fn each_type_becomes_a_schema() {
    let simple = ["string", "number", "integer", "boolean", "object", "array"];
    for kind in simple {
        assert_eq!(property(&format!("- a: {kind} (required)"), "a"), json!({ "type": kind }));
    }
    for kind in ["string", "number", "object"] {
        let expected = json!({ "type": "array", "items": { "type": kind } });
        assert_eq!(property(&format!("- a: {kind}[] (optional) - text"), "a")["items"], expected["items"]);
    }
}

#[test]
fn field_is_read_in_the_usual_spellings() {
    for line in [
        "* `a`: string (required) — the text",
        "- **a**: `string` - the text",
        "- a: string(Required): the\n  text",
    ] {
        assert_eq!(property(line, "a"), json!({ "type": "string", "description": "the text" }), "{line}");
    }
}

#[test]
fn unusable_fields_are_all_reported_with_their_lines() {
    let section = "- a: text (required)\n- b: string (maybe)\n- c\n- d.e: string\n- f: string\n- g: file\n- h: boolean[]";
    let faults = faults(skill_md(&inputs(section)));
    assert_eq!(faults.len(), 6, "{faults:?}");
    assert!(faults[0].starts_with("SKILL.md:7: unusable type 'text' of 'a'"), "{faults:?}");
    assert!(faults[3].starts_with("SKILL.md:10: unusable name 'd.e'"), "{faults:?}");
    assert_fault(skill_md(&inputs("- a: string\n- a: number")), "repeated field 'a'");
}

#[test]
fn prose_of_an_agent_skill_is_no_declaration() {
    let text = format!("{AGENT_SKILL}\n## Inputs\n\n- A photo of the guest\n- Some text: free\n");
    let skill = skill_md(&text).unwrap();
    assert_eq!(skill.input_schema.names().count(), 0);
    assert!(skill.prompt.source().ends_with("## Inputs\n\n- A photo of the guest\n- Some text: free"));
}

#[test]
fn declarations_of_an_agent_skill_make_a_template_of_its_text() {
    let text =
        format!("{AGENT_SKILL}\n## Inputs\n\n- guest: string (required)\n\n## End\n\nTo {{{{guest}}}}.\n");
    let skill = skill_md(&text).unwrap();
    let prompt = skill.render(&json!({ "guest": "Ann" }), &serde_json::Map::new()).unwrap();
    assert!(prompt.ends_with("## End\n\nTo Ann.") && !prompt.contains("Inputs"), "{prompt}");
}

#[test]
fn headings_in_code_begin_no_section() {
    let text = "# Title\n\nText.\n\n```md\n## Inputs\n- a: string\n```\n\n~~~\n## Tags\n- b\n~~~\n";
    let skill = skill_md(text).unwrap();
    assert_eq!((skill.input_schema.names().count(), skill.tags.len()), (0, 0));
    assert!(skill.prompt.source().contains("- a: string"));
}

#[test]
fn schema_block_takes_the_place_of_a_list() {
    let block =
        "Free text.\n\n```json\n{ \"type\": \"object\", \"properties\": { \"a\": { \"minimum\": 3 } } }\n```";
    let skill = skill_md(&inputs(block)).unwrap();
    assert!(skill.check_inputs(&json!({ "a": 3 })).is_ok());
    assert!(skill.check_inputs(&json!({ "a": 2 })).is_err());
    assert_fault(skill_md(&inputs("```json\n{\n```")), "SKILL.md:7: failed to read the JSON Schema");
    assert_fault(skill_md(&inputs("```json\n{\"type\": \"objekt\"}\n```")), "`type` must be `object`");
}

#[test]
fn file_output_leads_to_no_other_folder() {
    let skill =
        skill_md(&outputs("- report: file (required)\n- more: file[] (optional)\n- n: integer (optional)"))
            .unwrap();
    let schema = skill.output_schema.unwrap();
    for good in ["a.md", "a/b.md", ".hidden", "..a", "...", "a b/ü", "a/..b"] {
        assert!(schema.check(&json!({ "report": good })).is_ok(), "{good}");
    }
    for bad in [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "a/..",
        ".",
        "./a",
        "a//b",
        "a/",
        "a\\..\\b",
        "a\nb",
        "a\0",
    ] {
        assert!(schema.check(&json!({ "report": bad })).is_err(), "{bad:?}");
    }
    let value = json!({ "report": "a.md", "more": ["b.md", "c.md"], "n": 1 });
    assert!(schema.check(&value).is_ok());
    assert_eq!(schema.files(&value), [("more", "b.md"), ("more", "c.md"), ("report", "a.md")]);
}

#[test]
fn further_outputs_are_accepted_and_further_inputs_refused() {
    let outputs = skill_md(&outputs("- a: string")).unwrap().output_schema.unwrap();
    assert!(outputs.check(&json!({ "a": "", "b": 1 })).is_ok());
    let inputs = skill_md(&inputs("- a: string")).unwrap();
    assert!(inputs.check_inputs(&json!({ "a": "", "b": 1 })).is_err());
}

#[test]
fn tags_are_split_and_bounded() {
    let tags = |section: &str| skill_md(&format!("# Title\n\nText.\n\n## Tags\n\n{section}\n"));
    assert_eq!(tags("- a, b\n- `c`\na").unwrap().tags, ["a", "b", "c"]);
    let many: Vec<String> = (0..33).map(|at| format!("t{at}")).collect();
    assert_fault(tags(&many.join(",")), "too many tags");
    assert_fault(tags(&"a".repeat(65)), "tag too long");
}
