//! The templates: every entry of the books is made by one of these, from a business event.
//!
//! A template is named after what happened. It knows the accounts, and keeps what of an order's money stands where:
//! paid and not delivered, delivered and not paid, owed back.

use super::chart::Account;
use super::entry::{Amount, Entry};
use crate::ids::Subject;
use crate::money::Currency;
use entities::enums::{AdjustmentKind, CreditKind, InvoiceCause};
use entities::{credit, dispute, invoice, invoice_line, order, payment};
use sea_orm::ActiveEnum;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use uuid::Uuid;

/// What kind of money a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tender {
    /// A provider holds it for us.
    Provider,
    /// A gift card that was sold before.
    GiftCard,
    /// Credit that was given before.
    StoreCredit,
    /// It came to our bank by itself.
    Bank,
    /// It was paid for another order, whose goods came back.
    Exchange,
}

/// The provider of what is paid with a gift card.
pub(crate) const GIFT_CARD: &str = "gift_card";
/// The provider of what is paid with credit.
pub(crate) const STORE_CREDIT: &str = "store_credit";
/// The provider of what came to our bank by itself.
pub(crate) const BANK_TRANSFER: &str = "bank_transfer";
/// The provider of what was paid for another order, whose goods came back.
pub(crate) const EXCHANGE: &str = "exchange";

impl Tender {
    /// The tender of a payment.
    pub(crate) fn of(payment: &payment::Model) -> Self {
        match payment.provider.as_str() {
            GIFT_CARD => Self::GiftCard,
            STORE_CREDIT => Self::StoreCredit,
            BANK_TRANSFER => Self::Bank,
            EXCHANGE => Self::Exchange,
            _ => Self::Provider,
        }
    }

    const fn account(self) -> Account {
        match self {
            Self::Provider => Account::Clearing,
            Self::GiftCard => Account::GiftCards,
            Self::StoreCredit => Account::StoreCredit,
            Self::Bank => Account::Bank,
            Self::Exchange => Account::Exchanges,
        }
    }
}

/// One step of a payment, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paid<'a> {
    pub(crate) payment: &'a payment::Model,
    /// The step.
    pub(crate) step: Uuid,
    pub(crate) event: Option<Uuid>,
    pub(crate) at: OffsetDateTime,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
}

impl Paid<'_> {
    fn entry(&self, template: &'static str, order: &order::Model, what: &str) -> Entry {
        let description = format!("{what}, order {}", order.number);
        Entry::new(template, self.step, self.at, ("pay", self.payment.id), description)
            .of_order(order.id)
            .told_by(self.event)
    }

    fn tender(&self) -> (Account, Json) {
        let payment = self.payment;
        let tender = Tender::of(payment);
        let keys = match tender {
            Tender::GiftCard => json!({ "payment": payment.id, "giftCard": payment.credit_id }),
            Tender::StoreCredit => {
                json!({ "payment": payment.id, "storeCredit": payment.credit_id })
            }
            Tender::Exchange => {
                json!({ "payment": payment.id, "exchange": payment.origin_order_id })
            }
            Tender::Provider | Tender::Bank => json!({
                "payment": payment.id,
                "provider": payment.provider,
                "account": payment.provider_account,
            }),
        };
        (tender.account(), keys)
    }
}

/// What an amount in a balance is, and what stays of it.
fn take(minor: &mut i64, base: &mut i64, up_to: i64) -> Amount {
    let all = Amount { minor: *minor, base: *base };
    let part = all.part(up_to.clamp(0, all.minor.max(0)));
    (*minor, *base) = (all.less(part).minor, all.less(part).base);
    part
}

fn put(minor: &mut i64, base: &mut i64, more: Amount) {
    *minor += more.minor;
    *base += more.base;
}

fn take_deposit(order: &mut order::Model, up_to: i64) -> Amount {
    take(&mut order.deposit_minor, &mut order.deposit_base_minor, up_to)
}

fn take_receivable(order: &mut order::Model, up_to: i64) -> Amount {
    take(&mut order.receivable_minor, &mut order.receivable_base_minor, up_to)
}

