//! What a finding does by its tier, the profile and the settings; and what a namespace's label excuses.

use seawall::{
    facts::{Answer, Known, NamespaceFacts},
    rule::Rule,
    terms::{Action, Profile, Tier, keys},
};
use serde_json::json;

use super::{CAPPED, Trial, mysql, namespace};

static CAPPED_ONLY: &[&Rule] = &[&CAPPED];
const REFUSED: (Action, &str) = (Action::Deny, "");

/// The table that people are promised.
const TABLE: &str = "
    tier     observe  advise  baseline  production
    loss     audit    warn    deny      deny
    open     audit    warn    deny      deny
    leak     audit    warn    warn      deny
    outage   audit    warn    warn      deny
    hygiene  audit    audit   audit     warn
    mends    no       no      yes       yes
    label    yes      yes     yes       no
";

#[test]
fn profiles_do_what_is_promised() {
    let mut rows = TABLE.lines().map(|l| l.split_whitespace().collect::<Vec<_>>()).filter(|row| !row.is_empty());
    let profiles: Vec<Profile> = rows.next().unwrap()[1..].iter().map(|p| p.parse().unwrap()).collect();
    assert_eq!(profiles, Profile::ALL);
    let mut tiers = Vec::new();
    for row in rows {
        for (profile, promised) in profiles.iter().zip(&row[1..]) {
            let is = match row[0] {
                "mends" => {
                    if profile.mends() {
                        "yes"
                    } else {
                        "no"
                    }
                }
                "label" => {
                    if profile.honours_data_label() {
                        "yes"
                    } else {
                        "no"
                    }
                }
                tier => profile.action(tier.parse().unwrap()).as_str(),
            };
            assert_eq!(is, *promised, "{} in {profile}", row[0]);
        }
        tiers.extend(row[0].parse::<Tier>());
    }
    assert_eq!(tiers, Tier::ALL);
}

#[test]
fn settings_may_change_what_one_rule_does() {
    let faulty = || Trial::create(mysql(&[("FAULT", "1")]));
    for profile in Profile::ALL {
        for action in Action::ALL {
            let mut trial = faulty().in_profile(*profile);
            trial.policy["rules"] = json!({ "planted-fault": action });
            let expected = if *action == Action::Off { vec![] } else { vec![(*action, "")] };
            assert_eq!(trial.verdicts("value"), expected, "{action} in {profile}");
        }
    }
    let mut other = faulty();
    other.policy["rules"] = json!({ "fault-beside": "off" });
    assert_eq!(other.verdict("value"), REFUSED, "another rule's action changes nothing here");
}

#[test]
fn a_ceiling_is_never_raised() {
    let capped = |profile, action: Option<Action>| {
        let mut trial = Trial::create(mysql(&[])).in_profile(profile);
        trial.rules = CAPPED_ONLY;
        if let Some(action) = action {
            trial.policy["rules"] = json!({ "capped-fault": action });
        }
        trial.verdict("containers[mysql]").0
    };
    for profile in Profile::ALL {
        assert_eq!(capped(*profile, Some(Action::Deny)), Action::Warn, "{profile}");
        assert_eq!(capped(*profile, None), profile.action(Tier::Loss).min(Action::Warn), "{profile}");
    }
}

#[test]
fn an_excuse_never_raises() {
    let mysql = || mysql(&[("FAULT", "1")]);
    let observed = Trial::update(mysql(), mysql()).in_profile(Profile::Observe);
    assert_eq!(observed.verdict("value"), (Action::Audit, ""));
}

#[test]
fn a_namespace_for_what_is_meant_to_go() {
    let faulty = || Trial::create(mysql(&[("FAULT", "1")]));
    let labelled = |value: &str| {
        let labels = vec![(keys::DATA.to_owned(), value.to_owned())];
        Known::Found(Answer::Namespace(NamespaceFacts { labels, terminating: false }))
    };
    let unknown = (Action::Warn, "nobody says whether its namespace is for what is meant to go");
    for profile in Profile::ALL {
        let says = |answer| faulty().in_profile(*profile).knowing(namespace(), answer).verdicts("value");
        let usual = vec![(profile.action(Tier::Loss), "")];
        let believed = profile.honours_data_label();
        let spared = if believed { Vec::new() } else { usual.clone() };
        assert_eq!(says(labelled("ephemeral")), spared, "ephemeral in {profile}");
        assert_eq!(says(labelled("durable")), usual, "durable in {profile}");
        assert_eq!(says(labelled("nonsense")), usual, "nonsense in {profile}");
        let doubted = if believed && usual[0].0 == Action::Deny { vec![unknown] } else { usual };
        assert_eq!(says(Known::Unknown), doubted, "nobody knows, in {profile}");
    }
}

#[test]
fn a_workloads_own_label_comes_before_its_namespaces() {
    let own = |value: &str| {
        let mut object = mysql(&[("FAULT", "1")]);
        object["metadata"]["labels"] = json!({ keys::DATA: value });
        Trial::create(object).in_profile(Profile::Baseline)
    };
    assert_eq!(own("ephemeral").verdicts("value"), []);
    let labels = vec![(keys::DATA.to_owned(), "ephemeral".to_owned())];
    let ephemeral = || Known::Found(Answer::Namespace(NamespaceFacts { labels: labels.clone(), terminating: false }));
    assert_eq!(own("durable").knowing(namespace(), ephemeral()).verdict("value"), REFUSED);
    assert_eq!(
        own("durable").knowing(namespace(), Known::Unknown).verdict("value"),
        REFUSED,
        "nobody needs to be asked"
    );
}
