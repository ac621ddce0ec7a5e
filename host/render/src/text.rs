//! Records as text for people and models: the same words at every door.

use super::screen::{Screen, Tone, one_line};
use super::table::{or_dash, table, when};
use super::text_components;
use jackfield::{Advice, Ordered, event_line, leftovers};
use jackfield_api::{AuthStatus, OrchestratorStatus};
use jackfield_model::RunEvent;
use jackfield_plugins::{
    CheckReport, CheckVerdict, Figures, FileInspection, Inspection, PluginStatus, shown,
};
use jackfield_store::{
    Artifact, Attempt, BreakerStatus, Corrected, HostEventRecord, LedgerRow, ModelStats, RunEventRecord,
    RunSummary, RunView, Totals,
};
use jackfield_types::Settled;
use std::path::Path;

/// Each on a line of its own, whatever it was made from; an empty line before it stays.
pub fn each_on_one(lines: Vec<String>) -> Vec<String> {
    let line = |line: String| match line.strip_prefix('\n') {
        Some(rest) => format!("\n{}", one_line(rest)),
        None => one_line(&line),
    };
    lines.into_iter().map(line).collect()
}

/// Runs as a table.
pub fn runs(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "no runs".into();
    }
    let row = |run: &RunSummary| {
        let state = run.state.to_string();
        let outcome = match run.failure {
            Some(class) if class.as_str() != state => format!("{state} ({class})"),
            _ => state,
        };
        [
            run.run.to_string(),
            when(run.created_at),
            outcome,
            or_dash(run.executor.as_ref()),
            run.cost.to_string(),
            run.workspace_name.clone(),
            run.title.clone(),
        ]
    };
    table(["RUN", "STARTED (UTC)", "STATE", "EXECUTOR", "COST", "WORKSPACE", "TASK"], runs.iter().map(row))
}

/// One run with its attempts and artifacts.
pub fn run(view: &RunView) -> String {
    let mut lines = vec![
        format!("run       {}  {}", view.run.id, view.run.state),
        format!("task      {}  {}", view.task.id, view.task.title),
        format!("kind      {}, complexity {}", view.task.task_type, view.task.complexity),
        format!("created   {}", when(view.run.created_at)),
    ];
    lines.extend(run_lines(&view.attempts, &view.artifacts));
    each_on_one(lines).join("\n")
}

/// The attempts of a run, and what they produced.
pub fn run_lines(attempts: &[Attempt], artifacts: &[Artifact]) -> Vec<String> {
    let mut lines = Vec::new();
    for attempt in attempts {
        lines.push(format!("\nattempt {} {}  {}", attempt.number, attempt.id, attempt.state));
        lines.push(format!("  by        {} {}", attempt.executor, attempt.model.as_deref().unwrap_or("")));
        lines.push(format!("  why       {}", attempt.reason));
        lines.push(format!("  adapter   {}", attempt.adapter));
        let usage = attempt.usage;
        lines.push(format!(
            "  tokens    {} in, {} cached, {} cache write, {} out ({} reasoning)",
            usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning
        ));
        let source = attempt.cost_source.map_or("-", jackfield_types::CostSource::as_str);
        lines.push(format!("  cost      {} (price: {source})", attempt.cost));
        if let Some(outcome) = &attempt.outcome {
            lines.push(format!(
                "  outcome   process {}, delivered {}, verified {}",
                outcome.process, outcome.delivered, outcome.verified
            ));
        }
        match &attempt.settled {
            Some(Settled::Failed(failure)) => lines.push(format!("  failed    {failure}")),
            Some(Settled::Succeeded { notes }) => {
                lines.extend(notes.iter().map(|note| format!("  note      {note}")))
            }
            None => {}
        }
        lines.extend(attempt.branch.iter().map(|branch| format!("  branch    {branch}")));
        let unseen = leftovers::saw_no_changes(attempt);
        lines.extend(unseen.then(|| format!("  note      {}", leftovers::NOT_SEEN)));
    }
    let produced = |artifact: &Artifact| match artifact.kind.as_str() {
        // Its label says where it is.
        leftovers::KIND => format!("\nnot on the branch: {}", artifact.label),
        kind => format!("\n{kind}: {} ({})", artifact.label, artifact.target),
    };
    lines.extend(artifacts.iter().map(produced));
    each_on_one(lines)
}

