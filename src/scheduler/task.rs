//! What a task is, who is concerned with it, and how an attempt at it can end.

use std::ops::Range;
use std::sync::Arc;

use super::error::Failure;
use super::payload::Payload;
use super::retry::RetryPolicy;

/// A point in time, in nanoseconds since an epoch that the caller chooses. Only differences matter.
pub type Nanos = u64;

/// One millisecond in [`Nanos`].
pub const MILLISECOND: Nanos = 1_000_000;

/// Names a task for as long as the process lives. Given out by the submitting isolate, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// Names an isolate: a JavaScript environment that has loaded the addon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IsolateId(pub u32);

/// Names a worker for as long as the process lives, so that nothing late can hit its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// Names what a task calls: a function's code and whatever it always takes along.
pub type DefinitionId = u32;

/// Names the string that a task is called by in metrics.
pub type NameId = u32;

/// How urgent a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Priority {
    Low = 0,
    #[default]
    Normal = 1,
    High = 2,
    Critical = 3,
}

impl Priority {
    /// How many priorities there are.
    pub const COUNT: usize = 4;

    /// The priority that two bits of a frame stand for.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            0 => Self::Low,
            1 => Self::Normal,
            2 => Self::High,
            _ => Self::Critical,
        }
    }
}

/// What only some tasks have, kept apart so that the others stay small.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Run time allowed, counted from the start of the attempt.
    pub timeout: Option<Nanos>,
    /// Waiting time allowed, counted from the submission.
    pub queue_timeout: Option<Nanos>,
    /// How long a cancelled or late task may go on before its worker is replaced.
    pub grace: Option<Nanos>,
    /// CPU time that the worker's thread may use while an attempt runs.
    pub cpu_time: Option<Nanos>,
    /// The largest heap, in bytes, of the worker that it runs on: one of its own.
    pub memory: Option<u64>,
    /// How often, and after what waits, a failed task is tried again.
    pub retry: Option<RetryPolicy>,
    /// The owner wants to hear of the start of each attempt.
    pub announce: bool,
    /// The task refuses to be cancelled.
    pub uncancellable: bool,
    /// Its owner has a signal that cancels it.
    pub revocable: bool,
    /// What the attempt before the present one took.
    pub before: Option<Times>,
    /// What the task waits for before it can begin: it comes ahead of its arguments.
    pub inputs: Vec<Input>,
}

/// Something that a task needs from elsewhere before it can begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The result of a task that has not been settled.
    Of(TaskId),
    /// The owner gives it.
    Owner,
    /// It is there, as bytes that only the isolates understand.
    Here(Arc<[u8]>),
}

/// A task as it is submitted.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub id: TaskId,
    pub definition: DefinitionId,
    pub name: NameId,
    pub priority: Priority,
    /// What the payload is made of: bits that only the isolates understand.
    pub form: u8,
    pub payload: Payload,
    pub terms: Option<Box<Terms>>,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Some of its inputs are not there yet.
    Waiting,
    /// In the queue.
    Queued,
    /// Between two attempts, until a time.
    Resting,
    /// Between two attempts, until its owner has decided whether there is a next one.
    Undecided,
    /// In a worker's inbox (begun or not: the claim word tells), as part of its batch number `batch`.
    Handed { worker: WorkerId, batch: u32 },
}

/// A task that has been taken in and has not been settled.
#[derive(Debug)]
pub struct Task {
    pub id: TaskId,
    pub owner: IsolateId,
    pub definition: DefinitionId,
    pub name: NameId,
    pub priority: Priority,
    /// Which attempt this is or will be, from 1.
    pub attempt: u32,
    pub stage: Stage,
    pub submitted: Nanos,
    /// When the present attempt entered the queue; while it rests, when it may.
    pub enqueued: Nanos,
    /// Its place among the waiting ones of its priority.
    pub turn: u64,
    /// An attempt that was given up still runs; the next one begins after its end.
    pub lingers: bool,
    /// A worker of the pool has submitted it.
    pub nested: bool,
    /// When it was handed to a worker; the start, as far as it is not known better.
    pub handed: Nanos,
    /// What the worker's thread had used by then, where the task's CPU time is limited; until that is known, `MAX`.
    pub cpu_before: Nanos,
    pub form: u8,
    pub payload: Payload,
    pub terms: Option<Box<Terms>>,
}

// Beyond this a task is no longer moved by a handful of registers: submitting took a fifth more instructions.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Task>() <= 120);

impl Task {
    /// A task that `owner` has just submitted.
    #[must_use]
    pub fn submitted_by(owner: IsolateId, new: NewTask, now: Nanos) -> Self {
        Self {
            id: new.id,
            owner,
            definition: new.definition,
            name: new.name,
            priority: new.priority,
            attempt: 1,
            stage: Stage::Queued,
            submitted: now,
            enqueued: now,
            turn: 0,
            lingers: false,
            nested: false,
            handed: 0,
            cpu_before: Nanos::MAX,
            form: new.form,
            payload: new.payload,
            terms: new.terms,
        }
    }

