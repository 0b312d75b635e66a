//! NDJSON: one product a line.

use super::checks::Checker;
use super::errors::{FeedError, Rejection};
use super::input::{Fetched, Input, Lines};
use super::json_values::row_of_json;
use super::{FeedFormat, FeedItem, Found, MAX_ROW_BYTES};
use std::io::Read;

/// When this many rows from the start are no JSON, neither is the rest.
const HOPELESS_ROWS: u32 = 100;

pub(super) struct Rows<R: Read> {
    lines: Lines<R>,
    buffer: Vec<u8>,
    /// Rows without JSON so far; `None` once there was one with.
    hopeless: Option<u32>,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            lines: Lines::new(input),
            buffer: Vec::new(),
            hopeless: Some(0),
        }
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.lines.input_mut()
    }

    pub(super) fn next(&mut self, checker: &mut Checker) -> Result<Found, FeedError> {
        loop {
            self.buffer.clear();
            let line = self.lines.line;
            match self.lines.fetch(&mut self.buffer)? {
                Fetched::End => return Ok(Found::End),
                Fetched::Cut(error) => return Ok(Found::Cut(line, Some(error))),
                Fetched::TooLong => {
                    return Ok(Found::Item(FeedItem::Rejected {
                        line,
                        reason: Rejection::RowTooLong {
                            limit: MAX_ROW_BYTES,
                        },
                    }));
                }
                Fetched::Line => {}
            }
            let row = self.buffer.trim_ascii();
            if row.is_empty() {
                continue;
            }
            if self.hopeless == Some(0) && matches!(row[0], b'[' | b'<') {
                let problem = "it begins with a list or with markup: write one JSON object a line";
                return Err(FeedError::not_this_format(
                    FeedFormat::Ndjson,
                    line,
                    problem,
                ));
            }
            let is_last = self.buffer.last() != Some(&b'\n');
            return self.item(checker, line, is_last);
        }
    }

    fn item(
        &mut self,
        checker: &mut Checker,
        line: u64,
        is_last: bool,
    ) -> Result<Found, FeedError> {
        let parsed = match std::str::from_utf8(&self.buffer) {
            // Only leading spaces go, so that columns stay nearly true and the line end can show that the row is whole.
            Ok(text) => {
                row_of_json(FeedFormat::Ndjson, text.trim_end()).map_err(|(_, reason)| reason)
            }
            Err(e) if is_last && e.error_len().is_none() => Err(Rejection::CutOff),
            Err(e) => Err(Rejection::NotUtf8 {
                byte: e.valid_up_to(),
            }),
        };
        let reason = match parsed {
            Ok(row) => {
                self.hopeless = None;
                return Ok(Found::Item(checker.item(line, row)));
            }
            Err(Rejection::CutOff) if is_last => return Ok(Found::Cut(line, None)),
            Err(Rejection::CutOff) => Rejection::InvalidJson {
                column: self.buffer.trim_ascii_end().len(),
                problem: "the object is not closed on this line".to_owned(),
            },
            Err(reason) => reason,
        };
        if let Some(rows) = &mut self.hopeless {
            *rows += 1;
            if *rows >= HOPELESS_ROWS {
                let problem = format!("none of the first {HOPELESS_ROWS} rows is a JSON object");
                return Err(FeedError::not_this_format(
                    FeedFormat::Ndjson,
                    line,
                    problem,
                ));
            }
        }
        Ok(Found::Item(FeedItem::Rejected { line, reason }))
    }
}
