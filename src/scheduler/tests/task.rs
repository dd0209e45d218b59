//! Tasks as the tests submit them.

use std::sync::Arc;

use super::super::retry::RetryPolicy;
use super::super::task::Priority;
use super::super::{Input, IsolateId, Nanos, NewTask, Payload, TaskId, Terms, WorkerId};
use super::played::{End, Play};
use super::us;
use super::world::{OWNER, World};

/// A task to be submitted, and what it will do.
#[derive(Clone, Debug)]
pub struct Task {
    pub definition: u32,
    pub priority: Priority,
    pub bytes: usize,
    pub terms: Terms,
    pub play: Play,
    pub owner: IsolateId,
}

impl Task {
    /// A call of function number `definition` that returns after a microsecond.
    pub fn new(definition: u32) -> Self {
        Self {
            definition,
            priority: Priority::Normal,
            bytes: 0,
            terms: Terms::default(),
            owner: OWNER,
            play: Play {
                time: us(1),
                awaits: false,
                blocks: 0,
                end: End::Returns,
                heeds: false,
            },
        }
    }

    /// A task on this worker submits it.
    pub fn child_of(mut self, worker: WorkerId) -> Self {
        self.owner = World::isolate_of(worker);
        self
    }

    /// Its owner has a signal that cancels it.
    pub fn revocable(mut self) -> Self {
        self.terms.revocable = true;
        self
    }

    pub fn takes(mut self, time: Nanos) -> Self {
        self.play.time = time;
        self
    }

    /// It awaits something for that long, and does not hold the thread.
    pub fn awaits(mut self, time: Nanos) -> Self {
        (self.play.time, self.play.awaits) = (time, true);
        self
    }

    /// After its wait it holds the thread for so long.
    pub fn then_blocks(mut self, time: Nanos) -> Self {
        self.play.blocks = time;
        self
    }

    pub fn ends(mut self, end: End) -> Self {
        self.play.end = end;
        self
    }

    pub fn heeds(mut self) -> Self {
        self.play.heeds = true;
        self
    }

    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    pub fn timeout(mut self, limit: Nanos) -> Self {
        self.terms.timeout = Some(limit);
        self
    }

    pub fn queue_timeout(mut self, limit: Nanos) -> Self {
        self.terms.queue_timeout = Some(limit);
        self
    }

    pub fn grace(mut self, grace: Nanos) -> Self {
        self.terms.grace = Some(grace);
        self
    }

    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.terms.retry = Some(policy);
        self
    }

    /// It needs the result of another one.
    pub fn needs(mut self, input: Input) -> Self {
        self.terms.inputs.push(input);
        self
    }

    pub fn into_new(self, id: TaskId) -> NewTask {
        let bytes: Arc<[u8]> = vec![0; self.bytes].into();
        let end = u32::try_from(self.bytes).expect("small");
        let plain = self.terms.timeout.is_none()
            && self.terms.queue_timeout.is_none()
            && self.terms.grace.is_none()
            && self.terms.cpu_time.is_none()
            && self.terms.memory.is_none()
            && self.terms.retry.is_none()
            && !self.terms.announce
            && !self.terms.uncancellable
            && !self.terms.revocable
            && self.terms.inputs.is_empty();
        NewTask {
            id,
            definition: self.definition,
            name: 0,
            priority: self.priority,
            form: 0,
            payload: Payload::new(&bytes, 0..end),
            terms: (!plain).then(|| Box::new(self.terms)),
        }
    }
}
