//! Stripe: payment intents that are captured by hand, refunds, disputes.
//!
//! Written against the [API reference](https://docs.stripe.com/api), of which it needs six calls. Storefronts authorize
//! (`capture_method=manual`, and multicapture where one order ships in parts) and record the payment intent as
//! `providerReference`; everything behind that is done here.

use crate::oidc::choose_cryptography;
use futures::FutureExt;
use futures::future::BoxFuture;
use operations::providers::{Answer, Ask, AskKind, Connector, Said, Silence, Standing};
use operations::{Error, Result};
use reqwest::{Client, Method, StatusCode, Url, redirect};
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;
use time::OffsetDateTime;

/// By which name payments call it.
pub const NAME: &str = "stripe";
/// The shapes that are read here are those of this version.
const VERSION: &str = "2024-06-20";
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// When a capture that is under way is looked at again.
const LOOK_AGAIN: time::Duration = time::Duration::minutes(10);
/// When a refund that is under way is looked at again.
const REFUND_AGAIN: time::Duration = time::Duration::hours(6);
/// Where it is.
pub const API: &str = "https://api.stripe.com";

/// What nobody may read: it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Our account at Stripe.
#[derive(Debug, Clone)]
pub struct StripeOptions {
    /// The secret key.
    pub key: Secret,
    /// What signs its webhooks; none are taken without it.
    pub webhook_secret: Option<Secret>,
    /// Where it is.
    pub url: Url,
}

/// Speaks to Stripe.
pub(crate) struct Stripe {
    options: StripeOptions,
    client: Client,
}

/// What Stripe says of a payment intent, as far as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    status: String,
    currency: String,
    #[serde(default)]
    amount_capturable: i64,
    #[serde(default)]
    amount_received: i64,
    latest_charge: Option<Charge>,
}

/// A charge: its id alone, or all of it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Charge {
    Named(String),
    Whole { id: String, payment_method_details: Option<Json> },
}

impl Charge {
    fn id(&self) -> &str {
        match self {
            Self::Named(id) | Self::Whole { id, .. } => id,
        }
    }

    /// Until when the authorization can be captured.
    fn capture_before(&self) -> Option<OffsetDateTime> {
        let Self::Whole { payment_method_details: Some(details), .. } = self else { return None };
        let at = details.get("card")?.get("capture_before")?.as_i64()?;
        OffsetDateTime::from_unix_timestamp(at).ok()
    }
}

impl Intent {
    /// How the payment stands there.
    pub(super) fn standing(&self) -> Standing {
        let charge = self.latest_charge.as_ref();
        Standing {
            holds: from_stripe(self.amount_capturable, &self.currency),
            until: charge.and_then(Charge::capture_before),
            taken: Some(from_stripe(self.amount_received, &self.currency)),
            reference: charge.map(|charge| charge.id().to_owned()),
        }
    }

    fn charge(&self) -> Option<String> {
        Some(self.latest_charge.as_ref()?.id().to_owned())
    }
}

/// What Stripe says of a refund, as far as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) currency: String,
    pub(super) payment_intent: Option<String>,
    pub(super) failure_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    error: Fault,
}

#[derive(Debug, Deserialize, Default)]
struct Fault {
    #[serde(rename = "type", default)]
    kind: String,
    code: Option<String>,
    message: Option<String>,
    param: Option<String>,
}

impl Fault {
    fn text(self) -> String {
        let message = self.message.unwrap_or_else(|| "no reason given".to_owned());
        self.code.map_or_else(|| message.clone(), |code| format!("{code}: {message}"))
    }
}

/// What came of a call.
enum Reply<T> {
    Done(T),
    Refused(Fault),
}

/// Amounts are in the smallest unit, except in currencies that lost theirs: they still have two digits there
/// ([Stripe, Supported currencies](https://docs.stripe.com/currencies)).
fn to_stripe(minor: i64, currency: &str) -> i64 {
    if is_padded(currency) { minor.saturating_mul(100) } else { minor }
}

/// The other way round.
pub(super) fn from_stripe(amount: i64, currency: &str) -> i64 {
    if is_padded(currency) { amount / 100 } else { amount }
}

