//! An API server that goes away and comes back, with policies that an older definition and another version have left there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::json;

use super::{SOON, apply, condition, define, is_denied, policy, team, tried, until};
use crate::databases::{MYSQL, Shape, database, fragile};
use crate::plane::Plane;
use crate::plane::seawall::{Seawall, http_get};
use crate::stage;

/// On a control plane of its own, whose API server is started again.
pub(super) async fn outlived() -> Result<()> {
    let plane = Arc::new(Plane::start().await?);
    // An older definition, which lacks a field.
    define(&plane, |text| {
        let (before, rest) = text
            .split_once(
                "              rulesVersion:
",
            )
            .expect("no rulesVersion");
        let (_, after) = rest
            .split_once(
                "              skipNamespaces:
",
            )
            .expect("no skipNamespaces");
        format!(
            "{before}              skipNamespaces:
{after}"
        )
    })
    .await?;
    apply(&plane, &policy("strict", "strict", &json!({"profile": "baseline"}))).await?.succeeded()?;
    // Nobody who would have refused it was asked: half of it makes no sense, and the other half does.
    let odd = json!({"profile": "production", "rules": {"floating-tags": "deny"}, "engines": {"mysq": {}}});
    apply(&plane, &policy("odd", "odd", &odd)).await?.succeeded()?;
    let seawall = Seawall::start(&plane, stage::seawall(&plane, "observe", None)?).await?;
    let logged = async |words: &str| -> Result<()> {
        let begin = Instant::now();
        while !seawall.log_tail(200).contains(words) {
            ensure!(
                begin.elapsed() < SOON,
                "{words:?} is not in the log:
{}",
                seawall.log_tail(30)
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    logged("spec.rulesVersion").await?;

    let (strict, odd) = (team(&plane, &seawall, "strict").await?, team(&plane, &seawall, "odd").await?);
    let unsafe_one = fragile(database(MYSQL, Shape::StatefulSet, "db"));
    until(&strict, &unsafe_one, is_denied).await?;
    until(&odd, &unsafe_one, is_denied).await?;
    let message = condition(&plane, "odd", "Accepted", "False", 1).await?;
    ensure!(
        message.contains("no rule is called \"floating-tags\"") && message.contains("no engine is called \"mysq\""),
        "{message}"
    );
    condition(&plane, "strict", "Accepted", "True", 1).await?;

    let verbose = async || -> Result<String> { Ok(http_get(seawall.metrics, "/readyz?verbose").await?.1) };
    let ready = verbose().await?;
    ensure!(ready.contains("[ ]policies: heard ") && !ready.contains("not now"), "{ready}");
    ensure!(seawall.scrape().await?.contains("seawall_policies 2\n"));
    ensure!(seawall.scrape().await?.contains("seawall_policies_not_accepted 1\n"));

    plane.restart_api_server()?;
    logged("not heard any more; what was heard last stays in force").await?;
    // The first calls after it is back are judged by what was in force before it went away.
    let begin = Instant::now();
    loop {
        match tried(&strict, "probe", &unsafe_one).await {
            Err(error) if error.to_string().contains("denied the request") => break,
            Err(_) if begin.elapsed() < Duration::from_secs(60) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => bail!("after the API server was away: {other:?}"),
        }
    }
    logged("heard again").await?;
    apply(&plane, &policy("strict", "strict", &json!({"profile": "advise"}))).await?.succeeded()?;
    until(&strict, &unsafe_one, Result::is_ok).await?;
    let ready = verbose().await?;
    ensure!(!ready.contains("not now"), "{ready}");
    seawall.stop().await
}
