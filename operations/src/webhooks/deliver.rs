//! What is due is taken, tried, and noted. A try that nobody reports on is tried again.

use super::{Means, sql};
use crate::access::read::actor_of;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events::{self, LoggedEvent, NewEvent, Wanted};
use crate::store::{Batch, Store, WriteTx};
use entities::enums::WebhookDeliveryState;
use entities::{webhook_delivery, webhook_endpoint};
use rand::RngExt;
use serde_json::json;
use std::collections::HashMap;
use time::Duration;
use uuid::Uuid;

/// How long a try may take until another node may take it over: longer than any call takes.
const LEASE: Duration = Duration::minutes(1);
/// Tries of one delivery.
pub const TRIES: i32 = 12;
/// Why an endpoint was switched off.
const GONE: &str = "the receiver answered 410 Gone";
pub(super) const NO_CREATOR: &str = "its creator may do nothing any longer";
/// The longest wait between two.
const LONGEST_WAIT: i64 = 12 * 60 * 60;

/// A delivery to be tried now.
#[derive(Debug)]
pub struct Attempt {
    /// The delivery.
    pub delivery: webhook_delivery::Model,
    /// Where to.
    pub url: String,
    /// What signs it, newest first.
    pub secrets: Vec<String>,
    /// What is sent.
    pub event: LoggedEvent,
}

/// What was taken of what is due.
#[derive(Debug, Default)]
pub struct Claimed {
    /// To be tried.
    pub attempts: Vec<Attempt>,
    /// How many deliveries were looked at: more than are to be tried where some were given up.
    pub taken: usize,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived, with this status.
    Delivered(u16),
    /// The receiver wants no more: 410.
    Gone,
    /// It did not arrive: the status, if there was an answer, and why.
    Failed(Option<u16>, String),
}

/// Endpoints that something is due for.
pub async fn due_endpoints(store: &Store) -> Result<Vec<Uuid>> {
    sql::due_endpoints(&store.read()).await
}

/// Takes what is due for an endpoint, so many at most, and holds it for a minute. What its creator may no longer
/// see is given up.
pub async fn claim(store: &Store, means: &Means, endpoint: Uuid, limit: usize) -> Result<Claimed> {
    store
        .write(|tx| async move {
            let endpoint = sql::by_ids(&tx, &[endpoint]).await?.pop();
            let open = |row: &webhook_endpoint::Model| row.active && row.deleted_at.is_none();
            let Some(endpoint) = endpoint.filter(open) else { return Ok(Claimed::default()) };
            let due = sql::due(&tx, endpoint.id, limit).await?;
            let taken = due.len();
            if taken == 0 {
                return Ok(Claimed::default());
            }
            let creator = actor_of(&tx, endpoint.created_by_kind, endpoint.created_by_id).await?;
            let Some(creator) = creator else {
                switch_off(&tx, endpoint.id, NO_CREATOR).await?;
                return Ok(Claimed::default());
            };
            let ids: Vec<Uuid> = due.iter().map(|row| row.id).collect();
            sql::begin_attempt(&tx, &ids, tx.now() + LEASE).await?;
            let ids: Vec<Uuid> = due.iter().map(|row| row.event_id).collect();
            let mut seen = events::pick(&tx, &Wanted::everything(&creator), &ids).await?;
            seen.extend(events::tests_of(&tx, endpoint.id, &ids).await?);
            let mut events: HashMap<Uuid, LoggedEvent> =
                seen.into_iter().map(|event| (event.row.id, event)).collect();
            let secrets = sql::secrets(&tx, endpoint.id, tx.now()).await?;
            let secrets: Result<Vec<String>> = secrets
                .iter()
                .map(|row| {
                    let text = means.master_key.open(&row.sealed)?;
                    String::from_utf8(text).map_err(|error| Error::Internal(error.to_string()))
                })
                .collect();
            let secrets = secrets?;
            let mut attempts = Vec::new();
            for mut delivery in due {
                delivery.attempts += 1;
                if let Some(event) = events.remove(&delivery.event_id) {
                    let (url, secrets) = (endpoint.url.clone(), secrets.clone());
                    attempts.push(Attempt { delivery, url, secrets, event });
                    continue;
                }
                let tried = sql::Tried {
                    state: WebhookDeliveryState::Failed,
                    status: None,
                    error: Some("its creator may no longer see this event"),
                    next_attempt_at: None,
                };
                finish(&tx, &delivery, &tried).await?;
            }
            Ok(Claimed { attempts, taken })
        })
        .await
}

