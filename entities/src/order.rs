//! `orders`: an order, from placement to closing. Amounts are minor units of `currency`.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{
    ActorKind, CancelReason, CapturePolicy, DeliveryMethod, OrderFulfillmentState,
    OrderPaymentState, OrderReturnState, OrderState, RiskLevel, TaxRounding,
};

/// An order, from placement to closing. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Human-friendly, unique, rising.
    pub number: String,
    /// Where it came from.
    pub channel_id: Uuid,
    /// What the channel calls it.
    pub channel_reference: Option<String>,
    /// Who ordered.
    pub customer_id: Option<Uuid>,
    /// Where it stands as a whole.
    pub state: OrderState,
    /// How much has left.
    pub fulfillment_state: OrderFulfillmentState,
    /// How the money stands.
    pub payment_state: OrderPaymentState,
    /// Whether goods come back.
    pub return_state: OrderReturnState,
    /// Its currency, ISO 4217.
    pub currency: String,
    /// Digits after the point in that currency.
    pub currency_digits: i32,
    /// Whether its prices contain the tax.
    pub tax_included: bool,
    /// When it was placed.
    pub placed_at: OffsetDateTime,
    /// When it was released for delivery.
    pub approved_at: Option<OffsetDateTime>,
    /// When its first parcel left.
    pub shipped_at: Option<OffsetDateTime>,
    /// When its last parcel arrived.
    pub delivered_at: Option<OffsetDateTime>,
    /// When it was finished.
    pub completed_at: Option<OffsetDateTime>,
    /// When it was cancelled.
    pub cancelled_at: Option<OffsetDateTime>,
    /// When the last goods came back.
    pub returned_at: Option<OffsetDateTime>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// Who placed it.
    pub placed_by_kind: ActorKind,
    /// The user or token.
    pub placed_by_id: Option<Uuid>,
    /// Where messages go.
    pub email: Option<String>,
    /// The same as compared.
    pub email_key: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The same as compared: digits.
    pub phone_key: Option<String>,
    /// Where the invoice goes.
    pub billing_address: Option<Json>,
    /// Where the goods go.
    pub shipping_address: Option<Json>,
    /// The country of the shipping address.
    pub country_code: Option<String>,
    /// How it reaches the customer.
    pub delivery_method: DeliveryMethod,
    /// The service chosen.
    pub delivery_service: Option<String>,
    /// Where the customer fetches it.
    pub pickup_location_id: Option<Uuid>,
    /// Whether several locations may serve it.
    pub allow_split: bool,
    /// Whether it may wait for stock.
    pub allow_backorder: bool,
    /// The buyer's tax number.
    pub tax_id: Option<String>,
    /// The buyer's own number.
    pub purchase_order_number: Option<String>,
    /// Days until a buyer on terms pays.
    pub payment_terms_days: Option<i32>,
    /// What the customer was told.
    pub promised_by: Option<OffsetDateTime>,
    /// Sum of unit price times quantity.
    pub items_minor: i64,
    /// Sum of shipping.
    pub shipping_minor: i64,
    /// Sum of discounts and goodwill.
    pub discounts_minor: i64,
    /// Sum of all other adjustments.
    pub other_minor: i64,
    /// The tax of the whole.
    pub tax_minor: i64,
    /// What the customer owes in all.
    pub grand_total_minor: i64,
    /// What was captured.
    pub paid_minor: i64,
    /// What was given back.
    pub refunded_minor: i64,
    /// The user who looks after it.
    pub assignee_id: Option<Uuid>,
    /// The customer's score from 1 to 5, where it came with the history.
    pub satisfaction: Option<i32>,
    /// The address the order came from.
    pub client_ip: Option<String>,
    /// The program the order came from.
    pub user_agent: Option<String>,
    /// Whatever else the shop keeps.
    pub attributes: Option<Json>,
    /// Whether it came with its history from another system.
    pub imported: bool,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// Whether it is still being written.
    pub draft: bool,
    /// Whether a hold stands.
    pub on_hold: bool,
    /// The shipping address as compared.
    pub address_key: Option<String>,
    /// Whether the client said what was promised.
    pub promise_given: bool,
    /// When the last of it is to leave.
    pub ship_by: Option<OffsetDateTime>,
    /// When the last of it will arrive, by today's plan.
    pub expected_at: Option<OffsetDateTime>,
    /// Whether today's plan breaks the promise.
    pub at_risk: bool,
    /// When its clocks are looked at next.
    pub review_at: Option<OffsetDateTime>,
    /// How doubtful it is; none where nobody looked.
    pub risk_level: Option<RiskLevel>,
    /// How its taxes are rounded.
    pub tax_rounding: TaxRounding,
    /// Whether our books tell of it: not of a history, nor of what was placed before there were any.
    pub in_books: bool,
    /// Invoices less corrections of them.
    pub invoiced_minor: i64,
    /// Given back of what was invoiced, the goods apart.
    pub credited_minor: i64,
    /// Of it, what the customer was given as credit instead of money.
    pub store_credit_minor: i64,
    /// And what pays for other orders in exchange.
    pub exchanged_minor: i64,
    /// Paid and not invoiced yet.
    pub deposit_minor: i64,
    /// The same in the currency of the books.
    pub deposit_base_minor: i64,
    /// Invoiced and not paid yet.
    pub receivable_minor: i64,
    /// The same in the currency of the books.
    pub receivable_base_minor: i64,
    /// To be given back, or on its way.
    pub refund_due_minor: i64,
    /// The same in the currency of the books.
    pub refund_due_base_minor: i64,
    /// When what is authorized is taken.
    pub capture: CapturePolicy,
    /// Returns that somebody has to answer.
    pub returns_asked: i32,
    /// Returns that are agreed to and not settled.
    pub returns_moving: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, channel_id, channel_reference, customer_id, state, fulfillment_state, payment_state, return_state, currency, currency_digits, tax_included, placed_at, approved_at, shipped_at, delivered_at, completed_at, cancelled_at, returned_at, cancel_reason, placed_by_kind, placed_by_id, email, email_key, phone, phone_key, billing_address, shipping_address, country_code, delivery_method, delivery_service, pickup_location_id, allow_split, allow_backorder, tax_id, purchase_order_number, payment_terms_days, promised_by, items_minor, shipping_minor, discounts_minor, other_minor, tax_minor, grand_total_minor, paid_minor, refunded_minor, assignee_id, satisfaction, client_ip, user_agent, attributes, imported, created_at, updated_at, draft, on_hold, address_key, promise_given, ship_by, expected_at, at_risk, review_at, risk_level, tax_rounding, in_books, invoiced_minor, credited_minor, store_credit_minor, exchanged_minor, deposit_minor, deposit_base_minor, receivable_minor, receivable_base_minor, refund_due_minor, refund_due_base_minor, capture, returns_asked, returns_moving
}

