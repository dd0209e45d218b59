//! The frames that isolates and the scheduler exchange: bytes in, facts out, and the other way.
//!
//! All numbers are little-endian; every frame begins at a multiple of eight and its first word is
//! its length, headers and padding included, so that JavaScript can use aligned typed arrays. The
//! same layouts stand in `lib/frames.js`. Nothing here trusts what it reads: a frame that cannot
//! be right ends the reading with [`Malformed`].

use std::sync::Arc;

use crate::scheduler::retry::{Backoff, RetryPolicy};
use crate::scheduler::task::{MILLISECOND, Nanos};
use crate::scheduler::{Handed, Input, NewTask, Payload, Priority, Report, TaskId, Terms};

/// Bytes that are no frame: where they stand, and what is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed frame at byte {at}: {what}")]
pub struct Malformed {
    pub at: usize,
    pub what: &'static str,
}

/// The header of a submitted task.
const SUBMIT_HEADER: usize = 32;
/// The terms that some submitted tasks have.
const TERMS: usize = 64;
/// The header of a task in a worker's inbox.
const TASK_HEADER: usize = 32;
/// The header of a worker's report.
const REPORT_HEADER: usize = 32;
/// The header of a message to an owner.
const MAIL_HEADER: usize = 56;

/// Rounds up to the next multiple of eight.
#[must_use]
pub const fn aligned(length: usize) -> usize {
    (length + 7) & !7
}

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

/// Reads the tasks of one flush. They share `bytes`, except large ones, which get bytes of their
/// own so that a task that waits long does not keep its neighbours' arguments.
pub fn read_tasks(bytes: &Arc<[u8]>) -> Result<Vec<NewTask>, Malformed> {
    /// From here on a payload has bytes of its own.
    const LARGE: usize = 4096;
    let mut tasks = Vec::with_capacity(bytes.len() / 64 + 1);
    let mut at = 0;
    while at < bytes.len() {
        let wrong = |what| Malformed { at, what };
        let header = bytes
            .get(at..at + SUBMIT_HEADER)
            .ok_or(wrong("the header is cut off"))?;
        let read = |offset| word(header, offset).ok_or(wrong("the header is cut off"));
        let (length, flags) = (read(0)? as usize, read(4)?);
        let id = number(header, 8)
            .and_then(id)
            .ok_or(wrong("the id is no positive integer"))?;
        let (definition, name, payload) = (read(16)?, read(20)?, read(24)? as usize);
        let terms_length = if flags & 4 == 0 {
            0
        } else {
            terms_length(bytes.get(at + SUBMIT_HEADER..).unwrap_or(&[])).ok_or(wrong("the terms are cut off"))?
        };
        let start = at + SUBMIT_HEADER + terms_length;
        if length % 8 != 0
            || length < SUBMIT_HEADER
            || at + length > bytes.len()
            || start + payload > at + length
        {
            return Err(wrong("the lengths do not fit"));
        }
        let terms = if terms_length == 0 {
            None
        } else {
            Some(Box::new(
                read_terms(&bytes[at + SUBMIT_HEADER..start]).ok_or(wrong("the terms are broken"))?,
            ))
        };
        let range = start..start + payload;
        let payload = if payload >= LARGE && bytes.len() > 2 * payload {
            Payload::new(
                bytes[range.clone()].into(),
                0..narrow(payload).ok_or(wrong("too large"))?,
            )
        } else {
            let (from, to) = (narrow(range.start), narrow(range.end));
            Payload::new(
                Arc::clone(bytes),
                from.ok_or(wrong("too large"))?..to.ok_or(wrong("too large"))?,
            )
        };
        let form = flags.to_le_bytes()[1];
        tasks.push(NewTask {
            id,
            definition,
            name,
            priority: Priority::from_bits(flags),
            form,
            payload,
            terms,
        });
        at += length;
    }
    Ok(tasks)
}

fn narrow(value: usize) -> Option<u32> {
    u32::try_from(value).ok()
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
    let ids = bytes.get(TERMS + 8..)?.chunks_exact(8);
    ids.map(|each| {
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
            jitter: number(bytes, 56)?,
            ask: bits & 8 != 0,
        })
    };
    Some(Terms {
        timeout: time(number(bytes, 0)?),
        queue_timeout: time(number(bytes, 8)?),
        grace: time(number(bytes, 16)?),
        retry,
        announce: bits & 1 != 0,
        uncancellable: bits & 2 != 0,
        inputs: if bits & HAS_INPUTS == 0 {
            Vec::new()
        } else {
            read_inputs(bytes)?
        },
    })
}

