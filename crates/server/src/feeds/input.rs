//! The bytes of a feed: gzip undone within bounds, byte order mark skipped, lines of bounded length.

use super::errors::FeedError;
use super::{FeedFormat, MAX_FEED_BYTES, MAX_ROW_BYTES};
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};

const GZIP: [u8; 2] = [0x1F, 0x8B];
const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// Product files shrink 5 to 20 times, very repetitive ones 100; a bomb of zeros 1,000.
const MAX_RATIO: u64 = 250;
/// Below this much the ratio says nothing.
const RATIO_FROM_BYTES: u64 = 16 << 20;
const BUFFER_BYTES: usize = 64 << 10;

/// A reader that counts its bytes and gives back those that were looked at.
struct Raw<R> {
    reader: R,
    head: Head,
    taken: u64,
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(given) = self.head.give(out) {
            return Ok(given);
        }
        let read = self.reader.read(out)?;
        self.taken += read as u64;
        Ok(read)
    }
}

/// Up to four bytes read ahead.
#[derive(Default)]
struct Head {
    bytes: [u8; 4],
    start: usize,
    end: usize,
}

impl Head {
    fn fill(reader: &mut impl Read) -> io::Result<Self> {
        let mut head = Self::default();
        while head.end < head.bytes.len() {
            match reader.read(&mut head.bytes[head.end..]) {
                Ok(0) => break,
                Ok(n) => head.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(head)
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn give(&mut self, out: &mut [u8]) -> Option<usize> {
        let n = self.as_slice().len().min(out.len());
        if n == 0 {
            return None;
        }
        out[..n].copy_from_slice(&self.as_slice()[..n]);
        self.start += n;
        Some(n)
    }
}

enum Body<R: Read> {
    Plain(Raw<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Raw<R>>>>),
}

/// The decompressed bytes of a feed.
pub(super) struct Input<R: Read> {
    body: Body<R>,
    head: Head,
    given: u64,
    limit: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn open(mut reader: R, format: FeedFormat) -> Result<Self, FeedError> {
        let head = Head::fill(&mut reader).map_err(|e| io_error(e, 1, 0, MAX_FEED_BYTES))?;
        let taken = head.end as u64;
        let is_gzip = head.as_slice().starts_with(&GZIP);
        let raw = Raw {
            reader,
            head,
            taken,
        };
        let body = if is_gzip {
            Body::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(
                BUFFER_BYTES,
                raw,
            ))))
        } else {
            Body::Plain(raw)
        };
        let mut input = Self {
            body,
            head: Head::default(),
            given: 0,
            limit: MAX_FEED_BYTES,
        };
        let mut head = Head::fill(&mut input).map_err(|e| io_error(e, 1, 0, MAX_FEED_BYTES))?;
        input.given = 0;
        match head.as_slice() {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                return Err(FeedError::not_utf8(
                    1,
                    0,
                    "it is UTF-16, as spreadsheets write it: save it as UTF-8",
                ));
            }
            [b'P', b'K', 3, 4] => {
                return Err(FeedError::not_this_format(
                    format,
                    1,
                    "it is a zip archive or a spreadsheet: save it as CSV UTF-8",
                ));
            }
            [0x1F, 0x8B, ..] => {
                return Err(FeedError::not_this_format(
                    format,
                    1,
                    "it is compressed twice: compress it once",
                ));
            }
            bytes if bytes.starts_with(&BOM) => head.start = BOM.len(),
            _ => {}
        }
        input.head = head;
        Ok(input)
    }

    pub(super) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn raw_bytes(&self) -> u64 {
        match &self.body {
            Body::Plain(raw) => raw.taken,
            Body::Gzip(decoder) => decoder.get_ref().get_ref().taken,
        }
    }

    fn read_body(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.body {
            Body::Plain(raw) => raw.read(out),
            Body::Gzip(decoder) => decoder.read(out),
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = match self.head.give(out) {
            Some(read) => read,
            None => self.read_body(out)?,
        };
        self.given += read as u64;
        if self.given > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let bombs = matches!(self.body, Body::Gzip(_)) && self.given > RATIO_FROM_BYTES;
        if bombs && self.given / MAX_RATIO > self.raw_bytes() {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(read)
    }
}

fn io_error(error: io::Error, line: u64, byte: u64, limit_bytes: u64) -> FeedError {
    let feed = String::new();
    match error.kind() {
        io::ErrorKind::FileTooLarge => FeedError::TooLarge {
            feed,
            line,
            limit_bytes,
        },
        io::ErrorKind::QuotaExceeded => FeedError::Bomb {
            feed,
            line,
            ratio: MAX_RATIO,
        },
        io::ErrorKind::UnexpectedEof => FeedError::truncated(line, byte),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => FeedError::Damaged {
            feed,
            line,
            source: error,
        },
        _ => FeedError::Io {
            feed,
            line,
            source: error,
        },
    }
}

/// The buffered bytes of a feed with the line and byte they stand at.
pub(super) struct Cursor<R: Read> {
    buffer: BufReader<Input<R>>,
    /// Line of the next byte, from 1.
    pub(super) line: u64,
    /// Offset of the next byte, from 0, without a byte order mark.
    pub(super) byte: u64,
}

impl<R: Read> Cursor<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            buffer: BufReader::with_capacity(BUFFER_BYTES, input),
            line: 1,
            byte: 0,
        }
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.buffer.get_mut()
    }

    /// The bytes at hand; empty at the end of the feed.
    pub(super) fn chunk(&mut self) -> Result<&[u8], FeedError> {
        loop {
            match self.buffer.fill_buf() {
                Ok(_) => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.fault(e)),
            }
        }
        Ok(self.buffer.buffer())
    }

    /// Passes over bytes of the chunk that hold this many line ends.
    pub(super) fn pass(&mut self, bytes: usize, line_ends: u64) {
        self.buffer.consume(bytes);
        self.byte += bytes as u64;
        self.line += line_ends;
    }

    fn fault(&self, error: io::Error) -> FeedError {
        io_error(error, self.line, self.byte, self.buffer.get_ref().limit())
    }
}

