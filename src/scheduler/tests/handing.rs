//! What is handed to which worker, and what is taken back.

use super::super::claim::{CLAIM_WORD, MAX_BATCH};
use super::super::{Exit, State, WorkerId};
use super::task::Task;
use super::world::{STARTS, World};
use super::{ms, up_to, us, warm};

#[test]
fn a_batch_is_as_many_tasks_as_should_take_some_150_microseconds() {
    let mut world = warm(1);
    world.submit_many(200, &Task::new(1).takes(us(2)));
    world.run_for(ms(1));
    assert_eq!(world.batches[1].1.len(), 75);
    assert_eq!(world.settled.len(), 201);
}

#[test]
fn a_function_never_seen_is_taken_alone() {
    let mut world = warm(1);
    world.submit_all(vec![
        Task::new(1).takes(us(2)),
        Task::new(2).takes(us(2)),
        Task::new(1).takes(us(2)),
    ]);
    world.run_for(ms(1));
    let sizes: Vec<usize> = world.batches[1..].iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [1, 1, 1]);
}

#[test]
fn idle_workers_share_what_is_there() {
    let mut world = warm(2);
    world.submit_many(60, &Task::new(1).takes(us(2)));
    world.run_for(ms(1));
    let sizes: Vec<usize> = world.batches[1..].iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [30, 30]);
}

#[test]
fn large_arguments_make_small_batches() {
    let mut world = warm(1);
    world.submit_many(6, &Task::new(1).takes(us(2)).bytes(100 * 1024));
    world.run_for(ms(1));
    let sizes: Vec<usize> = world.batches[1..].iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [2, 2, 2]);
}

#[test]
fn a_batch_is_never_longer_than_its_claim_word_can_tell() {
    let mut world = warm(1);
    // Many runs of no time at all bring the estimate down to nothing.
    world.submit_many(100, &Task::new(1).takes(0));
    world.run_for(ms(10));
    world.submit_many(3 * MAX_BATCH, &Task::new(1).takes(0));
    world.run_for(ms(10));
    let longest = world.batches.iter().map(|(_, ids)| ids.len()).max();
    assert_eq!(longest, Some(MAX_BATCH));
    assert_eq!(world.settled.len(), 101 + 3 * MAX_BATCH);
}

#[test]
fn a_long_task_holds_up_nobody_who_was_handed_over_with_it() {
    let mut world = warm(2);
    let long = world.submit(Task::new(1).takes(ms(1_500)));
    let short = world.submit_many(400, &Task::new(1).takes(us(2)));
    world.run_for(ms(10));
    assert!(matches!(world.state(long), Some(State::Running { .. })));
    assert!(short.iter().all(|id| world.is_fulfilled(*id)));
}

#[test]
fn what_waits_behind_a_long_task_goes_to_a_worker_that_gets_free_later() {
    let mut world = warm(2);
    // The other worker is busy while the batch is handed over, and gets free in the midst of it.
    let other = world.submit(Task::new(7).takes(ms(20)));
    world.run_for(us(100));
    let mut tasks = vec![Task::new(1).takes(ms(500))];
    tasks.extend(vec![Task::new(1).takes(us(2)); 10]);
    let ids = world.submit_all(tasks);
    world.run_for(ms(19));
    assert!(ids[1..].iter().all(|id| world.state(*id) == Some(State::Queued)));
    world.run_for(ms(3));
    assert!(world.is_fulfilled(other));
    assert!(
        ids[1..].iter().all(|id| world.is_fulfilled(*id)),
        "two ms later they are done"
    );
}

#[test]
fn slow_progress_is_shared_as_soon_as_another_is_idle() {
    let mut world = warm(2);
    // They were expected to take 2 us each, and take most of a millisecond.
    world.submit_many(40, &Task::new(1).takes(us(900)));
    world.run_for(ms(21));
    let (first, second) = (WorkerId(0), WorkerId(1));
    let share = |worker| world.begun.iter().filter(|(_, who, ..)| *who == worker).count();
    assert!(
        share(first) >= 18 && share(second) >= 18,
        "{} to {}",
        share(first),
        share(second)
    );
    assert!(world.settled.len() >= 40);
}

