//! Reads the files that an operator names, within bounds: a wrong path must not keep a process from saying so.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// The most bytes of a file of settings.
pub const MAX_SETTINGS_BYTES: usize = 4 * 1024 * 1024;
/// The most bytes of a file that holds one secret.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;
/// The most bytes of a file of certificates: that of a whole system has less than 1 MiB.
pub const MAX_CERTIFICATES_BYTES: usize = 8 * 1024 * 1024;

/// Reads a regular file, or one that a link leads to. Nothing else is opened: a pipe may never be written, and a device
/// may never end.
///
/// # Errors
/// What kept it from being read; that it is no regular file, or larger than `max_bytes`.
pub fn read_file(path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// As [`read_file`], for a text.
///
/// # Errors
/// As [`read_file`]; that it is not UTF-8.
pub fn read_text_file(path: &Path, max_bytes: usize) -> io::Result<String> {
    let bytes = read_file(path, max_bytes)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_would_never_end_is_refused_and_a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, link, file] = ["pipe", "link", "file"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink("/dev/zero", &link).unwrap();
        for path in [pipe.as_path(), link.as_path(), Path::new("/dev/zero"), Path::new("/dev/null")] {
            let error = read_file(path, 4).expect_err("refused");
            assert_eq!(error.to_string(), "it is no regular file", "{}", path.display());
        }
        assert_eq!(read_file(folder.path(), 4).unwrap_err().to_string(), "it is a folder");
        assert_eq!(read_file(&file, 4).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&file, "1234").unwrap();
        let link = folder.path().join("to a file");
        symlink(&file, &link).unwrap();
        assert_eq!(read_text_file(&link, 4).unwrap(), "1234");
        assert_eq!(read_file(&file, 3).unwrap_err().to_string(), "it is larger than 3 bytes");
        fs::write(&file, b"\xff").unwrap();
        assert_eq!(read_text_file(&file, 4).unwrap_err().to_string(), "it is not UTF-8");
    }
}
