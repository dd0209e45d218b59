//! Failed attempts: retries and their waits, owners that decide, workers that die.

use super::super::retry::Backoff;
use super::super::{Exit, Failure, Scheduler, State};
use super::played::End;
use super::task::Task;
use super::world::{STARTS, World};
use super::{RetryPolicy, ms, up_to, us, warm};

fn thrice() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        delay: ms(10),
        backoff: Backoff::Factor(2.0),
        ..RetryPolicy::default()
    }
}

#[test]
fn a_failed_task_is_tried_again_after_its_waits() {
    let mut world = warm(1);
    let id = world.submit(Task::new(1).ends(End::Throws).retry(thrice()));
    world.run_for(ms(1));
    assert_eq!(world.state(id), Some(State::Waiting));
    world.run_for(ms(100));
    let starts: Vec<_> = world.begun[1..].iter().map(|(at, ..)| *at).collect();
    let waits: Vec<_> = starts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / ms(1))
        .collect();
    assert_eq!(waits, [10, 20]);
    assert_eq!(world.settled[&id].attempt, 3);
}

#[test]
fn a_task_without_retry_fails_at_once() {
    let mut world = warm(1);
    let id = world.submit(Task::new(1).ends(End::Throws));
    world.run_for(ms(1));
    assert_eq!(world.settled[&id].attempt, 1);
}

#[test]
fn an_owner_that_wants_to_decide_is_asked_and_told_the_wait_and_the_worker() {
    let mut world = warm(1);
    let id = world.submit(Task::new(1).ends(End::Throws).retry(RetryPolicy {
        ask: true,
        ..thrice()
    }));
    world.run_for(ms(1));
    let question = &world.questions[0];
    assert_eq!((question.undecided, question.attempt), (Some(ms(10)), 1));
    assert_eq!(question.worker, Some(world.worker_of(id)));
    assert_eq!(world.state(id), Some(State::Waiting));
    assert!(world.decide(id, Some(ms(5))));
    assert!(!world.decide(id, Some(0)), "it has been decided");
    world.run_for(ms(4));
    assert_eq!(world.questions.len(), 1);
    world.run_for(ms(2));
    assert_eq!(world.questions.len(), 2);
    assert!(world.decide(id, None));
    assert!(world.settled[&id].silent);
}

#[test]
fn a_decision_on_a_task_that_was_cancelled_meanwhile_changes_nothing() {
    let mut world = warm(1);
    let id = world.submit(Task::new(1).ends(End::Throws).retry(RetryPolicy {
        ask: true,
        ..thrice()
    }));
    world.run_for(ms(1));
    assert!(world.cancel(id));
    assert!(!world.decide(id, Some(0)));
    world.run_for(ms(100));
    assert_eq!(world.begun.len(), 2);
}

#[test]
fn a_task_that_rests_can_be_cancelled() {
    let mut world = warm(1);
    let id = world.submit(Task::new(1).ends(End::Throws).retry(thrice()));
    world.run_for(ms(1));
    assert!(world.cancel(id));
    world.run_for(ms(100));
    assert_eq!(world.begun.len(), 2);
}

#[test]
fn a_task_whose_worker_dies_fails_with_how_it_ended() {
    let mut world = warm(1);
    let id = world.submit(Task::new(2).takes(ms(5)).ends(End::Crashes));
    world.run_for(ms(10));
    assert!(matches!(world.failure(id), Failure::WorkerExit { code: 7, .. }));
    assert_eq!(world.settled[&id].times.run, ms(5));
    assert_eq!(world.crashed, 1);
    let limit = Exit {
        out_of_memory: Some(1 << 20),
        ..Exit::default()
    };
    let id = world.submit(Task::new(2).takes(ms(50)));
    world.run_for(ms(60));
    world.crash(world.worker_of(id), limit);
    world.run_for(ms(1));
    assert_eq!(world.failure(id).code(), "ERR_TASKLETS_MEMORY_LIMIT");
}

#[test]
fn a_task_that_kills_its_workers_is_tried_as_often_as_it_may_be() {
    let mut world = warm(1);
    let id = world.submit(Task::new(2).ends(End::Crashes).retry(thrice()));
    world.run_for(ms(500));
    assert_eq!(world.settled[&id].attempt, 3);
    assert_eq!(world.crashed, 3);
}

