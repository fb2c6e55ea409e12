//! `[alerts]`: when to wake somebody, and how.

use postseal::policy::alert::Rule;
use postseal::{Error, Sender, SenderOptions};

use super::document::{Document, Step};
use super::{internal_targets, keys};
use crate::deliver::{Plain, Target, TargetOptions};
use crate::key_argument::KeyKind;

/// In a minute: more than the odd sender with an old secret.
const REFUSALS_DEFAULT: u32 = 20;
const WINDOW_SECONDS_DEFAULT: u32 = 60;
const INTERVAL_SECONDS_DEFAULT: u32 = 900;

/// When to wake somebody, and how.
pub(crate) struct AlertRules {
    /// Where they are posted, and what signs them.
    pub(crate) channel: Option<(Target, Sender)>,
    /// For refused messages of one source.
    pub(crate) refusals: Rule,
    /// For what is an alert each time.
    pub(crate) each: Rule,
}

pub(super) fn alerts(document: &Document) -> Result<AlertRules, Error> {
    let values = document.values.alerts.as_ref();
    let window = values.and_then(|values| values.window_seconds).unwrap_or(WINDOW_SECONDS_DEFAULT);
    let interval =
        values.and_then(|values| values.interval_seconds).unwrap_or(INTERVAL_SECONDS_DEFAULT);
    let refusals = values.and_then(|values| values.refusals).unwrap_or(REFUSALS_DEFAULT);
    let rule = |threshold| {
        Rule::new(threshold, window, interval)
            .map_err(|error| document.locate(&[Step::Name("alerts")], &error))
    };
    Ok(AlertRules { channel: channel(document)?, refusals: rule(refusals)?, each: rule(0)? })
}

/// Where alerts are posted: `url`, which there is none of without `secrets` that sign them.
fn channel(document: &Document) -> Result<Option<(Target, Sender)>, Error> {
    let place = |name| [Step::Name("alerts"), Step::Name(name)];
    let values = document.values.alerts.as_ref();
    let url = values.and_then(|values| values.url.as_deref());
    let list = values.and_then(|values| values.secrets.as_deref());
    let secrets = keys::list(document, &place("secrets"), KeyKind::Secret, list)?;
    let (url, secrets) = match (url, secrets) {
        (None, None) => return Ok(None),
        (Some(url), Some(secrets)) => (url, secrets),
        (Some(_), None) => {
            return Err(document.invalid(&place("url"), "an alert is signed: give alerts.secrets"));
        }
        (None, Some(_)) => {
            return Err(document.invalid(&place("secrets"), "they sign what goes to alerts.url"));
        }
    };
    let internal = internal_targets(document)?.iter().map(ToString::to_string).collect();
    let options = TargetOptions { internal, plain: Plain::ToInternal, ..TargetOptions::default() };
    let target = Target::new(url, options);
    let target = target.map_err(|error| document.locate(&place("url"), &error))?;
    let options = SenderOptions { secrets: Some(secrets), ..SenderOptions::default() };
    let sender = Sender::new(options);
    let sender = sender.map_err(|error| document.locate(&place("secrets"), &error))?;
    Ok(Some((target, sender)))
}
