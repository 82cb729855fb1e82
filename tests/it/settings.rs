//! Settings that are wrong are refused with file, line, field and the nearest that is right.

use seawall::{
    rules,
    settings::{KnownNames, Policies, Settings},
    terms::{Action, Profile, Tier},
};

use crate::fixture::catalogue;

const HEAD: &str = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: test}\n";

fn read(text: &str, profile: Option<Profile>) -> Result<Settings, String> {
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    Settings::read("settings.yaml", text, profile, known).map_err(|error| error.to_string())
}

#[test]
fn velero_restores_where_nobody_says_who_does() {
    const VELERO: &str = "system:serviceaccount:velero:velero";
    let restores = |spec: &str, user: &str| read(&format!("{HEAD}spec:{spec}"), None).unwrap().is_restorer(user);
    for user in [VELERO, "system:serviceaccount:velero:velero-server", "system:serviceaccount:openshift-adp:velero"] {
        assert!(restores(" {}", user), "{user}");
        assert!(restores("\n  restorers:\n", user), "{user}: nothing is written");
        assert!(Settings::of(Profile::Production).is_restorer(user), "{user}: without a document");
    }
    for user in ["velero", "system:serviceaccount:velero:default", "system:serviceaccount:shop:velero"] {
        assert!(!restores(" {}", user), "{user}");
    }
    assert!(!restores(" {restorers: []}", VELERO), "nobody does");
    assert!(restores(" {restorers: [ark]}", "ark") && !restores(" {restorers: [ark]}", VELERO), "a list replaces it");
}

/// Fails unless a `spec`, which begins on line 5, is refused with these words behind the file.
fn refused(spec: &str, expected: &str) {
    let error = read(&format!("{HEAD}spec:\n{spec}"), None).err().unwrap_or_else(|| panic!("is taken:\n{spec}"));
    assert_eq!(error, format!("settings.yaml: {expected}"), "of\n{spec}");
}

#[test]
fn unknown_words_suggest_the_nearest() {
    for (spec, expected) in [
        ("  profil: advise", "line 5: spec.profil: unknown field \"profil\"; did you mean \"profile\"?"),
        (
            "  profile: prodution",
            "line 5: spec.profile: \"prodution\" is not one of observe, advise, baseline, production; did you mean \"production\"?",
        ),
        (
            "  rules:\n    floating-tags: warn",
            "line 6: spec.rules.floating-tags: no rule is called \"floating-tags\"; did you mean \"floating-tag\"?",
        ),
        (
            "  rules: {floating-tag: wran}",
            "line 5: spec.rules.floating-tag: \"wran\" is not one of off, audit, warn, deny; did you mean \"warn\"?",
        ),
        (
            "  engines:\n    mysq: {}",
            "line 6: spec.engines.mysq: no engine is called \"mysq\"; did you mean \"mysql\"?",
        ),
        (
            "  engines:\n    mysql:\n      memory: {limits: 1Gi}",
            "line 7: spec.engines.mysql.memory.limits: unknown field \"limits\"; did you mean \"limit\"?",
        ),
        ("  defaults: {cpu: {limit: \"1\"}}", "line 5: spec.defaults.cpu.limit: unknown field \"limit\""),
        (
            "  defaults: {credentials: {plaintext: replaced}}",
            "line 5: spec.defaults.credentials.plaintext: \"replaced\" is not one of report, replace; did you mean \"replace\"?",
        ),
    ] {
        refused(spec, expected);
    }
}

