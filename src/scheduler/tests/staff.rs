//! How many workers there are, and when they come and go.

use super::super::{Effects, Exit, Nanos, Stop};
use super::task::Task;
use super::world::{STARTS, World};
use super::{Settings, ms, up_to, us, warm};

#[test]
fn nothing_is_started_before_the_first_task() {
    let mut world = World::new(Settings {
        min_workers: 2,
        ..up_to(4)
    });
    world.run_for(ms(1_000));
    assert_eq!((world.started.len(), world.ticks), (0, 0));
    world.submit(Task::new(1));
    assert_eq!(world.started.len(), 1, "then what that is worth");
    world.run_for(STARTS + ms(5));
    assert_eq!((world.started.len(), world.settled.len()), (1, 1));
    world.run_for(ms(10));
    assert_eq!(world.started.len(), 2, "and as many as are to be there at least");
}

#[test]
fn tasks_for_all_workers_start_all_of_them_at_once() {
    let mut world = World::new(Settings {
        fixed: true,
        ..up_to(4)
    });
    world.submit_many(3, &Task::new(1));
    assert_eq!(world.started.len(), 3);
}

#[test]
fn the_least_number_of_workers_is_there_again_after_one_has_died() {
    let mut world = warm(2);
    let (started, worker) = (world.started.len(), world.started[0].1);
    world.crash(worker, Exit::default());
    world.run_for(ms(1));
    assert_eq!(world.started.len(), started + 1);
}

#[test]
fn a_fixed_pool_starts_all_its_workers_and_keeps_them() {
    let mut world = World::new(Settings {
        fixed: true,
        ..up_to(4)
    });
    world.submit(Task::new(1));
    world.run_for(ms(60_000));
    assert_eq!((world.started.len(), world.summary().idle), (4, 4));
}

#[test]
fn an_idle_pool_is_not_looked_at() {
    let mut world = warm(2);
    world.run_for(ms(60_000));
    assert_eq!(world.scheduler.alarm(), Nanos::MAX);
    assert_eq!(world.scheduler.next_alarm(world.now), Nanos::MAX);
    let ticks = world.ticks;
    world.run_for(ms(3_600_000));
    assert_eq!(world.ticks, ticks);
}

#[test]
fn a_busy_pool_with_all_its_workers_is_not_looked_at() {
    let mut world = warm(2);
    world.submit_many(4, &Task::new(2).takes(ms(1_000)));
    world.run_for(ms(10));
    let ticks = world.ticks;
    world.run_for(ms(900));
    assert_eq!(world.ticks, ticks);
}

#[test]
fn one_task_after_another_needs_few_looks() {
    let mut world = warm(2);
    let (ticks, begun) = (world.ticks, world.now);
    for _ in 0..10_000 {
        world.submit(Task::new(1).takes(us(2)));
        world.run_for(us(20));
    }
    let time = (world.now - begun) / ms(1);
    let looks = (world.ticks - ticks) as u64;
    assert!(looks * 3 < time, "{looks} ticks in {time} ms");
}

#[test]
fn workers_that_have_been_idle_for_too_long_leave_down_to_the_least() {
    let mut world = World::new(Settings {
        min_workers: 1,
        idle_timeout: ms(100),
        ..up_to(3)
    });
    world.submit_many(3, &Task::new(1).takes(ms(50)));
    world.run_for(STARTS + ms(120));
    assert_eq!(world.workers.len(), 3);
    world.run_for(ms(50));
    assert_eq!(world.workers.len(), 1);
    assert!(world.stopped.iter().all(|stop| stop.2 == Stop::Retire));
    assert_eq!((world.stopped.len(), world.crashed), (2, 0));
}

#[test]
fn a_pool_without_a_least_number_goes_down_to_none_and_comes_back() {
    let mut world = World::new(Settings {
        idle_timeout: ms(100),
        ..up_to(3)
    });
    world.submit(Task::new(1));
    world.run_for(ms(500));
    assert_eq!((world.workers.len(), world.scheduler.alarm()), (0, Nanos::MAX));
    let id = world.submit(Task::new(1));
    world.run_for(ms(50));
    assert!(world.is_fulfilled(id));
}

#[test]
fn time_spent_awaiting_is_not_idle_time() {
    let mut world = World::new(Settings {
        idle_timeout: ms(100),
        ..up_to(1)
    });
    world.submit(Task::new(1).awaits(ms(500)));
    world.run_for(STARTS + ms(550));
    assert_eq!(world.workers.len(), 1);
    assert!(world.ticks < 100, "{} ticks", world.ticks);
    world.run_for(ms(60));
    assert_eq!(world.workers.len(), 0);
}

#[test]
fn a_waiting_queue_starts_more_workers_up_to_the_most() {
    let mut world = World::new(up_to(3));
    world.submit_many(10, &Task::new(1).takes(ms(200)));
    world.run_for(ms(100));
    assert_eq!(world.summary().active, 3);
    world.submit_many(10, &Task::new(1).takes(ms(200)));
    world.run_for(ms(2_000));
    assert_eq!((world.started.len(), world.settled.len()), (3, 20));
}