fn is_padded(currency: &str) -> bool {
    ["ISK", "UGX"].iter().any(|padded| currency.eq_ignore_ascii_case(padded))
}

impl Stripe {
    pub(crate) fn new(options: StripeOptions) -> Result<Self> {
        choose_cryptography();
        let client = Client::builder()
            .user_agent(concat!("aftercart/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWER_TIME)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self { options, client })
    }

    /// Calls it: what is refused for good is an answer, everything else is silence.
    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        key: Option<&str>,
        fields: &[(&str, &str)],
    ) -> std::result::Result<Reply<T>, Silence> {
        let mut url = self.options.url.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().push("v1").extend(path),
            Err(()) => return Err(Silence("its address is no address".to_owned())),
        };
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.client.request(method.clone(), url.clone());
        if method == Method::GET {
            url.set_query(Some(&form).filter(|form| !form.is_empty()).map(String::as_str));
            request = self.client.request(method, url);
        } else {
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let words = |error: reqwest::Error| Silence(error.without_url().to_string());
        let response = request
            .header("stripe-version", VERSION)
            .bearer_auth(self.options.key.reveal())
            .send()
            .await
            .map_err(words)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Reply::Done(response.json().await.map_err(words)?));
        }
        let failure = response.json().await.unwrap_or(Failure { error: Fault::default() });
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_FOUND
                if failure.error.kind != "idempotency_error" =>
            {
                Ok(Reply::Refused(failure.error))
            }
            // A key that is refused is mended by people, and then it is asked again.
            _ => Err(Silence(format!("{}: {}", status.as_u16(), failure.error.text()))),
        }
    }

    async fn intent(&self, id: &str) -> std::result::Result<Reply<Intent>, Silence> {
        let path = ["payment_intents", id];
        self.call(Method::GET, &path, None, &[("expand[]", "latest_charge")]).await
    }

    async fn look(&self, ask: &Ask, id: &str) -> std::result::Result<Said, Silence> {
        Ok(match self.intent(id).await? {
            Reply::Refused(fault) => refused(fault),
            Reply::Done(intent) if !intent.currency.eq_ignore_ascii_case(&ask.currency) => {
                let message = format!("the payment is in {}", intent.currency.to_uppercase());
                Said::Refused { reference: None, message, holds: None }
            }
            // It says later what comes of it.
            Reply::Done(intent) if intent.status == "processing" => {
                Said::Accepted { reference: None }
            }
            Reply::Done(intent) => Said::Stands(intent.standing()),
        })
    }

    async fn capture(&self, ask: &Ask, id: &str) -> std::result::Result<Said, Silence> {
        if ask.answers > 0 {
            // It was taken up before: what became of it is in the payment intent.
            return Ok(match self.intent(id).await? {
                Reply::Refused(fault) => refused(fault),
                Reply::Done(intent) => settled(&intent),
            });
        }
        let path = ["payment_intents", id, "capture"];
        let amount = to_stripe(ask.minor, &ask.currency).to_string();
        let key = ask.id.to_string();
        let mut fields = vec![("amount_to_capture", amount.as_str())];
        if !ask.last {
            fields.push(("final_capture", "false"));
        }
        let mut reply = self.call(Method::POST, &path, Some(&key), &fields).await?;
        // Where an account may capture once alone, that is what is done, and Stripe releases the rest.
        if let Reply::Refused(fault) = &reply
            && fault.param.as_deref() == Some("final_capture")
        {
            let key = format!("{key}-once");
            let fields = [("amount_to_capture", amount.as_str())];
            reply = self.call(Method::POST, &path, Some(&key), &fields).await?;
        }
        let fault = match reply {
            Reply::Done(intent) => return Ok(settled(&intent)),
            Reply::Refused(fault) => fault,
        };
        // An authorization that ended, or was used up, is not there for another try.
        let holds = match self.intent(id).await? {
            Reply::Done(intent) => Some(intent.standing().holds),
            Reply::Refused(_) => None,
        };
        Ok(Said::Refused { reference: None, message: fault.text(), holds })
    }

    async fn cancel(&self, ask: &Ask, id: &str) -> std::result::Result<Said, Silence> {
        let path = ["payment_intents", id, "cancel"];
        let reply: Reply<Intent> =
            self.call(Method::POST, &path, Some(&ask.id.to_string()), &[]).await?;
        let fault = match reply {
            Reply::Done(_) => return Ok(Said::Done { reference: None, holds: Some(0) }),
            Reply::Refused(fault) => fault,
        };
        // The last capture releases the rest by itself.
        match self.intent(id).await? {
            Reply::Done(intent) if intent.amount_capturable == 0 => {
                Ok(Said::Done { reference: None, holds: Some(0) })
            }
            Reply::Done(_) | Reply::Refused(_) => Ok(refused(fault)),
        }
    }

    async fn refund(&self, ask: &Ask, id: &str) -> std::result::Result<Answer, Silence> {
        let amount = to_stripe(ask.minor, &ask.currency).to_string();
        let key = ask.id.to_string();
        let known = ask.step.as_deref().filter(|_| ask.answers > 0);
        let reply: Reply<Refund> = if let Some(refund) = known {
            self.call(Method::GET, &["refunds", refund], None, &[]).await?
        } else {
            let fields = [
                ("payment_intent", id),
                ("amount", amount.as_str()),
                ("metadata[aftercart_step]", key.as_str()),
            ];
            self.call(Method::POST, &["refunds"], Some(&key), &fields).await?
        };
        let refund = match reply {
            Reply::Refused(fault) => return Ok(Answer::last(refused(fault))),
            Reply::Done(refund) => refund,
        };
        let reference = Some(refund.id);
        Ok(match refund.status.as_deref() {
            Some("failed" | "canceled") => {
                let message = refund.failure_reason.unwrap_or_else(|| "it failed".to_owned());
                Answer::last(Said::Refused { reference, message, holds: None })
            }
            Some("pending" | "requires_action") => Answer {
                said: Said::Accepted { reference },
                // A webhook says so sooner, where it comes.
                again_at: Some(ask.now + REFUND_AGAIN),
            },
            _ => Answer::last(Said::Done { reference, holds: None }),
        })
    }

    async fn evidence(&self, ask: &Ask) -> std::result::Result<Said, Silence> {
        let Some(dispute) = ask.step.as_deref() else {
            let message = "the dispute has no name at Stripe".to_owned();
            return Ok(Said::Refused { reference: None, message, holds: None });
        };
        let fields = evidence_fields(ask.evidence.as_ref().unwrap_or(&Json::Null));
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("submit", "true"));
        let path = ["disputes", dispute];
        let reply: Reply<Json> =
            self.call(Method::POST, &path, Some(&ask.id.to_string()), &fields).await?;
        Ok(match reply {
            Reply::Refused(fault) => refused(fault),
            Reply::Done(_) => Said::Done { reference: None, holds: None },
        })
    }
}

