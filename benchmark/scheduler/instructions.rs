//! What is counted by `npm run bench:instructions`: `instructions <path> <count>` takes one of the hot paths of the
//! Rust side so many times. Two runs with different counts differ by the path alone.

mod pool;

use std::hint::black_box;

use pool::Pool;

/// Tasks to a flush, as with 256 in flight and two workers.
const FLUSH: usize = 64;
/// What a trivial task is said to take.
const RUN: u64 = 1_000;

/// A closure as users write it.
const CLOSURE: &str = "async (order, { taxed = true } = {}) => {\n  const sum = order.items.reduce((all, item) => \
    all + item.price * item.count, 0);\n  const rate = taxed ? rates.get(order.country) ?? DEFAULT : 0;\n  for (const \
    [name, check] of Object.entries(checks)) {\n    if (!check(order)) throw new Invalid(`${name}: ${order.id}`);\n  }\n  \
    return { ...order, total: round(sum * (1 + rate)) };\n}";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, count] = arguments.as_slice() else {
        panic!("instructions <path> <count>")
    };
    let count: usize = count.parse().expect("a count");
    match path.as_str() {
        "submit" => submit(count),
        "task" => task(count),
        "alone" => alone(count),
        "empty" => empty(count),
        "analyze" => {
            (0..count).for_each(|_| drop(black_box(tasklets::analysis::analyze(black_box(CLOSURE)))))
        }
        other => panic!("there is no path {other}"),
    }
}

/// Submitting alone, per task.
fn submit(count: usize) {
    let mut pool = Pool::new(2);
    for _ in 0..count / FLUSH {
        black_box(pool.submit(FLUSH, 1));
    }
}

/// All that a task of many takes: submitted, handed over, reported, counted, told.
fn task(count: usize) {
    let mut pool = Pool::new(2);
    let mut now = 1_000_000;
    let mut done = 0;
    while done < count {
        black_box(pool.submit(FLUSH, now));
        for worker in [0, 1, 0, 1] {
            now += 20_000;
            done += pool.exchange(worker, RUN, now).0;
        }
    }
}

/// The same where each task comes alone.
fn alone(count: usize) {
    let mut pool = Pool::new(2);
    let mut now = 1_000_000;
    for _ in 0..count {
        now += 20_000;
        black_box(pool.submit(1, now));
        black_box(pool.exchange(0, RUN, now));
        now += 20_000;
        black_box(pool.exchange(0, RUN, now));
    }
}

/// A worker that comes and finds nothing.
fn empty(count: usize) {
    let mut pool = Pool::new(2);
    pool.exchange(0, RUN, 1);
    for at in 0..count {
        black_box(pool.exchange(0, RUN, 2 + at as u64));
    }
}
