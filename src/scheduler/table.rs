//! The tasks that have not been settled, by id.
//!
//! Ids come nearly in order and leave nearly in order, so they are kept in pages of neighbours: a
//! page is found by one hash of the id's upper part, and the page last used is tried first. A task
//! that stays for hours keeps one small page, not everything that came after it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::task::{Task, TaskId};

/// Tasks to a page: small enough that a straggler costs little, large enough that hashing is rare.
const PAGE: usize = 64;

/// A multiplicative hash for page numbers, which nobody chooses to do harm.
#[derive(Default)]
pub struct PageHasher(u64);

impl Hasher for PageHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        // 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming 3, section 6.4.
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// A map keyed by small integers.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<PageHasher>>;

#[derive(Debug)]
struct Page {
    number: u64,
    used: usize,
    slots: [Option<Task>; PAGE],
}

/// The tasks by id.
#[derive(Debug, Default)]
pub struct Table {
    /// From page number to its place in `pages`.
    places: IdMap<u64, u32>,
    pages: Vec<Page>,
    /// Emptied pages, to be used again; at most a few are kept.
    last: Option<(u64, u32)>,
    len: usize,
    spare: Vec<u32>,
}

fn split(id: TaskId) -> (u64, usize) {
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below PAGE")]
    let slot = (id.0 % PAGE as u64) as usize;
    (id.0 / PAGE as u64, slot)
}

impl Table {
    fn find(&mut self, number: u64) -> Option<u32> {
        match self.last {
            Some((last, place)) if last == number => Some(place),
            _ => {
                let place = *self.places.get(&number)?;
                self.last = Some((number, place));
                Some(place)
            }
        }
    }

    fn page_for(&mut self, number: u64) -> u32 {
        if let Some(place) = self.find(number) {
            return place;
        }
        let place = if let Some(place) = self.spare.pop() {
            self.pages[place as usize].number = number;
            place
        } else {
            self.pages.push(Page {
                number,
                used: 0,
                slots: [const { None }; PAGE],
            });
            u32::try_from(self.pages.len() - 1).expect("fewer than 2^32 pages fit into memory")
        };
        self.places.insert(number, place);
        self.last = Some((number, place));
        place
    }

    /// Takes a task in. An id that is there already is refused: the task comes back.
    pub fn insert(&mut self, task: Task) -> Result<(), Task> {
        let (number, slot) = split(task.id);
        let place = self.page_for(number);
        let page = &mut self.pages[place as usize];
        if page.slots[slot].is_some() {
            return Err(task);
        }
        page.slots[slot] = Some(task);
        page.used += 1;
        self.len += 1;
        Ok(())
    }

    /// The task of this id.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        let (number, slot) = split(id);
        let place = self.find(number)?;
        self.pages[place as usize].slots[slot].as_mut()
    }

    /// Takes a task out.
    pub fn remove(&mut self, id: TaskId) -> Option<Task> {
        let (number, slot) = split(id);
        let place = self.find(number)?;
        let page = &mut self.pages[place as usize];
        let task = page.slots[slot].take()?;
        page.used -= 1;
        self.len -= 1;
        if page.used == 0 {
            self.free(place);
        }
        Some(task)
    }

    fn free(&mut self, place: u32) {
        let number = self.pages[place as usize].number;
        self.places.remove(&number);
        self.last = None;
        self.spare.push(place);
        if self.len == 0 && self.pages.len() > 16 {
            // A burst is over: give its memory back.
            *self = Self::default();
        }
    }

    /// How many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ids of the tasks for which `wanted` holds, in order.
    #[must_use]
    pub fn ids(&self, wanted: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let mut ids: Vec<TaskId> = self
            .pages
            .iter()
            .flat_map(|page| page.slots.iter().flatten())
            .filter(|task| wanted(task))
            .map(|task| task.id)
            .collect();
        ids.sort_unstable();
        ids
    }
}
