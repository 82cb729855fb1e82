//! Programs that run another program: `exec`, `gosu postgres`, `tini --`, `timeout 5`, `sh -c`.

use super::word::assignment;

/// What is left of a command line once the wrappers in front are taken off.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// The words from this one on are the program and its arguments.
    Program(usize),
    /// This word is a shell script; the words from `arguments` on are `$0`, `$1`, ...
    Script {
        text: usize,
        arguments: usize,
        /// The shell stops at the first command that fails (`-e`).
        errexit: bool,
    },
}

/// What came to light on the way to the program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwrapped {
    pub(super) inner: Inner,
    /// The shell process itself becomes the program.
    pub(super) exec: bool,
}

struct Wrapper {
    names: &'static [&'static str],
    /// Short options whose value is the next word.
    short: &'static str,
    /// Long options whose value may be the next word.
    long: &'static [&'static str],
    /// How many words stand between the options and the program.
    positional: usize,
}

const fn wrapper(names: &'static [&'static str], short: &'static str, positional: usize) -> Wrapper {
    Wrapper { names, short, long: &[], positional }
}

const WRAPPERS: [Wrapper; 17] = [
    wrapper(&["exec"], "a", 0),
    Wrapper { names: &["env"], short: "uC", long: &["unset", "chdir"], positional: 0 },
    wrapper(&["gosu", "su-exec"], "", 1),
    Wrapper { names: &["sudo"], short: "ugUhpCrtTD", long: &["user", "group"], positional: 0 },
    Wrapper { names: &["doas"], short: "uC", long: &[], positional: 0 },
    Wrapper { names: &["runuser"], short: "ugG", long: &["user", "group"], positional: 0 },
    Wrapper { names: &["setpriv"], short: "", long: &["reuid", "regid", "groups", "bounding-set"], positional: 0 },
    Wrapper { names: &["chroot"], short: "", long: &["userspec", "groups"], positional: 1 },
    wrapper(&["tini", "tini-static", "dumb-init", "catatonit"], "per", 0),
    Wrapper {
        names: &["numactl"],
        short: "NmCpi",
        long: &["interleave", "membind", "cpunodebind", "physcpubind", "preferred"],
        positional: 0,
    },
    Wrapper { names: &["timeout"], short: "ks", long: &["kill-after", "signal"], positional: 1 },
    Wrapper { names: &["nice", "ionice"], short: "ncp", long: &["adjustment", "class", "classdata"], positional: 0 },
    wrapper(&["taskset", "chrt"], "", 1),
    Wrapper { names: &["flock"], short: "wE", long: &["timeout", "conflict-exit-code"], positional: 1 },
    wrapper(&["stdbuf"], "ioe", 0),
    Wrapper { names: &["xargs"], short: "nIPLdsEa", long: &["max-args", "max-procs", "delimiter"], positional: 0 },
    wrapper(
        &["nohup", "setsid", "time", "command", "builtin", "busybox", "eatmydata", "catchsegv", "with-contenv", "eval"],
        "",
        0,
    ),
];

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"];

/// The last part of a path.
pub(super) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Takes the wrappers off a command line that starts behind its assignments.
pub(super) fn unwrap<S: AsRef<str>>(words: &[S]) -> Unwrapped {
    let mut out = Unwrapped { inner: Inner::Program(0), exec: false };
    let mut at = 0;
    // Every turn passes at least one word.
    while let Some(word) = text(words, at) {
        out.inner = Inner::Program(at);
        let name = basename(word);
        if SHELLS.contains(&name) {
            match shell(words, at + 1) {
                Some(Inner::Program(file)) => at = file,
                Some(script) => {
                    out.inner = script;
                    return out;
                }
                None => return out,
            }
            // The file is the program; what it runs cannot be seen.
            out.inner = Inner::Program(at);
            return out;
        }
        // It only looks whether there is such a program.
        if name == "command" && matches!(text(words, at + 1), Some("-v" | "-V")) {
            return out;
        }
        let next = if matches!(name, "su" | "runuser") && option(words, at + 1, 'c').is_some() {
            if let Some(script) = option(words, at + 1, 'c') {
                out.inner = Inner::Script { text: script, arguments: words.len(), errexit: false };
            }
            return out;
        } else if let Some(known) = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name)) {
            after(known, words, at + 1)
        } else if name.contains("entrypoint") || name.ends_with("-entry.sh") {
            // An entry point runs the command that it is given, unless that is only options.
            at + 1
        } else {
            return out;
        };
        match text(words, next) {
            Some(program) if !program.starts_with('-') => {
                out.exec |= name == "exec";
                at = next;
            }
            _ => return out,
        }
    }
    out
}

fn text<S: AsRef<str>>(words: &[S], at: usize) -> Option<&str> {
    words.get(at).map(AsRef::as_ref)
}

/// Where the program starts behind a wrapper's options and own words.
fn after<S: AsRef<str>>(wrapper: &Wrapper, words: &[S], mut at: usize) -> usize {
    while let Some(option) = text(words, at).filter(|word| word.starts_with('-') && word.len() > 1) {
        at += 1;
        if option == "--" {
            break;
        }
        let takes_next = match option.strip_prefix("--") {
            Some(long) => wrapper.long.contains(&long),
            None => option.len() == 2 && option.ends_with(|c| wrapper.short.contains(c)),
        };
        at += usize::from(takes_next);
    }
    at += wrapper.positional;
    while text(words, at).and_then(assignment).is_some() {
        at += 1;
    }
    at
}

