//! Law 4: nothing is lost. A field that nobody here has heard of survives, and changes nothing.

use seawall::rules;
use serde_json::{Value, json};

use super::{identities, mended, with};
use crate::specimens;

const KEY: &str = "x-unknown";

fn unknown() -> Value {
    json!({ "keep": [1, null] })
}

/// Puts an unknown field into each map; returns how many there are.
fn plant(value: &mut Value) -> usize {
    match value {
        Value::Array(items) => items.iter_mut().map(plant).sum(),
        // A volume of nothing but its name is an emptyDir; with another field it is a type of volume that nobody here has heard of.
        Value::Object(map) if map.len() == 1 && map.contains_key("name") => 0,
        Value::Object(map) => {
            let planted: usize = map.values_mut().map(plant).sum();
            map.insert(KEY.to_owned(), unknown());
            planted + 1
        }
        _ => 0,
    }
}

/// Takes the unknown fields out again; returns how many survived as they were.
fn harvest(value: &mut Value) -> usize {
    match value {
        Value::Array(items) => items.iter_mut().map(harvest).sum(),
        Value::Object(map) => {
            let own = usize::from(map.remove(KEY).is_some_and(|v| v == unknown()));
            own + map.values_mut().map(harvest).sum::<usize>()
        }
        _ => 0,
    }
}

#[test]
fn what_nobody_knows_survives_and_changes_nothing() {
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let plain = specimen.outcome();
        let mut object = specimen.case.object.clone();
        let planted = plant(&mut object);
        let mut case = with(specimen, object);
        plant(&mut case.old);
        let outcome = case.outcome_under(rules::ALL, facts);
        assert_eq!(identities(&outcome), identities(plain));
        assert_eq!(mended(&outcome), mended(plain));
        let mut left = super::patched(&case.object, &outcome.patch);
        assert_eq!(harvest(&mut left), planted, "unknown fields that survive");
        assert_eq!(left, plain.stored, "what else is stored");
    });
}
