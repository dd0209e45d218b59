use super::*;
use crate::metrics::OutcomeKind::{self, Cancelled, Completed, Failed, TimedOut};

const GB: u64 = 1 << 30;

fn vitals() -> Vitals {
    Vitals {
        workers: WorkerCounts {
            active: 1,
            idle: 1,
            crashed: 0,
        },
        can_start: true,
        oldest: Nanos::ZERO,
        memory: Memory {
            used: GB,
            available: GB,
        },
        uptime: Nanos::from_secs(1),
    }
}

fn ended(kinds: &[(OutcomeKind, usize)]) -> Slot {
    let mut slot = Slot::default();
    for &(kind, times) in kinds {
        (0..times).for_each(|_| slot.tally.count(kind));
    }
    slot
}

fn crashed(crashes: u64, completed: usize) -> Slot {
    let mut slot = ended(&[(Completed, completed)]);
    slot.crashes = crashes;
    slot
}

#[test]
fn a_pool_that_has_done_nothing_is_healthy() {
    assert_eq!(status(&vitals(), &Slot::default()), Status::Healthy);
    assert_eq!(error_rate(&Slot::default()), 0.0);
}

#[test]
fn a_pool_without_workers_is_healthy_as_long_as_it_can_start_some() {
    let mut vitals = Vitals {
        workers: WorkerCounts::default(),
        ..vitals()
    };
    assert_eq!(status(&vitals, &Slot::default()), Status::Healthy);
    vitals.can_start = false;
    assert_eq!(status(&vitals, &Slot::default()), Status::Unhealthy);
    vitals.workers.idle = 1;
    assert_eq!(status(&vitals, &Slot::default()), Status::Degraded);
}

#[test]
fn the_error_rate_counts_failures_and_timeouts_and_leaves_cancelled_tasks_out() {
    let slot = ended(&[(Completed, 70), (Failed, 20), (TimedOut, 10), (Cancelled, 900)]);
    assert_eq!(error_rate(&slot), 0.3);
}

#[test]
fn a_tenth_of_failures_degrades_and_a_half_is_unhealthy() {
    let judge = |completed, failed| status(&vitals(), &ended(&[(Completed, completed), (Failed, failed)]));
    assert_eq!(judge(91, 9), Status::Healthy);
    assert_eq!(judge(90, 10), Status::Degraded);
    assert_eq!(judge(51, 49), Status::Degraded);
    assert_eq!(judge(50, 50), Status::Unhealthy);
}

#[test]
fn a_handful_of_failures_says_nothing() {
    assert_eq!(status(&vitals(), &ended(&[(Failed, 19)])), Status::Healthy);
    assert_eq!(status(&vitals(), &ended(&[(Failed, 20)])), Status::Unhealthy);
}

#[test]
fn one_crash_degrades_and_crashes_for_every_other_task_are_unhealthy() {
    assert_eq!(status(&vitals(), &crashed(1, 1000)), Status::Degraded);
    assert_eq!(status(&vitals(), &crashed(2, 0)), Status::Degraded);
    assert_eq!(status(&vitals(), &crashed(3, 7)), Status::Degraded);
    assert_eq!(status(&vitals(), &crashed(3, 6)), Status::Unhealthy);
}

#[test]
fn a_long_wait_degrades() {
    let waiting = |oldest| status(&Vitals { oldest, ..vitals() }, &Slot::default());
    assert_eq!(waiting(Nanos::from_millis(29_999)), Status::Healthy);
    assert_eq!(waiting(Nanos::from_secs(30)), Status::Degraded);
}

#[test]
fn short_memory_degrades_and_unknown_memory_does_not() {
    let with = |used, available| {
        status(
            &Vitals {
                memory: Memory { used, available },
                ..vitals()
            },
            &Slot::default(),
        )
    };
    assert_eq!(with(95 * GB, 5 * GB), Status::Healthy);
    assert_eq!(with(96 * GB, 4 * GB), Status::Degraded);
    assert_eq!(with(GB, u64::MAX), Status::Healthy);
    assert_eq!(with(0, 0), Status::Healthy);
}

#[test]
fn writes_sizes_as_people_do() {
    const MB: u64 = 1 << 20;
    let sizes = [
        0,
        1,
        1023,
        1024,
        1536,
        10_200,
        MB - 1,
        245 * MB,
        GB,
        1_288_490_189,
        10 * GB,
        u64::MAX,
    ];
    let texts = [
        "0B", "1B", "1023B", "1KB", "1.5KB", "10KB", "1MB", "245MB", "1GB", "1.2GB", "10GB", "16EB",
    ];
    assert_eq!(sizes.map(size), texts);
}
