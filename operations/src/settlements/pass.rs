//! One look at some lines of a report: what each is matched with, what that does to the books, and what remains to be
//! explained.
//!
//! A line is matched, in this order, by what the provider calls the step, by the payment and the amount, by our own
//! reference and the amount. Currency, direction and reference tolerate nothing; an amount of a line a minor unit, which
//! is booked.

use super::exceptions::{self, About, New};
use super::matches::new_match;
use super::open;
use super::sql::{self, Candidate};
use super::terms::{Fees, Tolerances};
use super::totals::units;
use super::work;
use crate::actor::Actor;
use crate::disputes::record::{RecordDispute, record_in};
use crate::error::{Error, Result};
use crate::events;
use crate::ledger::entry::{Amount, Books};
use crate::ledger::templates::{self, Effect, Settled};
use crate::money::Currency;
use crate::payments::in_hand::take;
use crate::payments::report::{News, tell};
use crate::store::{Batch, WriteTx};
use entities::enums::{
    DisputeStage, MatchState, PayoutState, ReconciliationExceptionKind as Raised,
    ReconciliationExceptionState, ReconciliationResolution, SettlementLineKind as Kind,
    SettlementLineState, TransactionKind, TransactionState,
};
use entities::{
    match_row, payment_transaction, payout, reconciliation_exception, settlement_line,
    settlement_report,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet};
use time::OffsetDateTime;
use uuid::Uuid;

type Line = settlement_line::Model;

/// Why a dispute was recorded of which a settlement was the first to tell.
const TOLD_FIRST: &str = "told by the settlement";
/// How far a step and a line without a name may be apart in time to be proposed for each other.
const PROPOSED_WITHIN: time::Duration = time::Duration::days(7);
/// More steps than this fit a line: then none is proposed.
const MOST_PROPOSED: usize = 3;

/// Whether a line waits to be explained.
pub(super) fn is_open(line: &Line) -> bool {
    line.state == SettlementLineState::Open
}

/// What lines do to the books, summed by currency.
#[derive(Default)]
struct Sums {
    fees: BTreeMap<&'static str, (Currency, Amount)>,
    chargeback_fees: BTreeMap<&'static str, (Currency, Amount)>,
    held: BTreeMap<&'static str, (Currency, Amount)>,
    converted: BTreeMap<&'static str, (Currency, Amount)>,
    rounded: BTreeMap<&'static str, (Currency, Amount)>,
    opened: BTreeMap<&'static str, (Currency, Amount)>,
    exchanged: BTreeMap<(&'static str, &'static str), [(Currency, Amount); 2]>,
}

fn put(sums: &mut BTreeMap<&'static str, (Currency, Amount)>, currency: Currency, more: Amount) {
    let sum = sums.entry(currency.code()).or_insert((currency, Amount::default()));
    sum.1 = sum.1.plus(more);
}

impl Sums {
    fn exchange(&mut self, gross: (Currency, Amount), came_to: (Currency, Amount)) {
        let key = (gross.0.code(), came_to.0.code());
        let zero = |currency| (currency, Amount::default());
        let sum = self.exchanged.entry(key).or_insert([zero(gross.0), zero(came_to.0)]);
        sum[0].1 = sum[0].1.plus(gross.1);
        sum[1].1 = sum[1].1.plus(came_to.1);
    }

    fn effects(self) -> Vec<Effect> {
        let plain = |sums: BTreeMap<&'static str, (Currency, Amount)>,
                     make: fn(Currency, Amount) -> Effect| {
            sums.into_values().map(move |(currency, amount)| make(currency, amount))
        };
        plain(self.fees, Effect::Fee)
            .chain(plain(self.chargeback_fees, Effect::ChargebackFee))
            .chain(plain(self.held, Effect::Held))
            .chain(plain(self.converted, Effect::Converted))
            .chain(plain(self.rounded, Effect::Rounded))
            .chain(plain(self.opened, Effect::Opened))
            .chain(
                self.exchanged
                    .into_values()
                    .map(|[gross, came_to]| Effect::Exchanged { gross, came_to }),
            )
            .collect()
    }
}

/// Some lines in the work.
struct Pass<'a> {
    tx: &'a WriteTx,
    actor: &'a Actor,
    report: &'a settlement_report::Model,
    books: Books,
    batch: Batch,
    sums: Sums,
    source: Option<Uuid>,
    steps: Steps,
    matched: Vec<Uuid>,
    /// Steps that lines settled.
    settled: Vec<Uuid>,
    raised: Vec<New>,
    payouts: Vec<payout::Model>,
    fees: Fees,
    tolerances: Tolerances,
    /// Lines of which nothing is known by a name.
    nameless: Vec<Line>,
}

/// Looks at some lines of a report, and counts what came of it. `again`: they were looked at before.
pub(super) async fn over(
    tx: &WriteTx,
    actor: &Actor,
    report: &mut settlement_report::Model,
    books: Books,
    lines: &[Line],
    again: bool,
) -> Result<Passed> {
    let mut pass = Pass::open(tx, actor, report, books, lines).await?;
    pass.run(lines, again).await?;
    let (passed, matched, raised) = pass.close(lines, again).await?;
    report.matched_count += matched;
    report.exception_count += raised;
    Ok(passed)
}

/// What came of a look, to be written.
pub(super) struct Passed {
    pub(super) batch: Batch,
    settled: Vec<Uuid>,
    moment: OffsetDateTime,
}

impl Passed {
    pub(super) async fn write(self, tx: &WriteTx) -> Result<()> {
        open::settle(tx, self.batch, &self.settled, Some(self.moment)).await
    }
}

/// Steps of payments by the names under which lines look for them.
#[derive(Default)]
struct Steps {
    all: Vec<Candidate>,
    by_reference: HashMap<String, Vec<usize>>,
    by_payment: HashMap<String, Vec<usize>>,
    by_order: HashMap<String, Vec<usize>>,
}

