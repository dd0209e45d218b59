//! Log records: which are wanted, how they look, where they go.
//!
//! A [`Logger`] has a level, read without a lock before a record is even made, and one output:
//!
//! - `stderr`, `stdout`: written by the caller, a line at a time. A stream that takes no more loses the line rather
//!   than hold up the caller; how many were lost is said as soon as it takes something again.
//! - a file: lines go through a bounded queue to a thread that exists as long as the output does (module `file`).
//! - a [`Sink`]: records go to whoever gave it, such as the edge that calls a logger of the user's.
//!
//! It ends with [`Logger::close`] (or by being dropped): 1. the output is taken away, so later records are not
//! written; 2. what a file's queue holds is written; 3. its thread is joined. Nothing here is static, and nothing
//! runs by a clock.

mod file;
mod format;
mod stream;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::config::{ConfigError, Destination, Level, Logging};

pub use format::Value;

use file::LogFile;
use format::to_line;
use stream::Stream;

/// Something worth saying.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub at: SystemTime,
    pub level: Level,
    pub message: &'a str,
    pub fields: &'a [(&'a str, Value<'a>)],
}

/// Where records go if they are not to be written here. It must not wait: the caller may be the scheduler.
pub trait Sink: Send + Sync {
    fn record(&self, record: &Record);
}

enum Output {
    Stream(Stream),
    File(LogFile),
    Sink(Box<dyn Sink>),
}

impl Output {
    /// Opens what `logging` names, so that a path that cannot be written to is known at once.
    fn open(logging: &Logging, sink: Option<Box<dyn Sink>>) -> Result<Self, ConfigError> {
        let output = match &logging.destination {
            Destination::Stderr => Output::Stream(Stream::stderr(logging.format)),
            Destination::Stdout => Output::Stream(Stream::stdout(logging.format)),
            Destination::File(path) => Output::File(LogFile::open(path, logging.format)?),
            Destination::Logger => Output::Sink(sink.ok_or_else(|| {
                ConfigError::new("logging.destination", "given together with its logger", "none")
            })?),
        };
        Ok(output)
    }

    fn record(&self, record: &Record) {
        match self {
            Output::Stream(stream) => stream.write(record),
            Output::File(file) => file.write(to_line(record, file.format())),
            Output::Sink(sink) => sink.record(record),
        }
    }
}

/// Shared by reference; all methods may be called from any thread.
pub struct Logger {
    level: AtomicU8,
    /// `None` once closed. Held only to clone or to replace it, never while something is written.
    output: RwLock<Option<Arc<Output>>>,
}

impl Default for Logger {
    /// What holds while nobody has said anything: warnings and errors, as text, to stderr.
    fn default() -> Self {
        Self::new(&Logging::new(), None).unwrap_or_else(|_| Self {
            // Not reached: a standard stream is always there to be opened.
            level: AtomicU8::new(Level::Silent as u8),
            output: RwLock::new(None),
        })
    }
}

impl Logger {
    /// `sink` is needed, and used, for [`Destination::Logger`] only.
    pub fn new(logging: &Logging, sink: Option<Box<dyn Sink>>) -> Result<Self, ConfigError> {
        let output = Output::open(logging, sink)?;
        Ok(Self {
            level: AtomicU8::new(logging.level as u8),
            output: RwLock::new(Some(Arc::new(output))),
        })
    }

    /// Takes over other settings, at once. If they cannot be met, everything stays as it was. What went to the
    /// output before is written before this returns.
    pub fn configure(&self, logging: &Logging, sink: Option<Box<dyn Sink>>) -> Result<(), ConfigError> {
        let output = Output::open(logging, sink)?;
        let before = self.replace(Some(Arc::new(output)));
        self.level.store(logging.level as u8, Ordering::Relaxed);
        finish(before);
        Ok(())
    }

    /// Whether records of this level are wanted. Cheap: ask before making one.
    pub fn enabled(&self, level: Level) -> bool {
        level != Level::Silent && level as u8 <= self.level.load(Ordering::Relaxed)
    }

    pub fn log(&self, level: Level, message: &str, fields: &[(&str, Value)]) {
        if !self.enabled(level) {
            return;
        }
        let output = self.output.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(output) = output {
            output.record(&Record {
                at: SystemTime::now(),
                level,
                message,
                fields,
            });
        }
    }

    /// Writes what is waiting and ends the thread, if there is one. Later records are not written.
    pub fn close(&self) {
        finish(self.replace(None));
    }

    fn replace(&self, output: Option<Arc<Output>>) -> Option<Arc<Output>> {
        let mut current = self.output.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, output)
    }
}

impl Drop for Logger {
    fn drop(&mut self) {
        self.close();
    }
}

/// Ends an output by name and not by its last reference, which may be in a `log` on another thread.
fn finish(output: Option<Arc<Output>>) {
    if let Some(Output::File(file)) = output.as_deref() {
        file.close();
    }
}
