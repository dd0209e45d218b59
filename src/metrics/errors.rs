//! Which errors there were: how often by name, and the last few in full.
//!
//! Written once per failed task, under a lock of its own: an error has cost its worker microseconds
//! (a stack, its encoding) before it gets here. Nothing is allocated once names and ring are full.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;

use super::text::{OTHER, beginning, keep};

/// Names counted one by one; the rest is `(other)`.
const MAX_NAMES: usize = 100;
/// Errors kept in full.
const MAX_RECENT: usize = 20;
const MAX_NAME_BYTES: usize = 64;
const MAX_TASK_NAME_BYTES: usize = 256;
const MAX_MESSAGE_BYTES: usize = 512;

/// An error as `getHealth()` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentError {
    pub name: String,
    /// Its beginning, with an ellipsis where it was cut.
    pub message: String,
    pub task_name: String,
    /// Milliseconds since 1970.
    pub at: u64,
}

#[derive(Default)]
pub(super) struct ErrorLog {
    by_name: HashMap<Box<str>, u64>,
    other: u64,
    /// Oldest first.
    recent: VecDeque<RecentError>,
}

impl ErrorLog {
    pub(super) fn add(&mut self, name: &str, message: &str, task: &str, at: u64) {
        self.count(beginning(name, MAX_NAME_BYTES));
        // The oldest one makes room, and its strings are written over.
        let is_full = self.recent.len() == MAX_RECENT;
        let oldest = if is_full { self.recent.pop_front() } else { None };
        let mut error = oldest.unwrap_or_default();
        keep(&mut error.name, name, MAX_NAME_BYTES);
        keep(&mut error.message, message, MAX_MESSAGE_BYTES);
        keep(&mut error.task_name, task, MAX_TASK_NAME_BYTES);
        error.at = at;
        self.recent.push_back(error);
    }

    fn count(&mut self, name: &str) {
        if let Some(count) = self.by_name.get_mut(name) {
            *count += 1;
        } else if self.by_name.len() < MAX_NAMES {
            self.by_name.insert(name.into(), 1);
        } else {
            self.other += 1;
        }
    }

    pub(super) fn by_name(&self) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<_, _> = self
            .by_name
            .iter()
            .map(|(name, &count)| (String::from(&**name), count))
            .collect();
        if self.other > 0 {
            // Added, not set: an error may call itself "(other)".
            *counts.entry(OTHER.into()).or_default() += self.other;
        }
        counts
    }

    /// The last errors, newest first.
    pub(super) fn recent(&self) -> Vec<RecentError> {
        self.recent.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_name_and_keeps_the_newest_first() {
        let mut log = ErrorLog::default();
        log.add("TypeError", "x is not a function", "parse", 1);
        log.add("TypeError", "y is not a function", "parse", 2);
        log.add("TimeoutError", "too long", "resize", 3);
        assert_eq!(
            log.by_name(),
            BTreeMap::from([("TimeoutError".into(), 1), ("TypeError".into(), 2)])
        );
        let messages: Vec<_> = log.recent().into_iter().map(|error| error.message).collect();
        assert_eq!(
            messages,
            ["too long", "y is not a function", "x is not a function"]
        );
    }

    #[test]
    fn names_past_the_limit_are_other_and_known_ones_go_on() {
        let mut log = ErrorLog::default();
        for n in 0..MAX_NAMES + 5 {
            log.add(&format!("E{n}"), "", "", 0);
        }
        log.add("E0", "", "", 0);
        let counts = log.by_name();
        assert_eq!(
            (counts.len(), counts["(other)"], counts["E0"]),
            (MAX_NAMES + 1, 5, 2)
        );
        assert_eq!(counts.values().sum::<u64>(), MAX_NAMES as u64 + 6);
    }

    #[test]
    fn an_error_named_other_is_counted_with_the_others() {
        let mut log = ErrorLog::default();
        log.add("(other)", "", "", 0);
        (0..MAX_NAMES).for_each(|n| log.add(&format!("E{n}"), "", "", 0));
        assert_eq!(log.by_name()["(other)"], 2);
    }

    #[test]
    fn keeps_a_few_errors_and_the_beginning_of_their_texts() {
        let mut log = ErrorLog::default();
        let long = "ü".repeat(100_000);
        (0..100).for_each(|at| log.add(&long, &long, &long, at));
        let recent = log.recent();
        assert_eq!(
            recent.iter().map(|error| error.at).collect::<Vec<_>>(),
            (80..100).rev().collect::<Vec<_>>()
        );
        let RecentError {
            name,
            message,
            task_name,
            ..
        } = &recent[0];
        assert_eq!(
            (
                name.chars().count(),
                message.chars().count(),
                task_name.chars().count()
            ),
            (33, 257, 129)
        );
        assert!(message.ends_with("ü…"));
        assert_eq!(
            log.by_name()
                .into_keys()
                .map(|name| name.len())
                .collect::<Vec<_>>(),
            [MAX_NAME_BYTES]
        );
    }
}
