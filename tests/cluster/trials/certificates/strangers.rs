//! A Secret that is not ours, and an API server that is away.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, ObjectMeta, PostParams};

use super::{BINARY, LASTING, Load};
use crate::plane::Plane;
use crate::plane::doorway::Doorway;
use crate::plane::replicas::{COUNT, Replicas};

pub async fn foreign(plane: &Arc<Plane>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, LASTING, None).await?;
    let namespace = replicas.namespace("foreign").await?;
    let (secrets, name) = (replicas.secrets(), replicas.name.clone());
    let theirs = |text: &str| ByteString(text.as_bytes().to_vec());
    let secret = Secret {
        metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
        type_: Some("kubernetes.io/tls".to_owned()),
        data: Some([("tls.crt".to_owned(), theirs("x")), ("tls.key".to_owned(), theirs("y"))].into()),
        ..Secret::default()
    };
    let secret = secrets.create(&PostParams::default(), &secret).await?;
    replicas.launch(0)?;
    replicas
        .until("it says what is wrong", async || {
            Ok(replicas.log(0).contains("it lacks the label seawall.dev/certificates=self-managed"))
        })
        .await?;
    replicas.until("it leads", async || Ok(replicas.leader().await? == Some(0))).await?;
    let (status, said) = replicas.get(0, "/readyz?verbose").await?;
    ensure!(status == 503 && said.contains("[-]certificate failed: there is no certificate yet"), "{status} {said}");
    ensure!(replicas.get(0, "/livez").await?.0 == 200, "it would be restarted without an end");
    ensure!(replicas.gauge(0, "certificate_rotation{state=\"blocked\"}").await? == 1, "no metric says so");
    ensure!(secrets.get(&name).await? == secret, "a stranger's Secret was changed");
    // Out of the way, it is replaced by one of ours.
    secrets.delete(&name, &DeleteParams::default()).await?;
    replicas.until("it is ready", async || Ok(replicas.get(0, "/readyz").await?.0 == 200)).await?;
    Load::begin(&replicas, &namespace).await?;
    replicas.unregister().await
}

pub async fn alone(plane: &Arc<Plane>) -> Result<()> {
    let door = Doorway::open(plane.address().parse().context("no address")?).await?;
    let address = format!("https://127.0.0.1:{}", door.port);
    let mut replicas = Replicas::prepare(plane, BINARY, LASTING, Some(&address)).await?;
    let namespace = replicas.namespace("alone").await?;
    replicas.start_all().await?;
    let mut load = Load::begin(&replicas, &namespace).await?;
    let before = replicas.secrets().get(&replicas.name).await?;
    drop(door);
    // Longer than it takes until nobody leads any more, and until each is silent for too long.
    let begun = tokio::time::Instant::now();
    load.until(&replicas, "time passes", async || Ok(begun.elapsed().as_secs() >= 8)).await?;
    replicas.until("nobody leads", async || Ok(replicas.leader().await?.is_none())).await?;
    for number in 0..COUNT {
        ensure!(replicas.get(number, "/readyz").await?.0 == 200, "{}", replicas.logs());
    }
    ensure!(replicas.secrets().get(&replicas.name).await? == before, "somebody else wrote");
    let told = load.end(&replicas).await?;
    eprintln!("certificates: {told} while no replica reached the API server, no failed call");
    replicas.unregister().await
}
