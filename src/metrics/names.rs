//! Task names as small numbers, so that a finished task is counted without touching a string.
//!
//! The table only grows, up to a limit; a program that makes up a name per task is counted under
//! `(other)` from there on, and costs no more memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::text::{OTHER, beginning};

/// Names with histograms of their own. One whose times span a factor of a thousand takes 4 KB per shard
/// that met it and 8 KB in the totals; from 1 ns to 584 years, 24 KB and 48 KB.
pub const MAX_NAMES: usize = 1000;
/// Names that agree in this many bytes are one.
const MAX_NAME_BYTES: usize = 256;

/// A task name of one `NameTable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameId(u32);

impl NameId {
    /// `(other)`: every name that came after the table was full.
    pub const OTHER: Self = Self(0);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// For those who carry a name through places that know numbers only.
impl From<NameId> for u32 {
    fn from(id: NameId) -> Self {
        id.0
    }
}

/// Any number is a name: one that no table can have given out is `(other)`, so that a wrong one cannot
/// make a shard reserve room for it.
impl From<u32> for NameId {
    fn from(number: u32) -> Self {
        if number as usize > MAX_NAMES {
            Self::OTHER
        } else {
            Self(number)
        }
    }
}

/// Interns task names. Reads share a lock; a caller with a task in its hand should keep the id.
pub struct NameTable {
    names: RwLock<Names>,
}

struct Names {
    ids: HashMap<Arc<str>, NameId>,
    /// By id.
    names: Vec<Arc<str>>,
}

impl Default for NameTable {
    fn default() -> Self {
        let other: Arc<str> = OTHER.into();
        let ids = HashMap::from([(Arc::clone(&other), NameId::OTHER)]);
        Self {
            names: RwLock::new(Names {
                ids,
                names: vec![other],
            }),
        }
    }
}

impl NameTable {
    pub fn intern(&self, name: &str) -> NameId {
        let name = beginning(name, MAX_NAME_BYTES);
        // The read lock ends with this statement: the write lock below would wait for it for ever.
        let known = self.read(|names| names.find(name));
        // A name that another thread adds between the two locks is found again under the second.
        known.unwrap_or_else(|| {
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            names.find(name).unwrap_or_else(|| names.add(name))
        })
    }

    pub fn name(&self, id: NameId) -> Arc<str> {
        self.read(|names| names.names.get(id.index()).cloned())
            .unwrap_or_else(|| OTHER.into())
    }

    /// All names, by id.
    pub(super) fn all(&self) -> Vec<Arc<str>> {
        self.read(|names| names.names.clone())
    }

    fn read<T>(&self, look: impl FnOnce(&Names) -> T) -> T {
        look(&self.names.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Names {
    /// The id of a known name, or of any name once there is no room for more.
    fn find(&self, name: &str) -> Option<NameId> {
        let known = self.ids.get(name).copied();
        known.or_else(|| (self.names.len() > MAX_NAMES).then_some(NameId::OTHER))
    }

    fn add(&mut self, name: &str) -> NameId {
        let id = NameId(u32::try_from(self.names.len()).expect("at most MAX_NAMES"));
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.ids.insert(name, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_one_id_per_name() {
        let table = NameTable::default();
        let (resize, parse) = (table.intern("resize"), table.intern("parse"));
        assert_ne!(resize, parse);
        assert_eq!(table.intern("resize"), resize);
        assert_eq!((&*table.name(resize), &*table.name(parse)), ("resize", "parse"));
        assert_eq!(table.intern("(other)"), NameId::OTHER);
    }

    #[test]
    fn names_past_the_limit_are_other_and_known_ones_stay() {
        let table = NameTable::default();
        let ids: Vec<_> = (0..MAX_NAMES).map(|n| table.intern(&n.to_string())).collect();
        assert!(!ids.contains(&NameId::OTHER));
        assert_eq!(table.intern("one too many"), NameId::OTHER);
        assert_eq!(table.intern("999"), ids[999]);
        assert_eq!(table.all().len(), MAX_NAMES + 1);
    }

    #[test]
    fn an_id_survives_as_a_number_and_a_made_up_one_is_other() {
        let table = NameTable::default();
        let id = table.intern("resize");
        assert_eq!(NameId::from(u32::from(id)), id);
        assert_eq!(NameId::from(u32::MAX), NameId::OTHER);
        assert_eq!(&*table.name(NameId::from(MAX_NAMES as u32)), "(other)");
    }

    #[test]
    fn keeps_the_beginning_of_a_long_name() {
        let table = NameTable::default();
        let id = table.intern(&"x".repeat(1 << 20));
        assert_eq!(table.name(id).len(), MAX_NAME_BYTES);
    }

    #[test]
    fn threads_that_meet_a_name_at_once_get_the_same_id() {
        let table = NameTable::default();
        let ids = std::thread::scope(|scope| {
            let intern = || (0..500).map(|n| table.intern(&n.to_string())).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(intern)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert!(ids.iter().all(|other| *other == ids[0]));
        assert_eq!(table.all().len(), 501);
    }
}
