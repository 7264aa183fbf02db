//! The closed sets that columns hold, as short text that a CHECK guards.

use sea_orm::entity::prelude::{DeriveActiveEnum, EnumIter, StringLen};

/// Where the orders of a channel come from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ChannelKind {
    /// A web shop.
    Web,
    /// A physical store's till.
    Store,
    /// A marketplace that sells for us.
    Marketplace,
    /// Agents who place orders for customers.
    ContactCenter,
    /// Business customers on terms.
    Wholesale,
}

/// What kind of place stock lies at.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum LocationKind {
    /// Our own warehouse.
    Warehouse,
    /// A store that also ships or hands out.
    Store,
    /// A logistics partner's site.
    ThirdParty,
    /// A supplier that ships for us.
    Supplier,
}

/// How a customer is known.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum IdentityKind {
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// The account in a shop or marketplace.
    ChannelAccount,
    /// A loyalty number.
    Loyalty,
    /// Anything else.
    Other,
}

/// Why stock changed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum MovementKind {
    /// Goods came in.
    Receipt,
    /// Promised to an order or a checkout.
    Reserve,
    /// A promise was given back.
    Release,
    /// Left the building.
    Ship,
    /// Came back from a customer.
    Return,
    /// Corrected by hand.
    Adjust,
    /// Corrected by a count.
    Count,
    /// Left for another location.
    TransferOut,
    /// Came from another location.
    TransferIn,
    /// Found damaged.
    Damage,
    /// Thrown away.
    Scrap,
    /// More is expected from suppliers, or less.
    Expect,
    /// Set out to here from another location, or got lost on its way.
    Transit,
    /// Put on quality hold, or cleared.
    Hold,
}

/// Where a checkout's hold on stock stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReservationState {
    /// Holding stock.
    Active,
    /// Became an order.
    Used,
    /// Its time ran out.
    Expired,
    /// Given back.
    Released,
}

/// Where an order stands as a whole.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderState {
    /// Being written, not yet placed.
    Draft,
    /// Placed and not finished.
    Open,
    /// All that is not cancelled is delivered and nothing is outstanding.
    Completed,
    /// Nothing of it will be delivered.
    Cancelled,
}

/// How much of an order has left.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderFulfillmentState {
    /// Nothing has left.
    Unfulfilled,
    /// Some units have left.
    PartiallyFulfilled,
    /// All units have left.
    Fulfilled,
    /// All units have arrived.
    Delivered,
}

/// How the money of an order stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderPaymentState {
    /// Neither paid nor fully authorized.
    Pending,
    /// The whole total is authorized or captured.
    Authorized,
    /// Some of the total is captured.
    PartiallyPaid,
    /// The whole total is captured.
    Paid,
    /// Some of what was captured is refunded.
    PartiallyRefunded,
    /// All that was captured is refunded.
    Refunded,
    /// The payer's bank took the money back.
    ChargedBack,
    /// Authorized once and released without capture.
    Voided,
}

/// Whether goods of an order come back.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderReturnState {
    /// Nothing comes back.
    None,
    /// A return is asked for.
    Requested,
    /// A return is on its way.
    InProgress,
    /// What was to come back is back.
    Returned,
}

/// Why an order was cancelled.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CancelReason {
    /// The customer asked for it.
    Customer,
    /// It was fraudulent.
    Fraud,
    /// It could not be delivered.
    Stock,
    /// It was never paid.
    Declined,
    /// We made a mistake.
    StaffError,
    /// Anything else.
    Other,
}

/// How an order reaches the customer.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum DeliveryMethod {
    /// A carrier brings it.
    Ship,
    /// The customer fetches it.
    Pickup,
    /// Nothing leaves a shelf.
    Digital,
}

/// What an amount beside the lines is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AdjustmentKind {
    /// Delivery.
    Shipping,
    /// Taken off the lines.
    Discount,
    /// Wrapping.
    GiftWrap,
    /// A fee.
    Fee,
    /// Taken off as goodwill.
    Goodwill,
    /// A rounding difference.
    Rounding,
}

/// Where one payment stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PaymentState {
    /// Promised, not obtained.
    Pending,
    /// Authorized, nothing captured.
    Authorized,
    /// Some of it is captured.
    PartiallyCaptured,
    /// All of it is captured.
    Captured,
    /// Some of the capture is refunded.
    PartiallyRefunded,
    /// All of the capture is refunded.
    Refunded,
    /// Released without capture.
    Voided,
    /// It did not come about.
    Failed,
    /// The authorization ran out.
    Expired,
    /// The payer's bank took it back.
    ChargedBack,
}

