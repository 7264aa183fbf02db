//! `aftercart import`.

use super::{Fault, Outcome, configure, open, print};
use crate::orders::import::read_line;
use async_compression::tokio::bufread::GzipDecoder;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use operations::orders::import::{ImportOrder, MAX_ORDERS, import};
use operations::{Actor, Call, RefusalCode, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// A file of JSON lines, one order (`OrderImportInput`) a line; `.gz` too; `-` for standard input.
    #[arg(required = true)]
    file: Option<PathBuf>,
}

/// What else can be imported.
#[derive(Debug, Subcommand)]
enum What {
    /// Stock that was counted or came in: CSV with the columns `location`, `sku`, and `counted` or `received`.
    #[command(
        after_help = "Example:\n  aftercart import stock stock.csv\n\nThe first line names the columns: `location` (its code), `sku`, and `counted` (what lies there) or `received` (what came\nin); a row fills one of the two. Every row is checked first: where any is faulty all faults are printed with their lines\nand nothing is written. What was counted goes through stock counts of up to 1,000 SKUs, so that every difference is a\nmovement. The same file again receives nothing twice."
    )]
    Stock {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Credit notes of an earlier system, which do not say what they are for: CSV with the columns `channel`, `reference`, `at`,
    /// `customer`, `sku`, `quantity`, `unit_price` and `reason`.
    #[command(
        after_help = "Example:\n  aftercart import returns credit_notes.csv --unmatched left.csv\n\nThe first line names the columns:\n  channel     the code of the channel\n  reference   what the credit note is called; its lines share `at` and `customer`\n  at          when it was written, such as 2011-03-01T10:30:00Z\n  customer    an email, or an account in the channel; may be empty\n  sku         what came back\n  quantity    how many units, 1 at least\n  unit_price  what one of them was credited with, in the currency of the channel\n  reason      a `ReturnReason`; OTHER where the column or the value is missing\n\nEvery row is checked first: where any is faulty all faults are printed with their lines and nothing is written. Then each\ncredit note, the oldest first, is looked for among what the customer had bought before, as `aftercart import` told it: the\nsame SKU at the same price, the newest purchase first. Each unit that was sold is taken back once. What is found becomes a\nreturn that is settled; what is not is kept with the credit note, and printed with `--unmatched`. The same file again\ntakes nothing back twice, and says the same. Moves no stock and books nothing, as the orders did not."
    )]
    Returns {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Where to write the rows of which not all was found, with the units that are left.
        #[arg(long)]
        unmatched: Option<PathBuf>,
    },
}

/// The longest line: an order of 250 lines is far below.
const MAX_LINE: u64 = 4 * 1024 * 1024;
/// Lines with the same fault that are printed; the rest is counted.
const MAX_ALIKE: usize = 3;
/// Different faults that are told apart.
const MAX_FAULTS: usize = 200;

pub(super) async fn run(args: ImportArgs) -> Outcome {
    let file = match (args.what, args.file) {
        (Some(What::Stock { file }), _) => return super::import_stock::run(file).await,
        (Some(What::Returns { file, unmatched }), _) => {
            return super::import_returns::run(file, unmatched).await;
        }
        (None, Some(file)) => file,
        (None, None) => return Err(Fault::Usage(vec!["name a file".to_owned()])),
    };
    let config = configure()?;
    let source = source(&file).await?;
    let store = open(&config).await?;
    let mut run = Run::new(&store);
    let read = run.file(source).await;
    run.bar.finish_and_clear();
    store.close().await;
    let code = run.close();
    read.map(|()| code)
}

async fn source(path: &Path) -> Result<Box<dyn AsyncBufRead + Unpin + Send>, Fault> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(tokio::io::stdin())));
    }
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| Fault::Usage(vec![format!("{}: {error}", path.display())]))?;
    let file = BufReader::with_capacity(256 * 1024, file);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz")) {
        return Ok(Box::new(BufReader::with_capacity(256 * 1024, GzipDecoder::new(file))));
    }
    Ok(Box::new(file))
}

struct Run<'a> {
    store: &'a Store,
    actor: Actor,
    bar: ProgressBar,
    begun: Instant,
    /// Orders that wait to be written together, with their line numbers.
    waiting: Vec<(usize, ImportOrder)>,
    imported: usize,
    here_already: usize,
    refused: usize,
    /// How many lines had each fault.
    faults: BTreeMap<String, usize>,
}

