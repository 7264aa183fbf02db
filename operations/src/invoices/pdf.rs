//! Documents as PDF/A: A4, in a font that has the letters of Europe.
#![expect(clippy::float_arithmetic, reason = "places on paper are points and parts of them")]

use super::paper::Paper;
use crate::error::{Error, Result};
use crate::money::rate_decimal;
use entities::enums::{InvoiceKind, TaxScheme};
use entities::invoice_line;
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::text::{Font, TextDirection};
use rust_decimal::Decimal;
use std::sync::LazyLock;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 56.0;
const RIGHT: f32 = 539.0;
const TOP: f32 = 64.0;
/// Nothing but the number of the page stands below.
const BOTTOM: f32 = 770.0;
const SMALL: f32 = 8.0;
const NORMAL: f32 = 9.5;
const LEADING: f32 = 13.0;
/// Where columns of numbers end.
const QUANTITY: f32 = 300.0;
const PRICE: f32 = 366.0;
const DISCOUNT: f32 = 430.0;
const RATE: f32 = 472.0;

struct Face {
    font: Font,
    shape: rustybuzz::Face<'static>,
}

impl Face {
    fn of(data: &'static [u8]) -> Option<Self> {
        let font = Font::new(data.into(), 0)?;
        Some(Self { font, shape: rustybuzz::Face::from_slice(data, 0)? })
    }

    /// How wide a text is.
    fn width(&self, text: &str, size: f32) -> f32 {
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        buffer.push_str(text);
        let shaped = rustybuzz::shape(&self.shape, &[], buffer);
        let advances = shaped.glyph_positions().iter().map(|glyph| glyph.x_advance);
        let units: f32 =
            advances.map(|units| f32::from(i16::try_from(units).unwrap_or(i16::MAX))).sum();
        units * size / self.font.units_per_em()
    }
}

/// `DejaVu` Sans: Latin, Greek and Cyrillic, under a licence that lets it be embedded.
static PLAIN: LazyLock<Option<Face>> = LazyLock::new(|| Face::of(dejavu::sans::regular()));
static BOLD: LazyLock<Option<Face>> = LazyLock::new(|| Face::of(dejavu::sans::bold()));

/// What stands on a page.
enum Mark {
    Text { x: f32, y: f32, size: f32, bold: bool, text: String },
    Rule { y: f32 },
}

/// Pages in the making.
struct Layout<'a> {
    paper: &'a Paper,
    plain: &'a Face,
    bold: &'a Face,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Layout<'_> {
    fn face(&self, bold: bool) -> &Face {
        if bold { self.bold } else { self.plain }
    }

    fn mark(&mut self, mark: Mark) {
        match self.pages.last_mut() {
            Some(page) => page.push(mark),
            None => self.pages.push(vec![mark]),
        }
    }

    fn text(&mut self, x: f32, (size, bold): (f32, bool), text: impl Into<String>) {
        let mark = Mark::Text { x, y: self.y, size, bold, text: text.into() };
        self.mark(mark);
    }

    /// Text that ends there.
    fn right(&mut self, x: f32, (size, bold): (f32, bool), text: &str) {
        let width = self.face(bold).width(text, size);
        self.text(x - width, (size, bold), text);
    }

    fn rule(&mut self) {
        let y = self.y;
        self.mark(Mark::Rule { y });
    }

    fn down(&mut self, by: f32) {
        self.y += by;
    }

    /// Words in lines that are no wider; a word that is wider is cut.
    fn wrapped(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let fits = |line: &str| self.plain.width(line, size) <= width;
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let joined = lines.last().map(|line| format!("{line} {word}"));
            match (joined.filter(|joined| fits(joined)), lines.last_mut()) {
                (Some(joined), Some(line)) => *line = joined,
                _ => lines.push(word.to_owned()),
            }
            while let Some(line) = lines.last().filter(|line| !fits(line)).cloned() {
                let cut = line
                    .char_indices()
                    .map(|(at, _)| at)
                    .skip(1)
                    .take_while(|at| line.get(..*at).is_some_and(fits))
                    .last();
                let Some((head, tail)) = cut.and_then(|at| line.split_at_checked(at)) else {
                    break;
                };
                lines.pop();
                lines.extend([head.to_owned(), tail.to_owned()]);
            }
        }
        lines
    }
}

