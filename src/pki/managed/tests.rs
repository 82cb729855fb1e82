//! The rotation, state by state.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{Fingerprint, Renew},
    choice::{Choice, Trusted},
    contents::{Asked, Cert, Contents, Maker, Stage},
    model::{Name, Names, times},
    rotation::{Bundle, Replica, Situation, Step, Stored, decide},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn names() -> Names {
    Names { count: 0, times: times(), now: at(0) }
}

/// An installation at rest, whose CA was made at second 0: `ca1` and `leaf2`.
fn steady() -> (Names, Contents<Name>) {
    let mut names = names();
    let Ok(contents) = Contents::begun(&mut names, at(0));
    (names, contents)
}

/// The bundles of two entries.
fn bundles(trusts: &[&str]) -> Vec<Bundle> {
    let trusts: Vec<_> = trusts.iter().map(|id| Fingerprint::written(id)).collect();
    vec![Bundle { trusts, whole: true }; 2]
}

fn serving(contents: &Contents<Name>, seen: i64) -> Replica<Name> {
    let leaf = contents.leaf.clone().unwrap();
    let issuer = contents.trusted().find(|ca| Some(ca.id()) == leaf.issuer()).unwrap().clone();
    Replica { leaf: leaf.id, not_after: leaf.until, issuer, seen: at(seen) }
}

fn step(stored: &Stored<Name>, bundles: &[Bundle], replicas: &[Replica<Name>], second: i64) -> Step<Name> {
    let (known, times) = (None, times());
    decide(&Situation { stored, known, bundles, replicas, names: &[], times: &times, now: at(second) })
}

/// A step, with a short name and what it names.
fn told(step: &Step<Name>) -> String {
    match step {
        Step::Rest(until) => format!("rest {}", until.map_or(0, |until| until.duration_since(at(0)).as_secs())),
        Step::Trust(trusted) => {
            format!("trust {}", trusted.iter().map(|ca| ca.id.as_str()).collect::<Vec<_>>().join(" "))
        }
        other => format!("{} {}", other.name(), other.reason().unwrap_or_default()).trim_end().to_owned(),
    }
}

/// Every state of one rotation, in order, with what is done in it. The CA lives for 600 s, a leaf for 120 s, the wait
/// takes 10 s.
#[test]
fn one_rotation_step_by_step() {
    let (mut names, mut contents) = steady();
    let old = serving(&contents, 405);
    let now =
        |contents: &mut Contents<Name>, names: &mut Names, bundle: &[&str], replicas: &[Replica<Name>], second| {
            names.now = at(second);
            let step = step(&Stored::Held(contents.clone()), &bundles(bundle), replicas, second);
            let told = told(&step);
            let Ok(after) = step.carried_out(Some(contents.clone()), names, at(second));
            *contents = after.unwrap_or_else(|| contents.clone());
            told
        };
    let (c, n) = (&mut contents, &mut names);
    let first = [serving(c, 0)];
    assert_eq!(now(c, n, &[], &first, 0), "trust ca1");
    assert_eq!(now(c, n, &["ca1"], &first, 0), "rest 0");
    assert_eq!(now(c, n, &["ca1"], &first, 80), "renew it would have expired on 1970-01-12");
    assert_eq!(c.leaf.as_ref().unwrap().id.as_str(), "leaf3");
    n.now = at(390);
    let Ok(renewed) = c.clone().renewed(n);
    *c = renewed;
    assert_eq!(now(c, n, &["ca1"], &[], 400), "prepare it would have expired on 1970-01-12");
    assert_eq!(c.stage(), Stage::Announcing);
    let old = [Replica { not_after: at(510), leaf: c.leaf.clone().unwrap().id, ..old }];
    assert_eq!(now(c, n, &["ca1"], &old, 401), "trust ca1 ca5");
    assert_eq!(now(c, n, &["ca1", "ca5"], &old, 402), "announce");
    assert_eq!((c.stage(), c.announced), (Stage::Waiting, Some(at(402))));
    assert_eq!(now(c, n, &["ca1", "ca5"], &old, 411), "rest 412");
    assert_eq!(now(c, n, &["ca1"], &old, 411), "retract", "somebody took it out: the wait begins anew");
    assert_eq!(now(c, n, &["ca1"], &old, 411), "trust ca1 ca5");
    assert_eq!(now(c, n, &["ca1", "ca5"], &old, 411), "announce");
    assert_eq!(now(c, n, &["ca1", "ca5"], &old, 421), "switch");
    assert_eq!((c.stage(), c.authority.as_ref().unwrap().id.as_str()), (Stage::Confirming, "ca5"));
    assert_eq!(c.retired.iter().map(|ca| ca.id.as_str()).collect::<Vec<_>>(), ["ca1"]);
    let new = [serving(c, 422)];
    let both = [old[0].clone(), new[0].clone()];
    assert_eq!(now(c, n, &["ca5", "ca1"], &new, 430), "rest 431", "not before the wait is over");
    assert_eq!(now(c, n, &["ca5", "ca1"], &both, 432), "rest 0", "one serves the old leaf still");
    assert_eq!(now(c, n, &["ca5", "ca1"], &both, 436), "drop", "it has been silent for too long");
    assert_eq!(now(c, n, &["ca5", "ca1"], &both, 434), "rest 0", "it is there after all: what it needs stays");
    assert_eq!(now(c, n, &["ca5", "ca1"], &new, 436), "trust ca5");
    assert_eq!(now(c, n, &["ca5"], &new, 436), "rest 0");
    assert_eq!(c.stage(), Stage::Steady);
}

