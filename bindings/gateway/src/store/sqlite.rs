//! Sqlite.

use postseal::Error;

use super::*;

pub(crate) struct Sqlite;

impl Sqlite {
    pub(crate) async fn open(_: &str) -> Result<Self, Error> {
        unreachable!()
    }

    pub(crate) async fn accept(&self, _: NewEvent) -> Result<Acceptance, Error> {
        unreachable!()
    }

    pub(crate) async fn take(&self, _: Take<'_>) -> Result<Vec<Job>, Error> {
        unreachable!()
    }

    pub(crate) async fn settle(
        &self,
        _: Lease,
        _: Settlement,
        _: Option<&str>,
        _: u64,
    ) -> Result<bool, Error> {
        unreachable!()
    }

    pub(crate) async fn note_needed(&self, _: Vec<Needed>) -> Result<(), Error> {
        unreachable!()
    }

    pub(crate) async fn expire(&self, _: &str, _: u64, _: u32) -> Result<u64, Error> {
        unreachable!()
    }

    pub(crate) async fn list(&self, _: Filter) -> Result<Vec<Listed>, Error> {
        unreachable!()
    }

    pub(crate) async fn event(&self, _: i64) -> Result<Option<Event>, Error> {
        unreachable!()
    }

    pub(crate) async fn replay(&self, _: i64, _: u64) -> Result<bool, Error> {
        unreachable!()
    }

    pub(crate) async fn purge(&self, _: i64) -> Result<bool, Error> {
        unreachable!()
    }

    pub(crate) async fn backlog(&self) -> Result<Vec<Backlog>, Error> {
        unreachable!()
    }

    pub(crate) async fn needed(&self) -> Result<Vec<Needed>, Error> {
        unreachable!()
    }

    pub(crate) async fn ready(&self) -> Result<(), Error> {
        unreachable!()
    }

    pub(crate) async fn close(self) {
        unreachable!()
    }
}
