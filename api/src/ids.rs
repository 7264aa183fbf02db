//! `TypeID`s: a short prefix that says what an id belongs to, and the `UUIDv7` in base 32.

use async_graphql::ID;
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal,)*) => {
        /// What an id belongs to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The prefix of its ids.
            pub const fn prefix(self) -> &'static str {
                match self { $(Self::$name => $prefix,)* }
            }
        }
    };
}

kinds! {
    /// A partner's token.
    ApiToken = "tok",
    /// An entry of the audit log.
    AuditEntry = "aud",
    /// An entry of a bank statement.
    BankLine = "bln",
    /// A bank statement.
    BankStatement = "bst",
    /// A case of the contact center.
    Case = "cas",
    /// A message of a case.
    CaseMessage = "cms",
    /// A channel.
    Channel = "chn",
    /// A customer.
    Customer = "cus",
    /// Two customers who look like the same person.
    CustomerMatch = "cma",
    /// A delivery service.
    DeliveryService = "dsv",
    /// An event.
    Event = "evt",
    /// A dispute.
    Dispute = "dsp",
    /// A fulfillment.
    Fulfillment = "ful",
    /// A line of a fulfillment.
    FulfillmentLine = "fln",
    /// A gift card.
    GiftCard = "gft",
    /// A hold on an order.
    Hold = "hld",
    /// An invoice or a credit note.
    Invoice = "inv",
    /// An entry of the journal.
    JournalEntry = "jrn",
    /// An account of the books.
    LedgerAccount = "acc",
    /// A legal entity.
    LegalEntity = "ent",
    /// A location.
    Location = "loc",
    /// A match of a line with what explains it.
    Match = "mat",
    /// A note.
    Note = "not",
    /// An order.
    Order = "ord",
    /// A line of an order.
    OrderLine = "lin",
    /// A parcel.
    Parcel = "pcl",
    /// A payment.
    Payment = "pay",
    /// A step of a payment.
    PaymentTransaction = "ptx",
    /// A payout.
    Payout = "pyo",
    /// What a person asks of their data.
    PrivacyRequest = "prq",
    /// A procedure.
    Procedure = "prc",
    /// A product.
    Product = "prd",
    /// A purchase order.
    PurchaseOrder = "po",
    /// A difference that a person must explain.
    ReconciliationException = "rex",
    /// A request to give money.
    RefundRequest = "rfr",
    /// An entry of the risk lists.
    RiskListEntry = "rle",
    /// A role.
    Role = "rol",
    /// A routing strategy.
    RoutingStrategy = "rst",
    /// A line of a settlement.
    SettlementLine = "sln",
    /// A settlement report.
    SettlementReport = "str",
    /// A return.
    Return = "ret",
    /// Units of a return.
    ReturnLine = "rtl",
    /// A return policy.
    ReturnPolicy = "rpo",
    /// A count.
    StockCount = "cnt",
    /// A stock level.
    StockLevel = "stk",
    /// A stock movement.
    StockMovement = "mov",
    /// A stock reservation.
    StockReservation = "res",
    /// A transfer.
    StockTransfer = "trf",
    /// Credit of a customer.
    StoreCreditAccount = "sca",
    /// A segment of customers.
    Segment = "seg",
    /// A supplier.
    Supplier = "sup",
    /// A task.
    Task = "tsk",
    /// A user.
    User = "usr",
    /// A variant.
    Variant = "var",
    /// A delivery to a webhook.
    WebhookDelivery = "whd",
    /// A webhook endpoint.
    WebhookEndpoint = "whe",
}

/// The id as clients see it.
pub fn encode(kind: Kind, id: Uuid) -> String {
    encode_prefixed(kind.prefix(), id)
}

/// The same under a prefix that a column names.
pub(crate) fn encode_prefixed(prefix: &str, id: Uuid) -> String {
    DynamicType::new(prefix)
        .map(|kind| TypeSafeId::from_type_and_uuid(kind, id).to_string())
        .unwrap_or_default()
}

/// What an id names; none where it is no id of ours.
pub fn decode(text: &str) -> Option<(Kind, Uuid)> {
    let id: TypeSafeId<DynamicType> = text.parse().ok()?;
    let kind = Kind::ALL.iter().copied().find(|kind| kind.prefix() == id.type_prefix())?;
    Some((kind, id.uuid()))
}

pub(crate) fn id(kind: Kind, uuid: Uuid) -> ID {
    ID(encode(kind, uuid))
}

/// The UUID behind an id of one kind. One that is malformed, or of another kind, becomes an id that
/// nothing has: it is then refused as not found, together with every other fault of the input.
pub(crate) fn uuid(kind: Kind, id: &ID) -> Uuid {
    match decode(id) {
        Some((found, uuid)) if found == kind => uuid,
        _ => Uuid::max(),
    }
}

pub(crate) fn uuids(kind: Kind, ids: &[ID]) -> Vec<Uuid> {
    ids.iter().map(|id| uuid(kind, id)).collect()
}
