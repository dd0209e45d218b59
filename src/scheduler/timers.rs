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
    /// The task's rest before its next attempt is over.
    Rest,
}

/// Timers, the earliest first.
#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Nanos, TaskId, Purpose)>>,
}

/// So many timers are not worth a look at whose tasks are still there.
const FEW: usize = 4096;

impl Timers {
    pub fn set(&mut self, at: Nanos, id: TaskId, purpose: Purpose) {
        self.heap.push(Reverse((at, id, purpose)));
    }

    /// Drops the timers of tasks that have left, where they may be the greater part: a task has two
    /// at most, and there are `tasks`. `alive` says whether one is still there.
    pub fn tidy(&mut self, tasks: usize, mut alive: impl FnMut(TaskId) -> bool) {
        if self.heap.len() > FEW + 4 * tasks {
            self.heap.retain(|Reverse((_, id, _))| alive(*id));
            self.heap.shrink_to(FEW);
        }
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

    /// For how many timers there is room.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.heap.capacity()
    }
}
