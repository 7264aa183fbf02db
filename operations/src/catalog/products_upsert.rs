//! `productsUpsert`: make or change up to 250 products, each refused or taken on its own.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::{Currency, rate_ppm};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::{bundle_component, channel, price, product, variant};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Products in one call at most.
pub const MAX_PRODUCTS: usize = 250;

/// A product and its variants.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertProduct {
    /// Its name.
    pub name: String,
    /// Its variants, matched by SKU; ones not named stay as they are.
    pub variants: Vec<UpsertVariant>,
}

/// One SKU. What is `None` stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertVariant {
    /// Its stock keeping unit.
    pub sku: String,
    /// GTIN or other code.
    pub barcode: Option<String>,
    /// Its name.
    pub name: String,
    /// Color, size and so on.
    pub attributes: Option<Json>,
    /// Its weight.
    pub weight_grams: Option<i32>,
    /// Its HS code.
    pub customs_code: Option<String>,
    /// Where it was made.
    pub origin_country: Option<String>,
    /// What one unit consumes; an empty list makes it plain.
    pub components: Option<Vec<Component>>,
    /// Its prices in the channels named.
    pub prices: Option<Vec<ChannelPrice>>,
    /// What one unit costs us: amount and currency.
    pub unit_cost: Option<(Decimal, String)>,
    /// Never returnable; by default it is.
    pub final_sale: Option<bool>,
    /// What decides about the rate that it bears in other countries; `STANDARD`, for a new one without it.
    pub tax_category: Option<String>,
    /// Whether it can be ordered; by default it can.
    pub active: Option<bool>,
}

/// A variant that a bundle consumes.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// Its SKU.
    pub sku: String,
    /// How many units.
    pub quantity: i32,
}

/// A price in a channel.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelPrice {
    /// The channel.
    pub channel_id: Uuid,
    /// The price in the channel's currency.
    pub amount: Decimal,
    /// The domestic tax rate as a fraction.
    pub tax_rate: Decimal,
}

/// What came of a call: a product id for each row taken, and the faults of the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upserted {
    /// In the order of the input; none where the row was refused.
    pub products: Vec<Option<Uuid>>,
    /// Why.
    pub refusals: Vec<Refusal>,
}

/// Makes or changes products.
pub async fn products_upsert(
    store: &Store,
    call: Call<'_>,
    command: &[UpsertProduct],
) -> Result<Upserted> {
    call.actor.require(Permission::CatalogWrite)?;
    if command.is_empty() || command.len() > MAX_PRODUCTS {
        let message = format!("takes 1 to {MAX_PRODUCTS} products");
        let code = RefusalCode::LimitExceeded;
        return Err(Error::refused(Refusal::new(code, "products", message)));
    }
    once(store, call, "productsUpsert", &command, |tx| async move {
        let mut catalog = Catalog::load(&tx, call, command).await?;
        let mut answer = Upserted { products: vec![None; command.len()], refusals: Vec::new() };
        // Plain products first, so that a bundle may name components of the same call.
        let mut order: Vec<usize> = (0..command.len()).collect();
        order.sort_by_key(|index| command.get(*index).is_some_and(UpsertProduct::has_bundle));
        for index in order {
            let Some(input) = command.get(index) else { continue };
            match catalog.take(&tx, input) {
                Ok(id) => {
                    if let Some(place) = answer.products.get_mut(index) {
                        *place = Some(id);
                    }
                }
                Err(refusals) => answer.refusals.extend(
                    refusals.into_iter().map(|fault| fault.under(&format!("products.{index}"))),
                ),
            }
        }
        catalog.write(&tx, call).await?;
        Ok(answer)
    })
    .await
}

impl UpsertProduct {
    fn has_bundle(&self) -> bool {
        self.variants.iter().any(|variant| variant.components.iter().flatten().next().is_some())
    }
}

