//! Whatever moves stock, in whatever order: every level is what a simple model says, the books add up in every quantity and to
//! the cent, and what is refused changes nothing.

use harness::client::user_errors;
use harness::random::{random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Steps of one run, and runs: many in the full form.
fn size() -> (u64, u64) {
    if std::env::var("TEST_FULL").is_ok() { (120, 50) } else { (36, 2) }
}

/// What lies at a place: all of it, what is damaged, what is on hold, what suppliers bring, what is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shelf {
    on_hand: i64,
    damaged: i64,
    hold: i64,
    incoming: i64,
    in_transit: i64,
}

type Key = (usize, usize);
const SKUS: [&str; 2] = ["A", "B"];

struct Run<'a> {
    app: &'a TestApp,
    shop: &'a Shop,
    seed: u64,
    shelves: BTreeMap<Key, Shelf>,
    supplier: String,
    /// Under way: id, destination and what is still to come of each SKU.
    transfers: Vec<(Json, usize, [i64; 2])>,
    /// Expected: id, location and what is still to come of each SKU, and whether anything came.
    orders: Vec<(Json, usize, [i64; 2], bool)>,
    /// Open: id, place, and the difference that was counted.
    counts: Vec<(Json, Key, i64)>,
    /// Placed and not shipped.
    sold: Vec<Json>,
}

