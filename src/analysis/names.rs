//! Free names and how they are used.

/// How a free name is used, as bits, so that several uses add up.
pub mod usage {
    /// Its value is taken, in any way that is not one of the others.
    pub const VALUE: u32 = 1;
    /// It is assigned to.
    pub const WRITE: u32 = 2;
    /// `typeof name`
    pub const TYPEOF: u32 = 4;
    /// `name(...)`
    pub const CALL: u32 = 8;
    /// `name.member`
    pub const MEMBER: u32 = 16;
}

/// One free name.
#[derive(Debug, Default)]
pub struct Name {
    pub name: String,
    pub usage: u32,
    /// The members in use, two levels deep (`module.exports` + `.x` is `exports.x`), where `usage` has `MEMBER`.
    pub members: Vec<String>,
}

/// The free names in order of appearance.
#[derive(Debug, Default)]
pub struct Names {
    list: Vec<Name>,
}

impl Names {
    pub fn add(&mut self, name: &str, usage: u32, member: Option<String>) {
        let entry = match self.list.iter_mut().find(|known| known.name == name) {
            Some(known) => known,
            None => {
                self.list.push(Name {
                    name: name.to_owned(),
                    ..Name::default()
                });
                self.list
                    .last_mut()
                    .expect("an entry was pushed on the line above")
            }
        };
        entry.usage |= usage;
        if let Some(member) = member
            && !entry.members.contains(&member)
        {
            entry.members.push(member);
        }
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Name> {
        self.list.iter()
    }
}

/// One place in the text where a name that may become a cell is mentioned.
#[derive(Debug)]
pub struct Mention {
    pub name: String,
    pub start: u32,
    pub end: u32,
    pub kind: MentionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionKind {
    /// Replaced as it stands.
    Plain,
    /// `{ name }`: needs the key besides.
    Shorthand,
    /// `name()` or a tag: must not become a method call.
    Callee,
}