/// What stands already, and what the call adds to it.
struct Catalog {
    variants: HashMap<String, variant::Model>,
    products: HashMap<Uuid, product::Model>,
    barcodes: HashMap<String, String>,
    channels: HashMap<Uuid, channel::Model>,
    /// Variants that are components of a bundle.
    used: HashSet<Uuid>,
    /// Variants with stock levels.
    stocked: HashSet<Uuid>,
    changed_products: Vec<Uuid>,
    changed_variants: Vec<String>,
    prices: Vec<price::Model>,
    /// Bundles whose components are replaced.
    rewritten: Vec<Uuid>,
    components: Vec<bundle_component::Model>,
    /// As they stood before the call.
    before: Before,
}

/// Rows as they stood before a call, for the audit log.
struct Before {
    products: HashMap<Uuid, product::Model>,
    variants: HashMap<Uuid, variant::Model>,
    prices: HashMap<(Uuid, Uuid), price::Model>,
}

impl Catalog {
    async fn load(tx: &WriteTx, call: Call<'_>, command: &[UpsertProduct]) -> Result<Self> {
        let inputs = || command.iter().flat_map(|product| &product.variants);
        let mut skus: Vec<&str> = inputs().map(|variant| variant.sku.trim()).collect();
        let components = inputs().flat_map(|variant| variant.components.iter().flatten());
        skus.extend(components.map(|component| component.sku.trim()));
        let barcodes: Vec<&str> =
            inputs().filter_map(|variant| variant.barcode.as_deref()).collect();
        let channel_ids: Vec<Uuid> = inputs()
            .flat_map(|variant| variant.prices.iter().flatten())
            .map(|price| price.channel_id)
            .collect();
        let variants = sql::variants_by_sku(tx, &skus).await?;
        let product_ids: Vec<Uuid> = variants.iter().map(|variant| variant.product_id).collect();
        let variant_ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
        let products = sql::products(tx, &product_ids).await?;
        let prices = sql::prices_of(tx, &variant_ids).await?;
        let before = Before {
            products: products.iter().map(|row| (row.id, row.clone())).collect(),
            variants: variants.iter().map(|row| (row.id, row.clone())).collect(),
            prices: prices.into_iter().map(|row| ((row.variant_id, row.channel_id), row)).collect(),
        };
        let by_barcode = sql::variants_by_barcode(tx, &barcodes).await?;
        let reach = &call.actor.reach;
        Ok(Self {
            products: products.into_iter().map(|row| (row.id, row)).collect(),
            barcodes: by_barcode
                .into_iter()
                .filter_map(|row| Some((row.barcode?, row.sku)))
                .collect(),
            channels: sql::channels(tx, &channel_ids)
                .await?
                .into_iter()
                .filter(|channel| reach.has_channel(channel.id))
                .map(|channel| (channel.id, channel))
                .collect(),
            used: sql::used_as_component(tx, &variant_ids).await?.into_iter().collect(),
            stocked: sql::with_stock(tx, &variant_ids).await?.into_iter().collect(),
            variants: variants.into_iter().map(|row| (row.sku.clone(), row)).collect(),
            changed_products: Vec::new(),
            changed_variants: Vec::new(),
            prices: Vec::new(),
            rewritten: Vec::new(),
            components: Vec::new(),
            before,
        })
    }

