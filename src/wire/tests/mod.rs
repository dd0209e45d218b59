//! The layouts are those of `lib/frames.js`, and no bytes do any harm.

mod fuzz;
mod layouts;

use std::collections::HashMap;

use std::sync::Arc;

use super::{Malformed, aligned, read_tasks};
use crate::scheduler::NewTask;

/// The numbers in one of the objects of `lib/frames.js`.
struct Layout(HashMap<&'static str, usize>);

impl Layout {
    fn of(name: &str) -> Self {
        let source = include_str!("../../../lib/frames.js");
        let start = source
            .find(&format!("const {name} = Object.freeze({{"))
            .expect("it is there");
        let text = &source[start..];
        let text = &text[text.find('{').expect("an object") + 1..text.find('}').expect("its end")];
        let entries = text.lines().flat_map(|line| {
            let line = line.trim();
            let comment = line.starts_with(['/', '*']);
            line.split(',').filter(move |_| !comment).filter_map(|entry| {
                let (key, value) = entry.split_once(':')?;
                Some((key.trim(), value.trim().parse().ok()?))
            })
        });
        Self(entries.collect())
    }

    fn at(&self, key: &str) -> usize {
        *self.0.get(key).unwrap_or_else(|| panic!("no {key}"))
    }

    fn bits(&self, key: &str) -> u32 {
        u32::try_from(self.at(key)).expect("small")
    }
}

/// A frame to be filled in by the names of its parts.
struct Frame<'a> {
    layout: &'a Layout,
    bytes: Vec<u8>,
}

impl<'a> Frame<'a> {
    fn new(layout: &'a Layout, length: usize) -> Self {
        let bytes = vec![0; aligned(length)];
        let length = u32::try_from(bytes.len()).expect("small");
        Self { layout, bytes }.word("LENGTH", length)
    }

    fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn word(self, key: &str, value: u32) -> Self {
        let at = self.layout.at(key);
        self.put(at, &value.to_le_bytes())
    }

    fn number(self, key: &str, value: f64) -> Self {
        let at = self.layout.at(key);
        self.put(at, &value.to_le_bytes())
    }
}

/// The tasks of one flush.
fn tasks_in(bytes: &Arc<[u8]>) -> Result<Vec<NewTask>, Malformed> {
    let mut tasks = Vec::new();
    read_tasks(bytes, bytes.len(), &mut tasks).map(|()| tasks)
}

fn submit_frame(id: f64, flags: u32, terms: &[u8], payload: &[u8]) -> Vec<u8> {
    let layout = Layout::of("SUBMIT");
    let header = layout.at("HEADER");
    Frame::new(&layout, header + terms.len() + payload.len())
        .word("FLAGS", flags)
        .number("ID", id)
        .word("DEFINITION", 7)
        .word("NAME", 8)
        .word("PAYLOAD", u32::try_from(payload.len()).expect("small"))
        .put(header, terms)
        .put(header + terms.len(), payload)
        .bytes
}

fn report_frame(id: f64, status: u32, run: f64, body: &[u8], note: &[u8]) -> Vec<u8> {
    let layout = Layout::of("REPORT");
    let header = layout.at("HEADER");
    Frame::new(&layout, header + body.len() + note.len())
        .word("STATUS", status)
        .number("ID", id)
        .number("RUN", run)
        .word("BODY", u32::try_from(body.len()).expect("small"))
        .word("NOTE", u32::try_from(note.len()).expect("small"))
        .put(header, body)
        .put(header + body.len(), note)
        .bytes
}

fn terms_bytes(inputs: u32) -> Vec<u8> {
    let layout = Layout::of("TERMS");
    let bits = ["ANNOUNCE", "UNCANCELLABLE", "RETRY", "ASK"].map(|bit| layout.bits(bit));
    let mut frame = Frame {
        bytes: vec![0; layout.at("SIZE")],
        layout: &layout,
    };
    for (key, value) in [
        ("TIMEOUT", 1.5),
        ("QUEUE_TIMEOUT", f64::INFINITY),
        ("GRACE", 0.0),
        ("DELAY", 20.0),
        ("BACKOFF", 2.5),
        ("MAX_DELAY", f64::INFINITY),
        ("JITTER", 0.25),
        ("CPU_TIME", 30.0),
        ("MEMORY", 1e6),
    ] {
        frame = frame.number(key, value);
    }
    frame
        .word("BITS", bits.iter().sum::<u32>() + inputs)
        .word("ATTEMPTS", 4)
        .bytes
}

/// Terms that are followed by inputs: results of these tasks, or 0 for what the owner gives.
fn terms_with_inputs(ids: &[f64]) -> Vec<u8> {
    let mut bytes = terms_bytes(Layout::of("TERMS").bits("INPUTS"));
    bytes.extend((ids.len() as u64).to_le_bytes());
    bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
    bytes
}
