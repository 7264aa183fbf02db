//! What a search asks the database.

use crate::actor::Actor;
use crate::checks::fold;
use crate::customers::follow::sql::spelled;
use crate::customers::{read, spelling, sql as customers};
use crate::error::Result;
use crate::fulfillment::sql::tracking_key;
use crate::sql::{Sql, sql};
use crate::store::Db;
use crate::work_list::{Filter, Way};

/// Words of a search at most; more are left out.
const WORDS: usize = 6;
/// Shorter words are taken as they are: too many begin so.
const BEGINNING: usize = 2;
/// Digits of a number at least.
const DIGITS: usize = 4;
/// Words that may have been meant by one that was mistyped, at most.
const MEANT: usize = 20;

/// A text that somebody typed.
#[derive(Debug)]
pub(in crate::customers) struct Search {
    text: String,
    words: Vec<String>,
}

impl Search {
    pub(in crate::customers) fn of(text: &str) -> Self {
        let folded = fold(text);
        let words = folded.split(|letter: char| letter.is_whitespace() || letter.is_control());
        let words = words.filter(|word| !word.is_empty()).take(WORDS).map(str::to_owned).collect();
        Self { text: text.trim().to_owned(), words }
    }

    /// How whoever is meant is found; none where nothing was typed.
    pub(in crate::customers) async fn find(
        &self,
        db: &Db,
        actor: &Actor,
    ) -> Result<Option<Filter>> {
        if self.words.is_empty() {
            return Ok(None);
        }
        if let Some(filter) = self.by_number(db, actor).await? {
            return Ok(Some(filter));
        }
        let typed: Vec<Word> = self.words.iter().map(|word| Word::beginning(word)).collect();
        let as_typed = self.by_words(&typed);
        if customers::anybody(db, actor, self.led(&typed)).await? {
            return Ok(Some(as_typed));
        }
        let meant = self.meant(db).await?;
        Ok(Some(if meant.is_empty() { as_typed } else { self.by_words(&meant) }))
    }

    /// A number: of an order, of a parcel, or a telephone number.
    async fn by_number(&self, db: &Db, actor: &Actor) -> Result<Option<Filter>> {
        let digits = self.text.chars().filter(char::is_ascii_digit).count();
        if digits < DIGITS || self.text.contains('@') {
            return Ok(None);
        }
        let numbers = (self.text.to_uppercase(), tracking_key(&self.text));
        let found = customers::by_numbers(db, actor, (&numbers.0, &self.text, &numbers.1)).await?;
        if !found.is_empty() {
            let condition = sql("c.id = any(?)").ids(&found);
            let way = Way {
                from: "customers c",
                condition: condition.clone(),
                at: Some("c.id"),
                id: "c.id",
            };
            return Ok(Some(Filter::named(condition, way)));
        }
        let dialed =
            self.text.chars().all(|sign| sign.is_ascii_digit() || " +-()/.".contains(sign));
        if !dialed {
            return Ok(None);
        }
        let beginnings = read::dialed(db, &self.text).await?;
        Ok(Some(self.by_words(&[Word { beginnings, whole: Vec::new() }])))
    }

    /// What may have been meant by words that were mistyped; nothing where no word was.
    async fn meant(&self, db: &Db) -> Result<Vec<Word>> {
        let names: Vec<&String> =
            self.words.iter().filter(|word| spelling::is_name(word)).collect();
        let mut forms: Vec<String> = names.iter().flat_map(|word| spelling::forms(word)).collect();
        if forms.is_empty() {
            return Ok(Vec::new());
        }
        forms.sort_unstable();
        forms.dedup();
        let known = spelled(db, &forms).await?;
        let mut mistyped = false;
        let mut all = Vec::new();
        for word in &self.words {
            let mut close: Vec<&str> = known
                .iter()
                .filter(|row| spelling::is_name(word) && spelling::is_close(word, &row.word))
                .map(|row| row.word.as_str())
                .collect();
            close.sort_unstable();
            close.dedup();
            close.sort_by_key(|meant| strsim::damerau_levenshtein(word, meant));
            close.truncate(MEANT);
            mistyped |= close.iter().any(|meant| meant != word);
            let mut one = Word::beginning(word);
            one.whole.extend(close.into_iter().map(str::to_owned));
            all.push(one);
        }
        Ok(if mistyped { all } else { Vec::new() })
    }

    /// Words of customers who have all of them: the longest leads, since fewest are found by it.
    fn led(&self, words: &[Word]) -> Sql {
        let longest = self.words.iter().enumerate().max_by_key(|(_, word)| word.chars().count());
        let leader = longest.map_or(0, |(place, _)| place).min(words.len().saturating_sub(1));
        let mut rest = words.to_vec();
        let condition = rest.remove(leader).sql("d.word");
        if rest.is_empty() {
            return condition;
        }
        condition.add(" and ").join(all(&rest, "d.customer_id"))
    }

    /// Whoever has all of the words.
    fn by_words(&self, words: &[Word]) -> Filter {
        let condition = self.led(words);
        let (at, id) = (Some("d.customer_id"), "d.customer_id");
        let way = Way { from: "customer_words d", condition, at, id };
        Filter::searched(all(words, "c.id"), way)
    }
}

/// A word of a customer: one that begins so, or is this one.
#[derive(Debug, Clone, Default)]
struct Word {
    beginnings: Vec<String>,
    whole: Vec<String>,
}

impl Word {
    fn beginning(word: &str) -> Self {
        let one = vec![word.to_owned()];
        if word.chars().count() <= BEGINNING {
            Self { whole: one, ..Self::default() }
        } else {
            Self { beginnings: one, ..Self::default() }
        }
    }

    fn sql(&self, column: &str) -> Sql {
        let mut condition = sql("(");
        let mut or = "";
        for word in &self.beginnings {
            // Behind every word that begins so, in the order of the code points.
            condition = condition
                .add(&format!("{or}({column} >= ? and {column} < ?)"))
                .bind(word.as_str())
                .bind(format!("{word}\u{10FFFF}"));
            or = " or ";
        }
        if !self.whole.is_empty() {
            condition = condition.add(&format!("{or}{column} = any(?)")).texts(&self.whole);
        }
        condition.add(")")
    }
}

/// Whether the customer of an expression has all of these words.
fn all(words: &[Word], customer: &str) -> Sql {
    words.iter().enumerate().fold(sql(""), |text, (index, word)| {
        let and = if index > 0 { " and " } else { "" };
        text.add(&format!(
            "{and}exists (select 1 from customer_words w where w.customer_id = {customer} and "
        ))
        .join(word.sql("w.word"))
        .add(")")
    })
}
