use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::super::effects::{Effects, Handed, Wanted};
use super::super::error::Failure;
use super::super::retry::RetryPolicy;
use super::super::task::{
    Input, IsolateId, MILLISECOND, Nanos, NewTask, Outcome, Priority, Report, TaskId, Terms, WorkerId,
};
use super::super::{Payload, Scheduler, Settings, State};

const OWNER: IsolateId = IsolateId(1);
const OTHER: IsolateId = IsolateId(2);

/// A pool of one worker that has joined, and what it has been handed so far.
struct Stage {
    scheduler: Scheduler,
    worker: WorkerId,
    now: Nanos,
}

impl Stage {
    fn new() -> Self {
        let settings = Settings {
            max_workers: 1,
            ..Settings::default()
        };
        let mut scheduler = Scheduler::new(settings, Arc::new(AtomicU32::new(1)), 7);
        let worker = scheduler.prestart(0).expect("a pool without workers starts one");
        scheduler.join(worker, IsolateId(9), 0).expect("it is expected");
        Self {
            scheduler,
            worker,
            now: MILLISECOND,
        }
    }

    fn submit(&mut self, id: u64, inputs: Vec<Input>) -> Effects {
        self.submit_with(
            id,
            Terms {
                inputs,
                ..Terms::default()
            },
        )
    }

    fn submit_with(&mut self, id: u64, terms: Terms) -> Effects {
        let mut fx = Effects::default();
        let new = NewTask {
            id: TaskId(id),
            definition: 1,
            name: 0,
            priority: Priority::Normal,
            form: 0,
            payload: Payload::new(&Arc::from([0_u8; 10].as_slice()), 0..10),
            terms: Some(Box::new(terms)),
        };
        self.scheduler.submit(OWNER, [new], self.now, &mut fx);
        fx
    }

    /// The worker says how tasks ended, and takes what is next.
    fn exchange(&mut self, reports: &[Report]) -> (Vec<Handed>, Effects) {
        let (mut batch, mut fx) = (Vec::new(), Effects::default());
        self.now += MILLISECOND;
        self.scheduler
            .exchange(self.worker, reports, true, self.now, &mut batch, &mut fx);
        let words = &self
            .scheduler
            .workers
            .get(self.worker)
            .expect("it is there")
            .words;
        while words.claim().is_some() {}
        (batch, fx)
    }

    /// A task is fulfilled with bytes that the edge keeps for those that await them.
    fn fulfil(&mut self, id: u64, result: &[u8]) -> (Vec<Handed>, Effects) {
        if self.scheduler.is_awaited(TaskId(id)) {
            self.scheduler.keep(TaskId(id), result.into());
        }
        self.exchange(&[report(id, true)])
    }

    fn state(&mut self, id: u64) -> Option<State> {
        self.scheduler.state(TaskId(id))
    }

    /// Nothing is left of anything.
    fn is_empty(&self) -> bool {
        let dependents = &self.scheduler.dependents;
        self.scheduler.tasks.is_empty()
            && dependents.edges.is_empty()
            && dependents.kept.is_empty()
            && (
                self.scheduler.waiting,
                self.scheduler.queued,
                self.scheduler.queued_bytes,
            ) == (0, 0, 0)
    }
}

fn report(id: u64, fulfilled: bool) -> Report {
    Report {
        id: TaskId(id),
        fulfilled,
        run: 1,
        cpu: 1,
        form: 0,
        body: 0..0,
    }
}

fn inputs_of(batch: &[Handed]) -> Vec<Vec<u8>> {
    let [only] = batch else {
        panic!("one task was expected, not {}", batch.len())
    };
    only.inputs.iter().map(|bytes| bytes.to_vec()).collect()
}

