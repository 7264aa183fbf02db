//! What explains the entries of bank statements: payouts of providers and invoices that were paid.
//!
//! An entry is matched, in this order, by a payout's name in its text and the amount; by the amount, the provider's name
//! and the day, where only one payout fits; several payouts that sum to it are proposed, and a person confirms. The bank
//! may keep a small charge, which is booked. Entries of a statement that does not follow on the one before it wait
//! until that is explained.

use super::import::between;
use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events;
use crate::invoices::pay::pay;
use crate::ledger::entry::Books;
use crate::ledger::templates;
use crate::money::Currency;
use crate::settlements::days::business_days_between;
use crate::settlements::exceptions::{self, About, New};
use crate::settlements::matches::new_match;
use crate::settlements::open;
use crate::settlements::sql::drop_proposals;
use crate::settlements::terms::Tolerances;
use crate::settlements::totals::units;
use crate::settlements::work::{told, transfer};
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{
    MatchState, PayoutState, ReconciliationExceptionKind as Raised, ReconciliationExceptionState,
    ReconciliationResolution, SettlementLineState,
};
use entities::{bank_line, bank_statement, match_row, payout};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Entries looked at in one transaction.
const LINES: i64 = 500;
/// Working days between when a payout should come and when it does.
const DAYS: i64 = 5;
/// Payouts among which a sum is looked for, and how many make it up at most.
const AMONG: usize = 16;
const TOGETHER: usize = 4;

/// Looks for what explains the entries of statements.
pub(super) async fn finish(store: &Store, statements: &[Uuid]) -> Result<()> {
    for statement in statements {
        let mut behind = -1;
        while let Some(last) = step(store, *statement, behind).await? {
            behind = last;
        }
    }
    Ok(())
}

async fn step(store: &Store, statement: Uuid, behind: i32) -> Result<Option<i32>> {
    store
        .write(|tx| async move {
            let Some(statement) = sql::statements(&tx, &[statement]).await?.pop() else {
                return Ok(None);
            };
            look(&tx, &Actor::system(), &statement, behind).await
        })
        .await
}

/// Entries of a company's statements that nothing explained may be explained by now.
pub(crate) async fn match_again(tx: &WriteTx, actor: &Actor, entity: Uuid) -> Result<()> {
    let ids = sql::with_open_lines(tx, entity).await?;
    for statement in sql::statements(tx, &ids).await? {
        let mut behind = -1;
        while let Some(last) = look(tx, actor, &statement, behind).await? {
            behind = last;
        }
    }
    Ok(())
}

/// Has a company's open entries looked at once more, soon.
pub(crate) fn look_again(tx: &WriteTx, batch: &mut Batch, entity: Uuid) {
    timers::set(tx, batch, Job::MatchBank, entity, tx.now());
}

/// The statement that was missing came: what it kept from being matched need not wait any longer.
pub(super) async fn close_gap(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (row, after): (&bank_statement::Model, &bank_statement::Model),
) -> Result<()> {
    if between(row, after).is_some() {
        return Ok(());
    }
    let subject = after.id.to_string();
    for open in crate::settlements::sql::exceptions_about(tx, &[&subject]).await? {
        if open.kind == Raised::StatementGap && open.state == ReconciliationExceptionState::Open {
            let note = Some("The statement came.".to_owned());
            exceptions::resolved(
                tx,
                actor,
                batch,
                &open,
                (ReconciliationResolution::Matched, note),
            );
            look_again(tx, batch, after.legal_entity_id);
        }
    }
    Ok(())
}

/// Some entries in the work.
struct Desk<'a> {
    tx: &'a WriteTx,
    actor: &'a Actor,
    statement: &'a bank_statement::Model,
    books: Books,
    tolerances: Tolerances,
    payouts: Vec<payout::Model>,
    /// Those that changed: each is written once.
    changed: BTreeMap<Uuid, payout::Model>,
    batch: Batch,
    matched: Vec<Uuid>,
    /// Captures with which entries paid invoices.
    paid: Vec<Uuid>,
    raised: Vec<New>,
    /// Entries that have part of a payout already, by payout.
    parts: HashMap<Uuid, Vec<bank_line::Model>>,
    twice: HashSet<Uuid>,
}

