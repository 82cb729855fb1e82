use super::*;

const TIMES: LeaseTimes =
    LeaseTimes { duration: Duration::from_secs(15), deadline: Duration::from_secs(10), retry: Duration::from_secs(2) };

fn candidate(holder: &str) -> Candidate {
    let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    Candidate {
        api: Api::namespaced(kube::Client::try_from(config).unwrap(), "n"),
        name: "l".to_owned(),
        holder: holder.to_owned(),
        times: TIMES,
        now: || Timestamp::from_second(1).unwrap(),
        leads_until: watch::Sender::new(None),
        seen: Mutex::new(None),
        absences: std::sync::Mutex::default(),
    }
}

fn held_by(holder: &str, second: i64) -> Lease {
    let mut lease = candidate(holder).fresh();
    lease.spec.as_mut().unwrap().renew_time = Some(MicroTime(Timestamp::from_second(second).unwrap()));
    lease
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_taken_when_nobody_has_it_or_nobody_renews_it() {
    let me = candidate("me");
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(me.choose(None, start), Move::Create);
    assert_eq!(me.choose(Some(&term(&held_by("me", 5), None, start)), after(99)), Move::Renew);
    assert_eq!(me.choose(Some(&term(&held_by("", 5), None, start)), start), Move::Take);
    let other = term(&held_by("you", 5), None, start);
    assert_eq!(me.choose(Some(&other), after(14)), Move::Wait);
    assert_eq!(me.choose(Some(&other), after(15)), Move::Take);
    // However old it says it is: the clocks may differ, so it counts since when it was seen.
    let again = term(&held_by("you", 5), Some(&other), after(14));
    assert_eq!(me.choose(Some(&again), after(15)), Move::Take, "the same renewal is as old as before");
    let renewed = term(&held_by("you", 6), Some(&other), after(14));
    assert_eq!(me.choose(Some(&renewed), after(15)), Move::Wait);
    let another = term(&held_by("them", 5), Some(&other), after(14));
    assert_eq!(me.choose(Some(&another), after(15)), Move::Wait);
}

#[tokio::test]
async fn a_lease_that_nobody_renewed_for_long_tells_of_an_absence() {
    let mut me = candidate("me");
    me.now = || Timestamp::from_second(100).unwrap();
    let start = Instant::now();
    me.note(None);
    me.note(Some(&term(&held_by("me", 75), None, start)));
    me.note(Some(&term(&held_by("you", 70), None, start)));
    assert_eq!(me.absences(), [], "a leader was killed");
    me.note(Some(&term(&held_by("you", 69), None, start)));
    let [Absence { from, until }] = me.absences()[..] else { panic!("no absence") };
    assert_eq!((from.as_second(), until.as_second()), (69, 100));
    assert_eq!(me.absences(), [], "told once");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_leads_no_more_before_another_may() {
    let me = candidate("me");
    let leadership = me.leadership();
    assert!(!leadership.is_held());
    me.tell(Some(Instant::now() + TIMES.deadline));
    assert!(leadership.is_held());
    tokio::time::advance(TIMES.deadline).await;
    assert!(!leadership.is_held(), "without anybody having told it");
    assert!(TIMES.deadline < TIMES.duration);
}
