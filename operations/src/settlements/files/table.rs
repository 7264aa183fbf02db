//! Tables of comma-separated values, read by the names of their columns.

use super::{Fault, Reading, values};
use csv::{Reader, ReaderBuilder, StringRecord};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, Read};
use time::{OffsetDateTime, UtcOffset};

/// Bytes of one row at most: more is no row, but a quote that never ends.
const MAX_ROW: u64 = 1024 * 1024;

/// A mark at the front of a file that says nothing.
const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// A file without the mark at its front.
pub(crate) fn without_mark(file: &mut dyn BufRead) -> Result<(), Fault> {
    let front = file.fill_buf().map_err(|error| broken(&error))?;
    if front.starts_with(&BOM) {
        file.consume(BOM.len());
    }
    Ok(())
}

/// The file ended in the middle of something, or the disk did.
pub(crate) fn broken(error: &std::io::Error) -> Fault {
    Fault::of_file(format!("it cannot be read to its end: {error}"))
}

/// Rows of any length, in whichever of the two encodings a bank or provider uses.
pub(crate) struct Rows<'a> {
    csv: Reader<Guarded<'a>>,
    bytes: csv::ByteRecord,
    /// How far the place of a row lags behind: with `\r\n`, a row seems to begin at the `\n` before it.
    lag: Option<u64>,
    /// The number of the row before.
    last: i32,
}

/// Refuses what would be kept in memory whole: a row beyond [`MAX_ROW`].
struct Guarded<'a> {
    file: &'a mut dyn BufRead,
    since_row: u64,
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since_row > MAX_ROW {
            return Err(std::io::Error::other("a row is longer than a megabyte"));
        }
        let read = self.file.read(buffer)?;
        self.since_row += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

impl<'a> Rows<'a> {
    pub(crate) fn new(file: &'a mut dyn BufRead, delimiter: u8) -> Result<Self, Fault> {
        without_mark(file)?;
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Guarded { file, since_row: 0 });
        Ok(Self { csv, bytes: csv::ByteRecord::new(), lag: None, last: 0 })
    }

    /// The next row that says anything, and where it begins.
    pub(crate) fn next(&mut self) -> Result<Option<(i32, StringRecord)>, Fault> {
        loop {
            self.csv.get_mut().since_row = 0;
            let more = self.csv.read_byte_record(&mut self.bytes).map_err(|error| {
                Fault::of_file(format!("it cannot be read to its end: {error}"))
            })?;
            if !more {
                return Ok(None);
            }
            if self.bytes.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let begun = self.bytes.position().map_or(0, csv::Position::line);
            let line = begun + self.lag.unwrap_or(0);
            if self.lag.is_none() {
                let within: usize =
                    self.bytes.iter().flatten().filter(|byte| **byte == b'\n').count();
                let within = u64::try_from(within).unwrap_or(0);
                self.lag = Some(u64::from(self.csv.position().line() == begun + within));
            }
            // A file whose lines end in `\r` alone is one line to the reader: its rows are counted.
            let line = i32::try_from(line).unwrap_or(i32::MAX).max(self.last.saturating_add(1));
            self.last = line;
            return Ok(Some((line, self.bytes.iter().map(text).collect())));
        }
    }
}

/// UTF-8, else Windows-1252, which is Latin-1 and a few signs more; no zeros, which no database keeps in a text.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}

/// Where each column is.
#[derive(Debug)]
pub(crate) struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    /// Columns by their names; the faults name every mandatory one that is missing, and every one that is there twice.
    pub(crate) fn new(head: &StringRecord, mandatory: &[&str]) -> Result<Self, Fault> {
        let names: Vec<String> = head.iter().map(|name| name.trim().to_owned()).collect();
        let mut places = HashMap::with_capacity(names.len());
        let mut twice = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if !name.is_empty() && places.insert(key(name), place).is_some() {
                twice.push(name.clone());
            }
        }
        if !twice.is_empty() {
            return Err(Fault::of_file(format!("columns are there twice: {}", twice.join(", "))));
        }
        let missing: Vec<&str> =
            mandatory.iter().filter(|name| !places.contains_key(&key(name))).copied().collect();
        if !missing.is_empty() {
            return Err(Fault::of_file(format!("columns are missing: {}", missing.join(", "))));
        }
        Ok(Self { names, places })
    }

    /// Whether there is such a column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&key(name))
    }

    /// Names that a test finds.
    pub(crate) fn named<'a>(
        &'a self,
        is: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = &'a str> {
        self.names.iter().map(String::as_str).filter(move |name| is(name))
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A row under its columns; faults are noted as they are met, and the row is given up at its end.
pub(crate) struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    pub(crate) number: i32,
    faults: Vec<Fault>,
    /// Whether it ends before the table does.
    short: bool,
}

impl<'a> Row<'a> {
    pub(crate) const fn new(columns: &'a Columns, record: &'a StringRecord, number: i32) -> Self {
        Self { columns, record, number, faults: Vec::new(), short: false }
    }

    /// A field; nothing where there is no such column, or the row ends before it.
    pub(crate) fn get(&self, name: &str) -> &'a str {
        let place = self.columns.places.get(&key(name));
        place.and_then(|place| self.record.get(*place)).unwrap_or_default().trim()
    }

    /// A field that says something.
    pub(crate) fn said(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The first of several fields that says something.
    pub(crate) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.said(name))
    }

    /// A value, or a fault and what stands for it.
    pub(crate) fn take<T>(&mut self, name: &str, value: Result<T, String>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(message) => {
                self.wrong(name, message);
                None
            }
        }
    }

    /// A fault of the row.
    pub(crate) fn wrong(&mut self, name: &str, message: impl Into<String>) {
        let (line, column) = (Some(self.number), Some(name.to_owned()));
        self.faults.push(Fault { line, column, message: message.into() });
    }

    /// A moment, where one is given.
    pub(crate) fn moment(&mut self, name: &str, offset: UtcOffset) -> Option<OffsetDateTime> {
        let text = self.get(name);
        if text.is_empty() {
            return None;
        }
        let value = values::moment(text, offset);
        self.take(name, value)
    }

    /// Notes what was wrong, and says whether nothing was.
    pub(crate) fn tell_faults(self, reading: &mut Reading<'_>) -> bool {
        let sound = self.faults.is_empty();
        reading.cut = self.short;
        for fault in self.faults {
            reading.fault(fault);
        }
        sound
    }

    /// A row that ends too early, or goes on too long, is no row of this table.
    pub(crate) fn check_width(&mut self) {
        let (wide, have) = (self.columns.names.len(), self.record.len());
        if have < wide {
            self.short = true;
            let message = format!("the row has {have} fields of {wide}: it may be cut off");
            self.faults.push(Fault { line: Some(self.number), column: None, message });
        } else if self.record.iter().skip(wide).any(|more| !more.trim().is_empty()) {
            let message = format!("the row has {have} fields, the head {wide}");
            self.faults.push(Fault { line: Some(self.number), column: None, message });
        }
    }

    /// Every field by its column's name.
    pub(crate) fn raw(&self) -> Vec<(String, String)> {
        let names = self.columns.names.iter();
        names.zip(self.record.iter()).map(|(name, text)| (name.clone(), text.to_owned())).collect()
    }
}
