//! Tickets in the output of a step, each of which becomes a card.

use crate::slug::slug;
use jackfield_model::Card;
use jackfield_store::{NewCard, NewTask, NewTicket, Task};
use jackfield_types::{Role, StagePosition, TaskId, clip};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Most tickets of a step, the longest key and title, and the longest body, bytes.
const MOST: usize = 100;
const LONGEST_KEY: usize = 32;
const LONGEST_TITLE: usize = 200;
const LONGEST_BODY: usize = 64 << 10;

/// A ticket, as a skill puts it out. What else a skill says of it stays in the output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Ticket {
    /// Unique among those of the card.
    pub(crate) key: String,
    pub(crate) title: String,
    /// The whole instruction.
    #[serde(default)]
    pub(crate) body: String,
    /// `feature`, `bug`, ...
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) size: Option<String>,
    /// The keys of the tickets that have to be finished first.
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
}

/// Reads a list of tickets, in an order in which each comes after those that it depends on.
///
/// # Errors
/// What is wrong, for the agent that tries again.
pub(crate) fn read(output: &Value) -> Result<Vec<Ticket>, String> {
    let tickets: Vec<Ticket> =
        Vec::deserialize(output).map_err(|error| format!("failed to read the tickets: {error}"))?;
    if tickets.len() > MOST {
        return Err(format!("{} tickets are more than {MOST}", tickets.len()));
    }
    let mut keys = BTreeSet::new();
    for ticket in &tickets {
        check(ticket)?;
        if !keys.insert(ticket.key.as_str()) {
            return Err(format!("two tickets have the key {}", ticket.key));
        }
    }
    for ticket in &tickets {
        if let Some(unknown) = ticket.depends_on.iter().find(|key| !keys.contains(key.as_str())) {
            let unknown = clip(unknown, LONGEST_KEY);
            return Err(format!("the ticket {} depends on {unknown}, which is no ticket", ticket.key));
        }
    }
    in_order(tickets)
}

fn check(ticket: &Ticket) -> Result<(), String> {
    let key = clip(&ticket.key, LONGEST_KEY);
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if ticket.key.is_empty() || ticket.key.len() > LONGEST_KEY || !ticket.key.bytes().all(is_key) {
        return Err(format!("'{key}' is not a key: 1 to {LONGEST_KEY} letters, digits, '-', '_' and '.'"));
    }
    let title = ticket.title.trim();
    if title.is_empty() || title.len() > LONGEST_TITLE || title.contains(char::is_control) {
        return Err(format!("the ticket {key} has no title of one line with 1 to {LONGEST_TITLE} bytes"));
    }
    if ticket.body.len() > LONGEST_BODY || ticket.body.contains('\0') {
        return Err(format!("the body of the ticket {key} is no text of at most {LONGEST_BODY} bytes"));
    }
    Ok(())
}

fn in_order(mut open: Vec<Ticket>) -> Result<Vec<Ticket>, String> {
    let mut ordered: Vec<Ticket> = Vec::new();
    while !open.is_empty() {
        let done: BTreeSet<_> = ordered.iter().map(|ticket| ticket.key.clone()).collect();
        let (ready, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|ticket| ticket.depends_on.iter().all(|key| done.contains(key)));
        if ready.is_empty() {
            let keys: Vec<_> = rest.iter().map(|ticket| ticket.key.as_str()).collect();
            return Err(format!(
                "these tickets depend on each other in a cycle: {}",
                clip(&keys.join(", "), 200)
            ));
        }
        ordered.extend(ready);
        open = rest;
    }
    Ok(ordered)
}

/// The tickets as cards that begin in a stage.
pub(crate) fn cards(
    tickets: Vec<Ticket>,
    parent: &Card,
    task: &Task,
    begin: &StagePosition,
) -> Vec<NewTicket> {
    tickets.into_iter().map(|ticket| card(ticket, parent, task, begin)).collect()
}

fn card(ticket: Ticket, parent: &Card, task: &Task, begin: &StagePosition) -> NewTicket {
    let labels = [ticket.kind.as_deref(), ticket.size.as_deref()].into_iter().flatten();
    let labels = labels.filter(|label| (1..=64).contains(&label.trim().len()));
    let title = ticket.title.trim().to_owned();
    NewTicket {
        card: NewCard {
            slug: slug(&title),
            labels: labels.map(str::to_owned).collect(),
            priority: parent.priority,
            assignee: None,
            depends_on: Vec::new(),
            task: NewTask {
                id: TaskId::new(),
                title,
                instruction: ticket.body,
                task_type: "feature".to_owned(),
                role: Role::Implement,
                expect_change: true,
                position: begin.clone(),
                idempotency: None,
                workspace: task.workspace,
                principal: task.principal.clone(),
                complexity: task.complexity,
                language: task.language.clone(),
                stack: task.stack.clone(),
            },
        },
        key: ticket.key,
        depends_on: ticket.depends_on,
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn tickets_are_ordered_by_their_dependencies() {
        let tickets = json!([
            { "key": "T3", "title": "c", "body": "", "depends_on": ["T2", "T1"], "requirements": ["R1"] },
            { "key": "T2", "title": "b", "body": "", "depends_on": ["T1"] },
            { "key": "T1", "title": "a", "body": "do it", "type": "feature", "size": "S" },
        ]);
        let read = read(&tickets).unwrap();
        let keys: Vec<_> = read.iter().map(|ticket| ticket.key.as_str()).collect();
        assert_eq!(keys, ["T1", "T2", "T3"]);
        assert_eq!((read[0].kind.as_deref(), read[0].body.as_str()), (Some("feature"), "do it"));
    }

    #[test]
    fn tickets_that_cannot_be_done_are_refused_with_the_reason() {
        let ticket = |key: &str, on: &[&str]| json!({ "key": key, "title": "t", "depends_on": on });
        for (tickets, why) in [
            (json!([ticket("T1", &["T2"]), ticket("T2", &["T1"])]), "in a cycle: T1, T2"),
            (json!([ticket("T1", &["T1"])]), "in a cycle: T1"),
            (json!([ticket("T1", &["T9"])]), "T1 depends on T9, which is no ticket"),
            (json!([ticket("T1", &[]), ticket("T1", &[])]), "two tickets have the key T1"),
            (json!([ticket("../x", &[])]), "is not a key"),
            (json!([{ "key": "T1", "title": "a\nb" }]), "no title of one line"),
            (json!([{ "key": "T1", "title": "a", "body": "x".repeat(65_537) }]), "at most 65536 bytes"),
            (json!({ "key": "T1" }), "failed to read the tickets"),
            (json!(vec![ticket("T1", &[]); 101]), "101 tickets are more than 100"),
        ] {
            let refused = read(&tickets).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
