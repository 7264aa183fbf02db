//! The size of a document as it would be executed, found without executing or expanding it.
//!
//! A fragment that spreads the next one twice, and so on thirty times, is 900 bytes and a billion fields.
//! Each fragment is measured once and its size added wherever it is spread, so the time is that of reading
//! the document. Sums saturate, and a circle of fragments is infinite.

use super::limits::Limits;
use apollo_compiler::ast::{Definition, Document, Selection, Value};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

/// What a selection set adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    selections: u64,
    aliases: u64,
    directives: u64,
    /// Selections below each other.
    depth: u32,
    /// The same below `__schema` or `__type`, that field counted in.
    introspection_depth: u32,
    /// Lists of the schema below each other.
    lists: u32,
}

impl Size {
    const INFINITE: Self = Self {
        selections: u64::MAX,
        aliases: u64::MAX,
        directives: u64::MAX,
        depth: u32::MAX,
        introspection_depth: u32::MAX,
        lists: u32::MAX,
    };

    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.lists = self.lists.max(other.lists);
    }
}

struct Guard<'d> {
    fragments: HashMap<&'d Name, &'d [Selection]>,
    /// What was measured already; `None` while it is being measured.
    sizes: HashMap<&'d Name, Option<Size>>,
    longest_list: usize,
}