fn owe_back(order: &mut order::Model, more: Amount) {
    put(&mut order.refund_due_minor, &mut order.refund_due_base_minor, more);
}

fn of_order(order: &order::Model) -> Json {
    json!({ "order": order.id })
}

/// The memo of an authorization; a negative amount releases it.
pub(crate) fn authorization(paid: &Paid<'_>, order: &order::Model) -> Entry {
    let what = if paid.amount.minor < 0 { "Authorization released" } else { "Authorized" };
    memo(paid.entry("authorization", order, what), paid, paid.amount)
}

/// What a card or credit of ours promises is remembered there.
fn memo(entry: Entry, paid: &Paid<'_>, amount: Amount) -> Entry {
    if !paid.payment.is_with_a_provider() {
        return entry;
    }
    let (_, keys) = paid.tender();
    entry.debit(Account::Authorizations, paid.currency, amount, &keys).credit(
        Account::AuthorizationsContra,
        paid.currency,
        amount,
        &keys,
    )
}

/// Money was taken: it pays what is owed already, and the rest is the customer's until something leaves. `memo` of it
/// had been authorized before.
pub(crate) fn capture(paid: &Paid<'_>, order: &mut order::Model, released: i64) -> Entry {
    let (account, keys) = paid.tender();
    let Paid { currency, amount, .. } = *paid;
    let entry = paid.entry("capture", order, "Captured").debit(account, currency, amount, &keys);
    let owed = take_receivable(order, amount.minor);
    let now = amount.part(owed.minor);
    let kept = amount.less(now);
    put(&mut order.deposit_minor, &mut order.deposit_base_minor, kept);
    let entry = entry
        .credit(Account::Receivables, currency, owed, &of_order(order))
        .credit(Account::Deposits, currency, kept, &of_order(order))
        .with_exchange_difference(currency);
    memo(entry, paid, negative(amount.part(released)))
}

const fn negative(amount: Amount) -> Amount {
    Amount { minor: -amount.minor, base: -amount.base }
}

/// Money is to go back: it is owed from now on. What was owed before, because goods came back, is not owed twice:
/// `free` of it waits for no other refund.
pub(crate) fn refund_owed(paid: &Paid<'_>, order: &mut order::Model, free: i64) -> Entry {
    let wanted = (paid.amount.minor - free.max(0)).max(0);
    let kept = take_deposit(order, wanted);
    let beyond = paid.amount.part(wanted - kept.minor);
    let owed = kept.plus(beyond);
    owe_back(order, owed);
    put(&mut order.receivable_minor, &mut order.receivable_base_minor, beyond);
    paid.entry("refund.owed", order, "Refund owed")
        .debit(Account::Deposits, paid.currency, kept, &of_order(order))
        .debit(Account::Receivables, paid.currency, beyond, &of_order(order))
        .credit(Account::RefundsPayable, paid.currency, owed, &json!({ "refund": paid.step }))
}

/// Money went back.
pub(crate) fn refund(paid: &Paid<'_>, order: &mut order::Model) -> Entry {
    let (account, keys) = paid.tender();
    let owed =
        take(&mut order.refund_due_minor, &mut order.refund_due_base_minor, paid.amount.minor);
    // What goes on to another order is worth there what it is worth today.
    let given = if account == Account::Exchanges { paid.amount } else { owed };
    paid.entry("refund", order, "Refunded")
        .debit(Account::RefundsPayable, paid.currency, owed, &json!({ "refund": paid.step }))
        .credit(account, paid.currency, given, &keys)
        .with_exchange_difference(paid.currency)
}

/// Money that had gone back did not arrive: it is still owed.
pub(crate) fn refund_failed(paid: &Paid<'_>, order: &mut order::Model) -> Entry {
    let (account, keys) = paid.tender();
    owe_back(order, paid.amount);
    paid.entry("refund.failed", order, "Refund failed")
        .debit(account, paid.currency, paid.amount, &keys)
        .credit(
            Account::RefundsPayable,
            paid.currency,
            paid.amount,
            &json!({ "refund": paid.step }),
        )
}

