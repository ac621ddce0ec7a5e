//! `serve`: MCP and REST on one local port, until told to stop.

use super::args::Global;
use super::reload::Reload;
use super::{Outcome, say_line, settings};
use crate::doors::port::Port;
use crate::doors::{Token, http};
use crate::webhooks;
use jackfield_types::Problem;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long an answer that is under way may take once every run is settled.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub(super) async fn serve(listen: Option<String>, locked: bool, global: &Global) -> Result<Outcome, Problem> {
    let mut global = global.clone();
    if locked {
        // As the last flag, so that a changed file does not undo it.
        global.set.push(("plugins.locked".to_owned(), "true".to_owned()));
    }
    let global = &global;
    let (data, config) = settings(global)?;
    let port = Port::open(&config.server, listen.as_deref()).await?;
    let url = port.url();
    let only_locked = config.plugins.locked;
    let host = super::builder(data).config(config.clone()).open().await?;
    let names = config.server.names.clone();
    if only_locked {
        say_line("components are locked: nothing serves but what plugins.lock has");
    }
    let reload = Reload::new(host.clone(), global, config)?;
    let file = host.data_folder().join("token");
    let token = Token::kept_in(&file)?;
    let shown = file.display();
    say_line(&format!(
        "jackfield {} serves {url}\n\
         \n  MCP     {url}/mcp\n  REST    {url}/api/runs\n  token   {shown}\n  plugins {}\n\
         \nConnect Claude Code:\n  claude mcp add --transport http jackfield {url}/mcp --header \"Authorization: Bearer $(cat {shown})\"",
        crate::VERSION,
        host.plugin_folder().display(),
    ));
    let telling = host.clone();
    tokio::spawn(async move { webhooks::deliver(&telling).await });
    let stopping = CancellationToken::new();
    let served = port.serve(http::router(&host, token, &names), stopping.clone());
    let stop = async {
        tokio::select! {
            () = told_to_stop() => {}
            () = reload.follow() => {}
        }
        tracing::info!("stopping: runs in hand are cancelled and settled");
        stopping.cancel();
        // While the server still answers: whoever waits for one of these runs is told how it ended.
        host.shutdown().await;
        sleep(LAST_WORDS).await;
    };
    let served = tokio::select! {
        served = served => served,
        () = stop => Ok(()),
    };
    host.shutdown().await;
    served.map_err(|error| Problem::operator("server_failed", error.to_string(), "start it again"))?;
    Ok(Outcome::Fine)
}

/// Interrupt or TERM.
pub(super) async fn told_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
