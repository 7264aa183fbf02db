//! Files of rows for `aftercart import`: CSV with named columns, and all that is wrong with them.

use super::Fault;
use operations::stock::upload::RowFault;
use std::collections::BTreeMap;
use std::path::Path;
use tokio::io::AsyncReadExt;

/// Rows of a file at most.
const MAX_ROWS: usize = 1_000_000;
/// Faults of one kind that are printed; the rest is counted.
const MAX_ALIKE: usize = 3;

/// The columns of a kind of file.
pub(super) struct Shape {
    /// Those that every file has.
    pub(super) required: &'static [&'static str],
    /// Those that one may have.
    pub(super) optional: &'static [&'static str],
    /// Of those a file has at least one, if any are named.
    pub(super) one_of: &'static [&'static str],
}

/// A row of a file.
pub(super) struct Row<'a> {
    /// Its line.
    pub(super) line: usize,
    header: &'a csv::StringRecord,
    record: csv::StringRecord,
}

impl Row<'_> {
    /// What stands in a column; none where nothing does.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let named = |name: &str| name.trim().eq_ignore_ascii_case(column);
        let place = self.header.iter().position(named)?;
        self.record.get(place).filter(|text| !text.is_empty())
    }

    /// The same, where something has to.
    pub(super) fn need(&self, column: &str) -> Result<&str, RowFault> {
        self.get(column).ok_or_else(|| self.fault(format!("{column}: is missing")))
    }

    /// What is wrong with the row.
    pub(super) fn fault(&self, message: String) -> RowFault {
        RowFault { line: self.line, column: "row", message }
    }
}

/// Reads a file, or standard input for `-`.
pub(super) async fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        tokio::io::stdin().read_to_end(&mut bytes).await?;
        return Ok(bytes);
    }
    let unreadable = |error| Fault::Usage(vec![format!("{}: {error}", path.display())]);
    tokio::fs::read(path).await.map_err(unreadable)
}

fn check(header: &csv::StringRecord, shape: &Shape) -> Result<(), Fault> {
    let has = |name: &&str| header.iter().any(|column| column.trim().eq_ignore_ascii_case(name));
    let mut faults = Vec::new();
    for column in header.iter().map(str::trim) {
        let mut known = shape.required.iter().chain(shape.optional);
        if !known.any(|name| column.eq_ignore_ascii_case(name)) {
            faults.push(format!("line 1: unknown column `{column}`"));
        }
    }
    for name in shape.required.iter().filter(|name| !has(name)) {
        faults.push(format!("line 1: the column `{name}` is missing"));
    }
    if !shape.one_of.is_empty() && !shape.one_of.iter().any(has) {
        let names: Vec<String> = shape.one_of.iter().map(|name| format!("`{name}`")).collect();
        faults.push(format!("line 1: a column {} is missing", names.join(" or ")));
    }
    if faults.is_empty() { Ok(()) } else { Err(Fault::Usage(faults)) }
}

/// The rows of a file, and what is wrong with others.
pub(super) fn parse<T>(
    bytes: &[u8],
    shape: &Shape,
    one: impl Fn(&Row<'_>) -> Result<T, RowFault>,
) -> Result<(Vec<T>, Vec<RowFault>), Fault> {
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
        reader.headers().map_err(|error| Fault::Usage(vec![format!("line 1: {error}")]))?.clone();
    check(&header, shape)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| Fault::Usage(vec![error.to_string()]))?;
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let (columns, width) = (record.len(), header.len());
        let row = Row { line, header: &header, record };
        if columns != width {
            faults.push(row.fault(format!("has {columns} columns, the header {width}")));
            continue;
        }
        match one(&row) {
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

/// How many rows a file has of which some are faulty in themselves.
pub(super) fn lines_of(rows: usize, faults: &[RowFault]) -> usize {
    let mut lines: Vec<usize> =
        faults.iter().filter(|fault| fault.column == "row").map(|fault| fault.line).collect();
    lines.dedup();
    rows + lines.len()
}

/// Prints faults in the order of the file; of one that many rows share, the first few.
pub(super) fn complain(faults: &mut [RowFault]) {
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
