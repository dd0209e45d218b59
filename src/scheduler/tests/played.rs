//! A worker as it is played in tests: what it does of its own accord, and what it has in hand.

use std::sync::Arc;

use super::super::claim::{FIRST_STAMP, SharedWords};
use super::super::task::{Nanos, TaskId};
use super::super::{Exit, Handed, Report};

/// What a task does when it is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Play {
    /// How long it takes: of the worker's thread, or of the clock where it awaits.
    pub time: Nanos,
    pub awaits: bool,
    /// How long it then holds the thread, if it awaits.
    pub blocks: Nanos,
    pub end: End,
    /// It ends when it is told that it was cancelled.
    pub heeds: bool,
}

/// How a task ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Returns,
    Throws,
    /// It takes the worker with it.
    Crashes,
    Never,
}

/// An attempt under way.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub id: TaskId,
    pub number: u32,
    pub begun: Nanos,
    pub ends: Nanos,
    pub play: Play,
}

/// A worker.
#[derive(Debug, Default)]
pub struct Played {
    pub words: Option<Arc<SharedWords>>,
    /// When it joins, while it starts.
    pub joins: Option<Nanos>,
    /// When its thread ends, and how.
    pub exits: Option<(Nanos, Exit)>,
    pub joined: Nanos,
    pub inbox: Vec<Handed>,
    pub next: usize,
    /// What holds its thread, and until when.
    pub holds: Option<Attempt>,
    pub blocked_until: Nanos,
    pub awaiting: Vec<Attempt>,
    pub outbox: Vec<Report>,
    /// Since when there has been something in it.
    pub oldest: Nanos,
    /// When its event loop comes round to it.
    pub turn: Option<Nanos>,
    pub reported: Nanos,
    pub leaving: bool,
    /// CPU time of what has held its thread before.
    pub used: Nanos,
}

impl Played {
    /// When it does something next.
    pub fn acts_at(&self) -> Nanos {
        let never = Nanos::MAX;
        let exits = self.exits.as_ref().map_or(never, |(at, _)| *at);
        if let Some(joins) = self.joins {
            return joins.min(exits);
        }
        if let Some(held) = self.holds {
            return held.ends.min(exits);
        }
        let awaited = self.awaiting.iter().map(|attempt| attempt.ends).min();
        let acts = awaited.unwrap_or(never).min(self.turn.unwrap_or(never));
        let free = if acts == never {
            never
        } else {
            acts.max(self.blocked_until)
        };
        free.min(exits)
    }

    /// What its thread has used: what holds it uses it.
    pub fn used(&self, now: Nanos) -> Nanos {
        self.used + self.holds.map_or(0, |held| now - held.begun)
    }

    /// Whether nothing of it runs.
    pub fn is_free(&self) -> bool {
        self.holds.is_none() && self.awaiting.is_empty()
    }

    /// Writes down when a task of the batch has begun, as JavaScript does.
    pub fn stamp(&self, index: usize, now: Nanos) {
        if let Some(words) = &self.words {
            let micros = ((now - self.joined) / 1_000).max(1);
            let stamp = u32::try_from(micros & 0xffff_ffff).unwrap_or(1);
            words.words()[FIRST_STAMP + index]
                .store(stamp.cast_signed(), std::sync::atomic::Ordering::SeqCst);
        }
    }

    /// What it says of an attempt that has ended.
    pub fn report(&mut self, attempt: &Attempt, now: Nanos) {
        if self.outbox.is_empty() {
            self.oldest = now;
        }
        if !attempt.play.awaits {
            self.used += now - attempt.begun;
        }
        self.outbox.push(Report {
            id: attempt.id,
            fulfilled: attempt.play.end == End::Returns,
            run: now - attempt.begun,
            cpu: 0,
            form: 0,
            body: 0..0,
        });
    }
}
