//! Files of lines.

use crate::settlements::files::Fault;
use crate::settlements::files::table::{broken, text, without_mark};
use std::io::{BufRead, Read};

/// Bytes of a line at most.
const MAX_LINE: u64 = 64 * 1024;

/// Lines of any ending, numbered from 1.
pub(super) struct Lines<'a> {
    file: &'a mut dyn BufRead,
    number: i32,
    buffer: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a mut dyn BufRead) -> Result<Self, Fault> {
        without_mark(file)?;
        Ok(Self { file, number: 0, buffer: Vec::new() })
    }

    pub(super) fn next(&mut self) -> Result<Option<(i32, String)>, Fault> {
        self.buffer.clear();
        let mut limited = (&mut *self.file).take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut self.buffer).map_err(|error| broken(&error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        if u64::try_from(read).is_ok_and(|read| read == MAX_LINE) {
            let message = "the line is longer than 64 KiB".to_owned();
            return Err(Fault { line: Some(self.number), column: None, message });
        }
        let line = text(&self.buffer);
        Ok(Some((self.number, line.trim_end_matches(['\r', '\n']).to_owned())))
    }
}
