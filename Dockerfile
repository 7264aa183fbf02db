# The service as one small image. Its steps run as plain commands too; see the README.
FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web .
RUN npm ci --no-audit --no-fund && npm run build

FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN cargo build --release --locked --package aftercart

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/aftercart --create-home aftercart
COPY --from=build /src/target/release/aftercart /usr/local/bin/aftercart
USER aftercart
WORKDIR /var/lib/aftercart
# Inside the container every interface; outside, whatever the ports of the container are bound to.
ENV AFTERCART_LISTEN=0.0.0.0:4000
EXPOSE 4000
ENTRYPOINT ["aftercart"]
CMD ["serve"]