#[test]
fn a_task_begins_on_another_worker_while_the_one_called_for_it_does_not_come() {
    let mut world = warm(2);
    let short = world.submit(Task::new(1).takes(us(2)));
    let called = world.workers.iter_mut().find(|(_, played)| played.turn.is_some());
    let (blocked, played) = called.expect("one is called");
    // Something that an earlier task has left behind holds its event loop.
    played.blocked_until = world.now + ms(300);
    let blocked = *blocked;
    world.run_for(ms(10));
    assert!(world.is_fulfilled(short));
    assert_ne!(world.worker_of(short), blocked);
    world.run_for(ms(300));
    assert_eq!(world.summary().idle, 2);
}

#[test]
fn a_worker_that_awaits_is_called_after_one_that_has_nothing_to_do() {
    let mut world = warm(2);
    world.submit(Task::new(3).awaits(ms(5)).then_blocks(ms(300)));
    world.run_for(ms(5) + us(15));
    let awaiting = world.begun.last().expect("it has begun").1;
    let short = world.submit(Task::new(1).takes(us(2)));
    world.run_for(ms(1));
    assert!(world.is_fulfilled(short));
    assert_ne!(world.worker_of(short), awaiting);
}

#[test]
fn a_task_waits_for_no_worker_that_starts_while_another_is_idle() {
    let mut world = World::new(up_to(2));
    world.submit(Task::new(1).takes(ms(1)));
    world.run_for(ms(50));
    world.submit_many(2, &Task::new(2).takes(ms(3)));
    world.run_for(us(50));
    assert_eq!(world.started.len(), 2, "one more starts");
    world.run_for(ms(10));
    assert_eq!(
        world.settled.len(),
        3,
        "the one that is there does both meanwhile"
    );
}

#[test]
fn a_worker_that_awaits_takes_more_tasks() {
    let mut world = warm(1);
    let waits = world.submit_many(3, &Task::new(2).awaits(ms(50)));
    world.run_for(ms(1));
    assert!(
        waits
            .iter()
            .all(|id| matches!(world.state(*id), Some(State::Running { .. })))
    );
    let short = world.submit(Task::new(1));
    world.run_for(ms(1));
    assert!(world.is_fulfilled(short));
    world.run_for(ms(50));
    assert!(waits.iter().all(|id| world.is_fulfilled(*id)));
}

#[test]
fn what_one_worker_has_not_begun_runs_elsewhere_in_its_old_place_when_it_dies() {
    let mut world = warm(1);
    let ids = world.submit_all(vec![
        Task::new(1).takes(ms(50)),
        Task::new(1),
        Task::new(1),
        Task::new(1),
    ]);
    world.run_for(ms(1));
    let later = world.submit(Task::new(1));
    world.crash(world.worker_of(ids[0]), Exit::default());
    world.run_for(STARTS + ms(5));
    assert_eq!(world.failure(ids[0]).code(), "ERR_TASKLETS_WORKER_EXIT");
    let order: Vec<_> = world
        .begun
        .iter()
        .rev()
        .take(4)
        .map(|(_, _, id, _)| *id)
        .collect();
    assert_eq!(order, [later, ids[3], ids[2], ids[1]]);
}

#[test]
fn what_is_taken_back_from_two_workers_keeps_its_order() {
    let mut world = warm(2);
    let mut tasks = vec![Task::new(1).takes(ms(400)).grace(ms(400))];
    tasks.extend(vec![Task::new(1); 29]);
    let mut second = tasks.clone();
    tasks.append(&mut second);
    let ids = world.submit_all(tasks);
    world.run_for(us(60));
    assert_eq!(world.batches.len(), 3, "both have a batch");
    // Cancelling what runs takes back what has not begun: from the second worker first.
    for id in [ids[30], ids[0]] {
        assert!(world.cancel(id));
    }
    let waiting = world.scheduler.tasks.ids(|_| true);
    assert_eq!(waiting.len(), 58);
    world.run_for(ms(1_000));
    let order: Vec<_> = world.begun[3..].iter().map(|(_, _, id, _)| *id).collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn a_claim_word_that_was_written_over_begins_nothing_twice_and_makes_no_alarm_ring_for_ever() {
    let mut world = warm(2);
    let ids = world.submit_many(20, &Task::new(1).takes(ms(20)));
    world.run_for(us(50));
    let (worker, _) = world.batches[1];
    let words = world.workers[&worker].words.clone().expect("it has joined");
    words.words()[CLAIM_WORD].store(-1, std::sync::atomic::Ordering::SeqCst);
    world.run_for(ms(500));
    world.crash(worker, Exit::default());
    world.run_for(ms(500));
    assert!(ids.iter().all(|id| world.settled.contains_key(id)));
}
