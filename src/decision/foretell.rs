//! What the API server is about to refuse, said while there is time.
use super::{Deliberation, hands::Hands};
use crate::{facts::Facts, terms::Action};

impl Deliberation<'_> {
    /// How to do what the API server will refuse. It looks at fields that cannot be changed after the mutating webhooks and before the
    /// validating ones, so that nobody else gets to say it. Only words: what it refuses it refuses with or without them.
    pub(super) fn foretold(&self) -> Vec<String> {
        let (Some(old), Some(new)) = (self.case_before(), self.case()) else { return Vec::new() };
        let nothing = Facts::default();
        if !old.has_database() || self.is_pod() || self.hands(&nothing) == Hands::Off {
            return Vec::new();
        }
        let is_said =
            |name: &str, tier, ceiling: Action| self.world.settings.action(name, tier).min(ceiling) >= Action::Warn;
        let found = self.found_refused(old, new, &nothing).into_iter();
        let said = found.filter(|(rule, finding)| is_said(rule.name, rule.tier, finding.ceiling));
        said.flat_map(|(_, finding)| std::iter::once(finding.message).chain(finding.steps)).collect()
    }
}