impl Steps {
    fn add(&mut self, found: Vec<Candidate>, called: &HashMap<Uuid, Vec<String>>) {
        let known: HashSet<Uuid> = self.all.iter().map(|step| step.id).collect();
        for step in found {
            if known.contains(&step.id) {
                continue;
            }
            let place = self.all.len();
            if let Some(reference) = &step.reference {
                self.by_reference.entry(reference.clone()).or_default().push(place);
            }
            if let Some(reference) = &step.payment_reference {
                self.by_payment.entry(reference.clone()).or_default().push(place);
            }
            self.by_order.entry(step.order_number.clone()).or_default().push(place);
            for name in called.get(&step.order).into_iter().flatten() {
                self.by_order.entry(name.clone()).or_default().push(place);
            }
            self.all.push(step);
        }
    }

    fn of<'s>(
        &'s self,
        map: &'s HashMap<String, Vec<usize>>,
        name: Option<&String>,
    ) -> impl Iterator<Item = (usize, &'s Candidate)> {
        let places = name.and_then(|name| map.get(name)).into_iter().flatten();
        places.filter_map(|place| Some((*place, self.all.get(*place)?)))
    }
}

/// What a line is about.
enum Found {
    /// This step, by this rule.
    Step(usize, &'static str, i32),
    /// The same step was settled before.
    Twice(usize),
    /// The payment was captured once more, of which we know nothing.
    CapturedTwice(usize),
    /// A step of another payment state: a payment that is known, and no such step of it.
    Payment(usize),
    /// Nothing that is known.
    Nothing,
}

const fn step_of(kind: Kind) -> Option<TransactionKind> {
    Some(match kind {
        Kind::Capture => TransactionKind::Capture,
        Kind::Refund | Kind::RefundReversal => TransactionKind::Refund,
        Kind::Chargeback => TransactionKind::Chargeback,
        Kind::ChargebackReversal => TransactionKind::ChargebackReversal,
        Kind::Fee
        | Kind::Conversion
        | Kind::Reserve
        | Kind::Correction
        | Kind::BalanceTransfer
        | Kind::Payout
        | Kind::PayoutReversal
        | Kind::Unknown => return None,
    })
}

/// Whether money comes to us with a line of a kind.
const fn comes(kind: Kind) -> bool {
    matches!(kind, Kind::Capture | Kind::RefundReversal | Kind::ChargebackReversal)
}

impl<'a> Pass<'a> {
    /// Looks up what the lines may be about.
    async fn open(
        tx: &'a WriteTx,
        actor: &'a Actor,
        report: &'a settlement_report::Model,
        books: Books,
        lines: &[Line],
    ) -> Result<Self> {
        let moves = |line: &&Line| step_of(line.kind).is_some();
        let names: HashSet<&str> = lines
            .iter()
            .filter(moves)
            .flat_map(|line| [&line.modification_reference, &line.provider_reference])
            .flatten()
            .map(String::as_str)
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut steps = Steps::default();
        let found = sql::candidates_named(tx, &report.provider, &names).await?;
        steps.add(found, &HashMap::new());
        let unknown = |line: &&Line| {
            let named = [&line.modification_reference, &line.provider_reference];
            !named.into_iter().flatten().any(|name| {
                steps.by_reference.contains_key(name) || steps.by_payment.contains_key(name)
            })
        };
        let numbers: HashSet<&str> = lines
            .iter()
            .filter(moves)
            .filter(unknown)
            .filter_map(|line| line.merchant_reference.as_deref())
            .collect();
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let found = sql::candidates_of_orders(tx, &report.provider, &numbers).await?;
        let orders: Vec<Uuid> = found.iter().map(|step| step.order).collect();
        let called = sql::names_of_orders(tx, &orders).await?;
        steps.add(found, &called);
        let payouts: HashSet<Uuid> = lines
            .iter()
            .filter(|line| matches!(line.kind, Kind::Payout | Kind::PayoutReversal))
            .filter_map(|line| line.payout_id)
            .collect();
        let payouts: Vec<Uuid> = payouts.into_iter().collect();
        let payouts =
            if payouts.is_empty() { Vec::new() } else { sql::payouts(tx, &payouts).await? };
        let fees = Fees::with(tx, report.legal_entity_id, &report.provider).await?;
        let tolerances = Tolerances::of_entity(tx, report.legal_entity_id).await?;
        Ok(Self {
            tx,
            actor,
            report,
            books,
            fees,
            tolerances,
            nameless: Vec::new(),
            batch: Batch::default(),
            sums: Sums::default(),
            source: None,
            steps,
            matched: Vec::new(),
            settled: Vec::new(),
            raised: Vec::new(),
            payouts,
        })
    }

    /// Goes through the lines. `again`: they were looked at before, so that what is not found is known already.
    async fn run(&mut self, lines: &[Line], again: bool) -> Result<()> {
        // What one step is told in several lines is summed first: a whole, and a part of it taken back.
        let mut together: BTreeMap<(Kind, &str), Vec<&Line>> = BTreeMap::new();
        for line in lines {
            if let (Some(_), Some(name)) = (step_of(line.kind), &line.modification_reference) {
                together.entry((line.kind, name.as_str())).or_default().push(line);
            }
        }
        let mut done: HashSet<Uuid> = HashSet::new();
        for line in lines {
            if done.contains(&line.id) {
                continue;
            }
            let group = line
                .modification_reference
                .as_deref()
                .and_then(|name| together.get(&(line.kind, name)))
                .filter(|group| group.len() > 1);
            if let Some(group) = group
                && self.take_together(group).await?
            {
                done.extend(group.iter().map(|line| line.id));
                continue;
            }
            self.one(line, again).await?;
        }
        Ok(())
    }

