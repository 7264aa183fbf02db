//! `riskBackTest`: what a rule would have caught among past orders, before it is switched on. Nothing is touched.
//!
//! Every order is looked at with what was known when it was placed: orders placed before it. Lists and whether
//! something was charged back are known as of today. All history is loaded at once, never order by order.

use super::assess::{self, WINDOWS, is_disposable};
use super::rule_define::DefineRule;
use super::rules::{self, Rules};
use super::score::{self, Assessment, Facts, Signal};
use super::sql::{self, Past, Tried};
use crate::actor::Actor;
use crate::checks::Address;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::orders::promise::Schedules;
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{OrderPaymentState, RiskEntryKind, RiskLevel, RiskList};
use entities::{order, risk_entry};
use std::collections::{BTreeSet, HashMap};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Orders that a rule is tried on at most.
pub const MAX_ORDERS: i64 = 5_000;

/// Examples that are shown at most.
const EXAMPLES: usize = 20;

/// Amounts that one is held against at most.
const AMOUNTS: usize = 200;

/// How many orders are looked at before others have their turn.
const AT_ONCE: usize = 50;

/// What a rule would have caught.
#[derive(Debug, Clone, Default)]
pub struct BackTest {
    /// Orders that were looked at.
    pub orders: usize,
    /// Orders that it would have found; of a level, those that would have reached it.
    pub caught: usize,
    /// Orders that would have been held for review, and were not by the rules as they stand.
    pub newly_high: usize,
    /// Orders that would not have been held any longer.
    pub no_longer_high: usize,
    /// Orders that were charged back.
    pub charged_back: usize,
    /// Those of them that it would have found.
    pub charged_back_caught: usize,
    /// Orders that it would have found, the newest first.
    pub examples: Vec<Example>,
}

/// An order that a rule would have found.
#[derive(Debug, Clone)]
pub struct Example {
    /// The order.
    pub order: order::Model,
    /// What the rule would have said; none of a level.
    pub signal: Option<Signal>,
    /// All points that it would have had.
    pub score: i32,
    /// What they amount to.
    pub level: RiskLevel,
}

/// Tries a rule on the orders of a time.
pub async fn back_test(
    db: &Db,
    actor: &Actor,
    command: &DefineRule,
    (from, to): (Option<OffsetDateTime>, Option<OffsetDateTime>),
) -> Result<BackTest> {
    actor.require(Permission::OrdersRisk)?;
    let rule = command.rule()?;
    let mut faults = Faults::default();
    command.check(&mut faults, rule);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        faults.add(RefusalCode::Invalid, "placedAt", "begins before it ends");
    }
    faults.check()?;
    let which = Tried { actor, from, to };
    let count = sql::count_tried(db, &which).await?;
    if count > MAX_ORDERS {
        let words = format!("{count} orders lie in it: at most {MAX_ORDERS}, choose less time");
        return Err(Error::BadInput(format!("placedAt: {words}")));
    }
    let orders = sql::tried(db, &which).await?;
    let mut rows = sql::rules(db).await?;
    let standing = Rules::with(&rows);
    rows.retain(|row| row.code != rule.code);
    rows.push(command.row(rule, db.now()));
    let changed = Rules::with(&rows);
    let hours = WINDOWS.iter().flat_map(|(code, _)| {
        [&standing, &changed].map(|rules| rules.active(code).and_then(|rule| rule.window_hours))
    });
    let window = Duration::hours(hours.flatten().max().unwrap_or(0).into());
    let history = History::load(db, &orders, window).await?;
    let mut done = BackTest { orders: orders.len(), ..BackTest::default() };
    for (index, order) in orders.into_iter().rev().enumerate() {
        if index % AT_ONCE == AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        let before = score::assess(&history.facts(db, &order, &standing), &standing);
        let after = score::assess(&history.facts(db, &order, &changed), &changed);
        done.note(order, rule.code, &before, &after);
    }
    Ok(done)
}

