//! Both formats of `SKILL.md`.

use crate::support::{AGENT_SKILL, HEADINGS, assert_fault, faults, skill, skill_md, with_fields};
use jackfield_skills::{Skill, Template};
use serde_json::json;
use std::fmt::Write;

#[test]
fn agent_skill_is_read_with_all_fields() {
    let fields = "license: Apache-2.0\ncompatibility: needs git\nmetadata:\n  author: ann\n  version: 1.0\n\
        allowed-tools: Bash(git add:*) Read";
    let skill = skill_md(&with_fields(fields)).unwrap();
    assert_eq!((skill.id.as_str(), skill.name.as_str(), skill.title.as_str()), ("greet", "greet", "greet"));
    assert_eq!((skill.description.as_str(), skill.version.as_str()), ("Greets.", "1.0"));
    assert_eq!(skill.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(skill.compatibility.as_deref(), Some("needs git"));
    assert_eq!(skill.metadata.get("author").map(String::as_str), Some("ann"));
    assert_eq!(skill.allowed_tools, ["Bash(git add:*)", "Read"]);
    assert_eq!(skill.prompt.source(), "Greet the guest.");
    assert_eq!(skill.output_schema, None);
}

#[test]
fn agent_skill_without_optional_fields_has_defaults() {
    let skill = skill_md(AGENT_SKILL).unwrap();
    assert_eq!((skill.title.as_str(), skill.version.as_str()), ("Greeting", "1"));
    assert_eq!(skill.prompt.source(), "# Greeting\n\nGreet the guest.");
    assert!(skill.check_inputs(&json!({})).is_ok());
    assert!(skill.check_inputs(&json!({ "guest": "Ann" })).is_err());
}

#[test]
fn carriage_returns_and_byte_order_mark_are_accepted() {
    let text = format!("\u{feff}{}", AGENT_SKILL.replace('\n', "\r\n"));
    let skill = skill_md(&text).unwrap();
    assert_eq!(skill.title, "Greeting");
    assert!(skill.findings.listed.is_empty(), "{:?}", skill.findings);
}

#[test]
fn headings_are_read_with_inputs_outputs_and_tags() {
    let skill = skill_md(HEADINGS).unwrap();
    assert_eq!((skill.title.as_str(), skill.description.as_str()), ("Greeting", "Greets people by name."));
    assert_eq!(skill.tags, ["people", "text"]);
    assert_eq!(
        *skill.input_schema.document(),
        json!({
            "type": "object",
            "properties": {
                "guest": { "type": "string", "description": "the name of the guest" },
                "mood": { "type": "string" }
            },
            "required": ["guest"],
            "additionalProperties": false
        })
    );
    assert_eq!(skill.output_schema.as_ref().unwrap().names().collect::<Vec<_>>(), ["greeting"]);
    let expected = "# Greeting\n\nGreets people\nby name.\n\n## Task\n\nGreet Ann.";
    assert_eq!(skill.render(&json!({ "guest": "Ann" }), &serde_json::Map::new()).unwrap(), expected);
}

#[test]
fn skill_is_written_as_json_and_read_back() {
    for text in [HEADINGS, AGENT_SKILL] {
        let skill = skill_md(text).unwrap();
        let written = serde_json::to_string(&skill).unwrap();
        assert_eq!(serde_json::from_str::<Skill>(&written).unwrap(), skill);
    }
}

#[test]
fn prompt_file_takes_the_place_of_the_markdown() {
    let read = skill(&[("SKILL.md", HEADINGS), ("prompt.txt", "Hello {{guest}}\n")]).unwrap();
    assert_eq!(read.prompt.source(), "Hello {{guest}}\n");
    let undeclared = skill(&[("SKILL.md", AGENT_SKILL), ("prompt.txt", "one\nHello {{guest}}")]);
    assert_fault(undeclared, "prompt.txt:2: undeclared input 'guest'");
}

#[test]
fn templates_are_read_by_name_and_checked() {
    let with = |text| skill(&[("SKILL.md", HEADINGS), ("templates/a/mail.txt", text)]);
    let read = with("Dear {{guest}}").unwrap();
    assert_eq!(read.templates.keys().collect::<Vec<_>>(), ["a/mail.txt"]);
    assert_fault(with("\nDear {{host}}"), "templates/a/mail.txt:2: undeclared input 'host'");
    assert_fault(with("{{#guest}}"), "the section 'guest' is not closed");
}

#[test]
fn agent_skill_without_inputs_keeps_braces_as_text() {
    let text = format!("{AGENT_SKILL}\nUse `${{{{ secrets.TOKEN }}}}` and {{{{#each}}}}.\n");
    let read = skill(&[("SKILL.md", &text), ("templates/page.html", "{% if a %}{{ b }}")]).unwrap();
    assert!(
        read.render(&json!({}), &serde_json::Map::new())
            .unwrap()
            .contains("`${{ secrets.TOKEN }}` and {{#each}}.")
    );
    assert_eq!(read.templates["page.html"], Template::literal("{% if a %}{{ b }}"));
}

#[test]
fn undeclared_input_is_a_fault_in_its_line_of_skill_md() {
    let text = HEADINGS.replace("Greet {{guest}}", "Greet {{guest}} of {{host}}");
    let line = text.lines().position(|line| line.contains("{{host}}")).unwrap() + 1;
    assert_fault(skill_md(&text), &format!("SKILL.md:{line}: undeclared input 'host'"));
}

#[test]
fn name_other_than_the_folder_is_refused() {
    let named = |name: &str| skill_md(&AGENT_SKILL.replace("name: greet", &format!("name: {name}")));
    assert_fault(named("other"), "SKILL.md:2: unusable name: 'other' is not the name of the folder");
    assert_fault(named("../greet"), "SKILL.md:2: unusable name: '../greet' is not the id");
    assert_fault(named("[greet]"), "SKILL.md:2: unusable field 'name': it must be a text");
}

#[test]
fn all_missing_fields_are_reported_together() {
    let faults = faults(skill_md("---\nlicense: MIT\n---\ntext\n"));
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn file_without_format_description_or_prompt_is_refused() {
    assert_fault(skill_md("text\n"), "SKILL.md:1: no front matter and no title");
    assert_fault(skill_md(""), "no front matter and no title");
    assert_fault(skill_md("# Title\n\n## Inputs\n"), "no description");
    assert_fault(skill_md("---\nname: greet\n"), "SKILL.md:1: front matter without end");
    assert_fault(skill_md("---\nname: greet\ndescription: x\n---\n\n"), "no prompt");
    assert_fault(skill(&[("README.md", "text")]), "no SKILL.md");
}

#[test]
fn fields_out_of_bounds_are_refused() {
    let long = |field: &str, count| skill_md(&with_fields(&format!("{field}: {}", "ä".repeat(count))));
    assert!(long("compatibility", 500).is_ok());
    assert_fault(long("compatibility", 501), "at most 500 characters");
    let described = |count| skill_md(&AGENT_SKILL.replace("Greets people.", &"ä".repeat(count)));
    assert!(described(1000).is_ok());
    assert_fault(described(1024), "at most 1024 characters");
    let tools = (0..101).fold(String::new(), |mut all, at| {
        write!(all, "T{at} ").unwrap();
        all
    });
    assert_fault(skill_md(&with_fields(&format!("allowed-tools: {tools}"))), "at most 100 tools");
}

#[test]
fn skill_md_that_is_not_utf8_is_refused_with_its_line() {
    let mut files = jackfield_skills::Files::new();
    files.add("SKILL.md", b"# Title\n\nText \xff\n".to_vec(), false).unwrap();
    assert_fault(
        jackfield_skills::parse("greet".parse().unwrap(), &files),
        "SKILL.md:3: failed to read as text",
    );
}

#[test]
fn yaml_that_is_not_valid_is_refused_with_its_line() {
    assert_fault(skill_md(&with_fields("license: [MIT")), "failed to read the front matter");
    assert_fault(
        skill_md(&with_fields("license: a\nlicense: b")),
        "SKILL.md:5: failed to read the front matter",
    );
    assert_fault(skill_md("---\n- name\n---\ntext\n"), "it is not a map of fields");
    assert_fault(skill_md("---\n---\ntext\n"), "it is not a map of fields");
    assert_fault(skill_md(&with_fields("metadata:\n  a: [b]")), "unusable field 'metadata'");
}

#[test]
fn yaml_bomb_of_aliases_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..20 {
        let before = format!("*a{}", at - 1);
        writeln!(bomb, "a{at}: &a{at} [{}]", [before.as_str(); 10].join(", ")).unwrap();
    }
    assert_fault(
        skill_md(&with_fields(&bomb)),
        "SKILL.md:4: failed to read the front matter: anchors and aliases",
    );
    assert_fault(skill_md(&with_fields("license: *unknown")), "failed to read the front matter");
    assert_fault(skill_md(&with_fields("<<: &a {b: c}")), "anchors and aliases are not allowed");
}

#[test]
fn deeply_nested_or_wide_yaml_is_refused() {
    let deep = format!("other: {}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert_fault(skill_md(&with_fields(&deep)), "failed to read the front matter");
    let wide = (0..300).fold(String::new(), |mut all, at| {
        writeln!(all, "k{at}: v").unwrap();
        all
    });
    assert_fault(skill_md(&with_fields(&wide)), "too many keys");
}
