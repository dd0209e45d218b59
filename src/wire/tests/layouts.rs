//! What one side writes the other one reads.

use std::sync::Arc;

use super::super::*;
use super::{Layout, report_frame, submit_frame, tasks_in, terms_with_inputs};
use crate::scheduler::claim::{CANCEL_WORD, CLAIM_WORD, FIRST_STAMP, MAX_BATCH, PUBLISHED_WORD};
use crate::scheduler::retry::Backoff;
use crate::scheduler::{Handed, Input, IsolateId, Payload, Priority, TaskId};

/// Reading a frame by the names of its parts.
fn word(layout: &Layout, frame: &[u8], key: &str) -> u32 {
    let at = layout.at(key);
    u32::from_le_bytes(frame[at..at + 4].try_into().expect("four bytes"))
}

fn number(layout: &Layout, frame: &[u8], key: &str) -> f64 {
    let at = layout.at(key);
    f64::from_le_bytes(frame[at..at + 8].try_into().expect("eight bytes"))
}

#[test]
fn tasks_are_read_as_javascript_writes_them() {
    let layout = Layout::of("SUBMIT");
    let flags = 3 | layout.bits("HAS_TERMS") | 0xa5 << 8;
    let mut bytes = submit_frame(
        9_007_199_254_740_991.0,
        flags,
        &terms_with_inputs(&[0.0, 40.0]),
        b"arguments",
    );
    bytes.extend(submit_frame(2.0, 1, &[], b""));
    let tasks = tasks_in(&bytes.into()).expect("they are right");
    let [first, second] = &tasks[..] else {
        panic!("two")
    };
    assert_eq!(
        (first.id, first.definition, first.name),
        (TaskId((1 << 53) - 1), 7, 8)
    );
    assert_eq!((first.priority, first.form), (Priority::Critical, 0xa5));
    assert_eq!(first.payload.as_slice(), b"arguments");
    let terms = first.terms.as_ref().expect("it has terms");
    assert_eq!(
        (terms.timeout, terms.queue_timeout, terms.grace),
        (Some(1_500_000), None, Some(0))
    );
    assert_eq!(
        (terms.cpu_time, terms.memory),
        (Some(30_000_000), Some(1_000_000))
    );
    assert!(terms.announce && terms.uncancellable);
    assert_eq!(terms.inputs, [Input::Owner, Input::Of(TaskId(40))]);
    let retry = terms.retry.expect("it is retried");
    assert_eq!(
        (retry.attempts, retry.delay, retry.max_delay),
        (4, 20_000_000, u64::MAX)
    );
    assert_eq!((retry.backoff, retry.ask), (Backoff::Factor(2.5), true));
    assert!((retry.jitter - 0.25).abs() < f64::EPSILON);
    assert_eq!((second.id, second.priority), (TaskId(2), Priority::Normal));
    assert!(second.terms.is_none() && second.payload.is_empty());
}

#[test]
fn reports_are_read_as_javascript_writes_them() {
    let mut bytes = report_frame(5.0, 0x0700, 2.5, b"value", b"");
    bytes.extend(report_frame(6.0, 1, f64::NAN, b"error", b"Error\0no"));
    bytes.extend(report_frame(7.0, 0x0001_0302, 0.0, b"part", b""));
    let (mut told, mut yields) = (Vec::new(), Vec::new());
    read_reports(&bytes, &mut told, &mut yields).expect("they are right");
    let [yielded] = &yields[..] else { panic!("one") };
    assert_eq!((yielded.id, yielded.form, yielded.stalled), (TaskId(7), 3, true));
    assert_eq!(&bytes[yielded.body.clone()], b"part");
    let (first, second) = (&told[0].report, &told[1].report);
    assert_eq!(
        (first.id, first.fulfilled, first.form, first.run),
        (TaskId(5), true, 7, 2_500_000)
    );
    assert_eq!(&bytes[first.body.clone()], b"value");
    assert_eq!((second.id, second.fulfilled, second.run), (TaskId(6), false, 0));
    assert_eq!(&bytes[second.body.clone()], b"error");
    assert_eq!(&bytes[told[1].note.clone()], b"Error\0no");
}