/// The document as PDF/A-2b: the same bytes every time.
pub fn pdf(paper: &Paper) -> Result<Vec<u8>> {
    let fault = |what: &str| Error::Internal(format!("{} as PDF: {what}", paper.document.number));
    let face = |face: &'static LazyLock<Option<Face>>| {
        LazyLock::force(face).as_ref().ok_or_else(|| fault("the font is broken"))
    };
    let (plain, bold) = (face(&PLAIN)?, face(&BOLD)?);
    let mut layout = Layout { paper, plain, bold, pages: vec![Vec::new()], y: TOP };
    layout.head();
    layout.table_head();
    for line in &paper.lines {
        layout.line(line);
    }
    layout.totals();
    layout.notes();
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B);
    let configuration = configuration.finish().map_err(|_| fault("there is no such PDF/A"))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(paper));
    let count = layout.pages.len();
    for (number, page) in (1..).zip(&layout.pages) {
        let size =
            PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| fault("a page is no page"))?;
        let mut sheet = document.start_page_with(size);
        let mut surface = sheet.surface();
        surface
            .set_fill(Some(Fill { paint: rgb::Color::new(20, 20, 20).into(), ..Fill::default() }));
        let foot = format!("{}, page {number} of {count}", paper.document.number);
        let foot = Mark::Text { x: LEFT, y: HEIGHT - 36.0, size: SMALL, bold: false, text: foot };
        for mark in page.iter().chain([&foot]) {
            match mark {
                Mark::Text { x, y, size, bold, text } => {
                    let font = layout.face(*bold).font.clone();
                    let at = Point::from_xy(*x, *y);
                    surface.draw_text(at, font, *size, text, false, TextDirection::Auto);
                }
                Mark::Rule { y } => {
                    let mut path = PathBuilder::new();
                    let line = Rect::from_xywh(LEFT, *y, RIGHT - LEFT, 0.5);
                    path.push_rect(line.ok_or_else(|| fault("a rule is no rule"))?);
                    if let Some(path) = path.finish() {
                        surface.draw_path(&path);
                    }
                }
            }
        }
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|error| fault(&format!("{error:?}")))
}

