//! Many clients at once, on the same orders and the same shelf, against a model that does one thing after another: the
//! log says in which order things happened, and the model, told so, ends where the books end.

use harness::client::{http, user_errors};
use harness::random::{random, seed};
use harness::shop::*;
use harness::{Client, Shop, TestApp};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const SKUS: [&str; 4] = ["A", "B", "C", "D"];
const CLIENTS: u64 = 16;

/// 10,000 in the full form.
fn operations() -> u64 {
    if std::env::var("TEST_FULL").is_ok() { 10_000 } else { 640 }
}

fn int(json: &Json) -> i64 {
    json.as_i64().expect("a number")
}

/// What a client did, and was told to have done.
#[derive(Debug, Clone)]
enum Act {
    Receive(String, i64),
    Place(Placed),
    Edit(String, String, i64),
    Hold(String),
    Release(String),
    Cancel(String, Option<(String, i64)>),
    /// The order whose fulfillment was begun.
    Start(String),
    /// The order, and of what how much was missing and what becomes of it.
    Pick(String, Option<(String, i64, &'static str)>),
    /// The order, and what left.
    Ship(String, Vec<(String, i64)>),
}

#[derive(Debug, Clone)]
struct Placed {
    id: String,
    promised: String,
    /// Line, SKU and units.
    lines: Vec<(String, String, i64)>,
}

/// A line of the model.
#[derive(Debug, Clone, Default)]
struct Line {
    sku: String,
    ordered: i64,
    cancelled: i64,
    waiting: i64,
    reserved: i64,
    shipped: i64,
}

impl Line {
    fn standing(&self) -> i64 {
        self.ordered - self.cancelled
    }
}

#[derive(Debug, Default)]
struct ModelOrder {
    promised: String,
    held: bool,
    lines: BTreeMap<String, Line>,
}

/// One thing after another: a shelf, orders, and who waits.
#[derive(Debug, Default)]
struct Model {
    on_hand: BTreeMap<String, i64>,
    orders: BTreeMap<String, ModelOrder>,
    impossible: Vec<String>,
}

impl Model {
    fn free(&self, sku: &str) -> i64 {
        let lines = self.orders.values().flat_map(|order| order.lines.values());
        let reserved: i64 = lines.filter(|line| line.sku == sku).map(|line| line.reserved).sum();
        self.on_hand.get(sku).copied().unwrap_or(0) - reserved
    }

    /// Whoever waits for what became free is served, the earliest promise first.
    fn serve(&mut self, before: &[i64]) {
        for (sku, before) in SKUS.into_iter().zip(before) {
            let mut free = self.free(sku);
            if free < 0 {
                self.impossible.push(format!("{free} of {sku} are free"));
            }
            if free <= *before {
                continue;
            }
            let mut queue: Vec<(String, String, String)> = Vec::new();
            for (id, order) in &self.orders {
                for (line_id, line) in &order.lines {
                    if line.sku == sku && line.waiting > 0 {
                        queue.push((order.promised.clone(), line_id.clone(), id.clone()));
                    }
                }
            }
            queue.sort();
            for (_, line_id, id) in queue {
                let line = self.orders.get_mut(&id).unwrap().lines.get_mut(&line_id).unwrap();
                let units = free.min(line.waiting).max(0);
                line.waiting -= units;
                line.reserved += units;
                free -= units;
            }
        }
    }

    /// Units of a line that nobody needs any longer: those that wait, then those that are reserved.
    fn give_up(line: &mut Line, units: i64) -> bool {
        let from = line.waiting.min(units);
        line.waiting -= from;
        line.reserved -= units - from;
        line.reserved >= 0
    }

    fn act(&mut self, act: &Act) {
        let mut possible = true;
        let before = SKUS.map(|sku| self.free(sku));
        match act {
            Act::Receive(sku, units) => *self.on_hand.entry(sku.clone()).or_default() += units,
            Act::Place(placed) => {
                let mut order =
                    ModelOrder { promised: placed.promised.clone(), ..ModelOrder::default() };
                for (id, sku, units) in &placed.lines {
                    let free = self.free(sku).max(0);
                    let line = Line {
                        sku: sku.clone(),
                        ordered: *units,
                        reserved: free.min(*units),
                        waiting: (units - free).max(0),
                        ..Line::default()
                    };
                    order.lines.insert(id.clone(), line);
                }
                self.orders.insert(placed.id.clone(), order);
            }
            Act::Edit(order, line, quantity) => {
                let sku = self.orders[order].lines[line].sku.clone();
                let free = self.free(&sku).max(0);
                let line = self.orders.get_mut(order).unwrap().lines.get_mut(line).unwrap();
                let more = quantity - line.ordered;
                line.ordered = *quantity;
                if more > 0 {
                    line.reserved += free.min(more);
                    line.waiting += (more - free).max(0);
                } else {
                    possible = Self::give_up(line, -more);
                }
            }
            Act::Hold(order) => self.orders.get_mut(order).unwrap().held = true,
            Act::Release(order) => {
                let order = self.orders.get_mut(order).unwrap();
                possible = order.held;
                order.held = false;
            }
            Act::Cancel(order, which) => {
                let order = self.orders.get_mut(order).unwrap();
                match which {
                    Some((line, units)) => {
                        let line = order.lines.get_mut(line).unwrap();
                        line.cancelled += units;
                        possible = Self::give_up(line, *units);
                    }
                    None => {
                        for line in order.lines.values_mut() {
                            let units = line.standing() - line.shipped;
                            line.cancelled += units;
                            possible &= Self::give_up(line, units);
                        }
                    }
                }
            }
            Act::Start(order) => possible = !self.orders[order].held,
            Act::Pick(order, short) => {
                let order = self.orders.get_mut(order).unwrap();
                possible = !order.held;
                if let Some((sku, missing, action)) = short {
                    let line = order.lines.values_mut().find(|line| line.sku == *sku).unwrap();
                    line.reserved -= missing;
                    possible &= line.reserved >= 0;
                    if *action == "CANCEL" {
                        line.cancelled += missing;
                    } else {
                        line.waiting += missing;
                    }
                    *self.on_hand.get_mut(sku).unwrap() -= missing;
                }
            }
            Act::Ship(order, left) => {
                let order = self.orders.get_mut(order).unwrap();
                possible = !order.held;
                for (sku, units) in left {
                    let line = order.lines.values_mut().find(|line| line.sku == *sku).unwrap();
                    line.reserved -= units;
                    line.shipped += units;
                    possible &= line.reserved >= 0;
                    *self.on_hand.get_mut(sku).unwrap() -= units;
                }
            }
        }
        self.serve(&before);
        if !possible {
            self.impossible.push(format!("{act:?}"));
        }
    }
}

/// A client that says which request it was.
#[derive(Clone)]
struct Told {
    client: Client,
    http: reqwest::Client,
    done: Arc<Mutex<BTreeMap<String, Act>>>,
    refused: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Told {
    /// The payload of what was done, under the id of its request; none of what was refused.
    async fn run(&self, query: &str, input: Json) -> Option<(String, Json)> {
        let body = json!({ "query": query, "variables": { "input": input } });
        let request = self
            .http
            .post(self.client.url())
            .json(&body)
            .bearer_auth(self.client.token.as_ref().unwrap());
        let response = request.send().await.expect("the server answers");
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let answer: Json = response.json().await.expect("the answer is JSON");
        assert!(answer.get("errors").is_none(), "{query} {input} {answer:#}");
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        let errors = user_errors(&payload);
        if errors.is_empty() {
            return Some((id, payload));
        }
        let root = answer["data"].as_object().unwrap().keys().next().unwrap();
        let code = errors[0].split(' ').next().unwrap().to_owned();
        *self.refused.lock().unwrap().entry(format!("{root} {code}")).or_default() += 1;
        None
    }

    fn done(&self, id: String, act: Act) {
        self.done.lock().unwrap().insert(id, act);
    }
}

const START: &str =
    "mutation($input: FulfillmentStartPickingInput!) { fulfillmentStartPicking(input: $input) {
  fulfillments { id } userErrors { code message field } } }";
const CANCEL: &str = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { order { id } userErrors { code message field } } }";
const WORK: &str =
    "query($id: ID!) { order(by: { id: $id }) { id lines { id quantity quantityCancelled }
  fulfillments { id version state lines { sku quantity quantityPicked quantityShort } } } }";

