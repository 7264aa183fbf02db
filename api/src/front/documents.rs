//! From text to a document that may run: parsed, measured, validated, and remembered.

use super::guard;
use super::limits::Limits;
use apollo_compiler::ast::Document as Ast;
use apollo_compiler::parser::{Parser, SourceMap};
use apollo_compiler::response::GraphQLError;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Memory for documents that are remembered, in bytes.
const REMEMBERED: u64 = 16 * 1024 * 1024;
/// What a document takes for each byte of its text, about: two trees and the types of its fields.
const SWOLLEN: usize = 40;
/// Characters of a message at most: a client's megabyte is not sent back to it.
const LONGEST_MESSAGE: usize = 190;

/// A document that was found good.
pub(super) struct Document {
    /// As it was validated.
    pub(super) checked: Valid<ExecutableDocument>,
    /// As it is executed.
    pub(super) parsed: async_graphql::parser::types::ExecutableDocument,
    length: usize,
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Line and column, from 1.
    pub(super) locations: Vec<(usize, usize)>,
}

impl Fault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: one_line(&message.into()), locations: Vec::new() }
    }

    fn of(code: &'static str, error: GraphQLError) -> Self {
        let locations = error.locations.iter().map(|at| (at.line, at.column)).collect();
        Self { locations, ..Self::new(code, error.message) }
    }
}

/// The syntax is wrong.
pub(super) const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The document does not fit the schema.
pub(super) const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// More than a limit allows.
pub(super) const LIMIT_EXCEEDED: &str = "LIMIT_EXCEEDED";

/// One line of a bounded length.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_MESSAGE {
        return line;
    }
    line.chars().take(LONGEST_MESSAGE).chain(['…']).collect()
}

/// SHA-256 of a document's text, as persisted documents are named.
pub(super) type Hash = [u8; 32];

/// Documents by their hash.
pub(super) struct Documents {
    schema: Arc<Valid<Schema>>,
    limits: Limits,
    known: Cache<Hash, Arc<Document>>,
    /// The only documents that run, where the operator names them.
    allowed: Option<HashMap<Hash, String>>,
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// The hash in 64 hexadecimal digits.
pub(super) fn parse_hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

impl Documents {
    pub(super) fn new(schema: Arc<Valid<Schema>>, limits: Limits) -> Self {
        let known = Cache::builder()
            .max_capacity(REMEMBERED)
            .weigher(|_, document: &Arc<Document>| {
                u32::try_from(document.length.saturating_mul(SWOLLEN)).unwrap_or(u32::MAX)
            })
            .build();
        let allowed = limits
            .allowed_documents
            .as_ref()
            .map(|texts| texts.iter().map(|text| (hash(text), text.clone())).collect());
        Self { schema, limits, known, allowed }
    }

    /// The document of a text, of a hash alone, or of both, which must then agree; else everything that
    /// is wrong with it.
    pub(super) fn get(
        &self,
        text: Option<&str>,
        named: Option<Hash>,
    ) -> Result<Arc<Document>, Vec<Fault>> {
        let Some(key) = text.map(hash).or(named) else {
            return Err(vec![Fault::new("BAD_REQUEST", "`query` is missing")]);
        };
        if named.is_some_and(|named| named != key) {
            let message = "the hash of the persisted query is not that of `query`";
            return Err(vec![Fault::new("BAD_REQUEST", message)]);
        }
        if let Some(known) = self.known.get(&key) {
            return Ok(known);
        }
        let text = self.allowed(key, text)?;
        // The words that clients of automatic persisted queries wait for.
        let unknown = || vec![Fault::new("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")];
        let text = text.ok_or_else(unknown)?;
        let document = Arc::new(self.read(text)?);
        self.known.insert(key, document.clone());
        Ok(document)
    }

    /// The text of a document that may run; what the operator keeps needs no text from the client.
    fn allowed<'t>(
        &'t self,
        key: Hash,
        text: Option<&'t str>,
    ) -> Result<Option<&'t str>, Vec<Fault>> {
        let Some(allowed) = &self.allowed else { return Ok(text) };
        let kept = allowed.get(&key).ok_or_else(|| {
            vec![Fault::new(
                "DOCUMENT_NOT_ALLOWED",
                "only documents that the operator allows run here",
            )]
        })?;
        Ok(Some(kept))
    }

    fn read(&self, text: &str) -> Result<Document, Vec<Fault>> {
        let mut parser =
            Parser::new().token_limit(self.limits.tokens).recursion_limit(Limits::NESTING);
        let ast = match parser.parse_ast(text, "document") {
            Ok(ast) => ast,
            Err(failed) => {
                // What follows a syntax error is mostly its echo.
                return Err(faults(PARSE_FAILED, &failed.errors).into_iter().take(1).collect());
            }
        };
        let excesses = guard::excesses(&ast, &self.limits);
        if !excesses.is_empty() {
            return Err(excesses
                .into_iter()
                .map(|text| Fault::new(LIMIT_EXCEEDED, text))
                .collect());
        }
        let checked = self.validate(&ast)?;
        let parsed = async_graphql::parser::parse_query(text)
            .map_err(|error| vec![Fault::new(PARSE_FAILED, error.to_string())])?;
        Ok(Document { checked, parsed, length: text.len() })
    }

    fn validate(&self, ast: &Ast) -> Result<Valid<ExecutableDocument>, Vec<Fault>> {
        if ast.definitions.iter().all(|definition| definition.as_operation_definition().is_none()) {
            return Err(vec![Fault::new(VALIDATION_FAILED, "the document has no operation")]);
        }
        let invalid = |errors: &DiagnosticList| faults(VALIDATION_FAILED, errors);
        // Names that are not there first: a selection without them only seems to be empty.
        let named = ast.to_executable(&self.schema).map_err(|failed| invalid(&failed.errors))?;
        named.validate(&self.schema).map_err(|failed| invalid(&failed.errors))
    }
}

fn faults(code: &'static str, errors: &DiagnosticList) -> Vec<Fault> {
    errors.iter().map(|error| Fault::of(code, error.to_json())).collect()
}

/// A fault of a request whose document is good.
pub(super) fn request_fault(
    code: &'static str,
    error: &apollo_compiler::request::RequestError,
    sources: &SourceMap,
) -> Fault {
    let mut error = error.to_graphql_error(sources);
    error.message = without_value(&error.message);
    Fault::of(code, error)
}

/// `could not coerce PLACE: VALUE to type NAME` without the value, which may be a password.
fn without_value(message: &str) -> String {
    let shortened = message
        .strip_prefix("could not coerce ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(place, rest)| Some((place, rest.rsplit_once(" to type ")?.1)));
    shortened.map_or_else(|| message.to_owned(), |(place, name)| format!("{place} is no {name}"))
}
