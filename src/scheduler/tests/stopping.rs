//! Cancelling, run timeouts, grace, and the end of workers that do not stop.

use super::super::{Effects, Failure, State, Stop};
use super::played::End;
use super::task::Task;
use super::world::World;
use super::{RetryPolicy, Settings, ms, up_to, us, warm};

#[test]
fn a_waiting_task_that_is_cancelled_never_begins() {
    let mut world = warm(1);
    world.submit(Task::new(2).takes(ms(10)));
    let waits = world.submit(Task::new(1));
    assert!(world.cancel(waits));
    assert!(matches!(world.failure(waits), Failure::Cancelled));
    assert!(world.settled[&waits].silent, "its owner knows");
    assert!(!world.cancel(waits), "it is no more");
    world.run_for(ms(50));
    assert_eq!(world.begun_at(waits), None);
}

#[test]
fn a_task_in_an_inbox_that_is_cancelled_never_begins_and_its_neighbours_do() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![Task::new(1).takes(ms(5)), Task::new(1), Task::new(1)]);
    world.run_for(ms(1));
    assert!(world.cancel(ids[1]));
    assert_eq!(world.settled[&ids[1]].worker, None);
    world.run_for(ms(50));
    assert_eq!(world.begun_at(ids[1]), None);
    assert!(world.is_fulfilled(ids[0]) && world.is_fulfilled(ids[2]));
}

#[test]
fn a_running_task_that_is_cancelled_settles_at_once_and_its_worker_stays_if_it_stops() {
    let mut world = warm(1);
    let runs = world.submit(Task::new(2).awaits(ms(1_000)).heeds());
    world.run_for(ms(5));
    assert!(world.cancel(runs));
    assert_eq!(world.settled[&runs].worker, Some(world.worker_of(runs)));
    world.run_for(ms(500));
    assert_eq!(world.stopped, []);
    assert!(world.submitted.len() == 2 && world.summary().idle == 1);
}

#[test]
fn a_worker_is_replaced_when_the_grace_of_a_task_is_over() {
    let mut world = warm(1);
    let stuck = world.submit(Task::new(2).ends(End::Never).grace(ms(30)));
    world.run_for(ms(5));
    let worker = world.worker_of(stuck);
    world.cancel(stuck);
    let killed_at = world.now + ms(30);
    let next = world.submit(Task::new(1));
    world.run_for(ms(100));
    assert_eq!(world.stopped, [(killed_at, worker, Stop::Kill)]);
    assert_eq!(
        world.started.last().map(|(at, _)| *at),
        Some(killed_at),
        "before the old one is gone"
    );
    assert!(world.is_fulfilled(next));
    assert_eq!(world.crashed, 0);
}

#[test]
fn while_a_cancelled_task_goes_on_its_worker_gets_no_other_that_could_die_with_it() {
    let mut world = warm(2);
    let stuck = world.submit(Task::new(2).awaits(ms(1_000)));
    world.run_for(ms(5));
    world.cancel(stuck);
    let ids = world.submit_many(6, &Task::new(3).awaits(ms(150)));
    world.run_for(ms(800));
    assert!(ids.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!(world.stopped.len(), 1);
}

#[test]
fn neighbours_that_had_begun_have_the_grace_to_finish_and_then_fail_with_the_reason() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![
        Task::new(2).awaits(ms(1_000)),
        Task::new(2).awaits(ms(60)),
        Task::new(2).awaits(ms(400)),
    ]);
    world.run_for(ms(5));
    world.cancel(ids[0]);
    world.run_for(ms(300));
    assert!(world.is_fulfilled(ids[1]));
    assert!(matches!(world.failure(ids[2]), Failure::Replaced));
}

#[test]
fn a_neighbour_fails_with_the_reason_though_the_guilty_one_ends_at_the_last_moment() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![Task::new(2).awaits(ms(106)), Task::new(2).awaits(ms(400))]);
    world.run_for(ms(5));
    world.cancel(ids[0]);
    world.run_for(ms(300));
    assert_eq!(world.stopped.len(), 1);
    assert!(matches!(world.failure(ids[1]), Failure::Replaced));
}

#[test]
fn a_task_that_refuses_to_be_cancelled_goes_on() {
    let mut world = warm(1);
    let mut task = Task::new(2).takes(ms(10));
    task.terms.uncancellable = true;
    let id = world.submit(task);
    assert!(!world.cancel(id));
    world.run_for(ms(20));
    assert!(world.is_fulfilled(id));
}

#[test]
fn a_late_task_fails_when_its_own_time_is_over_not_that_of_its_batch() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![
        Task::new(1).takes(ms(30)),
        Task::new(1).takes(ms(100)).timeout(ms(20)),
    ]);
    world.run_for(ms(49));
    assert!(world.is_fulfilled(ids[0]));
    assert!(
        !world.settled.contains_key(&ids[1]),
        "its time began with its start"
    );
    world.run_for(ms(3));
    assert_eq!(world.failure(ids[1]).facts()["phase"], "run");
    let run = world.settled[&ids[1]].times.run;
    assert!((ms(20)..ms(21)).contains(&run), "{run}");
}

