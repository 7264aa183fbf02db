//! Payments as the schema shows them.

use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::fulfillment::types::Fulfillment;
use crate::ids::{Kind, id};
use crate::orders::types::Order;
use crate::returns::types::Return;
use crate::scalars::{CountryCode, DateTime, Decimal, Money};
use crate::settlements::types::SettlementLine;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use entities::{enums, payment, payment_transaction};
use operations::payments::record::RecordPayment;
use operations::permissions::Permission;
use operations::settlements::read as settlements;
use serde_json::json;
use std::sync::Arc;

/// Where one payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::PaymentState")]
pub(crate) enum PaymentState {
    /// Promised, not obtained.
    Pending,
    /// Authorized, nothing captured.
    Authorized,
    /// Some of it is captured.
    PartiallyCaptured,
    /// All of it is captured.
    Captured,
    /// Some of the capture is refunded.
    PartiallyRefunded,
    /// All of the capture is refunded.
    Refunded,
    /// Released without capture.
    Voided,
    /// It did not come about.
    Failed,
    /// The authorization ran out.
    Expired,
    /// The payer's bank took it back.
    ChargedBack,
}

/// One step in the life of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TransactionKind")]
pub(crate) enum PaymentTransactionKind {
    /// Money was promised by the payer's bank.
    Authorization,
    /// Money was taken.
    Capture,
    /// An authorization was released.
    Void,
    /// Money was given back.
    Refund,
    /// The payer's bank took money back.
    Chargeback,
    /// The bank gave it back to us.
    ChargebackReversal,
}

/// How a payment step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TransactionState")]
pub(crate) enum PaymentTransactionState {
    /// Not known yet.
    Pending,
    /// It took place.
    Succeeded,
    /// It did not take place.
    Failed,
}

/// Where the cash is: nowhere yet, owed by the provider, on its way in a payout, or at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "operations::settlements::read::Cash")]
pub(crate) enum CashPosition {
    /// Nowhere yet, or never: nothing is captured, or it was paid with a gift card or store credit.
    None,
    /// The provider owes it.
    AtProvider,
    /// It was sent in a payout.
    InTransit,
    /// The bank has it.
    AtBank,
    /// Nobody expects it any longer.
    WrittenOff,
}

#[derive(Clone)]
pub(crate) struct Payment(pub(crate) Arc<payment::Model>);

impl Payment {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.0.currency)
    }
}

