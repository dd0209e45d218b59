//! Tasks whose values come one by one: who sends them to whom.
//!
//! The values themselves go from the worker to the owner, and the owner's word that it has taken some goes
//! back; the scheduler only says between which two, for as long as the task is under way. What a task
//! says that has been settled meanwhile goes nowhere.

use super::task::{IsolateId, TaskId, WorkerId};
use super::{Scheduler, State};

impl Scheduler {
    /// Who gets what this task has yielded on this worker; `None` where nobody waits for it any more.
    pub fn listener(&self, worker: WorkerId, id: TaskId) -> Option<IsolateId> {
        let task = self.tasks.get(id).filter(|task| task.is_with(worker))?;
        Some(task.owner)
    }

    /// The worker on which this task runs; `None` where it does not run.
    pub fn speaker(&self, id: TaskId) -> Option<WorkerId> {
        match self.state(id)? {
            State::Running { worker, .. } => Some(worker),
            State::Waiting | State::Queued => None,
        }
    }
}
