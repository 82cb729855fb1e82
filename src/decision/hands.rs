//! Whose object it is: whether Seawall may write into it, and whether it may refuse it.
use super::{Deliberation, Requester};
use crate::{
    facts::{Answer, Facts, Known, Question},
    tree::Tree,
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
                let persons = matches!(self.request.requester, Requester::User(user) if !is_program(user));
                match chain {
                    Known::Found(Answer::Owner(chain)) => {
                        let operated = chain.iter().any(|o| known(&o.group))
                            || chain.iter().flat_map(|o| &o.labels).any(|(k, v)| operators.labels(k, v));
                        match (operated, persons) {
                            (false, _) => Hands::Controllers,
                            (true, false) => Hands::Off,
                            (true, true) => Hands::NotMended,
                        }
                    }
                    _ if persons => Hands::NotMended,
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

    /// True for an object with a controller that is none of Kubernetes' own.
    pub(super) fn has_foreign_controller(&self) -> bool {
        Owner::of(self.request.object).is_some_and(|owner| !owner.is_builtin())
    }

    /// True for what a controller makes from a template that was judged when its author sent it: a Pod, a ReplicaSet, a Job. Nobody
    /// who could read a refusal asked for it. A reference that a person wrote proves nothing.
    pub(super) fn is_controllers(&self) -> bool {
        let programs = match self.request.requester {
            Requester::Nobody => true,
            Requester::User(user) => is_program(user),
        };
        programs && !self.is_authored() && matches!(self.request.kind, "Pod" | "ReplicaSet" | "Job")
    }

    /// True for a Job that somebody makes of a CronJob by hand, as `kubectl create job --from` does.
    pub(super) fn is_of_cron_job(&self) -> bool {
        self.request.kind == "Job"
            && Owner::of(self.request.object).is_some_and(|o| o.kind == "CronJob" && o.is_builtin())
    }

    /// True for a workload (JSON) of which an operator is in charge, or somebody who cannot be named from it alone.
    pub(super) fn is_somebody_elses(&self, workload: &str) -> bool {
        let Ok(tree) = Tree::from_json(workload) else { return true };
        let operators = self.world.catalogue.operators();
        let labelled = ["metadata.labels", "spec.template.metadata.labels"]
            .into_iter()
            .any(|at| has_operator_label(tree.root().path(at), operators));
        labelled || Owner::of(tree.root()).is_some()
    }

    /// A service account from outside the object's namespace, or one that the settings list.
    fn is_operators_account(&self, user: &str) -> bool {
        self.is_account_from_outside(user) || self.world.settings.is_operator(user)
    }

    /// A service account of another namespace than the object's.
    fn is_account_from_outside(&self, user: &str) -> bool {
        user.strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
            .is_some_and(|(namespace, _)| namespace != self.request.namespace)
    }

    /// True for what a controller of an unknown API group makes, from outside of the namespace, as operators do: nobody there could
    /// change what is refused. A program of the same namespace may be anybody's who has the rights there, and proves nothing.
    pub(super) fn is_unknown_controllers(&self) -> bool {
        let (operators, groups) = (self.world.catalogue.operators(), self.world.settings.operator_groups());
        matches!(self.request.requester, Requester::User(user) if self.is_account_from_outside(user))
            && Ownership::of(self.request.object, operators, groups) == Ownership::Operator { known: false }
    }
}

/// True for a controller, a node, a service account; people's names do not begin as theirs do.
fn is_program(user: &str) -> bool {
    ["system:serviceaccount:", "system:node:", "system:kube-"].iter().any(|start| user.starts_with(start))
}