/// One step in the life of a payment.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TransactionKind {
    /// Money was promised by the payer's bank.
    Authorization,
    /// Money was taken.
    Capture,
    /// An authorization was released.
    Void,
    /// Money was given back.
    Refund,
    /// The payer's bank took money back.
    Chargeback,
    /// The bank gave it back to us.
    ChargebackReversal,
}

/// How a payment step ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TransactionState {
    /// Not known yet.
    Pending,
    /// It took place.
    Succeeded,
    /// It did not take place.
    Failed,
}

/// Where one location's work on an order stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum FulfillmentState {
    /// Offered to a third party.
    Requested,
    /// To be picked.
    Open,
    /// Waiting for a hold to end.
    OnHold,
    /// Being picked.
    Picking,
    /// Packed.
    Packed,
    /// Left the building.
    Shipped,
    /// Waiting for the customer.
    ReadyForPickup,
    /// With the customer.
    Delivered,
    /// Could not be done.
    Failed,
    /// Called off.
    Cancelled,
}

/// Who did something.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ActorKind {
    /// A person with an account.
    User,
    /// A partner's token.
    ApiToken,
    /// The system itself.
    System,
}

/// Where a delivery to a webhook stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum WebhookDeliveryState {
    /// To be sent, or sent again.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

/// Why an order may not go on.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum HoldReason {
    /// Its risk is to be decided.
    RiskReview,
    /// It is neither paid, authorized nor on terms.
    Payment,
    /// Its address is doubtful.
    Address,
    /// It waits for stock.
    Stock,
    /// The customer asked for it.
    CustomerRequest,
    /// Somebody wants to look at it.
    Manual,
}

/// Where a carrier says a parcel is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TrackingStatus {
    /// It has a label.
    LabelCreated,
    /// It is on its way.
    InTransit,
    /// It is with the driver.
    OutForDelivery,
    /// It arrived.
    Delivered,
    /// Something went wrong.
    Exception,
    /// It comes back.
    ReturnedToSender,
    /// It is lost.
    Lost,
}

/// How locations are chosen.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RoutingRule {
    /// One that has everything.
    SingleLocation,
    /// As few as can do it.
    FewestSplits,
    /// The nearest first.
    Nearest,
    /// In the channel's order.
    PreferredLocation,
    /// Those that have most of it first.
    MostStock,
    /// Those with the least work first.
    LowestBacklog,
}

/// What people should see of an order.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderFlagCode {
    /// Its amount is far from what is usual.
    Outlier,
    /// It comes in several parcels.
    SplitShipment,
    /// Some of it waits for stock.
    Backordered,
    /// Its promise is broken.
    Late,
    /// Its promise will be broken by today's plan.
    PromiseAtRisk,
    /// It could ship together with another.
    Consolidatable,
    /// An authorization ends before all of it is captured.
    AuthorizationExpiring,
    /// Something left that is not paid.
    UnpaidShipped,
    /// Billing and shipping address lie in different countries.
    AddressMismatch,
}

/// How doubtful an order is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RiskLevel {
    /// Not at all, or little.
    Low,
    /// Somewhat.
    Medium,
    /// Enough for somebody to look at it.
    High,
}

/// What somebody decided about a doubtful order.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RiskDecision {
    /// It goes on.
    Approved,
    /// It is cancelled.
    Declined,
}

/// Whether somebody is known for good or for bad.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RiskList {
    /// Known for good.
    Allow,
    /// Known for bad.
    Deny,
}

/// By what somebody is known.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RiskEntryKind {
    /// An email address.
    Email,
    /// What stands behind its `@`.
    EmailDomain,
    /// A telephone number.
    Phone,
    /// A shipping address.
    Address,
    /// An address of the internet.
    Ip,
    /// A customer.
    Customer,
}

/// Where a transfer stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TransferState {
    /// Planned; nothing has moved.
    Draft,
    /// On its way.
    Shipped,
    /// Some of it arrived.
    PartiallyReceived,
    /// Nothing more will come.
    Received,
    /// Called off before it left.
    Cancelled,
}

