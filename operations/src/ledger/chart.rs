//! The chart of accounts: the same for every company.

use crate::store::WriteTx;
use entities::enums::AccountKind;
use entities::ledger_account;
use uuid::Uuid;

macro_rules! chart {
    ($($(#[$doc:meta])* $account:ident = $code:literal, $name:literal, $kind:ident;)*) => {
        /// An account of the chart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Account { $($(#[$doc])* $account,)* }

        impl Account {
            /// Every account, by code.
            pub const ALL: &'static [Self] = &[$(Self::$account,)*];

            /// Its code.
            pub const fn code(self) -> i32 {
                match self { $(Self::$account => $code,)* }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$account => $name,)* }
            }

            /// What it holds.
            pub const fn kind(self) -> AccountKind {
                match self { $(Self::$account => AccountKind::$kind,)* }
            }
        }
    };
}

chart! {
    /// Money at the bank.
    Bank = 1000, "Bank", Asset;
    /// Paid out by a provider and not seen at the bank yet.
    PayoutsInTransit = 1050, "Payouts in transit", Asset;
    /// What providers hold for us.
    Clearing = 1100, "PSP clearing", Asset;
    /// What providers hold back.
    Reserve = 1110, "PSP reserve", Asset;
    /// Invoiced and not paid.
    Receivables = 1150, "Receivables on account", Asset;
    /// Taken by a payer's bank, and contested.
    Disputed = 1180, "Disputed funds", Asset;
    /// Goods at cost.
    Inventory = 1200, "Inventory", Asset;
    /// Goods that came back and were not looked at yet.
    Inspection = 1210, "Returns under inspection", Asset;
    /// Paid by customers and not delivered yet.
    Deposits = 2000, "Customer deposits", Liability;
    /// Owed to customers.
    RefundsPayable = 2050, "Refunds payable", Liability;
    /// Owed to tax offices.
    Vat = 2100, "VAT payable", Liability;
    /// Gift cards that were sold and not used.
    GiftCards = 2150, "Gift cards", Liability;
    /// Credit that was given and not used.
    StoreCredit = 2160, "Store credit", Liability;
    /// What goods in exchange or as replacement are paid with, from one order to another.
    Exchanges = 2170, "Exchanges", Liability;
    /// Money of which nobody knows what for.
    Unallocated = 2190, "Unallocated receipts", Liability;
    /// Goods sold, at list price without tax.
    Revenue = 4000, "Product revenue", Revenue;
    /// Delivery and other services.
    ShippingRevenue = 4010, "Shipping revenue", Revenue;
    /// Gift cards and credit that nobody will use.
    Breakage = 4020, "Breakage", Revenue;
    /// Taken off prices; stands against revenue.
    Discounts = 4090, "Discounts", Revenue;
    /// Goods that came back; stands against revenue.
    SalesReturns = 4100, "Sales returns", Revenue;
    /// Kept for what came back used.
    RestockingFees = 4110, "Restocking fees", Revenue;
    /// What goods that were sold had cost.
    CostOfGoods = 5000, "Cost of goods sold", Expense;
    /// Goods that are lost or worthless.
    Shrink = 5010, "Shrink and scrap", Expense;
    /// What providers charge.
    ProviderFees = 6000, "PSP fees", Expense;
    /// What they charge for chargebacks.
    ChargebackFees = 6010, "Chargeback fees", Expense;
    /// Chargebacks that were lost.
    ChargebackLosses = 6020, "Chargeback losses", Expense;
    /// What banks charge.
    BankCharges = 6030, "Bank charges", Expense;
    /// Given to customers out of kindness.
    Goodwill = 6040, "Goodwill", Expense;
    /// Owed by customers who will not pay.
    BadDebt = 6050, "Bad debt", Expense;
    /// Parts of a minor unit.
    Rounding = 6060, "Rounding differences", Expense;
    /// What rates made of an amount between two days.
    ExchangeDifferences = 6070, "FX differences", Expense;
    /// Authorized and not captured: off the balance.
    Authorizations = 9000, "Authorizations", Memo;
    /// The other side of it.
    AuthorizationsContra = 9001, "Authorizations, contra", Memo;
}

impl Account {
    /// The account of a code.
    pub fn of(code: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|account| account.code() == code)
    }
}

/// The accounts of a new company.
pub(crate) fn rows(tx: &WriteTx, legal_entity_id: Uuid) -> Vec<ledger_account::Model> {
    let row = |account: &Account| ledger_account::Model {
        id: tx.id(),
        legal_entity_id,
        code: account.code(),
        name: account.name().to_owned(),
        kind: account.kind(),
    };
    Account::ALL.iter().map(row).collect()
}
