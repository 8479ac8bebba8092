namespace Whorl.Client.Links;

/// <summary>A session that may not be able to do everything.</summary>
internal interface IAble
{
    /// <summary>What it can do; known from its opening on.</summary>
    SpanAbilities Abilities { get; }
}
