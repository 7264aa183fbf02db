//! Orders that make a return right: goods in exchange, or as replacement. They go where the first ones went, by the same way.

use super::input::{self, CheckedLine, LineInput, Listed};
use super::place::{self, PlaceOrder, Shelf, Written};
use super::pricing;
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::checks::Address;
use crate::customers::resolve::CustomerRef;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::money::{Currency, rate_decimal};
use crate::payments::record::Checked;
use crate::store::{Db, WriteTx};
use entities::{order, order_line};
use uuid::Uuid;

/// Units that somebody wants for others of an order.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    /// Where the input names the SKU.
    pub(crate) field: String,
    pub(crate) sku: &'a str,
    pub(crate) quantity: i32,
    /// What they stand for.
    pub(crate) instead_of: &'a order_line::Model,
    /// What that is worth with the tax.
    pub(crate) gross: i64,
    /// Of it, what is tax.
    pub(crate) tax: i64,
}

/// What is wanted, with its prices.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) variant: Uuid,
    pub(crate) sku: String,
    pub(crate) unit_minor: i64,
    pub(crate) discount_minor: i64,
}

/// What an order of wishes would cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offer {
    /// One for each wish.
    pub(crate) goods: Vec<Offered>,
    /// With the tax.
    pub(crate) total: i64,
    /// Of it, what is tax.
    pub(crate) tax: i64,
}

/// An order like another one, of other goods.
pub(crate) fn like(order: &order::Model, lines: Vec<LineInput>) -> PlaceOrder {
    let address = |json: &Option<serde_json::Value>| json.as_ref().map(Address::from_json);
    PlaceOrder {
        customer: order.customer_id.map(CustomerRef::Id),
        email: order.email.clone(),
        phone: order.phone.clone(),
        billing_address: address(&order.billing_address),
        shipping_address: address(&order.shipping_address),
        delivery_method: order.delivery_method,
        delivery_service: order.delivery_service.clone(),
        pickup_location_id: order.pickup_location_id,
        tax_id: order.tax_id.clone(),
        purchase_order_number: order.purchase_order_number.clone(),
        payment_terms_days: order.payment_terms_days,
        allow_backorder: order.allow_backorder,
        allow_split: order.allow_split,
        ..PlaceOrder::new(order.channel_id, lines)
    }
}

/// A line of such an order. What was taxed by whoever sold it is taxed alike.
pub(crate) fn line(
    currency: Currency,
    (sku, quantity): (&str, i32),
    (unit, discount): (i64, i64),
    instead_of: &order_line::Model,
) -> LineInput {
    let taxed_alike = instead_of.tax_given && instead_of.sku == sku;
    LineInput {
        sku: sku.to_owned(),
        quantity,
        unit_price: Some(currency.decimal(unit)),
        discount: Some(currency.decimal(discount)),
        tax_rate: taxed_alike.then(|| rate_decimal(instead_of.home_rate_ppm)),
        name: None,
        discount_per: None,
    }
}

/// Prices wishes: what costs the same as what comes back is given for what that was sold for; anything else costs what the
/// channel's list says now. Every fault is noted.
pub(crate) async fn offer(
    db: &Db,
    order: &order::Model,
    wishes: &[Wish<'_>],
    faults: &mut Faults,
) -> Result<Offer> {
    let currency = Currency::of_row(&order.currency)?;
    let channel =
        catalog::channels(db, &[order.channel_id]).await?.pop().ok_or(Error::Contended)?;
    let entity = catalog::legal_entities(db, &[channel.legal_entity_id]).await?.pop();
    let entity = entity.ok_or(Error::Contended)?;
    let skus: Vec<&str> =
        wishes.iter().flat_map(|wish| [wish.sku, wish.instead_of.sku.as_str()]).collect();
    let shelf = Shelf::load(db, channel.id, &skus).await?;
    let (mut lines, mut offer, mut all_alike): (Vec<CheckedLine>, _, _) =
        (Vec::new(), Offer::default(), true);
    for wish in wishes {
        shelf.goods.check(faults, &wish.field, wish.sku);
        let Some(variant) = shelf.goods.get(wish.sku) else { continue };
        let now = shelf.price_of(wish.sku);
        let old = wish.instead_of;
        let alike = wish.sku == old.sku || now.is_some() && now == shelf.price_of(&old.sku);
        all_alike &= alike;
        let quantity = i64::from(wish.quantity);
        let (unit, discount) = match now {
            _ if alike => {
                let worth = if channel.tax_included { wish.gross } else { wish.gross - wish.tax };
                (old.unit_price_minor, (quantity * old.unit_price_minor - worth).max(0))
            }
            Some(now) => (now, 0),
            None => {
                let message = format!("{} has no price in {}", wish.sku, channel.code);
                faults.add(RefusalCode::Invalid, &wish.field, message);
                continue;
            }
        };
        let listed = Listed {
            variant_id: Some(variant.id),
            name: Some(variant.name.clone()),
            price_minor: now,
            tax_rate_ppm: shelf.rate_of(wish.sku),
            components: shelf.goods.components_of(variant.id),
        };
        let input = line(currency, (wish.sku, wish.quantity), (unit, discount), old);
        lines.extend(input::check_line(faults, &wish.field, currency, &input, &listed));
        offer.goods.push(Offered {
            variant: variant.id,
            sku: wish.sku.to_owned(),
            unit_minor: unit,
            discount_minor: discount,
        });
    }
    if lines.is_empty() || lines.len() < wishes.len() {
        return Ok(offer);
    }
    let as_placed = like(order, Vec::new());
    let to = (as_placed.destination(), order.tax_id.as_deref());
    input::tax(db, faults, &entity, to, ("lines", &mut lines)).await?;
    let mut prices: Vec<_> = lines.iter().map(|line| line.price).collect();
    let price =
        |prices: &[_]| pricing::price(prices, &[], channel.tax_included, entity.tax_rounding).sums;
    let mut sums = price(&prices);
    // What costs the same is not to cost a cent more since tax is rounded again.
    let worth: i64 = wishes.iter().map(|wish| wish.gross).sum();
    for _ in 0..2 {
        let (Some(first), Some(good)) = (prices.first_mut(), offer.goods.first_mut()) else {
            break;
        };
        if !all_alike || sums.grand_total != worth + 1 {
            break;
        }
        first.discount += 1;
        good.discount_minor += 1;
        sums = price(&prices);
    }
    (offer.total, offer.tax) = (sums.grand_total, sums.tax);
    Ok(offer)
}

/// Places such an order. Faults are told of the field that asked for it.
pub(crate) async fn place(
    tx: &WriteTx,
    actor: &Actor,
    (command, field): (&PlaceOrder, &str),
    paid: Vec<Checked>,
) -> Result<Written> {
    let retold = |refusal: Refusal| {
        let message = format!("the new order: {}", refusal.message);
        Refusal { details: refusal.details, ..Refusal::new(refusal.code, field, message) }
    };
    match Box::pin(place::place_in(tx, actor, command, Some(paid))).await {
        Err(Error::Refused(refusals)) => {
            Err(Error::Refused(refusals.into_iter().map(retold).collect()))
        }
        placed => placed,
    }
}
