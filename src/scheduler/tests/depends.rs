//! Tasks that need the results of others, and the owner's part in that.

use super::super::{Failure, Input, State, TaskId};
use super::played::End;
use super::task::Task;
use super::world::{OWNER, World};
use super::{ms, up_to, warm};

impl World {
    pub fn note_inputs(&mut self, id: TaskId, inputs: &[Input]) {
        let from_owner = (0..).zip(inputs).filter(|(_, input)| **input == Input::Owner);
        self.wanted.extend(from_owner.map(|(index, _)| (id, index)));
        if !inputs.is_empty() {
            self.inputs.insert(id, inputs.to_vec());
        }
    }

    /// The owner gives what is wanted of it, and forsakes those who need what has failed.
    pub fn see_to_inputs(&mut self) {
        for (id, index) in std::mem::take(&mut self.wanted) {
            let needed = self.inputs[&id][index as usize].clone();
            match needed {
                Input::Of(other) if !self.is_fulfilled(other) => self.failed.push(other),
                _ => {
                    self.stir(|scheduler, now, fx| {
                        scheduler.supply((id, index), OWNER, 0, [2; 20].into(), now, fx)
                    });
                }
            }
        }
        while let Some(failed) = self.failed.pop() {
            let needs = |inputs: &Vec<Input>| inputs.contains(&Input::Of(failed));
            let forsaken: Vec<TaskId> = self
                .inputs
                .iter()
                .filter(|(_, inputs)| needs(inputs))
                .map(|(id, _)| *id)
                .collect();
            for id in forsaken {
                self.stir(|scheduler, now, fx| scheduler.forsake(id, OWNER, now, fx));
            }
        }
    }
}

#[test]
fn a_task_begins_when_all_that_it_needs_is_there() {
    let mut world = warm(2);
    let first = world.submit(Task::new(2).takes(ms(5)));
    let second = world.submit(Task::new(2).takes(ms(10)));
    let third = world.submit(Task::new(1).needs(Input::Of(first)).needs(Input::Of(second)));
    world.run_for(ms(8));
    assert_eq!(world.state(third), Some(State::Waiting));
    world.run_for(ms(10));
    assert!(world.is_fulfilled(third));
}

#[test]
fn what_the_scheduler_does_not_have_the_owner_gives() {
    let mut world = warm(1);
    let first = world.submit(Task::new(1));
    world.run_for(ms(1));
    let late = world.submit(Task::new(1).needs(Input::Of(first)).needs(Input::Owner));
    assert_eq!(world.wanted.len(), 2);
    world.run_for(ms(1));
    assert!(world.is_fulfilled(late));
}

#[test]
fn who_needs_what_has_failed_is_forsaken_down_the_line() {
    let mut world = World::new(up_to(1));
    let first = world.submit(Task::new(1).ends(End::Throws));
    let second = world.submit(Task::new(1).needs(Input::Of(first)));
    let third = world.submit(Task::new(1).needs(Input::Of(second)));
    world.run_for(ms(100));
    for id in [second, third] {
        assert!(matches!(world.failure(id), Failure::Dependency));
    }
}

#[test]
fn a_task_that_needs_others_waits_no_longer_than_it_may() {
    let mut world = warm(1);
    let first = world.submit(Task::new(2).takes(ms(50)));
    let second = world.submit(Task::new(1).needs(Input::Of(first)).queue_timeout(ms(10)));
    world.run_for(ms(10));
    assert_eq!(world.failure(second).facts()["phase"], "queue");
    world.run_for(ms(100));
}
