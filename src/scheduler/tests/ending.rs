//! The end of a pool, of its tasks, and of who submitted them.

use super::super::{Failure, IsolateId, Scheduler};
use super::played::End;
use super::task::Task;
use super::world::World;
use super::{RetryPolicy, ms, up_to, warm};

#[test]
fn a_pool_that_shuts_down_takes_no_task_and_finishes_what_is_there() {
    let mut world = warm(1);
    let there = world.submit_many(3, &Task::new(2).takes(ms(5)));
    assert_eq!(world.drain(false), 0);
    let late = world.submit(Task::new(1));
    assert!(matches!(world.failure(late), Failure::ShutDown));
    assert_eq!(world.drained, 0);
    world.run_for(ms(50));
    assert!(there.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!(world.drained, 1);
}

#[test]
fn an_empty_pool_is_drained_at_once() {
    let mut world = World::new(up_to(1));
    world.drain(false);
    assert_eq!(world.drained, 1);
}

#[test]
fn waiting_tasks_are_cancelled_with_the_pool_where_that_is_wanted() {
    let mut world = warm(1);
    let running = world.submit(Task::new(2).takes(ms(20)));
    world.run_for(ms(1));
    let waiting = world.submit_many(3, &Task::new(1));
    assert_eq!(world.drain(true), 3);
    assert!(
        waiting
            .iter()
            .all(|id| matches!(world.failure(*id), Failure::Cancelled))
    );
    assert!(!world.settled[&waiting[0]].silent, "its owner is to hear of it");
    world.run_for(ms(50));
    assert!(world.is_fulfilled(running));
    assert_eq!(world.drained, 1);
}

#[test]
fn a_task_that_rests_or_is_undecided_keeps_a_pool_from_being_drained() {
    let mut world = warm(1);
    let policy = RetryPolicy {
        attempts: 2,
        delay: ms(30),
        ask: true,
        ..RetryPolicy::default()
    };
    let id = world.submit(Task::new(1).ends(End::Throws).retry(policy));
    world.run_for(ms(1));
    world.drain(false);
    world.decide(id, Some(ms(30)));
    assert_eq!(world.drained, 0);
    world.run_for(ms(50));
    assert_eq!((world.drained, world.settled[&id].attempt), (1, 2));
}

#[test]
fn abandoned_tasks_are_told_apart_by_whether_they_had_begun() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![
        Task::new(1).takes(ms(500)),
        Task::new(1),
        Task::new(1),
        Task::new(9),
    ]);
    world.run_for(ms(1));
    world.drain(false);
    assert_eq!(world.stir(Scheduler::abandon), (1, 3));
    assert!(
        ids.iter()
            .all(|id| matches!(world.failure(*id), Failure::Abandoned))
    );
    assert_eq!(world.drained, 1);
}

#[test]
fn dismissed_workers_end_without_being_counted_as_crashed() {
    let mut world = warm(3);
    world.drain(false);
    let workers = world.scheduler.dismiss();
    assert_eq!(workers.len(), 3);
    for worker in workers {
        world.crash(
            worker,
            super::super::Exit {
                code: 1,
                ..Default::default()
            },
        );
    }
    world.run_for(ms(10));
    assert_eq!((world.workers.len(), world.crashed), (0, 0));
}

#[test]
fn a_pool_can_be_opened_again() {
    let mut world = warm(1);
    world.drain(false);
    for worker in world.scheduler.dismiss() {
        world.crash(worker, super::super::Exit::default());
    }
    world.stir(Scheduler::reopen);
    let id = world.submit(Task::new(1));
    world.run_for(ms(50));
    assert!(world.is_fulfilled(id));
    world.drain(false);
    assert_eq!(world.drained, 2);
}

#[test]
fn a_worker_that_joins_after_its_dismissal_is_not_expected() {
    let mut world = World::new(up_to(1));
    let id = world.submit(Task::new(1));
    world.run_for(ms(1));
    world.stir(Scheduler::abandon);
    world.scheduler.dismiss();
    world.run_for(ms(100));
    assert_eq!((world.workers.len(), world.crashed), (0, 0));
    assert_eq!(world.begun_at(id), None);
}

#[test]
fn the_tasks_of_an_isolate_that_is_gone_end_silently_and_those_of_others_go_on() {
    let mut world = warm(2);
    let mut theirs = Task::new(2).takes(ms(50));
    theirs.owner = IsolateId(9);
    let running = world.submit(theirs.clone());
    world.run_for(ms(1));
    let waiting = world.submit_many(5, &theirs);
    let ours = world.submit(Task::new(1));
    world.stir(|scheduler, now, fx| scheduler.submitter_gone(IsolateId(9), now, fx));
    assert!(world.settled[&running].silent && waiting.iter().all(|id| world.settled[id].silent));
    world.run_for(ms(100));
    assert!(world.is_fulfilled(ours));
    assert!(waiting.iter().all(|id| world.begun_at(*id).is_none()));
}
