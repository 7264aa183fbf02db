mod assign;
mod import;
mod list;
mod note_add;
mod oversell;
mod place;
mod tag;
