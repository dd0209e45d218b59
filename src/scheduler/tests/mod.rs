//! Tests of the scheduler in a simulated world: time advances by hand, workers are played.
//!
//! The [`world`] carries out what the scheduler decides and lets its timekeeper tick at its alarms and
//! at no other time. After every event it [checks](checks) what must always hold, so each story and
//! each random sequence tests all of it.

mod acting;
mod checks;
mod depends;
mod ending;
mod failing;
mod handing;
mod limits;
mod memory;
mod nested;
mod played;
mod property;
mod staff;
mod stopping;
mod task;
mod usage;
mod waiting;
mod world;

use super::Settings;
use super::retry::RetryPolicy;
use super::task::{MILLISECOND, Nanos};
use task::Task;
use world::World;

/// So many milliseconds.
const fn ms(count: u64) -> Nanos {
    count * MILLISECOND
}

/// So many microseconds.
const fn us(count: u64) -> Nanos {
    count * 1_000
}

/// A pool of so many workers at most.
fn up_to(max_workers: u32) -> Settings {
    Settings {
        max_workers,
        ..Settings::default()
    }
}

/// A pool of so many workers that have joined, are idle, and know function 1 to take 2 µs.
fn warm(workers: u32) -> World {
    let mut world = World::new(Settings {
        min_workers: workers,
        ..up_to(workers)
    });
    world.submit(Task::new(1).takes(us(2)));
    world.run_for(ms(100));
    assert_eq!(world.summary().idle, workers as usize);
    world
}
