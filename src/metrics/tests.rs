use super::OutcomeKind::{Cancelled, Completed, Failed, TimedOut};
use super::*;
use serde_json::{Value, json};

fn usage(queue: u64, run: u64, cpu: u64) -> Usage {
    Usage {
        queue: Nanos(queue),
        run: Nanos(run),
        cpu: Nanos(cpu),
    }
}

fn vitals() -> Vitals {
    Vitals {
        workers: WorkerCounts {
            active: 3,
            idle: 1,
            crashed: 2,
        },
        can_start: true,
        oldest: Nanos::ZERO,
        memory: Memory {
            used: 245 << 20,
            available: 1_288_490_189,
        },
        uptime: Nanos::from_millis(1500),
    }
}

fn stats(metrics: &Metrics) -> Stats {
    metrics.stats(QueueStats::default(), Vec::new())
}

fn ended(metrics: &Metrics) -> u64 {
    stats(metrics).counts.outcomes.completed
}

fn record(metrics: &Metrics, shard: &Shard, name: &str, times: usize) {
    let name = metrics.names().intern(name);
    let mut guard = shard.lock(Nanos::ZERO);
    (0..times).for_each(|_| guard.record(name, Completed, usage(1, 2, 3)));
}

#[test]
fn stats_of_a_new_pool_are_zeros_in_the_shape_of_the_contract() {
    let zeros = json!({ "count": 0, "sum": 0.0, "min": 0.0, "mean": 0.0, "max": 0.0,
        "p50": 0.0, "p90": 0.0, "p95": 0.0, "p99": 0.0, "p999": 0.0 });
    let expected = json!({
        "counts": { "submitted": 0, "completed": 0, "failed": 0, "cancelled": 0, "timedOut": 0,
            "retried": 0, "rejected": 0 },
        "queue": { "depth": 0, "bytes": 0, "oldest": 0.0 },
        "workers": [],
        "queueTime": zeros, "runTime": zeros, "cpuTime": zeros,
        "errorsByName": {},
        "byTask": {},
    });
    assert_eq!(serde_json::to_value(stats(&Metrics::new())).unwrap(), expected);
}

#[test]
fn stats_show_times_in_milliseconds_by_pool_and_by_task() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    let (fast, slow) = (metrics.names().intern("fast"), metrics.names().intern("slow"));
    metrics.submitted(3);
    let mut guard = shard.lock(Nanos::ZERO);
    guard.record(fast, Completed, usage(1_000_000, 2_000_000, 500_000));
    guard.record(slow, Failed, usage(3_000_000, 4_000_000, 0));
    guard.record_unstarted(slow, TimedOut, Nanos::from_millis(5));
    drop(guard);
    metrics.failed_with("TypeError", "no", "slow", 17);
    let queue = QueueStats {
        depth: 1,
        bytes: 64,
        oldest: Nanos::from_millis(7),
    };
    let worker = WorkerStats {
        id: 4,
        state: WorkerState::Busy,
        completed: 1,
        failed: 1,
        utilization: 0.5,
        heap_used: 1024,
        cpu_time: Nanos(500_000),
    };
    let stats = serde_json::to_value(metrics.stats(queue, vec![worker])).unwrap();

    assert_eq!(
        stats["counts"],
        json!({ "submitted": 3, "completed": 1, "failed": 1, "cancelled": 0,
        "timedOut": 1, "retried": 0, "rejected": 0 })
    );
    assert_eq!(stats["queue"], json!({ "depth": 1, "bytes": 64, "oldest": 7.0 }));
    assert_eq!(
        stats["workers"],
        json!([{ "id": 4, "state": "busy", "completed": 1, "failed": 1,
        "utilization": 0.5, "heapUsed": 1024, "cpuTime": 0.5 }])
    );
    let part = |times: &Value| json!([times["count"], times["min"], times["mean"], times["max"]]);
    assert_eq!(part(&stats["queueTime"]), json!([3, 1.0, 3.0, 5.0]));
    assert_eq!(part(&stats["runTime"]), json!([2, 2.0, 3.0, 4.0]));
    assert_eq!(part(&stats["cpuTime"]), json!([2, 0.0, 0.25, 0.5]));
    assert_eq!(stats["errorsByName"], json!({ "TypeError": 1 }));
    let slow = &stats["byTask"]["slow"];
    assert_eq!(
        (&slow["failed"], &slow["timedOut"], &slow["completed"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(part(&slow["runTime"]), json!([1, 4.0, 4.0, 4.0]));
    assert_eq!(stats["byTask"]["fast"]["queueTime"]["p999"], json!(1.0));
}

#[test]
fn a_name_appears_in_stats_once_a_task_of_it_has_ended() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    metrics.names().intern("never ended");
    record(&metrics, &shard, "ended", 1);
    assert_eq!(stats(&metrics).by_task.into_keys().collect::<Vec<_>>(), ["ended"]);
}

#[test]
fn counts_what_is_submitted_rejected_and_retried() {
    let metrics = Metrics::new();
    metrics.submitted(5);
    metrics.submitted(6);
    metrics.rejected(2);
    metrics.retried(3);
    let Counts {
        submitted,
        rejected,
        retried,
        ..
    } = stats(&metrics).counts;
    assert_eq!((submitted, rejected, retried), (11, 2, 3));
}

#[test]
fn reading_twice_counts_nothing_twice() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    record(&metrics, &shard, "a", 2);
    assert_eq!(ended(&metrics), 2);
    assert_eq!(stats(&metrics), stats(&metrics));
    record(&metrics, &shard, "a", 1);
    assert_eq!(ended(&metrics), 3);
}

