//! Which waiting task goes next. No locks and no clocks: time is part of what is asked.
//!
//! A queue per priority, each in order of arrival. Waiting raises a task: among the four heads the
//! one goes first whose arrival, put back by [`AGEING`] for each step of its priority, is earliest.
//! Equal priorities keep their order, and a low task waits at most three steps behind a steady
//! stream of critical ones. An entry whose task has left meanwhile is skipped when it comes up.

use std::collections::VecDeque;

use super::task::{MILLISECOND, Nanos, Priority, TaskId};

/// How much waiting makes up for one step of priority.
pub const AGEING: Nanos = 5_000 * MILLISECOND;

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: TaskId,
    arrived: Nanos,
    turn: u64,
}

/// The waiting tasks.
#[derive(Debug, Default)]
pub struct Queue {
    levels: [VecDeque<Entry>; Priority::COUNT],
    /// How many tasks have ever come.
    turns: u64,
}

/// So many entries are not worth a look at whose tasks still wait, and their room is kept.
const FEW: usize = 4096;

impl Queue {
    /// Puts a task at the end of its priority: its turn there.
    pub fn push(&mut self, id: TaskId, priority: Priority, arrived: Nanos) -> u64 {
        self.turns += 1;
        let turn = self.turns;
        self.levels[priority as usize].push_back(Entry { id, arrived, turn });
        turn
    }

    /// Puts a task back where it was: before those whose turn comes later.
    ///
    /// What is given back was at the head not long ago, so its place is near the head.
    pub fn give_back(&mut self, id: TaskId, priority: Priority, arrived: Nanos, turn: u64) {
        let level = &mut self.levels[priority as usize];
        let place = level
            .iter()
            .position(|entry| entry.turn > turn)
            .unwrap_or(level.len());
        level.insert(place, Entry { id, arrived, turn });
    }

    /// The task that goes next, left where it is. `alive` says whether an entry's task still waits.
    pub fn peek(&mut self, mut alive: impl FnMut(TaskId) -> bool) -> Option<(Priority, TaskId)> {
        let mut best: Option<(i128, usize, TaskId)> = None;
        for (rank, level) in self.levels.iter_mut().enumerate() {
            while level.front().is_some_and(|entry| !alive(entry.id)) {
                drop_front(level);
            }
            if let Some(entry) = level.front() {
                let due = i128::from(entry.arrived) - i128::from(AGEING) * rank as i128;
                if best.is_none_or(|(first, ..)| due <= first) {
                    best = Some((due, rank, entry.id));
                }
            }
        }
        best.map(|(_, rank, id)| (Priority::from_bits(u32::try_from(rank).unwrap_or(0)), id))
    }

    /// The task that goes next, where nothing is to be changed: entries of tasks that left are passed over.
    pub fn front(&self, alive: impl Fn(TaskId) -> bool) -> Option<TaskId> {
        let heads = self.levels.iter().enumerate().filter_map(|(rank, level)| {
            let entry = level.iter().find(|entry| alive(entry.id))?;
            let due = i128::from(entry.arrived) - i128::from(AGEING) * rank as i128;
            Some((due, std::cmp::Reverse(rank), entry.id))
        });
        heads.min().map(|(.., id)| id)
    }

    /// Takes the head of a priority away.
    pub fn pop(&mut self, priority: Priority) {
        drop_front(&mut self.levels[priority as usize]);
    }

    /// Drops the entries whose tasks have left, where they may be the greater part: `waiting` still wait.
    pub fn tidy(&mut self, waiting: usize, mut alive: impl FnMut(TaskId) -> bool) {
        if self.levels.iter().map(VecDeque::len).sum::<usize>() > FEW + 2 * waiting {
            for level in &mut self.levels {
                level.retain(|entry| alive(entry.id));
                level.shrink_to(FEW);
            }
        }
    }

    /// When the oldest of the waiting tasks arrived. `alive` says whether an entry's task still waits.
    #[must_use]
    pub fn oldest(&self, alive: impl Fn(TaskId) -> bool) -> Option<Nanos> {
        self.levels
            .iter()
            .filter_map(|level| level.iter().find(|entry| alive(entry.id)))
            .map(|entry| entry.arrived)
            .min()
    }

    /// For how many entries there is room.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.levels.iter().map(VecDeque::capacity).sum()
    }
}

fn drop_front(level: &mut VecDeque<Entry>) {
    level.pop_front();
    if level.is_empty() && level.capacity() > FEW {
        // A burst is over: give its memory back.
        *level = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| {
            let (priority, id) = queue.peek(|_| true)?;
            queue.pop(priority);
            Some(id.0)
        })
        .collect()
    }

    #[test]
    fn higher_priorities_go_first_and_equal_ones_in_order() {
        let mut queue = Queue::default();
        for (id, priority) in [
            (1, Priority::Low),
            (2, Priority::Normal),
            (3, Priority::Critical),
            (4, Priority::Normal),
        ] {
            queue.push(TaskId(id), priority, id);
        }
        assert_eq!(order(&mut queue), [3, 2, 4, 1]);
    }

    #[test]
    fn waiting_raises_a_task_above_later_ones_of_higher_priority() {
        let mut queue = Queue::default();
        queue.push(TaskId(1), Priority::Low, 0);
        queue.push(TaskId(2), Priority::Critical, 3 * AGEING + 1);
        queue.push(TaskId(3), Priority::Normal, 1);
        assert_eq!(order(&mut queue), [3, 1, 2]);
    }

    #[test]
    fn what_is_given_back_takes_its_old_place() {
        let mut queue = Queue::default();
        for id in [1, 2, 3, 4] {
            queue.push(TaskId(id), Priority::Normal, id);
        }
        queue.pop(Priority::Normal);
        queue.pop(Priority::Normal);
        queue.give_back(TaskId(2), Priority::Normal, 2, 2);
        assert_eq!(order(&mut queue), [2, 3, 4]);
    }

    #[test]
    fn entries_of_tasks_that_left_are_skipped() {
        let mut queue = Queue::default();
        queue.push(TaskId(1), Priority::Normal, 1);
        queue.push(TaskId(2), Priority::Normal, 2);
        assert_eq!(
            queue.peek(|id| id != TaskId(1)),
            Some((Priority::Normal, TaskId(2)))
        );
    }
}
