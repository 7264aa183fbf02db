//! Every type of event: its name, who may see it, and what its data holds, declared once.

use super::shape::Field;
use super::shape::Shape::{Amount, Count, Flag, Id, Moment, Text, Texts, Words};
use crate::permissions::Permission;
use serde_json::Value as Json;

/// A type of event: declared once, here.
#[derive(Debug)]
pub struct EventKind {
    /// Dotted and past tense, such as `order.placed`.
    pub name: &'static str,
    /// What happened, for a developer.
    pub description: &'static str,
    /// Who may see it.
    pub permission: Permission,
    /// What its data holds, and nothing else.
    pub fields: &'static [Field],
    /// A sentence for a timeline, with `{field}` of the data.
    summary: &'static str,
}

impl EventKind {
    /// The sentence for one event.
    pub fn summarize(&self, data: &Json) -> String {
        let mut text = self.summary.to_owned();
        for (name, value) in data.as_object().into_iter().flatten() {
            let plain = match value {
                Json::String(text) => text.clone(),
                Json::Array(texts) => {
                    let texts: Vec<&str> = texts.iter().filter_map(Json::as_str).collect();
                    texts.join(", ")
                }
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => value.to_string(),
            };
            text = text.replace(&format!("{{{name}}}"), &plain);
        }
        text
    }

    /// Its fields that somebody wrote.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        let fields: &'static [Field] = self.fields;
        fields.iter().filter(|field| field.shape == Words).map(|field| field.name)
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        EVENT_KINDS.iter().copied().find(|kind| kind.name == name)
    }

    /// Whether whoever did it sees it too, without the permission: partners what they do to their endpoints.
    pub fn is_for_its_actor(&self) -> bool {
        self.name.starts_with("webhook_endpoint.")
    }

    /// Whether it tells of what is known over all channels, so that nobody sees it who does not reach all of them.
    pub(super) fn needs_all(&self) -> bool {
        ["segment.", "customer.merged", "customer.unmerged", "privacy_request."]
            .iter()
            .any(|start| self.name.starts_with(start))
    }

    /// The kinds that `payment.captured`, `payment.*` or `*` names; none where it names nothing.
    pub fn matching(pattern: &str) -> Vec<&'static Self> {
        let fits = |kind: &&&'static Self| match pattern.strip_suffix('*') {
            Some(start) => {
                (start.is_empty() || start.ends_with('.')) && kind.name.starts_with(start)
            }
            None => kind.name == pattern,
        };
        EVENT_KINDS.iter().filter(fits).copied().collect()
    }

    /// What is wrong with data of this kind, if anything.
    pub(super) fn fault(&self, data: &Json) -> Option<String> {
        let Some(given) = data.as_object() else { return Some("data is no object".into()) };
        let unknown =
            given.keys().find(|name| !self.fields.iter().any(|field| field.name == *name));
        if let Some(name) = unknown {
            return Some(format!("{} declares no `{name}`", self.name));
        }
        let wrong = self.fields.iter().find(|field| !field.fits(given.get(field.name)));
        wrong.map(|field| {
            format!("`{}` of {} is {:?}", field.name, self.name, given.get(field.name))
        })
    }
}

macro_rules! field {
    ($name:ident ? $shape:expr, $meaning:literal) => {
        Field { name: stringify!($name), shape: $shape, nullable: true, meaning: $meaning }
    };
    ($name:ident : $shape:expr, $meaning:literal) => {
        Field { name: stringify!($name), shape: $shape, nullable: false, meaning: $meaning }
    };
}

macro_rules! event_kinds {
    ($(
        $constant:ident $name:literal $permission:ident
            $summary:literal
            $description:literal
            { $($field:ident $mark:tt $shape:expr => $meaning:literal),* $(,)? }
    )*) => {
        $(#[doc = $description]
        pub(crate) const $constant: &EventKind = &EventKind {
            name: $name,
            description: $description,
            permission: Permission::$permission,
            fields: &[$(field!($field $mark $shape, $meaning)),*],
            summary: $summary,
        };)*

        /// Every type of event.
        pub const EVENT_KINDS: &[&EventKind] = &[$($constant,)*];
    };
}

