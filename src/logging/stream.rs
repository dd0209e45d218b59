//! The standard streams of the process, which belong to others too and may take nothing more.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Record;
use super::format::{lost_line, to_line};
use crate::config::Format;

pub struct Stream {
    format: Format,
    write: fn(&[u8]) -> io::Result<()>,
    /// Lines that the stream did not take, and that nobody has been told of yet.
    lost: AtomicU64,
}

impl Stream {
    pub fn stderr(format: Format) -> Self {
        Self::new(format, |line| io::stderr().lock().write_all(line))
    }

    pub fn stdout(format: Format) -> Self {
        Self::new(format, |line| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(line)?;
            stdout.flush()
        })
    }

    pub(super) fn new(format: Format, write: fn(&[u8]) -> io::Result<()>) -> Self {
        Self {
            format,
            write,
            lost: AtomicU64::new(0),
        }
    }

    /// Node makes pipes non-blocking, and their readers go away: both are no reason to stop, nor to wait.
    pub fn write(&self, record: &Record) {
        let mut line = to_line(record, self.format);
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            line.insert_str(0, &lost_line(record.at, lost, self.format));
        }
        if (self.write)(line.as_bytes()).is_err() {
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }
}
