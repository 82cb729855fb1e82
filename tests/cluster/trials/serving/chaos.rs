//! Whatever may happen to replicas and to what they need, in an order that nobody chose. `make chaos` goes on for ten minutes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;

use crate::plane::Plane;
use crate::plane::replicas::{COUNT, Replicas};
use crate::stage::{binary, lone_trial, lone_trial_within};
use crate::stream::{Stream, Tally};

/// How long `make chaos` goes on, and how long it may take for what it begins then.
const LONG: Duration = Duration::from_secs(600);
const AFTERWARDS: Duration = Duration::from_secs(300);
/// No certificate is renewed meanwhile: a CA of ten hours, a leaf of five, a wait of a second; who is silent for 5 s is gone.
const TIMES: &str = "36000,18000,1,5";
/// Longer than it takes to let go of who is silent.
const DRAIN_SECONDS: u16 = 6;
/// What the chart allows for a Pod to end, beyond `--drain-delay`.
const GRACE: Duration = Duration::from_secs(20);
/// Applies that succeed during a fault, and after it.
const MEANWHILE: usize = 40;
/// How long a replica stays frozen or starved: longer than any call is waited for.
const LASTING: Duration = Duration::from_secs(7);
/// How long etcd answers nobody, and how long it answers then, in milliseconds; and how often.
const SLOW: (u64, u64, u32) = (700, 300, 8);

pub fn trials() -> Vec<Trial> {
    vec![
        lone_trial("serving::whatever_happens_applies_go_on", async |plane| chaos(&plane, None).await),
        lone_trial_within(LONG + AFTERWARDS, "serving::ten_minutes_of_chaos", async |plane| {
            chaos(&plane, Some(LONG)).await
        })
        .with_ignored_flag(true),
    ]
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// All replicas are restarted, one after the other, by SIGTERM.
    RollingRestart,
    /// One is killed.
    Killed,
    /// One stops where it is, with its connections.
    Frozen,
    /// One can open neither file nor connection.
    NoDescriptors,
    ApiServerRestarted,
    /// etcd answers nobody most of the time.
    SlowEtcd,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::RollingRestart,
        Self::Killed,
        Self::Frozen,
        Self::NoDescriptors,
        Self::ApiServerRestarted,
        Self::SlowEtcd,
    ];

    /// Whether no call may fail: somebody meant it, or Seawall is not what ails.
    fn costs_nothing(self) -> bool {
        matches!(self, Self::RollingRestart | Self::ApiServerRestarted | Self::SlowEtcd)
    }

    /// Happens, to replica `number` where it happens to one, and is over.
    async fn happen(self, number: usize, replicas: &mut Replicas, stream: &Stream) -> Result<()> {
        match self {
            Self::RollingRestart => {
                for number in 0..COUNT {
                    let mut process = replicas.stopping(number)?;
                    let ended = tokio::time::timeout(GRACE, process.finished()).await;
                    let status = ended.context("it does not end within its grace period")?;
                    ensure!(status.success(), "it ends with {status}");
                    replicas.start(number).await?;
                }
                stream.progress(MEANWHILE).await
            }
            Self::Killed => {
                replicas.kill(number);
                stream.progress(MEANWHILE).await?;
                replicas.start(number).await
            }
            Self::Frozen => {
                replicas.freeze(number)?;
                let meanwhile = lasts(stream).await;
                replicas.thaw(number)?;
                meanwhile
            }
            Self::NoDescriptors => {
                let starved = replicas.starve(number).await?;
                let meanwhile = lasts(stream).await;
                starved.end(replicas)?;
                meanwhile?;
                let refused = replicas.gauge(number, "accept_errors_total").await?;
                ensure!(refused > 0, "it had descriptors left");
                Ok(())
            }
            Self::ApiServerRestarted => {
                tokio::task::block_in_place(|| replicas.plane.restart_api_server())?;
                stream.progress(MEANWHILE).await
            }
            Self::SlowEtcd => {
                let (away, pause, turns) = SLOW;
                replicas.plane.slow_etcd(turns, Duration::from_millis(away), Duration::from_millis(pause)).await;
                stream.progress(MEANWHILE).await
            }
        }
    }
}

/// Waits for as long as something lasts, and until applies have succeeded meanwhile.
async fn lasts(stream: &Stream) -> Result<()> {
    let (meanwhile, ()) = tokio::join!(stream.progress(MEANWHILE), tokio::time::sleep(LASTING));
    meanwhile
}

/// Every fault once; for as long as that, where it is said how long.
async fn chaos(plane: &Arc<Plane>, long: Option<Duration>) -> Result<()> {
    let mut dice = Dice::seeded()?;
    eprintln!("chaos: SEAWALL_SEED={}", dice.seed);
    let mut replicas = Replicas::served(plane, binary(), TIMES).await?;
    replicas.drain_seconds = DRAIN_SECONDS;
    let namespace = replicas.namespace("chaos").await?;
    replicas.start_all().await?;
    let stream = Stream::begin(&namespace);
    stream.progress(MEANWHILE).await.with_context(|| replicas.logs())?;

    let (begin, mut totals) = (Instant::now(), BTreeMap::<Fault, (usize, Tally)>::new());
    loop {
        for fault in dice.shuffled(Fault::ALL) {
            let (number, before, began) = (dice.below(COUNT), stream.tally(), Instant::now());
            fault.happen(number, &mut replicas, &stream).await.with_context(|| replicas.logs())?;
            let told = stream.tally() - before;
            eprintln!(
                "chaos: {fault:?}: {} applied, {} failed, {} while the API server was away, in {:.1} s",
                told.applied,
                told.failed,
                told.away,
                began.elapsed().as_secs_f64()
            );
            if fault.costs_nothing() {
                ensure!(told.failed == 0, "{fault:?} fails applies:\n{}\n{}", stream.failures(), replicas.logs());
            }
            over(&stream).await.with_context(|| format!("after {fault:?}\n{}", replicas.logs()))?;
            let (times, total) = totals.entry(fault).or_default();
            *times += 1;
            total.failed += told.failed;
        }
        if long.is_none_or(|long| begin.elapsed() > long) {
            break;
        }
    }
    for (fault, (times, total)) in totals {
        eprintln!("chaos: {fault:?}: {times} times, {} applies failed", total.failed);
    }
    drop(stream);
    replicas.unregister().await
}

/// Waits until what happened is over for those who apply: none fails any more.
async fn over(stream: &Stream) -> Result<()> {
    let deadline = Instant::now() + GRACE;
    loop {
        let before = stream.tally();
        stream.progress(MEANWHILE).await?;
        let told = stream.tally() - before;
        if told.failed + told.away == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "applies still fail:\n{}", stream.failures());
    }
}

/// Numbers that look random, and are the same for the same seed (Steele's SplitMix64).
struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// By `SEAWALL_SEED`, or by the time.
    fn seeded() -> Result<Self> {
        let seed = match std::env::var("SEAWALL_SEED") {
            Ok(text) => text.parse().context("SEAWALL_SEED is no number")?,
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        };
        Ok(Self { seed, state: seed })
    }

    fn below(&mut self, count: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or_default() % count
    }

    fn shuffled<const N: usize>(&mut self, mut all: [Fault; N]) -> [Fault; N] {
        for last in (1..N).rev() {
            all.swap(last, self.below(last + 1));
        }
        all
    }
}