#[test]
fn tasks_that_await_on_a_worker_that_dies_fail_and_those_that_rest_do_not() {
    let mut world = warm(1);
    let rests = world.submit(Task::new(1).ends(End::Throws).retry(thrice()));
    let asks = world.submit(Task::new(1).ends(End::Throws).retry(RetryPolicy {
        ask: true,
        ..thrice()
    }));
    let awaits = world.submit(Task::new(3).awaits(ms(50)));
    world.run_for(ms(5));
    world.crash(world.worker_of(awaits), Exit::default());
    world.run_for(ms(1));
    assert_eq!(world.failure(awaits).code(), "ERR_TASKLETS_WORKER_EXIT");
    assert_eq!(
        (world.state(rests), world.state(asks)),
        (Some(State::Waiting), Some(State::Waiting))
    );
    world.run_for(ms(200));
    assert_eq!(world.settled[&rests].attempt, 3);
    assert!(world.decide(asks, Some(0)));
    world.run_for(ms(1));
    assert_eq!(world.questions.len(), 2);
}

#[test]
fn workers_that_die_before_they_have_joined_are_tried_three_times_then_the_tasks_fail() {
    let mut world = World::new(up_to(2));
    world.stillbirths = vec![
        Exit {
            code: 9,
            ..Exit::default()
        };
        3
    ];
    let ids = world.submit_many(4, &Task::new(1));
    world.run_for(ms(500));
    for id in &ids {
        assert!(matches!(
            world.failure(*id),
            Failure::NoWorkers {
                attempts: 3,
                code: 9,
                ..
            }
        ));
    }
    assert_eq!(world.started.len(), 3);
    let id = world.submit(Task::new(1));
    world.run_for(ms(50));
    assert!(world.is_fulfilled(id), "the next task tries anew");
}

#[test]
fn one_worker_that_dies_before_it_has_joined_is_made_up_for() {
    let mut world = World::new(up_to(2));
    world.stillbirths = vec![Exit::default(); 2];
    let ids = world.submit_many(4, &Task::new(1));
    world.run_for(4 * STARTS);
    assert!(ids.iter().all(|id| world.is_fulfilled(*id)));
}

#[test]
fn tasks_that_rest_do_not_fail_because_no_worker_can_be_had_at_the_moment() {
    let mut world = warm(1);
    let rests = world.submit(Task::new(1).ends(End::Throws).retry(RetryPolicy {
        delay: ms(900),
        ..thrice()
    }));
    world.run_for(ms(1));
    world.stillbirths = vec![Exit::default(); 3];
    let waits = world.submit(Task::new(1).ends(End::Crashes));
    let next = world.submit(Task::new(1));
    world.run_for(ms(500));
    assert!(matches!(world.failure(waits), Failure::WorkerExit { .. }));
    assert!(matches!(world.failure(next), Failure::NoWorkers { .. }));
    world.run_for(ms(5_000));
    assert_eq!(world.settled[&rests].attempt, 3);
}

#[test]
fn a_pool_that_could_not_grow_tries_again_after_a_while() {
    let mut world = warm(1);
    world.configure(up_to(2));
    world.stillbirths = vec![Exit::default(); 4];
    for _ in 0..30 {
        world.submit_many(2, &Task::new(2).takes(ms(400)));
    }
    world.run_for(ms(1_000));
    assert_eq!(world.started.len(), 1 + 3, "three were tried, and then no more");
    world.run_for(ms(4_000));
    let ticks = world.ticks;
    world.run_for(ms(100));
    assert!(world.ticks - ticks < 5, "nobody looks while nothing can be done");
    world.run_for(ms(7_000));
    assert_eq!(world.started.len(), 1 + 5);
    assert_eq!(world.workers.len(), 2);
    world.run_for(ms(20_000));
    assert_eq!(world.settled.len(), 61);
}

#[test]
fn a_pool_that_could_not_grow_tries_again_when_it_is_opened_anew() {
    let mut world = warm(1);
    world.configure(up_to(2));
    world.stillbirths = vec![Exit::default(); 3];
    world.submit_many(60, &Task::new(2).takes(ms(400)));
    world.run_for(ms(1_000));
    assert_eq!(world.started.len(), 1 + 3);
    world.stir(Scheduler::reopen);
    world.run_for(ms(100));
    assert_eq!(world.workers.len(), 2);
}

#[test]
fn others_start_beside_a_worker_that_never_joins() {
    let mut world = World::new(up_to(3));
    world.hung = 1;
    let id = world.submit(Task::new(1));
    world.run_for(ms(900));
    assert_eq!(world.started.len(), 1);
    world.run_for(ms(200));
    assert!(world.is_fulfilled(id));
    world.run_for(us(1));
}
