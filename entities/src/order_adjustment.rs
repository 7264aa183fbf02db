//! `order_adjustments`: an amount beside the lines. Minor units of the order's currency, positive.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::enums::AdjustmentKind;

/// An amount beside the lines. Minor units of the order's currency, positive.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_adjustments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// Its place in the order, from 0.
    pub position: i32,
    /// What it is for.
    pub kind: AdjustmentKind,
    /// What the customer reads.
    pub label: String,
    /// How much.
    pub amount_minor: i64,
    /// The tax within or on top of it.
    pub tax_minor: i64,
    /// Its own tax rate in millionths; none where it follows the goods.
    pub tax_rate_ppm: Option<i32>,
    /// Rate in millionths, amount and tax, for each rate that it bears.
    pub tax_parts: Option<Json>,
    /// Of a discount: what the goods of the order have to cost for it.
    pub minimum_items_minor: Option<i64>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, order_id, position, kind, label, amount_minor, tax_minor, tax_rate_ppm, tax_parts, minimum_items_minor
}
