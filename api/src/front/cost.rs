//! What an operation costs, known before anything is loaded.
//!
//! | what | points |
//! |---|--:|
//! | a scalar, or a value that belongs to its object (`Money`, `Address`, totals) | 0 |
//! | an object that is loaded: everything with an `id` | 1 |
//! | a list that cannot be paged, such as an order's lines | as one row |
//! | a connection | 1, and the price of a row times `first` or `last` (20 without them) |
//! | `totalCount` | 5 |
//! | `nodes(ids:)` | the price of a row times the ids |
//! | a mutation | 10, besides what it selects |
//! | a selection below `__schema` or `__type` | 0; those have limits of their own |
//!
//! A page of 100 orders with customer, lines, payments and fulfillments is 501 points.

use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};

/// Rows of a connection that names no number.
const PAGE: u64 = 20;
/// Rows of a connection at most.
const LONGEST_PAGE: u64 = 100;
const MUTATION: u64 = 10;
const TOTAL_COUNT: u64 = 5;

struct Costs<'a> {
    schema: &'a Valid<Schema>,
    document: &'a Valid<ExecutableDocument>,
    variables: &'a JsonMap,
}

/// The points of an operation with its variables; 1 at least.
pub(super) fn cost(
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    operation: &apollo_compiler::executable::Operation,
    variables: &JsonMap,
) -> u64 {
    let costs = Costs { schema, document, variables };
    let mutations = if operation.is_mutation() {
        let fields = operation.root_fields(document).count();
        MUTATION.saturating_mul(u64::try_from(fields).unwrap_or(u64::MAX))
    } else {
        0
    };
    costs.set(&operation.selection_set).saturating_add(mutations).max(1)
}

impl Costs<'_> {
    fn set(&self, selections: &SelectionSet) -> u64 {
        let costs = selections.selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.field(field),
            Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
            Selection::FragmentSpread(spread) => spread
                .fragment_def(self.document)
                .map_or(0, |fragment| self.set(&fragment.selection_set)),
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Field) -> u64 {
        if field.name.starts_with("__") {
            return 0;
        }
        let kind = field.ty().inner_named_type();
        if field.selection_set.is_empty() {
            return if field.name == "totalCount" { TOTAL_COUNT } else { 0 };
        }
        if kind.ends_with("Connection") {
            let asked = self.number(field, "first").or_else(|| self.number(field, "last"));
            let rows = asked.unwrap_or(PAGE).min(LONGEST_PAGE);
            return self.connection(&field.selection_set, rows).saturating_add(1);
        }
        let below = self.set(&field.selection_set);
        if field.name == "nodes" {
            let rows = self.ids(field).unwrap_or(1);
            return below.saturating_add(1).saturating_mul(rows);
        }
        below.saturating_add(self.own(kind))
    }

    /// What is below a connection: rows many times, the rest once.
    fn connection(&self, selections: &SelectionSet, rows: u64) -> u64 {
        let costs = selections.selections.iter().map(|selection| match selection {
            Selection::Field(field) if field.name == "nodes" => {
                self.row(&field.selection_set).saturating_mul(rows)
            }
            Selection::Field(field) if field.name == "edges" => {
                self.set(&field.selection_set).max(1).saturating_mul(rows)
            }
            Selection::Field(field) => self.field(field),
            Selection::InlineFragment(fragment) => self.connection(&fragment.selection_set, rows),
            Selection::FragmentSpread(spread) => spread
                .fragment_def(self.document)
                .map_or(0, |fragment| self.connection(&fragment.selection_set, rows)),
        });
        costs.fold(0, u64::saturating_add)
    }

    fn row(&self, selections: &SelectionSet) -> u64 {
        self.set(selections).saturating_add(1)
    }

    /// Whether the type is loaded for itself: then it has an id.
    fn own(&self, kind: &apollo_compiler::schema::NamedType) -> u64 {
        let loaded = match self.schema.types.get(kind) {
            Some(ExtendedType::Object(object)) => object.fields.contains_key("id"),
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => true,
            Some(
                ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_),
            )
            | None => false,
        };
        loaded.into()
    }

    fn number(&self, field: &Field, argument: &str) -> Option<u64> {
        let value = field.specified_argument_by_name(argument)?;
        if let Some(name) = value.as_variable() {
            return self.variables.get(name.as_str())?.as_u64();
        }
        value.to_i32().and_then(|number| u64::try_from(number).ok())
    }

    fn ids(&self, field: &Field) -> Option<u64> {
        let value = field.specified_argument_by_name("ids")?;
        let ids = match value.as_variable() {
            Some(name) => self.variables.get(name.as_str())?.as_array()?.len(),
            None => value.as_list()?.len(),
        };
        u64::try_from(ids).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::ast::Document;

    fn points(text: &str, variables: serde_json::Value) -> u64 {
        let schema = Schema::parse_and_validate(super::super::executor::types(), "").unwrap();
        let document = Document::parse(text, "").unwrap().to_executable_validate(&schema).unwrap();
        let operation = document.operations.get(None).unwrap();
        let variables: JsonMap = serde_json::from_value(variables).unwrap();
        cost(&schema, &document, operation, &variables)
    }

    #[test]
    fn a_page_costs_its_rows() {
        let page = "query($n: Int) { orders(first: $n) { totalCount nodes { number totals { grandTotal { amount } } customer { name } lines { sku } payments { state } fulfillments { state } } } }";
        assert_eq!(points(page, serde_json::json!({ "n": 100 })), 1 + 5 + 100 * 5);
        assert_eq!(points(page, serde_json::json!({})), 1 + 5 + 20 * 5);
        assert_eq!(points(page, serde_json::json!({ "n": 1_000_000 })), 1 + 5 + 100 * 5);
    }

    #[test]
    fn a_scalar_costs_nothing_and_an_operation_one_point() {
        assert_eq!(points("{ __typename }", serde_json::json!({})), 1);
        assert_eq!(points("{ __schema { types { name } } }", serde_json::json!({})), 1);
    }

    #[test]
    fn ids_multiply() {
        let nodes =
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { lines { sku } } } }";
        assert_eq!(points(nodes, serde_json::json!({ "ids": ["a", "b", "c"] })), 3 * 2);
    }

    #[test]
    fn pages_in_pages_multiply() {
        let nested = "{ orders(first: 100) { nodes { timeline(first: 100) { nodes { id } } } } }";
        assert_eq!(points(nested, serde_json::json!({})), 1 + 100 * (1 + 1 + 100));
    }
}