    /// The run time allowed, if any.
    #[must_use]
    pub fn timeout(&self) -> Option<Nanos> {
        self.terms.as_ref().and_then(|terms| terms.timeout)
    }

    /// The CPU time allowed, if any.
    #[must_use]
    pub fn cpu_limit(&self) -> Option<Nanos> {
        self.terms.as_ref().and_then(|terms| terms.cpu_time)
    }

    /// The heap allowed, if any: such a task gets a worker of its own.
    #[must_use]
    pub fn heap_limit(&self) -> Option<u64> {
        self.terms.as_ref().and_then(|terms| terms.memory)
    }

    /// Whether nothing else is to be begun beside it.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.cpu_limit().is_some() || self.heap_limit().is_some()
    }

    /// What it has taken, where it has not begun at this time: what its last attempt took, if there was one.
    #[must_use]
    pub fn times_unbegun(&self, now: Nanos) -> Times {
        let before = self.terms.as_ref().and_then(|terms| terms.before);
        before.unwrap_or(Times {
            queue: now.saturating_sub(self.submitted),
            ..Times::default()
        })
    }

    /// Whether it may have to be ended, with whatever else has begun on its worker.
    #[must_use]
    pub fn is_risky(&self) -> bool {
        let revocable = |terms: &Terms| terms.timeout.is_some() || terms.revocable;
        self.is_limited() || self.terms.as_deref().is_some_and(revocable)
    }

    /// Whether it is not to begin where its own parent waits.
    #[must_use]
    pub fn is_sheltered(&self) -> bool {
        self.nested && self.is_risky()
    }

    /// Whether it is in the inbox of this worker, begun or not.
    #[must_use]
    pub fn is_with(&self, worker: WorkerId) -> bool {
        matches!(self.stage, Stage::Handed { worker: holder, .. } if holder == worker)
    }

    /// What it needs from elsewhere.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        self.terms.as_ref().map_or(&[], |terms| &terms.inputs)
    }

    /// Those of them that are there: all, once it is queued.
    #[must_use]
    pub fn inputs_here(&self) -> Vec<Arc<[u8]>> {
        let here = |input: &Input| match input {
            Input::Here(bytes) => Some(Arc::clone(bytes)),
            Input::Of(_) | Input::Owner => None,
        };
        self.inputs().iter().filter_map(here).collect()
    }

    /// How many bytes wait with it: its arguments, and the inputs that are there.
    #[must_use]
    pub fn size(&self) -> usize {
        let inputs = self.inputs().iter().map(|input| match input {
            Input::Here(bytes) => bytes.len(),
            Input::Of(_) | Input::Owner => 0,
        });
        usize::try_from(self.payload.weight())
            .unwrap_or(usize::MAX)
            .saturating_add(inputs.sum::<usize>())
    }

    /// Whether the worker must stamp the start of the task, because somebody will ask for it.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.timeout().is_some()
    }

    /// Whether the owner wants to hear of its start.
    #[must_use]
    pub fn is_announced(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| terms.announce)
    }
}

/// How long the parts of a task's life took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// From submission to the start of the last attempt.
    pub queue: Nanos,
    /// The run time of the last attempt.
    pub run: Nanos,
    /// The CPU time of the last attempt.
    pub cpu: Nanos,
}

/// What a worker says of an attempt that it has finished.
#[derive(Clone, Debug)]
pub struct Report {
    pub id: TaskId,
    /// It returned; otherwise it threw.
    pub fulfilled: bool,
    pub run: Nanos,
    pub cpu: Nanos,
    /// What the body is made of: bits that only the isolates understand.
    pub form: u8,
    /// Where in the worker's message the value is.
    pub body: Range<usize>,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It returned; the value is this part of the worker's message.
    Fulfilled { form: u8, body: Range<usize> },
    /// It threw; the error is this part of the worker's message.
    Rejected { form: u8, body: Range<usize> },
    /// It ended for a reason that is not its own.
    Failed(Failure),
}

/// A task that is done with, and what its owner is told.
#[derive(Clone, Debug)]
pub struct Settled {
    pub owner: IsolateId,
    pub id: TaskId,
    pub name: NameId,
    /// Which attempt this was, or would have been; 0 where the task was refused.
    pub attempt: u32,
    /// Whether that attempt had begun.
    pub began: bool,
    pub worker: Option<WorkerId>,
    pub times: Times,
    pub outcome: Outcome,
    /// Set where the attempt failed, another is possible, and the owner decides: the wait proposed.
    pub undecided: Option<Nanos>,
    /// The owner knows already (it cancelled); this is for the metrics only.
    pub silent: bool,
}

impl Settled {
    /// How many attempts have begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempt.saturating_sub(u32::from(!self.began))
    }
}