/// Looks at entries behind a line, and says which was the last one.
async fn look(
    tx: &WriteTx,
    actor: &Actor,
    statement: &bank_statement::Model,
    behind: i32,
) -> Result<Option<i32>> {
    if sql::is_blocked(tx, statement.id).await? {
        return Ok(None);
    }
    let lines = sql::open_lines_behind(tx, statement.id, behind, LINES).await?;
    let Some(last) = lines.last().map(|line| line.line_number) else { return Ok(None) };
    let entity = statement.legal_entity_id;
    let books = Books::of_entity(tx, entity).await?;
    let books = books.ok_or_else(|| Error::Internal("a statement of no company".into()))?;
    let payouts = sql::expected_payouts(tx, entity).await?;
    let ids: Vec<Uuid> = payouts.iter().map(|payout| payout.id).collect();
    let parts = sql::parts_of_payouts(tx, &ids).await?;
    let twice = sql::seen_before(tx, statement, &lines).await?.into_iter().collect();
    let mut desk = Desk {
        tx,
        actor,
        statement,
        books,
        tolerances: Tolerances::of_entity(tx, entity).await?,
        payouts,
        changed: BTreeMap::new(),
        batch: Batch::default(),
        matched: Vec::new(),
        paid: Vec::new(),
        raised: Vec::new(),
        parts,
        twice,
    };
    let ids: Vec<String> = lines.iter().map(|line| line.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let told = crate::settlements::sql::exceptions_about(tx, &ids).await?;
    let told: HashSet<Uuid> = told.into_iter().filter_map(|one| one.bank_line_id).collect();
    for line in &lines {
        if !desk.matched.contains(&line.id) {
            desk.one(line, told.contains(&line.id)).await?;
        }
    }
    desk.close().await?;
    Ok(Some(last))
}

/// The text of an entry: as it is, and without the blanks that banks put into words.
fn texts(line: &bank_line::Model) -> [String; 2] {
    let said = [line.reference.as_deref(), line.description.as_deref()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ").to_uppercase();
    let dense = said.chars().filter(|c| !c.is_whitespace()).collect();
    [said, dense]
}

/// Whether a text names something, and not merely something longer that begins or ends like it.
pub(super) fn names(texts: &[String; 2], name: &str) -> bool {
    let name = name.to_uppercase();
    let dense: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    if dense.chars().count() < 3 {
        return false;
    }
    let [said, packed] = texts;
    let within = |text: &str, name: &str, strict: bool| {
        text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
            if strict {
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            } else {
                let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                let longer = digit(after) && name.ends_with(|c: char| c.is_ascii_digit());
                let later = digit(before) && name.starts_with(|c: char| c.is_ascii_digit());
                !longer && !later
            }
        })
    };
    within(said, &name, true) || within(packed, &dense, false)
}