    /// Lines that sum to what one step still lacks; false where they do not.
    async fn take_together(&mut self, group: &[&Line]) -> Result<bool> {
        let Some(first) = group.first() else { return Ok(false) };
        let Found::Step(place, rule, confidence) = self.find(first) else { return Ok(false) };
        let Some(step) = self.steps.all.get(place).cloned() else { return Ok(false) };
        let sum: i64 = group.iter().map(|line| line.gross_minor).sum();
        let same = group.iter().all(|line| line.gross_currency == step.currency);
        let wanted =
            if comes(first.kind) { step.amount - step.matched } else { step.matched - step.amount };
        // The same amount again and again is no part of a whole.
        if !same || sum != wanted || group.iter().all(|line| line.gross_minor == first.gross_minor)
        {
            return Ok(false);
        }
        for line in group {
            self.settle(line, place, (rule, confidence)).await?;
        }
        self.check_fee(group, &step)?;
        Ok(true)
    }

    async fn one(&mut self, line: &Line, again: bool) -> Result<()> {
        let at = line.booked_at.or(self.report.booked_at).unwrap_or_else(|| self.tx.now());
        let settled_in = Currency::of_row(&line.currency)?;
        let net = line.net_minor;
        match line.kind {
            Kind::Fee | Kind::Correction => {
                let fee = self.books.worth(self.tx, settled_in, -net, at).await?;
                put(&mut self.sums.fees, settled_in, fee);
                self.explained(line);
            }
            Kind::Reserve => {
                let held = self.books.worth(self.tx, settled_in, -net, at).await?;
                put(&mut self.sums.held, settled_in, held);
                self.explained(line);
            }
            Kind::Conversion => {
                let came = self.books.worth(self.tx, settled_in, net, at).await?;
                put(&mut self.sums.converted, settled_in, came);
                self.explained(line);
            }
            Kind::BalanceTransfer => self.explained(line),
            Kind::Payout => {
                let payout = line.payout_id;
                let row = match_row::Model {
                    payout_id: payout,
                    amount_minor: -net,
                    ..self.matching(line, &line.currency, ("payout", 100))
                };
                if payout.is_some() {
                    self.batch.add(&row);
                }
                self.explained(line);
            }
            Kind::PayoutReversal => self.payout_back(line, at).await?,
            Kind::Unknown => {
                if !again {
                    let word = line
                        .raw
                        .as_object()
                        .into_iter()
                        .flatten()
                        .find(|(name, _)| {
                            ["type", "reporting_category", "transaction event code"]
                                .contains(&name.to_ascii_lowercase().as_str())
                        })
                        .and_then(|(_, word)| word.as_str())
                        .unwrap_or_default();
                    let said = format!(
                        "\"{word}\" is no kind of line that is known; it comes to {}.",
                        units(&line.currency, net)
                    );
                    self.raise(
                        Raised::UnknownType,
                        line,
                        (&line.currency, net),
                        said,
                        About::default(),
                    );
                }
            }
            Kind::Capture
            | Kind::Refund
            | Kind::RefundReversal
            | Kind::Chargeback
            | Kind::ChargebackReversal => self.movement(line, again).await?,
        }
        Ok(())
    }

    /// A line that needs nothing beside it.
    fn explained(&mut self, line: &Line) {
        self.source = self.source.or(Some(line.id));
        self.matched.push(line.id);
    }

    async fn payout_back(&mut self, line: &Line, at: OffsetDateTime) -> Result<()> {
        let found = self.payouts.iter().position(|row| Some(row.id) == line.payout_id);
        let found = found.and_then(|place| self.payouts.get_mut(place));
        if let Some(payout) =
            found.filter(|payout| payout.booked && payout.state != PayoutState::Failed)
        {
            payout.state = PayoutState::Failed;
            let payout = payout.clone();
            let settled_in = Currency::of_row(&payout.currency)?;
            let amount = self.books.worth(self.tx, settled_in, payout.amount_minor, at).await?;
            let entry =
                templates::payout_failed(&work::transfer(&payout, line.id, settled_in, at), amount);
            let event = work::told(&payout, events::PAYOUT_FAILED)?;
            let event = events::record(self.tx, self.actor, &mut self.batch, event);
            self.books.write(self.tx, &mut self.batch, entry.told_by(Some(event)))?;
            self.batch.save(&payout);
            let row = match_row::Model {
                payout_id: Some(payout.id),
                amount_minor: -line.net_minor,
                ..self.matching(line, &line.currency, ("payout", 100))
            };
            self.batch.add(&row);
            self.explained(line);
            return Ok(());
        }
        let said = format!(
            "A payout came back with {}, and no payout of that name was sent.",
            units(&line.currency, line.net_minor)
        );
        self.raise(
            Raised::MissingInLedger,
            line,
            (&line.currency, line.net_minor),
            said,
            About::default(),
        );
        Ok(())
    }