// `name: Shape` is always there, `name ? Shape` may be null or left out.
event_kinds! {
    ORDER_PLACED "order.placed" OrdersRead
        "Order {number} placed for {total} {currency}"
        "An order was placed."
        { number: Text => "its number", total: Amount => "what is to be paid", currency: Text => "of the total", lines: Count => "how many lines it has" }
    DRAFT_CREATED "order.drafted" OrdersRead
        "Draft {number} written, {total} {currency}"
        "A draft was written: a quote, or an order that somebody prepares for a customer."
        { number: Text => "its number", total: Amount => "what would be to be paid", currency: Text => "of the total", lines: Count => "how many lines it has" }
    DRAFT_UPDATED "order.redrafted" OrdersRead
        "Draft {number} written anew, {total} {currency}"
        "A draft was written anew."
        { number: Text => "its number", total: Amount => "what would be to be paid", currency: Text => "of the total", lines: Count => "how many lines it has" }
    ORDER_IMPORTED "order.imported" OrdersRead
        "Order {number} imported with its history"
        "An order came in with its history from another system."
        { number: Text => "its number", total: Amount => "what was to be paid", currency: Text => "of the total", lines: Count => "how many lines it has", state: Text => "where it stands, an `OrderState`" }
    ORDER_APPROVED "order.approved" OrdersRead
        "Order released for delivery"
        "An order stands without doubt about its payment or its risk, for the first time."
        {}
    ORDER_COMPLETED "order.completed" OrdersRead
        "Order completed"
        "All that is not cancelled has arrived, and nothing is outstanding."
        {}
    ORDER_HELD "order.held" OrdersRead
        "Order held: {reason}"
        "A hold was placed: its stock stays reserved, and nothing of it is picked."
        { holdId: Id("hld") => "the hold", reason: Text => "a `HoldReason`" }
    ORDER_RELEASED "order.released" OrdersRead
        "Hold released: {reason}"
        "A hold was released; others may still stand."
        { holdId: Id("hld") => "the hold", reason: Text => "a `HoldReason`" }
    ORDER_LINES_CANCELLED "order.lines_cancelled" OrdersRead
        "{units} units cancelled: {reason}"
        "Some units of an order were cancelled."
        { units: Count => "how many units", reason: Text => "a `CancelReason`" }
    ORDER_EDITED "order.edited" OrdersRead
        "Order edited"
        "Lines, amounts, addresses or the delivery of an order were changed."
        { fields: Texts => "what was changed, by its name in the input", total: Amount => "what is to be paid now", currency: Text => "of the total" }
    ORDER_SUBSTITUTED "order.substituted" OrdersRead
        "{units} x {sku} sent in place of {replaced}"
        "An agreed substitute took the place of what was ordered."
        { sku: Text => "what is sent", replaced: Text => "what was ordered", units: Count => "how many units" }
    FLAG_RAISED "order.flag_raised" OrdersRead
        "{code}: {explanation}"
        "A rule found something about an order that people should see."
        { code: Text => "an `OrderFlagCode`", explanation: Text => "why" }
    FLAG_CLEARED "order.flag_cleared" OrdersRead
        "{code} no longer"
        "The cause of a flag is gone."
        { code: Text => "an `OrderFlagCode`" }
    RISK_ASSESSED "order.risk_assessed" OrdersRisk
        "Risk {level}, score {score}"
        "The risk of an order was looked at."
        { score: Count => "points of all signals", level: Text => "a `RiskLevel`", signals: Texts => "the rules that found something" }
    RISK_DECIDED "order.risk_decided" OrdersRisk
        "Risk decided: {decision}"
        "Somebody decided about the risk of an order."
        { decision: Text => "a `RiskDecision`" }
    RISK_RULE_DEFINED "risk_rule.defined" OrdersRisk
        "Risk rule {code} defined"
        "Points or thresholds of a rule about risk were set."
        { code: Text => "which rule", active: Flag => "whether it counts", points: Count => "what it adds" }
    RISK_LISTED "risk_entry.added" OrdersRisk
        "{kind} put on the {list} list"
        "Somebody or something is known, for good or for bad."
        { list: Text => "a `RiskList`", kind: Text => "a `RiskEntryKind`" }
    RISK_UNLISTED "risk_entry.removed" OrdersRisk
        "{kind} taken off the {list} list"
        "Somebody or something is not known any longer."
        { list: Text => "a `RiskList`", kind: Text => "a `RiskEntryKind`" }
    ORDER_CONSOLIDATED "order.consolidated" OrdersRead
        "Ships together with {with}"
        "An order ships together with others of the same customer."
        { with: Text => "the numbers of the others", refunded: Amount => "what was taken off for shipping", currency: Text => "of the amount" }
    ORDER_REROUTED "order.rerouted" OrdersRead
        "{units} units routed again"
        "What nobody had begun is sent from elsewhere."
        { units: Count => "how many units were routed" }
    ORDER_CANCELLED "order.cancelled" OrdersRead
        "Order cancelled: {reason}"
        "An order was cancelled."
        { reason: Text => "a `CancelReason`" }
    ORDER_TAGGED "order.tagged" OrdersRead
        "Tags changed"
        "Labels were added or removed."
        { added: Texts => "labels it has now", removed: Texts => "labels it had" }
    ORDER_ASSIGNED "order.assigned" OrdersRead
        "Assignee changed"
        "An order was given to a user, or to nobody."
        { userId ? Id("usr") => "who has it now", previousUserId ? Id("usr") => "who had it" }
    NOTE_ADDED "note.added" OrdersWrite
        "Note added"
        "An internal note was written."
        { noteId: Id("not") => "the note" }
    FULFILLMENT_OPENED "fulfillment.opened" FulfillmentRead
        "Fulfillment {number} opened with {units} units"
        "A location was given its share of an order."
        { number: Text => "its number", units: Count => "how many units it is to send" }
    FULFILLMENT_OFFERED "fulfillment.offered" FulfillmentRead
        "Fulfillment {number} offered with {units} units"
        "A third party was offered a share of an order: it accepts or rejects it."
        { number: Text => "its number", units: Count => "how many units it is to send" }
    FULFILLMENT_ACCEPTED "fulfillment.accepted" FulfillmentRead
        "Fulfillment {number} accepted"
        "A third party took its share."
        { number: Text => "its number" }
    FULFILLMENT_REJECTED "fulfillment.rejected" FulfillmentRead
        "Fulfillment {number} rejected"
        "A third party refused its share; it is routed again."
        { number: Text => "its number" }
    FULFILLMENT_CHANGED "fulfillment.changed" FulfillmentRead
        "Fulfillment {number} is now {units} units"
        "A location's share became larger or smaller."
        { number: Text => "its number", units: Count => "how many units it is to send now" }
    FULFILLMENT_HELD "fulfillment.held" FulfillmentRead
        "Fulfillment {number} on hold"
        "A location's share waits for a hold to end."
        { number: Text => "its number" }
    FULFILLMENT_RESUMED "fulfillment.resumed" FulfillmentRead
        "Fulfillment {number} goes on"
        "No hold stands in the way any longer."
        { number: Text => "its number" }
    PICKING_STARTED "fulfillment.picking_started" FulfillmentRead
        "Picking of {number} started"
        "Somebody went to the shelves."
        { number: Text => "its number", userId ? Id("usr") => "who" }
    FULFILLMENT_PICKED "fulfillment.picked" FulfillmentRead
        "{picked} units of {number} picked, {short} short"
        "Units were fetched from the shelves; what was not found was reported."
        { number: Text => "its number", picked: Count => "units fetched", short: Count => "units not found or damaged", action ? Text => "what is done about them, a `ShortPickAction`" }
    FULFILLMENT_PACKED "fulfillment.packed" FulfillmentRead
        "{number} packed into {parcels} parcels"
        "What was fetched was put into parcels."
        { number: Text => "its number", parcels: Count => "how many parcels" }
    FULFILLMENT_SHIPPED "fulfillment.shipped" FulfillmentRead
        "{number} shipped in {parcels} parcels"
        "A location's share left the building."
        { number: Text => "its number", parcels: Count => "how many parcels" }
    FULFILLMENT_READY "fulfillment.ready_for_pickup" FulfillmentRead
        "{number} ready for pickup"
        "A location's share waits for the customer."
        { number: Text => "its number" }
    FULFILLMENT_DELIVERED "fulfillment.delivered" FulfillmentRead
        "{number} delivered"
        "A location's share is with the customer."
        { number: Text => "its number" }
    FULFILLMENT_FAILED "fulfillment.failed" FulfillmentRead
        "{number} failed"
        "A location's share could not be done, or got lost on its way."
        { number: Text => "its number" }
    CANCEL_REQUESTED "fulfillment.cancel_requested" FulfillmentRead
        "{number} asked to stop"
        "A third party was asked to stop: it fails the work, or ships when it is too late."
        { number: Text => "its number", units: Count => "how many units are to be cancelled" }
    PARCEL_TRACKED "parcel.tracked" FulfillmentRead
        "Parcel: {status}"
        "A carrier told of a parcel."
        { fulfillmentId: Id("ful") => "the fulfillment that it is part of", status: Text => "where the parcel stood, a `TrackingStatus`", parcelStatus: Text => "where it stands by all that is known" }
    FULFILLMENT_CONSOLIDATED "fulfillment.consolidated" FulfillmentRead
        "Fulfillment {number} takes {joined} along"
        "Work on several orders became one: it ships them together."
        { number: Text => "its number", joined: Text => "the numbers of the fulfillments that it took over" }
    FULFILLMENT_PARTED "fulfillment.parted" FulfillmentRead
        "Fulfillment {number} parted from {from}"
        "Orders no longer ship together: one was held, cancelled or sent otherwise."
        { number: Text => "its number", from: Text => "the number of the fulfillment that it was part of" }
    FULFILLMENT_CANCELLED "fulfillment.cancelled" FulfillmentRead
        "Fulfillment {number} cancelled"
        "A location's share was called off."
        { number: Text => "its number" }
    PAYMENT_PENDING "payment.pending" PaymentsRead
        "{amount} {currency} promised by {method}"
        "Money was promised and not yet obtained."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_AUTHORIZED "payment.authorized" PaymentsRead
        "{amount} {currency} authorized by {method}"
        "Money was authorized."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_CAPTURED "payment.captured" PaymentsRead
        "{amount} {currency} captured by {method}"
        "Money was captured."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_VOIDED "payment.voided" PaymentsRead
        "{amount} {currency} by {method} released"
        "What was authorized or promised and not captured was released: no money moved."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_AUTHORIZATION_EXPIRING "payment.authorization_expiring" PaymentsRead
        "{amount} {currency} authorized by {method} end at {endsAt}"
        "An authorization ends in 48 hours or 24, and is not captured in full: told once for each."
        { amount: Amount => "what is not captured", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom", endsAt: Moment => "when it ends", hours: Count => "how many hours before that it is told, at the latest" }
    PAYMENT_ANSWER_UNFIT "payment.answer_unfit" PaymentsRead
        "What {provider} said of {amount} {currency} by {method} does not fit"
        "A provider said of a step what cannot be as the payment stands by now, such as that a capture failed whose money had been given back: it is kept here alone."
        { amount: Amount => "of the step", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_EXPIRED "payment.expired" PaymentsRead
        "{amount} {currency} authorized by {method} ended"
        "An authorization ended before it was captured."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_REFUNDED "payment.refunded" PaymentsRead
        "{amount} {currency} refunded by {method}"
        "Money was given back."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_CAPTURE_REQUESTED "payment.capture_requested" PaymentsRead
        "Capture of {amount} {currency} by {method} requested"
        "A provider was asked to capture money, and has not said yet what became of it."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_REFUND_REQUESTED "payment.refund_requested" PaymentsRead
        "Refund of {amount} {currency} by {method} requested"
        "A provider was asked to give money back, and has not said yet what became of it."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_FAILED "payment.failed" PaymentsRead
        "{amount} {currency} by {method} failed"
        "What was promised did not come about."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_CAPTURE_FAILED "payment.capture_failed" PaymentsRead
        "Capture of {amount} {currency} by {method} failed"
        "What was to be captured, or had been, was not."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_REFUND_FAILED "payment.refund_failed" PaymentsRead
        "Refund of {amount} {currency} by {method} failed"
        "What was to be given back did not arrive: it is still owed."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_VOID_FAILED "payment.void_failed" PaymentsRead
        "Release of {amount} {currency} by {method} failed"
        "The provider did not release what was authorized: it ends by itself."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_CHARGED_BACK "payment.charged_back" PaymentsRead
        "{amount} {currency} by {method} taken back by the bank"
        "The payer's bank took money back."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    PAYMENT_CHARGEBACK_REVERSED "payment.chargeback_reversed" PaymentsRead
        "{amount} {currency} by {method} given back by the bank"
        "The payer's bank gave back what it had taken."
        { amount: Amount => "how much", currency: Text => "of the amount", method: Text => "how it is paid", provider: Text => "through whom" }
    DISPUTE_OPENED "dispute.opened" PaymentsRead
        "Dispute about {amount} {currency}: {reason}"
        "A payer disputes a payment, or their bank took another step."
        { amount: Amount => "what it is about", currency: Text => "of the amount", stage: Text => "how far it went", reason: Words => "what the payer says", refundedToo: Flag => "whether money of the same capture had been given back" }
    DISPUTE_EVIDENCE_DUE "dispute.evidence_due" PaymentsRead
        "Dispute about {amount} {currency} is to be answered by {dueAt}"
        "In three days a dispute can be answered no longer."
        { amount: Amount => "what it is about", currency: Text => "of the amount", dueAt: Moment => "until when" }
    DISPUTE_EVIDENCE_SENT "dispute.evidence_sent" PaymentsRead
        "Dispute about {amount} {currency} answered"
        "Evidence was sent against a dispute."
        { amount: Amount => "what it is about", currency: Text => "of the amount" }
    DISPUTE_EVIDENCE_REFUSED "dispute.evidence_refused" PaymentsRead
        "Evidence about {amount} {currency} was not taken: {reason}"
        "A provider did not take the evidence that was sent against a dispute."
        { amount: Amount => "what it is about", currency: Text => "of the amount", reason: Words => "why, as the provider says" }
    DISPUTE_RESOLVED "dispute.resolved" PaymentsRead
        "Dispute about {amount} {currency}: {outcome}"
        "A dispute ended: won, lost or accepted."
        { amount: Amount => "what it is about", currency: Text => "of the amount", outcome: Text => "WON, LOST or ACCEPTED" }
    GIFT_CARD_ISSUED "gift_card.issued" PaymentsRead
        "Gift card over {amount} {currency} sold"
        "A gift card was sold."
        { amount: Amount => "what is on it", currency: Text => "of the amount" }
    GIFT_CARD_EXPIRED "gift_card.expired" PaymentsRead
        "Gift card ended with {amount} {currency} on it"
        "A gift card ended before it was used up."
        { amount: Amount => "what nobody used", currency: Text => "of the amount" }
    STORE_CREDIT_GRANTED "store_credit.granted" PaymentsRead
        "Credit of {amount} {currency} given: {reason}"
        "A customer was given credit."
        { amount: Amount => "how much", currency: Text => "of the amount", reason: Words => "why" }
    STORE_CREDIT_EXPIRED "store_credit.expired" PaymentsRead
        "Credit of {amount} {currency} ended"
        "Credit ended before it was used up."
        { amount: Amount => "what nobody used", currency: Text => "of the amount" }
    REFUND_REQUESTED "refund.requested" PaymentsRead
        "Refund of {amount} {currency} waits for somebody: {reason}"
        "Somebody wants to give more back than they may alone."
        { amount: Amount => "how much", currency: Text => "of the amount", reason: Words => "why" }
    REFUND_GRANTED "refund.granted" PaymentsRead
        "Refund of {amount} {currency} granted"
        "Somebody else granted a refund that was asked for."
        { amount: Amount => "how much", currency: Text => "of the amount" }
    REFUND_DENIED "refund.denied" PaymentsRead
        "Refund of {amount} {currency} denied"
        "Somebody denied a refund that was asked for."
        { amount: Amount => "how much", currency: Text => "of the amount" }
    INVOICE_ISSUED "invoice.issued" PaymentsRead
        "Invoice {number} over {amount} {currency} issued"
        "An invoice was issued for what left."
        { number: Text => "its number", amount: Amount => "with the tax", tax: Amount => "the tax", currency: Text => "of the amounts" }
    CREDIT_NOTE_ISSUED "credit_note.issued" PaymentsRead
        "Credit note {number} over {amount} {currency} issued"
        "What was invoiced was taken back, wholly or in part."
        { number: Text => "its number", amount: Amount => "with the tax", tax: Amount => "the tax", currency: Text => "of the amounts" }
    EXCHANGE_RATES_SET "exchange_rates.set" LedgerRead
        "{count} exchange rates entered"
        "What currencies are worth in others was entered, by day."
        { count: Count => "how many" }
    TAX_RATES_SET "tax_rates.set" LedgerRead
        "Tax rates of {countries} entered"
        "What goods bear in some countries was entered, by category and day."
        { countries: Texts => "which" }
    SETTLEMENT_IMPORTED "settlement.imported" SettlementsRead
        "Settlement {reference} of {provider} imported: {lines} lines"
        "A file of a provider was read to its end; its lines can be seen."
        { provider: Text => "the provider", reference: Text => "what tells the batch from others", lines: Count => "how many lines it has", version: Count => "which version of the batch it is" }
    SETTLEMENT_MATCHED "settlement.matched" SettlementsRead
        "Settlement {reference} of {provider} matched: {matched} of {lines} lines"
        "Every line of a file was looked at and booked as far as it is explained."
        { provider: Text => "the provider", reference: Text => "what tells the batch from others", lines: Count => "how many lines it has", matched: Count => "how many are explained", exceptions: Count => "how many differences it raised" }
    SETTLEMENT_SUPERSEDED "settlement.superseded" SettlementsRead
        "Settlement {reference} of {provider} withdrawn: a later version came"
        "What a version of a batch did was taken back, because another one took its place."
        { provider: Text => "the provider", reference: Text => "what tells the batch from others", version: Count => "which version it was" }
    PAYOUT_SENT "payout.sent" SettlementsRead
        "Payout {reference} of {amount} {currency} sent by {provider}"
        "A provider sent what it owed to the bank."
        { provider: Text => "the provider", reference: Text => "what it calls the payout", amount: Amount => "how much", currency: Text => "of the amount" }
    PAYOUT_RECEIVED "payout.received" SettlementsRead
        "Payout {reference} of {amount} {currency} received from {provider}"
        "The bank has all of a payout."
        { provider: Text => "the provider", reference: Text => "what it calls the payout", amount: Amount => "how much", currency: Text => "of the amount" }
    PAYOUT_REOPENED "payout.reopened" SettlementsRead
        "Payout {reference} of {amount} {currency} is on its way again"
        "What the bank was thought to have of a payout was taken back."
        { provider: Text => "the provider", reference: Text => "what it calls the payout", amount: Amount => "how much", currency: Text => "of the amount" }
    PAYOUT_MISSING "payout.missing" SettlementsRead
        "Payout {reference} of {amount} {currency} is missing at the bank"
        "A payout should have reached the bank."
        { provider: Text => "the provider", reference: Text => "what it calls the payout", amount: Amount => "how much", currency: Text => "of the amount" }
    PAYOUT_FAILED "payout.failed" SettlementsRead
        "Payout {reference} of {amount} {currency} came back to {provider}"
        "A payout did not arrive: the provider owes it again."
        { provider: Text => "the provider", reference: Text => "what it calls the payout", amount: Amount => "how much", currency: Text => "of the amount" }
    BANK_STATEMENT_IMPORTED "bank_statement.imported" SettlementsRead
        "Statement {reference} of {account} imported: {lines} entries"
        "A statement of a bank account was read."
        { account: Text => "the account", reference: Text => "what the bank calls it", lines: Count => "how many entries it has" }
    MATCH_MADE "match.made" SettlementsRead
        "Matched {amount} {currency}"
        "A person said what explains a line, or agreed to what was proposed."
        { amount: Amount => "how much", currency: Text => "of the amount", rule: Text => "by which rule" }
    MATCH_UNDONE "match.undone" SettlementsRead
        "Match of {amount} {currency} undone"
        "A match was taken back, with what it did in the books."
        { amount: Amount => "how much", currency: Text => "of the amount", rule: Text => "by which rule it had been made" }
    EXCEPTION_RAISED "reconciliation.exception_raised" SettlementsRead
        "{kind}: {amount} {currency} to be explained"
        "A difference was found that a person must explain."
        { kind: Text => "what kind of difference", amount: Amount => "what is at stake", currency: Text => "of the amount" }
    EXCEPTION_AWAITS "reconciliation.exception_awaits_approval" SettlementsRead
        "{kind}: write-off of {amount} {currency} awaits a second person"
        "A write-off above its author's limit waits for somebody else."
        { kind: Text => "what kind of difference", amount: Amount => "what is at stake", currency: Text => "of the amount" }
    EXCEPTION_RESOLVED "reconciliation.exception_resolved" SettlementsRead
        "{kind}: {amount} {currency} explained, {resolution}"
        "A difference was explained."
        { kind: Text => "what kind of difference", amount: Amount => "what was at stake", currency: Text => "of the amount", resolution ? Text => "how" }
    RETURN_POLICY_SET "return_policy.set" ReturnsRead
        "Return policy {name} set: {windowDays} days"
        "What may come back, until when, at whose cost was made or changed."
        { name: Text => "its name", windowDays: Count => "days behind the delivery" }
    RETURN_REQUESTED "return.requested" ReturnsRead
        "Return {number} requested: {units} units"
        "A customer declared that something comes back, or claims that something went wrong."
        { number: Text => "its number", kind: Text => "what is wanted", units: Count => "how many units", overridden ? Flag => "whether it was taken though no policy allowed it" }
    RETURN_APPROVED "return.approved" ReturnsRead
        "Return {number} approved"
        "The goods may come, or stay with the customer."
        { number: Text => "its number", goodsStay ? Flag => "whether the customer keeps the goods" }
    RETURN_REJECTED "return.rejected" ReturnsRead
        "Return {number} rejected: {reason}"
        "The goods may not come back."
        { number: Text => "its number", reason: Words => "why" }
    RETURN_CANCELLED "return.cancelled" ReturnsRead
        "Return {number} cancelled"
        "A return was called off before anything arrived."
        { number: Text => "its number" }
    RETURN_STAGED "return.staged" ReturnsRead
        "Return {number} staged: {units} units"
        "A parcel came that nobody announced; it waits until its order is known."
        { number: Text => "its number", units: Count => "how many units are in it" }
    RETURN_ASSIGNED "return.assigned" ReturnsRead
        "Return {number} assigned to order {order}"
        "The order of a parcel that nobody announced is known."
        { number: Text => "its number", order: Text => "the number of the order" }
    RETURN_CARRIER_CLAIMED "return.carrier_claimed" ReturnsRead
        "Claim against the carrier of return {number}: {state}"
        "A carrier is asked for what a parcel was worth that went wrong, or has answered."
        { number: Text => "its number", state: Text => "where it stands, a `CarrierClaimState`" }
    RETURN_RECEIVED "return.received" ReturnsRead
        "Return {number} received: {units} units"
        "Goods came back; they wait until somebody looked at them."
        { number: Text => "its number", units: Count => "how many units arrived", unannounced ? Count => "how many of them nobody announced" }
    RETURN_INSPECTED "return.inspected" ReturnsRead
        "Return {number} inspected: {units} units"
        "Somebody looked at goods that came back, and said where they go."
        { number: Text => "its number", units: Count => "how many units" }
    RETURN_RESOLVED "return.resolved" ReturnsRead
        "Return {number} resolved: {method}"
        "A return is settled. Payments tell what they gave back."
        { number: Text => "its number", method: Text => "how it was made good, a `RefundMethod`" }
    RETURN_TRACKED "return.tracked" ReturnsRead
        "Parcel of return {number}: {status}"
        "A carrier told of the parcel that brings a return back."
        { number: Text => "its number", status: Text => "where the parcel stood, a `TrackingStatus`", parcelStatus: Text => "where it stands by all that is known" }
    RETURN_EXPIRED "return.expired" ReturnsRead
        "Return {number} expired"
        "A return was agreed to, and nothing was ever sent."
        { number: Text => "its number" }
    FEE_AGREEMENTS_SET "fee_agreements.set" SettlementsRead
        "{count} fees agreed with {provider} entered"
        "What a provider may keep of captures, refunds or chargebacks was entered."
        { provider: Text => "the provider", count: Count => "how many" }
    TOLERANCES_SET "reconciliation_tolerances.set" SettlementsRead
        "Tolerances in {currencies} set"
        "How far amounts may be apart before somebody must explain it was set."
        { currencies: Texts => "in which currencies" }
    PERIOD_CLOSED "period.closed" LedgerRead
        "Books closed through {through}"
        "Nothing is booked on or before a day any longer."
        { through: Text => "the day, as YYYY-MM-DD" }
    ENTRY_REVERSED "journal_entry.reversed" LedgerRead
        "Journal entry reversed: {reason}"
        "An entry was taken back by another one."
        { reason: Text => "why" }
    ORDER_PROMISE_MOVED "order.promise_moved" OrdersRead
        "Promised for {promisedBy} now"
        "What an order waits for comes earlier or later, and its promise with it."
        { promisedBy ? Moment => "the last instant of the day that is promised now" }
    STOCK_RECEIVED "stock.received" StockRead
        "{onHandChange} x {sku} received"
        "Goods came in."
        { sku: Text => "of which variant", onHandChange ? Count => "units that came", reservedChange ? Count => "units promised", damagedChange ? Count => "units that came damaged", qualityHoldChange ? Count => "units put on quality hold, or cleared", inTransitChange ? Count => "units that set out to here, arrived or got lost", incomingChange ? Count => "units expected from suppliers, or not any longer" }
    STOCK_ADJUSTED "stock.adjusted" StockRead
        "{sku} adjusted"
        "A level was corrected by hand."
        { sku: Text => "of which variant", onHandChange ? Count => "units more, or fewer", reservedChange ? Count => "units promised", damagedChange ? Count => "units found damaged, or mended", qualityHoldChange ? Count => "units put on quality hold, or cleared", inTransitChange ? Count => "units that set out to here, arrived or got lost", incomingChange ? Count => "units expected from suppliers, or not any longer" }
    STOCK_SHIPPED "stock.shipped" StockRead
        "{onHandChange} x {sku} left"
        "Goods left the building."
        { sku: Text => "of which variant", onHandChange ? Count => "units that left, below zero", reservedChange ? Count => "units whose promise is kept, below zero", damagedChange ? Count => "units found damaged" }
    STOCK_EXPECTED "stock.expected" StockRead
        "{incomingChange} x {sku} expected"
        "More is expected from suppliers, or less."
        { sku: Text => "of which variant", incomingChange: Count => "units more, or fewer" }
    STOCK_IN_TRANSIT "stock.in_transit" StockRead
        "{inTransitChange} x {sku} on the way"
        "Goods set out to here from another location, or got lost on their way."
        { sku: Text => "of which variant", inTransitChange: Count => "units that set out, or below zero got lost" }
    STOCK_QUALITY_HELD "stock.quality_held" StockRead
        "{qualityHoldChange} x {sku} on quality hold"
        "Goods wait for somebody to look at them, or do not any longer."
        { sku: Text => "of which variant", qualityHoldChange: Count => "units put on hold, or below zero cleared" }
    STOCK_LOW "stock.low" StockRead
        "{sku} is low: {available} available"
        "What is available fell to the reorder point or below, once until it rises above it."
        { sku: Text => "of which variant", available: Count => "units that can be promised", reorderPoint ? Count => "units at which to reorder" }
    STOCK_OUT "stock.out" StockRead
        "{sku} is out of stock"
        "Nothing is available any longer."
        { sku: Text => "of which variant", available: Count => "units that can be promised: none, or below zero", reorderPoint ? Count => "units at which to reorder" }
    STOCK_BACK "stock.back" StockRead
        "{sku} is back: {available} available"
        "Something is available again."
        { sku: Text => "of which variant", available: Count => "units that can be promised", reorderPoint ? Count => "units at which to reorder" }
    TRANSFER_CREATED "transfer.created" StockRead
        "Transfer {number} planned"
        "Goods are to go from one location to another."
        { number: Text => "its number", units: Count => "units in all" }
    TRANSFER_SHIPPED "transfer.shipped" StockRead
        "Transfer {number} left"
        "A transfer left; its goods are in transit."
        { number: Text => "its number", units: Count => "units in all" }
    TRANSFER_RECEIVED "transfer.received" StockRead
        "{units} units of transfer {number} received"
        "Some of a transfer arrived, or the rest was given up."
        { number: Text => "its number", units: Count => "units that arrived", damaged: Count => "those of them that are damaged", lost: Count => "units that will not arrive" }
    TRANSFER_CANCELLED "transfer.cancelled" StockRead
        "Transfer {number} called off"
        "A transfer was called off before it left."
        { number: Text => "its number" }
    TRANSFER_OVERDUE "transfer.overdue" StockRead
        "Transfer {number} is overdue"
        "A transfer should have arrived a day ago; nothing counts on it any longer."
        { number: Text => "its number" }
    PURCHASE_ORDER_CREATED "purchase_order.created" PurchasingRead
        "Purchase order {number} written"
        "A purchase order was written; the supplier knows nothing of it yet."
        { number: Text => "its number", units: Count => "units in all" }
    PURCHASE_ORDER_UPDATED "purchase_order.updated" PurchasingRead
        "Purchase order {number} changed"
        "Lines or the expected date of a purchase order changed."
        { number: Text => "its number", units: Count => "units in all", expectedAt ? Moment => "when it is expected" }
    PURCHASE_ORDER_PLACED "purchase_order.placed" PurchasingRead
        "Purchase order {number} sent"
        "A purchase order was sent to the supplier; its goods are expected."
        { number: Text => "its number", units: Count => "units in all", expectedAt ? Moment => "when it is expected" }
    PURCHASE_ORDER_RECEIVED "purchase_order.received" PurchasingRead
        "{units} units of purchase order {number} received"
        "Some of a purchase order came."
        { number: Text => "its number", units: Count => "units that came", damaged: Count => "those of them that are damaged", qualityHold: Count => "those of them that wait for somebody to look at them", complete: Flag => "whether nothing more will come" }
    PURCHASE_ORDER_CANCELLED "purchase_order.cancelled" PurchasingRead
        "Purchase order {number} called off"
        "A purchase order was called off before anything came."
        { number: Text => "its number" }
    PURCHASE_ORDER_OVERDUE "purchase_order.overdue" PurchasingRead
        "Purchase order {number} is overdue"
        "A purchase order should have come a day ago; nothing counts on it any longer."
        { number: Text => "its number" }
    STOCK_COUNT_STARTED "stock_count.started" StockRead
        "Count started"
        "People count what lies at a location."
        { lines: Count => "SKUs to be counted" }
    STOCK_COUNT_RECORDED "stock_count.recorded" StockRead
        "{lines} SKUs counted"
        "Some of a count was recorded."
        { lines: Count => "SKUs recorded" }
    STOCK_COUNT_CLOSED "stock_count.closed" StockRead
        "Count closed: {right} of {counted} right"
        "What was counted is what lies there."
        { counted: Count => "SKUs counted", right: Count => "those without a difference" }
    STOCK_COUNT_CANCELLED "stock_count.cancelled" StockRead
        "Count given up"
        "A count was given up; nothing was changed."
        {}
    STOCK_POLICY_SET "stock.policy_set" StockRead
        "Policy of {sku} set"
        "Safety stock or reorder point changed."
        { sku: Text => "of which variant", safetyStock: Count => "units kept back", reorderPoint ? Count => "units at which to reorder", reorderQuantity ? Count => "units to reorder" }
    STOCK_RESERVED "stock.reserved" StockRead
        "{reservedChange} x {sku} reserved"
        "Stock was promised."
        { sku: Text => "of which variant", reservedChange: Count => "units promised", onHandChange ? Count => "units that came or went", damagedChange ? Count => "units found damaged" }
    STOCK_RELEASED "stock.released" StockRead
        "{reservedChange} x {sku} released"
        "A promise was given back."
        { sku: Text => "of which variant", reservedChange: Count => "units given back, below zero", onHandChange ? Count => "units that came or went", damagedChange ? Count => "units found damaged" }
    RESERVATION_MADE "reservation.made" StockRead
        "Stock held for a checkout"
        "A checkout holds stock."
        { expiresAt: Moment => "when it is given back by itself", units: Count => "how many units" }
    RESERVATION_USED "reservation.used" StockRead
        "Held stock became an order"
        "A checkout became an order."
        { orderId: Id("ord") => "the order" }
    RESERVATION_RELEASED "reservation.released" StockRead
        "Held stock given back"
        "A checkout gave its stock back."
        {}
    RESERVATION_EXPIRED "reservation.expired" StockRead
        "Held stock ran out of time"
        "A checkout ran out of time."
        {}
    CUSTOMER_CREATED "customer.created" CustomersRead
        "Customer {number} first seen"
        "A customer was seen for the first time."
        { number: Text => "their number" }
    CUSTOMER_CHANGED "customer.changed" CustomersRead
        "Customer {number} changed: {fields}"
        "What is known of a customer was set right."
        { number: Text => "their number", fields: Texts => "what changed" }
    CUSTOMER_ERASED "customer.erased" CustomersRead
        "Customer {number} erased"
        "All that was personal was erased."
        { number: Text => "their number" }
    PRIVACY_REQUESTED "privacy_request.opened" CustomersPrivacy
        "A person asked for this: {kind}"
        "A person asked for their data, or to be erased."
        { kind: Text => "a `PrivacyRequestKind`", dueAt: Moment => "until when it is to be answered" }
    PRIVACY_BLOCKED "privacy_request.blocked" CustomersPrivacy
        "Erasure waits for what is open: {waitsFor}"
        "An erasure waits for what is open with the customer, and goes on by itself."
        { kind: Text => "a `PrivacyRequestKind`", waitsFor: Count => "how many things are open" }
    PRIVACY_COMPLETED "privacy_request.completed" CustomersPrivacy
        "Done what a person asked for: {kind}"
        "A person has their data, or was erased."
        { kind: Text => "a `PrivacyRequestKind`" }
    PRIVACY_REFUSED "privacy_request.refused" CustomersPrivacy
        "Refused what a person asked for: {kind}"
        "What a person asked for was refused."
        { kind: Text => "a `PrivacyRequestKind`", reason: Words => "why" }
    PRIVACY_EXTENDED "privacy_request.extended" CustomersPrivacy
        "What a person asked for takes longer: {kind}, until {dueAt}"
        "What a person asked for is answered up to two months later."
        { kind: Text => "a `PrivacyRequestKind`", dueAt: Moment => "until when", reason: Words => "why" }
    CUSTOMER_MERGED "customer.merged" CustomersRead
        "Customer {number} made one with {intoNumber}"
        "Two records were of one person: all that belonged to one belongs to the other. Told of both."
        { number: Text => "the record that stands for the other now", intoNumber: Text => "the record that stays", fromId: Id("cus") => "the first", intoId: Id("cus") => "the second" }
    CUSTOMER_UNMERGED "customer.unmerged" CustomersRead
        "Customer {number} stands alone again, apart from {intoNumber}"
        "A record that was made one with another was taken apart again. Told of both."
        { number: Text => "the record that stands alone", intoNumber: Text => "the other", fromId: Id("cus") => "the first", intoId: Id("cus") => "the second" }
    CONSENT_RECORDED "consent.recorded" CustomersRead
        "Consent to {purpose} noted, by {source}"
        "A customer agreed to something, or no longer does."
        { purpose: Text => "to what", granted: Flag => "whether it was given", source: Words => "where it was said" }
    SEGMENT_DEFINED "segment.defined" CustomersRead
        "Segment {name} defined"
        "Who belongs to a segment was set."
        { name: Text => "its name" }
    SEGMENT_COUNTED "segment.counted" CustomersRead
        "Segment {name} has {customers} customers"
        "All customers were looked at for a new segment; from now on, whoever comes to it or leaves it is told of."
        { name: Text => "its name", customers: Count => "how many belong to it" }
    SEGMENT_JOINED "segment.joined" CustomersRead
        "Joined segment {name}"
        "A customer belongs to a segment now."
        { name: Text => "its name" }
    SEGMENT_LEFT "segment.left" CustomersRead
        "Left segment {name}"
        "A customer belongs to a segment no longer."
        { name: Text => "its name" }
    CASE_OPENED "case.opened" CasesRead
        "Case {number} opened: {kind}"
        "A customer asked for something."
        { number: Text => "its number", kind: Text => "what for", priority: Text => "how urgent", contactChannel: Text => "how they came" }
    CASE_REPLIED "case.replied" CasesRead
        "Message in case {number}, {direction}"
        "Something was said in a case, or noted for the team."
        { number: Text => "its number", messageId: Id("cms") => "the message", direction: Text => "INBOUND or OUTBOUND", internal: Flag => "whether it is for the team only" }
    CASE_ASKED "case.asked" CasesRead
        "Case {number}: the customer wrote"
        "A customer wrote in a case that was there already: told beside `case.replied`."
        { number: Text => "its number" }
    CASE_ANSWERED "case.answered" CasesRead
        "Case {number} answered"
        "A person answered a customer: what programs say, and what is for the team only, does not count. Told beside `case.replied`."
        { number: Text => "its number" }
    CASE_PAUSED "case.paused" CasesRead
        "Case {number} waits for the customer"
        "A case waits for the customer: its clocks stand still. Told beside `case.changed` or `case.replied`."
        { number: Text => "its number" }
    CASE_RESUMED "case.resumed" CasesRead
        "Case {number} waits for the customer no longer"
        "A case does not wait for the customer any longer: its clocks go on."
        { number: Text => "its number" }
    CASE_CHANGED "case.changed" CasesRead
        "Case {number} changed: {fields}"
        "What a case is about, how urgent it is or whom it waits for became other."
        { number: Text => "its number", fields: Texts => "what changed", state: Text => "where it stands now" }
    CASE_ASSIGNED "case.assigned" CasesRead
        "Case {number} assigned"
        "Somebody took a case, or nobody has it any longer."
        { number: Text => "its number", userId ? Id("usr") => "who has it now", previousUserId ? Id("usr") => "who had it" }
    CASE_RESOLVED "case.resolved" CasesRead
        "Case {number} resolved"
        "What a customer asked for was solved."
        { number: Text => "its number" }
    CASE_REOPENED "case.reopened" CasesRead
        "Case {number} opened again"
        "It was not solved after all."
        { number: Text => "its number" }
    CASE_CLOSED "case.closed" CasesRead
        "Case {number} closed"
        "Nobody came back to it for a week."
        { number: Text => "its number" }
    OSS_PERIOD_ENDED "one_stop_shop.period_ended" LedgerRead
        "Quarter {quarter} ended: its tax is to be declared at the One-Stop-Shop"
        "A quarter ended for a legal entity that declares tax at a One-Stop-Shop: the declaration is due at the end of the month behind it (Directive 2006/112/EC, art. 369f)."
        { quarter: Text => "such as 2026-Q3" }
    PROCEDURE_DEFINED "procedure.defined" ProceduresRead
        "Procedure {name} defined, version {version}"
        "What somebody has to do by when was set."
        { name: Text => "its name", version: Count => "which version that is", active: Flag => "whether it starts anything" }
    TASK_OPENED "task.opened" ProceduresRead
        "To do: {step}, by {dueAt}"
        "A procedure started a clock: somebody has something to do."
        { step: Text => "what has to be done", dueAt: Moment => "until when" }
    TASK_MOVED "task.moved" ProceduresRead
        "{step}: by {dueAt} now"
        "The moment that a clock was set by moved, or a location works at other hours."
        { step: Text => "what has to be done", dueAt: Moment => "until when now", previousDueAt: Moment => "until when before" }
    TASK_PAUSED "task.paused" ProceduresRead
        "{step}: the clock stands still"
        "The clock of a task was stopped: this time does not count."
        { step: Text => "what has to be done" }
    TASK_RESUMED "task.resumed" ProceduresRead
        "{step}: the clock runs again, by {dueAt}"
        "The clock of a task goes on."
        { step: Text => "what has to be done", dueAt: Moment => "until when now" }
    TASK_WARNED "task.warned" ProceduresRead
        "{step}: {percent} % of the time is over, by {dueAt}"
        "A share of the time of a task is over."
        { step: Text => "what has to be done", percent: Count => "the share", dueAt: Moment => "until when" }
    TASK_OVERDUE "task.overdue" ProceduresRead
        "{step}: late since {dueAt}"
        "The time of a task is over."
        { step: Text => "what has to be done", dueAt: Moment => "since when" }
    TASK_ESCALATED "task.escalated" ProceduresRead
        "{step}: given to another team"
        "A task that is late became the work of another role."
        { step: Text => "what has to be done", roleId: Id("rol") => "whose work it is now", previousRoleId: Id("rol") => "whose work it was" }
    TASK_ASSIGNED "task.assigned" ProceduresRead
        "{step}: assignee changed"
        "A task was given to a user, or to nobody."
        { step: Text => "what has to be done", userId ? Id("usr") => "who has it now", previousUserId ? Id("usr") => "who had it" }
    TASK_COMPLETED "task.completed" ProceduresRead
        "{step}: done"
        "A task was done: by a person, or by what happened."
        { step: Text => "what was to be done", late: Flag => "whether that was too late" }
    TASK_SKIPPED "task.skipped" ProceduresRead
        "{step}: skipped"
        "Somebody said why a task need not be done."
        { step: Text => "what was to be done", reason: Words => "why not" }
    TASK_CANCELLED "task.cancelled" ProceduresRead
        "{step}: called off"
        "What a task was about is over."
        { step: Text => "what was to be done" }
    CHANNEL_SAVED "channel.saved" CatalogRead
        "Channel {code} saved"
        "A channel was made or changed."
        { code: Text => "its code" }
    LOCATION_SAVED "location.saved" CatalogRead
        "Location {code} saved"
        "A location was made or changed."
        { code: Text => "its code" }
    ROUTING_STRATEGY_DEFINED "routing_strategy.defined" OrdersRead
        "Routing strategy {name} defined"
        "A strategy by which locations are chosen was made or changed."
        { name: Text => "its name" }
    DELIVERY_SERVICE_DEFINED "delivery_service.defined" CatalogRead
        "Delivery service {code} defined"
        "How long a way of delivery takes was set."
        { code: Text => "its code" }
    LEGAL_ENTITY_SAVED "legal_entity.saved" CatalogRead
        "Legal entity saved"
        "A legal entity was made or changed."
        {}
    PRODUCT_SAVED "product.saved" CatalogRead
        "Product saved"
        "A product and its variants were made or changed."
        { skus: Texts => "of its variants that were saved" }
    SUPPLIER_SAVED "supplier.saved" PurchasingRead
        "Supplier saved"
        "A supplier was made or changed."
        {}
    USER_CREATED "user.created" AccessManage
        "User created"
        "A user was made."
        { roles: Texts => "names of their roles" }
    USER_UPDATED "user.updated" AccessManage
        "User changed"
        "A user was changed."
        { roles: Texts => "names of their roles now", active: Flag => "whether they may sign in", passwordSet: Flag => "whether they were given a new password" }
    PASSWORD_CHANGED "user.password_changed" AccessManage
        "Password changed"
        "A user set a new password; their other sessions ended."
        {}
    ROLE_DEFINED "role.defined" AccessManage
        "Role {name} defined"
        "A role was made or changed."
        { name: Text => "its name", permissions: Texts => "what its holders may do" }
    API_TOKEN_CREATED "api_token.created" AccessManage
        "Token {name} created"
        "A partner's token was made."
        { name: Text => "its name", permissions: Texts => "what it may do" }
    API_TOKEN_ROTATED "api_token.rotated" AccessManage
        "Token {name} got a new secret"
        "A partner's token got a new secret."
        { name: Text => "its name", overlapSeconds: Count => "how long the old one still works" }
    API_TOKEN_REVOKED "api_token.revoked" AccessManage
        "Token {name} revoked"
        "A partner's token was withdrawn."
        { name: Text => "its name" }
    SIGNED_IN "session.started" AccessManage
        "Signed in"
        "A user signed in."
        {}
    SESSION_REVOKED "session.revoked" AccessManage
        "Session revoked: a spent refresh token came back"
        "A spent refresh token was used again, so the session ended."
        {}
    SIGNED_OUT "session.ended" AccessManage
        "Signed out"
        "A user signed out."
        {}
    WEBHOOK_CREATED "webhook_endpoint.created" AccessManage
        "Webhook endpoint created"
        "An endpoint was made."
        { types: Texts => "what it wants" }
    WEBHOOK_UPDATED "webhook_endpoint.updated" AccessManage
        "Webhook endpoint changed"
        "An endpoint was changed, switched on or off."
        { types: Texts => "what it wants now", active: Flag => "whether anything is sent" }
    WEBHOOK_SECRET_ROTATED "webhook_endpoint.secret_rotated" AccessManage
        "Webhook endpoint got a new secret"
        "An endpoint got a new secret."
        { overlapSeconds: Count => "how long the old one signs too" }
    WEBHOOK_DISABLED "webhook_endpoint.disabled" AccessManage
        "Webhook endpoint switched off: {reason}"
        "An endpoint was switched off by itself."
        { reason: Text => "why" }
    WEBHOOK_DELETED "webhook_endpoint.deleted" AccessManage
        "Webhook endpoint deleted"
        "An endpoint was taken away."
        {}
    WEBHOOK_TESTED "webhook_endpoint.tested" AccessManage
        "Webhook endpoint tested"
        "A test was asked for: this event is sent to the endpoint whatever it wants."
        {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_once_and_dotted() {
        let mut names: Vec<&str> = EVENT_KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert!(names.iter().all(|name| name.contains('.')));
    }

    #[test]
    fn a_summary_takes_its_words_from_the_data() {
        let data = serde_json::json!({ "number": "WEB-1", "total": "9.90", "currency": "EUR" });
        assert_eq!(ORDER_PLACED.summarize(&data), "Order WEB-1 placed for 9.90 EUR");
    }

    #[test]
    fn a_summary_names_declared_fields_alone() {
        for kind in EVENT_KINDS {
            for part in kind.summary.split('{').skip(1) {
                let name = part.split('}').next().unwrap();
                assert!(kind.fields.iter().any(|field| field.name == name), "{}", kind.name);
            }
        }
    }

    #[test]
    fn a_pattern_ends_in_a_wildcard_or_names_one() {
        let names = |pattern| -> Vec<&str> {
            EventKind::matching(pattern).iter().map(|kind| kind.name).collect()
        };
        assert_eq!(names("order.placed"), ["order.placed"]);
        assert_eq!(names("note.*"), ["note.added"]);
        assert!(names("fulfillment.*").iter().all(|name| name.starts_with("fulfillment.")));
        assert_eq!(names("*").len(), EVENT_KINDS.len());
        for nothing in ["", "order", "order*", "order.nothing", "*.placed", "nothing.*"] {
            assert!(names(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn data_of_another_shape_is_named() {
        let fits = serde_json::json!({ "userId": uuid::Uuid::nil() });
        assert_eq!(ORDER_ASSIGNED.fault(&fits), None);
        for (wrong, place) in [
            (serde_json::json!({ "userId": "x" }), "userId"),
            (serde_json::json!({ "who": 1 }), "who"),
            (serde_json::json!([]), "object"),
        ] {
            let fault = ORDER_ASSIGNED.fault(&wrong).unwrap();
            assert!(fault.contains(place), "{fault}");
        }
        let missing = serde_json::json!({});
        assert!(ORDER_CANCELLED.fault(&missing).unwrap().contains("reason"));
    }
}
