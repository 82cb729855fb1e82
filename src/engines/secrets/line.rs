//! Secrets on a command line.
use smallvec::SmallVec;

use super::{
    ANYBODY, Holds, ProgramSecrets, SecretOption, SecretWord, Secrets, Stands,
    names::{Letters, ends_with, first_letter, words},
};
use crate::text::{
    command::{Call, Script, Word, only_references},
    url,
};

/// A secret on a command line.
///
/// There is no `Debug`: `word` holds it.
pub struct Exposed<'s> {
    /// What gives it away: `redis-cli -a`, `PGPASSWORD=`, `a postgres:// URL`. Never the value.
    pub by: String,
    /// True where the spec spells it; otherwise it comes out of a variable, and shows in the process list alone.
    pub is_spelled: bool,
    /// True where the program need not be a database's.
    pub is_general: bool,
    /// Where it goes, for a program that need not be a database's.
    pub leads: Leads,
    /// How to do without.
    pub instead: &'s str,
    /// The word that it stands in, to find its place by. It may be the secret itself: never print it.
    pub word: String,
}

/// Where a password goes that HTTP carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To a database, by its port or its name; or nothing says that it goes by HTTP.
    ToADatabase,
    /// To a host that nobody sees, or to something in the same Pod.
    Anywhere,
    /// To a host and a port that are no database's.
    Elsewhere,
}

/// What is said where no program is known.
const INSTEAD: &str = "let the program read it from a variable by valueFrom.secretKeyRef, or from a mounted Secret";

impl Secrets {
    /// The secrets on the command lines of a script. `own` are the programs that run where the image decides.
    #[must_use]
    pub fn exposed_in<'o>(&self, script: &Script<'_>, own: impl Fn() -> &'o [String]) -> Vec<Exposed<'_>> {
        let mut found = Vec::new();
        for call in script.calls() {
            let own = if call.program().is_empty() { own() } else { &[] };
            self.in_call(&call, own, &mut found);
        }
        found
    }

