//! The visit of a worker: it reports, and is handed what it does next.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use cpu_time::ThreadTime;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use super::{isolate_of, seat_of};
use crate::binding::isolate::{Isolate, Seat};
use crate::binding::numbers::nanos;
use crate::binding::patience::Waited;
use crate::binding::pool::Reported;
use crate::binding::{locked, memory, registry};
use crate::metrics::{self, cpu_share};
use crate::scheduler::Handed;
use crate::wire::{self, Told, Yielded};

/// Set in the result of [`exchange`] where the isolate has mail.
const HAS_MAIL: i64 = 1 << 40;
/// Set there where the worker has no tasks and stays awake: it is to come again soon.
const AWAKE: i64 = 1 << 41;
/// A single task that took no longer used the processor all the time: asking the system takes as long.
const BRIEF: u64 = 20_000;

/// Reports what stands in the first `length` bytes of `outbox` and, where the worker is `hungry`,
/// fills `inbox` with its next tasks: the length of what is in it, or the negative of what it
/// should hold (then [`refill`] a larger one). Plus 2^40 where there is mail. One that is `hungry`
/// and has nothing else to do may be kept `waiting` for a moment, if there is nothing yet; plus 2^41 where it
/// should come again when its event loop has had a turn, and go on waiting.
#[napi(catch_unwind)]
pub fn exchange(
    isolate: u32,
    outbox: Uint8ArraySlice<'_>,
    length: u32,
    hungry: bool,
    waiting: bool,
    mut inbox: Uint8ArraySlice<'_>,
) -> napi::Result<i64> {
    let isolate = isolate_of(isolate)?;
    isolate.answered();
    let seat = seat_of(&isolate)?;
    // What had been published may have been taken over before.
    let message = outbox
        .get(seat.words.close_outbox()..length as usize)
        .unwrap_or(&[]);
    BUFFERS.with_borrow_mut(|buffers| {
        buffers.read(message)?;
        let stays = visit(&isolate, &seat, message, hungry, waiting, buffers);
        let mail = if isolate.has_mail() { HAS_MAIL } else { 0 };
        let awake = if stays { AWAKE } else { 0 };
        Ok(put(&isolate, &mut buffers.batch, memory::writable(&mut inbox)) + mail + awake)
    })
}

/// Carries out an exchange of which the reports have been read: whether the worker stays awake without a task.
fn visit(
    isolate: &Isolate,
    seat: &Seat,
    message: &[u8],
    hungry: bool,
    waiting: bool,
    buffers: &mut Buffers,
) -> bool {
    let reported = Reported {
        told: &buffers.told,
        yields: &buffers.yields,
        message,
    };
    let now = registry::now();
    seat.patience.woken(now);
    let busy = seat
        .pool
        .exchange(seat.worker, &reported, hungry, &seat.shard, &mut buffers.batch);
    buffers.settle_clock();
    seat.used.store(buffers.used(), Ordering::Relaxed);
    if !(buffers.told.is_empty() && buffers.batch.is_empty()) {
        seat.patience.worked(now);
    }
    let mut waited = Waited::InVain;
    if waiting && buffers.batch.is_empty() && seat.pool.has_core_to_spare(busy) {
        let since = registry::now();
        waited = seat.wait(isolate, since);
        buffers.waited += registry::now().saturating_sub(since);
    }
    if waited == Waited::Called {
        isolate.answered();
        seat.pool.exchange(
            seat.worker,
            &Reported::NOTHING,
            hungry,
            &seat.shard,
            &mut buffers.batch,
        );
    }
    if waited != Waited::Awake {
        seat.pool.vigil.leave(seat.worker);
    }
    match buffers.batch.first() {
        None => seat.patience.sleeps(registry::now()),
        Some(first) if first.limited => seat.pool.mark_cpu(seat.worker, seat.clock),
        Some(_) => {}
    }
    waited == Waited::Awake
}

thread_local! {
    // Kept so that an exchange allocates nothing.
    static BUFFERS: RefCell<Buffers> = const { RefCell::new(Buffers::EMPTY) };
}

/// What an exchange works with.
struct Buffers {
    told: Vec<Told>,
    yields: Vec<Yielded>,
    batch: Vec<Handed>,
    /// When CPU time was shared out last, and how much of it has gone into waiting since.
    clock: Option<ThreadTime>,
    waited: u64,
    /// What the last tasks used has been said without looking at the clock.
    unsettled: bool,
}

impl Buffers {
    const EMPTY: Self = Self {
        told: Vec::new(),
        yields: Vec::new(),
        batch: Vec::new(),
        clock: None,
        waited: 0,
        unsettled: false,
    };

    /// What the thread had used when CPU time was shared out last.
    fn used(&self) -> u64 {
        self.clock.map_or(0, |clock| nanos(clock.as_duration()))
    }

    /// Reads what a worker reports; nothing is left of what was there before.
    fn read(&mut self, message: &[u8]) -> napi::Result<()> {
        self.told.clear();
        self.yields.clear();
        self.batch.clear();
        wire::read_reports(message, &mut self.told, &mut self.yields)
            .map_err(|error| napi::Error::from_reason(error.to_string()))?;
        match &mut self.told[..] {
            [] if self.clock.is_some() => {}
            [only] if only.report.run < BRIEF => {
                only.report.cpu = only.report.run;
                self.unsettled = true;
            }
            _ => {
                let used = self.lap();
                share_cpu(used, &mut self.told);
            }
        }
        Ok(())
    }

    /// Looks at the clock after all, now that nobody waits for that.
    fn settle_clock(&mut self) {
        if self.unsettled {
            self.lap();
        }
    }

    /// The CPU time of this thread since the last look, without what it has spent waiting.
    fn lap(&mut self) -> u64 {
        self.unsettled = false;
        let now = ThreadTime::now();
        let last = self.clock.replace(now);
        let used = last.map_or(0, |last| now.duration_since(last).as_nanos());
        u64::try_from(used)
            .unwrap_or(u64::MAX)
            .saturating_sub(std::mem::take(&mut self.waited))
    }
}

/// Gives each task its part of the thread's CPU time since the last exchange.
fn share_cpu(used: u64, told: &mut [Told]) {
    if let [only] = told {
        only.report.cpu = used.min(only.report.run);
        return;
    }
    let runs: Vec<metrics::Nanos> = told.iter().map(|told| metrics::Nanos(told.report.run)).collect();
    for (told, share) in told.iter_mut().zip(cpu_share(metrics::Nanos(used), &runs)) {
        told.report.cpu = share.0;
    }
}

/// Moves a batch into an inbox, or keeps it for a larger one: its length, or the negative of that.
fn put(isolate: &Isolate, batch: &mut Vec<Handed>, inbox: &mut [u8]) -> i64 {
    let length = wire::batch_length(batch);
    let signed = i64::try_from(length).unwrap_or(i64::MAX);
    if length > inbox.len() {
        *locked(&isolate.oversize) = std::mem::take(batch);
        return -signed;
    }
    wire::write_batch(batch, inbox);
    // Each holds the bytes of the whole flush that it came with.
    batch.clear();
    signed
}

/// Fills a larger inbox with the batch that did not fit.
#[napi(catch_unwind)]
pub fn refill(isolate: u32, mut inbox: Uint8ArraySlice<'_>) -> napi::Result<i64> {
    let isolate = isolate_of(isolate)?;
    let mut batch = std::mem::take(&mut *locked(&isolate.oversize));
    Ok(put(&isolate, &mut batch, memory::writable(&mut inbox)))
}
