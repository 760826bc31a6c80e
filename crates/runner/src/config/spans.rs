//! Where every key and value of a TOML document stands, by its path (`dataset.mixture[0].weights[1]`).

use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A table or value with its place in the text, as the parser makes it.
pub type Table<'i> = Spanned<DeTable<'i>>;

/// Place of one key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The key; `None` for an element of an array.
    pub key: Option<Range<usize>>,
    /// The value.
    pub value: Range<usize>,
}

/// All places of a document, by path.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    /// Every key and value of `table`.
    pub fn of(table: &DeTable<'_>) -> Self {
        let mut places = Self::default();
        places.table("", table);
        places
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let dot = if prefix.is_empty() { "" } else { "." };
            self.value(format!("{prefix}{dot}{}", key.get_ref()), Some(key.span()), value);
        }
    }

    fn value(&mut self, path: String, key: Option<Range<usize>>, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(&path, table),
            DeValue::Array(array) => {
                for (i, element) in array.iter().enumerate() {
                    self.value(format!("{path}[{i}]"), None, element);
                }
            }
            _ => {}
        }
        self.0.insert(path, Place { key, value: value.span() });
    }

    /// The place of `path`.
    pub fn get(&self, path: &str) -> Option<&Place> {
        self.0.get(path)
    }

    /// The path of the key or value that stands exactly at `span`; the innermost, because an array of tables stands where
    /// its first table does.
    pub fn path_at(&self, span: &Range<usize>) -> Option<&str> {
        let at = |place: &Place| place.key.as_ref() == Some(span) || place.value == *span;
        let found = self.0.iter().filter(|(_, place)| at(place)).map(|(path, _)| path.as_str());
        found.max_by_key(|path| path.len())
    }

    /// The keys of the table at `path`, in the order of the text.
    pub fn keys_of(&self, path: &str) -> Vec<String> {
        let mut keys: Vec<_> = self
            .0
            .iter()
            .filter_map(|(full, place)| {
                let key = full.strip_prefix(path)?.strip_prefix('.')?;
                (!key.contains(['.', '['])).then_some((place.value.start, key.to_owned()))
            })
            .collect();
        keys.sort();
        keys.into_iter().map(|(_, key)| key).collect()
    }
}

/// The string that stands exactly at `span` as a value.
pub fn string_at<'t>(table: &'t DeTable<'_>, span: &Range<usize>) -> Option<&'t str> {
    fn inside<'t>(value: &'t Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<&'t str> {
        match value.get_ref() {
            DeValue::String(text) if value.span() == *span => Some(text),
            DeValue::Table(table) => string_at(table, span),
            DeValue::Array(array) => array.iter().find_map(|element| inside(element, span)),
            _ => None,
        }
    }
    table.iter().find_map(|(_, value)| inside(value, span))
}

/// Removes the innermost entry whose key or value stands exactly at `span`; says whether there was one.
pub fn prune(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    if table.iter_mut().any(|(_, value)| prune_value(value.get_mut(), span)) {
        return true;
    }
    let found = table.iter().find(|(key, value)| key.span() == *span || value.span() == *span);
    let Some(key) = found.map(|(key, _)| key.get_ref().to_string()) else { return false };
    table.remove(key.as_str()).is_some()
}

fn prune_value(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => prune(table, span),
        DeValue::Array(array) => {
            if array.iter_mut().any(|element| prune_value(element.get_mut(), span)) {
                return true;
            }
            let found = array.iter().any(|element| element.span() == *span);
            if found {
                *array = array.iter().filter(|element| element.span() != *span).cloned().collect();
            }
            found
        }
        _ => false,
    }
}

/// What stands in the way of an override.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocked {
    /// Place of the part of the key that cannot be followed.
    pub span: Range<usize>,
    /// Why not.
    pub reason: String,
}

/// Sets `value` at the path `keys`, making the tables that are missing. A number is an index into an array.
pub fn set<'i>(
    table: &mut DeTable<'i>,
    keys: &[Spanned<DeString<'i>>],
    value: Spanned<DeValue<'i>>,
) -> Result<(), Blocked> {
    let Some((first, rest)) = keys.split_first() else { return Ok(()) };
    let name: &str = first.get_ref();
    if rest.is_empty() {
        table.remove(name);
        table.insert(first.clone(), value);
        return Ok(());
    }
    if !table.contains_key(name) {
        table.insert(first.clone(), Spanned::new(first.span(), DeValue::Table(DeTable::new())));
    }
    match table.get_mut(name) {
        Some(next) => set_below(next.get_mut(), first, rest, value),
        None => Ok(()),
    }
}

fn set_below<'i>(
    parent: &mut DeValue<'i>,
    name: &Spanned<DeString<'i>>,
    keys: &[Spanned<DeString<'i>>],
    value: Spanned<DeValue<'i>>,
) -> Result<(), Blocked> {
    match parent {
        DeValue::Table(table) => set(table, keys, value),
        DeValue::Array(array) => {
            let Some((index, rest)) = keys.split_first() else { return Ok(()) };
            let length = array.len();
            let element = index.get_ref().parse::<usize>().ok().and_then(|i| array.get_mut(i));
            match element {
                None => Err(Blocked {
                    span: index.span(),
                    reason: format!(
                        "`{}` is an array of {length}: a number from 0 to {} was expected here",
                        name.get_ref(),
                        length.saturating_sub(1)
                    ),
                }),
                Some(element) if rest.is_empty() => {
                    *element = value;
                    Ok(())
                }
                Some(element) => set_below(element.get_mut(), index, rest, value),
            }
        }
        other => Err(Blocked {
            span: name.span(),
            reason: format!("this is {} and has no keys", describe(other.type_str())),
        }),
    }
}

/// A TOML type in words.
pub fn describe(type_name: &str) -> &'static str {
    match type_name {
        "string" => "a string",
        "integer" => "a whole number",
        "float" => "a number",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "an array",
        _ => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n[b]\nz = [2, 3]\nc = \"x\"\n[[d.e]]\nf = 1\n";

    #[test]
    fn every_path_has_its_place() {
        let table = DeTable::parse(TEXT).unwrap();
        let places = Places::of(table.get_ref());
        let text_of = |path: &str| &TEXT[places.get(path).unwrap().value.clone()];
        assert_eq!(text_of("b.z[1]"), "3");
        assert_eq!(text_of("b"), "[b]");
        assert_eq!(text_of("d.e[0]"), "[[d.e]]");
        assert_eq!(places.path_at(&places.get("d.e[0].f").unwrap().key.clone().unwrap()), Some("d.e[0].f"));
        assert_eq!(places.keys_of("b"), ["z", "c"]);
        assert_eq!(places.get("nothing"), None);
    }

    #[test]
    fn strings_are_found_by_their_place() {
        let table = DeTable::parse(TEXT).unwrap();
        let at = |path: &str| Places::of(table.get_ref()).get(path).unwrap().value.clone();
        assert_eq!(string_at(table.get_ref(), &at("b.c")), Some("x"));
        assert_eq!(string_at(table.get_ref(), &at("b.z[1]")), None);
    }

    #[test]
    fn pruning_removes_exactly_one_entry() {
        let mut table = DeTable::parse(TEXT).unwrap().into_inner();
        let place = Places::of(&table).get("b.z[0]").unwrap().value.clone();
        assert!(prune(&mut table, &place));
        assert!(!prune(&mut table, &place));
        let places = Places::of(&table);
        assert_eq!(&TEXT[places.get("b.z[0]").unwrap().value.clone()], "3");
        assert_eq!(places.get("b.z[1]"), None);
    }
}
