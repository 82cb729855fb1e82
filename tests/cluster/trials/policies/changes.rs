//! Changes while applies stream: of a policy, and of the switch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use serde_json::json;

use super::{SOON, apply, cpu, define, is_denied, policy, team, tried, until};
use crate::databases::{MYSQL, Shape, database, fragile};
use crate::plane::Plane;
use crate::plane::seawall::Seawall;
use crate::stage;

/// Lanes of applies at the same time.
const LANES: usize = 4;
/// Changes of the policy while applies stream.
const CHANGES: u64 = 12;

/// Each generation of the policy asks for a CPU request of its own, so that what is written tells which one was in force.
pub(super) async fn streamed(plane: &Arc<Plane>) -> Result<()> {
    define(plane, str::to_owned).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let wish = |number: u64| {
        let spec = json!({"profile": "baseline", "defaults": {"cpu": {"request": format!("{}m", 100 + number)}}});
        policy("streamed", "streamed", &spec)
    };
    apply(plane, &wish(0)).await?.succeeded()?;
    let namespace = team(plane, &seawall, "streamed").await?;
    let set = database(MYSQL, Shape::StatefulSet, "db");
    until(&namespace, &set, |answer| answer.as_ref().ok().and_then(cpu) == Some("100m")).await?;

    let (newest, applies, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let lane = async |lane: usize| -> Result<()> {
        while over.load(Ordering::SeqCst) == 0 {
            // Whatever was seen before this one began must not be older than what it is given.
            let least = newest.load(Ordering::SeqCst);
            let stored = tried(&namespace, &format!("lane-{lane}"), &set).await?;
            let seen = cpu(&stored).and_then(|cpu| cpu.strip_suffix('m')?.parse::<u64>().ok()).context("no request")?;
            ensure!(seen - 100 >= least, "{} after {least} was seen", seen - 100);
            newest.fetch_max(seen - 100, Ordering::SeqCst);
            applies.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    };
    let change = async || -> Result<()> {
        for number in 1..=CHANGES {
            apply(plane, &wish(number)).await?.succeeded()?;
            let (begin, from) = (Instant::now(), applies.load(Ordering::SeqCst));
            while newest.load(Ordering::SeqCst) < number {
                ensure!(begin.elapsed() < SOON, "generation {number} is not in force after {:?}", begin.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Applies go on under it before the next one comes.
            while applies.load(Ordering::SeqCst) < from + 2 * LANES as u64 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    };
    let changing = async {
        let done = change().await;
        over.store(1, Ordering::SeqCst);
        done
    };
    let (lanes, changed) = tokio::join!(try_join_all((0..LANES).map(lane)), changing);
    changed?;
    lanes?;
    ensure!(applies.load(Ordering::SeqCst) > CHANGES * LANES as u64, "hardly any applies");
    plane.kubectl(&["delete", "databasepolicy", "streamed"]).await?.succeeded()?;
    seawall.stop().await
}

pub(super) async fn switched(plane: &Arc<Plane>) -> Result<()> {
    let home = plane.namespace("switch").await?;
    let mut options = stage::seawall(plane, "baseline", Some(stage::EVERYTHING))?;
    options.more = vec!["--switch".to_owned(), format!("{}/seawall", home.name())];
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("switched").await?;
    let (unsafe_one, plain) =
        (fragile(database(MYSQL, Shape::StatefulSet, "db")), database(MYSQL, Shape::StatefulSet, "db"));
    until(&namespace, &unsafe_one, is_denied).await?;
    ensure!(cpu(&tried(&namespace, "plain", &plain).await?).is_some(), "nothing is written");

    let turn = async |mode: &str| {
        let map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seawall"}, "data": {"mode": mode}});
        home.apply(&map.to_string()).await
    };
    turn("off").await?;
    let took = until(&namespace, &unsafe_one, Result::is_ok).await?;
    ensure!(took < Duration::from_secs(1), "off after {took:?}");
    ensure!(cpu(&tried(&namespace, "plain", &plain).await?).is_none(), "something is written");
    ensure!(seawall.scrape().await?.contains("seawall_switched_off 1\n"));
    // It stays off in a new life.
    let mut seawall = seawall;
    seawall.kill();
    seawall.run().await?;
    ensure!(tried(&namespace, "probe", &unsafe_one).await.is_ok(), "it judges before it knows of the switch");

    turn("on").await?;
    let took = until(&namespace, &unsafe_one, is_denied).await?;
    ensure!(took < Duration::from_secs(1), "on after {took:?}");
    turn("off").await?;
    until(&namespace, &unsafe_one, Result::is_ok).await?;
    home.kubectl(&["delete", "configmap", "seawall"]).await?.succeeded()?;
    until(&namespace, &unsafe_one, is_denied).await?;
    seawall.stop().await
}