    fn in_call<'s>(&'s self, call: &Call<'_, '_>, own: &[String], found: &mut Vec<Exposed<'s>>) {
        let program = call.program();
        let names = std::iter::once(program).chain(own.iter().map(String::as_str));
        let mut positions: SmallVec<[usize; 4]> = names
            .filter(|name| !name.is_empty())
            .flat_map(|name| self.by_program.matching(name))
            .chain(self.anybodys.iter().copied())
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let groups: SmallVec<[&ProgramSecrets; 4]> =
            positions.into_iter().filter_map(|at| self.programs.get(at)).collect();
        // Nearly every option is none of those that take a secret.
        let given: Letters = call.args().iter().filter_map(|w| first_letter(w.text.strip_prefix('-')?)).collect();
        let mut seen: Vec<usize> = Vec::new();
        for group in &groups {
            let shown = if group.is_anybodys() || program.is_empty() { "" } else { program };
            let options = group.options.iter().filter(|o| o.letters.meets(given)).flat_map(|option| option.found(call));
            for (index, name, secret) in options.chain(group.words.iter().flat_map(|word| word.found(call))) {
                // One word is one secret, however many groups know its option.
                if !seen.contains(&index) {
                    seen.push(index);
                    let by = format!("{shown} {name}").trim().to_owned();
                    let exposed = self.exposed(by, &secret, group.general, &group.instead);
                    let leads = if group.general { self.leads(call.args(), index) } else { Leads::ToADatabase };
                    found.extend(exposed.map(|exposed| Exposed { leads, ..exposed }));
                }
            }
        }
        let known = groups.iter().find(|g| !g.is_anybodys());
        let instead = known.map_or(INSTEAD, |g| g.instead.as_str());
        // No other word can hold one by itself.
        let may_hold = |word: &Word<'_>| word.text.bytes().any(|b| matches!(b, b'=' | b'@'));
        for (at, word) in call.args().iter().enumerate().filter(|(_, word)| may_hold(word)) {
            if seen.contains(&at) {
                continue;
            }
            if let Some((name, secret)) = self.long_option(word) {
                // `--redis.password` names its database, whatever the program.
                let is_databases = known.is_some_and(|g| !g.general) || self.has_scheme(name);
                found.extend(self.exposed(name.to_owned(), &secret, !is_databases, instead));
            } else if let Some(connection) = url::connection(&word.text) {
                let (by, is_databases) = self.name_of(connection.scheme, known);
                let exposed = self.exposed(by, &word.part(connection.password), !is_databases, instead);
                let leads = match url::http_target(&word.text) {
                    Some(target) if !is_databases => self.leads_to(target),
                    _ => Leads::ToADatabase,
                };
                found.extend(exposed.map(|exposed| Exposed { leads, ..exposed }));
            }
        }
        for (name, value, word) in call.assignments() {
            // A reference is no news here: an assignment is not in the process list.
            let secret = word.part(value);
            let is_secret = secret.literal && self.is_secret_name(name) && self.is_secret_value(value);
            if is_secret {
                found.extend(self.exposed(format!("{name}="), &secret, known.is_none_or(|g| g.general), instead));
            }
        }
    }

    /// `--db-password=secret`, with any program.
    fn long_option<'w, 'a>(&self, word: &'w Word<'a>) -> Option<(&'w str, Word<'a>)> {
        let (name, value) = word.text.split_once('=')?;
        let bare = name.strip_prefix("--")?;
        // Nearly every option ends otherwise, and is not taken apart.
        if !self.option_words.iter().any(|end| ends_with(bare, end)) {
            return None;
        }
        let last = words(bare).pop()?;
        let is_name = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        let is_secret = is_name && self.option_words.contains(&last) && self.is_secret_name(bare);
        let is_none = || !value.contains('$') && !self.is_secret_value(value);
        (is_secret && !is_none()).then(|| (name, word.part(value)))
    }

    /// Where a command leads whose option at `secret` takes the password: to a database where one of its URLs does, and elsewhere only
    /// where all of them are known. A proxy is not where it leads.
    fn leads(&self, args: &[Word<'_>], secret: usize) -> Leads {
        let is_option = |word: &Word<'_>| word.text.starts_with('-');
        let targets = args.iter().enumerate().filter_map(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| args.get(at)).filter(|before| is_option(before));
            let is_proxy = |option: &str| self.http.proxies.iter().any(|proxy| proxy == option);
            let own = word.text.split_once('=').map_or(&*word.text, |(name, _)| name);
            let is_attached = || word.text.starts_with("-x") || own.ends_with("proxy");
            // Glued to its option, the password takes no word of its own.
            let is_bare = |option: &str| !option.contains('=') && (option.starts_with("--") || option.len() == 2);
            let takes = before.is_some_and(|b| is_proxy(&b.text) || (at == secret + 1 && is_bare(&b.text)));
            if at == secret || takes || is_proxy(own) || is_attached() {
                return None;
            }
            if let Some(target) = url::http_target(&word.text) {
                return Some(self.leads_to(target));
            }
            if is_option(word) {
                return None;
            }
            match url::bare_target(&word.text) {
                // It may be an option's value, and no target.
                Some(target) => Some(self.leads_to(target)).filter(|l| before.is_none() || *l == Leads::ToADatabase),
                // Nothing says where to.
                None => (before.is_none() && word.only_references()).then_some(Leads::ToADatabase),
            }
        });
        let nearness = |leads: &Leads| match leads {
            Leads::ToADatabase => 0,
            Leads::Anywhere => 1,
            Leads::Elsewhere => 2,
        };
        targets.min_by_key(nearness).unwrap_or(Leads::ToADatabase)
    }

    fn leads_to(&self, target: url::HttpTarget<'_>) -> Leads {
        let host = target.host;
        let is_its_port = target.port.is_some_and(|port| self.http.ports.contains(&port));
        let is_its_name = || host.split(['.', '-', '_']).any(|word| self.http.words.iter().any(|w| w == word));
        // What listens in the same Pod may be its database.
        let is_local = || host == "localhost" || host.starts_with("127.") || host == "[::1]";
        match () {
            () if is_its_port || is_its_name() => Leads::ToADatabase,
            () if host.contains(['$', '`', '{']) || is_local() => Leads::Anywhere,
            () => Leads::Elsewhere,
        }
    }

    fn has_scheme(&self, option: &str) -> bool {
        words(option).iter().any(|word| self.schemes.contains(word))
    }

    /// How a connection string is called, and whether it is a database's.
    fn name_of(&self, scheme: &str, program: Option<&&ProgramSecrets>) -> (String, bool) {
        match self.schemes.iter().find(|s| s.eq_ignore_ascii_case(scheme)) {
            Some(scheme) => (format!("a {scheme}:// URL"), true),
            None if scheme.is_empty() => ("a connection string".to_owned(), program.is_some_and(|g| !g.general)),
            None => ("a URL".to_owned(), false),
        }
    }

    fn exposed<'s>(&'s self, by: String, secret: &Word<'_>, is_general: bool, instead: &'s str) -> Option<Exposed<'s>> {
        let text: &str = &secret.text;
        let is_variable = !secret.literal || only_references(text);
        if text.is_empty() || (!is_variable && self.is_reference(text)) {
            return None;
        }
        let word = text.to_owned();
        Some(Exposed { by, is_spelled: !is_variable, is_general, leads: Leads::ToADatabase, instead, word })
    }
}