/// Money obtained or promised for an order. Needs `PAYMENTS_READ`.
#[Object]
impl Payment {
    /// Its id, `pay_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Payment, self.0.id)
    }

    /// Raised by every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The order it is for. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Option<Order> {
        Order::load(ctx, self.0.order_id).await.or_null(ctx)?
    }

    /// Who obtained it; `imported` for a history from another system.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Our account there.
    async fn provider_account(&self) -> Option<&str> {
        self.0.provider_account.as_deref()
    }

    /// What the provider calls it.
    async fn provider_reference(&self) -> Option<&str> {
        self.0.provider_reference.as_deref()
    }

    /// How it was paid, such as `card`.
    async fn method(&self) -> &str {
        &self.0.method
    }

    /// The card, as far as it is known.
    async fn card(&self) -> Option<Card> {
        self.0.card.clone().map(Card)
    }

    /// Where it stands.
    async fn state(&self) -> PaymentState {
        self.0.state.into()
    }

    /// What was authorized in all, captured amounts among it.
    async fn authorized(&self) -> Money {
        self.money(self.0.authorized_minor)
    }

    /// What was captured in all.
    async fn captured(&self) -> Money {
        self.money(self.0.captured_minor)
    }

    /// What was given back.
    async fn refunded(&self) -> Money {
        self.money(self.0.refunded_minor)
    }

    /// What payers' banks took back, and did not give back.
    async fn disputed(&self) -> Money {
        self.money(self.0.disputed_minor)
    }

    /// What the provider kept of it, in the currency of its first settlement; zero until then. Fees that name no payment are
    /// none of it.
    async fn fees(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        let money = ctx.loaders().money_of(self.0.id).await?;
        Ok(money
            .fees
            .map_or_else(|| self.money(0), |(currency, minor)| Money::of(minor, &currency)))
    }

    /// What the provider's files say was settled: of captures, less refunds and disputes.
    async fn settled(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        Ok(self.money(ctx.loaders().money_of(self.0.id).await?.settled))
    }

    /// Where the cash is; of a payment that is captured and settled in parts, where the last part is.
    async fn cash(&self, ctx: &Context<'_>) -> Result<CashPosition, Failure> {
        let money = ctx.loaders().money_of(self.0.id).await?;
        Ok(settlements::Cash::of(&self.0, &money).into())
    }

    /// When the provider should have settled what was captured, by its method's usual delay; null where nothing is to come.
    async fn expected_settlement_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        let money = ctx.loaders().money_of(self.0.id).await?;
        Ok(settlements::expected_settlement(&self.0, &money).map(DateTime))
    }

    /// What was captured and is neither given back, nor on its way back, nor disputed.
    async fn refundable(&self) -> Money {
        self.money(operations::payments::read::refundable(&self.0))
    }

    /// When it was obtained.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was first captured.
    async fn captured_at(&self) -> Option<DateTime> {
        self.0.captured_at.map(DateTime)
    }

    /// When the authorization ends; of a pending payment (bank slip, transfer), its due date.
    async fn authorization_expires_at(&self) -> Option<DateTime> {
        self.0.authorization_expires_at.map(DateTime)
    }

    /// Its steps, oldest first.
    async fn transactions(&self, ctx: &Context<'_>) -> Result<Vec<PaymentTransaction>, Failure> {
        let rows = ctx.loaders().transactions_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(PaymentTransaction).collect())
    }
}

crate::paging::connection!(PaymentConnection, PaymentEdge, Payment, "payments");

#[derive(Clone)]
pub(crate) struct PaymentTransaction(pub(crate) Arc<payment_transaction::Model>);

/// One step in the life of a payment. Needs `PAYMENTS_READ`.
#[Object]
impl PaymentTransaction {
    /// Its id, `ptx_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::PaymentTransaction, self.0.id)
    }

    /// The payment.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Payment, Failure> {
        Ok(Payment(present(ctx.loaders().payment(self.0.payment_id).await?)?))
    }

    /// What was done.
    async fn kind(&self) -> PaymentTransactionKind {
        self.0.kind.into()
    }

    /// How much.
    async fn amount(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        let payment = present(ctx.loaders().payment(self.0.payment_id).await?)?;
        Ok(Money::of(self.0.amount_minor, &payment.currency))
    }

    /// How it ended.
    async fn state(&self) -> PaymentTransactionState {
        self.0.state.into()
    }

    /// What the provider calls it.
    async fn provider_reference(&self) -> Option<&str> {
        self.0.provider_reference.as_deref()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The return for which it gave money back. Needs `RETURNS_READ`.
    #[graphql(name = "return")]
    async fn of_return(&self, ctx: &Context<'_>) -> Result<Option<Return>, Failure> {
        if self.0.kind != entities::enums::TransactionKind::Refund
            || !ctx.actor()?.may(Permission::ReturnsRead)
        {
            return Ok(None);
        }
        let Some(id) = ctx.loaders().return_of_refund(self.0.id).await? else { return Ok(None) };
        Ok(ctx.loaders().return_row(id).await?.map(Return))
    }

    /// What it pays for, of a capture at shipment. Needs `FULFILLMENT_READ`.
    async fn fulfillment(&self, ctx: &Context<'_>) -> Option<Fulfillment> {
        let found = ctx.loaders().fulfillment(self.0.fulfillment_id?).await.or_null(ctx)?;
        found.map(Fulfillment)
    }

    /// What the provider said.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The lines of settlements that tell of it. Needs `SETTLEMENTS_READ`, and reach over every channel of the company.
    async fn settlement_lines(&self, ctx: &Context<'_>) -> Option<Vec<SettlementLine>> {
        ctx.actor().and_then(|actor| actor.require(Permission::SettlementsRead)).or_null(ctx)?;
        let key = (settlements::Side::Transaction, self.0.id);
        let matches = ctx.loaders().matches_of(key).await.or_null(ctx)?;
        let mut lines = Vec::new();
        for id in matches.iter().filter_map(|row| row.settlement_line_id) {
            lines.extend(ctx.loaders().settlement_line(id).await.or_null(ctx)?.map(SettlementLine));
        }
        Some(lines)
    }
}

