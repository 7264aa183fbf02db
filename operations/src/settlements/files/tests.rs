//! Files of our own with the quirks of real ones.

use super::{Heading, Line, read};
use crate::settlements::terms::Tolerances;
use crate::settlements::totals::{Finding, Totals};
use entities::enums::ReconciliationExceptionKind::{BatchOutOfBalance, NegativeBatch};
use entities::enums::SettlementFormat as Format;
use entities::enums::SettlementLineKind as Kind;
use rust_decimal::Decimal;
use std::io::BufReader;

fn all(format: Format, file: &[u8]) -> (Heading, Vec<Line>, Vec<Finding>) {
    let mut lines = Vec::new();
    let mut totals = Totals::new(format);
    // A tiny buffer: nothing depends on where a read ends.
    let mut input = BufReader::with_capacity(7, file);
    let heading = read(format, &mut input, &mut |line| {
        totals.add(&line);
        lines.push(line);
        true
    });
    let findings = totals.findings(&heading, &Tolerances::default());
    (heading, lines, findings)
}

fn sound(format: Format, file: &str) -> (Heading, Vec<Line>, Vec<Finding>) {
    let read = all(format, file.as_bytes());
    assert_eq!(read.0.faults, [], "{file}");
    read
}

pub(crate) const ADYEN: &str = "\u{feff}Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4\r
Shop,ShopEU,883600000000000A,1001,visa,2026-03-02 10:00:00,CET,Settled,883600000000001A,EUR,,100.00,1,EUR,,98.50,,0.50,0.20,0.80,visa,,14,\r
Shop,ShopEU,883600000000000B,1002,visa,2026-03-02 11:00:00,CET,Settled,883600000000001B,USD,,50.00,0.913100000000000,EUR,,45.16,0.50,,,,visa,,14,\r
Shop,ShopEU,883600000000000C,1003,mc,2026-03-02 12:00:00,CET,Settled,883600000000001C,EUR,0.10,,1,EUR,0.35,,0.25,,,,mc,,14,\r
Shop,ShopEU,883600000000000A,1001,visa,2026-03-03 10:00:00,CET,Refunded,883600000000002A,EUR,20.00,,1,EUR,20.10,,0.10,,,,visa,,14,\r
Shop,ShopEU,,,,2026-03-03 10:00:00,CET,Fee,\"Transaction Fees\nMarch 2026\",,,,,EUR,1.21,,,,,,,,14,\r
Shop,ShopEU,,,,2026-03-03 10:00:00,CET,DepositCorrection,Deposit,,,,,EUR,2.00,,,,,,,,14,\r
Shop,ShopEU,,,,2026-03-03 10:00:00,CET,LoyaltyBonus,Bonus,,,,,EUR,,1.00,,,,,,,14,\r
Shop,ShopEU,,,,2026-03-04 08:00:00,CEST,MerchantPayout,\"TX9001XT batch 14, ShopEU\",EUR,,,,EUR,121.00,,,,,,,,14,\r
";

#[test]
fn an_adyen_batch_sums_to_nothing_with_its_payout() {
    let (heading, lines, findings) = sound(Format::AdyenSettlementDetails, ADYEN);
    assert_eq!(heading.account.as_deref(), Some("ShopEU"));
    assert_eq!(heading.reference.as_deref(), Some("14"));
    let kinds: Vec<Kind> = lines.iter().map(|line| line.kind).collect();
    let expected = [
        Kind::Capture,
        Kind::Capture,
        Kind::Capture,
        Kind::Refund,
        Kind::Fee,
        Kind::Reserve,
        Kind::Unknown,
        Kind::Payout,
    ];
    assert_eq!(kinds, expected);
    let nets: Vec<i64> = lines.iter().map(|line| line.net.minor).collect();
    assert_eq!(nets, [9_850, 4_516, -35, -2_010, -121, -200, 100, -12_100]);
    assert_eq!(nets.iter().sum::<i64>(), 0);
    assert_eq!(findings, []);
    let fees: Vec<i64> = lines.iter().map(|line| line.fee).collect();
    assert_eq!(fees, [150, 50, 25, 10, 0, 0, 0, 0]);
    let dollars = lines.get(1).expect("a line");
    assert_eq!((dollars.gross.currency.code(), dollars.gross.minor), ("USD", 5_000));
    assert_eq!(dollars.rate, Some(Decimal::new(9_131, 4)));
    assert_eq!(lines.get(2).expect("a line").gross.minor, -10, "by column, never by type");
    let fee = lines.get(4).expect("a line");
    assert_eq!((fee.number, fee.provider_reference.as_deref()), (6, None));
    let payout = lines.get(7).expect("a line");
    assert_eq!(
        (payout.number, payout.payout.as_deref()),
        (10, Some("TX9001XT")),
        "a quoted newline counts"
    );
    assert!(
        fee.raw.iter().any(|(name, text)| name == "Modification Reference" && text.contains('\n'))
    );
}

