namespace Whorl.Testing.Petals;

/// <summary>One recorded call between two peers.</summary>
/// <param name="Scenario">What the recorder was doing; empty for calls of the DHT's own.</param>
/// <param name="By">boot, serverA, serverB or client: where it was recorded, at the caller.</param>
/// <param name="IsStream">Whether it is a stream rather than a unary call.</param>
/// <param name="Method">The protocol id.</param>
/// <param name="Caller">The caller's peer id, base58.</param>
/// <param name="Callee">The callee's peer id, base58.</param>
/// <param name="Milliseconds">When it began, since the start of the recording.</param>
/// <param name="Events">What happened, in the caller's order.</param>
public sealed record TranscriptCall(
    string Scenario, string By, bool IsStream, string Method, string Caller, string Callee, double Milliseconds,
    IReadOnlyList<TranscriptEvent> Events)
{
    /// <summary>The requests, in order.</summary>
    public IEnumerable<byte[]> Requests => Events.Where(e => e.IsRequest).Select(e => e.Message!);

    /// <summary>The responses, in order.</summary>
    public IEnumerable<byte[]> Responses => Events.Where(e => e.IsResponse).Select(e => e.Message!);

    /// <summary>The text of the error that ended it, or null.</summary>
    public string? Error => Events.FirstOrDefault(e => e.Kind == "error")?.Text;

    /// <inheritdoc/>
    public override string ToString() => $"{Scenario} {Method}";
}
