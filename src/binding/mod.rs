//! The Node edge: the only module that knows napi, threads, and memory shared with JavaScript.
//!
//! | module                         | what it is                                                                     |
//! | ------------------------------ | ------------------------------------------------------------------------------ |
//! | `exports`                      | what JavaScript can call, by who calls it                                      |
//! | `registry`                     | what exists in the process, by number: isolates, pools, definitions            |
//! | `isolate`                      | an environment that has loaded us: its mailbox, and the call that wakes it     |
//! | `pool`, `post`                 | a scheduler behind its lock, and the carrying out of what it decides           |
//! | `timekeeper`, `clock`          | the thread of a pool that waits for alarms, and the CPU time of workers        |
//! | `attachments`, `blocks`        | large contents, and the memory that they are copied through                    |
//! | `memory`                       | memory that is shown to JavaScript; what is unsafe is here and in the next row |
//! | `v8`, `compiler`,              | V8 by name: it is asked to wait, and to give memory back, and has workers      |
//! | `garbage`, `heap_limit`        | ended whose heap is full                                                       |
//! | `settings`, `stats`            | configs and figures as JSON                                                    |

mod attachments;
mod blocks;
mod clock;
mod compiler;
mod exports;
mod garbage;
mod heap_limit;
mod isolate;
mod memory;
mod numbers;
mod patience;
mod pool;
mod post;
mod registry;
mod settings;
mod stats;
mod timekeeper;
mod v8;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Locks, also after a panic elsewhere: what these locks guard is valid after every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn written<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
