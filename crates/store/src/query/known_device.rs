//! Devices from which people have signed in before.

use bailiwick_domain::device::{DeviceKey, KNOWN_FOR, KNOWN_MAX};
use bailiwick_domain::id::UserId;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

/// Devices beyond [`KNOWN_MAX`] that are forgotten at once; there is only ever one.
const SURPLUS_MAX: i64 = 100;

statements! {
    Read FIND = "SELECT digest FROM known_devices WHERE digest IN ($1, $2) AND last_seen_at > $3";
    Write TOUCH = "UPDATE known_devices SET last_seen_at = $3 WHERE digest = $1 AND user_id = $2";
    /// Where an address went to another person, so did what is known of it.
    Write INSERT = "INSERT INTO known_devices (digest, user_id, created_at, last_seen_at) VALUES ($1, $2, $3, $3) \
        ON CONFLICT (digest) DO UPDATE SET user_id = excluded.user_id, last_seen_at = excluded.last_seen_at";
    Write FORGET_SURPLUS = "DELETE FROM known_devices WHERE digest IN \
        (SELECT digest FROM known_devices WHERE user_id = $1 ORDER BY last_seen_at DESC, digest LIMIT $3 OFFSET $2)";
    Write FORGET_OTHERS = "DELETE FROM known_devices WHERE user_id = $1 AND digest NOT IN ($2, $3)";
    Write FORGET_ALL = "DELETE FROM known_devices WHERE user_id = $1";
}

/// Which of these is known: the first before the second.
pub async fn find(link: &mut Link, devices: [DeviceKey; 2], now: Timestamp) -> Result<Option<DeviceKey>> {
    let [first, second] = devices.each_ref().map(|device| device.bytes().as_slice());
    let known: Vec<Vec<u8>> = link.all(&FIND, values![first, second, now.minus(KNOWN_FOR)]).await?;
    Ok(devices.into_iter().find(|device| known.iter().any(|digest| digest == device.bytes())))
}

/// Knows a device from now on.
///
/// The caller holds the person's password ([`super::user::hold_hash`]), so that two sign-ins never
/// wait for each other here.
pub async fn know(transaction: &mut WriteTransaction, user: UserId, device: &DeviceKey, now: Timestamp) -> Result<()> {
    let digest = device.bytes().as_slice();
    if transaction.change(&TOUCH, values![digest, user, now]).await? == 0 {
        transaction.change(&INSERT, values![digest, user, now]).await?;
        transaction.change(&FORGET_SURPLUS, values![user, KNOWN_MAX, SURPLUS_MAX]).await?;
    }
    Ok(())
}

/// Forgets all devices of a person but these.
pub async fn forget_others(transaction: &mut WriteTransaction, user: UserId, kept: [DeviceKey; 2]) -> Result<()> {
    let [first, second] = kept.each_ref().map(|device| device.bytes().as_slice());
    transaction.change(&FORGET_OTHERS, values![user, first, second]).await.map(|_| ())
}

/// Forgets all devices of a person.
pub async fn forget_all(transaction: &mut WriteTransaction, user: UserId) -> Result<()> {
    transaction.change(&FORGET_ALL, values![user]).await.map(|_| ())
}
