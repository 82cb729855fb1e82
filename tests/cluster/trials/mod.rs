//! The trials, one file per topic. A new topic: its file here, a `mod` line, a line in [`all`].

mod apply_matrix;
mod around;
mod background;
mod births;
mod certificates;
mod chart;
mod endings;
mod entries;
mod examples;
mod exemptions;
mod failure;
mod foresight;
mod forgeries;
mod guards;
mod law10;
mod law7;
mod marker;
mod meddlers;
mod operators;
mod orphans;
mod outage;
mod plaintext;
mod platform;
mod policies;
mod restores;
mod scan;
mod serving;
mod stand_in_kubelet;
pub mod teardown;
mod tenant;
mod updates;
mod words;

use libtest_mimic::Trial;

/// Every trial there is.
pub fn all() -> Vec<Trial> {
    let mut all = Vec::new();
    all.extend(apply_matrix::trials());
    all.extend(around::trials());
    all.extend(background::trials());
    all.extend(births::trials());
    all.extend(certificates::trials());
    all.extend(chart::trials());
    all.extend(endings::trials());
    all.extend(entries::trials());
    all.extend(examples::trials());
    all.extend(exemptions::trials());
    all.extend(failure::trials());
    all.extend(foresight::trials());
    all.extend(forgeries::trials());
    all.extend(guards::trials());
    all.extend(law10::trials());
    all.extend(law7::trials());
    all.extend(marker::trials());
    all.extend(meddlers::trials());
    all.extend(operators::trials());
    all.extend(orphans::trials());
    all.extend(outage::trials());
    all.extend(plaintext::trials());
    all.extend(platform::trials());
    all.extend(policies::trials());
    all.extend(restores::trials());
    all.extend(scan::trials());
    all.extend(serving::trials());
    all.extend(stand_in_kubelet::trials());
    all.extend(teardown::trials());
    all.extend(tenant::trials());
    all.extend(updates::trials());
    all.extend(words::trials());
    all
}
