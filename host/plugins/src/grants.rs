//! What components are granted, and what they ask for.

use crate::component_parser::EVIDENCE;
use crate::contract::{granted_name, program_name, variable_name};
use jackfield_types::PluginKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a component may ask the host to do in its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// Programs that an adapter may have started.
    pub programs: BTreeSet<String>,
    /// Environment names whose values may reach those programs.
    pub environment: BTreeSet<String>,
    /// Interfaces of the host that a component may call beyond `log`: `evidence`, for a gate.
    pub imports: BTreeSet<String>,
}

impl Grant {
    /// What is asked for here and not in `granted`.
    pub fn beyond(&self, granted: &Self) -> Self {
        Self {
            programs: self.programs.difference(&granted.programs).cloned().collect(),
            environment: self.environment.difference(&granted.environment).cloned().collect(),
            imports: self.imports.difference(&granted.imports).cloned().collect(),
        }
    }

    /// What is asked for here and in `granted` too.
    #[must_use]
    pub fn within(&self, granted: &Self) -> Self {
        self.beyond(&self.beyond(granted))
    }

    /// Everything that either has.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            programs: self.programs.union(&other.programs).cloned().collect(),
            environment: self.environment.union(&other.environment).cloned().collect(),
            imports: self.imports.union(&other.imports).cloned().collect(),
        }
    }

    /// Nothing at all.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty() && self.environment.is_empty() && self.imports.is_empty()
    }

    /// What of this no component can ask for, in words for the operator.
    pub fn fault(&self, name: &str) -> Option<String> {
        granted_name(name)
            .err()
            .or_else(|| {
                let fault = |one: &String| program_name(one).err();
                self.programs.iter().find_map(fault)
            })
            .or_else(|| {
                let fault = |one: &String| variable_name(one).err();
                self.environment.iter().find_map(fault)
            })
            .or_else(|| {
                let unknown = self.imports.iter().find(|one| *one != EVIDENCE);
                unknown.map(|one| format!("the import {one:?} cannot be granted: there is `evidence`"))
            })
    }

    /// Each list with its key in the configuration.
    const fn lists(&self) -> [(&'static str, &BTreeSet<String>); 3] {
        [("programs", &self.programs), ("environment", &self.environment), ("imports", &self.imports)]
    }

    /// The line that grants all of this to `name`, as written under `[grants]` in the configuration.
    pub fn line(&self, kind: PluginKind, name: &str) -> String {
        let list = |names: &BTreeSet<String>| {
            let quoted: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
            format!("[{}]", quoted.join(", "))
        };
        let parts: Vec<_> = self
            .lists()
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(key, names)| format!("{key} = {}", list(names)))
            .collect();
        format!("{kind}.{name} = {{ {} }}", parts.join(", "))
    }
}

/// Grants by kind and name: `[grants]` in the configuration, `executor.claude = { programs = ["claude"] }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeMap<PluginKind, BTreeMap<String, Grant>>);

impl Grants {
    /// What one component was granted.
    pub fn of(&self, kind: PluginKind, name: &str) -> Grant {
        self.0.get(&kind).and_then(|names| names.get(name)).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_grants_names_what_is_missing_and_nothing_else() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let asked = Grant {
            programs: set(&["claude", "npx"]),
            environment: set(&["KEY"]),
            imports: set(&["evidence"]),
        };
        let granted = Grant { programs: set(&["claude"]), ..Grant::default() };
        let missing = asked.beyond(&granted);
        assert_eq!(
            missing.line(PluginKind::Executor, "claude"),
            r#"executor.claude = { programs = ["npx"], environment = ["KEY"], imports = ["evidence"] }"#
        );
        assert!(asked.beyond(&asked).is_empty());
    }

    #[test]
    fn a_grant_that_no_component_can_ask_for_is_a_fault() {
        let set = |name: &str| std::collections::BTreeSet::from([name.to_owned()]);
        let fault = |grant: Grant| grant.fault("agy").unwrap_or_default();
        let fine = Grant { programs: set("agy"), environment: set("KEY"), imports: set("evidence") };
        assert_eq!(fine.fault("agy"), None);
        assert!(fine.fault("no such").unwrap().contains("\"no such\" is not 1 to 64 of a-z, 0-9 and '-'"));
        let programs = set("../x");
        assert!(fault(Grant { programs, ..Grant::default() }).contains("\"../x\" is not a plain name"));
        let environment = set("A=B");
        assert!(fault(Grant { environment, ..Grant::default() }).contains("not the name of an environment"));
        let imports = set("network");
        assert!(fault(Grant { imports, ..Grant::default() }).contains("\"network\" cannot be granted"));
    }
}
