//! A folder whose files are imported by themselves.

use super::{open, table};
use aftercart::inbox::Inbox;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn files_that_rest_are_imported_once_and_refused_with_their_reasons() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("psp.GENERIC_CSV")).unwrap();
    std::fs::create_dir_all(at("bank.GENERIC_CSV")).unwrap();
    std::fs::create_dir_all(at("notes")).unwrap();
    std::fs::write(at("notes/x.csv"), "x").unwrap();
    let good = table(&["FEE,EUR,-1.00,,-1.00,,,,7,,2026-01-05 10:00:00,,"]);
    let mut inbox = Inbox::new(app.store.clone(), folder.path().to_owned());
    std::fs::write(at("psp.GENERIC_CSV/a.csv"), &good[..50]).unwrap();
    assert_eq!(inbox.look().await.unwrap(), 0);
    // It still grows.
    std::fs::write(at("psp.GENERIC_CSV/a.csv"), &good).unwrap();
    std::fs::write(at("psp.GENERIC_CSV/b.csv"), table(&["FEE,EUR,one,,-1.00,,,,7,,,,"])).unwrap();
    std::fs::write(
        at("bank.GENERIC_CSV/c.csv"),
        "account,currency,date,amount\nDE02,EUR,2026-01-08,1.00\n",
    )
    .unwrap();
    assert_eq!(inbox.look().await.unwrap(), 0);
    assert_eq!(inbox.look().await.unwrap(), 3);
    assert_eq!(inbox.look().await.unwrap(), 0);
    assert!(
        at("done/psp.GENERIC_CSV/a.csv").is_file() && at("done/bank.GENERIC_CSV/c.csv").is_file()
    );
    assert!(at("refused/psp.GENERIC_CSV/b.csv").is_file());
    let reasons = std::fs::read_to_string(at("refused/psp.GENERIC_CSV/b.csv.reason.txt")).unwrap();
    assert_eq!(reasons, "line 2, gross: \"one\" is no amount such as 1234.56\n");
    let query =
        "query { settlementReports { nodes { fileName importedBy { __typename } lineCount } } }";
    let found = shop.admin.payload(query, json!({})).await["nodes"].clone();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["fileName"]), (1, &json!("a.csv")));
    assert_eq!(open(&shop).await, ["UNEXPECTED_BANK_CREDIT 1.00", "NEGATIVE_BATCH 1.00"]);
    // The same file once more is done, and changes nothing.
    std::fs::write(at("psp.GENERIC_CSV/a.csv"), &good).unwrap();
    inbox.look().await.unwrap();
    assert_eq!(inbox.look().await.unwrap(), 1);
    assert!(at("done/psp.GENERIC_CSV/2-a.csv").is_file());
    assert_eq!(shop.admin.payload(query, json!({})).await["nodes"].as_array().unwrap().len(), 1);
}
