//! `reconciliation`: for a time, what was sold, what should have come, what came; and the proof that the balance of
//! what providers hold is nothing but what is known.

use super::days::business_days_between;
use super::sql::{self as queries, Scope};
use crate::actor::Actor;
use crate::clock::timestamp;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::ledger::read::in_reach;
use crate::permissions::Permission;
use crate::store::Db;
use jiff::tz::TimeZone;
use time::OffsetDateTime;
use uuid::Uuid;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// From this moment on.
    pub from: OffsetDateTime,
    /// Before this one.
    pub to: OffsetDateTime,
    /// In which currency.
    pub currency: String,
    /// Of one company.
    pub legal_entity_id: Option<Uuid>,
    /// Of one provider.
    pub provider: Option<String>,
    /// Of these channels: what was sold and settled there.
    pub channels: Option<Vec<Uuid>>,
}

/// Captures of some age, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// From so many working days on.
    pub from_days: i32,
    /// Up to so many; none for no end.
    pub to_days: Option<i32>,
    /// How many captures.
    pub count: i64,
    /// How much.
    pub minor: i64,
}

/// The answer, in minor units of the currency that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// What was taken.
    pub captured: i64,
    /// What was given back.
    pub refunded: i64,
    /// What payers' banks took, less what came back of it.
    pub charged_back: i64,
    /// What providers kept.
    pub fees: i64,
    /// What came to balances at providers.
    pub settled_net: i64,
    /// What was sent to the bank.
    pub paid_out: i64,
    /// What the bank has of payouts.
    pub received: i64,
    /// How many differences wait now.
    pub open_exceptions: i64,
    /// What providers hold, as the books say.
    pub clearing: i64,
    /// Of it, captures that no settlement told of.
    pub unsettled_captures: i64,
    /// And what went back likewise.
    pub unsettled_refunds: i64,
    /// What settlements brought to balances and no payout took.
    pub open_items: i64,
    /// Captures that no settlement told of, by age.
    pub unsettled: Vec<Bucket>,
}

impl Reconciliation {
    /// What should have come.
    pub const fn expected_net(&self) -> i64 {
        self.captured - self.refunded - self.charged_back - self.fees
    }

    /// What of the books' balance nothing explains.
    pub const fn unexplained(&self) -> i64 {
        self.clearing - self.unsettled_captures + self.unsettled_refunds - self.open_items
    }
}

/// Ages, in working days.
const AGES: [(i32, Option<i32>); 5] =
    [(0, Some(2)), (3, Some(5)), (6, Some(10)), (11, Some(20)), (21, None)];

impl Asked {
    /// Whether it is a period.
    pub(super) fn check(&self) -> Result<()> {
        if self.to > self.from {
            return Ok(());
        }
        let message = "ends after it begins";
        Err(Error::refused(Refusal::new(RefusalCode::Invalid, "range", message)))
    }
}

/// Reconciles what is in reach.
pub async fn reconcile(db: &Db, actor: &Actor, asked: &Asked) -> Result<Reconciliation> {
    actor.require(Permission::SettlementsRead)?;
    asked.check()?;
    let scope = scope(db, actor, asked).await?;
    of_scope(db, &scope, (asked.from, asked.to)).await
}

/// The same of what is known to be in reach.
pub(super) async fn of_scope(
    db: &Db,
    scope: &Scope,
    time: (OffsetDateTime, OffsetDateTime),
) -> Result<Reconciliation> {
    let to = time.1;
    let moved = queries::moved(db, scope, time).await?;
    let of = |kind: &str| -> i64 {
        moved.iter().filter(|(name, _)| name == kind).map(|(_, minor)| minor).sum()
    };
    let (fees, settled_net) = queries::settled_lines(db, scope, time).await?;
    let (paid_out, received) = queries::paid_out(db, scope, time).await?;
    let (unsettled_captures, unsettled_refunds) = queries::unsettled(db, scope, to).await?;
    Ok(Reconciliation {
        captured: of("CAPTURE"),
        refunded: of("REFUND"),
        charged_back: of("CHARGEBACK") - of("CHARGEBACK_REVERSAL"),
        fees,
        settled_net,
        paid_out,
        received,
        open_exceptions: queries::open_exceptions(db, scope).await?,
        clearing: queries::clearing(db, scope, to).await?,
        unsettled_captures,
        unsettled_refunds,
        open_items: queries::open_items(db, scope, to).await?,
        unsettled: ages(db, scope, to).await?,
    })
}

/// What of the question is in reach.
pub(super) async fn scope(db: &Db, actor: &Actor, asked: &Asked) -> Result<Scope> {
    let reach = in_reach(db, actor).await?;
    let entities = match (asked.legal_entity_id, reach) {
        (None, reach) => reach,
        (Some(id), None) => Some(vec![id]),
        (Some(id), Some(reach)) => Some(reach.into_iter().filter(|one| *one == id).collect()),
    };
    Ok(Scope {
        entities,
        currency: asked.currency.clone(),
        provider: asked.provider.clone(),
        channels: asked.channels.clone(),
    })
}

async fn ages(db: &Db, scope: &Scope, to: OffsetDateTime) -> Result<Vec<Bucket>> {
    let bucket = |(from_days, to_days)| Bucket { from_days, to_days, count: 0, minor: 0 };
    let mut buckets: Vec<Bucket> = AGES.into_iter().map(bucket).collect();
    let until = timestamp(to).to_zoned(TimeZone::UTC).date();
    for (day, count, minor) in queries::unsettled_by_day(db, scope, to).await? {
        let Ok(day) = day.parse() else { continue };
        let age = business_days_between(day, until);
        let fits = |bucket: &&mut Bucket| {
            age >= bucket.from_days.into() && bucket.to_days.is_none_or(|most| age <= most.into())
        };
        if let Some(bucket) = buckets.iter_mut().find(fits) {
            bucket.count += count;
            bucket.minor += minor;
        }
    }
    Ok(buckets)
}
