//! `/hooks/stripe`: what Stripe tells by itself, signed.

use super::stripe::{Intent, NAME, Refund, Secret, from_stripe};
use crate::front::refuse;
use crate::server::App;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use entities::enums::DisputeStage;
use hmac::{Hmac, KeyInit, Mac};
use operations::Error;
use operations::providers::notice::{News, Notice, take_in};
use serde::Deserialize;
use serde_json::Value as Json;
use sha2::Sha256;
use time::OffsetDateTime;

/// How old a signature may be: what was overheard cannot be sent again later
/// ([Stripe, Verify webhook signatures](https://docs.stripe.com/webhooks#verify-manually)).
const TOLERANCE: i64 = 300;

#[derive(Debug, Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Json,
}

#[derive(Debug, Deserialize)]
struct Dispute {
    id: String,
    #[serde(default)]
    amount: i64,
    #[serde(default)]
    currency: String,
    payment_intent: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    status: String,
    evidence_details: Option<EvidenceDetails>,
    #[serde(default)]
    balance_transactions: Vec<BalanceTransaction>,
}

#[derive(Debug, Deserialize)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct BalanceTransaction {
    #[serde(default)]
    fee: i64,
}

/// Takes a notice of Stripe in. What is not signed by it, or long ago, is refused; what it tells of others is no fault.
pub(crate) async fn stripe(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(secret) = app.stripe_secret() else {
        return refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "no webhooks of Stripe are taken here");
    };
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let now = app.store().clock().now();
    if !signature.is_some_and(|signature| is_signed(secret, signature, &body, now)) {
        let message = "`Stripe-Signature` does not sign this body, or did so long ago";
        return refuse(StatusCode::BAD_REQUEST, "BAD_SIGNATURE", message);
    }
    let event: Event = match serde_json::from_slice(&body) {
        Ok(event) => event,
        Err(error) => {
            let message = format!("this is no event of Stripe: {error}");
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    let notice = match read(event) {
        Ok(Some(notice)) => notice,
        Ok(None) => return Response::new(Body::from("nothing to do")),
        Err(error) => {
            let message = format!("what it tells cannot be read: {error}");
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    match take_in(app.store(), &notice).await {
        Ok(true) => Response::new(Body::from("taken in")),
        Ok(false) => {
            tracing::info!(event = notice.key, "Stripe tells of a payment that is not ours");
            Response::new(Body::from("no payment of ours"))
        }
        Err(Error::Refused(refusals)) => {
            let said: Vec<&str> = refusals.iter().map(|one| one.message.as_str()).collect();
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "REFUSED", &said.join("; "))
        }
        Err(error) => {
            tracing::error!(%error, event = notice.key, "a notice of Stripe could not be taken in");
            let message = "it could not be taken in now: send it again";
            refuse(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
        }
    }
}

/// Whether one of the signatures is ours, of now.
fn is_signed(secret: &Secret, header: &str, body: &[u8], now: OffsetDateTime) -> bool {
    let part = |name: &'static str| {
        header.split(',').filter_map(move |part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let Some(stamp) = part("t").next() else { return false };
    let fresh = stamp.parse().is_ok_and(|at: i64| (now.unix_timestamp() - at).abs() <= TOLERANCE);
    let signed = |signature: &str| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
            return false;
        };
        mac.update(stamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        hex::decode(signature).is_ok_and(|bytes| mac.verify_slice(&bytes).is_ok())
    };
    fresh && part("v1").any(signed)
}

/// What an event tells; none where it is nothing that matters here.
fn read(event: Event) -> Result<Option<Notice>, serde_json::Error> {
    let key = event.id;
    let notice = |payment: Option<String>, news: News| {
        Some(Notice { provider: NAME, key: key.clone(), payment: payment?, news })
    };
    let object = event.data.object;
    Ok(match event.kind.as_str() {
        "payment_intent.amount_capturable_updated"
        | "payment_intent.succeeded"
        | "payment_intent.canceled" => {
            let intent: Intent = serde_json::from_value(object)?;
            let standing = intent.standing();
            notice(Some(intent.id), News::Stands(standing))
        }
        "payment_intent.payment_failed" => {
            let message = object.pointer("/last_payment_error/message").and_then(Json::as_str);
            let message = message.unwrap_or("the payment failed").to_owned();
            let intent: Intent = serde_json::from_value(object)?;
            notice(Some(intent.id), News::NotObtained { message })
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            let refund: Refund = serde_json::from_value(object)?;
            let arrived = match refund.status.as_deref() {
                Some("succeeded") => true,
                Some("failed" | "canceled") => false,
                _ => return Ok(None),
            };
            let minor = from_stripe(refund.amount, &refund.currency);
            let (reference, message) = (refund.id, refund.failure_reason);
            notice(refund.payment_intent, News::Refund { reference, minor, arrived, message })
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.closed" => {
            let dispute: Dispute = serde_json::from_value(object)?;
            let stage = if dispute.status.starts_with("warning_") {
                DisputeStage::Inquiry
            } else {
                DisputeStage::Chargeback
            };
            let fee: i64 = dispute.balance_transactions.iter().map(|one| one.fee).sum();
            let due = dispute.evidence_details.and_then(|details| details.due_by);
            let news = News::Dispute {
                reference: dispute.id,
                minor: from_stripe(dispute.amount, &dispute.currency),
                stage,
                reason: if dispute.reason.is_empty() { "general".into() } else { dispute.reason },
                fee: (fee > 0).then(|| from_stripe(fee, &dispute.currency)),
                due_at: due.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()),
                won: match dispute.status.as_str() {
                    "won" | "warning_closed" => Some(true),
                    "lost" => Some(false),
                    _ => None,
                },
            };
            notice(dispute.payment_intent, news)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the scheme, worked out with OpenSSL.
    #[test]
    fn a_signature_holds_for_its_body_and_its_time() {
        let secret = Secret::new("whsec_test");
        let at = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_test").unwrap();
        mac.update(b"1700000000.{}");
        let good = mac.finalize().into_bytes();
        let hex = hex::encode(good);
        let header = format!("t=1700000000,v1=00,v1={hex},v0=1");
        assert!(is_signed(&secret, &header, b"{}", at));
        assert!(is_signed(&secret, &header, b"{}", at + time::Duration::minutes(5)));
        assert!(!is_signed(&secret, &header, b"{}", at + time::Duration::seconds(301)));
        assert!(!is_signed(&secret, &header, b"{ }", at));
        assert!(!is_signed(&Secret::new("other"), &header, b"{}", at));
        for wrong in ["", "t=1700000000", "v1=00", "t=x,v1=zz", "t=1700000000,v1=é"] {
            assert!(!is_signed(&secret, wrong, b"{}", at), "{wrong}");
        }
    }
}
