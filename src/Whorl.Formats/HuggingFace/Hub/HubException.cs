namespace Whorl.Formats;

/// <summary>A model could not be fetched from the hub or found in its cache. The message says what to do.</summary>
public sealed class HubException : Exception
{
    /// <summary>An error with its cause told apart.</summary>
    public HubException(HubErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What sort of failure it was.</summary>
    public HubErrorKind Kind { get; }
}
