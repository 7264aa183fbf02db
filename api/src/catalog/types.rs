//! Channels, locations, products and suppliers as the schema shows them.

use crate::context::{Ask, present};
use crate::credit::types::{BreakagePolicy, RefundOrder};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id, uuid, uuids};
use crate::ledger::types::TaxRounding;
use crate::paging::connection;
use crate::scalars::{Address, CountryCode, CurrencyCode, Date, Decimal, Money, int};
use crate::stock::types::StockLevel;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{
    bundle_component, channel, delivery_service, enums, legal_entity, location, price, product,
    supplier, supplier_term, variant,
};
use operations::catalog::calendar;
use operations::permissions::Permission;
use serde_json::Value as Json;
use std::sync::Arc;

/// Where the orders of a channel come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ChannelKind")]
pub(crate) enum ChannelKind {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::LocationKind")]
pub(crate) enum LocationKind {
    /// Our own warehouse.
    Warehouse,
    /// A store that also ships or hands out.
    Store,
    /// A logistics partner's site.
    ThirdParty,
    /// A supplier that ships for us.
    Supplier,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub(crate) enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    pub(super) fn number(self) -> u8 {
        (1..).zip(Self::ALL).find(|(_, day)| *day == self).map_or(1, |(number, _)| number)
    }

    fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// When what is authorized for an order is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CapturePolicy")]
pub(crate) enum CapturePolicy {
    /// When it ships, what ships.
    Shipment,
    /// All of it, once the order is approved: nobody doubts it, and it is covered.
    Approval,
    /// When somebody calls `paymentCapture`.
    Manual,
}

#[derive(Clone)]
pub(crate) struct Channel(pub(crate) Arc<channel::Model>);

/// Where orders come from: a shop, a till, a marketplace. Needs `CATALOG_READ`, unless a row in reach
/// names it.
#[Object]
impl Channel {
    /// Its id, `chn_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Channel, self.0.id)
    }

    /// Its short name, unique; 1 to 40 characters without blanks.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is.
    async fn kind(&self) -> ChannelKind {
        self.0.kind.into()
    }

    /// The currency of its prices and orders, ISO 4217. Fixed once there are any.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// Whether its prices contain the tax, or the tax comes on top.
    async fn tax_included(&self) -> bool {
        self.0.tax_included
    }

    /// Who sells in it.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Result<LegalEntity, Failure> {
        let found = ctx.loaders().legal_entity(self.0.legal_entity_id).await?;
        Ok(LegalEntity(present(found)?))
    }

    /// What its order numbers begin with: `WEB` gives `WEB-1000001`.
    async fn order_number_prefix(&self) -> &str {
        &self.0.order_number_prefix
    }

    /// An unpaid order is cancelled and its stock freed after this many seconds; null for never.
    async fn unpaid_expires_after_seconds(&self) -> Option<i32> {
        self.0.unpaid_expires_after_seconds
    }

    /// When what is authorized for its orders is captured.
    async fn capture(&self) -> CapturePolicy {
        self.0.capture.into()
    }

    /// Locations that may serve this channel, most preferred first.
    async fn locations(&self, ctx: &Context<'_>) -> Result<Vec<Location>, Failure> {
        let links = ctx.loaders().channel_locations(self.0.id).await?;
        let mut locations = Vec::with_capacity(links.len());
        for link in links.iter() {
            let found = ctx.loaders().location(link.location_id).await?;
            locations.push(Location(present(found)?));
        }
        Ok(locations)
    }
}

#[derive(Clone)]
pub(crate) struct LegalEntity(pub(crate) Arc<legal_entity::Model>);

