//! Access tokens: whose signature counts, and for how long.

use aftercart::oidc::Issuer;
use axum::{Json as Body, Router, routing::get};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::app::{PASSWORD, START};
use harness::{Client, TestApp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use operations::access::keys::rotate_signing_keys;
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
const WHO: &str = "{ viewer { user { id email name } permissions } }";

async fn sign_in(client: &Client) -> Client {
    let input = json!({ "email": "a@shop.example", "password": PASSWORD });
    let session = client.done(SIGN_IN, input).await["session"].clone();
    client.with_token(session["accessToken"].as_str().unwrap())
}

async fn status(client: &Client) -> u16 {
    client.send(WHO, json!({})).await.0
}

#[tokio::test]
async fn keys_are_rotated_without_a_failed_request() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let before = sign_in(&app.anonymous()).await;
    rotate_signing_keys(&app.store, &app.master_key, false).await.unwrap();
    let second = app.second_node().await;
    let after = sign_in(&second).await;
    let (old, new) = (before.token.clone().unwrap(), after.token.clone().unwrap());
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid;
    assert_ne!(kid(&old), kid(&new));
    // Each node takes the tokens of either key; the first one reads the new key when it meets it.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for node in [&app.anonymous(), &second] {
        for token in [&old, &new] {
            assert_eq!(status(&node.with_token(token)).await, 200);
        }
    }
    // At once: what was signed before is worth nothing.
    rotate_signing_keys(&app.store, &app.master_key, true).await.unwrap();
    let third = app.second_node().await;
    for token in [&old, &new] {
        assert_eq!(status(&third.with_token(token)).await, 401);
    }
    assert_eq!(status(&sign_in(&third).await).await, 200);
    let noted = "select count(*) from audit_entries where operation = 'signingKeyRotate'";
    assert_eq!(app.number(noted).await, 3);
    app.verify().await;
}

#[tokio::test]
async fn a_key_that_signed_for_a_month_gives_way() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let kid =
        |client: &Client| jsonwebtoken::decode_header(client.token.as_ref().unwrap()).unwrap().kid;
    let first = kid(&sign_in(&app.second_node().await).await);
    assert_eq!(kid(&sign_in(&app.second_node().await).await), first);
    app.clock.advance(time::Duration::days(31));
    assert_ne!(kid(&sign_in(&app.second_node().await).await), first);
    app.verify().await;
}

/// Key pairs of these tests alone.
const ED_PRIVATE: [&str; 2] = [
    "MC4CAQAwBQYDK2VwBCIEIDGSzG7naqzTyDeoaIYVy/s6+IR9AP+hSO7bHVEIOZWu",
    "MC4CAQAwBQYDK2VwBCIEIGi0OmzH86clW3cRJ+4jKHlGRGyC/jEKa3tSwUpYhLrp",
];
const ED_PUBLIC: [&str; 2] =
    ["PXuK52McN00SspMUR-odaldA3tV1DXsX7a0g5YQSEG8", "L-Yq33f-b7vKt1O9SVYLy_HPQBjL0Y2cireNnZnrbsc"];
