namespace Whorl.Formats;

/// <summary>Why a model could not be fetched.</summary>
public enum HubErrorKind
{
    /// <summary>There is no such model, revision or file; or it is private and the token does not show it.</summary>
    NotFound,

    /// <summary>The model is gated or private: a token, or the acceptance of its terms, is missing.</summary>
    AccessDenied,

    /// <summary>The network is switched off by <see cref="HubSettings.Offline"/>, and the cache does not have what was asked for.</summary>
    Offline,

    /// <summary>The hub could not be reached, or kept failing, after all retries.</summary>
    Network,

    /// <summary>The hub answered something that makes no sense, or that would lead out of the cache.</summary>
    InvalidResponse,

    /// <summary>What arrived is not what the hub says the file holds, twice in a row.</summary>
    Corrupt,

    /// <summary>The disk has no room.</summary>
    DiskFull,

    /// <summary>The cache may not be written.</summary>
    ReadOnly,

    /// <summary>The repository has no files of the wanted kind, or several that fit equally.</summary>
    Selection,
}
