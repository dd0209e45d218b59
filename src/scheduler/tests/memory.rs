//! After a burst the memory is given back.

use super::super::claim::MAX_BATCH;
use super::super::task::{Priority, TaskId};
use super::super::{Effects, IsolateId, Nanos, NewTask, Payload, Report, Scheduler, Settings, Terms};
use super::{ms, up_to};

const BURST: u64 = 1_000_000;
const KIBIBYTE: usize = 1024;

fn tasks(ids: std::ops::Range<u64>, terms: Option<&Terms>) -> impl Iterator<Item = NewTask> {
    let bytes: std::sync::Arc<[u8]> = [].into();
    let terms = terms.cloned();
    ids.map(move |id| NewTask {
        id: TaskId(id),
        definition: 1,
        name: 0,
        priority: Priority::Normal,
        form: 0,
        payload: Payload::new(&bytes, 0..0),
        terms: terms.clone().map(Box::new),
    })
}

/// A scheduler with one worker, and the time.
fn pool() -> (Scheduler, Nanos) {
    let mut scheduler = Scheduler::new(
        Settings {
            fixed: true,
            ..up_to(1)
        },
        std::sync::Arc::default(),
        1,
    );
    let mut fx = Effects::default();
    scheduler.submit(IsolateId(1), tasks(1..2, None), 0, &mut fx);
    scheduler
        .join(fx.start[0], IsolateId(2), 0)
        .expect("it was started");
    (scheduler, ms(1))
}

/// Plays the worker until nothing waits; the first task of all, number 1, is begun and never ended.
fn run(scheduler: &mut Scheduler, now: Nanos) -> usize {
    let worker = scheduler.workers.ids()[0];
    let words = std::sync::Arc::clone(&scheduler.workers.get(worker).expect("it is there").words);
    let (mut reports, mut batch, mut settled) = (Vec::<Report>::new(), Vec::new(), 0);
    loop {
        let mut fx = Effects::default();
        scheduler.exchange(worker, &reports, true, now, &mut batch, &mut fx);
        settled += fx.settled.len();
        reports.clear();
        if batch.is_empty() {
            return settled;
        }
        assert!(batch.len() <= MAX_BATCH);
        for handed in batch.drain(..) {
            words.claim().expect("nobody takes it back");
            if handed.id != TaskId(1) {
                let id = handed.id;
                reports.push(Report {
                    id,
                    fulfilled: true,
                    run: 100,
                    cpu: 0,
                    form: 0,
                    body: 0..0,
                });
            }
        }
    }
}

fn assert_small(scheduler: &Scheduler) {
    let pages = scheduler.tasks.footprint();
    assert!(pages < 512 * KIBIBYTE, "{pages} bytes of pages");
    assert!(
        scheduler.queue.capacity() <= 4 * 4096,
        "{} entries",
        scheduler.queue.capacity()
    );
    assert!(
        scheduler.timers.capacity() <= 2 * 4096,
        "{} timers",
        scheduler.timers.capacity()
    );
}

#[test]
fn a_burst_of_a_million_tasks_with_timers_leaves_nothing_behind_though_one_task_stays() {
    let (mut scheduler, now) = pool();
    let terms = Terms {
        queue_timeout: Some(ms(3_600_000)),
        ..Terms::default()
    };
    scheduler.submit(
        IsolateId(1),
        tasks(2..BURST + 2, Some(&terms)),
        now,
        &mut Effects::default(),
    );
    assert!(scheduler.tasks.footprint() > 10_000 * KIBIBYTE);
    assert_eq!(run(&mut scheduler, now), usize::try_from(BURST).unwrap_or(0));
    assert_eq!(scheduler.tasks.len(), 1);
    assert_small(&scheduler);
}

#[test]
fn a_million_tasks_that_are_cancelled_while_they_wait_leave_nothing_behind() {
    let (mut scheduler, now) = pool();
    run(&mut scheduler, now);
    let mut fx = Effects::default();
    scheduler.submit(IsolateId(1), tasks(2..BURST + 2, None), now, &mut fx);
    for id in 2..BURST + 2 {
        assert!(scheduler.cancel(TaskId(id), IsolateId(1), now, &mut fx));
    }
    assert_eq!((scheduler.tasks.len(), scheduler.queued), (1, 0));
    assert_small(&scheduler);
}

#[test]
fn tasks_that_come_and_go_behind_one_that_waits_leave_nothing_behind() {
    let (mut scheduler, now) = pool();
    for round in 0..100 {
        let mut fx = Effects::default();
        let ids = 2 + round * 1_000..1_002 + round * 1_000;
        scheduler.submit(IsolateId(1), tasks(ids.clone(), None), now, &mut fx);
        for id in ids {
            scheduler.cancel(TaskId(id), IsolateId(1), now, &mut fx);
        }
    }
    assert_eq!(scheduler.queued, 1);
    assert_small(&scheduler);
}