#[test]
fn a_dropped_shard_leaves_its_numbers_and_nothing_else() {
    let metrics = Metrics::new();
    for _ in 0..1000 {
        record(&metrics, &metrics.shard(), "a", 1);
    }
    assert!(locked(&metrics.shards).len() <= 1);
    assert_eq!(Arc::strong_count(&metrics.totals), 1);
    assert_eq!(ended(&metrics), 1000);
    assert_eq!(stats(&metrics).run_time.count, 1000);
}

#[test]
fn a_shard_may_outlive_its_pool() {
    let metrics = Metrics::new();
    let (shard, name) = (metrics.shard(), metrics.names().intern("a"));
    drop(metrics);
    shard.lock(Nanos::ZERO).record(name, Completed, Usage::default());
}

#[test]
fn more_names_than_the_limit_are_counted_as_other() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    (0..MAX_NAMES + 7).for_each(|n| record(&metrics, &shard, &n.to_string(), 1));
    let stats = stats(&metrics);
    assert_eq!(stats.by_task.len(), MAX_NAMES + 1);
    assert_eq!(stats.by_task["(other)"].counts.completed, 7);
    assert_eq!(stats.counts.outcomes.completed, MAX_NAMES as u64 + 7);
}

#[test]
fn a_poisoned_shard_still_counts() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    std::thread::scope(|scope| {
        let panics = scope.spawn(|| {
            let _guard = shard.lock(Nanos::ZERO);
            std::panic::resume_unwind(Box::new("with the lock in hand"));
        });
        assert!(panics.join().is_err());
    });
    record(&metrics, &shard, "a", 1);
    assert_eq!(ended(&metrics), 1);
}

/// Threads that come and go while others read: nothing is lost, nothing shrinks, and no snapshot
/// shows more tasks ended than submitted.
#[test]
fn concurrent_readers_see_consistent_and_growing_numbers() {
    const THREADS: u64 = 4;
    const TASKS: u64 = 4000;
    let metrics = Metrics::new();
    let done = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (metrics, done) = (&metrics, &done);
            scope.spawn(move || {
                let name = metrics.names().intern(&format!("task {}", thread % 2));
                for batch in 0..TASKS / 20 {
                    let shard = metrics.shard();
                    metrics.submitted(20);
                    let mut guard = shard.lock(Nanos(batch));
                    (0..20).for_each(|n| guard.record(name, Completed, usage(n, n * 1000, n)));
                }
                done.fetch_add(1, std::sync::atomic::Ordering::Release);
            });
        }
        let mut last = 0;
        while done.load(std::sync::atomic::Ordering::Acquire) < THREADS {
            let stats = stats(&metrics);
            let ended = stats.counts.outcomes.completed;
            assert!((last..=stats.counts.submitted).contains(&ended));
            assert_eq!(stats.run_time.count, ended);
            assert_eq!(
                stats
                    .by_task
                    .values()
                    .map(|task| task.counts.completed)
                    .sum::<u64>(),
                ended
            );
            last = ended;
        }
    });
    let stats = stats(&metrics);
    assert_eq!(
        (stats.counts.submitted, stats.counts.outcomes.completed),
        (THREADS * TASKS, THREADS * TASKS)
    );
    assert_eq!(stats.by_task["task 0"].run_time.max, Nanos(19_000));
}

#[test]
fn health_has_the_shape_of_the_contract() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    let name = metrics.names().intern("resize");
    let mut guard = shard.lock(Nanos::from_secs(1));
    guard.record(name, Completed, usage(1_000_000, 2_000_000, 0));
    guard.record(name, Failed, usage(1_000_000, 2_000_000, 0));
    guard.record(name, Cancelled, usage(1_000_000, 2_000_000, 0));
    drop(guard);
    metrics.failed_with("TypeError", "no", "resize", 1_700_000_000_000);
    let health = metrics.health(Nanos::from_secs(2), &vitals());
    assert_eq!(
        serde_json::to_value(health).unwrap(),
        json!({
            "status": "healthy",
            "workers": { "active": 3, "idle": 1, "crashed": 2 },
            "memory": { "used": "245MB", "available": "1.2GB" },
            "latency": { "p50": 3.0, "p95": 3.0, "p99": 3.0 },
            "errors": { "rate": 0.5, "recent": [
                { "name": "TypeError", "message": "no", "taskName": "resize", "at": 1_700_000_000_000_u64 },
            ] },
            "uptime": 1500.0,
        })
    );
}

#[test]
fn health_recovers_within_a_minute_and_stats_remember() {
    let metrics = Metrics::new();
    let shard = metrics.shard();
    let name = metrics.names().intern("a");
    let at = Nanos::from_secs;
    let mut guard = shard.lock(at(100));
    (0..30).for_each(|_| guard.record(name, Failed, usage(0, 1_000_000_000, 0)));
    drop(guard);
    metrics.crashed(3, at(100));
    let during = metrics.health(at(101), &vitals());
    assert_eq!((during.status, during.errors.rate), (Status::Unhealthy, 1.0));
    assert_eq!(during.latency.p99, at(1));

    let mut guard = shard.lock(at(150));
    (0..30).for_each(|_| guard.record(name, Completed, usage(0, 1000, 0)));
    drop(guard);
    let after = metrics.health(at(160), &vitals());
    assert_eq!(
        (after.status, after.errors.rate, after.latency.p99),
        (Status::Healthy, 0.0, Nanos(1000))
    );
    assert_eq!(stats(&metrics).counts.outcomes.failed, 30);
}

#[test]
fn the_health_of_workers_that_left_is_remembered() {
    let metrics = Metrics::new();
    let name = metrics.names().intern("a");
    (0..30).for_each(|_| {
        metrics
            .shard()
            .lock(Nanos::ZERO)
            .record(name, Failed, Usage::default())
    });
    assert_eq!(metrics.health(Nanos::from_secs(1), &vitals()).errors.rate, 1.0);
}
