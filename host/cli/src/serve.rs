//! `serve`: MCP, REST and the dashboard on one local port, until told to stop.

use super::args::Global;
use super::browser::{self, Announced};
use super::notify;
use super::opening::settings;
use super::output::{Outcome, say_line};
use super::reload::Reload;
use super::stop::{ToldToStop, drain, part};
use jackfield_server::port::Port;
use jackfield_server::{Token, http};
use jackfield_types::{ErrorCode, Problem};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long an answer that is under way may take once nothing is in hand any more.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long the rest of a stop may take, as its service manager is told.
const LONGEST_PARTING: Duration = Duration::from_secs(60);

/// What `serve` is asked.
pub(super) struct Asked {
    pub(super) listen: Option<String>,
    pub(super) locked: bool,
    pub(super) drain: Option<u64>,
}

pub(super) async fn serve(asked: Asked, global: &Global) -> Result<Outcome, Problem> {
    let mut told_to_stop = ToldToStop::listen();
    let mut global = global.clone();
    // As the last flags, so that a changed file does not undo them.
    if asked.locked {
        global.set.push(("plugins.locked".to_owned(), "true".to_owned()));
    }
    if let Some(seconds) = asked.drain {
        global.set.push(("server.drain_s".to_owned(), seconds.to_string()));
    }
    let global = &global;
    let (data, config) = settings(global)?;
    let port = Port::open(&config.server, asked.listen.as_deref()).await?;
    let (url, asked_at) = (port.url(), port.asked_at(&config.server.names));
    let address = port.reached_at().to_string();
    let only_locked = config.plugins.locked;
    let host = super::opening::builder(data).config(config.clone()).open().await?;
    super::telemetry::keep_from_log(&host);
    let names = config.server.names.clone();
    if only_locked {
        say_line("components are locked: nothing serves but what plugins.lock has");
    }
    let reload = Reload::new(host.clone(), global, config)?;
    let file = host.data_folder().join("token");
    let token = Token::kept_in(&file)?;
    host.access().learn_token();
    let announced = Announced::new(&host.data_folder(), &asked_at, &address);
    // A ticket is a secret, and what is no terminal may be a log.
    let dashboard = match std::io::stdout().is_terminal() {
        true => browser::login(&host, &asked_at, &token).await?.url,
        false => format!("{asked_at}/ (log in with `jackfield open`)"),
    };
    let shown = file.display();
    say_line(&format!(
        "jackfield {} serves {url}\n\
         \n  dashboard {dashboard}\n  MCP       {asked_at}/mcp\n  REST      {asked_at}/api/runs\n  token     {shown}\n  plugins   {}\n\
         \nConnect Claude Code:\n  claude mcp add --transport http jackfield {asked_at}/mcp --header \"Authorization: Bearer $(cat {shown})\"",
        jackfield::VERSION,
        host.plugins().folder().display(),
    ));
    let telling = host.clone();
    tokio::spawn(async move { jackfield_notifications::deliver(&telling).await });
    notify::ready(&format!("serves {url}"));
    let stopping = CancellationToken::new();
    let router = http::site(&host, token, &names);
    let mut served = tokio::spawn(port.serve(router, stopping.clone()));
    let failed = tokio::select! {
        ended = &mut served => Some(ended),
        () = told_to_stop.heard() => None,
        () = reload.follow() => None,
    };
    let server = host.config().server.clone();
    notify::stopping(Duration::from_secs(server.drain_s).saturating_add(LONGEST_PARTING));
    let leave = async {
        drain(&host, Duration::from_secs(server.drain_s)).await;
        stopping.cancel();
        // While the server still answers: whoever waits for one of these runs is told how it stands.
        part(&host, server.on_stop).await;
        if failed.is_none() {
            let _ = timeout(LAST_WORDS, served).await;
        }
        drop(announced);
    };
    tokio::select! {
        () = leave => {}
        () = told_to_stop.heard() => {
            tracing::warn!("second stop signal: stopping at once; the next host takes over the running attempts");
        }
    }
    match failed {
        Some(Ok(Err(error))) => Err(failed_server(&error)),
        Some(Err(error)) => Err(failed_server(&error)),
        Some(Ok(Ok(()))) | None => Ok(Outcome::Fine),
    }
}

fn failed_server(error: &dyn std::error::Error) -> Problem {
    Problem::operator(ErrorCode::ServerFailed, error.to_string(), "start it again")
}
