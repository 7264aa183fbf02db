//! `orderAssign`: give an order to a user, or to nobody.

use super::aggregate::about;
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Who is to look after an order.
#[derive(Debug, Clone, Serialize)]
pub struct AssignOrder {
    /// The order.
    pub order_id: Uuid,
    /// The user; none takes it from whoever has it.
    pub user_id: Option<Uuid>,
}

/// Assigns an order and answers with its id.
pub async fn assign(store: &Store, call: Call<'_>, command: &AssignOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    once(store, call, "orderAssign", command, |tx| async move {
        let order = sql::lock_in_reach(&tx, call.actor, command.order_id).await?;
        let Some(order) = order else {
            return Err(Error::refused(checks::not_found("orderId", "order")));
        };
        if let Some(user) = command.user_id {
            let found = crate::access::read::users_by_ids(&tx, &[user]).await?.pop();
            let Some(found) = found else {
                return Err(Error::refused(checks::not_found("userId", "user")));
            };
            if !found.active {
                let message = "this user is not active";
                let refusal = Refusal::new(RefusalCode::StateConflict, "userId", message);
                return Err(Error::refused(refusal));
            }
        }
        if order.assignee_id == command.user_id {
            return Ok(order.id);
        }
        sql::assign(&tx, &order, command.user_id).await?;
        let mut batch = Batch::default();
        let data = json!({ "userId": command.user_id, "previousUserId": order.assignee_id });
        let event = about(&order, events::ORDER_ASSIGNED, ("ord", order.id), data);
        let user = |id| json!({ "userId": id });
        let change = audit::changed(&user(order.assignee_id), &user(command.user_id));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(order.id)
    })
    .await
}