fn metadata(paper: &Paper) -> Metadata {
    let document = &paper.document;
    let at = document.issued_at;
    let year = u16::try_from(at.year()).unwrap_or(0);
    let created = DateTime::new(year)
        .month(at.month().into())
        .day(at.day())
        .hour(at.hour())
        .minute(at.minute())
        .second(at.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(document.number.clone())
        .authors(vec![paper.seller("name").unwrap_or_default().to_owned()])
        .language("en".to_owned())
        .document_id(document.id.to_string())
        .creator("Aftercart".to_owned())
        .creation_date(created)
}

impl Layout<'_> {
    /// Who, to whom, and which document.
    fn head(&mut self) {
        let paper = self.paper;
        let document = &paper.document;
        let seller = paper.seller("name").unwrap_or_default().to_owned();
        self.text(LEFT, (NORMAL, true), seller);
        self.down(LEADING);
        let tax_id = paper.seller("taxId").map(|number| format!("Tax number {number}"));
        for text in [paper.seller("countryCode").map(str::to_owned), tax_id].into_iter().flatten() {
            self.text(LEFT, (SMALL, false), text);
            self.down(LEADING);
        }
        self.down(28.0);
        let from = self.y;
        for text in self.addressee() {
            for text in self.wrapped(&text, NORMAL, 230.0) {
                self.text(LEFT, (NORMAL, false), text);
                self.down(LEADING);
            }
        }
        let below = self.y;
        self.y = from;
        let facts = [
            ("Date", Some(document.issued_on.clone())),
            ("Order", Some(document.order_number.clone())),
            ("Due", paper.due_on.clone()),
            ("Corrects", paper.corrects.clone()),
        ];
        for (name, value) in facts {
            let Some(value) = value else { continue };
            self.text(RATE - 110.0, (SMALL, false), name);
            self.right(RIGHT, (NORMAL, false), &value);
            self.down(LEADING);
        }
        self.y = self.y.max(below) + 30.0;
        let title = match document.kind {
            InvoiceKind::Invoice => format!("Invoice {}", document.number),
            InvoiceKind::CreditNote => format!("Credit note {}", document.number),
        };
        self.text(LEFT, (16.0, true), title);
        self.down(30.0);
    }

    fn addressee(&self) -> Vec<String> {
        let paper = self.paper;
        let to = &paper.bill_to;
        let town = [&to.postal_code, &to.city].into_iter().flatten();
        let town: Vec<&str> = town.map(String::as_str).collect();
        let town = (!town.is_empty()).then(|| town.join(" "));
        let tax_id = paper.document.buyer_tax_id.as_ref().map(|id| format!("Tax number {id}"));
        let parts = [
            to.company.clone(),
            to.name.clone(),
            to.line1.clone(),
            to.line2.clone(),
            town,
            to.region.clone(),
            to.country_code.clone(),
            tax_id,
        ];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect()
    }

    fn table_head(&mut self) {
        let with = if self.paper.document.tax_included { "incl. tax" } else { "excl. tax" };
        self.text(LEFT, (SMALL, true), "Description");
        self.right(QUANTITY, (SMALL, true), "Quantity");
        self.right(PRICE, (SMALL, true), "Unit price");
        self.right(DISCOUNT, (SMALL, true), "Discount");
        self.right(RATE, (SMALL, true), "Tax");
        self.right(RIGHT, (SMALL, true), "Net");
        self.down(10.0);
        self.right(PRICE, (SMALL, false), with);
        self.right(DISCOUNT, (SMALL, false), with);
        self.right(RIGHT, (SMALL, false), self.paper.currency.code());
        self.down(6.0);
        self.rule();
        self.down(LEADING);
    }

    /// Begins a page where not so much is left of this one.
    fn room(&mut self, wanted: f32, in_table: bool) {
        if self.y + wanted <= BOTTOM {
            return;
        }
        self.pages.push(Vec::new());
        self.y = TOP;
        if in_table {
            self.table_head();
        }
    }

    fn line(&mut self, line: &invoice_line::Model) {
        let paper = self.paper;
        let named = match &line.sku {
            Some(sku) => format!("{} ({sku})", line.description),
            None => line.description.clone(),
        };
        let named = self.wrapped(&named, NORMAL, QUANTITY - LEFT - 50.0);
        let height = named.iter().fold(4.0, |height, _| height + LEADING);
        self.room(height, true);
        let text = |minor: i64| paper.amount(minor).to_string();
        self.right(QUANTITY, (NORMAL, false), &line.quantity.to_string());
        self.right(PRICE, (NORMAL, false), &text(line.unit_price_minor));
        if line.discount_minor != 0 {
            self.right(DISCOUNT, (NORMAL, false), &text(-line.discount_minor));
        }
        self.right(RATE, (NORMAL, false), &percent(rate_decimal(line.tax_rate_ppm)));
        self.right(RIGHT, (NORMAL, false), &text(line.net_minor));
        for part in named {
            self.text(LEFT, (NORMAL, false), part);
            self.down(LEADING);
        }
        self.down(4.0);
    }

    /// Tax by rate and country, and what it comes to.
    fn totals(&mut self) {
        let paper = self.paper;
        let taxes = paper.taxes();
        let lines = i16::try_from(taxes.len()).unwrap_or(i16::MAX);
        self.room(90.0 + f32::from(lines) * LEADING, false);
        self.rule();
        self.down(LEADING + 2.0);
        let total = |layout: &mut Self, name: String, minor: i64, bold: bool| {
            let amount = format!("{} {}", paper.amount(minor), paper.currency.code());
            layout.text(PRICE - 60.0, (NORMAL, bold), name);
            layout.right(RIGHT, (NORMAL, bold), &amount);
            layout.down(LEADING + 2.0);
        };
        total(self, "Net".to_owned(), paper.document.net_minor, false);
        for tax in taxes {
            let place = tax.country.as_deref().unwrap_or("");
            let base = paper.amount(tax.net_minor);
            let name = format!("Tax {} {place} of {base}", percent(tax.rate));
            total(self, name, tax.tax_minor, false);
        }
        total(self, "Total".to_owned(), paper.document.gross_minor, true);
        if paper.currency != paper.tax_currency {
            let base: i64 = paper.lines.iter().map(|line| line.tax_base_minor).sum();
            let name = format!("Tax in {}", paper.tax_currency.code());
            let amount =
                format!("{} {}", paper.tax_currency.decimal(base), paper.tax_currency.code());
            self.text(PRICE - 60.0, (SMALL, false), name);
            self.right(RIGHT, (SMALL, false), &amount);
            self.down(LEADING);
        }
        self.down(LEADING);
    }

    /// What the law wants said where nothing is due, or due elsewhere.
    fn notes(&mut self) {
        let mut notes: Vec<String> = Vec::new();
        for scheme in self.paper.schemes() {
            notes.extend(
                match scheme {
                    TaxScheme::Domestic => None,
                    TaxScheme::Oss => Some(
                        "Taxed at the destination under the one-stop shop of the European Union.",
                    ),
                    TaxScheme::Export => Some("Export: exempt from tax."),
                    TaxScheme::ReverseCharge => {
                        Some("Intra-Community supply: reverse charge, the recipient owes the tax.")
                    }
                    TaxScheme::Exempt => Some("Exempt from tax."),
                }
                .map(str::to_owned),
            );
        }
        notes.extend(self.paper.document.reason.as_ref().map(|reason| format!("Reason: {reason}")));
        for note in notes {
            for text in self.wrapped(&note, SMALL, RIGHT - LEFT) {
                self.room(LEADING, false);
                self.text(LEFT, (SMALL, false), text);
                self.down(LEADING);
            }
        }
    }
}

fn percent(rate: Decimal) -> String {
    format!("{} %", (rate * Decimal::ONE_HUNDRED).normalize())
}
