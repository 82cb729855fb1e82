//! Tables that are read for every container of every review.
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Values by name or number.
///
/// What is in a table stands in our own files, or in an administrator's: nobody who sends objects can put names into one that collide,
/// which is what the hash of the standard library guards against, at three times the price.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;

/// Eight bytes at a time: rotate, mix in, multiply.
#[derive(Debug, Default)]
pub(super) struct NameHasher(u64);

/// An odd number whose bits are as good as random: the golden ratio's.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl NameHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MIX);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        self.add(rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
    }

    fn write_u8(&mut self, n: u8) {
        self.add(n.into());
    }

    fn write_i64(&mut self, n: i64) {
        self.add(u64::from_le_bytes(n.to_le_bytes()));
    }

    fn finish(&self) -> u64 {
        // A table looks at the highest bits and at the lowest; multiplying leaves the lowest poor.
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, hash::BuildHasher as _};

    use super::*;

    #[test]
    fn names_that_are_alike_have_hashes_that_are_not() {
        let build = BuildHasherDefault::<NameHasher>::default();
        let names: Vec<String> =
            (0..1000).map(|n| format!("MYSQL_{n}")).chain((0..1000).map(|n| "x".repeat(n))).collect();
        for bits in [|hash: u64| hash >> 52, |hash: u64| hash & 0xfff] {
            let distinct: HashSet<u64> = names.iter().map(|name| bits(build.hash_one(name))).collect();
            // Of 2,000 at random among 4,096, some 1,580 are distinct.
            assert!(distinct.len() > 1_400, "{}", distinct.len());
        }
    }
}
