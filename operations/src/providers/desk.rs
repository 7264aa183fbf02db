//! Takes what is due, asks outside of any transaction, and writes the answers.

use super::{Answer, Ask, AskKind, Connector, Silence, answer, sql};
use crate::disputes::read as disputes;
use crate::error::Result;
use crate::payments::read as payments;
use crate::store::Store;
use entities::provider_ask;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;
use uuid::Uuid;

/// Asked at a time by one node.
const AT_ONCE: usize = 16;
/// How long an ask may take until another node may take it over: longer than any call takes.
const LEASE: Duration = Duration::minutes(2);
/// The longest wait until a provider that does not answer is asked again.
const LONGEST_WAIT: i64 = 60 * 60;

/// A store, and the providers that it speaks to.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    connectors: BTreeMap<&'static str, Arc<dyn Connector>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("connectors", &self.connectors.keys()).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that asks nothing yet.
    pub fn new(store: Store, connectors: impl IntoIterator<Item = Arc<dyn Connector>>) -> Self {
        let connectors = connectors.into_iter().map(|one| (one.name(), one)).collect();
        Self { store, connectors }
    }

    /// Asks all that is due, and what that makes due; says how much that was. Several nodes may do so at once.
    pub async fn run_due(&self) -> Result<usize> {
        let mut asked = 0;
        loop {
            let due = self.claim().await?;
            if due.is_empty() {
                return Ok(asked);
            }
            asked += due.len();
            let calls = due.iter().map(|(provider, ask)| self.call(provider, ask));
            for ((_, ask), answer) in due.iter().zip(join_all(calls).await) {
                if let Err(Silence(why)) = &answer {
                    tracing::warn!(ask = %ask.id, why, "a provider did not answer");
                }
                if let Err(error) = settle(&self.store, ask, &answer).await {
                    tracing::error!(ask = %ask.id, %error, "an answer could not be written");
                    settle(&self.store, ask, &Err(Silence(error.to_string()))).await?;
                }
            }
        }
    }

    async fn call(&self, provider: &str, ask: &Ask) -> std::result::Result<Answer, Silence> {
        match self.connectors.get(provider) {
            Some(connector) => connector.ask(ask).await,
            None => Err(Silence("nobody speaks to it".to_owned())),
        }
    }

    /// What is due, each with who is asked.
    async fn claim(&self) -> Result<Vec<(String, Ask)>> {
        let providers: Vec<&str> = self.connectors.keys().copied().collect();
        let providers = &providers;
        self.store
            .write(|tx| async move {
                let due = sql::due(&tx, providers, AT_ONCE).await?;
                if due.is_empty() {
                    return Ok(Vec::new());
                }
                let ids: Vec<Uuid> = due.iter().map(|row| row.id).collect();
                let paid: Vec<Uuid> = due.iter().map(|row| row.payment_id).collect();
                sql::begin(&tx, &ids, tx.now() + LEASE).await?;
                let paid = payments::by_ids(&tx, &paid).await?;
                let steps = payments::transactions_by_ids(&tx, &ids).await?;
                let evidence: Vec<Uuid> = of_kind(&due, AskKind::Evidence).collect();
                let disputes = disputes::plain(&tx, &evidence).await?;
                let mut asks = Vec::with_capacity(due.len());
                for row in due {
                    let payment = paid.iter().find(|payment| payment.id == row.payment_id);
                    let step = steps.iter().find(|step| step.id == row.id);
                    let dispute = disputes.iter().find(|dispute| dispute.id == row.id);
                    let Some(payment) = payment else { continue };
                    let minor = step.map(|step| step.amount_minor);
                    let minor = minor.or_else(|| dispute.map(|dispute| dispute.amount_minor));
                    let step_name = step.and_then(|step| step.provider_reference.clone());
                    asks.push((
                        row.provider,
                        Ask {
                            id: row.id,
                            kind: row.kind,
                            payment: payment.provider_reference.clone(),
                            step: step_name
                                .or_else(|| dispute.and_then(|one| one.provider_reference.clone())),
                            account: payment.provider_account.clone(),
                            minor: minor.unwrap_or(0),
                            currency: payment.currency.clone(),
                            last: row.last,
                            evidence: dispute.and_then(|dispute| dispute.evidence.clone()),
                            attempts: row.attempts + 1,
                            answers: row.answers,
                            wanted_at: row.created_at,
                            now: tx.now(),
                        },
                    ));
                }
                Ok(asks)
            })
            .await
    }
}

fn of_kind(rows: &[provider_ask::Model], kind: AskKind) -> impl Iterator<Item = Uuid> + '_ {
    rows.iter().filter(move |row| row.kind == kind).map(|row| row.id)
}

/// Writes an answer, or when to ask again.
async fn settle(
    store: &Store,
    ask: &Ask,
    answer: &std::result::Result<Answer, Silence>,
) -> Result<()> {
    store
        .write(|tx| async move {
            let Some(row) = sql::held(&tx, ask.id, ask.attempts).await? else { return Ok(()) };
            match answer {
                Err(Silence(why)) => {
                    let at = tx.now() + wait(ask.attempts);
                    sql::again(&tx, ask.id, at, Some(why)).await
                }
                Ok(answer) => {
                    match answer.again_at {
                        Some(at) => sql::again(&tx, ask.id, at, None).await?,
                        None => sql::end(&tx, ask.id).await?,
                    }
                    answer::apply(&tx, &row, &answer.said).await
                }
            }
        })
        .await
}

/// The wait behind so many tries: two seconds, then twice as long each time, up to an hour.
fn wait(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.clamp(1, 20)).unwrap_or(1);
    Duration::seconds(2_i64.saturating_pow(exponent).min(LONGEST_WAIT))
}