/// Where a purchase order stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PurchaseOrderState {
    /// Being written; the supplier knows nothing of it.
    Draft,
    /// Sent to the supplier.
    Ordered,
    /// Some of it came.
    PartiallyReceived,
    /// All of it came.
    Received,
    /// Some of it came, and nothing more will.
    Closed,
    /// Called off before anything came.
    Cancelled,
}

/// Where a count stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum StockCountState {
    /// People are counting.
    Open,
    /// What was counted is what lies there.
    Closed,
    /// Given up; nothing was changed.
    Cancelled,
}

/// What an account holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AccountKind {
    /// What we own, or are owed.
    Asset,
    /// What we owe.
    Liability,
    /// What was earned.
    Revenue,
    /// What was spent.
    Expense,
    /// What is only remembered: never part of the balance.
    Memo,
}

/// Which way a document goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum InvoiceKind {
    /// The customer owes.
    Invoice,
    /// We owe.
    CreditNote,
}

/// Why a document was issued.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum InvoiceCause {
    /// Goods left.
    Shipment,
    /// What left costs something else than was invoiced.
    Correction,
    /// Goods came back.
    Return,
    /// Money is given back, and no goods come back.
    Allowance,
}

/// Under which rule a tax is due.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TaxScheme {
    /// Where the seller is.
    Domestic,
    /// Where the buyer is, told in one return for all of the union.
    Oss,
    /// Nothing: the goods leave the union, or the country.
    Export,
    /// The buyer, a business elsewhere in the union, owes it.
    ReverseCharge,
    /// Nothing: the goods bear no tax.
    Exempt,
}

/// Where taxes are rounded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TaxRounding {
    /// Once for each rate of a document, then dealt out to the lines.
    Document,
    /// Line by line.
    Line,
}

/// Where a request to give money stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RefundRequestState {
    /// Nobody decided yet.
    Pending,
    /// It was given.
    Granted,
    /// It was not.
    Denied,
}

/// How far a dispute went.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum DisputeStage {
    /// The bank asks: no money moved.
    Inquiry,
    /// The bank took the money.
    Chargeback,
    /// The bank took it again, or is about to.
    PreArbitration,
    /// The scheme decides.
    Arbitration,
}

/// Where a dispute stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum DisputeState {
    /// It waits for an answer.
    Open,
    /// It was answered.
    EvidenceSent,
    /// The money is back.
    Won,
    /// The money is gone.
    Lost,
    /// Nobody contests it: the money is gone.
    Accepted,
}

/// What a customer can pay with at our own expense.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CreditKind {
    /// It was sold.
    GiftCard,
    /// It was given.
    StoreCredit,
}

/// What becomes of what is on a gift card or credit when it ends.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum Breakage {
    /// It is earned.
    OnExpiry,
    /// It is owed on.
    Keep,
}

/// Where money goes back to first.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RefundOrder {
    /// Money first, then gift cards and credit.
    CreditLast,
    /// Gift cards and credit first, then money.
    CreditFirst,
}

/// When what is authorized is taken.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CapturePolicy {
    /// When it ships, what ships.
    Shipment,
    /// All of it, when nothing is doubted about the order.
    Approval,
    /// When somebody says so.
    Manual,
}

/// What a provider is asked for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AskKind {
    /// What it holds of an authorization, and until when.
    Look,
    /// To take what is authorized.
    Capture,
    /// To let go of what is authorized.
    Void,
    /// To give back what was taken.
    Refund,
    /// To hand evidence on to a payer's bank.
    Evidence,
}

/// How a provider writes what it settled.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum SettlementFormat {
    /// Adyen: settlement details, both layouts.
    AdyenSettlementDetails,
    /// Stripe: itemized balance change or payout reconciliation.
    StripeItemized,
    /// `PayPal`: settlement report.
    PaypalStl,
    /// Mollie: a settlement.
    MollieSettlement,
    /// A table of our own.
    GenericCsv,
}

/// Where the reading of a file stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum SettlementReportState {
    /// It is read.
    Importing,
    /// It is in the books.
    Imported,
    /// It could not be read.
    Refused,
    /// A later version took its place.
    Superseded,
}

/// What a line of a settlement says happened.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum SettlementLineKind {
    /// Money was taken.
    Capture,
    /// Money was given back.
    Refund,
    /// What was given back did not arrive.
    RefundReversal,
    /// A payer's bank took it.
    Chargeback,
    /// It came back.
    ChargebackReversal,
    /// The provider took its due.
    Fee,
    /// Money changed its currency.
    Conversion,
    /// The provider holds some back, or lets it go.
    Reserve,
    /// The provider corrected its own books.
    Correction,
    /// From one batch to the next.
    BalanceTransfer,
    /// It was sent to our bank.
    Payout,
    /// What was sent came back.
    PayoutReversal,
    /// A word that we do not know.
    Unknown,
}