    /// Takes one product into the catalog, or lists its faults and changes nothing.
    fn take(
        &mut self,
        tx: &WriteTx,
        input: &UpsertProduct,
    ) -> std::result::Result<Uuid, Vec<Refusal>> {
        let mut faults = Faults::default();
        let name = checks::text(&mut faults, "name", &input.name, 200);
        if input.variants.is_empty() || input.variants.len() > 250 {
            faults.add(RefusalCode::Required, "variants", "a product has 1 to 250 variants");
        }
        let owners: HashSet<Uuid> = input
            .variants
            .iter()
            .filter_map(|variant| self.variants.get(variant.sku.trim()))
            .map(|variant| variant.product_id)
            .collect();
        if owners.len() > 1 {
            let message = "these SKUs belong to different products already";
            faults.add(RefusalCode::Invalid, "variants", message);
        }
        let product_id = owners.into_iter().next().unwrap_or_else(|| tx.id());
        let mut seen = HashSet::new();
        let mut taken = Vec::new();
        for (index, variant) in input.variants.iter().enumerate() {
            let at = format!("variants.{index}");
            if !seen.insert(variant.sku.trim()) {
                let message = "stands in the list twice";
                faults.add(RefusalCode::Duplicate, &format!("{at}.sku"), message);
            }
            taken.push(self.check_variant(tx, &mut faults, &at, product_id, variant));
        }
        let faults = faults.into_vec();
        if !faults.is_empty() {
            return Err(faults);
        }
        for (row, prices, components) in taken {
            if let Some(barcode) = &row.barcode {
                self.barcodes.insert(barcode.clone(), row.sku.clone());
            }
            self.prices.extend(prices);
            if let Some(components) = components {
                self.rewritten.push(row.id);
                self.used.extend(components.iter().map(|component| component.component_id));
                self.components.retain(|component| component.bundle_id != row.id);
                self.components.extend(components);
            }
            self.changed_variants.push(row.sku.clone());
            self.variants.insert(row.sku.clone(), row);
        }
        let now = tx.now();
        let created_at = self.products.get(&product_id).map_or(now, |row| row.created_at);
        let row = product::Model { id: product_id, name, created_at, updated_at: now };
        self.products.insert(product_id, row);
        self.changed_products.push(product_id);
        Ok(product_id)
    }

    fn check_variant(
        &self,
        tx: &WriteTx,
        faults: &mut Faults,
        at: &str,
        product_id: Uuid,
        input: &UpsertVariant,
    ) -> (variant::Model, Vec<price::Model>, Option<Vec<bundle_component::Model>>) {
        let field = |name: &str| format!("{at}.{name}");
        let sku = checks::text(faults, &field("sku"), &input.sku, 100);
        let name = checks::text(faults, &field("name"), &input.name, 200);
        let old = self.variants.get(&sku);
        let id = old.map_or_else(|| tx.id(), |row| row.id);
        let barcode = checks::optional(faults, &field("barcode"), input.barcode.as_deref(), 50);
        if let Some(owner) = barcode.as_ref().and_then(|barcode| self.barcodes.get(barcode))
            && *owner != sku
        {
            let message = format!("belongs to {owner} already");
            faults.add(RefusalCode::Duplicate, &field("barcode"), message);
        }
        if let Some(grams) = input.weight_grams {
            checks::within(faults, &field("weightGrams"), grams, 0, 100_000_000);
        }
        let customs_code =
            checks::optional(faults, &field("customsCode"), input.customs_code.as_deref(), 20);
        let origin = input
            .origin_country
            .as_deref()
            .map(|code| checks::country(faults, &field("originCountry"), code));
        let cost = input.unit_cost.as_ref().and_then(|(amount, code)| {
            let currency = checks::currency(faults, &field("unitCost.currencyCode"), code)?;
            let minor = faults.take(&field("unitCost.amount"), currency.minor(*amount))?;
            if minor < 0 {
                faults.add(RefusalCode::Invalid, &field("unitCost.amount"), "is not negative");
            }
            Some((minor, currency.code().to_owned()))
        });
        let category = input
            .tax_category
            .as_deref()
            .map(|text| crate::tax::rates::category(faults, &field("taxCategory"), text));
        let prices = self.check_prices(faults, at, id, input);
        let components = self.check_components(faults, at, (id, &sku), input);
        let bundle =
            components.as_ref().map_or(old.is_some_and(|row| row.bundle), |list| !list.is_empty());
        let now = tx.now();
        let row = variant::Model {
            id,
            product_id,
            sku_key: checks::fold(&sku),
            name_key: checks::fold(&name),
            sku,
            name,
            barcode: barcode.or_else(|| old.and_then(|row| row.barcode.clone())),
            attributes: input
                .attributes
                .clone()
                .or_else(|| old.and_then(|row| row.attributes.clone())),
            weight_grams: input.weight_grams.or_else(|| old.and_then(|row| row.weight_grams)),
            customs_code: customs_code.or_else(|| old.and_then(|row| row.customs_code.clone())),
            origin_country: origin.or_else(|| old.and_then(|row| row.origin_country.clone())),
            bundle,
            unit_cost_minor: cost
                .as_ref()
                .map(|cost| cost.0)
                .or_else(|| old.and_then(|row| row.unit_cost_minor)),
            unit_cost_currency: cost
                .map(|cost| cost.1)
                .or_else(|| old.and_then(|row| row.unit_cost_currency.clone())),
            final_sale: input.final_sale.unwrap_or_else(|| old.is_some_and(|row| row.final_sale)),
            tax_category: category
                .or_else(|| old.map(|row| row.tax_category.clone()))
                .unwrap_or_else(|| crate::tax::STANDARD.to_owned()),
            active: input.active.unwrap_or_else(|| old.is_none_or(|row| row.active)),
            created_at: old.map_or(now, |row| row.created_at),
            updated_at: now,
        };
        (row, prices, components)
    }

