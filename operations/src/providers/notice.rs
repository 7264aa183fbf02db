//! What a provider tells by itself: late, twice, and in any order. What is known changes nothing.

use super::{Standing, answer, sql};
use crate::actor::Actor;
use crate::disputes::record::{RecordDispute, record};
use crate::disputes::resolve::{ResolveDispute, resolve};
use crate::error::{Error, RefusalCode, Result};
use crate::idempotency::Call;
use crate::money::Currency;
use crate::payments::report::{ReportTransaction, report};
use crate::store::Store;
use entities::enums::{DisputeStage, DisputeState, TransactionKind, TransactionState};
use entities::payment;
use time::OffsetDateTime;

/// News of one payment.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Who tells.
    pub provider: &'static str,
    /// What the provider calls the notice: the same one again is not news.
    pub key: String,
    /// What the provider calls the payment.
    pub payment: String,
    /// What it tells.
    pub news: News,
}

/// What is told. Amounts are minor units.
#[derive(Debug, Clone)]
pub enum News {
    /// How the payment stands.
    Stands(Standing),
    /// What was promised will not come.
    NotObtained {
        /// Why.
        message: String,
    },
    /// What became of a refund.
    Refund {
        /// What the provider calls it.
        reference: String,
        /// How much.
        minor: i64,
        /// Whether it arrived.
        arrived: bool,
        /// Why not.
        message: Option<String>,
    },
    /// A bank asks, or takes money.
    Dispute {
        /// What the provider calls it.
        reference: String,
        /// How much.
        minor: i64,
        /// How far it went.
        stage: DisputeStage,
        /// What the payer says.
        reason: String,
        /// What the provider charges.
        fee: Option<i64>,
        /// Until when it can be answered.
        due_at: Option<OffsetDateTime>,
        /// Where it has ended, whether the money is back.
        won: Option<bool>,
    },
}

/// Takes a notice in. False where no payment of ours is meant.
pub async fn take_in(store: &Store, notice: &Notice) -> Result<bool> {
    let found = sql::payment_named(&store.read(), notice.provider, &notice.payment).await?;
    let Some(payment) = found else { return Ok(false) };
    match apply(store, notice, &payment).await {
        // It cannot become of it by now: that it is told again would change nothing.
        Err(Error::Refused(refusals))
            if refusals.iter().all(|refusal| {
                // What lacks something else, such as the rate of a day, is to be told again.
                !refusal.field.is_empty()
                    && (refusal.code == RefusalCode::StateConflict
                        || refusal.code == RefusalCode::AmountExceeded)
            }) =>
        {
            let why: Vec<&str> = refusals.iter().map(|one| one.message.as_str()).collect();
            tracing::warn!(
                provider = notice.provider,
                key = notice.key,
                ?why,
                "a notice fits nothing"
            );
            Ok(true)
        }
        done => done.map(|()| true),
    }
}

async fn apply(store: &Store, notice: &Notice, payment: &payment::Model) -> Result<()> {
    let actor = Actor::system();
    let key = format!("{}:{}", notice.provider, notice.key);
    let call = Call { actor: &actor, key: Some(&key) };
    let currency = Currency::from_code(&payment.currency)
        .ok_or_else(|| Error::Internal("a payment without a currency".into()))?;
    let reported =
        |kind, state, minor, reference: &str, message: &Option<String>| ReportTransaction {
            payment_id: payment.id,
            kind,
            state,
            amount: currency.decimal(minor),
            provider_reference: reference.to_owned(),
            at: None,
            message: message.clone(),
        };
    match &notice.news {
        News::Stands(standing) => {
            let id = payment.id;
            store
                .write(|tx| async move {
                    answer::stands(&tx, id, standing, "the provider released it").await
                })
                .await
        }
        News::NotObtained { message } => {
            let promised = payment.pending_minor;
            if payment.authorized_minor > 0 || promised == 0 {
                return Ok(());
            }
            let (kind, state) = (TransactionKind::Authorization, TransactionState::Failed);
            let command = reported(kind, state, promised, &notice.payment, &Some(message.clone()));
            report(store, call, &command).await.map(|_| ())
        }
        News::Refund { reference, minor, arrived, message } => {
            let state =
                if *arrived { TransactionState::Succeeded } else { TransactionState::Failed };
            let command = reported(TransactionKind::Refund, state, *minor, reference, message);
            report(store, call, &command).await.map(|_| ())
        }
        News::Dispute { reference, minor, stage, reason, fee, due_at, won } => {
            let command = RecordDispute {
                payment_id: payment.id,
                provider_reference: Some(reference.clone()),
                stage: *stage,
                amount: currency.decimal(*minor),
                fee: fee.map(|fee| currency.decimal(fee)),
                reason: reason.clone(),
                opened_at: None,
                evidence_due_at: *due_at,
            };
            // That it ended may be told first: then it is both at once.
            let dispute = record(store, call, &command).await?;
            let Some(won) = won else { return Ok(()) };
            let state = if *won { DisputeState::Won } else { DisputeState::Lost };
            let command = ResolveDispute { dispute_id: dispute, state, note: None };
            let key = format!("{key}:ended");
            resolve(store, Call { actor: &actor, key: Some(&key) }, &command).await.map(|_| ())
        }
    }
}
