//! The size budget: what a user downloads may not grow unseen. The limits stand in
//! `pkg/size-budget.toml`.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml::Table;

use crate::{tool, workspace};

/// Compares what `measure.mjs` measured with the budget.
///
/// # Errors
/// A file over its limit, and a file of the budget that was not measured.
pub(crate) fn check(measured: &[Value]) -> Result<()> {
    let budget: Table = tool::read(&workspace::root("pkg/size-budget.toml"))?.parse()?;
    for (suffix, limits) in &budget {
        let file = measured.iter().find(|file| text(file, "name").ends_with(suffix.as_str()));
        let file = file.with_context(|| format!("size-budget.toml: there is no {suffix}"))?;
        for (measure, limit) in limits.as_table().with_context(|| format!("{suffix}: no table"))? {
            let limit = limit.as_integer().with_context(|| format!("{suffix}: {measure}"))?;
            let size = file.get(measure).and_then(Value::as_i64);
            let size = size.with_context(|| format!("nothing measures {measure} of {suffix}"))?;
            if size > limit {
                bail!("{} has {size} bytes ({measure}), over {limit}", text(file, "name"));
            }
        }
    }
    Ok(())
}

fn text<'a>(file: &'a Value, member: &str) -> &'a str {
    file.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn a_file_over_its_limit_is_refused() {
        let files = |gzip| {
            [
                json!({ "name": "npm/dist/core.wasm", "bytes": 1, "gzip": gzip }),
                json!({ "name": "postseal-0.1.0.tgz", "bytes": 1, "gzip": 1 }),
            ]
        };
        assert!(check(&files(96 * 1024)).is_ok());
        assert!(check(&files(96 * 1024 + 1)).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_refused() {
        assert!(check(&[json!({ "name": "core.wasm", "bytes": 1, "gzip": 1 })]).is_err());
    }
}