/// Money that had been taken did not arrive.
pub(crate) fn capture_failed(paid: &Paid<'_>, order: &mut order::Model) -> Entry {
    let (account, keys) = paid.tender();
    let kept = take_deposit(order, paid.amount.minor);
    let owed = paid.amount.less(kept);
    put(&mut order.receivable_minor, &mut order.receivable_base_minor, owed);
    paid.entry("capture.failed", order, "Capture failed")
        .debit(Account::Deposits, paid.currency, kept, &of_order(order))
        .debit(Account::Receivables, paid.currency, owed, &of_order(order))
        .credit(account, paid.currency, paid.amount, &keys)
}

/// A document in the making, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Billed<'a> {
    pub(crate) document: &'a invoice::Model,
    pub(crate) lines: &'a [invoice_line::Model],
    pub(crate) currency: Currency,
    pub(crate) at: OffsetDateTime,
    /// What is settled already: paid before an invoice, not paid yet before a credit note.
    pub(crate) settled: Amount,
    /// What is owed on: by the customer, or to the customer.
    pub(crate) open: Amount,
}

impl Billed<'_> {
    fn entry(&self, template: &'static str, what: &str) -> Entry {
        let document = self.document;
        let description = format!("{what}, order {}", document.order_number);
        Entry::new(template, document.id, self.at, ("inv", document.id), description)
            .of_order(document.order_id)
    }

    /// Revenue at list price without tax, and what was taken off it.
    fn revenue_of(&self, line: &invoice_line::Model) -> (Account, Amount, Amount) {
        let account = match line.adjustment_kind {
            Some(AdjustmentKind::Shipping) => Account::ShippingRevenue,
            Some(AdjustmentKind::Rounding) => Account::Rounding,
            _ => Account::Revenue,
        };
        let net = net_of(line);
        if line.discount_minor == 0 {
            return (account, net, Amount::default());
        }
        let included = self.document.tax_included;
        let within = crate::money::tax_minor(line.list_minor, line.tax_rate_ppm, included);
        let list = if included { line.list_minor - within } else { line.list_minor };
        let minor = (list - line.net_minor).max(0);
        let off = if net.minor == net.base {
            Amount { minor, base: minor }
        } else {
            let base = crate::orders::totals::share(net.base, minor, net.minor);
            Amount { minor, base }
        };
        (account, net.plus(off), off)
    }
}

const fn net_of(line: &invoice_line::Model) -> Amount {
    Amount { minor: line.net_minor, base: line.net_base_minor }
}

const fn tax_of(line: &invoice_line::Model) -> Amount {
    Amount { minor: line.tax_minor, base: line.tax_base_minor }
}

/// Keys of the tax of a line.
fn tax_keys(line: &invoice_line::Model) -> Json {
    json!({
        "country": line.tax_country,
        "rate": crate::money::rate_decimal(line.tax_rate_ppm),
        "scheme": line.tax_scheme.to_value(),
    })
}

/// Amounts of one side of an entry: by account and by what they belong to there.
#[derive(Debug, Default)]
struct Shares(Vec<(Account, Json, Amount)>);

impl Shares {
    fn add(&mut self, account: Account, keys: Json, more: Amount) {
        let same = |one: &&mut (Account, Json, Amount)| one.0 == account && one.1 == keys;
        match self.0.iter_mut().find(same) {
            Some(one) => one.2 = one.2.plus(more),
            None => self.0.push((account, keys, more)),
        }
    }

    fn credit(self, entry: Entry, currency: Currency) -> Entry {
        let all = self.0.into_iter();
        all.fold(entry, |entry, (account, keys, amount)| {
            entry.credit(account, currency, amount, &keys)
        })
    }
}

/// What of an invoice is paid already.
pub(crate) fn paid_before(order: &mut order::Model, gross: i64) -> Amount {
    take_deposit(order, gross)
}

