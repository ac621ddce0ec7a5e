//! `token` and `audit`: access tokens, and the audit log of requests.

use super::output::{Outcome, say};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jackfield::Host;
use jackfield_api::{AuditEntry, AuditFilter, TokenRequest};
use jackfield_render::table::{table, when};
use jackfield_store::AccessToken;
use jackfield_types::{Problem, Scope, Sees, Timestamp};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and print it; it is not shown again
    Create(CreateArgs),
    /// List access tokens
    List {
        /// Include revoked and expired tokens
        #[arg(long)]
        all: bool,
    },
    /// Revoke a token
    ///
    /// Open streams that use it end within seconds.
    Revoke {
        /// Name of the token
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Name of the token; its work is recorded under this name
    name: String,
    /// Scopes, comma-separated
    #[arg(long = "scope", value_parser = scope(), value_delimiter = ',', required = true)]
    scopes: Vec<Scope>,
    /// Work that the token can see
    #[arg(long, value_parser = sees(), default_value = "own")]
    sees: Sees,
    /// Expiry: 90d, 12h, a date or a time [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    let words = [
        PossibleValue::new("read").help("Read runs, tasks, statistics and components"),
        PossibleValue::new("execute").help("Submit and cancel work, manage tasks; includes read"),
        PossibleValue::new("work").help("Execute runs as a worker on another machine"),
        PossibleValue::new("admin").help("Everything, including breaker, components, workers and tokens"),
    ];
    PossibleValuesParser::new(words).try_map(|word| Scope::parse(&word).ok_or("no scope"))
}

fn sees() -> impl TypedValueParser<Value = Sees> {
    let words = [
        PossibleValue::new("own").help("Work submitted with a token of this name"),
        PossibleValue::new("all").help("All work"),
    ];
    PossibleValuesParser::new(words).try_map(|word| Sees::parse(&word).ok_or("neither"))
}

/// Filters of the audit log.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Start of the period: an age like 7d or 12h, a date or a time
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Filter by principal: a token's name, or `rest` or `mcp` for the owner's token
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Filter by run
    #[arg(long)]
    run: Option<String>,
    /// Maximum number of entries to show
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

pub(super) async fn audit(host: &Host, arguments: AuditArgs, json: bool) -> Result<Outcome, Problem> {
    let run = match &arguments.run {
        Some(run) => Some(host.runs().find(run).await?),
        None => None,
    };
    let AuditArgs { since, who, limit, .. } = arguments;
    let filter = AuditFilter { since, who, run, limit: Some(limit) };
    let entries = host.access().audit_log(filter).await?;
    say(json, || calls(&entries), &entries);
    Ok(Outcome::Fine)
}

fn calls(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "no matching requests".to_owned();
    }
    let row = |entry: &AuditEntry| {
        let what = match &entry.tool {
            Some(tool) => format!("tool {tool}"),
            None => format!("{} {}", entry.method, entry.path.escape_debug()),
        };
        let about = entry.run.map(|run| run.to_string()).or(entry.task.map(|task| task.to_string()));
        [
            when(entry.at),
            entry.who.clone().unwrap_or_else(|| "nobody".to_owned()),
            what,
            entry.status.to_string(),
            format!("{} ms", entry.took_ms),
            about.unwrap_or_default(),
        ]
    };
    table(["AT (UTC)", "WHO", "WHAT", "ANSWER", "TOOK", "ABOUT"], entries.iter().map(row))
}

pub(super) async fn token(host: &Host, command: TokenCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        TokenCommand::Create(arguments) => {
            let made = host.access().create_token(request(arguments)).await?;
            say(
                json,
                || {
                    format!(
                        "{}\n\nThis token of '{}' {}. It is not shown again. Send it in the header \
                         `Authorization: Bearer …`.",
                        made.text,
                        made.token.name,
                        allows(&made.token)
                    )
                },
                &made,
            );
        }
        TokenCommand::List { all } => {
            let tokens = host.access().tokens(all).await?;
            say(json, || list(&tokens), &tokens);
        }
        TokenCommand::Revoke { name } => {
            let token = host.access().revoke_token(&name).await?;
            say(json, || format!("revoked the token of '{name}'"), &token);
        }
    }
    Ok(Outcome::Fine)
}

fn request(arguments: CreateArgs) -> TokenRequest {
    let CreateArgs { name, scopes, sees, expires } = arguments;
    TokenRequest { name, scopes: scopes.into(), sees: Some(sees), expires }
}

fn allows(token: &AccessToken) -> String {
    let whose = match (token.scopes.allow(Scope::Read), token.scopes.allow(Scope::Admin), token.sees) {
        (_, true, _) | (true, _, Sees::All) => ", sees everybody's work",
        (true, _, Sees::Own) => ", sees its own work",
        (false, ..) => "",
    };
    let ends =
        token.expires_at.map_or("does not expire".to_owned(), |end| format!("expires {} UTC", when(end)));
    format!("allows {}{whose}, and {ends}", token.scopes)
}

fn list(tokens: &[AccessToken]) -> String {
    if tokens.is_empty() {
        return "no tokens besides the owner's; create one with `jackfield token create`".to_owned();
    }
    let moment = |at: Option<Timestamp>, never: &str| at.map_or_else(|| never.to_owned(), when);
    let row = |token: &AccessToken| {
        let ends = match token.revoked_at {
            Some(at) => format!("revoked {}", when(at)),
            None => moment(token.expires_at, "never"),
        };
        let sees = if token.scopes.allow(Scope::Admin) { Sees::All } else { token.sees };
        [
            token.name.clone(),
            token.scopes.to_string(),
            sees.as_str().to_owned(),
            when(token.created_at),
            moment(token.used_at, "never"),
            ends,
        ]
    };
    table(["NAME", "SCOPES", "SEES", "CREATED (UTC)", "USED", "EXPIRES"], tokens.iter().map(row))
}