/// One line for a record, whose event is given typed; none where it is not worth one.
pub fn event(record: &RunEventRecord, event: &RunEvent) -> Option<String> {
    let screen = Screen::now();
    let at = screen.paint(Tone::Aside, &record.at.strftime("%H:%M:%S").to_string());
    event_line(event, record.agent.as_deref()).map(|line| {
        format!("{at}  {}", event_tone(event).map_or(line.clone(), |tone| screen.paint(tone, &line)))
    })
}

/// How an event sounds.
pub const fn event_tone(event: &RunEvent) -> Option<Tone> {
    match event {
        RunEvent::RunSucceeded(_) => Some(Tone::Good),
        RunEvent::RunFailed(_) => Some(Tone::Bad),
        RunEvent::ToolResult(result) if !result.ok => Some(Tone::Bad),
        RunEvent::Gate(ruled) if !ruled.passed => Some(Tone::Bad),
        RunEvent::Warning(_)
        | RunEvent::HostWarning(_)
        | RunEvent::Leftover(_)
        | RunEvent::Limit(_)
        | RunEvent::Retrying(_) => Some(Tone::Careful),
        RunEvent::RunCancelled(_)
        | RunEvent::Worktree(_)
        | RunEvent::RunQueued(_)
        | RunEvent::RunStarted(_) => Some(Tone::Aside),
        _ => None,
    }
}

/// The breaker and its limits, dollars.
pub fn breaker(status: &BreakerStatus) -> String {
    let row = |limit: &jackfield_store::LimitStatus| {
        [
            format!("{} {}", limit.scope, limit.limit.period.adjective()),
            limit.amount(),
            limit.spent.to_string(),
            limit.reserved.to_string(),
            limit.left.to_string(),
            limit.state.to_string(),
            or_dash(limit.resets_at.map(when)),
        ]
    };
    let limits = table(
        ["LIMIT", "AMOUNT", "SPENT", "HELD", "LEFT", "STATE", "BEGINS ANEW (UTC)"],
        status.limits.iter().map(row),
    );
    format!("breaker {}\n{limits}", status.state)
}

/// What a correction changed, dollars.
pub fn corrected(corrected: &Corrected) -> String {
    format!("run {} cost {}: {} was recorded before", corrected.run, corrected.cost, corrected.was)
}

/// What happened to the breaker, a line each.
pub fn breaker_history(events: &[HostEventRecord]) -> String {
    if events.is_empty() {
        return "nothing has happened to the breaker".into();
    }
    let row = |event: &HostEventRecord| {
        [when(event.at), event.kind.clone(), event.subject.clone(), event.payload.get().to_owned()]
    };
    table(["AT (UTC)", "WHAT", "WHOSE", "DETAILS"], events.iter().map(row))
}

/// The ledger as a table, dollars.
pub fn ledger(rows: &[LedgerRow]) -> String {
    let row = |row: &LedgerRow| {
        [
            when(row.at),
            format!("{:?}", row.kind).to_lowercase(),
            row.executor.clone(),
            row.reserved_delta.to_string(),
            row.spent_delta.to_string(),
            or_dash(row.source.map(jackfield_types::CostSource::as_str)),
        ]
    };
    table(["AT (UTC)", "ENTRY", "EXECUTOR", "HELD", "SPENT", "PRICE"], rows.iter().map(row))
}

