//! The last minute, in slots of five seconds, so that health recovers when its cause is gone.
//!
//! A slot belongs to one stretch of time. When its turn comes round again it is emptied, and a slot
//! that nobody has used since is too old to be read. So the window covers the last 55 to 60 seconds,
//! and costs nothing while nothing happens.

use super::histogram::Histogram;
use super::nanos::Nanos;
use super::tally::Tally;

const SLOT_NANOS: u64 = 5_000_000_000;
const SLOTS: u64 = 12;

/// What happened in one slot, or, added up, in the window. Its counts are `u32`: no slot sees 2^32
/// tasks in five seconds, nor the window as many in a minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// Number of the five seconds it belongs to, since the origin of the clock.
    turn: u64,
    pub(super) tally: Tally,
    /// Workers that died without having been told to.
    pub(super) crashes: u64,
    /// From submission to outcome, of tasks that ran.
    pub(super) latency: Histogram<u32>,
}

#[derive(Default)]
pub(super) struct Window([Slot; SLOTS as usize]);

impl Window {
    /// Where `now` is recorded, emptied of what was there a minute ago. A clock that is late, because
    /// it was read before a lock was waited for, does not empty what others wrote since.
    pub(super) fn open(&mut self, now: Nanos) -> usize {
        let turn = now.0 / SLOT_NANOS;
        let index = (turn % SLOTS) as usize;
        if self.0[index].turn < turn {
            self.0[index].restart(turn);
        }
        index
    }

    /// A slot that `open` named.
    #[inline]
    pub(super) fn slot(&mut self, index: usize) -> &mut Slot {
        &mut self.0[index]
    }

    /// Takes over what `other` holds and empties it; what is older than our own slot is dropped.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&mut other.0) {
            if mine.turn < theirs.turn {
                mine.restart(theirs.turn);
            }
            if mine.turn == theirs.turn {
                mine.add(theirs);
            }
            theirs.restart(theirs.turn);
        }
    }

    /// The sum of the slots that are not too old.
    pub(super) fn recent(&self, now: Nanos) -> Slot {
        let turn = now.0 / SLOT_NANOS;
        let mut sum = Slot::default();
        self.0
            .iter()
            .filter(|slot| turn.saturating_sub(slot.turn) < SLOTS)
            .for_each(|slot| sum.add(slot));
        sum
    }
}

impl Slot {
    fn restart(&mut self, turn: u64) {
        self.turn = turn;
        self.tally = Tally::default();
        self.crashes = 0;
        self.latency.clear();
    }

    fn add(&mut self, other: &Self) {
        self.tally.add(other.tally);
        self.crashes += other.crashes;
        self.latency.add(&other.latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::OutcomeKind::Completed;

    fn at(secs: u64) -> Nanos {
        Nanos::from_secs(secs)
    }

    fn record(window: &mut Window, now: Nanos, latency: u64) {
        let index = window.open(now);
        window.slot(index).tally.count(Completed);
        window.slot(index).latency.record(Nanos(latency));
    }

    fn seen(window: &Window, now: Nanos) -> (u64, u64) {
        let recent = window.recent(now);
        (recent.tally.total(), recent.latency.summary().count)
    }

    #[test]
    fn forgets_what_is_older_than_a_minute() {
        let mut window = Window::default();
        record(&mut window, at(2), 10);
        record(&mut window, at(31), 20);
        assert_eq!(seen(&window, at(59)), (2, 2));
        assert_eq!(seen(&window, at(60)), (1, 1));
        assert_eq!(seen(&window, at(89)), (1, 1));
        assert_eq!(seen(&window, at(90)), (0, 0));
    }

    #[test]
    fn a_slot_starts_empty_when_its_turn_comes_round_again() {
        let mut window = Window::default();
        record(&mut window, at(2), 10);
        record(&mut window, at(62), 30);
        let recent = window.recent(at(63));
        assert_eq!(
            (recent.tally.total(), recent.latency.summary().max),
            (1, Nanos(30))
        );
    }

    #[test]
    fn a_late_clock_empties_nothing() {
        let mut window = Window::default();
        record(&mut window, at(62), 30);
        record(&mut window, at(2), 10);
        assert_eq!(seen(&window, at(63)), (2, 2));
    }

    #[test]
    fn absorbing_adds_the_same_time_and_drops_older_times() {
        let (mut all, mut one) = (Window::default(), Window::default());
        record(&mut all, at(62), 1);
        record(&mut one, at(2), 2);
        record(&mut one, at(20), 3);
        all.absorb(&mut one);
        record(&mut one, at(63), 4);
        all.absorb(&mut one);
        all.absorb(&mut one);
        assert_eq!(seen(&all, at(64)), (3, 3));
        assert_eq!(seen(&one, at(64)), (0, 0));
    }
}
