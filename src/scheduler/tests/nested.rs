//! Tasks that tasks submit, and the parents that wait for them.

use super::super::{Failure, IsolateId, Nanos, Stop, TaskId, WorkerId};
use super::played::End;
use super::task::Task;
use super::world::{STARTS, World};
use super::{Settings, ms, up_to, us, warm};

/// A parent that waits on the only worker of a pool, and that worker.
fn parent(world: &mut World) -> (TaskId, WorkerId) {
    let parent = world.submit(Task::new(9).awaits(ms(5_000)));
    world.run_for(ms(5));
    let worker = world.worker_of(parent);
    (parent, worker)
}

/// A task that never stops by itself.
fn endless(parent: WorkerId) -> Task {
    Task::new(2).ends(End::Never).timeout(ms(20)).child_of(parent)
}

#[test]
fn a_late_child_does_not_take_its_parent_along_where_there_may_be_one_worker() {
    let mut world = warm(1);
    let (parent, worker) = parent(&mut world);
    let child = world.submit(endless(worker));
    world.run_for(ms(400));
    assert!(matches!(world.failure(child), Failure::RunTimeout { .. }));
    assert_ne!(world.worker_of(child), worker);
    assert!(!world.settled.contains_key(&parent), "it is still waiting");
    world.run_for(ms(5_000));
    assert!(world.is_fulfilled(parent));
}

#[test]
fn a_child_whose_parent_has_a_signal_for_it_does_not_hold_its_parents_thread() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let child = world.submit(Task::new(2).takes(ms(500)).revocable().child_of(worker));
    world.run_for(ms(100));
    assert_ne!(world.worker_of(child), worker);
}

#[test]
fn the_child_of_a_child_does_not_take_either_along() {
    let mut world = warm(1);
    let (parent, worker) = parent(&mut world);
    let child = world.submit(Task::new(3).awaits(ms(1_000)).timeout(ms(3_000)).child_of(worker));
    world.run_for(ms(100));
    let second = world.worker_of(child);
    let grandchild = world.submit(endless(second));
    world.run_for(ms(2_000));
    assert!(matches!(world.failure(grandchild), Failure::RunTimeout { .. }));
    assert!(world.is_fulfilled(child));
    assert!(!world.settled.contains_key(&parent));
}

#[test]
fn no_more_sheltered_children_run_at_a_time_than_there_may_be_workers() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let task = Task::new(2).takes(ms(30)).timeout(ms(1_000)).child_of(worker);
    let children = world.submit_many(20, &task);
    let mut most = 0;
    for _ in 0..1_500 {
        world.run_for(ms(1));
        let held = world.workers.values().filter(|played| played.holds.is_some());
        most = most.max(held.count());
    }
    assert!(children.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!((most, world.workers.len()), (1, 2));
}

#[test]
fn children_without_a_limit_run_beside_their_parents_and_nothing_is_started_for_them() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let children = world.submit_many(50, &Task::new(2).takes(ms(1)).child_of(worker));
    world.run_for(ms(100));
    assert!(children.iter().all(|id| world.is_fulfilled(*id)));
    assert_eq!(world.started.len(), 1);
}

#[test]
fn where_another_worker_may_be_started_no_stand_in_is() {
    let mut world = World::new(up_to(2));
    let (_, worker) = {
        let parent = world.submit(Task::new(9).awaits(ms(5_000)));
        world.run_for(ms(50));
        (parent, world.worker_of(parent))
    };
    let child = world.submit(endless(worker));
    world.run_for(ms(60));
    assert_ne!(world.worker_of(child), worker);
    assert_eq!(world.started.len(), 2);
    assert!(world.scheduler.workers.iter().all(|worker| !worker.stand_in));
}

#[test]
fn a_stand_in_takes_nothing_else_and_leaves_when_it_is_idle_for_too_long() {
    let mut world = World::new(Settings {
        idle_timeout: ms(500),
        min_workers: 1,
        ..up_to(1)
    });
    world.submit(Task::new(1).takes(us(2)));
    world.run_for(ms(100));
    let (_, worker) = parent(&mut world);
    for _ in 0..3 {
        let child = world.submit(Task::new(2).takes(ms(1)).timeout(ms(50)).child_of(worker));
        world.run_for(ms(100));
        assert_ne!(world.worker_of(child), worker);
    }
    assert_eq!(world.started.len(), 2, "the same one each time");
    let others = world.submit_many(20, &Task::new(3).takes(ms(2)));
    world.run_for(ms(100));
    assert!(others.iter().all(|id| world.worker_of(*id) == worker));
    world.run_for(ms(1_000));
    assert_eq!(world.workers.len(), 1);
    assert!(matches!(world.stopped[..], [(_, _, Stop::Retire)]));
}

