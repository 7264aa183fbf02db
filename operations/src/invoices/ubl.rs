//! Documents as UBL 2.1, in the semantic model of EN 16931.
//!
//! Elements stand in the order of the schema; terms (`BT-…`) and rules (`BR-…`) are those of EN 16931-1:2017 and its
//! binding to UBL, CEN/TS 16931-3-2.

use super::paper::Paper;
use crate::error::{Error, Result};
use crate::money::{Currency, rate_decimal};
use entities::enums::{InvoiceKind, TaxScheme};
use entities::invoice_line;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::io;

const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
/// The pieces that lines count in, of UN/ECE Recommendation 20.
const PIECE: &str = "H87";

/// How UNTDID 5305 names a rule, and why nothing is due, as the code list VATEX names it.
const fn category(
    scheme: TaxScheme,
    rate_ppm: i32,
) -> (&'static str, Option<(&'static str, &'static str)>) {
    match scheme {
        TaxScheme::Domestic | TaxScheme::Oss if rate_ppm > 0 => ("S", None),
        TaxScheme::Domestic | TaxScheme::Oss => ("Z", None),
        TaxScheme::Export => ("G", Some(("VATEX-EU-G", "Export outside the EU"))),
        TaxScheme::ReverseCharge => ("K", Some(("VATEX-EU-IC", "Intra-Community supply"))),
        TaxScheme::Exempt => ("E", Some(("VATEX-EU-132", "Exempt from VAT"))),
    }
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn open(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.0.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.leaf(name, text))
    }

    fn amount(&mut self, name: &str, currency: Currency, amount: Decimal) -> io::Result<()> {
        self.0
            .create_element(name)
            .with_attribute(("currencyID", currency.code()))
            .write_text_content(BytesText::new(&amount.to_string()))
            .map(|_| ())
    }
}

/// The document as XML in UTF-8.
pub fn ubl(paper: &Paper) -> Result<Vec<u8>> {
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    write(&mut xml, paper).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(xml.0.into_inner())
}

fn write(xml: &mut Xml, paper: &Paper) -> io::Result<()> {
    let document = &paper.document;
    let note = document.kind == InvoiceKind::CreditNote;
    let root = if note { "CreditNote" } else { "Invoice" };
    let own = format!("urn:oasis:names:specification:ubl:schema:xsd:{root}-2");
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let start = BytesStart::new(root);
    let spaces = [("xmlns", own.as_str()), ("xmlns:cac", CAC), ("xmlns:cbc", CBC)];
    xml.0.write_event(Event::Start(start.with_attributes(spaces)))?;
    xml.leaf("cbc:CustomizationID", "urn:cen.eu:en16931:2017")?;
    xml.leaf("cbc:ID", &document.number)?;
    xml.leaf("cbc:IssueDate", &document.issued_on)?;
    let due = paper.due_on.as_deref();
    if note {
        xml.leaf("cbc:CreditNoteTypeCode", "381")?;
    } else {
        xml.maybe("cbc:DueDate", due)?;
        xml.leaf("cbc:InvoiceTypeCode", "380")?;
    }
    xml.maybe("cbc:Note", document.reason.as_deref())?;
    xml.leaf("cbc:DocumentCurrencyCode", paper.currency.code())?;
    let in_two = paper.currency != paper.tax_currency;
    if in_two {
        xml.leaf("cbc:TaxCurrencyCode", paper.tax_currency.code())?;
    }
    xml.leaf("cbc:BuyerReference", &document.order_number)?;
    xml.open("cac:OrderReference")?;
    xml.leaf("cbc:ID", &document.order_number)?;
    xml.close("cac:OrderReference")?;
    if let Some(corrects) = &paper.corrects {
        xml.open("cac:BillingReference")?;
        xml.open("cac:InvoiceDocumentReference")?;
        xml.leaf("cbc:ID", corrects)?;
        xml.close("cac:InvoiceDocumentReference")?;
        xml.close("cac:BillingReference")?;
    }
    seller(xml, paper)?;
    buyer(xml, paper)?;
    delivery(xml, paper)?;
    if due.is_none() && !note {
        // What is to be paid says when, or how (BR-CO-25).
        xml.open("cac:PaymentTerms")?;
        xml.leaf("cbc:Note", "Paid by the means of payment of the order.")?;
        xml.close("cac:PaymentTerms")?;
    }
    taxes(xml, paper)?;
    let currency = paper.currency;
    xml.open("cac:LegalMonetaryTotal")?;
    let (net, gross) = (paper.amount(document.net_minor), paper.amount(document.gross_minor));
    xml.amount("cbc:LineExtensionAmount", currency, net)?;
    xml.amount("cbc:TaxExclusiveAmount", currency, net)?;
    xml.amount("cbc:TaxInclusiveAmount", currency, gross)?;
    xml.amount("cbc:PayableAmount", currency, gross)?;
    xml.close("cac:LegalMonetaryTotal")?;
    for (number, one) in (1..).zip(&paper.lines) {
        line(xml, paper, (number, one), note)?;
    }
    xml.close(root)
}