impl<'a> Run<'a> {
    fn new(store: &'a Store) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {pos} lines  {per_sec}  {elapsed}  {msg}")
        {
            bar.set_style(style);
        }
        Self {
            store,
            actor: Actor::system(),
            bar,
            begun: Instant::now(),
            waiting: Vec::with_capacity(MAX_ORDERS),
            imported: 0,
            here_already: 0,
            refused: 0,
            faults: BTreeMap::new(),
        }
    }

    /// Reads line by line and writes 250 orders at a time: memory does not grow with the file.
    async fn file(
        &mut self,
        mut source: Box<dyn AsyncBufRead + Unpin + Send>,
    ) -> Result<(), Fault> {
        let mut number = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let taken = (&mut source).take(MAX_LINE).read_until(b'\n', &mut line).await;
            let taken = taken.map_err(|error| {
                Fault::Failed(format!("line {}: the file cannot be read: {error}", number + 1))
            })?;
            if taken == 0 {
                break;
            }
            number += 1;
            if u64::try_from(taken).is_ok_and(|taken| taken == MAX_LINE) && !line.ends_with(b"\n") {
                return Err(Fault::Failed(format!(
                    "line {number}: is longer than {MAX_LINE} bytes"
                )));
            }
            self.bar.inc(1);
            self.line(number, &line).await?;
        }
        self.flush().await
    }

    async fn line(&mut self, number: usize, bytes: &[u8]) -> Result<(), Fault> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.refuse(number, "is no UTF-8");
            return Ok(());
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Ok(());
        }
        match read_line(text) {
            Ok(order) => self.waiting.push((number, order)),
            Err(fault) => self.refuse(number, &fault),
        }
        if self.waiting.len() == MAX_ORDERS { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (numbers, orders): (Vec<usize>, Vec<ImportOrder>) = self.waiting.drain(..).unzip();
        let done = import(self.store, Call::by(&self.actor), &orders).await?;
        self.imported += done.count();
        let mut faulty: BTreeSet<usize> = BTreeSet::new();
        for refusal in done.refusals {
            // `orders.17.lines.0.sku`: the second part is the row of this batch.
            let row = refusal.field.get(1).and_then(|row| row.parse::<usize>().ok());
            let Some(number) = row.and_then(|row| numbers.get(row)).copied() else { continue };
            if refusal.code == RefusalCode::Duplicate
                && refusal.field.last().is_some_and(|field| field == "channelReference")
            {
                self.here_already += 1;
                continue;
            }
            let field = refusal.field.get(2..).unwrap_or_default().join(".");
            self.say(number, &format!("{field}: {}", refusal.message));
            faulty.insert(number);
        }
        self.refused += faulty.len();
        self.bar.set_message(format!("{} imported", self.imported));
        Ok(())
    }

    fn refuse(&mut self, number: usize, fault: &str) {
        self.refused += 1;
        self.say(number, fault);
    }

    /// Prints a fault; of one that many lines share, the first few.
    fn say(&mut self, number: usize, fault: &str) {
        if self.faults.len() >= MAX_FAULTS && !self.faults.contains_key(fault) {
            *self.faults.entry("other faults".into()).or_default() += 1;
            return;
        }
        let alike = self.faults.entry(fault.to_owned()).or_default();
        *alike += 1;
        if *alike <= MAX_ALIKE {
            self.bar.suspend(|| eprintln!("line {number}: {fault}"));
        }
    }

    fn close(&self) -> ExitCode {
        for (fault, lines) in self.faults.iter().filter(|(_, lines)| **lines > MAX_ALIKE) {
            eprintln!("{} lines more: {fault}", lines - MAX_ALIKE);
        }
        let millis = self.begun.elapsed().as_millis().max(1);
        let lines = self.imported + self.here_already + self.refused;
        let rate = u128::try_from(lines).unwrap_or(0) * 1_000 / millis;
        print(&format!(
            "{} imported, {} here already, {} refused of {lines} lines in {}.{} s ({rate} a second)",
            self.imported,
            self.here_already,
            self.refused,
            millis / 1_000,
            millis % 1_000 / 100,
        ));
        if self.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
