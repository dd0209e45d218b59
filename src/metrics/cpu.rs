//! The CPU time of single tasks, out of the one measurement their worker makes per batch.

use super::nanos::Nanos;

/// Apportions the CPU time that a worker's thread used for a batch to the batch's tasks, in the order
/// of `runs`, in proportion to how long each of them ran and never more than that: a thread is on one
/// core at a time. What the thread used beyond its tasks' run times (decoding, encoding, garbage) is
/// nobody's. Without that excess, shares add up to the total, to within a nanosecond per batch: what
/// rounding withholds from one task goes to the next.
pub fn cpu_share(total: Nanos, runs: &[Nanos]) -> impl Iterator<Item = Nanos> {
    let all = runs.iter().map(|run| run.0 as f64).sum::<f64>();
    // A batch of tasks that took no time has nothing to share out: 0 / 0 is not a ratio.
    let ratio = if all > 0.0 {
        (total.0 as f64 / all).min(1.0)
    } else {
        0.0
    };
    let (mut run_so_far, mut given) = (0.0, 0);
    runs.iter().map(move |run| {
        run_so_far += run.0 as f64;
        // A cast from float saturates, and `given` never passes `due`, since `due` only grows.
        let due = ((run_so_far * ratio) as u64).min(total.0);
        let share = (due - given).min(run.0);
        given += share;
        Nanos(share)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(total: u64, runs: &[u64]) -> Vec<u64> {
        let runs: Vec<_> = runs.iter().copied().map(Nanos).collect();
        cpu_share(Nanos(total), &runs).map(|share| share.0).collect()
    }

    #[test]
    fn shares_in_proportion_to_run_time() {
        assert_eq!(shares(600, &[100, 200, 900]), [50, 100, 450]);
        assert_eq!(shares(500, &[1000]), [500]);
    }

    #[test]
    fn gives_no_task_more_than_it_ran() {
        assert_eq!(shares(10_000, &[100, 0, 200]), [100, 0, 200]);
        assert_eq!(shares(u64::MAX, &[1, 2]), [1, 2]);
    }

    #[test]
    fn has_nothing_to_share_without_cpu_time_run_time_or_tasks() {
        assert_eq!(shares(0, &[5, 5]), [0, 0]);
        assert_eq!(shares(100, &[0, 0]), [0, 0]);
        assert_eq!(shares(100, &[]), [0; 0]);
    }

    #[test]
    fn loses_no_time_to_rounding() {
        assert_eq!(shares(50, &[1; 100]).iter().sum::<u64>(), 50);
        assert_eq!(shares(10_007, &[101; 100]).iter().sum::<u64>(), 10_007);
    }

    #[test]
    fn shares_of_any_batch_add_up_to_what_was_used() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        for _ in 0..2000 {
            let runs: Vec<_> = (0..random() % 50).map(|_| random() % 5_000_000).collect();
            let total = random() % 200_000_000;
            let shares = shares(total, &runs);
            assert!(shares.iter().zip(&runs).all(|(share, run)| share <= run));
            let (given, used) = (shares.iter().sum::<u64>(), total.min(runs.iter().sum()));
            assert!(given <= used && used - given <= 1, "{given} of {used}");
        }
    }
}