/// Whether a line is explained.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum SettlementLineState {
    /// It is not.
    Open,
    /// It is: by what it is matched with, or by its kind.
    Matched,
    /// It was moved to suspense.
    Suspended,
    /// A person said why it is as it is.
    Settled,
}

/// Whether a match counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum MatchState {
    /// A person is to look at it.
    Proposed,
    /// It counts.
    Confirmed,
    /// It does not any more.
    Undone,
}

/// Where a transfer from a provider stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PayoutState {
    /// It is to be sent.
    Expected,
    /// It was sent.
    InTransit,
    /// The bank has it.
    Received,
    /// It should have come.
    Missing,
    /// It came back.
    Failed,
}

/// How a bank writes its statements.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum BankFormat {
    /// ISO 20022 camt.053.
    #[sea_orm(string_value = "CAMT053")]
    Camt053,
    /// SWIFT MT940.
    #[sea_orm(string_value = "MT940")]
    Mt940,
    /// BAI2.
    #[sea_orm(string_value = "BAI2")]
    Bai2,
    /// A table of our own.
    GenericCsv,
}

/// What kind of difference it is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReconciliationExceptionKind {
    /// A capture is older than its settlement takes, and no line tells of it.
    MissingInPsp,
    /// A line tells of a payment that we do not know.
    MissingInLedger,
    /// Amounts differ beyond what is tolerated.
    AmountMismatch,
    /// Currencies differ.
    CurrencyMismatch,
    /// A line is there twice.
    DuplicateLine,
    /// Two captures of one shipment.
    DuplicateCapture,
    /// A fee differs from what was agreed.
    FeeVariance,
    /// The lines do not sum to what was sent.
    BatchOutOfBalance,
    /// A payout was sent, and the bank does not have it.
    MissingBankCredit,
    /// The bank has more than anybody sent.
    UnexpectedBankCredit,
    /// The bank paid what nobody asked for.
    UnexpectedBankDebit,
    /// The bank has less than was sent.
    BankShort,
    /// The bank has more than was sent.
    BankOver,
    /// A line of a kind that we do not know.
    UnknownType,
    /// A refund is older than its settlement takes, and no line tells of it.
    RefundNotSettled,
    /// A refund did not arrive.
    RefundFailed,
    /// Money was given back and taken too.
    RefundAndChargeback,
    /// A payer's bank took money that nobody told us of.
    Chargeback,
    /// A bank took money of an order that had ended.
    LateChargeback,
    /// A batch owes the provider.
    NegativeBatch,
    /// An authorization ends before it is captured.
    StaleAuthorization,
    /// A statement is missing before this one.
    StatementGap,
    /// A balance does not follow from the entries.
    BalanceBreak,
}

/// Where a difference stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReconciliationExceptionState {
    /// It waits for a person.
    Open,
    /// A second person is to agree.
    AwaitingApproval,
    /// It is explained.
    Resolved,
}

/// How a difference was explained.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReconciliationResolution {
    /// It was matched.
    Matched,
    /// It stands alone, and that is right.
    Unmatched,
    /// It was written off.
    WrittenOff,
    /// The provider or bank was asked.
    Disputed,
    /// It is right as it is.
    Accepted,
    /// It waits in suspense.
    MovedToSuspense,
}

/// What the days for a refund count from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RefundTrigger {
    /// The customer's declaration.
    Declaration,
    /// The proof that the goods were sent.
    Dispatch,
    /// Their arrival.
    Receipt,
    /// Their inspection.
    Inspection,
}

/// Why something comes back, or is claimed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReturnReason {
    /// The customer wants it no longer.
    ChangedMind,
    /// It does not fit.
    WrongSize,
    /// It does not work.
    Defective,
    /// It was damaged on its way.
    DamagedInTransit,
    /// It is something else.
    WrongItem,
    /// It was not in the parcel.
    MissingItem,
    /// It is not what was promised.
    NotAsDescribed,
    /// It came too late.
    Late,
    /// The carrier lost it.
    Lost,
    /// It never came, though the carrier says so.
    NotDelivered,
    /// It could not be delivered, and came back.
    Undeliverable,
    /// Something else.
    Other,
}