#[test]
fn columns_are_found_by_name_and_missing_ones_are_all_named() {
    let mut lines = ADYEN.trim_start_matches('\u{feff}').lines();
    let head: Vec<&str> = lines.next().expect("a head").trim_end().split(',').collect();
    let row: Vec<&str> = lines.next().expect("a row").trim_end().split(',').collect();
    let turned =
        |cells: &[&str]| cells.iter().rev().copied().chain(["more"]).collect::<Vec<_>>().join(",");
    let file = format!("{}\n{}\n\n", turned(&head), turned(&row));
    let (_, lines, _) = sound(Format::AdyenSettlementDetails, &file);
    assert_eq!(lines.first().map(|line| (line.net.minor, line.fee)), Some((9_850, 150)));
    let numbers = |file: &str| {
        let (_, lines, _) = sound(Format::AdyenSettlementDetails, file);
        lines.iter().map(|line| line.number).collect::<Vec<i32>>()
    };
    assert_eq!(numbers(&ADYEN.replace("\r\n", "\n")), [2, 3, 4, 5, 6, 8, 9, 10]);
    assert_eq!(numbers(&ADYEN.replace("\r\n", "\r")), [2, 3, 4, 5, 6, 7, 8, 9]);
    let file = ADYEN.replace("Psp Reference", "PSP").replace("TimeZone", "Zone");
    let (heading, lines, _) = all(Format::AdyenSettlementDetails, file.as_bytes());
    let said = heading.faults.first().map(|fault| fault.message.as_str());
    assert_eq!(said, Some("columns are missing: Psp Reference, TimeZone"));
    assert_eq!(lines, []);
}

#[test]
fn every_bad_cell_is_named_with_its_row() {
    let file = ADYEN
        .replace(",100.00,1,EUR,,98.50", ",1OO.00,1,EUR,,98,50")
        .replace("2026-03-03 10:00:00,CET,Refunded", "2026-02-30 10:00:00,XYZ,Refunded");
    let (heading, lines, _) = all(Format::AdyenSettlementDetails, file.as_bytes());
    let said: Vec<(Option<i32>, Option<&str>)> =
        heading.faults.iter().map(|fault| (fault.line, fault.column.as_deref())).collect();
    assert_eq!(lines.len(), 6);
    assert!(said.contains(&(Some(2), Some("Gross Credit (GC)"))), "{said:?}");
    assert!(said.contains(&(Some(5), Some("TimeZone"))), "{said:?}");
    assert!(said.contains(&(Some(5), Some("Creation Date"))), "{said:?}");
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for cut in [ADYEN.len() - 40, ADYEN.len() - 130] {
        let (heading, ..) = all(Format::AdyenSettlementDetails, &ADYEN.as_bytes()[..cut]);
        assert!(heading.fault_count > 0, "cut at {cut}");
    }
    for empty in ["", "\n\n", "{}"] {
        for format in [
            Format::AdyenSettlementDetails,
            Format::StripeItemized,
            Format::PaypalStl,
            Format::MollieSettlement,
            Format::GenericCsv,
        ] {
            let (heading, ..) = all(format, empty.as_bytes());
            assert!(heading.fault_count > 0, "{format:?} of {empty:?}");
        }
    }
}

