//! The object store: a local folder or a bucket of S3. It holds the snapshots of the catalogue and the event log. Snapshots are mapped into
//! memory, so those of a bucket are copied into a local folder before they are opened.

use crate::config::ObjectStoreConfig;
use anyhow::{Context, bail};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, WriteMultipart};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SNAPSHOTS: &str = "snapshots";
const SUFFIX: &str = "snap";
/// A snapshot travels in pieces of this size, so that memory does not depend on its length.
const PIECE_BYTES: usize = 8 * 1024 * 1024;

/// What became of an object to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is stored.
    Stored,
    /// There was one of this name, which stays as it is.
    Exists,
}

/// An object as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it lies.
    pub location: String,
    /// When it was written, in milliseconds since 1970, by the clock of the store.
    pub written_ms: i64,
}

/// The objects of one deployment.
#[derive(Debug, Clone)]
pub struct Objects {
    /// The folder of the objects, or that of the copies.
    root: PathBuf,
    store: Arc<dyn ObjectStore>,
    remote: bool,
    shown: String,
}

impl Objects {
    /// The store that the settings name. A folder is made when something is first written; a bucket is first asked then.
    ///
    /// # Errors
    /// When the settings of the bucket do not fit together, or the folder cannot be made.
    pub fn new(config: &ObjectStoreConfig) -> anyhow::Result<Self> {
        match config {
            ObjectStoreConfig::Folder(root) => {
                fs::create_dir_all(root)
                    .with_context(|| format!("the folder {} cannot be made", root.display()))?;
                let store = LocalFileSystem::new_with_prefix(root)
                    .with_context(|| format!("the folder {} cannot be used", root.display()))?
                    // An object counts once it would survive a power cut.
                    .with_fsync(true);
                Ok(Self {
                    root: root.clone(),
                    store: Arc::new(store),
                    remote: false,
                    shown: root.display().to_string(),
                })
            }
            ObjectStoreConfig::S3 {
                bucket,
                prefix,
                options,
                copies,
            } => {
                super::use_ring();
                let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
                for (name, value) in options {
                    if name == "aws_endpoint_url" && value.expose().starts_with("http://") {
                        builder = builder.with_allow_http(true);
                    }
                    if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
                        builder = builder.with_config(key, value.expose());
                    }
                }
                let store = builder.build().context(
                    "SEONMUL_OBJECT_STORE_URL or the AWS_ variables beside it cannot be used",
                )?;
                Ok(Self {
                    root: copies.clone(),
                    store: Arc::new(PrefixStore::new(store, prefix.as_str())),
                    remote: true,
                    shown: format!("s3://{bucket}/{prefix}"),
                })
            }
        }
    }

    /// Its name for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The folder that snapshots are mapped from.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes sure that something can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn check(&self) -> anyhow::Result<()> {
        let location = Location::from(format!(".check/{}", seonmul_store::FileId::random()));
        self.store
            .put(&location, Bytes::from_static(b"ok").into())
            .await?;
        self.store.delete(&location).await?;
        Ok(())
    }

    /// Stores a new object. One that exists stays as it is.
    ///
    /// # Errors
    /// When the store cannot be reached or is full.
    pub async fn create(&self, location: &str, bytes: Bytes) -> anyhow::Result<Put> {
        let outcome = self
            .store
            .put_opts(
                &Location::from(location),
                bytes.into(),
                PutMode::Create.into(),
            )
            .await;
        match outcome {
            Ok(_) => Ok(Put::Stored),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(error) => Err(error).with_context(|| format!("{location} cannot be written")),
        }
    }

    /// An object's bytes.
    ///
    /// # Errors
    /// When it is not there or the store cannot be reached.
    pub async fn read(&self, location: &str) -> anyhow::Result<Bytes> {
        let got = self.store.get(&Location::from(location)).await?;
        Ok(got.bytes().await?)
    }

    /// Every object below a folder.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn list(&self, folder: &str) -> anyhow::Result<Vec<Listed>> {
        let folder = Location::from(folder);
        let listed = self.store.list(Some(&folder)).map_ok(|object| Listed {
            location: object.location.to_string(),
            written_ms: object.last_modified.timestamp_millis(),
        });
        Ok(listed.try_collect().await?)
    }

    /// Removes objects. One that is gone already is no error.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn delete(&self, locations: &[String]) -> anyhow::Result<()> {
        for location in locations {
            match self.store.delete(&Location::from(location.as_str())).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
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

    /// Gives a finished snapshot its name, in the bucket too if there is one, and returns its location.
    ///
    /// # Errors
    /// When it cannot be renamed or sent.
    pub async fn publish_snapshot(
        &self,
        unpublished: &Path,
        version: &str,
    ) -> anyhow::Result<String> {
        let location = format!("{SNAPSHOTS}/{version}.{SUFFIX}");
        if self.remote {
            self.upload(unpublished, &location).await?;
        }
        keep(unpublished, &self.root.join(&location))?;
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

    /// The path of a snapshot that can be mapped; it is copied from the bucket when it is not here yet.
    ///
    /// # Errors
    /// When its location leads out of the store, or it cannot be copied.
    pub async fn local(&self, location: &str) -> anyhow::Result<PathBuf> {
        let path = self
            .path(location)
            .context("the snapshot's location leads out of the object store")?;
        if self.remote && !tokio::fs::try_exists(&path).await? {
            self.download(location, &path).await?;
        }
        Ok(path)
    }

    /// Removes all but the newest snapshots; the one at `current` always stays. Returns how many went.
    ///
    /// # Errors
    /// When the folder or the bucket cannot be read.
    pub async fn prune_snapshots(&self, keep: usize, current: &str) -> anyhow::Result<usize> {
        let (own, current_path) = (self.root.join(SNAPSHOTS), self.root.join(current));
        let local =
            tokio::task::spawn_blocking(move || prune_folder(&own, keep, &current_path)).await??;
        if !self.remote {
            return Ok(local);
        }
        let mut listed = self.list(SNAPSHOTS).await?;
        listed.retain(|object| object.location != current);
        listed.sort_by_key(|object| std::cmp::Reverse(object.written_ms));
        let old: Vec<String> = listed
            .into_iter()
            .skip(keep.saturating_sub(1))
            .map(|object| object.location)
            .collect();
        self.delete(&old).await?;
        Ok(old.len())
    }

    async fn upload(&self, file: &Path, location: &str) -> anyhow::Result<()> {
        let mut file = tokio::fs::File::open(file).await?;
        let upload = self.store.put_multipart(&Location::from(location)).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = file.read(&mut piece).await?;
            if length == 0 {
                break;
            }
            upload.wait_for_capacity(2).await?;
            upload.write(&piece[..length]);
        }
        upload.finish().await?;
        Ok(())
    }

    async fn download(&self, location: &str, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().context("a snapshot lies in a folder")?;
        tokio::fs::create_dir_all(folder).await?;
        // Of two that copy at once each writes a file of its own, and the last rename wins with equal bytes.
        let part = folder.join(format!("copying-{}", seonmul_store::FileId::random()));
        let outcome = async {
            let mut file = tokio::fs::File::create(&part).await?;
            let mut bytes = self
                .store
                .get(&Location::from(location))
                .await?
                .into_stream();
            while let Some(piece) = bytes.next().await {
                file.write_all(&piece?).await?;
            }
            file.sync_all().await?;
            keep(&part, path)
        };
        let outcome = outcome.await;
        if outcome.is_err() {
            // It may not even have been made.
            let _ = tokio::fs::remove_file(&part).await;
        }
        outcome.with_context(|| format!("{location} cannot be copied from {}", self.shown))
    }
}

