//! The class of a claim by engine and size, and the classes that are allowed, as policies of the cluster say it.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::{Value, json};

use super::{apply, installed, is_denied, policy, team, until};
use crate::databases::{ENGINES, Engine, MYSQL, POSTGRES, Shape, database};
use crate::plane::Plane;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::stage;

const NAME: &str = "classes";

/// A new database whose claims have this size, and this class where one is written.
fn set(engine: Engine, name: &str, size: &str, class: Option<&str>) -> Value {
    let mut set = database(engine, Shape::StatefulSet, name);
    let spec = &mut set["spec"]["volumeClaimTemplates"][0]["spec"];
    spec["resources"]["requests"]["storage"] = json!(size);
    if let Some(class) = class {
        spec["storageClassName"] = json!(class);
    }
    set
}

/// The cluster's default is `standard`, so that `fast` is somebody's doing.
pub(super) async fn given_and_allowed(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let redis = ENGINES.into_iter().find(|engine| engine.name == "redis").context("no redis")?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let namespace = team(plane, &seawall, NAME).await?;
    let old = set(MYSQL, "old", "1Gi", Some("slow"));
    namespace.apply(&old.to_string()).await?;

    let sizes = json!([{"atLeast": "2Gi", "className": "fast"}]);
    let storage = json!({"className": "standard", "classesBySize": sizes, "allowedClasses": ["fast", "standard"]});
    let own = json!({"className": "slow", "allowedClasses": ["slow"]});
    let engines = json!({"redis": {"storage": {"classesBySize": []}}, "postgres": {"storage": own}});
    let spec = json!({"profile": "production", "defaults": {"storage": storage}, "engines": engines});
    apply(plane, &policy(NAME, NAME, &spec)).await?.succeeded()?;
    until(&namespace, &set(MYSQL, "probe", "1Gi", Some("slow")), is_denied).await?;

    let made = [set(MYSQL, "large", "2Gi", None), set(MYSQL, "small", "1Gi", None), set(redis, "other", "2Gi", None)];
    for set in &made {
        namespace.apply(&set.to_string()).await?;
    }
    for (claim, class) in [("data-large-0", "fast"), ("data-small-0", "standard"), ("data-other-0", "standard")] {
        let claims = namespace.api::<PersistentVolumeClaim>();
        let found = wait_for(&claims, claim, "the claim to be made", |claim| claim.cloned()).await?;
        let found = found.spec.and_then(|spec| spec.storage_class_name);
        ensure!(found.as_deref() == Some(class), "claim {claim} has class {found:?}, not {class}");
    }

    // A class outside is refused with those that are allowed; what one engine may have, another may not.
    let new = set(MYSQL, "new", "1Gi", Some("slow")).to_string();
    let refused = namespace.kubectl_with(&["create", "-f", "-"], &new).await?.failed()?;
    ensure!(refused.contains("has storage class slow; the policies allow fast, standard"), "{refused}");
    namespace.apply(&set(POSTGRES, "elsewhere", "1Gi", Some("slow")).to_string()).await?;
    // What was there before goes on.
    for line in ["scale statefulset/old --replicas=2", "rollout restart statefulset/old"] {
        namespace.kubectl(&line.split(' ').collect::<Vec<_>>()).await?.succeeded()?;
    }
    plane.kubectl(&["delete", "databasepolicy", NAME]).await?.succeeded()?;
    seawall.stop().await
}
