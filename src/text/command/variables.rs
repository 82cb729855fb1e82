//! Which values a variable may have when a command runs.

use super::{Call, Entry, Script};
use smallvec::SmallVec;

/// More values of one variable are not told apart.
const MOST: usize = 8;

/// The values that a variable may have, the likeliest first; `None` is one that nobody knows.
pub type Values<'s> = SmallVec<[Option<&'s str>; 2]>;

/// What a script sets, by name.
pub struct Variables<'s> {
    set: Vec<Assignment<'s>>,
}

struct Assignment<'s> {
    name: &'s str,
    value: Option<&'s str>,
    entry: Entry,
    /// For the command alone that it stands before.
    is_prefix: bool,
}

impl Script<'_> {
    /// The variables that its commands set.
    #[must_use]
    pub fn variables(&self) -> Variables<'_> {
        let mut set = Vec::new();
        for call in self.calls() {
            let is_prefix = !call.words().is_empty() && !matches!(call.program(), "export" | "declare" | "readonly");
            let values = call.assignments().map(|(name, value, word)| Assignment {
                name,
                value: word.literal.then_some(value),
                entry: call.entry,
                is_prefix,
            });
            set.extend(values);
        }
        Variables { set }
    }
}

impl<'s> Variables<'s> {
    /// The values of `name` at a command. More than one where they differ by branch, or where one was set in a shell of its own, in a
    /// function, or for a single command; `given` is what it was when the script began.
    ///
    /// The assignments before the command count, back to the last one that is certain to hold there. A function may be called, and a
    /// substitution may stand, anywhere: at their commands all assignments count.
    pub fn at(&self, call: &Call<'_, '_>, name: &str, given: impl FnOnce() -> Option<&'s str>) -> Values<'s> {
        let here = call.entry;
        let is_anywhere = !call.runs_here();
        let is_before = |one: &&Assignment<'_>| is_anywhere || one.entry.start < here.start;
        let mut values = Values::new();
        for one in self.set.iter().rev().filter(|one| one.name == name).filter(is_before) {
            if !values.contains(&one.value) {
                values.push(one.value);
            }
            if one.holds_at(here) || values.len() >= MOST {
                return values;
            }
        }
        let given = given();
        if !values.contains(&given) {
            values.push(given);
        }
        values
    }
}

impl Assignment<'_> {
    /// Whether it is certain to have been made, and in the same shell.
    fn holds_at(&self, call: Entry) -> bool {
        let is_same = self.entry.traits.function == call.traits.function
            && self.entry.traits.substitution == call.traits.substitution;
        !self.is_prefix && is_same && self.entry.start < call.start && call.start < self.entry.reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `x` may be where `rm` stands.
    fn values(text: &str) -> Vec<String> {
        let script = Script::of_text(text);
        let variables = script.variables();
        let call = script.calls().find(|call| call.program() == "rm");
        let values = call.map(|call| variables.at(&call, "x", || Some("given")));
        values.into_iter().flatten().map(|value| value.unwrap_or("?").to_owned()).collect()
    }

    #[test]
    fn a_variable_has_the_value_of_the_last_assignment_before() {
        let cases: &[(&str, &[&str])] = &[
            ("rm $x", &["given"]),
            ("x=1; rm $x", &["1"]),
            ("x=1; rm $x; x=2", &["1"]),
            ("x=1; x=2; rm $x; ls", &["2"]),
            ("export x=1; rm $x; export x=2", &["1"]),
            ("x=1; x=$y; rm $x", &["?"]),
            ("x=1; { x=2; }; rm $x", &["2"]),
            ("x=1; [ $a ] && exit; x=2; rm $x", &["2"]),
            ("for y in a; do ls; done; rm $x; x=1", &["given"]),
            // By branch.
            ("x=1; if a; then x=2; fi; rm $x", &["2", "1"]),
            ("if a; then x=1; else x=2; fi; rm $x", &["2", "1", "given"]),
            ("x=1; if a; then x=2; rm $x; fi", &["2"]),
            ("if a; then x=1; else x=2; rm $x; fi", &["2"]),
            ("if a; then x=1; else rm $x; fi", &["1", "given"]),
            ("x=1; case $a in b) x=2;; esac; rm $x", &["2", "1"]),
            ("x=1; [ a ] && x=2; rm $x", &["2", "1"]),
            ("x=1; [ a ] && { x=2; }; rm $x", &["2", "1"]),
            ("x=1; for y in a; do x=2; done; rm $x", &["2", "1"]),
            ("x=1; if a; then x=1; fi; rm $x", &["1"]),
            // In a shell of its own, in a function, for one command.
            ("x=1; (x=2; ls $x); rm $x", &["2", "1"]),
            ("x=1; (x=2; rm $x)", &["2"]),
            ("x=1; sh -c 'x=2; ls'; rm $x", &["2", "1"]),
            ("x=1; sh -c \"x='2'; ls\"; rm $x", &["2", "1"]),
            ("x=1; sh -c 'x=2; rm $x'", &["2"]),
            ("x=1; echo a | x=2; rm $x", &["2", "1"]),
            ("x=1; f() { x=2; }; rm $x", &["2", "1"]),
            ("f() { rm $x; }; x=1; f; x=2", &["2", "1", "given"]),
            ("f() { x=1; rm $x; }; x=2; f", &["2", "1"]),
            ("x=1; x=2 ls; rm $x", &["2", "1"]),
            ("x=1; ls $(rm $x); x=2", &["2", "1", "given"]),
        ];
        for (text, expected) in cases {
            assert_eq!(values(text), *expected, "{text:?}");
        }
    }
}