pub(crate) struct Card(serde_json::Value);

impl Card {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }
}

/// Never the number. `fingerprint` needs `ORDERS_RISK`.
#[Object]
impl Card {
    /// The card's brand.
    async fn brand(&self) -> Option<String> {
        self.text("brand")
    }

    /// Its last four digits.
    async fn last4(&self) -> Option<String> {
        self.text("last4")
    }

    /// Where it was issued.
    async fn country_code(&self) -> Option<CountryCode> {
        self.text("countryCode").map(CountryCode)
    }

    /// What tells two payments with the same card. Needs `ORDERS_RISK`.
    async fn fingerprint(&self, ctx: &Context<'_>) -> Option<String> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(operations::permissions::Permission::OrdersRisk).or_null(ctx)?;
        self.text("fingerprint")
    }
}

/// What is known of a card; never its number.
#[derive(Debug, InputObject)]
pub(crate) struct CardInput {
    /// What tells two payments with the same card.
    fingerprint: Option<String>,
    /// The card's brand.
    brand: Option<String>,
    /// Its last four digits.
    last4: Option<String>,
    /// Where it was issued.
    country_code: Option<CountryCode>,
    /// Whether the bank found the address to be right.
    avs_matched: Option<bool>,
    /// Whether the bank found the check number to be right.
    cvv_matched: Option<bool>,
    /// The bank's code for the authorization.
    authorization_code: Option<String>,
}

/// What a storefront or terminal obtained: an authorization, money already captured, or a promise.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentRecordInput {
    /// Who obtained it: any name of up to 50 characters. `manual` is done at once; `sandbox`, and `stripe` where an account is
    /// configured, are spoken to; of any other `paymentTransactionReport` says what became of it.
    provider: String,
    /// Our account there.
    provider_account: Option<String>,
    /// What the provider calls it.
    provider_reference: Option<String>,
    /// How it was paid, such as `card`.
    method: String,
    /// The card, as far as it is known.
    card: Option<CardInput>,
    /// When; the order's moment without it.
    at: Option<DateTime>,
    /// Promised and not yet obtained (bank slip, transfer).
    pending: Option<Decimal>,
    /// Authorized.
    authorized: Option<Decimal>,
    /// Captured already; at most what is authorized.
    captured: Option<Decimal>,
    /// When the authorization ends.
    authorization_expires_at: Option<DateTime>,
}

impl From<PaymentRecordInput> for RecordPayment {
    fn from(input: PaymentRecordInput) -> Self {
        let card = input.card.map(|card| {
            json!({
                "fingerprint": card.fingerprint,
                "brand": card.brand,
                "last4": card.last4,
                "countryCode": card.country_code.map(|code| code.0),
                "avsMatched": card.avs_matched,
                "cvvMatched": card.cvv_matched,
                "authorizationCode": card.authorization_code,
            })
        });
        Self {
            provider: input.provider,
            provider_account: input.provider_account,
            provider_reference: input.provider_reference,
            method: input.method,
            card,
            at: input.at.map(|at| at.0),
            pending: input.pending.map(|amount| amount.0),
            authorized: input.authorized.map(|amount| amount.0),
            captured: input.captured.map(|amount| amount.0),
            authorization_expires_at: input.authorization_expires_at.map(|at| at.0),
            installments: None,
        }
    }
}
