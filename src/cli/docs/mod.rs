//! The documents under `docs/` that are made of what the program knows.
//!
//! Each function returns a whole Markdown file. A test holds the files against them, and `make bless` rewrites the files; nothing
//! here runs in the webhook.
mod engine_files;
mod engines;
mod facts;
mod limits;
mod rules;
mod settings;
mod source;
mod webhooks;

pub use engine_files::engine_files;
pub use engines::{engine_pages, engines};
pub use facts::facts;
pub use limits::limits;
pub use rules::rules;
pub use settings::settings;
pub use source::{Declaration, Item, declarations};
pub use webhooks::webhooks_template;

/// The first lines of a generated file.
fn head(title: &str, made_of: &str) -> String {
    format!("<!-- Made of {made_of}; `make bless` rewrites it. -->\n\n# {title}\n\n")
}

/// Text that stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// One row of a table.
fn row<'t>(cells: impl IntoIterator<Item = &'t str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The head of a table.
fn table<'t>(titles: impl IntoIterator<Item = &'t str> + Clone) -> String {
    let rule: Vec<&str> = titles.clone().into_iter().map(|_| "---").collect();
    format!("{}|{}|\n", row(titles), rule.join("|"))
}

/// In the type of code; nothing for nothing.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_what_is_in_its_cells() {
        assert_eq!(table(["a", "b"]), "| a | b |\n|---|---|\n");
        assert_eq!(row(["x|y", "one\ntwo"]), "| x\\|y | one two |\n");
    }
}