#[test]
fn what_is_not_ours_is_left_alone_and_what_is_gone_is_made_anew() {
    let (_, contents) = steady();
    let (nobody, somebody) = (Vec::new(), [serving(&contents, 0)]);
    let foreign = Stored::Foreign("because".to_owned());
    assert_eq!(told(&step(&foreign, &bundles(&[]), &somebody, 0)), "rest 0");
    for gone in [Stored::Missing, Stored::Broken("because".to_owned())] {
        assert_eq!(told(&step(&gone, &bundles(&["x"]), &nobody, 0)), "begin there was none");
        let Step::Prepare(base, Renew::Missing) = step(&gone, &bundles(&["ca1"]), &somebody, 0) else { panic!() };
        assert_eq!((base.authority, base.leaf), (None, None), "nobody knows the key any more");
        assert_eq!(base.retired[0].id.as_str(), "ca1", "but it stays trusted for as long as it is served");
        assert_eq!(told(&step(&gone, &bundles(&["ca1"]), &somebody, 120)), "begin there was none", "it has expired");
    }
}

#[test]
fn people_can_ask() {
    let (mut names, contents) = steady();
    for (asked, expected) in [(Asked::Leaf, "renew as asked"), (Asked::Authority, "prepare as asked")] {
        let asked = Contents { asked: Some(asked), ..contents.clone() };
        let step = step(&Stored::Held(asked.clone()), &bundles(&["ca1"]), &[serving(&contents, 0)], 1);
        assert_eq!(told(&step), expected);
        let Ok(after) = step.carried_out(Some(asked), &mut names, at(1));
        assert_eq!(after.unwrap().asked, None, "once");
    }
}

#[test]
fn a_replica_takes_what_api_servers_surely_trust() {
    let (mut names, contents) = steady();
    let old = contents.leaf.clone().unwrap();
    let Ok(next) = names.authority();
    let Ok(new) = names.leaf(&next);
    let wait = SignedDuration::from_secs(10);
    let mut trusted = Trusted::default();
    let choose = |trusted: &Trusted, offered, second| trusted.choose(Some(&old), offered, wait, at(second));
    assert_eq!(trusted.choose(None, &new, wait, at(0)), Choice::Take, "better than nothing");
    assert_eq!(choose(&trusted, &new, 0), Choice::Keep, "nobody knows who trusts what");
    let saw = |trusted: &mut Trusted, ids: &[&str], second| {
        trusted.saw(&bundles(ids).iter().collect::<Vec<_>>(), at(second));
    };
    saw(&mut trusted, &["ca1"], 0);
    assert_eq!(choose(&trusted, &new, 50), Choice::Keep);
    saw(&mut trusted, &["ca1", next.id.as_str()], 50);
    assert_eq!(choose(&trusted, &new, 51), Choice::Later(at(60)));
    assert_eq!(choose(&trusted, &new, 60), Choice::Take);
    saw(&mut trusted, &["ca1"], 61);
    saw(&mut trusted, &["ca1", next.id.as_str()], 62);
    assert_eq!(choose(&trusted, &new, 63), Choice::Later(at(72)), "it was away in between");
    let Ok(renewed) = names.leaf(contents.authority.as_ref().unwrap());
    assert_eq!(choose(&trusted, &renewed, 63), Choice::Take, "the same authority");
    assert_eq!(choose(&trusted, &old, 63), Choice::Keep, "it is served already");
    assert_eq!(trusted.choose(Some(&old), &new, wait, at(120)), Choice::Keep, "it has expired itself");
    let Ok(late) = Names { now: at(119), ..names }.leaf(&next);
    assert_eq!(trusted.choose(Some(&old), &late, wait, at(121)), Choice::Take, "what was served has expired");
    trusted.saw(&[], at(64));
    assert_eq!(choose(&trusted, &new, 64), Choice::Take, "nobody asks us yet");
}
