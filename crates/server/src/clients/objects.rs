//! The object store: a local folder that holds the snapshots of the catalogue.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

const SNAPSHOTS: &str = "snapshots";
const SUFFIX: &str = "snap";

/// A folder of objects.
#[derive(Debug, Clone)]
pub struct Objects {
    root: PathBuf,
}

impl Objects {
    /// Objects below a folder, which is made when something is first written.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes sure that something can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> io::Result<()> {
        let folder = self.root.join(SNAPSHOTS);
        fs::create_dir_all(&folder)?;
        tempfile::Builder::new()
            .prefix(".check")
            .tempfile_in(&folder)
            .map(drop)
    }

    /// A path for a snapshot whose version is not known yet. It lies in the folder where it will stay, so that publishing is a rename.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn unpublished_snapshot(&self, build: &str) -> io::Result<PathBuf> {
        let folder = self.root.join(SNAPSHOTS);
        fs::create_dir_all(&folder)?;
        Ok(folder.join(format!("building-{build}")))
    }

    /// Gives a finished snapshot its name and returns its location.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn publish_snapshot(&self, unpublished: &Path, version: &str) -> io::Result<String> {
        let location = format!("{SNAPSHOTS}/{version}.{SUFFIX}");
        fs::rename(unpublished, self.root.join(&location))?;
        // The rename itself must survive a power cut before the database names this version.
        fs::File::open(self.root.join(SNAPSHOTS))?.sync_all()?;
        Ok(location)
    }

    /// Where an object lies; `None` for a location that leads out of the folder.
    pub fn path(&self, location: &str) -> Option<PathBuf> {
        let relative = Path::new(location);
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| self.root.join(relative))
    }

    /// Removes all but the newest snapshots; the one at `current` always stays. Returns how many went.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn prune_snapshots(&self, keep: usize, current: &str) -> io::Result<usize> {
        let current = self.root.join(current);
        let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(self.root.join(SNAPSHOTS))? {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|e| e == SUFFIX) && path != current {
                found.push((entry.metadata()?.modified()?, path));
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        let old = found.iter().skip(keep.saturating_sub(1));
        Ok(old
            .filter(|(_, path)| fs::remove_file(path).is_ok())
            .count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_snapshots_stay() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::new(folder.path().join("objects"));
        objects.check().unwrap();
        for version in ["a", "b", "c", "d"] {
            let path = objects.unpublished_snapshot(version).unwrap();
            fs::write(&path, version).unwrap();
            assert_eq!(
                objects.publish_snapshot(&path, version).unwrap(),
                format!("snapshots/{version}.snap")
            );
        }
        assert_eq!(objects.prune_snapshots(2, "snapshots/a.snap").unwrap(), 2);
        assert!(objects.path("snapshots/a.snap").unwrap().exists());
        assert_eq!(
            fs::read_dir(folder.path().join("objects/snapshots"))
                .unwrap()
                .count(),
            2
        );
    }

    #[test]
    fn locations_stay_inside() {
        let objects = Objects::new(PathBuf::from("/srv"));
        assert!(objects.path("../etc/passwd").is_none());
        assert!(objects.path("/etc/passwd").is_none());
        assert_eq!(
            objects.path("snapshots/x.snap"),
            Some(PathBuf::from("/srv/snapshots/x.snap"))
        );
    }
}
