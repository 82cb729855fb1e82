//! `docs/engines.md`, from the engine files.
use super::{head, row, table};
use crate::cli::sheet::{Line, Sheet};
use crate::engines::Catalogue;

const INTRODUCTION: &str = "\
What Seawall knows about each engine, packaging by packaging: of the first one all, of the others what differs. `seawall engines NAME`
prints the same. Each fact stands in the engine's file in `src/engines/`, with its source; [engine-files.md](engine-files.md) says how
to add an engine, or to correct one.

";

/// All engines, as a Markdown document.
#[must_use]
pub fn engines(catalogue: &Catalogue) -> String {
    let mut text = head("Engines", "the files in `src/engines/`");
    text.push_str(INTRODUCTION);
    text.push_str(&table(["engine", "name", "packagings"]));
    let sheets: Vec<Sheet<'_>> = catalogue.names().into_iter().filter_map(|name| Sheet::of(name, catalogue)).collect();
    for sheet in &sheets {
        let packagings: Vec<&str> = sheet.packagings.iter().map(|(name, _)| *name).collect();
        let link = format!("[{}](#{})", sheet.title, sheet.name);
        text.push_str(&row([link.as_str(), &format!("`{}`", sheet.name), &packagings.join(", ")]));
    }
    for sheet in &sheets {
        text.push_str(&format!("\n## {}\n\n", sheet.name));
        text.push_str(&list(&sheet.lines));
        for (packaging, lines) in &sheet.packagings {
            text.push_str(&format!("\n### {}, packaging {packaging}\n\n", sheet.name));
            text.push_str(&list(lines));
        }
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
