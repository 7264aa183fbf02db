//! By which words an order is found, and what a search means by its own.

use super::sql;
use crate::checks::{fold, fold_phone};
use crate::customers::read as customers;
use crate::error::Result;
use crate::fulfillment::sql::tracking_key;
use crate::store::{Batch, WriteTx};
use entities::{customer, order, order_document, order_line};
use uuid::Uuid;

/// Words of a search at most; more are left out.
const WORDS: usize = 6;
/// Digits of a telephone number or a number of a parcel that was typed with blanks, at least.
const DIGITS: usize = 6;

/// The words of an order: its number, what its channel calls it, its email address and telephone number, its SKUs and
/// its customer. Numbers of parcels come when it is packed.
pub(crate) fn document<'a>(
    order: &order::Model,
    lines: impl IntoIterator<Item = &'a order_line::Model>,
    customer: Option<&customer::Model>,
) -> order_document::Model {
    let mut texts: Vec<String> = vec![fold(&order.number)];
    texts.extend(order.channel_reference.as_deref().map(fold));
    texts.extend(order.email_key.clone());
    texts.extend(order.phone_key.clone());
    texts.extend(lines.into_iter().map(|line| line.sku_key.clone()));
    if let Some(customer) = customer {
        for text in [&customer.name, &customer.company, &customer.email].into_iter().flatten() {
            texts.push(fold(text));
        }
        texts.extend(customer.phone.as_deref().map(fold_phone));
    }
    order_document::Model { order_id: order.id, words: words(&texts) }
}

/// Writes the documents of orders anew.
pub(crate) async fn refresh(tx: &WriteTx, orders: &[Uuid]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let rows = crate::orders::sql::by_id(tx, orders).await?;
    let lines = crate::orders::read::lines_of(tx, orders).await?;
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.customer_id).collect();
    let customers = customers::by_ids(tx, &ids).await?;
    let numbers = sql::tracking_keys(tx, orders).await?;
    let mut batch = Batch::default();
    for row in &rows {
        let own = lines.iter().filter(|line| line.order_id == row.id);
        let customer = customers.iter().find(|one| Some(one.id) == row.customer_id);
        let mut fresh = document(row, own, customer);
        let own = numbers.iter().filter(|(order, _)| *order == row.id);
        let mut texts: Vec<String> = own.map(|(_, key)| key.to_lowercase()).collect();
        texts.push(fresh.words);
        fresh.words = words(&texts);
        batch.save(&fresh);
    }
    batch.insert(tx).await
}

/// Writes the documents of all orders of customers anew, of whom more became known.
pub(crate) async fn refresh_customers(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    if customers.is_empty() {
        return Ok(());
    }
    for orders in sql::of_customers(tx, customers).await?.chunks(500) {
        refresh(tx, orders).await?;
    }
    Ok(())
}

/// Adds words to the documents of orders.
pub(crate) async fn add(tx: &WriteTx, orders: &[Uuid], texts: &[String]) -> Result<()> {
    let words = words(texts);
    if words.is_empty() { Ok(()) } else { sql::add_words(tx, orders, &words).await }
}

/// Texts as words: sorted, none twice, parted by single blanks.
pub(crate) fn words(texts: &[String]) -> String {
    let mut words: Vec<&str> = texts.iter().flat_map(|text| split(text)).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
}

/// What a search asks for: one of several alternatives, each of words that all begin a word of the order, each of
/// these in one of its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search(Vec<Vec<Vec<String>>>);

impl Search {
    /// What a text asks for; none where it has no word.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let folded = fold(text);
        let words: Vec<&str> = split(&folded).take(WORDS).collect();
        if words.is_empty() {
            return None;
        }
        let mut alternatives = vec![words.iter().map(|word| forms(word)).collect::<Vec<_>>()];
        if words.len() > 1 {
            // A number that was typed with blanks.
            let whole: String = words.concat();
            let digits = whole.chars().filter(char::is_ascii_digit).count();
            if digits >= DIGITS {
                let mut joined = Vec::new();
                if is_phone(&whole) {
                    joined.push(fold_phone(&whole));
                }
                if whole.chars().all(|letter| letter.is_alphanumeric() || letter == '-') {
                    joined.push(tracking_key(&whole).to_lowercase());
                }
                joined.dedup();
                if !joined.is_empty() {
                    alternatives.push(vec![joined]);
                }
            }
        }
        Some(Self(alternatives))
    }

    /// The alternatives.
    pub(crate) fn alternatives(&self) -> &[Vec<Vec<String>>] {
        &self.0
    }

    /// As `PostgreSQL` reads it.
    pub(crate) fn as_tsquery(&self) -> String {
        self.render((" | ", " & "), |word| {
            format!("'{}':*", word.replace('\\', "\\\\").replace('\'', "''"))
        })
    }

    /// As FTS5 reads it.
    pub(crate) fn as_fts5(&self) -> String {
        self.render((" OR ", " AND "), |word| format!("\"{}\" *", word.replace('"', "\"\"")))
    }

    fn render(&self, (or, and): (&str, &str), word: impl Fn(&String) -> String) -> String {
        let any = |forms: &Vec<String>| {
            format!("({})", forms.iter().map(&word).collect::<Vec<_>>().join(or))
        };
        let all = |words: &Vec<Vec<String>>| {
            format!("({})", words.iter().map(any).collect::<Vec<_>>().join(and))
        };
        self.0.iter().map(all).collect::<Vec<_>>().join(or)
    }
}

/// A word, and what else it may stand for: digits of a telephone number, the number of a parcel.
fn forms(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let digits = fold_phone(word);
    if digits.len() >= 4 && is_phone(word) {
        forms.push(digits);
    }
    let key = tracking_key(word).to_lowercase();
    if key.chars().filter(char::is_ascii_digit).count() >= DIGITS {
        forms.push(key);
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn is_phone(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_digit() || "+-()/.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_begins_one_of_the_order() {
        let search = Search::of("Ada  o'Ne\\il").unwrap();
        assert_eq!(search.as_tsquery(), "(('ada':*) & ('o''ne\\\\il':*))");
        assert_eq!(search.as_fts5(), "((\"ada\" *) AND (\"o'ne\\il\" *))");
        assert_eq!(Search::of(" \u{7} "), None);
    }

    #[test]
    fn numbers_are_found_with_blanks_and_signs() {
        let search = Search::of("+49 30 4711-0").unwrap();
        assert!(search.as_fts5().ends_with("OR ((\"493047110\" *))"), "{}", search.as_fts5());
        let search = Search::of("1Z 999 AA1 0123").unwrap();
        assert!(search.as_fts5().ends_with("OR ((\"1z999aa10123\" *))"), "{}", search.as_fts5());
        let search = Search::of("web-1000001").unwrap();
        assert_eq!(search.as_fts5(), "((\"web-1000001\" * OR \"web1000001\" *))");
    }

    #[test]
    fn a_document_has_every_word_once() {
        let texts = ["b a".to_owned(), "a\t\u{0}c".to_owned(), String::new()];
        assert_eq!(words(&texts), "a b c");
    }
}
