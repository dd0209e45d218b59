//! The words that a worker and the scheduler share: which tasks of a batch have begun.
//!
//! A batch of `n` tasks is handed over as the word `(next: 0, end: n)`. The worker *claims* a task by
//! moving `next` up by one before it begins it; the scheduler *takes back* what has not begun by
//! moving `end` down. Both do so with a compare-and-swap on the one word, so each task is either
//! begun by this worker or free to go elsewhere, never both. Only the worker's own thread opens a
//! batch, and it does so under the scheduler's lock, so a take-back never meets an opening.
//!
//! JavaScript claims with `Atomics.compareExchange` on the same memory; [`SharedWords::claim`] is
//! the same step for tests and for environments that cannot map it.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::outbox::Outbox;
use super::sync::{AtomicI32, few};

/// The most tasks that one batch can have: it keeps the claim word a positive 32-bit integer.
pub const MAX_BATCH: usize = 1024;

/// Where the claim word is.
pub const CLAIM_WORD: usize = 0;
/// Where the count of cancellations is: it changes whenever a task of this worker has been cancelled.
pub const CANCEL_WORD: usize = 1;
/// Where the worker says how many bytes of its [outbox](super::outbox) are whole reports.
pub const PUBLISHED_WORD: usize = 2;
/// Where the start stamps begin: one a task of the batch, in microseconds of the worker's clock.
pub const FIRST_STAMP: usize = 8;
/// How many words there are in all.
pub const WORDS: usize = FIRST_STAMP + few(MAX_BATCH, 0);

/// The shared words of one worker.
#[derive(Debug)]
pub struct SharedWords {
    words: Box<[AtomicI32]>,
    /// What the worker has finished and not reported yet.
    pub outbox: Outbox,
}

impl Default for SharedWords {
    fn default() -> Self {
        Self {
            words: (0..WORDS).map(|_| AtomicI32::new(0)).collect(),
            outbox: Outbox::default(),
        }
    }
}

fn pack(next: usize, end: usize) -> i32 {
    debug_assert!(next <= end && end <= MAX_BATCH);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "both are at most MAX_BATCH"
    )]
    let word = ((end << 16) | next) as i32;
    word
}

/// How many tasks have begun, and how many are the worker's in all. Of a word that cannot be right
/// nobody knows what has begun: then everything counts as begun, so that nothing begins twice.
fn unpack(word: i32) -> (usize, usize) {
    let word = word.cast_unsigned() as usize;
    let (next, end) = (word & 0xffff, word >> 16);
    if next <= end && end <= MAX_BATCH {
        (next, end)
    } else {
        (MAX_BATCH, MAX_BATCH)
    }
}

impl SharedWords {
    /// The words themselves, for the edge that maps them into JavaScript.
    #[must_use]
    pub fn words(&self) -> &[AtomicI32] {
        &self.words
    }

    fn word(&self) -> &AtomicI32 {
        &self.words[CLAIM_WORD]
    }

    /// Opens a batch of `len` tasks, none begun.
    pub fn open(&self, len: usize) {
        self.word().store(pack(0, len.min(MAX_BATCH)), Ordering::SeqCst);
    }

