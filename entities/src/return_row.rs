//! `returns`: what a customer sends back or claims, and what becomes of it.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, RefundMethod, ReturnKind, ReturnState};

/// What a customer sends back or claims, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "returns")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Rises with every change.
    pub version: i32,
    /// As people call it.
    pub number: String,
    /// The order; none while it is staged.
    pub order_id: Option<Uuid>,
    /// Who bought.
    pub customer_id: Option<Uuid>,
    /// The channel of the order.
    pub channel_id: Option<Uuid>,
    /// Where it stands.
    pub state: ReturnState,
    /// What is wanted.
    pub kind: ReturnKind,
    /// The policy that decided.
    pub policy_id: Option<Uuid>,
    /// Where the goods go.
    pub location_id: Option<Uuid>,
    /// The currency of the order.
    pub currency: Option<String>,
    /// What the customer said.
    pub comment: Option<String>,
    /// The customer's declaration.
    pub requested_at: OffsetDateTime,
    /// When it was agreed to.
    pub approved_at: Option<OffsetDateTime>,
    /// When the money must be back.
    pub refund_due_at: Option<OffsetDateTime>,
    /// Since when the money may wait for the goods.
    pub paused_since: Option<OffsetDateTime>,
    /// How long it has waited before.
    pub paused_seconds: i64,
    /// Whether it was taken though no policy allowed it.
    pub overridden: bool,
    /// Whether the customer keeps the goods.
    pub goods_stay: bool,
    /// Who brings them back.
    pub carrier: Option<String>,
    /// Under which number.
    pub tracking_number: Option<String>,
    /// The same as it is looked for.
    pub tracking_key: Option<String>,
    /// Of a claim: the parcel that went wrong.
    pub outbound_parcel_id: Option<Uuid>,
    /// Why it was refused.
    pub rejected_because: Option<String>,
    /// When the first of the goods arrived.
    pub received_at: Option<OffsetDateTime>,
    /// When it was settled.
    pub resolved_at: Option<OffsetDateTime>,
    /// How.
    pub resolution: Option<RefundMethod>,
    /// What it was worth then.
    pub resolved_quote: Option<Json>,
    /// What went back to payments.
    pub refunded_minor: i64,
    /// What the customer was given as credit.
    pub store_credit_minor: i64,
    /// What of it pays for the order in exchange or as replacement.
    pub exchanged_minor: i64,
    /// What was said of it then.
    pub note: Option<String>,
    /// The order in exchange.
    pub exchange_order_id: Option<Uuid>,
    /// The order as replacement.
    pub replacement_order_id: Option<Uuid>,
    /// What is wanted in exchange costs in all, as it was quoted.
    pub exchange_total_minor: i64,
    /// Of it, what is tax.
    pub exchange_tax_minor: i64,
    /// Who entered it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, order_id, customer_id, channel_id, state, kind, policy_id, location_id, currency, comment, requested_at, approved_at, refund_due_at, paused_since, paused_seconds, overridden, goods_stay, carrier, tracking_number, tracking_key, outbound_parcel_id, rejected_because, received_at, resolved_at, resolution, resolved_quote, refunded_minor, store_credit_minor, exchanged_minor, note, exchange_order_id, replacement_order_id, exchange_total_minor, exchange_tax_minor, actor_kind, actor_id, created_at
}
