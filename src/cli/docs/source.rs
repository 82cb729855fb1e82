//! Reads the declarations of a schema, with their documentation, out of its Rust source: the comments there are the reference.

/// A struct or an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// As the source names it.
    pub name: String,
    /// Its documentation, as one paragraph of Markdown.
    pub doc: String,
    /// True for an enum.
    pub is_enum: bool,
    /// Fields, or variants.
    pub items: Vec<Item>,
}

/// A field of a struct, or a variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// As people write it in a file.
    pub name: String,
    /// The Rust type of a field, or of what a variant holds; empty for a variant that stands alone.
    pub of: String,
    /// Its documentation, as one paragraph of Markdown.
    pub doc: String,
    /// True where it must be written.
    pub required: bool,
}

/// The public structs and enums of `source`, in its order. It reads the layout that rustfmt gives, and no Rust beyond what schemas
/// are made of.
#[must_use]
pub fn declarations(source: &str) -> Vec<Declaration> {
    let mut all: Vec<Declaration> = Vec::new();
    let mut open = false;
    let (mut doc, mut attributes) = (String::new(), String::new());
    let mut casing = Casing::AsIs;
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            if !doc.is_empty() {
                doc.push(' ');
            }
            doc.push_str(text.trim());
            continue;
        }
        if line.starts_with("#[") {
            attributes.push_str(line);
            continue;
        }
        let (text, attribute) = (std::mem::take(&mut doc), std::mem::take(&mut attributes));
        let opened = ["pub struct ", "pub enum "]
            .into_iter()
            .enumerate()
            .find_map(|(is_enum, head)| Some((line.strip_prefix(head)?.strip_suffix(" {")?, is_enum == 1)));
        if let Some((name, is_enum)) = opened {
            casing = Casing::of(&attribute);
            all.push(Declaration { name: name.to_owned(), doc: text, is_enum, items: Vec::new() });
            open = true;
        } else if line.starts_with('}') {
            open = false;
        } else if let Some(declaration) = all.last_mut().filter(|_| open) {
            declaration.items.extend(item(line, declaration.is_enum, casing, text, &attribute));
        }
    }
    all
}

fn item(line: &str, is_enum: bool, casing: Casing, doc: String, attributes: &str) -> Option<Item> {
    let line = line.strip_suffix(',')?;
    let required = !attributes.contains("default");
    if is_enum {
        let (name, of) = match line.split_once('(') {
            Some((name, held)) => (name, held.trim_end_matches(')')),
            None => (line, ""),
        };
        return Some(Item { name: casing.apply(&words(name)), of: of.to_owned(), doc, required });
    }
    let (name, of) = line.strip_prefix("pub ")?.split_once(": ")?;
    let name = if casing == Casing::AsIs { name.to_owned() } else { casing.apply(&words(name)) };
    Some(Item { name, of: of.to_owned(), doc, required })
}

/// How names are written in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Casing {
    AsIs,
    Snake,
    Camel,
}

impl Casing {
    fn of(attributes: &str) -> Self {
        if attributes.contains("\"snake_case\"") {
            Self::Snake
        } else if attributes.contains("\"camelCase\"") {
            Self::Camel
        } else {
            Self::AsIs
        }
    }

    fn apply(self, words: &[String]) -> String {
        match self {
            Self::AsIs => words.concat(),
            Self::Snake => words.join("_"),
            Self::Camel => {
                let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
                rest.iter().fold(first.to_owned(), |name, word| name + &capitalised(word))
            }
        }
    }
}

/// The words of `FirstStart` or of `first_start`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split('_') {
        let mut first = true;
        for c in part.chars() {
            if first || c.is_uppercase() {
                words.push(String::new());
            }
            first = false;
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
    }
    words
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! Prose.
use x;

/// One of
/// two lines.
#[derive(Debug)]
#[serde(deny_unknown_fields, rename_all = \"camelCase\")]
pub struct Outer {
    /// Needed.
    pub api_version: String,
    /// Not needed.
    #[serde(default)]
    pub inner: Vec<Inner>,
    hidden: bool,
}

impl Outer {
    pub fn f() {
        true
    }
}

/// A choice.
#[serde(rename_all = \"snake_case\")]
pub enum Inner {
    /// Alone.
    FirstStart,
    /// With a value.
    AtLeast(String),
}
";

    #[test]
    fn names_are_as_people_write_them() {
        let all = declarations(SOURCE);
        let names: Vec<(&str, Vec<&str>)> =
            all.iter().map(|d| (d.name.as_str(), d.items.iter().map(|i| i.name.as_str()).collect())).collect();
        assert_eq!(names, [("Outer", vec!["apiVersion", "inner"]), ("Inner", vec!["first_start", "at_least"])]);
    }

    #[test]
    fn what_must_be_written_and_what_it_is() {
        let all = declarations(SOURCE);
        assert_eq!(all[0].doc, "One of two lines.");
        assert!(all[0].items[0].required && !all[0].items[1].required);
        assert_eq!((all[0].items[1].of.as_str(), all[0].items[1].doc.as_str()), ("Vec<Inner>", "Not needed."));
        assert_eq!((all[1].is_enum, all[1].items[1].of.as_str()), (true, "String"));
    }
}