impl From<Model> for (Summary, Details) {
    fn from(order: Model) -> Self {
        let summary = Summary {
            id: order.id,
            version: order.version,
            number: order.number,
            channel_id: order.channel_id,
            channel_reference: order.channel_reference,
            customer_id: order.customer_id,
            state: order.state,
            fulfillment_state: order.fulfillment_state,
            payment_state: order.payment_state,
            return_state: order.return_state,
            currency: order.currency,
            placed_at: order.placed_at,
            promised_by: order.promised_by,
            items_minor: order.items_minor,
            shipping_minor: order.shipping_minor,
            discounts_minor: order.discounts_minor,
            tax_minor: order.tax_minor,
            grand_total_minor: order.grand_total_minor,
            paid_minor: order.paid_minor,
            refunded_minor: order.refunded_minor,
            credited_minor: order.credited_minor,
            store_credit_minor: order.store_credit_minor,
            exchanged_minor: order.exchanged_minor,
            on_hold: order.on_hold,
            ship_by: order.ship_by,
            expected_at: order.expected_at,
            at_risk: order.at_risk,
        };
        let details = Details {
            id: order.id,
            approved_at: order.approved_at,
            completed_at: order.completed_at,
            cancelled_at: order.cancelled_at,
            cancel_reason: order.cancel_reason,
            placed_by_kind: order.placed_by_kind,
            placed_by_id: order.placed_by_id,
            email: order.email,
            phone: order.phone,
            billing_address: order.billing_address,
            shipping_address: order.shipping_address,
            delivery_method: order.delivery_method,
            delivery_service: order.delivery_service,
            pickup_location_id: order.pickup_location_id,
            allow_split: order.allow_split,
            tax_id: order.tax_id,
            purchase_order_number: order.purchase_order_number,
            payment_terms_days: order.payment_terms_days,
            assignee_id: order.assignee_id,
            attributes: order.attributes,
            imported: order.imported,
        };
        (summary, details)
    }
}

