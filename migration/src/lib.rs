//! The schema of the database: one concern per file, written once for both databases.
//!
//! A migration is plain SQL with a few tokens in braces where `SQLite` and `PostgreSQL` differ;
//! [`dialect`] says what each token becomes, and is the only place that knows.

use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait, async_trait};

mod dialect;
mod m0001_create_settings;
mod m0002_create_events;
mod m0003_create_access;
mod m0004_create_catalog;
mod m0005_create_customers;
mod m0006_create_stock;
mod m0007_create_orders;
mod m0008_create_payments;
mod m0009_create_fulfillments;
mod m0010_guard_append_only_rows;
mod m0011_number_documents;
mod m0012_rotate_api_tokens;
mod m0013_complete_access;
mod m0014_create_audit;
mod m0015_create_user_identities;
mod m0016_limit_tokens;
mod m0017_retain_events;
mod m0018_create_webhooks;
mod m0019_run_orders;
mod m0020_route_orders;
mod m0021_keep_backorders;
mod m0022_promise_orders;
mod m0023_assess_risk;
mod m0024_list_orders;
mod m0025_value_stock;
mod m0026_cover_order_lists;
mod m0027_create_stock_documents;
mod m0028_create_ledger;
mod m0029_give_money_back;
mod m0030_contest_payments;
mod m0031_hold_credit;
mod m0032_ask_providers;
mod m0033_find_days_of_the_journal;
mod m0034_settle_payments;
mod m0035_agree_fees;
mod m0036_take_goods_back;
mod m0037_keep_open_items;
mod m0038_make_it_right;
mod m0039_exchange_goods;
mod m0040_import_credit_notes;
mod m0041_refund_at_once;
mod m0042_promotions;
mod m0043_know_customers;
mod m0044_open_cases;
mod m0045_value_customers;
mod m0046_merge_customers;
mod m0047_erase_people;
mod m0048_run_procedures;

pub use sea_orm_migration::MigratorTrait as Migrate;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_create_settings::Migration),
            Box::new(m0002_create_events::Migration),
            Box::new(m0003_create_access::Migration),
            Box::new(m0004_create_catalog::Migration),
            Box::new(m0005_create_customers::Migration),
            Box::new(m0006_create_stock::Migration),
            Box::new(m0007_create_orders::Migration),
            Box::new(m0008_create_payments::Migration),
            Box::new(m0009_create_fulfillments::Migration),
            Box::new(m0010_guard_append_only_rows::Migration),
            Box::new(m0011_number_documents::Migration),
            Box::new(m0012_rotate_api_tokens::Migration),
            Box::new(m0013_complete_access::Migration),
            Box::new(m0014_create_audit::Migration),
            Box::new(m0015_create_user_identities::Migration),
            Box::new(m0016_limit_tokens::Migration),
            Box::new(m0017_retain_events::Migration),
            Box::new(m0018_create_webhooks::Migration),
            Box::new(m0019_run_orders::Migration),
            Box::new(m0020_route_orders::Migration),
            Box::new(m0021_keep_backorders::Migration),
            Box::new(m0022_promise_orders::Migration),
            Box::new(m0023_assess_risk::Migration),
            Box::new(m0024_list_orders::Migration),
            Box::new(m0025_value_stock::Migration),
            Box::new(m0026_cover_order_lists::Migration),
            Box::new(m0027_create_stock_documents::Migration),
            Box::new(m0028_create_ledger::Migration),
            Box::new(m0029_give_money_back::Migration),
            Box::new(m0030_contest_payments::Migration),
            Box::new(m0031_hold_credit::Migration),
            Box::new(m0032_ask_providers::Migration),
            Box::new(m0033_find_days_of_the_journal::Migration),
            Box::new(m0034_settle_payments::Migration),
            Box::new(m0035_agree_fees::Migration),
            Box::new(m0036_take_goods_back::Migration),
            Box::new(m0037_keep_open_items::Migration),
            Box::new(m0038_make_it_right::Migration),
            Box::new(m0039_exchange_goods::Migration),
            Box::new(m0040_import_credit_notes::Migration),
            Box::new(m0041_refund_at_once::Migration),
            Box::new(m0042_promotions::Migration),
            Box::new(m0043_know_customers::Migration),
            Box::new(m0044_open_cases::Migration),
            Box::new(m0045_value_customers::Migration),
            Box::new(m0046_merge_customers::Migration),
            Box::new(m0047_erase_people::Migration),
            Box::new(m0048_run_procedures::Migration),
        ]
    }
}
