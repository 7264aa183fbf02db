//! Statements of our own with the quirks of real ones.

use super::{Entry, Outcome, Part, read};
use entities::enums::BankFormat as Format;
use std::io::BufReader;

/// One statement: its account, both balances, and its entries.
#[derive(Debug)]
struct Statement {
    account: String,
    sequence: Option<i64>,
    opening: Option<i64>,
    closing: Option<i64>,
    entries: Vec<Entry>,
}

impl Statement {
    fn balances(&self) -> bool {
        let moved: i64 = self.entries.iter().map(|entry| entry.amount.minor).sum();
        self.opening.map(|opening| opening + moved) == self.closing
    }

    fn minors(&self) -> Vec<i64> {
        self.entries.iter().map(|entry| entry.amount.minor).collect()
    }
}

fn all(format: Format, file: &[u8]) -> (Outcome, Vec<Statement>) {
    let mut statements: Vec<Statement> = Vec::new();
    let mut input = BufReader::with_capacity(5, file);
    let outcome = read(format, &mut input, &mut |part| {
        match part {
            Part::Head(head) => statements.push(Statement {
                account: head.account,
                sequence: head.sequence,
                opening: head.opening.map(|sum| sum.minor),
                closing: None,
                entries: Vec::new(),
            }),
            Part::Entry(entry) => statements.last_mut().expect("a head").entries.push(entry),
            Part::Foot(foot) => {
                statements.last_mut().expect("a head").closing = foot.closing.map(|sum| sum.minor);
            }
        }
        true
    });
    (outcome, statements)
}

fn sound(format: Format, file: &str) -> Vec<Statement> {
    let (outcome, statements) = all(format, file.as_bytes());
    assert_eq!(outcome.faults, [], "{file}");
    statements
}

pub(super) fn camt(version: &str, status: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<c:Document xmlns:c="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><c:BkToCstmrStmt>
<c:GrpHdr><c:MsgId>M1</c:MsgId></c:GrpHdr>
<c:Stmt><c:Id>S-7</c:Id><c:ElctrncSeqNb>7</c:ElctrncSeqNb>
<c:Acct><c:Id><c:IBAN>DE02 1203 0000 0000 2020 51</c:IBAN></c:Id><c:Ccy>EUR</c:Ccy></c:Acct>
<c:Bal><c:Tp><c:CdOrPrtry><c:Cd>OPBD</c:Cd></c:CdOrPrtry></c:Tp><c:Amt Ccy="EUR">10.000</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd></c:Bal>
<c:Bal><c:Tp><c:CdOrPrtry><c:Cd>CLAV</c:Cd></c:CdOrPrtry></c:Tp><c:Amt Ccy="EUR">999.00</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd></c:Bal>
<c:Bal><c:Tp><c:CdOrPrtry><c:Cd>CLBD</c:Cd></c:CdOrPrtry></c:Tp><c:Amt Ccy="EUR">5.50</c:Amt><c:CdtDbtInd>DBIT</c:CdtDbtInd></c:Bal>
<c:Ntry><c:NtryRef>1</c:NtryRef><c:Amt Ccy="EUR">48.53</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd><c:RvslInd>true</c:RvslInd><c:Sts>{status}</c:Sts>
<c:BookgDt><c:Dt>2026-03-04</c:Dt></c:BookgDt><c:ValDt><c:DtTm>2026-03-05T00:00:00+01:00</c:DtTm></c:ValDt><c:AcctSvcrRef>B77</c:AcctSvcrRef>
<c:NtryDtls><c:TxDtls><c:AmtDtls><c:InstdAmt><c:Amt Ccy="USD">52.00</c:Amt></c:InstdAmt></c:AmtDtls><c:RmtInf><c:Ustrd>TX9001XT batch 14 &amp; more</c:Ustrd></c:RmtInf></c:TxDtls></c:NtryDtls></c:Ntry>
<c:Ntry><c:Amt Ccy="EUR">64.03</c:Amt><c:CdtDbtInd>DBIT</c:CdtDbtInd><c:Sts>{status}</c:Sts><c:BookgDt><c:DtTm>2026-03-04T10:00:00</c:DtTm></c:BookgDt></c:Ntry>
<c:Ntry><c:Amt Ccy="EUR">1.00</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd><c:Sts><c:Cd>PDNG</c:Cd></c:Sts></c:Ntry>
</c:Stmt></c:BkToCstmrStmt></c:Document>"#
    )
}

#[test]
fn camt_is_read_by_local_names_in_every_version() {
    for (version, status) in
        [("02", "BOOK"), ("08", "<c:Cd>BOOK</c:Cd>"), ("11", "<c:Cd>BOOK</c:Cd>")]
    {
        let statements = sound(Format::Camt053, &camt(version, status));
        let [one] = statements.as_slice() else { panic!("one statement") };
        assert_eq!(one.account, "DE02120300000000202051");
        assert_eq!(one.sequence, Some(7));
        assert_eq!(one.minors(), [4_853, -6_403]);
        assert!(one.balances(), "{one:?}");
        let first = one.entries.first().expect("an entry");
        assert_eq!(first.description.as_deref(), Some("TX9001XT batch 14 & more"));
        assert_eq!(first.reference.as_deref(), Some("B77"));
        assert_eq!(first.value_date.map(|day| day.to_string()), Some("2026-03-05".into()));
    }
}

