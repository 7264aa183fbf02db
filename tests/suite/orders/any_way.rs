//! Whatever is done to orders, in whatever order: totals, units, shelves, money and the books stay right, and what is
//! refused changes nothing.

use harness::client::user_errors;
use harness::random::{random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Steps of one run, and runs: many in the full form.
fn size() -> (u64, u64) {
    if std::env::var("TEST_FULL").is_ok() { (60, 100) } else { (25, 2) }
}

fn int(json: &Json) -> i64 {
    json.as_i64().expect("a number")
}

fn cents(json: &Json) -> i64 {
    let text = json["amount"].as_str().expect("an amount");
    text.replace('.', "").parse().expect("cents")
}

const ORDER: &str = "query($id: ID!) { order(by: { id: $id }) { id number version state fulfillmentState paymentState onHold cancelledAt
  totals { items { amount } shipping { amount } discounts { amount } tax { amount } grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } }
  adjustments { kind amount { amount } tax { amount } }
  lines { id sku quantity quantityReserved quantityBackordered quantityFulfilled quantityCancelled taxRate unitPrice { amount } discount { amount } tax { amount } total { amount } substitutesFor { id } }
  fulfillments { id version state location { id } lines { sku quantity quantityPicked quantityShort orderLine { id } } }
  payments { authorized { amount } captured { amount } refunded { amount } transactions { kind } } } }";

/// Of each line, the discount that was frozen and the units that it was frozen for.
type Frozen = BTreeMap<String, (i64, i64)>;

/// `total` times `part` by `whole`, half up.
fn share(total: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { (2 * total * part + whole).div_euclid(2 * whole) }
}

/// The second formula: what an order costs, from prices, frozen discounts and amounts beside the lines.
fn check_money(order: &Json, frozen: &Frozen) {
    let said = || format!("{order:#}\n{frozen:?}");
    let lines = order["lines"].as_array().unwrap();
    let standing = |line: &Json| int(&line["quantity"]) - int(&line["quantityCancelled"]);
    let (mut items, mut discounts, mut of_lines) = (0, 0, 0);
    for line in lines {
        let (discount, units) = frozen[line["id"].as_str().unwrap()];
        let off = share(discount, standing(line).min(units), units);
        let gross = standing(line) * cents(&line["unitPrice"]);
        assert_eq!(cents(&line["discount"]), off, "{}", said());
        assert_eq!(cents(&line["total"]), gross - off, "{}", said());
        items += gross;
        discounts += off;
        of_lines += gross - off;
    }
    let nothing = lines.iter().all(|line| standing(line) == 0);
    let beside =
        order["adjustments"].as_array().unwrap().iter().filter(|one| one["kind"] != "DISCOUNT");
    let beside: i64 = if nothing { 0 } else { beside.map(|one| cents(&one["amount"])).sum() };
    let totals = &order["totals"];
    assert_eq!(
        (cents(&totals["items"]), cents(&totals["discounts"])),
        (items, discounts),
        "{}",
        said()
    );
    assert_eq!(cents(&totals["grandTotal"]), of_lines + beside, "{}", said());
    // What left is captured, as long as what was authorized was not let go because all had left; and never more is kept
    // than the whole costs.
    let left: i64 = lines
        .iter()
        .map(|line| share(cents(&line["total"]), int(&line["quantityFulfilled"]), standing(line)))
        .sum();
    let any = lines.iter().any(|line| int(&line["quantityFulfilled"]) > 0);
    let owed = if any { left + beside } else { 0 };
    let kept = cents(&totals["paid"]) - cents(&totals["refunded"]);
    let steps = order["payments"][0]["transactions"].as_array().unwrap();
    let released = steps.iter().any(|step| step["kind"] == "VOID");
    assert!(released || kept >= owed, "{kept} {owed} {}", said());
    assert!(kept <= cents(&totals["grandTotal"]), "{kept} {}", said());
    assert_eq!(cents(&totals["outstanding"]), cents(&totals["grandTotal"]) - kept, "{}", said());
    // The tax of the whole is that of its parts, dealt out without a rest.
    let of_lines: i64 = lines.iter().map(|line| cents(&line["tax"])).sum();
    let adjustments = order["adjustments"].as_array().unwrap().iter();
    let beside = adjustments.filter(|one| one["kind"] != "DISCOUNT");
    let tax = of_lines + beside.map(|one| cents(&one["tax"])).sum::<i64>();
    if !nothing {
        assert_eq!(cents(&totals["tax"]), tax, "{}", said());
    }
}

