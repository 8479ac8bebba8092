namespace Whorl.Client.Routing;

/// <summary>Tells failures of a server, for which another may stand in, from those of the caller.</summary>
internal static class Failures
{
    /// <summary>Whether another server may do better: this one is gone, silent, answers nonsense, or refuses.</summary>
    public static bool IsOfServer(Exception exception) => exception is IOException or TimeoutException or FormatException or SpanRefusedException;
}
