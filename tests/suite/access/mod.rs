mod reach;
mod rights;
mod session;