#[test]
fn a_task_that_awaits_is_late_although_its_worker_has_taken_other_batches() {
    let mut world = warm(1);
    let late = world.submit(Task::new(2).awaits(ms(500)).timeout(ms(20)));
    for _ in 0..10 {
        world.run_for(ms(1));
        world.submit(Task::new(1));
    }
    let begun = world.begun_at(late).expect("it has begun");
    world.run_until(begun + ms(20) - us(2));
    assert!(!world.settled.contains_key(&late));
    world.run_for(us(4));
    assert_eq!(world.failure(late).facts()["timeout"], 20.0);
}

#[test]
fn stamps_are_right_after_more_than_an_hour() {
    let mut world = warm(1);
    world.run_for(ms(2 * 3_600_000));
    let late = world.submit(Task::new(2).ends(End::Never).timeout(ms(20)));
    world.run_for(ms(21));
    assert_eq!(world.failure(late).facts()["phase"], "run");
}

#[test]
fn the_next_attempt_of_a_late_task_begins_after_the_end_of_the_last() {
    let mut world = warm(2);
    let policy = RetryPolicy {
        attempts: 2,
        delay: 0,
        ..RetryPolicy::default()
    };
    let task = Task::new(2).awaits(ms(60)).timeout(ms(20)).retry(policy);
    let id = world.submit(task);
    world.run_for(ms(500));
    let starts: Vec<_> = world.begun[1..].iter().map(|(at, ..)| *at).collect();
    assert_eq!(starts.len(), 2);
    assert!(
        starts[1] - starts[0] >= ms(60),
        "it waits though another worker is idle"
    );
    assert_eq!(world.settled[&id].attempt, 2);
    assert_eq!(
        world.failure(id).facts()["phase"],
        "run",
        "the first one's late return is nobody's"
    );
}

#[test]
fn the_next_attempt_begins_when_the_worker_of_a_stuck_one_is_gone() {
    let mut world = warm(1);
    let policy = RetryPolicy {
        attempts: 2,
        delay: ms(10),
        ..RetryPolicy::default()
    };
    let id = world.submit(Task::new(2).ends(End::Never).timeout(ms(20)).retry(policy));
    world.run_for(ms(600));
    assert_eq!(world.settled[&id].attempt, 2);
    assert_eq!(world.stopped.len(), 2, "each takes its worker along");
}

#[test]
fn a_worker_that_is_leaving_is_ended_if_something_on_it_does_not_stop() {
    let mut world = World::new(Settings {
        max_tasks_per_worker: 2,
        ..up_to(1)
    });
    let stuck = world.submit(Task::new(1).awaits(ms(60_000)));
    world.run_for(ms(50));
    world.submit(Task::new(1));
    world.run_for(ms(50));
    let worker = world.worker_of(stuck);
    assert_eq!(
        world
            .summary()
            .workers
            .iter()
            .filter(|view| view.state == "leaving")
            .count(),
        1
    );
    world.cancel(stuck);
    world.run_for(ms(200));
    assert!(
        world
            .stopped
            .iter()
            .any(|stop| stop.1 == worker && stop.2 == Stop::Kill)
    );
    assert!(!world.workers.contains_key(&worker));
}

#[test]
fn the_start_of_an_attempt_is_told_to_who_wants_to_know() {
    let mut world = warm(1);
    let mut task = Task::new(1).ends(End::Throws).retry(RetryPolicy {
        attempts: 2,
        delay: 0,
        ..RetryPolicy::default()
    });
    task.terms.announce = true;
    let id = world.submit(task);
    world.run_for(ms(10));
    assert_eq!(world.announced, [(id, 1), (id, 2)]);
}

#[test]
fn a_worker_is_told_of_a_cancellation_once_and_of_none_that_is_over() {
    let mut world = warm(1);
    let id = world.submit(Task::new(2).takes(ms(10)));
    world.run_for(ms(1));
    world.cancel(id);
    let worker = world.worker_of(id);
    assert_eq!(world.scheduler.cancellations(worker), [id]);
    assert_eq!(world.scheduler.cancellations(worker), []);
    let id = world.submit(Task::new(2).takes(ms(10)));
    world.run_for(ms(12));
    world.cancel(id);
    world.run_for(ms(20));
    assert_eq!(
        world.scheduler.cancellations(worker),
        [],
        "it has ended by itself"
    );
    assert_eq!(world.state(id), None);
}

#[test]
fn frames_that_cannot_be_right_change_nothing() {
    let mut world = warm(1);
    let id = world.submit(Task::new(2).takes(ms(10)));
    world.run_for(ms(1));
    let State::Running { worker, .. } = world.state(id).expect("it runs") else {
        panic!("it runs")
    };
    let mut fx = Effects::default();
    let stranger = super::super::WorkerId(999);
    world.scheduler.begun(stranger, id, &mut fx);
    world
        .scheduler
        .exchange(stranger, [], true, world.now, &mut Vec::new(), &mut fx);
    assert!(fx.begun.is_empty() && fx.settled.is_empty());
    assert!(
        world
            .scheduler
            .join(worker, super::super::IsolateId(5), world.now)
            .is_none()
    );
    world.run_for(ms(20));
    assert!(world.is_fulfilled(id));
}