fn seller(xml: &mut Xml, paper: &Paper) -> io::Result<()> {
    let name = paper.seller("name").unwrap_or("unnamed");
    xml.open("cac:AccountingSupplierParty")?;
    xml.open("cac:Party")?;
    xml.open("cac:PartyIdentification")?;
    xml.leaf("cbc:ID", &paper.document.legal_entity_id.to_string())?;
    xml.close("cac:PartyIdentification")?;
    country(xml, "cac:PostalAddress", paper.seller("countryCode").unwrap_or("ZZ"))?;
    tax_number(xml, paper.seller("taxId"))?;
    legal_name(xml, name)?;
    xml.close("cac:Party")?;
    xml.close("cac:AccountingSupplierParty")
}

fn buyer(xml: &mut Xml, paper: &Paper) -> io::Result<()> {
    let named = paper.bill_to.company.as_deref().or(paper.bill_to.name.as_deref());
    let unnamed = format!("Customer of order {}", paper.document.order_number);
    xml.open("cac:AccountingCustomerParty")?;
    xml.open("cac:Party")?;
    xml.open("cac:PostalAddress")?;
    xml.maybe("cbc:StreetName", paper.bill_to.line1.as_deref())?;
    xml.maybe("cbc:AdditionalStreetName", paper.bill_to.line2.as_deref())?;
    xml.maybe("cbc:CityName", paper.bill_to.city.as_deref())?;
    xml.maybe("cbc:PostalZone", paper.bill_to.postal_code.as_deref())?;
    xml.maybe("cbc:CountrySubentity", paper.bill_to.region.as_deref())?;
    let taxed = paper.lines.iter().find_map(|line| line.tax_country.as_deref());
    let place =
        paper.bill_to.country_code.as_deref().or(taxed).or_else(|| paper.seller("countryCode"));
    xml.open("cac:Country")?;
    xml.leaf("cbc:IdentificationCode", place.unwrap_or("ZZ"))?;
    xml.close("cac:Country")?;
    xml.close("cac:PostalAddress")?;
    tax_number(xml, paper.document.buyer_tax_id.as_deref())?;
    legal_name(xml, named.unwrap_or(&unnamed))?;
    xml.close("cac:Party")?;
    xml.close("cac:AccountingCustomerParty")
}

/// What goes to another member state without tax says where and when (BR-IC-11, BR-IC-12).
fn delivery(xml: &mut Xml, paper: &Paper) -> io::Result<()> {
    let supplied = |line: &&invoice_line::Model| line.tax_scheme == TaxScheme::ReverseCharge;
    let Some(line) = paper.lines.iter().find(supplied) else { return Ok(()) };
    let place = line.tax_country.as_deref().or(paper.bill_to.country_code.as_deref());
    xml.open("cac:Delivery")?;
    xml.leaf("cbc:ActualDeliveryDate", &paper.document.issued_on)?;
    xml.open("cac:DeliveryLocation")?;
    country(xml, "cac:Address", place.unwrap_or("ZZ"))?;
    xml.close("cac:DeliveryLocation")?;
    xml.close("cac:Delivery")
}

fn country(xml: &mut Xml, name: &str, code: &str) -> io::Result<()> {
    xml.open(name)?;
    xml.open("cac:Country")?;
    xml.leaf("cbc:IdentificationCode", code)?;
    xml.close("cac:Country")?;
    xml.close(name)
}

fn tax_number(xml: &mut Xml, number: Option<&str>) -> io::Result<()> {
    let Some(number) = number else { return Ok(()) };
    xml.open("cac:PartyTaxScheme")?;
    xml.leaf("cbc:CompanyID", number)?;
    vat(xml)?;
    xml.close("cac:PartyTaxScheme")
}

fn vat(xml: &mut Xml) -> io::Result<()> {
    xml.open("cac:TaxScheme")?;
    xml.leaf("cbc:ID", "VAT")?;
    xml.close("cac:TaxScheme")
}

