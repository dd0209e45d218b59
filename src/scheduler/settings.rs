//! What a scheduler is told to keep to. Changes take effect with the next decision.

use super::task::{MILLISECOND, Nanos};

/// The limits and habits of one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Workers that stay, however idle.
    pub min_workers: u32,
    /// Workers there may be.
    pub max_workers: u32,
    /// `max_workers` are started soon after the first task, and stay.
    pub fixed: bool,
    /// How long a worker above `min_workers` may be idle before it leaves.
    pub idle_timeout: Nanos,
    /// From which part of the workers being busy on a waiting queue starts one more.
    pub scale_up: f64,
    /// Below which part of the workers being busy idle ones leave all at once, not one after the other.
    pub scale_down: f64,
    /// A worker that has finished this many tasks is replaced.
    pub max_tasks_per_worker: u64,
    /// Tasks that may wait.
    pub max_queue: usize,
    /// Bytes of arguments that may wait.
    pub max_queue_bytes: u64,
    /// Bytes that the workers' heaps and the waiting arguments may take together.
    pub memory_limit: u64,
    /// How long a cancelled or late task may go on where it says nothing of its own.
    pub grace: Nanos,
}

impl Settings {
    /// How many workers stay, and are there soon after the first.
    #[must_use]
    pub fn least_workers(&self) -> usize {
        if self.fixed {
            self.max_workers as usize
        } else {
            self.min_workers as usize
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_workers: 0,
            max_workers: 1,
            fixed: false,
            idle_timeout: 10_000 * MILLISECOND,
            scale_up: 0.8,
            scale_down: 0.2,
            max_tasks_per_worker: u64::MAX,
            max_queue: usize::MAX,
            max_queue_bytes: u64::MAX,
            memory_limit: u64::MAX,
            grace: 100 * MILLISECOND,
        }
    }
}