/// What of a credit note is not paid yet.
pub(crate) fn unpaid_before(order: &mut order::Model, gross: i64) -> Amount {
    take_receivable(order, gross)
}

/// Control passes to the customer: what was paid is earned, and the rest is owed.
pub(crate) fn invoice(billed: &Billed<'_>, order: &mut order::Model) -> Entry {
    let mut shares = Shares::default();
    for line in billed.lines {
        let (account, list, off) = billed.revenue_of(line);
        shares.add(account, json!({}), list);
        shares.add(Account::Discounts, json!({}), negative(off));
        shares.add(Account::Vat, tax_keys(line), tax_of(line));
    }
    put(&mut order.receivable_minor, &mut order.receivable_base_minor, billed.open);
    let entry = billed
        .entry("invoice", "Invoice")
        .debit(Account::Deposits, billed.currency, billed.settled, &of_order(order))
        .debit(Account::Receivables, billed.currency, billed.open, &of_order(order));
    shares.credit(entry, billed.currency)
}

/// The customer owes less: first what is not paid yet. What was paid is owed back where goods or money come back; where
/// an invoice is only corrected, it is the customer's until something leaves again.
pub(crate) fn credit_note(billed: &Billed<'_>, order: &mut order::Model) -> Entry {
    let cause = billed.document.cause;

    let mut shares = Shares::default();
    for line in billed.lines {
        match cause {
            InvoiceCause::Return => {
                // What is kept for the trouble is earned; a discount that is kept was not given.
                let account = match line.adjustment_kind {
                    Some(AdjustmentKind::Fee) => Account::RestockingFees,
                    Some(AdjustmentKind::Discount) => Account::Discounts,
                    None
                    | Some(
                        AdjustmentKind::Shipping
                        | AdjustmentKind::GiftWrap
                        | AdjustmentKind::Goodwill
                        | AdjustmentKind::Rounding,
                    ) => Account::SalesReturns,
                };
                shares.add(account, json!({}), negative(net_of(line)));
            }
            InvoiceCause::Allowance => {
                shares.add(Account::Discounts, json!({}), negative(net_of(line)));
            }
            InvoiceCause::Shipment | InvoiceCause::Correction => {
                let (account, list, off) = billed.revenue_of(line);
                shares.add(account, json!({}), negative(list));
                shares.add(Account::Discounts, json!({}), off);
            }
        }
        shares.add(Account::Vat, tax_keys(line), negative(tax_of(line)));
    }
    let paid = match cause {
        InvoiceCause::Return | InvoiceCause::Allowance => {
            owe_back(order, billed.open);
            Account::RefundsPayable
        }
        InvoiceCause::Shipment | InvoiceCause::Correction => {
            put(&mut order.deposit_minor, &mut order.deposit_base_minor, billed.open);
            Account::Deposits
        }
    };
    let entry = billed
        .entry("credit_note", "Credit note")
        .credit(Account::Receivables, billed.currency, billed.settled, &of_order(order))
        .credit(paid, billed.currency, billed.open, &of_order(order));
    shares.credit(entry, billed.currency)
}

/// Goods left, or came back for what they cost then: `cost` is negative; or what came back was thrown away.
pub(crate) fn cost(
    source: Uuid,
    at: OffsetDateTime,
    (order, number): (Uuid, &str),
    (location, currency, cost): (Uuid, Currency, Amount),
    (scrapped, event): (bool, Option<Uuid>),
) -> Entry {
    let (template, account, what) = match (scrapped, cost.minor < 0) {
        (true, _) => ("scrap", Account::Shrink, "Scrap of goods returned"),
        (false, true) => ("cost", Account::CostOfGoods, "Cost of goods returned"),
        (false, false) => ("cost", Account::CostOfGoods, "Cost of goods"),
    };
    let subject: Subject = ("ord", order);
    Entry::new(template, source, at, subject, format!("{what}, order {number}"))
        .of_order(order)
        .told_by(event)
        .debit(account, currency, cost, &json!({}))
        .credit(Account::Inventory, currency, cost, &json!({ "location": location }))
}

