//! The size budget: what a user downloads may not grow unseen. The limits stand in
//! `pkg/size-budget.toml`.

use anyhow::{Context, Result, bail};
use toml::Table;

use crate::measure::Measured;
use crate::{tool, workspace};

/// Compares what `measure.mjs` measured with the budget.
///
/// # Errors
/// A file over its limit, and a file of the budget that was not measured.
pub(crate) fn check(measured: &[Measured]) -> Result<()> {
    let budget: Table = tool::read(&workspace::root("pkg/size-budget.toml"))?.parse()?;
    for (suffix, limits) in &budget {
        let file = measured.iter().find(|file| file.name.ends_with(suffix.as_str()));
        let file = file.with_context(|| format!("size-budget.toml: there is no {suffix}"))?;
        for (measure, limit) in limits.as_table().with_context(|| format!("{suffix}: no table"))? {
            let limit = limit.as_integer().and_then(|limit| u64::try_from(limit).ok());
            let limit = limit.with_context(|| format!("{suffix}: {measure}"))?;
            let size = match measure.as_str() {
                "bytes" => file.bytes,
                "gzip" => file.gzip,
                _ => bail!("nothing measures {measure} of {suffix}"),
            };
            if size > limit {
                bail!("{} has {size} bytes ({measure}), over {limit}", file.name);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::measure::Measured;

    fn file(name: &str, bytes: u64, gzip: u64) -> Measured {
        Measured { name: name.to_owned(), bytes, gzip, sha256: String::new() }
    }

    #[test]
    fn a_file_over_its_limit_is_refused() {
        let files = |gzip| [file("npm/dist/core.wasm", 1, gzip), file("postseal-0.1.0.tgz", 1, 1)];
        assert!(check(&files(96 * 1024)).is_ok());
        assert!(check(&files(96 * 1024 + 1)).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_refused() {
        assert!(check(&[file("core.wasm", 1, 1)]).is_err());
    }
}
