//! The visit of a worker: it reports, and is handed what it does next.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use cpu_time::ThreadTime;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use super::{isolate_of, seat_of};
use crate::binding::isolate::{Isolate, Seat};
use crate::binding::numbers::nanos;
use crate::binding::pool::Reported;
use crate::binding::{locked, memory, registry};
use crate::metrics::{self, cpu_share};
use crate::scheduler::Handed;
use crate::wire::{self, Told, Yielded};

/// Set in the result of [`exchange`] where the isolate has mail.
const HAS_MAIL: i64 = 1 << 40;

/// Reports what stands in the first `length` bytes of `outbox` and, where the worker is `hungry`,
/// fills `inbox` with its next tasks: the length of what is in it, or the negative of what it
/// should hold (then [`refill`] a larger one). Plus 2^40 where there is mail. One that is `hungry`
/// and has nothing else to do may be kept `waiting` for a moment, if there is nothing yet.
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
        seat.used.store(buffers.used(), Ordering::Relaxed);
        visit(&isolate, &seat, message, hungry, waiting, buffers);
        let mail = if isolate.has_mail() { HAS_MAIL } else { 0 };
        Ok(put(&isolate, &mut buffers.batch, memory::writable(&mut inbox)) + mail)
    })
}

/// Carries out an exchange of which the reports have been read.
fn visit(isolate: &Isolate, seat: &Seat, message: &[u8], hungry: bool, waiting: bool, buffers: &mut Buffers) {
    let Buffers {
        told, yields, batch, ..
    } = buffers;
    let reported = Reported {
        told,
        yields,
        message,
    };
    seat.patience.woken(registry::now());
    let busy = seat
        .pool
        .exchange(seat.worker, &reported, hungry, &seat.shard, batch);
    if waiting && batch.is_empty() && seat.pool.has_core_to_spare(busy) && seat.patience.poll(isolate) {
        isolate.answered();
        seat.pool
            .exchange(seat.worker, &Reported::NOTHING, hungry, &seat.shard, batch);
    }
    match batch.first() {
        None => seat.patience.sleeps(registry::now()),
        Some(first) if first.limited => seat.pool.mark_cpu(seat.worker, seat.clock),
        Some(_) => {}
    }
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
    /// When CPU time was shared out last.
    clock: Option<ThreadTime>,
}

impl Buffers {
    const EMPTY: Self = Self {
        told: Vec::new(),
        yields: Vec::new(),
        batch: Vec::new(),
        clock: None,
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
        if !self.told.is_empty() || self.clock.is_none() {
            let last = self.clock.replace(ThreadTime::now());
            let used = last.map_or(0, |clock| clock.elapsed().as_nanos());
            share_cpu(u64::try_from(used).unwrap_or(u64::MAX), &mut self.told);
        }
        Ok(())
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
