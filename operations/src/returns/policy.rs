//! What may come back, until when, at whose cost: the law first, then the most specific policy that matches.

use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::{Currency, rate_ppm};
use crate::orders::in_hand::version;
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store};
use entities::enums::{RefundTrigger, ReturnReason};
use entities::{order, return_policy};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use uuid::Uuid;

/// An amount in a currency.
#[derive(Debug, Clone, Serialize)]
pub struct Price {
    /// How much.
    pub amount: Decimal,
    /// In which currency.
    pub currency: String,
}

/// What to make or change; what is left out of a change stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertPolicy {
    /// Which one to change; none for a new one.
    pub id: Option<Uuid>,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Its name.
    pub name: String,
    /// For orders of this channel; none for all.
    pub channel_id: Option<Uuid>,
    /// For orders that went to these countries; none for all.
    pub country_codes: Option<Vec<String>>,
    /// For orders with one of these tags; none for all.
    pub tags: Option<Vec<String>>,
    /// Calendar days behind the delivery of the last parcel.
    pub window_days: i32,
    /// Days within which money goes back.
    pub refund_within_days: i32,
    /// The share of the goods' price that is kept.
    pub restocking_fee_rate: Option<Decimal>,
    /// Whether the customer pays for the way back.
    pub customer_pays_shipping: Option<bool>,
    /// What the way back costs, if the customer pays it by being given back less.
    pub return_shipping: Option<Price>,
    /// What standard delivery costs: of what was paid for delivery no more is given back.
    pub standard_shipping: Option<Price>,
    /// Up to so much goes back to trusted customers before the goods are here.
    pub instant_refund_below: Option<Price>,
    /// For these reasons; none for all.
    #[serde(skip)]
    pub reasons: Option<Vec<ReturnReason>>,
    /// Reasons that need evidence.
    #[serde(skip)]
    pub evidence_reasons: Option<Vec<ReturnReason>>,
    /// Of two that match alike the higher one decides.
    pub priority: Option<i32>,
    /// Whether it is used.
    pub active: Option<bool>,
    /// Whether it is the law.
    pub statutory: Option<bool>,
    /// What the days for the refund count from.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub refund_trigger: Option<RefundTrigger>,
    /// Whether what stays has to earn its discounts still.
    pub recompute_promotions: Option<bool>,
}

/// Makes or changes a policy and answers with its id.
pub async fn return_policy_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertPolicy,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let checked = Checked::of(command)?;
    let checked = &checked;
    let names = |reasons: &Option<Vec<ReturnReason>>| reasons.as_deref().map(listed);
    let input = (command, names(&command.reasons), names(&command.evidence_reasons));
    once(store, call, "returnPolicyUpsert", &input, |tx| async move {
        let actor = call.actor;
        let missing = || Error::refused(checks::not_found("id", "return policy"));
        let before = match command.id {
            Some(id) => Some(sql::lock_policy(&tx, id).await?.ok_or_else(missing)?),
            None => None,
        };
        let channel = command.channel_id.or_else(|| before.as_ref()?.channel_id);
        let mut faults = Faults::default();
        let reached = |id: Option<Uuid>| match id {
            Some(id) => actor.reach.has_channel(id),
            None => actor.reach.channels.is_none(),
        };
        if before.as_ref().is_some_and(|row| !reached(row.channel_id)) {
            return Err(missing());
        }
        if let Some(id) = command.channel_id
            && (!actor.reach.has_channel(id) || catalog::channels(&tx, &[id]).await?.is_empty())
        {
            faults.push(checks::not_found("channelId", "channel"));
        } else if !reached(channel) {
            let message = "a policy for every channel needs reach over all of them";
            faults.add(RefusalCode::PolicyViolation, "channelId", message);
        }
        if let Some(before) = &before {
            version(&mut faults, command.expected_version, before.version);
        }
        faults.check()?;
        let row = checked.row(command, before.as_ref(), (tx.id(), channel), tx.now());
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "name": row.name, "windowDays": row.window_days });
        let event = NewEvent {
            channel: row.channel_id,
            ..NewEvent::new(events::RETURN_POLICY_SET, ("rpo", row.id), data)
        };
        let change = audit::difference(before.as_ref(), &row);
        audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

fn listed(reasons: &[ReturnReason]) -> Vec<String> {
    reasons.iter().map(ActiveEnum::to_value).collect()
}

/// What was checked of the input.
struct Checked {
    name: String,
    countries: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    restocking_ppm: Option<i32>,
    prices: [Option<i64>; 3],
    currency: Option<&'static str>,
}