    /// Which step a line is about.
    fn find(&self, line: &Line) -> Found {
        let Some(kind) = step_of(line.kind) else { return Found::Nothing };
        let wanted = line.gross_minor.saturating_abs();
        let reverses = line.kind == Kind::RefundReversal;
        let lacks = |step: &Candidate| {
            if reverses {
                step.matched >= wanted || step.matched == 0
            } else {
                step.amount > step.matched
            }
        };
        let of_kind = |(_, step): &(usize, &Candidate)| {
            step.kind == kind && (reverses || step.state != TransactionState::Failed)
        };
        let steps = &self.steps;
        let named: Vec<(usize, &Candidate)> = steps
            .of(&steps.by_reference, line.modification_reference.as_ref())
            .filter(of_kind)
            .collect();
        let exactly =
            |step: &Candidate| step.amount - if reverses { 0 } else { step.matched } == wanted;
        let lacking = || named.iter().filter(|(_, step)| lacks(step));
        let best = lacking().find(|(_, step)| exactly(step)).or_else(|| lacking().next());
        if let Some((place, _)) = best {
            return Found::Step(*place, "modification_reference", 100);
        }
        if let Some((place, _)) = named.first() {
            return Found::Twice(*place);
        }
        let names = [&line.provider_reference, &line.modification_reference];
        let of_payment: Vec<(usize, &Candidate)> =
            names.into_iter().flat_map(|name| steps.of(&steps.by_payment, name.as_ref())).collect();
        let of_order: Vec<(usize, &Candidate)> =
            steps.of(&steps.by_order, line.merchant_reference.as_ref()).collect();
        // A step that the provider calls by another name is another step.
        let may_be = |step: &Candidate| {
            line.modification_reference.is_none()
                || step.reference.is_none()
                || step.reference == step.payment_reference
        };
        for (found, rule, confidence) in
            [(&of_payment, "payment_reference", 95), (&of_order, "merchant_reference", 90)]
        {
            let fits = |(_, step): &&(usize, &Candidate)| {
                may_be(step)
                    && lacks(step)
                    && step.currency == line.gross_currency
                    && step.amount - if reverses { 0 } else { step.matched } == wanted
            };
            let fitting = found.iter().filter(|one| of_kind(one)).find(fits);
            if let Some((place, _)) = fitting {
                return Found::Step(*place, rule, confidence);
            }
        }
        // The only one that it can be, though not with this amount.
        let open: Vec<&(usize, &Candidate)> =
            of_payment.iter().filter(|one| of_kind(one) && may_be(one.1) && lacks(one.1)).collect();
        if let [(place, _)] = open.as_slice() {
            return Found::Step(*place, "payment_reference", 95);
        }
        let known = || of_payment.iter().chain(&of_order);
        let again = known().find(|one| of_kind(one) && one.1.amount == wanted);
        match (again, known().next()) {
            (Some((place, _)), _) if kind == TransactionKind::Capture => {
                Found::CapturedTwice(*place)
            }
            (Some((place, _)), _) if line.modification_reference.is_none() => Found::Twice(*place),
            (_, Some((place, _))) => Found::Payment(*place),
            (_, None) => Found::Nothing,
        }
    }

    async fn movement(&mut self, line: &Line, again: bool) -> Result<()> {
        let found = match self.find(line) {
            Found::Nothing if again => {
                self.nameless.push(line.clone());
                return Ok(());
            }
            Found::Payment(place) if line.kind == Kind::Chargeback => {
                self.dispute(line, place).await?
            }
            found @ (Found::Step(..)
            | Found::Twice(_)
            | Found::CapturedTwice(_)
            | Found::Payment(_)
            | Found::Nothing) => found,
        };
        let gross = (line.gross_currency.as_str(), line.gross_minor);
        let amount = units(gross.0, gross.1);
        match found {
            Found::Step(place, rule, confidence) => {
                let Some(step) = self.steps.all.get(place).cloned() else { return Ok(()) };
                self.check_and_settle(line, place, &step, (rule, confidence), again).await
            }
            _ if again => Ok(()),
            Found::Twice(place) => {
                let step = self.steps.all.get(place).cloned();
                let number =
                    step.as_ref().map(|step| step.order_number.clone()).unwrap_or_default();
                let said = format!(
                    "{amount} of order {number} was settled before under the same reference."
                );
                self.raise(Raised::DuplicateLine, line, gross, said, about(step.as_ref()));
                Ok(())
            }
            Found::CapturedTwice(place) => {
                let step = self.steps.all.get(place).cloned();
                let number =
                    step.as_ref().map(|step| step.order_number.clone()).unwrap_or_default();
                let said = format!(
                    "{amount} was captured of order {number} under {}, and we know of one such capture under another reference.",
                    line.modification_reference.as_deref().unwrap_or("no reference")
                );
                self.raise(Raised::DuplicateCapture, line, gross, said, about(step.as_ref()));
                Ok(())
            }
            Found::Payment(place) => {
                let step = self.steps.all.get(place).cloned();
                let number =
                    step.as_ref().map(|step| step.order_number.clone()).unwrap_or_default();
                let said = format!(
                    "The payment of order {number} is known, but no such step of {amount}."
                );
                self.raise(Raised::MissingInLedger, line, gross, said, about(step.as_ref()));
                Ok(())
            }
            Found::Nothing => {
                let called = line.provider_reference.as_ref().or(line.merchant_reference.as_ref());
                let said = format!(
                    "No payment is known for {}, of {amount}.",
                    called.map_or("a line without a reference", String::as_str)
                );
                self.raise(Raised::MissingInLedger, line, gross, said, About::default());
                Ok(())
            }
        }
    }

    /// A bank took money, and nobody told us: the settlement does.
    async fn dispute(&mut self, line: &Line, place: usize) -> Result<Found> {
        let Some(step) = self.steps.all.get(place).cloned() else { return Ok(Found::Nothing) };
        let gross_in = Currency::of_row(&line.gross_currency)?;
        if step.currency != line.gross_currency || line.gross_minor >= 0 {
            return Ok(Found::Payment(place));
        }
        let fee = (line.currency == line.gross_currency && line.fee_minor > 0)
            .then(|| gross_in.decimal(line.fee_minor));
        let command = RecordDispute {
            payment_id: step.payment,
            provider_reference: line.modification_reference.clone(),
            stage: DisputeStage::Chargeback,
            amount: gross_in.decimal(-line.gross_minor),
            fee,
            reason: TOLD_FIRST.to_owned(),
            opened_at: line.occurred_at.filter(|at| *at <= self.tx.now()),
            evidence_due_at: None,
        };
        let recorded = match record_in(self.tx, self.actor, &command).await {
            Ok(recorded) => recorded,
            Err(Error::Refused(_)) => return Ok(Found::Payment(place)),
            Err(error) => return Err(error),
        };
        let steps = sql::steps_of_payment(self.tx, step.payment).await?;
        self.steps.add(steps, &HashMap::new());
        let late = self.late(&step);
        let kind = if late.is_some() { Raised::LateChargeback } else { Raised::Chargeback };
        let said = format!(
            "A bank took {} of order {}, which {}; the settlement was the first to tell.",
            units(&line.gross_currency, -line.gross_minor),
            step.order_number,
            late.unwrap_or("is open")
        );
        let about = About { dispute: Some(recorded), ..about(Some(&step)) };
        self.raise(kind, line, (&line.gross_currency, line.gross_minor), said, about);
        Ok(self.find(line))
    }

