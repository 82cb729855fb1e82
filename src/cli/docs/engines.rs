//! `docs/engines.md` and a page per engine in `docs/engines/`, from the engine files.
use super::{head, row, table};
use crate::cli::sheet::{Line, Sheet};
use crate::engines::Catalogue;

const INTRODUCTION: &str = "\
What Seawall knows, engine by engine. `seawall engines NAME` prints a page. Each fact stands in the engine's file in `src/engines/`, with
its source; [engine-files.md](engine-files.md) says how to add an engine, or to correct one.

";

const PAGE: &str = "\
Of the first packaging all, of the others what differs. [All engines](../engines.md).

";

/// All engines in one table, as a Markdown document.
#[must_use]
pub fn engines(catalogue: &Catalogue) -> String {
    let mut text = head("Engines", "the files in `src/engines/`");
    text.push_str(INTRODUCTION);
    text.push_str(&table(["engine", "name", "packagings"]));
    for sheet in sheets(catalogue) {
        let packagings: Vec<&str> = sheet.packagings.iter().map(|(name, _)| *name).collect();
        let link = format!("[{}](engines/{}.md)", sheet.title, sheet.name);
        text.push_str(&row([link.as_str(), &format!("`{}`", sheet.name), &packagings.join(", ")]));
    }
    text
}

/// The page of each engine: the name of its file, and a Markdown document.
#[must_use]
pub fn engine_pages(catalogue: &Catalogue) -> Vec<(String, String)> {
    sheets(catalogue).map(|sheet| (format!("{}.md", sheet.name), page(&sheet))).collect()
}

fn sheets(catalogue: &Catalogue) -> impl Iterator<Item = Sheet<'_>> {
    catalogue.names().into_iter().filter_map(|name| Sheet::of(name, catalogue))
}

fn page(sheet: &Sheet<'_>) -> String {
    let mut text = head(sheet.title, &format!("`src/engines/{}.yaml`", sheet.name));
    text.push_str(PAGE);
    text.push_str(&list(&sheet.lines));
    for (packaging, lines) in &sheet.packagings {
        text.push_str(&format!("\n## Packaging {packaging}\n\n"));
        text.push_str(&list(lines));
    }
    text
}

fn list(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("- **{}**: {}\n", line.label, escaped(&line.text))).collect()
}

/// `*` and `_` inside names are no emphasis.
fn escaped(text: &str) -> String {
    text.replace('*', "\\*").replace('_', "\\_").replace('<', "\\<")
}