#[test]
fn values_have_their_bounds() {
    const QUANTITY: &str = "expected a quantity such as 1Gi or 500m";
    const GRACE: &str = "must be from 1 to 600: node drains give up after 600 seconds";
    const SECRET: &str = "expected a Secret's name, in which {workload} and {engine} are replaced";
    for (field, value, expected) in [
        ("memory.limit", "1GiB", QUANTITY),
        ("memory.limit", "lots", QUANTITY),
        ("memory.request", "\"\"", QUANTITY),
        ("cpu.request", "fast", QUANTITY),
        ("cpu.request", "\"0\"", "must be above 0"),
        ("memory.limit", "-1Gi", "must be above 0"),
        ("memory.limit", "1073741824", "expected a string, found a number"),
        ("terminationGracePeriodSeconds", "0", GRACE),
        ("terminationGracePeriodSeconds", "601", GRACE),
        ("terminationGracePeriodSeconds", "2m", "expected a whole number, found a string"),
        ("drainSeconds", "0", "must be from 1 to 120"),
        ("drainSeconds", "121", "must be from 1 to 120"),
        ("credentials.secretName", "\"{wrokload}\"", SECRET),
        ("credentials.secretName", "Upper", SECRET),
        ("credentials.secretName", "-x", SECRET),
        ("credentials.secretName", "a..b", SECRET),
        ("credentials.secretName", "\"\"", SECRET),
        ("credentials.keys.A", "b c", "expected a Secret's key: letters, digits, `-`, `_` and `.`"),
        ("credentials.keys.A", "..", "expected a Secret's key: letters, digits, `-`, `_` and `.`"),
        ("storage.className", "Not A Class", "expected the name of a StorageClass"),
        ("storage.className", "\"\"", "expected the name of a StorageClass"),
    ] {
        let written = field.rsplit('.').fold(value.to_owned(), |inner, key| format!("{{{key}: {inner}}}"));
        refused(&format!("  defaults: {written}"), &format!("line 5: spec.defaults.{field}: {expected}"));
        let engine = format!("  engines:\n    mysql: {written}");
        refused(&engine, &format!("line 6: spec.engines.mysql.{field}: {expected}"));
    }
}

#[test]
fn classes_are_named_sized_and_allowed() {
    const NAME: &str = "expected the name of a StorageClass";
    const SIZE: &str = "must be above 0";
    const TWICE: &str = "has a class above already: state each size once";
    let not_listed =
        |class: &str| format!("allowedClasses does not list \"{class}\": add it there, or give one that it lists");
    for (storage, field, expected) in [
        ("{allowedClasses: []}", "allowedClasses", "names no class: leave it out to allow all of them"),
        ("{allowedClasses: [A b]}", "allowedClasses", "expected the name of a StorageClass, or \"\" for none"),
        ("{className: slow, allowedClasses: [fast]}", "className", &not_listed("slow")),
        (
            "{classesBySize: [{atLeast: 1Tb, className: a}]}",
            "classesBySize.atLeast",
            "expected a quantity such as 100Gi",
        ),
        ("{classesBySize: [{atLeast: \"0\", className: a}]}", "classesBySize.atLeast", SIZE),
        ("{classesBySize: [{atLeast: -1Gi, className: a}]}", "classesBySize.atLeast", SIZE),
        (
            "{classesBySize: [{atLeast: 1Ti, className: a}, {atLeast: 1024Gi, className: b}]}",
            "classesBySize.atLeast",
            TWICE,
        ),
        ("{classesBySize: [{atLeast: 1Ti, className: A}]}", "classesBySize.className", NAME),
        (
            "{classesBySize: [{atLeast: 1Ti, className: a}], allowedClasses: [b]}",
            "classesBySize.className",
            &not_listed("a"),
        ),
    ] {
        let spec = format!("  defaults: {{storage: {storage}}}");
        refused(&spec, &format!("line 5: spec.defaults.storage.{field}: {expected}"));
    }
    let inherited = "  defaults: {storage: {allowedClasses: [a]}}\n  engines: {mysql: {storage: {className: b}}}";
    refused(inherited, &format!("line 6: spec.engines.mysql.storage.className: {}", not_listed("b")));
    let given = "  defaults: {storage: {className: a}}\n  engines: {mysql: {storage: {allowedClasses: [b]}}}";
    let message = "does not list \"a\", the class of the defaults: add it, or give className beside this";
    refused(given, &format!("line 6: spec.engines.mysql.storage.allowedClasses: {message}"));
}

