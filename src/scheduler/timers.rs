//! What is to happen at a time of its own: tasks that have waited too long, tasks that rest.
//!
//! A timer whose task has left in the meantime is dropped when it comes up, or when such timers
//! have become the greater part of all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::task::{Nanos, TaskId};

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The task's waiting time is over.
    QueueTimeout,
    /// The task's rest before attempt number `.0` is over.
    Attempt(u32),
}

/// Timers, the earliest first.
#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Nanos, TaskId, Purpose)>>,
    /// The size at which it is worth looking for timers of tasks that have left.
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 4096;

impl Timers {
    /// Sets a timer. `alive` says whether a task is still there.
    pub fn set(&mut self, at: Nanos, id: TaskId, purpose: Purpose, mut alive: impl FnMut(TaskId) -> bool) {
        if self.heap.len() >= self.sweep_at.max(FIRST_SWEEP) {
            self.heap.retain(|Reverse((_, id, _))| alive(*id));
            self.sweep_at = self.heap.len() * 2;
        }
        self.heap.push(Reverse((at, id, purpose)));
    }

    /// When the next one comes up.
    #[must_use]
    pub fn next(&self) -> Option<Nanos> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next one that has come up.
    pub fn pop_due(&mut self, now: Nanos) -> Option<(TaskId, Purpose)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, id, purpose))| (id, purpose))
    }
}