/// One random thing; what is refused is refused.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of act")]
async fn one(told: &Told, shop: &Shop, orders: &Mutex<Vec<String>>, seed: &mut u64) {
    let known = orders.lock().unwrap().clone();
    let kind = if known.len() < 4 { 0 } else { random(seed, 20) };
    if kind < 4 {
        let first = random(seed, 4);
        let skus = [first, (first + 1 + random(seed, 3)) % 4];
        let lines: Vec<Json> = skus[..=usize::try_from(random(seed, 2)).unwrap()]
            .iter()
            .map(|sku| json!({ "sku": SKUS[usize::try_from(*sku).unwrap()], "quantity": 1 + random(seed, 4) }))
            .collect();
        let promised = format!("2026-03-{:02}T22:59:59.999999Z", 10 + random(seed, 5));
        let mut input = shop.paid(&[]);
        input["lines"] = json!(lines);
        input["allowBackorder"] = json!(true);
        input["promisedBy"] = json!(promised);
        input["payments"][0]["authorized"] = json!("100000.00");
        if let Some((request, payload)) = told.run(ORDER_PLACE, input).await {
            let order = &payload["order"];
            let lines = order["lines"].as_array().unwrap().iter();
            let lines = lines
                .map(|line| (text(&line["id"]), text(&line["sku"]), int(&line["quantity"])))
                .collect();
            orders.lock().unwrap().push(text(&order["id"]));
            told.done(request, Act::Place(Placed { id: text(&order["id"]), promised, lines }));
        }
        return;
    }
    if kind == 4 {
        let (sku, units) = (SKUS[usize::try_from(random(seed, 4)).unwrap()], 1 + random(seed, 12));
        let input =
            json!({ "locationId": shop.berlin, "lines": [{ "sku": sku, "quantity": units }] });
        if let Some((request, _)) = told.run(STOCK_RECEIVE, input).await {
            told.done(request, Act::Receive(sku.into(), i64::try_from(units).unwrap()));
        }
        return;
    }
    // Mostly the newest: several clients meet there.
    let back = usize::try_from(random(seed, 12)).unwrap().min(known.len() - 1);
    let order = known[known.len() - 1 - back].clone();
    let now = told.client.payload(WORK, json!({ "id": order })).await;
    let lines = now["lines"].as_array().unwrap();
    let line = &lines[usize::try_from(random(seed, 8)).unwrap() % lines.len()];
    let work = |state: &str| {
        now["fulfillments"].as_array().unwrap().iter().find(|work| work["state"] == state).cloned()
    };
    let left = |line: &Json| {
        int(&line["quantity"]) - int(&line["quantityPicked"]) - int(&line["quantityShort"])
    };
    match kind {
        5..=7 => {
            let quantity = i64::try_from(random(seed, 7)).unwrap();
            let input = json!({ "orderId": order, "setQuantities": [{ "lineId": line["id"], "quantity": quantity }] });
            if let Some((request, _)) = told.run(ORDER_EDIT, input).await {
                told.done(request, Act::Edit(order, text(&line["id"]), quantity));
            }
        }
        8 => {
            if let Some((request, _)) =
                told.run(ORDER_HOLD, json!({ "orderId": order, "reason": "MANUAL" })).await
            {
                told.done(request, Act::Hold(order));
            }
        }
        9 | 10 => {
            if let Some((request, _)) = told.run(ORDER_RELEASE, json!({ "orderId": order })).await {
                told.done(request, Act::Release(order));
            }
        }
        11 | 12 => {
            let whole = random(seed, 4) == 0;
            let mut input = json!({ "orderId": order, "reason": "CUSTOMER" });
            let which = if whole { None } else { Some((text(&line["id"]), 1)) };
            if let Some((line, units)) = &which {
                input["lines"] = json!([{ "lineId": line, "quantity": units }]);
            }
            if let Some((request, _)) = told.run(CANCEL, input).await {
                told.done(request, Act::Cancel(order, which));
            }
        }
        13..=15 => {
            let Some(work) = work("OPEN") else { return };
            if let Some((request, _)) =
                told.run(START, json!({ "fulfillmentIds": [work["id"]] })).await
            {
                told.done(request, Act::Start(order));
            }
        }
        16 | 17 => {
            let Some(work) = work("PICKING") else { return };
            let mut picked: Vec<(String, i64)> = work["lines"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| (text(&line["sku"]), left(line)))
                .filter(|(_, units)| *units > 0)
                .collect();
            if picked.is_empty() {
                return;
            }
            let mut input =
                json!({ "fulfillmentId": work["id"], "expectedVersion": work["version"] });
            let mut short = None;
            if random(seed, 2) == 0 {
                let action = if random(seed, 2) == 0 { "BACKORDER" } else { "CANCEL" };
                let (sku, units) = &mut picked[0];
                let missing =
                    1 + i64::try_from(random(seed, u64::try_from(*units).unwrap())).unwrap();
                *units -= missing;
                short = Some((sku.clone(), missing, action));
                input["shortPick"] = json!(action);
            }
            input["picked"] = picked
                .iter()
                .map(|(sku, units)| json!({ "sku": sku, "quantity": units }))
                .collect();
            if let Some((request, _)) = told.run(FULFILLMENT_PICK, input).await {
                told.done(request, Act::Pick(order, short));
            }
        }
        _ => {
            let Some(work) = work("PICKING") else { return };
            if let Some((request, payload)) =
                told.run(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"] })).await
            {
                let lines = payload["fulfillment"]["lines"].as_array().unwrap().iter();
                let units = |line: &Json| int(&line["quantity"]) - int(&line["quantityShort"]);
                let left = lines.map(|line| (text(&line["sku"]), units(line))).collect();
                told.done(request, Act::Ship(order, left));
            }
        }
    }
}

/// The requests in the order of the log.
async fn in_order(app: &TestApp, client: &Client) -> Vec<String> {
    app.settled().await;
    let (mut requests, mut seen, mut after) = (Vec::new(), BTreeSet::new(), Json::Null);
    loop {
        let query = "query($after: String) { events(first: 100, after: $after) { nodes { requestId } pageInfo { hasNextPage endCursor } } }";
        let page = client.payload(query, json!({ "after": after })).await;
        for node in page["nodes"].as_array().unwrap() {
            let request = node["requestId"].as_str().unwrap_or_default().to_owned();
            if seen.insert(request.clone()) {
                requests.push(request);
            }
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return requests;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_clients_at_once_end_where_a_model_ends_that_does_one_thing_after_another() {
    let seed = seed();
    eprintln!("seed {seed}");
    let app = TestApp::with_limits(|limits| limits.burst = 1_000_000_000).await;
    let mut shop = Shop::open(&app).await;
    // One shelf, so that it is no question who sends.
    shop.web = channel(&shop.admin, &shop.entity, "solo", "WEB", &[&shop.berlin]).await;
    for (product, skus) in [("Things", ["A", "B"]), ("More", ["C", "D"])] {
        let prices = skus.map(|sku| json!({ "sku": sku, "name": sku, "prices": [{ "channelId": shop.web, "amount": "10.00", "taxRate": "0.19" }] }));
        let products = json!({ "products": [{ "name": product, "variants": prices }] });
        shop.admin.done(PRODUCTS_UPSERT, products).await;
    }
    let told = Told {
        client: shop.admin.clone(),
        http: http(),
        done: Arc::default(),
        refused: Arc::default(),
    };
    let (shop, orders) = (Arc::new(shop), Arc::new(Mutex::new(Vec::new())));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (told, shop, orders) = (told.clone(), shop.clone(), orders.clone());
            let mut seed = seed.wrapping_add(number * 7_919);
            tokio::spawn(async move {
                for _ in 0..operations() / CLIENTS {
                    one(&told, &shop, &orders, &mut seed).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no panic");
    }
    let due = operations::timers::run_due(&app.store).await.expect("timers run");
    let mut done = std::mem::take(&mut *told.done.lock().unwrap());
    let mut model = Model::default();
    for sku in SKUS {
        model.on_hand.insert(sku.into(), 10);
    }
    let count = done.len();
    for request in in_order(&app, &shop.admin).await {
        if let Some(act) = done.remove(&request) {
            model.act(&act);
        }
    }
    eprintln!("{count} done, {due} timers, refused {:?}", told.refused.lock().unwrap());
    assert!(done.is_empty(), "not in the log: {done:?}");
    assert!(count > usize::try_from(operations()).unwrap() / 4, "{count}");
    let mut differences = std::mem::take(&mut model.impossible);
    for (id, order) in &model.orders {
        let now = shop.read(&json!({ "id": id })).await;
        for line in now["lines"].as_array().unwrap() {
            let model = &order.lines[line["id"].as_str().unwrap()];
            let found = [
                "quantity",
                "quantityCancelled",
                "quantityFulfilled",
                "quantityBackordered",
                "quantityReserved",
            ]
            .map(|name| int(&line[name]));
            let expected =
                [model.ordered, model.cancelled, model.shipped, model.waiting, model.reserved];
            if found != expected {
                differences.push(format!(
                    "{} {}: {found:?}, the model {expected:?}",
                    now["number"], model.sku
                ));
            }
        }
        let ended = order.lines.values().all(|line| line.standing() == 0);
        if (now["state"] == "CANCELLED") != ended {
            differences.push(format!("{} is {}", now["number"], now["state"]));
        }
    }
    for sku in SKUS {
        let (on_hand, _, free) = shop.level(sku, &shop.berlin).await;
        if (on_hand, free) != (model.on_hand[sku], model.free(sku)) {
            differences.push(format!(
                "{sku}: {on_hand} {free}, the model {} {}",
                model.on_hand[sku],
                model.free(sku)
            ));
        }
    }
    assert_eq!(differences, Vec::<String>::new(), "seed {seed}");
    app.verify().await;
}
