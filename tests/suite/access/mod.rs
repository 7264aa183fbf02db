mod api_tokens;
mod audit;
mod ids;
mod jwt;
mod reach;
mod rights;
mod session;
mod users;
