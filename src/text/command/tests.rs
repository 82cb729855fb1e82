//! What the reader of a script would say, and what the code says.

use super::*;
use proptest::prelude::*;

/// Each command as its words, with `?` before one that may not run, `&` after one in the background.
fn read(script: &Script<'_>) -> Vec<String> {
    let say = |call: Call<'_, '_>| {
        let words: Vec<&str> = call.words().iter().map(|word| &*word.text).collect();
        let (mark, end) = (if call.is_certain() { "" } else { "?" }, if call.is_background() { " &" } else { "" });
        format!("{mark}{}{end}", words.join(" "))
    };
    script.calls().map(say).collect()
}

fn certain(text: &str) -> Vec<String> {
    read(&Script::of_text(text))
}

fn main_of(text: &str) -> String {
    Script::of_text(text).main().map_or_else(String::new, |call| call.program().to_owned())
}

#[test]
fn splits_into_simple_commands() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("a b; c", &["a b", "c"]),
        ("a b\nc\r\nd", &["a b", "c", "d"]),
        ("a | b |& c", &["a", "b", "c"]),
        ("a & b", &["a &", "b"]),
        ("a 'b c' \"d e\" f\\ g", &["a b c d e f g"]),
        ("a \\\n  b", &["a b"]),
        ("a # comment; b\nc", &["a", "c"]),
        ("a#b", &["a#b"]),
        ("a > /dev/null 2>&1 b", &["a b"]),
        ("a &>/dev/null; b >>x 2>&-; c <in >|out", &["a", "b", "c"]),
        ("cat <<EOF >x\nrm -rf /\nEOF\nb", &["cat", "b"]),
        ("cat <<-'EOF'\n\trm\n\tEOF\nb", &["cat", "b"]),
        ("a <<X <<Y\n1\nX\n2\nY\nb", &["a", "b"]),
        ("cat <<< word; b", &["cat", "b"]),
        ("cat <<EOF\nnever closed", &["cat"]),
        ("(a; b)", &["a", "b"]),
        ("{ a; b; }", &["a", "b"]),
        ("x=(1 2 3) a", &["a"]),
        ("((i++)); a", &["a"]),
        ("((a; b); c)", &["a", "b", "c"]),
        ("echo 'never closed", &["echo never closed"]),
        ("a '' b", &["a  b"]),
        ("for x in 1 2; do a $x; done", &["a $x"]),
        ("for ((i=0; i<3; i++)); do a; done", &["a"]),
        ("ä 'ö'ü", &["ä öü"]),
        ("time a", &["a"]),
    ];
    for (text, expected) in cases {
        assert_eq!(certain(text), *expected, "{text:?}");
    }
}

#[test]
fn knows_what_may_not_run() {
    let cases: &[(&str, &[&str])] = &[
        ("mkdir x && rm y", &["mkdir x", "rm y"]),
        ("[ -s x ] && rm y", &["[ -s x ]", "?rm y"]),
        ("[[ -d x && -f y ]] && rm y", &["?rm y"]),
        ("test -s x && a && rm y; b", &["test -s x", "?a", "?rm y", "b"]),
        ("! a && rm y", &["a", "?rm y"]),
        ("a || rm y", &["a", "?rm y"]),
        ("a | grep -q x && rm y", &["a", "grep -q x", "?rm y"]),
        ("[ -s x ] &&\n rm y\nb", &["[ -s x ]", "?rm y", "b"]),
        ("if a; then b; elif c; then d; else e; fi; f", &["a", "?b", "?c", "?d", "?e", "f"]),
        ("while a; do b; done; c", &["a", "?b", "c"]),
        ("until a\ndo\n b\ndone\nc", &["a", "?b", "c"]),
        ("while true; do b; done", &["true", "b"]),
        ("while :; do [ x ] && break; b; done; c", &[":", "[ x ]", "?break", "?b", "c"]),
        ("for x in y; do [ $x ] || continue; b; done; c", &["[ $x ]", "?continue", "?b", "c"]),
        ("case $x in a|b) c;; (d) e ;; *) f\nesac; g", &["?c", "?e", "?f", "g"]),
        ("f() { a; }; b", &["?a", "b"]),
        ("function f { a; }\nb", &["?a", "b"]),
        ("function f () {\n a\n}\nb", &["?a", "b"]),
        ("f() (\n a\n)\nb", &["?a", "b"]),
        ("[ -s x ] && { a; b; }; c", &["[ -s x ]", "?a", "?b", "c"]),
        ("[ -s x ] && (a; b); c", &["[ -s x ]", "?a", "?b", "c"]),
        ("[ -s x ] && exit 0\nrm y", &["[ -s x ]", "?exit 0", "?rm y"]),
        ("if [ -s x ]; then exit 0; fi; rm y", &["[ -s x ]", "?exit 0", "?rm y"]),
        ("[ -s x ] || { echo no; exit 1; }\nrm y", &["[ -s x ]", "?echo no", "?exit 1", "?rm y"]),
        ("([ -s x ] && exit 0); rm y", &["[ -s x ]", "?exit 0", "rm y"]),
        ("if a; then exec b; fi; rm y", &["a", "?b", "?rm y"]),
        ("exec > log; rm y", &["exec", "rm y"]),
        ("die() { echo; exit 1; }\n[ a ] || die x\nrm y", &["?echo", "?exit 1", "[ a ]", "?die x", "?rm y"]),
        ("f() { return 1; a; }; rm y", &["?return 1", "?a", "rm y"]),
        ("set -e\n[ -s x ]\nrm y", &["set -e", "[ -s x ]", "?rm y"]),
        ("set -o errexit; test x; rm y", &["set -o errexit", "test x", "?rm y"]),
        ("set -e\nif [ a ]; then b; fi\nrm y", &["set -e", "[ a ]", "?b", "rm y"]),
        ("[ -s x ]\nrm y", &["[ -s x ]", "rm y"]),
        ("a && b || c; d", &["a", "b", "?c", "d"]),
        ("exit 0; rm y", &["exit 0", "?rm y"]),
        ("if a; then b; fi | c; d", &["a", "?b", "c", "d"]),
        // Rubbish opens and closes nothing.
        ("fi; done; esac; }; ) a", &["a"]),
        ("then a", &["?a"]),
    ];
    for (text, expected) in cases {
        assert_eq!(certain(text), *expected, "{text:?}");
    }
}

