//! Limits of CPU time and memory, and the thresholds by which workers come and go.

use super::super::{Effects, Exit, Failure, Settings, Stop, TaskId};
use super::played::End;
use super::task::Task;
use super::world::{OWNER, World};
use super::{ms, up_to, us, warm};

fn limited(cpu: u64) -> Task {
    let mut task = Task::new(7);
    task.terms.cpu_time = Some(ms(cpu));
    task
}

fn confined(bytes: u64) -> Task {
    let mut task = Task::new(8);
    task.terms.memory = Some(bytes);
    task
}

#[test]
fn cpu_time_is_what_the_thread_uses_and_ends_the_task_soon_after_its_limit() {
    let mut world = warm(1);
    let begun = world.now;
    let id = world.submit(limited(50).ends(End::Never));
    world.run_for(ms(60));
    let Failure::OutOfTime { limit, used } = world.failure(id) else {
        panic!("it is over its limit: {:?}", world.settled[&id]);
    };
    assert_eq!(*limit, ms(50));
    assert!(*used >= ms(50) && *used <= ms(55), "{used}");
    world.run_for(ms(200));
    assert_eq!(world.stopped.len(), 1, "after its grace its worker is replaced");
    assert!(world.now - begun < ms(400));
}

#[test]
fn a_task_that_sleeps_uses_no_cpu_time_and_is_looked_at_ever_more_seldom() {
    let mut world = warm(1);
    let id = world.submit(limited(3).awaits(ms(5_000)));
    let ticks = world.ticks;
    world.run_for(ms(5_010));
    assert!(world.is_fulfilled(id));
    assert!(world.ticks - ticks < 80, "{} ticks", world.ticks - ticks);
}

#[test]
fn a_task_that_begins_later_than_its_limit_could_be_reached_is_ended_all_the_same() {
    let mut world = warm(1);
    let worker = *world.workers.keys().next().expect("there is one");
    let (id, now) = (TaskId(1_000), world.now);
    let (mut fx, mut batch) = (Effects::default(), Vec::new());
    let scheduler = &mut world.scheduler;
    scheduler.submit(OWNER, [limited(10).into_new(id)], now, &mut fx);
    scheduler.exchange(worker, [], true, now, &mut batch, &mut fx);
    scheduler.mark_cpu(worker, 0, now, &mut fx);
    // The thread has had no processor since: it has not begun.
    let later = now + ms(20);
    assert_eq!(scheduler.cpu_due(later), [worker]);
    scheduler.cpu_used(worker, Some(ms(1)), later, &mut fx);
    let words = scheduler.words_of(worker).expect("it is there");
    assert_eq!(words.claim(), Some(0));
    let last = later + ms(20);
    assert_eq!(scheduler.cpu_due(last), [worker], "it is looked at again");
    scheduler.cpu_used(worker, Some(ms(20)), last, &mut fx);
    assert_eq!(
        fx.settled.iter().map(|settled| settled.id).collect::<Vec<_>>(),
        [id]
    );
}

#[test]
fn a_limited_task_is_alone_in_its_batch() {
    let mut world = warm(1);
    let mut tasks = vec![Task::new(1).takes(us(2)); 9];
    tasks[4] = limited(50).takes(us(2));
    world.submit_all(tasks);
    world.run_for(ms(5));
    let sizes: Vec<usize> = world.batches.iter().map(|(_, batch)| batch.len()).collect();
    assert_eq!(sizes[sizes.len() - 3..], [4, 1, 4]);
}

#[test]
fn a_task_that_may_have_to_be_ended_is_left_to_a_worker_on_which_nothing_else_runs() {
    let mut world = warm(2);
    let parent = world.submit(Task::new(2).awaits(ms(500)));
    world.run_for(ms(1));
    for _ in 0..10 {
        let mut child = Task::new(3).takes(us(5));
        child.terms.timeout = Some(ms(100));
        let child = world.submit(child);
        world.run_for(ms(8));
        assert_ne!(world.worker_of(child), world.worker_of(parent));
    }
}

#[test]
fn a_task_with_a_memory_limit_gets_a_worker_of_its_own_that_leaves_after_it() {
    let mut world = warm(2);
    let id = world.submit(confined(1 << 25));
    assert_eq!(world.confined.len(), 1);
    assert_eq!(world.confined[0].1, 1 << 25);
    world.run_for(ms(100));
    assert!(world.is_fulfilled(id));
    let worker = world.worker_of(id);
    assert_eq!(worker, world.confined[0].0);
    assert!(
        world
            .stopped
            .iter()
            .any(|(_, who, stop)| *who == worker && *stop == Stop::Retire)
    );
    assert!(world.summary().workers.len() <= 2);
}

#[test]
fn one_that_runs_out_of_memory_fails_with_its_own_limit() {
    let mut world = warm(1);
    let id = world.submit(confined(1 << 25).takes(ms(500)));
    world.run_for(ms(60));
    let worker = world.worker_of(id);
    world.crash(
        worker,
        Exit {
            code: 1,
            out_of_memory: Some(1 << 26),
            cause: None,
        },
    );
    world.run_for(ms(1));
    let Failure::OutOfMemory { limit, used } = world.failure(id) else {
        panic!("{:?}", world.settled[&id]);
    };
    assert_eq!((*limit, *used), (1 << 25, 1 << 26));
}

#[test]
fn a_busy_pool_starves_no_task_with_a_memory_limit() {
    let mut world = World::new(up_to(1));
    world.submit_many(2_000, &Task::new(1).takes(ms(1)));
    world.run_for(ms(50));
    let id = world.submit(confined(1 << 25));
    world.run_for(ms(200));
    assert!(world.is_fulfilled(id));
}

#[test]
fn a_queue_that_waits_starts_one_more_worker_from_the_threshold_on() {
    for (scale_up, workers) in [(0.5, 3), (1.0, 2)] {
        let mut world = World::new(Settings { scale_up, ..up_to(3) });
        world.submit_many(2, &Task::new(1).takes(ms(400)));
        world.run_for(ms(80));
        assert_eq!(world.summary().workers.len(), 2);
        // One of two is busy, and something waits all the time, though little.
        world.submit(Task::new(2).takes(ms(1_000)));
        world.run_for(ms(350));
        for _ in 0..300 {
            world.submit(Task::new(3).takes(us(200)));
            world.run_for(us(100));
        }
        assert!(world.summary().workers.len() >= workers, "{scale_up}");
    }
}

#[test]
fn idle_workers_leave_one_at_a_time_while_the_pool_is_in_use_and_all_at_once_where_it_is_not() {
    for (scale_down, left) in [(0.2, 3), (0.3, 1)] {
        let mut world = World::new(Settings {
            idle_timeout: ms(1_000),
            scale_down,
            ..up_to(4)
        });
        world.submit_many(4, &Task::new(1).takes(ms(30)));
        world.run_for(ms(100));
        assert_eq!(world.summary().workers.len(), 4);
        // A quarter of them is busy.
        world.submit(Task::new(2).takes(ms(10_000)));
        world.run_for(ms(1_500));
        assert_eq!(world.summary().workers.len(), left, "{scale_down}");
        world.run_for(ms(3_000));
        assert_eq!(world.summary().workers.len(), 1);
    }
}
