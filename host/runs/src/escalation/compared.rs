//! What several agents' work side by side came to, as every answer tells it: verdict, winner, losers, differences.

use jackfield_api::{Author, ConsensusResult};
use jackfield_replay::describe::named;
use jackfield_store::{Round, RoundAttempt, RunView};
use jackfield_types::Micros;
use serde_json::Value;

/// Most differences that are told in the text of an answer, and the longest line of it, bytes.
const DIFFERENCES: usize = 4;
const LONGEST: usize = 240;

/// Whether several attempts of a run were made side by side.
pub fn is_compared(view: &RunView) -> bool {
    let mut rounds: Vec<_> = view.attempts.iter().map(|attempt| attempt.round).collect();
    rounds.sort_unstable();
    rounds.windows(2).any(|two| matches!(two, [one, other] if one == other))
}

/// What the last of the rounds came to.
pub fn result(rounds: &[Round]) -> Option<ConsensusResult> {
    let round = rounds.last()?;
    let verdict = round.verdict.as_ref();
    let details = |name: &str| verdict.and_then(|verdict| verdict.details.get(name));
    let winner = details("winner").and_then(Value::as_str);
    let is_winner = |attempt: &&RoundAttempt| Some(attempt.id.to_string().as_str()) == winner;
    let listed = |name: &str| {
        let items = details("comparison").and_then(|all| all.get(name)).and_then(Value::as_array);
        items.into_iter().flatten().map(item).collect::<Vec<_>>()
    };
    let others = round.attempts.iter().filter(|attempt| !is_winner(attempt));
    let cost: Micros = round.attempts.iter().map(|attempt| attempt.cost).sum();
    Some(ConsensusResult {
        verdict: verdict.map(|verdict| verdict.reason.clone()),
        winner: round.attempts.iter().find(is_winner).map(author),
        losers: if verdict.is_some() { others.map(author).collect() } else { Vec::new() },
        differences: listed("differences"),
        points_of_agreement: listed("points_of_agreement"),
        authors: round.attempts.iter().map(author).collect(),
        cost_usd: cost.usd(),
    })
}

fn author(attempt: &RoundAttempt) -> Author {
    Author {
        attempt: attempt.id,
        number: attempt.number,
        executor: attempt.executor.clone(),
        model: attempt.model.clone(),
        failure: attempt.failure,
        branch: attempt.branch.clone(),
        cost_usd: attempt.cost.usd(),
    }
}

fn item(item: &Value) -> String {
    let field = |name: &str| item.get(name).and_then(Value::as_str);
    match (item.as_str(), field("subject"), field("summary")) {
        (Some(text), ..) => text.to_owned(),
        (None, Some(subject), Some(summary)) => format!("{subject}: {summary}"),
        _ => item.to_string(),
    }
}

/// The text of an answer with what the comparison came to behind it. In a chart these lines are comments.
pub fn with_result(text: String, result: &ConsensusResult) -> String {
    let is_chart = ["flowchart", "graph"].iter().any(|chart| text.starts_with(chart));
    let mark = if is_chart { "%% " } else { "" };
    let line = |line: String| {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("\n{mark}{}", jackfield_types::clip(&line, LONGEST))
    };
    let verdict = match (&result.verdict, &result.winner) {
        (None, _) => "consensus: not compared yet".to_owned(),
        (Some(verdict), None) => format!("consensus: no winner: {verdict}"),
        (Some(verdict), Some(winner)) => format!("consensus: {} won: {verdict}", who(winner)),
    };
    let mut lines = vec![verdict];
    lines.extend(result.winner.iter().map(|winner| format!("winner: {}", told(winner))));
    let others =
        if result.verdict.is_some() { ("loser", &result.losers) } else { ("agent", &result.authors) };
    lines.extend(others.1.iter().map(|other| format!("{}: {}", others.0, told(other))));
    lines.extend(result.differences.iter().take(DIFFERENCES).map(|one| format!("difference: {one}")));
    let more = result.differences.len().saturating_sub(DIFFERENCES);
    if more > 0 {
        lines.push(format!("and {more} more difference(s)"));
    }
    lines.into_iter().fold(text, |text, said| text + &line(said))
}

fn who(author: &Author) -> String {
    named(&author.executor, author.model.as_deref())
}

fn told(author: &Author) -> String {
    let failure = author.failure.map(|class| format!(", failed ({class})")).unwrap_or_default();
    let branch = author.branch.as_deref().map(|branch| format!(", branch {branch}")).unwrap_or_default();
    format!("{}, attempt {}{failure}{branch}", who(author), author.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::{AttemptId, FailureClass};

    fn author(executor: &str, failure: Option<FailureClass>) -> Author {
        Author {
            attempt: AttemptId::new(),
            number: 1,
            executor: executor.to_owned(),
            model: None,
            failure,
            branch: None,
            cost_usd: 0.0,
        }
    }

    #[test]
    fn verdict_is_shown_as_lines_and_in_a_diagram_as_comments() {
        let (winner, loser) = (author("claude", None), author("codex", Some(FailureClass::TestFail)));
        let mut result = ConsensusResult {
            verdict: Some("its checks\npassed".to_owned()),
            winner: Some(winner.clone()),
            losers: vec![loser.clone()],
            differences: (0..6).map(|number| format!("src/{number}.rs: differs")).collect(),
            points_of_agreement: Vec::new(),
            authors: vec![winner, loser],
            cost_usd: 0.0,
        };
        let text = with_result("done".to_owned(), &result);
        assert!(
            text.starts_with("done\nconsensus: claude won: its checks passed\nwinner: claude, attempt 1\n")
        );
        assert!(text.contains("\nloser: codex, attempt 1, failed (test_fail)\n"), "{text}");
        assert!(text.ends_with("\nand 2 more difference(s)"), "{text}");
        let chart = with_result("flowchart LR\na-->b".to_owned(), &result);
        assert!(chart.lines().skip(2).all(|line| line.starts_with("%% ")), "{chart}");
        result.winner = None;
        assert!(with_result(String::new(), &result).contains("consensus: no winner: its checks"));
    }
}
