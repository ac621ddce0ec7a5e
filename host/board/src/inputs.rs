//! The inputs of a step: literals, and values by their path.

use jackfield_model::{JuryRecord, RecipeStep, StepEnd, StepRun};
use jackfield_store::{HumanTask, Task};
use jackfield_types::clip;
use jackfield_workspace::Repository;
use serde_json::{Map, Value, json};

/// Most bytes of an artifact that become an input.
const LONGEST_ARTIFACT: usize = 256 * 1024;

/// The values that the paths of a mapping can lead to.
pub(crate) struct InputSources<'a> {
    pub(crate) task: &'a Task,
    pub(crate) labels: &'a [String],
    pub(crate) folder: String,
    /// The runs of its steps, oldest first.
    pub(crate) steps: &'a [StepRun],
    pub(crate) entry: u64,
    pub(crate) answers: &'a [HumanTask],
    pub(crate) feedback: Option<&'a str>,
    /// The record of its newest jury.
    pub(crate) jury: Option<&'a JuryRecord>,
    /// The repository and the branch with the artifacts; `None` for a plain folder.
    pub(crate) branch: Option<(&'a Repository, &'a str)>,
}

/// A mapping that leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unresolved(pub(crate) String);

impl InputSources<'_> {
    /// The inputs of a step, with those that every step has.
    pub(crate) async fn inputs(&self, step: &RecipeStep) -> Result<Value, Unresolved> {
        let mut inputs: Map<String, Value> = step.params.clone();
        for (name, path) in &step.inputs_mapping {
            let value = self.value(path, step).await.map_err(|why| {
                Unresolved(format!("failed to resolve the input '{name}' from {}: {why}", clip(path, 200)))
            })?;
            inputs.insert(name.clone(), value);
        }
        Ok(Value::Object(inputs))
    }

    /// The values that every prompt may use besides the inputs that its skill declares.
    pub(crate) fn of_host(&self) -> Map<String, Value> {
        let answers: Vec<_> = self
            .answers
            .iter()
            .map(|answer| {
                let text = answer
                    .answer
                    .as_ref()
                    .and_then(|answer| answer.get("text")?.as_str())
                    .unwrap_or_default();
                json!({ "question": answer.title, "answer": text })
            })
            .collect();
        let card = json!({ "title": self.task.title, "body": self.task.instruction, "labels": self.labels });
        let mut all = Map::new();
        all.insert("card".to_owned(), card);
        all.insert("output_folder".to_owned(), json!(self.folder));
        all.insert("answers".to_owned(), json!(answers));
        all.insert("feedback".to_owned(), json!(self.feedback));
        all
    }

    /// The steps that are done, newest first.
    fn done(&self) -> impl Iterator<Item = &StepRun> {
        self.steps.iter().rev().filter(|step| step.end == Some(StepEnd::Done))
    }

    async fn value(&self, path: &str, step: &RecipeStep) -> Result<Value, String> {
        let Some(path) = path.strip_prefix("$.") else { return Ok(json!(path)) };
        let (root, rest) = path.split_once('.').unwrap_or((path, ""));
        match root {
            "card" => match rest {
                "title" => Ok(json!(self.task.title)),
                "body" => Ok(json!(self.task.instruction)),
                "labels" => Ok(json!(self.labels)),
                _ => Err("a card has title, body and labels".to_owned()),
            },
            "params" => found(&Value::Object(step.params.clone()), rest),
            "steps" => {
                let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
                let number: u32 = number.parse().map_err(|_| "a step has a number".to_owned())?;
                let done = self.done().find(|one| one.entry == self.entry && one.step == number);
                let done = done.ok_or_else(|| format!("step {number} has no output in this stage"))?;
                found(&done.outputs, rest)
            }
            "stages" => {
                let (stage, rest) = rest.split_once('.').unwrap_or((rest, ""));
                let done = self.done().find(|one| one.stage.as_str() == stage);
                found(&done.ok_or_else(|| format!("the stage {stage} has no output"))?.outputs, rest)
            }
            "artifacts" => self.artifact(rest).await,
            "jury" => found(&json!(self.jury.ok_or("no ballot was cast")?), rest),
            _ => {
                Err("a path begins with $.card, $.params, $.steps, $.stages, $.artifacts or $.jury"
                    .to_owned())
            }
        }
    }

    async fn artifact(&self, name: &str) -> Result<Value, String> {
        let Some((repository, branch)) = self.branch else {
            return Err("the workspace is a folder without a repository".to_owned());
        };
        let path = format!("{}/{name}", self.folder);
        let text =
            repository.text_at(branch, &path, LONGEST_ARTIFACT).await.map_err(|error| error.to_string())?;
        text.map(Value::String).ok_or_else(|| format!("the branch {branch} has no text file {path}"))
    }
}

/// The value at a path of members and numbers.
fn found(value: &Value, path: &str) -> Result<Value, String> {
    let mut at = value;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let next = match at {
            Value::Array(list) => part.parse::<usize>().ok().and_then(|index| list.get(index)),
            other => other.get(part),
        };
        at = next.ok_or_else(|| format!("there is no '{}'", clip(part, 80)))?;
    }
    Ok(at.clone())
}

#[cfg(test)]
mod tests {
    use super::found;
    use serde_json::json;

    #[test]
    fn path_leads_to_a_value_or_says_what_is_missing() {
        let value = json!({ "summary": "short", "items": [{ "key": "T1" }] });
        assert_eq!(found(&value, "summary").unwrap(), "short");
        assert_eq!(found(&value, "items.0.key").unwrap(), "T1");
        assert_eq!(found(&value, "").unwrap(), value);
        assert_eq!(found(&value, "items.1.key").unwrap_err(), "there is no '1'");
        assert_eq!(found(&value, "summary.x").unwrap_err(), "there is no 'x'");
    }
}
