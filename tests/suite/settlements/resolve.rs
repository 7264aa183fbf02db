//! A person explains what no rule does, and can take it back.

use super::{exceptions, import, open, payment, sold, table, the_one};
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn resolve(shop: &Shop, exception: &Json, how: &str) -> Json {
    let input =
        json!({ "exceptionId": exception["id"], "resolution": how, "note": "looked at it" });
    shop.admin.done(EXCEPTION_RESOLVE, input).await["exception"].clone()
}

#[tokio::test]
async fn a_line_is_matched_by_hand_and_the_match_undone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (one, two) = (sold(&shop, "psp", "P1").await, sold(&shop, "psp", "P2").await);
    // One line settles both.
    let file = table(&["CAPTURE,EUR,40.00,1.00,39.00,BULK,BULK,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let open_one = the_one(&shop).await;
    let line = open_one["settlementLine"]["id"].clone();
    let step = |paid: &Json| {
        let steps = paid["transactions"].as_array().unwrap();
        steps.iter().find(|step| step["kind"] == "CAPTURE").unwrap()["id"].clone()
    };
    let (first, second) = (step(&payment(&shop, &one).await), step(&payment(&shop, &two).await));
    let target = |id: &Json, amount: &str| json!({ "targetId": id, "amount": amount });
    let create = |targets: Json| json!({ "settlementLineId": line, "targets": targets });
    let short = create(json!([target(&first, "20.00")]));
    assert_eq!(shop.admin.refused(MATCH_CREATE, short).await, ["AMOUNT_EXCEEDED input.targets"]);
    let over = create(json!([target(&first, "20.01"), target(&shop.entity.clone().into(), "1")]));
    assert_eq!(
        shop.admin.refused(MATCH_CREATE, over).await,
        ["NOT_FOUND input.targets.1.targetId"]
    );
    let before = balances(&shop).await;
    let both = create(json!([target(&first, "20.00"), target(&second, "20.00")]));
    let made = shop.admin.done(MATCH_CREATE, both.clone()).await["matches"].clone();
    assert_eq!(made.as_array().unwrap().len(), 2);
    assert_eq!(open(&shop).await, Vec::<String>::new());
    assert_eq!(balances(&shop).await["6000"], "1.00");
    assert_eq!(
        shop.admin.refused(MATCH_CREATE, both).await,
        ["ALREADY_RECONCILED input.settlementLineId"]
    );
    let undone =
        shop.admin.done(MATCH_UNDO, json!({ "matchId": made[0]["id"], "note": "wrong" })).await;
    assert_eq!(undone["matches"].as_array().unwrap().len(), 2, "a line is explained as a whole");
    assert_eq!(balances(&shop).await, before);
    assert_eq!(open(&shop).await, ["MISSING_IN_LEDGER 40.00"]);
    assert_eq!(payment(&shop, &one).await["settled"]["amount"], "0.00");
    app.verify().await;
}

#[tokio::test]
async fn what_is_written_off_or_suspended_is_booked_and_can_be_opened_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&["CAPTURE,EUR,40.00,1.00,39.00,P9,C9,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let difference = the_one(&shop).await;
    let done = resolve(&shop, &difference, "MOVED_TO_SUSPENSE").await;
    assert_eq!(
        (&done["state"], &done["resolution"]),
        (&json!("RESOLVED"), &json!("MOVED_TO_SUSPENSE"))
    );
    let books = balances(&shop).await;
    assert_eq!((books["1100"].as_str(), books["2190"].as_str()), ("39.00", "-39.00"));
    let reopen = json!({ "exceptionId": difference["id"], "note": "found it" });
    assert_eq!(
        shop.admin.done(EXCEPTION_REOPEN, reopen.clone()).await["exception"]["state"],
        "OPEN"
    );
    assert!(balances(&shop).await.is_empty());
    assert_eq!(
        shop.admin.refused(EXCEPTION_REOPEN, reopen).await,
        ["STATE_CONFLICT input.exceptionId"]
    );
    resolve(&shop, &difference, "WRITTEN_OFF").await;
    assert_eq!(balances(&shop).await["6050"], "-39.00");
    let again = json!({ "exceptionId": difference["id"], "resolution": "ACCEPTED", "note": "x" });
    assert_eq!(
        shop.admin.refused(EXCEPTION_RESOLVE, again).await,
        ["STATE_CONFLICT input.exceptionId"]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_write_off_above_the_limit_needs_a_second_person() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let role = "mutation($input: RoleDefineInput!) { roleDefine(input: $input) { role { id } userErrors { code message field } } }";
    let permissions = ["SETTLEMENTS_READ", "SETTLEMENTS_WRITE", "LEDGER_READ"];
    let clerk = json!({ "name": "clerk", "permissions": permissions, "refundLimit": "10.00" });
    shop.admin.done(role, clerk).await;
    let (one, two) = (
        app.signed_in("one@shop.test", "clerk").await,
        app.signed_in("two@shop.test", "clerk").await,
    );
    let file = table(&["CAPTURE,EUR,40.00,1.00,39.00,P9,C9,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let difference = the_one(&shop).await;
    let input =
        json!({ "exceptionId": difference["id"], "resolution": "WRITTEN_OFF", "note": "gone" });
    let waits = one.done(EXCEPTION_RESOLVE, input).await["exception"].clone();
    assert_eq!(waits["state"], "AWAITING_APPROVAL");
    assert!(!balances(&shop).await.contains_key("6050"), "nothing is booked yet");
    let decide =
        |grant: bool| json!({ "exceptionId": difference["id"], "grant": grant, "note": "agreed" });
    assert_eq!(
        one.refused(EXCEPTION_DECIDE, decide(true)).await,
        ["POLICY_VIOLATION input.exceptionId"]
    );
    assert_eq!(
        two.refused(EXCEPTION_DECIDE, decide(true)).await,
        ["LIMIT_EXCEEDED input.exceptionId"]
    );
    assert_eq!(two.done(EXCEPTION_DECIDE, decide(false)).await["exception"]["state"], "OPEN");
    let input =
        json!({ "exceptionId": difference["id"], "resolution": "WRITTEN_OFF", "note": "gone" });
    one.done(EXCEPTION_RESOLVE, input).await;
    assert_eq!(
        shop.admin.done(EXCEPTION_DECIDE, decide(true)).await["exception"]["state"],
        "RESOLVED"
    );
    assert_eq!(balances(&shop).await["6050"], "-39.00");
    let done = exceptions(&shop, json!({ "states": ["RESOLVED"] })).await;
    assert_eq!(done.len(), 1);
    app.verify().await;
}

#[tokio::test]
async fn a_bank_line_is_matched_written_off_and_undone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&[
        "BALANCE_TRANSFER,EUR,50.00,,50.00,,,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-50.00,,-50.00,,,,7,T-700,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    let content = "account,currency,date,amount,reference,description\nDE02,EUR,2026-01-08,47.00,B1,T-700\nDE02,EUR,2026-01-08,-2.00,B2,charge\n";
    shop.admin.done(STATEMENT_IMPORT, json!({ "format": "GENERIC_CSV", "content": content })).await;
    let all = exceptions(&shop, json!({ "states": ["OPEN"] })).await;
    let [short, debit] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (&short["kind"], &debit["kind"]),
        (&json!("BANK_SHORT"), &json!("UNEXPECTED_BANK_DEBIT"))
    );
    let query = "query { payouts { nodes { id state } } }";
    let payout = shop.admin.payload(query, json!({})).await["nodes"][0].clone();
    // Three euros are missing for good.
    let matching = json!({ "bankLineId": short["bankLine"]["id"], "targets": [{ "targetId": payout["id"], "amount": "47.00" }] });
    let input = json!({ "exceptionId": short["id"], "resolution": "WRITTEN_OFF", "match": matching, "note": "correspondent bank" });
    shop.admin.done(EXCEPTION_RESOLVE, input).await;
    resolve(&shop, debit, "WRITTEN_OFF").await;
    let books = balances(&shop).await;
    assert_eq!((books["1000"].as_str(), books["6030"].as_str()), ("45.00", "5.00"));
    assert!(!books.contains_key("1050"));
    let query =
        "query { bankStatements { nodes { lines(matched: true) { nodes { matches { id } } } } } }";
    let lines = shop.admin.payload(query, json!({})).await["nodes"][0]["lines"]["nodes"].clone();
    let made = lines[0]["matches"][0]["id"].clone();
    shop.admin.done(MATCH_UNDO, json!({ "matchId": made })).await;
    let books = balances(&shop).await;
    assert_eq!((books["1000"].as_str(), books["1050"].as_str()), ("-2.00", "50.00"));
    assert_eq!(open(&shop).await.len(), 1);
    app.verify().await;
}
