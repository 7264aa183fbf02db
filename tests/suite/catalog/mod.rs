mod masters;
mod products;