/// A gift card or credit, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owed<'a> {
    pub(crate) credit: &'a credit::Model,
    /// What came onto it, or went off it.
    pub(crate) source: Uuid,
    pub(crate) event: Option<Uuid>,
    pub(crate) at: OffsetDateTime,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
}

impl Owed<'_> {
    fn entry(&self, template: &'static str, what: &str) -> Entry {
        let hint = self.credit.hint.as_deref();
        let description = hint.map_or_else(|| what.to_owned(), |hint| format!("{what} …{hint}"));
        let subject = crate::credit::subject(self.credit);
        Entry::new(template, self.source, self.at, subject, description).told_by(self.event)
    }

    fn side(&self) -> (Account, Json) {
        match self.credit.kind {
            CreditKind::GiftCard => (Account::GiftCards, json!({ "giftCard": self.credit.id })),
            CreditKind::StoreCredit => {
                let keys =
                    json!({ "storeCredit": self.credit.id, "customer": self.credit.customer_id });
                (Account::StoreCredit, keys)
            }
        }
    }
}

/// A gift card was sold: no tax is due before it is used
/// ([Directive (EU) 2016/1065](https://eur-lex.europa.eu/eli/dir/2016/1065/oj), art. 30b(2)).
pub(crate) fn gift_card_sold(one: &Owed<'_>) -> Entry {
    let (account, keys) = one.side();
    one.entry("gift_card.sold", "Gift card sold")
        .debit(Account::Bank, one.currency, one.amount, &keys)
        .credit(account, one.currency, one.amount, &keys)
}

/// What was owed back is given as credit.
pub(crate) fn credit_returned(
    (credit, source, currency, minor): (&credit::Model, Uuid, Currency, i64),
    order: &mut order::Model,
    at: OffsetDateTime,
) -> Entry {
    let amount = take(&mut order.refund_due_minor, &mut order.refund_due_base_minor, minor);
    let one = Owed { credit, source, event: None, at, currency, amount };
    let (account, keys) = one.side();
    one.entry("store_credit.returned", "Store credit for what came back")
        .of_order(order.id)
        .debit(Account::RefundsPayable, currency, amount, &of_order(order))
        .credit(account, currency, amount, &keys)
}

/// What was paid for goods that came back pays for another order; a negative amount comes back from there.
pub(crate) fn exchanged(
    (source, at): (Uuid, OffsetDateTime),
    (currency, amount): (Currency, Amount),
    order: &mut order::Model,
) -> Entry {
    let what = if amount.minor < 0 { "Back from an exchange" } else { "Paid for an exchange" };
    let description = format!("{what}, order {}", order.number);
    let entry = Entry::new("exchange", source, at, ("ord", order.id), description);
    let owed = if amount.minor < 0 {
        owe_back(order, negative(amount));
        amount
    } else {
        take(&mut order.refund_due_minor, &mut order.refund_due_base_minor, amount.minor)
    };
    entry
        .of_order(order.id)
        .debit(Account::RefundsPayable, currency, owed, &of_order(order))
        .credit(Account::Exchanges, currency, amount, &json!({ "exchange": order.id }))
        .with_exchange_difference(currency)
}

/// Credit was given for nothing.
pub(crate) fn credit_given(one: &Owed<'_>) -> Entry {
    let (account, keys) = one.side();
    one.entry("store_credit.given", "Store credit given")
        .debit(Account::Goodwill, one.currency, one.amount, &keys)
        .credit(account, one.currency, one.amount, &keys)
}

/// Nobody used it in time.
pub(crate) fn breakage(one: &Owed<'_>) -> Entry {
    let (account, keys) = one.side();
    let what = match one.credit.kind {
        CreditKind::GiftCard => "Gift card ended",
        CreditKind::StoreCredit => "Store credit ended",
    };
    one.entry("breakage", what).debit(account, one.currency, one.amount, &keys).credit(
        Account::Breakage,
        one.currency,
        one.amount,
        &keys,
    )
}

