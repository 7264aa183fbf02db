//! What guards the house: the schema, the migrations, the statements, the rules of the tree.

mod migrations;
mod rules;
mod schema;
mod statements;
mod transport;
