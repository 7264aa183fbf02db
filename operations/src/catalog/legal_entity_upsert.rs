//! `legalEntityUpsert`: make or change the company that sells.

use super::sql;
use crate::audit;
use crate::bank::files::account_key;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::procedures::quarter;
use crate::settlements::sql as settlements;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{Breakage, RefundOrder, TaxRounding};
use entities::{bank_account, legal_entity, provider_account};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to make or change.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertLegalEntity {
    /// The one to change; none makes one.
    pub id: Option<Uuid>,
    /// Its registered name.
    pub name: String,
    /// Where it is registered.
    pub country_code: String,
    /// Its tax number.
    pub tax_id: Option<String>,
    /// The currency of its books.
    pub base_currency: String,
    /// Where its days begin, IANA; UTC for a new one without it.
    pub time_zone: Option<String>,
    /// Whether it tells its sales to other member states of the union in the one-stop shop; not, for a new one without
    /// it.
    pub one_stop_shop: Option<bool>,
    /// Where its taxes are rounded; on the document, for a new one without it.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub tax_rounding: Option<TaxRounding>,
    /// How many days new gift cards can be used, up to 36,500; for ever, for a new one without it.
    pub gift_card_valid_days: Option<i32>,
    /// The same for credit.
    pub store_credit_valid_days: Option<i32>,
    /// What becomes of what nobody used in time; earned, for a new one without it.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub breakage: Option<Breakage>,
    /// Where money goes back to first; gift cards and credit last, for a new one without it.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub refund_order: Option<RefundOrder>,
    /// Its accounts at banks, IBANs or what the bank calls them; left out they stay.
    pub bank_accounts: Option<Vec<String>>,
    /// Its accounts at providers, `provider:account`; left out they stay.
    pub provider_accounts: Option<Vec<String>>,
}

/// Accounts of one company at most.
const MAX_ACCOUNTS: usize = 100;

/// Accounts as they are compared, each once.
fn accounts(
    faults: &mut Faults,
    field: &str,
    given: Option<&Vec<String>>,
    read: impl Fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    let given = given?;
    if given.len() > MAX_ACCOUNTS {
        let message = format!("takes at most {MAX_ACCOUNTS} accounts");
        faults.add(RefusalCode::LimitExceeded, field, message);
    }
    let mut kept = Vec::with_capacity(given.len());
    for (place, text) in given.iter().enumerate() {
        match read(text) {
            Some(account) if account.len() <= 200 => kept.push(account),
            _ => {
                let message = match field {
                    "providerAccounts" => "is a provider and an account, such as adyen:ShopEU",
                    _ => "is an IBAN, or what the bank calls the account",
                };
                faults.add(RefusalCode::Invalid, &format!("{field}.{place}"), message);
            }
        }
    }
    kept.sort_unstable();
    kept.dedup();
    Some(kept)
}

/// Writes whose accounts are whose; one that is another company's is refused.
async fn write_accounts(
    tx: &WriteTx,
    batch: &mut Batch,
    entity: Uuid,
    (banks, providers): (Option<&Vec<String>>, Option<&Vec<String>>),
) -> Result<()> {
    let mut faults = Faults::default();
    let none = Vec::new();
    let (taken_banks, taken_providers) = settlements::accounts_of_others(
        tx,
        entity,
        banks.unwrap_or(&none),
        providers.unwrap_or(&none),
    )
    .await?;
    for account in taken_banks {
        let message = format!("{account} belongs to another legal entity");
        faults.add(RefusalCode::Duplicate, "bankAccounts", message);
    }
    for account in taken_providers {
        let message = format!("{account} belongs to another legal entity");
        faults.add(RefusalCode::Duplicate, "providerAccounts", message);
    }
    faults.check()?;
    if let Some(banks) = banks {
        settlements::forget_bank_accounts(tx, entity).await?;
        for account in banks {
            let account = account.clone();
            batch.add(&bank_account::Model { account, legal_entity_id: entity });
        }
    }
    if let Some(providers) = providers {
        settlements::forget_provider_accounts(tx, entity).await?;
        for name in providers {
            let Some((provider, account)) = name.split_once(':') else { continue };
            batch.add(&provider_account::Model {
                provider: provider.to_owned(),
                account: account.to_owned(),
                legal_entity_id: entity,
            });
        }
    }
    Ok(())
}