#[test]
fn a_request_fits_below_its_limit() {
    let above = "must not be above the limit";
    refused(
        "  defaults: {memory: {limit: 1Gi, request: 1025Mi}}",
        &format!("line 5: spec.defaults.memory.request: {above}"),
    );
    let engine = "  engines: {mysql: {memory: {limit: 1Gi, request: 2Gi}}}";
    refused(engine, &format!("line 5: spec.engines.mysql.memory.request: {above}"));
    let inherited = "  defaults: {memory: {limit: 1Gi}}\n  engines: {mysql: {memory: {request: 2Gi}}}";
    refused(inherited, &format!("line 6: spec.engines.mysql.memory.request: {above}"));
    for fits in [
        "  defaults: {memory: {limit: 1Gi, request: 1024Mi}}",
        "  defaults: {memory: {request: 2Gi}}\n  engines: {mysql: {memory: {limit: 1Gi}}}",
        "  defaults: {memory: {limit: 1Gi, request: 1Gi}}\n  engines: {mysql: {memory: {limit: 2Gi}}}",
        "  defaults: {memory: {limit: 1Gi, request: 1Gi}}\n  engines: {mysql: {memory: {limit: 4Gi, request: 4Gi}}}",
    ] {
        assert_eq!(read(&format!("{HEAD}spec:\n{fits}"), None).err(), None, "{fits}");
    }
}

#[test]
fn types_are_those_of_the_document() {
    for (spec, expected) in [
        ("  profile: 3", "line 5: spec.profile: expected one of observe, advise, baseline, production"),
        ("  profile: {production: {a: 1}}", "line 5: spec.profile.production: expected a word alone, found a map"),
        ("  rules: [floating-tag]", "line 5: spec.rules: expected a map, found a list"),
        ("  defaults: {memory: [1Gi, 1Gi]}", "line 5: spec.defaults.memory: expected a map, found a list"),
        ("  skipNamespaces: kube-system", "line 5: spec.skipNamespaces: expected a list, found a string"),
        ("  restorers: [{}]", "line 5: spec.restorers: expected a string, found a map"),
        ("  profile: advise\n  profile: advise", "line 6: `profile` is already set on line 5; remove one of the two"),
    ] {
        refused(spec, expected);
    }
}

#[test]
fn another_document_is_none_of_ours() {
    for (text, expected) in [
        ("", "line 1: expected a map, found nothing"),
        ("[]", "line 1: expected a map, found a list"),
        ("a: b", "line 1: a: unknown field \"a\""),
        (&HEAD.replace("v1alpha1", "v1"), "line 1: apiVersion: expected seawall.dev/v1alpha1"),
        (&HEAD.replace("DatabasePolicy", "Policy"), "line 2: kind: expected DatabasePolicy"),
        (&HEAD.replace("name: test", ""), "line 3: metadata: field \"name\" is missing"),
        (&format!("{HEAD}status: {{}}"), "line 4: status: unknown field \"status\""),
        (&format!("{HEAD}---\n{HEAD}"), "line 7: metadata.name: another policy is called \"test\", in settings.yaml:3"),
    ] {
        assert_eq!(read(text, None).err(), Some(format!("settings.yaml: {expected}")), "of\n{text}");
    }
}

#[test]
fn the_command_line_comes_before_the_document() {
    let text = format!("{HEAD}spec: {{profile: observe, rules: {{floating-tag: off}}}}");
    assert_eq!(read(&text, None).unwrap().profile(), Profile::Observe);
    let asked = read(&text, Some(Profile::Production)).unwrap();
    assert_eq!(asked.profile(), Profile::Production);
    assert_eq!(asked.action("floating-tag", Tier::Hygiene), Action::Off, "one rule's action holds in any profile");
    assert_eq!(asked.action("unmounted-data", Tier::Loss), Action::Deny);
    assert_eq!(read(HEAD, None).unwrap().profile(), Profile::Baseline);
}

#[test]
fn a_server_ignores_rules_of_another_version() {
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    let shared = |spec: &str| Policies::read_shared("settings.yaml", &format!("{HEAD}spec:\n{spec}"), None, known);
    let (policies, unknown) = shared("  rules: {floating-tags: deny, floating-tag: warn, of-next-year: off}").unwrap();
    let expected =
        ["no rule is called \"floating-tags\"; did you mean \"floating-tag\"?", "no rule is called \"of-next-year\""];
    assert_eq!(unknown, expected);
    let settings = policies.always();
    assert_eq!(settings.action("floating-tag", Tier::Hygiene), Action::Warn);
    assert_eq!(settings.action("floating-tags", Tier::Hygiene), Action::Audit, "it is not there");
    assert!(shared("  rules: {floating-tags: denied}").is_err(), "an action that nobody knows");
    assert!(shared("  engines: {mysq: {}}").is_err(), "an engine that nobody knows");
}