/// What lines of a settlement do to what a provider holds for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It kept so much; below zero it gave a fee back.
    Fee(Currency, Amount),
    /// The same for a dispute, beyond what is booked already.
    ChargebackFee(Currency, Amount),
    /// It holds so much back; below zero it lets it go.
    Held(Currency, Amount),
    /// What it owed in one currency, it owes in another.
    Exchanged {
        /// What was taken or given back, as it stands in the books.
        gross: (Currency, Amount),
        /// What that came to, before the fee.
        came_to: (Currency, Amount),
    },
    /// One side of a conversion of a balance; positive came to it.
    Converted(Currency, Amount),
    /// A part of a minor unit that is not there.
    Rounded(Currency, Amount),
    /// It was taken before the books began, so that nothing is owed for it there yet.
    Opened(Currency, Amount),
}

/// Lines of a settlement, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled<'a> {
    /// The first of the lines.
    pub(crate) source: Uuid,
    /// The file.
    pub(crate) report: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) provider: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) description: &'a str,
    pub(crate) effects: &'a [Effect],
}

/// What the provider owes us becomes what it says it settled: less by its fee, and in the currency of the settlement. What
/// rates made of it in between is the difference that stays. One of a `template` for each source.
pub(crate) fn settlement(template: &'static str, one: &Settled<'_>) -> Entry {
    let keys = json!({ "provider": one.provider, "account": one.account });
    let entry = Entry::new(template, one.source, one.at, ("str", one.report), one.description);
    one.effects.iter().fold(entry, |entry, effect| match *effect {
        Effect::Fee(currency, fee) => entry
            .debit(Account::ProviderFees, currency, fee, &keys)
            .credit(Account::Clearing, currency, fee, &keys),
        Effect::ChargebackFee(currency, fee) => entry
            .debit(Account::ChargebackFees, currency, fee, &keys)
            .credit(Account::Clearing, currency, fee, &keys),
        Effect::Held(currency, amount) => entry
            .debit(Account::Reserve, currency, amount, &keys)
            .credit(Account::Clearing, currency, amount, &keys),
        Effect::Exchanged { gross, came_to } => entry
            .credit(Account::Clearing, gross.0, gross.1, &keys)
            .debit(Account::ExchangeDifferences, gross.0, gross.1, &keys)
            .debit(Account::Clearing, came_to.0, came_to.1, &keys)
            .credit(Account::ExchangeDifferences, came_to.0, came_to.1, &keys),
        Effect::Converted(currency, amount) => entry
            .debit(Account::Clearing, currency, amount, &keys)
            .credit(Account::ExchangeDifferences, currency, amount, &keys),
        Effect::Rounded(currency, rest) => entry
            .debit(Account::Rounding, currency, rest, &keys)
            .credit(Account::Clearing, currency, rest, &keys),
        Effect::Opened(currency, amount) => entry
            .debit(Account::Clearing, currency, amount, &keys)
            .credit(Account::Unallocated, currency, amount, &keys),
    })
}

/// A transfer from a provider to our bank, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer<'a> {
    /// The payout, or the line of the bank.
    pub(crate) source: Uuid,
    pub(crate) payout: Uuid,
    pub(crate) provider: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) at: OffsetDateTime,
    pub(crate) currency: Currency,
}

impl Transfer<'_> {
    fn entry(&self, template: &'static str, what: &str) -> Entry {
        let subject: Subject = ("pyo", self.payout);
        Entry::new(template, self.source, self.at, subject, format!("{what} {}", self.provider))
    }

    fn keys(&self) -> (Json, Json) {
        let provider = json!({ "provider": self.provider, "account": self.account });
        (provider, json!({ "payout": self.payout }))
    }
}

/// A provider sent what it owed; a negative batch sends nothing.
pub(crate) fn payout_sent(one: &Transfer<'_>, amount: Amount) -> Entry {
    let (provider, payout) = one.keys();
    one.entry("payout.sent", "Payout of")
        .debit(Account::PayoutsInTransit, one.currency, amount, &payout)
        .credit(Account::Clearing, one.currency, amount, &provider)
}

