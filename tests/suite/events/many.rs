//! Positions without gaps: writers that commit late, and readers that never pass an event that comes before.

use harness::random::random;
use harness::{Shop, Stream, TestApp};
use operations::Store;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::time::Duration;

const FOLLOW: &str = "subscription($after: String) { events(after: $after, filter: { types: [\"note.added\"] }) { cursor event { id data } } }";

/// Writes events straight into the log, one or more in a transaction, and commits after a while.
async fn write(store: Store, url: String, writer: u64, rounds: u64, epoch: i64) -> Vec<String> {
    let database = sea_orm::Database::connect(url).await.unwrap();
    let mut seed = writer;
    let mut written = Vec::new();
    for round in 0..rounds {
        let tx = loop {
            let options = sea_orm::TransactionOptions {
                sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
                ..Default::default()
            };
            match database.begin_with_options(options).await {
                Ok(tx) => break tx,
                Err(_busy) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let postgres = database.get_database_backend() == sea_orm::DbBackend::Postgres;
        for part in 0..=random(&mut seed, 3) {
            // Ids in no order at all: writers' clocks differ.
            let high = (random(&mut seed, 1 << 31) << 16) | (writer << 8) | round;
            let id =
                uuid::Uuid::from_u128((u128::from(high) << 64) | u128::from((round << 8) | part));
            let id = if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
            let note = uuid::Uuid::from_u128(u128::from((writer << 32) | (round << 8) | part));
            let insert = format!(
                "insert into events (id, epoch, kind, subject_type, subject_id, actor_kind, data, at, recorded_at)
                 values ({id}, {epoch}, 'note.added', 'ord', {id}, 'SYSTEM', '{{\"noteId\": \"{note}\"}}',
                 '2026-03-02T10:00:00.000000Z', '2026-03-02T10:00:00.000000Z')"
            );
            tx.execute_unprepared(&insert).await.unwrap();
            written.push(aftercart::ids::encode(aftercart::ids::Kind::Note, note));
            tokio::time::sleep(Duration::from_millis(random(&mut seed, 3))).await;
        }
        tokio::time::sleep(Duration::from_millis(random(&mut seed, 20))).await;
        // Some give up: what they wrote never was.
        if random(&mut seed, 10) == 0 {
            tx.rollback().await.unwrap();
            let undone = written.iter().rev().take_while(|id| of_round(id, round)).count();
            written.truncate(written.len() - undone);
        } else {
            tx.commit().await.unwrap();
            store.heard();
        }
    }
    written
}

fn of_round(id: &str, round: u64) -> bool {
    let (_, uuid) = aftercart::ids::decode(id).unwrap();
    u64::try_from((uuid.as_u128() >> 8) & 0xff_ffff).unwrap() == round
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_and_five_readers_miss_nothing_and_hear_nothing_twice() {
    // SQLite has one writer at a time.
    let small = if harness::database::server().is_some() { 25 } else { 12 };
    let rounds = if std::env::var_os("TEST_FULL").is_some() { 400 } else { small };
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let start = shop.admin.payload("{ events(last: 1) { edges { cursor } } }", json!({})).await;
    let start = start["edges"][0]["cursor"].clone();
    let mut readers = Vec::new();
    for _ in 0..5 {
        readers.push(Stream::open(&shop.admin, FOLLOW, json!({ "after": start })).await);
    }
    let epoch = app.number("select cast(max(epoch) as bigint) from events").await;
    let writers = (0..16).map(|writer| {
        let url = app.database.url.clone();
        tokio::spawn(write(app.store.clone(), url, writer, rounds, epoch))
    });
    let writers: Vec<_> = writers.collect();
    let mut written = BTreeSet::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
    }
    for (number, mut reader) in readers.into_iter().enumerate() {
        let mut heard: Vec<String> = Vec::new();
        while heard.len() < written.len() {
            let Some((_, answer)) = reader.next_within(Duration::from_secs(10)).await else {
                break;
            };
            heard.push(note(&answer));
        }
        let distinct: BTreeSet<String> = heard.iter().cloned().collect();
        assert_eq!(distinct.len(), heard.len(), "reader {number} heard some twice");
        let missed: Vec<&String> = written.difference(&distinct).collect();
        assert!(missed.is_empty(), "reader {number} missed {} of {}", missed.len(), written.len());
        assert_eq!(distinct.len(), written.len(), "reader {number} heard what never was");
        assert!(reader.next_within(Duration::from_millis(600)).await.is_none());
    }
    // And the log read once more from the start says the same, in the same order for all.
    let mut replay = Stream::open(&shop.admin, FOLLOW, json!({ "after": start })).await;
    let mut again = BTreeSet::new();
    for _ in 0..written.len() {
        again.insert(note(&replay.next().await.1));
    }
    assert_eq!(again, written);
}

fn note(answer: &Json) -> String {
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["events"]["event"]["data"]["noteId"].as_str().unwrap().to_owned()
}