/// The company that sells, invoices and books.
#[Object]
impl LegalEntity {
    /// Its id, `ent_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::LegalEntity, self.0.id)
    }

    /// Its registered name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is registered.
    async fn country_code(&self) -> CountryCode {
        CountryCode(self.0.country_code.clone())
    }

    /// Its tax number.
    async fn tax_id(&self) -> Option<&str> {
        self.0.tax_id.as_deref()
    }

    /// The currency its books are kept in.
    async fn base_currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.base_currency.clone())
    }

    /// Where its days begin.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// Whether it tells its sales to other member states of the European Union in the one-stop shop.
    async fn one_stop_shop(&self) -> bool {
        self.0.one_stop_shop
    }

    /// Where its taxes are rounded.
    async fn tax_rounding(&self) -> TaxRounding {
        self.0.tax_rounding.into()
    }

    /// How many days new gift cards can be used; null for ever.
    async fn gift_card_valid_days(&self) -> Option<i32> {
        self.0.gift_card_valid_days
    }

    /// How many days new store credit can be used; null for ever.
    async fn store_credit_valid_days(&self) -> Option<i32> {
        self.0.store_credit_valid_days
    }

    /// What becomes of what is on cards and credit when they end.
    async fn breakage(&self) -> BreakagePolicy {
        self.0.breakage.into()
    }

    /// Where money goes back to first when an order was paid by several means.
    async fn refund_order(&self) -> RefundOrder {
        self.0.refund_order.into()
    }

    /// Its accounts at banks: whose statement is whose. IBANs without blanks, or what the bank calls them.
    async fn bank_accounts(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
        Ok(ctx.loaders().accounts_of(self.0.id).await?.0)
    }

    /// Its accounts at providers, `provider:account`: whose file is whose.
    async fn provider_accounts(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
        Ok(ctx.loaders().accounts_of(self.0.id).await?.1)
    }

    /// Nothing is booked on or before this day any longer.
    async fn closed_through(&self) -> Option<Date> {
        self.0.closed_through.clone().map(Date)
    }
}

#[derive(Clone)]
pub(crate) struct Location(pub(crate) Arc<location::Model>);

/// Where stock lies. Needs `CATALOG_READ`, unless a row in reach names it.
#[Object]
impl Location {
    /// Its id, `loc_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Location, self.0.id)
    }

    /// Its short name, unique; 1 to 40 characters.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is.
    async fn kind(&self) -> LocationKind {
        self.0.kind.into()
    }

    /// Where it is.
    async fn address(&self) -> Address {
        Address::of(&self.0.address, true)
    }

    /// The zone of its clock, a name of the IANA database.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// Whether it ships orders.
    async fn ships_orders(&self) -> bool {
        self.0.ships_orders
    }

    /// Whether customers can fetch orders there.
    async fn offers_pickup(&self) -> bool {
        self.0.offers_pickup
    }

    /// Whether it works at all; an inactive one gets no orders.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Working days and the hour after which an order counts for the next one; promise dates and
    /// clocks use it.
    async fn calendar(&self) -> WorkCalendar {
        WorkCalendar::from(calendar::WorkCalendar::from_json(&self.0.calendar))
    }

    /// Degrees north, -90 to 90.
    async fn latitude(&self) -> Option<f64> {
        self.0.latitude
    }

    /// Degrees east, -180 to 180.
    async fn longitude(&self) -> Option<f64> {
        self.0.longitude
    }

    /// How many fulfillments it can take in a day, by its own clock; routing passes over it then. Null for any
    /// number.
    async fn daily_capacity(&self) -> Option<i32> {
        self.0.daily_capacity
    }

    /// Differences of a count that are worth more than this, in the currency of their cost, are not taken over by whoever
    /// counted them.
    async fn count_approval_above(&self) -> Decimal {
        Decimal(operations::counts::close::approval_above(&self.0))
    }
}

#[derive(Clone)]
pub(crate) struct DeliveryService(pub(crate) Arc<delivery_service::Model>);

/// How long a way of delivery takes: orders name it in `deliveryService`. One that nothing is known of takes two working
/// days within a country and five to another, Monday to Saturday. Needs `CATALOG_READ`.
#[Object]
impl DeliveryService {
    /// Its id, `dsv_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::DeliveryService, self.0.id)
    }

    /// What orders call it, in lower case.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The channel that offers it; null for every channel that has none of its own by this code.
    async fn channel(&self, ctx: &Context<'_>) -> Option<Channel> {
        ctx.loaders().channel(self.0.channel_id?).await.or_null(ctx)?.map(Channel)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is faster than usual.
    async fn express(&self) -> bool {
        self.0.express
    }

    /// Working days of the location before it leaves, behind the day that the cut-off decides.
    async fn handling_days(&self) -> i32 {
        self.0.handling_days
    }

    /// Working days of the carrier within a country.
    async fn transit_days(&self) -> i32 {
        self.0.transit_days
    }

    /// Working days of the carrier to another country.
    async fn transit_days_abroad(&self) -> i32 {
        self.0.transit_days_abroad
    }

    /// Days on which the carrier works.
    async fn working_days(&self) -> Vec<Weekday> {
        let days: Vec<u8> = serde_json::from_value(self.0.working_days.clone()).unwrap_or_default();
        days.into_iter().filter_map(Weekday::numbered).collect()
    }

    /// Days on which it does not.
    async fn holidays(&self) -> Vec<Date> {
        let days: Vec<String> = serde_json::from_value(self.0.holidays.clone()).unwrap_or_default();
        days.into_iter().map(Date).collect()
    }
}

