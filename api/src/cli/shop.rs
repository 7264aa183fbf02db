//! The demo's shop: an outdoor outfitter, made through the operations, the same for the same seed.

use super::Fault;
use entities::enums::{
    AdjustmentKind, ChannelKind, DeliveryMethod, LocationKind, SettlementLineKind,
};
use operations::access::read::user_by_email;
use operations::access::user_create::{CreateUser, roles_named, user_create};
use operations::actor::Reach;
use operations::catalog::calendar::WorkCalendar;
use operations::catalog::channel_upsert::{UpsertChannel, channel_upsert};
use operations::catalog::legal_entity_upsert::{UpsertLegalEntity, legal_entity_upsert};
use operations::catalog::location_upsert::{UpsertLocation, location_upsert};
use operations::catalog::products_upsert::{
    ChannelPrice, Component, UpsertProduct, UpsertVariant, products_upsert,
};
use operations::catalog::read::{By, channel};
use operations::catalog::supplier_upsert::{Term, UpsertSupplier, supplier_upsert};
use operations::checks::Address;
use operations::customers::resolve::{CustomerRef, NewCustomer};
use operations::fulfillment::deliver::{DeliverFulfillment, deliver};
use operations::fulfillment::read::of_orders;
use operations::fulfillment::ship::{ShipFulfillment, ship};
use operations::orders::import::{ImportOrder, ImportedPayment, MAX_ORDERS, import};
use operations::orders::place::{PlaceOrder, place};
use operations::orders::{AdjustmentInput, LineInput};
use operations::payments::record::RecordPayment;
use operations::purchasing::create::{CreatePurchaseOrder, create as create_order};
use operations::purchasing::place::place as place_order;
use operations::purchasing::{OrderLine, WhichPurchaseOrder};
use operations::returns::policy::{Price, UpsertPolicy, return_policy_upsert};
use operations::settlements::terms::{FeeInput, SetFeeAgreements, fee_agreements_set};
use operations::stock::receive::{ReceiveStock, SkuQuantity, receive};
use operations::stock::set_policy::{SetStockPolicy, set_policy};
use operations::transfers::WhichTransfer;
use operations::transfers::create::{CreateTransfer, create as create_transfer};
use operations::transfers::ship::ship as ship_transfer;
use operations::{Actor, Call, Error, Store};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Who signs in.
pub(super) const ADMIN: &str = "admin@demo.example";

/// Customers.
const CUSTOMERS: usize = 300;
/// Orders that came with their history.
const HISTORY: usize = 320;
/// Orders that are placed here.
const PLACED: usize = 180;
/// Of payments that came before the goods left.
const IN_ADVANCE: &str = "manual";
/// The domestic tax rate.
const TAX: Decimal = Decimal::from_parts(19, 0, 0, false, 2);

