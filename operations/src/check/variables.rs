//! Finds names in the data that are nearly those which a template needs: what was probably meant, and where it stands.

use domain::{FieldError, MAX_COMPARED_NAMES, Wording, is_plain_name, nearest_of_few};
use serde_json::{Map, Value};
use templates::{TemplateError, Templates};

/// The most items of a list that are looked at for one that is missing.
const MAX_ITEMS: usize = 100;

/// Finds the name in the data that is nearly that of a missing variable, and none of the template's own.
pub(super) fn written_as<'w>(templates: &Templates, wording: &'w Wording, refusal: &TemplateError) -> Option<&'w str> {
    let TemplateError::Missing { variable, .. } = refusal else { return None };
    let template = wording.template.as_deref()?;
    let mut steps: Vec<&str> = variable.split('.').collect();
    let missing = steps.pop()?;
    let within = steps.iter().try_fold(&wording.data, |object, step| object.get(*step)?.as_object())?;
    let own = |name: &str| name == missing || (steps.is_empty() && templates.takes(template, name));
    near(within, missing, own)
}

/// Finds the first item of a list in the data that lacks what a loop of the template reads of each item, such as
/// `item.price`, and tells which name of that item is near.
pub(super) fn lacking(prefix: &str, wording: &Wording, refusal: &TemplateError) -> Option<FieldError> {
    let TemplateError::Failed { expression, .. } = refusal else { return None };
    let (each, missing) = expression.split_once('.')?;
    if !is_plain_name(each) || !is_plain_name(missing) || wording.data.contains_key(each) {
        return None;
    }
    let lists = wording.data.iter().take(MAX_COMPARED_NAMES).filter(|(name, _)| is_plain_name(name));
    let mut lists = lists.filter_map(|(name, value)| {
        let items = value.as_array()?.iter().take(MAX_ITEMS).map(Value::as_object);
        let lacks = |item: &Map<String, Value>| item.get(missing).is_none_or(Value::is_null);
        let (at, item) = items.enumerate().find_map(|(at, item)| Some((at, item.filter(|item| lacks(item))?)))?;
        Some((name, at, item))
    });
    let (name, at, item) = lists.next()?;
    if lists.next().is_some() {
        // The expression of the loop does not say through which of the lists it goes.
        return None;
    }
    let hint = near(item, missing, |name| name == missing);
    let hint = hint.map(|name| format!("; is it what you wrote as {name}?")).unwrap_or_default();
    let pointer = format!("{prefix}/data/{name}/{at}/{missing}");
    Some(FieldError { pointer, detail: format!("is missing: the template needs it{hint}") })
}

fn near<'d>(object: &'d Map<String, Value>, missing: &str, own: impl Fn(&str) -> bool) -> Option<&'d str> {
    let near = |name: &&str| is_plain_name(name) && !own(name) && nearest_of_few(name, [missing]).is_some();
    object.keys().take(MAX_COMPARED_NAMES).map(String::as_str).find(near)
}
