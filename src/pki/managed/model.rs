//! A cluster of numbers: certificates are names, API servers and replicas learn late, whoever decides dies between two
//! steps, and somebody deletes, strips and restores. Held over random histories: nobody is shown a certificate that
//! some API server does not trust, and in quiet times all comes to rest.

use std::convert::Infallible;

use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    super::Fingerprint,
    choice::{Choice, Trusted},
    contents::{Asked, Cert, Contents, Maker, Stage},
    rotation::{Bundle, Replica, Situation, Step, Stored, Times, decide},
};

/// A certificate without a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) id: Fingerprint,
    pub(super) issuer: Option<Fingerprint>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Cert for Name {
    fn id(&self) -> &Fingerprint {
        &self.id
    }
    fn issuer(&self) -> Option<&Fingerprint> {
        self.issuer.as_ref()
    }
    fn not_before(&self) -> Timestamp {
        self.from
    }
    fn not_after(&self) -> Timestamp {
        self.until
    }
    fn names(&self) -> &[String] {
        &[]
    }
    fn without_key(self) -> Self {
        self
    }
}

/// Gives names.
pub(super) struct Names {
    pub(super) count: usize,
    pub(super) times: Times,
    pub(super) now: Timestamp,
}

impl Names {
    fn next(&mut self, kind: &str, life: SignedDuration, issuer: Option<&Name>) -> Name {
        self.count += 1;
        let until = issuer.map_or(self.now + life, |issuer| issuer.until.min(self.now + life));
        let id = Fingerprint::written(&format!("{kind}{}", self.count));
        Name { id, issuer: issuer.map(|issuer| issuer.id.clone()), from: self.now, until }
    }
}

impl Maker<Name> for Names {
    type Error = Infallible;
    fn authority(&mut self) -> Result<Name, Infallible> {
        Ok(self.next("ca", self.times.authority, None))
    }
    fn leaf(&mut self, authority: &Name) -> Result<Name, Infallible> {
        Ok(self.next("leaf", self.times.leaf, Some(authority)))
    }
}

/// An API server sees a bundle at most this much later than it was written, less than the wait.
const LAG: SignedDuration = SignedDuration::from_secs(9);

pub(super) fn times() -> Times {
    Times {
        authority: SignedDuration::from_secs(600),
        leaf: SignedDuration::from_secs(120),
        wait: SignedDuration::from_secs(10),
        stale: SignedDuration::from_secs(30),
    }
}

/// A replica: what it has in memory, and what it has seen of the cluster.
#[derive(Debug, Default)]
struct Pod {
    alive: bool,
    serving: Option<(Name, Name)>,
    known: Option<Contents<Name>>,
    trusted: Trusted,
}

/// One version of a bundle: when it was written, what is in it, and whether nobody here answers for it.
type Version = (Timestamp, Vec<Fingerprint>, bool);

struct Cluster {
    names: Names,
    secret: Stored<Name>,
    before: Vec<Contents<Name>>,
    bundles: Vec<Vec<Version>>,
    pods: Vec<Pod>,
    leases: Vec<Option<Replica<Name>>>,
}

#[derive(Debug, Clone)]
enum Event {
    /// Time passes; whoever is alive says so.
    Pass(u8),
    /// This replica leads, takes a step, and is gone before it sees what came of it.
    Lead(usize),
    /// This replica looks at the Secret and the bundles.
    Look(usize),
    Kill(usize),
    Start(usize),
    DeleteSecret,
    BreakSecret,
    Strip(usize),
    Ask(bool),
    Restore(usize),
}

impl Cluster {
    fn new() -> Self {
        let now = Timestamp::from_second(1_000_000).unwrap();
        Self {
            names: Names { count: 0, times: times(), now },
            secret: Stored::Missing,
            before: Vec::new(),
            bundles: vec![vec![(now, Vec::new(), true)]; 2],
            pods: (0..3).map(|_| Pod::default()).collect(),
            leases: vec![None; 3],
        }
    }

