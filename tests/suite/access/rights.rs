//! Every root field, asked of introspection: without a credential, without the right, with it.

use harness::shop::*;
use harness::{Client, Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::{Permission as P, Permissions};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A root query field, a document that asks for it, and the permission it needs, if any.
const QUERIES: &[(&str, &str, Option<P>)] = &[
    ("node", "{ node(id: \"x\") { id } }", None),
    ("nodes", "{ nodes(ids: []) { id } }", None),
    ("viewer", "{ viewer { permissions } }", None),
    ("users", "{ users { totalCount nodes { email } } }", Some(P::AccessManage)),
    ("roles", "{ roles { name permissions builtIn } }", Some(P::AccessManage)),
    ("auditLog", "{ auditLog { totalCount nodes { operation } } }", Some(P::AuditRead)),
    ("apiTokens", "{ apiTokens { totalCount nodes { name } } }", Some(P::AccessManage)),
    ("channels", "{ channels { code } }", Some(P::CatalogRead)),
    ("channel", "{ channel(by: { code: \"web\" }) { code } }", Some(P::CatalogRead)),
    ("locations", "{ locations { code } }", Some(P::CatalogRead)),
    ("location", "{ location(by: { code: \"berlin\" }) { code } }", Some(P::CatalogRead)),
    ("variant", "{ variant(by: { sku: \"A\" }) { sku } }", Some(P::CatalogRead)),
    ("variants", "{ variants { totalCount nodes { sku } } }", Some(P::CatalogRead)),
    ("suppliers", "{ suppliers { totalCount } }", Some(P::PurchasingRead)),
    ("order", "{ order(by: { number: \"WEB-1000001\" }) { number } }", Some(P::OrdersRead)),
    ("orders", "{ orders { totalCount } }", Some(P::OrdersRead)),
    (
        "orderEditPreview",
        "{ orderEditPreview(input: { orderId: \"ord_00000000000000000000000000\", email: \"x@x.x\" }) { userErrors { code } } }",
        Some(P::OrdersWrite),
    ),
    (
        "availability",
        "{ availability(input: { channelId: \"@web\", lines: [{ sku: \"A\", quantity: 1 }] }) { splitCount } }",
        Some(P::StockRead),
    ),
    (
        "consolidationCandidates",
        "{ consolidationCandidates { totalCount nodes { savedParcels orders { number } } } }",
        Some(P::OrdersRead),
    ),
    ("deliveryServices", "{ deliveryServices { code } }", Some(P::CatalogRead)),
    ("riskRules", "{ riskRules { code } }", Some(P::OrdersRisk)),
    (
        "riskBackTest",
        "{ riskBackTest(input: { code: \"DENY_LIST\" }, placedAt: {}) { caught } }",
        Some(P::OrdersRisk),
    ),
    ("riskListEntries", "{ riskListEntries { totalCount } }", Some(P::OrdersRisk)),
    (
        "routingSimulate",
        "{ routingSimulate(input: { name: \"x\", rules: [NEAREST] }, placedAt: {}) { orderCount } }",
        Some(P::OrdersRead),
    ),
    ("routingStrategies", "{ routingStrategies { name } }", Some(P::OrdersRead)),
    ("fulfillments", "{ fulfillments { totalCount nodes { number } } }", Some(P::FulfillmentRead)),
    (
        "pickList",
        "{ pickList(input: { locationId: \"loc_00000000000000000000000000\" }) { quantity } }",
        Some(P::FulfillmentRead),
    ),
    ("stockLevels", "{ stockLevels { totalCount } }", Some(P::StockRead)),
    ("stockMovements", "{ stockMovements { totalCount } }", Some(P::StockRead)),
    ("stockTransfers", "{ stockTransfers { totalCount } }", Some(P::StockRead)),
    ("purchaseOrders", "{ purchaseOrders { totalCount } }", Some(P::PurchasingRead)),
    ("stockValuation", "{ stockValuation { units } }", Some(P::PurchasingRead)),
    ("replenishment", "{ replenishment { totalCount } }", Some(P::PurchasingRead)),
    // Who counts has STOCK_WRITE alone: see the counts.
    ("stockCounts", "{ stockCounts { totalCount } }", None),
    (
        "stockCountProposals",
        "{ stockCountProposals(locationId: \"@web\") { totalCount } }",
        Some(P::StockRead),
    ),
    ("ledgerAccounts", "{ ledgerAccounts { code } }", Some(P::LedgerRead)),
    ("journalEntries", "{ journalEntries { totalCount } }", Some(P::LedgerRead)),
    (
        "trialBalance",
        "{ trialBalance(legalEntityId: \"@entity\") { balanced } }",
        Some(P::LedgerRead),
    ),
    (
        "taxReport",
        "{ taxReport(legalEntityId: \"@entity\", from: \"2026-01-01\", to: \"2026-12-31\") { scheme } }",
        Some(P::LedgerRead),
    ),
    (
        "exchangeRates",
        "{ exchangeRates(base: \"EUR\", on: \"2026-03-02\") { rate } }",
        Some(P::LedgerRead),
    ),
    (
        "taxRates",
        "{ taxRates(countryCode: \"PL\", on: \"2026-03-02\") { rate } }",
        Some(P::CatalogRead),
    ),
    ("invoices", "{ invoices { totalCount } }", Some(P::PaymentsRead)),
    ("payments", "{ payments { totalCount } }", Some(P::PaymentsRead)),
    ("refundRequests", "{ refundRequests { totalCount } }", Some(P::PaymentsRead)),
    ("giftCard", "{ giftCard(code: \"x\") { id } }", Some(P::PaymentsRead)),
    (
        "journalExportUrl",
        "{ journalExportUrl(legalEntityId: \"@entity\", from: \"2026-01-01\", to: \"2026-12-31\", format: CSV) }",
        Some(P::LedgerRead),
    ),
    ("disputes", "{ disputes { totalCount } }", Some(P::PaymentsRead)),
    (
        "feeAgreements",
        "{ feeAgreements(legalEntityId: \"@entity\", on: \"2026-01-01\") { rate } }",
        Some(P::SettlementsRead),
    ),
    (
        "reconciliationTolerances",
        "{ reconciliationTolerances(legalEntityId: \"@entity\") { feeRate } }",
        Some(P::SettlementsRead),
    ),
    (
        "reconciliationExportUrl",
        "{ reconciliationExportUrl(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\", part: STEPS) }",
        Some(P::SettlementsRead),
    ),
    ("settlementReports", "{ settlementReports { totalCount } }", Some(P::SettlementsRead)),
    ("payouts", "{ payouts { totalCount } }", Some(P::SettlementsRead)),
    ("bankStatements", "{ bankStatements { totalCount } }", Some(P::SettlementsRead)),
    (
        "reconciliation",
        "{ reconciliation(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\") { openExceptions } }",
        Some(P::SettlementsRead),
    ),
    (
        "reconciliationExceptions",
        "{ reconciliationExceptions { totalCount } }",
        Some(P::SettlementsRead),
    ),
    (
        "return",
        "{ return(id: \"ret_00000000000000000000000000\") { number } }",
        Some(P::ReturnsRead),
    ),
    (
        "customer",
        "{ customer(by: { email: \"money@example.com\" }) { number } }",
        Some(P::CustomersRead),
    ),
    ("customers", "{ customers { totalCount } }", Some(P::CustomersRead)),
    ("duplicateCustomers", "{ duplicateCustomers { totalCount } }", Some(P::CustomersRead)),
    (
        "customerMergePreview",
        "{ customerMergePreview(input: { intoId: \"cus_00000000000000000000000000\", fromIds: [] }) { orders } }",
        Some(P::CustomersWrite),
    ),
    ("privacyRequests", "{ privacyRequests { totalCount } }", Some(P::CustomersPrivacy)),
    ("segments", "{ segments { name } }", Some(P::CustomersRead)),
    ("case", "{ case(id: \"cas_00000000000000000000000000\") { number } }", Some(P::CasesRead)),
    ("cases", "{ cases { totalCount } }", Some(P::CasesRead)),
    ("procedures", "{ procedures { name } }", Some(P::ProceduresRead)),
    ("tasks", "{ tasks { totalCount } }", Some(P::ProceduresRead)),
    (
        "procedureDryRun",
        "{ procedureDryRun(input: { name: \"x\", trigger: \"order.placed\", steps: [{ name: \"x\", ownerRoleId: \"@role\", dueWithin: \"PT1H\" }] }) { events } }",
        Some(P::ProceduresWrite),
    ),
    ("returns", "{ returns { totalCount } }", Some(P::ReturnsRead)),
    ("returnPolicies", "{ returnPolicies { name } }", Some(P::ReturnsRead)),
    (
        "returnQuote",
        "{ returnQuote(input: { orderId: \"ord_00000000000000000000000000\", kind: RETURN, lines: [] }) { allowed } }",
        Some(P::ReturnsRead),
    ),
    ("events", "{ events { totalCount } }", None),
    ("eventTypes", "{ eventTypes { name } }", None),
    ("webhookEndpoints", "{ webhookEndpoints { id } }", Some(P::WebhooksManage)),
    ("integrityReport", "{ integrityReport { ok } }", Some(P::InsightsRead)),
];

/// The same of the books.
fn books(shop: &Shop, entry: &Json) -> Vec<(&'static str, &'static str, Json, P)> {
    let rate = json!({ "base": "EUR", "currencyCode": "USD", "on": "2026-03-01", "rate": "0.92" });
    let tax = json!({ "countryCode": "PL", "category": "STANDARD", "from": "2011-01-01", "rate": "0.23" });
    let entry = json!({ "journalEntryId": entry, "reason": "wrong" });
    let period = json!({ "legalEntityId": shop.entity, "through": "2026-02-28" });
    vec![
        ("exchangeRatesSet", EXCHANGE_RATES_SET, json!({ "rates": [rate] }), P::LedgerWrite),
        ("taxRatesSet", TAX_RATES_SET, json!({ "rates": [tax] }), P::LedgerWrite),
        ("periodClose", PERIOD_CLOSE, period, P::LedgerWrite),
        ("journalEntryReverse", JOURNAL_ENTRY_REVERSE, entry, P::LedgerWrite),
    ]
}

/// The same of returns.
fn returns(shop: &Shop, work: &Work) -> Vec<(&'static str, &'static str, Json, P)> {
    let have = &work.returns;
    let units = json!([{ "orderLineId": have.line, "quantity": 1, "reason": "CHANGED_MIND" }]);
    let asked = json!({ "orderId": have.order, "kind": "RETURN", "lines": units });
    let policy = json!({ "name": "x", "windowDays": 1, "refundWithinDays": 1, "priority": -1 });
    let [approve, reject, cancel] = &have.asked;
    let needed = P::ReturnsWrite;
    let [(receive, line), (inspect, here), (resolve, _)] = &have.agreed;
    let receive =
        json!({ "returnId": receive, "lines": [{ "returnLineId": line, "quantity": 1 }] });
    let found = json!({ "returnLineId": here, "quantity": 1, "condition": "NEW", "disposition": "RESTOCK" });
    let inspect = json!({ "returnId": inspect, "lines": [found] });
    let resolve = json!({ "returnId": resolve, "method": "NONE", "note": "x" });
    let blind = json!([{ "sku": "D", "quantity": 1 }]);
    let stage = json!({ "locationId": shop.berlin, "lines": blind });
    let assign = json!({ "returnId": have.staged, "orderId": have.order });
    let claim = json!({ "returnId": have.claim, "state": "FILED", "claimed": "1.00" });
    vec![
        ("returnReceive", RETURN_RECEIVE, receive, needed),
        ("returnStage", RETURN_STAGE, stage, needed),
        ("returnAssign", RETURN_ASSIGN, assign, needed),
        ("carrierClaimRecord", CARRIER_CLAIM_RECORD, claim, needed),
        ("returnInspect", RETURN_INSPECT, inspect, needed),
        ("returnResolve", RETURN_RESOLVE, resolve, needed),
        ("returnPolicyUpsert", RETURN_POLICY_UPSERT, policy, P::CatalogWrite),
        ("returnRequest", RETURN_REQUEST, asked, needed),
        ("returnApprove", RETURN_APPROVE, json!({ "returnId": approve }), needed),
        ("returnReject", RETURN_REJECT, json!({ "returnId": reject, "reason": "x" }), needed),
        ("returnCancel", RETURN_CANCEL, json!({ "returnId": cancel }), needed),
    ]
}

/// The same of settlements.
fn settlements(shop: &Shop, work: &Work) -> Vec<(&'static str, &'static str, Json, P)> {
    let fee =
        json!([{ "kind": "CAPTURE", "currencyCode": "EUR", "from": "2026-01-01", "rate": "0.01" }]);
    let fees = json!({ "legalEntityId": shop.entity, "provider": "other", "agreements": fee });
    let tolerance = json!([{ "currencyCode": "EUR", "line": "0.01" }]);
    let tolerances = json!({ "legalEntityId": shop.entity, "tolerances": tolerance });
    let have = &work.settlements;
    let file = "type,currency,gross,net\nFEE,EUR,-1.00,-1.00\n";
    let file = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    let rows = "account,currency,date,amount\nDE99,EUR,2026-01-09,1.00\n";
    let rows = json!({ "format": "GENERIC_CSV", "content": rows });
    let target = json!([{ "targetId": have.transaction, "amount": "5.00" }]);
    let matching = json!({ "settlementLineId": have.line, "targets": target });
    let one = |place: usize| json!({ "matchId": have.matches[place] });
    let [resolve, decide, reopen] = &have.exceptions;
    let resolve = json!({ "exceptionId": resolve, "resolution": "ACCEPTED", "note": "x" });
    let decide = json!({ "exceptionId": decide, "grant": true });
    let reopen = json!({ "exceptionId": reopen, "note": "x" });
    let needed = P::SettlementsWrite;
    vec![
        ("settlementReportImport", SETTLEMENT_IMPORT, file, needed),
        ("bankStatementImport", STATEMENT_IMPORT, rows, needed),
        ("matchCreate", MATCH_CREATE, matching, needed),
        ("matchConfirm", MATCH_CONFIRM, one(0), needed),
        ("matchUndo", MATCH_UNDO, one(1), needed),
        ("exceptionResolve", EXCEPTION_RESOLVE, resolve, needed),
        ("exceptionDecide", EXCEPTION_DECIDE, decide, needed),
        ("exceptionReopen", EXCEPTION_REOPEN, reopen, needed),
        ("feeAgreementsSet", FEE_AGREEMENTS_SET, fees, needed),
        ("reconciliationTolerancesSet", TOLERANCES_SET, tolerances, needed),
    ]
}

/// The same of money.
fn money(shop: &Shop, work: &Work) -> Vec<(&'static str, &'static str, Json, P)> {
    let id = |place: usize| json!({ "paymentId": work.money.payments[place] });
    let back = |amount: &str| json!({ "paymentId": work.money.payments[3], "amount": amount, "reason": "x" });
    let cash = json!({ "provider": "manual", "method": "cash", "captured": "1.00" });
    let said = json!({ "paymentId": work.money.payments[2], "kind": "CAPTURE", "state": "SUCCEEDED", "amount": "5.00", "providerReference": "x" });
    let paid =
        json!({ "invoiceId": work.money.invoice, "amount": "1.00", "bookedAt": "2026-03-01" });
    let decision = json!({ "refundRequestId": work.money.request, "grant": false });
    let order = json!({ "orderId": work.order["id"], "payment": cash });
    let euro = json!({ "amount": "1.00", "currencyCode": "EUR" });
    let card = json!({ "amount": euro, "legalEntityId": shop.entity });
    let credit = json!({ "customerId": work.money.customer, "amount": euro, "reason": "x" });
    let asked = json!({ "customer": { "id": work.money.customer }, "kind": "OTHER", "subject": "x", "contactChannel": "PHONE" });
    let case = |with: Json| {
        let mut input = json!({ "caseId": work.money.cases[0] });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    let person = json!({ "customerId": work.money.customer, "customer": { "name": "x" } });
    let data = json!({ "customerId": work.money.namesake, "kind": "EXPORT" });
    let ask =
        |index: usize| json!({ "privacyRequestId": work.money.requests[index], "reason": "x" });
    let complete = json!({ "privacyRequestId": work.money.requests[1] });
    let same = json!({ "intoId": work.money.customer, "fromIds": [work.money.namesake] });
    let apart = json!({ "customerId": work.money.namesake });
    let segment = json!({ "name": "Any", "filter": { "tags": ["x"] } });
    let consent = json!({ "customerId": work.money.customer, "purpose": "marketing", "granted": true, "source": "call" });
    vec![
        ("paymentRecord", PAYMENT_RECORD, order, P::PaymentsWrite),
        ("paymentCapture", PAYMENT_CAPTURE, id(0), P::PaymentsWrite),
        ("paymentVoid", PAYMENT_VOID, id(1), P::PaymentsWrite),
        ("paymentTransactionReport", PAYMENT_REPORT, said, P::PaymentsWrite),
        ("paymentRefund", PAYMENT_REFUND, back("1.00"), P::RefundsWrite),
        ("refundRequestDecide", REFUND_DECIDE, decision, P::RefundsWrite),
        ("invoicePaymentRecord", INVOICE_PAY, paid, P::PaymentsWrite),
        ("giftCardIssue", GIFT_CARD_ISSUE, card, P::PaymentsWrite),
        ("storeCreditGrant", STORE_CREDIT_GRANT, credit, P::RefundsWrite),
        ("customerUpsert", CUSTOMER_UPSERT, person, P::CustomersWrite),
        ("consentRecord", CONSENT_RECORD, consent, P::CustomersWrite),
        ("segmentDefine", SEGMENT_DEFINE, segment, P::CustomersWrite),
        ("customerMerge", CUSTOMER_MERGE, same, P::CustomersWrite),
        ("customerUnmerge", CUSTOMER_UNMERGE, apart, P::CustomersWrite),
        ("privacyRequestOpen", PRIVACY_OPEN, data, P::CustomersPrivacy),
        ("privacyRequestExtend", PRIVACY_EXTEND, ask(0), P::CustomersPrivacy),
        ("privacyRequestRefuse", PRIVACY_REFUSE, ask(0), P::CustomersPrivacy),
        ("privacyRequestComplete", PRIVACY_COMPLETE, complete, P::CustomersPrivacy),
        ("caseOpen", CASE_OPEN, asked, P::CasesWrite),
        ("caseReply", CASE_REPLY, case(json!({ "text": "x" })), P::CasesWrite),
        ("caseUpdate", CASE_UPDATE, case(json!({ "kind": "OTHER" })), P::CasesWrite),
        ("caseAssign", CASE_ASSIGN, case(json!({})), P::CasesWrite),
        ("caseResolve", CASE_RESOLVE, case(json!({ "resolution": "x" })), P::CasesWrite),
        ("caseReopen", CASE_REOPEN, json!({ "caseId": work.money.cases[1] }), P::CasesWrite),
        ("disputeRecord", DISPUTE_RECORD, back("1.00"), P::PaymentsWrite),
        (
            "disputeSubmitEvidence",
            DISPUTE_SUBMIT,
            json!({ "disputeId": work.money.disputes[0] }),
            P::PaymentsWrite,
        ),
        (
            "disputeResolve",
            DISPUTE_RESOLVE,
            json!({ "disputeId": work.money.disputes[1], "state": "LOST" }),
            P::PaymentsWrite,
        ),
    ]
}

/// The same of what somebody has to do.
fn procedures(work: &Work) -> Vec<(&'static str, &'static str, Json, P)> {
    let ToDo { procedure, tasks: [assign, complete, skip], .. } = &work.to_do;
    let step = json!({ "name": "x", "ownerRoleId": work.role, "dueWithin": "PT1H" });
    let define = json!({ "procedureId": procedure, "name": "x", "trigger": "order.placed", "steps": [step], "active": false });
    let reason = json!({ "taskId": skip, "reason": "x" });
    vec![
        ("procedureDefine", PROCEDURE_DEFINE, define, P::ProceduresWrite),
        ("taskAssign", TASK_ASSIGN, json!({ "taskId": assign }), P::ProceduresRead),
        ("taskComplete", TASK_COMPLETE, json!({ "taskId": complete }), P::ProceduresRead),
        ("taskSkip", TASK_SKIP, reason, P::ProceduresRead),
    ]
}

/// The same of what moves stock on paper.
fn stock_documents(
    shop: &Shop,
    documents: &Documents,
) -> Vec<(&'static str, &'static str, Json, P)> {
    let sku = json!([{ "sku": "C", "quantity": 1 }]);
    let [to_ship, to_cancel, under_way] = &documents.transfers;
    let transfer = |id: &Json| json!({ "transferId": id });
    let mut cases = vec![
        (
            "transferCreate",
            TRANSFER_CREATE,
            json!({ "fromLocationId": shop.berlin, "toLocationId": shop.store, "lines": sku }),
            P::StockWrite,
        ),
        ("transferShip", TRANSFER_SHIP, transfer(to_ship), P::StockWrite),
        ("transferCancel", TRANSFER_CANCEL, transfer(to_cancel), P::StockWrite),
        (
            "transferReceive",
            TRANSFER_RECEIVE,
            json!({ "transferId": under_way, "lines": sku }),
            P::StockWrite,
        ),
    ];
    let [to_place, to_update, to_cancel, expected] = &documents.purchase_orders;
    let lines = json!([{ "sku": "C", "quantity": 15 }]);
    let order = |id: &Json| json!({ "purchaseOrderId": id });
    let buys = P::PurchasingWrite;
    cases.extend([
        (
            "purchaseOrderCreate",
            PURCHASE_ORDER_CREATE,
            json!({ "supplierId": documents.supplier, "locationId": shop.berlin, "lines": lines }),
            buys,
        ),
        (
            "purchaseOrderUpdate",
            PURCHASE_ORDER_UPDATE,
            json!({ "purchaseOrderId": to_update, "lines": lines }),
            buys,
        ),
        ("purchaseOrderPlace", PURCHASE_ORDER_PLACE, order(to_place), buys),
        ("purchaseOrderCancel", PURCHASE_ORDER_CANCEL, order(to_cancel), buys),
        (
            "purchaseOrderReceive",
            PURCHASE_ORDER_RECEIVE,
            json!({ "purchaseOrderId": expected, "lines": sku }),
            P::StockWrite,
        ),
    ]);
    let [to_record, to_close, to_cancel] = &documents.counts;
    let count = |id: &Json| json!({ "stockCountId": id });
    cases.extend([
        (
            "stockCountStart",
            STOCK_COUNT_START,
            json!({ "locationId": shop.berlin, "skus": ["A"] }),
            P::StockWrite,
        ),
        (
            "stockCountRecord",
            STOCK_COUNT_RECORD,
            json!({ "stockCountId": to_record, "lines": [{ "sku": "B", "quantity": 7 }] }),
            P::StockWrite,
        ),
        ("stockCountClose", STOCK_COUNT_CLOSE, count(to_close), P::StockWrite),
        ("stockCountCancel", STOCK_COUNT_CANCEL, count(to_cancel), P::StockWrite),
    ]);
    cases
}

/// A mutation with an input that would do something, and the permission it needs.
#[expect(clippy::too_many_lines, reason = "a table, one case for each mutation")]
fn mutations(
    shop: &Shop,
    order: &Json,
    held: &Json,
    (token, user, role, webhook): &(Json, Json, Json, Json),
    work: &Work,
) -> Vec<(&'static str, &'static str, Json, P)> {
    let sku = json!([{ "sku": "A", "quantity": 1 }]);
    let entity = json!({ "name": "x", "countryCode": "DE", "baseCurrency": "EUR" });
    let channel = json!({ "code": "new", "name": "x", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true, "legalEntityId": shop.entity });
    let address = json!({ "line1": "x", "city": "x", "countryCode": "DE" });
    let location = json!({ "code": "new", "name": "x", "kind": "STORE", "timeZone": "UTC", "address": address });
    let products =
        json!({ "products": [{ "name": "x", "variants": [{ "sku": "new", "name": "x" }] }] });
    let history = json!({ "orders": [{ "channelCode": "web", "channelReference": "h", "currencyCode": "EUR", "placedAt": "2025-01-01T00:00:00Z", "lines": [] }] });
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 60, "lines": sku });
    let token = json!({ "apiTokenId": token });
    let person = json!({ "email": "x@x.example", "name": "x", "roleIds": [role] });
    let mut cases = vec![
        ("userCreate", USER_CREATE, person, P::AccessManage),
        ("userUpdate", USER_UPDATE, json!({ "userId": user, "name": "y" }), P::AccessManage),
        (
            "roleDefine",
            ROLE_DEFINE,
            json!({ "name": "x", "permissions": ["ORDERS_READ"] }),
            P::AccessManage,
        ),
        (
            "apiTokenCreate",
            API_TOKEN_CREATE,
            json!({ "name": "x", "permissions": ["ORDERS_READ"] }),
            P::AccessManage,
        ),
        ("apiTokenRotate", API_TOKEN_ROTATE, token.clone(), P::AccessManage),
        ("apiTokenRevoke", API_TOKEN_REVOKE, token, P::AccessManage),
    ];
    let endpoint = json!({ "webhookEndpointId": webhook });
    let since = json!({ "webhookEndpointId": webhook, "since": "2026-01-01T00:00:00Z" });
    let hook = json!({ "url": "https://hooks.example/", "types": ["order.*"] });
    cases.extend([
        ("webhookEndpointCreate", WEBHOOK_CREATE, hook, P::WebhooksManage),
        ("webhookEndpointUpdate", WEBHOOK_UPDATE, endpoint.clone(), P::WebhooksManage),
        ("webhookSecretRotate", WEBHOOK_ROTATE, endpoint.clone(), P::WebhooksManage),
        ("webhookTest", WEBHOOK_TEST, endpoint.clone(), P::WebhooksManage),
        ("webhookReplay", WEBHOOK_REPLAY, since, P::WebhooksManage),
    ]);
    cases.extend(stock_documents(shop, &work.documents));
    cases.extend(books(shop, &work.entry));
    cases.extend(settlements(shop, work));
    cases.extend(returns(shop, work));
    cases.extend(money(shop, work));
    cases.extend(procedures(work));
    cases.extend([
        ("legalEntityUpsert", LEGAL_ENTITY_UPSERT, entity, P::CatalogWrite),
        ("channelUpsert", CHANNEL_UPSERT, channel, P::CatalogWrite),
        ("locationUpsert", LOCATION_UPSERT, location, P::CatalogWrite),
        ("productsUpsert", PRODUCTS_UPSERT, products, P::CatalogWrite),
        (
            "supplierUpsert",
            SUPPLIER_UPSERT,
            json!({ "name": "x", "currencyCode": "EUR" }),
            P::PurchasingWrite,
        ),
        (
            "stockReceive",
            STOCK_RECEIVE,
            json!({ "locationId": shop.berlin, "lines": sku }),
            P::StockWrite,
        ),
        (
            "stockAdjust",
            STOCK_ADJUST,
            json!({ "locationId": shop.berlin, "reason": "x", "lines": [{ "sku": "A", "onHandChange": 1 }] }),
            P::StockWrite,
        ),
        (
            "stockSetPolicy",
            STOCK_SET_POLICY,
            json!({ "locationId": shop.berlin, "sku": "A", "safetyStock": 1 }),
            P::StockWrite,
        ),
        ("stockReserve", STOCK_RESERVE, hold, P::OrdersWrite),
        (
            "stockReservationRelease",
            STOCK_RESERVATION_RELEASE,
            json!({ "reservationId": held["id"] }),
            P::OrdersWrite,
        ),
        ("orderPlace", ORDER_PLACE, shop.order(&[("A", 1)]), P::OrdersWrite),
        (
            "ordersConsolidate",
            ORDERS_CONSOLIDATE,
            json!({ "orderIds": work.pair }),
            P::OrdersWrite,
        ),
        ("draftCreate", DRAFT_CREATE, shop.order(&[("A", 1)]), P::OrdersWrite),
        (
            "draftUpdate",
            DRAFT_UPDATE,
            json!({ "orderId": work.draft, "order": shop.order(&[("D", 1)]) }),
            P::OrdersWrite,
        ),
        ("draftComplete", DRAFT_COMPLETE, json!({ "orderId": work.draft }), P::OrdersWrite),
        ("ordersImport", ORDERS_IMPORT, history, P::OrdersWrite),
        ("orderTag", ORDER_TAG, json!({ "orderId": order["id"], "add": ["x"] }), P::OrdersWrite),
        ("orderAssign", ORDER_ASSIGN, json!({ "orderId": order["id"] }), P::OrdersWrite),
        ("orderHold", ORDER_HOLD, json!({ "orderId": work.order["id"], "reason": "MANUAL" }), P::OrdersWrite),
        ("orderRelease", ORDER_RELEASE, json!({ "orderId": work.order["id"] }), P::OrdersWrite),
        (
            "orderReroute",
            ORDER_REROUTE,
            json!({ "orderId": work.order["id"], "locationId": shop.berlin }),
            P::OrdersWrite,
        ),
        (
            "orderEdit",
            ORDER_EDIT,
            json!({ "orderId": work.order["id"], "email": "x@example.com" }),
            P::OrdersWrite,
        ),
        (
            "lineSubstitute",
            LINE_SUBSTITUTE,
            json!({ "lineId": work.order["lines"][0]["id"], "sku": "C", "quantity": 1 }),
            P::OrdersWrite,
        ),
        (
            "orderCancel",
            ORDER_CANCEL,
            json!({ "orderId": work.order["id"], "reason": "CUSTOMER" }),
            P::OrdersWrite,
        ),
        (
            "routingStrategyDefine",
            ROUTING_DEFINE,
            json!({ "name": "x", "rules": ["NEAREST"], "active": false }),
            P::CatalogWrite,
        ),
        (
            "deliveryServiceDefine",
            DELIVERY_SERVICE_DEFINE,
            json!({ "code": "x", "name": "x", "transitDays": 1 }),
            P::CatalogWrite,
        ),
        (
            "riskDecide",
            RISK_DECIDE,
            json!({ "orderId": work.doubted["id"], "decision": "APPROVED" }),
            P::OrdersRisk,
        ),
        ("riskRuleDefine", RISK_RULE_DEFINE, json!({ "code": "DENY_LIST" }), P::OrdersRisk),
        (
            "riskListAdd",
            RISK_LIST_ADD,
            json!({ "list": "ALLOW", "kind": "IP", "value": "203.0.113.1", "reason": "x" }),
            P::OrdersRisk,
        ),
        ("riskListRemove", RISK_LIST_REMOVE, json!({ "entryId": work.known }), P::OrdersRisk),
        // Last, since nothing can be done with it then.
        ("webhookEndpointDelete", WEBHOOK_DELETE, endpoint, P::WebhooksManage),
        ("noteAdd", NOTE_ADD, json!({ "subjectId": order["id"], "text": "x" }), P::OrdersWrite),
    ]);
    let one = |id: &Json| json!({ "fulfillmentId": id });
    let with = |id: &Json, name: &str, value: Json| json!({ "fulfillmentId": id, name: value });
    let numbered = json!([{ "lines": sku, "trackingNumber": "T1" }]);
    let said =
        json!({ "trackingNumber": "T1", "status": "IN_TRANSIT", "at": "2026-03-02T09:00:00Z" });
    let picking = json!({ "fulfillmentIds": [work.sent, work.fetched] });
    // One after the other, each on what the last one left.
    for (name, query, input) in [
        ("fulfillmentStartPicking", FULFILLMENT_START, picking),
        ("fulfillmentPick", FULFILLMENT_PICK, with(&work.sent, "picked", sku.clone())),
        ("fulfillmentPick", FULFILLMENT_PICK, with(&work.fetched, "picked", sku.clone())),
        ("fulfillmentPack", FULFILLMENT_PACK, with(&work.sent, "parcels", numbered)),
        ("fulfillmentShip", FULFILLMENT_SHIP, one(&work.sent)),
        ("trackingReport", TRACKING_REPORT, said),
        ("fulfillmentDeliver", FULFILLMENT_DELIVER, one(&work.sent)),
        ("fulfillmentReadyForPickup", FULFILLMENT_READY, one(&work.fetched)),
        ("fulfillmentFail", FULFILLMENT_FAIL, with(&work.fetched, "reason", json!("x"))),
        ("fulfillmentAccept", FULFILLMENT_ACCEPT, one(&work.offered[0])),
        ("fulfillmentReject", FULFILLMENT_REJECT, with(&work.offered[1], "reason", json!("x"))),
    ] {
        cases.push((name, query, input, P::FulfillmentWrite));
    }
    cases
}