impl Desk<'_> {
    /// Looks at an entry. `again`: it was looked at before, and what was found of it was told.
    async fn one(&mut self, line: &bank_line::Model, again: bool) -> Result<()> {
        let texts = texts(line);
        if self.twice.contains(&line.id) {
            if !again {
                let said = "The bank told of this entry in another statement before.".to_owned();
                self.raise(Raised::DuplicateLine, line, None, line.amount_minor, said);
            }
            return Ok(());
        }
        let named: Vec<usize> = self
            .places()
            .filter(|place| {
                self.payouts.get(*place).is_some_and(|one| one.currency == line.currency)
            })
            .filter(|place| {
                self.payouts.get(*place).is_some_and(|one| names(&texts, &one.reference))
            })
            .collect();
        if !named.is_empty() {
            return self.of_named(line, &named, again).await;
        }
        if let Some(place) = self.only_one_that_fits(line, &texts) {
            let lines = std::slice::from_ref(line);
            return self.receive(lines, &[place], ("amount_and_provider", 85)).await;
        }
        if line.amount_minor > 0 && self.pay_invoice(line, &texts).await? {
            return Ok(());
        }
        if again {
            return Ok(());
        }
        let together = self.sum_of_several(line, &texts);
        for place in &together {
            let Some(payout) = self.payouts.get(*place) else { continue };
            let open = payout.amount_minor - payout.received_minor;
            let row = match_row::Model {
                state: MatchState::Proposed,
                ..self.matching(line, payout.id, open, ("sum_of_payouts", 50))
            };
            self.batch.add(&row);
        }
        let amount = units(&line.currency, line.amount_minor);
        let (kind, said) = if line.amount_minor < 0 {
            (
                Raised::UnexpectedBankDebit,
                format!("The bank paid {amount}, and nobody asked for it."),
            )
        } else if together.is_empty() {
            (
                Raised::UnexpectedBankCredit,
                format!("The bank has {amount} that no payout or invoice explains."),
            )
        } else {
            let said = format!(
                "The bank has {amount}; {} payouts sum to it: confirm that they are it.",
                together.len()
            );
            (Raised::UnexpectedBankCredit, said)
        };
        self.raise(kind, line, None, line.amount_minor, said);
        Ok(())
    }

    fn places(&self) -> std::ops::Range<usize> {
        0..self.payouts.len()
    }

    /// An entry whose text names payouts.
    async fn of_named(
        &mut self,
        line: &bank_line::Model,
        named: &[usize],
        again: bool,
    ) -> Result<()> {
        let open: i64 = self.open(named);
        let mut lines = vec![line.clone()];
        if let [place] = named
            && let Some(payout) = self.payouts.get(*place)
        {
            lines.extend(self.parts.remove(&payout.id).into_iter().flatten());
            lines.sort_by_key(|line| line.id);
            lines.dedup_by_key(|line| line.id);
        }
        let came: i64 = lines.iter().map(|line| line.amount_minor).sum();
        let lacks = open - came;
        if lacks == 0 || (lacks > 0 && lacks <= self.charge(&line.currency) && came > 0) {
            return self.receive(&lines, named, ("payout_reference", 100)).await;
        }
        let payout =
            named.first().and_then(|place| self.payouts.get(*place)).map(|payout| payout.id);
        if let Some(payout) = payout {
            self.parts.insert(payout, lines);
        }
        if again {
            return Ok(());
        }
        let (came, sent) = (units(&line.currency, line.amount_minor), units(&line.currency, open));
        let said = format!("The bank has {came} of a payout of {sent}.");
        let kind = if line.amount_minor < open { Raised::BankShort } else { Raised::BankOver };
        self.raise(kind, line, payout, line.amount_minor - open, said);
        self.is_not_missing(named).await
    }

    /// The bank has another amount of a payout: it is that which is to be explained, and the payout is not missing besides.
    async fn is_not_missing(&mut self, named: &[usize]) -> Result<()> {
        for place in named {
            let Some(payout) = self.payouts.get_mut(*place) else { continue };
            if payout.state != PayoutState::Missing {
                continue;
            }
            payout.state = PayoutState::InTransit;
            let payout = payout.clone();
            self.changed.insert(payout.id, payout.clone());
            self.resolve(&payout.id.to_string(), &[Raised::MissingBankCredit]).await?;
        }
        Ok(())
    }

    /// What the bank may keep of a transfer in a currency without a question.
    fn charge(&self, currency: &str) -> i64 {
        self.tolerances.of(currency).of_bank(currency != self.books.base.code())
    }

    fn open(&self, places: &[usize]) -> i64 {
        let payouts = places.iter().filter_map(|place| self.payouts.get(*place));
        payouts.map(|payout| payout.amount_minor - payout.received_minor).sum()
    }

    /// The only payout of this amount that can have come by now, where the text names its provider.
    fn only_one_that_fits(&self, line: &bank_line::Model, texts: &[String; 2]) -> Option<usize> {
        let fits = |place: &usize| {
            self.payouts.get(*place).is_some_and(|payout| {
                payout.currency == line.currency
                    && payout.amount_minor - payout.received_minor == line.amount_minor
                    && names(texts, &payout.provider)
                    && is_near(payout, &line.booked_at)
            })
        };
        let mut found = self.places().filter(fits);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// Payouts of one provider that sum to an entry, where only one sum does.
    fn sum_of_several(&self, line: &bank_line::Model, texts: &[String; 2]) -> Vec<usize> {
        let near = |place: &usize| {
            self.payouts.get(*place).is_some_and(|payout| {
                payout.currency == line.currency
                    && payout.amount_minor > payout.received_minor
                    && names(texts, &payout.provider)
                    && is_near(payout, &line.booked_at)
            })
        };
        let among: Vec<usize> = self.places().filter(near).take(AMONG).collect();
        let mut sums: Vec<Vec<usize>> = Vec::new();
        self.search(&among, 0, line.amount_minor, &mut Vec::new(), &mut sums);
        match sums.as_slice() {
            [only] => only.clone(),
            _ => Vec::new(),
        }
    }

    fn search(
        &self,
        among: &[usize],
        from: usize,
        left: i64,
        taken: &mut Vec<usize>,
        sums: &mut Vec<Vec<usize>>,
    ) {
        if left == 0 && taken.len() > 1 {
            sums.push(taken.clone());
        }
        if left <= 0 || taken.len() == TOGETHER || sums.len() > 1 {
            return;
        }
        for (place, payout) in among.iter().enumerate().skip(from) {
            taken.push(*payout);
            self.search(among, place + 1, left - self.open(&[*payout]), taken, sums);
            taken.pop();
        }
    }

    /// The bank has payouts, in one entry or several; what it kept is its charge, on the last one.
    async fn receive(
        &mut self,
        lines: &[bank_line::Model],
        places: &[usize],
        by: (&'static str, i32),
    ) -> Result<()> {
        let mut left: Vec<(bank_line::Model, i64)> =
            lines.iter().map(|line| (line.clone(), line.amount_minor)).collect();
        for place in places {
            let Some(mut payout) = self.payouts.get(*place).cloned() else { continue };
            let mut open = payout.amount_minor - payout.received_minor;
            let count = left.len();
            for (index, (line, rest)) in left.iter_mut().enumerate() {
                let of_this = if open < 0 { (*rest).max(open) } else { (*rest).min(open) };
                if of_this == 0 {
                    continue;
                }
                *rest -= of_this;
                let is_last = index + 1 == count && Some(place) == places.last();
                let charge = if is_last { open - of_this } else { 0 };
                open -= of_this + charge;
                let row = self.matching(line, payout.id, of_this, by);
                book_receipt(
                    self.tx,
                    &mut self.batch,
                    &mut self.books,
                    (&payout, line),
                    (&row, charge),
                )
                .await?;
                self.batch.add(&row);
                payout.received_minor += of_this + charge;
            }
            if payout.received_minor == payout.amount_minor {
                payout.state = PayoutState::Received;
                let event = told(&payout, events::PAYOUT_RECEIVED)?;
                events::record(self.tx, self.actor, &mut self.batch, event);
                self.resolve(&payout.id.to_string(), &[Raised::MissingBankCredit]).await?;
            }
            self.changed.insert(payout.id, payout.clone());
            if let Some(kept) = self.payouts.get_mut(*place) {
                *kept = payout;
            }
        }
        let waits = [
            Raised::UnexpectedBankCredit,
            Raised::UnexpectedBankDebit,
            Raised::BankShort,
            Raised::BankOver,
        ];
        for line in lines {
            self.matched.push(line.id);
            self.resolve(&line.id.to_string(), &waits).await?;
        }
        Ok(())
    }

    /// An invoice on terms that the text names, for no more than is open of it.
    async fn pay_invoice(&mut self, line: &bank_line::Model, texts: &[String; 2]) -> Result<bool> {
        let [said, _] = texts;
        let is_part = |c: char| !(c.is_alphanumeric() || c == '-' || c == '/' || c == '_');
        let words: HashSet<&str> =
            said.split(is_part).filter(|word| (4..=40).contains(&word.len())).take(50).collect();
        let words: Vec<&str> = words.into_iter().collect();
        let found = sql::invoices_numbered(self.tx, self.statement.legal_entity_id, &words).await?;
        let [invoice] = found.as_slice() else { return Ok(false) };
        let currency = Currency::of_row(&line.currency)?;
        if invoice.currency != line.currency {
            return Ok(false);
        }
        let amount = currency.decimal(line.amount_minor);
        let reference = line.reference.as_deref();
        let paid = pay(self.tx, self.actor, (invoice.id, amount), &line.booked_at, reference).await;
        let capture = match paid {
            Ok(capture) => capture,
            Err(Error::Refused(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let row = match_row::Model {
            invoice_id: Some(invoice.id),
            transaction_id: Some(capture),
            payout_id: None,
            ..self.matching(line, Uuid::nil(), line.amount_minor, ("invoice_number", 95))
        };
        self.batch.add(&row);
        self.paid.push(capture);
        self.matched.push(line.id);
        self.resolve(&line.id.to_string(), &[Raised::UnexpectedBankCredit]).await?;
        Ok(true)
    }

    async fn resolve(&mut self, subject: &str, kinds: &[Raised]) -> Result<()> {
        for row in crate::settlements::sql::exceptions_about(self.tx, &[subject]).await? {
            if kinds.contains(&row.kind) && row.state == ReconciliationExceptionState::Open {
                let how = (ReconciliationResolution::Matched, None);
                exceptions::resolved(self.tx, self.actor, &mut self.batch, &row, how);
            }
        }
        Ok(())
    }

    fn matching(
        &self,
        line: &bank_line::Model,
        payout: Uuid,
        minor: i64,
        by: (&str, i32),
    ) -> match_row::Model {
        match_row::Model {
            bank_line_id: Some(line.id),
            payout_id: Some(payout),
            ..new_match(self.tx, self.actor, (&line.currency, minor), by)
        }
    }

    fn raise(
        &mut self,
        kind: Raised,
        line: &bank_line::Model,
        payout: Option<Uuid>,
        minor: i64,
        explanation: String,
    ) {
        self.raised.push(New {
            kind,
            subject: line.id.to_string(),
            entity: self.statement.legal_entity_id,
            provider: None,
            currency: line.currency.clone(),
            minor,
            explanation,
            about: About {
                statement: Some(self.statement.id),
                bank_line: Some(line.id),
                payout,
                ..About::default()
            },
        });
    }

    async fn close(mut self) -> Result<()> {
        sql::set_state(self.tx, &self.matched, SettlementLineState::Matched).await?;
        if !self.matched.is_empty() {
            drop_proposals(self.tx, "bank_line_id", &self.matched).await?;
        }
        let matched: HashSet<String> = self.matched.iter().map(ToString::to_string).collect();
        self.raised.retain(|one| !matched.contains(&one.subject));
        exceptions::raise(self.tx, self.actor, &mut self.batch, self.raised).await?;
        for payout in self.changed.values() {
            self.batch.save(payout);
        }
        open::settle(self.tx, self.batch, &self.paid, Some(self.tx.now())).await
    }
}

/// Whether an entry can be a payout, by its day.
fn is_near(payout: &payout::Model, booked: &str) -> bool {
    let expected = payout.expected_at.or(payout.paid_at);
    let (Some(expected), Ok(booked)) = (expected, booked.parse::<jiff::civil::Date>()) else {
        return false;
    };
    let expected = crate::clock::timestamp(expected).to_zoned(jiff::tz::TimeZone::UTC).date();
    business_days_between(expected, booked) <= DAYS
        && business_days_between(booked, expected) <= DAYS
}

/// The books say that the bank has so much of a payout, and what it kept.
pub(crate) async fn book_receipt(
    tx: &WriteTx,
    batch: &mut Batch,
    books: &mut Books,
    (payout, line): (&payout::Model, &bank_line::Model),
    (row, charge): (&match_row::Model, i64),
) -> Result<()> {
    let currency = Currency::of_row(&payout.currency)?;
    let at = books.begin_of(&line.booked_at).unwrap_or_else(|| tx.now());
    let amount = books.worth(tx, currency, row.amount_minor, at).await?;
    let charge = books.worth(tx, currency, charge, at).await?;
    let sent_at = payout.paid_at.unwrap_or(at);
    let cleared = books.worth(tx, currency, amount.minor + charge.minor, sent_at).await?;
    let transfer = transfer(payout, row.id, currency, at);
    books.write(tx, batch, templates::payout_received(&transfer, amount, charge, cleared))
}
