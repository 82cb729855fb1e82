//! Pods that are deleted by force: let through, and recorded.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::api::Api;
use libtest_mimic::Trial;
use serde_json::json;

use super::events::event;
use crate::databases::{MYSQL, Shape, database, list};
use crate::plane::Plane;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("background::what_is_deleted_by_force_is_recorded", async |plane| forced(&plane).await)]
}

async fn forced(plane: &Arc<Plane>) -> Result<()> {
    let mut options = stage::seawall(plane, "production", None)?;
    options.more = vec!["--events".to_owned()];
    let seawall = Seawall::start(plane, options).await?;
    let mut counted = 0;
    for namespace in [seawall.namespace("forced").await?, seawall.enforced_namespace("forced").await?] {
        let web = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "web", "image": "nginx:1.27.0"}]},
        });
        namespace.apply(&list(&[database(MYSQL, Shape::StatefulSet, "db"), web])).await?;
        let pods: Api<Pod> = namespace.api();
        let has_node = |pod: Option<&Pod>| pod?.spec.as_ref()?.node_name.as_ref().map(|_| ());
        wait_for(&pods, "db-0", "the Pod to have a node", has_node).await?;
        let force = ["--force", "--grace-period=0", "--wait=false"];
        let delete = async |pod: &str, more: &[&str]| -> Result<()> {
            let output = namespace.kubectl(&[&["delete", "pod", pod], more].concat()).await?;
            // What kubectl itself says of it.
            let said = output.stderr.replace("Warning: Immediate deletion does not wait", "");
            ensure!(output.ok && !said.contains("Warning"), "{output:?}");
            Ok(())
        };
        let count = async || seawall.count("forced_deletions", "").await;
        // Nobody is interested in a web server, a rehearsal, or a Pod that has its time.
        delete("web", &force).await?;
        delete("db-0", &[&force[..], &["--dry-run=server"]].concat()).await?;
        delete("db-0", &["--wait=false"]).await?;
        ensure!(count().await? == counted, "{} are counted", count().await?);
        // The API server asks again where somebody else wrote to the Pod in the meantime: one may count for several. Nobody ends it on this node: that is when people lose patience.
        delete("db-0", &force).await?;
        let before = std::mem::replace(&mut counted, count().await?);
        ensure!(counted > before, "{counted} are counted, as before");
        let events: Api<Event> = namespace.api();
        let told = event(&events, "StatefulSet/db", "ForceDeleted", "\"db-0\" with mysql", 1).await?;
        ensure!(told.type_.as_deref() == Some("Warning") && told.action.as_deref() == Some("Delete"), "{told:?}");
    }
    let log = seawall.log_tail(usize::MAX);
    ensure!(log.matches("deleted by force").count() as u64 == counted, "{}", seawall.log_tail(20));
    seawall.stop().await
}
