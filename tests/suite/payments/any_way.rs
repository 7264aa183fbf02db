//! Whatever is done with money, in whatever order: no operation fails, and each leaves the books balanced.

use harness::client::user_errors;
use harness::random::{full, random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

/// Steps of the run: ten thousand in the full form.
fn steps() -> u64 {
    if full() { 10_000 } else { 120 }
}

const ORDERS: &str = "query($n: Int) { orders(first: $n) { nodes { id state
  fulfillments { id state lines { sku quantity } } payments { id } invoices { id outstanding { amount } } } } }";

struct Run<'a> {
    app: &'a TestApp,
    shop: &'a Shop,
    seed: u64,
    cards: Vec<Json>,
    customer: Json,
    done: std::collections::BTreeMap<&'static str, (u32, u32)>,
}

impl Run<'_> {
    fn below(&mut self, count: u64) -> u64 {
        random(&mut self.seed, count)
    }

    fn amount(&mut self, below: u64) -> String {
        let cents = self.below(below) + 1;
        format!("{}.{:02}", cents / 100, cents % 100)
    }

    fn pick<'j>(&mut self, list: &'j Json) -> Option<&'j Json> {
        let list = list.as_array()?;
        let index = self.below(u64::try_from(list.len()).unwrap().max(1));
        list.get(usize::try_from(index).unwrap())
    }

    /// Does it: refused or done, but never failed.
    async fn act(&mut self, name: &'static str, query: &str, input: Json) -> Option<Json> {
        let answer = self.shop.admin.answer(query, json!({ "input": input })).await;
        assert!(answer["errors"].is_null(), "{name} {input}: {answer:#}");
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        let refused = !user_errors(&payload).is_empty();
        let counts = self.done.entry(name).or_default();
        if refused {
            counts.1 += 1;
        } else {
            counts.0 += 1;
        }
        (!refused).then_some(payload)
    }

    async fn place(&mut self) {
        let mut input = self.shop.order(&[]);
        let skus = ["A", "B", "C", "D", "SET"];
        let lines: Vec<Json> = (0..=self.below(3))
            .map(|_| {
                let sku = skus[usize::try_from(self.below(5)).unwrap()];
                json!({ "sku": sku, "quantity": self.below(3) + 1, "unitPrice": self.amount(5_000) })
            })
            .collect();
        input["lines"] = json!(lines);
        input["allowBackorder"] = json!(true);
        if self.below(2) == 0 {
            input["adjustments"] =
                json!([{ "kind": "SHIPPING", "label": "x", "amount": self.amount(700) }]);
        }
        if self.below(3) == 0 {
            input["customer"] = json!({ "id": self.customer });
            if self.below(2) == 0 {
                input["storeCredit"] = json!(self.amount(500));
            }
        }
        if self.below(3) == 0 && !self.cards.is_empty() {
            let card = self.pick(&json!(self.cards.clone())).cloned();
            input["giftCards"] = json!([{ "code": card }]);
        }
        let provider = ["manual", "sandbox", "psp"][usize::try_from(self.below(3)).unwrap()];
        match self.below(5) {
            0 => input["paymentTermsDays"] = json!(14),
            1 => {
                let amount = self.amount(20_000);
                input["payments"] =
                    json!([{ "provider": provider, "method": "card", "captured": amount }]);
            }
            _ => {
                let first = self.amount(10_000);
                input["payments"] = json!([
                    { "provider": provider, "method": "card", "authorized": first },
                    { "provider": "sandbox", "method": "card", "authorized": "150.00" },
                ]);
            }
        }
        self.act("place", ORDER_PLACE, input).await;
    }

    async fn on_an_order(&mut self) {
        let found = self.shop.admin.payload(ORDERS, json!({ "n": 12 })).await;
        let Some(order) = self.pick(&found["nodes"]).cloned() else { return };
        let payment = self.pick(&order["payments"]).map(|one| one["id"].clone());
        let payment = payment.unwrap_or(json!("pay_00000000000000000000000000"));
        let amount = self.amount(4_000);
        let of = |amount: &str| json!({ "paymentId": payment, "amount": amount });
        match self.below(13) {
            0..=3 => {
                for work in order["fulfillments"].as_array().unwrap() {
                    let id = &work["id"];
                    let picking = json!({ "fulfillmentIds": [id] });
                    if self.act("start", FULFILLMENT_START, picking).await.is_some() {
                        let picked = json!({ "fulfillmentId": id, "picked": work["lines"] });
                        self.act("pick", FULFILLMENT_PICK, picked).await;
                    }
                    self.act("ship", FULFILLMENT_SHIP, json!({ "fulfillmentId": id })).await;
                }
            }
            4 => {
                let cancel = json!({ "orderId": order["id"], "reason": "CUSTOMER" });
                self.act("cancel", ORDER_CANCEL, cancel).await;
            }
            5 => {
                self.act("capture", PAYMENT_CAPTURE, of(&amount)).await;
            }
            6 => {
                self.act("void", PAYMENT_VOID, json!({ "paymentId": payment })).await;
            }
            7 => {
                let mut back = of(&amount);
                back["reason"] = json!("x");
                self.act("refund", PAYMENT_REFUND, back).await;
            }
            8 => {
                let kind = ["CAPTURE", "REFUND", "VOID", "AUTHORIZATION"]
                    [usize::try_from(self.below(4)).unwrap()];
                let state = ["SUCCEEDED", "FAILED"][usize::try_from(self.below(2)).unwrap()];
                let mut said = of(&amount);
                (said["kind"], said["state"]) = (json!(kind), json!(state));
                said["providerReference"] = json!(format!("r{}", self.below(6)));
                self.act("report", PAYMENT_REPORT, said).await;
            }
            9 => {
                let mut taken = of(&amount);
                taken["reason"] = json!("x");
                taken["fee"] = json!("15.00");
                if let Some(done) = self.act("dispute", DISPUTE_RECORD, taken).await {
                    let state =
                        ["WON", "LOST", "ACCEPTED"][usize::try_from(self.below(3)).unwrap()];
                    let end = json!({ "disputeId": done["dispute"]["id"], "state": state });
                    self.act("resolve", DISPUTE_RESOLVE, end).await;
                }
            }
            10 => {
                let invoice = self.pick(&order["invoices"]).map(|one| one["id"].clone());
                let day = self.app.clock.now().date().to_string();
                let paid = json!({ "invoiceId": invoice, "amount": amount, "bookedAt": day });
                if invoice.is_some() {
                    self.act("pay", INVOICE_PAY, paid).await;
                }
            }
            11 => {
                let cash = json!({ "provider": "manual", "method": "cash", "captured": amount });
                let record = json!({ "orderId": order["id"], "payment": cash });
                self.act("record", PAYMENT_RECORD, record).await;
            }
            _ => {
                let edit = json!({ "orderId": order["id"], "adjustments": [{ "kind": "DISCOUNT", "label": "x", "amount": self.amount(900) }] });
                self.act("edit", ORDER_EDIT, edit).await;
            }
        }
    }

    async fn beside(&mut self) {
        let euro = json!({ "amount": self.amount(6_000), "currencyCode": "EUR" });
        match self.below(4) {
            0 => {
                let card = json!({ "amount": euro, "legalEntityId": self.shop.entity });
                if let Some(card) = self.act("card", GIFT_CARD_ISSUE, card).await {
                    self.cards.push(card["code"].clone());
                }
            }
            1 => {
                let credit = json!({ "customerId": self.customer, "amount": euro, "reason": "x" });
                self.act("credit", STORE_CREDIT_GRANT, credit).await;
            }
            2 => {
                let lines: Vec<Json> =
                    ["A", "B", "C", "D"].map(|sku| json!({ "sku": sku, "quantity": 20 })).into();
                let goods = json!({ "locationId": self.shop.berlin, "lines": lines });
                self.act("receive", STOCK_RECEIVE, goods).await;
            }
            _ => {
                let minutes = i64::try_from(self.below(180)).unwrap();
                self.app.later(Duration::minutes(minutes)).await;
            }
        }
    }
}

#[tokio::test]
async fn the_books_balance_after_every_step() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let seed = seed();
    let customer = shop.customer("ada@example.com").await;
    let done = std::collections::BTreeMap::new();
    let mut run = Run { app: &app, shop: &shop, seed, cards: Vec::new(), customer, done };
    for step in 0..steps() {
        match run.below(10) {
            0..=2 => run.place().await,
            3..=8 => run.on_an_order().await,
            _ => run.beside().await,
        }
        // In every currency, and in that of the books; of each entry as well.
        let off = "select count(*) from (select 1 as off from postings group by currency
             having sum(amount_minor) <> 0 or sum(base_minor) <> 0) sums";
        assert_eq!(app.number(off).await, 0, "TEST_SEED={seed}, step {step}");
        if step % 250 == 249 {
            app.verify().await;
        }
    }
    app.asked().await;
    app.verify().await;
    eprintln!("TEST_SEED={seed}, done and refused: {:?}", run.done);
    assert!(run.done["place"].0 > 10 && run.done["ship"].0 > 5, "{:?}", run.done);
}