fn legal_name(xml: &mut Xml, name: &str) -> io::Result<()> {
    xml.open("cac:PartyLegalEntity")?;
    xml.leaf("cbc:RegistrationName", name)?;
    xml.close("cac:PartyLegalEntity")
}

/// The tax in all, by category and rate; and in the currency of the seller's return, where that is another (BR-53).
fn taxes(xml: &mut Xml, paper: &Paper) -> io::Result<()> {
    let currency = paper.currency;
    let mut groups: BTreeMap<(&str, i32), (i64, i64, TaxScheme)> = BTreeMap::new();
    for line in &paper.lines {
        let code = category(line.tax_scheme, line.tax_rate_ppm).0;
        let group = groups.entry((code, line.tax_rate_ppm)).or_insert((0, 0, line.tax_scheme));
        group.0 += line.net_minor;
        group.1 += line.tax_minor;
    }
    xml.open("cac:TaxTotal")?;
    xml.amount("cbc:TaxAmount", currency, paper.amount(paper.document.tax_minor))?;
    for ((_, rate), (net, tax, scheme)) in groups {
        xml.open("cac:TaxSubtotal")?;
        xml.amount("cbc:TaxableAmount", currency, paper.amount(net))?;
        xml.amount("cbc:TaxAmount", currency, paper.amount(tax))?;
        tax_category(xml, "cac:TaxCategory", (scheme, rate), true)?;
        xml.close("cac:TaxSubtotal")?;
    }
    xml.close("cac:TaxTotal")?;
    if currency != paper.tax_currency {
        let base: i64 = paper.lines.iter().map(|line| line.tax_base_minor).sum();
        xml.open("cac:TaxTotal")?;
        let amount = paper.tax_currency.decimal(base);
        xml.amount("cbc:TaxAmount", paper.tax_currency, amount)?;
        xml.close("cac:TaxTotal")?;
    }
    Ok(())
}

fn tax_category(
    xml: &mut Xml,
    name: &str,
    (scheme, rate_ppm): (TaxScheme, i32),
    with_reason: bool,
) -> io::Result<()> {
    let (code, reason) = category(scheme, rate_ppm);
    xml.open(name)?;
    xml.leaf("cbc:ID", code)?;
    let percent = (rate_decimal(rate_ppm) * Decimal::ONE_HUNDRED).normalize();
    xml.leaf("cbc:Percent", &percent.to_string())?;
    if let Some((code, text)) = reason.filter(|_| with_reason) {
        xml.leaf("cbc:TaxExemptionReasonCode", code)?;
        xml.leaf("cbc:TaxExemptionReason", text)?;
    }
    vat(xml)?;
    xml.close(name)
}

/// A line: its net amount is the price of all its units, so that nothing is lost by dividing. What takes something off has
/// a negative quantity, since no price is negative (BR-27).
fn line(
    xml: &mut Xml,
    paper: &Paper,
    (number, line): (i32, &invoice_line::Model),
    note: bool,
) -> io::Result<()> {
    let (name, quantity) = if note {
        ("cac:CreditNoteLine", "cbc:CreditedQuantity")
    } else {
        ("cac:InvoiceLine", "cbc:InvoicedQuantity")
    };
    let (units, price) = (line.quantity, paper.amount(line.net_minor.abs()));
    let signed = if line.net_minor < 0 { -units } else { units };
    let counted = |xml: &mut Xml, name: &str, units: i32| {
        xml.0
            .create_element(name)
            .with_attribute(("unitCode", PIECE))
            .write_text_content(BytesText::new(&units.to_string()))
            .map(|_| ())
    };
    xml.open(name)?;
    xml.leaf("cbc:ID", &number.to_string())?;
    counted(xml, quantity, signed)?;
    xml.amount("cbc:LineExtensionAmount", paper.currency, paper.amount(line.net_minor))?;
    xml.open("cac:Item")?;
    xml.leaf("cbc:Name", &line.description)?;
    if let Some(sku) = &line.sku {
        xml.open("cac:SellersItemIdentification")?;
        xml.leaf("cbc:ID", sku)?;
        xml.close("cac:SellersItemIdentification")?;
    }
    tax_category(xml, "cac:ClassifiedTaxCategory", (line.tax_scheme, line.tax_rate_ppm), false)?;
    xml.close("cac:Item")?;
    xml.open("cac:Price")?;
    xml.amount("cbc:PriceAmount", paper.currency, price)?;
    counted(xml, "cbc:BaseQuantity", units)?;
    xml.close("cac:Price")?;
    xml.close(name)
}
