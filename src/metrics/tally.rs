//! How tasks ended, counted.

/// The ways in which a task can end, as the contract counts them. Each task is counted once, as
/// what its handle settled with; attempts that were retried are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    Completed,
    /// Every error but the two below: thrown by the task, or the end of its worker or its limits.
    Failed,
    Cancelled,
    /// Ran or waited for longer than it was allowed to.
    TimedOut,
}

/// One count per `OutcomeKind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally([u64; 4]);

impl Tally {
    #[inline]
    pub(super) fn count(&mut self, kind: OutcomeKind) {
        self.0[kind as usize] += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    pub(super) fn of(self, kind: OutcomeKind) -> u64 {
        self.0[kind as usize]
    }

    pub(super) fn total(self) -> u64 {
        self.0.iter().sum()
    }

    /// Tasks that ended in an error nobody asked for.
    pub(super) fn errors(self) -> u64 {
        self.of(OutcomeKind::Failed) + self.of(OutcomeKind::TimedOut)
    }

    /// Tasks that say something about the program: a cancelled one is neither success nor error.
    pub(super) fn judged(self) -> u64 {
        self.of(OutcomeKind::Completed) + self.errors()
    }
}
