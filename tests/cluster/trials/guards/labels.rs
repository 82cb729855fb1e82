//! The labels that the guards go by.

use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::Trial;
use seawall::cluster::guards::ACCOUNT;

use crate::databases::list;
use crate::guarded::{self, ADMIN, DELETER, as_user, labelled_claim, labelled_set, refused, silent, way_through};
use crate::plane::Plane;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::what_holds_data_keeps_its_label", async |plane| holds_data(&plane).await),
        trial("guards::a_namespace_keeps_its_guard", async |plane| guard(&plane).await),
    ]
}

async fn holds_data(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "labels", true).await?;
    let objects = [labelled_claim("pvc", "deleted"), labelled_set("sts", "Retain", "Retain")];
    namespace.apply(&list(&objects)).await?;
    let (admin, deleter) = (as_user(plane, &namespace, ADMIN)?, as_user(plane, &namespace, DELETER)?);
    for (policy, kind) in [("claims", "pvc"), ("statefulsets", "sts")] {
        let object = format!("{kind}/{kind}");
        let mut said = String::new();
        for change in ["seawall.dev/holds-data-", "seawall.dev/holds-data=retained"] {
            let output = deleter.kubectl(&["label", "--overwrite", &object, change]).await?;
            said = refused(output, policy, "would lose seawall.dev/holds-data")?;
        }
        // What does not touch it passes, and so does Seawall, which keeps it true.
        silent(deleter.kubectl(&["label", &object, "team=shop"]).await?)?;
        silent(deleter.kubectl(&["label", "--overwrite", &object, "seawall.dev/holds-data=true"]).await.map(
            |mut o| {
                // Of a claim that is a change.
                o.ok |= kind == "pvc";
                o.stderr.clear();
                o
            },
        )?)?;
        let seawall = as_user(plane, &namespace, ACCOUNT)?;
        silent(seawall.kubectl(&["label", "--overwrite", &object, "seawall.dev/holds-data=unknown"]).await?)?;
        admin.shell(way_through(&said)?).await?.succeeded()?;
        silent(admin.kubectl(&["label", &object, "seawall.dev/holds-data-"]).await?)?;
    }
    silent(deleter.kubectl_with(&["apply", "-f", "-"], &list(&[labelled_set("sts", "Retain", "Retain")])).await?)?;
    // What was not known may be said by anybody, and no more.
    deleter.apply(&list(&[labelled_claim("unknown", "unknown")])).await?;
    for fate in ["retained", "deleted"] {
        let said = format!("seawall.dev/holds-data={fate}");
        silent(deleter.kubectl(&["label", "--overwrite", "pvc/unknown", &said]).await?)?;
    }
    let open = as_user(plane, &guarded::namespace(plane, "labels", false).await?, DELETER)?;
    open.apply(&list(&[labelled_claim("pvc", "deleted")])).await?;
    open.kubectl(&["label", "pvc/pvc", "seawall.dev/holds-data-"]).await?.succeeded().map(|_| ())
}

async fn guard(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "kept", true).await?;
    let (admin, deleter) = (as_user(plane, &namespace, ADMIN)?, as_user(plane, &namespace, DELETER)?);
    let label = |change: &'static str| ["label", "--overwrite", "namespace", namespace.name(), change];
    for change in ["seawall.dev/guard-", "seawall.dev/guard=off"] {
        refused(deleter.kubectl(&label(change)).await?, "namespaces", "would lose seawall.dev/guard")?;
    }
    silent(deleter.kubectl(&label("team=shop")).await?)?;
    let said = refused(
        deleter.kubectl(&["delete", "namespace", namespace.name()]).await?,
        "namespaces",
        "everything in it is deleted with it",
    )?;
    admin.shell(way_through(&said)?).await?.succeeded()?;
    refused(deleter.kubectl(&label("seawall.dev/guard-")).await?, "namespaces", "would lose seawall.dev/guard")?;
    silent(admin.kubectl(&label("seawall.dev/guard-")).await?)?;
    // Who guards a namespace asks nobody.
    silent(deleter.kubectl(&label("seawall.dev/guard=enforced")).await?)
}
