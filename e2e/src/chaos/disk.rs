//! A small disk of the ledger's own, which a fault can fill: a tmpfs, where this process may mount and has mounts
//! of its own, so that they are gone when it is. Elsewhere a plain folder.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

pub(super) struct Disk {
    mounted: bool,
    dir: tempfile::TempDir,
}

impl Disk {
    /// # Errors
    /// When no folder can be made.
    pub(super) fn new(megabytes: u32, own_mounts: bool) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("chasqui-disk-").tempdir()?;
        // The database may run as another user.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        let mounted = own_mounts && mount(dir.path(), megabytes);
        Ok(Self { mounted, dir })
    }

    /// Whether the disk can be filled without filling anybody else's.
    pub(super) fn is_own(&self) -> bool {
        self.mounted
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Fills the disk to its last byte.
    ///
    /// # Errors
    /// Any error but that the disk is full.
    pub(super) fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast())?;
        for piece in [65_536, 512, 1] {
            let zeros = vec![0; piece];
            loop {
                match ballast.write_all(&zeros) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error).context("filling a disk"),
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// When the ballast cannot be removed.
    pub(super) fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
        }
    }
}

fn mount(folder: &Path, megabytes: u32) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=1777"), "chasqui"]).arg(folder);
    mount.status().is_ok_and(|status| status.success())
}
