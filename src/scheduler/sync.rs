//! What workers and the scheduler share is made of these; `loom` puts its own in their place, to play
//! every interleaving that the memory model allows: `npm run test:loom`.

#[cfg(feature = "loom")]
pub use loom::sync::{Mutex, atomic::AtomicI32};
#[cfg(not(feature = "loom"))]
pub use std::sync::{Mutex, atomic::AtomicI32};

/// `usual`, or little enough for every interleaving to be played.
pub const fn few(usual: usize, under_loom: usize) -> usize {
    if cfg!(feature = "loom") { under_loom } else { usual }
}

/// Every interleaving of a worker with the scheduler, on the words that they share.
#[cfg(all(test, feature = "loom"))]
mod tests {
    use std::sync::atomic::Ordering;

    use loom::sync::Arc;
    use loom::thread;

    use crate::scheduler::claim::SharedWords;

    #[test]
    fn loom_claims_and_take_backs_share_a_batch_out_exactly() {
        loom::model(|| {
            let words = Arc::new(SharedWords::default());
            words.open(2);
            let worker = {
                let words = Arc::clone(&words);
                thread::spawn(move || std::iter::from_fn(|| words.claim()).collect::<Vec<_>>())
            };
            let taken = words.take_back();
            let begun = worker.join().expect("the worker does not panic");
            assert_eq!(begun, (0..taken.start).collect::<Vec<_>>());
            assert_eq!(begun.len() + taken.len(), 2);
        });
    }

    #[test]
    fn loom_what_is_collected_is_whole_and_is_reported_no_second_time() {
        loom::model(|| {
            let words = Arc::new(SharedWords::default());
            let write = |words: &SharedWords, at: usize, value: u8| {
                words.outbox.words()[at].store(i32::from_ne_bytes([value; 4]), Ordering::Relaxed);
                words.publish(4 * (at + 1));
            };
            let worker = {
                let words = Arc::clone(&words);
                thread::spawn(move || {
                    write(&words, 0, 1);
                    write(&words, 1, 2);
                    let before = words.close_outbox();
                    write(&words, 0, 3);
                    before
                })
            };
            let collected = words.collect();
            let before = worker.join().expect("the worker does not panic");
            let whole: [&[u8]; 4] = [&[], &[1; 4], &[1, 1, 1, 1, 2, 2, 2, 2], &[3; 4]];
            assert!(whole.contains(&&collected[..]), "{collected:?}");
            let of_the_first = if collected.first() == Some(&3) {
                0
            } else {
                collected.len()
            };
            assert_eq!(before, of_the_first);
        });
    }
}
