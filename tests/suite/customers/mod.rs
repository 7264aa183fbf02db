//! Who is calling, what happened, what we owe them.

mod cases;
mod known;
mod listed;
mod merged;
mod privacy;
mod segments;
mod story;
mod value;

use harness::Shop;
use serde_json::{Value as Json, json};

/// A customer by whatever is known of them: their number, or null.
pub(super) async fn found(shop: &Shop, by: Json) -> Json {
    let query = "query($by: CustomerIdentifier!) { customer(by: $by) { id number } }";
    shop.admin.payload(query, json!({ "by": by })).await["id"].clone()
}