/// When a location works, on its own clock.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct WorkCalendar {
    /// The days it works.
    working_days: Vec<Weekday>,
    /// When it opens, `HH:MM`.
    opens_at: String,
    /// Orders after this hour count for the next working day, `HH:MM`.
    cutoff_at: String,
    /// When it closes, `HH:MM`.
    closes_at: String,
    /// Days on which nobody works, in order.
    holidays: Vec<Date>,
}

impl From<calendar::WorkCalendar> for WorkCalendar {
    fn from(calendar: calendar::WorkCalendar) -> Self {
        let days = calendar.working_days.into_iter();
        Self {
            working_days: days.filter_map(Weekday::numbered).collect(),
            opens_at: calendar.opens_at,
            cutoff_at: calendar.cutoff_at,
            closes_at: calendar.closes_at,
            holidays: calendar.holidays.into_iter().map(Date).collect(),
        }
    }
}

/// When a location works, on its own clock.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct WorkCalendarInput {
    /// The days it works; at least one.
    working_days: Vec<Weekday>,
    /// When it opens, `HH:MM`.
    opens_at: String,
    /// Orders after this hour count for the next working day, `HH:MM`.
    cutoff_at: String,
    /// When it closes, `HH:MM`.
    closes_at: String,
    /// Days on which nobody works.
    holidays: Option<Vec<Date>>,
}

impl From<WorkCalendarInput> for calendar::WorkCalendar {
    fn from(input: WorkCalendarInput) -> Self {
        Self {
            working_days: input.working_days.into_iter().map(Weekday::number).collect(),
            opens_at: input.opens_at,
            cutoff_at: input.cutoff_at,
            closes_at: input.closes_at,
            holidays: input.holidays.into_iter().flatten().map(|date| date.0).collect(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Product(pub(crate) Arc<product::Model>);

/// What is sold, in one or several variants.
#[Object]
impl Product {
    /// Its id, `prd_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Product, self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its variants, oldest first.
    async fn variants(&self, ctx: &Context<'_>) -> Result<Vec<Variant>, Failure> {
        let rows = ctx.loaders().variants_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(Variant).collect())
    }
}

#[derive(Clone)]
pub(crate) struct Variant(pub(crate) Arc<variant::Model>);

/// What can be ordered: one SKU.
#[Object]
impl Variant {
    /// Its id, `var_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Variant, self.0.id)
    }

    /// Its stock keeping unit, unique; 1 to 100 characters.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// GTIN or other code, unique.
    async fn barcode(&self) -> Option<&str> {
        self.0.barcode.as_deref()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The product it is a variant of.
    async fn product(&self, ctx: &Context<'_>) -> Result<Product, Failure> {
        Ok(Product(present(ctx.loaders().product(self.0.product_id).await?)?))
    }

    /// Color, size and whatever else the shop keeps.
    async fn attributes(&self) -> Option<&Json> {
        self.0.attributes.as_ref()
    }

    /// Its weight in grams.
    async fn weight_grams(&self) -> Option<i32> {
        self.0.weight_grams
    }

    /// Its code in the Harmonized System, for customs.
    async fn customs_code(&self) -> Option<&str> {
        self.0.customs_code.as_deref()
    }

    /// Where it was made.
    async fn origin_country(&self) -> Option<CountryCode> {
        self.0.origin_country.clone().map(CountryCode)
    }

    /// Units of the components that one unit of this bundle consumes; empty for a plain variant.
    async fn components(&self, ctx: &Context<'_>) -> Result<Vec<BundleComponent>, Failure> {
        if !self.0.bundle {
            return Ok(Vec::new());
        }
        let rows = ctx.loaders().components_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(BundleComponent).collect())
    }

    /// Its prices in the channels within reach, by channel code. Whoever may read neither the catalog nor orders, such as
    /// a location that only packs, reaches none.
    async fn prices(&self, ctx: &Context<'_>) -> Result<Vec<Price>, Failure> {
        let actor = ctx.actor()?;
        if !actor.may(Permission::CatalogRead) && !actor.may(Permission::OrdersRead) {
            return Ok(Vec::new());
        }
        let reach = actor.reach.clone();
        let rows = ctx.loaders().prices_of(self.0.id).await?;
        let seen = rows.iter().filter(|row| reach.has_channel(row.channel_id));
        Ok(seen.cloned().map(Price).collect())
    }

    /// What one unit costs us. Needs `PURCHASING_READ`.
    async fn unit_cost(&self, ctx: &Context<'_>) -> Option<Money> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PurchasingRead).or_null(ctx)?;
        let currency = self.0.unit_cost_currency.as_deref()?;
        Some(Money::of(self.0.unit_cost_minor?, currency))
    }

    /// What decides about the rate that it bears in other countries, such as `STANDARD`.
    async fn tax_category(&self) -> &str {
        &self.0.tax_category
    }

    /// Never returnable (final sale) whatever the policy says.
    async fn final_sale(&self) -> bool {
        self.0.final_sale
    }

    /// Whether it can be ordered.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// What lies where, within reach, by location code. Null without `STOCK_READ`.
    async fn stock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only at these locations.")] location_ids: Option<Vec<ID>>,
    ) -> Option<Vec<StockLevel>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::StockRead).or_null(ctx)?;
        let rows = ctx.loaders().levels_of(self.0.id).await.or_null(ctx)?;
        let wanted = location_ids.map(|ids| uuids(Kind::Location, &ids));
        let kept = rows
            .iter()
            .filter(|row| wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.location_id)));
        Some(kept.cloned().map(StockLevel).collect())
    }

    /// How many units can be promised now, in a channel or anywhere: of a bundle, the whole units its
    /// components allow. Never below zero. Counts the locations in reach; none for a channel beyond it.
    async fn available_to_sell(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only from the locations that serve this channel.")] channel_id: Option<
            ID,
        >,
    ) -> Result<i32, Failure> {
        let channel = channel_id.map(|given| uuid(Kind::Channel, &given));
        Ok(int(ctx.loaders().available((self.0.id, channel)).await?))
    }
}