#[test]
fn batches_that_do_not_add_up_are_found() {
    let file = ADYEN.replace("EUR,121.00", "EUR,111.00");
    let (.., findings) = sound(Format::AdyenSettlementDetails, &file);
    let found: Vec<_> = findings.iter().map(|found| (found.kind, found.minor)).collect();
    assert_eq!(found, [(BatchOutOfBalance, 1_000)]);
    let file: String = ADYEN
        .lines()
        .filter(|line| !line.contains("Settled") && !line.contains("MerchantPayout"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (.., findings) = sound(Format::AdyenSettlementDetails, &file);
    let found: Vec<_> = findings.iter().map(|found| (found.kind, found.minor)).collect();
    assert_eq!(found, [(NegativeBatch, 2_231)]);
}

pub(crate) const STRIPE: &str = "balance_transaction_id,created,available_on,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,automatic_payout_id,payment_metadata[ref],payment_metadata[order_id]
txn_1,2026-03-01 10:00:00,2026-03-03 00:00:00,EUR,100,1.75,98.25,charge,ch_1,,ch_1,pi_1,po_1,x,1001
txn_2,2026-03-01 10:00:00,2026-03-03 00:00:00,eur,-40.00,-0.60,-39.40,partial_capture_reversal,ch_1,,ch_1,pi_1,po_1,,1001
txn_3,2026-03-02 10:00:00,2026-03-03 00:00:00,eur,-10.00,0,-10.00,refund,re_1,,ch_1,pi_1,po_1,,1001
txn_4,2026-03-02 10:00:00,2026-03-03 00:00:00,eur,-30.00,15.00,-45.00,dispute,du_1,,ch_2,pi_2,po_1,,
txn_5,2026-03-02 10:00:00,2026-03-03 00:00:00,eur,0,0.25,-0.25,fee,,Radar (2026-03-01),,,po_1,,
txn_6,2026-03-03 00:00:00,2026-03-03 00:00:00,eur,4,0,3.60,payout,po_x,STRIPE PAYOUT,,,po_1,,
txn_7,2026-03-03 00:00:00,2026-03-03 00:00:00,jpy,1500,54,1446,charge,py_7,,,,,y,
";

#[test]
fn stripe_rows_sum_to_their_payout_whatever_sign_it_has() {
    let (heading, lines, findings) = sound(Format::StripeItemized, STRIPE);
    assert_eq!(heading.reference.as_deref(), Some("po_1"));
    let nets: Vec<i64> = lines.iter().map(|line| line.net.minor).collect();
    assert_eq!(nets, [9_825, -3_940, -1_000, -4_500, -25, -360, 1_446]);
    assert_eq!(findings, []);
    let first = lines.first().expect("a line");
    assert_eq!(first.merchant_reference.as_deref(), Some("1001"), "our own field before others");
    assert_eq!(first.provider_reference.as_deref(), Some("pi_1"));
    assert_eq!(first.modification_reference.as_deref(), Some("ch_1"));
    assert_eq!(lines.get(1).map(|line| line.kind), Some(Kind::Capture), "no refund");
    assert_eq!(lines.last().and_then(|line| line.payout.clone()), None);
    let file = STRIPE.replace("4,0,3.60,payout", "4,0,3.00,payout");
    let (.., findings) = sound(Format::StripeItemized, &file);
    assert_eq!(findings.first().map(|found| found.minor), Some(60));
    let file = STRIPE.replace("-10.00,0,-10.00", "-10.00,0,-9.00");
    let (heading, ..) = all(Format::StripeItemized, file.as_bytes());
    assert_eq!(heading.faults.first().and_then(|fault| fault.line), Some(4));
}

pub(crate) const PAYPAL: &str = "\u{feff}\"RH\",2026/03/03 02:00:00 -0800,\"A\",\"MERCH1\",009,
\"FH\",01
\"SH\",2026/03/02 00:00:00 -0800,2026/03/02 23:59:59 -0800,\"MERCH1\",\"\"
\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Custom Field\",\"Consumer ID\",\"Payment Tracking ID\",\"Store ID\",\"Bank Reference ID\"
\"SB\",\"S1\",\"1001\",\"\",\"\",\"T0006\",2026/03/02 10:00:00 -0800,2026/03/02 10:00:00 -0800,\"CR\",10000,\"EUR\",\"DR\",284,\"EUR\",\"\",\"\",\"\",\"\",\"\"
\"SB\",\"S2\",\"1002\",\"\",\"\",\"T0006\",2026/03/02 11:00:00 -0800,2026/03/02 11:00:00 -0800,\"CR\",150000,\"JPY\",\"DR\",5400,\"JPY\",\"\",\"\",\"\",\"\",\"\"
\"SB\",\"R1\",\"1001\",\"S1\",\"TXN\",\"T1107\",2026/03/02 12:00:00 -0800,2026/03/02 12:00:00 -0800,\"DR\",2000,\"EUR\",\"CR\",50,\"EUR\",\"\",\"\",\"\",\"\",\"\"
\"SB\",\"C1\",\"1002\",\"S2\",\"TXN\",\"T0200\",2026/03/02 12:00:00 -0800,2026/03/02 12:00:00 -0800,\"DR\",144600,\"JPY\",\"\",,\"\",\"\",\"\",\"\",\"\",\"\"
\"SB\",\"C2\",\"1002\",\"S2\",\"TXN\",\"T0200\",2026/03/02 12:00:00 -0800,2026/03/02 12:00:00 -0800,\"CR\",890,\"EUR\",\"\",,\"\",\"\",\"\",\"\",\"\",\"\"
\"SB\",\"W1\",\"\",\"\",\"\",\"T0400\",2026/03/02 23:00:00 -0800,2026/03/02 23:00:00 -0800,\"DR\",5000,\"EUR\",\"\",,\"\",\"\",\"\",\"\",\"\",\"104755\"
\"SF\",\"EUR\",10890,7000,50,284,\"CR\",100,\"CR\",3756
\"SF\",\"JPY\",150000,144600,0,5400,\"CR\",0,\"CR\",0
\"SC\",6
\"RF\",\"EUR\",10890,7000,50,284,\"CR\",100,\"CR\",3756
\"RC\",6
\"FF\",6
";

#[test]
fn paypal_has_two_decimals_in_yen_too_and_states_its_balance() {
    let (heading, lines, findings) = sound(Format::PaypalStl, PAYPAL);
    assert_eq!(heading.account.as_deref(), Some("MERCH1"));
    assert_eq!(heading.reference.as_deref(), Some("2026-03-02-A"));
    let nets: Vec<(&str, i64)> =
        lines.iter().map(|line| (line.net.currency.code(), line.net.minor)).collect();
    let expected = [
        ("EUR", 9_716),
        ("JPY", 1_446),
        ("EUR", -1_950),
        ("JPY", -1_446),
        ("EUR", 890),
        ("EUR", -5_000),
    ];
    assert_eq!(nets, expected);
    assert_eq!(lines.get(2).map(|line| line.fee), Some(-50), "the fee came back");
    assert_eq!(lines.get(5).and_then(|line| line.payout.as_deref()), Some("104755"));
    assert_eq!(findings, []);
    let file = PAYPAL.replace("\"CR\",100,\"CR\",3756", "\"CR\",100,\"CR\",3757");
    let (.., findings) = sound(Format::PaypalStl, &file);
    assert_eq!(findings.iter().map(|found| found.minor).collect::<Vec<_>>(), [1]);
    let cut: String = PAYPAL
        .lines()
        .filter(|line| !line.contains("\"R1\""))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (heading, ..) = all(Format::PaypalStl, cut.as_bytes());
    assert_eq!(heading.fault_count, 2, "both counts say that a row is missing");
}

pub(crate) const MOLLIE: &str = r#"{ "resource": "settlement", "id": "stl_1", "reference": "900.2603.01", "status": "paidout",
  "settledAt": "2026-03-03T09:00:00.0Z", "amount": { "currency": "EUR", "value": "59.40" },
  "periods": { "2026": { "2": { "revenue": [], "costs": [
      { "method": "ideal", "count": 1, "amountNet": {"currency":"EUR","value":"0.3500"}, "amountGross": {"currency":"EUR","value":"0.4235"} } ] },
    "3": { "revenue": [
      { "method": "ideal", "count": 2, "amountNet": {"currency":"EUR","value":"80.0000"}, "amountGross": {"currency":"EUR","value":"80.0000"} },
      { "method": "refund", "count": 1, "amountNet": {"currency":"EUR","value":"-20.0000"}, "amountGross": {"currency":"EUR","value":"20.0000"} } ],
    "costs": [ { "method": "refund", "count": 1, "amountNet": {"currency":"EUR","value":"0.1500"}, "amountGross": {"currency":"EUR","value":"0.1815"} } ] } } } }"#;

#[test]
fn mollie_rounds_a_sum_and_not_its_parts() {
    let (heading, lines, findings) = sound(Format::MollieSettlement, MOLLIE);
    assert_eq!(heading.reference.as_deref(), Some("900.2603.01"));
    let nets: Vec<i64> = lines.iter().map(|line| line.net.minor).collect();
    // 60.00 - 0.605 is 59.395, which is 59.40: the last line takes what the first one rounded.
    assert_eq!(nets, [-42, 8_000, -2_000, -18]);
    assert_eq!(nets.iter().sum::<i64>(), 5_940);
    assert_eq!(findings, []);
    let payout = heading.payout.expect("a payout");
    assert_eq!((payout.sum.minor, payout.sent), (5_940, true));
    let embedded = MOLLIE.replacen(
        '{',
        r#"{ "_embedded": { "payments": [ { "id": "tr_1", "amount": {"currency":"USD","value":"90.00"}, "settlementAmount": {"currency":"EUR","value":"80.00"}, "metadata": {"order_id":"1001"}, "paidAt": "2026-02-28T10:00:00Z" } ],
            "refunds": [ { "id": "re_1", "paymentId": "tr_1", "amount": {"currency":"EUR","value":"20.00"}, "settlementAmount": {"currency":"EUR","value":"-20.00"} } ] },"#,
        1,
    );
    let (_, lines, findings) = sound(Format::MollieSettlement, &embedded);
    let seen: Vec<(Kind, i64)> = lines.iter().map(|line| (line.kind, line.net.minor)).collect();
    let expected =
        [(Kind::Capture, 8_000), (Kind::Refund, -2_000), (Kind::Fee, -42), (Kind::Fee, -18)];
    assert_eq!(seen, expected, "what is there one by one is not there once more as a sum");
    assert_eq!(lines.first().and_then(|line| line.merchant_reference.as_deref()), Some("1001"));
    assert_eq!(findings, []);
    let (heading, ..) = all(Format::MollieSettlement, &MOLLIE.as_bytes()[..300]);
    assert!(heading.fault_count > 0);
}