/// Product, price in cents, sizes or colors.
const PRODUCTS: &[(&str, i64, &[&str])] = &[
    ("Ridge Rain Jacket", 18_900, &["XS", "S", "M", "L", "XL"]),
    ("Fjord Down Jacket", 24_900, &["XS", "S", "M", "L", "XL"]),
    ("Moor Softshell", 12_900, &["XS", "S", "M", "L", "XL"]),
    ("Summit Trousers", 11_900, &["44", "46", "48", "50", "52", "54"]),
    ("Trail Shorts", 5_900, &["S", "M", "L", "XL"]),
    ("Merino Shirt", 6_900, &["XS", "S", "M", "L", "XL"]),
    ("Merino Longsleeve", 8_400, &["XS", "S", "M", "L", "XL"]),
    ("Fleece Hoodie", 7_900, &["XS", "S", "M", "L", "XL"]),
    ("Wool Socks", 1_890, &["36-38", "39-41", "42-44", "45-47"]),
    ("Trail Socks", 1_490, &["36-38", "39-41", "42-44", "45-47"]),
    ("Knit Cap", 2_490, &["blue", "gray", "red", "green"]),
    ("Sun Hat", 2_990, &["S", "M", "L"]),
    ("Winter Gloves", 3_990, &["S", "M", "L", "XL"]),
    ("Hiking Boot", 19_900, &["38", "39", "40", "41", "42", "43", "44", "45", "46"]),
    ("Approach Shoe", 13_900, &["38", "39", "40", "41", "42", "43", "44", "45", "46"]),
    ("Trail Runner", 12_900, &["38", "39", "40", "41", "42", "43", "44", "45", "46"]),
    ("Camp Sandal", 5_990, &["38", "40", "42", "44", "46"]),
    ("Day Pack 22", 8_900, &["blue", "gray", "red"]),
    ("Trek Pack 45", 16_900, &["blue", "gray", "green"]),
    ("Expedition Pack 70", 23_900, &["blue", "gray"]),
    ("Hip Bag", 3_490, &["blue", "gray", "red", "green"]),
    ("Dry Bag", 1_990, &["5 l", "10 l", "20 l", "40 l"]),
    ("Tent Lark 1", 22_900, &["green", "sand"]),
    ("Tent Lark 2", 29_900, &["green", "sand"]),
    ("Tent Heron 4", 49_900, &["green", "sand"]),
    ("Sleeping Bag Summer", 8_900, &["M", "L"]),
    ("Sleeping Bag 3 Season", 15_900, &["M", "L"]),
    ("Sleeping Bag Winter", 27_900, &["M", "L"]),
    ("Sleeping Mat", 4_900, &["regular", "wide"]),
    ("Air Mat", 9_900, &["regular", "wide"]),
    ("Gas Stove", 4_490, &["one"]),
    ("Multi Fuel Stove", 14_900, &["one"]),
    ("Gas Cartridge", 690, &["100 g", "230 g", "450 g"]),
    ("Pot Set", 3_990, &["1 person", "2 persons", "4 persons"]),
    ("Titanium Mug", 2_990, &["one"]),
    ("Steel Bottle", 2_490, &["0.5 l", "0.75 l", "1 l"]),
    ("Insulated Bottle", 3_490, &["0.5 l", "0.75 l", "1 l"]),
    ("Water Filter", 4_990, &["one"]),
    ("Head Lamp", 4_490, &["black", "red"]),
    ("Camp Lantern", 3_490, &["one"]),
    ("Pocket Knife", 3_290, &["red", "wood"]),
    ("Trekking Poles", 7_900, &["aluminum", "carbon"]),
    ("Map Case", 1_990, &["one"]),
    ("Compass", 2_990, &["one"]),
    ("First Aid Kit", 2_990, &["small", "large"]),
    ("Repair Kit", 1_490, &["one"]),
    ("Rain Cover", 1_990, &["22 l", "45 l", "70 l"]),
    ("Washing Lotion", 890, &["one"]),
    ("Waterproofer", 1_190, &["one"]),
    ("Trail Bar Box", 2_390, &["nut", "fruit"]),
    ("Base Layer Top", 5_490, &["XS", "S", "M", "L", "XL"]),
    ("Base Layer Tights", 5_490, &["XS", "S", "M", "L", "XL"]),
    ("Rain Trousers", 9_900, &["44", "46", "48", "50", "52", "54"]),
    ("Touring Jacket", 27_900, &["XS", "S", "M", "L", "XL"]),
    ("Kids Rain Jacket", 7_900, &["98", "104", "110", "116", "122", "128"]),
    ("Kids Fleece", 3_990, &["98", "104", "110", "116", "122", "128"]),
    ("Gaiters", 4_490, &["S", "M", "L"]),
    ("Freeze-dried Meal", 890, &["lentils", "pasta", "curry"]),
];

/// An order that was paid, and when it was placed.
type Paid = (Uuid, OffsetDateTime);

