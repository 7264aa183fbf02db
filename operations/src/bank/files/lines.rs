//! Files of lines.

use crate::settlements::files::Fault;
use crate::settlements::files::table::{broken, text, without_mark};
use std::io::BufRead;

/// Bytes of a line at most.
const MAX_LINE: usize = 64 * 1024;

/// Lines of any ending, numbered from 1.
pub(super) struct Lines<'a> {
    file: &'a mut dyn BufRead,
    number: i32,
    buffer: Vec<u8>,
    /// Whether a `\r` ended the line before.
    after_return: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a mut dyn BufRead) -> Result<Self, Fault> {
        without_mark(file)?;
        Ok(Self { file, number: 0, buffer: Vec::new(), after_return: false })
    }

    pub(super) fn next(&mut self) -> Result<Option<(i32, String)>, Fault> {
        self.buffer.clear();
        let mut ended = false;
        while !ended {
            let part = self.file.fill_buf().map_err(|error| broken(&error))?;
            // The `\n` of a `\r\n` whose `\r` ended the line before.
            let skip = usize::from(self.after_return && part.first() == Some(&b'\n'));
            self.after_return &= part.is_empty();
            let part = part.get(skip..).unwrap_or_default();
            if part.is_empty() && skip == 0 {
                break;
            }
            let end = part.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            ended = end.is_some();
            self.buffer.extend(part.get(..end.unwrap_or(part.len())).unwrap_or_default());
            self.after_return = end.and_then(|end| part.get(end)) == Some(&b'\r');
            let used = skip + end.map_or(part.len(), |end| end + 1);
            self.file.consume(used);
            if self.buffer.len() > MAX_LINE {
                let message = "the line is longer than 64 KiB".to_owned();
                let line = Some(self.number.saturating_add(1));
                return Err(Fault { line, column: None, message });
            }
        }
        if !ended && self.buffer.is_empty() {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some((self.number, text(&self.buffer).into_owned())))
    }
}
