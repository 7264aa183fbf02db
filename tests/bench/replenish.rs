//! Replenishment tried on the sales of a real shop: stockouts and stock held, against a cover of thirty days.
//!
//! `zcat online_retail.csv.gz | cargo bench -p tests --bench replenish [-- LEAD_DAYS SERVICE_LEVEL ORDER_COST]`: reads invoices (columns `InvoiceNo`,
//! `StockCode`, `Quantity`, `InvoiceDate`, `UnitPrice`, as in UCI's "Online Retail") from standard input. Of every article that sold on
//! ten days of the first 120 both policies begin with the same stock and go through the days that follow: each evening they see what was
//! sold in the last 90 days, order what they think right, and have it after the lead time. What is not there when it is asked for
//! is lost.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]
#![allow(clippy::float_arithmetic, clippy::as_conversions, clippy::cast_precision_loss)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use operations::replenishment::demand::Demand;
use operations::replenishment::plan::{LeadTime, Policy, Position, plan};
use std::collections::BTreeMap;
use std::time::Instant;
use time::{Date, OffsetDateTime};

/// Days that are history when the trial begins.
const KNOWN: usize = 120;
/// Days of sales that both policies look at.
const WINDOW: usize = 90;
/// Days that the other policy covers.
const COVER: f64 = 30.0;

struct Article {
    days: Vec<i64>,
    price: f64,
}

fn read() -> Vec<Article> {
    let mut sales: BTreeMap<String, (BTreeMap<i32, i64>, f64)> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(std::io::stdin());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|one| one == name).unwrap();
    let (number, code, quantity, date, price) = (
        column("InvoiceNo"),
        column("StockCode"),
        column("Quantity"),
        column("InvoiceDate"),
        column("UnitPrice"),
    );
    for record in reader.records() {
        let record = record.unwrap();
        let units: i64 = record[quantity].parse().unwrap();
        let each: f64 = record[price].parse().unwrap();
        // Credit notes, corrections and what is no article sell nothing.
        let article = record[code].chars().take(5).all(|letter| letter.is_ascii_digit());
        if !article || units <= 0 || each <= 0.0 || !record[number].starts_with('5') {
            continue;
        }
        let part = |from: usize, to: usize| record[date][from..to].parse::<i32>().unwrap();
        let month = time::Month::try_from(part(5, 7) as u8).unwrap();
        let day = Date::from_calendar_date(part(0, 4), month, part(8, 10) as u8).unwrap();
        let sold = sales.entry(record[code].to_owned()).or_insert_with(|| (BTreeMap::new(), each));
        *sold.0.entry(day.to_julian_day()).or_default() += units;
    }
    let days = || sales.values().flat_map(|(days, _)| days.keys().copied());
    let (first, last) = (days().min().unwrap(), days().max().unwrap());
    let length = (last - first + 1) as usize;
    let articles = sales.into_values().map(|(sold, price)| {
        let mut days = vec![0; length];
        for (day, units) in sold {
            days[(day - first) as usize] += units;
        }
        Article { days, price }
    });
    let enough = |one: &Article| one.days[..KNOWN].iter().filter(|units| **units > 0).count() >= 10;
    articles.filter(enough).collect()
}

#[derive(Default)]
struct Outcome {
    /// Days of articles on which something was asked for and was not there.
    stockouts: usize,
    asked_for: i64,
    lost: i64,
    /// Worth of the stock, summed over all days.
    held: f64,
    ordered: usize,
}

/// What a policy orders in the evening of a day: sales of the window, and what is there and to come.
type Decide<'a> = dyn Fn(&Demand, &Position) -> i64 + 'a;

fn go_through(article: &Article, lead: usize, decide: &Decide<'_>, total: &mut Outcome) {
    let mean = article.days[KNOWN - WINDOW..KNOWN].iter().sum::<i64>() as f64 / WINDOW as f64;
    let mut on_hand = (mean * COVER).ceil() as i64;
    let mut coming: BTreeMap<usize, i64> = BTreeMap::new();
    for day in KNOWN..article.days.len() {
        on_hand += coming.remove(&day).unwrap_or(0);
        let wanted = article.days[day];
        let sold = wanted.min(on_hand);
        on_hand -= sold;
        total.asked_for += wanted;
        total.lost += wanted - sold;
        total.stockouts += usize::from(sold < wanted);
        total.held += on_hand as f64 * article.price;
        let demand = Demand::of(&article.days[day + 1 - WINDOW..=day]);
        let on_order = coming.values().sum();
        let position = Position { on_hand, on_order, ..Position::default() };
        let units = decide(&demand, &position);
        if units > 0 {
            *coming.entry(day + lead).or_default() += units;
            total.ordered += 1;
        }
    }
}

fn main() {
    let given: Vec<f64> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let lead_days = given.first().copied().unwrap_or(7.0);
    let service_level = given.get(1).copied().unwrap_or(0.95);
    let order_cost = given.get(2).copied().unwrap_or(2.0);
    let articles = read();
    let days: usize = articles.iter().map(|one| one.days.len() - KNOWN).sum();
    println!("{} articles, {days} days of articles, lead time {lead_days} days", articles.len());
    let show = |name: &str, total: &Outcome| {
        println!(
            "{name:24} {:6} stockouts ({:.2} % of days), {:7} of {} units lost ({:.2} %), {:9.0} held on average, {} orders",
            total.stockouts,
            100.0 * total.stockouts as f64 / days as f64,
            total.lost,
            total.asked_for,
            100.0 * total.lost as f64 / total.asked_for as f64,
            total.held * articles.len() as f64 / days as f64,
            total.ordered,
        );
    };
    let lead = LeadTime { days: lead_days, deviation: 0.0, receipts: 0 };
    let ours = |price: f64| {
        move |demand: &Demand, position: &Position| {
            let policy = Policy {
                service_level,
                order_cost,
                holding_rate: 0.2,
                unit_cost: Some(price),
                term: None,
                reorder_point: None,
                reorder_quantity: None,
            };
            plan(demand, lead, position, &policy, OffsetDateTime::UNIX_EPOCH).quantity
        }
    };
    // Up to thirty days of sales, whenever a week of them is used up.
    let cover = |demand: &Demand, position: &Position| {
        let up_to = (demand.mean() * COVER).ceil() as i64;
        let missing = up_to - position.units();
        if missing as f64 >= demand.mean() * 7.0 { missing.max(0) } else { 0 }
    };
    let begun = Instant::now();
    let mut planned = Outcome::default();
    for article in &articles {
        go_through(article, lead_days as usize, &ours(article.price), &mut planned);
    }
    let took = begun.elapsed();
    let mut covered = Outcome::default();
    for article in &articles {
        go_through(article, lead_days as usize, &cover, &mut covered);
    }
    show("cover of thirty days", &covered);
    show("replenishment", &planned);
    println!("{:.1} microseconds a plan", took.as_secs_f64() * 1e6 / days as f64);
}
