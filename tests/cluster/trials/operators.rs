//! Who is in charge: what an operator makes is neither written into nor refused, and a
//! reference to an operator's object that a person wrote proves nothing.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, claim, database, fragile, list, plaintext};
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::{differences, object};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("operators::what_an_operator_makes_is_left_alone", async |plane| left_alone(&plane).await),
        trial("operators::a_persons_reference_proves_nothing", async |plane| forged(&plane).await),
    ]
}

/// A group of the catalogue, and one that nobody knows.
const KNOWN: (&str, &str) = ("postgresql.cnpg.io", "clusters");
const UNKNOWN: (&str, &str) = ("widgets.plane.test", "clusters");
const OPERATOR: &str = "system:serviceaccount:cnpg-system:cnpg-manager";
const ADMINS: Option<&str> = Some("system:masters");

async fn left_alone(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let (without, with) = (plane.namespace("operated").await?, seawall.namespace("operated").await?);
    for namespace in [&without, &with] {
        let owner = cluster(plane, namespace, KNOWN).await?;
        let operator = namespace.with_kubectl(plane.kubectl_as(OPERATOR, ADMINS)?);
        for object in made(&owner) {
            operator.kubectl_with(&["create", "-f", "-"], &object.to_string()).await?.succeeded()?;
        }
        // What its StatefulSet's controller makes belongs to the operator, too.
        object(namespace, "Pod", "set-0").await?;
    }
    let made = [
        ("StatefulSet", "set"),
        ("Pod", "set-0"),
        ("PersistentVolumeClaim", "data-set-0"),
        ("Pod", "bare"),
        ("Deployment", "deployed"),
        ("PersistentVolumeClaim", "bare"),
    ];
    for (kind, name) in made {
        let lines = differences(kind, name, &without, &with).await?;
        ensure!(lines.is_empty(), "{kind} {name} of an operator was written into:\n{lines}");
    }
    let denied = seawall.count("requests", "outcome=\"denied\"").await?;
    ensure!(denied == 0, "{denied} calls of the operator were refused");
    let called = seawall.count("requests", "kind=\"StatefulSet\"").await?;
    ensure!(called >= 2, "Seawall was not asked");
    seawall.stop().await
}

/// What an operator makes: unsafe and careless, and owned by its custom resource.
fn made(owner: &Value) -> Vec<Value> {
    let objects = [
        fragile(plaintext(database(MYSQL, Shape::StatefulSet, "set"))),
        fragile(plaintext(database(MYSQL, Shape::Deployment, "deployed"))),
        claim("bare"),
        fragile(plaintext(database(MYSQL, Shape::Pod, "bare"))),
    ];
    objects.into_iter().map(|object| owned(object, owner)).collect()
}

fn owned(mut object: Value, owner: &Value) -> Value {
    object["metadata"]["ownerReferences"] = json!([owner]);
    object
}

async fn forged(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("forged").await?;
    let person = namespace.with_kubectl(plane.kubectl_as("deleter", ADMINS)?);
    let inside = format!("system:serviceaccount:{}:deployer", namespace.name());
    let outside = namespace.with_kubectl(plane.kubectl_as(OPERATOR, ADMINS)?);
    let known = cluster(plane, &namespace, KNOWN).await?;
    let unknown = cluster(plane, &namespace, UNKNOWN).await?;
    let inside = namespace.with_kubectl(plane.kubectl_as(&inside, ADMINS)?);

    // A person's, or that of an account of this very namespace, is judged. From outside, one whose owner no catalogue knows is warned
    // about: nobody in the namespace could change it.
    for (who, owner, what) in
        [(&person, &known, 4), (&person, &unknown, 4), (&inside, &known, 2), (&outside, &unknown, 0)]
    {
        let mut refused = 0;
        for object in made(owner).iter().filter(|object| object["kind"] != "PersistentVolumeClaim") {
            let output = who.kubectl_with(&["create", "--dry-run=server", "-f", "-"], &object.to_string()).await?;
            if !output.ok {
                ensure!(output.stderr.contains("2 problems"), "{}", output.stderr);
                refused += 1;
            }
        }
        let expected = if what == 0 { refused == 0 } else { refused >= what.min(3) };
        ensure!(expected, "of three objects with the owner {owner} {refused} were refused");
    }
    // A label of an operator stops the mends, and no denial.
    let mut labelled = database(MYSQL, Shape::StatefulSet, "labelled");
    labelled["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "percona-operator"});
    person.apply(&list(&[labelled.clone()])).await?;
    let stored = object(&namespace, "StatefulSet", "labelled").await?;
    ensure!(stored["spec"]["template"]["spec"]["containers"][0]["resources"] == json!({}), "{stored}");
    let refused = person.kubectl_with(&["apply", "-f", "-"], &fragile(labelled).to_string()).await?.failed()?;
    ensure!(refused.contains("can corrupt its data in a crash"), "{refused}");
    seawall.stop().await
}

/// A custom resource named `db`, and the reference by which it owns something.
async fn cluster(plane: &Plane, namespace: &Namespace, (group, plural): (&str, &str)) -> Result<Value> {
    let name = format!("{plural}.{group}");
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": group,
            "names": {"kind": "Cluster", "plural": plural, "singular": "cluster"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            }}],
        },
    });
    let definitions: Api<CustomResourceDefinition> = Api::all(plane.client());
    definitions.patch(&name, &PatchParams::apply("trials"), &Patch::Apply(definition)).await?;
    wait_for(&definitions, &name, "the custom resource to be served", |found| {
        let conditions = found?.status.as_ref()?.conditions.as_ref()?;
        conditions.iter().any(|one| one.type_ == "Established" && one.status == "True").then_some(())
    })
    .await?;
    let version = format!("{group}/v1");
    let resource = kube::core::ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        api_version: version.clone(),
        kind: "Cluster".to_owned(),
        plural: plural.to_owned(),
    };
    let object = json!({"apiVersion": version, "kind": "Cluster", "metadata": {"name": "db"}, "spec": {}});
    let made = namespace.objects(&resource).patch("db", &PatchParams::apply("trials"), &Patch::Apply(object)).await?;
    let uid = made.metadata.uid.context("no uid")?;
    Ok(json!({"apiVersion": version, "kind": "Cluster", "name": "db", "uid": uid, "controller": true}))
}