/// Work in every state that something can be done with.
struct Work {
    order: Json,
    sent: Json,
    fetched: Json,
    offered: [Json; 2],
    doubted: Json,
    known: Json,
    draft: Json,
    pair: [Json; 2],
    documents: Documents,
    entry: Json,
    money: Money,
    settlements: Settlements,
    returns: Returns,
    to_do: ToDo,
    role: Json,
}

impl Work {
    async fn plan(app: &TestApp, shop: &Shop) -> Self {
        let order = shop.place(shop.paid(&[("D", 1)])).await;
        let sent = shop.place(shop.paid(&[("A", 1)])).await;
        let mut fetched = shop.paid(&[("A", 1)]);
        fetched["deliveryMethod"] = json!("PICKUP");
        fetched["pickupLocationId"] = json!(shop.store);
        let fetched = shop.place(fetched).await;
        let partner = shop.partner().await;
        let mut offered = [Json::Null, Json::Null];
        for work in &mut offered {
            let mut order = shop.paid(&[("A", 1)]);
            order["channelId"] = json!(partner.channel);
            let order = shop.place(order).await;
            *work = shop.work(&order, 0).await["id"].clone();
        }
        let doubted = shop.place(shop.paid(&[("D", 1)])).await;
        let documents = shop.documents().await;
        let mut pair = [Json::Null, Json::Null];
        for one in &mut pair {
            *one = shop.place(shop.sent_home(&[("D", 1)])).await["id"].clone();
        }
        let draft = shop.order(&[("D", 2)]);
        let draft = shop.admin.done(DRAFT_CREATE, draft).await["order"]["id"].clone();
        let known = json!({ "list": "DENY", "kind": "IP", "value": "203.0.113.1", "reason": "x" });
        let known = shop.admin.done(RISK_LIST_ADD, known).await["entryId"].clone();
        let (sent, fetched) = (shop.work(&sent, 0).await, shop.work(&fetched, 0).await);
        let entries = "{ journalEntries(last: 1) { nodes { id } } }";
        let entry = shop.admin.payload(entries, json!({})).await["nodes"][0]["id"].clone();
        let money = shop.money(app).await;
        let settlements = shop.settlements(app, &money).await;
        let returns = shop.returns(&money.customer).await;
        let to_do = shop.to_do().await;
        Self {
            order,
            sent: sent["id"].clone(),
            fetched: fetched["id"].clone(),
            offered,
            doubted,
            known,
            draft,
            pair,
            documents,
            entry,
            money,
            settlements,
            returns,
            to_do,
            role: shop.role("operations_manager").await,
        }
    }
}