/// How many bytes a batch takes in an inbox.
#[must_use]
pub fn batch_length(batch: &[Handed]) -> usize {
    batch
        .iter()
        .map(|task| TASK_HEADER + aligned(inputs_length(&task.inputs) + task.payload.len()))
        .sum()
}

/// How many bytes inputs take ahead of a payload: their count, then each with its length in front.
fn inputs_length(inputs: &[Arc<[u8]>]) -> usize {
    if inputs.is_empty() {
        return 0;
    }
    4 + inputs.iter().map(|input| 4 + input.len()).sum::<usize>()
}

/// Writes inputs to the beginning of `out`: what is left of it.
fn write_inputs<'a>(inputs: &[Arc<[u8]>], mut out: &'a mut [u8]) -> &'a mut [u8] {
    let mut put = |bytes: &[u8]| {
        let (place, rest) = std::mem::take(&mut out).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        out = rest;
    };
    if !inputs.is_empty() {
        put(&le(inputs.len()));
    }
    for input in inputs {
        put(&le(input.len()));
        put(input);
    }
    out
}

/// Writes a batch into a worker's inbox, which must be large enough.
pub fn write_batch(batch: &[Handed], inbox: &mut [u8]) {
    let mut at = 0;
    for task in batch {
        let payload = task.payload.as_slice();
        let content = inputs_length(&task.inputs) + payload.len();
        let length = TASK_HEADER + aligned(content);
        let flags = u32::from(task.timed)
            | u32::from(task.announced) << 1
            | u32::from(!task.inputs.is_empty()) << 2
            | u32::from(task.form) << 8;
        let frame = &mut inbox[at..at + length];
        frame[0..4].copy_from_slice(&le(length));
        frame[4..8].copy_from_slice(&flags.to_le_bytes());
        frame[8..16].copy_from_slice(&float(task.id.0).to_le_bytes());
        frame[16..20].copy_from_slice(&task.definition.to_le_bytes());
        frame[20..24].copy_from_slice(&task.attempt.to_le_bytes());
        frame[24..28].copy_from_slice(&le(content));
        frame[28..32].copy_from_slice(&task.owner.0.to_le_bytes());
        let rest = write_inputs(&task.inputs, &mut frame[TASK_HEADER..]);
        rest[..payload.len()].copy_from_slice(payload);
        at += length;
    }
}

/// The length of a frame; frames are bounded by the buffers that hold them.
fn le(length: usize) -> [u8; 4] {
    narrow(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// A number that JavaScript reads as such.
fn float(value: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "ids stay below 2^53, and times may lose nanoseconds"
    )]
    let value = value as f64;
    value
}

/// A report together with what a failure called itself.
#[derive(Clone, Debug)]
pub struct Told {
    pub report: Report,
    /// The error's name and message, as UTF-8, for logs and metrics: `name`, a NUL, `message`.
    pub note: std::ops::Range<usize>,
}

/// A value that a task has yielded; the task goes on.
#[derive(Clone, Debug)]
pub struct Yielded {
    pub id: TaskId,
    /// What the body is made of: bits that only the isolates understand.
    pub form: u8,
    /// No more will come before the owner has taken some.
    pub stalled: bool,
    pub body: std::ops::Range<usize>,
}

/// What the first byte of a report's status can say, besides 1: the task threw.
const FULFILLED: u8 = 0;
const YIELDED: u8 = 2;

/// Reads what a worker has written about the tasks that it has finished, and what others have yielded.
pub fn read_reports(bytes: &[u8], into: &mut Vec<Told>, yields: &mut Vec<Yielded>) -> Result<(), Malformed> {
    let mut at = 0;
    while at < bytes.len() {
        let wrong = |what| Malformed { at, what };
        let header = bytes
            .get(at..at + REPORT_HEADER)
            .ok_or(wrong("the header is cut off"))?;
        let read = |offset| word(header, offset).ok_or(wrong("the header is cut off"));
        let (length, status) = (read(0)? as usize, read(4)?);
        let id = number(header, 8)
            .and_then(id)
            .ok_or(wrong("the id is no positive integer"))?;
        let run = number(header, 16).and_then(time).unwrap_or(0);
        let (body, note) = (read(24)? as usize, read(28)? as usize);
        let start = at + REPORT_HEADER;
        if length % 8 != 0
            || length < REPORT_HEADER
            || at + length > bytes.len()
            || start + body + note > at + length
        {
            return Err(wrong("the lengths do not fit"));
        }
        let body = start..start + body;
        let note = body.end..body.end + note;
        let [outcome, form, stalled, _] = status.to_le_bytes();
        at += length;
        if outcome == YIELDED {
            let stalled = stalled != 0;
            yields.push(Yielded { id, form, stalled, body });
            continue;
        }
        let report = Report {
            id,
            fulfilled: outcome == FULFILLED,
            run,
            cpu: 0,
            form,
            body,
        };
        into.push(Told { report, note });
    }
    Ok(())
}

