//! One set of loaders per request: a reference from a hundred rows is one statement.

use crate::errors::Failure;
use ::dataloader::{BatchFn, cached::Loader};
use entities::{
    api_token, audit_entry, bundle_component, channel, channel_location, customer,
    customer_address, customer_identity, fulfillment, fulfillment_line, legal_entity, location,
    note, order_adjustment, order_hold, order_line, parcel, payment, payment_transaction, price,
    product, role, stock_level, stock_reservation_line, supplier_term, user, variant,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use operations::access::session::Request;
use operations::ids::Subject;
use operations::orders::read::ListedOrder;
use operations::permissions::Permission;
use operations::{Actor, Result, Store};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use time::OffsetDateTime;
use uuid::Uuid;

/// What every resolver works with: the store and who asks. `None` is nobody.
#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) store: Store,
    pub(crate) actor: Option<Arc<Actor>>,
    pub(crate) request: Request,
    pub(crate) views: Arc<Views>,
}

/// Whose personal data the answer shows: the audit log is told before the answer leaves.
#[derive(Debug, Default)]
pub(crate) struct Views(Mutex<BTreeSet<Subject>>, OnceLock<Subject>);

impl Views {
    fn note(&self, subject: Subject) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(subject);
    }

    /// What an attempt was at, where it was denied.
    pub(crate) fn attempted(&self, subject: Subject) {
        self.1.get_or_init(|| subject);
    }

    /// What was attempted, if that is known.
    pub(crate) fn attempt(&self) -> Option<Subject> {
        self.1.get().copied()
    }

    /// All that were noted since the last call.
    pub(crate) fn take(&self) -> BTreeSet<Subject> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Scope {
    /// Notes that the answer shows the personal data of a customer, or of what stands for one.
    pub(crate) fn note_view(&self, subject: Subject) {
        self.views.note(subject);
    }

    /// Whether the asker may see the personal data of a customer, or of an order without one; noted
    /// where it does.
    pub(crate) fn sees_person(&self, subject: Subject) -> bool {
        let sees = self.actor.as_ref().is_some_and(|actor| actor.may(Permission::CustomersPii));
        if sees {
            self.views.note(subject);
        }
        sees
    }

    /// Who asks; `Unauthenticated` where nobody is signed in.
    pub(crate) fn actor(&self) -> Result<&Actor> {
        self.actor
            .as_deref()
            .ok_or(operations::Error::Unauthenticated("sign in or send a token first"))
    }
}

type Answer<K, V> = BoxFuture<'static, Result<HashMap<K, V>>>;

/// Fetches the values of many keys. Every key gets an entry, so that nothing is asked twice.
pub(crate) struct Fetch<K, V> {
    scope: Scope,
    run: fn(Scope, Vec<K>) -> Answer<K, V>,
}

impl<K: Eq + Hash + Clone, V: Clone + Default> BatchFn<K, Loaded<V>> for Fetch<K, V> {
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Loaded<V>> {
        match (self.run)(self.scope.clone(), keys.to_vec()).await {
            Ok(mut found) => keys
                .iter()
                .map(|key| (key.clone(), Ok(found.remove(key).unwrap_or_default())))
                .collect(),
            Err(error) => {
                let failure = Failure::from(error);
                keys.iter().map(|key| (key.clone(), Err(failure.clone()))).collect()
            }
        }
    }
}

type Loaded<V> = std::result::Result<V, Failure>;

type Kept<K, V> = Box<Loader<K, Loaded<V>, Fetch<K, V>>>;

/// A loader that is made when it is first used; until then it takes the room of a pointer, since whoever only
/// listens has a set of them too.
pub(crate) struct Lazy<K, V>(OnceLock<Kept<K, V>>)
where
    K: Eq + Hash + Clone + std::fmt::Debug,
    V: Clone + Default;