/// What was sent came back: the provider owes it again.
pub(crate) fn payout_failed(one: &Transfer<'_>, amount: Amount) -> Entry {
    let (provider, payout) = one.keys();
    one.entry("payout.failed", "Failed payout of")
        .debit(Account::Clearing, one.currency, amount, &provider)
        .credit(Account::PayoutsInTransit, one.currency, amount, &payout)
}

/// The bank has so much of it, and kept its charge: `cleared` of what was on its way is there.
pub(crate) fn payout_received(
    one: &Transfer<'_>,
    amount: Amount,
    charge: Amount,
    cleared: Amount,
) -> Entry {
    let (_, payout) = one.keys();
    one.entry("payout.received", "Payout received from")
        .debit(Account::Bank, one.currency, amount, &payout)
        .debit(Account::BankCharges, one.currency, charge, &payout)
        .credit(Account::PayoutsInTransit, one.currency, cleared, &payout)
        .with_exchange_difference(one.currency)
}

/// A difference that a person explained, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explained<'a> {
    /// The decision.
    pub(crate) source: Uuid,
    pub(crate) exception: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) currency: Currency,
    /// Positive is to us.
    pub(crate) amount: Amount,
    /// Where it stands, or is missing.
    pub(crate) account: Account,
    /// What it is from now on: a loss, a charge, or nobody knows.
    pub(crate) to: Account,
    pub(crate) keys: &'a Json,
    pub(crate) description: &'a str,
}

/// What could not be explained otherwise is a loss, or waits in suspense.
pub(crate) fn explained(template: &'static str, one: &Explained<'_>) -> Entry {
    Entry::new(template, one.source, one.at, ("rex", one.exception), one.description)
        .debit(one.account, one.currency, one.amount, one.keys)
        .credit(one.to, one.currency, one.amount, one.keys)
}

/// A dispute, for the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contested<'a> {
    pub(crate) dispute: &'a dispute::Model,
    pub(crate) payment: &'a payment::Model,
    /// The step of the payment, or the dispute itself.
    pub(crate) source: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
}

impl Contested<'_> {
    fn entry(&self, template: &'static str, order: &order::Model, what: &str) -> Entry {
        let subject: Subject = ("dsp", self.dispute.id);
        Entry::new(
            template,
            self.source,
            self.at,
            subject,
            format!("{what}, order {}", order.number),
        )
        .of_order(order.id)
    }

    fn keys(&self) -> (Json, Json) {
        let payment = json!({
            "payment": self.payment.id,
            "provider": self.payment.provider,
            "account": self.payment.provider_account,
        });
        (json!({ "dispute": self.dispute.id }), payment)
    }
}

/// A bank took money back, and the provider charges for it.
pub(crate) fn charged_back(one: &Contested<'_>, order: &order::Model, fee: Amount) -> Entry {
    let (dispute, payment) = one.keys();
    one.entry("dispute.taken", order, "Chargeback")
        .debit(Account::Disputed, one.currency, one.amount, &dispute)
        .debit(Account::ChargebackFees, one.currency, fee, &dispute)
        .credit(Account::Clearing, one.currency, one.amount.plus(fee), &payment)
}

/// The bank gave it back; the fee stays.
pub(crate) fn chargeback_reversed(one: &Contested<'_>, order: &order::Model) -> Entry {
    let (dispute, payment) = one.keys();
    one.entry("dispute.won", order, "Chargeback reversed")
        .debit(Account::Clearing, one.currency, one.amount, &payment)
        .credit(Account::Disputed, one.currency, one.amount, &dispute)
}

/// The money is gone.
pub(crate) fn chargeback_lost(one: &Contested<'_>, order: &order::Model) -> Entry {
    let (dispute, _) = one.keys();
    one.entry("dispute.lost", order, "Dispute lost")
        .debit(Account::ChargebackLosses, one.currency, one.amount, &dispute)
        .credit(Account::Disputed, one.currency, one.amount, &dispute)
}
