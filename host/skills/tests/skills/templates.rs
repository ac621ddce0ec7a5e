//! Templates, well-meant and hostile.

use jackfield_skills::{RenderError, Schema, Template, TemplateError};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Inputs that may have anything.
fn anything() -> Schema {
    Schema::new(json!({ "type": "object" })).unwrap()
}

fn render(source: &str, inputs: Value) -> Result<String, RenderError> {
    Template::parse(source).unwrap().render(&inputs, &anything())
}

fn parse_error(source: &str) -> (u32, String) {
    let TemplateError { line, message } = Template::parse(source).unwrap_err();
    (line, message)
}

fn missing(name: &str, line: u32) -> RenderError {
    RenderError::Missing { name: name.to_owned(), line }
}

#[test]
fn values_are_inserted_by_their_kind() {
    let inputs =
        json!({ "s": "a<b>", "n": 1.5, "t": true, "z": null, "l": [1, "x"], "o": { "a": { "b": "c" } } });
    assert_eq!(
        render("{{s}} {{ n }} {{t}} [{{z}}] {{l}} {{o.a}} {{o.a.b}}", inputs).unwrap(),
        "a<b> 1.5 true [] [1,\"x\"] {\"b\":\"c\"} c"
    );
}

#[test]
fn section_repeats_for_a_list_and_is_rendered_once_for_others() {
    let inputs = json!({
        "list": ["a", "b"], "cards": [{ "t": "x", "tags": ["1", "2"] }, { "t": "y", "tags": [] }],
        "yes": true, "no": false, "text": "z", "empty": "", "none": [], "o": { "k": "v" }, "zero": 0, "t": "outer"
    });
    let source = "{{#list}}{{.}};{{/list}} {{#cards}}{{t}}{{#tags}}<{{.}}>{{/tags}}{{^tags}}-{{/tags}} {{/cards}}\
        {{#yes}}yes{{/yes}}{{#no}}no{{/no}}{{#text}}{{.}}{{/text}}{{#empty}}e{{/empty}}{{#none}}n{{/none}}\
        {{#zero}}0{{/zero}}{{#o}}{{k}}{{t}}{{/o}}{{^gone}}gone{{/gone}}{{#gone}}here{{/gone}}";
    assert_eq!(render(source, inputs).unwrap(), "a;b; x<1><2> y- yesz0voutergone");
}

#[test]
fn inserted_text_is_never_parsed() {
    let hostile = "{{secret}} {{#list}}x{{/list}} {{! {{> ";
    let inputs = json!({ "card": hostile, "secret": "s3cret", "list": [hostile], "x": { "y": "{{card}}" } });
    let text = render("{{card}}|{{#list}}{{.}}{{/list}}|{{x.y}}", inputs).unwrap();
    assert_eq!(text, format!("{hostile}|{hostile}|{{{{card}}}}"));
}

#[test]
fn tags_alone_in_their_line_leave_no_line() {
    let source = "a\n  {{#l}}\n- {{.}}\n  {{/l}}  \r\n{{! note }}\nb {{#l}}{{.}}{{/l}}\n{{^l}}\nc\n{{/l}}";
    assert_eq!(render(source, json!({ "l": [1, 2] })).unwrap(), "a\n- 1\n- 2\nb 12\n");
    assert_eq!(render("{{#l}}\n\n{{/l}}\nx", json!({ "l": [1] })).unwrap(), "\nx");
    assert_eq!(render(" {{l}} \n {{! a }} {{! b }}\n", json!({ "l": 1 })).unwrap(), " 1 \n  \n");
}

#[test]
fn comment_may_have_several_lines() {
    assert_eq!(render("a {{! one\ntwo }} b", json!({})).unwrap(), "a  b");
    assert_eq!(render("{{! one\ntwo }}\n{{x}}", json!({})), Err(missing("x", 3)));
}

#[test]
fn missing_value_is_an_error_with_its_path_and_line() {
    assert_eq!(render("{{a}}\n\n{{b.c}}", json!({ "a": 1, "b": {} })), Err(missing("b.c", 3)));
    assert_eq!(render("{{a.b}}", json!({ "a": "text" })), Err(missing("a.b", 1)));
    let message = missing("b.c", 3).to_string();
    assert_eq!(message, "missing value 'b.c' in line 3 of the template");
}

#[test]
fn missing_value_that_is_declared_is_empty() {
    let declared = Schema::new(json!({
        "type": "object",
        "properties": {
            "a": { "type": "string" },
            "o": { "type": "object", "properties": { "b": { "type": "string" } } },
            "l": { "type": "array", "items": { "type": "object", "properties": { "c": { "type": "string" } } } },
            "any": { "type": "array", "items": { "type": "object" } }
        }
    })).unwrap();
    let render = |source: &str, inputs| Template::parse(source).unwrap().render(&inputs, &declared);
    assert_eq!(render("[{{a}}{{o.b}}{{#l}}{{c}}{{/l}}]", json!({ "o": {}, "l": [{}] })).unwrap(), "[]");
    assert_eq!(render("[{{o.b}}{{o}}{{#any}}{{a}}{{/any}}]", json!({ "any": [{}] })).unwrap(), "[]");
    assert_eq!(render("{{#any}}{{x}}{{/any}}", json!({ "any": [{}] })), Err(missing("x", 1)));
}

