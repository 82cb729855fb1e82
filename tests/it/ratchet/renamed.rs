//! A container that only got another name is the one it was, and what was wrong with it is not new. Nothing else is excused by that.

use seawall::terms::Action;
use serde_json::{Value, json};

use super::{Trial, Verdict, history, mysql, past::with_second, ran};

const SO_BEFORE: Verdict = (Action::Warn, "it was so before");
const REFUSED: Verdict = (Action::Deny, "");

fn containers(object: &mut Value) -> &mut Vec<Value> {
    object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap()
}

/// The same with its first container changed.
fn first(mut object: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut containers(&mut object)[0]);
    object
}

fn called(object: Value, name: &str) -> Value {
    first(object, |c| c["name"] = json!(name))
}

fn of_image(object: Value, image: &str) -> Value {
    first(object, |c| c["image"] = json!(image))
}

fn faulty() -> Value {
    mysql(&[("FAULT", "2")])
}

fn verdict(old: Value, new: Value) -> Verdict {
    Trial::update(old, new).verdict("env[FAULT].value")
}

#[test]
fn another_name_is_no_other_fault() {
    assert_eq!(verdict(faulty(), called(faulty(), "db")), SO_BEFORE);
    assert_eq!(verdict(faulty(), called(of_image(faulty(), "mysql:8.4.7"), "db")), SO_BEFORE, "of a newer image, too");
    let packaged = of_image(called(faulty(), "db"), "registry.example/mirror/mysql:8.4.6");
    assert_eq!(verdict(faulty(), packaged), SO_BEFORE, "of the same engine from elsewhere");
    let beside = |name: &str| with_second(called(faulty(), name), "second");
    let verdicts = Trial::update(beside("mysql"), beside("db")).verdicts("env[FAULT].value");
    assert_eq!(verdicts, [SO_BEFORE, SO_BEFORE], "beside one that stays");
}

#[test]
fn only_what_it_had_is_excused() {
    let renamed = |faults: &[(&str, &str)]| called(mysql(faults), "db");
    assert_eq!(verdict(faulty(), renamed(&[("FAULT", "1")])), SO_BEFORE, "less bad");
    assert_eq!(verdict(faulty(), renamed(&[("FAULT", "3")])), REFUSED, "worse");
    assert_eq!(verdict(mysql(&[]), renamed(&[("FAULT", "1")])), REFUSED, "new");
    assert_eq!(verdict(mysql(&[("FAULT_A", "2")]), renamed(&[("FAULT", "2")])), REFUSED, "in another place");
}

#[test]
fn what_could_be_another_container_excuses_nothing() {
    let second = |name: &str| with_second(faulty(), name);
    let both = called(second("other"), "db");
    assert_eq!(verdicts(second("second"), both), [REFUSED, REFUSED], "two came, two went");
    assert_eq!(verdicts(faulty(), called(second("second"), "db")), [REFUSED, REFUSED], "two came, one went");
    assert_eq!(verdicts(second("second"), called(faulty(), "db")), [REFUSED], "one came, two went");
    let other = of_image(called(faulty(), "db"), "mariadb:11.4.5");
    assert_eq!(verdicts(faulty(), other), [REFUSED], "of another engine");
    let mut moved = called(faulty(), "db");
    let server = containers(&mut moved).remove(0);
    moved["spec"]["template"]["spec"]["initContainers"] = json!([server]);
    moved["spec"]["template"]["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
    assert_eq!(verdicts(faulty(), moved), [REFUSED], "in another list");
}

fn verdicts(old: Value, new: Value) -> Vec<Verdict> {
    Trial::update(old, new).verdicts("env[FAULT].value")
}

/// What a container was taken for only because of its new name was not wrong with it under its old one.
#[test]
fn a_name_makes_no_past() {
    let bare = |name: &str| {
        let mut object = first(called(faulty(), name), |c| {
            c["image"] = json!("registry.example/team/store:1");
            c["ports"] = json!([{ "containerPort": 3306 }]);
            c.as_object_mut().unwrap().remove("volumeMounts");
        });
        containers(&mut object)[0]["env"] = json!([{ "name": "FAULT", "value": "2" }]);
        object
    };
    let found = |object: Value| Trial::create(object).verdicts("env[FAULT].value").len();
    assert_eq!((found(bare("store")), found(bare("mysql"))), (0, 1), "the name is what makes it a database");
    assert_eq!(verdict(bare("store"), bare("mysql")), REFUSED);
}

#[test]
fn a_template_that_ran_under_another_name_ran() {
    let again = Trial::update(mysql(&[]), called(faulty(), "db")).knowing(history(), ran(&[&faulty()]));
    assert_eq!(again.verdict("env[FAULT].value"), (Action::Warn, "a template that ran before has it too"));
    let adopts = Trial::create(called(faulty(), "db")).knowing(history(), ran(&[&faulty()]));
    assert_eq!(adopts.verdict("env[FAULT].value"), (Action::Warn, "a template that ran before has it too"));
}

/// With a container of no engine beside the first one.
fn with_exporter(mut object: Value, name: &str) -> Value {
    containers(&mut object).push(json!({ "name": name, "image": "registry.example/metrics/exporter:1.4.0" }));
    object
}

#[test]
fn what_else_comes_and_goes_is_no_concern() {
    let (old, new) = (faulty(), called(faulty(), "db"));
    for (why, old, new) in [
        ("an exporter came", old.clone(), with_exporter(new.clone(), "exporter")),
        ("an exporter went", with_exporter(old.clone(), "exporter"), new.clone()),
        ("all names got a prefix", with_exporter(old.clone(), "exporter"), with_exporter(new.clone(), "shop-exporter")),
        ("its exporter is another", with_exporter(old.clone(), "exporter"), {
            let mut object = with_exporter(new, "metrics");
            containers(&mut object)[1]["image"] = json!("registry.example/else/agent:2");
            object
        }),
    ] {
        assert_eq!(verdict(old.clone(), new.clone()), SO_BEFORE, "{why}");
        let again = Trial::update(with_exporter(mysql(&[]), "x"), new).knowing(history(), ran(&[&old]));
        assert_eq!(again.verdict("env[FAULT].value"), (Action::Warn, "a template that ran before has it too"), "{why}");
    }
}

#[test]
fn a_server_and_its_dumps_are_told_apart() {
    let beside = |server: &str, client: &str| {
        let mut object = called(faulty(), server);
        containers(&mut object).push(json!({
            "name": client, "image": "mysql:8.4.6", "command": ["sh", "-c", "mysqldump -h orders shop > /dump/shop.sql"],
        }));
        object
    };
    assert_eq!(verdict(beside("mysql", "dump"), beside("shop-mysql", "shop-dump")), SO_BEFORE);
    assert_eq!(verdict(beside("mysql", "dump"), beside("db", "mysql-dump")), SO_BEFORE);
}

#[test]
fn two_that_got_new_names_are_both_known() {
    let two = |one: &str, other: &str| {
        let mut object = called(faulty(), one);
        let mut second = containers(&mut object)[0].clone();
        second["name"] = json!(other);
        second["image"] = json!("postgres:17.7");
        second["env"] = json!([{ "name": "FAULT", "value": "2" }]);
        second["volumeMounts"] = json!([]);
        containers(&mut object).push(second);
        object
    };
    assert_eq!(verdicts(two("mysql", "postgres"), two("a", "b")), [SO_BEFORE, SO_BEFORE]);
    assert_eq!(verdicts(two("mysql", "postgres"), two("postgres", "mysql")).len(), 2, "names that changed places");
}
