//! An UPDATE puts back what was ours and was dropped: that, no more, and never over what its submitter wrote.

use seawall::{
    decision::Mended,
    rule::Rule,
    rules,
    terms::{Profile, Tier, keys},
};
use serde_json::{Value, json};

use crate::{
    laws::patches::applied,
    ratchet::{Trial, history, mysql, owned, pod, ran},
};

/// Wrote what the tests list.
static GIVEN: Rule = Rule {
    name: "given",
    source: "",
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: None,
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[
        "containers[*].resources.limits.memory",
        "containers[*].resources.requests.memory",
        "containers[*].env[*]",
        "terminationGracePeriodSeconds",
    ],
};

static RULES: &[&Rule] = &[&GIVEN];

pub(crate) const LIMIT: &str = "spec.template.spec.containers[mysql].resources.limits.memory";
const REQUEST: &str = "spec.template.spec.containers[mysql].resources.requests.memory";
const VARIABLE: &str = "spec.template.spec.containers[mysql].env[GIVEN]";

pub(crate) fn container(object: &mut Value) -> &mut Value {
    &mut object["spec"]["template"]["spec"]["containers"][0]
}

pub(crate) fn list(places: &[&str]) -> String {
    let entries: Vec<_> = places.iter().map(|place| json!({ "place": place, "rule": "given" })).collect();
    Value::from(entries).to_string()
}

/// What is stored: with a limit, a request and a variable, of which these were ours.
pub(crate) fn stored(list: &str) -> Value {
    let mut object = mysql(&[("GIVEN", "x")]);
    container(&mut object)["resources"] = json!({ "limits": { "memory": "2Gi" }, "requests": { "memory": "1Gi" } });
    for annotations in ["/metadata", "/spec/template/metadata"] {
        object.pointer_mut(annotations).unwrap()["annotations"] = json!({ keys::PATCHED: list });
    }
    object["metadata"]["labels"] = json!({ keys::HOLDS_DATA: "true" });
    object
}

pub(crate) fn updated(old: Value, new: Value) -> Trial {
    Trial { rules: RULES, ..Trial::update(old, new) }
}

/// The object after the UPDATE, by another's hand than ours.
pub(crate) fn after(trial: &Trial) -> Value {
    applied(&trial.object, &trial.mended().operations)
}

pub(crate) fn places(mended: &Mended) -> Vec<&str> {
    mended.mends.iter().map(|m| m.place.stable.as_str()).collect()
}

