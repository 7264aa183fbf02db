//! The journal of some days as a file that bookkeepers import: the same bytes every time, once the days are closed.
//!
//! Two forms. `CSV`: one row for each posting, as RFC 4180 has it. `SAFT`: a flat file of records of the OECD's Standard
//! Audit File for Tax ([SAF-T 2.0](https://www.oecd.org/content/dam/oecd/en/topics/policy-sub-issues/tax-administration/guidance-note-standard-audit-file-tax.pdf)),
//! one record a line, its fields parted by tabs and named as the elements there: one `HEADER` with totals, an `ACCOUNT` for
//! each account that moved with its balances before and after, a `TRANSACTION` for each entry, and a `LINE` for each posting.

use super::chart::Account;
use super::read::{Numbered, entity_in_reach};
use super::sql as queries;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::Db;
use entities::{legal_entity, posting};
use rust_decimal::Decimal;
use std::collections::HashMap;
use uuid::Uuid;

/// Entries read at a time.
const CHUNK: usize = 500;
/// The columns of the CSV form, part of the contract with whoever imports it.
const COLUMNS: [&str; 17] = [
    "entry",
    "business_date",
    "recorded_at",
    "rule",
    "description",
    "subject",
    "reverses",
    "line",
    "account",
    "account_name",
    "currency",
    "debit",
    "credit",
    "base_currency",
    "base_debit",
    "base_credit",
    "subledger",
];

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows with a head.
    Csv,
    /// Records of SAF-T.
    Saft,
}

impl Format {
    /// How its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Saft => "tsv",
        }
    }

    /// The form that ends like this.
    pub fn named(ending: &str) -> Option<Self> {
        [Self::Csv, Self::Saft].into_iter().find(|format| format.ending() == ending)
    }
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose books.
    pub legal_entity_id: Uuid,
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last day, `YYYY-MM-DD`.
    pub to: String,
    /// In which form.
    pub format: Format,
}

impl Wanted {
    /// Checks what an actor wants: days in order, books within reach.
    pub async fn check(
        db: &Db,
        actor: &Actor,
        (legal_entity_id, format): (Uuid, Format),
        (from, to): (&str, &str),
    ) -> Result<Self> {
        actor.require(Permission::LedgerRead)?;
        let mut faults = Faults::default();
        let from = checks::date(&mut faults, "from", from);
        let to = checks::date(&mut faults, "to", to);
        if let (Some(from), Some(to)) = (&from, &to)
            && from > to
        {
            faults.add(RefusalCode::Invalid, "to", "is not before `from`");
        }
        faults.check()?;
        let entity = entity_in_reach(db, actor, legal_entity_id).await?;
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        Ok(Self { legal_entity_id: entity.id, from, to, format })
    }

    /// What the file is called.
    pub fn file_name(&self) -> String {
        format!("journal-{}-{}.{}", self.from, self.to, self.format.ending())
    }
}

/// A file in the making: its head, then part by part.
#[derive(Debug)]
pub struct Export {
    wanted: Wanted,
    entity: legal_entity::Model,
    base: Currency,
    /// How ids are written.
    named: fn(&str, Uuid) -> String,
    behind: Option<(String, i64)>,
    begun: bool,
}

/// What a period holds, in minor units of the currency of the books.
struct Turnover {
    code: i32,
    opening: i64,
    debit: i64,
    credit: i64,
}

impl Export {
    /// Opens what [`Wanted::check`] let through; none where the company is gone. `named` writes an id under its prefix.
    pub async fn open(
        db: &Db,
        wanted: Wanted,
        named: fn(&str, Uuid) -> String,
    ) -> Result<Option<Self>> {
        let Some(entity) = queries::plain_entity(db, wanted.legal_entity_id).await? else {
            return Ok(None);
        };
        let base = Currency::from_code(&entity.base_currency)
            .ok_or_else(|| Error::Internal("a company without a currency".into()))?;
        Ok(Some(Self { wanted, entity, base, named, behind: None, begun: false }))
    }