    /// How many tasks of the batch have begun, and how many are still the worker's in all.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        unpack(self.word().load(Ordering::SeqCst))
    }

    /// Begins the next task, if one is left: its index in the batch.
    #[must_use]
    pub fn claim(&self) -> Option<usize> {
        let mut seen = self.word().load(Ordering::SeqCst);
        loop {
            let (next, end) = unpack(seen);
            if next >= end {
                return None;
            }
            match self
                .word()
                .compare_exchange(seen, seen + 1, Ordering::SeqCst, Ordering::SeqCst)
            {
                Ok(_) => return Some(next),
                Err(now) => seen = now,
            }
        }
    }

    /// Takes back every task that has not begun: their indices in the batch. Where all have begun the
    /// range is empty, and still starts behind them.
    pub fn take_back(&self) -> Range<usize> {
        let mut seen = self.word().load(Ordering::SeqCst);
        loop {
            let (next, end) = unpack(seen);
            if next >= end {
                return next..next;
            }
            match self
                .word()
                .compare_exchange(seen, pack(next, next), Ordering::SeqCst, Ordering::SeqCst)
            {
                Ok(_) => return next..end,
                Err(now) => seen = now,
            }
        }
    }

    /// Tells code that runs on the worker that a task of it has been cancelled.
    pub fn raise_cancelled(&self) {
        self.words[CANCEL_WORD].fetch_add(1, Ordering::SeqCst);
    }

    /// The start stamp of a task of the batch, in microseconds of the worker's clock, modulo 2^32;
    /// 0 where there is none.
    #[must_use]
    pub fn stamp(&self, index: usize) -> u32 {
        self.words
            .get(FIRST_STAMP + index)
            .map_or(0, |word| word.load(Ordering::SeqCst).cast_unsigned())
    }

    /// Takes the stamps of an old batch away.
    pub fn clear_stamp(&self, index: usize) {
        if let Some(word) = self.words.get(FIRST_STAMP + index) {
            word.store(0, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn every_task_is_claimed_once_in_order() {
        let words = SharedWords::default();
        words.open(3);
        assert_eq!(
            [words.claim(), words.claim(), words.claim(), words.claim()],
            [Some(0), Some(1), Some(2), None]
        );
    }

    #[test]
    fn what_has_begun_is_not_taken_back() {
        let words = SharedWords::default();
        words.open(4);
        assert_eq!(words.claim(), Some(0));
        assert_eq!(words.take_back(), 1..4);
        assert_eq!(words.claim(), None);
        assert_eq!(words.take_back(), 1..1);
    }

    #[test]
    fn a_word_that_javascript_has_broken_takes_nothing_back_twice() {
        let words = SharedWords::default();
        for broken in [-1, i32::MIN, 5, 2000 << 16] {
            words.words()[CLAIM_WORD].store(broken, Ordering::SeqCst);
            assert!(words.take_back().is_empty());
            assert_eq!(words.progress(), (MAX_BATCH, MAX_BATCH));
            assert_eq!(words.claim(), None);
        }
    }

    #[test]
    fn claims_and_take_backs_that_race_share_a_batch_out_exactly() {
        for _ in 0..200 {
            let words = Arc::new(SharedWords::default());
            words.open(64);
            let worker = {
                let words = Arc::clone(&words);
                std::thread::spawn(move || std::iter::from_fn(|| words.claim()).count())
            };
            let taken = words.take_back();
            let begun = worker.join().expect("the worker does not panic");
            assert_eq!(begun + taken.len(), 64);
            assert_eq!(taken.start, begun);
        }
    }

    /// A claim or a take-back in the middle of itself: both read the word and then swap it if it is
    /// still what it was.
    #[derive(Clone, Copy)]
    enum Step {
        Load,
        Swap(i32),
    }

    /// Plays every interleaving of `claims` claims with `takes` take-backs on the word, one step at a
    /// time, and counts the ways in which they can end.
    fn interleave(
        word: i32,
        actors: [(Step, usize); 2],
        shared_out: [usize; 2],
        len: usize,
        ends: &mut usize,
    ) {
        if actors.iter().all(|(_, left)| *left == 0) {
            *ends += 1;
            let (next, end) = unpack(word);
            assert_eq!(shared_out[0], next, "each claim begins one task, in order");
            assert_eq!(
                shared_out[0] + shared_out[1] + (end - next),
                len,
                "each task is somewhere, once"
            );
            return;
        }
        for who in [0, 1] {
            let (step, left) = actors[who];
            if left == 0 {
                continue;
            }
            let (mut word, mut actors, mut shared_out) = (word, actors, shared_out);
            let (next, end) = unpack(word);
            actors[who] = match step {
                Step::Load if next >= end => (Step::Load, left - 1),
                Step::Load => (Step::Swap(word), left),
                Step::Swap(seen) if seen != word => (Step::Load, left),
                Step::Swap(_) => {
                    let taken = [1, end - next][who];
                    word = [pack(next + 1, end), pack(next, next)][usize::from(who == 1)];
                    shared_out[who] += taken;
                    (Step::Load, left - 1)
                }
            };
            interleave(word, actors, shared_out, len, ends);
        }
    }

    #[test]
    fn every_interleaving_of_claims_and_take_backs_shares_a_batch_out_exactly() {
        let mut ends = 0;
        for len in 0..=3 {
            let actors = [(Step::Load, len + 1), (Step::Load, 2)];
            interleave(pack(0, len), actors, [0, 0], len, &mut ends);
        }
        assert!(ends > 500, "{ends} ways");
    }
}