impl BackTest {
    fn note(&mut self, order: order::Model, code: &str, before: &Assessment, after: &Assessment) {
        let signal = after.signals.iter().find(|signal| signal.code == code).cloned();
        let caught = match code {
            rules::LEVEL_HIGH => after.level == RiskLevel::High,
            rules::LEVEL_MEDIUM => after.level != RiskLevel::Low,
            _ => signal.is_some(),
        };
        let charged_back = order.payment_state == OrderPaymentState::ChargedBack;
        let (high, was) = (after.level == RiskLevel::High, before.level == RiskLevel::High);
        self.caught += usize::from(caught);
        self.newly_high += usize::from(high && !was);
        self.no_longer_high += usize::from(was && !high);
        self.charged_back += usize::from(charged_back);
        self.charged_back_caught += usize::from(charged_back && caught);
        if caught && self.examples.len() < EXAMPLES {
            let (score, level) = (after.score, after.level);
            self.examples.push(Example { order, signal, score, level });
        }
    }
}

type Timeline = Vec<Past>;

/// What went before orders, by what they share.
struct History {
    by_key: HashMap<&'static str, HashMap<String, Timeline>>,
    by_customer: HashMap<Uuid, Timeline>,
    by_segment: HashMap<(Uuid, Option<String>), Timeline>,
    entries: HashMap<String, Vec<risk_entry::Model>>,
    schedules: Schedules,
}

/// The keys of the velocity rules: name, column, and value.
fn shared(order: &order::Model) -> [(&'static str, &'static str, &Option<String>); 4] {
    [
        ("email", "email_key", &order.email_key),
        ("phone", "phone_key", &order.phone_key),
        ("address", "address_key", &order.address_key),
        ("ip", "client_ip", &order.client_ip),
    ]
}

/// Those placed before an order, or at the same moment, itself perhaps among them.
fn until<'a>(timeline: Option<&'a Timeline>, order: &order::Model) -> &'a [Past] {
    let all = timeline.map_or(&[][..], Vec::as_slice);
    all.get(..all.partition_point(|past| past.placed_at <= order.placed_at)).unwrap_or_default()
}

/// The same without itself.
fn before<'a>(timeline: Option<&'a Timeline>, order: &order::Model) -> Vec<&'a Past> {
    until(timeline, order).iter().filter(|past| past.id != order.id).collect()
}

impl History {
    async fn load(db: &Db, orders: &[order::Model], window: Duration) -> Result<Self> {
        let mut known = Self {
            by_key: HashMap::new(),
            by_customer: HashMap::new(),
            by_segment: HashMap::new(),
            entries: HashMap::new(),
            schedules: Schedules::with(db, &[]).await?,
        };
        let Some(until) = orders.last().map(|order| order.placed_at) else { return Ok(known) };
        let since = orders.first().map_or(until, |order| order.placed_at - window);
        for index in 0..4 {
            let mut keys: BTreeSet<String> = BTreeSet::new();
            let (mut name, mut column) = ("", "");
            for order in orders {
                let Some((known, of, key)) = shared(order).into_iter().nth(index) else { continue };
                (name, column) = (known, of);
                keys.extend(key.clone());
            }
            let keys: Vec<String> = keys.into_iter().collect();
            let timelines = known.by_key.entry(name).or_default();
            for keys in keys.chunks(1_000) {
                for past in sql::sharing(db, (column, keys), (since, until)).await? {
                    let key = match name {
                        "email" => past.email.clone(),
                        "phone" => past.phone.clone(),
                        "address" => past.address.clone(),
                        _ => past.ip.clone(),
                    };
                    timelines.entry(key.unwrap_or_default()).or_default().push(past);
                }
            }
        }
        let customers: BTreeSet<Uuid> = orders.iter().filter_map(|one| one.customer_id).collect();
        let customers: Vec<Uuid> = customers.into_iter().collect();
        for ids in customers.chunks(1_000) {
            for past in sql::of_customers(db, ids, until).await? {
                let id = past.customer.unwrap_or_default();
                known.by_customer.entry(id).or_default().push(past);
            }
        }
        known.load_segments(db, orders, until).await?;
        let keys: BTreeSet<String> =
            orders.iter().flat_map(assess::keys).map(|(_, key)| key).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        for keys in keys.chunks(1_000) {
            for entry in sql::entries_of(db, keys).await? {
                known.entries.entry(entry.value_key.clone()).or_default().push(entry);
            }
        }
        let timelines = known.by_key.values_mut().flat_map(HashMap::values_mut);
        for timeline in timelines.chain(known.by_customer.values_mut()) {
            timeline.sort_by_key(|past| past.placed_at);
        }
        Ok(known)
    }

