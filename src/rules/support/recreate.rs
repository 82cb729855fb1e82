//! How a workload is changed where the API server lets nobody change it: the commands, each for this very object.
use crate::{
    text::quantity::Quantity,
    tree::Node,
    view::{Claim, Kind, Workload, quantity},
};

/// Most characters of a command line in a warning.
const LONGEST: usize = 240;

/// What differs in one claim template that both sides have.
#[derive(Debug)]
pub(in crate::rules) struct TemplateChange<'t> {
    pub(in crate::rules) name: &'t str,
    /// The size that its claims will have, as it is spelled: larger than before.
    grows_to: Option<&'t str>,
    shrinks: bool,
    changes_class: bool,
}

/// What differs between two claim templates; `None` where nothing that counts does.
pub(in crate::rules) fn template_change<'t>(old: Node<'_>, new: Node<'t>) -> Option<TemplateChange<'t>> {
    let size = |template: Node<'_>| quantity(Claim(template).spec().path("resources.requests.storage"));
    let (before, after) = (size(old), size(new));
    let spelled = Claim(new).spec().path("resources.requests.storage").str();
    let changes_class = !Claim(old).class().same(Claim(new).class());
    let mode = |template: Node<'_>| Claim(template).spec().get("volumeMode").str().unwrap_or("Filesystem").to_owned();
    let fields = ["accessModes", "selector", "dataSource", "dataSourceRef", "volumeName", "volumeAttributesClassName"];
    let differs = changes_class
        || before != after
        || mode(old) != mode(new)
        || fields.iter().any(|field| !Claim(old).spec().get(field).same(Claim(new).spec().get(field)))
        || ["labels", "annotations"].iter().any(|of| !old.get("metadata").get(of).same(new.get("metadata").get(of)));
    let grows = |a: Quantity, b: Quantity| a < b;
    differs.then(|| TemplateChange {
        name: Claim(new).name(),
        grows_to: spelled.filter(|_| before.zip(after).is_some_and(|(a, b)| grows(a, b))),
        shrinks: before.zip(after).is_some_and(|(a, b)| grows(b, a)),
        changes_class,
    })
}

/// A StatefulSet to be made again around its Pods.
#[derive(Debug)]
pub(in crate::rules) struct Recreation<'c, 't> {
    pub(in crate::rules) namespace: &'c str,
    pub(in crate::rules) old: Workload<'t>,
    pub(in crate::rules) new: Workload<'t>,
    pub(in crate::rules) templates: Vec<TemplateChange<'t>>,
    pub(in crate::rules) changes_service: bool,
    pub(in crate::rules) changes_selector: bool,
}

impl Recreation<'_, '_> {
    /// Commands, and lines that say what no command can.
    pub(in crate::rules) fn steps(&self) -> Vec<String> {
        let (namespace, name) = (self.namespace, self.old.name());
        let mut steps = Vec::new();
        for template in &self.templates {
            self.resize(template, &mut steps);
        }
        steps.push(format!("kubectl -n {namespace} delete statefulset {name} --cascade=orphan"));
        if self.changes_selector {
            steps.push(self.relabel());
        }
        steps.push("then apply the same manifest again: the Pods were not stopped, and are adopted".to_owned());
        if self.changes_service {
            steps.push(format!("kubectl -n {namespace} rollout restart statefulset {name}"));
            steps.push(
                "until that restart the Pods keep their old host names; the new Service has to exist before".to_owned(),
            );
        }
        steps
    }

    fn resize(&self, template: &TemplateChange<'_>, steps: &mut Vec<String>) {
        let (namespace, set) = (self.namespace, self.old.name());
        let first = self.old.spec().path("ordinals.start").i64().unwrap_or(0);
        let all = first..first.saturating_add(self.old.replicas());
        let claim = |ordinal: i64| format!("{}-{set}-{ordinal}", template.name);
        if template.shrinks {
            steps.push(format!(
                "no claim shrinks: {} and its like keep their size, only new ones are smaller",
                claim(first)
            ));
        }
        if template.changes_class {
            steps.push(format!("{} and its like keep their class, only new claims get the other one", claim(first)));
        }
        let Some(size) = template.grows_to else { return };
        if all.is_empty() {
            steps.push(format!("no Pod runs: enlarge the claims {}-{set}-N that are left by hand", template.name));
        }
        let patch = format!(r#"--type=merge -p '{{"spec":{{"resources":{{"requests":{{"storage":"{size}"}}}}}}}}'"#);
        let mut names = String::new();
        let mut ordinals = all.peekable();
        while let Some(ordinal) = ordinals.next() {
            names.push(' ');
            names.push_str(&claim(ordinal));
            let next = names.len() + claim(ordinal).len() + 1;
            if ordinals.peek().is_none() || namespace.len() + next + patch.len() > LONGEST - 24 {
                steps.push(format!("kubectl -n {namespace} patch pvc{names} {patch}"));
                names.clear();
            }
        }
    }

    /// Makes the Pods match the new selector, so that they are adopted.
    fn relabel(&self) -> String {
        let (namespace, name) = (self.namespace, self.old.name());
        let joined = |pairs: &[(String, String)], by: &str| {
            pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(by)
        };
        let (before, after) = (self.old.selector(), self.new.selector());
        let command = format!(
            "kubectl -n {namespace} label pods -l {} {} --overwrite",
            joined(&before, ","),
            joined(&after, " ")
        );
        let is_plain = |workload: Workload<'_>| !workload.spec().path("selector.matchExpressions").is_set();
        if is_plain(self.old) && is_plain(self.new) && command.len() <= LONGEST {
            return command;
        }
        format!("kubectl -n {namespace} delete pod {name}-0 # after applying, and so each Pod, one after the other")
    }
}

/// True for kinds whose selector cannot be changed.
pub(in crate::rules) const fn has_fixed_selector(kind: Kind) -> bool {
    matches!(kind, Kind::StatefulSet | Kind::Deployment | Kind::DaemonSet | Kind::ReplicaSet)
}
