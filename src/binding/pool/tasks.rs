//! What is asked and said about single tasks.

use std::sync::Arc;

use super::Pool;
use crate::binding::{locked, post::Post, read, registry};
use crate::scheduler::{Effects, IsolateId, Nanos, Settled, State, TaskId, WorkerId};
use crate::wire::{Kind, Mail, millis};

impl Pool {
    /// The owner of a task gives an input that it waits for. `false` where it does not wait.
    pub fn supply(self: &Arc<Self>, place: (TaskId, u32), by: IsolateId, form: u8, value: Arc<[u8]>) -> bool {
        self.decide(|scheduler, now, fx| scheduler.supply(place, by, form, value, now, fx))
    }

    /// A task whose owner knows that one that it waits for has failed. `false` where it does not wait.
    pub fn forsake(self: &Arc<Self>, id: TaskId, by: IsolateId) -> bool {
        self.decide(|scheduler, now, fx| scheduler.forsake(id, by, now, fx))
    }

    /// The owner of a task that yields values has something to say to it. `false` where it does not run.
    pub fn answer(&self, id: TaskId, kind: Kind, count: u32) -> bool {
        let Some(worker) = locked(&self.scheduler).speaker(id) else {
            return false;
        };
        let seats = read(&self.seats);
        let Some((_, isolate)) = seats.iter().find(|(id, _)| *id == worker) else {
            return false;
        };
        let mail = Mail {
            kind,
            id: id.0,
            attempt: count,
            pool: self.id,
            ..Mail::default()
        };
        isolate.send(&mail);
        true
    }

    pub fn begun(self: &Arc<Self>, worker: WorkerId, id: TaskId) {
        self.decide(|scheduler, _, fx| scheduler.begun(worker, id, fx));
    }

    /// Cancels a task: what had become of it, where that was possible.
    pub fn cancel(self: &Arc<Self>, id: TaskId, by: IsolateId) -> Option<Settled> {
        let (mut fx, now) = (Effects::default(), registry::now());
        let cancelled = locked(&self.scheduler).cancel(id, by, now, &mut fx);
        self.charge(&mut fx);
        self.carry_out(&fx, now, &Post::default(), &self.shard);
        let settled = fx.settled.into_iter().find(|settled| settled.id == id);
        settled.filter(|_| cancelled)
    }

    pub fn cancellations(&self, worker: WorkerId) -> Vec<TaskId> {
        locked(&self.scheduler).cancellations(worker)
    }

    pub fn decide_retry(self: &Arc<Self>, id: TaskId, wait: Option<Nanos>) -> bool {
        self.decide(|scheduler, now, fx| scheduler.decide(id, wait, now, fx))
    }

    pub fn state(&self, id: TaskId) -> Option<State> {
        locked(&self.scheduler).state(id)
    }

    pub fn attempts(&self, id: TaskId) -> u32 {
        locked(&self.scheduler).attempts(id)
    }

    /// What there is to know of a task, as JSON.
    pub fn describe(&self, id: TaskId) -> Option<String> {
        let facts = locked(&self.scheduler).facts(id, registry::now())?;
        let name = self.metrics.names().name(facts.name.into());
        let timeout = facts.timeout.map(millis);
        let facts = serde_json::json!({
            "name": &*name,
            "priority": facts.priority as u8,
            "attempt": facts.attempt,
            "timeout": timeout,
            "elapsed": millis(facts.elapsed),
        });
        Some(facts.to_string())
    }
}
