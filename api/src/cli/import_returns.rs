//! `aftercart import returns`.

use super::table::{self, Row, Shape};
use super::{Fault, Outcome, configure, open, print};
use crate::returns::types;
use crate::scalars::DateTime;
use async_graphql::{InputType, Name, ScalarType, Value};
use entities::enums::ReturnReason;
use indicatif::{ProgressBar, ProgressStyle};
use operations::Actor;
use operations::returns::import::{CreditRow, Found, check, import};
use operations::stock::upload::RowFault;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Units of a row at most.
const MAX_UNITS: i32 = 1_000_000;

const SHAPE: Shape = Shape {
    required: &["channel", "reference", "at", "customer", "sku", "quantity", "unit_price"],
    optional: &["reason"],
    one_of: &[],
};

pub(super) async fn run(path: PathBuf, unmatched: Option<PathBuf>) -> Outcome {
    let config = configure()?;
    let begun = Instant::now();
    let bytes = table::read(&path).await?;
    let (rows, mut faults) = table::parse(&bytes, &SHAPE, row)?;
    let store = open(&config).await?;
    let actor = Actor::system();
    let notes: BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (row.channel.as_str(), row.reference.as_str())).collect();
    let bar = ProgressBar::new(u64::try_from(notes.len()).unwrap_or_default());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos} of {len} credit notes, {eta} left")
    {
        bar.set_style(style);
    }
    let outcome = async {
        faults.extend(check(&store.read(), &actor, &rows).await?);
        if !faults.is_empty() {
            return Ok(None);
        }
        import(&store, &actor, &rows, || bar.inc(1)).await.map(Some)
    };
    let outcome = outcome.await;
    bar.finish_and_clear();
    store.close().await;
    let Some(found) = outcome? else {
        let lines = table::lines_of(rows.len(), &faults);
        table::complain(&mut faults);
        print(&format!("{lines} rows, nothing was written"));
        return Ok(ExitCode::FAILURE);
    };
    if let Some(path) = unmatched {
        write_unmatched(&path, &rows, &found)?;
    }
    let count = |fits: fn(&Found) -> bool| found.iter().filter(|one| fits(one)).count();
    print(&format!(
        "{} lines found in full, {} in part, {} not at all, of {} credit notes, in {:.1} s",
        count(|one| one.matched == one.quantity),
        count(|one| one.matched > 0 && one.matched < one.quantity),
        count(|one| one.matched == 0),
        notes.len(),
        begun.elapsed().as_secs_f64()
    ));
    Ok(ExitCode::SUCCESS)
}

fn row(row: &Row<'_>) -> Result<CreditRow, RowFault> {
    let quantity = row.need("quantity")?;
    let units: Option<i32> = quantity.parse().ok().filter(|units| (1..=MAX_UNITS).contains(units));
    let unit_price = row.need("unit_price")?;
    let price: Option<Decimal> =
        unit_price.parse().ok().filter(|price: &Decimal| !price.is_sign_negative());
    let at = row.need("at")?;
    let moment = <DateTime as ScalarType>::parse(Value::from(at)).ok();
    let said = row.get("reason").map(str::to_ascii_uppercase);
    let reason = match &said {
        Some(said) => {
            let named = Value::Enum(Name::new(said));
            types::ReturnReason::parse(Some(named)).ok().map(Into::into)
        }
        None => Some(ReturnReason::Other),
    };
    Ok(CreditRow {
        line: row.line,
        channel: row.need("channel")?.to_owned(),
        reference: row.need("reference")?.to_owned(),
        at: moment.map(|at| at.0).ok_or_else(|| {
            row.fault(format!("at: `{at}` is no moment such as 2011-03-01T10:30:00Z"))
        })?,
        customer: row.get("customer").map(str::to_owned),
        sku: row.need("sku")?.to_owned(),
        quantity: units.ok_or_else(|| {
            row.fault(format!("quantity: `{quantity}` is no whole number from 1 to {MAX_UNITS}"))
        })?,
        unit_price: price.ok_or_else(|| {
            row.fault(format!("unit_price: `{unit_price}` is no amount such as 9.95"))
        })?,
        reason: reason.ok_or_else(|| {
            let said = said.as_deref().unwrap_or_default();
            row.fault(format!("reason: `{said}` is no `ReturnReason`"))
        })?,
    })
}

/// Writes the rows of which not all was found, with the units that are left.
fn write_unmatched(path: &Path, rows: &[CreditRow], found: &[Found]) -> Result<(), Fault> {
    let broken = |error: csv::Error| Fault::Usage(vec![format!("{}: {error}", path.display())]);
    let mut file = csv::Writer::from_path(path).map_err(broken)?;
    let header = ["channel", "reference", "at", "customer", "sku", "quantity", "unit_price"];
    file.write_record(header).map_err(broken)?;
    for row in rows {
        let Some(one) = found.iter().find(|one| one.line == row.line) else { continue };
        let left = one.quantity - one.matched;
        if left == 0 {
            continue;
        }
        let at = ScalarType::to_value(&DateTime(row.at)).into_json().unwrap_or_default();
        let record = [
            row.channel.as_str(),
            &row.reference,
            at.as_str().unwrap_or_default(),
            row.customer.as_deref().unwrap_or_default(),
            &row.sku,
            &left.to_string(),
            &row.unit_price.to_string(),
        ];
        file.write_record(record).map_err(broken)?;
    }
    file.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_faulty_row_is_named() {
        let text = "channel,reference,at,customer,sku,quantity,unit_price,reason\n\
            web,C1,2011-03-01T10:00:00Z,ada,A,2,9.95,DEFECTIVE\n\
            web,C1,yesterday,ada,A,2,9.95,\n\
            web,C1,2011-03-01T10:00:00Z,,A,-2,9.95,\n\
            web,C1,2011-03-01T10:00:00Z,,A,2,-1,\n\
            web,,2011-03-01T10:00:00Z,,A,2,1,\n\
            web,C2,2011-03-01T10:00:00Z,,A,2,1,whim\n";
        let (rows, faults) = table::parse(text.as_bytes(), &SHAPE, row).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].line, rows[0].reason), (2, ReturnReason::Defective));
        let told: Vec<(usize, &str)> =
            faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (3, "at: `yesterday` is no moment such as 2011-03-01T10:30:00Z"),
                (4, "quantity: `-2` is no whole number from 1 to 1000000"),
                (5, "unit_price: `-1` is no amount such as 9.95"),
                (6, "reference: is missing"),
                (7, "reason: `WHIM` is no `ReturnReason`"),
            ]
        );
    }
}
