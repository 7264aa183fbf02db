//! Recency, frequency, money: how customers compare with each other, each in five parts.
//!
//! What parts them is worked out behind the writers, and a customer's scores from it when they are asked for: nobody's row
//! changes because others ordered.

use super::sql;
use crate::error::Result;
use crate::store::{Db, WriteTx};
use entities::{customer_sum, customer_value};
use sea_orm::Value;
use time::OffsetDateTime;

/// In what customers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// When they last ordered.
    Recency,
    /// How many orders they placed and did not cancel.
    Frequency,
    /// What they paid, less what was given back, among those who ordered in the same currency.
    Monetary,
}

impl Dimension {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Recency => "RECENCY",
            Self::Frequency => "FREQUENCY",
            Self::Monetary => "MONETARY",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Recency, Self::Frequency, Self::Monetary].into_iter().find(|one| one.name() == name)
    }
}

/// What has to be exceeded for one more than `number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(super) dimension: Dimension,
    /// Of money; empty otherwise.
    pub(super) currency: String,
    /// From 1 to 4.
    pub(super) number: i32,
    pub(super) at: Option<OffsetDateTime>,
    pub(super) amount: Option<i64>,
}

/// What parts customers, as it was last worked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Steps(Vec<Step>);

/// Scores from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scores {
    /// Who ordered last has 5.
    pub recency: i32,
    /// Who ordered most often has 5.
    pub frequency: i32,
    /// Who paid most has 5; of several currencies the best counts.
    pub monetary: i32,
}

impl Steps {
    pub(crate) async fn read(db: &Db) -> Result<Self> {
        Ok(Self(sql::steps(db).await?))
    }

    /// Works out what parts customers now. Whoever never ordered is not compared. Those who are alike score alike: what stands at the
    /// end of each fifth has to be exceeded.
    pub(crate) async fn work_out(db: &Db) -> Result<Self> {
        let mut ranks =
            vec![(Dimension::Recency, String::new()), (Dimension::Frequency, String::new())];
        let currencies = sql::currencies(db).await?;
        ranks.extend(currencies.into_iter().map(|currency| (Dimension::Monetary, currency)));
        let mut steps = Vec::new();
        for (dimension, currency) in ranks {
            let count = sql::ranked_count(db, dimension, &currency).await?;
            if count == 0 {
                continue;
            }
            for number in 1..=4 {
                let place = (count * i64::from(number) + 4) / 5 - 1;
                let found = sql::ranked_at(db, dimension, &currency, place).await?;
                let (at, amount) = match found {
                    Some(Value::TimeDateTimeWithTimeZone(at)) => (at, None),
                    Some(Value::BigInt(amount)) => (None, amount),
                    _ => continue,
                };
                steps.push(Step { dimension, currency: currency.clone(), number, at, amount });
            }
        }
        Ok(Self(steps))
    }

    /// Whether nobody was compared yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) async fn write(&self, tx: &WriteTx) -> Result<()> {
        sql::set_steps(tx, &self.0).await
    }

    /// What has to be exceeded for a score in a dimension: none where everybody who is compared has it.
    pub(crate) fn below(&self, dimension: Dimension, score: i32) -> Vec<&Step> {
        let fits = |step: &&Step| step.dimension == dimension && step.number == score - 1;
        self.0.iter().filter(fits).collect()
    }

    /// The scores of a customer; none for whoever never ordered, and as long as nobody was compared.
    pub(crate) fn of(
        &self,
        value: &customer_value::Model,
        sums: &[customer_sum::Model],
    ) -> Option<Scores> {
        let last = value.last_order_at?;
        if self.0.is_empty() {
            return None;
        }
        let score = |dimension: Dimension, exceeds: &dyn Fn(&Step) -> bool| {
            let own = self.0.iter().filter(|step| step.dimension == dimension);
            own.filter(|step| exceeds(step)).map(|step| step.number + 1).max().unwrap_or(1)
        };
        let recency = score(Dimension::Recency, &|step| step.at.is_some_and(|at| last > at));
        let kept = i64::from(value.kept);
        let frequency =
            score(Dimension::Frequency, &|step| step.amount.is_some_and(|amount| kept > amount));
        let monetary = score(Dimension::Monetary, &|step| {
            let own = sums.iter().find(|sum| sum.currency == step.currency);
            own.is_some_and(|sum| step.amount.is_some_and(|amount| sum.lifetime_scaled > amount))
        });
        Some(Scores { recency, frequency, monetary })
    }
}

impl Step {
    /// What has to be exceeded.
    pub(crate) fn bound(&self) -> Value {
        match self.at {
            Some(at) => at.into(),
            None => self.amount.into(),
        }
    }

    /// The currency of money; empty otherwise.
    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }
}