    async fn check_and_settle(
        &mut self,
        line: &Line,
        place: usize,
        step: &Candidate,
        by: (&'static str, i32),
        again: bool,
    ) -> Result<()> {
        let gross = line.gross_minor;
        if step.currency != line.gross_currency {
            if !again {
                let said = format!(
                    "The line says {}, the payment of order {} is in {}.",
                    units(&line.gross_currency, gross),
                    step.order_number,
                    step.currency
                );
                self.raise(
                    Raised::CurrencyMismatch,
                    line,
                    (&line.gross_currency, gross),
                    said,
                    About { transaction: Some(step.id), ..about(Some(step)) },
                );
            }
            return Ok(());
        }
        let lacks = if line.kind == Kind::RefundReversal {
            step.amount
        } else {
            step.amount - step.matched
        };
        let wanted = if comes(line.kind) { lacks } else { -lacks };
        let mismatch = if gross == wanted {
            let most = self.tolerances.of(&line.currency).line;
            arithmetic(line, most)?.map(|off| {
                let said = format!(
                    "Gross less fee is {} off the net of {}.",
                    units(&line.currency, off),
                    units(&line.currency, line.net_minor)
                );
                ((line.currency.as_str(), off), said)
            })
        } else {
            let said = format!(
                "The line says {}, we have {} of order {}.",
                units(&line.gross_currency, gross),
                units(&line.gross_currency, wanted),
                step.order_number
            );
            Some(((line.gross_currency.as_str(), gross - wanted), said))
        };
        if let Some((off, said)) = mismatch {
            if !again {
                self.raise(
                    Raised::AmountMismatch,
                    line,
                    off,
                    said,
                    About { transaction: Some(step.id), ..about(Some(step)) },
                );
            }
            return Ok(());
        }
        self.settle(line, place, by).await?;
        self.check_fee(&[line], step)
    }

    /// What a provider kept of a step, against what is agreed. A difference is told, and keeps nothing from being booked.
    fn check_fee(&mut self, lines: &[&Line], step: &Candidate) -> Result<()> {
        let Some(line) = lines.first().filter(|_| !self.fees.is_empty()) else { return Ok(()) };
        let at = line.booked_at.or(line.occurred_at).unwrap_or_else(|| self.tx.now());
        let day = self.books.day(at);
        let terms = (&self.fees, &self.tolerances);
        let Some(Kept { fee, came_to, agreed }) = variance(terms, lines, &step.method, &day)?
        else {
            return Ok(());
        };
        let said = format!(
            "{} was kept of {} of order {}, and {} is agreed for {}.",
            units(&line.currency, fee),
            units(&line.currency, came_to),
            step.order_number,
            units(&line.currency, agreed),
            step.method
        );
        let about = About { transaction: Some(step.id), ..about(Some(step)) };
        let off = (line.currency.as_str(), fee - agreed);
        self.raise(Raised::FeeVariance, line, off, said, about);
        Ok(())
    }

    /// Lines without a name that is known may be about a step of the same amount at that time, with the same card where both
    /// are told: that is proposed, and a person confirms.
    async fn propose(&mut self) -> Result<()> {
        let lines: Vec<Line> = std::mem::take(&mut self.nameless)
            .into_iter()
            .filter(|line| matches!(line.kind, Kind::Capture | Kind::Refund))
            .collect();
        let moments: Vec<OffsetDateTime> = lines.iter().map(|line| self.moment(line)).collect();
        let (Some(first), Some(last)) = (moments.iter().min(), moments.iter().max()) else {
            return Ok(());
        };
        let ids: Vec<Uuid> = lines.iter().map(|line| line.id).collect();
        // What was proposed before stands, and what a person took back is not proposed again.
        let told: HashSet<Uuid> = sql::ever_proposed(self.tx, &ids).await?.into_iter().collect();
        let amounts: Vec<i64> = lines
            .iter()
            .filter(|line| !told.contains(&line.id))
            .map(|line| line.gross_minor.saturating_abs())
            .collect();
        let kinds = ["CAPTURE", "REFUND"];
        let time = (*first - PROPOSED_WITHIN, *last + PROPOSED_WITHIN);
        let which = (kinds.as_slice(), amounts.as_slice());
        let found = sql::candidates_of_amounts(self.tx, &self.report.provider, which, time).await?;
        let payments: Vec<Uuid> = found.iter().map(|step| step.payment).collect();
        let cards = sql::cards_of(self.tx, &payments).await?;
        for line in lines.iter().filter(|line| !told.contains(&line.id)) {
            let own = last_four(&line.raw);
            let fits = |step: &&Candidate| {
                let card = cards.get(&step.payment);
                Some(step.kind) == step_of(line.kind)
                    && step.amount == line.gross_minor.saturating_abs()
                    && step.currency == line.gross_currency
                    && step.entity == self.report.legal_entity_id
                    && (step.at - self.moment(line)).abs() <= PROPOSED_WITHIN
                    && !self.settled.contains(&step.id)
                    && own.as_ref().zip(card).is_none_or(|(own, card)| own == card)
            };
            let fitting: Vec<&Candidate> =
                found.iter().filter(fits).take(MOST_PROPOSED + 1).collect();
            if fitting.len() > MOST_PROPOSED {
                continue;
            }
            let rows: Vec<match_row::Model> = fitting
                .into_iter()
                .map(|step| {
                    let same_card = own.is_some() && own.as_ref() == cards.get(&step.payment);
                    let by =
                        if same_card { ("amount_and_card", 70) } else { ("amount_and_day", 40) };
                    match_row::Model {
                        transaction_id: Some(step.id),
                        amount_minor: step.amount,
                        state: MatchState::Proposed,
                        ..self.matching(line, &line.gross_currency, by)
                    }
                })
                .collect();
            for row in &rows {
                self.batch.add(row);
            }
        }
        Ok(())
    }

    fn moment(&self, line: &Line) -> OffsetDateTime {
        let at = line.occurred_at.or(line.booked_at).or(self.report.booked_at);
        at.unwrap_or_else(|| self.tx.now())
    }

    /// A line is matched with a step, and booked.
    async fn settle(&mut self, line: &Line, place: usize, by: (&'static str, i32)) -> Result<()> {
        let Some(step) = self.steps.all.get(place).cloned() else { return Ok(()) };
        self.catch_up(line, &step).await?;
        let amount = if comes(step_line(step.kind)) { line.gross_minor } else { -line.gross_minor };
        if let Some(known) = self.steps.all.get_mut(place) {
            known.matched += amount;
        }
        let posted =
            posted(self.tx, &mut self.books, self.report, line, &[(&step, amount)]).await?;
        let row = match_row::Model {
            transaction_id: Some(step.id),
            amount_minor: amount,
            gross_base_minor: posted.gross.1.base,
            came_to_base_minor: posted.came_to.1.base,
            fee_base_minor: posted.fee.1.base,
            ..self.matching(line, &line.gross_currency, by)
        };
        self.batch.add(&row);
        posted.add(&mut self.sums);
        self.settled.push(step.id);
        self.explained(line);
        if line.kind == Kind::RefundReversal {
            let said = format!(
                "{} of order {} did not arrive: it is still owed.",
                units(&line.gross_currency, line.gross_minor),
                step.order_number
            );
            let about = About { transaction: Some(step.id), ..about(Some(&step)) };
            self.raise(
                Raised::RefundFailed,
                line,
                (&line.gross_currency, line.gross_minor),
                said,
                about,
            );
        }
        if line.kind == Kind::Chargeback {
            self.look_at_dispute(line, &step).await?;
        }
        Ok(())
    }

    /// What the settlement knows and we do not: a capture that was under way came, a refund did not arrive.
    async fn catch_up(&mut self, line: &Line, step: &Candidate) -> Result<()> {
        let state = match (line.kind, step.state) {
            (Kind::RefundReversal, TransactionState::Failed) => return Ok(()),
            (Kind::RefundReversal, _) => TransactionState::Failed,
            (_, TransactionState::Pending) => TransactionState::Succeeded,
            (_, TransactionState::Succeeded | TransactionState::Failed) => return Ok(()),
        };
        let at = line.occurred_at.unwrap_or_else(|| self.tx.now()).min(self.tx.now());
        let taken = take(self.tx, self.actor, step.payment, None).await?;
        let known: Option<payment_transaction::Model> =
            crate::payments::sql::transactions_by_ids(self.tx, &[step.id]).await?.pop();
        let news = News {
            kind: step.kind,
            state,
            minor: step.amount,
            reference: line.modification_reference.clone().or_else(|| step.reference.clone()),
            message: Some(TOLD_FIRST.to_owned()),
            at: at.max(step.at),
        };
        tell(self.tx, self.actor, taken, known.as_ref(), news).await?;
        Ok(())
    }

    /// Why a chargeback comes late, if it does: its order has ended, or the day of the capture is closed in the books.
    fn late(&self, step: &Candidate) -> Option<&'static str> {
        if step.order_closed {
            return Some("had ended");
        }
        let closed = step.captured_at.is_some_and(|at| self.books.is_closed(at));
        closed.then_some("was taken in a period that is closed")
    }

    /// Fees of a dispute beyond what is booked, and money that went back twice.
    async fn look_at_dispute(&mut self, line: &Line, step: &Candidate) -> Result<()> {
        let found = sql::dispute_of(self.tx, step.payment, step.reference.as_deref()).await?;
        let Some(dispute) = found else { return Ok(()) };
        if dispute.refunded_too {
            let said = format!(
                "{} of order {} was given back and charged back too: contest it with the refund.",
                units(&line.gross_currency, -line.gross_minor),
                step.order_number
            );
            let about = About { dispute: Some(dispute.id), ..about(Some(step)) };
            self.raise(
                Raised::RefundAndChargeback,
                line,
                (&line.gross_currency, line.gross_minor),
                said,
                about,
            );
        } else if let (Some(late), true) = (self.late(step), dispute.reason != TOLD_FIRST) {
            let said = format!(
                "A bank took {} of order {}, which {late}.",
                units(&line.gross_currency, -line.gross_minor),
                step.order_number
            );
            let about = About { dispute: Some(dispute.id), ..about(Some(step)) };
            self.raise(
                Raised::LateChargeback,
                line,
                (&line.gross_currency, line.gross_minor),
                said,
                about,
            );
        }
        Ok(())
    }

    fn matching(&self, line: &Line, currency: &str, by: (&str, i32)) -> match_row::Model {
        match_row::Model {
            settlement_line_id: Some(line.id),
            ..new_match(self.tx, self.actor, (currency, 0), by)
        }
    }

    fn raise(
        &mut self,
        kind: Raised,
        line: &Line,
        (currency, minor): (&str, i64),
        explanation: String,
        about: About,
    ) {
        self.raised.push(New {
            kind,
            subject: line.id.to_string(),
            entity: self.report.legal_entity_id,
            provider: Some(self.report.provider.clone()),
            currency: currency.to_owned(),
            minor,
            explanation,
            about: About { report: Some(self.report.id), line: Some(line.id), ..about },
        });
    }

    /// Writes what came of the lines; says how many are explained, and how many differences are new.
    async fn close(mut self, lines: &[Line], again: bool) -> Result<(Passed, i32, i32)> {
        let effects = std::mem::take(&mut self.sums).effects();
        if let Some(source) = self.source {
            let description =
                format!("Settlement {} of {}", self.report.reference, self.report.provider);
            let one = Settled {
                source,
                report: self.report.id,
                at: self.report.booked_at.unwrap_or_else(|| self.tx.now()),
                provider: &self.report.provider,
                account: self.report.provider_account.as_deref(),
                description: &description,
                effects: &effects,
            };
            let entry = templates::settlement("settlement", &one);
            self.books.write(self.tx, &mut self.batch, entry)?;
        }
        sql::set_line_state(self.tx, &self.matched, SettlementLineState::Matched).await?;
        let matched: HashSet<Uuid> = self.matched.iter().copied().collect();
        let matched = lines.iter().filter(|line| matched.contains(&line.id));
        open::sum(self.tx, &mut self.batch, self.report, matched, true).await?;
        if again && !self.matched.is_empty() {
            sql::drop_proposals(self.tx, "settlement_line_id", &self.matched).await?;
        }
        self.resolve(again).await?;
        self.propose().await?;
        let raised = exceptions::raise(self.tx, self.actor, &mut self.batch, self.raised).await?;
        let matched = i32::try_from(self.matched.len()).unwrap_or(i32::MAX);
        let moment = self.report.booked_at.unwrap_or_else(|| self.tx.now());
        Ok((Passed { batch: self.batch, settled: self.settled, moment }, matched, raised))
    }

    /// What was not known of a line, and is now; and what a clock missed of a step.
    async fn resolve(&mut self, again: bool) -> Result<()> {
        let lines = self.matched.iter().filter(|_| again);
        let subjects: Vec<String> = lines.chain(&self.settled).map(ToString::to_string).collect();
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let waits = [
            Raised::MissingInLedger,
            Raised::AmountMismatch,
            Raised::CurrencyMismatch,
            Raised::MissingInPsp,
            Raised::RefundNotSettled,
        ];
        for row in sql::exceptions_about(self.tx, &subjects).await? {
            if waits.contains(&row.kind) && row.state == ReconciliationExceptionState::Open {
                let how = (ReconciliationResolution::Matched, None);
                exceptions::resolved(self.tx, self.actor, &mut self.batch, &row, how);
            }
        }
        Ok(())
    }
}

/// The kind of line that a step is settled with.
const fn step_line(kind: TransactionKind) -> Kind {
    match kind {
        TransactionKind::Refund => Kind::Refund,
        TransactionKind::Chargeback => Kind::Chargeback,
        TransactionKind::ChargebackReversal => Kind::ChargebackReversal,
        TransactionKind::Capture | TransactionKind::Authorization | TransactionKind::Void => {
            Kind::Capture
        }
    }
}

fn about(step: Option<&Candidate>) -> About {
    About { payment: step.map(|step| step.payment), ..About::default() }
}

/// What a provider kept that is not what is agreed, in minor units of the settlement.
struct Kept {
    fee: i64,
    came_to: i64,
    agreed: i64,
}

/// What was kept of a step against what is agreed on a day; none where that is the same, or nothing is agreed.
fn variance(
    (fees, tolerances): (&Fees, &Tolerances),
    lines: &[&Line],
    method: &str,
    day: &str,
) -> Result<Option<Kept>> {
    let Some(line) = lines.first() else { return Ok(None) };
    let settled_in = Currency::of_row(&line.currency)?;
    let sum = |of: fn(&Line) -> i64| lines.iter().map(|line| of(line)).sum::<i64>();
    let fee = sum(|line| line.fee_minor);
    let came_to = sum(|line| line.net_minor.saturating_add(line.fee_minor));
    let Some(agreed) = fees.agreed(line.kind, (method, settled_in), came_to, day) else {
        return Ok(None);
    };
    let most = tolerances.of(&line.currency).of_fee(settled_in, agreed);
    Ok((fee.saturating_sub(agreed).abs() > most).then_some(Kept { fee, came_to, agreed }))
}

/// Those of some differences of fees that are as agreed by now.
pub(super) async fn as_agreed(
    tx: &WriteTx,
    open: &[reconciliation_exception::Model],
) -> Result<Vec<reconciliation_exception::Model>> {
    let ids: Vec<Uuid> = open.iter().filter_map(|row| row.settlement_line_id).collect();
    let firsts = sql::lines(tx, &ids).await?;
    let steps: Vec<Uuid> = open.iter().filter_map(|row| row.transaction_id).collect();
    let matched = sql::lines_of_steps(tx, &steps).await?;
    let steps = sql::candidates_by_ids(tx, &steps).await?;
    let mut terms: HashMap<(Uuid, String), (Books, Fees, Tolerances)> = HashMap::new();
    let mut agreed = Vec::new();
    for row in open {
        let line = firsts.iter().find(|line| Some(line.id) == row.settlement_line_id);
        let step = steps.iter().find(|step| Some(step.id) == row.transaction_id);
        let (Some(line), Some(step), Some(provider)) = (line, step, &row.provider) else {
            continue;
        };
        let key = (row.legal_entity_id, provider.clone());
        if !terms.contains_key(&key) {
            let Some(books) = Books::of_entity(tx, key.0).await? else { continue };
            let fees = Fees::with(tx, key.0, provider).await?;
            let tolerances = Tolerances::of_entity(tx, key.0).await?;
            terms.insert(key.clone(), (books, fees, tolerances));
        }
        let Some((books, fees, tolerances)) = terms.get(&key) else { continue };
        // What was told of the step in several lines of a file is one fee.
        let lines: Vec<&Line> = matched
            .iter()
            .filter(|(of, other)| *of == step.id && other.report_id == line.report_id)
            .map(|(_, other)| other)
            .filter(|other| other.kind == line.kind)
            .collect();
        let at = line.booked_at.or(line.occurred_at).unwrap_or(row.raised_at);
        let terms = (fees, tolerances);
        if variance(terms, &lines, &step.method, &books.day(at))?.is_none() {
            agreed.push(row.clone());
        }
    }
    Ok(agreed)
}

/// The end of the number of a card, where a provider names it.
fn last_four(raw: &serde_json::Value) -> Option<String> {
    let names = [
        "cardlast4",
        "last4",
        "cardlastfour",
        "lastfourdigits",
        "cardlastfourdigits",
        "cardnumber",
    ];
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (_, value) =
        raw.as_object()?.iter().find(|(name, _)| names.contains(&plain(name).as_str()))?;
    let text = value.as_str()?;
    let digits = text.get(text.len().checked_sub(4)?..)?;
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.to_owned())
}

/// By how much the net of a line is off, where that is more than so much.
fn arithmetic(line: &Line, most: i64) -> Result<Option<i64>> {
    let (gross_in, net_in) =
        (Currency::of_row(&line.gross_currency)?, Currency::of_row(&line.currency)?);
    let came_to = if gross_in == net_in {
        line.gross_minor
    } else {
        let rate: Option<Decimal> =
            line.exchange_rate.as_deref().and_then(|rate| rate.parse().ok());
        match rate.and_then(|rate| gross_in.convert(line.gross_minor, rate, net_in)) {
            Some(minor) => minor,
            // No rate is said, so nothing can be off.
            None => return Ok(None),
        }
    };
    let off = came_to.saturating_sub(line.fee_minor).saturating_sub(line.net_minor);
    Ok((off.abs() > most).then_some(off))
}

/// What a matched line does to the books.
struct Posted {
    gross: (Currency, Amount),
    came_to: (Currency, Amount),
    fee: (Currency, Amount),
    rest: Amount,
    /// Of it, what was taken before the books began.
    opened: Amount,
    /// Whether the fee is one of a dispute.
    disputed: bool,
}

/// What a line that is matched with steps does to the books; each with how much of it.
async fn posted(
    tx: &WriteTx,
    books: &mut Books,
    report: &settlement_report::Model,
    line: &Line,
    steps: &[(&Candidate, i64)],
) -> Result<Posted> {
    let (gross_in, net_in) =
        (Currency::of_row(&line.gross_currency)?, Currency::of_row(&line.currency)?);
    let at = line.booked_at.or(report.booked_at).unwrap_or_else(|| tx.now());
    let mut gross = Amount::default();
    let mut opened = Amount::default();
    let mut fee_minor = line.fee_minor;
    let mut disputed = false;
    for (step, minor) in steps {
        let signed = if comes(step_line(step.kind)) { *minor } else { -minor };
        let worth = if step.in_books {
            books.worth(tx, gross_in, signed, step.at).await?
        } else {
            // It has no place in the books yet: it comes with what it came to.
            let came_to = line.net_minor + line.fee_minor;
            let all = books.worth(tx, net_in, came_to, at).await?;
            let share = crate::orders::totals::share(all.base, *minor, line.gross_minor.abs());
            Amount { minor: signed, base: share }
        };
        gross = gross.plus(worth);
        if !step.in_books {
            opened = opened.plus(worth);
        }
        if step.kind == TransactionKind::Chargeback {
            disputed = true;
            let booked = sql::dispute_of(tx, step.payment, step.reference.as_deref()).await?;
            let booked = booked.and_then(|dispute| dispute.fee_minor).filter(|_| step.in_books);
            fee_minor -= booked.filter(|_| gross_in == net_in).unwrap_or(0);
        }
    }
    let fee = books.worth(tx, net_in, fee_minor, at).await?;
    let (came_to, rest) = if gross_in == net_in {
        let rest = gross.minor - line.fee_minor - line.net_minor;
        (gross, books.worth(tx, net_in, rest, at).await?)
    } else {
        let came_to = line.net_minor + line.fee_minor;
        (books.worth(tx, net_in, came_to, at).await?, Amount::default())
    };
    let (gross, came_to, fee) = ((gross_in, gross), (net_in, came_to), (net_in, fee));
    Ok(Posted { gross, came_to, fee, rest, opened, disputed })
}

impl Posted {
    fn add(&self, sums: &mut Sums) {
        let fees = if self.disputed { &mut sums.chargeback_fees } else { &mut sums.fees };
        put(fees, self.fee.0, self.fee.1);
        put(&mut sums.rounded, self.came_to.0, self.rest);
        put(&mut sums.opened, self.gross.0, self.opened);
        if self.gross.0 != self.came_to.0 {
            sums.exchange(self.gross, self.came_to);
        }
    }
}

/// What one line does to the books, by itself.
pub(super) struct Booked {
    pub(super) effects: Vec<Effect>,
    pub(super) gross_base: i64,
    pub(super) came_to_base: i64,
    pub(super) fee_base: i64,
}

/// What a line does to the books that is matched with steps by hand.
pub(super) async fn book_line(
    tx: &WriteTx,
    books: &mut Books,
    report: &settlement_report::Model,
    line: &Line,
    parts: &[(Candidate, i64)],
) -> Result<Booked> {
    let steps: Vec<(&Candidate, i64)> = parts.iter().map(|(step, minor)| (step, *minor)).collect();
    let posted = posted(tx, books, report, line, &steps).await?;
    let mut sums = Sums::default();
    posted.add(&mut sums);
    Ok(Booked {
        effects: sums.effects(),
        gross_base: posted.gross.1.base,
        came_to_base: posted.came_to.1.base,
        fee_base: posted.fee.1.base,
    })
}

impl Booked {
    /// The same with all signs turned.
    pub(super) fn opposite(mut self) -> Self {
        let turned = |amount: Amount| Amount { minor: -amount.minor, base: -amount.base };
        for effect in &mut self.effects {
            *effect = match *effect {
                Effect::Fee(currency, amount) => Effect::Fee(currency, turned(amount)),
                Effect::ChargebackFee(currency, amount) => {
                    Effect::ChargebackFee(currency, turned(amount))
                }
                Effect::Held(currency, amount) => Effect::Held(currency, turned(amount)),
                Effect::Exchanged { gross, came_to } => Effect::Exchanged {
                    gross: (gross.0, turned(gross.1)),
                    came_to: (came_to.0, turned(came_to.1)),
                },
                Effect::Converted(currency, amount) => Effect::Converted(currency, turned(amount)),
                Effect::Rounded(currency, amount) => Effect::Rounded(currency, turned(amount)),
                Effect::Opened(currency, amount) => Effect::Opened(currency, turned(amount)),
            };
        }
        self
    }
}
