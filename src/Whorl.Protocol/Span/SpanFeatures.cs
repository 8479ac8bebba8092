namespace Whorl.Protocol;

/// <summary>What a server of <c>/whorl/span/1</c> heeds beside what every server does: only to such a server may the fields be sent.</summary>
[Flags]
public enum SpanFeatures : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="SpanRequest.Step.Position"/>.</summary>
    Position = 2,

    /// <summary><see cref="SpanRequest.Open.SessionId"/> and <see cref="SpanRequest.Attach"/>.</summary>
    Attach = 4,

    /// <summary><see cref="SpanRequest.Accept"/>, <see cref="SpanRequest.Forward"/>, <see cref="SpanRequest.Feed"/> and <see cref="SpanRequest.Step.Push"/>.</summary>
    Push = 8,

    /// <summary><see cref="SpanRequest.HandOver"/>, <see cref="SpanRequest.State"/> and <see cref="SpanRequest.Open.HeedsMoved"/>.</summary>
    HandOver = 16,
}
