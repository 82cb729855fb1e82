//! The second opinion, fact by fact: only what is worse than before is refused, and only what its author can change.

mod past;
mod people;
mod profiles;
mod renamed;
mod unchanged;

use seawall::{
    decision::{Deliberation, Mended, Request, Requester, World},
    facts::{Answer, Facts, Known, Question, Template},
    finding::Findings,
    review::{self, Review},
    rule::{Context, Rule, Validate},
    settings::{KnownNames, Settings},
    terms::{Action, Operation, Profile, Tier},
    view::{Case, Database},
};
use serde_json::{Value, json};

use crate::fixture::{NOW, catalogue};

pub(crate) const HOUR: i64 = 3600;

/// Reports each variable that is called FAULT..., as bad as its value says.
pub(crate) static PLANTED: Rule = Rule {
    name: "planted-fault",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(planted)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn planted(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    for fault in database.container.env().filter(|v| v.name().starts_with("FAULT")) {
        let finding = findings.report(fault.value(), format!("{} is planted", fault.name()));
        if let Some(measure) = fault.literal().and_then(|v| v.parse().ok()) {
            finding.measure(measure);
        }
    }
}

/// Reports a field beside the template.
pub(crate) static BESIDE: Rule = Rule {
    name: "fault-beside",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Workload(beside)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn beside(case: &Case<'_>, _: &Context<'_>, findings: &mut Findings) {
    let name = case.workload.spec().get("serviceName");
    if name.str() == Some("fault") {
        findings.report(name, "serviceName is planted");
    }
}

/// Reports every database, and never does more than warn.
pub(crate) static CAPPED: Rule = Rule {
    name: "capped-fault",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(|database, _, findings| {
        findings.report(database.container.0, "is a database").at_most(Action::Warn);
    })),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

pub(crate) static RULES: &[&Rule] = &[&PLANTED, &BESIDE];

/// One request about the workload "orders", with every fact known and nothing there.
pub(crate) struct Trial {
    pub(crate) operation: Operation,
    pub(crate) object: Value,
    pub(crate) old: Value,
    pub(crate) user: Option<&'static str>,
    pub(crate) subresource: &'static str,
    /// The `spec` of a `DatabasePolicy`.
    pub(crate) policy: Value,
    pub(crate) rules: &'static [&'static Rule],
    pub(crate) facts: Facts,
}

/// What a finding does, and why it does no more.
pub(crate) type Verdict = (Action, &'static str);

impl Trial {
    pub(crate) fn create(object: Value) -> Self {
        Self {
            operation: Operation::Create,
            object,
            old: Value::Null,
            user: Some("dev"),
            subresource: "",
            policy: json!({ "profile": "production" }),
            rules: RULES,
            facts: nothing_there(),
        }
    }

    pub(crate) fn update(old: Value, object: Value) -> Self {
        Self { operation: Operation::Update, old, ..Self::create(object) }
    }

    pub(crate) fn by(self, user: &'static str) -> Self {
        Self { user: Some(user), ..self }
    }

    pub(crate) fn in_profile(mut self, profile: Profile) -> Self {
        self.policy["profile"] = json!(profile);
        self
    }

    pub(crate) fn knowing(mut self, question: Question, answer: Known<Answer>) -> Self {
        self.facts.put(question, answer);
        self
    }

    pub(crate) fn settings(&self) -> Settings {
        let policy = json!({
            "apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": { "name": "trial" }, "spec": self.policy,
        });
        let mut rules: Vec<_> = self.rules.iter().map(|r| r.name).collect();
        rules.push("planted-fault");
        let known = KnownNames { rules: &rules, engines: &catalogue().names() };
        Settings::read("settings", &policy.to_string(), None, known).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Deliberates; `None` where there is nothing to say about such a request.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Deliberation<'_>) -> T) -> Option<T> {
        let (group, version) = match self.object["apiVersion"].as_str().unwrap_or("").split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", "v1"),
        };
        let text = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "operation": self.operation, "namespace": "shop", "subResource": self.subresource,
                "kind": { "group": group, "version": version, "kind": self.object["kind"] },
                "userInfo": { "username": self.user }, "object": self.object, "oldObject": self.old,
            },
        })
        .to_string();
        let tree = review::read(text.as_bytes()).unwrap();
        let mut request = Request::of_review(&Review::of(&tree).unwrap(), &tree);
        if self.user.is_none() {
            request.requester = Requester::Nobody;
        }
        let settings = self.settings();
        let world =
            World { catalogue: catalogue(), settings: &settings, rules: self.rules, kubernetes_minor: Some(36) };
        Deliberation::of(request, world, NOW).map(|d| {
            let seen = look(&d);
            assert_eq!(d.panics(), 0, "a rule panicked");
            seen
        })
    }

    /// What the findings at places that end so do, in order.
    pub(crate) fn verdicts(&self, end: &str) -> Vec<Verdict> {
        let judged = self.with(|d| d.judge(Some(&self.facts))).expect("there is something to say");
        let at = judged.judgements.iter().filter(|j| j.finding.place.stable.ends_with(end));
        at.map(|j| (j.action, j.lowered)).collect()
    }

    /// What the one finding at such a place does.
    pub(crate) fn verdict(&self, end: &str) -> Verdict {
        let verdicts = self.verdicts(end);
        assert_eq!(verdicts.len(), 1, "{verdicts:?}");
        verdicts[0]
    }

    pub(crate) fn mended(&self) -> Mended {
        self.with(|d| d.mend(&self.facts)).expect("there is something to say")
    }
}

