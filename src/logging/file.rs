//! A log file, written by a thread of its own, so that no event loop ever waits for a disk.
//!
//! Lines wait in a bounded queue. One that finds it full is lost; so are those that the disk does not take. How many
//! were lost stands in the file as soon as it can be written to again. The thread sleeps while there is nothing to
//! write, and ends when the queue is taken away: it writes what is left first.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use super::format::lost_line;
use crate::config::{ConfigError, Format};

/// Lines waiting: some 100 KB, and several milliseconds of the busiest logging.
pub(super) const MOST_WAITING: usize = 1024;

/// Bytes that are written at once, as far as they wait: what a disk takes as easily as a single line.
const BATCH: usize = 64 * 1024;

pub struct LogFile {
    format: Format,
    /// `None` once closed.
    queue: Mutex<Option<SyncSender<String>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lost: Arc<AtomicU64>,
}

impl LogFile {
    /// Opens the file to append to it, and starts its thread.
    pub fn open(path: &str, format: Format) -> Result<Self, ConfigError> {
        let refuse = |reason: io::Error| {
            ConfigError::about_text(
                "logging.destination",
                "a file that can be written to",
                path,
                reason,
            )
        };
        let file = open_to_append(Path::new(path)).map_err(refuse)?;
        Self::start(Box::new(file), path, format).map_err(refuse)
    }

    pub(super) fn start(out: Box<dyn Write + Send>, path: &str, format: Format) -> io::Result<Self> {
        let (queue, lines) = mpsc::sync_channel(MOST_WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let mut writer = Writer {
            out,
            path: path.to_owned(),
            format,
            lost: Arc::clone(&lost),
            failing: false,
        };
        let thread = thread::Builder::new()
            .name("tasklets-log".to_owned())
            .spawn(move || writer.run(&lines))?;
        Ok(Self {
            format,
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            lost,
        })
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// Never waits.
    pub fn write(&self, line: String) {
        let queue = lock(&self.queue);
        let Some(queue) = queue.as_ref() else {
            return;
        };
        // The thread is there as long as the queue is, so "disconnected" would be a panic in it: lost as well.
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = queue.try_send(line) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Has everything written that waits, and ends the thread.
    pub fn close(&self) {
        drop(lock(&self.queue).take());
        let thread = lock(&self.thread).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            complain("the thread of the log file panicked");
        }
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is only ever replaced as a whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_to_append(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        // Opening it would wait until somebody reads from it.
        if path.metadata().is_ok_and(|found| found.file_type().is_fifo()) {
            return Err(io::Error::other("it is a named pipe"));
        }
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// What the thread owns.
struct Writer {
    out: Box<dyn Write + Send>,
    path: String,
    format: Format,
    lost: Arc<AtomicU64>,
    /// The last write failed, and that has been said.
    failing: bool,
}

impl Writer {
    fn run(&mut self, lines: &Receiver<String>) {
        while let Ok(mut batch) = lines.recv() {
            let mut count = 1;
            while batch.len() < BATCH {
                let Ok(line) = lines.try_recv() else { break };
                batch.push_str(&line);
                count += 1;
            }
            self.write(batch, count);
        }
        // Some may have been lost since.
        self.write(String::new(), 0);
    }

    fn write(&mut self, mut batch: String, count: u64) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            batch.push_str(&lost_line(SystemTime::now(), lost, self.format));
        }
        if batch.is_empty() {
            return;
        }
        let written = self
            .out
            .write_all(batch.as_bytes())
            .and_then(|()| self.out.flush());
        if let Err(error) = &written {
            self.lost.fetch_add(lost + count, Ordering::Relaxed);
            if !self.failing {
                complain(&format!("cannot write to the log file {}: {error}", self.path));
            }
        }
        self.failing = written.is_err();
    }
}

/// The last resort, for what concerns the log itself.
fn complain(what: &str) {
    // If stderr is gone too, there is nobody left to tell.
    let _ = writeln!(io::stderr(), "tasklets: {what}");
}
