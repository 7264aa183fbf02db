//! Every place of the API that takes an id, asked of introspection: another's id answers as one that nothing
//! has.

use harness::shop::*;
use harness::{Client, Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Ids of what belongs to the whole shop: rights alone decide who sees and names it.
const OF_THE_WHOLE_SHOP: &[&str] = &[
    "apiTokenRevoke.input.apiTokenId",
    "apiTokenRotate.input.apiTokenId",
    "auditLog.filter.actorId",
    "channelUpsert.input.legalEntityId",
    "legalEntityUpsert.input.id",
    "Customer.orders.filter.assigneeId",
    "caseAssign.input.userId",
    "caseOpen.input.assigneeId",
    "caseUpdated.filter.assigneeId",
    "cases.filter.assigneeId",
    "procedureDefine.input.procedureId",
    "procedureDefine.input.condition.order.channelIds",
    "procedureDefine.input.condition.order.locationIds",
    "procedureDefine.input.condition.order.customerId",
    "procedureDefine.input.condition.order.assigneeId",
    "procedureDefine.input.condition.customer.channelIds",
    "procedureDefine.input.steps.ownerRoleId",
    "procedureDefine.input.steps.escalateToRoleId",
    "procedureDryRun.input.procedureId",
    "procedureDryRun.input.condition.order.channelIds",
    "procedureDryRun.input.condition.order.locationIds",
    "procedureDryRun.input.condition.order.customerId",
    "procedureDryRun.input.condition.order.assigneeId",
    "procedureDryRun.input.condition.customer.channelIds",
    "procedureDryRun.input.steps.ownerRoleId",
    "procedureDryRun.input.steps.escalateToRoleId",
    "tasks.filter.ownerRoleIds",
    "tasks.filter.assigneeId",
    "tasks.filter.procedureId",
    "taskUpdated.filter.ownerRoleIds",
    "taskUpdated.filter.assigneeId",
    "taskUpdated.filter.procedureId",
    "taskAssign.input.userId",
    "noteAdd.input.mentionUserIds",
    "orderAssign.input.userId",
    "orderUpdated.filter.assigneeIds",
    "fulfillmentStartPicking.input.assigneeId",
    "fulfillmentUpdated.filter.assigneeId",
    "fulfillments.filter.assigneeId",
    "orders.filter.assigneeId",
    "purchaseOrderCreate.input.supplierId",
    "purchaseOrders.supplierId",
    "riskListRemove.input.entryId",
    "roleDefine.input.roleId",
    "supplierUpsert.input.id",
    "userCreate.input.roleIds",
    "userUpdate.input.roleIds",
    "userUpdate.input.userId",
    "variant.by.id",
    "webhookEndpointDelete.input.webhookEndpointId",
    "webhookEndpointUpdate.input.webhookEndpointId",
    "webhookReplay.input.webhookEndpointId",
    "webhookSecretRotate.input.webhookEndpointId",
    "webhookTest.input.webhookEndpointId",
];

/// Ids that a draft may not name at all.
const REFUSED_IN_DRAFTS: [&str; 2] =
    ["draftCreate.input.reservationId", "draftUpdate.input.order.reservationId"];

/// The part of a type's name behind its modifiers.
fn named(kind: &Json) -> &str {
    if kind["ofType"].is_null() { kind["name"].as_str().unwrap() } else { named(&kind["ofType"]) }
}

/// Every path from a field's argument down to an id.
fn paths(
    types: &BTreeMap<String, Json>,
    prefix: &str,
    inputs: &Json,
    within: &[&str],
) -> Vec<String> {
    let mut found = Vec::new();
    for input in inputs.as_array().into_iter().flatten() {
        let path = format!("{prefix}.{}", input["name"].as_str().unwrap());
        let name = named(&input["type"]);
        if name == "ID" {
            found.push(path);
        } else if !within.contains(&name) {
            let inner = [within, &[name]].concat();
            found.extend(paths(types, &path, &types[name]["inputFields"], &inner));
        }
    }
    found
}

/// Every place that takes an id.
async fn places(app: &TestApp) -> BTreeSet<String> {
    let of = "name ofType { name ofType { name ofType { name ofType { name } } } }";
    let query = format!(
        "{{ __schema {{ types {{ name inputFields {{ name type {{ {of} }} }} fields {{ name args {{ name type {{ {of} }} }} }} }} }} }}"
    );
    let schema = app.anonymous().ok(&query, json!({})).await;
    let types: BTreeMap<String, Json> = schema["__schema"]["types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| (kind["name"].as_str().unwrap().to_owned(), kind.clone()))
        .collect();
    let mut found = BTreeSet::new();
    for (name, kind) in types.iter().filter(|(name, _)| !name.starts_with("__")) {
        for field in kind["fields"].as_array().into_iter().flatten() {
            let root = matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
            let owner = if root { String::new() } else { format!("{name}.") };
            let prefix = owner + field["name"].as_str().unwrap();
            found.extend(paths(&types, &prefix, &field["args"], &[]));
        }
    }
    found
}

const PICK_LIST: &str = "query($id: [ID!], $location: ID!) { pickList(input: { locationId: $location, fulfillmentIds: $id }) { quantity } }";

/// What is beyond the stranger's reach.
struct Foreign {
    channel: String,
    location: String,
    order: String,
    open: String,
    open_line: String,
    customer: String,
    segment: String,
    reservation: String,
    fulfillment: String,
    line: String,
    hold: String,
    strategy: String,
    draft: String,
    documents: Documents,
    entry: String,
    entity: String,
    /// An order that was invoiced.
    billed: String,
    money: Money,
    settlements: Settlements,
    returns: Returns,
    to_do: ToDo,
}

const PREVIEW: &str = "query($input: CustomerMergeInput!) { customerMergePreview(input: $input) { orders userErrors { code message field } } }";

/// A place, a document that uses it, its variables with `@` where the id goes, and an id of another's.
type Case = (&'static str, &'static str, Json, String);

#[expect(clippy::too_many_lines, reason = "a table, one case for each place")]
fn cases(
    shop: &Shop,
    foreign: &Foreign,
    (role, user_id, own_draft): (&Json, &str, &Json),
) -> Vec<Case> {
    let Foreign {
        channel,
        location,
        order,
        open,
        open_line,
        customer,
        reservation,
        fulfillment,
        line,
        hold: held,
        strategy,
        draft,
        documents,
        ..
    } = foreign;
    let lines = json!([{ "sku": "A", "quantity": 1 }]);
    let place = |with: Json| {
        let mut input = json!({ "channelId": shop.market, "lines": lines });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        json!({ "input": input })
    };
    let known = |identities: Json| json!({ "customer": { "create": { "email": "new@example.com", "identities": identities } } });
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "7", "channelId": "@" });
    let reach_of_token = |reach: Json| json!({ "input": { "name": "x", "permissions": ["ORDERS_READ"], "reach": reach } });
    let history = json!({ "input": { "orders": [{ "channelCode": "market", "channelReference": "h", "currencyCode": "EUR",
        "placedAt": "2025-01-01T00:00:00Z", "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "1.00" }],
        "customer": { "email": "h@example.com", "identities": [account] } }] } });
    let products = json!({ "input": { "products": [{ "name": "x", "variants": [
        { "sku": "NEW", "name": "x", "prices": [{ "channelId": "@", "amount": "1.00", "taxRate": "0.19" }] }] }] } });
    let hold = |with: Json| {
        let mut input = json!({ "channelId": shop.market, "expiresInSeconds": 60, "lines": lines });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        json!({ "input": input })
    };
    let user = |reach: Json| json!({ "input": { "email": "n@x.example", "name": "n", "roleIds": [role], "reach": reach } });
    let changed = |reach: Json| json!({ "input": { "userId": user_id, "reach": reach } });
    let redraft =
        |with: Json| json!({ "input": { "orderId": own_draft, "order": place(with)["input"] } });
    let mut cases = vec![
        // The log, and each way to follow it: from before everything.
        (
            "events.filter.channelIds",
            "query($id: [ID!]) { events(filter: { channelIds: $id }) { totalCount nodes { id } } }",
            json!({ "id": ["@"] }),
            channel.clone(),
        ),
        (
            "events.filter.locationIds",
            "query($id: [ID!]) { events(filter: { locationIds: $id }) { totalCount nodes { id } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "events.filter.subjectIds",
            "query($id: [ID!]) { events(filter: { subjectIds: $id }) { totalCount nodes { id } } }",
            json!({ "id": ["@"] }),
            order.clone(),
        ),
        (
            "events.filter.customerId",
            "query($id: ID) { events(filter: { customerId: $id }) { totalCount nodes { id } } }",
            json!({ "id": "@" }),
            customer.clone(),
        ),
        (
            "events.filter.orderId",
            "query($id: ID) { events(filter: { orderId: $id }) { totalCount nodes { id } } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "orderUpdated.filter.orderIds",
            "subscription($id: [ID!], $after: String) { orderUpdated(after: $after, filter: { orderIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            order.clone(),
        ),
        (
            "orderUpdated.filter.channelIds",
            "subscription($id: [ID!], $after: String) { orderUpdated(after: $after, filter: { channelIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            channel.clone(),
        ),
        (
            "orderUpdated.filter.locationIds",
            "subscription($id: [ID!], $after: String) { orderUpdated(after: $after, filter: { locationIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "orderUpdated.filter.customerIds",
            "subscription($id: [ID!], $after: String) { orderUpdated(after: $after, filter: { customerIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            customer.clone(),
        ),
        (
            "stockChanged.filter.locationIds",
            "subscription($id: [ID!], $after: String) { stockChanged(after: $after, filter: { locationIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "fulfillmentUpdated.filter.locationIds",
            "subscription($id: [ID!], $after: String) { fulfillmentUpdated(after: $after, filter: { locationIds: $id }) { cursor } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "fulfillmentUpdated.filter.orderId",
            "subscription($id: ID, $after: String) { fulfillmentUpdated(after: $after, filter: { orderId: $id }) { cursor } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "fulfillments.filter.locationIds",
            "query($id: [ID!]) { fulfillments(filter: { locationIds: $id }) { totalCount nodes { number } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "fulfillments.filter.orderId",
            "query($id: ID) { fulfillments(filter: { orderId: $id }) { totalCount nodes { number } } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "pickList.input.locationId",
            "query($id: ID!) { pickList(input: { locationId: $id }) { quantity } }",
            json!({ "id": "@" }),
            location.clone(),
        ),
        (
            "pickList.input.fulfillmentIds",
            PICK_LIST,
            json!({ "id": ["@"], "location": shop.berlin }),
            fulfillment.clone(),
        ),
        (
            "orderEditPreview.input.setQuantities.lineId",
            EDIT_PREVIEW,
            json!({ "input": { "orderId": open, "setQuantities": [{ "lineId": "@", "quantity": 2 }] } }),
            open_line.clone(),
        ),
        (
            "orderEditPreview.input.pickupLocationId",
            EDIT_PREVIEW,
            json!({ "input": { "orderId": open, "deliveryMethod": "PICKUP", "pickupLocationId": "@" } }),
            shop.store.clone(),
        ),
        (
            "orderEditPreview.input.orderId",
            EDIT_PREVIEW,
            json!({ "input": { "orderId": "@", "email": "x@x.example" } }),
            open.clone(),
        ),
        (
            "orderEdit.input.setQuantities.lineId",
            ORDER_EDIT,
            json!({ "input": { "orderId": open, "setQuantities": [{ "lineId": "@", "quantity": 2 }] } }),
            open_line.clone(),
        ),
        (
            "orderEdit.input.pickupLocationId",
            ORDER_EDIT,
            json!({ "input": { "orderId": open, "deliveryMethod": "PICKUP", "pickupLocationId": "@" } }),
            shop.store.clone(),
        ),
        (
            "orderEdit.input.orderId",
            ORDER_EDIT,
            json!({ "input": { "orderId": "@", "email": "x@x.example" } }),
            open.clone(),
        ),
        (
            "lineSubstitute.input.lineId",
            LINE_SUBSTITUTE,
            json!({ "input": { "lineId": "@", "sku": "C", "quantity": 1 } }),
            line.clone(),
        ),
        (
            "deliveryServiceDefine.input.channelId",
            DELIVERY_SERVICE_DEFINE,
            json!({ "input": { "code": "x", "name": "x", "transitDays": 1, "channelId": "@" } }),
            channel.clone(),
        ),
        (
            "riskDecide.input.orderId",
            RISK_DECIDE,
            json!({ "input": { "orderId": "@", "decision": "APPROVED" } }),
            open.clone(),
        ),
        (
            "orderHold.input.orderId",
            ORDER_HOLD,
            json!({ "input": { "orderId": "@", "reason": "MANUAL" } }),
            order.clone(),
        ),
        (
            "orderRelease.input.orderId",
            ORDER_RELEASE,
            json!({ "input": { "orderId": "@" } }),
            order.clone(),
        ),
        (
            "orderRelease.input.holdId",
            ORDER_RELEASE,
            json!({ "input": { "orderId": order, "holdId": "@" } }),
            held.clone(),
        ),
        (
            "orderCancel.input.lines.lineId",
            ORDER_CANCEL,
            json!({ "input": { "orderId": order, "reason": "OTHER", "lines": [{ "lineId": "@", "quantity": 1 }] } }),
            line.clone(),
        ),
        (
            "orderCancel.input.orderId",
            ORDER_CANCEL,
            json!({ "input": { "orderId": "@", "reason": "OTHER" } }),
            order.clone(),
        ),
        (
            "orderReroute.input.orderId",
            ORDER_REROUTE,
            json!({ "input": { "orderId": "@" } }),
            open.clone(),
        ),
        (
            "orderReroute.input.locationId",
            ORDER_REROUTE,
            json!({ "input": { "orderId": open, "locationId": "@" } }),
            location.clone(),
        ),
        (
            "orderReroute.input.fulfillmentId",
            ORDER_REROUTE,
            json!({ "input": { "orderId": open, "fulfillmentId": "@" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentAccept.input.fulfillmentId",
            FULFILLMENT_ACCEPT,
            json!({ "input": { "fulfillmentId": "@" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentReject.input.fulfillmentId",
            FULFILLMENT_REJECT,
            json!({ "input": { "fulfillmentId": "@", "reason": "x" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentPick.input.fulfillmentId",
            FULFILLMENT_PICK,
            json!({ "input": { "fulfillmentId": "@", "picked": [] } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentPack.input.fulfillmentId",
            FULFILLMENT_PACK,
            json!({ "input": { "fulfillmentId": "@", "parcels": [{ "lines": lines }] } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentShip.input.fulfillmentId",
            FULFILLMENT_SHIP,
            json!({ "input": { "fulfillmentId": "@" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentReadyForPickup.input.fulfillmentId",
            FULFILLMENT_READY,
            json!({ "input": { "fulfillmentId": "@" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentDeliver.input.fulfillmentId",
            FULFILLMENT_DELIVER,
            json!({ "input": { "fulfillmentId": "@" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentFail.input.fulfillmentId",
            FULFILLMENT_FAIL,
            json!({ "input": { "fulfillmentId": "@", "reason": "x" } }),
            fulfillment.clone(),
        ),
        (
            "fulfillmentStartPicking.input.fulfillmentIds",
            FULFILLMENT_START,
            json!({ "input": { "fulfillmentIds": ["@"] } }),
            fulfillment.clone(),
        ),
        (
            "consolidationCandidates.locationIds",
            "query($id: [ID!]) { consolidationCandidates(locationIds: $id) { totalCount nodes { savedParcels } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "ordersConsolidate.input.orderIds",
            ORDERS_CONSOLIDATE,
            json!({ "input": { "orderIds": ["@", own_draft] } }),
            open.clone(),
        ),
        (
            "routingSimulate.input.id",
            ROUTING_SIMULATE,
            json!({ "input": { "id": "@", "name": "x", "rules": ["NEAREST"] }, "at": {} }),
            strategy.clone(),
        ),
        (
            "routingSimulate.input.channelId",
            ROUTING_SIMULATE,
            json!({ "input": { "name": "x", "channelId": "@", "rules": ["NEAREST"] }, "at": {} }),
            channel.clone(),
        ),
        (
            "availability.input.channelId",
            AVAILABILITY,
            json!({ "input": { "channelId": "@", "lines": lines } }),
            channel.clone(),
        ),
        (
            "availability.input.pickupLocationId",
            AVAILABILITY,
            json!({ "input": { "channelId": shop.market, "lines": lines, "pickupLocationId": "@" } }),
            shop.store.clone(),
        ),
        (
            "routingStrategyDefine.input.id",
            ROUTING_DEFINE,
            json!({ "input": { "id": "@", "name": "x", "channelId": shop.market, "rules": ["NEAREST"] } }),
            strategy.clone(),
        ),
        (
            "routingStrategyDefine.input.channelId",
            ROUTING_DEFINE,
            json!({ "input": { "name": "x", "channelId": "@", "rules": ["NEAREST"] } }),
            channel.clone(),
        ),
        (
            "Variant.availableToSell.channelId",
            "query($id: ID!) { variant(by: { sku: \"A\" }) { availableToSell(channelId: $id) } }",
            json!({ "id": "@" }),
            channel.clone(),
        ),
        (
            "Variant.stock.locationIds",
            "query($id: [ID!]) { variant(by: { sku: \"A\" }) { stock(locationIds: $id) { available } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "apiTokenCreate.input.reach.channelIds",
            API_TOKEN_CREATE,
            reach_of_token(json!({ "channelIds": ["@"] })),
            channel.clone(),
        ),
        (
            "apiTokenCreate.input.reach.locationIds",
            API_TOKEN_CREATE,
            reach_of_token(json!({ "locationIds": ["@"] })),
            location.clone(),
        ),
        (
            "auditLog.filter.subjectId",
            "query($id: ID) { auditLog(filter: { subjectId: $id }) { totalCount nodes { operation } } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "channel.by.id",
            "query($id: ID!) { channel(by: { id: $id }) { code } }",
            json!({ "id": "@" }),
            channel.clone(),
        ),
        (
            "location.by.id",
            "query($id: ID!) { location(by: { id: $id }) { code } }",
            json!({ "id": "@" }),
            location.clone(),
        ),
        (
            "node.id",
            "query($id: ID!) { node(id: $id) { __typename } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "nodes.ids",
            "query($id: [ID!]!) { nodes(ids: $id) { __typename } }",
            json!({ "id": ["@", "@"] }),
            customer.clone(),
        ),
        (
            "noteAdd.input.subjectId",
            NOTE_ADD,
            json!({ "input": { "subjectId": "@", "text": "x" } }),
            customer.clone(),
        ),
        (
            "order.by.id",
            "query($id: ID!) { order(by: { id: $id }) { number } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "orderAssign.input.orderId",
            ORDER_ASSIGN,
            json!({ "input": { "orderId": "@" } }),
            order.clone(),
        ),
        (
            "orderPlace.input.channelId",
            ORDER_PLACE,
            place(json!({ "channelId": "@" })),
            channel.clone(),
        ),
        (
            "orderPlace.input.customer.create.identities.channelId",
            ORDER_PLACE,
            place(known(json!([account]))),
            channel.clone(),
        ),
        (
            "orderPlace.input.customer.id",
            ORDER_PLACE,
            place(json!({ "customer": { "id": "@" } })),
            customer.clone(),
        ),
        (
            "orderPlace.input.customer.identity.channelId",
            ORDER_PLACE,
            place(json!({ "customer": { "identity": account } })),
            channel.clone(),
        ),
        (
            "orderPlace.input.pickupLocationId",
            ORDER_PLACE,
            place(json!({ "deliveryMethod": "PICKUP", "pickupLocationId": "@" })),
            shop.store.clone(),
        ),
        (
            "orderPlace.input.reservationId",
            ORDER_PLACE,
            place(json!({ "reservationId": "@" })),
            reservation.clone(),
        ),
        (
            "orderTag.input.orderId",
            ORDER_TAG,
            json!({ "input": { "orderId": "@", "add": ["x"] } }),
            order.clone(),
        ),
        (
            "orders.filter.channelIds",
            "query($id: [ID!]) { orders(filter: { channelIds: $id }) { totalCount nodes { number } } }",
            json!({ "id": ["@"] }),
            channel.clone(),
        ),
        (
            "orders.filter.customerId",
            "query($id: ID) { orders(filter: { customerId: $id }) { totalCount nodes { number } } }",
            json!({ "id": "@" }),
            customer.clone(),
        ),
        (
            "orders.filter.locationIds",
            "query($id: [ID!]) { orders(filter: { locationIds: $id }) { totalCount nodes { number } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "ordersImport.input.orders.customer.identities.channelId",
            ORDERS_IMPORT,
            history,
            channel.clone(),
        ),
        (
            "productsUpsert.input.products.variants.prices.channelId",
            PRODUCTS_UPSERT,
            products,
            channel.clone(),
        ),
        (
            "stockAdjust.input.locationId",
            STOCK_ADJUST,
            json!({ "input": { "locationId": "@", "reason": "x", "lines": [{ "sku": "A", "onHandChange": 1 }] } }),
            location.clone(),
        ),
        (
            "stockLevels.filter.locationIds",
            "query($id: [ID!]) { stockLevels(filter: { locationIds: $id }) { totalCount nodes { available } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "stockMovements.filter.locationIds",
            "query($id: [ID!]) { stockMovements(filter: { locationIds: $id }) { totalCount nodes { onHandChange } } }",
            json!({ "id": ["@"] }),
            location.clone(),
        ),
        (
            "stockMovements.filter.subjectId",
            "query($id: ID) { stockMovements(filter: { subjectId: $id }) { totalCount nodes { onHandChange } } }",
            json!({ "id": "@" }),
            order.clone(),
        ),
        (
            "stockReceive.input.locationId",
            STOCK_RECEIVE,
            json!({ "input": { "locationId": "@", "lines": lines } }),
            location.clone(),
        ),
        (
            "stockReceive.input.returnedFromOrderId",
            STOCK_RECEIVE,
            json!({ "input": { "locationId": shop.hamburg, "returnedFromOrderId": "@", "lines": [{ "sku": "A", "quantity": 1 }] } }),
            order.clone(),
        ),
        (
            "stockReservationRelease.input.reservationId",
            STOCK_RESERVATION_RELEASE,
            json!({ "input": { "reservationId": "@" } }),
            reservation.clone(),
        ),
        (
            "stockReserve.input.channelId",
            STOCK_RESERVE,
            hold(json!({ "channelId": "@" })),
            channel.clone(),
        ),
        (
            "stockReserve.input.pickupLocationId",
            STOCK_RESERVE,
            hold(json!({ "pickupLocationId": "@" })),
            shop.store.clone(),
        ),
        (
            "stockReserve.input.replacesId",
            STOCK_RESERVE,
            hold(json!({ "replacesId": "@" })),
            reservation.clone(),
        ),
        (
            "stockSetPolicy.input.locationId",
            STOCK_SET_POLICY,
            json!({ "input": { "locationId": "@", "sku": "A", "safetyStock": 1 } }),
            location.clone(),
        ),
        (
            "userCreate.input.reach.channelIds",
            USER_CREATE,
            user(json!({ "channelIds": ["@"] })),
            channel.clone(),
        ),
        (
            "userCreate.input.reach.locationIds",
            USER_CREATE,
            user(json!({ "locationIds": ["@"] })),
            location.clone(),
        ),
        (
            "userUpdate.input.reach.channelIds",
            USER_UPDATE,
            changed(json!({ "channelIds": ["@"] })),
            channel.clone(),
        ),
        (
            "userUpdate.input.reach.locationIds",
            USER_UPDATE,
            changed(json!({ "locationIds": ["@"] })),
            location.clone(),
        ),
    ];
    for (created, updated, with, id) in [
        (
            "draftCreate.input.channelId",
            "draftUpdate.input.order.channelId",
            json!({ "channelId": "@" }),
            channel,
        ),
        (
            "draftCreate.input.customer.create.identities.channelId",
            "draftUpdate.input.order.customer.create.identities.channelId",
            known(json!([account])),
            channel,
        ),
        (
            "draftCreate.input.customer.id",
            "draftUpdate.input.order.customer.id",
            json!({ "customer": { "id": "@" } }),
            customer,
        ),
        (
            "draftCreate.input.customer.identity.channelId",
            "draftUpdate.input.order.customer.identity.channelId",
            json!({ "customer": { "identity": account } }),
            channel,
        ),
        (
            "draftCreate.input.pickupLocationId",
            "draftUpdate.input.order.pickupLocationId",
            json!({ "deliveryMethod": "PICKUP", "pickupLocationId": "@" }),
            &shop.store,
        ),
    ] {
        cases.push((created, DRAFT_CREATE, place(with.clone()), id.clone()));
        cases.push((updated, DRAFT_UPDATE, redraft(with), id.clone()));
    }
    cases.extend([
        (
            "draftUpdate.input.orderId",
            DRAFT_UPDATE,
            json!({ "input": { "orderId": "@", "order": place(json!({}))["input"] } }),
            draft.clone(),
        ),
        (
            "draftComplete.input.orderId",
            DRAFT_COMPLETE,
            json!({ "input": { "orderId": "@" } }),
            draft.clone(),
        ),
    ]);
    cases.extend(stock_documents(shop, documents));
    cases.extend(books(foreign));
    cases.extend(money(foreign));
    cases.extend(customers(foreign));
    cases.extend(cases_of_customers(foreign));
    cases.extend(tasks(foreign));
    cases.extend(settlements(foreign));
    cases.extend(returns(foreign));
    cases.extend([
        // Last, since it changes whom the market serves.
        (
            "channelUpsert.input.locationIds",
            CHANNEL_UPSERT,
            json!({ "input": { "code": "market", "name": "market", "kind": "MARKETPLACE", "currencyCode": "EUR", "taxIncluded": true, "legalEntityId": shop.entity, "locationIds": ["@"] } }),
            location.clone(),
        ),
    ]);
    cases
}

/// The same of the books.
fn books(foreign: &Foreign) -> Vec<Case> {
    let entity = || foreign.entity.clone();
    let id = || json!({ "id": "@" });
    let period = json!({ "input": { "legalEntityId": "@", "through": "2026-02-28" } });
    let reversal = json!({ "input": { "journalEntryId": "@", "reason": "wrong" } });
    vec![
        (
            "ledgerAccounts.legalEntityId",
            "query($id: ID) { ledgerAccounts(legalEntityId: $id) { code } }",
            id(),
            entity(),
        ),
        (
            "journalEntries.legalEntityId",
            "query($id: ID) { journalEntries(legalEntityId: $id) { totalCount } }",
            id(),
            entity(),
        ),
        (
            "journalEntries.subjectId",
            "query($id: ID) { journalEntries(subjectId: $id) { totalCount } }",
            id(),
            foreign.billed.clone(),
        ),
        (
            "trialBalance.legalEntityId",
            "query($id: ID!) { trialBalance(legalEntityId: $id) { balanced } }",
            id(),
            entity(),
        ),
        (
            "journalExportUrl.legalEntityId",
            "query($id: ID!) { journalExportUrl(legalEntityId: $id, from: \"2026-01-01\", to: \"2026-12-31\", format: SAFT) }",
            id(),
            entity(),
        ),
        (
            "taxReport.legalEntityId",
            "query($id: ID!) { taxReport(legalEntityId: $id, from: \"2026-01-01\", to: \"2026-12-31\") { scheme } }",
            id(),
            entity(),
        ),
        (
            "invoices.filter.customerId",
            "query($id: ID) { invoices(filter: { customerId: $id }) { totalCount } }",
            id(),
            foreign.customer.clone(),
        ),
        (
            "invoices.filter.orderId",
            "query($id: ID) { invoices(filter: { orderId: $id }) { totalCount } }",
            id(),
            foreign.billed.clone(),
        ),
        ("periodClose.input.legalEntityId", PERIOD_CLOSE, period, entity()),
        (
            "journalEntryReverse.input.journalEntryId",
            JOURNAL_ENTRY_REVERSE,
            reversal,
            foreign.entry.clone(),
        ),
    ]
}

/// The same of customers.
#[expect(clippy::too_many_lines, reason = "a table, one case for each place")]
fn customers(foreign: &Foreign) -> Vec<Case> {
    let id = || json!({ "id": "@" });
    let input = |input: Json| json!({ "input": input });
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "7", "channelId": "@" });
    let consent =
        json!({ "customerId": "@", "purpose": "marketing", "granted": true, "source": "call" });
    vec![
        (
            "customer.by.id",
            "query($id: ID!) { customer(by: { id: $id }) { number } }",
            id(),
            foreign.customer.clone(),
        ),
        (
            "customer.by.identity.channelId",
            "query($id: ID) { customer(by: { identity: { kind: CHANNEL_ACCOUNT, value: \"7\", channelId: $id } }) { number } }",
            id(),
            foreign.channel.clone(),
        ),
        (
            "Customer.orders.filter.channelIds",
            "query($id: [ID!]) { orders { nodes { customer { orders(filter: { channelIds: $id }) { totalCount } } } } }",
            json!({ "id": ["@"] }),
            foreign.channel.clone(),
        ),
        (
            "Customer.orders.filter.locationIds",
            "query($id: [ID!]) { orders { nodes { customer { orders(filter: { locationIds: $id }) { totalCount } } } } }",
            json!({ "id": ["@"] }),
            foreign.location.clone(),
        ),
        (
            "Customer.orders.filter.customerId",
            "query($id: ID) { orders { nodes { customer { orders(filter: { customerId: $id }) { totalCount } } } } }",
            id(),
            foreign.customer.clone(),
        ),
        (
            "customerUpsert.input.customerId",
            CUSTOMER_UPSERT,
            input(json!({ "customerId": "@", "customer": { "name": "x" } })),
            foreign.customer.clone(),
        ),
        (
            "customerUpsert.input.customer.identities.channelId",
            CUSTOMER_UPSERT,
            input(json!({ "customer": { "name": "x", "identities": [account] } })),
            foreign.channel.clone(),
        ),
        (
            "consentRecord.input.customerId",
            CONSENT_RECORD,
            input(consent),
            foreign.customer.clone(),
        ),
        (
            "customerMerge.input.intoId",
            CUSTOMER_MERGE,
            input(json!({ "intoId": "@", "fromIds": [foreign.money.namesake] })),
            foreign.customer.clone(),
        ),
        (
            "customerUnmerge.input.customerId",
            CUSTOMER_UNMERGE,
            input(json!({ "customerId": "@" })),
            text(&foreign.money.namesake),
        ),
        (
            "customerMerge.input.fromIds",
            CUSTOMER_MERGE,
            input(json!({ "intoId": foreign.customer, "fromIds": ["@"] })),
            text(&foreign.money.namesake),
        ),
        (
            "privacyRequestOpen.input.customerId",
            PRIVACY_OPEN,
            input(json!({ "customerId": "@", "kind": "EXPORT" })),
            text(&foreign.money.namesake),
        ),
        (
            "privacyRequestExtend.input.privacyRequestId",
            PRIVACY_EXTEND,
            input(json!({ "privacyRequestId": "@", "reason": "x" })),
            text(&foreign.money.requests[0]),
        ),
        (
            "privacyRequestRefuse.input.privacyRequestId",
            PRIVACY_REFUSE,
            input(json!({ "privacyRequestId": "@", "reason": "x" })),
            text(&foreign.money.requests[0]),
        ),
        (
            "privacyRequestComplete.input.privacyRequestId",
            PRIVACY_COMPLETE,
            input(json!({ "privacyRequestId": "@" })),
            text(&foreign.money.requests[1]),
        ),
        (
            "customerMergePreview.input.intoId",
            PREVIEW,
            input(json!({ "intoId": "@", "fromIds": [foreign.money.customer] })),
            foreign.customer.clone(),
        ),
        (
            "customerMergePreview.input.fromIds",
            PREVIEW,
            input(json!({ "intoId": foreign.customer, "fromIds": ["@"] })),
            text(&foreign.money.customer),
        ),
        (
            "customers.filter.channelIds",
            "query($id: [ID!]) { customers(filter: { channelIds: $id }) { totalCount } }",
            json!({ "id": ["@"] }),
            foreign.channel.clone(),
        ),
        (
            "customers.segmentId",
            "query($id: ID) { customers(segmentId: $id) { totalCount } }",
            id(),
            foreign.segment.clone(),
        ),
        (
            "segmentDefine.input.segmentId",
            SEGMENT_DEFINE,
            input(json!({ "segmentId": "@", "name": "Other", "filter": { "tags": ["x"] } })),
            foreign.segment.clone(),
        ),
        (
            "segmentDefine.input.filter.channelIds",
            SEGMENT_DEFINE,
            input(json!({ "name": "Of it", "filter": { "channelIds": ["@"] } })),
            foreign.channel.clone(),
        ),
    ]
}

/// The same of what somebody has to do.
fn tasks(foreign: &Foreign) -> Vec<Case> {
    let of = |more: Json| {
        let mut input = json!({ "taskId": "@" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "input": input })
    };
    let task = || text(&foreign.to_do.tasks[0]);
    vec![
        ("taskAssign.input.taskId", TASK_ASSIGN, of(json!({})), task()),
        ("taskComplete.input.taskId", TASK_COMPLETE, of(json!({})), task()),
        ("taskSkip.input.taskId", TASK_SKIP, of(json!({ "reason": "x" })), task()),
        (
            "tasks.filter.subjectId",
            "query($id: ID) { tasks(filter: { subjectId: $id }) { totalCount } }",
            json!({ "id": "@" }),
            text(&foreign.to_do.order),
        ),
        (
            "taskUpdated.filter.subjectId",
            "subscription($id: ID, $after: String) { taskUpdated(after: $after, filter: { subjectId: $id }) { cursor } }",
            json!({ "id": "@" }),
            text(&foreign.to_do.order),
        ),
    ]
}

/// The same of cases.
fn cases_of_customers(foreign: &Foreign) -> Vec<Case> {
    let id = || json!({ "id": "@" });
    let input = |input: Json| json!({ "input": input });
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "7", "channelId": "@" });
    let case = |place: usize| text(&foreign.money.cases[place]);
    let with = |mut all: Json, more: Json| {
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "input": all })
    };
    let asked = |more: Json| {
        let all = json!({ "customer": { "create": { "name": "x" } }, "kind": "OTHER", "subject": "x", "contactChannel": "PHONE" });
        with(all, more)
    };
    let of_case = |more: Json| with(json!({ "caseId": "@" }), more);
    vec![
        ("case.id", "query($id: ID!) { case(id: $id) { number } }", id(), case(0)),
        (
            "cases.filter.customerId",
            "query($id: ID) { cases(filter: { customerId: $id }) { totalCount } }",
            id(),
            text(&foreign.money.customer),
        ),
        (
            "cases.filter.orderId",
            "query($id: ID) { cases(filter: { orderId: $id }) { totalCount } }",
            id(),
            foreign.money.asked_about.clone(),
        ),
        (
            "caseUpdated.filter.customerId",
            "subscription($id: ID, $after: String) { caseUpdated(after: $after, filter: { customerId: $id }) { cursor } }",
            id(),
            text(&foreign.money.customer),
        ),
        (
            "caseUpdated.filter.orderId",
            "subscription($id: ID, $after: String) { caseUpdated(after: $after, filter: { orderId: $id }) { cursor } }",
            id(),
            foreign.money.asked_about.clone(),
        ),
        (
            "caseOpen.input.orderId",
            CASE_OPEN,
            asked(json!({ "orderId": "@" })),
            foreign.order.clone(),
        ),
        (
            "caseOpen.input.returnId",
            CASE_OPEN,
            asked(json!({ "returnId": "@" })),
            text(&foreign.returns.asked[0]),
        ),
        (
            "caseOpen.input.subjectId",
            CASE_OPEN,
            asked(json!({ "subjectId": "@" })),
            text(&foreign.money.payments[0]),
        ),
        (
            "caseOpen.input.customer.id",
            CASE_OPEN,
            asked(json!({ "customer": { "id": "@" } })),
            foreign.customer.clone(),
        ),
        (
            "caseOpen.input.customer.create.identities.channelId",
            CASE_OPEN,
            asked(
                json!({ "customer": { "create": { "email": "new@example.com", "identities": [account] } } }),
            ),
            foreign.channel.clone(),
        ),
        (
            "caseOpen.input.customer.identity.channelId",
            CASE_OPEN,
            asked(json!({ "customer": { "identity": account } })),
            foreign.channel.clone(),
        ),
        ("caseReply.input.caseId", CASE_REPLY, of_case(json!({ "text": "x" })), case(0)),
        ("caseUpdate.input.caseId", CASE_UPDATE, of_case(json!({ "kind": "REFUND" })), case(0)),
        ("caseAssign.input.caseId", CASE_ASSIGN, of_case(json!({})), case(0)),
        ("caseResolve.input.caseId", CASE_RESOLVE, of_case(json!({ "resolution": "x" })), case(0)),
        ("caseReopen.input.caseId", CASE_REOPEN, of_case(json!({})), case(1)),
        (
            "storeCreditGrant.input.caseId",
            STORE_CREDIT_GRANT,
            input(
                json!({ "customerId": foreign.money.customer, "caseId": "@", "amount": { "amount": "1.00", "currencyCode": "EUR" }, "reason": "x" }),
            ),
            case(0),
        ),
    ]
}

/// The same of money.
fn money(foreign: &Foreign) -> Vec<Case> {
    let payment = |place: usize| text(&foreign.money.payments[place]);
    let cash = json!({ "provider": "manual", "method": "cash", "captured": "1.00" });
    let said = json!({ "paymentId": "@", "kind": "CAPTURE", "state": "SUCCEEDED", "amount": "5.00", "providerReference": "x" });
    let paid = json!({ "invoiceId": "@", "amount": "1.00", "bookedAt": "2026-03-01" });
    let back = json!({ "paymentId": "@", "amount": "1.00", "reason": "x" });
    let input = |input: Json| json!({ "input": input });
    let id = || input(json!({ "paymentId": "@" }));
    let euro = json!({ "amount": "1.00", "currencyCode": "EUR" });
    vec![
        (
            "payments.filter.orderId",
            "query($id: ID) { payments(filter: { orderId: $id }) { totalCount } }",
            json!({ "id": "@" }),
            foreign.billed.clone(),
        ),
        (
            "paymentRecord.input.orderId",
            PAYMENT_RECORD,
            input(json!({ "orderId": "@", "payment": cash })),
            foreign.billed.clone(),
        ),
        ("paymentCapture.input.paymentId", PAYMENT_CAPTURE, id(), payment(0)),
        ("paymentVoid.input.paymentId", PAYMENT_VOID, id(), payment(1)),
        ("paymentTransactionReport.input.paymentId", PAYMENT_REPORT, input(said), payment(2)),
        ("paymentRefund.input.paymentId", PAYMENT_REFUND, input(back), payment(3)),
        (
            "refundRequestDecide.input.refundRequestId",
            REFUND_DECIDE,
            input(json!({ "refundRequestId": "@", "grant": false })),
            text(&foreign.money.request),
        ),
        (
            "invoicePaymentRecord.input.invoiceId",
            INVOICE_PAY,
            input(paid),
            text(&foreign.money.invoice),
        ),
        (
            "giftCardIssue.input.legalEntityId",
            GIFT_CARD_ISSUE,
            input(json!({ "legalEntityId": "@", "amount": euro })),
            foreign.entity.clone(),
        ),
        (
            "giftCardIssue.input.customerId",
            GIFT_CARD_ISSUE,
            input(json!({ "legalEntityId": foreign.entity, "customerId": "@", "amount": euro })),
            foreign.customer.clone(),
        ),
        (
            "giftCardIssue.input.orderId",
            GIFT_CARD_ISSUE,
            input(json!({ "legalEntityId": foreign.entity, "orderId": "@", "amount": euro })),
            foreign.billed.clone(),
        ),
        (
            "storeCreditGrant.input.customerId",
            STORE_CREDIT_GRANT,
            input(json!({ "customerId": "@", "amount": euro, "reason": "x" })),
            foreign.customer.clone(),
        ),
        (
            "storeCreditGrant.input.legalEntityId",
            STORE_CREDIT_GRANT,
            input(
                json!({ "customerId": foreign.customer, "legalEntityId": "@", "amount": euro, "reason": "x" }),
            ),
            foreign.entity.clone(),
        ),
        (
            "disputeRecord.input.paymentId",
            DISPUTE_RECORD,
            input(json!({ "paymentId": "@", "amount": "1.00", "reason": "x" })),
            payment(3),
        ),
        (
            "disputeSubmitEvidence.input.disputeId",
            DISPUTE_SUBMIT,
            input(json!({ "disputeId": "@" })),
            text(&foreign.money.disputes[0]),
        ),
        (
            "disputeResolve.input.disputeId",
            DISPUTE_RESOLVE,
            input(json!({ "disputeId": "@", "state": "LOST" })),
            text(&foreign.money.disputes[1]),
        ),
    ]
}

/// The same of settlements.
fn settlements(foreign: &Foreign) -> Vec<Case> {
    let have = &foreign.settlements;
    let input = |input: Json| json!({ "input": input });
    let (line, entry) = (&have.line, &have.bank_line);
    let targets = json!([{ "targetId": have.transaction, "amount": "0.01" }]);
    let at = json!([{ "targetId": "@", "amount": "0.01" }]);
    let resolve = |exception: &Json, matching: Json| {
        input(
            json!({ "exceptionId": exception, "resolution": "MATCHED", "note": "x", "match": matching }),
        )
    };
    let one = |id: &Json| text(id);
    let mut cases = vec![
        (
            "matchCreate.input.settlementLineId",
            MATCH_CREATE,
            input(json!({ "settlementLineId": "@", "targets": targets })),
            one(line),
        ),
        (
            "matchCreate.input.bankLineId",
            MATCH_CREATE,
            input(json!({ "bankLineId": "@", "targets": targets })),
            one(entry),
        ),
        (
            "matchCreate.input.targets.targetId",
            MATCH_CREATE,
            input(json!({ "settlementLineId": line, "targets": at })),
            one(&have.transaction),
        ),
        (
            "matchConfirm.input.matchId",
            MATCH_CONFIRM,
            input(json!({ "matchId": "@" })),
            one(&have.matches[0]),
        ),
        (
            "matchUndo.input.matchId",
            MATCH_UNDO,
            input(json!({ "matchId": "@" })),
            one(&have.matches[1]),
        ),
        (
            "exceptionResolve.input.match.settlementLineId",
            EXCEPTION_RESOLVE,
            resolve(&have.line_exception, json!({ "settlementLineId": "@", "targets": targets })),
            one(line),
        ),
        (
            "exceptionResolve.input.match.bankLineId",
            EXCEPTION_RESOLVE,
            resolve(&have.bank_exception, json!({ "bankLineId": "@", "targets": targets })),
            one(entry),
        ),
        (
            "exceptionResolve.input.match.targets.targetId",
            EXCEPTION_RESOLVE,
            resolve(&have.line_exception, json!({ "settlementLineId": line, "targets": at })),
            one(&have.transaction),
        ),
        (
            "exceptionResolve.input.exceptionId",
            EXCEPTION_RESOLVE,
            input(json!({ "exceptionId": "@", "resolution": "ACCEPTED", "note": "x" })),
            one(&have.exceptions[0]),
        ),
        (
            "exceptionDecide.input.exceptionId",
            EXCEPTION_DECIDE,
            input(json!({ "exceptionId": "@", "grant": true })),
            one(&have.exceptions[1]),
        ),
        (
            "exceptionReopen.input.exceptionId",
            EXCEPTION_REOPEN,
            input(json!({ "exceptionId": "@", "note": "x" })),
            one(&have.exceptions[2]),
        ),
    ];
    cases.extend(reconciliations(foreign));
    cases
}

/// The same of goods that came back.
fn goods_back(foreign: &Foreign) -> Vec<Case> {
    let have = &foreign.returns;
    let input = |input: Json| json!({ "input": input });
    let [(receive, line), (inspect, here), (resolve, _)] = &have.agreed;
    let take = |id: &Json, line: &Json, location: &Json| {
        let lines = json!([{ "returnLineId": line, "quantity": 1 }]);
        input(json!({ "returnId": id, "lines": lines, "locationId": location }))
    };
    let look = |id: &Json, line: &Json| {
        let found = json!({ "returnLineId": line, "quantity": 1, "condition": "NEW", "disposition": "RESTOCK" });
        input(json!({ "returnId": id, "lines": [found] }))
    };
    let (at, nowhere) = (json!("@"), json!(null));
    let settle = input(json!({ "returnId": "@", "method": "NONE", "note": "x" }));
    let blind = input(json!({ "locationId": "@", "lines": [{ "sku": "D", "quantity": 1 }] }));
    vec![
        (
            "returnReceive.input.locationId",
            RETURN_RECEIVE,
            take(receive, line, &at),
            foreign.location.clone(),
        ),
        ("returnReceive.input.returnId", RETURN_RECEIVE, take(&at, line, &nowhere), text(receive)),
        (
            "returnReceive.input.lines.returnLineId",
            RETURN_RECEIVE,
            take(receive, &at, &nowhere),
            text(line),
        ),
        ("returnInspect.input.returnId", RETURN_INSPECT, look(&at, here), text(inspect)),
        ("returnInspect.input.lines.returnLineId", RETURN_INSPECT, look(inspect, &at), text(here)),
        ("returnResolve.input.returnId", RETURN_RESOLVE, settle, text(resolve)),
        ("returnStage.input.locationId", RETURN_STAGE, blind, foreign.location.clone()),
        (
            "returnAssign.input.orderId",
            RETURN_ASSIGN,
            input(json!({ "returnId": have.staged, "orderId": "@" })),
            text(&have.order),
        ),
        (
            "returnAssign.input.returnId",
            RETURN_ASSIGN,
            input(json!({ "returnId": "@", "orderId": have.order })),
            text(&have.staged),
        ),
        (
            "carrierClaimRecord.input.returnId",
            CARRIER_CLAIM_RECORD,
            input(json!({ "returnId": "@", "state": "FILED", "claimed": "1.00" })),
            text(&have.claim),
        ),
    ]
}

/// The same of returns.
fn returns(foreign: &Foreign) -> Vec<Case> {
    let have = &foreign.returns;
    let input = |input: Json| json!({ "input": input });
    let [first, ..] = &have.asked;
    let units = |line: &Json| json!([{ "orderLineId": line, "quantity": 1, "reason": "OTHER" }]);
    let asked = |order: &str, line: &Json| {
        input(json!({ "orderId": order, "kind": "CLAIM", "lines": units(line) }))
    };
    let which = input(json!({ "returnId": "@" }));
    let reject = input(json!({ "returnId": "@", "reason": "x" }));
    let query = "query($input: ReturnRequestInput!) { returnQuote(input: $input) { allowed quote { total { amount } } userErrors { code field message } } }";
    let order = || text(&have.order);
    let change = input(json!({ "id": "@", "name": "x", "windowDays": 1, "refundWithinDays": 1 }));
    let mut cases = vec![
        (
            "return.id",
            "query($id: ID!) { return(id: $id) { number } }",
            json!({ "id": "@" }),
            text(first),
        ),
        ("returnQuote.input.orderId", query, asked("@", &have.line), order()),
        ("returnRequest.input.orderId", RETURN_REQUEST, asked("@", &have.line), order()),
        ("returnApprove.input.returnId", RETURN_APPROVE, which.clone(), text(first)),
        ("returnReject.input.returnId", RETURN_REJECT, reject, text(first)),
        ("returnCancel.input.returnId", RETURN_CANCEL, which, text(first)),
        ("returnPolicyUpsert.input.id", RETURN_POLICY_UPSERT, change, text(&have.policy)),
        (
            "returnPolicyUpsert.input.channelId",
            RETURN_POLICY_UPSERT,
            input(json!({ "name": "x", "channelId": "@", "windowDays": 1, "refundWithinDays": 1 })),
            foreign.channel.clone(),
        ),
    ];
    cases.extend(goods_back(foreign));
    let named = |line: &str, more: Json| {
        let mut asked =
            json!({ "orderId": have.order, "kind": "CLAIM", "lines": units(&json!(line)) });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input(asked)
    };
    let nothing = text(&have.line);
    for (quoted, requested, asked, id) in [
        (
            "returnQuote.input.lines.orderLineId",
            "returnRequest.input.lines.orderLineId",
            named("@", json!({})),
            text(&have.line),
        ),
        (
            "returnQuote.input.locationId",
            "returnRequest.input.locationId",
            named(&nothing, json!({ "locationId": "@" })),
            foreign.location.clone(),
        ),
        (
            "returnQuote.input.parcelId",
            "returnRequest.input.parcelId",
            named(&nothing, json!({ "parcelId": "@" })),
            text(&have.parcel),
        ),
    ] {
        cases.push((quoted, query, asked.clone(), id.clone()));
        cases.push((requested, RETURN_REQUEST, asked, id));
    }
    for (place, filter, id) in [
        ("returnUpdated.filter.orderId", json!({ "orderId": "@" }), order()),
        ("returnUpdated.filter.customerId", json!({ "customerId": "@" }), foreign.customer.clone()),
        (
            "returnUpdated.filter.locationIds",
            json!({ "locationIds": ["@"] }),
            foreign.location.clone(),
        ),
    ] {
        let live = "subscription($filter: ReturnFilter, $after: String) { returnUpdated(after: $after, filter: $filter) { cursor } }";
        cases.push((place, live, json!({ "filter": filter }), id));
    }
    for (place, filter, id) in [
        ("returns.filter.orderId", json!({ "orderId": "@" }), order()),
        ("returns.filter.customerId", json!({ "customerId": "@" }), foreign.customer.clone()),
        ("returns.filter.locationIds", json!({ "locationIds": ["@"] }), foreign.location.clone()),
    ] {
        let query = "query($filter: ReturnFilter) { returns(filter: $filter) { totalCount } }";
        cases.push((place, query, json!({ "filter": filter }), id));
    }
    cases
}

/// The same of reconciliations and what is agreed for them.
fn reconciliations(foreign: &Foreign) -> Vec<Case> {
    let input = |input: Json| json!({ "input": input });
    let fee =
        json!([{ "kind": "CAPTURE", "currencyCode": "EUR", "from": "2026-01-01", "rate": "0.01" }]);
    vec![
        (
            "reconciliation.legalEntityId",
            "query($id: ID) { reconciliation(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\", legalEntityId: $id) { clearingBalance { amount } } }",
            json!({ "id": "@" }),
            foreign.entity.clone(),
        ),
        (
            "reconciliation.channelIds",
            "query($id: ID!) { reconciliation(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\", channelIds: [$id]) { captured { amount } } }",
            json!({ "id": "@" }),
            foreign.channel.clone(),
        ),
        (
            "reconciliationExportUrl.legalEntityId",
            "query($id: ID) { reconciliationExportUrl(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\", legalEntityId: $id, part: STEPS) }",
            json!({ "id": "@" }),
            foreign.entity.clone(),
        ),
        (
            "reconciliationExportUrl.channelIds",
            "query($id: ID!) { reconciliationExportUrl(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\", channelIds: [$id], part: STEPS) }",
            json!({ "id": "@" }),
            foreign.channel.clone(),
        ),
        (
            "feeAgreements.legalEntityId",
            "query($id: ID!) { feeAgreements(legalEntityId: $id, on: \"2026-01-01\") { rate } }",
            json!({ "id": "@" }),
            foreign.entity.clone(),
        ),
        (
            "reconciliationTolerances.legalEntityId",
            "query($id: ID!) { reconciliationTolerances(legalEntityId: $id) { feeRate } }",
            json!({ "id": "@" }),
            foreign.entity.clone(),
        ),
        (
            "feeAgreementsSet.input.legalEntityId",
            FEE_AGREEMENTS_SET,
            input(json!({ "legalEntityId": "@", "provider": "psp", "agreements": fee })),
            foreign.entity.clone(),
        ),
        (
            "reconciliationTolerancesSet.input.legalEntityId",
            TOLERANCES_SET,
            input(json!({ "legalEntityId": "@", "tolerances": [{ "currencyCode": "EUR" }] })),
            foreign.entity.clone(),
        ),
    ]
}

/// The same of what moves stock on paper.
#[expect(clippy::too_many_lines, reason = "a table, one case for each place")]
fn stock_documents(shop: &Shop, documents: &Documents) -> Vec<Case> {
    let (berlin, store) = (&shop.berlin, &shop.store);
    let lines = json!([{ "sku": "C", "quantity": 1 }]);
    let mut cases: Vec<Case> = vec![
        (
            "stockTransfers.locationIds",
            "query($id: [ID!]) { stockTransfers(locationIds: $id) { totalCount } }",
            json!({ "id": ["@"] }),
            berlin.clone(),
        ),
        (
            "purchaseOrders.locationIds",
            "query($id: [ID!]) { purchaseOrders(locationIds: $id) { totalCount } }",
            json!({ "id": ["@"] }),
            berlin.clone(),
        ),
        (
            "stockCounts.locationIds",
            "query($id: [ID!]) { stockCounts(locationIds: $id) { totalCount } }",
            json!({ "id": ["@"] }),
            berlin.clone(),
        ),
        (
            "stockCountProposals.locationId",
            "query($id: ID!) { stockCountProposals(locationId: $id) { totalCount } }",
            json!({ "id": "@" }),
            berlin.clone(),
        ),
        (
            "stockValuation.locationIds",
            "query($id: [ID!]) { stockValuation(locationIds: $id) { units } }",
            json!({ "id": ["@"] }),
            berlin.clone(),
        ),
        (
            "replenishment.locationIds",
            "query($id: [ID!]) { replenishment(locationIds: $id) { totalCount } }",
            json!({ "id": ["@"] }),
            berlin.clone(),
        ),
        (
            "transferCreate.input.fromLocationId",
            TRANSFER_CREATE,
            json!({ "input": { "fromLocationId": "@", "toLocationId": shop.hamburg, "lines": lines } }),
            berlin.clone(),
        ),
        (
            "transferCreate.input.toLocationId",
            TRANSFER_CREATE,
            json!({ "input": { "fromLocationId": shop.hamburg, "toLocationId": "@", "lines": lines } }),
            store.clone(),
        ),
        (
            "purchaseOrderCreate.input.locationId",
            PURCHASE_ORDER_CREATE,
            json!({ "input": { "supplierId": documents.supplier, "locationId": "@", "lines": [{ "sku": "C", "quantity": 10 }] } }),
            berlin.clone(),
        ),
        (
            "stockCountStart.input.locationId",
            STOCK_COUNT_START,
            json!({ "input": { "locationId": "@", "skus": ["A"] } }),
            berlin.clone(),
        ),
    ];
    let [to_ship, to_cancel, under_way] = documents.transfers.each_ref().map(text);
    let id = || json!({ "input": { "transferId": "@" } });
    cases.extend([
        ("transferShip.input.transferId", TRANSFER_SHIP, id(), to_ship),
        ("transferCancel.input.transferId", TRANSFER_CANCEL, id(), to_cancel),
        (
            "transferReceive.input.transferId",
            TRANSFER_RECEIVE,
            json!({ "input": { "transferId": "@", "lines": lines } }),
            under_way,
        ),
    ]);
    let [to_place, to_update, to_cancel, expected] = documents.purchase_orders.each_ref().map(text);
    let id = || json!({ "input": { "purchaseOrderId": "@" } });
    cases.extend([
        ("purchaseOrderPlace.input.purchaseOrderId", PURCHASE_ORDER_PLACE, id(), to_place),
        ("purchaseOrderUpdate.input.purchaseOrderId", PURCHASE_ORDER_UPDATE, id(), to_update),
        ("purchaseOrderCancel.input.purchaseOrderId", PURCHASE_ORDER_CANCEL, id(), to_cancel),
        (
            "purchaseOrderReceive.input.purchaseOrderId",
            PURCHASE_ORDER_RECEIVE,
            json!({ "input": { "purchaseOrderId": "@", "lines": lines } }),
            expected,
        ),
    ]);
    let [to_record, to_close, to_cancel] = documents.counts.each_ref().map(text);
    let id = || json!({ "input": { "stockCountId": "@" } });
    cases.extend([
        (
            "stockCountRecord.input.stockCountId",
            STOCK_COUNT_RECORD,
            json!({ "input": { "stockCountId": "@", "lines": [{ "sku": "B", "quantity": 3 }] } }),
            to_record,
        ),
        ("stockCountClose.input.stockCountId", STOCK_COUNT_CLOSE, id(), to_close),
        ("stockCountCancel.input.stockCountId", STOCK_COUNT_CANCEL, id(), to_cancel),
    ]);
    cases
}

/// The answer with the id put in, as text; the id itself and what it cost left out.
async fn asked(client: &Client, query: &str, variables: &Json, id: &str) -> String {
    let variables: Json =
        serde_json::from_str(&variables.to_string().replace("\"@\"", &format!("\"{id}\"")))
            .unwrap();
    if query.starts_with("subscription") {
        // The same events are told in batches of their own: what counts is what is told.
        let start = client.payload("{ events(first: 1) { nodes { cursor } } }", json!({})).await;
        let mut variables = variables;
        variables["after"] = start["nodes"][0]["cursor"].clone();
        let mut stream = Stream::open(client, query, variables).await;
        return json!(stream.items(std::time::Duration::from_millis(400)).await).to_string();
    }
    let mut answer = client.answer(query, variables).await;
    answer.as_object_mut().unwrap().remove("extensions");
    answer.to_string().replace(id, "@")
}

/// An id of the same kind that nothing has.
fn nothing(id: &str) -> String {
    let (kind, _) = aftercart::ids::decode(id).unwrap();
    aftercart::ids::encode(kind, uuid::Uuid::from_u128(7))
}

#[tokio::test]
async fn anothers_id_answers_as_one_that_nothing_has() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let order = shop.place(input).await;
    let open = shop.place(shop.paid(&[("A", 1)])).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 600, "lines": [{ "sku": "B", "quantity": 1 }] });
    let held = shop.admin.done(STOCK_RESERVE, hold).await["reservation"]["id"].clone();
    // The market serves a store, where customers may fetch.
    let market = json!({ "code": "market", "name": "market", "kind": "MARKETPLACE", "currencyCode": "EUR",
        "taxIncluded": true, "legalEntityId": shop.entity, "locationIds": [shop.hamburg, shop.store] });
    shop.admin.done(CHANNEL_UPSERT, market).await;
    let strategy = json!({ "name": "x", "channelId": shop.web, "rules": ["NEAREST"] });
    let strategy = shop.admin.done(ROUTING_DEFINE, strategy).await["routingStrategy"]["id"].clone();
    for _ in 0..2 {
        shop.place(shop.sent_home(&[("D", 1)])).await;
    }
    let draft = shop.admin.done(DRAFT_CREATE, shop.order(&[("A", 1)])).await["order"]["id"].clone();
    let mut own = shop.order(&[("A", 1)]);
    own["channelId"] = json!(shop.market);
    let own = shop.admin.done(DRAFT_CREATE, own).await["order"]["id"].clone();
    // What needs no way is invoiced at once.
    let mut bought = shop.paid(&[("D", 1)]);
    bought["deliveryMethod"] = json!("DIGITAL");
    bought["customer"] = json!({ "id": order["customer"]["id"] });
    let bought = shop.place(bought).await;
    let entries = "query($id: ID) { journalEntries(subjectId: $id) { nodes { id } } }";
    let entry =
        shop.admin.payload(entries, json!({ "id": bought["id"] })).await["nodes"][0]["id"].clone();
    let money = shop.money(&app).await;
    let settlements = shop.settlements(&app, &money).await;
    let returns = shop.returns(&order["customer"]["id"]).await;
    let segment = json!({ "name": "Any", "filter": { "orderCount": { "min": 1 } } });
    let segment = shop.admin.done(SEGMENT_DEFINE, segment).await["segment"]["id"].clone();
    let foreign = Foreign {
        billed: text(&bought["id"]),
        channel: shop.web.clone(),
        location: shop.berlin.clone(),
        order: text(&order["id"]),
        open: text(&open["id"]),
        open_line: text(&open["lines"][0]["id"]),
        customer: text(&order["customer"]["id"]),
        segment: text(&segment),
        reservation: text(&held),
        fulfillment: text(&shop.work(&open, 0).await["id"]),
        line: text(&order["lines"][0]["id"]),
        hold: text(&shop.read(&order).await["holds"][0]["id"]),
        strategy: text(&strategy),
        draft: text(&draft),
        documents: shop.documents().await,
        entry: text(&entry),
        entity: shop.entity.clone(),
        money,
        settlements,
        returns,
        to_do: shop.to_do().await,
    };
    let role = json!({ "name": "reader", "permissions": ["ORDERS_READ"] });
    let role = shop.admin.done(ROLE_DEFINE, role).await["role"]["id"].clone();
    let user = app.user("known@shop.example", "agent").await;
    let cases = cases(&shop, &foreign, (&role, &user, &own));
    let mut known: BTreeSet<String> =
        OF_THE_WHOLE_SHOP.iter().map(|place| (*place).to_owned()).collect();
    known.extend(REFUSED_IN_DRAFTS.map(str::to_owned));
    known.extend(cases.iter().map(|(place, ..)| (*place).to_owned()));
    assert_eq!(places(&app).await, known);
    let stranger = app.reaching(Some(&[&shop.market]), Some(&[&shop.hamburg])).await;
    let before = app.books().await;
    let mut answers = Vec::new();
    for (place, query, variables, id) in &cases {
        let another = asked(&stranger, query, variables, id).await;
        assert_eq!(another, asked(&stranger, query, variables, &nothing(id)).await, "{place}");
        answers.push(another);
    }
    assert_eq!(app.books().await, before);
    // Who reaches it is answered otherwise: the id is there, and in the right place.
    for ((place, query, variables, id), seen) in cases.iter().zip(answers) {
        let own = asked(&shop.admin, query, variables, id).await;
        let none = asked(&shop.admin, query, variables, &nothing(id)).await;
        assert!(own != none && own != seen, "{place}: {own}");
    }
}