/// Behind `sh`: the script after `-c`, or the file that it reads.
fn shell<S: AsRef<str>>(words: &[S], mut at: usize) -> Option<Inner> {
    let (mut command, mut errexit) = (false, false);
    while let Some(option) = text(words, at).filter(|word| word.starts_with(['-', '+']) && word.len() > 1) {
        at += 1;
        if option == "--" {
            break;
        }
        if option.starts_with("--") {
            at += usize::from(matches!(option, "--rcfile" | "--init-file"));
        } else {
            command |= option.contains('c');
            errexit |= option.starts_with('-') && option.contains('e');
            // `-o pipefail`, `-euo pipefail`, `-O extglob`.
            let value = if option.contains(['o', 'O']) { text(words, at) } else { None };
            errexit |= value == Some("errexit");
            at += usize::from(value.is_some());
        }
    }
    text(words, at)?;
    Some(if command { Inner::Script { text: at, arguments: at + 1, errexit } } else { Inner::Program(at) })
}

/// The word after a short option, wherever it stands: of `su - postgres -c SCRIPT`.
fn option<S: AsRef<str>>(words: &[S], from: usize, letter: char) -> Option<usize> {
    let rest = words.get(from..)?;
    let found = rest.iter().position(|word| {
        let word = word.as_ref();
        word == "--command" || (word.starts_with('-') && !word.starts_with("--") && word.ends_with(letter))
    })?;
    Some(from + found + 1).filter(|at| *at < words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(line: &str) -> (Option<&str>, bool) {
        let words: Vec<&str> = line.split(' ').collect();
        let unwrapped = unwrap(&words);
        match unwrapped.inner {
            Inner::Program(at) | Inner::Script { text: at, .. } => (words.get(at).copied(), unwrapped.exec),
        }
    }

    #[test]
    fn takes_wrappers_off() {
        let cases = [
            ("mysqld --datadir=/x", "mysqld"),
            ("exec mysqld", "mysqld"),
            ("exec -a name mysqld", "mysqld"),
            ("gosu postgres postgres -D /x", "postgres"),
            ("su-exec redis redis-server", "redis-server"),
            ("tini -- mongod", "mongod"),
            ("/usr/bin/tini -g -p SIGTERM -- /usr/local/bin/docker-entrypoint.sh eswrapper", "eswrapper"),
            ("dumb-init --single-child influxd", "influxd"),
            ("env A=b C=d -- mysqld", "env"),
            ("env -i A=b mysqld", "mysqld"),
            ("env -u HOME A=b mysqld", "mysqld"),
            ("numactl --interleave=all mongod", "mongod"),
            ("numactl --interleave all mongod", "mongod"),
            ("timeout 5 redis-cli ping", "redis-cli"),
            ("timeout -k 5 --signal TERM 10s psql", "psql"),
            ("nice -n 10 pg_dump", "pg_dump"),
            ("nice -10 pg_dump", "pg_dump"),
            ("ionice -c 2 -n 7 nice pg_dump", "pg_dump"),
            ("docker-entrypoint.sh mysqld", "mysqld"),
            ("docker-entrypoint.sh", "docker-entrypoint.sh"),
            ("docker-entrypoint.sh --skip-grant-tables", "docker-entrypoint.sh"),
            ("/opt/percona/ps-entry.sh --auth", "/opt/percona/ps-entry.sh"),
            ("sudo -u postgres -E psql", "psql"),
            ("chroot --userspec=1 /x mysqld", "mysqld"),
            ("xargs -r -n 1 rm -f", "rm"),
            ("busybox sh /x.sh", "/x.sh"),
            ("bash /opt/start-cassandra.sh -x", "/opt/start-cassandra.sh"),
            ("bash -euo pipefail /start.sh", "/start.sh"),
            ("bash", "bash"),
            ("sh -x", "sh"),
            ("sh -c", "sh"),
            ("exec", "exec"),
            ("gosu postgres", "gosu"),
            ("su - postgres", "su"),
            ("command mysqladmin ping", "mysqladmin"),
            ("command -v mysqladmin", "command"),
        ];
        for (line, expected) in cases {
            assert_eq!(program(line).0, Some(expected), "{line}");
        }
        assert!(program("exec gosu x mysqld").1);
        assert!(!program("gosu x mysqld").1);
        assert!(!program("exec").1);
    }

    #[test]
    fn finds_scripts() {
        let script = |line: &str| match unwrap(&line.split(' ').collect::<Vec<_>>()).inner {
            Inner::Script { text, arguments, errexit } => Some((text, arguments, errexit)),
            Inner::Program(_) => None,
        };
        assert_eq!(script("sh -c SCRIPT"), Some((2, 3, false)));
        assert_eq!(script("/bin/bash -ecx SCRIPT"), Some((2, 3, true)));
        assert_eq!(script("bash -eo pipefail -c SCRIPT a0 a1"), Some((4, 5, true)));
        assert_eq!(script("bash -o errexit -c SCRIPT"), Some((4, 5, true)));
        assert_eq!(script("bash --norc -lc SCRIPT"), Some((3, 4, false)));
        assert_eq!(script("gosu postgres bash -c SCRIPT"), Some((4, 5, false)));
        assert_eq!(script("su - postgres -c SCRIPT"), Some((4, 5, false)));
        assert_eq!(script("runuser -l postgres -c SCRIPT"), Some((4, 5, false)));
        assert_eq!(script("su postgres -c"), None);
        assert_eq!(script("psql -c SCRIPT"), None);
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(unwrap::<&str>(&[]).inner, Inner::Program(0));
    }
}
