//! Guarded deletion on a real API server, by kubectl's own commands. No Seawall runs here: what holds, holds without it.

mod claims;
mod endings;
mod exempt;
mod helm;
mod labels;
mod protect;
mod scaling;
mod sets;
mod webhook;

use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let all = [
        claims::trials(),
        sets::trials(),
        labels::trials(),
        exempt::trials(),
        endings::trials(),
        helm::trials(),
        protect::trials(),
        scaling::trials(),
        webhook::trials(),
    ];
    all.into_iter().flatten().collect()
}
