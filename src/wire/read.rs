//! Frames that isolates have written: tasks and reports.

use std::ops::Range;
use std::sync::Arc;

use super::{Malformed, REPORT_HEADER, SUBMIT_HEADER, TERMS, narrow};
use crate::scheduler::retry::{Backoff, RetryPolicy};
use crate::scheduler::task::{MILLISECOND, Nanos};
use crate::scheduler::{Input, NewTask, Payload, Priority, Report, TaskId, Terms};

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A count of milliseconds as a duration; `None` for what is no time at all, and for "never".
fn time(millis: f64) -> Option<Nanos> {
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    let scale = MILLISECOND as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    let nanos = (millis * scale) as Nanos;
    (millis.is_finite() && millis >= 0.0).then_some(nanos)
}

/// A limit in bytes; `None` for what is none.
fn size(bytes: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    let whole = bytes as u64;
    (bytes.is_finite() && bytes >= 1.0).then_some(whole)
}

fn id(value: f64) -> Option<TaskId> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked in the same breath"
    )]
    let whole = value as u64;
    #[expect(clippy::cast_precision_loss, reason = "that is the check")]
    let exact = whole as f64 == value;
    (exact && whole > 0 && whole < 1 << 53).then_some(TaskId(whole))
}

/// Cuts bytes into frames: where each begins, and its bytes, at least the header; or what is wrong.
fn frames(bytes: &[u8], header: usize) -> impl Iterator<Item = Result<(usize, &[u8]), Malformed>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let at = next;
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let length = word(rest, 0).map_or(0, |length| length as usize);
        let frame = rest
            .get(..length)
            .filter(|_| length >= header && length.is_multiple_of(8));
        // Behind what cannot be right nothing is read any more.
        next = frame.map_or(bytes.len(), |_| at + length);
        let what = "the length does not fit";
        Some(frame.map(|frame| (at, frame)).ok_or(Malformed { at, what }))
    })
}

/// The `length` bytes of a frame from `start` on, if it has so many.
fn part(frame: &[u8], start: usize, length: u32) -> Option<Range<usize>> {
    let end = start.checked_add(length as usize)?;
    (end <= frame.len()).then_some(start..end)
}

/// Reads the tasks of one flush, which is the first `length` of `bytes`. Small arguments are copied; the others share
/// these bytes, except large ones, which get bytes of their own so that a task that waits long does not keep its
/// neighbours' arguments.
pub fn read_tasks(bytes: &Arc<[u8]>, length: usize, into: &mut Vec<NewTask>) -> Result<(), Malformed> {
    for frame in frames(&bytes[..length], SUBMIT_HEADER) {
        let (at, frame) = frame?;
        into.push(read_task(bytes, at, frame).map_err(|what| Malformed { at, what })?);
    }
    Ok(())
}

fn read_task(bytes: &Arc<[u8]>, at: usize, frame: &[u8]) -> Result<NewTask, &'static str> {
    let read = |offset| word(frame, offset).ok_or("the header is cut off");
    let flags = read(4)?;
    let id = number(frame, 8)
        .and_then(id)
        .ok_or("the id is no positive integer")?;
    let (terms, start) = if flags & 4 == 0 {
        (None, SUBMIT_HEADER)
    } else {
        let rest = &frame[SUBMIT_HEADER..];
        let length = terms_length(rest).ok_or("the terms are cut off")?;
        let terms = rest.get(..length).ok_or("the terms are cut off")?;
        let terms = read_terms(terms).ok_or("the terms are broken")?;
        (Some(Box::new(terms)), SUBMIT_HEADER + length)
    };
    let range = part(frame, start, read(24)?).ok_or("the payload does not fit")?;
    Ok(NewTask {
        id,
        definition: read(16)?,
        name: read(20)?,
        priority: Priority::from_bits(flags),
        form: flags.to_le_bytes()[1],
        payload: payload(bytes, at + range.start..at + range.end).ok_or("the payload is too large")?,
        terms,
    })
}

fn payload(bytes: &Arc<[u8]>, range: Range<usize>) -> Option<Payload> {
    /// From here on a payload has bytes of its own.
    const LARGE: usize = 4096;
    let length = range.len();
    Some(if length >= LARGE && bytes.len() / 2 > length {
        Payload::new(&bytes[range].into(), 0..narrow(length)?)
    } else {
        Payload::new(bytes, narrow(range.start)?..narrow(range.end)?)
    })
}

/// Set in the bits of terms that are followed by inputs: their count in eight bytes, then a task's id for
/// each, or 0 where the owner gives it.
const HAS_INPUTS: u32 = 16;

