//! Databases before and after an UPDATE, where data is at stake.
use crate::{
    rule::Context,
    terms::Role,
    view::{Change, Database},
};

/// A database that keeps data where it outlives the Pod, and what it becomes.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct OverData<'c, 't> {
    pub(in crate::rules) old: &'c Database<'t>,
    pub(in crate::rules) new: &'c Database<'t>,
}

impl OverData<'_, '_> {
    /// True where no Pod ran before: who scaled it down may have put other data in place by hand.
    pub(in crate::rules) fn was_stopped(&self) -> bool {
        self.old.workload.replicas() == 0
    }

    /// True where both sides' packaging is known, so that what differs by packaging can be told.
    pub(in crate::rules) const fn is_sure(&self) -> bool {
        self.old.packaging_is_known && self.new.packaging_is_known
    }
}

/// Those of a change. A container is found again by its name; where each side has one database, that is it.
pub(in crate::rules) fn over_data<'c, 't>(
    change: &Change<'c, 't>,
    context: &Context<'_>,
) -> impl Iterator<Item = OverData<'c, 't>> {
    let (before, after) = (change.old, change.new);
    let label = context.data_label;
    let keeps = |old: &&Database<'_>| old.role == Role::Server && old.data.is_kept() && !old.is_in_memory();
    before.servers().filter(keeps).filter(move |old| !old.is_meant_to_go(label)).filter_map(move |old| {
        let by_name = after.servers().find(|new| new.name() == old.name());
        let new = by_name.or_else(|| {
            let (mut olds, mut news) = (before.servers(), after.servers());
            let only = news.next().filter(|_| news.next().is_none());
            only.filter(|_| olds.nth(1).is_none())
        });
        new.filter(|new| !new.is_meant_to_go(label)).map(|new| OverData { old, new })
    })
}
