//! Where an answer is not what was wanted.

use serde_json::Value;

/// Longest value that is shown whole, in characters.
const SHOWN: usize = 200;

/// Every place where an answer differs, each as a line for a person. What is wanted may be written with `_`
/// for the `-` of the WIT.
///
/// Where the answer need not be `whole`, it may have fields that are not wanted and list more than is wanted.
pub(super) fn differences(wanted: &Value, got: &Value, whole: bool) -> Vec<String> {
    let mut found = Vec::new();
    compare("", wanted, got, whole, &mut found);
    found
}

fn compare(place: &str, wanted: &Value, got: &Value, whole: bool, found: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            let wanted: Vec<_> = wanted.iter().map(|(name, value)| (name.replace('_', "-"), value)).collect();
            for (name, value) in &wanted {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match got.get(name) {
                    Some(got) => compare(&place, value, got, whole, found),
                    None => found.push(format!("{place}: wanted {}, and it is not there", shown(value))),
                }
            }
            let unwanted = |name: &&String| !wanted.iter().any(|(wanted, _)| wanted == *name);
            for name in got.keys().filter(unwanted).filter(|_| whole) {
                found.push(format!("{}: it is there and not wanted", within(place, name)));
            }
        }
        (Value::Array(wanted), Value::Array(got)) => {
            for (at, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                compare(&format!("{place}[{at}]"), wanted, got, whole, found);
            }
            if wanted.len() > got.len() || (whole && wanted.len() != got.len()) {
                found.push(format!("{}: wanted {} and got {}", named(place), wanted.len(), got.len()));
            }
        }
        (wanted, got) if same(wanted, got) => {}
        (wanted, got) => {
            found.push(format!("{}: wanted {}, got {}", named(place), shown(wanted), shown(got)));
        }
    }
}

/// 1 and 1.0 are the same here: TOML and JSON write numbers in either way.
fn same(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Number(wanted), Value::Number(got)) => wanted == got || wanted.as_f64() == got.as_f64(),
        _ => wanted == got,
    }
}

fn within(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

const fn named(place: &str) -> &str {
    if place.is_empty() { "the answer" } else { place }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).collect::<String>() + "…" }
}

/// Every text in an answer, to look for words in.
pub(super) fn texts(answer: &Value) -> Vec<&str> {
    match answer {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expected_part_of_an_answer_is_enough_unless_exact_is_set() {
        let got = json!([{ "candidate": 1, "effort": "low" }, { "candidate": 0, "effort": "high" }]);
        assert!(differences(&json!([{ "candidate": 1 }]), &got, false).is_empty());
        assert_eq!(
            differences(&json!([{ "candidate": 1 }]), &got, true),
            ["[0].effort: it is there and not wanted", "the answer: wanted 1 and got 2"]
        );
        assert!(differences(&got, &got, true).is_empty());
    }

    #[test]
    fn each_difference_is_reported_with_its_path() {
        let got = json!({ "retry": { "candidate": 1, "reason": "why" } });
        assert_eq!(
            differences(&json!({ "retry": { "candidate": 2, "cost_now": 1 } }), &got, false),
            ["retry.candidate: wanted 2, got 1", "retry.cost-now: wanted 1, and it is not there"]
        );
        assert_eq!(differences(&json!("done"), &got, false).len(), 1);
        assert!(differences(&json!(2.0), &json!(2), true).is_empty());
        assert_eq!(differences(&json!([1, 2]), &json!([1]), false), ["the answer: wanted 2 and got 1"]);
    }
}
