//! What tasks took, as their owners are told.

use super::super::{Exit, Nanos};
use super::played::End;
use super::task::Task;
use super::{RetryPolicy, ms, warm};

#[test]
fn a_task_that_is_cancelled_between_two_attempts_says_what_the_last_one_took() {
    for ask in [false, true] {
        let mut world = warm(1);
        let policy = RetryPolicy {
            delay: ms(500),
            ask,
            ..RetryPolicy::default()
        };
        let id = world.submit(Task::new(2).takes(ms(30)).ends(End::Throws).retry(policy));
        world.run_for(ms(100));
        if ask {
            world.decide(id, Some(ms(500)));
        }
        assert!(world.cancel(id));
        let times = world.settled[&id].times;
        assert_eq!(times.run, ms(30));
        assert!(times.queue < ms(1), "{} is until it began", times.queue);
    }
}

#[test]
fn a_task_whose_worker_dies_has_used_what_its_thread_has_and_no_more_than_it_ran() {
    for (used, ran) in [(ms(7), ms(7)), (ms(900), ms(10))] {
        let mut world = warm(1);
        let id = world.submit(Task::new(2).takes(ms(1_000)));
        world.run_for(ms(10));
        let worker = world.worker_of(id);
        let begun: Nanos = world.begun_at(id).expect("it has begun");
        world.run_until(begun + ms(10));
        world.scheduler.ends(worker, used);
        world.crash(worker, Exit::default());
        world.run_for(ms(1));
        assert_eq!(world.settled[&id].times.cpu, ran);
    }
}