#[test]
fn where_no_stand_in_can_be_had_children_begin_beside_their_parents() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let exit = super::super::Exit::default();
    world.stillbirths = vec![exit; 8];
    let children = world.submit_many(3, &Task::new(2).takes(ms(1)).timeout(ms(50)).child_of(worker));
    world.run_for(ms(1_000));
    assert!(children.iter().all(|id| world.is_fulfilled(*id)));
    assert!(children.iter().all(|id| world.worker_of(*id) == worker));
}

#[test]
fn a_chain_of_any_length_comes_to_its_end() {
    let mut world = warm(1);
    let (_, mut worker) = parent(&mut world);
    let mut last = None;
    for _ in 0..8 {
        let task = Task::new(2)
            .awaits(ms(4_000))
            .timeout(ms(60_000))
            .child_of(worker);
        let id = world.submit(task);
        world.run_for(STARTS + ms(50));
        worker = world.worker_of(id);
        last = Some(id);
    }
    world.run_for(ms(10_000));
    assert!(last.is_some_and(|id| world.is_fulfilled(id)));
    assert!(world.started.len() <= 3, "no more than two come beside the one");
}

#[test]
fn a_task_with_limits_that_waits_for_its_sibling_gets_it() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let mut task = Task::new(2).awaits(ms(60_000)).child_of(worker);
    task.terms.cpu_time = Some(ms(10));
    world.submit_many(2, &task);
    world.run_for(ms(200));
    let sibling = world.submit(Task::new(3).takes(ms(1)).timeout(ms(50)).child_of(worker));
    world.run_for(ms(200));
    assert!(world.is_fulfilled(sibling));
}

#[test]
fn who_waits_with_a_parent_beside_an_idle_worker_is_not_looked_at_all_the_time() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let child = Task::new(2).takes(ms(400)).timeout(ms(1_000)).child_of(worker);
    world.submit_many(2, &child);
    world.run_for(ms(100));
    let ticks = world.ticks;
    world.run_for(ms(200));
    assert!(world.ticks - ticks <= 3, "{} ticks", world.ticks - ticks);
}

#[test]
fn strangers_tasks_are_no_children() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    let mut task = Task::new(2).takes(ms(1)).timeout(ms(50));
    task.owner = IsolateId(7);
    let id = world.submit(task);
    world.run_for(ms(20));
    assert_eq!(world.worker_of(id), worker);
    let begun: Nanos = world.begun_at(id).expect("it has begun");
    assert!(begun < world.now);
}

#[test]
fn while_the_pool_drains_tasks_under_way_get_their_children_and_nobody_else_any() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    world.drain(false);
    let stranger = world.submit(Task::new(2));
    let child = world.submit(Task::new(2).child_of(worker));
    world.run_for(ms(10));
    assert!(matches!(world.failure(stranger), Failure::ShutDown));
    assert!(world.is_fulfilled(child));
    assert_eq!(world.drained, 0);
    world.run_for(ms(10_000));
    assert_eq!(world.drained, 1);
    let late = world.submit(Task::new(2).child_of(worker));
    assert!(
        matches!(world.failure(late), Failure::ShutDown),
        "nothing is under way"
    );
}

#[test]
fn a_pool_that_cancels_what_waits_takes_no_children_either() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    world.drain(true);
    let child = world.submit(Task::new(2).child_of(worker));
    assert!(matches!(world.failure(child), Failure::ShutDown));
}

#[test]
fn a_pool_that_was_given_up_takes_no_children_of_what_lingers() {
    let mut world = warm(1);
    let (_, worker) = parent(&mut world);
    world.drain(false);
    world.stir(super::super::Scheduler::abandon);
    let child = world.submit(Task::new(2).child_of(worker));
    assert!(matches!(world.failure(child), Failure::ShutDown));
}
