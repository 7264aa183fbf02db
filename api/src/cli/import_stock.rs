//! `aftercart import stock`.

use super::{Fault, Outcome, configure, open, print};
use operations::Actor;
use operations::secrets::hex;
use operations::stock::upload::{RowFault, StockRow, Units, check, upload};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tokio::io::AsyncReadExt;

/// Rows of a file at most.
const MAX_ROWS: usize = 1_000_000;
/// Units of a row at most.
const MAX_UNITS: i32 = 10_000_000;
/// Faults of one kind that are printed; the rest is counted.
const MAX_ALIKE: usize = 3;

pub(super) async fn run(path: PathBuf) -> Outcome {
    let config = configure()?;
    let begun = Instant::now();
    let bytes = read(&path).await?;
    let (rows, mut faults) = parse(&bytes)?;
    let store = open(&config).await?;
    let actor = Actor::system();
    let outcome = async {
        faults.extend(check(&store, &actor, &rows).await?);
        if !faults.is_empty() {
            return Ok(None);
        }
        let file = format!("import stock {}", hex(&Sha256::digest(&bytes)));
        upload(&store, &actor, &file, &rows).await.map(Some)
    };
    let outcome = outcome.await;
    store.close().await;
    let Some(done) = outcome? else {
        complain(&mut faults);
        print(&format!("{} rows, nothing was written", rows.len() + lines_of(&faults)));
        return Ok(ExitCode::FAILURE);
    };
    print(&format!(
        "{} counted, {} received in {:.1} s",
        done.counted,
        done.received,
        begun.elapsed().as_secs_f64()
    ));
    Ok(ExitCode::SUCCESS)
}

async fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        tokio::io::stdin().read_to_end(&mut bytes).await?;
        return Ok(bytes);
    }
    let unreadable = |error| Fault::Usage(vec![format!("{}: {error}", path.display())]);
    tokio::fs::read(path).await.map_err(unreadable)
}

/// Rows with a number of faults that none of the rows has whose faults the catalog tells.
fn lines_of(faults: &[RowFault]) -> usize {
    let mut lines: Vec<usize> =
        faults.iter().filter(|fault| fault.column == "row").map(|fault| fault.line).collect();
    lines.dedup();
    lines.len()
}

/// The columns of a file, by their place.
struct Columns {
    location: usize,
    sku: usize,
    counted: Option<usize>,
    received: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, Fault> {
        let place =
            |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
        let mut faults = Vec::new();
        let unknown = header.iter().map(str::trim).filter(|column| {
            let known = ["location", "sku", "counted", "received"];
            !known.iter().any(|name| column.eq_ignore_ascii_case(name))
        });
        for column in unknown {
            faults.push(format!("line 1: unknown column `{column}`"));
        }
        for name in ["location", "sku"] {
            if place(name).is_none() {
                faults.push(format!("line 1: the column `{name}` is missing"));
            }
        }
        let (counted, received) = (place("counted"), place("received"));
        if counted.is_none() && received.is_none() {
            faults.push("line 1: a column `counted` or `received` is missing".to_owned());
        }
        match (place("location"), place("sku")) {
            (Some(location), Some(sku)) if faults.is_empty() => {
                Ok(Self { location, sku, counted, received })
            }
            _ => Err(Fault::Usage(faults)),
        }
    }
}

/// The rows of a file, and what is wrong with others.
fn parse(bytes: &[u8]) -> Result<(Vec<StockRow>, Vec<RowFault>), Fault> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Fault::Usage(vec!["the file is no UTF-8".to_owned()]));
    };
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    // Spreadsheets of many countries part columns by semicolons.
    let semicolons = first.contains(';') && !first.contains(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|error| Fault::Usage(vec![format!("line 1: {error}")]))?;
    let (columns, width) = (Columns::of(header)?, header.len());
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| Fault::Usage(vec![error.to_string()]))?;
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        if record.len() != width {
            let message = format!("has {} columns, the header {width}", record.len());
            faults.push(RowFault { line, column: "row", message });
            continue;
        }
        match row(&columns, &record, line) {
            Ok(row) => rows.push(row),
            Err(fault) => faults.push(fault),
        }
        if rows.len() > MAX_ROWS {
            return Err(Fault::Usage(vec![format!("has more than {MAX_ROWS} rows: part it")]));
        }
    }
    if rows.is_empty() && faults.is_empty() {
        return Err(Fault::Usage(vec!["the file has no rows".to_owned()]));
    }
    Ok((rows, faults))
}

