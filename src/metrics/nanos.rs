//! The unit of time in here: nanoseconds on a monotonic clock that the caller reads.

use serde::{Serialize, Serializer};

/// A duration, or an instant as the duration since an origin the caller chose once. Serializes as the
/// milliseconds that JavaScript is shown, as a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(pub u64);

impl Nanos {
    pub const ZERO: Self = Self(0);

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    /// Exact to the nanosecond up to 104 days.
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::Nanos;

    #[test]
    fn serializes_as_milliseconds() {
        assert_eq!(serde_json::to_string(&Nanos(1_234_567)).unwrap(), "1.234567");
        assert_eq!(serde_json::to_string(&Nanos::from_secs(2)).unwrap(), "2000.0");
    }
}
