//! The arguments of a task, as bytes that only the isolates understand.

use std::ops::Range;
use std::sync::Arc;

/// So many bytes of arguments are kept with their task: a number or two, a short string.
const SMALL: usize = 23;

/// The encoded arguments of a task. Few bytes are its own: shared memory would have a count that the submitter and all
/// workers change, four times for each task. More are a range of the bytes of one flush, shared by all tasks of it.
#[derive(Clone, Debug)]
pub struct Payload(Content);

#[derive(Clone, Debug)]
enum Content {
    Small {
        length: u8,
        bytes: [u8; SMALL],
    },
    Shared {
        bytes: Arc<[u8]>,
        range: Range<u32>,
        /// Bytes that belong to it and wait elsewhere.
        beside: u64,
    },
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Payload>() == 32);

impl Payload {
    /// A payload that is `range` of `bytes`. The range must lie inside.
    #[must_use]
    pub fn new(bytes: &Arc<[u8]>, range: Range<u32>) -> Self {
        let (start, end) = (range.start as usize, range.end as usize);
        debug_assert!(end <= bytes.len() && start <= end);
        match u8::try_from(end - start) {
            Ok(length) if usize::from(length) <= SMALL => Self(Content::Small {
                length,
                bytes: first(&bytes[start..], length.into()),
            }),
            _ => Self::shared(Arc::clone(bytes), range),
        }
    }

    fn shared(bytes: Arc<[u8]>, range: Range<u32>) -> Self {
        Self(Content::Shared {
            bytes,
            range,
            beside: 0,
        })
    }

    /// The bytes themselves.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Content::Small { length, bytes } => &bytes[..usize::from(*length)],
            Content::Shared { bytes, range, .. } => &bytes[range.start as usize..range.end as usize],
        }
    }

    /// Counts bytes that belong to it and wait elsewhere.
    pub fn put_beside(&mut self, count: u64) {
        if let Content::Small { length, .. } = self.0
            && count > 0
        {
            *self = Self::shared(self.as_slice().into(), 0..length.into());
        }
        if let Content::Shared { beside, .. } = &mut self.0 {
            *beside = count;
        }
    }

    /// How many bytes wait with it, wherever.
    #[must_use]
    pub fn weight(&self) -> u64 {
        match &self.0 {
            Content::Small { length, .. } => (*length).into(),
            Content::Shared { range, beside, .. } => (range.len() as u64).saturating_add(*beside),
        }
    }

    /// How many bytes it is.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Content::Small { length, .. } => (*length).into(),
            Content::Shared { range, .. } => range.len(),
        }
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The first `length` of `bytes`, and anything behind them.
fn first(bytes: &[u8], length: usize) -> [u8; SMALL] {
    // Of a known length where there are as many, which is two instructions instead of a call.
    bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut copy = [0; SMALL];
        copy[..length].copy_from_slice(&bytes[..length]);
        copy
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_payloads_are_what_they_are_made_of() {
        let bytes: Arc<[u8]> = (0..100).collect();
        for range in [0..0, 0..1, 3..26, 3..27, 77..100, 90..100, 100..100, 0..100] {
            let payload = Payload::new(&bytes, range.clone());
            let (start, end) = (range.start as usize, range.end as usize);
            assert_eq!(payload.as_slice(), &bytes[start..end]);
            assert_eq!(
                (payload.len(), payload.weight()),
                (range.len(), range.len() as u64)
            );
            assert_eq!(payload.is_empty(), range.is_empty());
        }
    }

    #[test]
    fn only_large_ones_share_their_bytes() {
        let bytes: Arc<[u8]> = (0..100).collect();
        let small = Payload::new(&bytes, 0..23);
        assert_eq!(Arc::strong_count(&bytes), 1);
        let large = Payload::new(&bytes, 0..24);
        assert_eq!(Arc::strong_count(&bytes), 2);
        drop((small, large));
    }

    #[test]
    fn what_waits_elsewhere_counts_whatever_the_size() {
        let bytes: Arc<[u8]> = (0..100).collect();
        for length in [10, 50] {
            let mut payload = Payload::new(&bytes, 0..length);
            payload.put_beside(0);
            assert_eq!(payload.weight(), u64::from(length));
            payload.put_beside(1_000);
            assert_eq!(payload.weight(), u64::from(length) + 1_000);
            assert_eq!(payload.as_slice(), &bytes[..length as usize]);
        }
    }
}
