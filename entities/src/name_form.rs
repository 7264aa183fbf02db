//! `name_forms`: a spelling, and the word of a name that it may stand for.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// A spelling, and the word of a name that it may stand for.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "name_forms")]
pub struct Model {
    /// The spelling: the word, or the word without one of its letters.
    #[sea_orm(primary_key, auto_increment = false)]
    pub form: String,
    /// The word.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    form, word
}