fn row(columns: &Columns, record: &csv::StringRecord, line: usize) -> Result<StockRow, RowFault> {
    let fault = |message: String| RowFault { line, column: "row", message };
    let given =
        |place: Option<usize>| place.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
    let number = |name: &str, text: &str| {
        let units: Option<i32> = text.parse().ok().filter(|units| (0..=MAX_UNITS).contains(units));
        units.ok_or_else(|| {
            fault(format!("{name}: `{text}` is no whole number from 0 to {MAX_UNITS}"))
        })
    };
    let units = match (given(columns.counted), given(columns.received)) {
        (Some(text), None) => Units::Counted(number("counted", text)?),
        (None, Some(text)) => match number("received", text)? {
            0 => return Err(fault("received: is at least 1".to_owned())),
            units => Units::Received(units),
        },
        (None, None) => return Err(fault("says neither `counted` nor `received`".to_owned())),
        (Some(_), Some(_)) => {
            return Err(fault("says both `counted` and `received`".to_owned()));
        }
    };
    let text = |name: &str, place: usize| {
        given(Some(place)).map(str::to_owned).ok_or_else(|| fault(format!("{name}: is missing")))
    };
    let (location, sku) = (text("location", columns.location)?, text("sku", columns.sku)?);
    Ok(StockRow { line, location, sku, units })
}

/// Prints faults in the order of the file; of one that many rows share, the first few.
fn complain(faults: &mut [RowFault]) {
    faults.sort_by_key(|fault| fault.line);
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for fault in faults.iter() {
        let text = match fault.column {
            "row" => fault.message.clone(),
            column => format!("{column}: {}", fault.message),
        };
        let times = alike.entry(text.clone()).or_default();
        *times += 1;
        if *times <= MAX_ALIKE {
            eprintln!("line {}: {text}", fault.line);
        }
    }
    for (text, times) in alike.iter().filter(|(_, times)| **times > MAX_ALIKE) {
        eprintln!("{} lines more: {text}", times - MAX_ALIKE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_was_counted_or_received() {
        let (rows, faults) =
            parse("\u{feff}SKU;Location;counted;received\nA;berlin;7;\nB; store ;;12\n".as_bytes())
                .unwrap();
        let row = |line, location: &str, sku: &str, units| StockRow {
            line,
            location: location.to_owned(),
            sku: sku.to_owned(),
            units,
        };
        assert_eq!(
            rows,
            [row(2, "berlin", "A", Units::Counted(7)), row(3, "store", "B", Units::Received(12))]
        );
        assert_eq!(faults, []);
    }

    #[test]
    fn every_faulty_row_is_named() {
        let text = "location,sku,counted,received\nberlin,A,-1,\nberlin,A,1,2\nberlin,,3,\nberlin,A\nberlin,B,,0\nberlin,B,,\nberlin,C,1.5,\n";
        let (rows, faults) = parse(text.as_bytes()).unwrap();
        assert_eq!(rows, []);
        let told: Vec<(usize, &str)> =
            faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (2, "counted: `-1` is no whole number from 0 to 10000000"),
                (3, "says both `counted` and `received`"),
                (4, "sku: is missing"),
                (5, "has 2 columns, the header 4"),
                (6, "received: is at least 1"),
                (7, "says neither `counted` nor `received`"),
                (8, "counted: `1.5` is no whole number from 0 to 10000000"),
            ]
        );
    }

    #[test]
    fn a_header_says_all_that_it_lacks() {
        let fault = parse(b"place,sku,units\n").unwrap_err();
        let Fault::Usage(faults) = fault else { panic!("{fault:?}") };
        assert_eq!(
            faults,
            [
                "line 1: unknown column `place`",
                "line 1: unknown column `units`",
                "line 1: the column `location` is missing",
                "line 1: a column `counted` or `received` is missing",
            ]
        );
    }
}