#[test]
fn a_task_waits_for_another_and_is_handed_its_result() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![Input::Of(TaskId(1))]);
    assert_eq!(stage.state(2), Some(State::Waiting));
    let (first, _) = stage.exchange(&[]);
    assert_eq!(first.len(), 1);
    // In the very exchange that reports the first one.
    let (second, fx) = stage.fulfil(1, b"result");
    assert_eq!(inputs_of(&second), [b"result"]);
    assert!(fx.wanted.is_empty());
    stage.exchange(&[report(2, true)]);
    assert!(stage.is_empty());
}

#[test]
fn results_come_in_the_order_in_which_they_are_named_also_twice() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![]);
    stage.submit(3, [2, 1, 2].map(|id| Input::Of(TaskId(id))).to_vec());
    stage.exchange(&[]);
    let (between, _) = stage.fulfil(1, b"one");
    assert_eq!(between[0].id, TaskId(2));
    let (last, _) = stage.fulfil(2, b"two");
    assert_eq!(inputs_of(&last), [b"two", b"one", b"two"]);
}

#[test]
fn what_was_settled_before_is_wanted_of_the_owner() {
    let mut stage = Stage::new();
    let fx = stage.submit(2, vec![Input::Of(TaskId(1)), Input::Owner]);
    let wanted = Wanted {
        owner: OWNER,
        id: TaskId(2),
        index: 0,
    };
    assert_eq!(fx.wanted, [wanted]);
    let mut fx = Effects::default();
    for (index, value) in [(1, b"late"), (0, b"soon")] {
        assert_eq!(stage.state(2), Some(State::Waiting));
        let value = Arc::from(value.as_slice());
        assert!(
            stage
                .scheduler
                .supply((TaskId(2), index), OWNER, 2, value, 5, &mut fx)
        );
    }
    assert_eq!(stage.state(2), Some(State::Queued));
    let (batch, _) = stage.exchange(&[]);
    assert_eq!(batch[0].form, 2);
    assert_eq!(inputs_of(&batch), [b"soon", b"late"]);
}

#[test]
fn what_is_more_than_bytes_is_wanted_of_the_owner() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![Input::Of(TaskId(1))]);
    stage.exchange(&[]);
    // The edge has kept nothing.
    let (batch, fx) = stage.exchange(&[report(1, true)]);
    assert!(batch.is_empty());
    assert_eq!(fx.wanted.len(), 1);
    assert_eq!(stage.state(2), Some(State::Waiting));
}

#[test]
fn results_of_others_are_nobodys_business() {
    let mut stage = Stage::new();
    let mut fx = Effects::default();
    stage.submit(1, vec![]);
    let value: Arc<[u8]> = Arc::from(b"x".as_slice());
    stage.submit(2, vec![Input::Owner]);
    assert!(
        !stage
            .scheduler
            .supply((TaskId(2), 0), OTHER, 0, Arc::clone(&value), 0, &mut fx)
    );
    assert!(
        !stage
            .scheduler
            .supply((TaskId(2), 7), OWNER, 0, Arc::clone(&value), 0, &mut fx)
    );
    assert!(
        stage
            .scheduler
            .supply((TaskId(2), 0), OWNER, 0, Arc::clone(&value), 0, &mut fx)
    );
    assert!(
        !stage
            .scheduler
            .supply((TaskId(2), 0), OWNER, 0, value, 0, &mut fx)
    );
    // A frame that names itself waits for its owner, not for itself.
    assert_eq!(stage.submit(3, vec![Input::Of(TaskId(3))]).wanted.len(), 1);
}

#[test]
fn cancelling_one_that_waits_leaves_nothing_behind() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![Input::Of(TaskId(1)), Input::Owner]);
    let mut fx = Effects::default();
    let value = Arc::from(b"given".as_slice());
    stage
        .scheduler
        .supply((TaskId(2), 1), OWNER, 0, value, 0, &mut fx);
    assert!(stage.scheduler.cancel(TaskId(2), OWNER, stage.now, &mut fx));
    assert!(!stage.scheduler.is_awaited(TaskId(1)));
    stage.exchange(&[]);
    stage.fulfil(1, b"unwanted");
    assert!(stage.is_empty());
}