/// A MySQL with these variables beside its password.
pub(crate) fn mysql(faults: &[(&str, &str)]) -> Value {
    let secret =
        json!({ "name": "MYSQL_ROOT_PASSWORD", "valueFrom": { "secretKeyRef": { "name": "orders", "key": "root" } } });
    let mut env = vec![secret];
    env.extend(faults.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "orders", "namespace": "shop" },
        "spec": {
            "serviceName": "orders", "selector": { "matchLabels": { "app": "orders" } },
            "template": {
                "metadata": { "labels": { "app": "orders" } },
                "spec": { "containers": [{
                    "name": "mysql", "image": "mysql:8.4.6", "env": env,
                    "volumeMounts": [{ "name": "data", "mountPath": "/var/lib/mysql" }],
                }] },
            },
            "volumeClaimTemplates": [{ "metadata": { "name": "data" }, "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } },
            } }],
        },
    })
}

/// The Pod of a workload, without an owner.
pub(crate) fn pod(workload: &Value) -> Value {
    let mut pod = workload["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("orders-0");
    pod["spec"]["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": "data-orders-0" } }]);
    pod
}

/// The same, with a controller.
pub(crate) fn owned(mut object: Value, api_version: &str, kind: &str) -> Value {
    let owner = json!({ "apiVersion": api_version, "kind": kind, "name": "orders", "uid": "u", "controller": true });
    object["metadata"]["ownerReferences"] = json!([owner]);
    object
}

pub(crate) fn selector() -> Vec<(String, String)> {
    vec![("app".to_owned(), "orders".to_owned())]
}

pub(crate) fn namespace() -> Question {
    Question::Namespace("shop".to_owned())
}

pub(crate) fn claims() -> Question {
    Question::Claims { namespace: "shop".to_owned(), names: vec!["data-orders-".to_owned()] }
}

pub(crate) fn history() -> Question {
    Question::History { namespace: "shop".to_owned(), kind: "StatefulSet".to_owned(), selector: selector() }
}

/// Templates that ran, the last one last.
pub(crate) fn ran(workloads: &[&Value]) -> Known<Answer> {
    let template = |(revision, workload): (i64, &&Value)| Template {
        name: format!("orders-{revision}"),
        revision,
        controller: None,
        template: workload["spec"]["template"].to_string(),
    };
    Known::Found(Answer::History((1..).zip(workloads).map(template).collect()))
}

pub(crate) fn nothing_there() -> Facts {
    let pods = Question::Pods { namespace: "shop".to_owned(), selector: selector() };
    let pods_claim = Question::Claims { namespace: "shop".to_owned(), names: vec!["data-orders-0".to_owned()] };
    let mut facts = Facts::default();
    for (question, answer) in [
        (namespace(), Answer::Namespace(Default::default())),
        (claims(), Answer::Claims(Vec::new())),
        (pods_claim, Answer::Claims(Vec::new())),
        (history(), Answer::History(Vec::new())),
        (pods, Answer::Pods(Vec::new())),
        (Question::Limits("shop".to_owned()), Answer::Limits(Default::default())),
    ] {
        facts.put(question, Known::Found(answer));
    }
    facts
}
