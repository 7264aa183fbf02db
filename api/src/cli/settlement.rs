//! `aftercart settlement`.

use super::{Fault, Outcome, configure, open, print};
use crate::inbox;
use clap::{Args, Subcommand};
use entities::enums::{BankFormat, SettlementFormat};
use operations::bank::files::{self as bank, Part};
use operations::page::PageArgs;
use operations::settlements::files::{self as settlements, Fault as FileFault};
use operations::settlements::read;
use operations::settlements::simulate::{Simulate, Simulated, simulate};
use operations::settlements::terms::Tolerances;
use operations::settlements::totals::Totals;
use operations::{Actor, Store};
use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum SettlementCommand {
    /// Read a file and say what is in it, without a database.
    #[command(
        after_help = "Examples:\n  aftercart settlement check STRIPE_ITEMIZED payout.csv\n  aftercart settlement check CAMT053 statement.xml\n\nFormats: ADYEN_SETTLEMENT_DETAILS, STRIPE_ITEMIZED, PAYPAL_STL, MOLLIE_SETTLEMENT, GENERIC_CSV; CAMT053, MT940, BAI2, BANK_CSV."
    )]
    Check(CheckArgs),
    /// Make files of providers and banks from the orders at hand, with faults, and the answer beside them.
    #[command(
        after_help = "Example:\n  aftercart settlement simulate --seed 7 --out settlements\n\nThe folder is one that AFTERCART_SETTLEMENT_INBOX takes; expected.json says what a reconciliation should find."
    )]
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// How it is written.
    format: String,
    /// The file.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The same seed and orders make the same files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the files go.
    #[arg(long)]
    out: PathBuf,
    /// How many of a thousand lines carry a fault, 0 to 1000.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    faults: u32,
    /// Lines of a file at most.
    #[arg(long, default_value_t = 500)]
    batch: usize,
}