#[test]
fn one_that_waits_for_a_failed_task_is_settled_when_its_owner_says_so() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![Input::Of(TaskId(1))]);
    stage.submit(3, vec![Input::Of(TaskId(2))]);
    stage.exchange(&[]);
    stage.exchange(&[report(1, false)]);
    assert_eq!(stage.state(2), Some(State::Waiting));
    let mut fx = Effects::default();
    assert!(!stage.scheduler.forsake(TaskId(2), OTHER, stage.now, &mut fx));
    assert!(stage.scheduler.forsake(TaskId(2), OWNER, stage.now, &mut fx));
    assert!(!stage.scheduler.forsake(TaskId(2), OWNER, stage.now, &mut fx));
    assert!(stage.scheduler.forsake(TaskId(3), OWNER, stage.now, &mut fx));
    let failures = fx.settled.iter().map(|settled| &settled.outcome);
    assert!(
        failures
            .into_iter()
            .all(|outcome| matches!(outcome, Outcome::Failed(Failure::Dependency)))
    );
    assert!(fx.settled.iter().all(|settled| settled.silent));
    assert!(stage.is_empty());
}

#[test]
fn every_attempt_gets_the_inputs() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    let retry = RetryPolicy {
        delay: 0,
        ..RetryPolicy::default()
    };
    let terms = Terms {
        retry: Some(retry),
        inputs: vec![Input::Of(TaskId(1))],
        ..Terms::default()
    };
    stage.submit_with(2, terms);
    stage.exchange(&[]);
    let (first, _) = stage.fulfil(1, b"again");
    assert_eq!(inputs_of(&first), [b"again"]);
    let (second, _) = stage.exchange(&[report(2, false)]);
    assert_eq!(
        (second[0].attempt, inputs_of(&second)),
        (2, vec![b"again".to_vec()])
    );
    stage.exchange(&[report(2, true)]);
    assert!(stage.is_empty());
}

#[test]
fn waiting_counts_for_the_queue_and_its_time() {
    let mut stage = Stage::new();
    let settings = Settings {
        max_workers: 1,
        max_queue: 1,
        ..Settings::default()
    };
    let mut fx = Effects::default();
    stage.scheduler.configure(settings, 0, &mut fx);
    stage.submit(1, vec![]);
    stage.exchange(&[]);
    let terms = Terms {
        inputs: vec![Input::Of(TaskId(1))],
        queue_timeout: Some(MILLISECOND),
        ..Terms::default()
    };
    stage.submit_with(2, terms);
    let refused = stage.submit(3, vec![Input::Of(TaskId(1))]);
    assert!(matches!(
        refused.settled[0].outcome,
        Outcome::Failed(Failure::QueueFull { waiting: 1, limit: 1 })
    ));
    stage.scheduler.tick(stage.now + 2 * MILLISECOND, &mut fx);
    assert!(matches!(
        fx.settled.last().map(|settled| &settled.outcome),
        Some(Outcome::Failed(Failure::QueueTimeout { .. }))
    ));
    stage.exchange(&[report(1, true)]);
    assert!(stage.is_empty());
}

#[test]
fn draining_waits_for_those_that_wait() {
    let mut stage = Stage::new();
    stage.submit(1, vec![]);
    stage.submit(2, vec![Input::Of(TaskId(1))]);
    stage.exchange(&[]);
    let mut fx = Effects::default();
    assert_eq!(stage.scheduler.drain(false, stage.now, &mut fx), 0);
    let (batch, fx) = stage.fulfil(1, b"still");
    assert!(!fx.drained);
    assert_eq!(inputs_of(&batch), [b"still"]);
    let (_, fx) = stage.exchange(&[report(2, true)]);
    assert!(fx.drained && stage.is_empty());
}
