//! How a system is doing, computed from when it was last heard of.

use crate::field::{Parse, Refusal};
use crate::time::{Span, Timestamp};

/// Without a heartbeat for this long a system counts as dead, unless a setting says otherwise (seed 000).
pub const HEARTBEAT_DEAD_AFTER: Span = Span::minutes(15);

/// Whether a system's heart beats (seed 000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum HeartbeatStatus {
    /// It beat within the threshold.
    Alive,
    /// It beat once, but not for the threshold or longer.
    Dead,
    /// It never beat.
    Zombie,
}

impl HeartbeatStatus {
    /// Judges by the last beat.
    #[must_use]
    pub fn judge(last_beat: Option<Timestamp>, now: Timestamp, dead_after: Span) -> Self {
        match last_beat {
            None => Self::Zombie,
            Some(at) if now.since(at) < dead_after => Self::Alive,
            Some(_) => Self::Dead,
        }
    }

    /// The name in the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Zombie => "zombie",
        }
    }
}

impl Parse for HeartbeatStatus {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = [Self::Alive, Self::Dead, Self::Zombie].into_iter().find(|status| status.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of alive, dead, zombie"))
    }
}

/// What a system is shown as (seed 000, contract section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SystemStatus {
    /// Its heart beats.
    Online,
    /// Its heart does not beat, or never did.
    Offline,
    /// An operator says that it is being worked on.
    Maintenance,
}

impl SystemStatus {
    /// Judges by the operator's word first and the heartbeat second.
    #[must_use]
    pub const fn judge(in_maintenance: bool, heartbeat: HeartbeatStatus) -> Self {
        match (in_maintenance, heartbeat) {
            (true, _) => Self::Maintenance,
            (false, HeartbeatStatus::Alive) => Self::Online,
            (false, HeartbeatStatus::Dead | HeartbeatStatus::Zombie) => Self::Offline,
        }
    }

    /// The name in the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Maintenance => "maintenance",
        }
    }
}

impl Parse for SystemStatus {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = [Self::Online, Self::Offline, Self::Maintenance].into_iter().find(|status| status.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of online, offline, maintenance"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_dies_at_exactly_the_threshold() {
        let now = Timestamp::from_seconds(10_000);
        let judge = |ago: Span| HeartbeatStatus::judge(Some(now.minus(ago)), now, HEARTBEAT_DEAD_AFTER);
        assert_eq!(judge(Span::microseconds(15 * 60 * 1_000_000 - 1)), HeartbeatStatus::Alive);
        assert_eq!(judge(Span::minutes(15)), HeartbeatStatus::Dead);
        assert_eq!(HeartbeatStatus::judge(None, now, HEARTBEAT_DEAD_AFTER), HeartbeatStatus::Zombie);
    }

    #[test]
    fn the_operators_word_comes_first() {
        assert_eq!(SystemStatus::judge(true, HeartbeatStatus::Alive), SystemStatus::Maintenance);
        assert_eq!(SystemStatus::judge(false, HeartbeatStatus::Zombie), SystemStatus::Offline);
    }
}
