//! The mistakes that people make in YAML, and how they are told.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use super::documents;

/// Line and message of each document that cannot be read.
fn errors(text: &str) -> Vec<(u32, String)> {
    documents(text).filter_map(|document| document.tree.err()).map(|error| (error.line, error.message)).collect()
}

#[test]
fn mistakes_are_told_in_plain_words() {
    // The notes of a beginner: the first is valid YAML, the second is not.
    let slash = "`//` does not start a comment in YAML";
    let tab = "a tab indents this line: YAML allows only spaces";
    let indentation = "this line does not fit the indentation of the lines around it";
    let quote = "a quotation mark that opens here is never closed";
    let cases: &[(&str, u32, &str)] = &[
        ("apiVersion: v1 // the version\nkind: Pod\n", 1, slash),
        ("kind: Pod\nmetadata:\n  name: x // its name\n", 3, slash),
        ("spec:\n  image: nginx //x\n", 2, slash),
        ("spec:\n  containers: // what it holds\n  - name: x\n", 2, slash),
        ("// a comment\nkind: Pod\n", 1, slash),
        ("kind: Pod\n// a comment\nspec: {}\n", 2, slash),
        ("kind: Pod\nspec:\n\ta: 1\n", 3, tab),
        ("kind: Pod\nspec:\n  a: 1\n\tb: 1\n", 4, tab),
        ("spec:\n  - a\n \t- b\n", 3, tab),
        ("spec:\n  \ta: 1\n", 2, tab),
        ("-\ta: 1\n", 1, tab),
        ("kind: Pod\nmetadata:\n  name:x\n  labels: {}\n", 3, "no space after the colon of `name:`"),
        ("kind: Pod\nname:x\nspec: {}\n", 2, "no space after the colon of `name:`"),
        ("kind:Pod\nspec: {}\n", 1, "no space after the colon of `kind:`"),
        ("a: \"x\nb: 1\n", 1, quote),
        ("a: 1\nb: 'it\nc: 'x'\n", 2, quote),
        ("a: it's\nb: \"x\n", 2, quote),
        ("a: \"x\" y\n", 1, "text follows the closing quotation mark"),
        ("a: [1, 2\nb: 3\n", 1, "a `[` that opens here is never closed"),
        ("a: {b: 1\n", 1, "a `{` that opens here is never closed"),
        ("a: 1]\nb: ]\n", 2, "a closing bracket matches no open one"),
        ("a: @x\n", 1, "a value cannot start with '@'"),
        ("a: \"\\d\"\n", 1, "`\\` is followed by a letter that has no meaning after it"),
        ("a: b: c\n", 1, indentation),
        ("a:\n  - b\n c: 1\n", 3, indentation),
        ("a: 1\n  b: 2\n", 2, indentation),
        ("a: 1\nb\nc: 1\n", 2, "a line with `key: value` was expected"),
        ("image: {{ .Values.image }}\n", 1, "`{{` is a placeholder of a template"),
        ("{{- if .Values.x }}\na: 1\n{{- end }}\n", 1, "`{{` is a placeholder of a template"),
        ("a: 1\n{{ include \"x\" . }}\n", 2, "`{{` is a placeholder of a template"),
        ("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n", 1, "a merge conflict was left in the file"),
    ];
    for (text, line, message) in cases {
        let error = documents(text).next().unwrap().tree.expect_err(text);
        assert_eq!((error.line, error.message.as_str()), (*line, *message), "{text:?}");
        assert!(!error.help.is_empty());
        // The same further down in a file.
        let text = format!("x: 1\n---\n{text}");
        let error = documents(&text).nth(1).unwrap().tree.expect_err(&text);
        assert_eq!((error.line, error.message.as_str()), (line + 2, *message), "{text:?}");
    }
}

#[test]
fn what_is_no_mistake_is_not_told_as_one() {
    for text in [
        "a: http://x.example // y\n",
        "args: [echo, a // b]\n",
        "description: a // b\nspec: {name: a // b}\n",
        "metadata:\n  annotations: {name: a // b}\n",
        "script: |\n  // a comment\n  \tint main() {}\n",
        "a:\tb\n",
        "a: [\n\t1,\n\t2]\n",
        "a: 'x\n\ty'\n",
        "ports: ['80:80', a:b]\n",
        "a: \"{{ .Values.x }}\"\n",
    ] {
        assert_eq!(errors(text), [], "{text:?}");
    }
    // The mistake is further down, and not in the script.
    let text = "script: |\n  // a comment\n  x:y\n  {{ z }}\n\ta\nlist:\n  - a\n b: 1\n";
    assert_eq!(errors(text), [(5, "a tab indents this line: YAML allows only spaces".to_owned())]);
    let text = "script: |\n  // a comment\n  x:y\n  {{ z }}\nlist:\n  - a\n b: 1\n";
    let message = "this line does not fit the indentation of the lines around it";
    assert_eq!(errors(text), [(7, message.to_owned())]);
}

#[test]
fn errors_hold_no_values() {
    for text in [
        "a: *marker",
        "a: 'marker\nb: 1",
        "a: \"marker\" marker",
        "a: !!int marker",
        "a: !!binary marker.",
        "a: {marker",
        "a: @marker",
    ] {
        let error = documents(text).next().unwrap().tree.expect_err(text);
        assert!(!format!("{error:?}").contains("marker"), "{error:?}");
    }
}

#[test]
fn many_broken_documents_are_not_many_times_the_work() {
    let text = "]\n...\n".repeat(10_000);
    let start = std::time::Instant::now();
    assert_eq!(errors(&text).len(), 10_000);
    let text = "a: 'x\n---\n".repeat(10_000);
    assert_eq!(errors(&text).len(), 10_000);
    // A fraction of a second; quadratic work takes minutes.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