/// How long the terms at the beginning of `bytes` are, with what follows them.
fn terms_length(bytes: &[u8]) -> Option<usize> {
    if word(bytes, 24)? & HAS_INPUTS == 0 {
        return Some(TERMS);
    }
    let count = word(bytes, TERMS)? as usize;
    TERMS.checked_add(8)?.checked_add(count.checked_mul(8)?)
}

fn read_inputs(bytes: &[u8]) -> Option<Vec<Input>> {
    let (ids, _) = bytes.get(TERMS + 8..)?.as_chunks::<8>();
    ids.iter()
        .map(|each| {
            let value = number(each, 0)?;
            if value == 0.0 {
                return Some(Input::Owner);
            }
            id(value).map(Input::Of)
        })
        .collect()
}

fn read_terms(bytes: &[u8]) -> Option<Terms> {
    let bits = word(bytes, 24)?;
    let retry = if bits & 4 == 0 {
        None
    } else {
        let backoff = match number(bytes, 40)? {
            -1.0 => Backoff::Constant,
            -2.0 => Backoff::Linear,
            factor if factor >= 0.0 => Backoff::Factor(factor),
            _ => return None,
        };
        Some(RetryPolicy {
            attempts: word(bytes, 28)?,
            delay: time(number(bytes, 32)?)?,
            backoff,
            max_delay: time(number(bytes, 48)?).unwrap_or(Nanos::MAX),
            jitter: number(bytes, 56).filter(|jitter| jitter.is_finite())?,
            ask: bits & 8 != 0,
        })
    };
    Some(Terms {
        timeout: time(number(bytes, 0)?),
        queue_timeout: time(number(bytes, 8)?),
        grace: time(number(bytes, 16)?),
        cpu_time: time(number(bytes, 64)?).filter(|limit| *limit > 0),
        memory: size(number(bytes, 72)?),
        retry,
        announce: bits & 1 != 0,
        uncancellable: bits & 2 != 0,
        revocable: bits & 32 != 0,
        before: None,
        inputs: if bits & HAS_INPUTS == 0 {
            Vec::new()
        } else {
            read_inputs(bytes)?
        },
    })
}

/// A report together with what a failure called itself.
#[derive(Clone, Debug)]
pub struct Told {
    pub report: Report,
    /// The error's name and message, as UTF-8, for logs and metrics: `name`, a NUL, `message`.
    pub note: Range<usize>,
}

/// A value that a task has yielded; the task goes on.
#[derive(Clone, Debug)]
pub struct Yielded {
    pub id: TaskId,
    /// What the body is made of: bits that only the isolates understand.
    pub form: u8,
    /// No more will come before the owner has taken some.
    pub stalled: bool,
    pub body: Range<usize>,
}

/// What the first byte of a report's status can say, besides 1: the task threw.
const FULFILLED: u8 = 0;
const YIELDED: u8 = 2;

/// Reads what a worker has written about the tasks that it has finished, and what others have yielded.
pub fn read_reports(bytes: &[u8], into: &mut Vec<Told>, yields: &mut Vec<Yielded>) -> Result<(), Malformed> {
    for frame in frames(bytes, REPORT_HEADER) {
        let (at, frame) = frame?;
        read_report(at, frame, into, yields).map_err(|what| Malformed { at, what })?;
    }
    Ok(())
}

fn read_report(
    at: usize,
    frame: &[u8],
    into: &mut Vec<Told>,
    yields: &mut Vec<Yielded>,
) -> Result<(), &'static str> {
    let read = |offset| word(frame, offset).ok_or("the header is cut off");
    let [outcome, form, stalled, _] = read(4)?.to_le_bytes();
    let id = number(frame, 8)
        .and_then(id)
        .ok_or("the id is no positive integer")?;
    let body = part(frame, REPORT_HEADER, read(24)?).ok_or("the body does not fit")?;
    let note = part(frame, body.end, read(28)?).ok_or("the note does not fit")?;
    let (body, note) = (at + body.start..at + body.end, at + note.start..at + note.end);
    if outcome == YIELDED {
        let stalled = stalled != 0;
        yields.push(Yielded {
            id,
            form,
            stalled,
            body,
        });
        return Ok(());
    }
    let report = Report {
        id,
        fulfilled: outcome == FULFILLED,
        run: number(frame, 16).and_then(time).unwrap_or(0),
        cpu: 0,
        form,
        body,
    };
    into.push(Told { report, note });
    Ok(())
}