#[test]
fn a_table_of_our_own_says_in_words_what_it_is() {
    let file = "account,type,currency,gross,fee,net,settlement_currency,exchange_rate,provider_reference,batch,payout,booked_at,note\n\
        a-1,capture,USD,100,1.00,91.00,EUR,0.92,p1,7,,2026-03-02 10:00:00,x\n\
        a-1,Balance Transfer,EUR,-1.00,,-1.00,,,,7,,2026-03-02 10:00:00 +0100,\n\
        a-1,bonus,EUR,1.00,,1.00,,,,7,,,\n\
        a-1,PAYOUT,EUR,-91.00,,-91.00,,,,7,P7,,\n";
    let (heading, lines, findings) = sound(Format::GenericCsv, file);
    assert_eq!(
        (heading.account.as_deref(), heading.reference.as_deref()),
        (Some("a-1"), Some("7"))
    );
    let kinds: Vec<Kind> = lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Kind::Capture, Kind::BalanceTransfer, Kind::Unknown, Kind::Payout]);
    assert_eq!(findings, []);
    let wrong = file.replace("-1.00,,-1.00", "-1.00,,-2.00");
    let (heading, ..) = all(Format::GenericCsv, wrong.as_bytes());
    assert_eq!(
        heading.faults.first().map(|fault| (fault.line, fault.message.clone())),
        Some((Some(3), "is not gross less fee".into()))
    );
}