/// What an object says was written into it: the same on itself and its template.
fn listed(object: &Value) -> Vec<String> {
    let own = &object["metadata"]["annotations"][keys::PATCHED];
    assert_eq!(own, &object["spec"]["template"]["metadata"]["annotations"][keys::PATCHED], "object and template");
    let Some(own) = own.as_str() else { return Vec::new() };
    let entries: Vec<Value> = serde_json::from_str(own).unwrap();
    entries.iter().map(|e| e["place"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_ours_and_was_dropped_comes_back_in_every_profile() {
    for profile in Profile::ALL {
        let old = stored(&list(&[VARIABLE, LIMIT, REQUEST]));
        let trial = updated(old.clone(), mysql(&[])).in_profile(*profile);
        assert_eq!(after(&trial), old, "{profile}");
        assert_eq!(places(&trial.mended()), [VARIABLE, LIMIT, REQUEST], "{profile}");
        let again = Trial { object: after(&trial), ..trial };
        assert_eq!(again.mended().operations, [], "{profile}: a second call");
    }
}

#[test]
fn exactly_the_listed_places_come_back() {
    let trial = updated(stored(&list(&[LIMIT])), mysql(&[]));
    assert_eq!(places(&trial.mended()), [LIMIT]);
    let mut after = after(&trial);
    assert_eq!(listed(&after), [LIMIT]);
    assert_eq!(
        container(&mut after)["resources"],
        json!({ "limits": { "memory": "2Gi" } }),
        "its request is its author's"
    );
    assert_eq!(container(&mut after)["env"].as_array().map(Vec::len), Some(1), "so is its variable");
}

#[test]
fn a_renamed_container_keeps_what_it_was_given() {
    let renamed = |mut object: Value, name: &str| {
        container(&mut object)["name"] = json!(name);
        object
    };
    let old = stored(&list(&[VARIABLE, LIMIT]));
    let trial = updated(old.clone(), renamed(mysql(&[]), "db"));
    let there = [VARIABLE, LIMIT].map(|place| place.replace("[mysql]", "[db]"));
    assert_eq!(places(&trial.mended()), there);
    assert_eq!(listed(&after(&trial)), there);
    let again = Trial { object: after(&trial), ..trial };
    assert_eq!(again.mended().operations, [], "a second call");
}

#[test]
fn a_renamed_container_keeps_it_whatever_comes_along() {
    let mut new = mysql(&[]);
    container(&mut new)["name"] = json!("db");
    let exporter = json!({ "name": "exporter", "image": "registry.example/metrics/exporter:1.4.0" });
    new["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().push(exporter);
    let there = [VARIABLE, LIMIT].map(|place| place.replace("[mysql]", "[db]"));
    let trial = updated(stored(&list(&[VARIABLE, LIMIT])), new.clone());
    assert_eq!(places(&trial.mended()), there);
    let template = stored(&list(&[VARIABLE, LIMIT]));
    let adopts = Trial { rules: RULES, ..Trial::create(new) }.knowing(history(), ran(&[&template]));
    assert_eq!(places(&adopts.mended()), there, "so does one that adopts what ran");
}

#[test]
fn nothing_is_added_to_what_exists() {
    for profile in Profile::ALL {
        let mut trial = Trial::update(mysql(&[]), mysql(&[])).in_profile(*profile);
        trial.rules = rules::ALL;
        trial.policy["defaults"] = json!({
            "memory": { "limit": "2Gi", "request": "2Gi" }, "cpu": { "request": "1" }, "credentials": { "secretName": "x" },
        });
        assert_eq!(trial.mended().operations, [], "{profile}");
        assert_eq!(trial.with(|d| d.questions_to_mend()), Some(vec![]), "{profile}");
    }
}

#[test]
fn a_place_counts_only_with_a_rule_that_writes_it() {
    let image = "spec.template.spec.containers[mysql].image";
    for entries in [
        json!([{ "place": image, "rule": "given" }]),
        json!([{ "place": "spec.serviceName", "rule": "given" }]),
        json!([{ "place": "spec.template.spec.containers[mysql].resources", "rule": "given" }]),
        json!([{ "place": "spec.template.spec.containers[mysql].resources.limits.memory.x", "rule": "given" }]),
        json!([{ "place": "spec.containers[mysql].resources.limits.memory", "rule": "given" }]),
        json!([{ "place": LIMIT, "rule": "never-heard-of" }]),
        json!([{ "place": LIMIT, "rule": "GIVEN" }]),
        json!([{ "place": "", "rule": "given" }]),
        json!([{ "place": "spec.template.spec.containers[mysql", "rule": "given" }]),
        json!({ "place": LIMIT, "rule": "given" }),
        json!("x"),
    ] {
        let mut new = mysql(&[]);
        container(&mut new)["image"] = json!("mysql:9.4.0");
        new["spec"].as_object_mut().unwrap().remove("serviceName");
        let trial = updated(stored(&entries.to_string()), new);
        assert_eq!(places(&trial.mended()), [""; 0], "{entries}");
    }
}

#[test]
fn what_its_submitter_wrote_stays_and_leaves_the_list() {
    let mut new = mysql(&[("GIVEN", "another")]);
    container(&mut new)["resources"] = json!({ "limits": { "memory": "4Gi" } });
    let trial = updated(stored(&list(&[LIMIT, REQUEST, VARIABLE])), new);
    let mut after = after(&trial);
    assert_eq!(
        container(&mut after)["resources"],
        json!({ "limits": { "memory": "4Gi" }, "requests": { "memory": "1Gi" } })
    );
    assert_eq!(container(&mut after)["env"][1]["value"], "another");
    assert_eq!(listed(&after), [REQUEST]);
    // What is no longer ours does not come back the next time.
    let next = updated(after, mysql(&[]));
    assert_eq!(places(&next.mended()), [REQUEST]);
}

#[test]
fn a_container_that_is_gone_takes_its_places_along() {
    let mut new = mysql(&[]);
    container(&mut new)["name"] = json!("another");
    container(&mut new)["image"] = json!("postgres:17");
    let trial = updated(stored(&list(&[LIMIT, VARIABLE])), new.clone());
    assert_eq!(places(&trial.mended()), [""; 0]);
    assert_eq!(listed(&after(&trial)), [""; 0]);
    new["spec"]["template"]["spec"]["containers"] = json!([]);
    assert_eq!(places(&updated(stored(&list(&[LIMIT])), new).mended()), [""; 0]);
}

#[test]
fn no_request_above_its_limit_comes_back() {
    let with = |resources: Value| {
        let mut new = mysql(&[]);
        container(&mut new)["resources"] = resources;
        let trial = updated(stored(&list(&[LIMIT, REQUEST])), new);
        container(&mut after(&trial))["resources"].clone()
    };
    let limit = |memory: &str| json!({ "limits": { "memory": memory } });
    assert_eq!(with(limit("512Mi")), limit("512Mi"), "a request of 1Gi would be refused");
    assert_eq!(with(limit("1024Mi")), json!({ "limits": { "memory": "1024Mi" }, "requests": { "memory": "1Gi" } }));
    let request = |memory: &str| json!({ "requests": { "memory": memory } });
    assert_eq!(with(request("3Gi")), request("3Gi"), "a limit of 2Gi would be refused");
    assert_eq!(with(request("2048Mi")), json!({ "requests": { "memory": "2048Mi" }, "limits": { "memory": "2Gi" } }));
}

#[test]
fn the_list_is_never_taken_from_the_submitter() {
    let new = stored(&list(&[LIMIT, REQUEST, VARIABLE]));
    let trial = updated(stored(&list(&[LIMIT])), new.clone());
    assert_eq!(listed(&after(&trial)), [LIMIT]);
    // The old object has no list: what the new one brings is nobody's.
    let trial = updated(mysql(&[]), new);
    assert_eq!(listed(&after(&trial)), [""; 0]);
    // Nor is a label, unless it is true: somebody labels what was there before Seawall.
    assert_eq!(after(&trial)["metadata"]["labels"][keys::HOLDS_DATA], "true");
}

#[test]
fn the_label_stays_as_it_was_given() {
    for labels in [json!(null), json!({}), json!({ keys::HOLDS_DATA: "false" }), json!({ keys::HOLDS_DATA: null })] {
        let mut new = mysql(&[]);
        new["metadata"]["labels"] = labels.clone();
        let trial = updated(stored("[]"), new);
        assert_eq!(after(&trial)["metadata"]["labels"][keys::HOLDS_DATA], "true", "{labels}");
    }
}

/// The submitter supplied in another way what was given: the rule has nothing to say any more, and nothing comes back.
#[test]
fn what_is_no_longer_wanted_does_not_come_back() {
    let place = "spec.template.spec.containers[mysql].env[MYSQL_ROOT_PASSWORD]";
    let mut old = mysql(&[]);
    let entries = json!([{ "place": place, "rule": "missing-credentials" }]).to_string();
    for annotations in ["/metadata", "/spec/template/metadata"] {
        old.pointer_mut(annotations).unwrap()["annotations"] = json!({ keys::PATCHED: entries });
    }
    let with = |env: Value| {
        let mut new = mysql(&[]);
        container(&mut new)["env"] = env;
        let trial = Trial { rules: rules::ALL, ..Trial::update(old.clone(), new) };
        (places(&trial.mended()).len(), listed(&after(&trial)).len())
    };
    assert_eq!(with(json!([])), (1, 1));
    assert_eq!(with(json!([{ "name": "MYSQL_ROOT_PASSWORD_FILE", "value": "/secrets/root" }])), (0, 0));
    assert_eq!(with(json!([{ "name": "MYSQL_RANDOM_ROOT_PASSWORD", "value": "1" }])), (0, 0));
}

#[test]
fn a_pod_keeps_what_it_was_given() {
    let grace = "spec.terminationGracePeriodSeconds";
    let given = |seconds: Value| {
        let mut pod = owned(pod(&mysql(&[])), "apps/v1", "StatefulSet");
        pod["spec"]["terminationGracePeriodSeconds"] = seconds;
        pod
    };
    let mut old = given(json!(120));
    old["metadata"]["annotations"] = json!({ keys::PATCHED: list(&[grace]) });
    let updated = |new| updated(old.clone(), new).by("system:serviceaccount:kube-system:statefulset-controller");
    for dropped in [json!(null), json!(30)] {
        let after = after(&updated(given(dropped.clone())));
        assert_eq!(after["spec"]["terminationGracePeriodSeconds"], 120, "{dropped}: a Pod's spec cannot change");
        assert_eq!(after["metadata"]["annotations"], old["metadata"]["annotations"]);
    }
    let another = after(&updated(given(json!(60))));
    assert_eq!(another["spec"]["terminationGracePeriodSeconds"], 60, "the API server answers that");
}

#[test]
fn what_an_operator_has_taken_over_is_its_own() {
    let old = stored(&list(&[LIMIT]));
    let new = owned(mysql(&[]), "pxc.percona.com/v1", "PerconaXtraDBCluster");
    let trial = updated(old, new).by("system:serviceaccount:operators:pxc");
    assert_eq!(trial.mended().operations, [], "an operator that takes something out would do so again and again");
}

#[test]
fn a_create_that_adopts_is_an_update_of_the_newest() {
    let first = stored(&list(&[VARIABLE]));
    let newest = stored(&list(&[LIMIT]));
    for profile in Profile::ALL {
        let trial = Trial { rules: RULES, ..Trial::create(mysql(&[])) }.in_profile(*profile);
        let trial = trial.knowing(history(), ran(&[&first, &newest]));
        assert_eq!(places(&trial.mended()), [LIMIT], "{profile}");
        assert_eq!(listed(&after(&trial)), [LIMIT], "{profile}");
    }
}
