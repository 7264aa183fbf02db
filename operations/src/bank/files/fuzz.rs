//! Every reader, of banks and of providers, against files that were changed by chance: whatever comes, it is read or
//! refused, and nothing breaks.

use super::tests::{BAI2, MT940, camt};
use crate::settlements::files::tests::{ADYEN, MOLLIE, PAYPAL, STRIPE};
use entities::enums::{BankFormat, SettlementFormat};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::io::BufReader;
use std::time::{Duration, Instant};

/// How long the full form goes on.
const FULL: Duration = Duration::from_mins(20);
/// How many files the small form tries.
const FILES: u32 = 2_000;

/// Texts that readers may stumble over.
const PIECES: [&str; 24] = [
    "\"",
    "\n",
    "\r\n",
    ",",
    "\u{feff}",
    "99999999999999999999999999999999",
    "-",
    "1e308",
    "0.000000000000000000000000001",
    "9223372036854775807",
    "EUR",
    "KWD",
    "JPY",
    "DEM",
    "<Ntry>",
    "</Stmt>",
    "&#0;",
    "&amp;",
    "{\"",
    "}",
    ":61:",
    ":62F:",
    "88,",
    "\u{1F600}",
];

/// A file with a few things changed.
fn changed(random: &mut StdRng, file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..random.random_range(1..6) {
        let place = random.random_range(0..=file.len());
        let end = (place + random.random_range(0..60)).min(file.len());
        match random.random_range(0..7) {
            0 => file.truncate(place),
            1 => drop(file.drain(place..end)),
            2 => {
                let piece = PIECES.choose(random).copied().unwrap_or_default();
                file.splice(place..place, piece.bytes());
            }
            3 => {
                let part: Vec<u8> = file.get(place..end).unwrap_or_default().to_vec();
                let other = random.random_range(0..=file.len());
                file.splice(other..other, part);
            }
            4 => {
                if let Some(byte) = file.get_mut(place) {
                    *byte = random.random_range(0..=255);
                }
            }
            5 => {
                if let Some(byte) = file.get_mut(place) {
                    *byte = byte.wrapping_add(1);
                }
            }
            _ => {
                let part: Vec<u8> = file.get(place..end).unwrap_or_default().to_vec();
                for _ in 0..random.random_range(1..40) {
                    file.splice(place..place, part.iter().copied());
                }
            }
        }
    }
    file
}

/// Reads a file as every format, and says how many lines came of it.
fn read_all(file: &[u8]) -> usize {
    let mut lines = 0;
    for format in [
        SettlementFormat::AdyenSettlementDetails,
        SettlementFormat::StripeItemized,
        SettlementFormat::PaypalStl,
        SettlementFormat::MollieSettlement,
        SettlementFormat::GenericCsv,
    ] {
        let mut totals = crate::settlements::totals::Totals::new(format);
        let mut input = BufReader::with_capacity(64, file);
        let heading = crate::settlements::files::read(format, &mut input, &mut |line| {
            totals.add(&line);
            lines += 1;
            true
        });
        let said =
            totals.findings(&heading, &crate::settlements::terms::Tolerances::default()).len()
                + totals.by_currency(&heading).len();
        assert!(heading.faults.len() <= 101, "faults are kept in bounds");
        lines += usize::from(said > file.len() + 10);
    }
    for format in [BankFormat::Camt053, BankFormat::Mt940, BankFormat::Bai2, BankFormat::GenericCsv]
    {
        let mut input = BufReader::with_capacity(64, file);
        super::read(format, &mut input, &mut |_| {
            lines += 1;
            true
        });
    }
    lines
}

#[test]
fn no_file_breaks_a_reader() {
    let full = std::env::var("TEST_FULL").is_ok();
    let seed = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or(if full { rand::random() } else { 11 });
    eprintln!("TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let generic = "account,type,currency,gross,fee,net,date,amount,batch,payout\na,CAPTURE,EUR,1.00,0.10,0.90,2026-01-01,1.00,7,P\na,PAYOUT,EUR,-0.90,,-0.90,2026-01-02,-0.90,7,P\n";
    let statement = camt("08", "<c:Cd>BOOK</c:Cd>");
    let seeds: [&[u8]; 8] = [
        ADYEN.as_bytes(),
        STRIPE.as_bytes(),
        PAYPAL.as_bytes(),
        MOLLIE.as_bytes(),
        generic.as_bytes(),
        statement.as_bytes(),
        MT940.as_bytes(),
        BAI2.as_bytes(),
    ];
    let begun = Instant::now();
    let (mut files, mut lines) = (0_u32, 0_usize);
    while if full { begun.elapsed() < FULL } else { files < FILES } {
        let from = seeds.choose(&mut random).copied().unwrap_or_default();
        let file = changed(&mut random, from);
        let came = read_all(&file);
        // Nothing is made of nothing: a line takes some bytes.
        assert!(
            came <= file.len() * 9 + 100,
            "TEST_SEED={seed}: {came} lines of {} bytes",
            file.len()
        );
        files += 1;
        lines += came;
    }
    eprintln!("{files} files, {lines} lines in {:?}", begun.elapsed());
    assert!(lines > 0);
}
