//! The bytes of flushes, in memory that is used again.
//!
//! They come from the thread that submits, and the worker that takes the last task of a flush lets go of them. If that gave
//! the memory back, both threads would meet in the allocator, at a lock, several times as often as in the scheduler.

use std::sync::Arc;

/// How large a flush may be: one that is handed over because it is full is not much larger than 4 KiB.
const ROOM: usize = 4096 + 256;
/// How many flushes are under way, as a rule, while workers keep up with the submitter.
const MOST: usize = 8;

/// The memory of an isolate's flushes.
#[derive(Default)]
pub struct Flushes {
    kept: Vec<Arc<[u8]>>,
}

impl Flushes {
    /// Memory that begins with these bytes. It may be longer. Where that which is kept is in use, tasks wait: then it is as
    /// long as it has to be.
    pub fn copy(&mut self, bytes: &[u8]) -> Arc<[u8]> {
        if bytes.len() > ROOM {
            return bytes.into();
        }
        let free = self.kept.iter_mut().find_map(|kept| {
            Arc::get_mut(kept)?[..bytes.len()].copy_from_slice(bytes);
            Some(Arc::clone(kept))
        });
        if let Some(copy) = free {
            return copy;
        }
        if self.kept.len() == MOST {
            return bytes.into();
        }
        let copy: Arc<[u8]> = bytes
            .iter()
            .copied()
            .chain(std::iter::repeat_n(0, ROOM - bytes.len()))
            .collect();
        self.kept.push(Arc::clone(&copy));
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_needs_any_more_is_used_again() {
        let mut flushes = Flushes::default();
        let first = flushes.copy(b"first");
        let place = first.as_ptr();
        let second = flushes.copy(b"second");
        assert!(first.starts_with(b"first") && second.starts_with(b"second"));
        drop(first);
        assert_eq!(flushes.copy(b"third").as_ptr(), place);
    }

    #[test]
    fn what_waits_takes_no_more_than_it_needs() {
        let mut flushes = Flushes::default();
        let waiting: Vec<_> = (0..100).map(|_| flushes.copy(&[1; 40])).collect();
        assert!(waiting[MOST..].iter().all(|bytes| bytes.len() == 40));
        assert_eq!(flushes.copy(&[1; 2 * ROOM]).len(), 2 * ROOM);
    }
}
