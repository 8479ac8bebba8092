namespace Whorl;

/// <summary>A text is longer than the session that it was to be told in.</summary>
/// <param name="what">What is too long, for people.</param>
/// <param name="tokens">How many tokens it has.</param>
/// <param name="context">How many the session holds.</param>
public sealed class ContextFullException(string what, int tokens, int context)
    : WhorlException($"{what} has {tokens} tokens, and the context holds {context}; shorten it, or raise the context")
{
    /// <summary>How many tokens the text has.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>How many the session holds.</summary>
    public int Context { get; } = context;
}
