//! What a server is told on its command line.
use crate::{
    engines::schema::Options as Spelling,
    text::command::{Script, Word},
};

/// The options of one command, read in the engine's spelling.
#[derive(Debug, Default)]
pub struct Options<'t> {
    settings: Vec<Setting<'t>>,
    argument: Option<String>,
    spelling: Spelling,
    /// The names of the container's variables, where somebody looked.
    variables: Option<Vec<&'t str>>,
}

/// One option.
#[derive(Clone)]
pub struct Setting<'t> {
    name: String,
    value: Option<Word<'t>>,
}

/// Says which, never what.
impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setting({})", self.name)
    }
}

impl<'t> Setting<'t> {
    /// The value, when the spec spells it; it may be a secret.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().filter(|w| w.literal).map(|w| w.text.as_ref())
    }

    /// The word that holds the value.
    #[must_use]
    pub const fn word(&self) -> Option<&Word<'t>> {
        self.value.as_ref()
    }
}

impl<'t> Options<'t> {
    /// Reads the arguments of a call.
    #[must_use]
    pub fn of(arguments: &[Word<'t>], spelling: Spelling) -> Self {
        let mut settings = Vec::new();
        let mut argument = None;
        let mut words = arguments.iter().peekable();
        while let Some(word) = words.next() {
            let text: &str = &word.text;
            let assigned = |name: &str, word: &Word<'t>| Setting { name: normal(name), value: Some(word.clone()) };
            let pair = |text: &str| text.split_once('=').map(|(name, value)| (name.to_owned(), word.part(value)));
            match spelling {
                Spelling::Postgres if text == "-c" => {
                    if let Some(next) = words.next()
                        && let Some((name, value)) = next.text.split_once('=')
                    {
                        settings.push(assigned(name, &next.part(value)));
                    }
                }
                Spelling::Postgres if text.starts_with("-c") && text.contains('=') => {
                    if let Some((name, value)) = pair(text.trim_start_matches("-c")) {
                        settings.push(assigned(&name, &value));
                    }
                }
                Spelling::Elastic if text == "-E" => {
                    if let Some(next) = words.next()
                        && let Some((name, value)) = next.text.split_once('=')
                    {
                        settings.push(assigned(name, &next.part(value)));
                    }
                }
                Spelling::Elastic if text.starts_with("-E") => {
                    if let Some((name, value)) = pair(text.trim_start_matches("-E")) {
                        settings.push(assigned(&name, &value));
                    }
                }
                // Redis joins its arguments to a configuration before it splits them: `"--requirepass x"` is one word of two.
                Spelling::Redis if text.starts_with("--") && text.contains(char::is_whitespace) => {
                    if let Some((name, value)) = text.split_once(char::is_whitespace) {
                        settings.push(assigned(name, &word.part(unquoted(value.trim()))));
                    }
                }
                _ if text.starts_with('-') && text.len() > 1 => {
                    if let Some((name, value)) = pair(text) {
                        settings.push(assigned(&name, &value));
                        continue;
                    }
                    let follows = words.peek().is_some_and(|next| !next.text.starts_with('-') || is_number(&next.text));
                    let value = if follows { words.next().cloned() } else { None };
                    settings.push(Setting { name: normal(text), value });
                    if spelling == Spelling::Redis {
                        // `--save 900 1 300 10`: what is left belongs to the same option.
                        while words.peek().is_some_and(|next| !next.text.starts_with('-')) {
                            words.next();
                        }
                    }
                }
                _ => argument = argument.or_else(|| word.literal.then(|| text.to_owned())),
            }
        }
        Self { settings, argument, spelling, variables: None }
    }

    /// The options of the first of a script's commands that is one of `programs`, or that the image's entrypoint takes.
    #[must_use]
    pub fn of_script(script: &Script<'t>, programs: &[String], spelling: Spelling) -> Self {
        let call = script
            .calls()
            .rev()
            .find(|c| programs.iter().any(|p| p == c.program()))
            .or_else(|| script.calls().find(|c| c.program().is_empty() || c.program().ends_with("entrypoint.sh")))
            .or_else(|| script.main());
        let Some(call) = call else { return Self { spelling, ..Self::default() } };
        let mut options = Self::of(call.args(), spelling);
        // Where the arguments follow the image's entrypoint, their first word is taken for a program.
        if !call.program().is_empty()
            && !call.program().ends_with("entrypoint.sh")
            && !programs.iter().any(|p| p == call.program())
        {
            options.argument = Some(call.program().to_owned());
        }
        options
    }

    /// Notes the names of the container's variables: most questions about one end here.
    #[must_use]
    pub(super) fn beside(mut self, variables: impl Iterator<Item = &'t str>) -> Self {
        self.variables = Some(variables.collect());
        self
    }

    /// False where the container has no variable of that name.
    #[must_use]
    pub(super) fn may_have_variable(&self, name: &str) -> bool {
        self.variables.as_ref().is_none_or(|names| names.contains(&name))
    }

    /// False where no variable's name is like that.
    #[must_use]
    pub(super) fn may_have_variable_like(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.variables.as_ref().is_none_or(|names| names.iter().any(|name| is_it(name)))
    }

    /// How the options were read.
    #[must_use]
    pub const fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// The first argument that is no option: a sub-command, for programs that have them.
    #[must_use]
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// Adds options that stand behind these.
    pub(super) fn extend(&mut self, more: Self) {
        self.settings.extend(more.settings);
        self.argument = self.argument.take().or(more.argument);
    }

    /// The option called `name`, with or without its dashes; of several the last.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Setting<'t>> {
        self.settings.iter().rev().find(|s| is_normal_of(&s.name, name))
    }

    /// All options.
    pub fn iter(&self) -> impl Iterator<Item = &Setting<'t>> {
        self.settings.iter()
    }
}

/// Dashes at the front do not count for long names, and `-` is `_` inside: `--Sync-Binlog` is `sync_binlog`. A single letter keeps
/// its dash and its case.
fn normal(name: &str) -> String {
    let bare = name.trim_start_matches('-');
    if bare.chars().count() == 1 {
        return format!("-{bare}");
    }
    bare.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Whether `normal` is the normal form of `name`: asked so often that nothing is made for it.
fn is_normal_of(normal: &str, name: &str) -> bool {
    let bare = name.trim_start_matches('-');
    if bare.chars().nth(1).is_none() && !bare.is_empty() {
        return normal.strip_prefix('-') == Some(bare);
    }
    let fold = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    normal.len() == bare.len() && normal.bytes().eq(bare.bytes().map(fold))
}

/// Without a pair of quotation marks around it.
fn unquoted(text: &str) -> &str {
    let within = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}