const RSA_PRIVATE: &str = "MIIEogIBAAKCAQEAijHr7mn+mxxhyI8DJyuGWOqwgDCtbKCagsqRbqlKoN0glhxWIMQyDLTLTJFI2vL8AX+LFxSgR6dV/a19PgZ4kKAsHu4mO+Iy6XFTc1MhypYmBZKKyAwcE19buxXd+OChU+8ezHXmFiM6GwpIiUH7R2Ajfvv0ZGQhgei2YhHFD4QTRtL8jZR1i5qoDv9Rm+0ZEymh1CUrx6UJBDhFp2/+rYkbR7Vf2yJEPFXKxHWJwKlmZuyndOq8eiPaoaXHAyeeORtA4H2qUmrEAt3lkOs0IXPsnY5THUNeYWuWFI8KWOwgSHDl14mpfh3EC3sSk1DbpZNoApolLF76VV95eN7nCwIDAQABAoIBABsbEJo6WxCkf/99IZKwxFCzc7wpEBMS60uFHQJ2HSexR795vmD96o04dvnFM2OSrmBC2o7D4m47ga/YtAyS61n+uLi2YHR1eSP1sPcZUrLwQXPtWuBDE8yu8wiekOPMd4hFiiZzZ5ZnAXIlUbXuZbGJx1yUYcrBIxtegEt7DcpthSeaLLT+pmrEjtUfRxbIKgD2x6mtln13+Xscg/Jq9veaL5tvCsU9jnGLVTjAqD0gi7Q0i1e/bxO9vtqzu6qCTPGtqn5xu29+RFzf3h/18bmYZZLsLClvtL/CC5c35DhT/MnGHZ5233hFlQq+Ogj8lZ8TGyYKRk5k8KDgSsYJqMUCgYEAv9rcyp0JIUmnRuunQwQgqOphANy24hec36Z6lqe9GSqcXv3kYIc13FUaUleH1j1wN7uDlsa/wVGheM1T/8KJGgAvlUXXwFZeD/tzujETz3OaEdCDH7NNUfSXVyXMc5pEgP86kCq8lZJHjcbtnRW22Tu+c1h7HnqaRT1OfZQqfMcCgYEAuGY6wciloQCjqCl8UYHB4yg4biJA40XGZw/QFYYMbXigIzAVPiJ/U54brjHh4bhchnNnZrpmeKaBoigSM6BK4i7Fh37hvd4ux/D8UTJfo7MyIB6SWouM/fzAGsgD86eeY6J+eDx6v+qAXHqEdjGA0xJhMbOkZr34tJ6lGa4Rl50CgYAghVPp0GasytRdFDL9DCURHPGmeMNTXddMneanxPUr3+ozu+vLZP//Qjm8/XNcIHv2JoXut+/nMBQj6wIzF2GwE5n9PqKMytcU9HWweQM3pgvWuzaO2BDiNIi20ARxEBROnXTq3SOsYuhYIwFCIF0nQ5ZL7RKpnvSpifPVG5l8HwKBgHWtD6wg/sn7XXVwXByrwO7U+QYXp+8h1RZqOfGyZPXrd85c3gGUBEt5Z9LHlI32mF1ZAlDFfaVbJPk1tz/o+EDVdkscxrTjOFlySaMLkYsnTULAH8fWrLhddr7gi90PR/3vceQLPI6C+T2LFkNTHhIU9Z/BM5Y5f6DMaTI1KpblAoGAGQHyi+wBwqRB/WTBMlTcOUr8ljpTWJz7K2y4sK6Gh2zlswuP4BKx9rCye0x0pHsOfgoTw6gV0nJ2cfyOK2Iv2XceGsIKSPByYS08tiAXl3v3eqitkcDLuIKk0evBwkqYk46feI4yWVx5b91AR7jqVpERPg93Ow2oEC60aGWn8rM=";
const RSA_MODULUS: &str = "ijHr7mn-mxxhyI8DJyuGWOqwgDCtbKCagsqRbqlKoN0glhxWIMQyDLTLTJFI2vL8AX-LFxSgR6dV_a19PgZ4kKAsHu4mO-Iy6XFTc1MhypYmBZKKyAwcE19buxXd-OChU-8ezHXmFiM6GwpIiUH7R2Ajfvv0ZGQhgei2YhHFD4QTRtL8jZR1i5qoDv9Rm-0ZEymh1CUrx6UJBDhFp2_-rYkbR7Vf2yJEPFXKxHWJwKlmZuyndOq8eiPaoaXHAyeeORtA4H2qUmrEAt3lkOs0IXPsnY5THUNeYWuWFI8KWOwgSHDl14mpfh3EC3sSk1DbpZNoApolLF76VV95eN7nCw";
const RSA_EXPONENT: &str = "AQAB";

fn ed_key(index: usize) -> Json {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": format!("ed{index}"), "x": ED_PUBLIC[index], "use": "sig" })
}

fn rsa_key(kid: &str) -> Json {
    json!({ "kty": "RSA", "kid": kid, "n": RSA_MODULUS, "e": RSA_EXPONENT, "alg": "RS256" })
}

/// An identity provider: its keys, and how often it was asked for them.
struct Login {
    keys: Arc<Mutex<Json>>,
    asked: Arc<AtomicUsize>,
    url: String,
}

impl Login {
    async fn open(keys: Json) -> Self {
        let keys = Arc::new(Mutex::new(json!({ "keys": keys })));
        let asked = Arc::new(AtomicUsize::new(0));
        let (shown, count) = (keys.clone(), asked.clone());
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let keys = shown.lock().unwrap().clone();
            async move { Body(keys) }
        };
        let router = Router::new().route("/keys", get(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { keys, asked, url }
    }

    async fn app(&self) -> TestApp {
        self.app_with(&[("ops", "warehouse")]).await
    }

    async fn app_with(&self, roles: &[(&str, &str)]) -> TestApp {
        let issuer = Issuer {
            issuer: "https://login.example".into(),
            audience: "aftercart".into(),
            jwks_url: self.url.clone(),
            roles_claim: "groups".into(),
            roles: roles
                .iter()
                .map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned()))
                .collect(),
        };
        TestApp::with_options(|options| options.issuers = vec![issuer]).await
    }
}