/// Makes or changes a legal entity and answers with its id.
#[expect(clippy::too_many_lines, reason = "one field after the other")]
pub async fn legal_entity_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertLegalEntity,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let country = checks::country(&mut faults, "countryCode", &command.country_code);
    let tax_id = checks::optional(&mut faults, "taxId", command.tax_id.as_deref(), 50);
    let currency = checks::currency(&mut faults, "baseCurrency", &command.base_currency);
    let zone = command.time_zone.as_deref().map(str::trim);
    if zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        faults.add(RefusalCode::Invalid, "timeZone", "is a time zone such as Europe/Berlin");
    }
    for (field, days) in [
        ("giftCardValidDays", command.gift_card_valid_days),
        ("storeCreditValidDays", command.store_credit_valid_days),
    ] {
        if let Some(days) = days {
            checks::within(&mut faults, field, days, 1, 36_500);
        }
    }
    let banks = accounts(&mut faults, "bankAccounts", command.bank_accounts.as_ref(), |text| {
        Some(account_key(text)).filter(|account| !account.is_empty())
    });
    let given = command.provider_accounts.as_ref();
    let providers = accounts(&mut faults, "providerAccounts", given, |text| {
        let (provider, account) = text.split_once(':')?;
        let (provider, account) = (provider.trim(), account.trim());
        (!provider.is_empty() && !account.is_empty()).then(|| format!("{provider}:{account}"))
    });
    faults.check()?;
    let (banks, providers) = (banks.as_ref(), providers.as_ref());
    let currency = currency.map_or("", |currency| currency.code());
    let (name, country, tax_id) = (&name, &country, &tax_id);
    once(store, call, "legalEntityUpsert", command, |tx| async move {
        let now = tx.now();
        let existing = match command.id {
            Some(id) => {
                let found = sql::legal_entities(&tx, &[id]).await?.pop();
                Some(found.ok_or_else(|| Error::refused(checks::not_found("id", "legal entity")))?)
            }
            None => None,
        };
        if let Some(row) = existing.as_ref().filter(|row| row.base_currency != currency)
            && sql::has_books(&tx, row.id).await?
        {
            let message = format!("its books are kept in {}: they stay so", row.base_currency);
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "baseCurrency", message)));
        }
        let old = existing.as_ref();
        let row = legal_entity::Model {
            id: existing.as_ref().map_or_else(|| tx.id(), |row| row.id),
            name: name.clone(),
            country_code: country.clone(),
            tax_id: tax_id.clone(),
            base_currency: currency.to_owned(),
            created_at: existing.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
            time_zone: zone
                .map(str::to_owned)
                .or_else(|| old.map(|row| row.time_zone.clone()))
                .unwrap_or_else(|| "UTC".to_owned()),
            tax_rounding: command
                .tax_rounding
                .or_else(|| old.map(|row| row.tax_rounding))
                .unwrap_or(TaxRounding::Document),
            closed_through: old.and_then(|row| row.closed_through.clone()),
            one_stop_shop: command
                .one_stop_shop
                .or_else(|| old.map(|row| row.one_stop_shop))
                .unwrap_or(false),
            gift_card_valid_days: command
                .gift_card_valid_days
                .or_else(|| old.and_then(|row| row.gift_card_valid_days)),
            store_credit_valid_days: command
                .store_credit_valid_days
                .or_else(|| old.and_then(|row| row.store_credit_valid_days)),
            breakage: command
                .breakage
                .or_else(|| old.map(|row| row.breakage))
                .unwrap_or(Breakage::OnExpiry),
            refund_order: command
                .refund_order
                .or_else(|| old.map(|row| row.refund_order))
                .unwrap_or(RefundOrder::CreditLast),
        };
        let mut batch = Batch::default();
        batch.save(&row);
        if existing.is_none() {
            batch.add_all(&crate::ledger::chart::rows(&tx, row.id));
        }
        write_accounts(&tx, &mut batch, row.id, (banks, providers)).await?;
        let was = old.map_or((false, "UTC"), |old| (old.one_stop_shop, old.time_zone.as_str()));
        if was != (row.one_stop_shop, row.time_zone.as_str()) {
            quarter::watch(&tx, &mut batch, &row).await?;
        }
        let event = NewEvent::new(events::LEGAL_ENTITY_SAVED, ("ent", row.id), json!({}));
        let change = audit::difference(existing.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
