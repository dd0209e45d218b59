//! Where a worker's finished results stand until it reports them, in memory that both sides see.
//!
//! The worker writes a report behind the one before and *publishes* it: it stores, in a shared word, how
//! many bytes are whole reports. As a rule it reports them soon by an exchange. Where it does not come,
//! because a later task of the batch runs long or because it has died, the scheduler *collects* them:
//! what is finished reaches its owner, whatever becomes of the worker.
//!
//! Published bytes are not written again before the next exchange; that begins by [`SharedWords::close_outbox`],
//! after which nothing is published and what is left is the exchange's. A result that needs more room than
//! there is makes the worker write elsewhere, and report at once.
//!
//! 1. An exchange closes the outbox: what had not been collected is reported by it.
//! 2. A worker's end changes nothing: the memory belongs to Rust, and what was published can be collected.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::claim::{PUBLISHED_WORD, SharedWords};
use super::sync::{AtomicI32, Mutex, few};

/// The bytes of an outbox: a batch of small results fits several times over.
pub const OUTBOX_BYTES: usize = few(64 * 1024, 8);

const WORD: usize = size_of::<i32>();

/// The memory of an outbox, and how much of what stands in it has been collected.
#[derive(Debug)]
pub struct Outbox {
    words: Box<[AtomicI32]>,
    collected: Mutex<usize>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            words: (0..OUTBOX_BYTES / WORD).map(|_| AtomicI32::new(0)).collect(),
            collected: Mutex::new(0),
        }
    }
}

impl Outbox {
    /// The memory itself, for the edge that maps it into JavaScript.
    #[must_use]
    pub fn words(&self) -> &[AtomicI32] {
        &self.words
    }
}

impl SharedWords {
    /// Says that the first `length` bytes of the outbox are whole reports: what JavaScript does with a
    /// single store, for tests.
    pub fn publish(&self, length: usize) {
        self.words()[PUBLISHED_WORD].store(i32::try_from(length).unwrap_or(i32::MAX), Ordering::SeqCst);
    }

    /// How many bytes are whole reports. A word that cannot be right stands for none: then the worker
    /// has to report by itself.
    fn published(&self) -> usize {
        let length = self.words()[PUBLISHED_WORD].load(Ordering::SeqCst);
        usize::try_from(length)
            .ok()
            .filter(|length| length.is_multiple_of(WORD) && *length <= OUTBOX_BYTES)
            .unwrap_or(0)
    }

    /// Copies what has been published since the last time.
    #[must_use]
    pub fn collect(&self) -> Vec<u8> {
        let mut collected = self
            .outbox
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let range = *collected / WORD..self.published() / WORD;
        let Some(words) = self
            .outbox
            .words
            .get(range.clone())
            .filter(|words| !words.is_empty())
        else {
            return Vec::new();
        };
        *collected = range.end * WORD;
        words
            .iter()
            .flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
            .collect()
    }

    /// The worker reports by itself: how many bytes of its outbox have been collected before.
    pub fn close_outbox(&self) -> usize {
        let mut collected = self
            .outbox
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.words()[PUBLISHED_WORD].store(0, Ordering::SeqCst);
        std::mem::take(&mut *collected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(words: &SharedWords, at: usize, value: i32) {
        words.outbox.words()[at].store(value, Ordering::Relaxed);
    }

    #[test]
    fn what_is_published_is_collected_once() {
        let words = SharedWords::default();
        write(&words, 0, i32::from_ne_bytes(*b"abcd"));
        assert_eq!(words.collect(), b"", "nothing has been published");
        words.publish(4);
        assert_eq!(words.collect(), b"abcd");
        assert_eq!(words.collect(), b"");
        write(&words, 1, i32::from_ne_bytes(*b"efgh"));
        words.publish(8);
        assert_eq!(words.collect(), b"efgh");
        assert_eq!(words.close_outbox(), 8, "an exchange reports what follows");
        assert_eq!(words.collect(), b"");
        write(&words, 0, i32::from_ne_bytes(*b"ijkl"));
        words.publish(4);
        assert_eq!(words.collect(), b"ijkl", "and what comes then begins anew");
    }

    #[test]
    fn a_word_that_javascript_has_broken_publishes_nothing() {
        let words = SharedWords::default();
        for broken in [-8, i32::MIN, i32::MAX, 6, 2 * 65536] {
            words.words()[PUBLISHED_WORD].store(broken, Ordering::SeqCst);
            assert_eq!(words.collect(), b"");
        }
        assert_eq!(words.close_outbox(), 0);
    }
}
