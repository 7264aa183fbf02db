//! What an actor may do, and which built-in role may do it: one table.

use serde::{Deserialize, Serialize, Serializer};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A right to do one kind of thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// Every permission, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in the API.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

permissions! {
    /// See channels, locations, products and suppliers.
    CatalogRead = "CATALOG_READ",
    /// Change them.
    CatalogWrite = "CATALOG_WRITE",
    /// See orders.
    OrdersRead = "ORDERS_READ",
    /// Place and change orders.
    OrdersWrite = "ORDERS_WRITE",
    /// See and decide risk.
    OrdersRisk = "ORDERS_RISK",
    /// See the work of locations.
    FulfillmentRead = "FULFILLMENT_READ",
    /// Do it.
    FulfillmentWrite = "FULFILLMENT_WRITE",
    /// See stock.
    StockRead = "STOCK_READ",
    /// Change stock.
    StockWrite = "STOCK_WRITE",
    /// See costs, purchase orders and suppliers' terms.
    PurchasingRead = "PURCHASING_READ",
    /// Buy.
    PurchasingWrite = "PURCHASING_WRITE",
    /// See payments.
    PaymentsRead = "PAYMENTS_READ",
    /// Capture and void.
    PaymentsWrite = "PAYMENTS_WRITE",
    /// Give money back.
    RefundsWrite = "REFUNDS_WRITE",
    /// See settlements and bank statements.
    SettlementsRead = "SETTLEMENTS_READ",
    /// Import and match them.
    SettlementsWrite = "SETTLEMENTS_WRITE",
    /// See the books.
    LedgerRead = "LEDGER_READ",
    /// Post to the books.
    LedgerWrite = "LEDGER_WRITE",
    /// See returns.
    ReturnsRead = "RETURNS_READ",
    /// Handle returns.
    ReturnsWrite = "RETURNS_WRITE",
    /// See customers, personal data masked.
    CustomersRead = "CUSTOMERS_READ",
    /// Change customers.
    CustomersWrite = "CUSTOMERS_WRITE",
    /// See personal data in full.
    CustomersPii = "CUSTOMERS_PII",
    /// Handle privacy requests.
    CustomersPrivacy = "CUSTOMERS_PRIVACY",
    /// See cases.
    CasesRead = "CASES_READ",
    /// Handle cases.
    CasesWrite = "CASES_WRITE",
    /// See procedures.
    ProceduresRead = "PROCEDURES_READ",
    /// Change procedures.
    ProceduresWrite = "PROCEDURES_WRITE",
    /// See key figures and integrity reports.
    InsightsRead = "INSIGHTS_READ",
    /// Manage webhooks.
    WebhooksManage = "WEBHOOKS_MANAGE",
    /// Manage users, roles and tokens.
    AccessManage = "ACCESS_MANAGE",
    /// See the audit log.
    AuditRead = "AUDIT_READ",
}

impl Permission {
    /// The permission of a name in the API.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether the permission is among them.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// The permissions of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

impl Serialize for Permissions {
    /// Their names.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Permission::name))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | bit(permission)))
    }
}

fn bit(permission: Permission) -> u64 {
    let place = Permission::ALL.iter().position(|candidate| *candidate == permission);
    1 << place.unwrap_or(63)
}

/// A role that comes with the system.
#[derive(Debug)]
pub struct BuiltInRole {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What its holders may do; `None` for everything.
    permissions: Option<&'static [Permission]>,
}

impl BuiltInRole {
    /// What its holders may do.
    pub fn permissions(&self) -> Permissions {
        self.permissions.map_or_else(Permissions::all, |listed| listed.iter().copied().collect())
    }

    /// The built-in role of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        BUILT_IN_ROLES.iter().find(|role| role.name == name)
    }
}

use Permission as P;

/// The built-in roles and what each may do.
pub const BUILT_IN_ROLES: &[BuiltInRole] = &[
    BuiltInRole { name: "admin", description: "Everything.", permissions: None },
    BuiltInRole {
        name: "operations_manager",
        description: "Runs the shop: orders, stock, purchasing, returns, cases and procedures.",
        permissions: Some(&[
            P::CatalogRead,
            P::CatalogWrite,
            P::OrdersRead,
            P::OrdersWrite,
            P::OrdersRisk,
            P::FulfillmentRead,
            P::FulfillmentWrite,
            P::StockRead,
            P::StockWrite,
            P::PurchasingRead,
            P::PurchasingWrite,
            P::PaymentsRead,
            P::PaymentsWrite,
            P::RefundsWrite,
            P::ReturnsRead,
            P::ReturnsWrite,
            P::CustomersRead,
            P::CustomersWrite,
            P::CustomersPii,
            P::CasesRead,
            P::CasesWrite,
            P::ProceduresRead,
            P::ProceduresWrite,
            P::InsightsRead,
        ]),
    },
    BuiltInRole {
        name: "warehouse",
        description: "Picks, packs, ships, receives and counts.",
        permissions: Some(&[
            P::CatalogRead,
            P::OrdersRead,
            P::FulfillmentRead,
            P::FulfillmentWrite,
            P::StockRead,
            P::StockWrite,
            P::ReturnsRead,
            P::ReturnsWrite,
            P::ProceduresRead,
        ]),
    },
    BuiltInRole {
        name: "finance",
        description: "Payments, refunds, settlements and the books.",
        permissions: Some(&[
            P::CatalogRead,
            P::OrdersRead,
            P::StockRead,
            P::PurchasingRead,
            P::PaymentsRead,
            P::PaymentsWrite,
            P::RefundsWrite,
            P::SettlementsRead,
            P::SettlementsWrite,
            P::LedgerRead,
            P::LedgerWrite,
            P::ReturnsRead,
            P::CustomersRead,
            P::ProceduresRead,
            P::InsightsRead,
        ]),
    },
    BuiltInRole {
        name: "agent",
        description: "Looks after customers: orders, returns and cases.",
        permissions: Some(&[
            P::CatalogRead,
            P::OrdersRead,
            P::OrdersWrite,
            P::FulfillmentRead,
            P::StockRead,
            P::PaymentsRead,
            P::RefundsWrite,
            P::ReturnsRead,
            P::ReturnsWrite,
            P::CustomersRead,
            P::CustomersWrite,
            P::CustomersPii,
            P::CasesRead,
            P::CasesWrite,
            P::ProceduresRead,
        ]),
    },
    BuiltInRole {
        name: "auditor",
        description: "Sees everything but personal data, changes nothing.",
        permissions: Some(&[
            P::CatalogRead,
            P::OrdersRead,
            P::FulfillmentRead,
            P::StockRead,
            P::PurchasingRead,
            P::PaymentsRead,
            P::SettlementsRead,
            P::LedgerRead,
            P::ReturnsRead,
            P::CustomersRead,
            P::CasesRead,
            P::ProceduresRead,
            P::InsightsRead,
            P::AuditRead,
        ]),
    },
];

/// The table of roles and permissions as text: a test keeps it under review.
pub fn role_table() -> String {
    let row = |title: &str, cells: &mut dyn Iterator<Item = &'static str>| {
        cells.fold(format!("{title:20}"), |row, cell| row + &format!(" {cell:>18}"))
    };
    let head = row("", &mut BUILT_IN_ROLES.iter().map(|role| role.name));
    let rows = Permission::ALL.iter().map(|permission| {
        let mark = |role: &BuiltInRole| if role.permissions().has(*permission) { "x" } else { "." };
        row(permission.name(), &mut BUILT_IN_ROLES.iter().map(mark))
    });
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}