/// What lists show of an order: a page of orders reads no more columns than these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Human-friendly, unique, rising.
    pub number: String,
    /// Where it came from.
    pub channel_id: Uuid,
    /// What the channel calls it.
    pub channel_reference: Option<String>,
    /// Who ordered.
    pub customer_id: Option<Uuid>,
    /// Where it stands as a whole.
    pub state: OrderState,
    /// How much has left.
    pub fulfillment_state: OrderFulfillmentState,
    /// How the money stands.
    pub payment_state: OrderPaymentState,
    /// Whether goods come back.
    pub return_state: OrderReturnState,
    /// Its currency, ISO 4217.
    pub currency: String,
    /// When it was placed.
    pub placed_at: OffsetDateTime,
    /// What the customer was told.
    pub promised_by: Option<OffsetDateTime>,
    /// Sum of unit price times quantity.
    pub items_minor: i64,
    /// Sum of shipping.
    pub shipping_minor: i64,
    /// Sum of discounts and goodwill.
    pub discounts_minor: i64,
    /// The tax of the whole.
    pub tax_minor: i64,
    /// What the customer owes in all.
    pub grand_total_minor: i64,
    /// What was captured.
    pub paid_minor: i64,
    /// What was given back.
    pub refunded_minor: i64,
    /// Given back of what was invoiced, so that it is owed no longer.
    pub credited_minor: i64,
    /// Of it, what the customer was given as credit instead of money.
    pub store_credit_minor: i64,
    /// And what pays for other orders in exchange.
    pub exchanged_minor: i64,
    /// Whether a hold stands.
    pub on_hold: bool,
    /// When the last of it is to leave.
    pub ship_by: Option<OffsetDateTime>,
    /// When the last of it will arrive, by today's plan.
    pub expected_at: Option<OffsetDateTime>,
    /// Whether today's plan breaks the promise.
    pub at_risk: bool,
}

crate::row::row! {
    Summary: id, version, number, channel_id, channel_reference, customer_id, state, fulfillment_state, payment_state, return_state, currency, placed_at, promised_by, items_minor, shipping_minor, discounts_minor, tax_minor, grand_total_minor, paid_minor, refunded_minor, credited_minor, store_credit_minor, exchanged_minor, on_hold, ship_by, expected_at, at_risk
}

/// The rest of what is shown of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Its id.
    pub id: Uuid,
    /// When it was released for delivery.
    pub approved_at: Option<OffsetDateTime>,
    /// When it was finished.
    pub completed_at: Option<OffsetDateTime>,
    /// When it was cancelled.
    pub cancelled_at: Option<OffsetDateTime>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// Who placed it.
    pub placed_by_kind: ActorKind,
    /// The user or token.
    pub placed_by_id: Option<Uuid>,
    /// Where messages go.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Where the invoice goes.
    pub billing_address: Option<Json>,
    /// Where the goods go.
    pub shipping_address: Option<Json>,
    /// How it reaches the customer.
    pub delivery_method: DeliveryMethod,
    /// The service chosen.
    pub delivery_service: Option<String>,
    /// Where the customer fetches it.
    pub pickup_location_id: Option<Uuid>,
    /// Whether several locations may serve it.
    pub allow_split: bool,
    /// The buyer's tax number.
    pub tax_id: Option<String>,
    /// The buyer's own number.
    pub purchase_order_number: Option<String>,
    /// Days until a buyer on terms pays.
    pub payment_terms_days: Option<i32>,
    /// The user who looks after it.
    pub assignee_id: Option<Uuid>,
    /// Whatever else the shop keeps.
    pub attributes: Option<Json>,
    /// Whether it came with its history from another system.
    pub imported: bool,
}

crate::row::row! {
    Details: id, approved_at, completed_at, cancelled_at, cancel_reason, placed_by_kind, placed_by_id, email, phone, billing_address, shipping_address, delivery_method, delivery_service, pickup_location_id, allow_split, tax_id, purchase_order_number, payment_terms_days, assignee_id, attributes, imported
}
