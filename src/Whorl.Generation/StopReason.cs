namespace Whorl.Generation;

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The model wrote one of its end tokens.</summary>
    EndToken,

    /// <summary>The text came to a stop string.</summary>
    StopString,

    /// <summary>So many tokens were written as were asked for.</summary>
    MaxTokens,

    /// <summary>The session holds no more tokens.</summary>
    ContextFull,
}