    /// The next part; none where the file ends.
    pub async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>> {
        let mut part = Vec::new();
        if !self.begun {
            self.begun = true;
            match self.wanted.format {
                Format::Csv => write_row(&mut part, COLUMNS.iter().map(|name| (*name).to_owned()))?,
                Format::Saft => self.head(db, &mut part).await?,
            }
        }
        let days = (self.wanted.from.as_str(), self.wanted.to.as_str());
        let behind = self.behind.as_ref().map(|(day, number)| (day.as_str(), *number));
        let entries = queries::entries_of_days(db, self.entity.id, days, behind, CHUNK).await?;
        let Some(last) = entries.last() else {
            return Ok((!part.is_empty()).then_some(part));
        };
        self.behind = Some((last.entry.business_date.clone(), last.number));
        let ids: Vec<Uuid> = entries.iter().map(|one| one.entry.id).collect();
        let mut sides: HashMap<Uuid, Vec<posting::Model>> = HashMap::new();
        for side in queries::postings(db, &ids).await? {
            sides.entry(side.entry_id).or_default().push(side);
        }
        let back: Vec<Uuid> = entries.iter().filter_map(|one| one.entry.reverses_id).collect();
        let back = queries::entries_by_ids(db, None, &back).await?;
        let back: HashMap<Uuid, i64> =
            back.into_iter().map(|one| (one.entry.id, one.number)).collect();
        for one in &entries {
            let own = sides.remove(&one.entry.id).unwrap_or_default();
            let reverses = one.entry.reverses_id.and_then(|id| back.get(&id)).copied();
            match self.wanted.format {
                Format::Csv => self.rows(&mut part, (one, reverses), &own)?,
                Format::Saft => self.transaction(&mut part, (one, reverses), &own)?,
            }
        }
        Ok(Some(part))
    }

    fn rows(
        &self,
        part: &mut Vec<u8>,
        (one, reverses): (&Numbered, Option<i64>),
        sides: &[posting::Model],
    ) -> Result<()> {
        let entry = &one.entry;
        for (number, side) in (1..).zip(sides) {
            let currency = currency_of(side)?;
            let (debit, credit) = split(currency, side.amount_minor);
            let (base_debit, base_credit) = split(self.base, side.base_minor);
            let row = [
                numbered(one.number),
                entry.business_date.clone(),
                crate::sql::fixed_width(entry.recorded_at),
                entry.template.clone(),
                entry.description.clone(),
                (self.named)(&entry.subject_type, entry.subject_id),
                reverses.map(numbered).unwrap_or_default(),
                number.to_string(),
                side.account.to_string(),
                name_of(side.account).to_owned(),
                currency.code().to_owned(),
                debit,
                credit,
                self.base.code().to_owned(),
                base_debit,
                base_credit,
                sorted(&side.subledger),
            ];
            write_row(part, row.into_iter())?;
        }
        Ok(())
    }

    fn transaction(
        &self,
        part: &mut Vec<u8>,
        (one, reverses): (&Numbered, Option<i64>),
        sides: &[posting::Model],
    ) -> Result<()> {
        let entry = &one.entry;
        let (year, rest) = entry.business_date.split_at_checked(4).unwrap_or_default();
        record(
            part,
            "TRANSACTION",
            &[
                ("TransactionID", &numbered(one.number)),
                ("Period", rest.get(1..3).unwrap_or_default()),
                ("PeriodYear", year),
                ("TransactionDate", &entry.business_date),
                (
                    "SystemEntryDate",
                    crate::sql::fixed_width(entry.recorded_at).get(..10).unwrap_or_default(),
                ),
                ("TransactionType", &entry.template),
                ("Description", &entry.description),
                ("SourceID", &(self.named)(&entry.subject_type, entry.subject_id)),
                ("ReversesTransactionID", &reverses.map(numbered).unwrap_or_default()),
            ],
        );
        for (number, side) in (1..).zip(sides) {
            let number: i32 = number;
            let currency = currency_of(side)?;
            let (debit, credit) = split(self.base, side.base_minor);
            let foreign = currency != self.base;
            let amount = currency.decimal(side.amount_minor.abs()).to_string();
            let tax = |key: &str| side.subledger.get(key).map(plain).unwrap_or_default();
            let is_tax = side.account == Account::Vat.code();
            record(
                part,
                "LINE",
                &[
                    ("RecordID", &number.to_string()),
                    ("AccountID", &side.account.to_string()),
                    ("DebitAmount", &debit),
                    ("CreditAmount", &credit),
                    ("CurrencyCode", if foreign { currency.code() } else { "" }),
                    ("CurrencyAmount", if foreign { &amount } else { "" }),
                    ("TaxType", if is_tax { "VAT" } else { "" }),
                    ("TaxCountry", &if is_tax { tax("country") } else { String::new() }),
                    ("TaxCode", &if is_tax { tax("scheme") } else { String::new() }),
                    ("TaxRate", &if is_tax { tax("rate") } else { String::new() }),
                    ("SourceDocumentID", &sorted(&side.subledger)),
                ],
            );
        }
        Ok(())
    }

