//! `return_policies`: what may come back, until when, at whose cost.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::RefundTrigger;

/// What may come back, until when, at whose cost.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "return_policies")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Rises with every change.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// For orders of this channel; none for all.
    pub channel_id: Option<Uuid>,
    /// For orders that went to these countries; none for all.
    pub country_codes: Option<Json>,
    /// For orders with one of these tags; none for all.
    pub tags: Option<Json>,
    /// Calendar days behind the delivery of the last parcel.
    pub window_days: i32,
    /// Days within which money goes back.
    pub refund_within_days: i32,
    /// The share of the goods' price that is kept, in millionths.
    pub restocking_rate_ppm: i32,
    /// Whether the customer pays for the way back.
    pub customer_pays_shipping: bool,
    /// What the way back costs, in minor units of `fee_currency`.
    pub return_shipping_minor: Option<i64>,
    /// What standard delivery costs, likewise.
    pub standard_shipping_minor: Option<i64>,
    /// Up to so much goes back to trusted customers before the goods are here.
    pub instant_refund_minor: Option<i64>,
    /// The currency of both.
    pub fee_currency: Option<String>,
    /// For these reasons; an empty list for all.
    pub reasons: Json,
    /// Reasons that need evidence.
    pub evidence_reasons: Json,
    /// Of two that match alike the higher one decides.
    pub priority: i32,
    /// Whether it is used.
    pub active: bool,
    /// Whether it is the law.
    pub statutory: bool,
    /// What the days for the refund count from.
    pub refund_trigger: RefundTrigger,
    /// Whether what stays has to earn its discounts still.
    pub recompute_promotions: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, name, channel_id, country_codes, tags, window_days, refund_within_days, restocking_rate_ppm, customer_pays_shipping, return_shipping_minor, standard_shipping_minor, instant_refund_minor, fee_currency, reasons, evidence_reasons, priority, active, statutory, refund_trigger, recompute_promotions, created_at, updated_at
}