fn refused(fault: Fault) -> Said {
    Said::Refused { reference: None, message: fault.text(), holds: None }
}

/// What is under way is looked at again; a webhook says sooner what came of it, where it comes.
fn again_while_accepted(ask: &Ask, said: Said) -> Answer {
    let waits = matches!(said, Said::Accepted { .. });
    Answer { said, again_at: waits.then(|| ask.now + LOOK_AGAIN) }
}

/// What a capture came to.
fn settled(intent: &Intent) -> Said {
    let holds = from_stripe(intent.amount_capturable, &intent.currency);
    match intent.status.as_str() {
        "succeeded" | "requires_capture" => {
            Said::Done { reference: intent.charge(), holds: Some(holds) }
        }
        "processing" => Said::Accepted { reference: intent.charge() },
        status => {
            let message = format!("the payment intent is {status}");
            Said::Refused { reference: intent.charge(), message, holds: Some(holds) }
        }
    }
}

/// What is known of the sale, in Stripe's fields.
fn evidence_fields(evidence: &Json) -> Vec<(&'static str, String)> {
    let text = |path: &str| evidence.pointer(path).and_then(Json::as_str).map(str::to_owned);
    let address = |path: &str| {
        let parts = ["name", "line1", "line2", "postalCode", "city", "region", "countryCode"];
        let parts: Vec<&str> =
            parts.iter().filter_map(|part| evidence.pointer(path)?.get(part)?.as_str()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let lines: Vec<String> = evidence
        .pointer("/order/lines")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|line| {
            Some(format!("{} x {}", line.get("quantity")?, line.get("name")?.as_str()?))
        })
        .collect();
    let day = |path: &str| text(path).map(|at| at.chars().take(10).collect());
    let known = [
        ("evidence[customer_email_address]", text("/order/email")),
        ("evidence[customer_purchase_ip]", text("/order/ipAddress")),
        ("evidence[customer_name]", text("/order/shippingAddress/name")),
        ("evidence[billing_address]", address("/order/billingAddress")),
        ("evidence[shipping_address]", address("/order/shippingAddress")),
        ("evidence[shipping_carrier]", text("/parcels/0/carrier")),
        ("evidence[shipping_tracking_number]", text("/parcels/0/trackingNumber")),
        ("evidence[shipping_date]", day("/parcels/0/shippedAt")),
        ("evidence[product_description]", Some(lines.join("; ")).filter(|text| !text.is_empty())),
        ("evidence[uncategorized_text]", text("/note")),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

impl Connector for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, std::result::Result<Answer, Silence>> {
        async move {
            if ask.kind == AskKind::Evidence {
                return Ok(Answer::last(self.evidence(ask).await?));
            }
            let Some(id) = ask.payment.as_deref().filter(|id| !id.is_empty()) else {
                let message = "the payment has no `providerReference`: give the payment intent";
                let message = message.to_owned();
                return Ok(Answer::last(Said::Refused { reference: None, message, holds: None }));
            };
            Ok(match ask.kind {
                AskKind::Refund => self.refund(ask, id).await?,
                AskKind::Look => again_while_accepted(ask, self.look(ask, id).await?),
                AskKind::Capture => again_while_accepted(ask, self.capture(ask, id).await?),
                AskKind::Void => Answer::last(self.cancel(ask, id).await?),
                AskKind::Evidence => Answer::last(self.evidence(ask).await?),
            })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_keep_the_digits_that_stripe_wants() {
        for (minor, currency, amount) in
            [(1234, "EUR", 1234), (1234, "jpy", 1234), (12, "ISK", 1200), (7, "ugx", 700)]
        {
            assert_eq!(to_stripe(minor, currency), amount, "{currency}");
            assert_eq!(from_stripe(amount, currency), minor, "{currency}");
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let options = StripeOptions {
            key: Secret::new("sk_live_1"),
            webhook_secret: Some(Secret::new("whsec_1")),
            url: API.parse().unwrap(),
        };
        let shown = format!("{options:?}");
        assert!(!shown.contains("sk_live") && !shown.contains("whsec"), "{shown}");
    }

    #[test]
    fn an_authorization_says_until_when_it_can_be_captured() {
        let intent: Intent = serde_json::from_value(json!({
            "id": "pi_1", "status": "requires_capture", "currency": "eur",
            "amount_capturable": 2000, "amount_received": 0,
            "latest_charge": { "id": "ch_1", "payment_method_details": { "card": { "capture_before": 1_772_445_600 } } },
        }))
        .unwrap();
        let standing = intent.standing();
        assert_eq!((standing.holds, standing.taken), (2000, Some(0)));
        assert_eq!(standing.until.map(OffsetDateTime::unix_timestamp), Some(1_772_445_600));
        assert_eq!(standing.reference.as_deref(), Some("ch_1"));
    }

    #[test]
    fn evidence_names_what_is_known_and_nothing_else() {
        let known = json!({
            "order": { "email": "ada@example.com", "lines": [{ "quantity": 2, "name": "Thing" }],
                "shippingAddress": { "name": "Ada", "line1": "Weg 1", "city": "Bonn" } },
            "parcels": [{ "carrier": "dhl", "trackingNumber": "1", "shippedAt": "2026-03-02T10:00:00.000000Z" }],
        });
        let fields = evidence_fields(&known);
        let find =
            |name: &str| fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str());
        assert_eq!(find("evidence[shipping_address]"), Some("Ada, Weg 1, Bonn"));
        assert_eq!(find("evidence[shipping_date]"), Some("2026-03-02"));
        assert_eq!(find("evidence[product_description]"), Some("2 x Thing"));
        assert_eq!(find("evidence[customer_purchase_ip]"), None);
    }
}