#[test]
fn reads_containers() {
    let of = |command: &[&'static str], args: &[&'static str]| {
        let script = Script::of(command.iter().copied(), args.iter().copied());
        (script.main().map(|call| call.program().to_owned()), read(&script))
    };
    let main = |command: &[&'static str], args: &[&'static str]| of(command, args).0.unwrap_or_default();
    assert_eq!(of(&[], &[]), (None, vec![]));
    assert_eq!(main(&[], &["mysqld", "--x"]), "mysqld");
    assert_eq!(main(&[], &["-c", "shared_buffers=1GB"]), "");
    assert_eq!(main(&["docker-entrypoint.sh"], &["postgres"]), "postgres");
    assert_eq!(main(&["sh", "-c"], &["redis-server --requirepass $PASSWORD"]), "redis-server");
    assert_eq!(main(&["/bin/bash", "-ecx", "exec /cockroach/cockroach start --cache 25%"], &[]), "cockroach");
    assert_eq!(main(&["sh", "-c", "sh -c 'exec gosu x mysqld'"], &[]), "mysqld");
    assert_eq!(main(&["bash", "-c", "prepare; exec \"$@\"", "bash", "mongod", "--auth"], &[]), "mongod");
    assert_eq!(main(&["su", "-", "postgres", "-c", "pg_ctl start; tail -f /x"], &[]), "pg_ctl");
    assert_eq!(main(&["/bin/sh"], &["-c", "cp -r a b"]), "cp");
    assert_eq!(of(&["sh", "-ec", "test -s x\nrm y"], &[]).1, ["test -s x", "?rm y"]);

    let script = Script::of(["postgres"], ["-c", "fsync=off"]);
    let call = script.main().unwrap();
    assert_eq!(call.flags().value("-c fsync"), Some("off"));
    let script = Script::of([], ["-c", "fsync=off"]);
    assert_eq!(script.main().unwrap().flags().value("-c fsync"), Some("off"));
}

#[test]
fn finds_the_main_command() {
    let cases = [
        ("chown -R mysql /x; exec mysqld", "mysqld"),
        ("until mysqladmin ping; do sleep 1; done\nmysql -e 'select 1'", "mysql"),
        ("until pg_isready; do sleep 1; done", "pg_isready"),
        ("until redis-cli ping; do sleep 2; done; echo ready", "redis-cli"),
        ("mongod --fork --logpath /x; mongo --eval 'rs.initiate()'; sleep infinity", "mongo"),
        ("redis-server & sleep 5; redis-cli config set a b; wait", "redis-server"),
        ("mysqld &\nmysql < /init.sql\ntail -f /dev/null", "mysqld"),
        ("if [ $X ]; then exec mysqld --a; else exec mysqld --b; fi", "mysqld"),
        ("pg_dump | gzip > x", "gzip"),
        ("sleep 3600", "sleep"),
        ("f() { rm x; }; mongod", "mongod"),
        ("echo $(date); mongod; echo done; exit 0", "mongod"),
        ("while true; do pg_dump > x; sleep 3600; done", "pg_dump"),
        ("A=b mysqld", "mysqld"),
        ("trap 'kill 1' TERM\nnginx -g 'daemon off;'", "nginx"),
        ("X=1", ""),
    ];
    for (text, program) in cases {
        assert_eq!(main_of(text), program, "{text}");
    }
}

