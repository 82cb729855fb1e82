//! What the trials share: one runtime and one control plane, started by the first trial
//! that needs it and stopped after the last.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;

use crate::plane::Plane;
use crate::plane::seawall::{Options, Reach};

/// Longer than any trial takes; the control plane's own start does not count.
const LIMIT: Duration = Duration::from_secs(300);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});
/// Some once a trial tried to start it; after a failure the others do not try again.
static PLANE: Mutex<Option<Option<Arc<Plane>>>> = Mutex::new(None);

/// Settings with a number for everything that Seawall can write.
pub const EVERYTHING: &str = include_str!("settings.yaml");

/// A trial on the shared control plane.
pub fn trial<F>(name: &str, run: F) -> Trial
where
    F: AsyncFnOnce(Arc<Plane>) -> Result<()> + Send + 'static,
{
    Trial::test(name, move || {
        let plane = plane()?;
        let limited = async { tokio::time::timeout(LIMIT, run(plane)).await };
        match RUNTIME.block_on(limited) {
            Ok(result) => result.map_err(|error| Failed::from(format!("{error:#}"))),
            Err(_) => Err(Failed::from(format!("it takes longer than {LIMIT:?}"))),
        }
    })
}

/// A trial on a control plane of its own, since what it does is felt in every namespace.
pub fn lone_trial<F>(name: &str, run: F) -> Trial
where
    F: AsyncFnOnce(Arc<Plane>) -> Result<()> + Send + 'static,
{
    lone_trial_within(LIMIT, name, run)
}

/// The same for one that is run by itself, for as long as that.
pub fn lone_trial_within<F>(limit: Duration, name: &str, run: F) -> Trial
where
    F: AsyncFnOnce(Arc<Plane>) -> Result<()> + Send + 'static,
{
    Trial::test(name, move || {
        let alone = async { run(Arc::new(Plane::start().await?)).await };
        match RUNTIME.block_on(async { tokio::time::timeout(limit, alone).await }) {
            Ok(result) => result.map_err(|error| Failed::from(format!("{error:#}"))),
            Err(_) => Err(Failed::from(format!("it takes longer than {limit:?}"))),
        }
    })
}

/// A trial that needs no control plane.
pub fn plain_trial(name: &str, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || run().map_err(|error| Failed::from(format!("{error:#}"))))
}

/// Seawall as it was just built, or what `SEAWALL_BINARY` names: the program as it is installed.
pub fn binary() -> PathBuf {
    std::env::var_os("SEAWALL_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_seawall").into(), PathBuf::from)
}

/// Seawall as it was just built, with this profile and settings (YAML), guarding the
/// namespaces that it makes itself: `Seawall::start(&plane, options).await`.
pub fn seawall(plane: &Plane, profile: &str, settings: Option<&str>) -> Result<Options> {
    Ok(Options {
        binary: env!("CARGO_BIN_EXE_seawall").into(),
        profile: profile.to_owned(),
        settings: settings.map(|settings| plane.file("settings.yaml", settings)).transpose()?,
        tls: None,
        reach: Reach::OwnNamespaces,
        more: Vec::new(),
        environment: Vec::new(),
        kubeconfig: None,
        door: false,
    })
}

fn plane() -> Result<Arc<Plane>, Failed> {
    let mut slot = PLANE.lock().unwrap_or_else(PoisonError::into_inner);
    let shared = slot.get_or_insert_with(|| {
        let begin = Instant::now();
        match RUNTIME.block_on(Plane::start()) {
            Ok(plane) => {
                eprintln!("control plane: started in {:.1} s", begin.elapsed().as_secs_f64());
                Some(Arc::new(plane))
            }
            Err(error) => {
                eprintln!("control plane: {error:#}");
                None
            }
        }
    });
    shared.clone().ok_or_else(|| Failed::from("the control plane did not start: the reason is above"))
}

/// Stops the control plane, if there is one.
pub fn close() {
    let slot = PLANE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Some(plane)) = slot {
        let begin = Instant::now();
        // A trial that leaked its share does not matter: see `Guardian`.
        RUNTIME.block_on(async { drop(plane) });
        eprintln!("control plane: stopped in {:.1} s", begin.elapsed().as_secs_f64());
    }
}

/// Fails with both texts unless they are equal.
pub fn same(what: &str, expected: &str, found: &str) -> Result<()> {
    if expected != found {
        bail!("{what} differs\nexpected:\n{expected}\nfound:\n{found}");
    }
    Ok(())
}

/// Compares with the text in `expected/`, which `INSTA_UPDATE=always` writes.
pub fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
