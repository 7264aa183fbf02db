//! The roots of the schema, merged from their domains.

use crate::access::audit::AuditQuery;
use crate::access::mutations::AccessMutation;
use crate::access::queries::AccessQuery;
use crate::cases::mutations::CaseMutation;
use crate::cases::queries::CaseQuery;
use crate::cases::subscriptions::CaseSubscription;
use crate::catalog::mutations::CatalogMutation;
use crate::catalog::queries::CatalogQuery;
use crate::credit::mutations::CreditMutation;
use crate::credit::queries::CreditQuery;
use crate::customers::mutations::CustomerMutation;
use crate::customers::queries::CustomerQuery;
use crate::disputes::mutations::DisputeMutation;
use crate::disputes::queries::DisputeQuery;
use crate::events::queries::EventQuery;
use crate::events::subscriptions::EventSubscription;
use crate::fulfillment::mutations::FulfillmentMutation;
use crate::fulfillment::queries::FulfillmentQuery;
use crate::fulfillment::subscriptions::FulfillmentSubscription;
use crate::integrity::IntegrityQuery;
use crate::invoices::mutations::InvoiceMutation;
use crate::invoices::queries::InvoiceQuery;
use crate::ledger::mutations::LedgerMutation;
use crate::ledger::queries::LedgerQuery;
use crate::node::NodeQuery;
use crate::orders::mutations::OrderMutation;
use crate::orders::queries::OrderQuery;
use crate::orders::subscriptions::OrderSubscription;
use crate::payments::mutations::PaymentMutation;
use crate::payments::queries::PaymentQuery;
use crate::procedures::mutations::ProcedureMutation;
use crate::procedures::queries::ProcedureQuery;
use crate::procedures::subscriptions::TaskSubscription;
use crate::returns::mutations::ReturnMutation;
use crate::returns::queries::ReturnQuery;
use crate::returns::subscriptions::ReturnSubscription;
use crate::risk::mutations::RiskMutation;
use crate::risk::queries::RiskQuery;
use crate::routing::mutations::RoutingMutation;
use crate::routing::queries::RoutingQuery;
use crate::settlements::mutations::SettlementMutation;
use crate::settlements::queries::SettlementQuery;
use crate::settlements::subscriptions::SettlementSubscription;
use crate::stock::counts::{CountMutation, CountQuery};
use crate::stock::mutations::StockMutation;
use crate::stock::purchasing::{PurchasingMutation, PurchasingQuery};
use crate::stock::queries::StockQuery;
use crate::stock::replenishment::ReplenishmentQuery;
use crate::stock::subscriptions::StockSubscription;
use crate::stock::transfers::{TransferMutation, TransferQuery};
use crate::webhooks::mutations::WebhookMutation;
use crate::webhooks::queries::WebhookQuery;
use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, ValidationMode};

/// Everything that can be asked. Root fields are nullable: without the permission they are null with a
/// FORBIDDEN error at their path, and the rest of the answer stands.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub(crate) struct Query(NodeQuery, PlaceQuery, SaleQuery, GoodsQuery, MoneyQuery, WatchQuery);

// In groups, since a field is looked for in one root behind the other: a chain of all would take much of a thread's stack.

#[derive(MergedObject, Default)]
struct PlaceQuery(AccessQuery, AuditQuery, CatalogQuery);

#[derive(MergedObject, Default)]
struct SaleQuery(
    OrderQuery,
    RiskQuery,
    RoutingQuery,
    FulfillmentQuery,
    ReturnQuery,
    CustomerQuery,
    CaseQuery,
    ProcedureQuery,
);

#[derive(MergedObject, Default)]
struct GoodsQuery(StockQuery, TransferQuery, PurchasingQuery, CountQuery, ReplenishmentQuery);

#[derive(MergedObject, Default)]
struct MoneyQuery(
    PaymentQuery,
    CreditQuery,
    DisputeQuery,
    LedgerQuery,
    InvoiceQuery,
    SettlementQuery,
);

#[derive(MergedObject, Default)]
struct WatchQuery(EventQuery, WebhookQuery, IntegrityQuery);

/// Everything that can be changed. A mutation is named nounVerb, takes one `input` and an optional
/// `idempotencyKey`, and answers with the changed objects and `userErrors`.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub(crate) struct Mutation(PlaceMutation, SaleMutation, GoodsMutation, MoneyMutation);

#[derive(MergedObject, Default)]
struct PlaceMutation(AccessMutation, CatalogMutation, WebhookMutation);

#[derive(MergedObject, Default)]
struct SaleMutation(
    OrderMutation,
    RiskMutation,
    RoutingMutation,
    FulfillmentMutation,
    ReturnMutation,
    CustomerMutation,
    CaseMutation,
    ProcedureMutation,
);

#[derive(MergedObject, Default)]
struct GoodsMutation(StockMutation, TransferMutation, PurchasingMutation, CountMutation);

#[derive(MergedObject, Default)]
struct MoneyMutation(
    PaymentMutation,
    CreditMutation,
    DisputeMutation,
    LedgerMutation,
    InvoiceMutation,
    SettlementMutation,
);

/// Everything that can be followed, over WebSocket and Server-Sent Events.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub(crate) struct Subscription(
    EventSubscription,
    OrderSubscription,
    FulfillmentSubscription,
    StockSubscription,
    SettlementSubscription,
    ReturnSubscription,
    CaseSubscription,
    TaskSubscription,
);

pub(crate) type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Documents are measured and validated before they come here, once for each text.
pub(crate) fn build() -> Schema {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .validation_mode(ValidationMode::Fast)
        .finish()
}

/// The schema as text: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    let text = build().sdl_with_options(options);
    format!("# Generated by `aftercart schema`.\n\n{}\n", text.trim())
}
