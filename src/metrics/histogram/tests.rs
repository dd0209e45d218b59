use super::*;

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Every order of magnitude below 2^bits is as likely as any other.
    fn magnitude(&mut self, bits: u64) -> u64 {
        let width = self.next() % (bits + 1);
        if width == 0 {
            0
        } else {
            self.next() >> (64 - width)
        }
    }
}

fn of(values: &[u64]) -> Histogram<u32> {
    let mut histogram = Histogram::default();
    values.iter().for_each(|&value| histogram.record(Nanos(value)));
    histogram
}

fn exact(sorted: &[u64], thousandths: usize) -> u64 {
    sorted[(sorted.len() * thousandths).div_ceil(1000) - 1]
}

fn assert_close(found: Nanos, exact: u64, what: &str) {
    let error = found.0.abs_diff(exact);
    assert!(
        error <= exact / 64,
        "{what}: {} is {error} away from {exact}",
        found.0
    );
}

fn assert_summarizes(summary: &Summary, values: &[u64]) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let sum: u128 = sorted.iter().copied().map(u128::from).sum();
    assert_eq!(summary.count, sorted.len() as u64);
    assert_eq!(summary.min.0, sorted[0]);
    assert_eq!(summary.max.0, sorted[sorted.len() - 1]);
    assert_eq!(u128::from(summary.mean.0), sum / sorted.len() as u128);
    assert_eq!(u128::from(summary.sum.0), sum.min(u128::from(u64::MAX)));
    assert_close(summary.p50, exact(&sorted, 500), "p50");
    assert_close(summary.p90, exact(&sorted, 900), "p90");
    assert_close(summary.p95, exact(&sorted, 950), "p95");
    assert_close(summary.p99, exact(&sorted, 990), "p99");
    assert_close(summary.p999, exact(&sorted, 999), "p999");
    let Summary {
        min,
        p50,
        p90,
        p95,
        p99,
        p999,
        max,
        ..
    } = *summary;
    assert!([min, p50, p90, p95, p99, p999, max].is_sorted(), "{summary:?}");
}

#[test]
fn is_all_zeros_while_it_is_empty() {
    assert_eq!(Histogram::<u32>::default().summary(), Summary::default());
}

#[test]
fn shows_a_single_value_exactly() {
    for value in [0, 1, 31, 32, 63, 64, 1_000_003, u64::MAX] {
        let Summary {
            count,
            min,
            mean,
            max,
            p50,
            p999,
            ..
        } = of(&[value]).summary();
        assert_eq!(
            (count, min.0, mean.0, max.0, p50.0, p999.0),
            (1, value, value, value, value, value)
        );
    }
}

#[test]
fn buckets_ascend_without_gaps_and_hold_their_middle() {
    let mut random = Random(7);
    for bucket in 0..60 * OCTAVE {
        assert_eq!(bucket_of(middle_of(bucket)), bucket);
    }
    for _ in 0..100_000 {
        let value = random.magnitude(64);
        let next = bucket_of(value.saturating_add(1));
        assert!(
            (bucket_of(value)..=bucket_of(value) + 1).contains(&next),
            "{value}"
        );
        assert!(
            middle_of(bucket_of(value)).abs_diff(value) <= value / 64,
            "{value}"
        );
    }
    assert_eq!(bucket_of(u64::MAX), 60 * OCTAVE - 1);
}

#[test]
fn percentiles_are_monotone_and_within_a_64th_of_the_sorted_samples() {
    for seed in 1..=400 {
        let mut random = Random(seed);
        let bits = 1 + random.next() % 64;
        let values: Vec<u64> = (0..1 + random.next() % 3000)
            .map(|_| random.magnitude(bits))
            .collect();
        assert_summarizes(&of(&values).summary(), &values);
    }
}

#[test]
fn percentiles_hold_for_values_close_together() {
    for seed in 1..=100 {
        let mut random = Random(seed);
        let base = random.magnitude(50);
        let values: Vec<u64> = (0..1000)
            .map(|_| base + random.next() % (1 + base / 10))
            .collect();
        assert_summarizes(&of(&values).summary(), &values);
    }
}

#[test]
fn the_sum_of_histograms_is_the_histogram_of_all_values() {
    for seed in 1..=100 {
        let mut random = Random(seed);
        let mut all = Vec::new();
        let mut total = Histogram::<u64>::default();
        for _ in 0..4 {
            let bits = 1 + random.next() % 64;
            let part: Vec<u64> = (0..random.next() % 500).map(|_| random.magnitude(bits)).collect();
            total.add(&of(&part));
            all.extend(part);
        }
        total.add(&of(&[5]));
        all.push(5);
        assert_summarizes(&total.summary(), &all);
        assert_eq!(total.summary(), of(&all).summary());
    }
}

#[test]
fn is_empty_again_once_cleared_and_records_without_allocating() {
    let mut histogram = of(&[100, 5_000_000]);
    let memory = histogram.counts.as_ptr();
    histogram.clear();
    assert_eq!(histogram.summary(), Summary::default());
    histogram.record(Nanos(2_000));
    assert_eq!(histogram.counts.as_ptr(), memory);
    assert_summarizes(&histogram.summary(), &[2_000]);
}

#[test]
fn allocates_the_octaves_between_smallest_and_largest_only() {
    assert_eq!(of(&[1_000_000]).counts.capacity(), OCTAVE);
    assert_eq!(
        of(&[1_000_000, 1_500_000, 1_000_001]).counts.capacity(),
        2 * OCTAVE
    );
    assert_eq!(of(&[0, u64::MAX, 77]).counts.capacity(), 60 * OCTAVE);
    assert_eq!(of(&[u64::MAX, 0]).counts.capacity(), 60 * OCTAVE);
}

#[test]
fn sums_beyond_u64_do_not_overflow() {
    assert_eq!(of(&[u64::MAX; 3]).summary().mean.0, u64::MAX);
}