/// What reading one line gave.
pub(super) enum Fetched {
    /// A line, with its line end but for the last one.
    Line,
    /// A line above [`MAX_ROW_BYTES`], passed over.
    TooLong,
    /// Nothing is left.
    End,
    /// The data breaks off inside this line.
    Cut(FeedError),
}

/// The lines of a feed.
pub(super) struct Lines<R: Read> {
    cursor: Cursor<R>,
    replay: Vec<u8>,
    replayed: usize,
    /// Length of a line that was passed over and is to be told after the replay.
    too_long: Option<u64>,
    /// Length of the line passed over last.
    passed_over: u64,
    /// Line that the next fetch gives, from 1.
    pub(super) line: u64,
    /// Offset of the byte that the next fetch begins with.
    pub(super) byte: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            cursor: Cursor::new(input),
            replay: Vec::new(),
            replayed: 0,
            too_long: None,
            passed_over: 0,
            line: 1,
            byte: 0,
        }
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.cursor.input_mut()
    }

    /// Appends the next line to `row`.
    pub(super) fn fetch(&mut self, row: &mut Vec<u8>) -> Result<Fetched, FeedError> {
        let before = row.len();
        let fetched = if self.replayed < self.replay.len() {
            self.fetch_replayed(row)
        } else if let Some(bytes) = self.too_long.take() {
            self.byte += bytes;
            self.line += 1;
            Ok(Fetched::TooLong)
        } else {
            self.fetch_new(row)
        };
        self.byte += (row.len() - before) as u64;
        if matches!(fetched, Ok(Fetched::Line)) {
            self.line += 1;
        }
        fetched
    }

    /// Gives lines back, to be fetched again.
    pub(super) fn unread(&mut self, lines: &[u8]) {
        let rest = self.replay.split_off(self.replayed);
        self.replay.clear();
        self.replay.extend_from_slice(lines);
        self.replay.extend_from_slice(&rest);
        self.replayed = 0;
        self.byte -= lines.len() as u64;
        let unfinished = u64::from(lines.last().is_some_and(|&b| b != b'\n'));
        self.line -= lines.iter().filter(|&&b| b == b'\n').count() as u64 + unfinished;
    }

    /// Gives back the too long line that the last fetch told of.
    pub(super) fn unread_too_long(&mut self) {
        self.too_long = Some(self.passed_over);
        self.byte -= self.passed_over;
        self.line -= 1;
    }

    fn fetch_replayed(&mut self, row: &mut Vec<u8>) -> Result<Fetched, FeedError> {
        let rest = &self.replay[self.replayed..];
        let end = rest
            .iter()
            .position(|&b| b == b'\n')
            .map_or(rest.len(), |at| at + 1);
        row.extend_from_slice(&rest[..end]);
        self.replayed += end;
        Ok(Fetched::Line)
    }

    fn fetch_new(&mut self, row: &mut Vec<u8>) -> Result<Fetched, FeedError> {
        let before = row.len();
        let mut bounded = (&mut self.cursor.buffer).take(MAX_ROW_BYTES as u64 + 1);
        match bounded.read_until(b'\n', row) {
            Err(error) => {
                let fault = io_error(
                    error,
                    self.line,
                    self.byte + (row.len() - before) as u64,
                    self.cursor.input_mut().limit(),
                );
                let cut = row.len() > before && matches!(fault, FeedError::Truncated { .. });
                if cut {
                    Ok(Fetched::Cut(fault))
                } else {
                    Err(fault)
                }
            }
            Ok(0) => Ok(Fetched::End),
            Ok(_) if row.len() - before <= MAX_ROW_BYTES || row.last() == Some(&b'\n') => {
                Ok(Fetched::Line)
            }
            Ok(_) => {
                let start = self.byte;
                self.byte += (row.len() - before) as u64;
                row.truncate(before);
                self.pass_line()?;
                self.passed_over = self.byte - start;
                self.line += 1;
                Ok(Fetched::TooLong)
            }
        }
    }

    /// Passes over the rest of a line without keeping it.
    fn pass_line(&mut self) -> Result<(), FeedError> {
        loop {
            self.cursor.line = self.line;
            self.cursor.byte = self.byte;
            let chunk = self.cursor.chunk()?;
            let end = chunk.iter().position(|&b| b == b'\n').map(|at| at + 1);
            let passed = end.unwrap_or(chunk.len());
            self.cursor.pass(passed, 0);
            self.byte += passed as u64;
            if end.is_some() || passed == 0 {
                return Ok(());
            }
        }
    }
}
