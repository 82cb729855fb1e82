//! Three replicas whom everything happens to, and one that is asked for long, or in a large cluster.

mod chaos;
mod scale;
mod soak;

use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    [chaos::trials(), scale::trials(), soak::trials()].into_iter().flatten().collect()
}
