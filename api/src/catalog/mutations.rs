//! The five upserts of the catalog: each translates its input, calls its operation and wraps the row.

use super::types::{
    CapturePolicy, Channel, ChannelKind, DeliveryService, LegalEntity, Location, LocationKind,
    Product, Supplier, Weekday, WorkCalendarInput,
};
use crate::context::Ask;
use crate::credit::types::{BreakagePolicy, RefundOrder};
use crate::errors::{OrNull, UserError, answer, user_errors};
use crate::ids::{Kind, uuid, uuids};
use crate::ledger::types::TaxRounding;
use crate::scalars::{AddressInput, CountryCode, CurrencyCode, Date, Decimal, MoneyInput};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::catalog::channel_upsert::{UpsertChannel, channel_upsert};
use operations::catalog::delivery_service_define::{
    DefineDeliveryService, delivery_service_define,
};
use operations::catalog::legal_entity_upsert::{UpsertLegalEntity, legal_entity_upsert};
use operations::catalog::location_upsert::{UpsertLocation, location_upsert};
use operations::catalog::products_upsert::{
    self, ChannelPrice, Component, UpsertProduct, UpsertVariant,
};
use operations::catalog::supplier_upsert::{Term, UpsertSupplier, supplier_upsert};
use serde_json::Value as Json;

/// A legal entity to make or change.
#[derive(Debug, InputObject)]
pub(crate) struct LegalEntityUpsertInput {
    /// The one to change; without it one is made.
    id: Option<ID>,
    /// Its registered name, up to 200 characters.
    name: String,
    /// Where it is registered.
    country_code: CountryCode,
    /// Its tax number.
    tax_id: Option<String>,
    /// The currency its books are kept in; it stays once anything is booked.
    base_currency: CurrencyCode,
    /// Where its days begin, such as `Europe/Berlin`; without it what it is, UTC at first.
    time_zone: Option<String>,
    /// Whether it tells its sales to other member states of the European Union in the one-stop shop, and taxes them where
    /// the goods go; without it what it is, false at first.
    one_stop_shop: Option<bool>,
    /// Where its taxes are rounded, for orders from now on; without it what it is, `DOCUMENT` at first.
    tax_rounding: Option<TaxRounding>,
    /// How many days new gift cards can be used, 1 to 36,500; without it what it is, for ever at first.
    gift_card_valid_days: Option<i32>,
    /// How many days new store credit can be used, 1 to 36,500; without it what it is, for ever at first.
    store_credit_valid_days: Option<i32>,
    /// What becomes of what is on cards and credit when they end; without it what it is, `ON_EXPIRY` at first.
    breakage: Option<BreakagePolicy>,
    /// Where money goes back to first, for orders from now on; without it what it is, `CREDIT_LAST` at first.
    refund_order: Option<RefundOrder>,
    /// Its accounts at banks, IBANs or what the bank calls them, up to 100, each of one legal entity; without it they stay.
    bank_accounts: Option<Vec<String>>,
    /// Its accounts at providers, `provider:account`, up to 100, each of one legal entity; without it they stay. Where there is
    /// only one legal entity, accounts that are named nowhere are its own.
    provider_accounts: Option<Vec<String>>,
}

/// A channel to make or change, matched by its code.
#[derive(Debug, InputObject)]
pub(crate) struct ChannelUpsertInput {
    /// Its code, 1 to 40 characters without blanks.
    code: String,
    /// Its name.
    name: String,
    /// What it is.
    kind: ChannelKind,
    /// The currency of its prices; fixed once there are prices or orders.
    currency_code: CurrencyCode,
    /// Whether its prices contain the tax.
    tax_included: bool,
    /// Who sells in it.
    legal_entity_id: ID,
    /// What order numbers begin with, up to 12 characters; by default the code in upper case.
    order_number_prefix: Option<String>,
    /// Cancel unpaid orders after this many seconds, 60 to 7,776,000.
    unpaid_expires_after_seconds: Option<i32>,
    /// Locations that may serve it, most preferred first; left out they stay as they are.
    location_ids: Option<Vec<ID>>,
    /// When what is authorized is captured, for orders from now on; without it what it is, `SHIPMENT` at first.
    capture: Option<CapturePolicy>,
}