#[derive(Clone)]
pub(crate) struct BundleComponent(Arc<bundle_component::Model>);

/// Units of one variant that a bundle consumes.
#[Object]
impl BundleComponent {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.component_id).await?)?))
    }

    /// How many units of it one bundle consumes.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }
}

#[derive(Clone)]
pub(crate) struct Price(Arc<price::Model>);

/// What a variant costs in a channel.
#[Object]
impl Price {
    /// The channel.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel, Failure> {
        Ok(Channel(present(ctx.loaders().channel(self.0.channel_id).await?)?))
    }

    /// The price of one unit, with the tax where the channel's prices contain it.
    async fn amount(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        let channel = present(ctx.loaders().channel(self.0.channel_id).await?)?;
        Ok(Money::of(self.0.amount_minor, &channel.currency))
    }

    /// The domestic tax rate as a fraction: 0.19 is 19 %.
    async fn tax_rate(&self) -> Decimal {
        Decimal::rate(self.0.tax_rate_ppm)
    }
}

#[derive(Clone)]
pub(crate) struct Supplier(pub(crate) Arc<supplier::Model>);

/// Whom we buy from. Needs `PURCHASING_READ`.
#[Object]
impl Supplier {
    /// Its id, `sup_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Supplier, self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where purchase orders go.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The currency of its prices.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// Days until its invoices are due.
    async fn payment_terms_days(&self) -> i32 {
        self.0.payment_terms_days
    }

    /// How much more than was ordered is taken, in percent.
    async fn over_receipt_percent(&self) -> i32 {
        self.0.over_receipt_percent
    }

    /// What placing and receiving one purchase order costs us; null where nobody said.
    async fn order_cost(&self) -> Option<Money> {
        Some(Money::of(self.0.order_cost_minor?, &self.0.currency))
    }

    /// What it sells and how, by SKU.
    async fn terms(&self, ctx: &Context<'_>) -> Result<Vec<SupplierTerm>, Failure> {
        let rows = ctx.loaders().terms_of(self.0.id).await?;
        let of =
            |row: &Arc<supplier_term::Model>| SupplierTerm(row.clone(), self.0.currency.clone());
        Ok(rows.iter().map(of).collect())
    }
}

#[derive(Clone)]
pub(crate) struct SupplierTerm(Arc<supplier_term::Model>, String);

/// On what terms a supplier sells a variant.
#[Object]
impl SupplierTerm {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// What the supplier calls it.
    async fn supplier_sku(&self) -> Option<&str> {
        self.0.supplier_sku.as_deref()
    }

    /// What one unit costs.
    async fn unit_cost(&self) -> Money {
        Money::of(self.0.unit_cost_minor, &self.1)
    }

    /// Days from order to receipt.
    async fn lead_time_days(&self) -> i32 {
        self.0.lead_time_days
    }

    /// The least it sells.
    async fn minimum_quantity(&self) -> i32 {
        self.0.minimum_quantity
    }

    /// It sells multiples of this.
    async fn pack_size(&self) -> i32 {
        self.0.pack_size
    }
}

connection!(VariantConnection, VariantEdge, Variant, "variants");
connection!(SupplierConnection, SupplierEdge, Supplier, "suppliers");
