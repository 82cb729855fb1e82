//! Tables that are read for every container of every review.
use std::collections::HashMap;

/// Values by name or number.
///
/// What is in a table stands in our own files, or in an administrator's: nobody who sends objects can put names into one
/// that collide, which is what the hash of the standard library guards against, at three times the price.
pub(super) type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