/// A location to make or change, matched by its code. What is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct LocationUpsertInput {
    /// Its code, 1 to 40 characters.
    code: String,
    /// Its name.
    name: String,
    /// What it is.
    kind: LocationKind,
    /// Where it is.
    address: AddressInput,
    /// The zone of its clock, such as `Europe/Berlin`.
    time_zone: String,
    /// Whether it ships; a new one does.
    ships_orders: Option<bool>,
    /// Whether customers can fetch there; at a new store they can.
    offers_pickup: Option<bool>,
    /// Whether it works at all; a new one does.
    active: Option<bool>,
    /// When it works; a new one Monday to Friday, 09:00 to 17:00, cut-off at 15:00.
    calendar: Option<WorkCalendarInput>,
    /// Degrees north, together with the longitude.
    latitude: Option<f64>,
    /// Degrees east, together with the latitude.
    longitude: Option<f64>,
    /// How many fulfillments it can take in a day, 0 to 1,000,000; a new one any number.
    daily_capacity: Option<i32>,
    /// Differences of a count that are worth more than this, in the currency of their cost, are not taken over by whoever
    /// counted them; 500 by default.
    count_approval_above: Option<Decimal>,
}

/// A way of delivery to make or change, matched by its code and channel.
#[derive(Debug, InputObject)]
pub(crate) struct DeliveryServiceInput {
    /// What orders call it, 1 to 100 characters; upper and lower case are the same.
    code: String,
    /// The channel that offers it; without it every channel that has none of its own by this code.
    channel_id: Option<ID>,
    /// Its name.
    name: String,
    /// Whether it is faster than usual; a new one is not.
    express: Option<bool>,
    /// Working days of the location before it leaves, 0 to 365; 0 for a new one.
    handling_days: Option<i32>,
    /// Working days of the carrier within a country, 0 to 365.
    transit_days: i32,
    /// Working days of the carrier to another country, 0 to 365; as many as within for a new one.
    transit_days_abroad: Option<i32>,
    /// Days on which the carrier works; Monday to Saturday for a new one.
    working_days: Option<Vec<Weekday>>,
    /// Days on which it does not.
    holidays: Option<Vec<Date>>,
}

/// What came of a change of a way of delivery.
#[derive(SimpleObject)]
pub(crate) struct DeliveryServicePayload {
    /// The service; null when refused.
    delivery_service: Option<DeliveryService>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

/// Products to make or change.
#[derive(Debug, InputObject)]
pub(crate) struct ProductsUpsertInput {
    /// 1 to 250 products.
    products: Vec<ProductInput>,
}

/// A product and its variants.
#[derive(Debug, InputObject)]
pub(crate) struct ProductInput {
    /// Its name.
    name: String,
    /// Its variants, matched by SKU; ones not named stay as they are.
    variants: Vec<VariantInput>,
}

/// One SKU. What is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct VariantInput {
    /// Its stock keeping unit, 1 to 100 characters.
    sku: String,
    /// GTIN or other code, unique.
    barcode: Option<String>,
    /// Its name.
    name: String,
    /// Color, size and whatever else the shop keeps.
    attributes: Option<Json>,
    /// Its weight in grams.
    weight_grams: Option<i32>,
    /// Its code in the Harmonized System.
    customs_code: Option<String>,
    /// Where it was made.
    origin_country: Option<CountryCode>,
    /// What one unit consumes; an empty list makes it plain. Bundles do not nest.
    components: Option<Vec<BundleComponentInput>>,
    /// Its prices in the channels named; others stay.
    prices: Option<Vec<PriceInput>>,
    /// What one unit costs us.
    unit_cost: Option<MoneyInput>,
    /// Never returnable; a new one is.
    final_sale: Option<bool>,
    /// What decides about the rate that it bears in other countries, such as `REDUCED`; `EXEMPT` bears none anywhere.
    /// Without it what it is, `STANDARD` at first. Up to 50 characters.
    tax_category: Option<String>,
    /// Whether it can be ordered; a new one can.
    active: Option<bool>,
}

/// A variant that a bundle consumes.
#[derive(Debug, InputObject)]
pub(crate) struct BundleComponentInput {
    /// Its SKU; it may be made in the same call.
    sku: String,
    /// How many units, 1 to 10,000.
    quantity: i32,
}

/// A price in a channel.
#[derive(Debug, InputObject)]
pub(crate) struct PriceInput {
    /// The channel.
    channel_id: ID,
    /// The price of one unit, in the channel's currency.
    amount: Decimal,
    /// The domestic tax rate as a fraction: 0.19 is 19 %.
    tax_rate: Decimal,
}

/// A supplier to make or change.
#[derive(Debug, InputObject)]
pub(crate) struct SupplierUpsertInput {
    /// The one to change; without it one is made.
    id: Option<ID>,
    /// Its name.
    name: String,
    /// Where purchase orders go.
    email: Option<String>,
    /// The currency of its prices.
    currency_code: CurrencyCode,
    /// Days until its invoices are due, 0 to 365; 30 by default.
    payment_terms_days: Option<i32>,
    /// How much more than was ordered is taken, 0 to 100 percent; 10 by default.
    over_receipt_percent: Option<i32>,
    /// What placing and receiving one purchase order costs us, in the supplier's currency: economic quantities follow
    /// from it.
    order_cost: Option<Decimal>,
    /// All its terms; left out they stay as they are.
    terms: Option<Vec<SupplierTermInput>>,
}

