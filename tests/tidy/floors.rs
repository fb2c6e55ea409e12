//! The floors of `src/`: what a file may use.

use super::File;

/// The modules of `src/`: a file uses its own folder, its own floor and the floors below it.
const FLOORS: [(&str, u8); 24] = [
    ("error", 0),
    ("limits", 0),
    ("body_limit", 0),
    ("time", 0),
    ("primitives", 1),
    ("key_input", 2),
    ("secret", 2),
    ("encryption_key", 2),
    ("generate", 2),
    ("log_key", 3),
    ("storage_key", 3),
    ("key_ring", 2),
    ("scheme", 3),
    ("envelope", 4),
    ("content_type", 4),
    ("policy", 5),
    ("delivery", 6),
    ("receiver", 6),
    ("receiver_options", 6),
    ("message", 6),
    ("sender", 6),
    ("sender_options", 6),
    ("abi", 7),
    ("lib", 8),
];

/// Names what a file uses from above its floor.
pub(super) fn floors(file: &File) -> Vec<String> {
    let Some(path) = file.path.strip_prefix("src/").filter(|path| path.ends_with(".rs")) else {
        return Vec::new();
    };
    let module = path.split(['/', '.']).next().unwrap_or_default();
    let Some(own) = floor(module) else {
        return vec![format!("`{module}` has no floor: give it one in tests/tidy.rs")];
    };
    let program: String = file.program().flat_map(|(_, line)| [line, "\n"]).collect();
    let modules = uses(&program.replace(&path_to_root(path), "crate::"));
    let wrong = modules.iter().filter(|module| floor(module).is_none_or(|theirs| theirs > own));
    wrong.map(|module| format!("floor {own} must not use `crate::{module}`")).collect()
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// What leads from a file of `src/` up to the root: `super::`, once for each module that it is in.
fn path_to_root(path: &str) -> String {
    let file = path.strip_suffix("/mod.rs").unwrap_or(path);
    match file {
        "lib.rs" => "crate::".to_owned(),
        _ => "super::".repeat(file.split('/').count()),
    }
}

/// The first names after `crate::`, also those in braces.
fn uses(program: &str) -> Vec<String> {
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    let first_name =
        |text: &str| text.trim_start().chars().take_while(|&char| is_name(char)).collect();
    let mut names = Vec::new();
    for after in program.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            names.push(first_name(after));
            continue;
        };
        let (mut depth, mut start) = (0_usize, 0);
        for (at, char) in group.char_indices() {
            let ends = depth == 0 && (char == ',' || char == '}');
            if ends {
                names.push(first_name(group.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => (),
            }
        }
    }
    names.retain(|name: &String| !name.is_empty());
    names
}
