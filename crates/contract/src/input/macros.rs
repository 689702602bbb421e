//! The macros that declare inputs.

/// Declares the members of a JSON body: what they are called, how they are
/// parsed, and what the document says of them.
///
/// Each line is `field: Type => presence "member"`, where the presence is
/// `required` (gives `Type`), `optional` (`Option<Type>`; null counts as absent),
/// `defaulted` (`Type`, its default when absent) or `clearable`
/// ([`Patch<Type>`](crate::input::Patch)). The type says with `Parse` how it is
/// read and with `JsonSchema` how it is described. Members that are not declared
/// are ignored, or refused by name in a `strict struct`.
///
/// A line may end in `admitted by rule`, for what depends on the settings: the
/// rule is a `fn(&Context, &Type) -> Result<(), Refusal>`, and is asked about a
/// value that could be read. One answer lists what it refuses together with
/// every other member that is wrong.
///
/// ```
/// # use bailiwick_app::context::Context;
/// # use bailiwick_domain::field::Refusal;
/// # use bailiwick_domain::name::Name;
/// # use bailiwick_domain::system::SystemType;
/// fn known_type(context: &Context, kind: &SystemType) -> Result<(), Refusal> {
///     context.settings.system_types.admit(kind)
/// }
///
/// bailiwick_contract::body! {
///     /// What may be changed about a system.
///     pub strict struct ChangeSystem {
///         /// How it is called.
///         name: Name => optional "name",
///         /// What kind of system it is.
///         kind: SystemType => optional "type" admitted by known_type,
///     }
/// }
/// ```
#[macro_export]
macro_rules! body {
    ($(#[doc = $doc:literal])* $vis:vis strict struct $name:ident { $($members:tt)+ }) => {
        $crate::body! { @declare true [$($doc)*] $vis $name { $($members)+ } }
    };
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident { $($members:tt)+ }) => {
        $crate::body! { @declare false [$($doc)*] $vis $name { $($members)+ } }
    };
    (@declare $strict:literal [$($doc:literal)*] $vis:vis $name:ident {
        $(
            $(#[doc = $member_doc:literal])*
            $field:ident: $type:ty => $presence:ident $member:literal $(admitted by $rule:path)?
        ),+ $(,)?
    }) => {
        $(#[doc = $doc])*
        $vis struct $name { $($(#[doc = $member_doc])* pub $field: $crate::__presence!(@type $presence $type),)+ }

        impl $crate::input::BodyInput for $name {
            fn read(bytes: &[u8], context: &$crate::support::Context) -> Result<Self, $crate::support::Fault> {
                // Not every body has a rule that asks it.
                let _ = context;
                let members = $crate::input::Members::parse(bytes)?;
                let mut check = $crate::support::Check::new();
                $(
                    let $field = $crate::__presence!(@json $presence $type, check, members, $member);
                    $(
                        let given = $crate::__presence!(@given $presence $field);
                        if let Some(Err(refusal)) = given.map(|value| $rule(context, value)) {
                            check.refuse_json::<$type>($member, refusal, members.get($member));
                        }
                    )?
                )+
                if $strict {
                    members.refuse_others(&[$($member),+], &mut check);
                }
                check.finish()?;
                $crate::__presence!(@build $($field)+)
            }

            fn describe(generator: &mut $crate::support::SchemaGenerator) -> $crate::support::Schema {
                let members = $crate::__presence!(@describe generator,
                    $([$($member_doc)*] $type => $presence $member),+);
                $crate::input::object_schema(concat!($($doc, "\n"),*), $strict, members)
            }
        }
    };
}

/// Declares the members of a query, in the manner of [`body!`](crate::body).
///
/// The presences are `required`, `optional` and `defaulted`. A member that is
/// given twice is refused; one that is not declared is ignored.
#[macro_export]
macro_rules! query {
    ($($declaration:tt)+) => {
        $crate::__texts! { QueryInput (query: &str) $crate::input::QueryMembers::split(query), $($declaration)+ }
    };
}

/// Declares the headers that an endpoint reads, in the manner of [`query!`](crate::query).
///
/// One presence more is `hinted` (`Option<Type>`), for what a client says of
/// itself: what cannot be read counts as absent, and nothing is refused.
#[macro_export]
macro_rules! headers {
    ($($declaration:tt)+) => {
        $crate::__texts! {
            HeadersInput (headers: &$crate::support::HeaderMap) $crate::input::HeaderMembers(headers), $($declaration)+
        }
    };
}

/// Members that are text on the wire, whatever carries them.
#[doc(hidden)]
#[macro_export]
macro_rules! __texts {
    ($input:ident ($source:ident: $source_type:ty) $members:expr, $(#[doc = $doc:literal])* $vis:vis struct $name:ident {
        $($(#[doc = $member_doc:literal])* $field:ident: $type:ty => $presence:ident $member:literal),+ $(,)?
    }) => {
        $(#[doc = $doc])*
        $vis struct $name { $($(#[doc = $member_doc])* pub $field: $crate::__presence!(@type $presence $type),)+ }

        impl $crate::input::$input for $name {
            fn read($source: $source_type) -> Result<Self, $crate::support::Fault> {
                let members = $members;
                let mut check = $crate::support::Check::new();
                $(let $field = $crate::__presence!(@text $presence $type, check, members, $member);)+
                check.finish()?;
                $crate::__presence!(@build $($field)+)
            }

            fn describe(generator: &mut $crate::support::SchemaGenerator) -> Vec<$crate::input::MemberShape> {
                $crate::__presence!(@describe generator, $([$($member_doc)*] $type => $presence $member),+)
            }
        }
    };
}

/// Declares the parameters of a path, and the fault that says that there is no such thing.
///
/// A parameter that cannot be read is answered by that fault: an id that no
/// system can have belongs to no system.
///
/// ```
/// # use bailiwick_domain::id::SystemId;
/// bailiwick_contract::path! {
///     /// Which system.
///     pub struct SystemPath or SystemNotFound {
///         /// The system's id.
///         id: SystemId,
///     }
/// }
/// ```
#[macro_export]
macro_rules! path {
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident or $code:ident {
        $($(#[doc = $member_doc:literal])* $field:ident: $type:ty),+ $(,)?
    }) => {
        $(#[doc = $doc])*
        $vis struct $name { $($(#[doc = $member_doc])* pub $field: $type,)+ }

        impl $crate::input::PathInput for $name {
            const FAULT: Option<$crate::support::Code> = Some($crate::support::Code::$code);

            fn read(members: &$crate::input::PathMembers) -> Result<Self, $crate::support::Fault> {
                let mut check = $crate::support::Check::new();
                $(let $field = $crate::input::required_text::<$type>(&mut check, members, stringify!($field));)+
                match ($($field,)+) {
                    ($(Some($field),)+) => Ok(Self { $($field),+ }),
                    _ => Err($crate::support::Code::$code.into()),
                }
            }

            fn describe(generator: &mut $crate::support::SchemaGenerator) -> Vec<$crate::input::MemberShape> {
                vec![$($crate::input::MemberShape {
                    name: stringify!($field),
                    description: concat!($($member_doc, "\n"),*).trim().to_owned(),
                    required: true,
                    schema: generator.subschema_for::<$type>(),
                }),+]
            }
        }
    };
}

/// What the presence of a member means, for the macros above.
#[doc(hidden)]
#[macro_export]
macro_rules! __presence {
    (@type required $type:ty) => { $type };
    (@type defaulted $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@type hinted $type:ty) => { Option<$type> };
    (@type clearable $type:ty) => { $crate::input::Patch<$type> };

    (@json required $type:ty, $check:ident, $members:ident, $member:literal) => {
        $check.json::<$type>($member, $members.get($member))
    };
    (@json optional $type:ty, $check:ident, $members:ident, $member:literal) => {
        Some($check.optional_json::<$type>($member, $members.get($member)))
    };
    (@json defaulted $type:ty, $check:ident, $members:ident, $member:literal) => {
        Some($check.optional_json::<$type>($member, $members.get($member)).unwrap_or_default())
    };
    (@json clearable $type:ty, $check:ident, $members:ident, $member:literal) => {
        $crate::input::Patch::<$type>::read(&mut $check, $member, $members.get($member))
    };

    (@text required $type:ty, $check:ident, $members:ident, $member:literal) => {
        $crate::input::required_text::<$type>(&mut $check, &$members, $member)
    };
    (@text optional $type:ty, $check:ident, $members:ident, $member:literal) => {
        $crate::input::optional_text::<$type>(&mut $check, &$members, $member)
    };
    (@text hinted $type:ty, $check:ident, $members:ident, $member:literal) => {
        Some($crate::input::hinted_text::<$type>(&$members, $member))
    };
    (@text defaulted $type:ty, $check:ident, $members:ident, $member:literal) => {
        $crate::input::defaulted_text::<$type>(&mut $check, &$members, $member)
    };

    // The value, where there is one; the outer option is empty where it was refused.
    (@given required $read:ident) => { $read.as_ref() };
    (@given defaulted $read:ident) => { $read.as_ref() };
    (@given optional $read:ident) => { $read.as_ref().and_then(Option::as_ref) };
    (@given clearable $read:ident) => { $read.as_ref().and_then($crate::input::Patch::as_set) };

    // Whoever was refused has ended the check before: the other arm is for the compiler.
    (@build $($field:ident)+) => {
        match ($($field,)+) {
            ($(Some($field),)+) => Ok(Self { $($field),+ }),
            _ => Err($crate::support::Code::ValidationFailed.into()),
        }
    };

    (@describe $generator:ident, $([$($doc:literal)*] $type:ty => $presence:ident $member:literal),+) => {
        vec![$($crate::input::MemberShape {
            name: $member,
            description: concat!($($doc, "\n"),*).trim().to_owned(),
            required: $crate::__presence!(@required $presence),
            schema: $generator.subschema_for::<$type>(),
        }),+]
    };

    (@required required) => { true };
    (@required optional) => { false };
    (@required hinted) => { false };
    (@required defaulted) => { false };
    (@required clearable) => { false };
}