/// Where a return stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReturnState {
    /// A parcel nobody announced, waiting for its order.
    Staged,
    /// Somebody has to answer.
    Requested,
    /// The goods may come.
    Approved,
    /// They may not.
    Rejected,
    /// They are on their way.
    InTransit,
    /// They arrived.
    Received,
    /// They were looked at.
    Inspected,
    /// All is settled.
    Resolved,
    /// It was called off.
    Cancelled,
    /// It was approved, and nothing was ever sent.
    Expired,
}

/// How goods are that came back.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ItemCondition {
    /// As new.
    New,
    /// Its box was opened.
    Opened,
    /// It was used.
    Used,
    /// It is damaged.
    Damaged,
    /// It does not work.
    Defective,
    /// It is something else.
    WrongItem,
    /// It was not in the box.
    Missing,
}

/// Where goods go that came back.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum Disposition {
    /// Back on the shelf.
    Restock,
    /// To be sold as opened.
    OpenBox,
    /// To be put in order first.
    Refurbish,
    /// Back to who made it.
    ReturnToVendor,
    /// To be sold off.
    Liquidate,
    /// To be given away.
    Donate,
    /// Thrown away.
    Scrap,
    /// Thrown away with care.
    Hazardous,
    /// The customer keeps it.
    KeepWithCustomer,
}

/// How a return is made good.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RefundMethod {
    /// The money goes back where it came from.
    OriginalPayment,
    /// The customer is given credit.
    StoreCredit,
    /// What comes back pays for what was wanted instead.
    Exchange,
    /// The same goods are sent once more.
    Replacement,
    /// Nothing is given.
    None,
}

/// Where a claim against a carrier stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CarrierClaimState {
    /// The carrier has to answer.
    Filed,
    /// The carrier paid.
    Paid,
    /// The carrier refused.
    Rejected,
}

/// What is wanted of a return.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ReturnKind {
    /// The money back.
    Return,
    /// Other goods instead.
    Exchange,
    /// What went wrong made right: lost, damaged or wrong.
    Claim,
}

/// Where a case stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CaseState {
    /// Somebody has to act.
    Open,
    /// The customer has to answer: its clocks stand still.
    WaitingOnCustomer,
    /// Another team has to act.
    WaitingOnTeam,
    /// It is solved, and can be opened again for a week.
    Resolved,
    /// It is over.
    Closed,
}

/// What a customer asks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CaseKind {
    /// Where the order is.
    WhereIsMyOrder,
    /// A parcel is lost.
    LostPackage,
    /// Something else came.
    WrongItem,
    /// It came broken.
    Damaged,
    /// Something else is wanted instead.
    Exchange,
    /// Money is wanted back.
    Refund,
    /// Something about paying.
    Payment,
    /// Something about goods.
    ProductQuestion,
    /// Something was not right.
    Complaint,
    /// Anything else.
    Other,
}

/// How urgent a case is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CasePriority {
    /// It can wait.
    Low,
    /// As most are.
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

/// How a customer came.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ContactChannel {
    /// By email.
    Email,
    /// By telephone.
    Phone,
    /// By chat.
    Chat,
    /// By a social network.
    Social,
    /// In a store.
    Store,
    /// By a form of the shop.
    Web,
}

/// Whether a message came or went.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum MessageDirection {
    /// From the customer.
    Inbound,
    /// From the team.
    Outbound,
}

/// What a person asks of their data.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PrivacyRequestKind {
    /// To have all of them.
    Export,
    /// To have them erased.
    Erasure,
}

/// Where such a request stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PrivacyRequestState {
    /// It waits for somebody.
    Open,
    /// It waits for what is open with the customer.
    Blocked,
    /// It was done.
    Completed,
    /// It was refused.
    Refused,
}

/// Where a task stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TaskState {
    /// Its clock runs.
    Open,
    /// Its clock stands still.
    Paused,
    /// It was done.
    Done,
    /// Somebody said why it need not be done.
    Skipped,
    /// What it was about is over.
    Cancelled,
}

/// What the clock of a step is set by.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ClockAnchor {
    /// What started the procedure.
    Trigger,
    /// When it is to leave.
    ShipBy,
    /// What the customer was promised.
    DeliverBy,
    /// When an authorization ends.
    AuthorizationExpiry,
    /// When evidence has to be there.
    EvidenceDue,
    /// When money has to be back.
    RefundDue,
}
