//! `node` and `nodes`: anything by its id, as far as the asker reaches it.

use crate::access::audit::AuditEntry;
use crate::access::types::{ApiToken, Role, User};
use crate::cases::types::{Case, CaseMessage};
use crate::catalog::types::{
    Channel, DeliveryService, LegalEntity, Location, Product, Supplier, Variant,
};
use crate::context::Ask;
use crate::credit::types::{GiftCard, StoreCreditAccount};
use crate::customers::merge::CustomerMatch;
use crate::customers::privacy::PrivacyRequest;
use crate::customers::segments::Segment;
use crate::customers::types::Customer;
use crate::disputes::types::Dispute;
use crate::errors::{Failure, OrNull};
use crate::events::types::Event;
use crate::fulfillment::parcels::Parcel;
use crate::fulfillment::types::Fulfillment;
use crate::ids::{Kind, decode};
use crate::invoices::types::Invoice;
use crate::ledger::types::{JournalEntry, LedgerAccount};
use crate::orders::types::{Hold, Note, Order, OrderLine};
use crate::payments::requests::RefundRequest;
use crate::payments::types::{Payment, PaymentTransaction};
use crate::procedures::types::{Procedure, Task};
use crate::returns::types::{Return, ReturnLine, ReturnPolicy};
use crate::routing::types::RoutingStrategy;
use crate::settlements::types::{
    BankLine, BankStatement, Match, Payout, ReconciliationException, SettlementLine,
    SettlementReport,
};
use crate::stock::counts::StockCount;
use crate::stock::purchasing::PurchaseOrder;
use crate::stock::transfers::StockTransfer;
use crate::stock::types::{StockLevel, StockMovement, StockReservation};
use crate::webhooks::types::{WebhookDelivery, WebhookEndpoint};
use async_graphql::{Context, ID, Interface, Object};
use operations::Error;
use operations::permissions::Permission;
use std::sync::Arc;
use uuid::Uuid;

/// Anything that has an id of its own.
#[derive(Clone, Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Its id: a short type prefix and a UUIDv7 in base 32."
))]
pub(crate) enum Node {
    /// A partner's token.
    ApiToken(ApiToken),
    /// An entry of the audit log.
    AuditEntry(AuditEntry),
    /// An entry of a bank statement.
    BankLine(BankLine),
    /// A bank statement.
    BankStatement(BankStatement),
    /// A case of the contact center.
    Case(Case),
    /// A message of a case.
    CaseMessage(CaseMessage),
    /// A channel.
    Channel(Channel),
    /// A customer.
    Customer(Customer),
    /// Two customers who look like the same person.
    CustomerMatch(CustomerMatch),
    /// A delivery service.
    DeliveryService(DeliveryService),
    /// An event.
    Event(Event),
    /// A dispute.
    Dispute(Dispute),
    /// A fulfillment.
    Fulfillment(Fulfillment),
    /// A gift card.
    GiftCard(GiftCard),
    /// A hold on an order.
    Hold(Hold),
    /// An invoice or a credit note.
    Invoice(Invoice),
    /// An entry of the journal.
    JournalEntry(JournalEntry),
    /// An account of the books.
    LedgerAccount(LedgerAccount),
    /// A legal entity.
    LegalEntity(LegalEntity),
    /// A location.
    Location(Location),
    /// A match of a line with what explains it.
    Match(Match),
    /// A note.
    Note(Note),
    /// An order.
    Order(Order),
    /// A line of an order.
    OrderLine(OrderLine),
    /// A parcel.
    Parcel(Parcel),
    /// A payment.
    Payment(Payment),
    /// A step of a payment.
    PaymentTransaction(PaymentTransaction),
    /// A payout.
    Payout(Payout),
    /// What a person asks of their data.
    PrivacyRequest(PrivacyRequest),
    /// A procedure.
    Procedure(Procedure),
    /// A product.
    Product(Product),
    /// A purchase order.
    PurchaseOrder(PurchaseOrder),
    /// A difference that a person must explain.
    ReconciliationException(ReconciliationException),
    /// A refund that waits for somebody else.
    RefundRequest(RefundRequest),
    /// A return.
    Return(Return),
    /// Units of a return.
    ReturnLine(ReturnLine),
    /// A return policy.
    ReturnPolicy(ReturnPolicy),
    /// A role.
    Role(Role),
    /// A routing strategy.
    RoutingStrategy(RoutingStrategy),
    /// A line of a settlement.
    SettlementLine(SettlementLine),
    /// A settlement report.
    SettlementReport(SettlementReport),
    /// A count.
    StockCount(StockCount),
    /// A stock level.
    StockLevel(StockLevel),
    /// A stock movement.
    StockMovement(StockMovement),
    /// A stock reservation.
    StockReservation(StockReservation),
    /// A transfer.
    StockTransfer(StockTransfer),
    /// Credit of a customer.
    StoreCreditAccount(StoreCreditAccount),
    /// A segment of customers.
    Segment(Segment),
    /// A supplier.
    Supplier(Supplier),
    /// A task.
    Task(Task),
    /// A user.
    User(User),
    /// A variant.
    Variant(Variant),
    /// A delivery to a webhook.
    WebhookDelivery(WebhookDelivery),
    /// A webhook endpoint.
    WebhookEndpoint(WebhookEndpoint),
}

