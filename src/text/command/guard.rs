//! Which commands decide whether another one runs.

/// A command that decides whether another one runs, by its position among all, and how it has to come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) call: u32,
    pub(super) succeeds: bool,
    /// No other command decided with it, in the list that it ends.
    pub(super) alone: bool,
}

impl Guard {
    pub(super) fn of(call: usize, alone: bool) -> Option<Self> {
        Some(Self { call: u32::try_from(call).ok()?, succeeds: true, alone })
    }

    pub(super) const fn reversed(self) -> Self {
        Self { succeeds: !self.succeeds, ..self }
    }

    /// The same behind `more` other commands.
    pub(super) fn behind(self, more: usize) -> Option<Self> {
        Some(Self { call: self.call.checked_add(u32::try_from(more).ok()?)?, ..self })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::text::command::{Call, Script};

    /// What decides whether `rm` runs: the words of each guard, the nearest first, with `!` before one that has to fail.
    fn guards_of_rm(text: &str) -> Vec<String> {
        let script = Script::of_text(text);
        let call = script.calls().find(|call| call.program() == "rm").unwrap();
        let say = |(call, succeeds): (Call<'_, '_>, bool)| {
            let words: Vec<&str> = call.words().iter().map(|word| &*word.text).collect();
            format!("{}{}", if succeeds { "" } else { "!" }, words.join(" "))
        };
        call.guards().map(say).collect()
    }

    #[test]
    fn a_command_knows_what_decides_about_it() {
        let cases: &[(&str, &[&str])] = &[
            ("rm x", &[]),
            ("[ -s m ] || rm x", &["![ -s m ]"]),
            ("[ -s m ] && rm x", &["[ -s m ]"]),
            ("! [ -s m ] && rm x", &["![ -s m ]"]),
            ("if [ ! -s m ]; then echo new; rm x; fi", &["[ ! -s m ]"]),
            ("if ! test -e m\nthen\n  rm x\nfi", &["!test -e m"]),
            ("if [ -s m ]; then echo old; else rm x; fi", &["![ -s m ]"]),
            ("if [ -s m ]; then echo; elif [ -s n ]; then rm x; fi", &["[ -s n ]"]),
            ("if [ -s m ]; then echo; elif [ -s n ]; then echo; else rm x; fi", &["![ -s n ]"]),
            ("if [ $A = b ] && [ ! -s m ]; then rm x; fi", &["[ ! -s m ]", "[ $A = b ]"]),
            ("if [ $A = b ] || [ ! -s m ]; then rm x; fi", &[]),
            ("if [ ! -s m ]; then if [ $A = b ]; then rm x; fi; fi", &["[ $A = b ]", "[ ! -s m ]"]),
            ("if [ ! -s m ]; then for x in 1 2; do rm x; done; fi", &["[ ! -s m ]"]),
            ("if [ ! -s m ]; then echo; fi; rm x", &[]),
            ("if ls | grep -q m; then rm x; fi", &[]),
            ("if [[ ! -s m ]]; then rm x; fi", &["! -s m"]),
            ("[[ -s m ]] || rm x", &["!-s m"]),
            ("[[ $A = b ]] && [[ ! -s m ]] && rm x", &["! -s m", "$A = b"]),
            ("if [[ ! -s m && $A = b ]]; then rm x; fi", &[]),
            ("sh -c \"[[ -s \\\"m\\\" ]] || rm x\"", &["!-s m"]),
            ("[ -s m ] || { echo; rm x; }", &["![ -s m ]"]),
            ("[ -s m ] && echo || rm x", &[]),
            ("[ -s m ] && exit 0; rm x", &["![ -s m ]"]),
            ("if [ -s m ]; then echo old; exit 0; fi; rm x", &["![ -s m ]"]),
            ("if [ -s m ]; then exit 0; fi; if [ $A = b ]; then rm x; fi", &["[ $A = b ]", "![ -s m ]"]),
            ("[ $A = b ] && [ -s m ] && exit 0; rm x", &[]),
            ("if [ $A = b ]; then if [ -s m ]; then exit 0; fi; fi; rm x", &[]),
            ("if [ $A = b ]; then echo; elif [ -s m ]; then exit 0; fi; rm x", &[]),
            ("for x in 1 2; do [ -s m ] && exit 0; done; rm x", &["![ -s m ]"]),
            ("[ -s m ]; echo && rm x", &["echo"]),
            ("f() { rm x; }; [ -s m ] || f", &[]),
            ("echo; sh -c 'echo; if [ ! -s m ]; then rm x; fi'", &["[ ! -s m ]"]),
            ("echo; sh -c \"if [ ! -s \\\"m\\\" ]; then rm x; fi\"", &["[ ! -s m ]"]),
        ];
        for (text, expected) in cases {
            assert_eq!(guards_of_rm(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_test_of_a_file_says_which_and_whether_it_is_there() {
        for (text, expected) in [
            ("[ -s m ] && rm x", Some(("m", true))),
            ("[ ! -s m ] && rm x", Some(("m", false))),
            ("test ! -e m && rm x", Some(("m", false))),
            ("[[ ! ! -d m ]] && rm x", Some(("m", true))),
            ("[ -s m -a -s n ] && rm x", None),
            ("[ -s m && rm x", None),
            ("[ $A = b ] && rm x", None),
            ("ls m && rm x", None),
        ] {
            let script = Script::of_text(text);
            let rm = script.calls().find(|call| call.program() == "rm").unwrap();
            let asked = rm.guards().next().and_then(|(test, _)| test.asks_for_file());
            assert_eq!(asked.map(|(path, is_there)| (&*path.text, is_there)), expected, "{text}");
        }
    }
}