/// On what terms a supplier sells a SKU.
#[derive(Debug, InputObject)]
pub(crate) struct SupplierTermInput {
    /// Our SKU.
    sku: String,
    /// What the supplier calls it.
    supplier_sku: Option<String>,
    /// What one unit costs, in the supplier's currency.
    unit_cost: Decimal,
    /// Days from order to receipt, 0 to 730.
    lead_time_days: i32,
    /// The least it sells; 1 by default.
    minimum_quantity: Option<i32>,
    /// It sells multiples of this; 1 by default.
    pack_size: Option<i32>,
}

/// What came of a legal entity's upsert.
#[derive(SimpleObject)]
pub(crate) struct LegalEntityPayload {
    /// The legal entity; null when refused.
    pub(crate) legal_entity: Option<LegalEntity>,
    /// Why it was refused; empty when it was not.
    pub(crate) user_errors: Vec<UserError>,
}

/// What came of a channel's upsert.
#[derive(SimpleObject)]
pub(crate) struct ChannelPayload {
    /// The channel; null when refused.
    channel: Option<Channel>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a location's upsert.
#[derive(SimpleObject)]
pub(crate) struct LocationPayload {
    /// The location; null when refused.
    location: Option<Location>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of the products' upsert.
#[derive(SimpleObject)]
pub(crate) struct ProductsUpsertPayload {
    /// In the order of the input; null where a row was refused.
    products: Vec<Option<Product>>,
    /// Why rows were refused.
    user_errors: Vec<UserError>,
}

/// What came of a supplier's upsert.
#[derive(SimpleObject)]
pub(crate) struct SupplierPayload {
    /// The supplier; null when refused.
    supplier: Option<Supplier>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct CatalogMutation;

#[Object]
impl CatalogMutation {
    /// Make or change the company that sells. Needs `CATALOG_WRITE`.
    async fn legal_entity_upsert(
        &self,
        ctx: &Context<'_>,
        input: LegalEntityUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<LegalEntityPayload> {
        let command = UpsertLegalEntity {
            id: input.id.map(|id| uuid(Kind::LegalEntity, &id)),
            name: input.name,
            country_code: input.country_code.0,
            tax_id: input.tax_id,
            base_currency: input.base_currency.0,
            time_zone: input.time_zone,
            one_stop_shop: input.one_stop_shop,
            tax_rounding: input.tax_rounding.map(Into::into),
            gift_card_valid_days: input.gift_card_valid_days,
            store_credit_valid_days: input.store_credit_valid_days,
            breakage: input.breakage.map(Into::into),
            refund_order: input.refund_order.map(Into::into),
            bank_accounts: input.bank_accounts,
            provider_accounts: input.provider_accounts,
        };
        let done = async {
            legal_entity_upsert(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let legal_entity = match id {
            Some(id) => ctx.loaders().legal_entity(id).await.or_null(ctx)?.map(LegalEntity),
            None => None,
        };
        Some(LegalEntityPayload { legal_entity, user_errors })
    }

    /// Make or change a channel, matched by its code. Needs `CATALOG_WRITE`.
    async fn channel_upsert(
        &self,
        ctx: &Context<'_>,
        input: ChannelUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ChannelPayload> {
        let command = UpsertChannel {
            code: input.code,
            name: input.name,
            kind: input.kind.into(),
            currency: input.currency_code.0,
            tax_included: input.tax_included,
            legal_entity_id: uuid(Kind::LegalEntity, &input.legal_entity_id),
            order_number_prefix: input.order_number_prefix,
            unpaid_expires_after_seconds: input.unpaid_expires_after_seconds,
            location_ids: input.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            capture: input.capture.map(Into::into),
        };
        let done = async {
            channel_upsert(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let channel = match id {
            Some(id) => ctx.loaders().channel(id).await.or_null(ctx)?.map(Channel),
            None => None,
        };
        Some(ChannelPayload { channel, user_errors })
    }

    /// Make or change a location, matched by its code. Needs `CATALOG_WRITE`.
    async fn location_upsert(
        &self,
        ctx: &Context<'_>,
        input: LocationUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<LocationPayload> {
        let command = UpsertLocation {
            code: input.code,
            name: input.name,
            kind: input.kind.into(),
            address: input.address.into(),
            time_zone: input.time_zone,
            ships_orders: input.ships_orders,
            offers_pickup: input.offers_pickup,
            active: input.active,
            calendar: input.calendar.map(Into::into),
            latitude: input.latitude,
            longitude: input.longitude,
            daily_capacity: input.daily_capacity,
            count_approval_above: input.count_approval_above.map(|value| value.0),
        };
        let done = async {
            location_upsert(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let location = match id {
            Some(id) => ctx.loaders().location(id).await.or_null(ctx)?.map(Location),
            None => None,
        };
        Some(LocationPayload { location, user_errors })
    }

    /// Say how long a way of delivery takes; promises made from then on go by it. Needs `CATALOG_WRITE`.
    async fn delivery_service_define(
        &self,
        ctx: &Context<'_>,
        input: DeliveryServiceInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<DeliveryServicePayload> {
        let command = DefineDeliveryService {
            code: input.code,
            channel_id: input.channel_id.map(|id| uuid(Kind::Channel, &id)),
            name: input.name,
            express: input.express,
            handling_days: input.handling_days,
            transit_days: input.transit_days,
            transit_days_abroad: input.transit_days_abroad,
            working_days: input
                .working_days
                .map(|days| days.into_iter().map(Weekday::number).collect()),
            holidays: input.holidays.map(|days| days.into_iter().map(|date| date.0).collect()),
        };
        let done = async {
            delivery_service_define(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command)
                .await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let row = match id {
            Some(id) => ctx.loaders().delivery_service(id).await.or_null(ctx)?,
            None => None,
        };
        Some(DeliveryServicePayload { delivery_service: row.map(DeliveryService), user_errors })
    }

    /// Up to 250 products in one call, matched by SKU, each row refused or taken on its own. Needs
    /// `CATALOG_WRITE`.
    async fn products_upsert(
        &self,
        ctx: &Context<'_>,
        input: ProductsUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ProductsUpsertPayload> {
        let command: Vec<UpsertProduct> = input.products.into_iter().map(Into::into).collect();
        let done = async {
            let call = ctx.call(idempotency_key.as_ref())?;
            products_upsert::products_upsert(ctx.store(), call, &command).await
        };
        let (upserted, mut errors) = answer(ctx, done.await)?;
        let mut products = Vec::new();
        if let Some(upserted) = upserted {
            errors.extend(user_errors(upserted.refusals));
            for id in upserted.products {
                products.push(match id {
                    Some(id) => ctx.loaders().product(id).await.or_null(ctx)?.map(Product),
                    None => None,
                });
            }
        }
        Some(ProductsUpsertPayload { products, user_errors: errors })
    }

    /// Make or change a supplier. Needs `PURCHASING_WRITE`.
    async fn supplier_upsert(
        &self,
        ctx: &Context<'_>,
        input: SupplierUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<SupplierPayload> {
        let term = |term: SupplierTermInput| Term {
            sku: term.sku,
            supplier_sku: term.supplier_sku,
            unit_cost: term.unit_cost.0,
            lead_time_days: term.lead_time_days,
            minimum_quantity: term.minimum_quantity,
            pack_size: term.pack_size,
        };
        let command = UpsertSupplier {
            id: input.id.map(|id| uuid(Kind::Supplier, &id)),
            name: input.name,
            email: input.email,
            currency: input.currency_code.0,
            payment_terms_days: input.payment_terms_days,
            over_receipt_percent: input.over_receipt_percent,
            order_cost: input.order_cost.map(|cost| cost.0),
            terms: input.terms.map(|terms| terms.into_iter().map(term).collect()),
        };
        let done = async {
            supplier_upsert(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let supplier = match id {
            Some(id) => ctx.loaders().supplier(id).await.or_null(ctx)?.map(Supplier),
            None => None,
        };
        Some(SupplierPayload { supplier, user_errors })
    }
}

impl From<ProductInput> for UpsertProduct {
    fn from(input: ProductInput) -> Self {
        Self { name: input.name, variants: input.variants.into_iter().map(Into::into).collect() }
    }
}

impl From<VariantInput> for UpsertVariant {
    fn from(input: VariantInput) -> Self {
        let component =
            |one: BundleComponentInput| Component { sku: one.sku, quantity: one.quantity };
        let price = |one: PriceInput| ChannelPrice {
            channel_id: uuid(Kind::Channel, &one.channel_id),
            amount: one.amount.0,
            tax_rate: one.tax_rate.0,
        };
        Self {
            sku: input.sku,
            barcode: input.barcode,
            name: input.name,
            attributes: input.attributes,
            weight_grams: input.weight_grams,
            customs_code: input.customs_code,
            origin_country: input.origin_country.map(|code| code.0),
            components: input.components.map(|list| list.into_iter().map(component).collect()),
            prices: input.prices.map(|list| list.into_iter().map(price).collect()),
            unit_cost: input.unit_cost.map(|cost| (cost.amount.0, cost.currency_code.0)),
            final_sale: input.final_sale,
            tax_category: input.tax_category,
            active: input.active,
        }
    }
}
