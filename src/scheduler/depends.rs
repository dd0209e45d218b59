//! Tasks that need the results of others before they can begin.
//!
//! Such a task is *waiting* until all its inputs are there; then it is queued like any other. An input
//! is the result of a task that is still here, or something that the owner gives ([`Scheduler::supply`]).
//!
//! 1. While a report is read, the edge [keeps](Scheduler::keep) the bytes of results that are awaited.
//! 2. When the task of such a result is settled, they become inputs of those that wait for it: they go
//!    from worker to worker and never through JavaScript.
//! 3. What cannot go that way is *wanted* of the owner: the result of a task that was settled before its
//!    dependent came (the owner may not have heard of it by then), and one that is more than bytes.
//! 4. When a task that others wait for fails, its owner, who has the error, [forsakes](Scheduler::forsake)
//!    those others.
//!
//! Inputs stay with their task until it is settled, so that every attempt gets them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Scheduler;
use super::effects::{Effects, Wanted};
use super::error::Failure;
use super::task::{Input, IsolateId, Nanos, Outcome, Stage, Task, TaskId, Times};

/// Who waits for whom.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    /// The result of the first task is an input of the second one, at that place.
    edges: BTreeSet<(TaskId, TaskId, u32)>,
    /// Results of the exchange under way.
    kept: Vec<(TaskId, Arc<[u8]>)>,
    /// A task has become ready in the exchange under way.
    readied: bool,
}

impl Dependents {
    /// Those that wait for this task, and as which of their inputs.
    fn of(&self, id: TaskId) -> Vec<(TaskId, u32)> {
        let all = (id, TaskId(0), 0)..=(id, TaskId(u64::MAX), u32::MAX);
        self.edges.range(all).map(|edge| (edge.1, edge.2)).collect()
    }

    /// This task waits no more.
    pub(super) fn forget(&mut self, task: &Task) {
        for (index, input) in (0..).zip(task.inputs()) {
            if let Input::Of(other) = input {
                self.edges.remove(&(*other, task.id, index));
            }
        }
    }
}

impl Scheduler {
    /// Whether the result of this task is an input of another one.
    #[must_use]
    pub fn is_awaited(&self, id: TaskId) -> bool {
        let all = (id, TaskId(0), 0)..=(id, TaskId(u64::MAX), u32::MAX);
        !self.dependents.edges.is_empty() && self.dependents.edges.range(all).next().is_some()
    }

    /// Keeps the result of a task that the [exchange](Scheduler::exchange) that follows reports.
    pub fn keep(&mut self, id: TaskId, result: Arc<[u8]>) {
        self.dependents.kept.push((id, result));
    }

    /// Notes what a task that has just been taken in waits for: whether it is anything at all.
    pub(super) fn await_inputs(&mut self, id: TaskId, fx: &mut Effects) -> bool {
        let Some(task) = self.tasks.get_mut(id) else {
            return false;
        };
        let owner = task.owner;
        let Some(terms) = task.terms.as_mut().filter(|terms| !terms.inputs.is_empty()) else {
            return false;
        };
        let mut inputs = std::mem::take(&mut terms.inputs);
        task.stage = Stage::Waiting;
        for (index, input) in (0..).zip(&mut inputs) {
            let Input::Of(other) = *input else { continue };
            // Only from one's own tasks: what others compute is nobody's business.
            let is_own = |task: &Task| task.owner == owner && task.id != id;
            if self.tasks.get_mut(other).is_some_and(|other| is_own(other)) {
                self.dependents.edges.insert((other, id, index));
            } else {
                *input = Input::Owner;
                fx.wanted.push(Wanted { owner, id, index });
            }
        }
        if let Some(terms) = self.tasks.get_mut(id).and_then(|task| task.terms.as_mut()) {
            terms.inputs = inputs;
        }
        true
    }

    /// A task is fulfilled: its result goes to those that wait for it.
    pub(super) fn pass_on(&mut self, id: TaskId, now: Nanos, fx: &mut Effects) {
        if self.dependents.edges.is_empty() {
            return;
        }
        let kept = self.dependents.kept.iter().rfind(|kept| kept.0 == id);
        let result = kept.map(|kept| Arc::clone(&kept.1));
        for (dependent, index) in self.dependents.of(id) {
            self.dependents.edges.remove(&(id, dependent, index));
            if let Some(result) = &result {
                self.dependents.readied |= self.give(dependent, index, Arc::clone(result), now);
            } else if let Some(owner) = self.set_input(dependent, index, Input::Owner) {
                let id = dependent;
                fx.wanted.push(Wanted { owner, id, index });
            }
        }
    }

    /// An exchange is over: others are called for what it has made ready and its worker has not taken.
    pub(super) fn end_inputs(&mut self, now: Nanos, fx: &mut Effects) {
        self.dependents.kept.clear();
        if std::mem::take(&mut self.dependents.readied) {
            self.rouse(now, fx);
        }
    }

    /// The owner gives an input. `form` is what the payload is made of from now on, besides what it was.
    ///
    /// `false` where the task does not wait for it (any more).
    pub fn supply(
        &mut self,
        (id, index): (TaskId, u32),
        by: IsolateId,
        form: u8,
        value: Arc<[u8]>,
        now: Nanos,
        fx: &mut Effects,
    ) -> bool {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.owner == by) else {
            return false;
        };
        if task.inputs().get(index as usize) != Some(&Input::Owner) {
            return false;
        }
        task.form |= form;
        if self.give(id, index, value, now) {
            self.rouse(now, fx);
            self.watch(now, fx);
        }
        true
    }

    /// A task that waits is done with, because one that it waits for has failed. The owner knows.
    ///
    /// `false` where it does not wait.
    pub fn forsake(&mut self, id: TaskId, by: IsolateId, now: Nanos, fx: &mut Effects) -> bool {
        let waits = |task: &Task| task.stage == Stage::Waiting && task.owner == by;
        let Some(submitted) = self
            .tasks
            .get_mut(id)
            .filter(|task| waits(task))
            .map(|task| task.submitted)
        else {
            return false;
        };
        let times = Times {
            queue: now.saturating_sub(submitted),
            ..Times::default()
        };
        self.settle(id, Outcome::Failed(Failure::Dependency), times, true, fx);
        true
    }

    /// Puts an input in its place: whether its task is ready with that.
    fn give(&mut self, id: TaskId, index: u32, value: Arc<[u8]>, now: Nanos) -> bool {
        let bytes = value.len() as u64;
        if self.set_input(id, index, Input::Here(value)).is_none() {
            return false;
        }
        self.queued_bytes += bytes;
        let ready = |input: &Input| matches!(input, Input::Here(_));
        if !self
            .tasks
            .get_mut(id)
            .is_some_and(|task| task.inputs().iter().all(ready))
        {
            return false;
        }
        self.waiting -= 1;
        self.line_up(id, now);
        true
    }

    /// Changes an input of a task that waits: its owner.
    fn set_input(&mut self, id: TaskId, index: u32, input: Input) -> Option<IsolateId> {
        let task = self
            .tasks
            .get_mut(id)
            .filter(|task| task.stage == Stage::Waiting)?;
        *task.terms.as_mut()?.inputs.get_mut(index as usize)? = input;
        Some(task.owner)
    }
}

#[cfg(test)]
mod tests;
