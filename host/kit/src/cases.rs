//! Cases: what a component is asked, and what it must answer.

use super::difference::{differences, texts};
use super::evidence::{EVIDENCE, asking};
use jackfield_plugins::{PluginError, Said, Trial};
use jackfield_types::{ErrorCode, PluginRef, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A file of cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// Facts of every case that does not say otherwise; a function is given those that it takes.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// The cases, in the order in which they are tried.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, for a person.
    pub name: String,
    /// The function, as the WIT names it.
    pub function: String,
    /// Its facts.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// What the answer must contain.
    pub contains: Option<Value>,
    /// What the answer must be, whole.
    pub equals: Option<Value>,
    /// Words that must be somewhere in it.
    #[serde(default)]
    pub says: Vec<String>,
    /// It must fail, with these words in the reason.
    pub fails: Option<String>,
}

/// What came of all cases.
#[derive(Debug, Clone, Serialize)]
pub struct TestReport {
    /// What was tested.
    pub plugin: PluginRef,
    /// How many cases passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// Each of them.
    pub cases: Vec<CaseReport>,
}

/// What came of one case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseReport {
    /// What it shows.
    pub name: String,
    /// The function that was asked.
    pub function: String,
    /// Whether everything was as it must be.
    pub passed: bool,
    /// What was not.
    pub differences: Vec<String>,
    /// What it answered, where it did.
    pub answer: Option<Value>,
    /// How long the call took, in microseconds.
    pub micros: Option<u64>,
    /// Bytes of memory that it took.
    pub memory_bytes: Option<u64>,
    /// What it told the log meanwhile.
    pub notes: Vec<String>,
}

/// Holds a component to its cases, each under the limits that it would serve under.
///
/// # Errors
/// A [`Problem`] where a case is not one: it expects nothing, or its facts are not what its function takes.
pub async fn test(trial: &Trial, cases: &Cases, now: Timestamp) -> Result<TestReport, Problem> {
    let mut reports = Vec::with_capacity(cases.cases.len());
    for case in &cases.cases {
        reports.push(case.run(trial, &cases.facts, now).await?);
    }
    let passed = reports.iter().filter(|report| report.passed).count();
    let plugin = trial.plugin().clone();
    Ok(TestReport { plugin, passed, failed: reports.len() - passed, cases: reports })
}

impl Case {
    async fn run(
        &self,
        trial: &Trial,
        shared: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<CaseReport, Problem> {
        let expects = self.contains.is_some() || self.equals.is_some() || self.fails.is_some();
        if !expects && self.says.is_empty() {
            return Err(bad(self, "it expects nothing: give `contains`, `equals`, `says` or `fails`"));
        }
        let taken = trial.arguments(&self.function);
        let mut facts = Value::Object(shared.clone());
        if let Value::Object(facts) = &mut facts {
            let evidence = taken.contains(&"config");
            facts.retain(|name, _| match name.as_str() {
                "now" | "seed" => true,
                EVIDENCE => evidence,
                name => taken.contains(&name),
            });
        }
        merge(&mut facts, &Value::Object(self.facts.clone()), true);
        let asking =
            asking(trial, &self.function, facts, now).map_err(|problem| bad(self, &problem.message))?;
        Ok(self.report(trial.ask(&asking).await))
    }

    fn report(&self, said: Result<Said, PluginError>) -> CaseReport {
        let differences = match &said {
            Ok(said) => self.wrong_with(&said.answer),
            Err(error) => self.wrong_with_failure(&error.to_string()),
        };
        let said = said.ok();
        CaseReport {
            name: self.name.clone(),
            function: self.function.clone(),
            passed: differences.is_empty(),
            differences,
            micros: said.as_ref().map(|said| said.micros),
            memory_bytes: said.as_ref().map(|said| said.memory_bytes),
            notes: said.as_ref().map(|said| said.notes.clone()).unwrap_or_default(),
            answer: said.map(|said| said.answer),
        }
    }

    fn wrong_with(&self, answer: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        wrong.extend(self.contains.iter().flat_map(|wanted| differences(wanted, answer, false)));
        wrong.extend(self.equals.iter().flat_map(|wanted| differences(wanted, answer, true)));
        let said = texts(answer);
        let unsaid = self.says.iter().filter(|words| !said.iter().any(|text| text.contains(words.as_str())));
        wrong.extend(unsaid.map(|words| format!("it says {words:?} nowhere")));
        wrong.extend(self.fails.iter().map(|why| format!("it answered, where it must fail ({why})")));
        wrong
    }

    fn wrong_with_failure(&self, error: &str) -> Vec<String> {
        match &self.fails {
            Some(why) if error.contains(why.as_str()) => Vec::new(),
            Some(why) => vec![format!("it failed, and not because {why:?}: {error}")],
            None => vec![error.to_owned()],
        }
    }
}

/// Tables are put together, anything else is replaced. Names are those of the WIT, with `_` or `-`, but for what
/// a gate's config and its evidence name themselves.
fn merge(into: &mut Value, over: &Value, of_wit: bool) {
    match (into, over) {
        (Value::Object(into), Value::Object(over)) => {
            for (name, value) in over {
                let own = matches!(name.as_str(), "config" | EVIDENCE);
                let name = if of_wit { name.replace('_', "-") } else { name.clone() };
                merge(into.entry(name).or_insert(Value::Null), value, of_wit && !own);
            }
        }
        (into, over) => *into = over.clone(),
    }
}

fn bad(case: &Case, why: &str) -> Problem {
    Problem::caller(
        ErrorCode::BadCase,
        format!("the case '{}' cannot be tried: {why}", case.name),
        "correct the case; `docs/author.md` shows one of each",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_of_a_case_override_shared_ones() {
        let mut facts = json!({ "task": { "complexity": 3, "language": "rust" }, "candidates": [1, 2] });
        merge(
            &mut facts,
            &json!({ "task": { "complexity": 9, "task_type": "bugfix" }, "candidates": [3] }),
            true,
        );
        assert_eq!(
            facts,
            json!({
                "task": { "complexity": 9, "language": "rust", "task-type": "bugfix" },
                "candidates": [3]
            })
        );
        let mut facts = json!({ "evidence": { "files": { "a_b.md": "one" } } });
        let more = json!({ "config": { "max_lines": 3 }, "evidence": { "files": { "c_d.md": "two" } } });
        merge(&mut facts, &more, true);
        assert_eq!(
            facts,
            json!({ "config": { "max_lines": 3 }, "evidence": { "files": { "a_b.md": "one", "c_d.md": "two" } } })
        );
    }

    #[test]
    fn answer_is_checked_against_every_expectation_of_a_case() {
        let case = |more: Value| {
            let mut case = json!({ "name": "one", "function": "choose" });
            merge(&mut case, &more, true);
            serde_json::from_value::<Case>(case).unwrap()
        };
        let answer = json!([{ "candidate": 0, "reason": "the cheapest" }]);
        assert!(
            case(json!({ "says": ["cheapest"], "contains": [{ "candidate": 0 }] }))
                .wrong_with(&answer)
                .is_empty()
        );
        assert_eq!(case(json!({ "says": ["dearest"] })).wrong_with(&answer), ["it says \"dearest\" nowhere"]);
        let must_fail = case(json!({ "fails": "trapped" }));
        assert_eq!(must_fail.wrong_with(&answer).len(), 1);
        assert!(must_fail.wrong_with_failure("one trapped (unreachable)").is_empty());
        assert_eq!(must_fail.wrong_with_failure("ran past its CPU budget").len(), 1);
    }
}
