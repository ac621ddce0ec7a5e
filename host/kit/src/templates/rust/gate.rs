//! May the task go on: only if no line of its files is too long.

use jackfield_sdk::gate::{Evidence, Gate, GateKind, Ruling, kind, ruling};
use jackfield_sdk::json::{Entries, Scalar, read};

struct ShortLines;

/// The examples are tried before the component serves.
const SCHEMA: &str = r#"{
  "type": "object", "required": ["path"], "additionalProperties": false,
  "properties": {
    "path": { "type": "string", "description": "A file, or a glob: src/**/*.rs" },
    "most": { "type": "integer", "minimum": 1, "default": 120, "description": "Characters of a line" }
  },
  "examples": [{ "path": "**/*.md" }, { "path": "src/**/*.rs", "most": 100 }]
}"#;

/// Of each file.
const MOST_BYTES: u32 = 4 << 20;

impl Gate for ShortLines {
    fn kinds() -> Vec<GateKind> {
        vec![kind("short_lines", "No line is too long.", SCHEMA)]
    }

    fn evaluate(kind: &str, config: &str, evidence: &dyn Evidence) -> Result<Ruling, String> {
        if kind != "short_lines" {
            return Err(format!("there is no gate {kind} here, only short_lines"));
        }
        let (path, most) = read_config(config)?;
        for file in evidence.files(&path)? {
            let text = evidence.read(&file, MOST_BYTES)?;
            let text = String::from_utf8_lossy(&text);
            let long = text.lines().position(|line| line.chars().count() as u64 > most);
            if let Some(at) = long {
                return Ok(ruling(false, format!("{file}:{} has more than {most} characters", at + 1)));
            }
        }
        Ok(ruling(true, format!("no line of {path} has more than {most} characters")))
    }
}

fn read_config(config: &str) -> Result<(String, u64), String> {
    let config: Entries<Scalar> = read(config.as_bytes()).map_err(|error| error.to_string())?;
    let (mut path, mut most) = (None, 120);
    for (name, value) in &config.0 {
        match &**name {
            "path" => path = value.words().map(str::to_owned),
            "most" => most = value.count().ok_or("`most` is not a number")?,
            _ => return Err(format!("`{name}` is not known; there are path and most")),
        }
    }
    Ok((path.ok_or("`path` is missing")?, most))
}

jackfield_sdk::gate!(ShortLines);
