//! A histogram of times that costs a few instructions to write and a few hundred bytes to keep.
//!
//! Log-linear: every power of two of nanoseconds is an octave of 32 buckets of equal width. What is
//! read back is the middle of a bucket, so a percentile is off by at most 1/64 (1.6 %); below 64 ns,
//! and for `min`, `max`, `count` and `mean`, it is exact. All of `u64` is covered, nothing saturates.
//!
//! Only the octaves between the smallest and the largest value so far are allocated. A histogram
//! that has seen its range allocates no more, and none is larger than 60 octaves. Times from 1 to
//! 1000 µs take 1.3 KB in `u32`, where `hdrhistogram` with two digits takes 18 KB (4608 buckets for one
//! hour) and as long: there is a set of these per task name and thread, so size is what counts.

use std::ops::AddAssign;

use serde::Serialize;

use super::nanos::Nanos;

const SUB_BITS: u32 = 5;
/// Buckets per octave.
const OCTAVE: usize = 1 << SUB_BITS;

/// How wide a bucket counts. A worker writes `u32` (half the memory and cache) and is folded into a
/// `u64` before 2^32 records.
pub(super) trait Count: Copy + Default + AddAssign + From<u8> + Into<u64> {}
impl Count for u32 {}
impl Count for u64 {}

#[derive(Clone, Debug)]
pub(super) struct Histogram<C> {
    /// The bucket that `counts[0]` stands for, the first of an octave.
    first: usize,
    /// Whole octaves; empty until the first value.
    counts: Vec<C>,
    sum: u128,
    min: u64,
    max: u64,
}

impl<C> Default for Histogram<C> {
    fn default() -> Self {
        Self {
            first: 0,
            counts: Vec::new(),
            sum: 0,
            min: u64::MAX,
            max: 0,
        }
    }
}

impl<C: Count> Histogram<C> {
    #[inline]
    pub(super) fn record(&mut self, value: Nanos) {
        let bucket = bucket_of(value.0);
        // Below `first` the difference wraps around and is out of range, like above the end.
        match self.counts.get_mut(bucket.wrapping_sub(self.first)) {
            Some(count) => *count += C::from(1),
            None => self.record_beyond(bucket),
        }
        self.sum += u128::from(value.0);
        self.min = self.min.min(value.0);
        self.max = self.max.max(value.0);
    }

    #[cold]
    #[inline(never)]
    fn record_beyond(&mut self, bucket: usize) {
        self.cover(bucket, bucket);
        self.counts[bucket - self.first] += C::from(1);
    }

    /// Makes room for the octaves of the buckets `low..=high`.
    fn cover(&mut self, low: usize, high: usize) {
        let (low, high) = (low / OCTAVE * OCTAVE, (high / OCTAVE + 1) * OCTAVE);
        if self.counts.is_empty() {
            self.first = low;
        }
        let first = self.first.min(low);
        let end = (self.first + self.counts.len()).max(high);
        // Exactly as much as is needed: doubling would waste most where there are most histograms.
        let mut counts = Vec::with_capacity(end - first);
        counts.resize(self.first - first, C::default());
        counts.append(&mut self.counts);
        counts.resize(end - first, C::default());
        (self.first, self.counts) = (first, counts);
    }

    fn is_empty(&self) -> bool {
        self.min > self.max
    }

    /// Adds what `other` holds.
    pub(super) fn add<D: Count>(&mut self, other: &Histogram<D>)
    where
        C: From<D>,
    {
        if other.is_empty() {
            return;
        }
        self.cover_all_of(other);
        let offset = other.first - self.first;
        for (mine, theirs) in self.counts[offset..].iter_mut().zip(&other.counts) {
            *mine += C::from(*theirs);
        }
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    fn cover_all_of<D: Count>(&mut self, other: &Histogram<D>) {
        let (first, end) = (other.first, other.first + other.counts.len());
        if self.counts.is_empty() || first < self.first || end > self.first + self.counts.len() {
            self.cover(first, end - 1);
        }
    }

    /// Empties it and keeps the memory: whoever recorded a range will record it again.
    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            self.counts.fill(C::default());
            (self.sum, self.min, self.max) = (0, u64::MAX, 0);
        }
    }

    /// What `getStats()` shows. An empty histogram is all zeros.
    pub(super) fn summary(&self) -> Summary {
        let count = self.counts.iter().map(|&count| count.into()).sum::<u64>();
        if count == 0 {
            return Summary::default();
        }
        let [p50, p90, p95, p99, p999] = self.percentiles([500, 900, 950, 990, 999], count);
        let mean = u64::try_from(self.sum / u128::from(count)).expect("a mean is at most the largest value");
        let (min, max, mean) = (Nanos(self.min), Nanos(self.max), Nanos(mean));
        Summary {
            count,
            sum: Nanos(u64::try_from(self.sum).unwrap_or(u64::MAX)),
            min,
            mean,
            max,
            p50,
            p90,
            p95,
            p99,
            p999,
        }
    }

    /// For ascending shares in thousandths, the smallest value that this share of `count > 0` values
    /// does not exceed (nearest rank).
    fn percentiles<const N: usize>(&self, shares: [u64; N], count: u64) -> [Nanos; N] {
        let mut buckets = self.counts.iter().zip(self.first..);
        let (mut seen, mut value) = (0_u64, self.min);
        shares.map(|share| {
            let rank = (u128::from(count) * u128::from(share)).div_ceil(1000);
            while u128::from(seen) < rank {
                let (&count, bucket) = buckets.next().expect("ranks do not exceed the count");
                seen += count.into();
                value = middle_of(bucket).clamp(self.min, self.max);
            }
            Nanos(value)
        })
    }
}

/// The bucket of a value: 32 per octave, the values below 64 one by one.
#[inline]
fn bucket_of(value: u64) -> usize {
    let shift = (63 - SUB_BITS) - (value | OCTAVE as u64).leading_zeros();
    // At most 2 * OCTAVE - 1 after the shift, so it fits any usize.
    ((shift as usize) << SUB_BITS) + (value >> shift) as usize
}

/// The middle of a bucket, rounded down.
fn middle_of(bucket: usize) -> u64 {
    let shift = (bucket / OCTAVE).saturating_sub(1);
    let lowest = ((bucket - shift * OCTAVE) as u64) << shift;
    lowest + ((1_u64 << shift) - 1) / 2
}

/// A histogram in numbers, as the contract lists them. Percentiles are within 1.6 % of the exact
/// ones; the rest is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub count: u64,
    /// Of all values. What watches rates needs one that never falls, which `count * mean` does not give.
    pub sum: Nanos,
    pub min: Nanos,
    pub mean: Nanos,
    pub max: Nanos,
    pub p50: Nanos,
    pub p90: Nanos,
    pub p95: Nanos,
    pub p99: Nanos,
    pub p999: Nanos,
}

#[cfg(test)]
mod tests;