impl ProgramSecrets {
    /// True for what counts with any program.
    pub(super) fn is_anybodys(&self) -> bool {
        self.programs.first().is_some_and(|p| p.as_str() == ANYBODY)
    }
}

/// Which argument gives the secret away, the option's name, and the secret.
type Found<'o, 'a> = (usize, &'o str, Word<'a>);

impl SecretOption {
    fn found<'o, 'w, 'a>(&'o self, call: &Call<'w, 'a>) -> Vec<Found<'o, 'a>> {
        let flags = call.flags();
        if !self.with.is_empty() && !self.with.iter().any(|w| flags.has(w)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for name in &self.names {
            for flag in flags.all(name) {
                let word = |at: usize| call.args().get(at);
                let value = match (flag.attached, flag.following) {
                    (Some(value), _) if self.value != Stands::Separate => word(flag.index).map(|w| w.part(value)),
                    (None, Some(_)) if self.value != Stands::Attached => word(flag.index + 1).cloned(),
                    _ => None,
                };
                let secret = value.and_then(|word| match self.holds {
                    Holds::Password => Some(word),
                    Holds::UserAndPassword => {
                        let (_, password) = word.text.split_once(':')?;
                        Some(word.part(password))
                    }
                });
                found.extend(secret.map(|secret| (flag.index, name.as_str(), secret)));
            }
            found.extend(self.in_one_word(name, call));
        }
        found
    }
}

impl SecretOption {
    /// `"--requirepass x"`: redis joins its arguments to a configuration before it splits them.
    fn in_one_word<'o, 'w, 'a>(&'o self, name: &'o str, call: &Call<'w, 'a>) -> Option<Found<'o, 'a>> {
        if !name.starts_with("--") || self.holds != Holds::Password {
            return None;
        }
        let value = |word: &'w Word<'a>| {
            let rest = word.text.strip_prefix(name).filter(|rest| rest.starts_with(char::is_whitespace))?;
            Some(rest.trim().trim_matches(['"', '\'']))
        };
        let (index, word, value) =
            call.args().iter().enumerate().find_map(|(index, word)| Some((index, word, value(word)?)))?;
        Some((index, name, word.part(value)))
    }
}

impl SecretWord {
    fn found<'o, 'w, 'a>(&'o self, call: &Call<'w, 'a>) -> Vec<Found<'o, 'a>> {
        let args = call.args();
        // What stands behind an option may be its value: a host can be called auth.
        let is_free = |i: usize| i.checked_sub(1).and_then(|i| args.get(i)).is_none_or(|w| !w.text.starts_with('-'));
        let is_sub = |w: &Word<'_>| self.after.iter().find(|a| a.eq_ignore_ascii_case(&w.text));
        let mut subs = args.iter().enumerate().filter(|(i, _)| is_free(*i)).filter_map(|(i, w)| Some((i, is_sub(w)?)));
        let Some((at, name)) = subs.next() else { return Vec::new() };
        let mut rest = args.iter().enumerate().skip(at + 1).filter(|(_, w)| !w.text.starts_with('-'));
        let secret = match self.nth.checked_sub(1) {
            Some(before) => rest.nth(before),
            None => rest.next_back(),
        };
        secret.map(|(index, word)| (index, name.as_str(), word.clone())).into_iter().collect()
    }
}