fn check_units(order: &Json) {
    let said = || format!("{order:#}");
    let reserving = ["REQUESTED", "OPEN", "ON_HOLD", "PICKING", "PACKED", "READY_FOR_PICKUP"];
    for line in order["lines"].as_array().unwrap() {
        let of = |name: &str| int(&line[name]);
        let parts = of("quantityReserved")
            + of("quantityBackordered")
            + of("quantityFulfilled")
            + of("quantityCancelled");
        if order["state"] == "OPEN" {
            assert_eq!(parts, of("quantity"), "{}", said());
        }
        let mut by_sku: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for work in order["fulfillments"].as_array().unwrap() {
            let state = work["state"].as_str().unwrap();
            for share in work["lines"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|share| share["orderLine"]["id"] == line["id"])
            {
                let units = int(&share["quantity"]) - int(&share["quantityShort"]);
                let each = if share["sku"] == "A" && line["sku"] == "SET" { 2 } else { 1 };
                let part = by_sku.entry(share["sku"].as_str().unwrap()).or_insert((0, each));
                if reserving.contains(&state) || state == "SHIPPED" || state == "DELIVERED" {
                    part.0 += units;
                }
            }
        }
        let whole = by_sku.values().map(|(units, each)| units / each).min().unwrap_or(0);
        assert_eq!(of("quantityReserved") + of("quantityFulfilled"), whole, "{}", said());
    }
}

struct Run {
    app: TestApp,
    shop: Shop,
    orders: Vec<(String, Frozen)>,
    done: BTreeMap<String, u64>,
}

impl Run {
    async fn read(&self, id: &str) -> Json {
        self.shop.admin.payload(ORDER, json!({ "id": id })).await
    }

    /// Runs a mutation; one that is refused has changed nothing.
    async fn run(&mut self, query: &str, input: Json) -> Option<Json> {
        let before = self.app.books().await;
        let payload = self.shop.admin.payload(query, json!({ "input": input })).await;
        let errors = user_errors(&payload);
        let name = query
            .split_once('(')
            .unwrap()
            .1
            .split_once(") {")
            .unwrap()
            .1
            .trim()
            .split('(')
            .next()
            .unwrap()
            .to_owned();
        if errors.is_empty() {
            *self.done.entry(name).or_default() += 1;
            return Some(payload);
        }
        assert_eq!(self.app.books().await, before, "{name} {input}: {errors:?}");
        *self
            .done
            .entry(format!("{name} {}", errors[0].split(' ').next().unwrap()))
            .or_default() += 1;
        None
    }

    /// What is frozen now: whenever amounts are dealt out anew, or a line comes.
    fn freeze(frozen: &mut Frozen, order: &Json, all: bool) {
        for line in order["lines"].as_array().unwrap() {
            let id = text(&line["id"]);
            if all || !frozen.contains_key(&id) {
                let standing = int(&line["quantity"]) - int(&line["quantityCancelled"]);
                frozen.insert(id, (cents(&line["discount"]), standing));
            }
        }
    }