impl Node {
    /// What an id names, if the asker reaches it; whoever lacks the permission finds nothing. Ids
    /// asked for together are loaded together.
    pub(crate) async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, Failure> {
        ctx.actor()?;
        let Some((kind, id)) = decode(id) else { return Ok(None) };
        match Self::find(ctx, kind, id).await {
            Err(failure) if failure.code() == "FORBIDDEN" => Ok(None),
            found => found,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table, one arm for each kind")]
    async fn find(ctx: &Context<'_>, kind: Kind, id: Uuid) -> Result<Option<Self>, Failure> {
        let (loaders, actor) = (ctx.loaders(), ctx.actor()?);
        let needs = |permission: Permission| actor.require(permission);
        Ok(match kind {
            Kind::ApiToken => {
                if actor.id != Some(id) {
                    needs(Permission::AccessManage)?;
                }
                loaders.api_token(id).await?.map(|row| Self::ApiToken(ApiToken(row)))
            }
            Kind::AuditEntry => {
                needs(Permission::AuditRead)?;
                loaders.audit_entry(id).await?.map(|row| Self::AuditEntry(AuditEntry(row)))
            }
            Kind::Case => loaders.case_row(id).await?.map(|row| Self::Case(Case(row))),
            Kind::CaseMessage => {
                loaders.case_message(id).await?.map(|row| Self::CaseMessage(CaseMessage(row)))
            }
            Kind::Channel => {
                needs(Permission::CatalogRead)?;
                let row = loaders.channel(id).await?.filter(|_| actor.reach.has_channel(id));
                row.map(|row| Self::Channel(Channel(row)))
            }
            Kind::Customer => {
                loaders.customer_in_reach(id).await?.map(|row| Self::Customer(Customer(row)))
            }
            Kind::CustomerMatch => {
                loaders.customer_match(id).await?.map(|row| Self::CustomerMatch(CustomerMatch(row)))
            }
            Kind::DeliveryService => {
                let row = loaders.delivery_service(id).await?;
                row.map(|row| Self::DeliveryService(DeliveryService(row)))
            }
            Kind::BankLine => loaders.bank_line(id).await?.map(|row| Self::BankLine(BankLine(row))),
            Kind::BankStatement => {
                loaders.bank_statement(id).await?.map(|row| Self::BankStatement(BankStatement(row)))
            }
            Kind::Match => loaders.match_row(id).await?.map(|row| Self::Match(Match(row))),
            Kind::Payout => loaders.payout(id).await?.map(|row| Self::Payout(Payout(row))),
            Kind::ReconciliationException => loaders
                .exception(id)
                .await?
                .map(|row| Self::ReconciliationException(ReconciliationException(row))),
            Kind::SettlementLine => loaders
                .settlement_line(id)
                .await?
                .map(|row| Self::SettlementLine(SettlementLine(row))),
            Kind::SettlementReport => loaders
                .settlement_report(id)
                .await?
                .map(|row| Self::SettlementReport(SettlementReport(row))),
            Kind::Return => loaders.return_row(id).await?.map(|row| Self::Return(Return(row))),
            Kind::ReturnLine => {
                loaders.return_line(id).await?.map(|row| Self::ReturnLine(ReturnLine(row)))
            }
            Kind::ReturnPolicy => {
                let row = loaders.return_policy(id).await?;
                let row =
                    row.filter(|row| row.channel_id.is_none_or(|id| actor.reach.has_channel(id)));
                row.map(|row| Self::ReturnPolicy(ReturnPolicy(row)))
            }
            Kind::Dispute => loaders.dispute(id).await?.map(|row| Self::Dispute(Dispute(row))),
            Kind::Event => loaders.event(id).await?.map(|row| Self::Event(Event(row))),
            Kind::Fulfillment => {
                loaders.fulfillment(id).await?.map(|row| Self::Fulfillment(Fulfillment(row)))
            }
            // Neither is a node of the contract.
            Kind::FulfillmentLine | Kind::RiskListEntry => None,
            Kind::GiftCard => GiftCard::load(ctx, id).await?.map(Self::GiftCard),
            Kind::Hold => loaders.hold(id).await?.map(|row| Self::Hold(Hold(row))),
            Kind::Invoice => loaders.invoice(id).await?.map(|row| Self::Invoice(Invoice(row))),
            Kind::JournalEntry => {
                loaders.journal_entry(id).await?.map(|row| Self::JournalEntry(JournalEntry(row)))
            }
            Kind::LedgerAccount => {
                loaders.account(id).await?.map(|row| Self::LedgerAccount(LedgerAccount(row)))
            }
            Kind::LegalEntity => {
                needs(Permission::CatalogRead)?;
                loaders.legal_entity(id).await?.map(|row| Self::LegalEntity(LegalEntity(row)))
            }
            Kind::Location => {
                needs(Permission::CatalogRead)?;
                let row = loaders.location(id).await?.filter(|_| actor.reach.has_location(id));
                row.map(|row| Self::Location(Location(row)))
            }
            Kind::Note => loaders.note(id).await?.map(|row| Self::Note(Note(row))),
            Kind::Order => Order::load(ctx, id).await?.map(Self::Order),
            Kind::OrderLine => OrderLine::load(ctx, id).await?.map(Self::OrderLine),
            Kind::Parcel => loaders.parcel(id).await?.map(|row| Self::Parcel(Parcel(row))),
            Kind::Payment => {
                needs(Permission::PaymentsRead)?;
                let row = payment_in_reach(ctx, id).await?;
                row.map(|row| Self::Payment(Payment(row)))
            }
            Kind::PaymentTransaction => {
                needs(Permission::PaymentsRead)?;
                let Some(row) = loaders.transaction(id).await? else { return Ok(None) };
                let payment = payment_in_reach(ctx, row.payment_id).await?;
                payment.map(|_| Self::PaymentTransaction(PaymentTransaction(row)))
            }
            Kind::PrivacyRequest => {
                let row = loaders.privacy_request(id).await?;
                row.map(|row| Self::PrivacyRequest(PrivacyRequest(row)))
            }
            Kind::Product => {
                needs(Permission::CatalogRead)?;
                loaders.product(id).await?.map(|row| Self::Product(Product(row)))
            }
            Kind::PurchaseOrder => {
                let row = loaders.purchase_order(id).await?;
                row.map(|row| Self::PurchaseOrder(PurchaseOrder(row)))
            }
            Kind::RefundRequest => {
                let row = loaders.refund_request(id).await?;
                row.map(|row| Self::RefundRequest(RefundRequest(row)))
            }
            Kind::Role => {
                needs(Permission::AccessManage)?;
                loaders.role(id).await?.map(|row| Self::Role(Role(row)))
            }
            Kind::RoutingStrategy => {
                let row = loaders.routing_strategy(id).await?;
                row.map(|row| Self::RoutingStrategy(RoutingStrategy(row)))
            }
            Kind::StockCount => {
                loaders.stock_count(id).await?.map(|row| Self::StockCount(StockCount(row)))
            }
            Kind::StockLevel => {
                loaders.level(id).await?.map(|row| Self::StockLevel(StockLevel(row)))
            }
            Kind::StockMovement => {
                loaders.movement(id).await?.map(|row| Self::StockMovement(StockMovement(row)))
            }
            Kind::StockReservation => {
                let row = loaders.reservation(id).await?;
                row.map(|row| Self::StockReservation(StockReservation(row)))
            }
            Kind::StockTransfer => {
                loaders.transfer(id).await?.map(|row| Self::StockTransfer(StockTransfer(row)))
            }
            Kind::StoreCreditAccount => {
                StoreCreditAccount::load(ctx, id).await?.map(Self::StoreCreditAccount)
            }
            Kind::Segment => loaders.segment(id).await?.map(|row| Self::Segment(Segment(row))),
            Kind::Supplier => {
                needs(Permission::PurchasingRead)?;
                loaders.supplier(id).await?.map(|row| Self::Supplier(Supplier(row)))
            }
            Kind::Procedure => {
                loaders.procedure(id).await?.map(|found| Self::Procedure(Procedure(found)))
            }
            Kind::Task => loaders.task(id).await?.map(|task| Self::Task(Task(task))),
            Kind::User => loaders.user(id).await?.map(|row| Self::User(User::new(row))),
            Kind::Variant => {
                needs(Permission::CatalogRead)?;
                loaders.variant(id).await?.map(|row| Self::Variant(Variant(row)))
            }
            Kind::WebhookDelivery => {
                let row = loaders.webhook_delivery(id).await?;
                row.map(|row| Self::WebhookDelivery(WebhookDelivery(row)))
            }
            Kind::WebhookEndpoint => {
                let row = loaders.webhook_endpoint(id).await?;
                row.map(|row| Self::WebhookEndpoint(WebhookEndpoint(row)))
            }
        })
    }
}

/// A payment is reached through its order.
async fn payment_in_reach(
    ctx: &Context<'_>,
    id: Uuid,
) -> Result<Option<Arc<entities::payment::Model>>, Failure> {
    let Some(row) = ctx.loaders().payment(id).await? else { return Ok(None) };
    let order = ctx.loaders().order(row.order_id).await?;
    Ok(order.map(|_| row))
}

/// Ids asked for in one call at most.
const MAX_NODES: usize = 100;

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id; null where it is not there, or not within reach.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any id of this API.")] id: ID,
    ) -> Option<Node> {
        Node::load(ctx, &id).await.or_null(ctx)?
    }

    /// Up to 100, in the order asked for, null for what is not there or not in reach.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to 100 ids of this API.")] ids: Vec<ID>,
    ) -> Option<Vec<Option<Node>>> {
        ctx.actor().or_null(ctx)?;
        if ids.len() > MAX_NODES {
            let message = format!("`ids` has at most {MAX_NODES} entries");
            return Err(Error::BadInput(message)).or_null(ctx);
        }
        let found = ids.iter().map(|id| Node::load(ctx, id));
        futures::future::try_join_all(found).await.or_null(ctx)
    }
}
