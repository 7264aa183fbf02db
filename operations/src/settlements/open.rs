//! What providers hold, as open items: each step of a payment that is in the books, and how much of it settlements told of;
//! and what the explained lines of a report come to.

use super::sql;
use crate::error::Result;
use crate::payments::purse::Step;
use crate::store::{Batch, WriteTx};
use entities::enums::{SettlementLineKind as Kind, TransactionKind, TransactionState};
use entities::{clearing_item, payment, settlement_line, settlement_report, settlement_sum};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// A step of a payment that goes into the books of a company opens an item, and one that failed after all ends it.
pub(crate) async fn note(
    tx: &WriteTx,
    batch: &mut Batch,
    (entity, channel): (Uuid, Uuid),
    payment: &payment::Model,
    step: &Step,
) -> Result<()> {
    let moves = match step.row.kind {
        TransactionKind::Capture
        | TransactionKind::Refund
        | TransactionKind::Chargeback
        | TransactionKind::ChargebackReversal => payment.is_with_a_provider(),
        TransactionKind::Authorization | TransactionKind::Void => false,
    };
    let succeeded = |state| state == TransactionState::Succeeded;
    match (step.was.is_some_and(succeeded), succeeded(step.row.state)) {
        (false, true) if moves => batch.save(&clearing_item::Model {
            transaction_id: step.row.id,
            payment_id: payment.id,
            legal_entity_id: entity,
            channel_id: channel,
            provider: payment.provider.clone(),
            currency: payment.currency.clone(),
            kind: step.row.kind,
            at: step.row.at,
            amount_minor: step.row.amount_minor,
            settled_minor: 0,
            settled_from: None,
            settled_at: None,
        }),
        (true, false) => sql::end_item(tx, step.row.id).await?,
        (false | true, false | true) => {}
    }
    Ok(())
}

/// Writes matches, and what they settle of some steps; new ones count for a moment, those that are taken back for none.
pub(crate) async fn settle(
    tx: &WriteTx,
    batch: Batch,
    steps: &[Uuid],
    moment: Option<OffsetDateTime>,
) -> Result<()> {
    batch.insert(tx).await?;
    sql::settle_items(tx, steps, moment).await
}

/// Whether what a line comes to stays in the balance.
const fn stays(kind: Kind) -> bool {
    !matches!(kind, Kind::Payout | Kind::BalanceTransfer)
}

/// Lines of a report, which is locked, are explained, or are not any longer.
pub(super) async fn sum(
    tx: &WriteTx,
    batch: &mut Batch,
    report: &settlement_report::Model,
    lines: impl Iterator<Item = &settlement_line::Model>,
    explained: bool,
) -> Result<()> {
    let sign = if explained { 1 } else { -1 };
    let mut sums: BTreeMap<String, settlement_sum::Model> = BTreeMap::new();
    for line in lines.filter(|line| stays(line.kind)) {
        let at = line.booked_at.or(report.booked_at).unwrap_or(report.imported_at);
        let sum = sums.entry(line.currency.clone()).or_insert_with(|| settlement_sum::Model {
            report_id: report.id,
            currency: line.currency.clone(),
            net_minor: 0,
            payouts_back_minor: 0,
            fee_minor: 0,
            first_at: at,
            last_at: at,
        });
        let (net, back, fee) = match line.kind {
            Kind::PayoutReversal => (0, line.net_minor, 0),
            Kind::Fee | Kind::Correction => (line.net_minor, 0, -line.net_minor),
            Kind::Capture
            | Kind::Refund
            | Kind::RefundReversal
            | Kind::Chargeback
            | Kind::ChargebackReversal
            | Kind::Conversion
            | Kind::Reserve
            | Kind::BalanceTransfer
            | Kind::Payout
            | Kind::Unknown => (line.net_minor, 0, line.fee_minor),
        };
        sum.net_minor += sign * net;
        sum.payouts_back_minor += sign * back;
        sum.fee_minor += sign * fee;
        sum.first_at = sum.first_at.min(at);
        sum.last_at = sum.last_at.max(at);
    }
    if sums.is_empty() {
        return Ok(());
    }
    for before in sql::sums_of_report(tx, report.id).await? {
        if let Some(sum) = sums.get_mut(&before.currency) {
            sum.net_minor += before.net_minor;
            sum.payouts_back_minor += before.payouts_back_minor;
            sum.fee_minor += before.fee_minor;
            sum.first_at = sum.first_at.min(before.first_at);
            sum.last_at = sum.last_at.max(before.last_at);
        }
    }
    for sum in sums.values() {
        batch.save(sum);
    }
    Ok(())
}
