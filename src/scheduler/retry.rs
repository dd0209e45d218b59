//! When a failed task is tried again.

use super::task::{MILLISECOND, Nanos};

/// How waits grow from one attempt to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backoff {
    /// The same wait every time.
    Constant,
    /// `delay`, twice, three times `delay` ...
    Linear,
    /// Each wait is the one before times this factor.
    Factor(f64),
}

/// How often, and after what waits, a failed task is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The wait after the first attempt.
    pub delay: Nanos,
    pub backoff: Backoff,
    /// No wait is longer.
    pub max_delay: Nanos,
    /// The part of a wait that is left to chance: 0 none, 1 all of it.
    pub jitter: f64,
    /// The owner decides after each failure whether there is a next attempt.
    pub ask: bool,
}

impl RetryPolicy {
    /// The wait after attempt `attempt` (from 1), where `chance` is a random number from 0 up to 1.
    ///
    /// `min(max_delay, delay * factor^(attempt - 1))`, of which the part `jitter` is random
    /// ("full jitter" at 1: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
    #[must_use]
    pub fn wait_after(&self, attempt: u32, chance: f64) -> Nanos {
        let steps = attempt.saturating_sub(1);
        #[expect(
            clippy::cast_precision_loss,
            reason = "waits are far below 2^53 nanoseconds of precision"
        )]
        let (delay, longest) = (self.delay as f64, self.max_delay as f64);
        let grown = match self.backoff {
            Backoff::Constant => delay,
            Backoff::Linear => delay * f64::from(attempt.max(1)),
            Backoff::Factor(factor) => delay * factor.powi(i32::try_from(steps).unwrap_or(i32::MAX)),
        };
        // `0 * infinity` is not a number; `min` then gives the other one, which must not happen to a wait of 0.
        let whole = if delay == 0.0 {
            0.0
        } else {
            grown.min(longest).max(0.0)
        };
        let wait = whole * (1.0 - self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "casts of floats saturate"
        )]
        let wait = wait as Nanos;
        wait
    }
}

impl Default for RetryPolicy {
    /// Three attempts, 200 ms after the first, twice as long each time, never more than 30 s.
    fn default() -> Self {
        Self {
            attempts: 3,
            delay: 200 * MILLISECOND,
            backoff: Backoff::Factor(2.0),
            max_delay: 30_000 * MILLISECOND,
            jitter: 0.0,
            ask: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy {
            max_delay: 700 * MILLISECOND,
            ..RetryPolicy::default()
        };
        let waits: Vec<_> = (1..=4).map(|n| policy.wait_after(n, 0.0) / MILLISECOND).collect();
        assert_eq!(waits, [200, 400, 700, 700]);
    }

    #[test]
    fn constant_and_linear_waits() {
        let constant = RetryPolicy {
            backoff: Backoff::Constant,
            ..RetryPolicy::default()
        };
        let linear = RetryPolicy {
            backoff: Backoff::Linear,
            ..RetryPolicy::default()
        };
        assert_eq!(constant.wait_after(3, 0.0), 200 * MILLISECOND);
        assert_eq!(linear.wait_after(3, 0.0), 600 * MILLISECOND);
    }

    #[test]
    fn jitter_takes_away_at_most_its_part() {
        let half = RetryPolicy {
            jitter: 0.5,
            ..RetryPolicy::default()
        };
        assert_eq!(half.wait_after(1, 1.0), 100 * MILLISECOND);
        assert_eq!(half.wait_after(1, 0.0), 200 * MILLISECOND);
    }

    #[test]
    fn no_factor_and_no_attempt_number_overflows() {
        let policy = RetryPolicy {
            backoff: Backoff::Factor(f64::MAX),
            delay: 0,
            ..RetryPolicy::default()
        };
        assert_eq!(policy.wait_after(u32::MAX, 0.5), 0);
        let policy = RetryPolicy {
            backoff: Backoff::Factor(1e300),
            ..RetryPolicy::default()
        };
        assert_eq!(policy.wait_after(u32::MAX, 0.0), policy.max_delay);
    }
}