/// What a message to an owner is about. The numbers stand in `lib/frames.js` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A task is fulfilled; the body is its value.
    Fulfilled = 0,
    /// A task threw; the body is what.
    Rejected = 1,
    /// A task failed for a reason of the library's; the body is JSON, then the cause.
    Failed = 2,
    /// An attempt threw, and the owner decides on the next one.
    RejectedUndecided = 3,
    /// An attempt failed, and the owner decides on the next one.
    FailedUndecided = 4,
    /// An attempt has begun.
    Begun = 5,
    /// A pool wants a worker started.
    StartWorker = 6,
    /// A pool wants a worker ended because nothing is left for it to do.
    RetireWorker = 7,
    /// A pool wants a worker ended at once.
    KillWorker = 8,
    /// The last task of a pool that shuts down is settled.
    Drained = 9,
    /// Something that the pool's owner should hear of; the body is JSON.
    Notice = 10,
    /// A worker asks for what could not travel as bytes.
    ParcelWanted = 11,
    /// A task says how far it is: the fraction stands for the waiting time, the body is the detail.
    Progress = 12,
    /// A task waits for an input that only its owner can give; the number of the attempt says which.
    InputWanted = 13,
    /// A task has yielded a value, which is the body; an attempt of 1 says that it waits for credit now.
    Yielded = 14,
    /// The owner of a task has taken so many of its values, in all: it stands for the attempt.
    Credit = 15,
    /// The owner of a task wants no more of its values.
    HungUp = 16,
}

impl Kind {
    /// Whether the task is done with.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Rejected | Self::Failed)
    }
}

/// A message to an isolate.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    pub kind: Kind,
    /// What the body is made of.
    pub form: u8,
    /// The task, or the worker where it is about one.
    pub id: u64,
    pub queue: Nanos,
    pub run: Nanos,
    pub cpu: Nanos,
    pub attempt: u32,
    pub worker: u32,
    pub pool: u32,
    /// Two parts, written one after the other; the second begins where `split` says.
    pub body: &'a [u8],
    pub extra: &'a [u8],
}

impl Default for Mail<'_> {
    fn default() -> Self {
        Self {
            kind: Kind::Notice,
            form: 0,
            id: 0,
            queue: 0,
            run: 0,
            cpu: 0,
            attempt: 0,
            worker: u32::MAX,
            pool: 0,
            body: &[],
            extra: &[],
        }
    }
}

/// A duration in milliseconds.
#[must_use]
pub fn millis(nanos: Nanos) -> f64 {
    float(nanos) / float(MILLISECOND)
}

/// Appends a message to a mailbox.
pub fn write_mail(mail: &Mail<'_>, out: &mut Vec<u8>) {
    let content = mail.body.len() + mail.extra.len();
    let length = MAIL_HEADER + aligned(content);
    let mut header = [0_u8; MAIL_HEADER];
    header[0..4].copy_from_slice(&le(length));
    header[4..8].copy_from_slice(&(mail.kind as u32 | u32::from(mail.form) << 8).to_le_bytes());
    header[8..16].copy_from_slice(&float(mail.id).to_le_bytes());
    header[16..24].copy_from_slice(&millis(mail.queue).to_le_bytes());
    header[24..32].copy_from_slice(&millis(mail.run).to_le_bytes());
    header[32..40].copy_from_slice(&millis(mail.cpu).to_le_bytes());
    header[40..44].copy_from_slice(&mail.attempt.to_le_bytes());
    header[44..48].copy_from_slice(&mail.worker.to_le_bytes());
    header[48..52].copy_from_slice(&le(mail.body.len()));
    header[52..56].copy_from_slice(&mail.pool.to_le_bytes());
    out.reserve(length);
    out.extend_from_slice(&header);
    out.extend_from_slice(mail.body);
    out.extend_from_slice(mail.extra);
    out.resize(out.len() + aligned(content) - content, 0);
}