#[test]
fn camt_that_is_cut_off_or_wrong_is_refused() {
    let whole = camt("02", "BOOK");
    for cut in [whole.len() - 5, whole.len() / 2, 300] {
        let (outcome, _) = all(Format::Camt053, &whole.as_bytes()[..cut]);
        assert!(outcome.fault_count > 0, "cut at {cut}");
    }
    let bomb = whole.replacen("<c:Document", "<!DOCTYPE x [<!ENTITY a \"b\">]><c:Document", 1);
    assert!(all(Format::Camt053, bomb.as_bytes()).0.fault_count > 0);
    let deep = "<a>".repeat(100_000);
    assert!(all(Format::Camt053, deep.as_bytes()).0.fault_count > 0);
    let wrong = whole.replace("48.53", "48,53").replace("64.03", "-64.03");
    let (outcome, _) = all(Format::Camt053, wrong.as_bytes());
    assert_eq!(
        outcome.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
}

pub(super) const MT940: &str = "{1:F01BANKDEFFAXXX}{4:\r
:20:STARTUMS\r
:25:12030000/202051\r
:28C:00004/001\r
:60F:C251230EUR000000000010,00\r
:61:2512310102CR48,53NTRFNONREF//B77\r
:86:166?00GUTSCHRIFT?20TX9001XT batch 1?214, ShopEU?30BANKDEFF?32Provider BV\r
:61:260101RC6800,NTRFFEE1\r
supplementary\r
:86:free text with a no\u{2011}break hyphen\r
:61:260101RD0,3NSTO\r
:62F:D260102EUR6741,17\r
-}\r
:20:SECOND\r
:25:12030000/202051\r
:28C:5\r
:60M:D260102EUR6741,17\r
:62F:D260102EUR6741,17\r
-\r
";

#[test]
fn mt940_is_read_as_banks_write_it() {
    let statements = sound(Format::Mt940, MT940);
    let [first, second] = statements.as_slice() else { panic!("two statements") };
    assert_eq!(first.account, "12030000/202051");
    assert_eq!((first.sequence, second.sequence), (Some(4), Some(5)));
    assert_eq!(first.minors(), [4_853, -680_000, 30]);
    assert!(first.balances(), "{first:?}");
    assert!(second.balances());
    let entry = first.entries.first().expect("an entry");
    assert_eq!(entry.booked_at.to_string(), "2026-01-02", "the entry date is after the value date");
    let said = entry.description.as_deref();
    assert_eq!(
        said,
        Some("GUTSCHRIFT TX9001XT batch 14, ShopEU Provider BV"),
        "words go on over sub-fields"
    );
    let fee = first.entries.get(1).expect("an entry");
    assert_eq!(fee.reference.as_deref(), Some("FEE1"));
    let latin: Vec<u8> = MT940
        .replace("\u{2011}", "\u{e9}")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("latin"))
        .collect();
    let (outcome, statements) = all(Format::Mt940, &latin);
    assert_eq!(outcome.faults, []);
    let said = statements
        .first()
        .and_then(|one| one.entries.get(1))
        .and_then(|entry| entry.description.clone());
    assert_eq!(said.as_deref(), Some("free text with a noébreak hyphen"));
    for ending in ["\r", "\n"] {
        let statements = sound(Format::Mt940, &MT940.replace("\r\n", ending));
        assert_eq!(statements.first().map(Statement::minors), Some(vec![4_853, -680_000, 30]));
    }
    let (outcome, _) = all(Format::Mt940, MT940.replace("CR48,53", "X48,53").as_bytes());
    assert_eq!(outcome.faults.first().and_then(|fault| fault.line), Some(6));
}

pub(super) const BAI2: &str = "01,BANK,SHOP,260304,0800,1,80,,2/
02,SHOP,BANK,1,260303,,USD,2/
03,1234,USD,010,10000,,,015,14853,,,100,4953,1,V,260303,/
88,400,100,1,/
16,165,4953,V,260304,1200,B77,,STRIPE PAYOUT po_1, more/
88,and on
16,451,100,D,2,0,50,1,50,,C1,FEE/
49,34959,6/
98,34959,1,8/
99,34959,1,10/
";

#[test]
fn bai2_is_read_by_its_funds_types_and_checked_by_its_trailers() {
    let statements = sound(Format::Bai2, BAI2);
    let [one] = statements.as_slice() else { panic!("one statement") };
    assert_eq!(one.minors(), [4_953, -100]);
    assert!(one.balances(), "{one:?}");
    let first = one.entries.first().expect("an entry");
    assert_eq!(first.reference.as_deref(), Some("B77"));
    assert_eq!(first.value_date.map(|day| day.to_string()), Some("2026-03-04".into()));
    assert!(first.description.as_deref().is_some_and(|said| said.contains("po_1, more")));
    assert_eq!(one.entries.get(1).and_then(|entry| entry.reference.as_deref()), Some("C1"));
    for (from, to) in
        [("49,34959", "49,34958"), ("98,34959,1,8", "98,34959,1,7"), ("99,34959,1,10/\n", "")]
    {
        let (outcome, _) = all(Format::Bai2, BAI2.replace(from, to).as_bytes());
        assert!(outcome.fault_count > 0, "{from}");
    }
}

#[test]
fn a_table_of_our_own_tells_balances_row_by_row() {
    let file = "account,currency,date,amount,balance,statement,description\n\
        DE02 1203,EUR,2026-03-01,10.00,110.00,1,a\n\
        DE02 1203,EUR,2026-03-02,-5.00,105.00,1,\"b, c\"\n\
        DE99,JPY,2026-03-02,500,,,\n";
    let statements = sound(Format::GenericCsv, file);
    let [first, second] = statements.as_slice() else { panic!("two statements") };
    assert_eq!((first.opening, first.closing), (Some(10_000), Some(10_500)));
    assert!(first.balances());
    assert_eq!((second.account.as_str(), second.minors()), ("DE99", vec![500]));
    let (outcome, _) = all(Format::GenericCsv, file.replace("-5.00", "").as_bytes());
    assert_eq!(
        outcome.faults.first().and_then(|fault| fault.column.clone()).as_deref(),
        Some("amount")
    );
}