#[test]
fn tasks_that_take_longer_than_expected_start_another_worker_under_pressure() {
    let mut world = World::new(Settings {
        min_workers: 1,
        ..up_to(2)
    });
    for _ in 0..20 {
        world.submit(Task::new(1).takes(us(2)));
    }
    world.run_for(ms(200));
    let before = world.started.len();
    assert_eq!(before, 2);
    world.run_for(ms(20_000));
    assert_eq!(world.workers.len(), 1);
    world.submit_many(20, &Task::new(1).takes(ms(50)));
    world.run_for(ms(100));
    assert_eq!(world.summary().active, 2);
}

#[test]
fn a_worker_that_has_just_joined_has_its_time_before_another_is_started() {
    let mut world = World::new(up_to(4));
    world.submit(Task::new(1));
    let (worker, begun) = (world.started[0].1, world.now);
    let mut fx = Effects::default();
    for at in 1..=35 {
        world.scheduler.tick(begun + ms(at), &mut fx);
    }
    world
        .scheduler
        .join(worker, World::isolate_of(worker), begun + ms(35))
        .expect("it was started");
    world.scheduler.tick(begun + ms(36), &mut fx);
    assert!(fx.start.is_empty(), "the task has waited for the start alone");
    world.scheduler.tick(begun + ms(80), &mut fx);
    assert_eq!(fx.start.len(), 1, "it does not come");
}

#[test]
fn a_worker_that_has_done_its_number_of_tasks_is_replaced() {
    let mut world = World::new(Settings {
        max_tasks_per_worker: 10,
        ..up_to(1)
    });
    let ids = world.submit_many(35, &Task::new(1).takes(us(2)));
    world.run_for(ms(400));
    assert!(ids.iter().all(|id| world.is_fulfilled(*id)));
    let mut counts = std::collections::BTreeMap::new();
    for (_, worker, ..) in &world.begun {
        *counts.entry(*worker).or_insert(0) += 1;
    }
    assert_eq!(counts.values().copied().collect::<Vec<_>>(), [10, 10, 10, 5]);
    assert_eq!(world.crashed, 0);
}

#[test]
fn a_worn_worker_ends_what_it_has_begun_before_it_leaves() {
    let mut world = World::new(Settings {
        max_tasks_per_worker: 2,
        ..up_to(1)
    });
    let ids = world.submit_all(vec![Task::new(1).awaits(ms(200)), Task::new(1), Task::new(1)]);
    world.run_for(ms(500));
    assert!(ids.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!(world.crashed, 0);
}

#[test]
fn a_worn_worker_of_a_pool_that_shuts_down_is_replaced_if_tasks_wait() {
    let mut world = World::new(Settings {
        max_tasks_per_worker: 1,
        ..up_to(1)
    });
    let ids = world.submit_many(3, &Task::new(1));
    world.drain(false);
    world.run_for(ms(500));
    assert!(ids.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!(world.drained, 1);
}

#[test]
fn fewer_workers_than_there_are_make_busy_ones_leave_after_their_batch() {
    let mut world = warm(4);
    for _ in 0..40 {
        world.submit_many(4, &Task::new(2).takes(ms(5)));
    }
    world.run_for(ms(12));
    assert_eq!(world.summary().active, 4);
    world.configure(up_to(2));
    world.run_for(ms(10));
    assert_eq!(world.workers.len(), 2, "though tasks wait");
    world.run_for(ms(1_000));
    assert_eq!(world.settled.len(), 161);
    assert_eq!(world.crashed, 0);
}

#[test]
fn fewer_workers_than_there_are_make_idle_ones_leave_at_once() {
    let mut world = warm(4);
    world.configure(Settings {
        idle_timeout: Nanos::MAX,
        min_workers: 1,
        ..up_to(1)
    });
    world.run_for(ms(5));
    assert_eq!(world.workers.len(), 1);
    assert_eq!(world.scheduler.alarm(), Nanos::MAX);
}

#[test]
fn more_workers_than_there_are_start_at_once_if_tasks_wait() {
    let mut world = warm(1);
    world.submit_many(8, &Task::new(2).takes(ms(500)));
    world.run_for(ms(5));
    world.configure(up_to(4));
    assert_eq!(world.started.len(), 2);
    world.run_for(ms(200));
    assert_eq!(world.summary().active, 4);
}

#[test]
fn the_owner_can_start_the_first_worker_ahead_of_the_first_task() {
    let mut world = World::new(up_to(2));
    let worker = world.scheduler.prestart(world.now).expect("there is none");
    let played = super::played::Played {
        joins: Some(world.now + STARTS),
        ..Default::default()
    };
    world.workers.insert(worker, played);
    assert_eq!(world.scheduler.prestart(world.now), None);
    let id = world.submit(Task::new(1));
    world.run_for(ms(50));
    assert!(world.is_fulfilled(id));
    assert_eq!(world.started.len(), 0);
}

#[test]
fn twenty_tasks_of_50_ms_on_two_workers_take_what_they_should() {
    let mut world = warm(2);
    let begun = world.now;
    world.submit_many(20, &Task::new(1).takes(ms(50)));
    while world.settled.len() < 21 {
        world.run_for(ms(1));
    }
    let took = world.now - begun;
    assert!(took <= ms(505), "{took}");
}
