//! The built binary, as a stranger would run it.

use harness::database::Database;
use harness::process::binary;
use harness::shop::PRODUCTS_UPSERT;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

struct Cli {
    database: Database,
    folder: tempfile::TempDir,
}

impl Cli {
    async fn new() -> Self {
        Self { database: Database::migrated().await, folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("DATABASE_URL", &self.database.url)
            .env("AFTERCART_LOG", "error");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary runs")
    }

    fn feed(&self, args: &[&str], input: &str) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().unwrap().write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn every_command_says_what_it_does_with_an_example() {
    let cli = Cli::new().await;
    for args in [
        ["serve"].as_slice(),
        &["demo"],
        &["migrate"],
        &["import"],
        &["import", "stock"],
        &["import", "returns"],
        &["verify"],
        &["schema"],
        &["user", "create"],
        &["token", "create"],
    ] {
        let help = cli.run(&[args, &["--help"]].concat());
        assert!(help.status.success());
        assert!(out(&help).contains("Example"), "{args:?}: {}", out(&help));
    }
    assert!(out(&cli.run(&["serve", "--help"])).contains("AFTERCART_JWT_LIFETIME_SECONDS"));
    assert_eq!(out(&cli.run(&["schema"])).trim(), aftercart::sdl().trim());
}

#[tokio::test]
async fn wrong_configuration_names_every_fault_and_exits_2() {
    let cli = Cli::new().await;
    let output = cli
        .command(&["verify"])
        .env("DATABASE_URL", "mysql://x")
        .env("AFTERCART_LISTEN", "here")
        .env("AFTERCART_TYPO", "1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let faults = err(&output);
    for name in ["DATABASE_URL", "AFTERCART_LISTEN", "AFTERCART_TYPO"] {
        assert!(faults.contains(name), "{faults}");
    }
    let output =
        cli.run(&["token", "create", "--name", "x", "--permission", "NOPE", "--expires", "soon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("NOPE") && err(&output).contains("soon"));
    assert_eq!(cli.run(&["nonsense"]).status.code(), Some(2));
}

#[tokio::test]
async fn users_and_tokens_are_made_on_the_command_line() {
    let cli = Cli::new().await;
    let args =
        ["user", "create", "--email", "ada@shop.example", "--role", "admin", "--password-stdin"];
    let made = cli.feed(&args, "a long enough password\n");
    assert!(made.status.success(), "{}", err(&made));
    assert!(out(&made).starts_with("usr_"));
    let again = cli.feed(&args, "short");
    assert_eq!(again.status.code(), Some(2));
    assert!(err(&again).contains("password"), "{}", err(&again));
    let twice = cli.feed(&args, "a long enough password");
    assert!(err(&twice).contains("exists"), "{}", err(&twice));
    let token = cli.run(&[
        "token",
        "create",
        "--name",
        "shop",
        "--permission",
        "ORDERS_READ",
        "--expires",
        "90d",
    ]);
    assert!(out(&token).lines().last().unwrap().starts_with("aft_"), "{}", err(&token));
}

fn order(reference: &str) -> Json {
    json!({ "channelCode": "old", "channelReference": reference, "currencyCode": "EUR", "placedAt": "2025-01-01T10:00:00+01:00",
        "lines": [{ "sku": "X", "quantity": 1, "unitPrice": "9.90" }],
        "payments": [{ "method": "card", "amount": "9.90", "capturedAt": "2025-01-01T10:00:00Z" }] })
}

async fn with_channel(cli: &Cli) {
    use operations::catalog::channel_upsert::{UpsertChannel, channel_upsert};
    use operations::catalog::legal_entity_upsert::{UpsertLegalEntity, legal_entity_upsert};
    use operations::{Actor, Call, Store, StoreOptions};
    let store = Store::connect(StoreOptions::new(&cli.database.url)).await.unwrap();
    let actor = Actor::system();
    let entity = UpsertLegalEntity {
        id: None,
        name: "x".into(),
        country_code: "DE".into(),
        tax_id: None,
        base_currency: "EUR".into(),
        time_zone: None,
        one_stop_shop: None,
        tax_rounding: None,
        gift_card_valid_days: None,
        store_credit_valid_days: None,
        breakage: None,
        refund_order: None,
        bank_accounts: None,
        provider_accounts: None,
    };
    let entity = legal_entity_upsert(&store, Call::by(&actor), &entity).await.unwrap();
    let channel = UpsertChannel {
        code: "old".into(),
        name: "Old shop".into(),
        kind: entities::enums::ChannelKind::Web,
        currency: "EUR".into(),
        tax_included: true,
        legal_entity_id: entity,
        order_number_prefix: None,
        unpaid_expires_after_seconds: None,
        capture: None,
        location_ids: None,
    };
    channel_upsert(&store, Call::by(&actor), &channel).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_file_is_imported_and_its_bad_lines_are_named() {
    let cli = Cli::new().await;
    with_channel(&cli).await;
    let mut bad = order("bad");
    bad["satisfaction"] = json!(9);
    bad["lines"][0]["quantity"] = json!(0);
    let mut alien = order("alien");
    alien["channelCode"] = json!("nowhere");
    let lines = format!(
        "\u{feff}{}\n\nnonsense\n{}\n{}\n{{\"channelCode\": 1}}\n{}",
        order("1"),
        bad,
        alien,
        order("2")
    );
    let done = cli.feed(&["import", "-"], &lines);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        out(&done).contains("2 imported, 0 here already, 4 refused of 6 lines"),
        "{}",
        out(&done)
    );
    let faults = err(&done);
    for fault in [
        "line 3: is no JSON",
        "line 4: satisfaction",
        "line 4: lines.0.quantity",
        "line 5: channelCode: there is no channel `nowhere`: make it with the mutation channelUpsert",
        "line 6:",
    ] {
        assert!(faults.contains(fault), "{fault} in {faults}");
    }
    let again = cli.feed(&["import", "-"], &format!("{}\n{}\n", order("1"), order("2")));
    assert!(again.status.success());
    assert!(out(&again).contains("0 imported, 2 here already, 0 refused"), "{}", out(&again));
    assert!(cli.run(&["verify"]).status.success());
}

#[tokio::test]
async fn a_zipped_file_of_several_batches_goes_in() {
    let cli = Cli::new().await;
    with_channel(&cli).await;
    let lines: Vec<String> =
        (0..600).map(|number| order(&number.to_string()).to_string()).collect();
    let text = lines.join(
        "
",
    );
    let path = cli.folder.path().join("orders.ndjson");
    std::fs::write(&path, text).unwrap();
    let zipped = Command::new("gzip").arg(&path).status().expect("gzip runs");
    assert!(zipped.success());
    let done = cli.run(&["import", "orders.ndjson.gz"]);
    assert!(out(&done).contains("600 imported"), "{}{}", out(&done), err(&done));
    let missing = cli.run(&["import", "nowhere.ndjson"]);
    assert_eq!(missing.status.code(), Some(2));
}

/// Starts the demo in the folder, asks it one question with the token it prints, and ends it.
async fn ask_the_demo(cli: &Cli, query: &str) -> Json {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = cli
        .command(&["demo", "--port", &port.to_string(), "--seed", "7"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut token = None;
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    for line in std::io::BufRead::lines(lines) {
        let line = line.expect("a line");
        if let Some(found) = line.trim().strip_prefix("token ") {
            token = Some(found.trim().to_owned());
        }
        if line.starts_with("curl ") {
            break;
        }
    }
    let client = harness::Client::new(&format!("http://127.0.0.1:{port}/graphql"), token);
    let answer = client.ok(query, json!({})).await;
    child.kill().expect("it ends");
    child.wait().expect("it ended");
    answer
}

#[tokio::test]
async fn the_demo_makes_a_whole_shop_once() {
    // The demo keeps a SQLite file of its own whatever DATABASE_URL says: once is enough.
    if harness::database::server().is_some() {
        return;
    }
    let cli = Cli::new().await;
    let query = "{ orders { totalCount } variants { totalCount } channels { code } locations { code }
        open: orders(filter: { states: [OPEN] }) { totalCount } completed: orders(filter: { states: [COMPLETED] }) { totalCount }
        cancelled: orders(filter: { states: [CANCELLED] }) { totalCount } returned: orders(filter: { returnStates: [RETURNED] }) { totalCount }
        shipped: orders(filter: { fulfillmentStates: [FULFILLED] }) { totalCount } partly: orders(filter: { paymentStates: [PARTIALLY_PAID] }) { totalCount }
        integrityReport { ok } }";
    let first = ask_the_demo(&cli, query).await;
    assert_eq!(first["orders"]["totalCount"], 500);
    assert_eq!(first["variants"]["totalCount"], 200);
    assert_eq!(first["channels"].as_array().unwrap().len(), 4);
    assert_eq!(first["locations"].as_array().unwrap().len(), 4);
    assert_eq!(first["integrityReport"]["ok"], true);
    for state in ["open", "completed", "cancelled", "returned", "shipped", "partly"] {
        assert!(first[state]["totalCount"].as_i64().unwrap() > 5, "{state}: {first}");
    }
    let again = ask_the_demo(&cli, query).await;
    assert_eq!(again["orders"]["totalCount"], 500);
}

#[tokio::test]
async fn verify_exits_1_with_examples_when_something_is_off() {
    use sea_orm::ConnectionTrait;
    let cli = Cli::new().await;
    with_channel(&cli).await;
    cli.feed(&["import", "-"], &order("1").to_string());
    assert_eq!(cli.run(&["verify"]).status.code(), Some(0));
    let raw = cli.database.raw().await;
    raw.execute_unprepared("update orders set grand_total_minor = 1").await.unwrap();
    let off = cli.run(&["verify"]);
    assert_eq!(off.status.code(), Some(1));
    assert!(out(&off).contains("OFF") && out(&off).contains("OLD-1000001"), "{}", out(&off));
}

/// A server that ends with its test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// A server of the folder's database that logs all there is to log.
async fn serve(cli: &Cli) -> (Server, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = std::fs::File::create(cli.folder.path().join("log")).unwrap();
    let server = cli
        .command(&["serve"])
        .env("AFTERCART_LISTEN", format!("127.0.0.1:{port}"))
        .env("AFTERCART_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the binary runs");
    let server = Server(server);
    let ready = format!("http://127.0.0.1:{port}/readyz");
    for _ in 0..600 {
        if harness::client::http().get(&ready).send().await.is_ok() {
            return (server, format!("http://127.0.0.1:{port}/graphql"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the server did not come up");
}

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken refreshToken } userErrors { message } } }";

#[expect(clippy::too_many_lines, reason = "a table of all that may go wrong")]
#[tokio::test]
async fn neither_the_log_nor_an_error_tells_a_secret() {
    use sea_orm::ConnectionTrait;
    let cli = Cli::new().await;
    let password = "canary-password-1";
    let args =
        ["user", "create", "--email", "a@shop.example", "--role", "admin", "--password-stdin"];
    assert_eq!(cli.feed(&args, password).status.code(), Some(0));
    let (server, url) = serve(&cli).await;
    let anonymous = harness::Client::new(&url, None);
    let input = json!({ "email": "a@shop.example", "password": password });
    let session = anonymous.done(SIGN_IN, input).await["session"].clone();
    let access = session["accessToken"].as_str().unwrap().to_owned();
    let mut secrets = vec![access.clone(), session["refreshToken"].as_str().unwrap().to_owned()];
    let admin = anonymous.with_token(&access);
    let token = json!({ "name": "x", "permissions": ["ORDERS_READ"] });
    let made = admin.done(harness::shop::API_TOKEN_CREATE, token).await;
    secrets.push(made["secret"].as_str().unwrap().to_owned());
    let partner = anonymous.with_token(made["secret"].as_str().unwrap());
    partner.ok("{ viewer { permissions } }", json!({})).await;
    // What is wrong in every way that somebody may get it wrong; each secret is a `canary`.
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { userErrors { message } } }";
    let refresh = "mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { userErrors { message } } }";
    let mut answers = Vec::new();
    for (client, document, variables) in [
        (
            &anonymous,
            SIGN_IN,
            json!({ "input": { "email": "a@shop.example", "password": "canary-wrong" } }),
        ),
        (&anonymous, SIGN_IN, json!({ "input": { "email": 3, "password": "canary-typed" } })),
        (&anonymous, SIGN_IN, json!({ "input": { "email": "a", "password": ["canary-listed"] } })),
        (&anonymous, SIGN_IN, json!({ "input": "canary-input" })),
        (
            &anonymous,
            SIGN_IN,
            json!({ "input": { "email": "a", "password": ["canary-long", "x".repeat(500)] } }),
        ),
        (&anonymous, refresh, json!({ "input": { "refreshToken": "afr_canary" } })),
        (
            &admin,
            change,
            json!({ "input": { "currentPassword": "canary-current", "newPassword": "canary-new-one" } }),
        ),
        (
            &admin,
            change,
            json!({ "input": { "currentPassword": "canary-current", "newPassword": "canary" } }),
        ),
        (&anonymous.with_token("canary-bearer"), "{ viewer { permissions } }", json!({})),
        (&anonymous.with_token("aft_canary-partner"), "{ viewer { permissions } }", json!({})),
        (&anonymous.with_token("a.canary.jwt"), "{ viewer { permissions } }", json!({})),
        (
            &anonymous,
            "mutation { signIn(input: { email: \"a\", password: \"canary-literal\", nope: 1 }) { userErrors { message } } }",
            json!({}),
        ),
        (
            &anonymous,
            "mutation { signIn(input: { email: \"a\", password: \"canary-broken\" ",
            json!({}),
        ),
        (
            &anonymous,
            "mutation { signIn(input: { email: 1, password: \"canary-mixed\" }) { userErrors { message } } }",
            json!({}),
        ),
    ] {
        answers.push(client.answer(document, variables).await.to_string());
    }
    for request in [
        harness::client::http()
            .post(&url)
            .header("content-type", "application/json")
            .body("{ \"canary-json\""),
        harness::client::http().get(format!("{url}?query=%7Bviewer%7D&token=canary-query")),
        harness::client::http()
            .post(&url)
            .header("authorization", "Basic canary-basic")
            .json(&json!({ "query": "{ __typename }" })),
    ] {
        answers.push(request.send().await.unwrap().text().await.unwrap());
    }
    // A fault of ours, with the secrets at hand.
    let raw = cli.database.raw().await;
    raw.execute_unprepared("alter table refresh_tokens rename to lost").await.unwrap();
    let broken = json!({ "input": { "refreshToken": "afr_canary-lost" } });
    let broken = anonymous.answer(refresh, broken).await;
    assert_eq!(broken["errors"][0]["extensions"]["code"], "INTERNAL", "{broken}");
    answers.push(broken.to_string());
    raw.execute_unprepared("alter table lost rename to refresh_tokens").await.unwrap();
    drop(server);
    let log = std::fs::read_to_string(cli.folder.path().join("log")).unwrap();
    assert!(log.contains("internal error"), "the log is there");
    for answer in &answers {
        assert!(!answer.contains("canary"), "{answer}");
        assert!(answer.contains("errors") || answer.contains("userErrors"), "{answer}");
    }
    secrets.extend(["canary".to_owned(), "$argon2".to_owned()]);
    for secret in &secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{line:?}");
        for column in ["audit_entries where change", "events where cast(data as text)"] {
            let sql = format!("select count(*) from {column} || '' like '%{secret}%'");
            assert_eq!(harness::database::number(&raw, &sql).await, 0, "{secret}");
        }
    }
}

/// Runs a command on a database, with its input.
fn fed(url: &str, args: &[&str], text: &str) -> Output {
    let mut child = Command::new(binary())
        .args(args)
        .env("DATABASE_URL", url)
        .env("AFTERCART_LOG", "error")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().unwrap().write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[tokio::test]
async fn stock_is_counted_by_the_thousand_and_every_faulty_row_is_named_first() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let skus: Vec<String> = (0..1_050).map(|number| format!("BULK-{number:04}")).collect();
    for skus in skus.chunks(250) {
        let variants: Vec<Json> =
            skus.iter().map(|sku| json!({ "sku": sku, "name": sku })).collect();
        let products = json!({ "products": [{ "name": "Bulk", "variants": variants }] });
        shop.admin.done(PRODUCTS_UPSERT, products).await;
    }
    let import = |text: String| fed(&app.database.url, &["import", "stock", "-"], &text);
    let before = app.books().await;
    let header = "location,sku,counted,received\n";
    let bad = format!(
        "{header}berlin,A,3,\nnowhere,A,1,\nberlin,SET,1,\nberlin,A,4,\nberlin,B,x,\nberlin,X,,5\n"
    );
    let refused = import(bad);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        err(&refused).lines().collect::<Vec<_>>(),
        [
            "line 3: location: there is no such location",
            "line 4: sku: is a bundle: stock lies with its components",
            "line 5: sku: stands in line 2 already for this location",
            "line 6: counted: `x` is no whole number from 0 to 10000000",
            "line 7: sku: there is no such SKU",
        ]
    );
    assert!(out(&refused).contains("nothing was written"), "{}", out(&refused));
    assert_eq!(app.books().await, before);
    let mut rows = vec!["berlin,A,4,".to_owned(), "store,B,,3".to_owned()];
    rows.extend(skus.iter().map(|sku| format!("berlin,{sku},7,")));
    let file = format!("{header}{}\n", rows.join("\n"));
    let done = import(file.clone());
    assert!(done.status.success(), "{}", err(&done));
    assert!(out(&done).starts_with("1051 counted, 1 received"), "{}", out(&done));
    assert_eq!(shop.level("A", &shop.berlin).await.0, 4);
    assert_eq!(shop.level("B", &shop.store).await.0, 5);
    assert_eq!(shop.level("BULK-1049", &shop.berlin).await.0, 7);
    assert_eq!(app.number("select count(*) from stock_counts where state = 'CLOSED'").await, 2);
    app.verify().await;
    // The same file again changes nothing; what was sold meanwhile stays sold.
    shop.place(shop.paid(&[("B", 1)])).await;
    let before = app.books().await;
    assert!(import(file).status.success());
    assert_eq!(app.books().await, before);
    app.verify().await;
}

#[tokio::test]
async fn credit_notes_that_name_no_order_take_each_unit_back_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let run = |args: &[&str], text: &str| fed(&app.database.url, args, text);
    let sold = |reference: &str, customer: &str, at: &str, lines: &[(&str, i32, &str)]| {
        let lines: Vec<Json> = lines
            .iter()
            .map(|(sku, quantity, price)| json!({ "sku": sku, "quantity": quantity, "unitPrice": price }))
            .collect();
        let identity = json!([{ "kind": "CHANNEL_ACCOUNT", "value": customer }]);
        json!({ "channelCode": "web", "channelReference": reference, "placedAt": at, "shippedAt": at, "deliveredAt": at, "currencyCode": "EUR", "lines": lines, "customer": { "identities": identity } })
    };
    let first = sold("o1", "c1", "2011-01-01T09:00:00Z", &[("A", 5, "2.50"), ("B", 2, "1.00")]);
    let second = sold("o2", "c1", "2011-02-01T09:00:00Z", &[("A", 3, "2.50"), ("A", 1, "2.00")]);
    let mut third = sold("o3", "c2", "2011-01-01T09:00:00Z", &[("A", 4, "2.50")]);
    third["payments"] =
        json!([{ "method": "card", "amount": "10.00", "capturedAt": "2011-01-01T09:00:00Z" }]);
    let orders = run(&["import", "-"], &format!("{first}\n{second}\n{third}\n"));
    assert!(orders.status.success(), "{}", err(&orders));
    let header = "channel,reference,at,customer,sku,quantity,unit_price,reason\n";
    let bad = format!(
        "{header}web,C1,2011-01-15T10:00:00Z,c1,A,2,2.505,\nweb,C1,2011-01-16T10:00:00Z,c2,A,1,2.50,\nnowhere,C9,2011-01-16T10:00:00Z,c2,A,1,2.50,\n"
    );
    let refused = run(&["import", "returns", "-"], &bad);
    assert_eq!(refused.status.code(), Some(1));
    let faults = err(&refused);
    for fault in [
        "line 2: unit_price: ",
        "line 3: at: differs from line 2 of C1",
        "line 3: customer: differs from line 2 of C1",
        "line 4: channel: there is no channel `nowhere`",
    ] {
        assert!(faults.contains(fault), "{fault} in {faults}");
    }
    let rows = [
        // Of the first order alone: the second was placed later.
        "web,C1,2011-01-15T10:00:00Z,c1,A,2,2.50,DEFECTIVE",
        // Three of the second and the three that are left of the first.
        "web,C2,2011-03-01T10:00:00Z,c1,A,8,2.50,",
        "web,C2,2011-03-01T10:00:00Z,c1,A,1,2.00,",
        // At another price, before it was sold, of nobody, of nothing more that is left.
        "web,C3,2011-03-02T10:00:00Z,c1,A,1,9.99,",
        "web,C4,2010-12-01T10:00:00Z,c1,B,1,1.00,",
        "web,C5,2011-03-02T10:00:00Z,c7,A,1,2.50,",
        "web,C6,2011-03-03T10:00:00Z,c1,A,1,2.50,",
        "web,C7,2011-03-03T10:00:00Z,c2,A,3,2.50,",
    ];
    let file = format!("{header}{}\n", rows.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left.csv");
    let args = ["import", "returns", "-", "--unmatched", left.to_str().unwrap()];
    let done = run(&args, &file);
    assert!(done.status.success(), "{}", err(&done));
    let told = "3 lines found in full, 1 in part, 4 not at all, of 7 credit notes";
    assert!(out(&done).starts_with(told), "{}", out(&done));
    let left = std::fs::read_to_string(left).unwrap();
    let left: Vec<&str> = left.lines().skip(1).collect();
    assert_eq!((left.len(), left[0]), (5, "web,C2,2011-03-01T10:00:00Z,c1,A,2,2.50"));
    let query = "query($r: ChannelReferenceInput!) { order(by: { channelReference: $r }) { returnState totals { refunded { amount } outstanding { amount } } lines { sku quantityReturned } returns { state resolvedAt note lines { sku quantity reason } quote { total { amount } } refunds { amount { amount } } } } }";
    let read = async |reference: &str| {
        let which = json!({ "r": { "channelCode": "web", "reference": reference } });
        shop.admin.payload(query, which).await
    };
    let first = read("o1").await;
    assert_eq!(
        (&first["lines"][0]["quantityReturned"], &first["lines"][1]["quantityReturned"]),
        (&json!(5), &json!(0))
    );
    let back = &first["returns"][0];
    assert_eq!(
        (&back["state"], &back["resolvedAt"], &back["note"]),
        (&json!("RESOLVED"), &json!("2011-01-15T10:00:00Z"), &json!("Credit note C1"))
    );
    assert_eq!(
        (&back["lines"], &back["quote"]["total"]["amount"]),
        (&json!([{ "sku": "A", "quantity": 2, "reason": "DEFECTIVE" }]), &json!("5.00"))
    );
    let second = read("o2").await;
    assert_eq!(
        (&second["lines"][0]["quantityReturned"], &second["lines"][1]["quantityReturned"]),
        (&json!(3), &json!(1))
    );
    let third = read("o3").await;
    assert_eq!(
        (&third["totals"]["refunded"]["amount"], &third["returns"][0]["refunds"]),
        (&json!("7.50"), &json!([{ "amount": { "amount": "7.50" } }]))
    );
    // What was paid went back, and what never was is owed no longer.
    assert_eq!(third["totals"]["outstanding"]["amount"], "0.00");
    assert_eq!(second["totals"]["outstanding"]["amount"], "0.00");
    app.verify().await;
    // The same file again says the same, and takes nothing back twice.
    let before = app.books().await;
    let again = run(&["import", "returns", "-"], &file);
    assert!(out(&again).starts_with(told), "{}", out(&again));
    assert_eq!(app.books().await, before);
    app.verify().await;
}
