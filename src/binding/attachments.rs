//! Large binary contents on their way: copied once out of the sender's memory, and once into the receiver's.
//!
//! The receiver's buffer is one of its own. Showing it this memory instead would save the second copy, and
//! give users a buffer that Node refuses to transfer any further.
//!
//! Contents wait under the task's id, apart from its frames, and go with it: what nobody has fetched
//! when the task is settled (or, of a result, when its owner does not want it) is dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use super::blocks::Block;
use super::locked;
use crate::scheduler::TaskId;

/// Which way the contents go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// With the arguments, to a worker.
    There,
    /// With the result, to the submitter.
    Back,
}

struct Content {
    block: Option<Arc<Block>>,
    /// Another attempt may need it again.
    kept: bool,
}

/// The contents of each task, by which way they go.
type Waiting = HashMap<(TaskId, Way), Vec<Content>>;

static WAITING: LazyLock<Mutex<Waiting>> = LazyLock::new(Mutex::default);
/// How many tasks have something waiting, so that those without pay nothing.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Keeps a copy of `bytes` for the task: its number among the task's contents.
pub fn attach(id: TaskId, way: Way, bytes: &[u8], kept: bool) -> usize {
    let content = Content {
        block: Some(Arc::new(Block::copy_of(bytes))),
        kept,
    };
    let mut waiting = locked(&WAITING);
    let contents = waiting.entry((id, way)).or_default();
    contents.push(content);
    let number = contents.len() - 1;
    COUNT.store(waiting.len(), Ordering::Release);
    number
}

/// How many bytes of contents wait to go with a task's arguments.
pub fn waiting(id: TaskId) -> u64 {
    if COUNT.load(Ordering::Acquire) == 0 {
        return 0;
    }
    let waiting = locked(&WAITING);
    let contents = waiting.get(&(id, Way::There)).into_iter().flatten();
    contents
        .filter_map(|content| content.block.as_ref())
        .map(|block| block.bytes().len() as u64)
        .sum()
}

/// Copies a content to where it is wanted, and lets go of it. `false` where it is gone, or does not fit.
pub fn fetch(id: TaskId, way: Way, number: usize, into: &mut [u8]) -> bool {
    let Some(block) = take(id, way, number) else {
        return false;
    };
    let fits = block.bytes().len() == into.len();
    if fits {
        into.copy_from_slice(block.bytes());
    }
    fits
}

/// Takes a content out, or leaves it where another attempt may need it.
fn take(id: TaskId, way: Way, number: usize) -> Option<Arc<Block>> {
    let mut waiting = locked(&WAITING);
    let contents = waiting.get_mut(&(id, way))?;
    let content = contents.get_mut(number)?;
    if content.kept {
        return content.block.clone();
    }
    let block = content.block.take();
    if contents.iter().all(|content| content.block.is_none()) {
        waiting.remove(&(id, way));
        COUNT.store(waiting.len(), Ordering::Release);
    }
    block
}

/// Drops what is left of a task's contents.
pub fn drop_all(id: TaskId, way: Way) {
    if COUNT.load(Ordering::Acquire) == 0 {
        return;
    }
    let mut waiting = locked(&WAITING);
    let dropped = waiting.remove(&(id, way));
    COUNT.store(waiting.len(), Ordering::Release);
    drop(waiting);
    // Giving large memory back takes long enough to do it without the lock.
    drop(dropped);
}