impl Checked {
    fn of(command: &UpsertPolicy) -> Result<Self> {
        let mut faults = Faults::default();
        let name = checks::text(&mut faults, "name", &command.name, 200);
        let countries = command.country_codes.as_ref().map(|codes| {
            (0..)
                .zip(codes)
                .map(|(place, code): (usize, &String)| {
                    checks::country(&mut faults, &format!("countryCodes.{place}"), code)
                })
                .collect()
        });
        let tags = command.tags.as_ref().map(|tags| {
            (0..)
                .zip(tags)
                .map(|(place, tag): (usize, &String)| {
                    checks::text(&mut faults, &format!("tags.{place}"), tag, 100)
                })
                .collect()
        });
        checks::within(&mut faults, "windowDays", command.window_days, 0, 3_650);
        checks::within(&mut faults, "refundWithinDays", command.refund_within_days, 0, 365);
        let restocking_ppm = command
            .restocking_fee_rate
            .and_then(|rate| faults.take("restockingFeeRate", rate_ppm(rate)));
        if restocking_ppm.is_some_and(|rate| !(0..=1_000_000).contains(&rate)) {
            let message = "is a fraction from 0 to 1: 0.15 is 15 %";
            faults.add(RefusalCode::Invalid, "restockingFeeRate", message);
        }
        if command.statutory == Some(true) && restocking_ppm.is_some_and(|rate| rate > 0) {
            let message = "the law knows no restocking fee";
            faults.add(RefusalCode::PolicyViolation, "restockingFeeRate", message);
        }
        if let Some(priority) = command.priority {
            checks::within(&mut faults, "priority", priority, -1_000, 1_000);
        }
        let mut currencies: Vec<&'static str> = Vec::new();
        let mut price = |field: &str, price: &Option<Price>| {
            let price = price.as_ref()?;
            let place = format!("{field}.currencyCode");
            let currency: Currency = checks::currency(&mut faults, &place, &price.currency)?;
            currencies.push(currency.code());
            let place = format!("{field}.amount");
            let minor = faults.take(&place, currency.minor(price.amount))?;
            if minor < 0 {
                faults.add(RefusalCode::Invalid, &place, "is not below 0");
            }
            Some(minor)
        };
        let prices = [
            price("returnShipping", &command.return_shipping),
            price("standardShipping", &command.standard_shipping),
            price("instantRefundBelow", &command.instant_refund_below),
        ];
        currencies.dedup();
        if currencies.len() > 1 {
            let message = "all amounts of a policy are in one currency";
            faults.add(RefusalCode::CurrencyMismatch, "standardShipping", message);
        }
        faults.check()?;
        let currency = currencies.first().copied();
        Ok(Self { name, countries, tags, restocking_ppm, prices, currency })
    }

    fn row(
        &self,
        command: &UpsertPolicy,
        before: Option<&return_policy::Model>,
        (id, channel_id): (Uuid, Option<Uuid>),
        now: time::OffsetDateTime,
    ) -> return_policy::Model {
        let list = |given: &Option<Vec<String>>,
                    known: fn(&return_policy::Model) -> &Option<Json>| {
            let given = given.as_ref().map(|list| json!(list));
            given.or_else(|| known(before?).clone()).filter(|list| list != &json!([]))
        };
        let reasons = |given: &Option<Vec<ReturnReason>>,
                       known: fn(&return_policy::Model) -> &Json| {
            let given = given.as_deref().map(|reasons| json!(listed(reasons)));
            given.or_else(|| before.map(|row| known(row).clone())).unwrap_or_else(|| json!([]))
        };
        let statutory = command.statutory.or(before.map(|row| row.statutory)).unwrap_or(false);
        let usual = if statutory { RefundTrigger::Declaration } else { RefundTrigger::Inspection };
        let [back, standard, instant] = self.prices;
        let restocking = self.restocking_ppm.or(before.map(|row| row.restocking_rate_ppm));
        return_policy::Model {
            id: before.map_or(id, |row| row.id),
            version: before.map_or(1, |row| row.version + 1),
            name: self.name.clone(),
            channel_id,
            country_codes: list(&self.countries, |row| &row.country_codes),
            tags: list(&self.tags, |row| &row.tags),
            window_days: command.window_days,
            refund_within_days: command.refund_within_days,
            restocking_rate_ppm: if statutory { 0 } else { restocking.unwrap_or(0) },
            customer_pays_shipping: command
                .customer_pays_shipping
                .or(before.map(|row| row.customer_pays_shipping))
                .unwrap_or(true),
            return_shipping_minor: back.or_else(|| before?.return_shipping_minor),
            standard_shipping_minor: standard.or_else(|| before?.standard_shipping_minor),
            instant_refund_minor: instant.or_else(|| before?.instant_refund_minor),
            fee_currency: self.currency.map(str::to_owned).or_else(|| before?.fee_currency.clone()),
            reasons: reasons(&command.reasons, |row| &row.reasons),
            evidence_reasons: reasons(&command.evidence_reasons, |row| &row.evidence_reasons),
            priority: command.priority.or(before.map(|row| row.priority)).unwrap_or(0),
            active: command.active.or(before.map(|row| row.active)).unwrap_or(true),
            statutory,
            refund_trigger: command
                .refund_trigger
                .or(before.map(|row| row.refund_trigger))
                .unwrap_or(usual),
            recompute_promotions: command
                .recompute_promotions
                .or(before.map(|row| row.recompute_promotions))
                .unwrap_or(false),
            created_at: before.map_or(now, |row| row.created_at),
            updated_at: now,
        }
    }
}

