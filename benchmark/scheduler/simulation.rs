//! Where does the scheduler stop to scale? It is played, in simulated time, by one submitter and 2 to 64 workers.
//!
//! The decisions are the scheduler's own; what is simulated is how long everything around them takes. The lock around
//! the scheduler is held by one at a time: who comes meanwhile waits. `simulation [width per worker]`.

mod pool;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use pool::Pool;
use tasklets::scheduler::Nanos;

// What the parts take in nanoseconds: estimates, from `npm run bench:instructions` and from the rates that two workers reach.

/// The main thread per task: JavaScript, to write the frame and to settle the handle.
const MAIN_PER_TASK: Nanos = 400;
/// A flush and a delivery of mail, besides the tasks in them.
const MAIN_PER_TURN: Nanos = 1_500;
/// Under the lock: a call, and each task that is submitted, or handed over and reported.
const LOCK_CALL: Nanos = 150;
const LOCK_SUBMIT: Nanos = 55;
const LOCK_TASK: Nanos = 120;
/// A worker per exchange and per task, besides what the task itself takes.
const WORKER_CALL: Nanos = 2_000;
const WORKER_PER_TASK: Nanos = 450;
/// From the call of a worker, or of the main thread, until it comes.
const WAKE: Nanos = 10_000;
/// How long is simulated.
const SPAN: Nanos = 50_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The main thread has its mail, and writes as many tasks as were answered.
    Main,
    /// It hands so many of them over.
    Submit(u64),
    /// A worker comes, with its reports.
    Worker(usize),
}

/// What came out of one run.
#[derive(Default)]
struct Outcome {
    done: u64,
    calls: u64,
    wakes: u64,
    held: Nanos,
    waited: Nanos,
    main_busy: Nanos,
    worked: Nanos,
}

struct Simulation {
    pool: Pool,
    run: Nanos,
    events: BinaryHeap<Reverse<(Nanos, Event)>>,
    /// Until when the lock is taken.
    locked_until: Nanos,
    /// Workers that sleep, and the main thread.
    asleep: Vec<bool>,
    main_asleep: bool,
    answered: u64,
    out: Outcome,
}

impl Simulation {
    fn new(workers: u32, run: Nanos) -> Self {
        let pool = Pool::new(workers);
        let asleep = vec![true; pool.workers.len()];
        Self {
            pool,
            run,
            events: BinaryHeap::new(),
            locked_until: 0,
            asleep,
            main_asleep: false,
            answered: 0,
            out: Outcome::default(),
        }
    }

    /// Takes the lock at `now` for `time`: when it is let go again.
    fn lock(&mut self, now: Nanos, time: Nanos) -> Nanos {
        let from = now.max(self.locked_until);
        self.out.waited += from - now;
        self.out.held += time;
        self.out.calls += 1;
        self.locked_until = from + time;
        self.locked_until
    }

    fn wake(&mut self, workers: &[tasklets::scheduler::WorkerId], now: Nanos) {
        for id in workers {
            let Some(at) = self.pool.workers.iter().position(|worker| worker.id == *id) else {
                continue;
            };
            if std::mem::take(&mut self.asleep[at]) {
                self.out.wakes += 1;
                self.events.push(Reverse((now + WAKE, Event::Worker(at))));
            }
        }
    }

    fn main(&mut self, now: Nanos) {
        let tasks = std::mem::take(&mut self.answered);
        if tasks == 0 {
            self.main_asleep = true;
            return;
        }
        // A turn ends with a flush; a long one flushes in between, so that workers begin.
        let flush = tasks.min(512);
        self.answered = tasks - flush;
        let busy = MAIN_PER_TURN + MAIN_PER_TASK * flush;
        self.out.main_busy += busy;
        self.events.push(Reverse((now + busy, Event::Submit(flush))));
    }

    fn submit(&mut self, flush: u64, now: Nanos) {
        let at = self.lock(now, LOCK_CALL + LOCK_SUBMIT * flush);
        let fx = self.pool.submit(usize::try_from(flush).unwrap_or(0), at);
        self.wake(&fx.wake, at);
        self.events.push(Reverse((at, Event::Main)));
    }

    fn worker(&mut self, worker: usize, now: Nanos) {
        let (tasks, fx) = self.pool.exchange(worker, self.run + WORKER_PER_TASK, now);
        let ended = fx.settled.len() as u64;
        let at = self.lock(now, LOCK_CALL + LOCK_TASK * (ended + tasks as u64) / 2);
        self.out.done += ended;
        self.answered += ended;
        if ended > 0 && std::mem::take(&mut self.main_asleep) {
            self.events.push(Reverse((at + WAKE, Event::Main)));
        }
        self.wake(&fx.wake, at);
        if tasks == 0 {
            self.asleep[worker] = true;
            return;
        }
        let busy = WORKER_CALL + (WORKER_PER_TASK + self.run) * tasks as u64;
        self.out.worked += busy;
        self.events.push(Reverse((at + busy, Event::Worker(worker))));
    }

    fn play(mut self, in_flight: u64) -> Outcome {
        self.answered = in_flight;
        self.events.push(Reverse((1_000_000, Event::Main)));
        for worker in 0..self.pool.workers.len() {
            self.asleep[worker] = false;
            self.events.push(Reverse((1_000_000, Event::Worker(worker))));
        }
        while let Some(Reverse((now, event))) = self.events.pop() {
            if now > 1_000_000 + SPAN {
                break;
            }
            match event {
                Event::Main => self.main(now),
                Event::Submit(flush) => self.submit(flush, now),
                Event::Worker(worker) => self.worker(worker, now),
            }
        }
        self.out
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn main() {
    let width: u64 = std::env::args()
        .nth(1)
        .map_or(128, |width| width.parse().expect("a width"));
    println!("{width} tasks in flight per worker, one submitter; tasks/s in thousands, shares of the time");
    println!("    task  workers  tasks/s  batch  wakes/1000  lock held  waited for  main busy  workers busy");
    for run in [0, 10_000, 100_000, 1_000_000] {
        for workers in [2, 8, 16, 64] {
            let out = Simulation::new(workers, run).play(width * u64::from(workers));
            let share = |time: Nanos| 100.0 * time as f64 / SPAN as f64;
            println!(
                "{:>6.2}us {workers:>7} {:>9.0} {:>6.1} {:>11.1} {:>9.1}% {:>10.1}% {:>9.1}% {:>12.1}%",
                run as f64 / 1e3,
                out.done as f64 / SPAN as f64 * 1e6,
                out.done as f64 / (out.calls.max(1)) as f64,
                1e3 * out.wakes as f64 / out.done.max(1) as f64,
                share(out.held),
                share(out.waited) / f64::from(workers + 1),
                share(out.main_busy),
                share(out.worked) / f64::from(workers),
            );
        }
    }
}
