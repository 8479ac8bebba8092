using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client;

/// <summary>A server refused a session or a step, and said why.</summary>
/// <param name="server">Its name.</param>
/// <param name="range">The blocks it was asked for.</param>
/// <param name="code">What can be done about it.</param>
/// <param name="reason">Its words; shown as <see cref="PeerText"/> cleans them.</param>
public sealed class SpanRefusedException(string server, BlockRange range, SpanFailureCode code, string reason)
    : Exception($"server {ServerName.Short(server)} refused blocks {range}: {PeerText.Clean(reason)}")
{
    /// <summary>The blocks it was asked for.</summary>
    public BlockRange Range { get; } = range;

    /// <summary>What can be done about it.</summary>
    public SpanFailureCode Code { get; } = code;

    /// <summary>Whether another server may accept.</summary>
    public bool IsTransient => Code is SpanFailureCode.OutOfMemory or SpanFailureCode.Internal or SpanFailureCode.Leaving;
}