/// The policies within reach: those for every channel, and those of channels in reach. Highest priority first.
pub async fn return_policies(db: &Db, actor: &Actor) -> Result<Vec<return_policy::Model>> {
    actor.require(Permission::ReturnsRead)?;
    let mut rows = sql::policies(db).await?;
    rows.retain(|row| row.channel_id.is_none_or(|id| actor.reach.has_channel(id)));
    rows.sort_by_key(|row| (Reverse(row.priority), row.id));
    Ok(rows)
}

/// What an order is to a policy.
pub(super) struct About<'a> {
    pub(super) channel: Uuid,
    pub(super) country: Option<&'a str>,
    pub(super) tags: &'a [String],
}

fn texts(list: Option<&Json>) -> Vec<&str> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// How specific a policy is for an order; none where it does not match.
pub(super) fn fits(policy: &return_policy::Model, order: &About<'_>) -> Option<u8> {
    let mut specific = 0;
    if let Some(channel) = policy.channel_id {
        if channel != order.channel {
            return None;
        }
        specific += 4;
    }
    let countries = texts(policy.country_codes.as_ref());
    if !countries.is_empty() {
        if !order.country.is_some_and(|country| countries.contains(&country)) {
            return None;
        }
        specific += 2;
    }
    let tags = texts(policy.tags.as_ref());
    if !tags.is_empty() {
        if !order.tags.iter().any(|tag| tags.contains(&tag.as_str())) {
            return None;
        }
        specific += 1;
    }
    Some(specific)
}

/// The same of an order as it stands.
pub(super) async fn of_order(db: &Db, order: &order::Model) -> Result<Vec<return_policy::Model>> {
    let policies = sql::policies(db).await?;
    let tags = sql::tags_of(db, order.id).await?;
    let about =
        About { channel: order.channel_id, country: order.country_code.as_deref(), tags: &tags };
    Ok(matching(&policies, &about).into_iter().cloned().collect())
}

/// The policies that match an order, the one that decides first: what is the law, then the most specific one, then the higher
/// priority, then the newer one.
pub(super) fn matching<'p>(
    policies: &'p [return_policy::Model],
    order: &About<'_>,
) -> Vec<&'p return_policy::Model> {
    let mut found: Vec<(u8, &return_policy::Model)> = policies
        .iter()
        .filter(|policy| policy.active)
        .filter_map(|policy| Some((fits(policy, order)?, policy)))
        .collect();
    found.sort_by_key(|(specific, policy)| {
        Reverse((policy.statutory, *specific, policy.priority, policy.id))
    });
    found.into_iter().map(|(_, policy)| policy).collect()
}

/// The reasons of a list.
pub fn reasons(list: &Json) -> Vec<ReturnReason> {
    let named = |name: &str| ReturnReason::try_from_value(&name.to_owned()).ok();
    texts(Some(list)).into_iter().filter_map(named).collect()
}

/// Whether a policy is for a reason; one without reasons is for all.
pub(super) fn takes(policy: &return_policy::Model, reason: ReturnReason) -> bool {
    let known = reasons(&policy.reasons);
    known.is_empty() || known.contains(&reason)
}

/// Whether a reason needs evidence under a policy.
pub(super) fn needs_evidence(policy: &return_policy::Model, reason: ReturnReason) -> bool {
    reasons(&policy.evidence_reasons).contains(&reason)
}

/// Whether the seller answers for a reason: then nothing is kept, and the way back costs the customer nothing.
pub(super) const fn is_sellers(reason: ReturnReason) -> bool {
    match reason {
        ReturnReason::Defective
        | ReturnReason::DamagedInTransit
        | ReturnReason::WrongItem
        | ReturnReason::MissingItem
        | ReturnReason::NotAsDescribed
        | ReturnReason::Late
        | ReturnReason::Lost
        | ReturnReason::NotDelivered => true,
        ReturnReason::ChangedMind
        | ReturnReason::WrongSize
        | ReturnReason::Undeliverable
        | ReturnReason::Other => false,
    }
}
