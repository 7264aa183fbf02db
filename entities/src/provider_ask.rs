//! `provider_asks`: what a provider is to be asked, until it has answered for good.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::AskKind;

/// What a provider is to be asked, until it has answered for good.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_asks")]
pub struct Model {
    /// The step of the payment; of evidence, the dispute.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The payment.
    pub payment_id: Uuid,
    /// Who is asked.
    pub provider: String,
    /// For what.
    pub kind: AskKind,
    /// Of a capture, whether nothing more of the payment will be captured.
    pub last: bool,
    /// When it is asked next.
    pub due_at: OffsetDateTime,
    /// How often it was asked since it last answered.
    pub attempts: i32,
    /// How often it answered that there is more to come.
    pub answers: i32,
    /// Why there was no answer.
    pub last_error: Option<String>,
    /// When it was wanted.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, payment_id, provider, kind, last, due_at, attempts, answers, last_error, created_at
}