/// SKU and units.
type Part = (&'static str, i32);

/// SKU, name, price in cents, components.
const BUNDLES: &[(&str, &str, i64, &[Part])] = &[
    (
        "SET-COOK",
        "Cooking Set",
        8_490,
        &[("GAS-STOVE-1", 1), ("POT-SET-2", 1), ("GAS-CARTRIDGE-2", 2)],
    ),
    ("SET-NIGHT", "Night Set", 18_900, &[("SLEEPING-BAG-3-SEASON-1", 1), ("SLEEPING-MAT-1", 1)]),
    ("SET-SOCKS", "Socks, Three Pairs", 4_990, &[("WOOL-SOCKS-3", 3)]),
];

const FIRST: &[&str] = &[
    "Ada", "Ben", "Clara", "David", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jan", "Katja", "Leo",
    "Mira", "Nils", "Olga", "Paul", "Rosa", "Samir", "Tilda", "Uwe", "Vera", "Wanda", "Yusuf",
    "Zoë",
];
const LAST: &[&str] = &[
    "Albers", "Brandt", "Çelik", "Dietz", "Engel", "Fuchs", "Götz", "Hansen", "Ilić", "Jansen",
    "Kowalski", "Lorenz", "Möller", "Nguyen", "Otto", "Peters", "Quandt", "Richter", "Schäfer",
    "Thoma", "Ullrich", "Vogt", "Weber", "Yıldız", "Ziegler",
];
/// City, postal code, country.
const CITIES: &[(&str, &str, &str)] = &[
    ("Berlin", "10115", "DE"),
    ("Hamburg", "20095", "DE"),
    ("München", "80331", "DE"),
    ("Köln", "50667", "DE"),
    ("Leipzig", "04109", "DE"),
    ("Dresden", "01067", "DE"),
    ("Freiburg", "79098", "DE"),
    ("Wien", "1010", "AT"),
    ("Graz", "8010", "AT"),
    ("Amsterdam", "1012", "NL"),
    ("Kraków", "30-001", "PL"),
];
const STREETS: &[&str] =
    &["Hauptstraße", "Gartenweg", "Lindenallee", "Am Markt", "Bergstraße", "Uferweg"];

/// Makes the shop where there is none. The administrator comes last, so that a shop whose making was
/// interrupted is not taken for a whole one.
pub(super) async fn make_once(store: &Store, seed: u64) -> Result<(), Fault> {
    let actor = Actor::system();
    if user_by_email(&store.read(), ADMIN).await?.is_some() {
        return Ok(());
    }
    if channel(&store.read(), &actor, &By::Code("store".into())).await?.is_some() {
        return Err(Fault::Failed(
            "this shop was not finished: delete its file and start again".into(),
        ));
    }
    let maker = Maker {
        store,
        actor: &actor,
        random: StdRng::seed_from_u64(seed),
        now: store.clock().now(),
    };
    Ok(maker.make().await?)
}

struct Maker<'a> {
    store: &'a Store,
    actor: &'a Actor,
    random: StdRng,
    now: OffsetDateTime,
}

struct Channels {
    web: Uuid,
    store: Uuid,
    marketplace: Uuid,
    contact: Uuid,
}

struct Places {
    berlin: Uuid,
    hamburg: Uuid,
    munich: Uuid,
    cologne: Uuid,
}

/// A SKU that can be ordered and its price in cents.
type Goods = Vec<(String, i64)>;