    fn check_prices(
        &self,
        faults: &mut Faults,
        at: &str,
        variant_id: Uuid,
        input: &UpsertVariant,
    ) -> Vec<price::Model> {
        let mut rows: Vec<price::Model> = Vec::new();
        for (index, given) in input.prices.iter().flatten().enumerate() {
            let field = |name: &str| format!("{at}.prices.{index}.{name}");
            let Some(channel) = self.channels.get(&given.channel_id) else {
                faults.push(checks::not_found(&field("channelId"), "channel"));
                continue;
            };
            if rows.iter().any(|row| row.channel_id == channel.id) {
                let message = "has a price in this list already";
                faults.add(RefusalCode::Duplicate, &field("channelId"), message);
            }
            let minor = Currency::from_code(&channel.currency)
                .and_then(|currency| faults.take(&field("amount"), currency.minor(given.amount)));
            if minor.is_some_and(|minor| minor < 0) {
                faults.add(RefusalCode::Invalid, &field("amount"), "is not negative");
            }
            let rate = faults.take(&field("taxRate"), rate_ppm(given.tax_rate));
            if let (Some(amount_minor), Some(tax_rate_ppm)) = (minor, rate) {
                rows.push(price::Model {
                    variant_id,
                    channel_id: channel.id,
                    amount_minor,
                    tax_rate_ppm,
                });
            }
        }
        rows
    }

    fn check_components(
        &self,
        faults: &mut Faults,
        at: &str,
        (bundle_id, bundle_sku): (Uuid, &str),
        input: &UpsertVariant,
    ) -> Option<Vec<bundle_component::Model>> {
        let given = input.components.as_ref()?;
        let field = format!("{at}.components");
        if !given.is_empty() && self.used.contains(&bundle_id) {
            let message = format!("{bundle_sku} is a component itself: bundles do not nest");
            faults.add(RefusalCode::Invalid, &field, message);
        }
        if !given.is_empty() && self.stocked.contains(&bundle_id) {
            let message =
                format!("{bundle_sku} has stock of its own, so it cannot become a bundle");
            faults.add(RefusalCode::StateConflict, &field, message);
        }
        let mut rows: Vec<bundle_component::Model> = Vec::new();
        for (position, component) in (0..).zip(given) {
            let field = |name: &str| format!("{at}.components.{position}.{name}");
            checks::within(faults, &field("quantity"), component.quantity, 1, 10_000);
            let sku = component.sku.trim();
            let Some(variant) = self.variants.get(sku).filter(|_| sku != bundle_sku) else {
                faults.push(checks::not_found(&field("sku"), "other SKU"));
                continue;
            };
            if variant.bundle {
                let message = format!("{sku} is a bundle itself: bundles do not nest");
                faults.add(RefusalCode::Invalid, &field("sku"), message);
            }
            if rows.iter().any(|row| row.component_id == variant.id) {
                faults.add(RefusalCode::Duplicate, &field("sku"), "stands in the list twice");
            }
            rows.push(bundle_component::Model {
                bundle_id,
                component_id: variant.id,
                quantity: component.quantity,
                position,
            });
        }
        Some(rows)
    }

