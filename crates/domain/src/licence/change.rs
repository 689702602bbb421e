//! What happens to a licence.

crate::schema::named! {
    /// What happened to a licence.
    pub enum ChangeKind {
        /// It was issued.
        Issued = "issued",
        /// Somebody accepted its agreement.
        Signed = "signed",
        /// Its price, its discount or until when it is paid was changed.
        Changed = "changed",
        /// It lasts longer.
        Renewed = "renewed",
        /// Another organisation holds it.
        Transferred = "transferred",
        /// It allows nothing until it is reactivated.
        Suspended = "suspended",
        /// It allows again what it allowed.
        Reactivated = "reactivated",
        /// It allows nothing any more.
        Revoked = "revoked",
        /// A system has it.
        Bound = "bound",
        /// A system does not have it any more.
        Released = "released",
    }
}