impl Run<'_> {
    fn below(&mut self, most: u64) -> i64 {
        i64::try_from(random(&mut self.seed, most)).unwrap()
    }

    fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.below(u64::try_from(count).unwrap())).unwrap()
    }

    fn place(&self, at: usize) -> &str {
        if at == 0 { &self.shop.berlin } else { &self.shop.store }
    }

    fn any(&mut self) -> Key {
        (usize::try_from(self.below(2)).unwrap(), usize::try_from(self.below(2)).unwrap())
    }

    fn shelf(&mut self, key: Key) -> &mut Shelf {
        self.shelves.entry(key).or_default()
    }

    /// Does it, or is refused and changes nothing; answers with the payload where it was done.
    async fn tried(&self, query: &str, input: Json) -> Option<Json> {
        let before = self.app.books().await;
        let payload = self.shop.admin.payload(query, json!({ "input": input })).await;
        if user_errors(&payload).is_empty() {
            return Some(payload);
        }
        assert_eq!(self.app.books().await, before, "{payload:#}");
        None
    }

    async fn step(&mut self) {
        let (sku, at) = self.any();
        let units = self.below(6) + 1;
        let line = json!([{ "sku": SKUS[sku], "quantity": units }]);
        match self.below(14) {
            0 | 1 => {
                let input = json!({ "locationId": self.place(at), "lines": line });
                self.tried(STOCK_RECEIVE, input).await.expect("goods are always taken");
                self.shelf((sku, at)).on_hand += units;
            }
            2 => self.adjust((sku, at)).await,
            3 | 4 => self.send((sku, at), units).await,
            5 | 6 => self.arrive().await,
            7 => self.order((sku, at)).await,
            8 | 9 => self.deliver().await,
            10 => self.count((sku, at)).await,
            11 => self.close().await,
            12 => {
                let input = self.shop.paid(&[(SKUS[sku], i32::try_from(units).unwrap())]);
                if let Some(done) = self.tried(ORDER_PLACE, input).await {
                    self.sold.push(done["order"].clone());
                }
            }
            _ => self.ship().await,
        }
    }

    async fn adjust(&mut self, key: Key) {
        let changes = [self.below(9) - 4, self.below(5) - 2, self.below(5) - 2];
        let line = json!({ "sku": SKUS[key.0], "onHandChange": changes[0], "damagedChange": changes[1], "qualityHoldChange": changes[2] });
        let input = json!({ "locationId": self.place(key.1), "reason": "x", "lines": [line] });
        if self.tried(STOCK_ADJUST, input).await.is_some() {
            let shelf = self.shelf(key);
            shelf.on_hand += changes[0];
            shelf.damaged += changes[1];
            shelf.hold += changes[2];
        }
    }

    async fn send(&mut self, (sku, at): Key, units: i64) {
        let lines = json!([{ "sku": SKUS[sku], "quantity": units }]);
        let input = json!({ "fromLocationId": self.place(at), "toLocationId": self.place(1 - at), "lines": lines });
        let made = self.tried(TRANSFER_CREATE, input).await.expect("a plan moves nothing");
        let id = made["transfer"]["id"].clone();
        if self.tried(TRANSFER_SHIP, json!({ "transferId": id })).await.is_some() {
            self.shelf((sku, at)).on_hand -= units;
            self.shelf((sku, 1 - at)).in_transit += units;
            let mut open = [0; 2];
            open[sku] = units;
            self.transfers.push((id, 1 - at, open));
        }
    }

    async fn arrive(&mut self) {
        if self.transfers.is_empty() {
            return;
        }
        let index = self.one_of(self.transfers.len());
        let (id, at, mut open) = self.transfers[index].clone();
        let sku = usize::from(open[0] == 0);
        let units = self.below(7) + 1;
        let damaged = self.below(2);
        let complete = self.below(3) == 0;
        let input = json!({ "transferId": id, "lines": [{ "sku": SKUS[sku], "quantity": units }],
            "damaged": if damaged > 0 { json!([{ "sku": SKUS[sku], "quantity": damaged }]) } else { json!([]) },
            "complete": complete, "reason": "lost" });
        if self.tried(TRANSFER_RECEIVE, input).await.is_none() {
            return;
        }
        let shelf = self.shelf((sku, at));
        shelf.on_hand += units + damaged;
        shelf.damaged += damaged;
        open[sku] -= units + damaged;
        shelf.in_transit -= units + damaged;
        if complete {
            shelf.in_transit -= open[sku];
            open[sku] = 0;
        }
        self.transfers[index].2 = open;
        self.transfers.retain(|transfer| transfer.2 != [0, 0]);
    }

    async fn order(&mut self, (sku, at): Key) {
        let units = (self.below(3) + 2) * 5;
        let cost = format!("{}.{:02}", self.below(6) + 1, self.below(100));
        let lines = json!([{ "sku": SKUS[sku], "quantity": units, "unitCost": cost }]);
        let input =
            json!({ "supplierId": self.supplier, "locationId": self.place(at), "lines": lines });
        let made = self.tried(PURCHASE_ORDER_CREATE, input).await.expect("on its terms");
        let id = made["purchaseOrder"]["id"].clone();
        self.tried(PURCHASE_ORDER_PLACE, json!({ "purchaseOrderId": id })).await.expect("sent");
        self.shelf((sku, at)).incoming += units;
        let mut open = [0; 2];
        open[sku] = units;
        self.orders.push((id, at, open, false));
    }

    async fn deliver(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let index = self.one_of(self.orders.len());
        let (id, at, open, came) = self.orders[index].clone();
        let sku = usize::from(open[0] == 0);
        if self.below(6) == 0 {
            if self.tried(PURCHASE_ORDER_CANCEL, json!({ "purchaseOrderId": id })).await.is_some() {
                assert!(!came, "some of it came");
                self.shelf((sku, at)).incoming -= open[sku];
                self.orders.remove(index);
            }
            return;
        }
        let (units, hold) = (self.below(12) + 1, self.below(3));
        let complete = self.below(4) == 0;
        let held =
            if hold > 0 { json!([{ "sku": SKUS[sku], "quantity": hold }]) } else { json!([]) };
        let input = json!({ "purchaseOrderId": id, "lines": [{ "sku": SKUS[sku], "quantity": units }],
            "qualityHold": held, "complete": complete });
        if self.tried(PURCHASE_ORDER_RECEIVE, input).await.is_none() {
            return;
        }
        let left = (open[sku] - units - hold).max(0);
        let shelf = self.shelf((sku, at));
        shelf.on_hand += units + hold;
        shelf.hold += hold;
        shelf.incoming -= open[sku] - if complete { 0 } else { left };
        self.orders[index].2[sku] = if complete { 0 } else { left };
        self.orders[index].3 = true;
        self.orders.retain(|order| order.2 != [0, 0]);
    }

    async fn count(&mut self, key: Key) {
        let input = json!({ "locationId": self.place(key.1), "skus": [SKUS[key.0]] });
        let Some(made) = self.tried(STOCK_COUNT_START, input).await else {
            assert!(self.counts.iter().any(|count| count.1 == key), "nobody counts it");
            return;
        };
        let id = made["stockCount"]["id"].clone();
        let on_hand = self.shelf(key).on_hand;
        let counted = (on_hand + self.below(9) - 5).max(0);
        let lines = json!([{ "sku": SKUS[key.0], "quantity": counted }]);
        let input = json!({ "stockCountId": id, "lines": lines });
        self.tried(STOCK_COUNT_RECORD, input).await.expect("it is open");
        self.counts.push((id, key, counted - on_hand));
    }

    async fn close(&mut self) {
        let Some((id, key, difference)) = self.counts.pop() else { return };
        self.tried(STOCK_COUNT_CLOSE, json!({ "stockCountId": id })).await.expect("little differs");
        let shelf = self.shelf(key);
        shelf.on_hand = (shelf.on_hand + difference).max(0);
        if difference != 0 {
            shelf.hold = shelf.hold.min(shelf.on_hand);
            shelf.damaged = shelf.damaged.min(shelf.on_hand - shelf.hold);
        }
    }

    async fn ship(&mut self) {
        let Some(order) = self.sold.pop() else { return };
        let works = self.shop.read(&order).await["fulfillments"].as_array().unwrap().clone();
        for work in works {
            let start = json!({ "fulfillmentIds": [work["id"]] });
            self.tried(FULFILLMENT_START, start).await.expect("it is open");
            let line = work["lines"][0].clone();
            let (sku, units) = (line["sku"].as_str().unwrap(), line["quantity"].as_i64().unwrap());
            let picked = json!([{ "sku": sku, "quantity": units }]);
            let input = json!({ "fulfillmentId": work["id"], "picked": picked });
            self.tried(FULFILLMENT_PICK, input).await.expect("it is being picked");
            let at = match work["location"]["code"].as_str().unwrap() {
                "berlin" => 0,
                "store" => 1,
                _ => continue,
            };
            // What is not there, after a loss, cannot leave.
            let input = json!({ "fulfillmentId": work["id"] });
            if self.tried(FULFILLMENT_SHIP, input).await.is_some() {
                let sku = SKUS.iter().position(|one| *one == sku).unwrap();
                self.shelf((sku, at)).on_hand -= units;
            }
        }
    }

    async fn check(&self) {
        for ((sku, at), shelf) in &self.shelves {
            let level = self.shop.whole_level(SKUS[*sku], self.place(*at)).await;
            let of = |name: &str| level[name].as_i64().unwrap();
            let found = Shelf {
                on_hand: of("onHand"),
                damaged: of("damaged"),
                hold: of("qualityHold"),
                incoming: of("incoming"),
                in_transit: of("inTransit"),
            };
            assert_eq!(found, *shelf, "{} at {at}, seed {}", SKUS[*sku], self.seed);
        }
        self.app.verify().await;
    }
}

#[tokio::test]
async fn stock_is_what_moved_whatever_moves_it() {
    let (steps, runs) = size();
    let first = seed();
    eprintln!("seed {first}");
    for run in 0..runs {
        let app = TestApp::start().await;
        let shop = Shop::open(&app).await;
        let supplier = shop.supplier(&SKUS).await;
        let mut shelves = BTreeMap::new();
        for sku in 0..2 {
            for (at, on_hand) in [(0, 10), (1, 2)] {
                shelves.insert((sku, at), Shelf { on_hand, ..Shelf::default() });
            }
        }
        let mut run = Run {
            app: &app,
            shop: &shop,
            seed: first + run,
            shelves,
            supplier,
            transfers: Vec::new(),
            orders: Vec::new(),
            counts: Vec::new(),
            sold: Vec::new(),
        };
        for step in 0..steps {
            run.step().await;
            if step % 3 == 2 {
                run.check().await;
            }
        }
        run.check().await;
    }
}
