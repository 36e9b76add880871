//! Builds the crate again when a file of the catalog is added, removed or changed: the macro that embeds the files sees
//! only changes.

fn main() {
    println!("cargo:rerun-if-changed=catalog");
}