impl<K, V> Default for Lazy<K, V>
where
    K: Eq + Hash + Clone + std::fmt::Debug,
    V: Clone + Default,
{
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

/// One row of an id, if it is there.
type One<T> = Lazy<Uuid, Option<Arc<T>>>;
/// All rows of an id.
type Many<T> = Lazy<Uuid, Arc<Vec<Arc<T>>>>;

macro_rules! loaders {
    ($($(#[$doc:meta])* $name:ident: $lazy:ident<$($kind:ty),*> = $run:expr;)*) => {
        /// The loaders of one request.
        pub(crate) struct Loaders {
            pub(crate) scope: Scope,
            $($name: $lazy<$($kind),*>,)*
        }

        impl Loaders {
            pub(crate) fn new(scope: Scope) -> Self {
                Self { scope, $($name: Lazy::default(),)* }
            }

            /// Forgets everything, so that it is read anew.
            pub(crate) async fn clear(&self) {
                $(if let Some(loader) = self.$name.0.get() {
                    loader.clear_all().await;
                })*
            }

            $($(#[$doc])*
            // Boxed: every field of an object costs as much memory as its largest resolver.
            pub(crate) fn $name(
                &self,
                key: <$lazy<$($kind),*> as Shape>::Key,
            ) -> BoxFuture<'_, Loaded<<$lazy<$($kind),*> as Shape>::Value>> {
                let make = || {
                    let fetch = Fetch { scope: self.scope.clone(), run: $run };
                    Box::new(Loader::new(fetch).with_max_batch_size(1_000).with_yield_count(10))
                };
                self.$name.0.get_or_init(make).load(key).boxed()
            })*
        }
    };
}

/// The key and value of a loader.
pub(crate) trait Shape {
    type Key;
    type Value;
}

impl<K, V> Shape for Lazy<K, V>
where
    K: Eq + Hash + Clone + std::fmt::Debug,
    V: Clone + Default,
{
    type Key = K;
    type Value = V;
}

/// Rows by their id.
fn by_id<T>(rows: Vec<T>, id: fn(&T) -> Uuid) -> HashMap<Uuid, Option<Arc<T>>> {
    rows.into_iter().map(|row| (id(&row), Some(Arc::new(row)))).collect()
}

/// Rows under the id they belong to, in the order in which they came.
pub(crate) fn grouped<T>(rows: Vec<T>, owner: fn(&T) -> Uuid) -> HashMap<Uuid, Arc<Vec<Arc<T>>>> {
    let mut groups: HashMap<Uuid, Vec<Arc<T>>> = HashMap::new();
    for row in rows {
        groups.entry(owner(&row)).or_default().push(Arc::new(row));
    }
    groups.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect()
}

macro_rules! one {
    ($read:path, $id:expr) => {
        |scope, ids| async move { Ok(by_id($read(&scope.store.read(), &ids).await?, $id)) }.boxed()
    };
    (reach $read:path, $id:expr) => {
        |scope, ids| {
            async move {
                let rows = $read(&scope.store.read(), scope.actor()?, &ids).await?;
                Ok(by_id(rows, $id))
            }
            .boxed()
        }
    };
}

macro_rules! many {
    ($read:path, $owner:expr) => {
        |scope, ids| {
            async move { Ok(grouped($read(&scope.store.read(), &ids).await?, $owner)) }.boxed()
        }
    };
    (reach $read:path, $owner:expr) => {
        |scope, ids| {
            async move {
                let rows = $read(&scope.store.read(), scope.actor()?, &ids).await?;
                Ok(grouped(rows, $owner))
            }
            .boxed()
        }
    };
}

use operations::{
    access, audit, cases, catalog, counts, credit, customers, disputes, events,
    fulfillment as work, invoices, ledger, orders, payments, procedures, purchasing, returns, risk,
    routing, settlements, stock, transfers, webhooks,
};

loaders! {
    /// A channel.
    channel: One<channel::Model> = one!(catalog::read::channels_by_ids, |row| row.id);
    /// The locations of a channel, most preferred first.
    channel_locations: Many<channel_location::Model> =
        many!(catalog::read::channel_locations, |row| row.channel_id);
    /// A delivery service in reach.
    delivery_service: One<entities::delivery_service::Model> =
        one!(reach catalog::read::delivery_services_by_ids, |row| row.id);
    /// A legal entity.
    legal_entity: One<legal_entity::Model> = one!(catalog::read::legal_entities_by_ids, |row| row.id);
    /// A location.
    location: One<location::Model> = one!(catalog::read::locations_by_ids, |row| row.id);
    /// A product.
    product: One<product::Model> = one!(catalog::read::products_by_ids, |row| row.id);
    /// A variant.
    variant: One<variant::Model> = one!(catalog::read::variants_by_ids, |row| row.id);
    /// The variants of a product.
    variants_of: Many<variant::Model> = many!(catalog::read::variants_of, |row| row.product_id);
    /// What a bundle consumes.
    components_of: Many<bundle_component::Model> =
        many!(catalog::read::components_of, |row| row.bundle_id);
    /// The prices of a variant.
    prices_of: Many<price::Model> = many!(catalog::read::prices_of, |row| row.variant_id);
    /// An account in reach.
    account: One<entities::ledger_account::Model> =
        one!(reach ledger::read::accounts_by_ids, |row| row.id);
    /// An account by company and code.
    account_by_code: Lazy<(Uuid, i32), Option<Arc<entities::ledger_account::Model>>> =
        |scope, keys| accounts_by_code(scope, keys).boxed();
    /// What an account held at a moment: by company, code and moment.
    account_balance: Lazy<(Uuid, i32, OffsetDateTime), Arc<Vec<ledger::read::Balance>>> =
        |scope, keys| account_balances(scope, keys).boxed();
    /// An entry of the journal in reach.
    journal_entry: One<ledger::read::Numbered> =
        one!(reach ledger::read::entries_by_ids, |row| row.entry.id);
    /// The sides of an entry.
    postings_of: Many<entities::posting::Model> =
        many!(ledger::read::postings_of, |row| row.entry_id);
    /// What took an entry back.
    reversal_of: Lazy<Uuid, Option<Uuid>> = |scope, ids| reversals(scope, ids).boxed();
    /// An invoice or credit note in reach.
    invoice: One<entities::invoice::Model> = one!(reach invoices::read::by_ids, |row| row.id);
    /// The invoices and credit notes of an order.
    invoices_of: Many<entities::invoice::Model> =
        many!(invoices::read::of_orders, |row| row.order_id);
    /// The lines of an invoice.
    invoice_lines: Many<entities::invoice_line::Model> =
        many!(invoices::read::lines_of, |row| row.invoice_id);
    /// To whom an invoice was made out.
    invoice_party: One<entities::invoice_party::Model> =
        one!(invoices::read::parties_of, |row| row.invoice_id);
    /// What an invoice leaves to be paid.
    invoice_due: One<entities::invoice_due::Model> =
        one!(invoices::read::dues_of, |row| row.invoice_id);
    /// A gift card or credit in reach.
    credit: One<entities::credit::Model> = one!(reach credit::read::by_ids, |row| row.id);
    /// The credit of a customer.
    credit_of: Many<entities::credit::Model> =
        many!(reach credit::read::of_customers, |row| row.customer_id.unwrap_or_default());
    /// A dispute in reach.
    dispute: One<entities::dispute::Model> = one!(reach disputes::read::by_ids, |row| row.id);
    /// A return in reach.
    return_row: One<entities::return_row::Model> = one!(reach returns::read::by_ids, |row| row.id);
    /// The returns of an order in reach.
    returns_of: Many<entities::return_row::Model> =
        many!(reach returns::read::of_orders, |row| row.order_id.unwrap_or_default());
    /// The lines of a return.
    return_lines_of: Many<entities::return_line::Model> =
        many!(returns::read::lines_of, |row| row.return_id);
    /// A line of a return in reach.
    return_line: One<entities::return_line::Model> =
        one!(reach returns::read::lines_by_ids, |row| row.id);
    /// A return policy.
    return_policy: One<entities::return_policy::Model> =
        one!(reach returns::read::policies_by_ids, |row| row.id);
    /// What a return is worth.
    return_quote: Lazy<Uuid, Option<returns::quote::Quote>> = |scope, ids| {
        async move {
            let quotes = returns::read::quotes(&scope.store.read(), &ids).await?;
            Ok(quotes.into_iter().map(|(id, quote)| (id, Some(quote))).collect())
        }
        .boxed()
    };
    /// What was found of a line of a return.
    return_inspections: Lazy<Uuid, Vec<entities::return_inspection::Model>> = |scope, ids| {
        async move { returns::read::inspections(&scope.store.read(), &ids).await }.boxed()
    };
    /// What a carrier owes for a claim.
    carrier_claim: One<entities::carrier_claim::Model> =
        one!(returns::read::carrier_claims, |row| row.return_id);
    /// Steps of payments that gave money back for a return.
    return_refunds: Lazy<Uuid, Vec<Uuid>> = |scope, ids| {
        async move { returns::read::refunds(&scope.store.read(), &ids).await }.boxed()
    };
    /// What is out of the ordinary about a customer's returns.
    return_signals: Lazy<Uuid, Vec<returns::signals::Signal>> = |scope, ids| {
        async move {
            let db = scope.store.read();
            returns::signals::of_customers(&db, scope.actor()?, &ids).await
        }
        .boxed()
    };
    /// The parcel that brings a return back.
    return_parcel: Lazy<Uuid, Option<parcel::Model>> = |scope, ids| {
        async move {
            let found = returns::way_back::of_returns(&scope.store.read(), &ids).await?;
            Ok(found.into_iter().map(|(id, row)| (id, Some(row))).collect())
        }
        .boxed()
    };
    /// The return that an order makes right.
    return_made_right: Lazy<Uuid, Option<Uuid>> = |scope, ids| {
        async move {
            let found = returns::read::made_right_by(&scope.store.read(), &ids).await?;
            Ok(found.into_iter().map(|(id, of)| (id, Some(of))).collect())
        }
        .boxed()
    };
    /// The return for which a step of a payment gave money back.
    return_of_refund: Lazy<Uuid, Option<Uuid>> = |scope, ids| {
        async move {
            let found = returns::read::of_refunds(&scope.store.read(), &ids).await?;
            Ok(found.into_iter().map(|(step, id)| (step, Some(id))).collect())
        }
        .boxed()
    };
    /// Days that are left for a return's refund.
    return_days_left: Lazy<Uuid, Option<i32>> = |scope, ids| {
        async move {
            let left = returns::read::days_left(&scope.store.read(), &ids).await?;
            Ok(left.into_iter().map(|(id, days)| (id, Some(days))).collect())
        }
        .boxed()
    };
    /// A settlement report in reach.
    settlement_report: One<entities::settlement_report::Model> =
        one!(reach settlements::read::reports_by_ids, |row| row.id);
    /// A line of a settlement in reach.
    settlement_line: One<entities::settlement_line::Model> =
        one!(reach settlements::read::lines_by_ids, |row| row.id);
    /// A payout in reach.
    payout: One<entities::payout::Model> = one!(reach settlements::read::payouts_by_ids, |row| row.id);
    /// The payouts that a report tells of first.
    payouts_of_report: Many<entities::payout::Model> =
        |scope, ids| payouts_of_reports(scope, ids).boxed();
    /// A bank statement in reach.
    bank_statement: One<entities::bank_statement::Model> =
        one!(reach settlements::read::statements_by_ids, |row| row.id);
    /// An entry of a bank statement in reach.
    bank_line: One<entities::bank_line::Model> =
        one!(reach settlements::read::bank_lines_by_ids, |row| row.id);
    /// A match in reach.
    match_row: One<entities::match_row::Model> =
        one!(reach settlements::read::matches_by_ids, |row| row.id);
    /// A difference in reach.
    exception: One<entities::reconciliation_exception::Model> =
        one!(reach settlements::read::exceptions_by_ids, |row| row.id);
    /// What explains a line, an entry, a payout or a step.
    matches_of: Lazy<(settlements::read::Side, Uuid), Arc<Vec<Arc<entities::match_row::Model>>>> =
        |scope, keys| matches_of(scope, keys).boxed();
    /// The difference that a line or entry raised.
    exception_of: Lazy<(settlements::read::Side, Uuid), Option<Arc<entities::reconciliation_exception::Model>>> =
        |scope, keys| exceptions_of(scope, keys).boxed();
    /// What settlements say of a payment.
    money_of: Lazy<Uuid, settlements::read::Money> = |scope, ids| {
        async move { settlements::read::money_of_payments(&scope.store.read(), &ids).await }.boxed()
    };
    /// The accounts of a company, at banks and at providers.
    accounts_of: Lazy<Uuid, (Vec<String>, Vec<String>)> = |scope, ids| {
        async move { settlements::read::accounts(&scope.store.read(), &ids).await }.boxed()
    };
    /// A request to give money in reach.
    refund_request: One<entities::refund_request::Model> =
        one!(reach payments::read::requests_by_ids, |row| row.id);
    /// A supplier.
    supplier: One<entities::supplier::Model> = one!(catalog::read::suppliers_by_ids, |row| row.id);
    /// The terms of a supplier.
    terms_of: Many<supplier_term::Model> = many!(catalog::read::terms_of, |row| row.supplier_id);
    /// A case in reach.
    case_row: One<entities::case_row::Model> = one!(reach cases::read::by_ids, |row| row.id);
    /// The cases about an order in reach.
    cases_of: Many<entities::case_row::Model> =
        many!(reach cases::read::of_orders, |row| row.order_id.unwrap_or_default());
    /// The tasks about a case in reach.
    tasks_about: Many<procedures::read::Task> =
        many!(reach procedures::read::of_subjects, |task| task.row.subject_id);
    /// The tasks of an order in reach.
    tasks_of: Many<procedures::read::Task> =
        many!(reach procedures::read::of_orders, |task| task.row.order_id.unwrap_or_default());
    /// A task in reach.
    task: One<procedures::read::Task> = one!(reach procedures::read::tasks_by_ids, |task| task.row.id);
    /// A procedure.
    procedure: One<procedures::read::Procedure> =
        one!(reach procedures::read::by_ids, |found| found.row.id);
    /// A message of a case in reach.
    case_message: One<entities::case_message::Model> =
        one!(reach cases::read::messages_by_ids, |row| row.id);
    /// Credit that was given in a case, with its currency.
    goodwill_of: Many<(entities::credit_entry::Model, String)> =
        many!(cases::read::goodwill, |row| row.0.case_id.unwrap_or_default());
    /// A customer.
    customer: One<customer::Model> = one!(customers::read::by_ids, |row| row.id);
    /// A customer in reach.
    customer_in_reach: One<customer::Model> = |scope, ids| {
        async move {
            let db = scope.store.read();
            let found = customers::read::asked_for(&db, scope.actor()?, &ids).await?;
            let mut found: HashMap<Uuid, customer::Model> = found.into_iter().collect();
            Ok(ids.into_iter().map(|id| (id, found.remove(&id).map(Arc::new))).collect())
        }
        .boxed()
    };
    /// The records that were made one with a customer's.
    merged_from: Many<customer::Model> =
        many!(reach customers::read::merged_from, |row| row.merged_into.unwrap_or_default());
    /// What a person asks of their data.
    privacy_request: One<entities::privacy_request::Model> =
        one!(reach operations::privacy::read::by_ids, |row| row.id);
    /// Two customers who look like the same person.
    customer_match: One<entities::customer_match::Model> =
        one!(reach customers::matches::by_ids, |row| row.id);
    /// How a customer is known.
    identities_of: Many<customer_identity::Model> =
        many!(customers::read::identities_of, |row| row.customer_id);
    /// The addresses of a customer.
    addresses_of: Many<customer_address::Model> =
        many!(customers::read::addresses_of, |row| row.customer_id);
    /// What a customer agreed to.
    consents_of: Many<entities::consent::Model> =
        many!(customers::read::consents_of, |row| row.customer_id);
    /// What a customer waits for, within reach.
    promises_of: Lazy<Uuid, Arc<Vec<customers::story::Promise>>> = |scope, ids| {
        async move {
            let db = scope.store.read();
            let found = customers::story::promises(&db, scope.actor()?, &ids);
            Ok(found.await?.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect())
        }
        .boxed()
    };
    /// What to know first of a customer, within reach.
    remarks_of: Lazy<Uuid, Arc<Vec<customers::story::Remark>>> = |scope, ids| {
        async move {
            let db = scope.store.read();
            let found = customers::story::remarks(&db, scope.actor()?, &ids);
            Ok(found.await?.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect())
        }
        .boxed()
    };
    /// What a customer is worth.
    value_of: Lazy<Uuid, Option<Arc<customers::value::Value>>> = |scope, ids| {
        async move {
            let db = scope.store.read();
            let mut found = customers::value::values(&db, scope.actor()?, &ids).await?;
            Ok(ids.into_iter().map(|id| (id, found.remove(&id).map(Arc::new))).collect())
        }
        .boxed()
    };
    /// The segments of a customer.
    segments_of: Lazy<Uuid, Arc<Vec<entities::segment::Model>>> = |scope, ids| {
        async move {
            let db = scope.store.read();
            let rows = customers::segments::read::of_customers(&db, scope.actor()?, &ids).await?;
            let mut found: HashMap<Uuid, Vec<entities::segment::Model>> = HashMap::new();
            for (customer, row) in rows {
                found.entry(customer).or_default().push(row);
            }
            Ok(found.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect())
        }
        .boxed()
    };
    /// A segment.
    segment: One<entities::segment::Model> =
        one!(reach customers::segments::read::by_ids, |row| row.id);
    /// A stock level in reach.
    level: One<stock_level::Model> = one!(reach stock::read::levels_by_ids, |row| row.id);
    /// The stock levels of a variant in reach.
    levels_of: Many<stock_level::Model> = many!(reach stock::read::levels_of, |row| row.variant_id);
    /// A stock movement in reach.
    movement: One<entities::stock_movement::Model> =
        one!(reach stock::read::movements_by_ids, |row| row.id);
    /// A count in reach.
    stock_count: One<entities::stock_count::Model> = one!(reach counts::read::by_ids, |row| row.id);
    /// A transfer in reach.
    transfer: One<entities::stock_transfer::Model> =
        one!(reach transfers::read::by_ids, |row| row.id);
    /// The lines of a transfer.
    transfer_lines: Many<entities::stock_transfer_line::Model> =
        many!(transfers::read::lines_of, |row| row.transfer_id);
    /// A purchase order in reach.
    purchase_order: One<entities::purchase_order::Model> =
        one!(reach purchasing::read::by_ids, |row| row.id);
    /// The lines of a purchase order.
    purchase_order_lines: Many<entities::purchase_order_line::Model> =
        many!(purchasing::read::lines_of, |row| row.purchase_order_id);
    /// A reservation in reach.
    reservation: One<entities::stock_reservation::Model> =
        one!(reach stock::read::reservations_by_ids, |row| row.id);
    /// The lines of a reservation.
    reservation_lines: Many<stock_reservation_line::Model> =
        many!(stock::read::reservation_lines, |row| row.reservation_id);
    /// How many units of a variant can be sold in a channel.
    available: Lazy<(Uuid, Option<Uuid>), i64> = |scope, keys| available(scope, keys).boxed();
    /// An order in reach.
    order: One<ListedOrder> = one!(reach orders::read::by_ids, |row| row.order.id);
    /// The seldom shown columns of an order.
    order_details: One<entities::order::Details> = one!(orders::read::details_of, |row| row.id);
    /// A line of an order in reach.
    order_line: One<order_line::Model> = one!(reach orders::read::lines_by_ids, |row| row.id);
    /// The lines of an order.
    lines_of: Many<order_line::Model> = many!(orders::read::lines_of, |row| row.order_id);
    /// The adjustments of an order.
    adjustments_of: Many<order_adjustment::Model> =
        many!(orders::read::adjustments_of, |row| row.order_id);
    /// A hold on an order in reach.
    hold: One<order_hold::Model> = one!(reach orders::read::holds_by_ids, |row| row.id);
    /// The holds of an order.
    holds_of: Many<order_hold::Model> = many!(orders::read::holds_of, |row| row.order_id);
    /// A routing strategy in reach.
    routing_strategy: One<entities::routing_strategy::Model> =
        one!(reach routing::read::strategies_by_ids, |row| row.id);
    /// A parcel in reach.
    parcel: One<parcel::Model> = one!(reach work::read::parcels_by_ids, |row| row.id);
    /// The parcels of a fulfillment.
    parcels_of: Many<parcel::Model> =
        many!(work::read::parcels_of, |row| row.fulfillment_id.unwrap_or_default());
    /// What lies in a parcel.
    parcel_lines_of: Many<entities::parcel_line::Model> =
        many!(work::read::parcel_lines_of, |row| row.parcel_id);
    /// What a carrier said of a parcel.
    tracking_of: Many<entities::tracking_event::Model> =
        many!(work::read::tracking_of, |row| row.parcel_id);
    /// What was found about the risk of an order.
    risk_of: One<entities::order_risk::Model> = one!(risk::read::risks_of, |row| row.order_id);
    /// The flags of an order.
    flags_of: Many<entities::order_flag::Model> = many!(orders::read::flags_of, |row| row.order_id);
    /// The labels of an order.
    tags_of: Many<entities::order_tag::Model> = many!(orders::read::tags_of, |row| row.order_id);
    /// A note that the asker may read.
    note: One<note::Model> = one!(reach orders::read::notes_by_ids, |row| row.id);
    /// The notes about an order.
    notes_of: Many<note::Model> = many!(orders::read::notes_of, |row| row.subject_id);
    /// A payment.
    payment: One<payment::Model> = one!(payments::read::by_ids, |row| row.id);
    /// The payments of an order.
    payments_of: Many<payment::Model> = many!(payments::read::of_orders, |row| row.order_id);
    /// A step of a payment.
    transaction: One<payment_transaction::Model> =
        one!(payments::read::transactions_by_ids, |row| row.id);
    /// The steps of a payment.
    transactions_of: Many<payment_transaction::Model> =
        many!(payments::read::transactions_of, |row| row.payment_id);
    /// A fulfillment in reach.
    fulfillment: One<fulfillment::Model> = one!(reach work::read::by_ids, |row| row.id);
    /// The fulfillments of an order, whatever their location.
    fulfillments_of: Many<(Uuid, fulfillment::Model)> = many!(work::read::of_orders, |row| row.0);
    /// The orders of a fulfillment.
    orders_of: Many<(Uuid, Uuid)> = many!(work::read::orders_of, |row| row.0);
    /// The numbers of the orders of a fulfillment.
    order_numbers_of: Many<(Uuid, String)> = many!(work::read::order_numbers_of, |row| row.0);
    /// The lines of a fulfillment.
    fulfillment_lines_of: Many<fulfillment_line::Model> =
        many!(work::read::lines_of, |row| row.fulfillment_id);
    /// An event that the asker may see.
    event: One<events::LoggedEvent> = one!(reach events::by_ids, |row| row.row.id);
    /// A user.
    user: One<user::Model> = one!(access::read::users_by_ids, |row| row.id);
    /// The roles of a user.
    roles_of: Many<access::read::UserRoles> = many!(access::read::roles_of, |row| row.user_id);
    /// A partner's token.
    api_token: One<api_token::Model> = one!(access::read::api_tokens_by_ids, |row| row.id);
    /// An entry of the audit log, if the actor may see it.
    audit_entry: One<audit_entry::Model> = one!(reach audit::read::entries_by_ids, |row| row.id);
    /// A role.
    role: One<role::Model> = one!(access::read::roles_by_ids, |row| row.id);
    /// A webhook endpoint that the asker may see.
    webhook_endpoint: One<entities::webhook_endpoint::Model> =
        one!(reach webhooks::read::by_ids, |row| row.id);
    /// A delivery to one, for an event that the asker may see.
    webhook_delivery: One<entities::webhook_delivery::Model> =
        one!(reach webhooks::read::deliveries_by_ids, |row| row.id);
}

/// One statement per channel asked for.
async fn accounts_by_code(
    scope: Scope,
    keys: Vec<(Uuid, i32)>,
) -> Result<HashMap<(Uuid, i32), Option<Arc<entities::ledger_account::Model>>>> {
    let found = ledger::read::accounts_by_code(&scope.store.read(), &keys).await?;
    Ok(found.into_iter().map(|(key, row)| (key, Some(Arc::new(row)))).collect())
}

type AccountAt = (Uuid, i32, OffsetDateTime);

async fn account_balances(
    scope: Scope,
    keys: Vec<AccountAt>,
) -> Result<HashMap<AccountAt, Arc<Vec<ledger::read::Balance>>>> {
    let mut by_moment: HashMap<OffsetDateTime, Vec<(Uuid, i32)>> = HashMap::new();
    for (entity, code, at) in keys {
        by_moment.entry(at).or_default().push((entity, code));
    }
    let mut answer = HashMap::new();
    for (at, keys) in by_moment {
        let found = ledger::read::balances(&scope.store.read(), &keys, at).await?;
        let found = found.into_iter();
        answer.extend(found.map(|((entity, code), rows)| ((entity, code, at), Arc::new(rows))));
    }
    Ok(answer)
}

async fn reversals(scope: Scope, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Option<Uuid>>> {
    let found = ledger::read::reversals(&scope.store.read(), &ids).await?;
    Ok(found.into_iter().map(|(id, by)| (id, Some(by))).collect())
}

async fn available(
    scope: Scope,
    keys: Vec<(Uuid, Option<Uuid>)>,
) -> Result<HashMap<(Uuid, Option<Uuid>), i64>> {
    let mut by_channel: HashMap<Option<Uuid>, Vec<Uuid>> = HashMap::new();
    for (variant, channel) in keys {
        by_channel.entry(channel).or_default().push(variant);
    }
    let mut answer = HashMap::new();
    for (channel, variants) in by_channel {
        let units =
            stock::read::available_to_sell(&scope.store.read(), scope.actor()?, &variants, channel)
                .await?;
        answer.extend(units.into_iter().map(|(variant, units)| ((variant, channel), units)));
    }
    Ok(answer)
}

type Matches = HashMap<(settlements::read::Side, Uuid), Arc<Vec<Arc<entities::match_row::Model>>>>;

/// What explains lines, entries, payouts and steps, one statement for each kind of them.
async fn matches_of(scope: Scope, keys: Vec<(settlements::read::Side, Uuid)>) -> Result<Matches> {
    use settlements::read::Side;
    let mut found = HashMap::new();
    for side in [Side::Line, Side::BankLine, Side::Payout, Side::Transaction] {
        let ids: Vec<Uuid> = keys.iter().filter(|key| key.0 == side).map(|key| key.1).collect();
        if ids.is_empty() {
            continue;
        }
        for (id, rows) in settlements::read::matches_of(&scope.store.read(), side, &ids).await? {
            found.insert((side, id), Arc::new(rows.into_iter().map(Arc::new).collect()));
        }
    }
    Ok(found)
}

type Exceptions = HashMap<
    (settlements::read::Side, Uuid),
    Option<Arc<entities::reconciliation_exception::Model>>,
>;

/// The differences that lines and entries raised.
async fn exceptions_of(
    scope: Scope,
    keys: Vec<(settlements::read::Side, Uuid)>,
) -> Result<Exceptions> {
    use settlements::read::Side;
    let mut found = HashMap::new();
    for side in [Side::Line, Side::BankLine] {
        let ids: Vec<Uuid> = keys.iter().filter(|key| key.0 == side).map(|key| key.1).collect();
        if ids.is_empty() {
            continue;
        }
        for (id, row) in settlements::read::exceptions_of(&scope.store.read(), side, &ids).await? {
            found.insert((side, id), Some(Arc::new(row)));
        }
    }
    Ok(found)
}

/// The payouts that reports tell of first.
async fn payouts_of_reports(
    scope: Scope,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Arc<Vec<Arc<entities::payout::Model>>>>> {
    let found = settlements::read::payouts_of_reports(&scope.store.read(), &ids).await?;
    let shared = |rows: Vec<_>| Arc::new(rows.into_iter().map(Arc::new).collect());
    Ok(found.into_iter().map(|(id, rows)| (id, shared(rows))).collect())
}

impl Loaders {
    /// Forgets returns, so that they are read as they are now.
    pub(crate) async fn clear_returns(&self) {
        if let Some(loader) = self.return_row.0.get() {
            loader.clear_all().await;
        }
        if let Some(loader) = self.return_lines_of.0.get() {
            loader.clear_all().await;
        }
    }

    /// Forgets cases, so that they are read as they are now.
    pub(crate) async fn clear_cases(&self) {
        if let Some(loader) = self.case_row.0.get() {
            loader.clear_all().await;
        }
    }

    /// Forgets tasks, so that they are read as they are now.
    pub(crate) async fn clear_tasks(&self) {
        if let Some(loader) = self.task.0.get() {
            loader.clear_all().await;
        }
    }

    /// Forgets settlements, payouts and differences, so that they are read as they are now.
    pub(crate) async fn clear_settlements(&self) {
        if let Some(loader) = self.settlement_report.0.get() {
            loader.clear_all().await;
        }
        if let Some(loader) = self.payout.0.get() {
            loader.clear_all().await;
        }
        if let Some(loader) = self.exception.0.get() {
            loader.clear_all().await;
        }
    }
}
