//! A pool without Node: frames as the JavaScript side writes them, through wire, scheduler and metrics, as the edge
//! does it. What is missing is the lock around the scheduler, the copy into V8's memory, and JavaScript.

use std::sync::Arc;

use tasklets::metrics::{self, Metrics, OutcomeKind, Shard, Usage};
use tasklets::scheduler::claim::SharedWords;
use tasklets::scheduler::{
    Effects, Handed, IsolateId, Nanos, Outcome, Scheduler, Settings, TaskId, WorkerId,
};
use tasklets::wire::{self, Kind, Mail, Told};

const OWNER: IsolateId = IsolateId(1);
/// The encoded arguments of `run(fn, { args: [1] })`: flags, length, count and one small integer.
const PAYLOAD: [u8; 7] = [0, 2, 0, 0, 0, 1, 1];

/// A worker as the scheduler knows it.
pub struct Worker {
    pub id: WorkerId,
    pub words: Arc<SharedWords>,
    inbox: Vec<u8>,
    batch: Vec<Handed>,
    told: Vec<Told>,
    shard: Arc<Shard>,
}

pub struct Pool {
    scheduler: Scheduler,
    pub workers: Vec<Worker>,
    metrics: Metrics,
    name: u32,
    next_id: u64,
    outbox: Vec<u8>,
    mail: Vec<u8>,
}

impl Pool {
    /// A pool with so many workers, all of which have joined.
    pub fn new(workers: u32) -> Self {
        let settings = Settings {
            max_workers: workers,
            fixed: true,
            ..Settings::default()
        };
        let metrics = Metrics::new();
        let name = metrics.names().intern("trivial").into();
        let mut pool = Self {
            scheduler: Scheduler::new(settings, Arc::default(), 42),
            workers: Vec::new(),
            metrics,
            name,
            next_id: 1,
            outbox: Vec::new(),
            mail: Vec::new(),
        };
        // A task for each, so that all are started at once.
        let fx = pool.submit(workers as usize, 0);
        for (number, &id) in (2..).zip(&fx.start) {
            let words = pool.scheduler.join(id, IsolateId(number), 0);
            pool.workers.push(Worker {
                id,
                words: words.expect("a worker that was asked for may join"),
                inbox: vec![0; 1 << 16],
                batch: Vec::new(),
                told: Vec::new(),
                shard: pool.metrics.shard(),
            });
        }
        pool
    }

    /// Submits so many trivial tasks in one flush.
    pub fn submit(&mut self, tasks: usize, now: Nanos) -> Effects {
        self.outbox.clear();
        for _ in 0..tasks {
            let start = self.outbox.len();
            let length = 32 + wire::aligned(PAYLOAD.len());
            #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
            let id = self.next_id as f64;
            self.next_id += 1;
            for word in [narrow(length), 1] {
                self.outbox.extend(word.to_le_bytes());
            }
            self.outbox.extend(id.to_le_bytes());
            for word in [1, self.name, narrow(PAYLOAD.len()), 0] {
                self.outbox.extend(word.to_le_bytes());
            }
            self.outbox.extend(PAYLOAD);
            self.outbox.resize(start + length, 0);
        }
        let bytes = Arc::from(self.outbox.as_slice());
        let mut tasks = Vec::new();
        wire::read_tasks(&bytes, bytes.len(), &mut tasks).expect("frames as they should be");
        let mut fx = Effects::default();
        self.metrics.submitted(tasks.len() as u64);
        self.scheduler.submit(OWNER, tasks, now, &mut fx);
        fx
    }

    /// A worker reports what it was handed last, `run` nanoseconds each, and asks for more: the tasks of its new
    /// batch, and what else was decided.
    pub fn exchange(&mut self, worker: usize, run: Nanos, now: Nanos) -> (usize, Effects) {
        let place = &mut self.workers[worker];
        while place.words.claim().is_some() {}
        let reports = reports(&place.batch, run);
        place.told.clear();
        wire::read_reports(&reports, &mut place.told, &mut Vec::new()).expect("frames as they should be");
        place.batch.clear();
        let mut fx = Effects::for_reports(place.told.len());
        let told = place.told.iter().map(|told| &told.report);
        self.scheduler
            .exchange(place.id, told, true, now, &mut place.batch, &mut fx);
        let length = wire::batch_length(&place.batch);
        if place.inbox.len() < length {
            place.inbox.resize(length, 0);
        }
        wire::write_batch(&place.batch, &mut place.inbox);
        let mut counts = place.shard.lock(metrics::Nanos(now));
        self.mail.clear();
        for settled in &fx.settled {
            let usage = Usage {
                queue: metrics::Nanos(settled.times.queue),
                run: metrics::Nanos(settled.times.run),
                cpu: metrics::Nanos(settled.times.cpu),
            };
            counts.record(settled.name.into(), OutcomeKind::Completed, usage);
            if let Outcome::Fulfilled { form, body } = &settled.outcome {
                let mail = Mail {
                    kind: Kind::Fulfilled,
                    form: *form,
                    id: settled.id.0,
                    attempt: settled.attempt,
                    body: &reports[body.clone()],
                    ..Mail::default()
                };
                wire::write_mail(&mail, &mut self.mail);
            }
        }
        (place.batch.len(), fx)
    }
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("small frames")
}

/// What a worker writes about a batch: each task returned a small integer.
fn reports(batch: &[Handed], run: Nanos) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(batch.len() * 40);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    let run = run as f64 / 1e6;
    for Handed { id: TaskId(id), .. } in batch {
        #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
        let id = *id as f64;
        bytes.extend(40_u32.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend(run.to_le_bytes());
        bytes.extend(6_u32.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend([0, 1, 0, 0, 0, 2, 0, 0]);
    }
    bytes
}