pub(super) async fn run(command: SettlementCommand) -> Outcome {
    match command {
        SettlementCommand::Check(args) => check(&args),
        SettlementCommand::Simulate(args) => {
            let config = configure()?;
            let store = open(&config).await?;
            let asked =
                Simulate { seed: args.seed, faults_per_mille: args.faults, batch: args.batch };
            let made = simulate(&store, asked).await;
            store.close().await;
            let made = made?;
            write(&args.out, &made)?;
            print(&format!(
                "{} files of {} steps, {} faults: {}",
                made.files.len(),
                made.steps,
                made.expected.len(),
                args.out.display()
            ));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Gives a shop that has no settlements some, with differences to look at.
pub(super) async fn settle_once(store: &Store, seed: u64) -> Result<(), Fault> {
    let actor = Actor::system();
    let none = PageArgs { first: Some(1), ..PageArgs::default() };
    if !read::reports(&store.read(), &actor, None, &none).await?.rows.is_empty() {
        return Ok(());
    }
    let asked = Simulate { seed, faults_per_mille: 150, batch: 20 };
    for file in simulate(store, asked).await?.files {
        inbox::import(store, &file.name, file.content).await?;
    }
    Ok(())
}

/// Writes the files below a folder, and what is to be found.
fn write(folder: &Path, made: &Simulated) -> Result<(), Fault> {
    for file in &made.files {
        let path = folder.join(&file.name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.content)?;
    }
    std::fs::create_dir_all(folder)?;
    let expected = serde_json::to_string_pretty(&made.expected)
        .map_err(|error| Fault::Failed(error.to_string()))?;
    std::fs::write(folder.join("expected.json"), expected + "\n")?;
    Ok(())
}

fn check(args: &CheckArgs) -> Outcome {
    let file = std::fs::File::open(&args.file)
        .map_err(|error| Fault::Failed(format!("{}: {error}", args.file.display())))?;
    let mut file = BufReader::new(file);
    let faults = match args.format.to_ascii_uppercase().as_str() {
        "ADYEN_SETTLEMENT_DETAILS" => {
            settlement(SettlementFormat::AdyenSettlementDetails, &mut file)
        }
        "STRIPE_ITEMIZED" => settlement(SettlementFormat::StripeItemized, &mut file),
        "PAYPAL_STL" => settlement(SettlementFormat::PaypalStl, &mut file),
        "MOLLIE_SETTLEMENT" => settlement(SettlementFormat::MollieSettlement, &mut file),
        "GENERIC_CSV" => settlement(SettlementFormat::GenericCsv, &mut file),
        "CAMT053" => statements(BankFormat::Camt053, &mut file),
        "MT940" => statements(BankFormat::Mt940, &mut file),
        "BAI2" => statements(BankFormat::Bai2, &mut file),
        "BANK_CSV" => statements(BankFormat::GenericCsv, &mut file),
        other => return Err(Fault::Usage(vec![format!("{other} is no format that is known")])),
    };
    for fault in &faults {
        let place = fault.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let column = fault.column.as_ref().map(|column| format!("{column}: ")).unwrap_or_default();
        print(&format!("{place}{column}{}", fault.message));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn units(code: &str, minor: i64) -> String {
    operations::money::Currency::ever(code)
        .map_or_else(|| minor.to_string(), |currency| currency.decimal(minor).to_string())
}

fn settlement(format: SettlementFormat, file: &mut BufReader<std::fs::File>) -> Vec<FileFault> {
    let mut totals = Totals::new(format);
    let mut kinds: BTreeMap<String, (u32, BTreeMap<&'static str, i64>)> = BTreeMap::new();
    let heading = settlements::read(format, file, &mut |line| {
        totals.add(&line);
        let kind = kinds.entry(format!("{:?}", line.kind)).or_default();
        kind.0 += 1;
        *kind.1.entry(line.net.currency.code()).or_default() += line.net.minor;
        true
    });
    let (account, reference) = (heading.account.as_deref(), heading.reference.as_deref());
    print(&format!("account {}, batch {}", account.unwrap_or("-"), reference.unwrap_or("-")));
    for (kind, (count, nets)) in &kinds {
        let nets: Vec<String> =
            nets.iter().map(|(code, minor)| format!("{} {code}", units(code, *minor))).collect();
        print(&format!("{kind:20} {count:>8}  net {}", nets.join(", ")));
    }
    for (code, total) in totals.by_currency(&heading) {
        print(&format!(
            "{code}: gross {}, fees {}, net {}, payouts {}",
            units(&code, total.gross),
            units(&code, total.fees),
            units(&code, total.net),
            units(&code, total.payouts)
        ));
    }
    for finding in totals.findings(&heading, &Tolerances::default()) {
        print(&format!("{:?}: {}", finding.kind, finding.explanation));
    }
    heading.faults
}

fn statements(format: BankFormat, file: &mut BufReader<std::fs::File>) -> Vec<FileFault> {
    let (mut lines, mut sum) = (0, 0_i64);
    let mut opening = None;
    let outcome = bank::read(format, file, &mut |part| {
        match part {
            Part::Head(head) => {
                (lines, sum, opening) = (0, 0, head.opening);
                print(&format!("account {}, statement {}", head.account, head.reference));
            }
            Part::Entry(entry) => {
                lines += 1;
                sum += entry.amount.minor;
            }
            Part::Foot(foot) => {
                let shown = |sum: Option<settlements::Sum>| {
                    sum.map_or_else(
                        || "-".to_owned(),
                        |sum| {
                            format!(
                                "{} {}",
                                units(sum.currency.code(), sum.minor),
                                sum.currency.code()
                            )
                        },
                    )
                };
                let balanced = match (opening, foot.closing) {
                    (Some(before), Some(after)) if before.currency == after.currency => {
                        let off = before.minor + sum - after.minor;
                        if off == 0 {
                            "balances".to_owned()
                        } else {
                            format!("off by {}", units(before.currency.code(), off))
                        }
                    }
                    _ => "cannot be checked".to_owned(),
                };
                let code = opening.map_or("", |sum| sum.currency.code());
                print(&format!(
                    "  {} + {lines} entries of {} = {}: {balanced}",
                    shown(opening),
                    units(code, sum),
                    shown(foot.closing)
                ));
            }
        }
        true
    });
    if outcome.pending > 0 {
        print(&format!("{} entries are announced and not booked", outcome.pending));
    }
    outcome.faults
}