/// Root fields that need no credential: they are how one is obtained.
const OPEN: [&str; 3] = ["signIn", "sessionRefresh", "signOut"];

/// What every user may do for themselves.
const OWN: [(&str, &str); 1] = [(
    "passwordChange",
    "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { user { id } userErrors { code field } } }",
)];

async fn fields(app: &TestApp, root: &str) -> BTreeSet<String> {
    let query = "query($name: String!) { __type(name: $name) { fields { name } } }";
    let data = app.anonymous().ok(query, json!({ "name": root })).await;
    let fields = data["__type"]["fields"].as_array().cloned().unwrap_or_default();
    fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

async fn opened(app: &TestApp) -> (Shop, Json, Json, (Json, Json, Json, Json), Work) {
    let shop = Shop::open(app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 600, "lines": [{ "sku": "B", "quantity": 1 }] });
    let held = shop.admin.done(STOCK_RESERVE, hold).await["reservation"].clone();
    let token = json!({ "name": "partner", "permissions": ["ORDERS_READ"] });
    let token = shop.admin.done(API_TOKEN_CREATE, token).await["apiToken"]["id"].clone();
    let user = json!(app.user("subject@shop.example", "agent").await);
    let role = json!({ "name": "reader", "permissions": ["ORDERS_READ"] });
    let role = shop.admin.done(ROLE_DEFINE, role).await["role"]["id"].clone();
    let hook = json!({ "url": "https://hooks.example/", "types": ["order.*"] });
    let hook = shop.admin.done(WEBHOOK_CREATE, hook).await["webhookEndpoint"]["id"].clone();
    let work = Work::plan(app, &shop).await;
    (shop, order, held, (token, user, role, hook), work)
}