impl Maker<'_> {
    fn call(&self) -> Call<'_> {
        Call::by(self.actor)
    }

    async fn make(mut self) -> operations::Result<()> {
        let places = self.places().await?;
        let goods_channels = self.channels(&places).await?;
        let goods = self.products(&goods_channels).await?;
        let suppliers = self.suppliers(&goods).await?;
        self.stock(&places, &goods).await?;
        self.stock_documents(&places, &suppliers).await?;
        let customers = self.customers();
        self.history(&goods, &customers).await?;
        let paid = self.orders(&goods_channels, &places, &goods, &customers).await?;
        self.deliveries(&paid).await?;
        // The unpaid orders whose time is up are cancelled, as a running server would.
        operations::timers::run_due(self.store).await?;
        let admin = CreateUser {
            email: ADMIN.into(),
            name: "Demo Admin".into(),
            password: Some(super::user::made_up()),
            roles: roles_named(self.store, &["admin".into()]).await?,
            reach: Reach::default(),
        };
        user_create(self.store, self.call(), &admin).await?;
        Ok(())
    }

    async fn places(&self) -> operations::Result<Places> {
        let place = |code: &str, name: &str, kind, city: usize, at: (f64, f64)| {
            let (city, postal_code, country) = CITIES.get(city).copied().unwrap_or_default();
            let store = kind == LocationKind::Store;
            UpsertLocation {
                code: code.into(),
                name: name.into(),
                kind,
                address: Address {
                    company: Some("Nordlicht Outdoor GmbH".into()),
                    line1: Some("Werkstraße 1".into()),
                    city: Some(city.into()),
                    postal_code: Some(postal_code.into()),
                    country_code: Some(country.into()),
                    ..Address::default()
                },
                time_zone: "Europe/Berlin".into(),
                ships_orders: Some(true),
                offers_pickup: Some(store),
                active: Some(true),
                calendar: Some(WorkCalendar {
                    working_days: if store { (1..=6).collect() } else { (1..=5).collect() },
                    opens_at: if store { "10:00" } else { "07:00" }.into(),
                    cutoff_at: if store { "17:00" } else { "14:00" }.into(),
                    closes_at: if store { "19:00" } else { "18:00" }.into(),
                    holidays: vec![
                        format!("{}-12-25", self.now.year()),
                        format!("{}-12-26", self.now.year()),
                    ],
                }),
                daily_capacity: None,
                count_approval_above: None,
                latitude: Some(at.0),
                longitude: Some(at.1),
            }
        };
        let save = |location: UpsertLocation| async move {
            location_upsert(self.store, self.call(), &location).await
        };
        Ok(Places {
            berlin: save(place(
                "berlin",
                "Warehouse Berlin",
                LocationKind::Warehouse,
                0,
                (52.52, 13.405),
            ))
            .await?,
            hamburg: save(place(
                "hamburg",
                "Warehouse Hamburg",
                LocationKind::Warehouse,
                1,
                (53.551, 9.994),
            ))
            .await?,
            munich: save(place(
                "munich",
                "Warehouse Munich",
                LocationKind::Warehouse,
                2,
                (48.137, 11.575),
            ))
            .await?,
            cologne: save(place(
                "cologne",
                "Store Cologne",
                LocationKind::Store,
                3,
                (50.938, 6.96),
            ))
            .await?,
        })
    }

    async fn channels(&self, places: &Places) -> operations::Result<Channels> {
        let entity = UpsertLegalEntity {
            id: None,
            name: "Nordlicht Outdoor GmbH".into(),
            country_code: "DE".into(),
            tax_id: Some("DE136695976".into()),
            base_currency: "EUR".into(),
            time_zone: Some("Europe/Berlin".into()),
            one_stop_shop: None,
            tax_rounding: None,
            gift_card_valid_days: None,
            store_credit_valid_days: None,
            breakage: None,
            refund_order: None,
            bank_accounts: None,
            provider_accounts: None,
        };
        let entity = legal_entity_upsert(self.store, self.call(), &entity).await?;
        let fee = FeeInput {
            kind: SettlementLineKind::Capture,
            method: Some("card".into()),
            currency_code: "EUR".into(),
            from: "2020-01-01".into(),
            rate: Some(Decimal::new(15, 3)),
            fixed: Some(Decimal::new(25, 2)),
        };
        let agreed = SetFeeAgreements {
            legal_entity_id: entity,
            provider: "stripe".into(),
            agreements: vec![fee],
        };
        fee_agreements_set(self.store, self.call(), &agreed).await?;
        for policy in [law(), terms()] {
            return_policy_upsert(self.store, self.call(), &policy).await?;
        }
        let warehouses = vec![places.berlin, places.hamburg, places.munich];
        let all = [warehouses.clone(), vec![places.cologne]].concat();
        let save = |code: &str, name: &str, kind, prefix: &str, locations: Vec<Uuid>, expires| {
            let channel = UpsertChannel {
                code: code.into(),
                name: name.into(),
                kind,
                currency: "EUR".into(),
                tax_included: true,
                legal_entity_id: entity,
                order_number_prefix: Some(prefix.into()),
                unpaid_expires_after_seconds: expires,
                capture: None,
                location_ids: Some(locations),
            };
            async move { channel_upsert(self.store, self.call(), &channel).await }
        };
        let days = |days: i32| Some(days * 86_400);
        Ok(Channels {
            store: save(
                "store",
                "Store Cologne",
                ChannelKind::Store,
                "STO",
                vec![places.cologne, places.berlin],
                None,
            )
            .await?,
            marketplace: save(
                "market",
                "Marketplace",
                ChannelKind::Marketplace,
                "MKT",
                warehouses,
                days(3),
            )
            .await?,
            contact: save(
                "phone",
                "Contact Center",
                ChannelKind::ContactCenter,
                "TEL",
                all.clone(),
                days(7),
            )
            .await?,
            web: save("web", "Web Shop", ChannelKind::Web, "WEB", all, days(3)).await?,
        })
    }

    async fn products(&mut self, channels: &Channels) -> operations::Result<Goods> {
        let prices = |cents: i64| {
            let price = |channel_id, cents| ChannelPrice {
                channel_id,
                amount: Decimal::new(cents, 2),
                tax_rate: TAX,
            };
            // The marketplace takes a fee, which its price carries.
            let market = cents + cents / 20;
            vec![
                price(channels.web, cents),
                price(channels.store, cents),
                price(channels.contact, cents),
                price(channels.marketplace, market),
            ]
        };
        let mut goods = Goods::new();
        let mut products = Vec::new();
        for (name, cents, options) in PRODUCTS {
            let mut variants = Vec::new();
            for (index, option) in options.iter().enumerate() {
                if goods.len() == 200 - BUNDLES.len() {
                    break;
                }
                let sku = format!("{}-{}", name.to_uppercase().replace([' ', '.'], "-"), index + 1);
                goods.push((sku.clone(), *cents));
                let label =
                    if *option == "one" { (*name).to_owned() } else { format!("{name}, {option}") };
                variants.push(UpsertVariant {
                    prices: Some(prices(*cents)),
                    unit_cost: Some((Decimal::new(cents * 45 / 119, 2), "EUR".into())),
                    barcode: Some(format!("40{:011}", goods.len() * 7_919)),
                    attributes: Some(json!({ "option": option })),
                    weight_grams: Some(self.random.random_range(60..2_400)),
                    origin_country: Some(
                        ["PT", "VN", "DE", "IT"]
                            .choose(&mut self.random)
                            .map_or("DE", |code| code)
                            .to_owned(),
                    ),
                    ..variant(&sku, &label)
                });
            }
            if !variants.is_empty() {
                products.push(UpsertProduct { name: (*name).into(), variants });
            }
        }
        for (sku, name, cents, parts) in BUNDLES {
            let components = parts
                .iter()
                .map(|(sku, quantity)| Component { sku: (*sku).into(), quantity: *quantity });
            let bundle = UpsertVariant {
                prices: Some(prices(*cents)),
                components: Some(components.collect()),
                ..variant(sku, name)
            };
            products.push(UpsertProduct { name: (*name).into(), variants: vec![bundle] });
            goods.push(((*sku).into(), *cents));
        }
        let done = products_upsert(self.store, self.call(), &products).await?;
        if let Some(fault) = done.refusals.first() {
            return Err(Error::Internal(format!("the demo's products: {fault:?}")));
        }
        Ok(goods)
    }

    /// Suppliers, each with the SKUs that it sells.
    async fn suppliers(&mut self, goods: &Goods) -> operations::Result<Vec<(Uuid, Vec<String>)>> {
        let mut suppliers = Vec::new();
        let plain: Vec<&(String, i64)> =
            goods.iter().filter(|(sku, _)| !sku.starts_with("SET-")).collect();
        for (index, name) in
            ["Alpina Textil Lda", "Hanoi Gear Co", "Solingen Werke"].into_iter().enumerate()
        {
            let terms = plain.iter().skip(index).step_by(3).map(|(sku, cents)| Term {
                sku: sku.clone(),
                supplier_sku: None,
                unit_cost: Decimal::new(cents * 45 / 119, 2),
                lead_time_days: [14, 45, 21].get(index).copied().unwrap_or(14),
                minimum_quantity: Some(10),
                pack_size: Some(5),
            });
            let supplier = UpsertSupplier {
                over_receipt_percent: None,
                order_cost: None,
                id: None,
                name: name.into(),
                email: Some(format!("orders{index}@supplier.example")),
                currency: "EUR".into(),
                payment_terms_days: Some(30),
                terms: Some(terms.collect()),
            };
            let id = supplier_upsert(self.store, self.call(), &supplier).await?;
            let terms = supplier.terms.into_iter().flatten();
            suppliers.push((id, terms.map(|term| term.sku).collect()));
        }
        Ok(suppliers)
    }

    async fn stock(&mut self, places: &Places, goods: &Goods) -> operations::Result<()> {
        let plain: Vec<String> = goods
            .iter()
            .map(|(sku, _)| sku.clone())
            .filter(|sku| !sku.starts_with("SET-"))
            .collect();
        for (location_id, most) in
            [(places.berlin, 60), (places.hamburg, 40), (places.munich, 30), (places.cologne, 8)]
        {
            let mut lines = Vec::new();
            for sku in &plain {
                // Some shelves are empty, as in any shop.
                let quantity = self.random.random_range(-most / 10..=most);
                if quantity > 0 {
                    lines.push(SkuQuantity { sku: sku.clone(), quantity });
                }
            }
            let command = ReceiveStock {
                location_id,
                lines,
                reason: Some("opening stock".into()),
                returned_from: None,
            };
            receive(self.store, self.call(), &command).await?;
        }
        for sku in plain.iter().step_by(9) {
            let policy = SetStockPolicy {
                location_id: places.berlin,
                sku: sku.clone(),
                safety_stock: Some(2),
                reorder_point: Some(10),
                reorder_quantity: Some(30),
            };
            set_policy(self.store, self.call(), &policy).await?;
        }
        Ok(())
    }

    /// What is on its way: a purchase order of each supplier, the last of them still to be sent, and a transfer.
    async fn stock_documents(
        &mut self,
        places: &Places,
        suppliers: &[(Uuid, Vec<String>)],
    ) -> operations::Result<()> {
        let last = suppliers.len().saturating_sub(1);
        for (index, (supplier_id, skus)) in suppliers.iter().enumerate() {
            let line = |sku: &String| OrderLine { sku: sku.clone(), quantity: 20, unit_cost: None };
            let order = CreatePurchaseOrder {
                supplier_id: *supplier_id,
                location_id: places.berlin,
                lines: skus.iter().take(6).map(line).collect(),
                expected_at: None,
                exchange_rate: None,
            };
            let purchase_order_id = create_order(self.store, self.call(), &order).await?;
            if index < last {
                let which = WhichPurchaseOrder { purchase_order_id, expected_version: None };
                place_order(self.store, self.call(), &which).await?;
            }
        }
        let skus: Vec<&String> = suppliers.iter().flat_map(|(_, skus)| skus).take(8).collect();
        let lines = skus.into_iter().map(|sku| SkuQuantity { sku: sku.clone(), quantity: 2 });
        let lines: Vec<SkuQuantity> = lines.collect();
        let arrived = ReceiveStock {
            location_id: places.hamburg,
            lines: lines.clone(),
            reason: Some("from the fair".into()),
            returned_from: None,
        };
        receive(self.store, self.call(), &arrived).await?;
        let transfer = CreateTransfer {
            from_location_id: places.hamburg,
            to_location_id: places.cologne,
            lines,
            expected_at: Some(self.now + Duration::days(2)),
        };
        let transfer_id = create_transfer(self.store, self.call(), &transfer).await?;
        let which = WhichTransfer { transfer_id, expected_version: None };
        ship_transfer(self.store, self.call(), &which).await?;
        Ok(())
    }

    fn customers(&mut self) -> Vec<NewCustomer> {
        (0..CUSTOMERS).map(|index| self.customer(index)).collect()
    }

    fn customer(&mut self, index: usize) -> NewCustomer {
        let first = FIRST.get(index % FIRST.len()).copied().unwrap_or_default();
        let last =
            LAST.get((index * 7 + index / FIRST.len()) % LAST.len()).copied().unwrap_or_default();
        let (city, postal_code, country) =
            CITIES.choose(&mut self.random).copied().unwrap_or_default();
        let street = STREETS.choose(&mut self.random).copied().unwrap_or_default();
        let name = format!("{first} {last}");
        NewCustomer {
            email: Some(format!("customer{index:03}@mail.example")),
            phone: Some(format!("+49 30 5550{index:04}")),
            locale: Some("de-DE".into()),
            address: Some(Address {
                name: Some(name.clone()),
                line1: Some(format!("{street} {}", self.random.random_range(1..120))),
                city: Some(city.into()),
                postal_code: Some(postal_code.into()),
                country_code: Some(country.into()),
                ..Address::default()
            }),
            name: Some(name),
            ..NewCustomer::default()
        }
    }

    fn lines(&mut self, goods: &Goods) -> Vec<LineInput> {
        let count = *[1, 1, 1, 2, 2, 3, 4].choose(&mut self.random).unwrap_or(&1);
        let chosen: Vec<&(String, i64)> = goods.sample(&mut self.random, count).collect();
        chosen
            .into_iter()
            .map(|(sku, _)| LineInput {
                sku: sku.clone(),
                quantity: *[1, 1, 1, 2, 3].choose(&mut self.random).unwrap_or(&1),
                ..LineInput::default()
            })
            .collect()
    }

    /// Orders of the last 90 days that are over, or nearly.
    async fn history(
        &mut self,
        goods: &Goods,
        customers: &[NewCustomer],
    ) -> operations::Result<()> {
        let mut orders: Vec<ImportOrder> = Vec::new();
        for index in 0..HISTORY {
            orders.push(self.past(index, goods, customers));
        }
        orders.sort_by_key(|order| order.placed_at);
        for chunk in orders.chunks(MAX_ORDERS) {
            let done = import(self.store, self.call(), chunk).await?;
            if let Some(fault) = done.refusals.first() {
                return Err(Error::Internal(format!("the demo's history: {fault:?}")));
            }
        }
        Ok(())
    }

    fn past(&mut self, index: usize, goods: &Goods, customers: &[NewCustomer]) -> ImportOrder {
        let placed_at =
            self.now - Duration::minutes(self.random.random_range(7 * 1_440..90 * 1_440));
        let customer = customers.choose(&mut self.random).cloned().unwrap_or_default();
        let mut lines = self.lines(goods);
        let mut total = Decimal::new(490, 2);
        for line in &mut lines {
            let price =
                goods.iter().find(|(sku, _)| *sku == line.sku).map_or(0, |(_, cents)| *cents);
            line.unit_price = Some(Decimal::new(price, 2));
            line.tax_rate = Some(TAX);
            total += Decimal::new(price * i64::from(line.quantity), 2);
        }
        let fate = self.random.random_range(0..100);
        let hours = |hours: i64| placed_at + Duration::hours(hours);
        let (ship, arrive) = (self.random.random_range(4..40), self.random.random_range(44..140));
        let cancelled = fate < 8;
        let shipped_at = (!cancelled).then(|| hours(ship));
        // A few are still on their way, a few came back.
        let delivered_at = (!cancelled && fate >= 14).then(|| hours(arrive));
        let returned_at = (fate >= 93).then(|| hours(arrive + 120));
        let captured_at = (!cancelled || fate < 3).then(|| hours(ship));
        let code =
            *["web", "web", "web", "market", "phone"].choose(&mut self.random).unwrap_or(&"web");
        ImportOrder {
            channel_code: code.into(),
            channel_reference: format!("H-{index:05}"),
            shipping_address: customer.address.clone(),
            billing_address: customer.address.clone(),
            customer: Some(customer),
            placed_at,
            currency: "EUR".into(),
            lines,
            adjustments: vec![shipping()],
            payments: vec![ImportedPayment {
                method: ["card", "paypal", "card"]
                    .choose(&mut self.random)
                    .map_or("card", |method| method)
                    .to_string(),
                amount: total,
                reference: Some(format!("psp-{index:06}")),
                captured_at,
                installments: None,
            }],
            approved_at: (!cancelled).then(|| hours(1)),
            shipped_at,
            delivered_at,
            promised_by: Some(hours(120)),
            cancelled_at: cancelled.then(|| hours(6)),
            returned_at,
            location_code: ["berlin", "hamburg", "munich"]
                .choose(&mut self.random)
                .map(|code| (*code).to_owned()),
            satisfaction: delivered_at
                .map(|_| *[5, 5, 5, 4, 4, 3, 1].choose(&mut self.random).unwrap_or(&5)),
            tags: Vec::new(),
            attributes: None,
        }
    }

    /// Orders of the last days that are placed here and hold stock. Answers with those that are paid.
    async fn orders(
        &mut self,
        channels: &Channels,
        places: &Places,
        goods: &Goods,
        customers: &[NewCustomer],
    ) -> operations::Result<Vec<Paid>> {
        let mut paid = Vec::new();
        let mut moments: Vec<i64> =
            (0..PLACED).map(|_| self.random.random_range(5..6 * 1_440)).collect();
        moments.sort_unstable_by(|a, b| b.cmp(a));
        for (index, minutes) in moments.into_iter().enumerate() {
            let customer = customers.choose(&mut self.random).cloned().unwrap_or_default();
            let channel = *[
                channels.web,
                channels.web,
                channels.web,
                channels.marketplace,
                channels.contact,
                channels.store,
            ]
            .choose(&mut self.random)
            .unwrap_or(&channels.web);
            let fetch = channel == channels.store || (channel == channels.web && index % 10 == 0);
            let placed_at = self.now - Duration::minutes(minutes);
            let mut order = PlaceOrder {
                channel_reference: Some(format!("D-{index:05}")),
                shipping_address: (!fetch).then(|| customer.address.clone()).flatten(),
                billing_address: customer.address.clone(),
                customer: Some(CustomerRef::Create(Box::new(customer))),
                adjustments: if fetch { Vec::new() } else { vec![shipping()] },
                delivery_method: if fetch { DeliveryMethod::Pickup } else { DeliveryMethod::Ship },
                pickup_location_id: fetch.then_some(places.cologne),
                placed_at: Some(placed_at),
                promised_by: Some(placed_at + Duration::days(4)),
                allow_backorder: true,
                tags: if index % 12 == 0 { vec!["gift".into()] } else { Vec::new() },
                note: (index % 25 == 0).then(|| "Asks for delivery before the weekend.".into()),
                ..PlaceOrder::new(channel, self.lines(goods))
            };
            if index % 8 == 3 {
                order.adjustments.push(AdjustmentInput {
                    kind: AdjustmentKind::Discount,
                    label: "Welcome".into(),
                    amount: Decimal::new(500, 2),
                    tax_rate: None,
                    minimum_items: None,
                });
            }
            order.payments = Self::payment(goods, &order, index);
            let placed = match place(self.store, self.call(), &order).await {
                // A welcome of five on an order of less: the shop would not give it.
                Err(Error::Refused(_)) => {
                    order.adjustments.retain(|one| one.kind != AdjustmentKind::Discount);
                    place(self.store, self.call(), &order).await?
                }
                placed => placed?,
            };
            if order.payments.iter().any(|payment| payment.provider == IN_ADVANCE) {
                paid.push((placed.id, placed_at));
            }
        }
        Ok(paid)
    }

    /// What was paid left a day later, and most of it has arrived.
    async fn deliveries(&self, paid: &[Paid]) -> operations::Result<()> {
        let ids: Vec<Uuid> = paid.iter().map(|(id, _)| *id).collect();
        for (order, work) in of_orders(&self.store.read(), &ids).await? {
            let placed = paid.iter().find(|(id, _)| *id == order).map(|(_, at)| *at);
            let left = placed.map(|at| at + Duration::hours(20)).filter(|at| *at < self.now);
            let (Some(left), DeliveryMethod::Ship) = (left, work.delivery_method) else { continue };
            let shipped = ShipFulfillment {
                fulfillment_id: work.id,
                expected_version: None,
                parcels: None,
                shipped_at: Some(left),
            };
            ship(self.store, self.call(), &shipped).await?;
            let arrived = left + Duration::hours(40);
            if arrived < self.now {
                let delivered = DeliverFulfillment {
                    fulfillment_id: work.id,
                    expected_version: None,
                    delivered_at: Some(arrived),
                    received_by: None,
                };
                deliver(self.store, self.call(), &delivered).await?;
            }
        }
        Ok(())
    }

    /// Most are authorized for more than enough, some paid, some in part, some not at all.
    fn payment(goods: &Goods, order: &PlaceOrder, index: usize) -> Vec<RecordPayment> {
        let cents: i64 = order
            .lines
            .iter()
            .map(|line| {
                let price =
                    goods.iter().find(|(sku, _)| *sku == line.sku).map_or(0, |(_, cents)| *cents);
                (price + price / 20) * i64::from(line.quantity)
            })
            .sum();
        let amount = Decimal::new(cents + 490, 2);
        let payment = RecordPayment {
            provider: "stripe".into(),
            provider_reference: Some(format!("pi_demo_{index:05}")),
            method: "card".into(),
            authorization_expires_at: order.placed_at.map(|at| at + Duration::days(7)),
            ..RecordPayment::default()
        };
        match index % 10 {
            0..=5 => vec![RecordPayment { authorized: Some(amount), ..payment }],
            6 | 7 => {
                let (provider, method) = (IN_ADVANCE.to_owned(), "transfer".to_owned());
                vec![RecordPayment { captured: Some(amount), provider, method, ..payment }]
            }
            8 => vec![RecordPayment { captured: Some(Decimal::new(cents / 2, 2)), ..payment }],
            _ => {
                vec![RecordPayment { pending: Some(amount), method: "transfer".into(), ..payment }]
            }
        }
    }
}