    /// What the file is, what it holds in all, and the accounts that moved.
    async fn head(&self, db: &Db, part: &mut Vec<u8>) -> Result<()> {
        let (entity, wanted) = (&self.entity, &self.wanted);
        let days = (wanted.from.as_str(), wanted.to.as_str());
        let entries = queries::count_of_days(db, entity.id, days).await?;
        let turnover = queries::turnover_of_days(db, entity.id, days).await?;
        let turnover: Vec<Turnover> = turnover
            .into_iter()
            .filter_map(|(code, opening, debit, credit)| {
                Some(Turnover { code: i32::try_from(code).ok()?, opening, debit, credit })
            })
            .collect();
        // Memo accounts stand off the balance: they are in the lines, not in the totals.
        let counted = |row: &&Turnover| row.code < Account::Authorizations.code();
        let sum =
            |side: fn(&Turnover) -> i64| -> i64 { turnover.iter().filter(counted).map(side).sum() };
        let money = |minor: i64| self.base.decimal(minor).to_string();
        record(
            part,
            "HEADER",
            &[
                ("AuditFileVersion", "2.0"),
                ("CompanyID", &(self.named)("ent", entity.id)),
                ("CompanyName", &entity.name),
                ("CompanyCountry", &entity.country_code),
                ("TaxRegistrationNumber", entity.tax_id.as_deref().unwrap_or_default()),
                ("DefaultCurrencyCode", self.base.code()),
                ("SelectionStartDate", &wanted.from),
                ("SelectionEndDate", &wanted.to),
                ("SoftwareID", "Aftercart"),
                ("NumberOfEntries", &entries.to_string()),
                ("TotalDebit", &money(sum(|row| row.debit))),
                ("TotalCredit", &money(sum(|row| row.credit))),
            ],
        );
        for row in &turnover {
            let closing = row.opening + row.debit - row.credit;
            let (opening_debit, opening_credit) = split(self.base, row.opening);
            let (closing_debit, closing_credit) = split(self.base, closing);
            record(
                part,
                "ACCOUNT",
                &[
                    ("AccountID", &row.code.to_string()),
                    ("AccountDescription", name_of(row.code)),
                    ("OpeningDebitBalance", &opening_debit),
                    ("OpeningCreditBalance", &opening_credit),
                    ("DebitAmount", &money(row.debit)),
                    ("CreditAmount", &money(row.credit)),
                    ("ClosingDebitBalance", &closing_debit),
                    ("ClosingCreditBalance", &closing_credit),
                ],
            );
        }
        Ok(())
    }
}

fn numbered(number: i64) -> String {
    format!("J-{number}")
}

fn name_of(code: i32) -> &'static str {
    Account::of(code).map_or("", Account::name)
}

fn currency_of(side: &posting::Model) -> Result<Currency> {
    Currency::from_code(&side.currency)
        .ok_or_else(|| Error::Internal("a posting without a currency".into()))
}

/// An amount as debit and credit: exactly one of them says something.
fn split(currency: Currency, minor: i64) -> (String, String) {
    let amount: Decimal = currency.decimal(minor.abs());
    if minor < 0 {
        (String::new(), amount.to_string())
    } else {
        (amount.to_string(), String::new())
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An object with its keys in order, whichever database kept it.
fn sorted(json: &serde_json::Value) -> String {
    let fields: std::collections::BTreeMap<&String, &serde_json::Value> =
        json.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).collect();
    serde_json::to_string(&fields).unwrap_or_default()
}

/// A row as RFC 4180 has it.
pub(crate) fn write_row(part: &mut Vec<u8>, row: impl Iterator<Item = String>) -> Result<()> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let row: Vec<String> = row.collect();
    let fault = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    writer.write_record(&row).map_err(|error| fault(&error))?;
    part.extend(writer.into_inner().map_err(|error| fault(&error))?);
    Ok(())
}

/// `LINE`, tab, `RecordID=1`, tab, `AccountID=1100`: what says nothing is left out, and what would part fields is a blank.
fn record(part: &mut Vec<u8>, kind: &str, fields: &[(&str, &str)]) {
    part.extend(kind.as_bytes());
    for (name, value) in fields.iter().filter(|field| !field.1.is_empty()) {
        let clean: String =
            value.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        part.extend(format!("\t{name}={clean}").as_bytes());
    }
    part.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_one_line_whatever_stands_in_it() {
        let mut part = Vec::new();
        record(&mut part, "LINE", &[("A", "x\ty\nz"), ("B", ""), ("C", "1")]);
        assert_eq!(part, b"LINE\tA=x y z\tC=1\r\n");
    }

    #[test]
    fn a_row_is_quoted_where_it_must_be() {
        let mut part = Vec::new();
        let row = ["a,b", "say \"x\"", "", "=1+1"].map(str::to_owned);
        write_row(&mut part, row.into_iter()).unwrap();
        assert_eq!(part, b"\"a,b\",\"say \"\"x\"\"\",,=1+1\r\n");
    }

    #[test]
    fn keys_stand_in_order_and_what_is_not_there_is_left_out() {
        assert_eq!(sorted(&json!({ "b": 1, "a": "x", "c": null })), r#"{"a":"x","b":1}"#);
    }
}