    fn latest(&self) -> Vec<Bundle> {
        let last = |versions: &Vec<Version>| versions.last().unwrap().1.clone();
        self.bundles.iter().map(|versions| Bundle { trusts: last(versions), whole: true }).collect()
    }

    /// What a replica does whenever it wakes up.
    fn look(&mut self, pod: usize) {
        let (latest, now, wait) = (self.latest(), self.names.now, self.names.times.wait);
        let safe = self.is_safe_to_start();
        let me = &mut self.pods[pod];
        if !me.alive {
            return;
        }
        let starts = me.serving.as_ref().is_none_or(|(leaf, _)| !leaf.is_valid(now));
        if starts && !safe {
            return;
        }
        me.trusted.saw(&latest.iter().collect::<Vec<_>>(), now);
        if let Stored::Held(contents) = &self.secret {
            me.known = Some(contents.clone());
            if let Some(leaf) = &contents.leaf {
                let chosen = me.trusted.choose(me.serving.as_ref().map(|(leaf, _)| leaf), leaf, wait, now);
                let issuer = contents.trusted().find(|ca| Some(&ca.id) == leaf.issuer.as_ref());
                if let (Choice::Take, Some(issuer)) = (chosen, issuer) {
                    me.serving = Some((leaf.clone(), issuer.clone()));
                }
            }
        }
        self.publish(pod);
    }

    /// A watch leaves no version out.
    fn watch(&mut self) {
        let (latest, now) = (self.latest(), self.names.now);
        self.pods
            .iter_mut()
            .filter(|pod| pod.alive)
            .for_each(|pod| pod.trusted.saw(&latest.iter().collect::<Vec<_>>(), now));
    }

    fn publish(&mut self, pod: usize) {
        let now = self.names.now;
        if let (true, Some((leaf, issuer))) = (self.pods[pod].alive, &self.pods[pod].serving) {
            self.leases[pod] =
                Some(Replica { leaf: leaf.id.clone(), not_after: leaf.until, issuer: issuer.clone(), seen: now });
        }
    }

    fn next_step(&self, pod: usize) -> Step<Name> {
        let bundles = self.latest();
        let replicas: Vec<_> = self.leases.iter().flatten().cloned().collect();
        decide(&Situation {
            stored: &self.secret,
            known: self.pods[pod].known.as_ref(),
            bundles: &bundles,
            replicas: &replicas,
            names: &[],
            times: &self.names.times,
            now: self.names.now,
        })
    }

