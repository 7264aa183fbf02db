//! The log reader alone, and the tail of a long log.
//!
//! `DATABASE_URL=… cargo bench -p tests --bench log -- EVENTS`: fills an empty database with so many events by SQL, then reads all
//! of them, and times what a tail does.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]
#![allow(clippy::float_arithmetic, clippy::as_conversions, clippy::cast_precision_loss)]

use operations::events::{self, EventFilter, Wanted};
use operations::{Actor, Store, StoreOptions};
use sea_orm::{ConnectionTrait, Database};
use std::time::{Duration, Instant};

/// Events read at once, as a subscriber's replay does.
const BATCH: usize = 500;

const POSTGRES: &str = "insert into events (id, epoch, kind, subject_type, subject_id, order_id, customer_id, channel_id, actor_kind, data, request_id, at, recorded_at)
 select gen_random_uuid(), 1, (array['order.placed','payment.authorized','fulfillment.opened','stock.reserved','order.tagged'])[1 + n % 5],
 'ord', md5((n / 5)::text)::uuid, md5((n / 5)::text)::uuid, md5((n / 500)::text)::uuid, md5((n % 4)::text)::uuid, 'SYSTEM',
 '{\"number\": \"WEB-1000001\", \"total\": \"59.97\", \"currency\": \"EUR\", \"lines\": 3}', 'req_01h455vb4pex5vsknk084sn02q',
 timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01' + n * interval '1 second'
 from generate_series($FROM, $TO) n";
const SQLITE: &str = "insert into events (id, epoch, kind, subject_type, subject_id, order_id, customer_id, channel_id, actor_kind, data, request_id, at, recorded_at)
 with recursive series(n) as (select $FROM union all select n + 1 from series where n < $TO)
 select randomblob(16), 1, case n % 5 when 0 then 'order.placed' when 1 then 'payment.authorized' when 2 then 'fulfillment.opened' when 3 then 'stock.reserved' else 'order.tagged' end,
 'ord', unhex(printf('%032x', n / 5)), unhex(printf('%032x', n / 5)), unhex(printf('%032x', n / 500)), unhex(printf('%032x', n % 4)), 'SYSTEM',
 '{\"number\": \"WEB-1000001\", \"total\": \"59.97\", \"currency\": \"EUR\", \"lines\": 3}', 'req_01h455vb4pex5vsknk084sn02q',
 strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1767225600 + n, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1767225600 + n, 'unixepoch')
 from series";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn median<F: Future>(make: impl Fn() -> F) -> Duration {
    let mut times = Vec::new();
    for _ in 0..51 {
        let began = Instant::now();
        make().await;
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

async fn run() {
    let url = std::env::var("DATABASE_URL").unwrap();
    let wanted: u64 = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(200_000);
    let store = Store::connect(StoreOptions::new(&url)).await.unwrap();
    store.migrate().await.unwrap();
    let raw = Database::connect(&url).await.unwrap();
    let fill = if store.is_postgres() { POSTGRES } else { SQLITE };
    let began = Instant::now();
    for from in (1..=wanted).step_by(200_000) {
        let to = (from + 199_999).min(wanted);
        let sql = fill.replace("$FROM", &from.to_string()).replace("$TO", &to.to_string());
        raw.execute_unprepared(&sql).await.unwrap();
    }
    if store.is_postgres() {
        raw.execute_unprepared("vacuum analyze events").await.unwrap();
    }
    println!("{wanted} events written in {:.1} s", began.elapsed().as_secs_f64());
    let db = store.read();
    let actor = Actor::system();
    let all = Wanted::everything(&actor);
    let first = events::page(
        &db,
        &all,
        &operations::page::PageArgs { first: Some(1), ..Default::default() },
    )
    .await
    .unwrap();
    let start = first.rows[0].1.place;
    let began = Instant::now();
    let (mut place, mut read) = (start, 0_usize);
    loop {
        let stretch = events::stretch(&db, &all, place, BATCH).await.unwrap();
        read += stretch.events.len();
        place = stretch.end;
        if !stretch.more || read >= 1_000_000 {
            break;
        }
    }
    println!(
        "log reader alone: {read} events, {:.0} a second",
        read as f64 / began.elapsed().as_secs_f64()
    );
    let newest = events::newest_place(&db).await.unwrap();
    println!(
        "tail: newest place {:?}",
        median(|| async { events::newest_place(&db).await.unwrap() }).await
    );
    println!(
        "tail: nothing new {:?}",
        median(|| async { events::stretch(&db, &all, newest, BATCH).await.unwrap() }).await
    );
    println!(
        "a stretch of {BATCH} from the start {:?}",
        median(|| async { events::stretch(&db, &all, start, BATCH).await.unwrap() }).await
    );
    let rare = EventFilter { types: Some(vec!["api_token.*".into()]), ..EventFilter::default() };
    let rare = Wanted::new(&actor, rare).unwrap();
    println!(
        "a window of a rare type {:?}",
        median(|| async { events::stretch(&db, &rare, start, BATCH).await.unwrap() }).await
    );
    let subject = first.rows[0].1.row.subject_id;
    let about = EventFilter { subjects: Some(vec![subject]), ..EventFilter::default() };
    let about = Wanted::new(&actor, about).unwrap();
    let page = operations::page::PageArgs { first: Some(20), ..Default::default() };
    println!(
        "the events of one subject {:?}",
        median(|| async { events::page(&db, &about, &page).await.unwrap() }).await
    );
    let person = EventFilter {
        customers: first.rows[0].1.row.customer_id.map(|id| vec![id]),
        ..EventFilter::default()
    };
    let person = Wanted::new(&actor, person).unwrap();
    println!(
        "the first 20 of one customer {:?}",
        median(|| async { events::page(&db, &person, &page).await.unwrap() }).await
    );
}
