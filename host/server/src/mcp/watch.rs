//! `subscriptions/listen`: a client is told when what it reads of a run has changed.

use super::resources::Place;
use futures::future::join_all;
use jackfield::Host;
use jackfield_types::{Problem, RunId};
use rmcp::model::SubscriptionFilter;
use rmcp::service::SubscriptionContext;
use std::collections::BTreeMap;
use std::time::Duration;

/// Most addresses that one subscription may name.
const MOST: usize = 100;
/// Changes that follow each other closer than this are told once.
const PAUSE: Duration = Duration::from_secs(1);

/// What of the wish is granted: the addresses of runs. Whether there are such runs is not told.
pub(super) fn granted(wish: &SubscriptionFilter) -> SubscriptionFilter {
    let named = wish.resource_subscriptions.iter().flatten();
    let ours = named.filter(|uri| Place::parse(uri).is_some()).take(MOST).cloned();
    SubscriptionFilter::builder().resource_subscriptions(ours.collect::<Vec<_>>()).build()
}

/// Tells of changes until the client goes or the host stops.
pub(super) async fn tell(host: &Host, subscription: &SubscriptionContext) {
    let mut runs: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
    for uri in subscription.accepted().resource_subscriptions.iter().flatten() {
        if let Some(place) = Place::parse(uri) {
            runs.entry(place.run).or_default().push(uri.clone());
        }
    }
    let followed = runs.iter().map(|(run, uris)| async move {
        if let Err(problem) = follow(host, subscription, *run, uris).await {
            tracing::debug!(%run, "a subscription is told nothing more: {problem}");
        }
    });
    let all = async {
        join_all(followed).await;
        // What has ended changes no more, and the subscription stays as long as its client wants it.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = all => {}
        () = subscription.cancelled() => {}
        () = host.stopping() => {}
    }
}

async fn follow(host: &Host, to: &SubscriptionContext, run: RunId, uris: &[String]) -> Result<(), Problem> {
    let seen = host.runs().get(run).await?.run.last_seq;
    let mut feed = host.runs().feed(run, seen).await?;
    while feed.page().await?.is_some() {
        for uri in uris {
            if to.sink().notify_resource_updated(uri).await.is_err() {
                return Ok(());
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