#[test]
fn names_are_checked_against_the_inputs_at_every_level() {
    let declared = Schema::new(json!({
        "type": "object",
        "properties": {
            "a": { "type": "string" },
            "o": { "$ref": "#/$defs/o" },
            "l": { "type": "array", "items": { "$ref": "#/$defs/o" } },
            "open": { "type": "object" }
        },
        "$defs": { "o": { "type": "object", "properties": { "b": { "type": "number" } } } }
    }))
    .unwrap();
    let undeclared = |source: &str| {
        let found = Template::parse(source).unwrap().undeclared(&declared);
        found.into_iter().map(|one| format!("{}:{}", one.line, one.name)).collect::<Vec<_>>()
    };
    let good = "{{a}}{{o.b}}{{open.any.thing}}{{#l}}{{b}}{{a}}{{.}}{{/l}}{{#o}}{{b}}{{/o}}{{#open}}{{any}}{{/open}}{{#a}}{{.}}{{/a}}";
    assert_eq!(undeclared(good), Vec::<String>::new());
    let bad = "{{x}}\n{{o.x}}\n{{#l}}{{x}}{{/l}}\n{{#x}}{{a}}{{/x}}\n{{^l}}{{b}}{{/l}}\n{{a.b}}{{l.b}}";
    assert_eq!(undeclared(bad), ["1:x", "2:o.x", "3:x", "4:x", "5:b", "6:a.b", "6:l.b"]);
}

#[test]
fn names_are_listed_once() {
    let template = Template::parse("{{b}}{{#a.c}}{{.}}{{b}}{{/a.c}}{{^d}}{{/d}}").unwrap();
    assert_eq!(template.names().into_iter().collect::<Vec<_>>(), [".", "a.c", "b", "d"]);
    assert!(Template::literal("{{a}}").names().is_empty());
}

#[test]
fn malformed_template_is_refused_with_its_line() {
    for (source, line, text) in [
        ("a\n{{#l}}\nb", 2, "the section 'l' is not closed"),
        ("a\n{{/l}}", 2, "'l' is closed but was not opened"),
        ("{{#a}}\n{{#b}}{{/a}}{{/b}}", 2, "the section 'b' is open, but 'a' is closed"),
        ("\n\n{{a", 3, "a tag is not closed"),
        ("{{a\n}}", 1, "a tag is not closed"),
        ("{{}}", 1, "'' is not a name"),
        ("{{a b}}", 1, "'a b' is not a name"),
        ("{{a..b}}", 1, "is not a name"),
        ("{{.a}}", 1, "is not a name"),
        ("{{#}}{{/}}", 1, "is not a name"),
        ("{{{a}}}", 1, "the tag `{{{` is not supported"),
        ("{{&a}}", 1, "the tag `{{&` is not supported"),
        ("{{> a}}", 1, "the tag `{{>` is not supported"),
        ("{{=<% %>=}}", 1, "the tag `{{=` is not supported"),
        ("{{! a", 1, "a tag is not closed"),
        ("{{\u{202e}a}}", 1, "'\\u{202e}a' is not a name"),
    ] {
        let (found, message) = parse_error(source);
        assert!(found == line && message.contains(text), "{source:?}: {found}: {message}");
    }
}

#[test]
fn deep_sections_are_refused() {
    let nested = |depth| format!("{}{}", "{{#a}}".repeat(depth), "{{/a}}".repeat(depth));
    assert!(Template::parse(&nested(16)).is_ok());
    assert!(parse_error(&nested(17)).1.contains("nested too deeply"));
    assert!(parse_error(&"{{#a}}".repeat(100_000)).1.contains("nested too deeply"));
}

#[test]
fn long_text_and_long_work_are_refused() {
    let list: Vec<u32> = (0..100).collect();
    let start = Instant::now();
    let nested = format!("{}{}", "{{#a}}".repeat(16), "{{/a}}".repeat(16));
    assert_eq!(render(&nested, json!({ "a": list })), Err(RenderError::TooLong));
    let big = "x".repeat(1024 * 1024);
    assert_eq!(render("{{a}}", json!({ "a": big })).unwrap().len(), big.len());
    assert_eq!(render("{{a}}.", json!({ "a": big })), Err(RenderError::TooLong));
    assert_eq!(render("{{#l}}{{a}}{{/l}}", json!({ "l": list, "a": big })), Err(RenderError::TooLong));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn many_tags_are_parsed_in_linear_time() {
    let start = Instant::now();
    assert!(Template::parse(&"{{a}} ".repeat(150_000)).is_ok());
    assert!(Template::parse(&"{{!}}".repeat(200_000)).is_ok());
    assert!(Template::parse(&format!("{{{{!}}}}{}", " ".repeat(1_000_000))).is_ok());
    assert!(Template::parse(&"{".repeat(1_000_000)).is_err());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn template_is_stored_with_its_kind() {
    for template in [Template::parse("{{a}}").unwrap(), Template::literal("{{a}}")] {
        let written = serde_json::to_value(&template).unwrap();
        assert_eq!(serde_json::from_value::<Template>(written).unwrap(), template);
    }
    assert_eq!(Template::literal("{{#a}}").render(&json!({}), &anything()).unwrap(), "{{#a}}");
    assert!(serde_json::from_value::<Template>(json!("{{#a}}")).is_err());
}
