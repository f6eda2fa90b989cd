//! What is in the folder and in which order it goes: the one unused for longest first, and what is too old at once.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// A file takes whole blocks: a folder full of tiny pictures would take several times what is in them.
const BLOCK_BYTES: u64 = 4 << 10;

/// A kept picture's name: the SHA-256 of its address. An address is never a file's name.
pub(super) type Name = [u8; 32];

/// The files there are.
#[derive(Debug, Default)]
pub(super) struct Index {
    files: HashMap<Name, File>,
    by_use: BTreeMap<u64, Name>,
    uses: u64,
    bytes: u64,
}

#[derive(Debug)]
struct File {
    /// On the disk.
    bytes: u64,
    confirmed: SystemTime,
    used: u64,
}

pub(super) fn name_of(url: &str) -> Name {
    Sha256::digest(url).into()
}

/// 64 hexadecimal digits.
pub(super) fn file_name(name: &Name) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name that a file has, if it is one of ours.
pub(super) fn parse_file_name(text: &str) -> Option<Name> {
    let mut name = Name::default();
    for (place, byte) in name.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    (file_name(&name) == text).then_some(name)
}

impl Index {
    /// Notes a file as used last; one of the same name is replaced.
    pub(super) fn insert(&mut self, name: Name, bytes: u64, confirmed: SystemTime) {
        let bytes = bytes.next_multiple_of(BLOCK_BYTES);
        self.remove(&name);
        self.uses += 1;
        self.bytes += bytes;
        self.by_use.insert(self.uses, name);
        self.files.insert(name, File { bytes, confirmed, used: self.uses });
    }

    /// Notes a file as used last; tells whether there is one.
    pub(super) fn touch(&mut self, name: &Name) -> bool {
        let Some(file) = self.files.get_mut(name) else { return false };
        self.by_use.remove(&file.used);
        self.uses += 1;
        file.used = self.uses;
        self.by_use.insert(self.uses, *name);
        true
    }

    /// Forgets a file.
    pub(super) fn remove(&mut self, name: &Name) {
        if let Some(file) = self.files.remove(name) {
            self.by_use.remove(&file.used);
            self.bytes -= file.bytes;
        }
    }

    /// Forgets what is as old as `max_age`, and what was unused for longest until at most `max_bytes` are left; gives the
    /// names of all that.
    pub(super) fn sweep(&mut self, max_bytes: u64, max_age: Duration, now: SystemTime) -> Vec<Name> {
        let is_old = |file: &File| now.duration_since(file.confirmed).is_ok_and(|age| age >= max_age);
        let old = self.files.iter().filter(|(_, file)| is_old(file)).map(|(name, _)| *name);
        let mut swept: Vec<_> = old.collect();
        swept.iter().for_each(|name| self.remove(name));
        while self.bytes > max_bytes
            && let Some((_, &name)) = self.by_use.first_key_value()
        {
            self.remove(&name);
            swept.push(name);
        }
        swept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY
    }

    #[test]
    fn what_was_unused_for_longest_goes_first() {
        let mut index = Index::default();
        for name in 0..4 {
            index.insert([name; 32], 10, start());
        }
        let sweep = |index: &mut Index, blocks: u64| index.sweep(blocks * BLOCK_BYTES, DAY, start());
        assert!(index.touch(&[0; 32]));
        assert_eq!(sweep(&mut index, 4), [] as [Name; 0]);
        assert_eq!(sweep(&mut index, 2), [[1; 32], [2; 32]]);
        index.insert([3; 32], BLOCK_BYTES + 1, start());
        assert_eq!(sweep(&mut index, 3), [] as [Name; 0], "it was replaced, not added");
        assert_eq!(sweep(&mut index, 2), [[0; 32]]);
        assert_eq!(sweep(&mut index, 0), [[3; 32]]);
        assert!(!index.touch(&[3; 32]));
    }

    #[test]
    fn what_is_too_old_goes_whatever_room_there_is() {
        let mut index = Index::default();
        index.insert([1; 32], 10, start());
        index.insert([2; 32], 10, start() + DAY / 2);
        let room = 9 * BLOCK_BYTES;
        assert_eq!(index.sweep(room, DAY, start() + DAY), [[1; 32]]);
        assert_eq!(
            index.sweep(room, DAY, start()),
            [] as [Name; 0],
            "a clock that was set back ages nothing"
        );
    }

    #[test]
    fn a_file_of_ours_is_known_by_its_name() {
        let name = name_of("http://a.example/");
        assert_eq!(parse_file_name(&file_name(&name)), Some(name));
        for text in ["", "notes.txt", &"0".repeat(63), &"0".repeat(65), &"A".repeat(64), &"+1".repeat(32)] {
            assert_eq!(parse_file_name(text), None, "{text}");
        }
    }
}