fn variant(sku: &str, name: &str) -> UpsertVariant {
    UpsertVariant {
        sku: sku.into(),
        barcode: None,
        name: name.into(),
        attributes: None,
        weight_grams: None,
        customs_code: None,
        origin_country: None,
        components: None,
        prices: None,
        unit_cost: None,
        final_sale: None,
        tax_category: None,
        active: None,
    }
}

fn shipping() -> AdjustmentInput {
    AdjustmentInput {
        kind: AdjustmentKind::Shipping,
        label: "Standard".into(),
        amount: Decimal::new(490, 2),
        tax_rate: None,
        minimum_items: None,
    }
}

/// What the law of the European Union gives: fourteen days, and nothing is kept.
fn law() -> UpsertPolicy {
    let countries = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ];
    UpsertPolicy {
        name: "Withdrawal (EU)".into(),
        country_codes: Some(countries.map(str::to_owned).into()),
        window_days: 14,
        refund_within_days: 14,
        statutory: Some(true),
        ..terms()
    }
}

/// What the shop gives beyond that: thirty days, for which it keeps something.
fn terms() -> UpsertPolicy {
    let price = Price { amount: Decimal::new(495, 2), currency: "EUR".into() };
    UpsertPolicy {
        id: None,
        expected_version: None,
        name: "Thirty days".into(),
        channel_id: None,
        country_codes: None,
        tags: None,
        window_days: 30,
        refund_within_days: 7,
        restocking_fee_rate: None,
        customer_pays_shipping: None,
        return_shipping: Some(price.clone()),
        standard_shipping: Some(price),
        instant_refund_below: None,
        reasons: None,
        evidence_reasons: None,
        priority: None,
        active: None,
        statutory: None,
        refund_trigger: None,
        recompute_promotions: None,
    }
}