/// Runs, tokens and dollars, in all and by model.
pub fn stats(totals: &Totals, models: &[ModelStats]) -> String {
    let mut text = format!(
        "{} tasks; runs: {} queued, {} running, {} succeeded, {} failed, {} cancelled; {} spent",
        totals.tasks,
        totals.queued,
        totals.running,
        totals.succeeded,
        totals.failed,
        totals.cancelled,
        totals.billed + totals.equivalent
    );
    if !models.is_empty() {
        let row = |stats: &ModelStats| {
            [
                stats.executor.clone(),
                or_dash(stats.model.as_ref()),
                stats.attempts.to_string(),
                stats.succeeded.to_string(),
                stats.verified.to_string(),
                or_dash(stats.mean_cost()),
                or_dash(stats.mean_latency_ms().map(|ms| format!("{:.1} s", ms as f64 / 1e3))),
            ]
        };
        let heads = ["EXECUTOR", "MODEL", "ATTEMPTS", "SUCCEEDED", "VERIFIED", "MEAN COST", "MEAN TIME"];
        text += &format!("\n{}", table(heads, models.iter().map(row)));
    }
    text
}

/// What the chooser would pick, with its reasons.
pub fn advice(advice: &Advice) -> String {
    let choice = |choice: &jackfield::AdvisedChoice| {
        one_line(&format!("{} {}: {}", choice.executor, choice.model.as_deref().unwrap_or(""), choice.reason))
    };
    let task = &advice.task;
    let guessed = if task.classified { " (by its words)" } else { "" };
    let mut lines = vec![format!(
        "task: {}{guessed}, complexity {}, role {}",
        task.task_type, task.complexity, task.role
    )];
    let issue = |issue: &jackfield::QualityIssue| {
        format!("open quality issue: {} ({}), task {}", issue.title, issue.failure, issue.task_id)
    };
    lines.extend(advice.quality_issues.iter().take(5).map(issue));
    lines.push(match &advice.chooser {
        Some(chooser) => format!("{chooser} would pick, best first:"),
        None => "the request names the executor:".to_owned(),
    });
    lines.extend(advice.choices.iter().take(5).map(choice));
    lines.join("\n")
}

/// The state of the host: runs, money, components.
pub fn status(status: &OrchestratorStatus) -> String {
    let mut lines = vec![format!(
        "{} running of {}, {} queued; breaker {}, ${:.2} spent today",
        status.running, status.max_concurrent, status.queued, status.breaker, status.spent_today_usd
    )];
    for executor in &status.executors {
        let rest = executor
            .cooling_until
            .map(|until| format!(", resting until {}", when(until)))
            .unwrap_or_default();
        lines.push(format!("{}: {} of {} busy{rest}", executor.executor, executor.busy, executor.slots));
        for limit in &executor.limits {
            let state = if limit.rejected { "reached" } else { "not reached" };
            let reset = limit.resets_at.map(|at| format!(", resets at {}", when(at))).unwrap_or_default();
            lines.push(format!("{}: limit {} of the provider {state}{reset}", executor.executor, limit.name));
        }
    }
    lines.extend(status.warnings.iter().map(|warning| format!("warning: {warning}")));
    each_on_one(lines).join("\n")
}

