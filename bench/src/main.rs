//! `make bench`.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    bench::program().await
}
