//! Cases as the schema shows them.

use crate::access::types::{ActorRef, User};
use crate::context::Ask;
use crate::credit::types::StoreCreditEntry;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, encode_prefixed, id};
use crate::orders::types::Order;
use crate::paging::{counted, page_args};
use crate::procedures::types::Task;
use crate::returns::types::Return;
use crate::scalars::DateTime;
use async_graphql::{Context, Enum, ID, Object};
use entities::{case_message, case_row, enums};
use operations::cases::read;
use operations::permissions::Permission;
use std::sync::Arc;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CaseState")]
pub(crate) enum CaseState {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CaseKind")]
pub(crate) enum CaseKind {
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

/// How urgent a case is, and within how many working hours whoever writes is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CasePriority")]
pub(crate) enum CasePriority {
    /// It can wait: answered within 8 working hours.
    Low,
    /// As most are: within 4.
    Normal,
    /// Before others: within 2.
    High,
    /// At once: within one.
    Urgent,
}

/// How a customer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ContactChannel")]
pub(crate) enum ContactChannel {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::MessageDirection")]
pub(crate) enum MessageDirection {
    /// From the customer.
    Inbound,
    /// From the team.
    Outbound,
}

#[derive(Clone)]
pub(crate) struct Case(pub(crate) Arc<case_row::Model>);

/// What a customer asks for, from the first word to the last. Within reach is what is about an order in reach, or of a customer in reach.
/// Needs `CASES_READ`.
#[Object]
impl Case {
    /// Its id, `cas_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Case, self.0.id)
    }

    /// Raised by every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Human-friendly and unique: `K-1000001`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who asks. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Customer>, Failure> {
        let Some(customer) = self.0.customer_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::CustomersRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().customer_in_reach(customer).await?.map(Customer))
    }

    /// The order that it is about. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>, Failure> {
        let Some(order) = self.0.order_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        Order::load(ctx, order).await
    }

    /// The return that it is about. Needs `RETURNS_READ`.
    #[graphql(name = "return")]
    async fn of_return(&self, ctx: &Context<'_>) -> Result<Option<Return>, Failure> {
        let Some(of) = self.0.return_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::ReturnsRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().return_row(of).await?.map(Return))
    }

    /// What else it is about: a line, a fulfillment, a parcel, a payment or an invoice.
    async fn subject_id(&self) -> Option<ID> {
        let (kind, subject) = (self.0.subject_type.as_deref()?, self.0.subject_id?);
        Some(ID(encode_prefixed(kind, subject)))
    }

    /// What is asked for.
    async fn kind(&self) -> CaseKind {
        self.0.kind.into()
    }

    /// In a few words.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Where it stands.
    async fn state(&self) -> CaseState {
        self.0.state.into()
    }

    /// How urgent it is.
    async fn priority(&self) -> CasePriority {
        self.0.priority.into()
    }

    /// How they came.
    async fn contact_channel(&self) -> ContactChannel {
        self.0.contact_channel.into()
    }

    /// Who has it.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>, Failure> {
        let Some(user) = self.0.assignee_id else { return Ok(None) };
        Ok(ctx.loaders().user(user).await?.map(User::new))
    }

    /// What was said, oldest first.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<CaseMessageConnection, Failure> {
        let case = self.0.id;
        let page = page_args(first, after, last, before);
        let rows = read::messages(&ctx.read(), ctx.actor()?, case, &page).await?;
        if let Some(customer) = self.0.customer_id.filter(|_| !rows.rows.is_empty()) {
            ctx.scope().note_view(("cus", customer));
        }
        let count = counted(ctx, move |scope| async move {
            read::messages_count(&scope.store.read(), scope.actor()?, case).await
        });
        Ok(CaseMessageConnection::new(rows.map(|row| CaseMessage(Arc::new(row))), count))
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// When a person first answered: what programs say does not count.
    async fn first_responded_at(&self) -> Option<DateTime> {
        self.0.first_responded_at.map(DateTime)
    }

    /// Until when something has to be done: an answer while somebody waits for one, in working hours of the first location; else the solution,
    /// within 48 hours. Null while the customer is waited for, and once it is solved.
    async fn due_at(&self) -> Option<DateTime> {
        read::due_at(&self.0).map(DateTime)
    }

    /// When it was solved.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }

    /// How it was solved.
    async fn resolution(&self) -> Option<&str> {
        self.0.resolution.as_deref()
    }

    /// Credit that was given in it, oldest first. Needs `PAYMENTS_READ`.
    async fn goodwill(&self, ctx: &Context<'_>) -> Result<Vec<StoreCreditEntry>, Failure> {
        if !ctx.actor()?.may(Permission::PaymentsRead) {
            return Ok(Vec::new());
        }
        let rows = ctx.loaders().goodwill_of(self.0.id).await?;
        let told = |(row, currency): &(entities::credit_entry::Model, String)| {
            StoreCreditEntry::new(row.clone(), currency)
        };
        Ok(rows.iter().map(|row| told(row)).collect())
    }

    /// What the customer says of it, 1 to 5.
    async fn satisfaction(&self) -> Option<i32> {
        self.0.satisfaction
    }

    /// Clocks of the procedures that apply, in the order in which they began: first response, next response, resolution. Needs `PROCEDURES_READ`.
    async fn tasks(&self, ctx: &Context<'_>) -> Option<Vec<Task>> {
        let rows = ctx.loaders().tasks_about(self.0.id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Task).collect())
    }

    /// How often it was opened again.
    async fn reopened(&self) -> i32 {
        self.0.reopened
    }
}

#[derive(Clone)]
pub(crate) struct CaseMessage(pub(crate) Arc<case_message::Model>);

/// `internal` ones are for the team only.
#[Object]
impl CaseMessage {
    /// Its id, `cms_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::CaseMessage, self.0.id)
    }

    /// Whether it came or went.
    async fn direction(&self) -> MessageDirection {
        self.0.direction.into()
    }

    /// Who wrote it; null where the customer did.
    async fn author(&self, ctx: &Context<'_>) -> Option<ActorRef> {
        let kind = self.0.author_kind?;
        ActorRef::load(ctx, kind, self.0.author_id).await.or_null(ctx)
    }

    /// What it says.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Whether it is for the team only.
    async fn internal(&self) -> bool {
        self.0.internal
    }
}

crate::paging::connection!(CaseConnection, CaseEdge, Case, "cases");
crate::paging::connection!(
    CaseMessageConnection,
    CaseMessageEdge,
    CaseMessage,
    "messages of a case"
);