/// Notes what came of a try, and sets when it is tried again. `first_retry` is the wait behind the first failure.
pub async fn settle(
    store: &Store,
    delivery: &webhook_delivery::Model,
    outcome: &Outcome,
    first_retry: std::time::Duration,
) -> Result<()> {
    let first = i64::try_from(first_retry.as_secs()).unwrap_or(i64::MAX);
    let jitter = rand::rng().random_range(800..=1_200);
    store
        .write(|tx| async move {
            let (state, status, error) = match outcome {
                Outcome::Delivered(status) => {
                    (WebhookDeliveryState::Delivered, Some(*status), None)
                }
                Outcome::Gone => (WebhookDeliveryState::Failed, Some(410), Some(GONE)),
                Outcome::Failed(status, why) => {
                    let state = if delivery.attempts < TRIES {
                        WebhookDeliveryState::Pending
                    } else {
                        WebhookDeliveryState::Failed
                    };
                    (state, *status, Some(why.as_str()))
                }
            };
            let next = (state == WebhookDeliveryState::Pending)
                .then(|| tx.now() + wait(first, delivery.attempts, jitter));
            let tried =
                sql::Tried { state, status: status.map(i32::from), error, next_attempt_at: next };
            if finish(&tx, delivery, &tried).await? && *outcome == Outcome::Gone {
                switch_off(&tx, delivery.endpoint_id, GONE).await?;
            }
            Ok(())
        })
        .await
}

/// Notes what came of a try; what waited behind one that is over is due.
async fn finish(
    tx: &WriteTx,
    delivery: &webhook_delivery::Model,
    tried: &sql::Tried<'_>,
) -> Result<bool> {
    sql::lock(tx, &[delivery.endpoint_id]).await?;
    let noted = sql::end_attempt(tx, delivery.id, delivery.attempts, tried).await?;
    if noted && tried.state != WebhookDeliveryState::Pending {
        sql::release_next(tx, delivery.endpoint_id, delivery.subject_id).await?;
    }
    Ok(noted)
}

/// Switches an endpoint off by itself, once.
pub(super) async fn switch_off(tx: &WriteTx, endpoint: Uuid, reason: &str) -> Result<()> {
    if !sql::disable(tx, endpoint, reason).await? {
        return Ok(());
    }
    let mut batch = Batch::default();
    let event =
        NewEvent::new(events::WEBHOOK_DISABLED, ("whe", endpoint), json!({ "reason": reason }));
    events::record(tx, &Actor::system(), &mut batch, event);
    batch.insert(tx).await
}

/// The wait behind so many failures: six times as long each time, up to twelve hours, a fifth more or less; from
/// five seconds that is twelve tries over three days. `jitter` is in thousandths.
fn wait(first: i64, failures: i32, jitter: i64) -> Duration {
    let exponent = u32::try_from(failures.clamp(1, 12) - 1).unwrap_or(0);
    let seconds = first.max(1).saturating_mul(6_i64.saturating_pow(exponent)).min(LONGEST_WAIT);
    Duration::milliseconds(seconds * jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_tries_take_three_days() {
        let total: Duration = (1..TRIES).map(|failures| wait(5, failures, 1_000)).sum();
        assert!((72..74).contains(&total.whole_hours()), "{total}");
        assert_eq!(wait(5, 1, 1_000), Duration::seconds(5));
        assert_eq!(wait(5, 2, 800), Duration::seconds(24));
        assert_eq!(wait(5, 100, 1_200), Duration::seconds(LONGEST_WAIT * 6 / 5));
        assert_eq!(wait(0, 0, 1_000), Duration::seconds(1));
    }
}