fn claims() -> Json {
    let now = START.unix_timestamp();
    json!({ "iss": "https://login.example", "aud": "aftercart", "sub": "user 1", "exp": now + 600,
        "email": "Eve@shop.example", "email_verified": true, "name": "Eve", "groups": ["ops", "unknown"] })
}

fn with(name: &str, value: Json) -> Json {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Json {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn signed(algorithm: Algorithm, kid: &str, key: &EncodingKey, claims: &Json) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn ed_signed(index: usize, claims: &Json) -> String {
    let key = EncodingKey::from_ed_der(&STANDARD.decode(ED_PRIVATE[index]).unwrap());
    signed(Algorithm::EdDSA, &format!("ed{index}"), &key, claims)
}

#[tokio::test]
async fn a_providers_token_opens_with_the_roles_its_claims_stand_for() {
    let login = Login::open(json!([ed_key(0), rsa_key("rsa")])).await;
    let app = login.app().await;
    let client = app.anonymous().with_token(&ed_signed(0, &claims()));
    let viewer = client.payload(WHO, json!({})).await;
    assert_eq!(viewer["user"]["email"], "Eve@shop.example");
    let warehouse = app.role("warehouse").await.payload(WHO, json!({})).await;
    assert_eq!(viewer["permissions"], warehouse["permissions"]);
    // The same person by another key of theirs.
    let key = EncodingKey::from_rsa_der(&STANDARD.decode(RSA_PRIVATE).unwrap());
    let token = signed(Algorithm::RS256, "rsa", &key, &with("groups", json!("none")));
    let again = app.anonymous().with_token(&token).payload(WHO, json!({})).await;
    assert_eq!((&again["user"], &again["permissions"]), (&viewer["user"], &json!([])));
    // Who has an account here is that user, by an address that the provider verified.
    let known = app.user("known@shop.example", "agent").await;
    let mut other = with("email", json!("KNOWN@shop.example"));
    other["sub"] = json!("user 2");
    let client = app.anonymous().with_token(&ed_signed(0, &other));
    assert_eq!(client.payload(WHO, json!({})).await["user"]["id"], known);
    let close = "mutation($input: UserUpdateInput!) { userUpdate(input: $input) { user { id } userErrors { code } } }";
    let input = json!({ "userId": known, "active": false });
    app.admin().await.done(close, input).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(status(&client).await, 401);
    assert_eq!(app.number("select count(*) from users").await, 2);
    app.verify().await;
}

#[tokio::test]
async fn who_manages_access_by_a_claim_hands_on_as_others_do() {
    let login = Login::open(json!([ed_key(0)])).await;
    let app = login.app_with(&[("boss", "admin"), ("help", "agent")]).await;
    let boss = app.anonymous().with_token(&ed_signed(0, &with("groups", json!(["boss"]))));
    // Two at once, for the first time.
    let (one, two) = tokio::join!(boss.payload(WHO, json!({})), boss.payload(WHO, json!({})));
    assert_eq!(one["user"]["id"], two["user"]["id"]);
    let roles = boss.payload("{ roles { id name } }", json!({})).await;
    let agent = roles.as_array().unwrap().iter().find(|role| role["name"] == "agent").unwrap();
    let person = json!({ "email": "x@shop.example", "name": "X", "roleIds": [agent["id"]] });
    boss.done(harness::shop::USER_CREATE, person).await;
    let rename = json!({ "userId": one["user"]["id"], "name": "Boss" });
    boss.done(harness::shop::USER_UPDATE, rename).await;
    // What a provider says of somebody counts where another would change them.
    let manager = json!({ "name": "doorman", "permissions": ["ACCESS_MANAGE"] });
    let manager = boss.done(harness::shop::ROLE_DEFINE, manager).await["role"]["id"].clone();
    let input = json!({ "email": "d@shop.example", "name": "D", "password": PASSWORD, "roleIds": [manager] });
    boss.done(harness::shop::USER_CREATE, input).await;
    let input = json!({ "email": "d@shop.example", "password": PASSWORD });
    let session = app.anonymous().done(SIGN_IN, input).await["session"].clone();
    let doorman = app.anonymous().with_token(session["accessToken"].as_str().unwrap());
    let shut = json!({ "userId": one["user"]["id"], "active": false });
    let refused = doorman.refused(harness::shop::USER_UPDATE, shut.clone()).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.userId"]);
    // Once the provider says less, so does the shop.
    let less = app.anonymous().with_token(&ed_signed(0, &with("groups", json!([]))));
    assert_eq!(less.payload(WHO, json!({})).await["permissions"], json!([]));
    doorman.done(harness::shop::USER_UPDATE, shut).await;
    app.verify().await;
}

#[tokio::test]
async fn a_token_that_is_not_right_in_everything_is_refused() {
    let login = Login::open(
        json!([ed_key(0), rsa_key("rsa"), { "kty": "oct", "kid": "oct", "k": "c2VjcmV0" }]),
    )
    .await;
    let app = login.app().await;
    let now = START.unix_timestamp();
    let (good, public) = (ed_signed(0, &claims()), STANDARD.decode(RSA_PRIVATE).unwrap());
    let mut tokens: Vec<(&str, String)> = [
        ("another audience", with("aud", json!("shop"))),
        ("another issuer", with("iss", json!("https://evil.example"))),
        ("no audience", without("aud")),
        ("no expiry", without("exp")),
        ("no subject", without("sub")),
        ("no issuer", without("iss")),
        ("run out", with("exp", json!(now - 31))),
        ("not yet", with("nbf", json!(now + 31))),
        ("an address nobody verified", with("email_verified", json!(false))),
        ("no address", without("email")),
    ]
    .into_iter()
    .map(|(what, claims)| (what, ed_signed(0, &claims)))
    .collect();
    let shared = |text: &[u8]| EncodingKey::from_secret(text);
    tokens.extend([
        ("a shared secret", signed(Algorithm::HS256, "oct", &shared(b"secret"), &claims())),
        ("a public key as a secret", signed(Algorithm::HS256, "rsa", &shared(&public), &claims())),
        ("another's key", {
            let key = EncodingKey::from_ed_der(&STANDARD.decode(ED_PRIVATE[1]).unwrap());
            signed(Algorithm::EdDSA, "ed0", &key, &claims())
        }),
        ("no signature", good.rsplit_once('.').unwrap().0.to_owned() + "."),
        ("our own name", ed_signed(0, &with("iss", json!("aftercart")))),
    ]);
    for (what, token) in &tokens {
        let (status, answer) = app.anonymous().with_token(token).send(WHO, json!({})).await;
        assert_eq!(status, 401, "{what}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{what}");
    }
    assert_eq!(status(&app.anonymous().with_token(&good)).await, 200);
    assert_eq!(app.number("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_provider_is_asked_for_its_keys_no_more_than_it_must_be() {
    let login = Login::open(json!([ed_key(0)])).await;
    let app = login.app().await;
    let asked = || login.asked.load(Ordering::SeqCst);
    let known = app.anonymous().with_token(&ed_signed(0, &claims()));
    assert_eq!(status(&known).await, 200);
    assert_eq!(asked(), 1);
    // Made-up keys cost the provider nothing.
    let unknown = app.anonymous().with_token(&ed_signed(1, &claims()));
    for _ in 0..20 {
        assert_eq!(status(&unknown).await, 401);
    }
    assert_eq!(asked(), 1);
    // The provider has a new key: it is found a moment later, and the old one is still there.
    *login.keys.lock().unwrap() = json!({ "keys": [ed_key(1), ed_key(0)] });
    app.clock.advance(time::Duration::seconds(10));
    assert_eq!((status(&unknown).await, status(&known).await), (200, 200));
    assert_eq!(asked(), 2);
    // It withdraws one, and answers nonsense for a while: what it said last counts.
    *login.keys.lock().unwrap() = json!({ "keys": [ed_key(1)] });
    app.clock.advance(time::Duration::minutes(5));
    assert_eq!(status(&known).await, 200);
    app.clock.advance(time::Duration::minutes(4) + time::Duration::seconds(30));
    let fresh = |index| {
        let later = START.unix_timestamp() + 3_600;
        app.anonymous().with_token(&ed_signed(index, &with("exp", json!(later))))
    };
    assert_eq!(status(&fresh(0)).await, 200);
    app.clock.advance(time::Duration::minutes(1));
    assert_eq!((status(&fresh(0)).await, status(&fresh(1)).await), (401, 200));
}