    async fn load_segments(
        &mut self,
        db: &Db,
        orders: &[order::Model],
        until: OffsetDateTime,
    ) -> Result<()> {
        let mut sizes: HashMap<(Uuid, Option<String>), usize> = HashMap::new();
        for order in orders {
            *sizes.entry((order.channel_id, order.country_code.clone())).or_default() += 1;
        }
        for (segment, size) in sizes {
            let of = (segment.0, segment.1.as_deref());
            let mut timeline = sql::of_segment(db, of, until, size + AMOUNTS).await?;
            timeline.reverse();
            self.by_segment.insert(segment, timeline);
        }
        Ok(())
    }

    /// What the rules look at, as it was when an order was placed.
    fn facts(&self, db: &Db, order: &order::Model, rules: &Rules) -> Facts {
        let of = |name: &str, key: Option<&String>| -> &[Past] {
            let timeline = self.by_key.get(name).zip(key).and_then(|(all, key)| all.get(key));
            until(timeline, order)
        };
        let mut velocity = Vec::new();
        for ((code, name), (_, _, key)) in WINDOWS.iter().zip(shared(order)) {
            let hours = rules.active(code).and_then(|rule| rule.window_hours).unwrap_or(0);
            let since = order.placed_at - Duration::hours(hours.into());
            let earlier = of(name, key.as_ref());
            let first = earlier.partition_point(|past| past.placed_at <= since);
            let within = earlier.iter().skip(first);
            let count = within.filter(|past| past.id != order.id).count();
            velocity.push((*code, i64::try_from(count).unwrap_or(i64::MAX) + 1));
        }
        let own = before(order.customer_id.and_then(|id| self.by_customer.get(&id)), order);
        let usual = |past: &&&Past| !past.cancelled && past.currency == order.currency;
        let newest = |all: Vec<i64>| -> Vec<i64> {
            let skipped = all.len().saturating_sub(AMOUNTS);
            all.into_iter().skip(skipped).collect()
        };
        let persons = newest(own.iter().filter(usual).map(|past| past.amount).collect());
        let segment = self.by_segment.get(&(order.channel_id, order.country_code.clone()));
        let segments = newest(before(segment, order).iter().map(|past| past.amount).collect());
        let keys = [
            ("email", &order.email_key),
            ("address", &order.address_key),
            ("phone", &order.phone_key),
        ];
        let back: BTreeSet<Uuid> = keys
            .into_iter()
            .flat_map(|(name, key)| of(name, key.as_ref()))
            .filter(|past| past.charged_back && past.id != order.id)
            .map(|past| past.id)
            .collect();
        let chargebacks = back.len();
        let known = |past: &&Past| {
            !past.cancelled && past.address.is_some() && past.address == order.address_key
        };
        let reasons = |list: RiskList| -> Vec<String> {
            let fits = |key: &(RiskEntryKind, String), row: &&risk_entry::Model| {
                row.list == list && row.kind == key.0
            };
            let keys = assess::keys(order);
            let mut rows: Vec<&risk_entry::Model> = keys
                .iter()
                .filter_map(|key| Some((key, self.entries.get(&key.1)?)))
                .flat_map(|(key, rows)| rows.iter().filter(move |row| fits(key, row)))
                .collect();
            rows.sort_by_key(|row| row.id);
            rows.into_iter().map(assess::said).collect()
        };
        let country = |json: Option<&serde_json::Value>| Address::from_json(json?).country_code;
        Facts {
            velocity,
            amount: order.grand_total_minor,
            persons,
            segments,
            billing_country: country(order.billing_address.as_ref()),
            shipping_country: country(order.shipping_address.as_ref()),
            ip_country: order.client_ip.as_deref().and_then(|ip| db.ip_countries().of(ip)),
            disposable: order.email_key.as_deref().is_some_and(is_disposable),
            express: self.schedules.is_express(order),
            new_address: order.customer_id.is_some() && !own.iter().any(known),
            chargebacks: i64::try_from(chargebacks).unwrap_or(i64::MAX),
            allowed: reasons(RiskList::Allow),
            denied: reasons(RiskList::Deny),
        }
    }
}
