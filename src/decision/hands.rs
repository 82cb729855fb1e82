//! Whose object it is: whether Seawall may write into it, and whether it may refuse it.
use super::{Deliberation, Requester};
use crate::{
    facts::{Answer, Facts, Known, Question},
    view::{Owner, Ownership, has_operator_label},
};

/// What may be done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    /// Everything.
    Free,
    /// A controller of Kubernetes made it from a template that was judged: mends as for any Pod, no denials.
    Controllers,
    /// Written into: no; refused: yes. An operator's label or reference that proves nothing, or an owner nobody could name.
    NotMended,
    /// Neither: an operator's.
    Off,
}

impl Deliberation<'_> {
    /// The question about the owner, where there is one to ask.
    pub(super) fn owner_question(&self) -> Option<Question> {
        let owner = Owner::of(self.request.object)?;
        owner.is_builtin().then(|| Question::Owner {
            namespace: self.request.namespace.to_owned(),
            api_version: owner.api_version.to_owned(),
            kind: owner.kind.to_owned(),
            name: owner.name.to_owned(),
        })
    }

    /// Decides from the object, the requester and the owner chain.
    pub(super) fn hands(&self, facts: &Facts) -> Hands {
        let operators = self.world.catalogue.operators();
        let groups = self.world.settings.operator_groups();
        let object = self.request.object;
        let labels = |at: &'static str| has_operator_label(object.path(at), operators);
        let labelled = labels("metadata.labels") || labels("spec.template.metadata.labels");
        let known = |group: &str| operators.owns(group) || groups.iter().any(|g| g == group);
        match Ownership::of(object, operators, groups) {
            Ownership::Author if labelled => match self.request.requester {
                Requester::Nobody => Hands::Off,
                Requester::User(_) => Hands::NotMended,
            },
            Ownership::Author => Hands::Free,
            Ownership::Operator { known } => match self.request.requester {
                Requester::Nobody => Hands::Off,
                Requester::User(user) if known && self.is_operators_account(user) => Hands::Off,
                Requester::User(_) => Hands::NotMended,
            },
            Ownership::Controller => {
                let chain = self.owner_question().map_or(Known::Unknown, |q| facts.get(&q));
                match chain {
                    Known::Found(Answer::Owner(chain)) => {
                        let operated = chain.iter().any(|o| known(&o.group))
                            || chain.iter().flat_map(|o| &o.labels).any(|(k, v)| operators.labels(k, v));
                        if operated { Hands::Off } else { Hands::Controllers }
                    }
                    _ if self.request.requester == Requester::Nobody => {
                        if labelled {
                            Hands::Off
                        } else {
                            Hands::Controllers
                        }
                    }
                    _ => Hands::Off,
                }
            }
        }
    }

    /// A service account from outside the object's namespace, or one that the settings list.
    fn is_operators_account(&self, user: &str) -> bool {
        let outside = user
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
            .is_some_and(|(namespace, _)| namespace != self.request.namespace);
        outside || self.world.settings.is_operator(user)
    }
}