#[tokio::test]
async fn every_query_needs_a_credential_and_its_right() {
    let app = TestApp::start().await;
    let (shop, ..) = opened(&app).await;
    let known: BTreeSet<String> = QUERIES.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    assert_eq!(fields(&app, "Query").await, known);
    for (name, query, permission) in QUERIES {
        let query = &query
            .replace("@web", &shop.web)
            .replace("@entity", &shop.entity)
            .replace("@role", shop.role("admin").await.as_str().unwrap());
        let answer = app.anonymous().answer(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{name}");
        assert_eq!(answer["errors"][0]["path"], json!([name]), "{name}");
        assert_eq!(
            answer["data"],
            json!({ *name: null }),
            "{name}: a nullable field alone is null"
        );
        shop.admin.ok(query, json!({})).await;
        if let Some(permission) = permission {
            let answer = app.without(*permission).await.answer(query, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{name}");
            assert_eq!(answer["data"], json!({ *name: null }), "{name}");
        }
    }
}

#[tokio::test]
async fn every_mutation_needs_a_credential_and_its_right_and_changes_nothing_without() {
    let app = TestApp::start().await;
    let (shop, order, held, token, work) = opened(&app).await;
    let cases = mutations(&shop, &order, &held, &token, &work);
    let mut known: BTreeSet<String> = cases.iter().map(|(name, ..)| (*name).to_owned()).collect();
    known.extend(OPEN.map(str::to_owned));
    known.extend(OWN.map(|(name, _)| name.to_owned()));
    assert_eq!(fields(&app, "Mutation").await, known);
    let before = app.books().await;
    for (name, query, input, permission) in &cases {
        let variables = json!({ "input": input, "key": "k" });
        let answer = app.anonymous().answer(query, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{name}");
        let lacking = app.without(*permission).await;
        let answer = lacking.answer(query, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{name}");
        assert_eq!(answer["data"], json!({ *name: null }), "{name}");
    }
    // Making the tokens of the test recorded events of their own.
    let ignore = |books: Vec<(String, i64)>| -> Vec<(String, i64)> {
        books.into_iter().filter(|(name, _)| name != "events").collect()
    };
    assert_eq!(ignore(app.books().await), ignore(before));
    let untouched = "select count(*) from events where kind <> 'api_token.created' and actor_id is null and actor_kind = 'API_TOKEN'";
    assert_eq!(app.number(untouched).await, 0);
    for (name, query, input, _) in &cases {
        let payload = shop.admin.payload(query, json!({ "input": input })).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
    }
    app.verify().await;
}

/// Somebody who asks: what they may do, and the status they are answered with.
struct Asker {
    name: String,
    client: Client,
    permissions: Permissions,
    credential: Credential,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Credential {
    Good,
    None,
    Expired,
}

/// A user of every built-in role, a partner, nobody, and two whose credentials have run out.
async fn askers(app: &TestApp) -> Vec<Asker> {
    let mut askers = Vec::new();
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
    let session = |name: &'static str| async move {
        let email = format!("{name}@roles.example");
        app.user(&email, name).await;
        let input = json!({ "email": email, "password": harness::app::PASSWORD });
        let session = app.anonymous().done(sign_in, input).await;
        app.anonymous().with_token(session["session"]["accessToken"].as_str().unwrap())
    };
    let short = session("admin").await;
    let partner = app.token(Permissions::all(), Reach::default()).await;
    app.plant("update api_tokens set expires_at = '2026-03-02T10:00:01.000000Z' where name = 'test' and last_used_at is null").await;
    app.clock.advance(time::Duration::hours(1));
    let good = Credential::Good;
    for role in operations::permissions::BUILT_IN_ROLES {
        let client =
            if role.name == "admin" { app.admin().await } else { session(role.name).await };
        let (name, permissions) = (role.name.to_owned(), role.permissions());
        askers.push(Asker { name, client, permissions, credential: good });
    }
    let permissions: Permissions = [P::OrdersRead, P::StockRead].into_iter().collect();
    let client = app.token(permissions, Reach::default()).await;
    askers.push(Asker { name: "partner".into(), client, permissions, credential: good });
    for (name, client, credential) in [
        ("anonymous", app.anonymous(), Credential::None),
        ("expired session", short, Credential::Expired),
        ("expired token", partner, Credential::Expired),
    ] {
        let permissions = Permissions::default();
        askers.push(Asker { name: name.into(), client, permissions, credential });
    }
    askers
}

/// What an asker is answered, by the table of permissions alone.
fn expected(asker: &Asker, permission: Option<P>) -> (u16, Option<&'static str>) {
    match asker.credential {
        Credential::Expired => (401, Some("UNAUTHENTICATED")),
        Credential::None => (200, Some("UNAUTHENTICATED")),
        Credential::Good => {
            let may = permission.is_none_or(|permission| asker.permissions.has(permission));
            (200, (!may).then_some("FORBIDDEN"))
        }
    }
}

#[tokio::test]
async fn every_root_field_answers_every_kind_of_asker_as_the_table_says() {
    let app = TestApp::start().await;
    let (shop, order, held, subjects, work) = opened(&app).await;
    let askers = askers(&app).await;
    let cases = mutations(&shop, &order, &held, &subjects, &work);
    let mut asked = 0;
    for asker in &askers {
        for (name, query, permission) in QUERIES {
            let query = query
                .replace("@web", &shop.web)
                .replace("@entity", &shop.entity)
                .replace("@role", work.role.as_str().unwrap());
            let (status, answer) = asker.client.send(&query, json!({})).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            assert_eq!((status, code), expected(asker, *permission), "{name} by {}", asker.name);
            asked += 1;
        }
        for (name, query, input, permission) in &cases {
            let (status, answer) = asker.client.send(query, json!({ "input": input })).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            let expected = expected(asker, Some(*permission));
            assert_eq!((status, code), expected, "{name} by {}", asker.name);
            asked += 1;
        }
        for (name, query) in OWN {
            let input = json!({ "currentPassword": "x", "newPassword": "short" });
            let (status, answer) = asker.client.send(query, json!({ "input": input })).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            let user = asker.credential == Credential::Good
                && !matches!(asker.name.as_str(), "admin" | "partner");
            let refused = if asker.credential == Credential::Expired { 401 } else { 200 };
            let expected = (refused, (!user).then_some("UNAUTHENTICATED"));
            assert_eq!((status, code), expected, "{name} by {}", asker.name);
            asked += 1;
        }
    }
    assert_eq!(asked, askers.len() * (QUERIES.len() + cases.len() + OWN.len()));
}

/// A subscription, a document that follows it, and the permission it needs; each event needs that of its
/// type besides.
const SUBSCRIPTIONS: &[(&str, &str, Option<P>)] = &[
    ("events", "subscription { events { cursor } }", None),
    ("orderUpdated", "subscription { orderUpdated { cursor } }", Some(P::OrdersRead)),
    (
        "fulfillmentUpdated",
        "subscription { fulfillmentUpdated { cursor } }",
        Some(P::FulfillmentRead),
    ),
    ("stockChanged", "subscription { stockChanged { cursor } }", Some(P::StockRead)),
    (
        "settlementUpdated",
        "subscription { settlementUpdated { cursor } }",
        Some(P::SettlementsRead),
    ),
    ("returnUpdated", "subscription { returnUpdated { cursor } }", Some(P::ReturnsRead)),
    ("caseUpdated", "subscription { caseUpdated { cursor } }", Some(P::CasesRead)),
    ("taskUpdated", "subscription { taskUpdated { cursor } }", Some(P::ProceduresRead)),
];

#[tokio::test]
async fn every_subscription_answers_every_kind_of_asker() {
    let app = TestApp::start().await;
    let known: BTreeSet<String> =
        SUBSCRIPTIONS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(fields(&app, "Subscription").await, known);
    for asker in &askers(&app).await {
        for (name, document, permission) in SUBSCRIPTIONS {
            let mut request = harness::client::http()
                .post(&app.url)
                .header("accept", "text/event-stream")
                .json(&json!({ "query": document }));
            if let Some(token) = &asker.client.token {
                request = request.bearer_auth(token);
            }
            let mut answer = request.send().await.unwrap();
            let (status, code) = expected(asker, *permission);
            assert_eq!(answer.status().as_u16(), status, "{name} by {}", asker.name);
            // Who may follow hears nothing yet; anybody else is told at once why not.
            let quiet = std::time::Duration::from_millis(300);
            let said = tokio::time::timeout(quiet, answer.chunk()).await;
            let said = said.map(|chunk| chunk.unwrap().unwrap_or_default());
            let said = said.map(|said| String::from_utf8_lossy(&said).into_owned());
            match code {
                None => assert!(said.is_err(), "{name} by {}: {said:?}", asker.name),
                Some(code) => assert!(
                    said.as_ref().is_ok_and(|said| said.contains(code)),
                    "{name} by {}: {said:?}",
                    asker.name
                ),
            }
        }
    }
}

#[tokio::test]
async fn what_is_beyond_reach_is_not_there() {
    let app = TestApp::start().await;
    let (shop, order, held, token, work) = opened(&app).await;
    // Another channel, another location: nothing of the web shop is in reach.
    let stranger = app.reaching(Some(&[&shop.market]), Some(&[&shop.hamburg])).await;
    let before = app.books().await;
    for (name, query, input, _) in mutations(&shop, &order, &held, &token, &work) {
        let expected = match name {
            // Legal entities and products belong to no channel; whoever is restricted hands on their
            // own restriction with a token.
            "legalEntityUpsert" | "productsUpsert" | "supplierUpsert" | "apiTokenCreate" => {
                continue;
            }
            "userCreate" | "roleDefine" | "webhookEndpointCreate" => continue,
            "channelUpsert"
            | "returnPolicyUpsert"
            | "locationUpsert"
            | "apiTokenRotate"
            | "apiTokenRevoke"
            | "routingStrategyDefine"
            | "deliveryServiceDefine"
            | "riskRuleDefine"
            | "riskListAdd"
            | "riskListRemove"
            | "exchangeRatesSet"
            | "taxRatesSet"
            | "segmentDefine"
            | "procedureDefine"
            | "customerMerge"
            | "customerUnmerge"
            | "privacyRequestOpen"
            | "privacyRequestExtend"
            | "privacyRequestRefuse"
            | "privacyRequestComplete"
            | "userUpdate" => "POLICY_VIOLATION",
            name if name.starts_with("webhook") => "POLICY_VIOLATION",
            _ => "NOT_FOUND",
        };
        let payload = stranger.payload(query, json!({ "input": input })).await;
        let errors = harness::client::user_errors(&payload);
        assert!(
            errors.first().is_some_and(|error| error.starts_with(expected)),
            "{name}: {errors:?}"
        );
    }
    assert_eq!(app.books().await, before);
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } orders { totalCount nodes { number } } channels { code } locations { code }
        order(by: { number: \"WEB-1000001\" }) { number } stockLevels { nodes { location { code } } } }";
    let ids = json!([order["id"], order["lines"][0]["id"], shop.web, shop.berlin, held["id"]]);
    let data = stranger.ok(query, json!({ "ids": ids })).await;
    assert_eq!(data["nodes"], json!([null, null, null, null, null]));
    assert_eq!(data["orders"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(data["order"], Json::Null);
    assert_eq!(data["channels"], json!([{ "code": "market" }]));
    assert_eq!(data["locations"], json!([{ "code": "hamburg" }]));
    let places: BTreeSet<&str> = data["stockLevels"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["location"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(places, BTreeSet::from(["hamburg"]));
    let nothing = app.reaching(Some(&[]), None).await;
    assert_eq!(nothing.payload("{ orders { totalCount } }", json!({})).await["totalCount"], 0);
}

#[test]
fn the_table_of_roles_is_as_it_was_reviewed() {
    insta::assert_snapshot!(operations::permissions::role_table());
}