/// Every limit that the document exceeds, in words.
pub(super) fn excesses(document: &Document, limits: &Limits) -> Vec<String> {
    let mut guard = Guard { fragments: HashMap::new(), sizes: HashMap::new(), longest_list: 0 };
    let mut operations = Vec::new();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            guard.fragments.insert(&fragment.name, &fragment.selection_set);
        } else if let Definition::OperationDefinition(operation) = definition {
            operations.push(operation);
        }
    }
    let mut size = Size::default();
    for operation in operations {
        // Each on its own: only one of them runs.
        let mut own = guard.set(&operation.selection_set);
        let of_variables = operation.variables.iter().map(|variable| variable.directives.len());
        let directives = operation.directives.len() + of_variables.sum::<usize>();
        own.directives = own.directives.saturating_add(count(directives));
        for variable in &operation.variables {
            variable.default_value.iter().for_each(|value| guard.value(value));
        }
        size = Size {
            selections: size.selections.max(own.selections),
            aliases: size.aliases.max(own.aliases),
            directives: size.directives.max(own.directives),
            depth: size.depth.max(own.depth),
            introspection_depth: size.introspection_depth.max(own.introspection_depth),
            lists: size.lists.max(own.lists),
        };
    }
    let most = u64::from;
    [
        ("selections", size.selections, limits.selections),
        ("aliases", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
        ("levels of selections", most(size.depth), most(limits.depth)),
        (
            "levels of introspection",
            most(size.introspection_depth),
            most(Limits::INTROSPECTION_DEPTH),
        ),
        (
            "lists of the schema below each other",
            most(size.lists),
            most(Limits::INTROSPECTION_LISTS),
        ),
        ("items in a list of the input", count(guard.longest_list), count(limits.list_input)),
    ]
    .into_iter()
    .filter(|(_, found, limit)| found > limit)
    .map(|(what, found, limit)| {
        let found =
            if found >= most(u32::MAX) { "far too many".to_owned() } else { found.to_string() };
        format!("the document has {found} {what}, at most {limit} are allowed")
    })
    .collect()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl<'d> Guard<'d> {
    fn set(&mut self, selections: &'d [Selection]) -> Size {
        let mut size = Size::default();
        for selection in selections {
            let (own, directives) = match selection {
                Selection::Field(field) => {
                    field.arguments.iter().for_each(|argument| self.value(&argument.value));
                    let below = self.set(&field.selection_set);
                    let own = Size {
                        aliases: below.aliases.saturating_add(field.alias.is_some().into()),
                        ..one_above(field.name.as_str(), below)
                    };
                    (own, &field.directives)
                }
                Selection::InlineFragment(fragment) => {
                    let mut own = self.set(&fragment.selection_set);
                    own.selections = own.selections.saturating_add(1);
                    (own, &fragment.directives)
                }
                Selection::FragmentSpread(spread) => {
                    let mut own = self.fragment(&spread.fragment_name);
                    own.selections = own.selections.saturating_add(1);
                    (own, &spread.directives)
                }
            };
            size.add(own);
            size.directives = size.directives.saturating_add(count(directives.len()));
            for argument in directives.iter().flat_map(|directive| &directive.arguments) {
                self.value(&argument.value);
            }
        }
        size
    }

    fn fragment(&mut self, name: &'d Name) -> Size {
        match self.sizes.get(name) {
            Some(Some(size)) => return *size,
            Some(None) => return Size::INFINITE,
            None => {}
        }
        // A fragment that is not there is the validation's to name.
        let Some(selections) = self.fragments.get(name).copied() else { return Size::default() };
        self.sizes.insert(name, None);
        let size = self.set(selections);
        self.sizes.insert(name, Some(size));
        size
    }

    fn value(&mut self, value: &Node<Value>) {
        if let Value::List(items) = &**value {
            self.longest_list = self.longest_list.max(items.len());
            for item in items {
                self.value(item);
            }
        } else if let Value::Object(fields) = &**value {
            for (_, value) in fields {
                self.value(value);
            }
        }
    }
}

/// A field above what it selects.
fn one_above(field: &str, below: Size) -> Size {
    let deeper = |depth: u32| depth.saturating_add(1);
    let selections = below.selections.saturating_add(1);
    if matches!(field, "__schema" | "__type") {
        let depth = below.depth.max(below.introspection_depth);
        return Size { selections, depth: 1, introspection_depth: deeper(depth), ..below };
    }
    let lists = below.lists.saturating_add(
        matches!(field, "fields" | "interfaces" | "possibleTypes" | "inputFields").into(),
    );
    Size { selections, depth: deeper(below.depth), lists, ..below }
}

/// Whether a list in the variables is longer than a list of the input may be.
pub(super) fn longest_list(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().map(longest_list).max().unwrap_or(0).max(items.len())
        }
        serde_json::Value::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn found(document: &str) -> Vec<String> {
        let document = Document::parse(document, "").unwrap();
        excesses(&document, &Limits::default())
    }

    /// Fragments that each spread the next one `times` times.
    fn expanding(levels: usize, times: usize) -> String {
        let mut text = "{ ...f0 }".to_owned();
        for level in 0..levels {
            let spreads = format!(" ...f{}", level + 1).repeat(times);
            write!(text, " fragment f{level} on Query {{{spreads} }}").unwrap();
        }
        write!(text, " fragment f{levels} on Query {{ __typename }}").unwrap();
        text
    }

    #[test]
    fn an_expansion_is_measured_without_being_expanded() {
        for (levels, times) in [(10, 2), (3, 10), (22, 2), (60, 2), (30, 10), (300, 4)] {
            let document = Document::parse(expanding(levels, times), "").unwrap();
            let excesses = excesses(&document, &Limits::default());
            assert!(excesses.iter().any(|text| text.contains("selections")), "{excesses:?}");
        }
        assert_eq!(found(&expanding(8, 2)), Vec::<String>::new());
    }

    #[test]
    fn a_circle_is_infinite() {
        let excesses = found("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }");
        assert!(excesses.iter().any(|text| text.contains("far too many")), "{excesses:?}");
    }

    #[test]
    fn typename_aliases_and_directives_count() {
        let many = |piece: &str, times: usize| format!("{{ {} }}", piece.repeat(times));
        assert!(found(&many("__typename ", 5_001))[0].contains("5001 selections"));
        assert!(found(&many("a: __typename ", 51))[0].contains("51 aliases"));
        assert!(
            found(&format!("{{ __typename {} }}", "@a ".repeat(21)))[0].contains("21 directives")
        );
        let list = "1 ".repeat(251);
        assert!(found(&format!("{{ a(b: [{list}]) }}"))[0].contains("251 items"));
    }

    #[test]
    fn introspection_has_a_depth_of_its_own() {
        let nested = |levels: usize| format!("{}{}", "{ a ".repeat(levels), "}".repeat(levels));
        assert!(found(&nested(12)).is_empty());
        assert!(found(&nested(13))[0].contains("13 levels of selections"));
        let below = |levels: usize| format!("{{ __schema {} }}", nested(levels));
        assert!(found(&below(19)).is_empty());
        assert!(found(&below(20))[0].contains("21 levels of introspection"));
        let lists =
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
        assert!(found(lists)[0].contains("3 lists"));
    }
}
