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

/// Emptied pages that are kept, so that steady work allocates none.
const KEPT: usize = 16;

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
    used: usize,
    slots: [Option<Task>; PAGE],
}

/// The tasks by id.
#[derive(Debug, Default)]
pub struct Table {
    /// From page number to its place in `pages`.
    places: IdMap<u64, u32>,
    /// The pages; `None` where one has been emptied.
    pages: Vec<Option<Box<Page>>>,
    /// The places that are `None`.
    free: Vec<u32>,
    /// Emptied pages, to be used again.
    kept: Vec<Box<Page>>,
    /// The page used last: its number and place.
    last: Option<(u64, u32)>,
    len: usize,
}

fn split(id: TaskId) -> (u64, usize) {
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below PAGE")]
    let slot = (id.0 % PAGE as u64) as usize;
    (id.0 / PAGE as u64, slot)
}

impl Table {
    /// Where a page is, if it is there.
    fn place(&mut self, number: u64) -> Option<usize> {
        let place = match self.last {
            Some((last, place)) if last == number => place,
            _ => *self.places.get(&number)?,
        };
        self.last = Some((number, place));
        Some(place as usize)
    }

    fn find(&mut self, number: u64) -> Option<&mut Page> {
        let place = self.place(number)?;
        self.pages[place].as_deref_mut()
    }

    fn add_page(&mut self, number: u64) -> usize {
        let page = self.kept.pop().unwrap_or_else(|| {
            Box::new(Page {
                used: 0,
                slots: [const { None }; PAGE],
            })
        });
        let place = self.free.pop().unwrap_or_else(|| {
            self.pages.push(None);
            u32::try_from(self.pages.len() - 1).expect("fewer than 2^32 pages fit into memory")
        });
        self.pages[place as usize] = Some(page);
        self.places.insert(number, place);
        place as usize
    }

    /// Takes a task in: where it is now. An id that is there already is refused: the task comes back.
    pub fn insert(&mut self, task: Task) -> Result<&mut Task, Box<Task>> {
        let (number, slot) = split(task.id);
        let place = match self.place(number) {
            Some(place) => place,
            None => self.add_page(number),
        };
        let page = self.pages[place]
            .as_mut()
            .expect("a place that is named is taken");
        if page.slots[slot].is_some() {
            return Err(Box::new(task));
        }
        page.used += 1;
        self.len += 1;
        Ok(page.slots[slot].insert(task))
    }

    /// The task of this id.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        let (number, slot) = split(id);
        self.find(number)?.slots[slot].as_mut()
    }

    /// The same, to be looked at.
    #[must_use]
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        let (number, slot) = split(id);
        let place = *self.places.get(&number)?;
        self.pages.get(place as usize)?.as_ref()?.slots[slot].as_ref()
    }

    /// Takes a task out.
    pub fn remove(&mut self, id: TaskId) -> Option<Task> {
        let (number, slot) = split(id);
        let page = self.find(number)?;
        let task = page.slots[slot].take()?;
        page.used -= 1;
        let emptied = page.used == 0;
        self.len -= 1;
        if emptied {
            self.free(number);
        }
        Some(task)
    }

    fn free(&mut self, number: u64) {
        self.last = None;
        let Some(place) = self.places.remove(&number) else {
            return;
        };
        self.free.push(place);
        if let Some(page) = self.pages[place as usize].take()
            && self.kept.len() < KEPT
        {
            self.kept.push(page);
        }
        if self.len == 0 && self.pages.len() > KEPT {
            // A burst is over: give back what was needed to find its pages, too.
            *self = Self::default();
        }
    }

    /// The bytes of all pages that are held, used or not.
    #[cfg(test)]
    pub fn footprint(&self) -> usize {
        (self.pages.iter().flatten().count() + self.kept.len()) * size_of::<Page>()
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
            .flatten()
            .flat_map(|page| page.slots.iter().flatten())
            .filter(|task| wanted(task))
            .map(|task| task.id)
            .collect();
        ids.sort_unstable();
        ids
    }
}