    async fn check(&mut self, seed: u64) {
        let orders = self.orders.clone();
        for (id, frozen) in &orders {
            let order = self.read(id).await;
            check_money(&order, frozen);
            check_units(&order);
        }
        for sku in ["A", "B", "C", "D"] {
            for location in [&self.shop.berlin, &self.shop.hamburg, &self.shop.store] {
                let (on_hand, reserved, _) = self.shop.level(sku, location).await;
                assert!(
                    reserved >= 0 && on_hand >= reserved,
                    "seed {seed}: {sku} {on_hand} {reserved}"
                );
            }
        }
        self.app.verify().await;
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of step")]
    async fn step(&mut self, seed: &mut u64) {
        const SKUS: [&str; 5] = ["A", "B", "C", "D", "SET"];
        let pick = |seed: &mut u64| SKUS[usize::try_from(random(seed, 5)).unwrap()];
        let kind = if self.orders.is_empty() { 0 } else { random(seed, 24) };
        if kind < 3 {
            let first = usize::try_from(random(seed, 5)).unwrap();
            let lines: Vec<Json> = (0..=usize::try_from(random(seed, 2)).unwrap())
                .map(|place| json!({ "sku": SKUS[(first + place) % 5], "quantity": 1 + random(seed, 5) }))
                .collect();
            let mut input = self.shop.paid(&[]);
            input["lines"] = json!(lines);
            input["payments"][0]["authorized"] = json!("100000.00");
            input["allowBackorder"] = json!(true);
            input["allowSplit"] = json!(random(seed, 4) > 0);
            input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "off", "amount": format!("{}.{:02}", random(seed, 4), random(seed, 100)) },
                { "kind": "SHIPPING", "label": "way", "amount": format!("{}.{:02}", random(seed, 6), random(seed, 100)) }]);
            if let Some(placed) = self.run(ORDER_PLACE, input).await {
                let id = text(&placed["order"]["id"]);
                let order = self.read(&id).await;
                let mut frozen = Frozen::new();
                Self::freeze(&mut frozen, &order, true);
                self.orders.push((id, frozen));
            }
            return;
        }
        let place =
            usize::try_from(random(seed, u64::try_from(self.orders.len()).unwrap())).unwrap();
        let id = self.orders[place].0.clone();
        let order = self.read(&id).await;
        let lines = order["lines"].as_array().unwrap().clone();
        let line = lines[usize::try_from(random(seed, 8)).unwrap() % lines.len()].clone();
        let works: Vec<Json> = order["fulfillments"].as_array().unwrap().clone();
        let work = works[..]
            .iter()
            .rev()
            .find(|work| {
                ["OPEN", "PICKING", "PACKED", "SHIPPED"].contains(&work["state"].as_str().unwrap())
            })
            .cloned();
        let left = |line: &Json| {
            int(&line["quantity"]) - int(&line["quantityPicked"]) - int(&line["quantityShort"])
        };
        let mut dealt_anew = false;
        match kind {
            3 | 4 => {
                let input = json!({ "orderId": id, "setQuantities": [{ "lineId": line["id"], "quantity": random(seed, 7) }] });
                self.run(ORDER_EDIT, input).await;
            }
            5 => {
                let input = json!({ "orderId": id, "addLines": [{ "sku": pick(seed), "quantity": 1 + random(seed, 3) }] });
                self.run(ORDER_EDIT, input).await;
            }
            6 => {
                let adjustments = json!([{ "kind": "DISCOUNT", "label": "off", "amount": format!("{}.{:02}", random(seed, 3), random(seed, 100)) },
                    { "kind": "FEE", "label": "wrapping", "amount": "1.99" }]);
                dealt_anew = self
                    .run(ORDER_EDIT, json!({ "orderId": id, "adjustments": adjustments }))
                    .await
                    .is_some();
            }
            7 => {
                let address = json!({ "line1": format!("Weg {}", random(seed, 9)), "city": "Bonn", "countryCode": "DE" });
                self.run(ORDER_EDIT, json!({ "orderId": id, "shippingAddress": address })).await;
            }
            8 => {
                self.run(ORDER_HOLD, json!({ "orderId": id, "reason": "MANUAL" })).await;
            }
            9 | 10 => {
                self.run(ORDER_RELEASE, json!({ "orderId": id })).await;
            }
            11 => {
                self.run(ORDER_REROUTE, json!({ "orderId": id })).await;
            }
            12 | 13 => {
                let mut input =
                    json!({ "orderId": id, "reason": "CUSTOMER", "restock": random(seed, 2) == 0 });
                if random(seed, 5) > 0 {
                    input["lines"] =
                        json!([{ "lineId": line["id"], "quantity": 1 + random(seed, 2) }]);
                }
                self.run(ORDER_CANCEL, input).await;
            }
            14 => {
                let input = json!({ "lineId": line["id"], "sku": pick(seed), "quantity": 1, "keepPrice": true });
                self.run(LINE_SUBSTITUTE, input).await;
            }
            15 => {
                let location = [&self.shop.berlin, &self.shop.hamburg]
                    [usize::try_from(random(seed, 2)).unwrap()]
                .clone();
                let sku = SKUS[usize::try_from(random(seed, 4)).unwrap()];
                let input = json!({ "locationId": location, "lines": [{ "sku": sku, "quantity": 1 + random(seed, 6) }] });
                self.run(STOCK_RECEIVE, input).await;
            }
            _ => {
                let Some(work) = work else { return };
                let id = json!({ "fulfillmentId": work["id"] });
                match work["state"].as_str().unwrap() {
                    "OPEN" => {
                        self.run(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] }))
                            .await;
                    }
                    "PICKING" => {
                        let mut skus: BTreeMap<String, i64> = BTreeMap::new();
                        for line in
                            work["lines"].as_array().unwrap().iter().filter(|line| left(line) > 0)
                        {
                            *skus.entry(text(&line["sku"])).or_default() += left(line);
                        }
                        let mut input = id.clone();
                        if skus.is_empty() {
                            self.run(FULFILLMENT_SHIP, id).await;
                            return;
                        }
                        let short = random(seed, 3) == 0;
                        if short {
                            let (sku, units) = skus.iter_mut().next().unwrap();
                            *units -= 1;
                            if random(seed, 2) == 0 {
                                input["damaged"] = json!([{ "sku": sku, "quantity": 1 }]);
                            }
                            input["shortPick"] = json!(
                                (["REROUTE", "BACKORDER", "CANCEL"])
                                    [usize::try_from(random(seed, 3)).unwrap()]
                            );
                        }
                        input["picked"] = skus
                            .iter()
                            .map(|(sku, units)| json!({ "sku": sku, "quantity": units }))
                            .collect();
                        self.run(FULFILLMENT_PICK, input).await;
                    }
                    "SHIPPED" if random(seed, 4) == 0 => {
                        self.run(FULFILLMENT_DELIVER, id).await;
                    }
                    "SHIPPED" => {}
                    _ => {
                        self.run(FULFILLMENT_SHIP, id).await;
                    }
                }
                if random(seed, 12) == 0 && work["state"] != "SHIPPED" {
                    let input = json!({ "fulfillmentId": work["id"], "reason": "flooded" });
                    self.run(FULFILLMENT_FAIL, input).await;
                }
            }
        }
        // Another order's line may have been served or split off: what is new is frozen as it came.
        for index in 0..self.orders.len() {
            let order = self.read(&self.orders[index].0.clone()).await;
            Self::freeze(&mut self.orders[index].1, &order, dealt_anew && index == place);
        }
    }
}

#[tokio::test]
async fn any_sequence_of_changes_leaves_everything_consistent() {
    let first = seed();
    let (steps, runs) = size();
    let mut done: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..runs {
        let start = first.wrapping_add(number);
        eprintln!("seed {start}");
        let mut seed = start;
        let app = TestApp::start().await;
        let shop = Shop::open(&app).await;
        let mut run = Run { app, shop, orders: Vec::new(), done: BTreeMap::new() };
        for _ in 0..steps {
            run.step(&mut seed).await;
            run.check(start).await;
        }
        for (name, count) in run.done {
            *done.entry(name).or_default() += count;
        }
    }
    eprintln!("{done:?}");
}
