//! `aftercart import stock`.

use super::table::{self, Row, Shape};
use super::{Outcome, configure, open, print};
use operations::Actor;
use operations::secrets::hex;
use operations::stock::upload::{RowFault, StockRow, Units, check, upload};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Units of a row at most.
const MAX_UNITS: i32 = 10_000_000;

const SHAPE: Shape = Shape {
    required: &["location", "sku"],
    optional: &["counted", "received"],
    one_of: &["counted", "received"],
};

pub(super) async fn run(path: PathBuf) -> Outcome {
    let config = configure()?;
    let begun = Instant::now();
    let bytes = table::read(&path).await?;
    let (rows, mut faults) = table::parse(&bytes, &SHAPE, row)?;
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
        let lines = table::lines_of(rows.len(), &faults);
        table::complain(&mut faults);
        print(&format!("{lines} rows, nothing was written"));
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

fn row(row: &Row<'_>) -> Result<StockRow, RowFault> {
    let number = |name: &str, text: &str| {
        let units: Option<i32> = text.parse().ok().filter(|units| (0..=MAX_UNITS).contains(units));
        units.ok_or_else(|| {
            row.fault(format!("{name}: `{text}` is no whole number from 0 to {MAX_UNITS}"))
        })
    };
    let units = match (row.get("counted"), row.get("received")) {
        (Some(text), None) => Units::Counted(number("counted", text)?),
        (None, Some(text)) => match number("received", text)? {
            0 => return Err(row.fault("received: is at least 1".to_owned())),
            units => Units::Received(units),
        },
        (None, None) => return Err(row.fault("says neither `counted` nor `received`".to_owned())),
        (Some(_), Some(_)) => {
            return Err(row.fault("says both `counted` and `received`".to_owned()));
        }
    };
    let (location, sku) = (row.need("location")?.to_owned(), row.need("sku")?.to_owned());
    Ok(StockRow { line: row.line, location, sku, units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Fault;

    fn parse(bytes: &[u8]) -> Result<(Vec<StockRow>, Vec<RowFault>), Fault> {
        table::parse(bytes, &SHAPE, row)
    }

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
