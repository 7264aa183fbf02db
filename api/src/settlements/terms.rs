//! What is agreed with providers, and tolerances, as the schema shows them.

use super::types::SettlementLineKind;
use crate::errors::UserError;
use crate::ids::{Kind, uuid};
use crate::scalars::{CurrencyCode, Date, Decimal, Money};
use async_graphql::{ID, InputObject, Object, SimpleObject};
use entities::{fee_agreement, reconciliation_tolerance};
use operations::settlements::terms::{FeeInput, SetFeeAgreements, SetTolerances, ToleranceInput};

/// What a provider may keep of a step, from a day on and until the next one given.
#[derive(Debug, InputObject)]
pub(crate) struct FeeAgreementInput {
    /// Of what: `CAPTURE`, `REFUND` or `CHARGEBACK`.
    kind: SettlementLineKind,
    /// By which method, up to 100 characters, compared in lower case; without it of every method that has no agreement of its own.
    method: Option<String>,
    /// The currency in which it is settled.
    currency_code: CurrencyCode,
    /// From this day on, of settlement lines booked then.
    from: Date,
    /// A share of the gross, from 0 to 1 with at most 6 decimals: 0.014 is 1.4 %. With neither this nor `fixed`, nothing is
    /// agreed any longer.
    rate: Option<Decimal>,
    /// And so much besides, in `currencyCode`, not below 0.
    fixed: Option<Decimal>,
}

/// Fees that are agreed with a provider.
#[derive(Debug, InputObject)]
pub(crate) struct FeeAgreementsSetInput {
    /// Whose they are.
    legal_entity_id: ID,
    /// The provider, as its payments name it.
    provider: String,
    /// 1 to 1,000 of them.
    agreements: Vec<FeeAgreementInput>,
}

impl From<FeeAgreementsSetInput> for SetFeeAgreements {
    fn from(input: FeeAgreementsSetInput) -> Self {
        let one = |one: FeeAgreementInput| FeeInput {
            kind: one.kind.into(),
            method: one.method,
            currency_code: one.currency_code.0,
            from: one.from.0,
            rate: one.rate.map(|rate| rate.0),
            fixed: one.fixed.map(|fixed| fixed.0),
        };
        Self {
            legal_entity_id: uuid(Kind::LegalEntity, &input.legal_entity_id),
            provider: input.provider,
            agreements: input.agreements.into_iter().map(one).collect(),
        }
    }
}

pub(crate) struct FeeAgreement(pub(crate) fee_agreement::Model);

/// What a provider may keep of a step, from a day on and until the next one given.
#[Object]
impl FeeAgreement {
    /// The provider.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Of what: `CAPTURE`, `REFUND` or `CHARGEBACK`.
    async fn kind(&self) -> SettlementLineKind {
        self.0.kind.into()
    }

    /// By which method; null for every method that has no agreement of its own.
    async fn method(&self) -> Option<&str> {
        Some(self.0.method.as_str()).filter(|method| !method.is_empty())
    }

    /// The currency in which it is settled.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// From this day on.
    async fn from(&self) -> Date {
        Date(self.0.from_day.clone())
    }

    /// A share of the gross: 0.014 is 1.4 %. Null where nothing is agreed any longer.
    async fn rate(&self) -> Option<Decimal> {
        self.0.rate.as_deref().map(|rate| Decimal(rate.parse().unwrap_or_default()))
    }

    /// And so much besides. Null where nothing is agreed any longer.
    async fn fixed(&self) -> Option<Money> {
        self.0.fixed_minor.map(|minor| Money::of(minor, &self.0.currency))
    }
}

/// What came of entering what is agreed.
#[derive(SimpleObject)]
pub(crate) struct FeeAgreementsPayload {
    /// What was entered; null when refused.
    pub(super) agreements: Option<Vec<FeeAgreement>>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// How far amounts in a currency may be apart; what is left out stays as it is. Amounts are in that currency and not below 0.
#[derive(Debug, InputObject)]
pub(crate) struct ReconciliationToleranceInput {
    /// The currency.
    currency_code: CurrencyCode,
    /// Between gross less fee and net of a settlement line.
    line: Option<Decimal>,
    /// Between a payout and its lines, for each line.
    batch_per_line: Option<Decimal>,
    /// Between a payout and its lines, at most.
    batch: Option<Decimal>,
    /// What a bank may keep of a payout in the currency of the books.
    bank_charge: Option<Decimal>,
    /// What it may keep of one in another currency.
    bank_charge_abroad: Option<Decimal>,
    /// Between a fee and what is agreed.
    fee: Option<Decimal>,
    /// Or this share of what is agreed, from 0 to 1; the larger of both counts.
    fee_rate: Option<Decimal>,
}

/// Tolerances of a legal entity.
#[derive(Debug, InputObject)]
pub(crate) struct ReconciliationTolerancesSetInput {
    /// Whose.
    legal_entity_id: ID,
    /// 1 to 1,000 currencies.
    tolerances: Vec<ReconciliationToleranceInput>,
}

impl From<ReconciliationTolerancesSetInput> for SetTolerances {
    fn from(input: ReconciliationTolerancesSetInput) -> Self {
        let plain = |amount: Option<Decimal>| amount.map(|amount| amount.0);
        let one = |one: ReconciliationToleranceInput| ToleranceInput {
            currency_code: one.currency_code.0,
            line: plain(one.line),
            batch_per_line: plain(one.batch_per_line),
            batch: plain(one.batch),
            bank_charge: plain(one.bank_charge),
            bank_charge_abroad: plain(one.bank_charge_abroad),
            fee: plain(one.fee),
            fee_rate: plain(one.fee_rate),
        };
        Self {
            legal_entity_id: uuid(Kind::LegalEntity, &input.legal_entity_id),
            tolerances: input.tolerances.into_iter().map(one).collect(),
        }
    }
}

pub(crate) struct ReconciliationTolerance(pub(crate) reconciliation_tolerance::Model);

impl ReconciliationTolerance {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.0.currency)
    }
}

/// How far amounts in a currency may be apart before somebody must explain it. What is within it is booked: rounding to 6060, what
/// a bank keeps to 6030.
#[Object]
impl ReconciliationTolerance {
    /// The currency.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// Between gross less fee and net of a settlement line.
    async fn line(&self) -> Money {
        self.money(self.0.line_minor)
    }

    /// Between a payout and its lines, for each line.
    async fn batch_per_line(&self) -> Money {
        self.money(self.0.batch_line_minor)
    }

    /// Between a payout and its lines, at most.
    async fn batch(&self) -> Money {
        self.money(self.0.batch_minor)
    }

    /// What a bank may keep of a payout in the currency of the books.
    async fn bank_charge(&self) -> Money {
        self.money(self.0.bank_minor)
    }

    /// What it may keep of one in another currency.
    async fn bank_charge_abroad(&self) -> Money {
        self.money(self.0.bank_abroad_minor)
    }

    /// Between a fee and what is agreed.
    async fn fee(&self) -> Money {
        self.money(self.0.fee_minor)
    }

    /// Or this share of what is agreed; the larger of both counts.
    async fn fee_rate(&self) -> Decimal {
        Decimal(self.0.fee_rate.parse().unwrap_or_default())
    }
}

/// What came of setting tolerances.
#[derive(SimpleObject)]
pub(crate) struct ReconciliationTolerancesPayload {
    /// What holds then in the currencies that were named; null when refused.
    pub(super) tolerances: Option<Vec<ReconciliationTolerance>>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}
