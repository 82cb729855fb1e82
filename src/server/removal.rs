//! Deletions under review.
use super::{guard::Guard, judge::Call};
use crate::{
    decision::{Removal, Request, World},
    facts::Facts,
    review::{self, Reply, Review},
};

impl Guard {
    /// Says what a deletion would lose, and refuses it where it is guarded; the policies of the API server have refused before what they
    /// see by themselves.
    pub(super) async fn remove(
        &self,
        request: Request<'_>,
        world: World<'_>,
        review: &Review<'_>,
        call: &Call,
    ) -> (Reply, Vec<&'static str>) {
        let orphans = review::orphans(request.tree);
        let Some(removal) = Removal::of(request, orphans, world, self.now()) else {
            return (Reply::default(), Vec::new());
        };
        let facts = match self.asks() {
            true => self.ask(|| removal.questions(), call.peer, call.deadline).await,
            // Nothing was asked, and nothing is known.
            false => Facts::default(),
        };
        self.told(removal.judge(&facts), review, !call.abandoned.is_abandoned())
    }
}
