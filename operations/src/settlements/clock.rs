//! What should have come by now: captures and refunds without a line, payouts without an entry, authorizations that end.
//!
//! Each step of a payment is looked at once, when its settlement is due: steps are gone through in the order in which they
//! were made, and how far is remembered for each kind and delay. What raised a difference is resolved by the line that
//! comes after all.

use super::days::{LATE, business_days_before, delays, settlement_delay};
use super::exceptions::{self, About, New};
use super::sql::{self, Candidate};
use super::totals::units;
use super::work;
use crate::actor::Actor;
use crate::error::Result;
use crate::events;
use crate::ids::first_of;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    PayoutState, ReconciliationExceptionKind as Raised, ReconciliationExceptionState,
    ReconciliationResolution, TransactionKind,
};
use entities::reconciliation_watch;
use time::Duration;
use uuid::Uuid;

/// Steps looked at in one transaction.
const STEPS: i64 = 1_000;
/// Payouts and authorizations looked at in one transaction.
const OTHERS: i64 = 500;
/// An authorization that ends within so long and is not captured is told.
const ENDS_SOON: Duration = Duration::hours(24);

/// Looks at everything that is due, and says how many differences that raised.
pub async fn run(store: &Store) -> Result<usize> {
    let mut raised = 0;
    for delay in delays() {
        while let Some(more) = steps(store, delay).await? {
            raised += more;
        }
    }
    while let Some(more) = payouts(store).await? {
        raised += more;
    }
    while let Some(more) = authorizations(store).await? {
        raised += more;
    }
    Ok(raised)
}

/// Captures and refunds whose settlement was due after so many working days; none where no more are.
async fn steps(store: &Store, delay: u32) -> Result<Option<usize>> {
    store
        .write(|tx| async move {
            let actor = Actor::system();
            let name = format!("settlement {delay}");
            tx.lock(&name).await?;
            let behind = sql::watched(&tx, &name).await?.unwrap_or_else(Uuid::nil);
            let until = first_of(business_days_before(tx.now(), delay + LATE));
            let found = sql::steps_between(&tx, behind, until, STEPS).await?;
            let Some(last) = found.last() else { return Ok(None) };
            let through = last.0.id;
            let new: Vec<New> = found
                .iter()
                .filter(|(step, provider)| settlement_delay(provider, &step.method) == delay)
                .filter(|(step, _)| step.matched < step.amount && step.in_books)
                .map(|(step, provider)| overdue(step, provider))
                .collect();
            let mut batch = Batch::default();
            let raised = exceptions::raise(&tx, &actor, &mut batch, new).await?;
            batch.save(&reconciliation_watch::Model { name, through });
            batch.insert(&tx).await?;
            Ok(Some(usize::try_from(raised).unwrap_or(0)))
        })
        .await
}

fn overdue(step: &Candidate, provider: &str) -> New {
    let open = step.amount - step.matched;
    let (kind, what) = if step.kind == TransactionKind::Capture {
        (Raised::MissingInPsp, "captured")
    } else {
        (Raised::RefundNotSettled, "refunded")
    };
    let explanation = format!(
        "{} of order {} was {what} at {provider}, and no settlement tells of it.",
        units(&step.currency, open),
        step.order_number
    );
    New {
        kind,
        subject: step.id.to_string(),
        entity: step.entity,
        provider: Some(provider.to_owned()),
        currency: step.currency.clone(),
        minor: open,
        explanation,
        about: About {
            payment: Some(step.payment),
            transaction: Some(step.id),
            ..About::default()
        },
    }
}

/// Payouts that the bank should have had.
async fn payouts(store: &Store) -> Result<Option<usize>> {
    store
        .write(|tx| async move {
            let actor = Actor::system();
            let due = business_days_before(tx.now(), 5);
            let found = sql::payouts_due(&tx, due, OTHERS).await?;
            if found.is_empty() {
                return Ok(None);
            }
            let mut batch = Batch::default();
            let mut new = Vec::with_capacity(found.len());
            for mut payout in found {
                let open = payout.amount_minor - payout.received_minor;
                payout.state = PayoutState::Missing;
                events::record(
                    &tx,
                    &actor,
                    &mut batch,
                    work::told(&payout, events::PAYOUT_MISSING)?,
                );
                new.push(New {
                    kind: Raised::MissingBankCredit,
                    subject: payout.id.to_string(),
                    entity: payout.legal_entity_id,
                    provider: Some(payout.provider.clone()),
                    currency: payout.currency.clone(),
                    minor: open,
                    explanation: format!(
                        "{} of payout {} was sent by {}, and the bank does not have it.",
                        units(&payout.currency, open),
                        payout.reference,
                        payout.provider
                    ),
                    about: About {
                        report: payout.report_id,
                        payout: Some(payout.id),
                        ..About::default()
                    },
                });
                batch.save(&payout);
            }
            let raised = exceptions::raise(&tx, &actor, &mut batch, new).await?;
            batch.insert(&tx).await?;
            Ok(Some(usize::try_from(raised).unwrap_or(0)))
        })
        .await
}

/// Authorizations that end within a day, and those told before that were captured, released or have ended.
async fn authorizations(store: &Store) -> Result<Option<usize>> {
    store
        .write(|tx| async move {
            let actor = Actor::system();
            let mut batch = Batch::default();
            close_stale(&tx, &actor, &mut batch).await?;
            let found = sql::ending_authorizations(&tx, tx.now() + ENDS_SOON, OTHERS).await?;
            if found.is_empty() {
                batch.insert(&tx).await?;
                return Ok(None);
            }
            let new = found
                .into_iter()
                .map(|one| New {
                    kind: Raised::StaleAuthorization,
                    subject: one.payment.to_string(),
                    entity: one.entity,
                    provider: Some(one.provider.clone()),
                    explanation: format!(
                        "{} of order {} is authorized at {} and not captured; it ends soon.",
                        units(&one.currency, one.minor),
                        one.order_number,
                        one.provider
                    ),
                    currency: one.currency,
                    minor: one.minor,
                    about: About { payment: Some(one.payment), ..About::default() },
                })
                .collect();
            let raised = exceptions::raise(&tx, &actor, &mut batch, new).await?;
            batch.insert(&tx).await?;
            Ok(if raised == 0 { None } else { Some(usize::try_from(raised).unwrap_or(0)) })
        })
        .await
}

async fn close_stale(tx: &WriteTx, actor: &Actor, batch: &mut Batch) -> Result<()> {
    for row in sql::settled_authorizations(tx, OTHERS).await? {
        if row.state == ReconciliationExceptionState::Open {
            let note = Some("Nothing of it is authorized and open any longer.".to_owned());
            exceptions::resolved(
                tx,
                actor,
                batch,
                &row,
                (ReconciliationResolution::Accepted, note),
            );
        }
    }
    Ok(())
}
