//! Frames for isolates: batches into the inboxes of workers, mail for everybody.

use std::sync::Arc;

use super::{Kind, MAIL_HEADER, TASK_HEADER, aligned, narrow};
use crate::scheduler::Handed;
use crate::scheduler::task::{MILLISECOND, Nanos};

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
            | u32::from(task.limited) << 3
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
