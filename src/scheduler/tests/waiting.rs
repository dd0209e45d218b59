//! Who waits how long: priorities, ageing, limits, timeouts of waiting.

use super::super::queue::AGEING;
use super::super::task::Priority;
use super::super::{IsolateId, Settings, State, TaskId};
use super::played::End;
use super::task::Task;
use super::world::World;
use super::{RetryPolicy, ms, up_to, us, warm};

/// Begun tasks in order, those of the warm-up left out.
fn order(world: &World) -> Vec<TaskId> {
    world.begun[1..].iter().map(|(_, _, id, _)| *id).collect()
}

#[test]
fn higher_priorities_go_first_and_equal_ones_in_order() {
    let mut world = warm(1);
    let task = |priority| Task::new(1).priority(priority);
    let ids = world.submit_all(vec![
        task(Priority::Low),
        task(Priority::Normal),
        task(Priority::Critical),
        task(Priority::High),
        task(Priority::Critical),
    ]);
    world.run_for(ms(1));
    assert_eq!(order(&world), [ids[2], ids[4], ids[3], ids[1], ids[0]]);
}

#[test]
fn waiting_raises_a_low_task_above_later_critical_ones() {
    let mut world = warm(1);
    world.submit(Task::new(2).takes(4 * AGEING));
    world.run_for(ms(1));
    let low = world.submit(Task::new(1).priority(Priority::Low));
    world.run_for(3 * AGEING + ms(1));
    let critical = world.submit(Task::new(1).priority(Priority::Critical));
    world.run_for(2 * AGEING);
    assert_eq!(order(&world)[1..], [low, critical]);
}

#[test]
fn tasks_beyond_the_length_of_the_queue_are_refused() {
    let mut world = World::new(Settings {
        max_queue: 3,
        ..up_to(1)
    });
    let ids = world.submit_many(6, &Task::new(1));
    // One may begin, three may wait.
    for id in &ids[4..] {
        assert_eq!(world.failure(*id).code(), "ERR_TASKLETS_QUEUE_FULL");
    }
    world.run_for(ms(50));
    assert!(ids[..4].iter().all(|id| world.is_fulfilled(*id)));
}

#[test]
fn tasks_in_inboxes_count_as_waiting_until_they_begin() {
    let mut world = World::new(Settings {
        min_workers: 1,
        max_queue: 3,
        ..up_to(1)
    });
    world.submit(Task::new(1).takes(us(2)));
    world.run_for(ms(50));
    let first = world.submit_all(vec![
        Task::new(1).takes(ms(5)),
        Task::new(1),
        Task::new(1),
        Task::new(1),
    ]);
    world.run_for(ms(1));
    assert_eq!(world.summary().queued, 3);
    let refused = world.submit(Task::new(1));
    assert!(world.failure(refused).to_string().contains("3 tasks are waiting"));
    world.run_for(ms(10));
    assert!(first.iter().all(|id| world.is_fulfilled(*id)));
}

#[test]
fn bytes_beyond_what_may_wait_are_refused() {
    let mut world = World::new(Settings {
        max_queue_bytes: 100,
        ..up_to(1)
    });
    let [first, second, third] = [60, 60, 40].map(|bytes| world.submit(Task::new(1).bytes(bytes)));
    assert_eq!(world.failure(second).code(), "ERR_TASKLETS_QUEUE_FULL");
    world.run_for(ms(50));
    assert!(world.is_fulfilled(first) && world.is_fulfilled(third));
}

#[test]
fn a_queue_that_grows_very_long_is_said_once_for_each_doubling() {
    let mut world = World::new(up_to(1));
    let new = |scheduler: &mut super::super::Scheduler, ids: std::ops::RangeInclusive<u64>| {
        let mut fx = super::super::Effects::default();
        let tasks = ids.map(|id| super::super::NewTask {
            id: TaskId(id),
            definition: 1,
            name: 0,
            priority: Priority::Normal,
            form: 0,
            payload: super::super::Payload::new(&[].into(), 0..0),
            terms: None,
        });
        scheduler.submit(IsolateId(1), tasks, 0, &mut fx);
        fx.crowded
    };
    assert_eq!(new(&mut world.scheduler, 1..=100_000), None);
    assert_eq!(new(&mut world.scheduler, 100_001..=100_001), Some(100_001));
    assert_eq!(new(&mut world.scheduler, 100_002..=200_002), None);
    assert_eq!(new(&mut world.scheduler, 200_003..=200_003), Some(200_003));
}

#[test]
fn a_task_that_has_waited_too_long_fails_at_its_time() {
    let mut world = warm(1);
    world.submit(Task::new(2).takes(ms(100)));
    let late = world.submit(Task::new(1).queue_timeout(ms(10)));
    world.run_for(ms(10) - 1);
    assert!(!world.settled.contains_key(&late));
    world.run_for(1);
    assert_eq!(world.failure(late).facts()["phase"], "queue");
    assert_eq!(world.settled[&late].times.queue, ms(10));
    world.run_for(ms(200));
    assert_eq!(world.begun_at(late), None);
}

#[test]
fn the_waiting_time_of_a_task_goes_on_in_an_inbox_and_ends_with_its_beginning() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![
        Task::new(1).takes(ms(50)).queue_timeout(ms(10)),
        Task::new(1).queue_timeout(ms(10)),
        Task::new(1),
    ]);
    world.run_for(ms(100));
    assert!(world.is_fulfilled(ids[0]));
    assert_eq!(world.failure(ids[1]).facts()["phase"], "queue");
    assert!(
        world.is_fulfilled(ids[2]),
        "its neighbour in the inbox is none the worse for it"
    );
}

#[test]
fn the_waiting_time_is_over_with_the_first_attempt() {
    let mut world = warm(1);
    let policy = RetryPolicy {
        attempts: 2,
        delay: ms(50),
        ask: true,
        ..RetryPolicy::default()
    };
    let asked = world.submit(Task::new(1).ends(End::Throws).queue_timeout(ms(10)).retry(policy));
    let policy = RetryPolicy { ask: false, ..policy };
    let rests = world.submit(Task::new(1).ends(End::Throws).queue_timeout(ms(10)).retry(policy));
    world.run_for(ms(20));
    assert_eq!(
        (world.state(asked), world.state(rests)),
        (Some(State::Waiting), Some(State::Waiting))
    );
    world.decide(asked, Some(0));
    world.run_for(ms(100));
    assert_eq!(
        (world.settled[&asked].attempt, world.settled[&rests].attempt),
        (2, 2)
    );
}

#[test]
fn the_oldest_of_the_waiting_tasks_is_not_one_that_was_cancelled() {
    let mut world = warm(1);
    world.submit(Task::new(2).takes(ms(100)));
    world.run_for(ms(1));
    let gone = world.submit(Task::new(1));
    world.run_for(ms(5));
    world.submit(Task::new(1));
    world.run_for(ms(5));
    assert_eq!(world.summary().oldest, ms(10));
    world.cancel(gone);
    assert_eq!(world.summary().oldest, ms(5));
}