    /// Takes one step, which is one write.
    fn lead(&mut self, pod: usize) -> Step<Name> {
        if !self.pods[pod].alive {
            return Step::Rest(None);
        }
        let (step, now) = (self.next_step(pod), self.names.now);
        match &step {
            Step::Rest(_) => {}
            Step::Trust(authorities) => {
                let trusts: Vec<_> = authorities.iter().map(|ca| ca.id.clone()).collect();
                // One write is one bundle: the others follow at the next step.
                let stale = self.bundles.iter_mut().find(|versions| versions.last().unwrap().1 != trusts);
                stale.unwrap().push((now, trusts, false));
                self.watch();
            }
            other => {
                let held = match &self.secret {
                    Stored::Held(contents) => Some(contents.clone()),
                    _ => None,
                };
                self.before.extend(held.clone());
                if let Step::Begin(_) = other {
                    // Nobody serves anything: what the bundles had is of no use to anybody.
                    self.bundles.iter_mut().flatten().for_each(|version| version.2 = true);
                }
                let Ok(written) = other.clone().carried_out(held, &mut self.names, now);
                self.secret = Stored::Held(written.unwrap());
            }
        }
        step
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Pass(seconds) => {
                self.names.now += SignedDuration::from_secs(seconds.into());
                (0..self.pods.len()).for_each(|pod| self.publish(pod));
            }
            Event::Lead(pod) => drop(self.lead(pod)),
            Event::Look(pod) => self.look(pod),
            Event::Kill(pod) => self.pods[pod] = Pod::default(),
            Event::Start(pod) => {
                if !std::mem::replace(&mut self.pods[pod].alive, true) {
                    self.leases[pod] = None;
                }
                self.look(pod);
            }
            Event::DeleteSecret => self.secret = Stored::Missing,
            Event::BreakSecret => self.secret = Stored::Broken("as told".to_owned()),
            Event::Strip(bundle) => {
                self.bundles[bundle].push((self.names.now, Vec::new(), true));
                self.watch();
            }
            Event::Ask(authority) => {
                if let Stored::Held(contents) = &mut self.secret {
                    contents.asked = Some(if authority { Asked::Authority } else { Asked::Leaf });
                }
            }
            Event::Restore(back) => {
                if let Some(old) = self.before.iter().rev().nth(back) {
                    self.secret = Stored::Held(old.clone());
                }
            }
        }
    }

    /// What starts serves what the Secret has, whatever that is: nothing else is there. After a backup was put back that
    /// may be trusted nowhere, which is the fault of whoever did so.
    fn is_safe_to_start(&self) -> bool {
        let Stored::Held(Contents { leaf: Some(leaf), .. }) = &self.secret else { return true };
        self.views().all(|view| view.2 || leaf.issuer.as_ref().is_some_and(|id| view.1.contains(id)))
    }

    /// Every version of a bundle that some API server may still go by.
    fn views(&self) -> impl Iterator<Item = &Version> {
        let since = self.names.now - LAG;
        self.bundles.iter().flat_map(move |versions| {
            let superseded = move |at: usize| versions.get(at + 1).is_some_and(|next| next.0 < since);
            versions.iter().enumerate().filter(move |(at, _)| !superseded(*at)).map(|(_, version)| version)
        })
    }

    fn untrusted(&self) -> Option<String> {
        let valid = |leaf: &Name| leaf.is_valid(self.names.now);
        self.pods.iter().enumerate().find_map(|(pod, state)| {
            let (leaf, issuer) = state.serving.as_ref().filter(|(leaf, _)| valid(leaf))?;
            let view = self.views().find(|view| !view.2 && !view.1.contains(&issuer.id))?;
            Some(format!("pod {pod} serves {:?} of {:?}, and {view:?} is in force", leaf.id, issuer.id))
        })
    }

    /// Everybody is there, looks and does what is due.
    fn calm(&mut self) -> Result<(), TestCaseError> {
        for pod in 0..self.pods.len() {
            self.happen(&Event::Start(pod));
        }
        for _ in 0..40 {
            for round in 0..9 {
                self.happen(&Event::Look(round % 3));
                self.lead(0);
                prop_assert_eq!(self.untrusted(), None);
            }
            if self.is_at_rest() {
                return Ok(());
            }
            self.happen(&Event::Pass(4));
        }
        Err(TestCaseError::fail(format!("it does not come to rest: {:?}", self.next_step(0))))
    }

    fn is_at_rest(&self) -> bool {
        let Stored::Held(contents) = &self.secret else { return false };
        let (Some(authority), Some(leaf)) = (&contents.authority, &contents.leaf) else { return false };
        contents.stage() == Stage::Steady
            && contents.asked.is_none()
            && self.next_step(0) == Step::Rest(None)
            && self.latest().iter().all(|bundle| bundle.trusts == [authority.id.clone()])
            && self.pods.iter().all(|pod| pod.serving.as_ref().is_some_and(|(served, _)| served == leaf))
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1..25u8).prop_map(Event::Pass),
        14 => (0..3usize).prop_map(Event::Lead),
        8 => (0..3usize).prop_map(Event::Look),
        1 => (0..3usize).prop_map(Event::Kill),
        4 => (0..3usize).prop_map(Event::Start),
        1 => Just(Event::DeleteSecret),
        1 => Just(Event::BreakSecret),
        1 => (0..2usize).prop_map(Event::Strip),
        2 => any::<bool>().prop_map(Event::Ask),
        1 => (0..6usize).prop_map(Event::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_served_is_trusted_and_all_comes_to_rest(events in prop::collection::vec(event(), 0..120)) {
        let mut cluster = Cluster::new();
        for event in &events {
            cluster.happen(event);
            prop_assert_eq!(cluster.untrusted(), None, "after {:?}", event);
        }
        cluster.calm()?;
    }
}