#[test]
fn batches_are_written_as_javascript_reads_them() {
    let layout = Layout::of("TASK");
    let batch: Vec<Handed> = [(1, &b"12345678"[..]), (2, b"9"), (3, b"")]
        .map(|(id, payload)| Handed {
            id: TaskId(id),
            definition: 11,
            attempt: 2,
            owner: IsolateId(12),
            name: 13,
            timed: id == 1,
            announced: id == 2,
            limited: id == 2,
            form: 0x30,
            inputs: if id == 3 {
                vec![b"one"[..].into(), b""[..].into()]
            } else {
                Vec::new()
            },
            payload: Payload::new(&payload.into(), 0..u32::try_from(payload.len()).expect("small")),
        })
        .into();
    let mut inbox = vec![0xff; batch_length(&batch)];
    write_batch(&batch, &mut inbox);
    let mut at = 0;
    for task in &batch {
        let frame = &inbox[at..];
        let flags = u32::from(task.timed) * layout.bits("TIMED")
            + u32::from(task.announced) * layout.bits("ANNOUNCED")
            + u32::from(task.limited) * layout.bits("LIMITED")
            + u32::from(!task.inputs.is_empty()) * layout.bits("INPUTS");
        assert_eq!(word(&layout, frame, "FLAGS"), flags | 0x3000);
        assert_eq!(
            number(&layout, frame, "ID").to_bits(),
            f64::from(u32::try_from(task.id.0).expect("small")).to_bits()
        );
        let words = ["DEFINITION", "ATTEMPT", "OWNER"].map(|key| word(&layout, frame, key));
        assert_eq!(words, [11, 2, 12]);
        let payload = layout.at("HEADER")..layout.at("HEADER") + word(&layout, frame, "PAYLOAD") as usize;
        let inputs: &[u8] = if task.id.0 == 3 {
            b"\x02\0\0\0\x03\0\0\0one\0\0\0\0"
        } else {
            b""
        };
        assert_eq!(frame[payload], [inputs, task.payload.as_slice()].concat());
        at += word(&layout, frame, "LENGTH") as usize;
    }
    assert_eq!(at, inbox.len());
}

#[test]
fn mail_is_written_as_javascript_reads_it() {
    let layout = Layout::of("MAIL");
    let mut mailbox = Vec::new();
    let mail = Mail {
        kind: Kind::FailedUndecided,
        form: 9,
        id: 77,
        queue: 1_500_000,
        run: 250_000,
        cpu: 0,
        attempt: 3,
        worker: 4,
        pool: 5,
        body: b"facts",
        extra: b"cause",
    };
    write_mail(&mail, &mut mailbox);
    write_mail(&Mail::default(), &mut mailbox);
    let kind = Layout::of("KIND").bits("FAILED_UNDECIDED");
    assert_eq!(word(&layout, &mailbox, "KIND"), kind | 9 << 8);
    let numbers = ["ID", "QUEUE", "RUN", "CPU"].map(|key| number(&layout, &mailbox, key).to_bits());
    assert_eq!(numbers, [77.0, 1.5, 0.25, 0.0].map(f64::to_bits));
    let words = ["ATTEMPT", "WORKER", "BODY", "POOL"].map(|key| word(&layout, &mailbox, key));
    assert_eq!(words, [3, 4, 5, 5]);
    let header = layout.at("HEADER");
    assert_eq!(&mailbox[header..header + 16], b"factscause\0\0\0\0\0\0");
    let next = word(&layout, &mailbox, "LENGTH") as usize;
    assert_eq!(word(&layout, &mailbox[next..], "WORKER"), u32::MAX);
    assert_eq!(
        word(&layout, &mailbox[next..], "LENGTH") as usize,
        mailbox.len() - next
    );
}

#[test]
fn the_kinds_of_mail_and_the_shared_words_have_the_same_numbers_on_both_sides() {
    let kinds = [
        ("FULFILLED", Kind::Fulfilled),
        ("REJECTED", Kind::Rejected),
        ("FAILED", Kind::Failed),
        ("REJECTED_UNDECIDED", Kind::RejectedUndecided),
        ("FAILED_UNDECIDED", Kind::FailedUndecided),
        ("BEGUN", Kind::Begun),
        ("START_WORKER", Kind::StartWorker),
        ("RETIRE_WORKER", Kind::RetireWorker),
        ("KILL_WORKER", Kind::KillWorker),
        ("DRAINED", Kind::Drained),
        ("NOTICE", Kind::Notice),
        ("PARCEL_WANTED", Kind::ParcelWanted),
        ("PROGRESS", Kind::Progress),
        ("INPUT_WANTED", Kind::InputWanted),
        ("YIELDED", Kind::Yielded),
        ("CREDIT", Kind::Credit),
        ("HUNG_UP", Kind::HungUp),
    ];
    let layout = Layout::of("KIND");
    assert_eq!(layout.0.len(), kinds.len());
    for (name, kind) in kinds {
        assert_eq!(layout.bits(name), kind as u32, "{name}");
    }
    let words = Layout::of("WORDS");
    let names = ["CLAIM", "CANCELLED", "PUBLISHED", "FIRST_STAMP", "MAX_BATCH"].map(|name| words.at(name));
    assert_eq!(
        names,
        [CLAIM_WORD, CANCEL_WORD, PUBLISHED_WORD, FIRST_STAMP, MAX_BATCH]
    );
}

#[test]
fn large_arguments_do_not_keep_their_neighbours() {
    let mut bytes = submit_frame(1.0, 0, &[], &[1; 5_000]);
    bytes.extend(submit_frame(2.0, 0, &[], &[2; 6_000]));
    let bytes: Arc<[u8]> = bytes.into();
    let tasks = tasks_in(&bytes).expect("they are right");
    assert_eq!(
        Arc::strong_count(&bytes),
        2,
        "only the second, which is most of them, shares them"
    );
    assert!(tasks[0].payload.as_slice().iter().all(|byte| *byte == 1));
    assert_eq!(tasks[0].payload.len(), 5_000);
}