/// Renames a file so that the rename survives a power cut.
fn keep(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::rename(from, to)?;
    let Some(folder) = to.parent() else {
        bail!("{} lies in no folder", to.display());
    };
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn prune_folder(folder: &Path, keep: usize, current: &Path) -> io::Result<usize> {
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(folder: &tempfile::TempDir) -> Objects {
        Objects::new(&ObjectStoreConfig::Folder(folder.path().join("objects"))).unwrap()
    }

    #[tokio::test]
    async fn the_newest_snapshots_stay() {
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(&folder);
        objects.check().await.unwrap();
        for version in ["a", "b", "c", "d"] {
            let path = objects.unpublished_snapshot(version).unwrap();
            fs::write(&path, version).unwrap();
            assert_eq!(
                objects.publish_snapshot(&path, version).await.unwrap(),
                format!("snapshots/{version}.snap")
            );
        }
        let pruned = objects.prune_snapshots(2, "snapshots/a.snap").await;
        assert_eq!(pruned.unwrap(), 2);
        assert!(objects.path("snapshots/a.snap").unwrap().exists());
        assert_eq!(
            fs::read_dir(folder.path().join("objects/snapshots"))
                .unwrap()
                .count(),
            2
        );
    }

    #[tokio::test]
    async fn an_object_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(&folder);
        let create = async |text: &'static str| {
            objects
                .create("events/day=1/a", Bytes::from_static(text.as_bytes()))
                .await
        };
        assert_eq!(create("first").await.unwrap(), Put::Stored);
        assert_eq!(create("second").await.unwrap(), Put::Exists);
        assert_eq!(objects.read("events/day=1/a").await.unwrap(), "first");
        let listed = objects.list("events").await.unwrap();
        assert_eq!(listed[0].location, "events/day=1/a");
        objects
            .delete(&["events/day=1/a".to_owned()])
            .await
            .unwrap();
        objects
            .delete(&["events/day=1/a".to_owned()])
            .await
            .unwrap();
        assert_eq!(objects.list("events").await.unwrap(), vec![]);
    }

    #[test]
    fn locations_stay_inside() {
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(&folder);
        assert!(objects.path("../etc/passwd").is_none());
        assert!(objects.path("/etc/passwd").is_none());
        assert_eq!(
            objects.path("snapshots/x.snap"),
            Some(folder.path().join("objects/snapshots/x.snap"))
        );
    }
}