#[test]
fn tells_literals_from_expansions() {
    let script = Script::of_text(r#"mysql -p"$PW" -u'$x' --x=$(cat /a b) -h${H} -e "a\$b" `c d` $'it\'s' "a$" <(e f)"#);
    let call = script.calls().next().unwrap();
    let words: Vec<_> = call.args().iter().map(|word| (&*word.text, word.literal)).collect();
    assert_eq!(
        words,
        [
            ("-p$PW", false),
            ("-u$x", true),
            ("--x=$(cat /a b)", false),
            ("-h${H}", false),
            ("-e", true),
            ("a$b", true),
            ("`c d`", false),
            (r"it\'s", true),
            ("a$", true),
            ("<(e f)", false),
        ]
    );
    let inner: Vec<_> = script.calls().skip(1).map(|call| call.program()).collect();
    assert_eq!(inner, ["cat", "c", "e"]);
}

#[test]
fn finds_assignments() {
    let script = Script::of_text("PGPASSWORD=x A= psql; env B=c gosu x D; export E=f G; H=i");
    let of: Vec<Vec<_>> =
        script.calls().map(|call| call.assignments().map(|(name, value, _)| (name, value)).collect()).collect();
    assert_eq!(of, [vec![("PGPASSWORD", "x"), ("A", "")], vec![("B", "c")], vec![("E", "f")], vec![("H", "i")]]);
    assert_eq!(script.calls().map(|call| call.program()).collect::<Vec<_>>(), ["psql", "D", "export", ""]);
}

#[test]
fn adds_up_sleeps() {
    let cases = [
        ("sleep 30", 30),
        ("sleep 1m 30s; nginx -s quit", 90),
        ("sleep 0.5; sleep .2", 1),
        ("sleep infinity", u64::MAX),
        ("[ a ] && sleep 30; sleep 5 & b", 0),
        ("sleep $X; sleep x; sleep", 0),
        ("for i in 1 2; do sleep 10; done", 10),
        ("/bin/sleep 15 && kill 1", 15),
        ("sleep 99999999999999999999d", u64::MAX),
    ];
    for (text, seconds) in cases {
        assert_eq!(Script::of_text(text).seconds_asleep(), seconds, "{text}");
    }
    assert_eq!(Script::of(["sleep", "20"], []).seconds_asleep(), 20);
}

#[test]
fn prints_no_arguments() {
    let script = Script::of_text("mysql -pmarker; PW=marker x");
    assert!(!format!("{script:?} {:?}", script.calls().collect::<Vec<_>>()).contains("marker"));
}

#[test]
fn work_is_bounded() {
    for piece in [
        "$(",
        "`",
        "\"$(",
        "'",
        "\"",
        "((",
        "{ ",
        "if ",
        "case x in ",
        "<<X ",
        "f() {",
        "$'",
        "${",
        "a;",
        "a ",
        "[[ ",
        "sh -c ",
        "\\",
        "$($(",
        "x=(",
        "a=b ",
        "for ",
        "\"$(\"",
        "! ",
        "&& ",
        "| ",
        "1",
        "<",
        ")",
        "$((",
        "\"`",
        "\n",
    ] {
        let text = piece.repeat(2_000_000 / piece.len());
        // What is cut off is not worked on: with quadratic work on all of it this test would take minutes.
        let script = Script::of_text(&text);
        let _ = (script.main().is_some(), script.seconds_asleep());
        assert!(!script.is_complete(), "{piece:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_no_panic(text in "\\PC{0,80}|([ \\n;&|<>(){}'\"\\\\$`#!=a-c0-9-]|if |fi|do |done|case |esac|in |sh -c |\\[ | \\]){0,60}") {
        let script = Script::of_text(&text);
        let _ = (script.main().map(|call| call.program()), script.seconds_asleep(), read(&script));
        for call in script.calls() {
            let _ = (call.deletions().count(), call.assignments().count(), call.flags().value("-x"), call.directory());
        }
    }

    #[test]
    fn quoted_words_come_back(words in prop::collection::vec("\\PC{0,10}", 1..6)) {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
        let line = format!("x {}", quoted.join(" "));
        let script = Script::of_text(&line);
        let call = script.calls().next().unwrap();
        let read: Vec<&str> = call.args().iter().map(|word| &*word.text).collect();
        prop_assert_eq!(&read, &words);
        prop_assert!(call.args().iter().all(|word| word.literal));
        // And once more through a second shell, whose text has to be copied.
        let twice = format!("sh -c '{}'", line.replace('\'', r"'\''"));
        let script = Script::of_text(&twice);
        let call = script.calls().next().unwrap();
        let read: Vec<&str> = call.args().iter().map(|word| &*word.text).collect();
        prop_assert_eq!(&read, &words);
    }

    #[test]
    fn any_arguments_are_no_panic(words in prop::collection::vec("\\PC{0,12}|sh|-c|exec|env|A=b|--|su|gosu|xargs|-[a-z]{1,3}", 0..9), cut in 0_usize..9) {
        let cut = cut.min(words.len());
        let (command, args) = words.split_at(cut);
        let script = Script::of(command.iter().map(String::as_str), args.iter().map(String::as_str));
        let _ = (script.main().map(|call| call.program()), read(&script));
    }
}
