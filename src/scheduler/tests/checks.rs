//! What must hold after every event, whatever has happened.

use super::super::found::REPORT_AFTER;
use super::super::task::Stage;
use super::super::workers::{PATIENCE, TICK, Worker};
use super::super::{Handed, Input, Outcome, Settled, TaskId, WorkerId};
use super::played::Attempt;
use super::world::World;

impl World {
    pub fn check(&mut self) {
        self.check_counts();
        self.check_alarm();
        self.check_neglect();
        self.check_delivery();
    }

    /// What has been finished reaches its owner soon, whatever else the worker does, and whether it lives or dies.
    fn check_delivery(&self) {
        for (id, played) in &self.workers {
            let finished = played.outbox.first().map(|report| report.id);
            assert!(
                finished.is_none() || self.now - played.oldest <= REPORT_AFTER,
                "{finished:?} was finished by {id:?} at {}",
                played.oldest
            );
        }
    }

    /// A task is settled once.
    pub fn settle(&mut self, settled: Settled) {
        assert!(
            self.submitted.contains(&settled.id),
            "who was never there is not settled"
        );
        let id = settled.id;
        if !matches!(settled.outcome, Outcome::Fulfilled { .. }) {
            self.failed.push(id);
        }
        let before = self.settled.insert(id, settled);
        assert!(before.is_none(), "{id:?} is settled once, but was {before:?}");
    }

    /// An attempt begins once, of a task that is not settled, and after the one before has ended.
    pub fn check_beginning(&self, worker: WorkerId, attempt: &Attempt) {
        let Attempt { id, number, .. } = *attempt;
        let needs = self.inputs.get(&id).into_iter().flatten();
        for other in needs.filter_map(|input| {
            if let Input::Of(other) = input {
                Some(other)
            } else {
                None
            }
        }) {
            assert!(
                self.is_fulfilled(*other),
                "{id:?} begins before {other:?} has a result"
            );
        }
        assert!(
            !self.settled.contains_key(&id),
            "{id:?} begins though it is settled"
        );
        let same = |(_, _, begun, before): &&(_, _, TaskId, u32)| *begun == id && *before >= number;
        assert_eq!(
            self.begun.iter().find(same),
            None,
            "attempt {number} of {id:?} begins once"
        );
        for (other, played) in &self.workers {
            let elsewhere = played.holds.iter().chain(&played.awaiting);
            for running in elsewhere.filter(|running| running.id == id) {
                let itself = *other == worker && running.number == number;
                assert!(
                    itself,
                    "attempt {number} of {id:?} begins beside {}",
                    running.number
                );
            }
        }
    }

    /// Of equal priorities those that have waited longest are handed over, in order.
    pub fn check_order(&self, batch: &[Handed]) {
        let tasks = &self.scheduler.tasks;
        for handed in batch {
            // One with a worker of its own comes when that has started.
            let Some(task) = tasks.get(handed.id).filter(|task| task.heap_limit().is_none()) else {
                continue;
            };
            let earlier = tasks.ids(|other| {
                other.stage == Stage::Queued
                    && other.priority == task.priority
                    && other.turn < task.turn
                    && other.heap_limit().is_none()
            });
            assert!(earlier.is_empty(), "{:?} goes before {earlier:?}", handed.id);
        }
        let turn = |handed: &Handed| tasks.get(handed.id).map(|task| (task.priority, task.turn));
        for (index, one) in batch.iter().enumerate() {
            for other in &batch[index + 1..] {
                if let (Some((rank, turn)), Some((other_rank, other_turn))) = (turn(one), turn(other)) {
                    assert!(rank != other_rank || turn < other_turn, "a batch is in order");
                }
            }
        }
    }

    /// What is counted is what is there.
    fn check_counts(&self) {
        let scheduler = &self.scheduler;
        let queued = scheduler.tasks.ids(|task| task.stage == Stage::Queued);
        assert_eq!(scheduler.queued + scheduler.confined.len(), queued.len());
        let waiting = scheduler.tasks.ids(|task| task.stage == Stage::Waiting);
        assert_eq!(scheduler.waiting, waiting.len());
        let both = queued.iter().chain(&waiting);
        let bytes = both
            .filter_map(|id| scheduler.tasks.get(*id))
            .map(|task| task.size() as u64);
        assert_eq!(scheduler.queued_bytes, bytes.sum::<u64>());
        assert_eq!(scheduler.tasks.len(), self.submitted.len() - self.settled.len());
        let summary = self.summary();
        assert_eq!(summary.workers.len(), self.workers.len());
        let in_inboxes: usize = scheduler.workers.iter().map(Worker::unbegun).sum();
        assert_eq!(summary.queued, queued.len() + in_inboxes);
        let nested = scheduler.tasks.ids(|task| task.nested);
        assert_eq!(scheduler.nested, nested.len());
        for worker in scheduler.workers.iter() {
            let children = scheduler
                .tasks
                .ids(|task| task.nested && Some(task.owner) == worker.isolate);
            assert_eq!(worker.children, children.len());
        }
        let stand_ins = scheduler.workers.iter().filter(|worker| worker.stand_in);
        assert!(stand_ins.count() <= 2, "there are few stand-ins");
        // The worker that a task was handed to knows it.
        for worker in scheduler.workers.iter() {
            let known = worker.handed.iter().chain(&worker.running);
            for id in scheduler.tasks.ids(|task| task.is_with(worker.id)) {
                assert_eq!(
                    known.clone().filter(|held| **held == id).count(),
                    1,
                    "{id:?} is known once"
                );
            }
        }
        for id in scheduler
            .tasks
            .ids(|task| matches!(task.stage, Stage::Handed { .. }))
        {
            let task = scheduler.tasks.get(id).expect("it was there just now");
            assert!(
                scheduler.workers.iter().any(|worker| task.is_with(worker.id)),
                "{task:?}"
            );
        }
    }

    /// The timekeeper will look in when there is something to be done.
    fn check_alarm(&self) {
        let (alarm, needed) = (self.scheduler.alarm(), self.scheduler.next_alarm(self.now));
        assert!(
            alarm <= needed,
            "the alarm is {alarm}, at {needed} something is to be done"
        );
    }

    /// No task waits while a worker could be called that is not.
    fn check_neglect(&mut self) {
        let queued = self
            .scheduler
            .tasks
            .ids(|task| task.stage == Stage::Queued && task.heap_limit().is_none());
        if !self.scheduler.has_callable(self.now) {
            self.neglected.clear();
        } else {
            self.neglected.retain(|id, _| queued.contains(id));
            for id in queued {
                let since = *self.neglected.entry(id).or_insert(self.now);
                assert!(
                    self.now - since <= PATIENCE + TICK,
                    "{id:?} waits beside an idle worker"
                );
            }
        }
    }
}
