//! Claims whose volume would go with them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;

use crate::databases::list;
use crate::guarded::{
    self, ADMIN, DELETER, GITOPS, PRUNER, as_user, labelled_claim, refused, silent, warned, way_through,
};
use crate::plane::Plane;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::a_claim_whose_volume_goes_with_it_stays", async |plane| stays(&plane).await),
        trial("guards::the_way_through_is_printed_whole", async |plane| way(&plane).await),
        trial("guards::elsewhere_it_is_a_warning", async |plane| elsewhere(&plane).await),
    ]
}

const LOST: &str = "holds a database, and its volume is deleted with it";

async fn stays(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "claims", true).await?;
    let claims = [("lost", "deleted"), ("kept", "retained"), ("open", "unknown")];
    namespace.apply(&list(&claims.map(|(name, fate)| labelled_claim(name, fate)))).await?;
    for user in [ADMIN, DELETER, GITOPS, PRUNER] {
        let namespace = as_user(plane, &namespace, user)?;
        refused(namespace.kubectl(&["delete", "pvc/lost"]).await?, "claims", LOST)?;
        for more in ["--dry-run=server", "--force", "--cascade=orphan", "--cascade=foreground"] {
            refused(namespace.kubectl(&["delete", "pvc/lost", more]).await?, "claims", LOST)?;
        }
        // A prune deletes by a selector: one request for all of them, which the API server takes apart.
        let all = format!(
            "/api/v1/namespaces/{}/persistentvolumeclaims?labelSelector=seawall.dev/holds-data%3Ddeleted",
            namespace.name()
        );
        let said = namespace.kubectl(&["delete", "--raw", &all]).await?.failed()?;
        ensure!(said.contains(LOST), "{said}");
    }
    let namespace = as_user(plane, &namespace, DELETER)?;
    for name in ["pvc/kept", "pvc/open"] {
        silent(namespace.kubectl(&["delete", name, "--wait=false"]).await?)?;
    }
    ensure!(namespace.kubectl(&["get", "pvc/lost"]).await?.ok, "it is gone all the same");
    Ok(())
}

async fn way(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "way", true).await?;
    namespace.apply(&list(&[labelled_claim("data-db-0", "deleted")])).await?;
    let (admin, deleter) = (as_user(plane, &namespace, ADMIN)?, as_user(plane, &namespace, DELETER)?);
    let delete = ["delete", "pvc/data-db-0", "--wait=false"];
    let said = refused(deleter.kubectl(&delete).await?, "claims", LOST)?;
    let printed = way_through(&said)?.to_owned();
    ensure!(!printed.ends_with('.') && printed.contains("data-db-0@$("), "{printed}");

    // What the annotation must be like: its own name, and a time.
    let annotate = |value: &str| {
        let pair = format!("seawall.dev/confirm-delete={value}");
        let admin = admin.clone();
        async move { admin.kubectl(&["annotate", "--overwrite", "pvc/data-db-0", &pair]).await?.succeeded() }
    };
    for wrong in ["yes", "data-db-1@2031-01-01T00:00:00Z", "data-db-0@tomorrow", "data-db-0@", "data-db-0@2031-01-01"] {
        annotate(wrong).await?;
        refused(admin.kubectl(&delete).await?, "claims", LOST)?;
    }
    // As it is printed, by somebody who may; then by who may not, on the same annotation.
    admin.shell(&printed).await?.succeeded()?;
    refused(deleter.kubectl(&delete).await?, "claims", LOST)?;
    silent(admin.kubectl(&delete).await?)
}

async fn elsewhere(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "elsewhere", false).await?;
    namespace.apply(&list(&[labelled_claim("lost", "deleted"), labelled_claim("kept", "retained")])).await?;
    let namespace = as_user(plane, &namespace, DELETER)?;
    warned(namespace.kubectl(&["delete", "pvc/lost", "--wait=false"]).await?, "claims", LOST)?;
    silent(namespace.kubectl(&["delete", "pvc/kept", "--wait=false"]).await?)
}
