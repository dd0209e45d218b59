//! Memory for large contents on their way, kept for the next one.
//!
//! A content stays here only from one isolate to the other. A block fresh from the system costs a page
//! fault for every 4 KiB, which takes longer than to copy them; one that was used a moment ago is in the
//! processor's cache. So blocks are kept, the one used last on top, up to a bound that a process does not
//! notice. Blocks of one class are equally large, so that any of them will do.

use std::sync::{Mutex, Once};

use super::locked;

/// The most bytes kept while nobody needs them.
const KEPT: usize = 8 << 20;
/// Larger contents are rare, and take so long that the system's memory is no matter.
const LARGEST: usize = 4 << 20;
/// Classes are so many to a power of two: at most an eighth of a block is not used.
const STEPS_BITS: u32 = 3;

static LARGE_COMES_AND_GOES: Once = Once::new();

/// Tells the C library that large blocks come and go in this process, so that it keeps some memory for them.
///
/// The receivers' buffers are freed by the garbage collector, many at once, and glibc would return their
/// memory to the system each time, to be had back by a page fault for every 4 KiB: that costs ten times what
/// copying into them does (measured: 385 instead of 36 µs per MiB). How much it keeps follows the largest
/// block that it has seen freed, up to 32 MiB (`M_MMAP_THRESHOLD` in mallopt(3)). So it is shown one, which
/// costs two system calls and no memory, as nothing is ever written to it. Other allocators have no such rule,
/// and lose nothing.
fn come_and_go() {
    const LARGEST_THAT_COUNTS: usize = (32 << 20) - (64 << 10);
    drop(std::hint::black_box(Vec::<u8>::with_capacity(
        LARGEST_THAT_COUNTS,
    )));
}

#[derive(Default)]
struct Kept {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

static KEPT_BLOCKS: Mutex<Kept> = Mutex::new(Kept {
    blocks: Vec::new(),
    bytes: 0,
});

/// A copy of some bytes, in memory that is kept for others afterwards.
pub struct Block(Vec<u8>);

impl Block {
    pub fn copy_of(bytes: &[u8]) -> Self {
        LARGE_COMES_AND_GOES.call_once(come_and_go);
        let mut memory = taken(class_of(bytes.len()));
        memory.extend_from_slice(bytes);
        Self(memory)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let mut memory = std::mem::take(&mut self.0);
        memory.clear();
        let size = memory.capacity();
        if size == 0 || size > LARGEST {
            return;
        }
        let mut kept = locked(&KEPT_BLOCKS);
        if kept.bytes + size <= KEPT {
            kept.bytes += size;
            kept.blocks.push(memory);
        } else {
            // Giving memory back takes long enough to do it without the lock.
            drop(kept);
            drop(memory);
        }
    }
}

/// Gives back all that is kept: nobody has anything to send any more.
pub fn give_back() {
    let kept = std::mem::take(&mut *locked(&KEPT_BLOCKS));
    drop(kept);
}

/// A kept block of this class, or a new one.
fn taken(class: usize) -> Vec<u8> {
    if class <= LARGEST {
        let mut kept = locked(&KEPT_BLOCKS);
        let found = kept.blocks.iter().rposition(|block| block.capacity() == class);
        if let Some(at) = found {
            kept.bytes -= class;
            return kept.blocks.remove(at);
        }
    }
    Vec::with_capacity(class)
}

/// What a content of this length takes: the length with all but its highest bits rounded up.
fn class_of(length: usize) -> usize {
    let step = 1 << length.max(1).ilog2().saturating_sub(STEPS_BITS);
    length.next_multiple_of(step)
}
