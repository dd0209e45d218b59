//! Carrying out what the scheduler has decided: messages to owners, wakes to workers, counts.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::attachments::{self, Way};
use super::pool::Pool;
use super::registry;
use crate::metrics::{NameId, Nanos as Span, OutcomeKind, Shard, Usage};
use crate::scheduler::{Effects, Failure, IsolateId, Nanos, Outcome, Settled, Stop};
use crate::wire::{self, Kind, Mail, Told, Yielded};

/// What settled tasks point into: the message of the worker that has reported them.
#[derive(Default)]
pub struct Post<'a> {
    pub told: &'a [Told],
    /// Values of tasks that go on, and who gets them.
    pub yields: &'a [(IsolateId, Yielded)],
    pub message: &'a [u8],
    /// Who has written it.
    pub worker: u32,
}

/// The messages for one isolate, gathered so that its mailbox is locked and it is woken once.
#[derive(Default)]
struct Bundle {
    to: Option<IsolateId>,
    bytes: Vec<u8>,
    finals: usize,
}

impl Bundle {
    fn add(&mut self, to: IsolateId, mail: &Mail<'_>) {
        if self.to != Some(to) {
            self.send();
            self.to = Some(to);
        }
        self.finals += usize::from(mail.kind.is_final());
        wire::write_mail(mail, &mut self.bytes);
    }

    fn send(&mut self) {
        // An isolate that has gone needs no mail.
        if let Some(isolate) = self.to.take().and_then(registry::isolate)
            && !self.bytes.is_empty()
        {
            isolate.post(&self.bytes, self.finals);
            isolate.wake();
        }
        self.bytes.clear();
        self.finals = 0;
    }
}

