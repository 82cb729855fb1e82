#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
use super::*;

fn after(text: &str, operations: &str) -> Result<String, EditError> {
    let operations: Vec<PatchOperation> = serde_json::from_str(operations).unwrap();
    edited(text, "0", &operations)
}

/// The patched text, where the operation is spelled `op path value`.
fn check(text: &str, operations: &[&str], expected: &str) {
    let operation = |line: &&str| {
        let mut words = line.splitn(3, ' ');
        let (op, path, value) = (words.next().unwrap(), words.next().unwrap(), words.next());
        let value = value.map_or_else(String::new, |value| format!(r#","value":{value}"#));
        format!(r#"{{"op":"{op}","path":"{path}"{value}}}"#)
    };
    let all = operations.iter().map(operation).collect::<Vec<_>>().join(",");
    match after(text, &format!("[{all}]")) {
        Ok(new) => assert_eq!(new, expected),
        Err(error) => panic!("{error}: {operations:?} on\n{text}"),
    }
}

const BLOCK: &str = "# top\napiVersion: v1\nkind: Pod   # what\nmetadata:\n    name: 'db'\nspec:\n    grace: 10 # short\n    containers:\n      - name: a\n        env:\n          - name: \"P\"\n            value: x # why\n      # between\n      - name: b\n        resources: {}\n        env: []\n        args: [\"x\", y]\n# end\n";

#[test]
fn maps_and_lists_by_indentation() {
    let with = |from: &str, to: &str| {
        assert!(BLOCK.contains(from), "{from}");
        BLOCK.replacen(from, to, 1)
    };
    check(BLOCK, &["replace /spec/grace 60"], &with("grace: 10 #", "grace: 60 #"));
    check(BLOCK, &["replace /metadata/name \"other\""], &with("'db'", "'other'"));
    check(
        BLOCK,
        &[r#"replace /spec/containers/0/env/0 {"name":"P","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}"#],
        &with(
            "value: x # why",
            "valueFrom:\n                secretKeyRef:\n                    name: s\n                    key: k # why",
        ),
    );
    check(
        BLOCK,
        &[r#"add /spec/containers/0/env/- {"name":"Q","value":"1"}"#],
        &with("value: x # why\n", "value: x # why\n          - name: Q\n            value: \"1\"\n"),
    );
    check(
        BLOCK,
        &[r#"add /spec/containers/1/resources/limits {"memory":"1Gi"}"#, r#"add /spec/containers/1/args/- "z""#],
        &with("resources: {}", "resources:\n            limits:\n                memory: 1Gi")
            .replacen("y]", "y, z]", 1),
    );
    check(BLOCK, &[r#"add /spec/containers/1/env/- {"name":"Q"}"#], &with("env: []", "env:\n          - name: Q"));
    check(BLOCK, &["add /spec/x true"], &with("y]\n", "y]\n    x: true\n"));
    check(BLOCK, &["remove /spec/grace"], &with("    grace: 10 # short\n", ""));
    check(BLOCK, &["remove /spec/containers/0/name"], &with("name: a\n        env:", "env:"));
}

#[test]
fn what_a_text_ends_with_stays() {
    check("kind: a\nbody:\n  x: 1", &["add /body/w 2"], "kind: a\nbody:\n  x: 1\n  w: 2");
    check(
        "kind: a\r\nbody:\r\n  x: 1 # c\r\n",
        &["add /body/w {\"z\":2}"],
        "kind: a\r\nbody:\r\n  x: 1 # c\r\n  w:\r\n    z: 2\r\n",
    );
    check("\u{feff}kind: a\nbody: {x: 1}\n", &["add /w 2"], "\u{feff}kind: a\nbody: {x: 1}\nw: 2\n");
    check("body:\nkind: a\n", &["add /body {\"z\":2}"], "body:\n  z: 2\nkind: a\n");
    check("body: ~ # c\nkind: a\n", &["add /body {\"z\":2}"], "body:\n  z: 2 # c\nkind: a\n");
    check(
        "a:\n  t: |\n    one\n\n    two\n\n# c\nkind: a\n",
        &["add /a/w 2"],
        "a:\n  t: |\n    one\n\n    two\n  w: 2\n\n# c\nkind: a\n",
    );
    check(
        "kind: a\nbody: {x: {v: 1,},}\n",
        &["add /body/x/z 2"],
        "kind: a\nbody: {x: {v: 1, z: 2,},}\n".replace(", z: 2,", ", z: 2").as_str(),
    );
}

#[test]
fn json_stays_json() {
    check(
        "{\n  \"kind\": \"a\",\n  \"body\": {\n    \"x\": 1\n  }\n}\n",
        &["add /body/y {\"name\":\"n\",\"l\":[1]}"],
        "{\n  \"kind\": \"a\",\n  \"body\": {\n    \"x\": 1,\n    \"y\": {\n      \"name\": \"n\",\n      \"l\": [\n        1\n      ]\n    }\n  }\n}\n",
    );
    check(
        "{\"kind\":\"a\",\"l\":[{\"n\":1}]}",
        &["add /l/- {\"n\":2}"],
        "{\"kind\":\"a\",\"l\":[{\"n\":1}, {\"n\": 2}]}",
    );
    check("{\n  \"body\": {}\n}\n", &["add /body/y 1"], "{\n  \"body\": {\n    \"y\": 1\n  }\n}\n");
}

#[test]
fn other_documents_stay() {
    let text = "a: 1\n---\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n- apiVersion: v1\n  kind: B\n  spec: {}\n---\n# last\nb: 2\n";
    let operations: Vec<PatchOperation> = serde_json::from_str(r#"[{"op":"add","path":"/spec/x","value":1}]"#).unwrap();
    let new = edited(text, "1.items.1", &operations).unwrap();
    assert_eq!(new, text.replace("spec: {}", "spec:\n    x: 1"));
}

#[test]
fn what_stands_in_several_places_is_left_alone() {
    let text = "kind: a\nx: &x {k: 1}\ny: *x\nz: {<<: *x}\nl: &l [1]\n";
    for operation in [r#""add","path":"/x/n","value":1"#, r#""replace","path":"/y/k","value":2"#] {
        let error = after(text, &format!("[{{\"op\":{operation}}}]")).unwrap_err();
        assert!(matches!(error, EditError::Shared { .. } | EditError::Unverified), "{operation}: {error}");
    }
    // What comes by `<<` can be overridden where it comes to.
    assert!(after(text, r#"[{"op":"replace","path":"/z/k","value":2}]"#).unwrap().contains("z: {<<: *x, k: 2}"));
    assert!(after(text, r#"[{"op":"add","path":"/l/-","value":2}]"#).unwrap().contains("&l [1, 2]"));
}