    /// What became of each product: of itself, of its variants, of their prices and components.
    fn changes(&self, products: &[(Uuid, Vec<&str>)]) -> Vec<Json> {
        let product = |(id, skus): &(Uuid, Vec<&str>)| {
            let row = self.products.get(id)?;
            let variants: Vec<Json> =
                skus.iter().filter_map(|sku| self.variant_change(sku)).collect();
            let change = audit::difference(self.before.products.get(id), row);
            Some(json!({ "productId": id, "product": change, "variants": variants }))
        };
        products.iter().filter_map(product).collect()
    }

    fn variant_change(&self, sku: &str) -> Option<Json> {
        let row = self.variants.get(sku)?;
        let prices: Vec<_> = self
            .prices
            .iter()
            .filter(|price| price.variant_id == row.id)
            .map(|price| {
                let before = self.before.prices.get(&(price.variant_id, price.channel_id));
                audit::difference(before, price)
            })
            .collect();
        let components: Vec<Json> = self
            .components
            .iter()
            .filter(|component| component.bundle_id == row.id)
            .map(|part| json!({ "variantId": part.component_id, "quantity": part.quantity }))
            .collect();
        Some(json!({
            "sku": sku,
            "variant": audit::difference(self.before.variants.get(&row.id), row),
            "prices": prices,
            "components": self.rewritten.contains(&row.id).then_some(components),
        }))
    }

    async fn write(self, tx: &WriteTx, call: Call<'_>) -> Result<()> {
        let mut batch = Batch::default();
        let mut done = HashSet::new();
        for id in self.changed_products.iter().filter(|id| done.insert(**id)) {
            if let Some(row) = self.products.get(id) {
                batch.save(row);
            }
        }
        let mut done = HashSet::new();
        let mut skus: HashMap<Uuid, Vec<&str>> = HashMap::new();
        for sku in self.changed_variants.iter().filter(|sku| done.insert(sku.as_str())) {
            if let Some(row) = self.variants.get(sku) {
                batch.save(row);
                skus.entry(row.product_id).or_default().push(&row.sku);
            }
        }
        let mut latest: HashMap<(Uuid, Uuid), &price::Model> = HashMap::new();
        for row in &self.prices {
            latest.insert((row.variant_id, row.channel_id), row);
        }
        let mut prices: Vec<&price::Model> = latest.into_values().collect();
        prices.sort_by_key(|row| (row.variant_id, row.channel_id));
        for row in prices {
            batch.save(row);
        }
        let mut products: Vec<_> = skus.into_iter().collect();
        products.sort();
        let subject = match products.as_slice() {
            [(id, _)] => Some(("prd", *id)),
            _ => None,
        };
        let change = json!(self.changes(&products));
        audit::record(tx, call.actor, &mut batch, subject, &change);
        for (id, skus) in products {
            let event = NewEvent::new(events::PRODUCT_SAVED, ("prd", id), json!({ "skus": skus }));
            events::record(tx, call.actor, &mut batch, event);
        }
        batch.insert(tx).await?;
        if !self.rewritten.is_empty() {
            sql::clear_components(tx, &self.rewritten).await?;
            let mut links = Batch::default();
            links.add_all(&self.components);
            links.insert(tx).await?;
        }
        Ok(())
    }
}
