//! The world around a scheduler: a clock, an owner, a timekeeper, and workers that are played.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::{
    Effects, Exit, Failure, Input, IsolateId, Nanos, Outcome, Scheduler, Settings, Settled, State, Stop,
    Summary, TaskId, WorkerId,
};
use super::played::{Play, Played};
use super::task::Task;
use super::{ms, us};

/// Who submits, where nothing else is said.
pub const OWNER: IsolateId = IsolateId(1);
/// How long a worker takes to join.
pub const STARTS: Nanos = ms(35);
/// How long a worker takes to come when it is called.
const COMES: Nanos = us(10);
/// How long a worker's thread takes to end when it is to.
const GOES: Nanos = ms(2);

/// The world. Every method that stirs the scheduler carries out what it decides and checks it.
pub struct World {
    pub now: Nanos,
    pub scheduler: Scheduler,
    pub workers: BTreeMap<WorkerId, Played>,
    pub plays: HashMap<TaskId, Play>,
    /// How the next workers that are started fare: they never join, but end like this.
    pub stillbirths: Vec<Exit>,
    /// The next workers that are started never join and never end.
    pub hung: usize,

    /// What has happened: tasks settled, failures to be decided on, batches handed over, attempts
    /// begun, workers started and stopped, how often the timekeeper ticked.
    pub settled: BTreeMap<TaskId, Settled>,
    pub questions: Vec<Settled>,
    pub batches: Vec<(WorkerId, Vec<TaskId>)>,
    pub begun: Vec<(Nanos, WorkerId, TaskId, u32)>,
    pub announced: Vec<(TaskId, u32)>,
    pub started: Vec<(Nanos, WorkerId)>,
    pub stopped: Vec<(Nanos, WorkerId, Stop)>,
    /// Those of the started ones whose heaps are limited.
    pub confined: Vec<(WorkerId, u64)>,
    pub drained: usize,
    pub crashed: u64,
    pub crowded: Option<usize>,
    pub ticks: usize,
    pub submitted: BTreeSet<TaskId>,
    /// Which tasks need which inputs, which of those the owner is to give, and which tasks have failed
    /// since it looked.
    pub inputs: BTreeMap<TaskId, Vec<Input>>,
    pub wanted: Vec<(TaskId, u32)>,
    pub failed: Vec<TaskId>,
    /// Since when a task has waited although a worker could have been called.
    pub neglected: BTreeMap<TaskId, Nanos>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        Self {
            now: ms(1_000),
            scheduler: Scheduler::new(settings, Arc::default(), 42),
            workers: BTreeMap::new(),
            plays: HashMap::new(),
            stillbirths: Vec::new(),
            hung: 0,
            settled: BTreeMap::new(),
            questions: Vec::new(),
            batches: Vec::new(),
            begun: Vec::new(),
            announced: Vec::new(),
            started: Vec::new(),
            stopped: Vec::new(),
            confined: Vec::new(),
            drained: 0,
            crashed: 0,
            crowded: None,
            ticks: 0,
            submitted: BTreeSet::new(),
            inputs: BTreeMap::new(),
            wanted: Vec::new(),
            failed: Vec::new(),
            neglected: BTreeMap::new(),
        }
    }

    /// Lets the scheduler decide something, and carries it out.
    pub fn stir<T>(&mut self, event: impl FnOnce(&mut Scheduler, Nanos, &mut Effects) -> T) -> T {
        let mut fx = Effects::default();
        let alarm = self.scheduler.alarm();
        let result = event(&mut self.scheduler, self.now, &mut fx);
        assert!(
            fx.rearm || self.scheduler.alarm() >= alarm,
            "an earlier alarm is said"
        );
        self.carry_out(fx);
        self.check();
        result
    }

    fn carry_out(&mut self, fx: Effects) {
        for settled in fx.settled {
            if settled.undecided.is_some() {
                self.questions.push(settled);
            } else {
                self.settle(settled);
            }
        }
        self.announced
            .extend(fx.begun.iter().map(|begun| (begun.id, begun.attempt)));
        self.wanted
            .extend(fx.wanted.iter().map(|wanted| (wanted.id, wanted.index)));
        for worker in fx.wake {
            if let Some(played) = self.workers.get_mut(&worker) {
                played.turn.get_or_insert(self.now + COMES);
            }
        }
        for worker in fx.start {
            self.started.push((self.now, worker));
            let played = self.new_worker();
            self.workers.insert(worker, played);
        }
        for (worker, heap) in fx.confine {
            self.confined.push((worker, heap));
            self.started.push((self.now, worker));
            let played = self.new_worker();
            self.workers.insert(worker, played);
        }
        for (worker, stop) in fx.stop {
            self.stopped.push((self.now, worker, stop));
            let Some(played) = self.workers.get_mut(&worker) else {
                continue;
            };
            assert!(
                stop == Stop::Kill || played.is_free(),
                "who retires has nothing to do"
            );
            played.leaving = true;
            played.exits.get_or_insert((
                self.now + GOES,
                Exit {
                    code: 1,
                    ..Exit::default()
                },
            ));
        }
        self.drained += usize::from(fx.drained);
        self.crashed += fx.crashed;
        self.crowded = fx.crowded.or(self.crowded);
    }

    fn new_worker(&mut self) -> Played {
        let mut played = Played::default();
        if self.hung > 0 {
            self.hung -= 1;
        } else if let Some(exit) = self.stillbirths.pop() {
            played.exits = Some((self.now + STARTS, exit));
        } else {
            played.joins = Some(self.now + STARTS);
        }
        played
    }

    /// The isolate that a worker is.
    pub fn isolate_of(worker: WorkerId) -> IsolateId {
        IsolateId(100 + worker.0)
    }

    pub fn submit(&mut self, task: Task) -> TaskId {
        self.submit_all(vec![task])[0]
    }

    /// Submits `count` of the same, in one flush.
    pub fn submit_many(&mut self, count: usize, task: &Task) -> Vec<TaskId> {
        self.submit_all(vec![task.clone(); count])
    }

    pub fn submit_all(&mut self, tasks: Vec<Task>) -> Vec<TaskId> {
        let first = self.submitted.last().map_or(1, |id| id.0 + 1);
        let owner = tasks.first().map_or(OWNER, |task| task.owner);
        let mut new = Vec::new();
        for (id, task) in (first..).map(TaskId).zip(tasks) {
            self.submitted.insert(id);
            self.plays.insert(id, task.play);
            self.note_inputs(id, &task.terms.inputs);
            new.push(task.into_new(id));
        }
        let ids = new.iter().map(|task| task.id).collect();
        self.stir(|scheduler, now, fx| scheduler.submit(owner, new, now, fx));
        ids
    }

    pub fn cancel(&mut self, id: TaskId) -> bool {
        self.stir(|scheduler, now, fx| scheduler.cancel(id, OWNER, now, fx))
    }

    pub fn decide(&mut self, id: TaskId, wait: Option<Nanos>) -> bool {
        self.stir(|scheduler, now, fx| scheduler.decide(id, wait, now, fx))
    }

    pub fn configure(&mut self, settings: Settings) {
        self.stir(|scheduler, now, fx| scheduler.configure(settings, now, fx));
    }

    pub fn drain(&mut self, cancel_waiting: bool) -> usize {
        self.stir(|scheduler, now, fx| scheduler.drain(cancel_waiting, now, fx))
    }

    pub fn summary(&self) -> Summary {
        self.scheduler.summary(self.now)
    }

    pub fn state(&self, id: TaskId) -> Option<State> {
        self.scheduler.state(id)
    }

    /// The worker dies now, by itself.
    pub fn crash(&mut self, worker: WorkerId, exit: Exit) {
        if let Some(played) = self.workers.get_mut(&worker) {
            played.exits = Some((self.now, exit));
        }
    }

    pub fn run_for(&mut self, time: Nanos) {
        self.run_until(self.now + time);
    }

    /// Lets time pass: workers act, and the timekeeper ticks at its alarms.
    pub fn run_until(&mut self, end: Nanos) {
        self.see_to_inputs();
        loop {
            let actor = self
                .workers
                .iter()
                .map(|(id, played)| (played.acts_at(), *id))
                .min();
            let acts = actor.map_or(Nanos::MAX, |(at, _)| at);
            let alarm = self.scheduler.alarm();
            let next = acts.min(alarm);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            match actor {
                Some((at, worker)) if at <= alarm => self.act(worker),
                _ => self.tick(),
            }
        }
        self.now = self.now.max(end);
        self.see_to_inputs();
    }

    fn tick(&mut self) {
        self.ticks += 1;
        for (worker, _) in self.scheduler.to_look_at(self.now) {
            self.collect(worker);
        }
        for worker in self.scheduler.cpu_due(self.now) {
            let used = self.workers.get(&worker).map(|played| played.used(self.now));
            self.stir(|scheduler, now, fx| scheduler.cpu_used(worker, used, now, fx));
        }
        self.stir(Scheduler::tick);
        assert!(self.scheduler.alarm() > self.now, "the timekeeper does not spin");
    }

    /// The failure with which a task was settled.
    pub fn failure(&self, id: TaskId) -> &Failure {
        match &self.settled[&id].outcome {
            Outcome::Failed(failure) => failure,
            other => panic!("task {id:?} ended as {other:?}"),
        }
    }

    pub fn is_fulfilled(&self, id: TaskId) -> bool {
        self.settled
            .get(&id)
            .is_some_and(|settled| matches!(settled.outcome, Outcome::Fulfilled { .. }))
    }

    /// The worker that began an attempt of a task, the last one.
    pub fn worker_of(&self, id: TaskId) -> WorkerId {
        let found = self.begun.iter().rev().find(|(_, _, begun, _)| *begun == id);
        found.expect("it has begun").1
    }

    /// When a task began first.
    pub fn begun_at(&self, id: TaskId) -> Option<Nanos> {
        self.begun
            .iter()
            .find(|(_, _, begun, _)| *begun == id)
            .map(|(at, ..)| *at)
    }
}
