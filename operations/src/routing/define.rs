//! `routingStrategyDefine`: make or change a strategy.

use super::sql;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::RoutingRule;
use entities::routing_strategy;
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A strategy. What is `None` stays as it is; on a new strategy it takes its default.
#[derive(Debug, Clone, Serialize)]
pub struct DefineStrategy {
    /// The strategy to change; none to make one.
    pub id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// The channel whose orders it routes; none for those of every channel without one of its own.
    pub channel_id: Option<Uuid>,
    /// Its rules, in order.
    #[serde(serialize_with = "rule_names")]
    pub rules: Vec<RoutingRule>,
    /// How many locations beyond the first may serve an order; any number by default.
    pub max_splits: Option<i32>,
    /// Orders of less come from one location.
    pub split_above_value: Option<Decimal>,
    /// Whether it is in use; by default it is.
    pub active: Option<bool>,
    /// The highest wins; 0 by default.
    pub priority: Option<i32>,
}

impl DefineStrategy {
    /// Checks what needs no database.
    pub(super) fn check(&self, faults: &mut Faults) {
        checks::text(faults, "name", &self.name, 100);
        if self.rules.is_empty() {
            faults.add(RefusalCode::Required, "rules", "names at least one rule");
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if self.rules.iter().take(index).any(|earlier| earlier == rule) {
                let field = format!("rules.{index}");
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
        }
        if let Some(splits) = self.max_splits {
            checks::within(faults, "maxSplits", splits, 0, 100);
        }
        if self.split_above_value.is_some_and(|value| value.is_sign_negative()) {
            faults.add(RefusalCode::Invalid, "splitAboveValue", "is not negative");
        }
        if let Some(priority) = self.priority {
            checks::within(faults, "priority", priority, -1_000_000, 1_000_000);
        }
    }
}

/// Rules as the column holds them.
pub(super) fn names(rules: &[RoutingRule]) -> Json {
    rules.iter().map(ActiveEnum::to_value).collect()
}

fn rule_names<S: serde::Serializer>(
    rules: &[RoutingRule],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    names(rules).serialize(serializer)
}

/// Makes or changes a strategy and answers with its id. It routes what is routed from then on.
pub async fn define(store: &Store, call: Call<'_>, command: &DefineStrategy) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    command.check(&mut faults);
    faults.check()?;
    once(store, call, "routingStrategyDefine", command, |tx| async move {
        let mut faults = Faults::default();
        let reach = &call.actor.reach;
        if let Some(channel) = command.channel_id {
            let found = catalog::channels(&tx, &[channel]).await?;
            if found.is_empty() || !reach.has_channel(channel) {
                faults.push(checks::not_found("channelId", "channel"));
            }
        }
        let mut old = None;
        if let Some(id) = command.id {
            old = sql::strategies_by_ids(&tx, call.actor, &[id]).await?.pop();
            if old.is_none() {
                faults.push(checks::not_found("id", "routing strategy"));
            }
        }
        faults.check()?;
        let whole = |channel: Option<Uuid>| channel.is_none() && reach.channels.is_some();
        if whole(command.channel_id) || old.as_ref().is_some_and(|row| whole(row.channel_id)) {
            let message = "a strategy of the whole shop is beyond your reach";
            let code = RefusalCode::PolicyViolation;
            return Err(Error::refused(Refusal::new(code, "channelId", message)));
        }
        let now = tx.now();
        let before = old.as_ref();
        let row = routing_strategy::Model {
            id: before.map_or_else(|| tx.id(), |row| row.id),
            name: command.name.trim().to_owned(),
            channel_id: command.channel_id,
            rules: names(&command.rules),
            max_splits: command.max_splits,
            split_above_value: command.split_above_value.map(|value| value.to_string()),
            active: command.active.unwrap_or_else(|| before.is_none_or(|row| row.active)),
            priority: command.priority.unwrap_or_else(|| before.map_or(0, |row| row.priority)),
            created_at: before.map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "name": row.name });
        let event = NewEvent {
            channel: row.channel_id,
            ..NewEvent::new(events::ROUTING_STRATEGY_DEFINED, ("rst", row.id), data)
        };
        let change = audit::difference(before, &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