impl Post<'_> {
    pub fn deliver(&self, pool: &Arc<Pool>, fx: &Effects, now: Nanos, shard: &Shard) {
        let mut bundle = Bundle::default();
        for begun in &fx.begun {
            let mail = Mail {
                kind: Kind::Begun,
                id: begun.id.0,
                attempt: begun.attempt,
                worker: begun.worker.0,
                ..Mail::default()
            };
            bundle.add(begun.owner, &mail);
        }
        for (owner, yielded) in self.yields {
            self.pass_on(pool, *owner, yielded, &mut bundle);
        }
        for wanted in &fx.wanted {
            let mail = Mail {
                kind: Kind::InputWanted,
                id: wanted.id.0,
                attempt: wanted.index,
                pool: pool.id,
                ..Mail::default()
            };
            bundle.add(wanted.owner, &mail);
        }
        if !fx.settled.is_empty() {
            self.count(pool, &fx.settled, now, shard);
            for settled in &fx.settled {
                if settled.undecided.is_none() {
                    attachments::drop_all(settled.id, Way::There);
                }
                self.tell(settled, &mut bundle);
            }
        }
        self.tell_owner(pool, fx, &mut bundle);
        bundle.send();
        pool.metrics.rejected(fx.refused);
        pool.metrics.retried(fx.retried);
        pool.metrics.crashed(fx.crashed, Span(now));
    }

    fn pass_on(&self, pool: &Pool, owner: IsolateId, yielded: &Yielded, bundle: &mut Bundle) {
        let mail = Mail {
            kind: Kind::Yielded,
            form: yielded.form,
            id: yielded.id.0,
            attempt: u32::from(yielded.stalled),
            worker: self.worker,
            pool: pool.id,
            body: &self.message[yielded.body.clone()],
            ..Mail::default()
        };
        bundle.add(owner, &mail);
    }

    fn tell(&self, settled: &Settled, bundle: &mut Bundle) {
        if settled.silent {
            return;
        }
        let undecided = settled.undecided.is_some();
        let mail = Mail {
            id: settled.id.0,
            // An owner that is asked for its decision is told the wait proposed instead.
            queue: settled.undecided.unwrap_or(settled.times.queue),
            run: settled.times.run,
            cpu: settled.times.cpu,
            attempt: settled.attempts(),
            worker: settled.worker.map_or(u32::MAX, |worker| worker.0),
            ..Mail::default()
        };
        match &settled.outcome {
            Outcome::Fulfilled { form, body } => {
                let body = &self.message[body.clone()];
                bundle.add(
                    settled.owner,
                    &Mail {
                        kind: Kind::Fulfilled,
                        form: *form,
                        body,
                        ..mail
                    },
                );
            }
            Outcome::Rejected { form, body } => {
                let kind = if undecided {
                    Kind::RejectedUndecided
                } else {
                    Kind::Rejected
                };
                let body = &self.message[body.clone()];
                bundle.add(
                    settled.owner,
                    &Mail {
                        kind,
                        form: *form,
                        body,
                        ..mail
                    },
                );
            }
            Outcome::Failed(failure) => {
                let kind = if undecided {
                    Kind::FailedUndecided
                } else {
                    Kind::Failed
                };
                let body = describe(failure);
                let extra = failure.cause().unwrap_or(&[]);
                bundle.add(
                    settled.owner,
                    &Mail {
                        kind,
                        body: body.as_bytes(),
                        extra,
                        ..mail
                    },
                );
            }
        }
    }

    fn tell_owner(&self, pool: &Arc<Pool>, fx: &Effects, bundle: &mut Bundle) {
        let mail = Mail {
            pool: pool.id,
            ..Mail::default()
        };
        // Who is ended goes first, so that its processor is free for its successor.
        for (worker, stop) in &fx.stop {
            let kind = match stop {
                Stop::Retire => Kind::RetireWorker,
                Stop::Kill => Kind::KillWorker,
            };
            bundle.add(
                pool.owner,
                &Mail {
                    kind,
                    id: u64::from(worker.0),
                    ..mail
                },
            );
        }
        for worker in &fx.start {
            bundle.add(
                pool.owner,
                &Mail {
                    kind: Kind::StartWorker,
                    id: u64::from(worker.0),
                    ..mail
                },
            );
        }
        for (worker, heap) in &fx.confine {
            let heap = u32::try_from(heap.div_ceil(1 << 20)).unwrap_or(u32::MAX);
            bundle.add(
                pool.owner,
                &Mail {
                    kind: Kind::StartWorker,
                    id: u64::from(worker.0),
                    // In MiB; without a limit of its own it is 0.
                    attempt: heap,
                    ..mail
                },
            );
        }
        if let Some(waiting) = fx.crowded {
            let body = serde_json::json!({ "crowded": waiting }).to_string();
            bundle.add(
                pool.owner,
                &Mail {
                    body: body.as_bytes(),
                    ..mail
                },
            );
        }
        if fx.drained {
            bundle.add(
                pool.owner,
                &Mail {
                    kind: Kind::Drained,
                    ..mail
                },
            );
        }
    }

    fn count(&self, pool: &Pool, settled: &[Settled], now: Nanos, shard: &Shard) {
        let mut counts = shard.lock(Span(now));
        for settled in settled
            .iter()
            .filter(|settled| settled.attempt > 0 && settled.undecided.is_none())
        {
            let kind = kind_of(&settled.outcome);
            let name = NameId::from(settled.name);
            let times = settled.times;
            if settled.worker.is_some() {
                let usage = Usage {
                    queue: Span(times.queue),
                    run: Span(times.run),
                    cpu: Span(times.cpu),
                };
                counts.record(name, kind, usage);
            } else {
                counts.record_unstarted(name, kind, Span(times.queue));
            }
        }
        drop(counts);
        for settled in settled
            .iter()
            .filter(|settled| is_news(settled) && settled.undecided.is_none())
        {
            self.note_error(pool, settled);
        }
    }

    fn note_error(&self, pool: &Pool, settled: &Settled) {
        let task = || pool.metrics.names().name(NameId::from(settled.name));
        let at = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        match &settled.outcome {
            Outcome::Fulfilled { .. } | Outcome::Failed(Failure::Cancelled) => {}
            Outcome::Failed(failure) => {
                pool.metrics
                    .failed_with(failure.name(), &failure.to_string(), &task(), at());
            }
            Outcome::Rejected { body, .. } => {
                let place = self
                    .told
                    .partition_point(|told| told.report.body.start < body.start);
                let note = self
                    .told
                    .get(place)
                    .map_or(&[][..], |told| &self.message[told.note.clone()]);
                let text = String::from_utf8_lossy(note);
                let (name, message) = text.split_once('\0').unwrap_or((&text, ""));
                pool.metrics.failed_with(name, message, &task(), at());
            }
        }
    }
}

/// Whether an error is told of here first. An owner that has settled a task by itself has cancelled it, or
/// been asked about an error that was told of then; a failed dependency is neither.
fn is_news(settled: &Settled) -> bool {
    !settled.silent || matches!(settled.outcome, Outcome::Failed(Failure::Dependency))
}

fn kind_of(outcome: &Outcome) -> OutcomeKind {
    match outcome {
        Outcome::Fulfilled { .. } => OutcomeKind::Completed,
        Outcome::Failed(Failure::Cancelled) => OutcomeKind::Cancelled,
        Outcome::Failed(Failure::RunTimeout { .. } | Failure::QueueTimeout { .. }) => OutcomeKind::TimedOut,
        Outcome::Failed(_) | Outcome::Rejected { .. } => OutcomeKind::Failed,
    }
}

/// A failure as JSON, for `errors.fromNative`.
pub fn describe(failure: &Failure) -> String {
    let mut facts = failure.facts();
    facts["code"] = failure.code().into();
    facts["message"] = failure.to_string().into();
    facts.to_string()
}