/// The executors: installed, logged in, ready.
pub fn auth(statuses: &[AuthStatus]) -> String {
    let line = |status: &AuthStatus| {
        let version = status.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let state = match (status.enabled, status.installed, status.login.as_str()) {
            (false, ..) => "switched off".to_owned(),
            (_, false, _) => "not installed".to_owned(),
            (.., "logged_in") => match status.account.as_deref() {
                // An executor that has no login says so in the place of an account.
                Some(account) if account.starts_with("no login") => format!("ready, {account}"),
                Some(account) => format!("logged in ({account})"),
                None => "logged in".to_owned(),
            },
            (.., "logged_out") => "not logged in".to_owned(),
            _ => "ready".to_owned(),
        };
        let remedy = status.remedy.as_deref().map(|remedy| format!("\n  {remedy}")).unwrap_or_default();
        format!("{}{version}: {state}{remedy}", status.executor)
    };
    statuses.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What was ordered of a component, and what serves now.
pub fn ordered(ordered: &Ordered) -> String {
    let Ordered { kind, name, serving, granted, pinned, asked_for } = ordered;
    let serves = match serving {
        Some(digest) => format!("{kind} {name}: {} serves", digest.short()),
        None => format!("no {kind} {name} serves"),
    };
    let granted = if granted.is_empty() {
        String::new()
    } else {
        format!("\ngranted by command: {}", granted.line(*kind, name))
    };
    let pinned = pinned.map(|digest| format!("\npinned to {digest}")).unwrap_or_default();
    let asked = if asked_for.is_empty() {
        serving.map(|_| "\nnot in use: another component serves in its place".to_owned()).unwrap_or_default()
    } else {
        format!("\nasked for: {}", asked_for.join(", "))
    };
    format!("{serves}{asked}{granted}{pinned}")
}

/// The components as a table.
pub fn plugins(plugins: &[PluginStatus]) -> String {
    let row = |plugin: &PluginStatus| {
        let file = plugin.file.as_ref().and_then(|file| file.file_name()).map(|name| shown(Path::new(name)));
        [
            or_dash(plugin.kind),
            or_dash(plugin.name.as_ref()),
            or_dash(plugin.version.as_ref()),
            or_dash(plugin.digest.map(|digest| digest.short())),
            plugin.state.to_string(),
            file.unwrap_or_else(|| "embedded".into()),
            format!("{}/{}", plugin.failures, plugin.calls),
            plugin.figures.as_ref().map_or_else(|| "-".into(), took),
            if plugin.asked_for.is_empty() { "-".into() } else { plugin.asked_for.join(", ") },
            or_dash(reason(plugin).as_ref()),
        ]
    };
    table(
        [
            "KIND",
            "NAME",
            "VERSION",
            "DIGEST",
            "STATE",
            "FROM",
            "FAILED/CALLS",
            "P50/P99",
            "ASKED FOR",
            "REASON",
        ],
        plugins.iter().map(row),
    )
}

/// Why it is where it is; of one that serves in the place of another, of which.
fn reason(plugin: &PluginStatus) -> Option<String> {
    let serving = plugin.state == jackfield_plugins::State::Serving;
    let replaces = plugin.replaces.as_ref().filter(|_| serving).map(|other| format!("replaces {other}"));
    let parts: Vec<_> = plugin.reason.clone().into_iter().chain(replaces).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What half, and what almost all of the answered calls kept within.
fn took(figures: &Figures) -> String {
    let bound = |micros: Option<u64>| match micros {
        Some(micros @ 0..1_000) => format!("{micros} µs"),
        Some(micros) => format!("{} ms", micros as f64 / 1e3),
        None => "-".to_owned(),
    };
    format!("{}/{}", bound(figures.within(500)), bound(figures.within(990)))
}

/// Of an executor that runs the instruction.
pub const COMMANDS: &str =
    "commands  runs the instruction as a command: offered to choosers for tasks of type `command` only";

/// What would become of a component.
pub fn check(report: &CheckReport) -> String {
    let mut lines = vec![format!("{}  {} bytes  sha256 {}", shown(&report.file), report.size, report.digest)];
    lines.extend(report.plugin.iter().map(|plugin| format!("is        {plugin}")));
    lines.extend(report.summary.iter().map(|summary| format!("says      {summary}")));
    lines.push(format!("imports   {}", listed(&report.imports)));
    lines.push(format!("exports   {}", listed(&report.exports)));
    let steps: Vec<_> =
        report.steps.iter().map(|step| format!("{} {:.1} ms", step.step, step.micros as f64 / 1e3)).collect();
    lines.push(format!("steps     {}", steps.join(", ")));
    if report.runs_as_command {
        lines.push(COMMANDS.to_owned());
    }
    lines.extend(report.replaces.iter().map(|other| format!("replaces  would replace {other}")));
    let mut lines = each_on_one(lines);
    lines.push(match &report.verdict {
        CheckVerdict::WouldServe => "would serve at once".into(),
        CheckVerdict::WouldBeHeld { line, .. } => {
            format!("would be held; to let it serve, add under [grants] in jackfield.toml:\n  {line}")
        }
        CheckVerdict::WouldBeRejected { step, reason } => {
            format!("would be rejected at {step}: {}", one_line(reason))
        }
        CheckVerdict::Barred { reason } => format!("may not serve now: {}", one_line(reason)),
        CheckVerdict::Quarantined { reason } => format!("is quarantined: {}", one_line(reason)),
    });
    lines.join("\n")
}

/// All that is known of a component.
pub fn inspection(inspection: &Inspection) -> String {
    let status = &inspection.status;
    let mut lines = vec![
        format!(
            "{} {} {}  {}",
            or_dash(status.kind),
            or_dash(status.name.as_ref()),
            or_dash(status.version.as_ref()),
            status.state
        ),
        inspection.summary.clone(),
        format!("sha256    {}", or_dash(status.digest)),
        format!("from      {}", status.file.as_ref().map_or_else(|| "embedded".into(), |file| shown(file))),
        format!("asked for {}", listed(&status.asked_for)),
        format!("imports   {}", listed(&inspection.imports)),
        format!("exports   {}", listed(&inspection.exports)),
        text_components::limits(&inspection.limits),
    ];
    lines.extend(status.replaces.iter().map(|other| format!("replaces  {other}")));
    if inspection.runs_as_command {
        lines.push(COMMANDS.to_owned());
    }
    lines.extend(text_components::grants(&inspection.asks, &inspection.granted));
    lines.extend(text_components::granted_to_name(inspection));
    lines.extend(text_components::makeup(&inspection.makeup));
    if let Some(description) = &inspection.description {
        let models: Vec<_> = description.models.iter().map(|model| model.name.clone()).collect();
        lines.push(format!("models    {}", listed(&models)));
    }
    let setting =
        |setting: &jackfield_plugins::Setting| format!("setting   {}: {}", setting.name, setting.meaning);
    lines.extend(inspection.settings.iter().map(setting));
    for level in &inspection.levels {
        lines.push(format!("level     {}: {} ({} tokens)", level.name, level.summary, level.token_budget));
    }
    if !inspection.dimensions.is_empty() {
        lines.push(format!("rates     {}", listed(&inspection.dimensions)));
    }
    for gate in &inspection.gates {
        lines.push(format!("gate      {}: {}", gate.name, gate.summary));
        let schema: serde_json::Value = serde_json::from_str(&gate.schema).unwrap_or_default();
        lines.extend(gate_fields(&schema).into_iter().map(|line| format!("          {line}")));
    }
    lines.extend(inspection.before.iter().map(|plugin| format!("before    {plugin}")));
    each_on_one(lines).join("\n")
}

/// What the config of a gate takes, from its schema.
fn gate_fields(schema: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value, field: &str| {
        value.get(field).and_then(|text| text.as_str()).map(str::to_owned)
    };
    let required = |name: &String| {
        let names = schema.get("required").and_then(|names| names.as_array());
        names.is_some_and(|names| names.iter().any(|one| one == name.as_str()))
    };
    let fields = schema.get("properties").and_then(|fields| fields.as_object());
    let field = |(name, field): (&String, &serde_json::Value)| {
        let must = if required(name) { " (required)" } else { "" };
        let said = text(field, "description").map(|said| format!(": {said}")).unwrap_or_default();
        format!("{name}{must}{said}")
    };
    let mut lines: Vec<_> = fields.into_iter().flatten().map(field).collect();
    let example = schema.get("examples").and_then(|all| all.get(0));
    lines.extend(example.map(|example| format!("for example {example}")));
    lines
}

/// Everything about a file.
pub fn file(inspection: &FileInspection) -> String {
    let mut lines = vec![check(&inspection.check)];
    lines.extend(inspection.limits.as_ref().map(text_components::limits));
    lines.extend(text_components::grants(&inspection.check.asks, &inspection.granted));
    lines.extend(text_components::makeup(&inspection.makeup));
    lines.join("\n")
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
