//! Builds the crate again when a file of the catalog comes, goes or changes: the macro that embeds them sees only changes.

fn main() {
    println!("cargo:rerun-if-changed=catalog");
}
