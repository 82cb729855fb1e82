//! Deletions under review.
use super::{guard::Guard, judge::Call};
use crate::{
    decision::{Removal, Request},
    facts::Facts,
    review::{self, Reply, Review},
    settings::Settings,
};

impl Guard {
    /// Says what a deletion would lose, and refuses it where it is guarded; the policies of the API server have refused before what they
    /// see by themselves.
    pub(super) async fn remove(
        &self,
        request: Request<'_>,
        review: &Review<'_>,
        settings: &Settings,
        call: &Call,
    ) -> (Reply, Vec<&'static str>) {
        let orphans = review::orphans(request.tree);
        let Some(removal) = Removal::of(request, orphans, self.world(settings), self.now()) else {
            return (Reply::default(), Vec::new());
        };
        let facts = match self.asks() {
            true => self.ask(|| removal.questions(), call).await,
            // Nothing was asked, and nothing is known.
            false => Facts::default(),
        };
        self.reply_of(removal.judge(&facts), settings, review, !call.abandoned.is_abandoned())
    }
}
